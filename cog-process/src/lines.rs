//! From bytes to pieces of text: a line, or what stands between two carriage returns.

use std::str;

/// What has been printed to one stream and not been handed over yet.
///
/// A piece ends with a line feed or a carriage return, which it keeps: a progress bar arrives step by step. Of a piece that is longer
/// than the limit only so much is handed over; the rest of it is passed over. What is not UTF-8 becomes U+FFFD.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The longest piece, in bytes as they were printed.
    limit: usize,
    held: Vec<u8>,
    /// Whether what comes next belongs to a piece of which enough has been handed over.
    is_passing_over: bool,
}

impl Lines {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, held: Vec::new(), is_passing_over: false }
    }

    /// Whether there is the beginning of a piece.
    pub(crate) const fn has_rest(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes bytes in, and hands over the pieces that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], emit: &mut dyn FnMut(&str)) {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let is_end = part.ends_with(b"\n") || part.ends_with(b"\r");
            if !self.is_passing_over {
                let room = self.limit - self.held.len();
                self.held.extend_from_slice(part.get(..room).unwrap_or(part));
                self.is_passing_over = part.len() > room;
                if is_end || self.is_passing_over {
                    self.emit(self.held.len(), emit);
                }
            }
            self.is_passing_over &= !is_end;
        }
    }

    /// Hands over the beginning of a piece, as nothing has come for a while. A character of which not all bytes are there stays.
    pub(crate) fn pause(&mut self, emit: &mut dyn FnMut(&str)) {
        let unfinished =
            self.held.utf8_chunks().last().map_or(0, |chunk| match str::from_utf8(chunk.invalid()) {
                Err(error) if error.error_len().is_none() => chunk.invalid().len(),
                _ => 0,
            });
        self.emit(self.held.len() - unfinished, emit);
    }

    /// Hands over what there is: what comes next is somebody else's.
    pub(crate) fn end(&mut self, emit: &mut dyn FnMut(&str)) {
        self.emit(self.held.len(), emit);
        self.is_passing_over = false;
    }

    fn emit(&mut self, count: usize, emit: &mut dyn FnMut(&str)) {
        if let Some(piece @ [_, ..]) = self.held.get(..count) {
            emit(&String::from_utf8_lossy(piece));
            self.held.drain(..count);
            // One long line must not be paid for until the end of the process.
            self.held.shrink_to(MODEST);
        }
    }
}

/// How much memory is kept for the next piece.
const MODEST: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 8;

    /// Pushes each of the chunks, and ends.
    fn pieces<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut lines = Lines::new(LIMIT);
        let mut pieces = Vec::new();
        let mut emit = |piece: &str| pieces.push(piece.to_owned());
        for chunk in chunks {
            lines.push(chunk, &mut emit);
        }
        lines.end(&mut emit);
        assert!(!lines.has_rest());
        pieces
    }

    #[test]
    fn a_piece_is_a_line_or_a_step() {
        for (printed, expected) in [
            ("", &[][..]),
            ("a\nb\n", &["a\n", "b\n"]),
            ("1%\r2%\rok\n", &["1%\r", "2%\r", "ok\n"]),
            ("a\r\n\n", &["a\r", "\n", "\n"]),
            ("a\nrest", &["a\n", "rest"]),
            ("1234567\n12345678\n123456789\nx", &["1234567\n", "12345678", "12345678", "x"]),
        ] {
            assert_eq!(pieces([printed.as_bytes()]), expected, "{printed:?}");
        }
    }

    #[test]
    fn a_pause_hands_over_whole_characters() {
        let mut lines = Lines::new(LIMIT);
        let mut text = String::new();
        for (bytes, expected) in [
            (&b"..\xc3"[..], ".."),
            (b"", ".."),
            (b"\xa4.", "..ä."),
            (b"\xf0\x9f", "..ä."),
            (b"x", "..ä.\u{fffd}x"),
        ] {
            lines.push(bytes, &mut |piece| text.push_str(piece));
            lines.pause(&mut |piece| text.push_str(piece));
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn the_end_of_one_is_not_missing_from_the_next() {
        let mut lines = Lines::new(LIMIT);
        let mut pieces = Vec::new();
        lines.push(b"too long a line", &mut |piece| pieces.push(piece.to_owned()));
        lines.end(&mut |piece| pieces.push(piece.to_owned()));
        lines.push(b"next\n", &mut |piece| pieces.push(piece.to_owned()));
        assert_eq!(pieces, ["too long", "next\n"]);
    }

    /// Bytes with many line ends, and many that are no UTF-8.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            Just(b'\n'),
            Just(b'\r'),
            97..100_u8,
            any::<u8>(),
            "[äß€😀]".prop_map(|it| it.as_bytes()[0])
        ];
        let text = prop_oneof![
            proptest::collection::vec(byte, 0..30),
            "[a-cä€😀\n\r]{0,20}".prop_map(String::into_bytes)
        ];
        proptest::collection::vec(text, 0..4).prop_map(|texts| texts.concat())
    }

    proptest! {
        #[test]
        fn how_it_is_cut_into_reads_does_not_matter(bytes in bytes(), size in 1..10_usize) {
            prop_assert_eq!(pieces(bytes.chunks(size)), pieces([&bytes[..]]));
        }

        #[test]
        fn nothing_is_lost_or_added(bytes in bytes(), size in 1..10_usize, pauses in any::<u64>()) {
            let short = bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')).all(|line| line.len() <= LIMIT);
            let mut lines = Lines::new(LIMIT);
            let mut text = String::new();
            for (number, chunk) in bytes.chunks(size).enumerate() {
                lines.push(chunk, &mut |piece| text.push_str(piece));
                if pauses >> (number % 64) & 1 == 1 {
                    lines.pause(&mut |piece| text.push_str(piece));
                }
                prop_assert!(lines.held.len() <= LIMIT);
            }
            lines.end(&mut |piece| text.push_str(piece));
            if short {
                prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
            }
        }

        #[test]
        fn a_piece_has_one_end_and_a_limit(bytes in bytes()) {
            for piece in pieces([&bytes[..]]) {
                prop_assert!(!piece.is_empty() && piece.chars().count() <= LIMIT);
                let inner = &piece[..piece.len() - piece.chars().last().map_or(0, char::len_utf8)];
                prop_assert!(!inner.contains(['\n', '\r']), "{piece:?}");
            }
        }
    }
}
