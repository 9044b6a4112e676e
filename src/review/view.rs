//! A range by task, as people and programs read it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::Verdict;

/// A range of commits, by task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Review {
    /// What was looked at, and by whose rules.
    pub range: RangeReview,
    /// The tasks that the range touches, by id.
    pub tasks: Vec<TaskReview>,
    /// What belongs to no task.
    pub loose: Loose,
    /// What the gate says.
    pub verdict: Verdict,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct RangeReview {
    /// The base, as it was named; none where there is no base.
    pub base: Option<String>,
    /// The base's commit.
    pub base_commit: Option<String>,
    /// The head, as it was named; `index` for what is staged.
    pub head: String,
    /// The head's commit; none for what is staged.
    pub head_commit: Option<String>,
    /// The commit where the two parted.
    pub merge_base: Option<String>,
    /// Whose rules judge, in words: the base's name, or why the head's own.
    pub policy: String,
    /// How many commits.
    pub commits: usize,
    /// How many files outside the tracker's records changed.
    pub files: usize,
    /// How many lines were added in them, as far as they were counted.
    pub added: u64,
    /// How many lines were removed.
    pub removed: u64,
    /// Where commits and files can be looked at.
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
    pub stage_before: Option<String>,
    /// The stage at the head.
    pub stage: String,
    /// The moves that the range makes, oldest first.
    pub moves: Vec<MoveReview>,
    /// The votes that matter: those that the range brings, and those that its moves rest on.
    pub votes: Vec<VoteReview>,
    /// How many approvals count for the stage it is in.
    pub approved: u32,
    /// How many are asked for there.
    pub required: u32,
    /// Boxes that were ticked.
    pub ticked: Vec<String>,
    /// Boxes that were unticked.
    pub unticked: Vec<String>,
    /// Fields that changed, but for the stage and what is derived.
    pub fields: Vec<FieldChange>,
    /// Whether the text below the front matter changed in more than ticks.
    pub is_reworded: bool,
    /// Findings that were opened, settled, waived or opened again, and those that are open.
    pub findings: Vec<FindingReview>,
    /// How many notes were written.
    pub notes: usize,
    /// The commits that link it, oldest first.
    pub commits: Vec<CommitReview>,
    /// The files that these changed.
    pub files: Vec<FileReview>,
    /// What is missing for the next stage, each with what mends it.
    pub missing: Vec<String>,
    /// How many violations of the gate that are about it shut the gate.
    pub errors: usize,
    /// How many do not.
    pub warnings: usize,
}

impl TaskReview {
    /// Tells whether something stands against it that shuts the gate; a record that cannot be read does.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.errors > 0 || (self.stage.is_empty() && !self.is_deleted)
    }

    /// Returns where a task stands that the range does not move.
    #[must_use]
    pub fn standing(&self) -> String {
        match (self.is_new, self.stage.as_str()) {
            (_, "") => "cannot be read".to_owned(),
            (true, "none") => "new".to_owned(),
            (true, stage) => format!("new, in {stage}"),
            (false, "none") => "not started".to_owned(),
            (false, stage) => format!("in {stage}"),
        }
    }
}

/// One move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MoveReview {
    /// The stage it left.
    pub from: String,
    /// The stage it entered.
    pub to: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub why: Option<String>,
    /// Whether it was an override.
    pub is_override: bool,
}

/// One vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VoteReview {
    /// The role.
    pub role: String,
    /// `approved`, `rejected`, `withdrawn`.
    pub verdict: String,
    /// Whose it is.
    pub by: String,
    /// When it was cast.
    pub at: DateTime<Utc>,
    /// The stage it was cast in.
    pub stage: String,
    /// `signed`, `attributed` or `unverified`.
    pub trust: String,
    /// Whether it counts.
    pub counts: bool,
    /// One word for why it does not.
    pub reason: Option<String>,
    /// Why it does not, in words.
    pub why_not: Option<String>,
    /// The first line of its notes.
    pub notes: Option<String>,
    /// Whether the range brings it.
    pub is_new: bool,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The key.
    pub key: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value at the head.
    pub after: Option<String>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingReview {
    /// Its id within the task.
    pub id: String,
    /// How bad it is.
    pub severity: String,
    /// What it is.
    pub title: String,
    /// `file:line`, as far as they are known.
    pub place: Option<String>,
    /// What the range did: `opened`, `settled`, `waived`, `reopened`, `deleted`; none for one that was open before.
    pub change: Option<String>,
    /// Who did that.
    pub by: Option<String>,
    /// Its state at the head.
    pub state: String,
    /// Whether it keeps the gate of its stage shut.
    pub blocks: bool,
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
    /// `added`, `changed`, `deleted`, `mode`, or `undone` where the head has it as the base had.
    pub change: String,
    /// Lines added; none where nobody counted or there are no lines.
    pub added: Option<u32>,
    /// Lines removed.
    pub removed: Option<u32>,
    /// Roles whose valid approval covers it as it is at the head.
    pub covered_by: Vec<String>,
    /// Whether a vote that was needed does not cover it.
    pub is_uncovered: bool,
}

/// What belongs to no task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Loose {
    /// Commits that link no task and change more than records.
    pub commits: Vec<CommitReview>,
    /// Files that no linked commit changed.
    pub files: Vec<FileReview>,
    /// Files of the tracker's policy that changed, and those that run the gate.
    pub policy: Vec<FileReview>,
}
