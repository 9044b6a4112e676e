//! Why a text is no YAML that we accept, in words and with a line.

use super::node::positions_of_key;
use crate::doc::lines;
use crate::doc::printable::printable;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Failure {
    /// The line within the text, counted from 1.
    pub(in crate::doc) line: usize,
    /// What is wrong, without a place.
    pub(in crate::doc) message: String,
}

/// Why we, and not the parser, refuse a text.
pub(super) enum Refusal {
    /// Its aliases multiply.
    Growth,
    /// This key is there twice.
    Twice(String),
}

impl Failure {
    /// Says what the parser, or a refusal of ours that the parser passed on, means.
    pub(super) fn of(error: &serde_yaml::Error, refusal: Option<Refusal>, text: &str) -> Self {
        let last = text.lines().count().max(1);
        let line = error.location().map_or(1, |location| location.line()).clamp(1, last);
        match refusal {
            Some(Refusal::Growth) => {
                Self { line, message: "aliases expand to more than is accepted".to_owned() }
            }
            Some(Refusal::Twice(key)) => {
                let line = second_line_of(&key, text, line).unwrap_or(line);
                Self { line, message: format!("the key `{}` is there twice", printable(&key)) }
            }
            None => Self::of_parser(error, line, text),
        }
    }

    fn of_parser(error: &serde_yaml::Error, line: usize, text: &str) -> Self {
        let whole = error.to_string();
        if whole.contains("more than one document") {
            let is_marker = |line: &str| line.starts_with("---") || line.starts_with("...");
            let line = text.lines().skip(1).position(is_marker).map_or(line, |at| at + 2);
            return Self { line, message: "there is more than one YAML document".to_owned() };
        }
        if whole.contains("recursion limit exceeded") {
            return Self { line, message: "values are nested too deeply".to_owned() };
        }
        // The place is said by the caller, in the file's own lines.
        let message = whole.split(" at line ").next().unwrap_or(&whole);
        Self { line, message: message.to_owned() }
    }
}

/// Finds the line of a key's second appearance at or below a line.
fn second_line_of(key: &str, text: &str, from: usize) -> Option<usize> {
    let start = (1..from).fold(0, |at, _| lines::next(text, at));
    let second = positions_of_key(&text[start..], key).nth(1)?;
    Some(lines::number_at(text, start + second))
}
