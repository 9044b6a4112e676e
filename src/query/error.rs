//! What is wrong with a query, and where.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::model::Field;

/// How many columns of a query are shown around a mistake.
const SHOWN: usize = 100;
/// How many characters of the user's own value are repeated in a message.
const REPEATED: usize = 40;

/// Why a query, an order or a list of fields cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// The whole text.
    pub text: Box<str>,
    /// Which bytes of it are wrong; empty where something is missing.
    pub span: Range<usize>,
    pub(super) kind: ErrorKind,
}

/// What can be wrong with a query; the messages say it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ErrorKind {
    #[error("expected {what}")]
    Expected { what: String },
    #[error("expected the name of a field")]
    ExpectedField,
    #[error("no space belongs around `{operator}`")]
    UnexpectedOperator { operator: &'static str },
    #[error("this quote is not closed")]
    OpenQuote,
    #[error("nothing follows the backslash")]
    TrailingBackslash,
    #[error("this parenthesis is not closed")]
    OpenParenthesis,
    #[error("this parenthesis closes nothing")]
    UnexpectedParenthesis,
    #[error("more than {limit} parentheses inside each other")]
    TooDeep { limit: usize },
    #[error("unknown field `{}`", printable(word))]
    UnknownField { word: String, suggestion: Option<&'static str> },
    #[error("unknown field `{}`", printable(word))]
    NoSuchField { word: String },
    #[error("{} {field} `{}` (expected {})", wrong(field), printable(word), one_of(known))]
    UnknownValue { field: &'static str, word: String, suggestion: Option<String>, known: Vec<String> },
    #[error("`{field}` has no order")]
    NoOrder { field: &'static str },
    #[error("`{operator}` takes one value")]
    OneValue { operator: &'static str },
    #[error("`{field}` cannot be queried")]
    NoQuestion { field: &'static str },
    #[error("`{field}` cannot be sorted by")]
    NoSort { field: &'static str },
    #[error("every task has a {field}")]
    AlwaysThere { field: &'static str },
    #[error("invalid duration `{}`", printable(word))]
    NotALength { word: String },
    #[error("invalid date `{}`", printable(word))]
    NotADate { word: String },
    #[error("`{}` could mean before or after", printable(word))]
    Age { field: &'static str, word: String },
    #[error("`{field}` is a day, and `{}` a time of day", printable(word))]
    DayOnly { field: &'static str, word: String },
    #[error("`{}` is a moment: nothing happened exactly then", printable(word))]
    Moment { field: &'static str, word: String },
    #[error("git has no user name")]
    Nobody,
}

impl Error {
    /// Returns the character at which the mistake begins, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.text.get(..self.span.start).unwrap_or(&self.text).chars().count() + 1
    }

    /// Returns what to try.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.kind.hint()
    }

    /// Returns the query on one line and, on a second, carets below what is wrong. Control characters are
    /// replaced, and of a long query only a part around it is shown.
    #[must_use]
    pub fn caret(&self) -> [String; 2] {
        let start = self.column() - 1;
        let before: usize = self.text.chars().take(start).map(width).sum();
        let mut skipped = before.saturating_sub(SHOWN / 2);
        let (mut line, mut marks) = (String::new(), String::new());
        if skipped > 0 {
            line.push('…');
            marks.push(' ');
        }
        let mut columns = 0;
        for (byte, c) in self.text.char_indices() {
            let wide = width(c);
            if skipped > 0 {
                skipped = skipped.saturating_sub(wide.max(1));
                continue;
            }
            columns += wide;
            if columns > SHOWN {
                line.push('…');
                break;
            }
            line.push(if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c });
            let marked = self.span.contains(&byte) || byte == self.span.start;
            let mark = if marked { "^" } else { " " };
            marks.push_str(&mark.repeat(wide));
        }
        if !marks.contains('^') {
            marks.push('^');
        }
        marks.truncate(marks.trim_end().len());
        [line, marks]
    }
}

/// Returns the columns a character takes once control characters are replaced.
fn width(c: char) -> usize {
    if is_invisible(c) { 1 } else { c.width().unwrap_or(1) }
}

/// Whether a character turns the direction of a line around.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Shortens a value and replaces what would disturb a terminal.
fn printable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(REPEATED)
        .map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(REPEATED).is_some() {
        shown.push('…');
    }
    shown
}

impl ErrorKind {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownField { suggestion: Some(suggestion), .. } => did_you_mean(suggestion),
            Self::UnknownField { .. } => "to search for the text itself, put it in quotes".to_owned(),
            Self::NoSuchField { .. } => {
                let names: Vec<_> = Field::shown().map(Field::name).collect();
                format!("expected one of {}", names.join(", "))
            }
            Self::UnknownValue { suggestion: Some(suggestion), .. } => did_you_mean(suggestion),
            Self::UnexpectedOperator { operator } => format!("write `field{operator}value`"),
            Self::NoOrder { field } => format!("write `{field}:value`"),
            Self::NoQuestion { field: "ready" } => "write `is:ready`".to_owned(),
            Self::NoQuestion { field } => format!("write `has:{field}` or `no:{field}`"),
            Self::NotALength { .. } => "expected a duration such as `45m`, `1h30m` or `2d`".to_owned(),
            Self::NotADate { .. } => {
                "expected a date such as `2026-11-01`, `2026-11`, `today`, `fri`, `next-week` or `-7d` for seven days ago"
                    .to_owned()
            }
            Self::Age { field, word } => {
                let word = printable(word);
                format!("`{field}>=-{word}` is since then, `{field}<-{word}` is before that")
            }
            Self::Moment { field, word } => {
                let word = printable(word);
                format!("`{field}>={word}` is since then, `{field}<{word}` is before that")
            }
            Self::DayOnly { .. } => "use a day, such as `today` or `-1d`".to_owned(),
            Self::Nobody => "name the assignee, or set `git config user.name` and `git config user.email`".to_owned(),
            Self::UnexpectedParenthesis | Self::OpenQuote | Self::OpenParenthesis => {
                "to search for the sign itself, put a backslash before it".to_owned()
            }
            Self::UnknownValue { .. }
            | Self::ExpectedField
            | Self::Expected { .. }
            | Self::TrailingBackslash
            | Self::TooDeep { .. }
            | Self::OneValue { .. }
            | Self::NoSort { .. }
            | Self::AlwaysThere { .. } => return None,
        };
        Some(hint)
    }
}

/// The stages are the project's own; other words are the same everywhere.
fn wrong(field: &str) -> &'static str {
    if field == "stage" { "unknown" } else { "invalid" }
}

/// Returns `a, b or c`.
fn one_of(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// A mistake in a text that the finder does not have at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    span: Range<usize>,
    kind: ErrorKind,
}

impl Fault {
    pub(super) fn new(span: Range<usize>, kind: ErrorKind) -> Self {
        Self { span, kind }
    }

    /// Makes a fault of something that should be at this byte.
    pub(super) fn expected(at: usize, what: impl Into<String>) -> Self {
        Self::new(at..at, ErrorKind::Expected { what: what.into() })
    }

    /// Adds the text.
    pub(super) fn within(self, text: &str) -> Error {
        Error { text: text.into(), span: self.span, kind: self.kind }
    }
}
