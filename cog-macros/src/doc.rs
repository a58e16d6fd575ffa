//! Doc comments as descriptions.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns what the doc comments among `attributes` say: lines of a paragraph joined by spaces, paragraphs and lists kept apart.
pub(crate) fn description(attributes: &[Attribute]) -> Option<String> {
    let comments = attributes.iter().filter_map(comment);
    let mut text = String::new();
    let mut is_fenced = false;
    let mut is_paragraph_over = false;
    let mut is_fence_over = false;
    for line in comments.flat_map(|comment| lines(&comment)) {
        let opens_or_closes = line.trim_start().starts_with("```");
        if line.trim().is_empty() && !is_fenced {
            is_paragraph_over = !text.is_empty();
            continue;
        }
        if is_paragraph_over {
            text.push_str("\n\n");
        } else if !text.is_empty() {
            text.push(if is_fenced || is_fence_over || opens_or_closes || stands_alone(&line) {
                '\n'
            } else {
                ' '
            });
        }
        is_paragraph_over = false;
        is_fence_over = is_fenced && opens_or_closes;
        is_fenced ^= opens_or_closes;
        text.push_str(if is_fenced { line.trim_end() } else { line.trim() });
    }
    (!text.is_empty()).then_some(text)
}

fn comment(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            // `#[doc = include_str!("…")]` is text that no macro can see.
            _ => None,
        },
        _ => None,
    }
}

/// The lines of one comment, without the decoration that `/** */` comments have on their left.
fn lines(comment: &str) -> Vec<String> {
    let is_starred =
        comment.lines().skip(1).map(str::trim_start).all(|line| line.is_empty() || line.starts_with('*'));
    let plain = |line: &str| line.strip_prefix(' ').unwrap_or(line).to_owned();
    let first = comment.lines().take(1).map(plain);
    let rest = comment.lines().skip(1).map(|line| {
        let line = if is_starred { line.trim_start().trim_start_matches('*') } else { line };
        plain(line)
    });
    first.chain(rest).chain(comment.is_empty().then(String::new)).collect()
}

/// Tells whether Markdown gives the line a block of its own: a bullet, a number, a heading, a quotation, a row of a table.
fn stands_alone(line: &str) -> bool {
    let line = line.trim_start();
    let after_number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    ["- ", "* ", "+ ", "#", "> ", "|"].iter().any(|mark| line.starts_with(mark))
        || (after_number.len() < line.len()
            && (after_number.starts_with(". ") || after_number.starts_with(") ")))
}

#[cfg(test)]
mod tests {
    use syn::{ItemStruct, parse_quote};

    use super::description;

    fn check(item: &ItemStruct, expect: Option<&str>) {
        assert_eq!(description(&item.attrs).as_deref(), expect);
    }

    #[test]
    fn doc_comments_become_one_text() {
        check(
            &parse_quote!(
                struct Plain;
            ),
            None,
        );
        check(
            &parse_quote! {
                /// One line.
                struct S;
            },
            Some("One line."),
        );
        check(
            &parse_quote! {
                /// A sentence that
                /// goes on.
                ///
                ///
                /// A new paragraph:
                /// - one
                /// - two
                /// 1. three
                ///
                struct S;
            },
            Some("A sentence that goes on.\n\nA new paragraph:\n- one\n- two\n1. three"),
        );
        check(
            &parse_quote! {
                /// Code:
                /// ```text
                ///   kept
                ///
                ///   as it is
                /// ```
                /// and on
                struct S;
            },
            Some("Code:\n```text\n  kept\n\n  as it is\n```\nand on"),
        );
        check(
            &parse_quote! {
                #[doc = "\n * With stars\n * on the left.\n "]
                struct S;
            },
            Some("With stars on the left."),
        );
        check(
            &parse_quote! {
                #[doc = include_str!("elsewhere")]
                struct S;
            },
            None,
        );
    }
}
