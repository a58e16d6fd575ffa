//! What a page tells its reader to do.
//!
//! - A block of `sh` is typed, command by command. One that ends in a backslash goes on in the next line.
//! - A block of `output` is what the block of `sh` before it prints. `…` stands for what may be anything: in a line for a part of it,
//!   alone in a line for any number of lines.
//! - A block that begins with a comment that is a path, such as `// src/main.rs`, is that file. `// src/main.rs, at the end` is added to it.
//!
//! Every other block is to be read.

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Write { path: &'a str, text: String, is_added: bool },
    Type { commands: Vec<String>, shown: Option<String> },
}

/// A fenced block: what stands behind the fence, and its lines.
struct Block<'a> {
    language: &'a str,
    lines: Vec<&'a str>,
}

/// The steps of a page, in order.
pub(super) fn steps(markdown: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for block in blocks(markdown) {
        let file = block.lines.first().and_then(|line| file(line));
        match (block.language, file, steps.last_mut()) {
            ("sh", ..) => steps.push(Step::Type { commands: commands(&block.lines), shown: None }),
            ("output", _, Some(Step::Type { shown, .. })) => *shown = Some(block.lines.join("\n")),
            (_, Some((path, is_added)), _) => {
                steps.push(Step::Write { path, text: block.lines.join("\n") + "\n", is_added });
            }
            _ => {}
        }
    }
    steps
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            blocks
                .push(Block { language, lines: lines.by_ref().take_while(|line| *line != "```").collect() });
        }
    }
    blocks
}

/// The path that a comment consists of, and whether the block is added to the file.
fn file(line: &str) -> Option<(&str, bool)> {
    let comment = line.strip_prefix("// ").or_else(|| line.strip_prefix("# "))?;
    let (path, is_added) = comment.strip_suffix(", at the end").map_or((comment, false), |path| (path, true));
    (path.contains('.') && !path.ends_with('.') && !path.contains(' ')).then_some((path, is_added))
}

fn commands(lines: &[&str]) -> Vec<String> {
    let text = lines.join("\n").replace("\\\n", "\\\0");
    let commands = text.lines().filter(|command| !command.trim().is_empty());
    commands.map(|command| command.replace('\0', "\n")).collect()
}

/// Tells whether the lines that a page shows are among those that were printed.
pub(super) fn is_among(shown: &str, printed: &str) -> bool {
    let shown: Vec<&str> = shown.lines().collect();
    let mut rest: Vec<&str> = printed.lines().collect();
    shown.split(|line| *line == "…").filter(|lines| !lines.is_empty()).all(|lines| {
        let place = rest.windows(lines.len()).position(|window| {
            window.iter().zip(lines).all(|(printed, shown)| is_like(shown, printed.trim_end()))
        });
        place.map(|place| rest.drain(..place + lines.len())).is_some()
    })
}

fn is_like(shown: &str, printed: &str) -> bool {
    let Some((first, others)) = shown.split_once('…') else { return shown == printed };
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = others.split('…').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_list_of_steps() {
        let page = "\
# Title

```rust
// src/main.rs
fn main() {}
```

```sh
cargo run
curl -s \\
  localhost:5000
```

Prose.

```output
hello
…
```

```rust
let x = 1; // src/lib.rs
```

```rust
// src/main.rs, at the end
mod more;
```

```text
not run
```
";
        let write =
            |text: &str, is_added| Step::Write { path: "src/main.rs", text: text.to_owned(), is_added };
        let expected = [
            write("// src/main.rs\nfn main() {}\n", false),
            Step::Type {
                commands: vec!["cargo run".to_owned(), "curl -s \\\n  localhost:5000".to_owned()],
                shown: Some("hello\n…".to_owned()),
            },
            write("// src/main.rs, at the end\nmod more;\n", true),
        ];
        assert_eq!(steps(page), expected);
    }

    #[test]
    fn what_is_shown_is_compared_line_by_line() {
        for (shown, printed, expected) in [
            ("hello", "hello\n", true),
            ("hello", "noise\nhello  \nnoise", true),
            ("hello", "hello you", false),
            ("hello …", "hello you", true),
            ("{…\"id\":\"…\"}", "{\"a\":1,\"id\":\"x\"}", true),
            ("{…\"id\":\"…\"}", "{\"a\":1,\"id\":\"x\"} ", true),
            ("{…\"id\":\"…\"}", "{\"a\":1}\n\"id\":\"x\"}", false),
            ("one\ntwo", "one\ntwo", true),
            ("one\ntwo", "one\nand\ntwo", false),
            ("one\n…\ntwo", "one\nand\ntwo", true),
            ("one\n…\ntwo", "one\ntwo", true),
            ("two\n…\none", "one\ntwo", false),
        ] {
            assert_eq!(is_among(shown, printed), expected, "{shown:?} in {printed:?}");
        }
    }
}
