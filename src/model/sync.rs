//! Synchronisation with another tracker: its settings, the fields that both sides have, and what links a task to an item.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A field that tasks and the items of other trackers can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncField {
    /// One line.
    Title,
    /// How far it is, as a word.
    Status,
    /// How urgent it is.
    Priority,
    /// What kind of task it is.
    Type,
    /// Who works on it.
    Assignee,
    /// The part of the product.
    Area,
    /// Free labels: tags here.
    Labels,
    /// How long it should take, such as `1h 30m`.
    Estimate,
    /// The day by which it should be done.
    Due,
    /// The sprint: a milestone on a forge.
    Sprint,
    /// Markdown.
    Body,
    /// The items that must be done first: by their ids there, by those of their tasks here.
    Dependencies,
    /// What else the other tracker knows, as JSON.
    Metadata,
    /// How much of the pipeline is passed, in percent: counted here.
    Progress,
    /// How many of the required approvals are there, such as `2/3`: counted here.
    Signoffs,
}

impl SyncField {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Title,
        Self::Status,
        Self::Priority,
        Self::Type,
        Self::Assignee,
        Self::Area,
        Self::Labels,
        Self::Estimate,
        Self::Due,
        Self::Sprint,
        Self::Body,
        Self::Dependencies,
        Self::Metadata,
        Self::Progress,
        Self::Signoffs,
    ];

    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::Assignee => "assignee",
            Self::Area => "area",
            Self::Labels => "labels",
            Self::Estimate => "estimate",
            Self::Due => "due",
            Self::Sprint => "sprint",
            Self::Body => "body",
            Self::Dependencies => "dependencies",
            Self::Metadata => "metadata",
            Self::Progress => "progress",
            Self::Signoffs => "signoffs",
        }
    }

    /// Whether the value is counted here, so that the other tracker only shows it.
    #[must_use]
    pub fn is_derived(self) -> bool {
        matches!(self, Self::Progress | Self::Signoffs)
    }

    /// Reads its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == text)
    }

    /// Returns the value of a task that has none.
    #[must_use]
    pub fn empty(self) -> SyncValue {
        match self {
            Self::Labels | Self::Dependencies => SyncValue::Labels(BTreeSet::new()),
            _ => SyncValue::Text(String::new()),
        }
    }
}

impl fmt::Display for SyncField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The value of a field; an empty text or set where there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SyncValue {
    /// A text.
    Text(String),
    /// A set.
    Labels(BTreeSet<String>),
}

impl SyncValue {
    /// Returns a text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Labels(labels) => labels.is_empty(),
        }
    }
}

impl fmt::Display for SyncValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Labels(labels) => {
                f.write_str(&labels.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Values by field. A field that is not there is one that nothing is known of.
pub type SyncValues = BTreeMap<SyncField, SyncValue>;

/// The name of a repository of a forge: `OWNER/NAME`, or `HOST/OWNER/NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepositoryName<'t> {
    /// The host, where it is named.
    pub host: Option<&'t str>,
    /// Whose it is.
    pub owner: &'t str,
    /// What it is called.
    pub name: &'t str,
}

impl<'t> RepositoryName<'t> {
    /// Reads a name. Nothing in it can be taken for another part of an address.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let is_part = |part: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && !part.starts_with(['-', '.']) && part.chars().all(is_plain)
        };
        let parts: Vec<&str> = text.split('/').collect();
        let (host, owner, name) = match *parts.as_slice() {
            [owner, name] => (None, owner, name),
            [host, owner, name] => (Some(host), owner, name),
            _ => return None,
        };
        parts.iter().all(|part| is_part(part)).then_some(Self { host, owner, name })
    }
}

/// One of the two trackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncSide {
    /// This repository.
    Here,
    /// The other tracker.
    There,
}

/// Which value stays where both sides have changed one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncPolicy {
    /// That of this repository.
    Ours,
    /// That of the other tracker.
    Theirs,
    /// The one that was changed last.
    Newer,
    /// None: a person decides.
    #[default]
    Ask,
}

