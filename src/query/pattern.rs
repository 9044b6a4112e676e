//! What texts and paths are compared with, and how without their case.

use std::borrow::Cow;

use crate::model::fold;
use crate::query::parse::Word;

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

    /// Whether a text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Whole(whole) => {
                text.eq_ignore_ascii_case(whole) || !text.is_ascii() && fold(text) == *whole
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

/// A pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    segments: Vec<Segment>,
    reach: Reach,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// `**`: any number of folders.
    Deep,
    /// One folder or file.
    One(Pattern),
}

/// Which part of a path must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// A single name anywhere.
    AnyName,
    /// The path, or a folder above it.
    Below,
    /// The whole path.
    Whole,
}

impl PathPattern {
    /// Makes a pattern: without `/` a name anywhere, with `/` a path or anything below it.
    pub(super) fn lenient(word: &Word) -> Self {
        let names = names(word);
        let rooted = names.len() > 1;
        let segments = segments(names);
        let any_name = !rooted && segments.len() == 1;
        Self { segments, reach: if any_name { Reach::AnyName } else { Reach::Below } }
    }

    /// Makes a pattern for a whole path.
    pub(super) fn whole(word: &Word) -> Self {
        Self { segments: segments(names(word)), reach: Reach::Whole }
    }

    /// Whether a path matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
        match (self.reach, self.segments.as_slice()) {
            (Reach::AnyName, [Segment::One(name)]) => path.split('/').any(|part| name.matches(part)),
            (Reach::AnyName, _) => true,
            (reach, segments) => matches_from_root(segments, path, reach == Reach::Below),
        }
    }
}

/// Splits a word at its slashes.
fn names(word: &Word) -> Vec<Word> {
    let mut names = vec![vec![String::new()]];
    for (at, piece) in word.pieces().iter().enumerate() {
        for (part, text) in piece.split('/').enumerate() {
            match names.last_mut() {
                Some(name) if part == 0 && at == 0 => name[0].push_str(text),
                // A piece follows a `*`: the name goes on after it.
                Some(name) if part == 0 => name.push(text.to_owned()),
                _ => names.push(vec![text.to_owned()]),
            }
        }
    }
    names.into_iter().map(Word::from_pieces).collect()
}

/// Reads the names between slashes; empty ones and `.` say nothing.
fn segments(names: Vec<Word>) -> Vec<Segment> {
    names
        .into_iter()
        .filter(|name| !matches!(name.pieces(), [text] if text.is_empty() || text == "."))
        .map(|name| match name.pieces() {
            [a, b, c] if a.is_empty() && b.is_empty() && c.is_empty() => Segment::Deep,
            _ => Segment::One(Pattern::whole(&name)),
        })
        .collect()
}

/// Matches name by name. After a `**` it is enough to try the names in turn: going back to an earlier `**` could
/// find nothing that going on from the last one does not.
fn matches_from_root(segments: &[Segment], path: &str, below: bool) -> bool {
    let mut at = 0;
    let mut rest = path.split('/');
    let mut retry = None;
    loop {
        match segments.get(at) {
            None if below || rest.clone().next().is_none() => return true,
            Some(Segment::Deep) => {
                at += 1;
                retry = Some((at, rest.clone()));
                continue;
            }
            Some(Segment::One(name)) if rest.next().is_some_and(|part| name.matches(part)) => {
                at += 1;
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        at = *after;
        rest = from.clone();
    }
}

/// Up to this length a text is searched as it is; a longer one is folded once and searched in linear time.
const SHORT: usize = 256;

/// A text to be searched, which compares equal to folded texts. Short ASCII, nearly everything, is not copied.
pub(super) struct Haystack<'a> {
    text: Cow<'a, str>,
}

impl<'a> Haystack<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let literal = text.len() <= SHORT && text.is_ascii();
        Self { text: if literal { Cow::Borrowed(text) } else { Cow::Owned(fold(text)) } }
    }

    /// Returns the whole of it.
    pub(super) fn rest(&self) -> Rest<'_> {
        Rest(&self.text)
    }
}

/// The part of a haystack that is still to be matched. Needles are folded texts.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    pub(super) fn without_prefix(self, needle: &str) -> Option<Self> {
        let (head, tail) = self.0.split_at_checked(needle.len())?;
        head.eq_ignore_ascii_case(needle).then_some(Self(tail))
    }

    pub(super) fn without_suffix(self, needle: &str) -> Option<Self> {
        let (head, tail) = self.0.split_at_checked(self.0.len().checked_sub(needle.len())?)?;
        tail.eq_ignore_ascii_case(needle).then_some(Self(head))
    }

    /// Returns what follows the first place where the needle is.
    pub(super) fn after(self, needle: &str) -> Option<Self> {
        let at = if self.0.len() > SHORT {
            self.0.find(needle)
        } else {
            find(self.0.as_bytes(), needle.as_bytes())
        }?;
        self.0.get(at + needle.len()..).map(Self)
    }
}

/// Finds a folded needle in a short text, letting the case of ASCII letters aside.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((first, others)) = needle.split_first() else { return Some(0) };
    hay.windows(needle.len()).position(|window| {
        window[0].to_ascii_lowercase() == *first && window[1..].eq_ignore_ascii_case(others)
    })
}

#[cfg(test)]
mod tests {
    use super::Haystack;

    #[test]
    fn short_and_long_texts_are_searched_alike() {
        for text in ["Dark Mode", "Dunkler Mödus Dark Mode", &format!("{}Dark MODE", "x".repeat(1000))] {
            let hay = Haystack::new(text);
            assert!(hay.rest().after("dark mode").is_some(), "{text}");
            assert!(hay.rest().after("dark moder").is_none(), "{text}");
            assert!(hay.rest().after("dark").and_then(|rest| rest.after("dark")).is_none(), "{text}");
        }
    }
}
