//! Enums with `derive(Choices)`.

use std::fmt;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Ident, LitStr, Meta};

use crate::attr::{CHOICE, CHOICES, RENAME_ALL, Settings};
use crate::ctxt::Ctxt;
use crate::literal::{Json, Literal, Number};

/// An enum with `derive(Choices)`.
pub(crate) struct ChoicesEnum<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) variants: Vec<Variant<'a>>,
}

pub(crate) struct Variant<'a> {
    pub(crate) original: &'a syn::Variant,
    pub(crate) value: ChoiceValue,
    /// The tokens that the value comes from.
    pub(crate) value_tokens: TokenStream,
    /// Whether the value was written in `#[choice(..)]`.
    pub(crate) is_written: bool,
}

/// The value of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChoiceValue {
    Text(String),
    Whole(i128),
}

/// How the name of a variant becomes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Camel,
    Kebab,
    Lower,
    Pascal,
    ScreamingSnake,
    Snake,
    Upper,
    Verbatim,
}

impl<'a> ChoicesEnum<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, original: &'a DeriveInput) -> Option<Self> {
        for misplaced in original.attrs.iter().filter(|attr| *attr.path() == CHOICE) {
            cx.error_at(
                misplaced,
                "`#[choice(..)]` belongs to a variant: write it above one, or `#[choices(rename_all = \"..\")]` here",
            );
        }
        let mut settings = Settings::parse(cx, &original.attrs, CHOICES);
        let case = settings.take(cx, RENAME_ALL).and_then(|setting| setting.text(cx, "kebab-case"));
        let case = case.and_then(|text| Case::from_text(cx, &text)).unwrap_or(Case::Snake);
        settings.finish(cx, &[RENAME_ALL]);

        let name = &original.ident;
        match &original.data {
            Data::Enum(data) => {
                let variants =
                    data.variants.iter().filter_map(|variant| Variant::from_syn(cx, variant, case));
                Some(Self { original, variants: variants.collect() })
            }
            Data::Struct(data) => {
                cx.error_at(
                    data.struct_token,
                    "`derive(Choices)` is for enums: write `#[derive(cog_core::Input)]` on a struct",
                );
                None
            }
            Data::Union(data) => {
                cx.error_at(data.union_token, format!("`derive(Choices)` is for enums: write `enum {name}`"));
                None
            }
        }
    }
}

impl<'a> Variant<'a> {
    fn from_syn(cx: &Ctxt, original: &'a syn::Variant, case: Case) -> Option<Self> {
        for misplaced in original.attrs.iter().filter(|attr| *attr.path() == CHOICES) {
            cx.error_at(misplaced, "`#[choices(..)]` belongs to the enum: write `#[choice(\"..\")]` here");
        }
        if !matches!(original.fields, Fields::Unit) {
            cx.error_at(
                &original.fields,
                "a choice has no data: remove it, or wrap the enum in `cog_core::Json` and derive `serde::Deserialize`",
            );
        }
        let mut written = original.attrs.iter().filter(|attr| *attr.path() == CHOICE);
        let first = written.next();
        for again in written {
            cx.error_at(again, "`#[choice(..)]` is given twice: remove one of them");
        }
        let Some(attribute) = first else {
            return Some(Self {
                original,
                value: ChoiceValue::Text(case.apply(&original.ident)),
                value_tokens: original.ident.to_token_stream(),
                is_written: false,
            });
        };
        let (value, value_tokens) = ChoiceValue::from_attribute(cx, attribute)?;
        Some(Self { original, value, value_tokens, is_written: true })
    }
}

impl ChoiceValue {
    fn from_attribute(cx: &Ctxt, attribute: &Attribute) -> Option<(Self, TokenStream)> {
        let wanted = "expected one text or whole number: write `#[choice(\"..\")]` or `#[choice(256)]`";
        let Meta::List(list) = &attribute.meta else {
            cx.error_at(&attribute.meta, wanted);
            return None;
        };
        let Ok(expr) = list.parse_args::<Expr>() else {
            cx.error_at(
                if list.tokens.is_empty() { list.to_token_stream() } else { list.tokens.clone() },
                wanted,
            );
            return None;
        };
        let value = match cx.ok(Literal::from_expr(&expr))?.map(|literal| literal.json) {
            Some(Json::Text(text)) => Self::Text(text),
            Some(Json::Number(Number::Whole(number))) => Self::Whole(number),
            Some(Json::Number(Number::Float(_))) => {
                cx.error_at(
                    &expr,
                    "the values of an enum are texts or whole numbers: for others write an `f64` field with \
                     `#[input(choices = [0.5, 1.0])]`",
                );
                return None;
            }
            _ => {
                cx.error_at(&expr, wanted);
                return None;
            }
        };
        Some((value, expr.into_token_stream()))
    }
}

