//! The tokens: which are text, which are times, which say something else, and which are never to be written.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Error, Result, ensure};
use tokenizers::Tokenizer;

/// How many times there are: one each [`TICK`] from 0 to 30 seconds, both included.
const TIMES: u32 = 1501;
/// How far two times are from one another, in seconds.
pub const TICK: f64 = 0.02;

/// The tokens of a Whisper that knows English only. In order, they are text, its end, marks, and times.
pub struct Vocabulary {
    tokenizer: Tokenizer,
    /// What ends the text of a window, and the first that is no text.
    pub end: u32,
    /// What each text begins with.
    pub start: u32,
    /// What stands for a window in which nobody speaks.
    pub no_speech: u32,
    /// The first of the times, which is 0. It follows the last of the marks.
    pub zero: u32,
    /// What is never written: marks, and text that stands for no speech but for music and the like.
    pub suppressed: BTreeSet<u32>,
}

impl Vocabulary {
    /// Reads a `tokenizer.json` of a model that knows `count` tokens.
    ///
    /// # Errors
    /// When the file cannot be read or is that of another model.
    pub fn load(path: &Path, count: usize) -> Result<Self> {
        let json = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let tokenizer = Tokenizer::from_bytes(json).map_err(Error::from_boxed);
        tokenizer
            .and_then(|tokenizer| Self::new(tokenizer, count))
            .with_context(|| format!("`{}` is no tokenizer of this model", path.display()))
    }

    fn new(tokenizer: Tokenizer, count: usize) -> Result<Self> {
        let find = |names: &[&str]| {
            let found = names.iter().find_map(|name| tokenizer.token_to_id(name));
            found.with_context(|| format!("there is no token `{}`", names[0]))
        };
        let end = find(&["<|endoftext|>"])?;
        let no_times = find(&["<|notimestamps|>"])?;
        let zero = no_times + 1;
        ensure!(
            count == (zero + TIMES) as usize && end == 50_256,
            "the model has {count} tokens; this program is for those that know English only, such as `whisper-tiny.en`"
        );
        let mut suppressed: BTreeSet<u32> = (end + 1..zero).collect();
        suppressed.extend(no_speech_text(&tokenizer)?);
        Ok(Self {
            end,
            start: find(&["<|startoftranscript|>"])?,
            // It has been renamed in some files.
            no_speech: find(&["<|nospeech|>", "<|nocaptions|>"])?,
            zero,
            suppressed,
            tokenizer,
        })
    }

    /// Whether a token is a time.
    pub fn is_time(&self, token: u32) -> bool {
        token >= self.zero
    }

    /// The time that a token stands for, in seconds from the beginning of the window.
    pub fn seconds(&self, token: u32) -> f64 {
        f64::from(token.saturating_sub(self.zero)) * TICK
    }

    /// What tokens say. Those that are no text say nothing.
    ///
    /// # Errors
    /// When the tokenizer cannot.
    pub fn text(&self, tokens: &[u32]) -> Result<String> {
        let text: Vec<u32> = tokens.iter().copied().filter(|token| *token < self.end).collect();
        self.tokenizer.decode(&text, true).map_err(Error::from_boxed)
    }
}

/// Tokens of text that do not stand for what is said: brackets around descriptions, notes of music, dashes before a speaker.
fn no_speech_text(tokenizer: &Tokenizer) -> Result<BTreeSet<u32>> {
    const SIGNS: &str = "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) \
                         [[ ]] {{ }} ♪♪ ♪♪♪";
    const NOTES: &str = "♩ ♪ ♫ ♬ ♭ ♮ ♯";
    let tokens = |text: &str| -> Result<Vec<u32>> {
        Ok(tokenizer.encode(text, false).map_err(Error::from_boxed)?.get_ids().to_vec())
    };
    let mut found = BTreeSet::new();
    // Within a word they are part of it.
    found.extend(tokens(" -")?.first());
    found.extend(tokens(" '")?.first());
    for (signs, is_note) in [(SIGNS, false), (NOTES, true)] {
        for sign in signs.split(' ').flat_map(|sign| [sign.to_owned(), format!(" {sign}")]) {
            match tokens(&sign)?.as_slice() {
                [token] => found.extend([*token]),
                [first, ..] if is_note => found.extend([*first]),
                _ => {}
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
impl Vocabulary {
    /// One of few tokens, and none that the tokenizer knows: 0 to 2 are text, 3 is the end, 4 and 5 are marks, times begin with 6.
    pub(crate) fn small() -> Self {
        let tokenizer = Tokenizer::new(tokenizers::models::bpe::BPE::default());
        Self { tokenizer, end: 3, start: 4, no_speech: 5, zero: 6, suppressed: [4, 5].into() }
    }
}
