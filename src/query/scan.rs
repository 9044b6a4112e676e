//! From characters to words: quotes, escapes, stars, commas, operators.

use std::ops::Range;

use super::error::{ErrorKind, Fault};

/// A value as it is written: text, with stars that stand for anything between its pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pieces: Vec<String>,
}

impl Word {
    /// Makes a word of a text without stars.
    pub(super) fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![text.into()] }
    }

    /// Makes a word of the texts between its stars; there is at least one.
    pub(super) fn from_pieces(pieces: Vec<String>) -> Self {
        if pieces.is_empty() { Self::literal("") } else { Self { pieces } }
    }

    /// Returns the texts between stars: one where there is no star.
    pub(super) fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Tells whether it has a star.
    pub(super) fn is_glob(&self) -> bool {
        self.pieces.len() > 1
    }

    /// Returns the text, a star as `*`.
    pub(super) fn text(&self) -> String {
        self.pieces.join("*")
    }

    /// Tells whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.pieces.as_slice(), [text] if text.is_empty())
    }
}

/// A word and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) word: Word,
    pub(super) span: Range<usize>,
}

/// How a field is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// `:`
    Has,
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Op {
    /// All of them, those that begin like another one first.
    const ALL: [(&'static str, Self); 8] = [
        ("!=", Self::IsNot),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Is),
        ("<", Self::Less),
        (">", Self::More),
        ("=", Self::Is),
        (":", Self::Has),
    ];

    /// Returns the sign.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Has => ":",
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Tells whether it asks for an order.
    pub(super) fn compares(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::More | Self::AtLeast)
    }

    fn at_start_of(text: &str) -> Option<(usize, Self)> {
        let (sign, op) = Self::ALL.into_iter().find(|(sign, _)| text.starts_with(sign))?;
        Some((sign.len(), op))
    }
}

/// Reads a query from left to right.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the byte it stands at.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Returns the next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes past the next character if it is this one.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(super) fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Goes past a keyword that stands alone, in any case.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let Some((head, tail)) = self.rest().split_at_checked(keyword.len()) else { return false };
        let ends = tail.chars().next().is_none_or(|c| c.is_whitespace() || c == '(' || c == ')');
        let found = ends && head.eq_ignore_ascii_case(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    /// Goes past a field's name and the operator behind it, if both are there.
    pub(super) fn take_field(&mut self) -> Option<(&'t str, Range<usize>, Op)> {
        let rest = self.rest();
        let is_name = |c: char| c.is_alphabetic() || c == '_' || c == '-';
        let length = rest.find(|c| !is_name(c)).filter(|&length| length > 0)?;
        let (size, mut op) = Op::at_start_of(&rest[length..])?;
        let span = self.at..self.at + length;
        self.at = span.end + size;
        // `created:>=2026` is how others write it.
        if op == Op::Has
            && let Some((size, other)) = Op::at_start_of(self.rest())
            && (other.compares() || other == Op::Is)
        {
            op = other;
            self.at += size;
        }
        Some((&rest[..length], span, op))
    }

    /// Returns an operator that stands where a term should begin.
    pub(super) fn loose_operator(&self) -> Option<(Range<usize>, Op)> {
        let (size, op) = Op::at_start_of(self.rest())?;
        Some((self.at..self.at + size, op))
    }

    /// Reads a word that commas do not end.
    pub(super) fn word(&mut self) -> Result<Placed, Fault> {
        self.word_until(|c| c.is_whitespace() || c == '(' || c == ')')
    }

    /// Reads words with commas between them.
    pub(super) fn words(&mut self) -> Result<Vec<Placed>, Fault> {
        let mut words = Vec::new();
        loop {
            words.push(self.word_until(|c| c.is_whitespace() || c == '(' || c == ')' || c == ',')?);
            if !self.take(',') {
                return Ok(words);
            }
        }
    }

    fn word_until(&mut self, ends: impl Fn(char) -> bool) -> Result<Placed, Fault> {
        let start = self.at;
        let mut pieces = vec![String::new()];
        let mut quote: Option<(char, usize)> = None;
        while let Some(c) = self.peek() {
            if quote.is_none() && ends(c) {
                break;
            }
            let here = self.at;
            self.at += c.len_utf8();
            match (c, quote) {
                ('\\', _) => {
                    let Some(next) = self.peek() else {
                        return Err(Fault::new(here..self.at, ErrorKind::LooseBackslash));
                    };
                    self.at += next.len_utf8();
                    push(&mut pieces, next);
                }
                (_, Some((open, _))) if c == open => quote = None,
                // Inside a word it is an apostrophe: `don't`.
                ('"' | '\'', None) if here == start => quote = Some((c, here)),
                ('*', None) => pieces.push(String::new()),
                _ => push(&mut pieces, c),
            }
        }
        if let Some((_, here)) = quote {
            return Err(Fault::new(here..here + 1, ErrorKind::OpenQuote));
        }
        Ok(Placed { word: Word::from_pieces(pieces), span: start..self.at })
    }
}

fn push(pieces: &mut [String], c: char) {
    if let Some(piece) = pieces.last_mut() {
        piece.push(c);
    }
}