/// Writes the value as Rust: a `&str`, an `i64` or a `u64`.
impl ToTokens for ChoiceValue {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Text(text) => quote!(#text),
            Self::Whole(number) => Number::Whole(*number).to_rust(),
        });
    }
}

impl fmt::Display for ChoiceValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => fmt::Debug::fmt(text, formatter),
            Self::Whole(number) => number.fmt(formatter),
        }
    }
}

impl Case {
    const ALL: &'static [(&'static str, Self)] = &[
        ("snake_case", Self::Snake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("verbatim", Self::Verbatim),
    ];

    fn from_text(cx: &Ctxt, text: &LitStr) -> Option<Self> {
        let wanted = text.value();
        let found = Self::ALL.iter().find(|(name, _)| *name == wanted).map(|(_, case)| *case);
        if found.is_none() {
            let names: Vec<_> = Self::ALL.iter().map(|(name, _)| format!("`{name:?}`")).collect();
            cx.error_at(text, format!("unknown case `{wanted}`: expected one of {}", names.join(", ")));
        }
        found
    }

    fn apply(self, ident: &Ident) -> String {
        let name = ident.unraw().to_string();
        let words = words(&name);
        let lower = || words.iter().map(|word| word.to_lowercase());
        let capitalized = || words.iter().map(|word| capitalize(word));
        match self {
            Self::Camel => lower().take(1).chain(capitalized().skip(1)).collect(),
            Self::Kebab => lower().collect::<Vec<_>>().join("-"),
            Self::Lower => lower().collect(),
            Self::Pascal => capitalized().collect(),
            Self::ScreamingSnake => lower().collect::<Vec<_>>().join("_").to_uppercase(),
            Self::Snake => lower().collect::<Vec<_>>().join("_"),
            Self::Upper => lower().collect::<String>().to_uppercase(),
            Self::Verbatim => name,
        }
    }
}

/// Takes a name apart: `TopP` is `Top P`, `DPMSolver` is `DPM Solver`, `FP16Fast` is `FP16 Fast`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = name.chars().peekable();
    let mut previous = None;
    while let Some(letter) = letters.next() {
        let ends_lower = previous.is_some_and(|previous: char| !previous.is_uppercase());
        let starts_lower = letters.peek().is_some_and(|next| next.is_lowercase());
        if letter == '_' || (letter.is_uppercase() && (ends_lower || starts_lower)) {
            words.push(std::mem::take(&mut word));
        }
        if letter != '_' {
            word.push(letter);
        }
        previous = Some(letter);
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.as_str().to_lowercase().chars().collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::Ident;

    use super::Case;

    #[test]
    fn names_become_values() {
        let cases = [
            ("TopP", ["top_p", "top-p", "TOP_P", "topp", "TOPP", "topP", "TopP", "TopP"]),
            ("SDXL", ["sdxl", "sdxl", "SDXL", "sdxl", "SDXL", "sdxl", "Sdxl", "SDXL"]),
            (
                "DPMSolver2",
                [
                    "dpm_solver2",
                    "dpm-solver2",
                    "DPM_SOLVER2",
                    "dpmsolver2",
                    "DPMSOLVER2",
                    "dpmSolver2",
                    "DpmSolver2",
                    "DPMSolver2",
                ],
            ),
            ("K_EULER", ["k_euler", "k-euler", "K_EULER", "keuler", "KEULER", "kEuler", "KEuler", "K_EULER"]),
            (
                "r#Fp16Fast",
                [
                    "fp16_fast",
                    "fp16-fast",
                    "FP16_FAST",
                    "fp16fast",
                    "FP16FAST",
                    "fp16Fast",
                    "Fp16Fast",
                    "Fp16Fast",
                ],
            ),
        ];
        for (name, expect) in cases {
            let ident = name.strip_prefix("r#").map_or_else(
                || Ident::new(name, Span::call_site()),
                |raw| Ident::new_raw(raw, Span::call_site()),
            );
            let got: Vec<String> = Case::ALL.iter().map(|(_, case)| case.apply(&ident)).collect();
            assert_eq!(got, expect, "{name}");
        }
    }
}
