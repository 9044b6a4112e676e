//! What a text is compared with.

use super::fold::{Haystack, fold, folded_chars};
use super::scan::Word;

/// A test of a text, resolved and folded while parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// The whole text.
    Whole(String),
    /// A part of the text.
    Part(String),
    /// The whole text, with anything between these pieces: at least two, the first at the beginning and the last
    /// at the end.
    Glob(Vec<String>),
}

impl Pattern {
    /// Makes a pattern that must match a whole text.
    pub(super) fn whole(word: &Word) -> Self {
        match word.pieces() {
            [text] => Self::Whole(fold(text)),
            pieces => Self::Glob(pieces.iter().map(|piece| fold(piece)).collect()),
        }
    }

    /// Makes a pattern that may match a part of a text; one with `*` must match the whole.
    pub(super) fn part(word: &Word) -> Self {
        match word.pieces() {
            [text] => Self::Part(fold(text)),
            _ => Self::whole(word),
        }
    }

    /// Tells whether a text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Whole(whole) => {
                text.eq_ignore_ascii_case(whole) || !text.is_ascii() && folded_chars(text).eq(whole.chars())
            }
            Self::Part(part) => Haystack::new(text).rest().after(part).is_some(),
            Self::Glob(pieces) => glob(pieces, text).is_some(),
        }
    }
}

fn glob(pieces: &[String], text: &str) -> Option<()> {
    let hay = Haystack::new(text);
    let [first, middle @ .., last] = pieces else { return None };
    let mut rest = hay.rest().without_prefix(first)?.without_suffix(last)?;
    for piece in middle {
        rest = rest.after(piece)?;
    }
    Some(())
}
