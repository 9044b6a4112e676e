//! What an import of findings did, as the doors show it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::import::findings::{FindingStatus, ReportFormat};
use crate::model::Suggestion;
use crate::ops::Written;

/// What an import of findings did.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingsImport {
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// The role that the report speaks for.
    pub role: String,
    /// The report's name.
    pub report: String,
    /// `sarif`, `junit`, `security` or `bugs`; none where the report could not be read.
    pub format: Option<ReportFormat>,
    /// The tools that wrote it.
    pub tools: Vec<String>,
    /// What it contains, the worst first.
    pub findings: Vec<ImportedFinding>,
    /// How many of its results are no findings: suppressed, skipped or well.
    pub left_out: usize,
    /// Open findings of the same tools that the report no longer contains.
    pub gone: Vec<String>,
    /// Whether those were resolved.
    pub resolved: bool,
    /// Whether the stage fails: an open finding is high or critical, or blocks, or the report could not be read.
    pub fails: bool,
    /// What became of the vote.
    pub vote: ImportVote,
    /// Commands that bring the task forward.
    pub next: Vec<Suggestion>,
    /// What was written.
    pub written: Written,
}

/// What became of the vote that a report casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportVote {
    /// It was cast.
    Rejected,
    /// Your rejection from before counts.
    Blocks,
    /// There was nothing to reject.
    None,
    /// The task's stage does not require the role.
    NotRequired,
}

/// One finding of a report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ImportedFinding {
    /// Its id within the task.
    pub id: String,
    /// `critical`, `high`, `medium`, `low`, `info`, or as the tool writes it.
    pub severity: String,
    /// What was found.
    pub title: String,
    /// `file:line`, as far as they are known.
    pub place: Option<String>,
    /// `new`, `known`, `reopened` or `waived`.
    pub status: FindingStatus,
    /// Whether its severity has become worse.
    pub worse: bool,
    /// The line on which it was before, where that was another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<u32>,
    /// Whether it keeps its task in its stage.
    pub blocks: bool,
    /// The task that fixes it, where one was made for it now or before.
    pub fix: Option<String>,
}
