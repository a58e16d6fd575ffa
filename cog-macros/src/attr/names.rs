//! The names of attributes and of what stands in them, and which name a wrong one was meant to be.

use std::fmt;

use syn::Ident;

/// A name with a meaning to a derive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol(&'static str);

pub(crate) const INPUT: Symbol = Symbol("input");
pub(crate) const OUTPUT: Symbol = Symbol("output");
pub(crate) const CHOICE: Symbol = Symbol("choice");
pub(crate) const CHOICES: Symbol = Symbol("choices");

pub(crate) const DEFAULT: Symbol = Symbol("default");
pub(crate) const DEPRECATED: Symbol = Symbol("deprecated");
pub(crate) const DESCRIPTION: Symbol = Symbol("description");
pub(crate) const GE: Symbol = Symbol("ge");
pub(crate) const LE: Symbol = Symbol("le");
pub(crate) const MAX_LENGTH: Symbol = Symbol("max_length");
pub(crate) const MIN_LENGTH: Symbol = Symbol("min_length");
pub(crate) const REGEX: Symbol = Symbol("regex");
pub(crate) const RENAME: Symbol = Symbol("rename");
pub(crate) const RENAME_ALL: Symbol = Symbol("rename_all");

/// Names that other tools use, and what they are called here.
const OTHER_NAMES: &[(&str, Symbol)] = &[
    ("about", DESCRIPTION),
    ("alias", RENAME),
    ("desc", DESCRIPTION),
    ("doc", DESCRIPTION),
    ("enum", CHOICES),
    ("gte", GE),
    ("help", DESCRIPTION),
    ("lte", LE),
    ("matches", REGEX),
    ("max", LE),
    ("maxLength", MAX_LENGTH),
    ("max_len", MAX_LENGTH),
    ("maximum", LE),
    ("min", GE),
    ("minLength", MIN_LENGTH),
    ("min_len", MIN_LENGTH),
    ("minimum", GE),
    ("name", RENAME),
    ("one_of", CHOICES),
    ("options", CHOICES),
    ("pattern", REGEX),
    ("title", DESCRIPTION),
    ("value", DEFAULT),
    ("values", CHOICES),
];

/// Returns which of the `allowed` names `wrong` was meant to be, if that can be guessed.
pub(crate) fn meant(wrong: &str, allowed: &[Symbol]) -> Option<Symbol> {
    let known = OTHER_NAMES.iter().find(|(other, _)| *other == wrong).map(|(_, name)| *name);
    known.filter(|name| allowed.contains(name)).or_else(|| {
        let distances = allowed.iter().map(|name| (distance(wrong, name.0), *name));
        distances
            .filter(|(distance, name)| distance * 3 <= name.0.len())
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, name)| name)
    })
}

/// The number of letters to insert, remove or replace to turn one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (removed, letter) in from.chars().enumerate() {
        let mut next = vec![removed + 1];
        for ((other, pair), above) in to.iter().zip(row.windows(2)).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            let diagonal = pair.first().copied().unwrap_or_default();
            next.push((left + 1).min(above + 1).min(diagonal + usize::from(letter != *other)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl PartialEq<Symbol> for Ident {
    fn eq(&self, symbol: &Symbol) -> bool {
        self == symbol.0
    }
}

impl PartialEq<Symbol> for syn::Path {
    fn eq(&self, symbol: &Symbol) -> bool {
        self.is_ident(symbol.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        CHOICES, DEFAULT, DEPRECATED, DESCRIPTION, GE, LE, MAX_LENGTH, REGEX, RENAME, Symbol, distance, meant,
    };

    #[test]
    fn wrong_names_are_guessed() {
        let allowed = [CHOICES, DEFAULT, DEPRECATED, DESCRIPTION, GE, LE, MAX_LENGTH, REGEX, RENAME];
        let cases: &[(&str, Option<Symbol>)] = &[
            ("min", Some(GE)),
            ("pattern", Some(REGEX)),
            ("defualt", Some(DEFAULT)),
            ("choises", Some(CHOICES)),
            ("regexp", Some(REGEX)),
            ("max_lenght", Some(MAX_LENGTH)),
            ("min_len", None),
            ("colour", None),
            ("gt", None),
        ];
        for (wrong, expect) in cases {
            assert_eq!(meant(wrong, &allowed), *expect, "{wrong}");
        }
    }

    #[test]
    fn distances_count_edits() {
        for (from, to, expect) in [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(from, to), expect, "{from} -> {to}");
        }
    }
}
