//! The fields of a task: which there are, what each is called and contains, who may change it and where it is in a
//! file. One row a field; reading, creating, editing, merging, querying, sorting, importing, completing and the help
//! texts read this table.
//!
//! To add a field: a variant, a row, and its member in [`Task`] and [`Summary`].

use super::{Editing, FieldKind, FieldPart, FieldValue, Summary, Task};

/// A field of a task. Those that a file contains come first, in the order in which a new file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "its row in the table describes each")]
pub enum Field {
    Id,
    Title,
    Type,
    Priority,
    Area,
    Tags,
    Parent,
    DependsOn,
    Sprint,
    Run,
    Due,
    Files,
    Estimate,
    Source,
    Imported,
    Created,
    Stage,
    Assignee,
    Blocked,
    Cancelled,
    Spent,
    History,
    Status,
    Badge,
    Ready,
    Updated,
    Since,
    Deliverables,
    Boxes,
    Body,
}

/// What is known of a field.
#[derive(Debug, Clone, Copy)]
pub struct FieldRow {
    /// Its key in files and in JSON.
    pub key: &'static str,
    /// Its name in queries and on the command line.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// A few words for help texts.
    pub about: &'static str,
    pub kind: FieldKind,
    pub part: FieldPart,
    pub editing: Editing,
    /// The names of its line on a task card, the one that is written first; none: it has no line there.
    pub cards: &'static [&'static str],
    field: Field,
    get: for<'a> fn(&Summary<'a>) -> FieldValue<'a>,
    put: fn(&mut Task, FieldValue<'_>),
}

const BY_TRACKER: Editing = Editing::Otherwise("it is written by the tracker alone");
const DERIVED: Editing = Editing::Otherwise("it is derived");

/// Begins a row: a field of this kind with one name, which `set` changes where it is in the file.
const fn row(
    field: Field,
    key: &'static str,
    kind: FieldKind,
    get: for<'a> fn(&Summary<'a>) -> FieldValue<'a>,
    put: fn(&mut Task, FieldValue<'_>),
    about: &'static str,
) -> FieldRow {
    let part = if (field as u8) < (Field::Stage as u8) {
        FieldPart::Planning
    } else if (field as u8) <= (Field::History as u8) {
        FieldPart::Progress
    } else {
        FieldPart::Derived
    };
    let editing = match field {
        Field::Id | Field::Imported | Field::History => BY_TRACKER,
        _ if matches!(part, FieldPart::Derived) => DERIVED,
        _ => Editing::Set,
    };
    FieldRow { key, name: key, aliases: &[], about, kind, part, editing, cards: &[], field, get, put }
}

