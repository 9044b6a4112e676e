//! A vote on a task, and the changes that it covers.

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

    /// Returns the text that a record contains.
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

/// What a git tree has at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TreeEntry {
    /// Nothing.
    Absent,
    /// A file, a link or a submodule.
    File {
        /// Mode as in a tree, such as `0o100644`.
        mode: u32,
        /// Object id in lowercase hex.
        blob: String,
    },
}

impl TreeEntry {
    const ABSENT: &str = "absent";

    /// Reads `100644 3b18e5…` or `absent`, as it is displayed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::ABSENT {
            return Some(Self::Absent);
        }
        let (mode, blob) = text.split_once(' ')?;
        let is_mode = mode.len() == 6 && mode.bytes().all(|c| matches!(c, b'0'..=b'7'));
        let is_hex = |c: u8| c.is_ascii_digit() || matches!(c, b'a'..=b'f');
        let is_blob = matches!(blob.len(), 40 | 64) && blob.bytes().all(is_hex);
        let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode > 0)?;
        (is_mode && is_blob).then(|| Self::File { mode, blob: blob.to_owned() })
    }
}

impl fmt::Display for TreeEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str(Self::ABSENT),
            Self::File { mode, blob } => write!(f, "{mode:06o} {blob}"),
        }
    }
}

/// One file that a vote covers, and what the task changed it from and to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoveredChange {
    /// Path below the repository, with `/`.
    pub path: String,
    /// What the task's commits were led here from, sorted: before the first of them, and at the other side of
    /// every merge between the first and the last. Empty where that is not set, as in votes of format 1.
    pub from: Vec<TreeEntry>,
    /// What is there after the last of them.
    pub to: TreeEntry,
}

impl CoveredChange {
    /// Makes a change that does not say where it comes from.
    #[must_use]
    pub fn to(path: impl Into<String>, to: TreeEntry) -> Self {
        Self { path: path.into(), from: Vec::new(), to }
    }
}

/// How a vote's file lists what it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CoverageFormat {
    /// `path`, `mode` and `blob`: content only.
    One,
    /// `path`, `from` and `to`: changes.
    #[default]
    Two,
}

/// The changes that a vote covers. The list is stored beside the digest so that what has changed since can be
/// named when the commit that was reviewed is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// How the files are listed.
    pub format: CoverageFormat,
    /// SHA-256 in hex, over what the vote says; see the policy's `coverage_digest`.
    pub digest: String,
    /// SHA-256 over the acceptance text, in hex.
    pub criteria: String,
    /// The files, sorted by path.
    pub files: Vec<CoveredChange>,
}

impl Coverage {
    /// Returns a coverage whose digest is still to be set: files and what they come from sorted, each once.
    #[must_use]
    pub fn of(criteria: &str, files: impl IntoIterator<Item = CoveredChange>) -> Self {
        let mut files: Vec<CoveredChange> = files.into_iter().collect();
        for file in &mut files {
            file.from.sort();
            file.from.dedup();
        }
        files.sort();
        files.dedup();
        Self { files, criteria: criteria.to_owned(), ..Self::default() }
    }
}

/// What a task's body says is to be delivered and accepted, without ticks and blanks that mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptanceText {
    /// What is under Acceptance criteria.
    pub criteria: String,
    /// What is under Deliverables.
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
    /// The agent that worked for that person.
    pub agent: Option<String>,
    /// When it was cast.
    pub at: DateTime<Utc>,
    /// The stage the task was in.
    pub stage: Stage,
    /// The task's how-many-th stay in that stage, counted from 1.
    pub round: u32,
    /// The commit that was looked at, in lowercase hex. It may be gone after a rebase; the coverage stays.
    pub commit: String,
    /// The changes it covers.
    pub covers: Coverage,
    /// File names of the same person's earlier votes that it replaces.
    pub replaces: Vec<String>,
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

#[cfg(test)]
mod tests {
    use super::TreeEntry;

    #[test]
    fn tree_entries_are_read_as_they_are_displayed() {
        let blob = "3b18e5".repeat(6) + "aaaa";
        for text in ["absent".to_owned(), format!("100644 {blob}"), format!("160000 {}", "a".repeat(64))] {
            assert_eq!(TreeEntry::parse(&text).unwrap().to_string(), text);
        }
        for text in ["", "Absent", "100644", "100648 a", "000000 0", "100644  a"] {
            assert_eq!(TreeEntry::parse(text), None, "{text}");
        }
        assert_eq!(TreeEntry::parse(&format!("000000 {blob}")), None);
        assert_eq!(TreeEntry::parse(&format!("100644 {}", blob.to_uppercase())), None);
    }
}
