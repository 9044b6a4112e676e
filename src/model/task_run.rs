//! Task runs: tasks that go through the pipeline together. Which tasks is in the tasks' own files, and where the run is
//! follows from them; the record contains what nothing else does.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{RunId, Stage};

/// The record of a task run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TaskRun {
    /// Its id.
    pub id: String,
    /// What tells it from the record of a workflow's run.
    pub kind: TaskRunKind,
    /// What it is for, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who created it.
    pub by: String,
    /// The agent that did so for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// When that was.
    pub created: DateTime<Utc>,
    /// What people have decided about it, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<TaskRunChange>,
}

/// The one kind of run that has tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskRunKind {
    /// A run of tasks.
    Tasks,
}

/// Something that a person has decided about a task run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TaskRunChange {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What.
    pub state: TaskRunDecision,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a person decides about a task run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskRunDecision {
    /// It is given up: its tasks stay as they are, and are no longer queued or driven by it.
    Cancelled,
    /// It goes on.
    Resumed,
}

impl TaskRunDecision {
    /// Returns it as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Resumed => "resumed",
        }
    }
}

impl TaskRun {
    /// Returns the decision by which it is cancelled; none where it is not.
    #[must_use]
    pub fn cancelled(&self) -> Option<&TaskRunChange> {
        self.history.last().filter(|change| change.state == TaskRunDecision::Cancelled)
    }

    /// Returns its id.
    ///
    /// # Panics
    /// Never: a record is read by the id of its file.
    #[must_use]
    pub fn run_id(&self) -> RunId {
        RunId::parse(&self.id).expect("the id of a record that was read is the name of its file")
    }
}

/// The state of a task run, which follows from its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskRunState {
    /// No task has begun.
    Created,
    /// The earliest stage that a task of it is in.
    In(Stage),
    /// A task that failed in this stage was sent back and has not gone on since.
    Failed(Stage),
    /// Every task has left the last stage, and HEAD does not have that yet.
    ReadyForCommit,
    /// Every task is complete.
    Completed,
    /// Somebody cancelled it, or all of its tasks.
    Cancelled,
}

impl fmt::Display for TaskRunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.pad("created"),
            Self::In(stage) => stage.fmt(f),
            Self::Failed(stage) => f.pad(&format!("{stage}_failed")),
            Self::ReadyForCommit => f.pad("ready_for_commit"),
            Self::Completed => f.pad("completed"),
            Self::Cancelled => f.pad("cancelled"),
        }
    }
}

impl serde::Serialize for TaskRunState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for TaskRunState {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TaskRunState".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "`created`, a stage, such a one with `_failed`, `ready_for_commit`, `completed` or `cancelled`.",
            "type": "string"
        })
    }
}
