//! From a text to words, and from words to a query.

use std::ops::Range;

use crate::query::error::{Error, ErrorKind, Fault};
use crate::query::expr::Expr;
use crate::query::term::{Ask, Term};
use crate::query::{Context, Query};

/// A value as it is written: text, with stars that mean anything between its pieces.
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

    /// Whether it has a star.
    pub(super) fn is_glob(&self) -> bool {
        self.pieces.len() > 1
    }

    /// Returns the text, a star as `*`.
    pub(super) fn text(&self) -> String {
        self.pieces.join("*")
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.pieces.as_slice(), [text] if text.is_empty())
    }
}

/// A word and where it is.
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

    /// Whether it compares by order.
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

    /// Returns the byte it is at.
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
    pub(super) fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    pub(super) fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Goes past a keyword that is alone, in any case.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let Some((head, tail)) = self.rest().split_at_checked(keyword.len()) else { return false };
        let ends = tail.chars().next().is_none_or(|c| c.is_whitespace() || c == '(' || c == ')');
        let found = ends && head.eq_ignore_ascii_case(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    /// Goes past a field's name and the operator after it, if both are there.
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

    /// Returns an operator that is where a term should begin.
    pub(super) fn unexpected_operator(&self) -> Option<(Range<usize>, Op)> {
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
                        return Err(Fault::new(here..self.at, ErrorKind::TrailingBackslash));
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

/// How deep parentheses may be inside each other: the parser, and all that walks a query, recurses this far.
const DEEPEST: usize = 64;

impl Query {
    /// Reads a query. A text of nothing but spaces matches every task.
    pub fn parse(text: &str, context: &Context<'_>) -> Result<Self, Error> {
        let mut parser = Parser { scan: Scanner::new(text), context, depth: 0 };
        parser.query().map(|root| Self { root }).map_err(|fault| fault.within(text))
    }
}

struct Parser<'t, 'c> {
    scan: Scanner<'t>,
    context: &'c Context<'c>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn query(&mut self) -> Result<Expr, Fault> {
        self.scan.skip_spaces();
        if self.scan.peek().is_none() {
            return Ok(Expr::all(Vec::new()));
        }
        let root = self.either()?;
        match self.scan.peek() {
            // Only a parenthesis ends a group before the text does.
            Some(_) => Err(Fault::new(self.scan.at()..self.scan.at() + 1, ErrorKind::UnexpectedParenthesis)),
            None => Ok(root),
        }
    }

    /// Groups with `or` between them.
    fn either(&mut self) -> Result<Expr, Fault> {
        let mut groups = vec![self.together()?];
        while self.scan.take_keyword("or") {
            groups.push(self.together()?);
        }
        Ok(Expr::any(groups))
    }

    /// Terms side by side.
    fn together(&mut self) -> Result<Expr, Fault> {
        let mut terms = vec![self.negatable()?];
        loop {
            self.scan.skip_spaces();
            if self.scan.take_keyword("and") {
                terms.push(self.negatable()?);
                continue;
            }
            let ends = self.scan.peek().is_none_or(|c| c == ')') || self.scan.clone().take_keyword("or");
            if ends {
                return Ok(Expr::all(terms));
            }
            terms.push(self.negatable()?);
        }
    }

    /// A term, with `-` or `not` before it or without. A loop: a thousand of them must not recurse.
    fn negatable(&mut self) -> Result<Expr, Fault> {
        let mut negated = false;
        loop {
            self.scan.skip_spaces();
            if let Some((span, op)) = self.scan.unexpected_operator() {
                return Err(Fault::new(span, ErrorKind::UnexpectedOperator { operator: op.sign() }));
            }
            if self.scan.take_keyword("not") {
                negated = !negated;
            } else if self.scan.take('-') || self.scan.take('!') {
                negated = !negated;
                if self.scan.peek().is_none_or(char::is_whitespace) {
                    return Err(Fault::expected(self.scan.at(), "a term directly after the sign"));
                }
            } else {
                break;
            }
        }
        let term = self.term()?;
        Ok(if negated { term.not() } else { term })
    }

    fn term(&mut self) -> Result<Expr, Fault> {
        let start = self.scan.at();
        if self.scan.take('(') {
            return self.group(start);
        }
        let keyword = ["or", "and"].into_iter().find(|keyword| self.scan.clone().take_keyword(keyword));
        if keyword.is_some() || self.scan.peek().is_none_or(|c| c == ')') {
            return Err(Fault::expected(start, "a term, such as `stage:qa` or a word"));
        }
        let expr = match self.scan.take_field() {
            Some((name, span, op)) => {
                let words = self.scan.words()?;
                let ask = Ask::known(name, span.clone())?;
                let term = Term::new(ask, op, span, words, self.context)?;
                if op == Op::IsNot { Expr::Term(term).not() } else { Expr::Term(term) }
            }
            None => Expr::Term(Term::text(self.scan.word()?)?),
        };
        if self.scan.peek() == Some('(') {
            return Err(Fault::expected(self.scan.at(), "a space, or quotes around the text"));
        }
        Ok(expr)
    }

    fn group(&mut self, start: usize) -> Result<Expr, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::new(start..start + 1, ErrorKind::TooDeep { limit: DEEPEST }));
        }
        let inner = self.either()?;
        if !self.scan.take(')') {
            return Err(Fault::new(start..start + 1, ErrorKind::OpenParenthesis));
        }
        self.depth -= 1;
        Ok(inner)
    }
}
