//! How long a text may be that is logged at once.

use std::borrow::Cow;

/// The most bytes that are logged at once; what is longer is cut.
pub const LOG_TEXT_LIMIT: usize = 4 << 20;

/// What a text ends with that was cut. The words are Cog's.
const CUT: &str = "[**** LOG LINE TRUNCATED AT 4 MiB ****]\n";

/// Cuts a text that is longer than [`LOG_TEXT_LIMIT`]: it ends with a mark, as a line, and is as long as is allowed at most.
#[must_use]
pub fn cut_log_text(text: &str) -> Cow<'_, str> {
    if text.len() <= LOG_TEXT_LIMIT {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(LOG_TEXT_LIMIT - CUT.len());
    Cow::Owned([text.get(..end).unwrap_or_default(), CUT].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Around the limit, with characters of any length across it.
        #[test]
        fn a_text_is_whole_or_cut_between_two_characters(
            unit in "[a€😀\n]{1,5}",
            surplus in -60..60_isize,
        ) {
            let length = LOG_TEXT_LIMIT.saturating_add_signed(surplus);
            let mut text = unit.repeat(length / unit.len());
            text.push_str(&"x".repeat(length - text.len()));
            let cut = cut_log_text(&text);
            prop_assert!(cut.len() <= LOG_TEXT_LIMIT);
            if surplus <= 0 {
                prop_assert!(*cut == *text);
            } else {
                let kept = cut.strip_suffix("[**** LOG LINE TRUNCATED AT 4 MiB ****]\n").unwrap();
                prop_assert!(text.starts_with(kept));
                prop_assert!(cut.len() > LOG_TEXT_LIMIT - 4);
            }
        }
    }
}
