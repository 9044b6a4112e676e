//! The two sides, and what goes from one to the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{SyncField, SyncLink, SyncSide, SyncValue, SyncValues};

/// What another tracker can do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The fields that its items have.
    pub fields: BTreeSet<SyncField>,
    /// Fields that it only shows: a change of them is never pushed.
    #[serde(default)]
    pub read_only: BTreeSet<SyncField>,
    /// Whether items can be created.
    #[serde(default)]
    pub creates: bool,
    /// Whether an item keeps the id of its task. One that creates items must.
    #[serde(default)]
    pub keys: bool,
}

impl Capabilities {
    /// Whether items can be created, each once.
    #[must_use]
    pub fn can_create(&self) -> bool {
        self.creates && self.keys
    }
}

/// An item of another tracker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RemoteItem {
    /// What it is called there.
    pub id: String,
    /// The id of its task, where the item keeps one.
    #[serde(default)]
    pub key: Option<String>,
    /// Another one after every change.
    pub version: String,
    /// When it was last changed, by the clock there.
    #[serde(default)]
    pub updated: Option<DateTime<Utc>>,
    /// Its values.
    #[serde(default)]
    pub fields: SyncValues,
}

/// A task, as far as other trackers are concerned, or the link of one that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTask {
    /// Its id.
    pub id: String,
    /// Its values; none where the task is gone.
    pub values: Option<SyncValues>,
    /// When its file was last changed.
    pub updated: Option<DateTime<Utc>>,
    /// What links it to an item.
    pub link: Option<SyncLink>,
    /// Why it is to be created there, or why not.
    pub selected: Result<String, String>,
}

/// A change of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The item; none: a new one.
    pub id: Option<String>,
    /// The task.
    pub key: String,
    /// The version that the change is based on.
    pub version: Option<String>,
    /// The values that change.
    pub fields: SyncValues,
}

/// What has become of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushAnswer {
    /// It is made.
    Written {
        /// The item.
        id: String,
        /// Its version now.
        version: String,
    },
    /// The item has another version than the change is based on. Nothing is changed.
    Changed,
    /// It cannot be made, and why.
    Refused(String),
    /// Nobody knows: the answer is lost, and why where that is known.
    Unknown(Option<String>),
}

/// What the journal has of a change that is being pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Whether the item is new.
    pub is_creation: bool,
    /// The version that the change is based on.
    pub version: Option<String>,
    /// The values of the item that change.
    pub there: SyncValues,
    /// What is to be written here once it is known that they have.
    pub landing: Landing,
}

/// What is to be written here, all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// The task.
    pub task: String,
    /// Whether it is new.
    pub is_new: bool,
    /// The values that it had when this was planned.
    pub seen: SyncValues,
    /// The values that change.
    pub here: SyncValues,
    /// The link from now on.
    pub link: SyncLink,
}

/// A value that the other side's has replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// The task.
    pub task: String,
    /// The item.
    pub item: String,
    /// The field.
    pub field: SyncField,
    /// Whose value it was.
    pub side: SyncSide,
    /// The value.
    pub lost: SyncValue,
    /// The value that replaced it.
    pub kept: SyncValue,
}

/// The other tracker.
pub trait Remote<E> {
    /// Lets it write also where it is asked to list: an id for an item that has none. Without this it only lists.
    fn allow_writes(&mut self) {}

    /// Returns what it can do.
    fn capabilities(&mut self) -> Result<Capabilities, E>;

    /// Returns all items that are in scope. Beside them come problems, each of which names an item that cannot be used.
    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>), E>;

    /// Returns these items, whether they are in scope or not; one that is gone is left out, and one that is there and cannot be
    /// read has no fields. Beside them come problems.
    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>), E>;

    /// Changes items, each only where its version is the one that the change is based on. An item with a key that is created
    /// again stays the one that it is. Returns an answer for each.
    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>, E>;
}

/// This tracker.
pub trait Local<E> {
    /// Returns all tasks, and the links of tasks that are gone.
    fn tasks(&mut self) -> Result<Vec<LocalTask>, E>;

    /// Returns a value from outside in the form that a task has, or why none can have it.
    fn accept(
        &mut self,
        task: Option<&LocalTask>,
        field: SyncField,
        value: &SyncValue,
    ) -> Result<SyncValue, String>;

    /// Returns why no task may be made of an item: which task it has cannot be read.
    fn why_unknown(&self, _item: &RemoteItem) -> Option<String> {
        None
    }

    /// Returns the id for an item's new task: the same one every time.
    fn new_id(&mut self, item: &RemoteItem) -> Result<String, E>;

    /// Writes tasks and links, all or none; an answer for each has the reason where one could not be. A field that has another value than
    /// was seen is left as it is, and in the link both have agreed on what was seen: the next round takes it from there.
    fn write(&mut self, landings: &[Landing]) -> Result<Vec<Result<(), String>>, E>;

    /// Returns what the journal has.
    fn journal(&mut self) -> Result<Vec<Intent>, E>;

    /// Replaces what the journal has.
    fn set_journal(&mut self, intents: &[Intent]) -> Result<(), E>;

    /// Keeps lost values. One that is there already is not added again.
    fn log(&mut self, lost: &[Lost]) -> Result<(), E>;
}
