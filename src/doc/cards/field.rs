//! Metadata lines of a card: `Status: COMPLETED ✅`, `**Status:** ✅ Completed`, `- **Status**: done`.

use super::value;
use crate::model::Field as TaskField;

/// What a metadata line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// A field of the task, or one that is derived of it.
    Field(TaskField),
    /// The one day that some documents give.
    Date,
    /// When it was done.
    Completed,
    /// The branch it is worked on.
    Branch,
}

/// Every name of the keys that are no fields, lowercase.
const NAMES: [(Key, &[&str]); 3] = [
    (Key::Date, &["date"]),
    (Key::Completed, &["completed", "completed on", "completed at", "date completed", "completion date"]),
    (Key::Branch, &["branch"]),
];

/// The name on a metadata line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// One that the tracker knows.
    Known(Key),
    /// A front matter key that the tracker does not know, written so that it comes back as one.
    FrontMatter(String),
    /// Any other.
    Other,
}

/// A line of the form `name: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// What it is about.
    pub(crate) name: Name,
    /// The name as it is written.
    pub(crate) shown: &'a str,
    /// What follows the colon.
    pub(crate) value: &'a str,
    /// Whether the name is bold.
    pub(crate) bold: bool,
}

/// Reads a metadata line.
pub(crate) fn read(line: &str) -> Option<Field<'_>> {
    let line = line.trim();
    let line = super::lines::list_item(line).filter(|_| line.starts_with(['-', '*', '+'])).unwrap_or(line);
    if let Some((shown, value)) = bold(line) {
        return Some(Field { name: name_of(shown), shown, value, bold: true });
    }
    if let Some((name, rest)) = value::unquote_prefix(line) {
        let value = rest.strip_prefix(':')?;
        let shown = &line[..line.len() - rest.len()];
        return Some(Field { name: front_matter(name), shown, value: value.trim(), bold: false });
    }
    let (shown, value) = line.split_once(':')?;
    let plain = shown.len() <= 40
        && shown.starts_with(|c: char| c.is_alphabetic())
        && shown.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | '.'))
        && shown.split(' ').count() <= 4
        && (value.is_empty() || value.starts_with([' ', '\t']));
    plain.then(|| Field { name: name_of(shown), shown, value: value.trim(), bold: false })
}

/// Reads `**Name:** value` and `**Name**: value`.
pub(crate) fn bold(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim().strip_prefix("**")?;
    let (inner, after) = rest.split_once("**")?;
    let (name, value) = match inner.strip_suffix(':') {
        Some(name) => (name, after),
        None => (inner, after.strip_prefix(':')?),
    };
    (!name.trim().is_empty()).then(|| (name.trim(), value.trim()))
}

/// Returns the key that a name stands for.
pub(crate) fn key(name: &str) -> Option<Key> {
    let name = name.trim().to_lowercase().replace(['_', '-'], " ");
    let is_it = |field: &TaskField| field.row().cards.iter().any(|card| card.eq_ignore_ascii_case(&name));
    let own = || NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(key, _)| *key);
    TaskField::ALL.into_iter().find(is_it).map(Key::Field).or_else(own)
}

fn name_of(shown: &str) -> Name {
    match key(shown) {
        Some(key) => Name::Known(key),
        None if is_front_matter_key(shown) => front_matter(shown.to_owned()),
        None => Name::Other,
    }
}

/// The keys of a task that have their own place are set by no line of that name.
fn front_matter(name: String) -> Name {
    if TaskField::of_key(&name).is_some() { Name::Other } else { Name::FrontMatter(name) }
}

/// Writes the name of a front matter key that the tracker does not know, so that it reads as one.
pub(crate) fn write_unknown(name: &str) -> String {
    let plain = is_front_matter_key(name) && key(name).is_none() && name.len() <= 40;
    if plain { name.to_owned() } else { value::quote(name) }
}

fn is_front_matter_key(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::{Key, Name, TaskField, read, write_unknown};

    fn parts(line: &str) -> Option<(Name, String)> {
        read(line).map(|field| (field.name, field.value.to_owned()))
    }

    #[test]
    fn reads_every_way_a_field_is_written() {
        for line in [
            "Status: done",
            "**Status:** done",
            "**Status**: done",
            "- **Status:** done",
            "* status: done",
            "STATE:\tdone",
        ] {
            assert_eq!(
                parts(line),
                Some((Name::Known(Key::Field(TaskField::Status)), "done".to_owned())),
                "{line}"
            );
        }
        assert_eq!(read("**Depends_On:**").unwrap().name, Name::Known(Key::Field(TaskField::DependsOn)));
        assert_eq!(read("Reviewer: x").unwrap().name, Name::Other);
    }

    #[test]
    fn prose_and_links_are_no_fields() {
        for line in
            ["https://x.y", "a word", ": x", "**bold** text", "one two three four five: x", "x:y", "1. a: b"]
        {
            assert_eq!(parts(line), None, "{line}");
        }
    }

    #[test]
    fn unknown_keys_come_back_as_keys() {
        for name in ["external_id", "Reviewer", "status", "x y", "a\"b", "", "-", "é"] {
            let line = format!("{}: v", write_unknown(name));
            assert_eq!(parts(&line), Some((Name::FrontMatter(name.to_owned()), "v".to_owned())), "{line}");
        }
    }
}
