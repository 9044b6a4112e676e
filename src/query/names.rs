//! Names of fields as people write them.

use super::error::{Error, ErrorKind, Fault};
use crate::model::Field;
use crate::model::nearest;

/// Reads names of fields with commas between them, as `--fields` takes them.
pub fn parse_fields(text: &str) -> Result<Vec<Field>, Error> {
    let fields = names_in(text).map(|(start, name)| known_field(name, start)).collect::<Result<_, _>>();
    fields.map_err(|fault| fault.within(text))
}

/// Reads a name that begins at this byte, or tells what might have been meant.
pub(super) fn known_field(name: &str, start: usize) -> Result<Field, Fault> {
    let span = start..start + name.len();
    if name.is_empty() {
        return Err(Fault::new(span, ErrorKind::ExpectedField));
    }
    Field::parse(name).ok_or_else(|| match unknown_field(name, &[]) {
        ErrorKind::UnknownField { word, suggestion: None } => {
            Fault::new(span, ErrorKind::NoSuchField { word })
        }
        kind => Fault::new(span, kind),
    })
}

/// Returns the error for a word that is no field; `others` are words that were possible as well.
pub(super) fn unknown_field(word: &str, others: &[&'static str]) -> ErrorKind {
    let near = || nearest(&word.to_ascii_lowercase(), Field::names().chain(others.iter().copied()));
    ErrorKind::UnknownField { word: word.to_owned(), suggestion: Field::elsewhere(word).or_else(near) }
}

/// Yields the names of a list with the byte each begins at, without the spaces around them.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split(',').map(move |part| {
        let begins = start + (part.len() - part.trim_start().len());
        start += part.len() + 1;
        (begins, part.trim())
    })
}