impl SyncPolicy {
    /// All of them, with their words.
    pub const WORDS: [(&'static str, Self); 4] =
        [("ours", Self::Ours), ("theirs", Self::Theirs), ("newer", Self::Newer), ("ask", Self::Ask)];
}

/// How another tracker is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncKind {
    /// By a program that speaks JSON lines.
    Program,
    /// As a table of a PostgreSQL database.
    Postgres,
    /// As the issues of a repository on GitHub, through the program `gh`.
    Github,
}

impl SyncKind {
    /// All of them, with their words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("program", Self::Program), ("postgres", Self::Postgres), ("github", Self::Github)];
}

/// `[sync.NAME]`: another tracker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncRemote {
    /// How it is reached.
    pub kind: Option<SyncKind>,
    /// The shell command of a program.
    pub command: Option<String>,
    /// The project there; that of this repository where nothing is set.
    pub project: Option<String>,
    /// Which value stays where both sides have changed one field.
    pub policy: SyncPolicy,
    /// Words for the status there, by the word here.
    pub status: BTreeMap<String, String>,
    /// A query: the tasks that are created there. Without one, only tasks that came from there go back.
    pub filter: Option<String>,
    /// The table of a database.
    pub table: Option<String>,
    /// Names of columns there, by the names that they have without this.
    pub columns: BTreeMap<String, String>,
    /// The repository of a forge, as `OWNER/NAME` or `HOST/OWNER/NAME`; that of the clone where nothing is set.
    pub repo: Option<String>,
    /// Who is who: people here, each by the login there.
    pub people: BTreeMap<String, String>,
    /// Whether reviews of pull requests become votes.
    pub reviews: bool,
    /// Roles of which checks of pull requests are evidence, by the check.
    pub checks: BTreeMap<String, String>,
    /// Whether the status of the gate goes back to pull requests.
    pub gate: bool,
}

/// What the gate says of a pull request, in GitHub's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Yes.
    Success,
    /// A considered no.
    Failure,
    /// Nothing could be judged, which is no yes.
    Error,
}

impl GateState {
    /// Returns its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for GateState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The columns of a table of tasks, by the names that they have where the configuration has no other.
pub const SYNC_COLUMNS: [&str; 17] = [
    "id",
    "project_name",
    "title",
    "description",
    "task_type",
    "priority",
    "status",
    "assigned_agent",
    "feature_area",
    "estimated_duration_minutes",
    "dependencies",
    "metadata",
    "progress_percentage",
    "synced_to_project",
    "synced_task_id",
    "synced_at",
    "updated_at",
];

/// What became of an item or a task that the other side still has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncOrphan {
    /// The item is gone there, and somebody has to decide about the task.
    DeletedThere,
    /// The task is gone here, and somebody has to decide about the item.
    DeletedHere,
    /// Both are gone, and there is nothing to decide.
    DeletedBoth,
    /// It was decided that the pair is no longer synchronised.
    Unlinked,
}

/// The two values of a field that a person has to decide on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncConflict {
    /// The value here.
    pub here: SyncValue,
    /// The value there.
    pub there: SyncValue,
}

/// What links a task to an item of another tracker: the values that both last agreed on make each change a three-way one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncLink {
    /// The task.
    pub task: String,
    /// The item's id there; empty where it is to be created.
    pub id: String,
    /// Its version there, as it was when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What has become of one of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphan: Option<SyncOrphan>,
    /// Values there that were seen and cannot be taken over here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "each_once")]
    pub declined: SyncValues,
    /// Fields that a person has to decide on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "each_once")]
    pub conflicts: BTreeMap<SyncField, SyncConflict>,
    /// The values that both sides last agreed on.
    #[serde(default, deserialize_with = "each_once")]
    pub agreed: SyncValues,
}

/// Reads values by field, and refuses a field that is there twice: which of the two counts would depend on the reader.
fn each_once<'de, D, V>(deserializer: D) -> Result<BTreeMap<SyncField, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct EachOnce<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for EachOnce<V> {
        type Value = BTreeMap<SyncField, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("values by field")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut values = BTreeMap::new();
            while let Some((field, value)) = access.next_entry()? {
                if values.insert(field, value).is_some() {
                    return Err(A::Error::custom(format!("duplicate key `{field}`")));
                }
            }
            Ok(values)
        }
    }

    deserializer.deserialize_map(EachOnce(PhantomData))
}

impl SyncLink {
    /// Makes the link of a pair that has agreed on nothing.
    #[must_use]
    pub fn new(task: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            task: task.into(),
            id: id.into(),
            version: None,
            orphan: None,
            declined: SyncValues::new(),
            conflicts: BTreeMap::new(),
            agreed: SyncValues::new(),
        }
    }

    /// How many decisions about it wait for a person: one for each field, and one where the task or the item is gone.
    #[must_use]
    pub fn decisions(&self) -> usize {
        match self.orphan {
            Some(SyncOrphan::Unlinked | SyncOrphan::DeletedBoth) => 0,
            Some(SyncOrphan::DeletedHere | SyncOrphan::DeletedThere) => 1 + self.conflicts.len(),
            None => self.conflicts.len(),
        }
    }

    /// Whether it is the same, the version aside.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let unversioned = |link: &Self| Self { version: None, ..link.clone() };
        unversioned(self) == unversioned(other)
    }
}
