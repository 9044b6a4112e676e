//! Receipts: what somebody ran for a role, on which content, and what came of it.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CoveredChange, Person, Problem, TaskId};

/// How much a passing receipt is worth: who says so, and who has seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLevel {
    /// Whoever did the work says so, or nobody knows who says it.
    Reported,
    /// A member of the role who did not do the work says so, in a commit of their own.
    Checked,
    /// The check that judges has run the command again.
    Verified,
    /// A key of whom it names has signed it.
    Signed,
}

impl EvidenceLevel {
    /// All of them, the weakest first.
    pub const ALL: [Self; 4] = [Self::Reported, Self::Checked, Self::Verified, Self::Signed];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Checked => "checked",
            Self::Verified => "verified",
            Self::Signed => "signed",
        }
    }
}

impl fmt::Display for EvidenceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The receipt of one run of a role's command: a file of its own that never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The task, as the file says.
    pub task: TaskId,
    /// The role whose command it was.
    pub role: String,
    /// Who ran it, as the file says.
    pub by: Person,
    /// The agent that ran it for that person.
    pub agent: Option<String>,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The commit that was checked out, in lowercase hex.
    pub commit: String,
    /// What the shell ran.
    pub command: String,
    /// The exit code; 128 and the signal's number where a signal ended it.
    pub exit: i32,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// How many bytes it printed.
    pub bytes: u64,
    /// SHA-256 of all that it printed, both outputs as they came, in hex.
    pub output: String,
    /// The last lines of that.
    pub tail: Option<String>,
    /// What the task had changed of the files that the role reviews, sorted by path.
    pub files: Vec<CoveredChange>,
    /// SHA-256 over all of the above, in hex.
    pub digest: String,
    /// A signature over everything else, on one line.
    pub signature: Option<String>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

impl Receipt {
    /// Whether the command succeeded, as the file says.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.exit == 0
    }
}
