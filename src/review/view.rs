//! A range by task, as people and programs read it.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::Verdict;
use crate::model::{FindingSeverity, FindingState, Stage, by_agent};
use crate::policy::{Missing, Trust};

/// A range of commits, by task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Review {
    /// What was looked at, and by whose rules.
    pub range: RangeReview,
    /// The tasks that the range touches, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskReview>,
    /// What belongs to no task.
    pub unlinked: Unlinked,
    /// What the gate says.
    pub verdict: Verdict,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct RangeReview {
    /// The base, as it was named; none where there is no base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The base's commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_commit: Option<String>,
    /// The head, as it was named; `index` for what is staged.
    pub head: String,
    /// The head's commit; none for what is staged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_commit: Option<String>,
    /// The commit where the two parted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_base: Option<String>,
    /// Whose rules judge, in words: the base's name, or why the head's own.
    pub policy: String,
    /// How many commits.
    pub commits: usize,
    /// How many files outside the tracker's records changed.
    pub files: usize,
    /// How many lines were added in them; none where nobody counted.
    pub added: Option<u64>,
    /// How many lines were removed.
    pub removed: Option<u64>,
    /// Where commits and files can be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<Web>,
}

/// Addresses to which an id or a path is appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Web {
    /// In front of a commit's id.
    pub commit: String,
    /// In front of a path at the head.
    pub file: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One task's part in a range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct TaskReview {
    /// The task.
    pub id: String,
    /// Its title at the head.
    pub title: String,
    /// Whether the range writes it down.
    pub is_new: bool,
    /// Whether the range deletes it.
    pub is_deleted: bool,
    /// The stage before; none for a new task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_before: Option<Stage>,
    /// The stage at the head; none of a record that cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The moves that the range makes, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<MoveReview>,
    /// The votes that matter: those that the range brings, and those that its moves rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<VoteReview>,
    /// How many approvals count for the stage it is in.
    pub approved: u32,
    /// How many are requested there.
    pub required: u32,
    /// How many roles and checkboxes ask for evidence there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub evidence: u32,
    /// How much of that is there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub proven: u32,
    /// Boxes that were ticked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticked: Vec<String>,
    /// Boxes that were unticked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unticked: Vec<String>,
    /// Boxes that are gone and were never ticked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// Fields that changed, but for the stage and what is derived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Whether the text below the front matter changed in more than ticks.
    pub is_reworded: bool,
    /// Findings that were opened, resolved, waived or opened again, and those that are open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingReview>,
    /// How many notes were written.
    pub notes: usize,
    /// The commits that link it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitReview>,
    /// The files that these changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileReview>,
    /// What is missing for the next stage, each with what fixes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingReview>,
    /// How many violations of the gate that are about it shut the gate.
    pub errors: usize,
    /// How many do not.
    pub warnings: usize,
}

impl TaskReview {
    /// Returns whether it has a violation that shuts the gate; a record that cannot be read does.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.errors > 0 || (self.stage.is_none() && !self.is_deleted)
    }

    /// Returns where a task is that the range does not move.
    #[must_use]
    pub fn status(&self) -> String {
        let Some(stage) = &self.stage else { return "cannot be read".to_owned() };
        match (self.is_new, stage.is_none()) {
            (true, true) => "new".to_owned(),
            (true, false) => format!("new, in {stage}"),
            (false, true) => "not started".to_owned(),
            (false, false) => format!("in {stage}"),
        }
    }
}

/// Something that is missing for leaving a stage. It is shown, and written, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingReview(pub Missing);

impl fmt::Display for MissingReview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Missing::Signoff { .. } => write!(f, "{}", self.0),
            missing => write!(f, "{} {missing}", missing.label()),
        }
    }
}

impl Serialize for MissingReview {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for MissingReview {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MissingReview".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// One move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MoveReview {
    pub from: Stage,
    pub to: Stage,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether it was an override.
    pub is_override: bool,
}

/// One vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VoteReview {
    /// The role.
    pub role: String,
    pub verdict: crate::model::Verdict,
    /// Whose it is.
    pub by: String,
    /// The agent that cast it for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// When it was cast.
    pub at: DateTime<Utc>,
    /// The stage it was cast in.
    pub stage: Stage,
    pub trust: Trust,
    /// Whether it counts.
    pub counts: bool,
    /// One word for why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Why it does not, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Where it had its say, if that was in another stage or an earlier round, as `in round 1`.
    #[serde(skip)]
    pub earlier: Option<String>,
    /// The first line of its notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whether the range brings it.
    pub is_new: bool,
}

impl VoteReview {
    /// Returns whose it is, and the agent that cast it for them.
    #[must_use]
    pub fn voter(&self) -> String {
        by_agent(&self.by, self.agent.as_deref())
    }
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The key.
    pub key: String,
    /// Its value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value at the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingReview {
    /// Its id within the task.
    pub id: String,
    pub severity: FindingSeverity,
    /// What it is.
    pub title: String,
    /// `file:line`, as far as they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What the range did; none for one that was open before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<FindingChange>,
    /// Who did that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Its state at the head.
    pub state: FindingState,
    /// Whether it keeps the gate of its stage shut.
    pub blocks: bool,
}

/// What a range did to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingChange {
    Opened,
    Fixed,
    Resolved,
    Waived,
    Reopened,
    Deleted,
    /// To a state that this program does not know.
    Changed,
}

impl FindingChange {
    /// Returns the word that people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Fixed => "fixed",
            Self::Resolved => "resolved",
            Self::Waived => "waived",
            Self::Reopened => "reopened",
            Self::Deleted => "deleted",
            Self::Changed => "changed",
        }
    }
}

/// How the head has a file that the range changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    Added,
    Changed,
    Deleted,
    /// Only its mode differs.
    Mode,
    /// As the base had it.
    Restored,
}

impl FileChange {
    /// Returns the word that people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Mode => "mode",
            Self::Restored => "restored",
        }
    }
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CommitReview {
    /// Its whole id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
}

/// One file that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileReview {
    /// The path below the repository.
    pub path: String,
    pub change: FileChange,
    /// Lines added; none where nobody counted or there are no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<u32>,
    /// Lines removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<u32>,
    /// Roles whose valid approval covers it as it is at the head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered_by: Vec<String>,
    /// Whether a vote that was needed does not cover it.
    pub is_uncovered: bool,
}

/// What belongs to no task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Unlinked {
    /// Commits that link no task and change more than records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitReview>,
    /// Files that no linked commit changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileReview>,
    /// Files of the tracker's policy that changed, and those that run the gate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<FileReview>,
}
