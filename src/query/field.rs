//! The fields of a task, by the names people use for them.

use super::error::{Error, ErrorKind, Fault};
use super::nearest::nearest;

/// A field of a task: something to ask for, to show, or to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The id.
    Id,
    /// The title.
    Title,
    /// The type.
    Type,
    /// How urgent it is.
    Priority,
    /// Where it stands in its pipeline.
    Stage,
    /// Derived: where it stands, in one word.
    Status,
    /// Derived: how it stands with its reviewers.
    Badge,
    /// Derived: whether it can be worked on now.
    Ready,
    /// Who works on it.
    Assignee,
    /// The part of the product it belongs to.
    Area,
    /// Labels.
    Tag,
    /// The sprint it is planned for.
    Sprint,
    /// Tasks that must be done first.
    Dep,
    /// Target files.
    File,
    /// How long it should take.
    Estimate,
    /// How long it has taken.
    Spent,
    /// The day it was written down.
    Created,
    /// When it last changed.
    Updated,
    /// When it entered its stage.
    Since,
    /// Why it is blocked by hand.
    Blocked,
    /// Why it will not be done.
    Cancelled,
    /// Where it was imported from.
    Source,
    /// Ticked and all deliverables.
    Deliverables,
    /// Ticked and all check boxes.
    Boxes,
    /// The Markdown.
    Body,
}

/// Field, name in queries, name in JSON and in files, other names in queries.
type Row = (Field, &'static str, &'static str, &'static [&'static str]);

const ROWS: [Row; 25] = [
    (Field::Id, "id", "id", &[]),
    (Field::Title, "title", "title", &[]),
    (Field::Type, "type", "type", &["kind"]),
    (Field::Priority, "priority", "priority", &["prio"]),
    (Field::Stage, "stage", "stage", &[]),
    (Field::Status, "status", "status", &[]),
    (Field::Badge, "badge", "badge", &["qa"]),
    (Field::Ready, "ready", "ready", &[]),
    (Field::Assignee, "assignee", "assignee", &[]),
    (Field::Area, "area", "area", &[]),
    (Field::Tag, "tag", "tags", &["tags"]),
    (Field::Sprint, "sprint", "sprint", &[]),
    (Field::Dep, "dep", "depends_on", &["depends_on", "depends", "deps"]),
    (Field::File, "file", "files", &["files"]),
    (Field::Estimate, "estimate", "estimate", &[]),
    (Field::Spent, "spent", "spent", &[]),
    (Field::Created, "created", "created", &[]),
    (Field::Updated, "updated", "updated", &[]),
    (Field::Since, "since", "since", &[]),
    (Field::Blocked, "blocked", "blocked", &[]),
    (Field::Cancelled, "cancelled", "cancelled", &["canceled"]),
    (Field::Source, "source", "source", &[]),
    (Field::Deliverables, "deliverables", "deliverables", &[]),
    (Field::Boxes, "boxes", "boxes", &[]),
    (Field::Body, "body", "body", &["text"]),
];

/// Words that other trackers use, with ours.
const ELSEWHERE: [(&str, &str); 14] = [
    ("label", "tag"),
    ("labels", "tag"),
    ("owner", "assignee"),
    ("agent", "assignee"),
    ("who", "assignee"),
    ("milestone", "sprint"),
    ("state", "status"),
    ("path", "file"),
    ("name", "title"),
    ("summary", "title"),
    ("modified", "updated"),
    ("changed", "updated"),
    ("description", "body"),
    ("component", "area"),
];

impl Field {
    /// All fields, in the order people read them.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Self::Id; ROWS.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = ROWS[at].0;
            at += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Returns the name used in queries and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Returns the name used in JSON: the key of the file, where a file has it.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.row().2
    }

    /// Reads a name; case does not matter, and `-` and `_` are the same.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase().replace('-', "_");
        let found =
            ROWS.iter().find(|(_, name, _, others)| *name == text || others.contains(&text.as_str()))?;
        Some(found.0)
    }

    /// Reads names with commas between them, as `--fields` takes them.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Error> {
        let names = names_in(text);
        let fields = names.map(|(start, name)| Self::known(name, start)).collect::<Result<_, _>>();
        fields.map_err(|fault| fault.within(text))
    }

    /// Reads a name that begins at this byte, or tells what might have been meant.
    pub(super) fn known(name: &str, start: usize) -> Result<Self, Fault> {
        let span = start..start + name.len();
        if name.is_empty() {
            return Err(Fault::new(span, ErrorKind::ExpectedField));
        }
        Self::parse(name).ok_or_else(|| match Self::unknown(name, &[]) {
            ErrorKind::UnknownField { word, suggestion: None } => {
                Fault::new(span, ErrorKind::NoSuchField { word })
            }
            kind => Fault::new(span, kind),
        })
    }

    /// Returns the error for a word that is no field; `others` are words that were possible as well.
    pub(super) fn unknown(word: &str, others: &[&'static str]) -> ErrorKind {
        let lower = word.to_ascii_lowercase();
        let elsewhere = ELSEWHERE.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| *ours);
        let names = ROWS.iter().flat_map(|(_, name, _, others)| std::iter::once(name).chain(*others));
        let suggestion = elsewhere.or_else(|| nearest(&lower, names.chain(others).copied()));
        ErrorKind::UnknownField { word: word.to_owned(), suggestion }
    }
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
