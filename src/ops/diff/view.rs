//! What differs, as people and programs read it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{FindingSeverity, FindingState, Stage, TaskId, Verdict};
use crate::review::{FieldChange, FileChange, MoveReview};

/// What differs between two trackers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffView {
    /// The earlier side.
    pub from: DiffSide,
    /// The later side.
    pub to: DiffSide,
    /// Tasks, by id.
    pub tasks: Vec<DiffTask>,
    /// Keys of the configuration.
    pub config: Vec<FieldChange>,
    /// Other files of the tracker: roles, templates, keys that sign.
    pub files: Vec<DiffFile>,
}

/// One side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffSide {
    /// As it was named.
    pub name: String,
    /// The commit; none for the working tree.
    pub commit: Option<String>,
}

/// What differs of one task.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct DiffTask {
    /// The task.
    pub id: String,
    /// Its title on the later side.
    pub title: String,
    /// Whether it was written down.
    pub is_new: bool,
    /// Whether it is gone.
    pub is_deleted: bool,
    /// The stage, where that differs.
    pub stage: Option<DiffStage>,
    /// Moves that were made, oldest first.
    pub moves: Vec<MoveReview>,
    /// Moves that the later side does not know of.
    pub taken_back: Vec<MoveReview>,
    /// Boxes that were ticked.
    pub ticked: Vec<String>,
    /// Boxes that were unticked.
    pub unticked: Vec<String>,
    /// Boxes that are gone and were never ticked.
    pub dropped: Vec<String>,
    /// Fields that differ, by key.
    pub fields: Vec<FieldChange>,
    /// Whether the text differs in more than ticks.
    pub is_reworded: bool,
    /// Votes, oldest first.
    pub votes: Vec<DiffVote>,
    /// Findings, by id.
    pub findings: Vec<DiffFinding>,
    /// Notes, oldest first.
    pub notes: Vec<DiffNote>,
    /// What else there is to know.
    pub warnings: Vec<DiffWarning>,
}

/// What else there is to know of a comparison: one line.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct DiffWarning(pub &'static str);

/// The stage on both sides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffStage {
    /// None where there was no task.
    pub before: Option<Stage>,
    /// None where there is no task.
    pub after: Option<Stage>,
}

/// What became of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoteChange {
    Cast,
    Withdrawn,
    Changed,
    Gone,
}

/// What became of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingChange {
    Opened,
    Reopened,
    Changed,
    Gone,
    /// It is fixed, resolved or waived.
    #[serde(untagged)]
    Became(FindingState),
}

/// What became of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteChange {
    Written,
    Changed,
    Gone,
}

/// A vote.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffVote {
    pub change: VoteChange,
    /// The role.
    pub role: String,
    /// What it was, where it was rewritten.
    pub verdict_before: Option<Verdict>,
    /// `approved`, `rejected`, `withdrawn`.
    pub verdict: Verdict,
    /// Whose it is.
    pub by: String,
    /// When it was cast.
    pub at: DateTime<Utc>,
    /// The first line of its notes.
    pub notes: Option<String>,
}

/// A finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffFinding {
    pub change: FindingChange,
    /// Its id within the task.
    pub id: String,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What it is.
    pub title: String,
    /// `file:line`, as far as they are known.
    pub place: Option<String>,
    /// Who did that.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The reason, if one was given.
    pub why: Option<String>,
}

/// A note.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffNote {
    pub change: NoteChange,
    /// Whose it is.
    pub by: String,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Its first line.
    pub text: String,
}

/// A file that belongs to no task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffFile {
    /// The path below the repository.
    pub path: String,
    pub change: FileChange,
}

impl DiffTask {
    /// Makes one of which nothing differs yet.
    pub(super) fn of(id: &TaskId) -> Self {
        Self { id: id.to_string(), ..Self::default() }
    }
}

impl DiffView {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.config.is_empty() && self.files.is_empty()
    }
}
