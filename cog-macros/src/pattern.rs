//! Regular expressions, compiled while the author's program is.

use std::fmt::Display;

use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_syntax::Error;

/// How large a compiled expression may get: the limit of the `regex` crate, which compiles it again at run time.
const SIZE_LIMIT: usize = 10 << 20;

/// A regular expression that compiles.
pub(crate) struct Matcher(PikeVM);

impl Matcher {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// Says in one line why it cannot be compiled.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let syntax = regex_syntax::parse(pattern).map_err(|error| match error {
            Error::Parse(error) => at(pattern, error.span().start.offset, error.kind()),
            Error::Translate(error) => at(pattern, error.span().start.offset, error.kind()),
            error => error.to_string(),
        })?;
        let config = thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&syntax);
        let engine = nfa.and_then(PikeVM::new_from_nfa).map_err(|error| error.to_string())?;
        Ok(Self(engine))
    }

    /// Tells whether some part of `text` matches.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(&mut self.0.create_cache(), text)
    }
}

fn at(pattern: &str, offset: usize, problem: impl Display) -> String {
    let rest: String = pattern.get(offset..).unwrap_or_default().chars().take(12).collect();
    if rest.is_empty() { problem.to_string() } else { format!("{problem}, at `{rest}`") }
}

#[cfg(test)]
mod tests {
    use super::Matcher;

    #[test]
    fn the_first_fault_is_told_in_one_line() {
        let cases = [
            ("[a-z", "unclosed character class, at `[a-z`"),
            ("(", "unclosed group, at `(`"),
            ("a(?=b)", "look-around, including look-ahead and look-behind, is not supported, at `(?=b)`"),
            (r"\p{Nonsense}", r"Unicode property not found, at `\p{Nonsense}`"),
        ];
        for (pattern, expect) in cases {
            assert_eq!(Matcher::new(pattern).err().as_deref(), Some(expect), "{pattern}");
        }
    }

    #[test]
    fn matching_is_a_search() {
        for (pattern, text, expect) in [("b", "abc", true), ("^b", "abc", false), ("^[a-z]{3}$", "abc", true)]
        {
            assert_eq!(Matcher::new(pattern).unwrap().is_match(text), expect, "{pattern} in {text}");
        }
    }

    #[test]
    fn an_expression_that_is_too_large_for_run_time_is_refused_here() {
        assert!(Matcher::new(r"(\w{1000}){1000}").is_err());
    }
}
