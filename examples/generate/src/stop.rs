//! Ending a text before one of some strings, wherever the borders between its pieces are.

/// Lets a text through up to the first stop string. What could be the beginning of one is held back until it is known.
#[derive(Debug)]
pub struct StopFilter {
    stops: Vec<String>,
    held: String,
}

/// What becomes of a piece of text.
#[derive(Debug, PartialEq, Eq)]
pub enum Passed {
    /// So much of it, and of what was held, is no part of a stop string.
    Text(String),
    /// So much stands before a stop string, and nothing follows.
    Last(String),
}

impl StopFilter {
    /// A filter for these strings. Empty ones stop nothing.
    pub fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self { stops, held: String::new() }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &str) -> Passed {
        self.held.push_str(piece);
        if let Some(place) = self.stops.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.held.truncate(place);
            return Passed::Last(self.rest());
        }
        let held = self.stops.iter().map(|stop| beginning_at_end(&self.held, stop)).max().unwrap_or_default();
        let rest = self.held.split_off(self.held.len() - held);
        Passed::Text(std::mem::replace(&mut self.held, rest))
    }

    /// What is still held when the text ends by itself.
    pub fn rest(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// How many bytes at the end of `text` are the beginning of `stop`.
fn beginning_at_end(text: &str, stop: &str) -> usize {
    let lengths = stop.char_indices().map(|(length, _)| length).rev();
    lengths
        .into_iter()
        .find(|&length| stop.get(..length).is_some_and(|start| text.ends_with(start)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stops: &[&str], pieces: &[&str], expected: &[&str], is_stopped: bool) {
        let mut filter = StopFilter::new(stops.iter().map(|&stop| stop.to_owned()).collect());
        let mut passed = Vec::new();
        let mut stopped = false;
        for piece in pieces {
            assert!(!stopped, "nothing follows the last");
            match filter.push(piece) {
                Passed::Text(text) => passed.push(text),
                Passed::Last(text) => {
                    passed.push(text);
                    stopped = true;
                }
            }
        }
        if !stopped {
            passed.push(filter.rest());
        }
        assert_eq!((passed, stopped), (expected.iter().map(|&text| text.to_owned()).collect(), is_stopped));
    }

    #[test]
    fn a_text_passes_when_nothing_stops_it() {
        check(&[], &["a", "b"], &["a", "b", ""], false);
        check(&[""], &["a"], &["a", ""], false);
        check(&["xyz"], &["a", "b"], &["a", "b", ""], false);
    }

    #[test]
    fn it_ends_before_a_stop_string() {
        check(&["END"], &["one END two"], &["one "], true);
        check(&["END"], &["END"], &[""], true);
        check(&["two", "one"], &["one two"], &[""], true);
    }

    #[test]
    fn borders_between_pieces_do_not_matter() {
        check(&["END"], &["oneE", "N", "D two"], &["one", "", ""], true);
        check(&["\n\n"], &["a\n", "\nb"], &["a", ""], true);
        check(&["aab"], &["aa", "ab"], &["", "a"], true);
    }

    #[test]
    fn what_was_held_in_vain_comes_later() {
        check(&["END"], &["E", "NT", "ER"], &["", "ENT", "ER", ""], false);
        check(&["END"], &["one E"], &["one ", "E"], false);
        check(&["aab"], &["aaa", "c"], &["a", "aac", ""], false);
    }

    #[test]
    fn characters_of_several_bytes_stay_whole() {
        check(&["über"], &["ü", "ä"], &["", "üä", ""], false);
        check(&["€€"], &["1€", "€2"], &["1", ""], true);
    }
}
