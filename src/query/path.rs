//! Patterns of paths, read like a line of `.gitignore`.

use super::pattern::Pattern;
use super::scan::Word;

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
    pub(super) fn loose(word: &Word) -> Self {
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

    /// Tells whether a path matches.
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
                // A piece follows a `*`: the name goes on behind it.
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
