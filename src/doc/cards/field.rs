//! Metadata lines of a card: `Status: COMPLETED ✅`, `**Status:** ✅ Completed`, `- **Status**: done`.

use super::value;
use crate::model::{Field as TaskField, is_one_typo};

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

impl Field<'_> {
    fn is_known(&self) -> bool {
        matches!(self.name, Name::Known(_))
    }
}

/// Reads a metadata line.
pub(crate) fn read(line: &str) -> Option<Field<'_>> {
    let line = line.trim();
    let quoted = line.strip_prefix('>').map_or(line, str::trim_start);
    let item = super::lines::list_item(quoted).filter(|_| quoted.starts_with(['-', '*', '+']));
    let bare = item.unwrap_or(quoted);
    if let Some((shown, value)) = bold(bare).or_else(|| stressed(bare)) {
        let field = Field { name: name_of(shown), shown, value, bold: true };
        return Some(field).filter(|field| quoted.len() == line.len() || field.is_known());
    }
    if quoted.len() == line.len()
        && let Some((name, rest)) = value::unquote_prefix(bare)
    {
        let value = rest.strip_prefix(':')?;
        let shown = &bare[..bare.len() - rest.len()];
        return Some(Field { name: front_matter(name), shown, value: value.trim(), bold: false });
    }
    let (shown, value) = split_at_colon(bare)?;
    let is_name = shown.len() <= 40
        && shown.starts_with(|c: char| c.is_alphabetic())
        && shown.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | '.'))
        && shown.split(' ').count() <= 4;
    let field = Field { name: name_of(shown), shown, value: value.trim(), bold: false };
    let is_plain = quoted.len() == line.len()
        && bare.as_bytes().get(shown.len()) == Some(&b':')
        && (value.is_empty() || value.starts_with([' ', '\t']));
    (is_name && (is_plain || field.is_known())).then_some(field)
}

/// Splits a line at its first colon, in the wide form too.
fn split_at_colon(line: &str) -> Option<(&str, &str)> {
    line.split_once([':', '：'])
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

/// Reads a known name that is stressed in another way: `__Name:__ value`, `*Name*: value`, `**Name** ： value`.
fn stressed(line: &str) -> Option<(&str, &str)> {
    let mark = ["**", "__", "*", "_", "`"].into_iter().find(|mark| line.starts_with(mark))?;
    let (inner, after) = line[mark.len()..].split_once(mark)?;
    let (name, value) = match inner.strip_suffix([':', '：']) {
        Some(name) => (name, after),
        None => (inner, after.trim_start().strip_prefix([':', '：'])?),
    };
    key(name).map(|_| (name.trim(), value.trim()))
}

/// Returns the known name with which a line begins that is no metadata line and looks like one: `Status = done`,
/// `| Status | done |`, `**Status** – done`.
pub(crate) fn nearly(line: &str) -> Option<&str> {
    let bare = line.trim().trim_start_matches(|c: char| !c.is_alphabetic());
    let is_part_of_a_name = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_');
    let end = bare.find(|c: char| !is_part_of_a_name(c)).unwrap_or(bare.len());
    let (name, after) = (bare[..end].trim(), bare[end..].trim_start_matches(['*', '_', '`', ' ', '"']));
    let is_separated = after.starts_with([':', '：', '=', '|', '–', '—', '→', '-', ';']);
    let is_bold = bare[end..].starts_with("**") && !after.is_empty() && after.split(' ').count() <= 3;
    ((is_separated || is_bold) && key(name).is_some()).then_some(name)
}

/// Returns the known name that one which is not known was probably meant to be: `Prioirty`, `Prio`, `Tag`.
pub(crate) fn meant(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase().replace(['_', '-'], " ");
    let length = name.chars().count();
    if key(&name).is_some() {
        return None;
    }
    let is_it = |known: &&'static str| {
        let known = known.to_lowercase();
        // A word that begins several names is none of them.
        let begins = length >= 4 && known.starts_with(&name) && !known.trim_end_matches(" on").contains(' ');
        begins || known == format!("{name}s") || length >= 5 && is_one_typo(&name, &known)
    };
    let first = TaskField::ALL.into_iter().filter_map(|field| field.row().cards.first().copied());
    first.into_iter().find(is_it)
}

/// Returns the key that a name means.
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
    use super::{Key, Name, TaskField, meant, nearly, read, write_unknown};

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
            "**Status**：done",
            "**Status** : done",
            "**Status：** done",
            "Status:done",
            "Status ： done",
            "status : done",
            "__Status:__ done",
            "__Status__ : done",
            "*Status:* done",
            "_Status_: done",
            "`Status`: done",
            "> **Status:** done",
            "> Status: done",
            "> - Status: done",
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
    fn near_misses_are_known_by_their_name() {
        for line in [
            "Status = done",
            "| Status | done |",
            "| **Status:** | done |",
            "**Status** – done",
            "**Status** done",
            "1. Status: done",
            "- [ ] Status: done",
            "\"Status\": done",
        ] {
            assert_eq!(nearly(line), Some("Status"), "{line}");
        }
        for line in [
            "Status of the plan",
            "**Status** is what we all ask for",
            "The status: x",
            "Tests = 4",
            "https://x.y",
            "---",
            "",
            "Priority",
        ] {
            assert_eq!(nearly(line), None, "{line}");
        }
    }

    #[test]
    fn names_that_are_nearly_known_are_found() {
        for (name, is) in [
            ("Prioirty", Some("Priority")),
            ("prioirty", Some("Priority")),
            ("Prio", Some("Priority")),
            ("Statsu", Some("Status")),
            ("Tag", Some("Tags")),
            ("Depends", Some("Depends on")),
            ("Depnds on", Some("Depends on")),
            ("Priority", None),
            ("labels", None),
            ("Pro", None),
            ("Reviewer", None),
            ("Note", None),
            ("Time", None),
            ("", None),
        ] {
            assert_eq!(meant(name), is, "{name}");
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