const NOTHING: for<'a> fn(&Summary<'a>) -> FieldValue<'a> = |_| FieldValue::Missing;
const NOWHERE: fn(&mut Task, FieldValue<'_>) = |_, _| {};

const ROWS: [FieldRow; 30] = [
    row(
        Field::Id,
        "id",
        FieldKind::Id,
        |task| FieldValue::text(Some(task.id)),
        |task, value| {
            if let Some(id) = value.into_task() {
                task.id = id;
            }
        },
        "the task's id",
    ),
    FieldRow {
        cards: &["Title"],
        ..row(
            Field::Title,
            "title",
            FieldKind::Text,
            |task| FieldValue::text(Some(task.title)),
            |task, value| task.title = value.into_text().unwrap_or_default(),
            "one line",
        )
    },
    FieldRow {
        aliases: &["kind"],
        cards: &["Type"],
        ..row(
            Field::Type,
            "type",
            FieldKind::Word,
            |task| FieldValue::text(task.kind),
            |task, value| task.kind = value.into_text(),
            "feature, bug, docs, …: chooses the pipeline",
        )
    },
    FieldRow {
        aliases: &["prio"],
        cards: &["Priority"],
        ..row(
            Field::Priority,
            "priority",
            FieldKind::Priority,
            |task| FieldValue::text(task.priority),
            |task, value| task.priority = value.into_priority(),
            "critical, high, medium or low",
        )
    },
    FieldRow {
        cards: &["Area"],
        ..row(
            Field::Area,
            "area",
            FieldKind::Label,
            |task| FieldValue::text(task.area),
            |task, value| task.area = value.into_text(),
            "part of the product",
        )
    },
    FieldRow {
        name: "tag",
        aliases: &["tags"],
        cards: &["Tags", "labels"],
        ..row(
            Field::Tags,
            "tags",
            FieldKind::Labels,
            |task| FieldValue::list(&task.tags),
            |task, value| task.tags = value.into_list(),
            "labels",
        )
    },
    FieldRow {
        cards: &["Parent", "parent task"],
        ..row(
            Field::Parent,
            "parent",
            FieldKind::Task,
            |task| FieldValue::text(task.parent),
            |task, value| task.parent = value.into_task(),
            "task that it is a part of",
        )
    },
    FieldRow {
        name: "dep",
        aliases: &["depends_on", "depends", "deps"],
        cards: &["Depends on", "dependencies"],
        ..row(
            Field::DependsOn,
            "depends_on",
            FieldKind::Tasks,
            |task| FieldValue::list(&task.depends_on),
            |task, value| task.depends_on = value.into_tasks(),
            "tasks that must be done first",
        )
    },
    FieldRow {
        cards: &["Sprint"],
        ..row(
            Field::Sprint,
            "sprint",
            FieldKind::Sprint,
            |task| FieldValue::text(task.sprint),
            |task, value| task.sprint = value.into_sprint(),
            "sprint that it is planned for",
        )
    },
    row(
        Field::Run,
        "run",
        FieldKind::Run,
        |task| FieldValue::text(task.run),
        |task, value| task.run = value.into_run(),
        "task run that it is part of",
    ),
    FieldRow {
        cards: &["Due", "due date", "deadline"],
        ..row(
            Field::Due,
            "due",
            FieldKind::Date,
            |task| FieldValue::day(task.due),
            |task, value| task.due = value.into_day(),
            "day by which it should be done: 2026-12-01, tomorrow, +7d",
        )
    },
    FieldRow {
        name: "file",
        aliases: &["files"],
        ..row(
            Field::Files,
            "files",
            FieldKind::Paths,
            |task| FieldValue::list(&task.files),
            |task, value| task.files = value.into_list(),
            "target files",
        )
    },
    FieldRow {
        cards: &["Estimate", "estimated", "estimated time", "time estimated", "time estimate"],
        ..row(
            Field::Estimate,
            "estimate",
            FieldKind::Duration,
            |task| FieldValue::minutes(task.estimate),
            |task, value| task.estimate = value.into_minutes(),
            "how long it should take: 45m, 2h, 3d",
        )
    },
    row(
        Field::Source,
        "source",
        FieldKind::Text,
        |task| FieldValue::text(task.source),
        |task, value| task.source = value.into_text(),
        "where it was imported from",
    ),
    row(
        Field::Imported,
        "imported",
        FieldKind::Text,
        |task| FieldValue::text(task.imported),
        |task, value| task.imported = value.into_text(),
        "digests of what its source gave it at the last import",
    ),
    FieldRow {
        editing: Editing::Otherwise("it is written once, when the task is created"),
        cards: &["Created", "created on", "created at", "date created", "creation date"],
        ..row(
            Field::Created,
            "created",
            FieldKind::Date,
            |task| FieldValue::day(task.created),
            |task, value| task.created = value.into_day(),
            "day on which it was created",
        )
    },
    FieldRow {
        editing: Editing::Otherwise("a stage is moved to: tracker set-stage ID STAGE"),
        cards: &["Stage"],
        ..row(
            Field::Stage,
            "stage",
            FieldKind::Stage,
            |task| FieldValue::text(Some(task.stage)),
            |task, value| {
                if let Some(stage) = value.into_stage() {
                    task.stage = stage;
                }
            },
            "none, a stage of the pipeline, or complete",
        )
    },
    FieldRow {
        cards: &["Assigned", "assigned to", "assignee", "assignees"],
        ..row(
            Field::Assignee,
            "assignee",
            FieldKind::Person,
            |task| FieldValue::text(task.assignee),
            |task, value| task.assignee = value.into_text(),
            "who works on it",
        )
    },
    FieldRow {
        editing: Editing::Otherwise("tracker block ID WHY, tracker unblock ID"),
        cards: &["Blocked"],
        ..row(
            Field::Blocked,
            "blocked",
            FieldKind::Reason,
            |task| FieldValue::text(task.blocked),
            |task, value| task.blocked = value.into_text(),
            "why it is blocked by hand",
        )
    },
    FieldRow {
        aliases: &["canceled"],
        editing: Editing::Otherwise("tracker cancel ID WHY, tracker reopen ID"),
        cards: &["Cancelled", "canceled"],
        ..row(
            Field::Cancelled,
            "cancelled",
            FieldKind::Reason,
            |task| FieldValue::text(task.cancelled),
            |task, value| task.cancelled = value.into_text(),
            "why it will not be done",
        )
    },
    FieldRow {
        cards: &["Time Spent", "spent"],
        ..row(
            Field::Spent,
            "spent",
            FieldKind::Duration,
            |task| FieldValue::minutes(task.spent),
            |task, value| task.spent = value.into_minutes(),
            "how long it has taken",
        )
    },
    row(Field::History, "history", FieldKind::Moves, NOTHING, NOWHERE, "moves between stages"),
    FieldRow {
        editing: Editing::Otherwise("status is derived: tracker start, block, cancel, set-stage"),
        cards: &["Status", "state"],
        ..row(
            Field::Status,
            "status",
            FieldKind::Status,
            NOTHING,
            NOWHERE,
            "not_started, in_progress, blocked, completed or cancelled",
        )
    },
    FieldRow {
        aliases: &["qa"],
        ..row(Field::Badge, "badge", FieldKind::Badge, NOTHING, NOWHERE, "state of its sign-offs")
    },
    row(
        Field::Ready,
        "ready",
        FieldKind::Flag,
        NOTHING,
        NOWHERE,
        "whether it can begin now: not begun, not blocked",
    ),
    FieldRow {
        cards: &["Updated", "updated on", "updated at", "last updated", "date updated"],
        ..row(
            Field::Updated,
            "updated",
            FieldKind::Moment,
            |task| FieldValue::moment(task.updated_at()),
            NOWHERE,
            "when it last moved, or a vote or note came",
        )
    },
    row(
        Field::Since,
        "since",
        FieldKind::Moment,
        |task| FieldValue::moment(task.since_at()),
        NOWHERE,
        "when it entered its stage",
    ),
    FieldRow {
        editing: Editing::Otherwise("they are checkboxes of the text: tracker tick ID N, or tracker edit ID"),
        ..row(
            Field::Deliverables,
            "deliverables",
            FieldKind::Checkboxes,
            |task| FieldValue::checkboxes(task.deliverables),
            NOWHERE,
            "checked and all deliverables",
        )
    },
    row(
        Field::Boxes,
        "boxes",
        FieldKind::Checkboxes,
        |task| FieldValue::checkboxes(task.boxes),
        NOWHERE,
        "checked and all checkboxes",
    ),
    FieldRow {
        aliases: &["text"],
        ..row(Field::Body, "body", FieldKind::Body, NOTHING, NOWHERE, "the Markdown below the front matter")
    },
];

// A field's number is the number of its row.
const _: () = {
    let mut at = 0;
    while at < ROWS.len() {
        assert!(ROWS[at].field as usize == at);
        at += 1;
    }
};

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
    /// All fields, those of the file in its order first.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Self::Id; ROWS.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = ROWS[at].field;
            at += 1;
        }
        all
    };

    /// Returns what is known of it.
    #[must_use]
    pub fn row(self) -> &'static FieldRow {
        &ROWS[self as usize]
    }

    /// Returns the name used in queries and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the name used in files and in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// Returns the kind of its value.
    #[must_use]
    pub fn kind(self) -> FieldKind {
        self.row().kind
    }

    /// Yields the fields that front matter contains, in the order in which a new file has them.
    pub fn in_file() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|field| field.row().part != FieldPart::Derived)
    }

    /// Yields the fields that `tracker set` changes.
    pub fn settable() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|field| field.row().editing == Editing::Set)
    }

    /// Yields the fields that lists and JSON can show: all but the history, and what imports alone read.
    pub fn shown() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|field| !matches!(field, Self::History | Self::Imported))
    }

    /// Yields the fields that a query may name.
    pub fn queryable() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|field| field.is_queryable())
    }

    /// Reads a name; case does not matter, and `-` and `_` are the same.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase().replace('-', "_");
        Self::shown().find(|field| field.name() == text || field.row().aliases.contains(&text.as_str()))
    }

    /// Returns the field of a file's key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::in_file().find(|field| field.key() == key)
    }

    /// Returns our word for one that other trackers use.
    #[must_use]
    pub fn elsewhere(word: &str) -> Option<&'static str> {
        let theirs = |(theirs, _): &&(&str, &'static str)| theirs.eq_ignore_ascii_case(word);
        ELSEWHERE.iter().find(theirs).map(|(_, ours)| *ours)
    }

    /// Yields all names that are understood.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::shown()
            .flat_map(|field| std::iter::once(field.name()).chain(field.row().aliases.iter().copied()))
    }

    /// Returns the value that a task's file gives it; none for what is derived from more than the file.
    #[must_use]
    pub fn value<'a>(self, task: &Summary<'a>) -> FieldValue<'a> {
        (self.row().get)(task)
    }

    /// Sets the value that a task's file gives it. The value must be one that the field's kind has been read as.
    pub fn put(self, task: &mut Task, value: FieldValue<'_>) {
        (self.row().put)(task, value);
    }

    /// Whether it contains several values.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self.kind(), FieldKind::Labels | FieldKind::Tasks | FieldKind::Paths)
    }

    /// Whether a query may require it.
    #[must_use]
    pub fn is_queryable(self) -> bool {
        let is_counted = matches!(self.kind(), FieldKind::Checkboxes | FieldKind::Flag);
        !is_counted && !matches!(self, Self::History | Self::Imported)
    }

    /// Whether lists can be sorted by it.
    #[must_use]
    pub fn is_sortable(self) -> bool {
        !matches!(self.kind(), FieldKind::Body | FieldKind::Moves)
    }

    /// Whether a task may be without it.
    #[must_use]
    pub fn can_be_missing(self) -> bool {
        use FieldKind::{Badge, Flag, Id, Stage, Status};
        self != Self::Title && !matches!(self.kind(), Id | Stage | Status | Badge | Flag)
    }

    /// Whether its values can be compared with `<`.
    #[must_use]
    pub fn has_order(self) -> bool {
        matches!(self.kind(), FieldKind::Duration | FieldKind::Priority | FieldKind::Stage) || self.is_time()
    }

    /// Whether it is a day or a moment.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self.kind(), FieldKind::Date | FieldKind::Moment)
    }

    /// Whether its value is a sentence, of which people know a part.
    #[must_use]
    pub fn is_prose(self) -> bool {
        matches!(self.kind(), FieldKind::Text | FieldKind::Reason | FieldKind::Body)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Field, FieldPart};

    #[test]
    fn names_are_unambiguous() {
        let mut seen = HashSet::new();
        assert!(Field::names().all(|name| seen.insert(name)), "{seen:?}");
        for field in Field::shown() {
            assert_eq!(Field::parse(&field.key().to_uppercase()), Some(field));
            assert_eq!(Field::parse(field.name()), Some(field));
        }
        let mut seen = HashSet::new();
        let cards = Field::ALL.into_iter().flat_map(|field| field.row().cards);
        assert!(cards.map(|name| name.to_lowercase()).all(|name| seen.insert(name)));
    }

    #[test]
    fn planning_fields_precede_created_and_progress_follows() {
        let order: Vec<Field> = Field::in_file().collect();
        let created = order.iter().position(|field| *field == Field::Created).unwrap();
        for (at, field) in order.iter().enumerate() {
            let expected = if at <= created { FieldPart::Planning } else { FieldPart::Progress };
            assert_eq!(field.row().part, expected, "{field:?}");
        }
        assert_eq!(order[created + 1], Field::Stage);
        assert_eq!(order.last(), Some(&Field::History));
    }
}
