//! A vote on a task, and the content that it covers.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{FindingId, Person, Problem, Stage, TaskId};

/// What a vote says. A verdict that is none of the three is kept as it is written, and counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// `approved`
    Approved,
    /// `rejected`
    Rejected,
    /// `withdrawn`: takes the same person's earlier vote back.
    Withdrawn,
    /// Anything else, as written.
    Unknown(String),
}

impl Verdict {
    /// The three known verdicts.
    pub const KNOWN: [&str; 3] = ["approved", "rejected", "withdrawn"];

    /// Reads a verdict.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "approved" => Self::Approved,
            "rejected" => Self::Rejected,
            "withdrawn" => Self::Withdrawn,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// Returns the text that a record holds.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Unknown(text) => text,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One file that a vote covers, as git's trees know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoveredFile {
    /// Path below the repository, with `/`.
    pub path: String,
    /// Mode as in a tree, such as `0o100644`; 0 for a file that is deleted.
    pub mode: u32,
    /// Id of the content in lowercase hex; all zeros for a file that is deleted.
    pub blob: String,
}

impl CoveredFile {
    /// Makes the entry of a file that the task's commits deleted: that it is gone is covered as well.
    #[must_use]
    pub fn deleted(path: impl Into<String>) -> Self {
        Self { path: path.into(), mode: 0, blob: "0".repeat(40) }
    }

    /// Tells whether the file is gone.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.mode == 0
    }
}

/// The content that a vote covers. The list is stored beside the digest so that what has changed since can be
/// named when the commit that was reviewed is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// SHA-256 over the task's id, the criteria and the files, in hex.
    pub digest: String,
    /// SHA-256 over the acceptance text, in hex.
    pub criteria: String,
    /// The files, sorted by path.
    pub files: Vec<CoveredFile>,
}

/// What a task's body says is to be delivered and accepted, without ticks and blanks that mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptanceText {
    /// What stands under Acceptance criteria.
    pub criteria: String,
    /// What stands under Deliverables.
    pub deliverables: String,
}

/// One person's vote for one role on one task: a file of its own that never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// The task, as the file says.
    pub task: TaskId,
    /// The role it is cast for.
    pub role: String,
    /// What it says.
    pub verdict: Verdict,
    /// Whose it is, as the file says.
    pub by: Person,
    /// When it was cast.
    pub at: DateTime<Utc>,
    /// The stage the task was in.
    pub stage: Stage,
    /// The task's how-many-th stay in that stage, counted from 1.
    pub round: u32,
    /// The commit that was looked at, in lowercase hex. It may be gone after a rebase; the coverage stays.
    pub commit: String,
    /// The content it covers.
    pub covers: Coverage,
    /// Markdown.
    pub notes: Option<String>,
    /// The findings that came with it.
    pub findings: Vec<FindingId>,
    /// An armoured signature over everything else in the vote.
    pub signature: Option<String>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}
