//! Findings: what a reviewer or a tool raises against a task.

use std::cmp::Ordering;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{IdError, Person, Problem, TaskId};

/// The id of a finding within its task: `F` and digits or capital letters, such as `F2` or `F7Q2M`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingId(Box<str>);

impl FindingId {
    /// Longest id accepted, in bytes.
    const LONGEST: usize = 32;

    /// Reads an id exactly as a record writes it.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let rest = text.strip_prefix('F').unwrap_or_default();
        let valid = !rest.is_empty()
            && text.len() <= Self::LONGEST
            && rest.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if valid { Ok(Self(text.into())) } else { Err(IdError::of(text)) }
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How bad a finding is. A value that is none of the five is kept as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingSeverity {
    /// `critical`
    Critical,
    /// `high`
    High,
    /// `medium`
    Medium,
    /// `low`
    Low,
    /// `info`
    Info,
    /// Anything else, as written.
    Unknown(String),
}

impl FindingSeverity {
    /// The five known values, worst first.
    pub const KNOWN: [&str; 5] = ["critical", "high", "medium", "low", "info"];

    /// Reads a severity; the case of known values does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" => Self::High,
            "medium" => Self::Medium,
            "low" => Self::Low,
            "info" => Self::Info,
            _ => Self::Unknown(text.to_owned()),
        }
    }

    /// Returns the text that a record contains.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
            Self::Unknown(text) => text,
        }
    }

    /// Returns 5 for critical down to 1 for info. An unknown one ranks as critical: what nobody understands must
    /// not pass a gate.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Critical | Self::Unknown(_) => 5,
            Self::High => 4,
            Self::Medium => 3,
            Self::Low => 2,
            Self::Info => 1,
        }
    }

    /// Compares two severities, the worse first.
    #[must_use]
    pub fn worst_first(a: &Self, b: &Self) -> Ordering {
        b.rank().cmp(&a.rank()).then_with(|| a.as_str().cmp(b.as_str()))
    }
}

impl fmt::Display for FindingSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether something is still to be done about a finding. An unknown value is kept as it is written, and counts as
/// open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingState {
    /// `open`
    Open,
    /// `fixed`: its author says so; a reviewer has yet to agree.
    Fixed,
    /// `resolved`, and `settled` as older files have it: it is gone.
    Resolved,
    /// `waived`: it stays, and somebody answers for that.
    Waived,
    /// Anything else, as written.
    Unknown(String),
}

impl FindingState {
    /// The known values.
    pub const KNOWN: [&str; 4] = ["open", "fixed", "resolved", "waived"];

    /// Reads a state.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "open" => Self::Open,
            "fixed" => Self::Fixed,
            "resolved" | "settled" => Self::Resolved,
            "waived" => Self::Waived,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// Returns the text that a record contains.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Fixed => "fixed",
            Self::Resolved => "resolved",
            Self::Waived => "waived",
            Self::Unknown(text) => text,
        }
    }

    /// Whether something is still to be done by the author. What is `fixed` waits for a reviewer instead.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Unknown(_))
    }

    /// Whether a reviewer has yet to say that it is gone.
    #[must_use]
    pub fn awaits_review(&self) -> bool {
        matches!(self, Self::Fixed)
    }
}

impl fmt::Display for FindingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One change of a finding's state, appended to its file: two people's never meet in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Person,
    /// The state from then on.
    pub to: FindingState,
    /// Why.
    pub why: Option<String>,
    /// Of whom it names, over all of it: base64 without its frame.
    pub signature: Option<String>,
}

/// Which tool reported it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolSource {
    /// The tool's name.
    pub tool: String,
    /// The tool's name for what it looks for.
    pub rule: Option<String>,
    /// What stays the same when the tool finds it again.
    pub fingerprint: Option<String>,
}

/// One thing that a reviewer or a tool raises against a task: a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its id within the task.
    pub id: FindingId,
    /// The task.
    pub task: TaskId,
    /// The role that found it.
    pub role: String,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// One line.
    pub title: String,
    /// All that was given, where that is more than one line.
    pub detail: Option<String>,
    /// Path below the repository, or as a tool writes it; never opened.
    pub file: Option<String>,
    /// Line of that file, counted from 1.
    pub line: Option<u32>,
    /// What to do about it.
    pub recommendation: Option<String>,
    /// Who wrote it down.
    pub by: Person,
    /// When.
    pub at: DateTime<Utc>,
    /// The tool that found it, where one did.
    pub source: Option<ToolSource>,
    /// What became of it, in the file's order.
    pub resolutions: Vec<Resolution>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

impl Finding {
    /// Returns its state: that of the latest resolution, and `open` before there is one.
    #[must_use]
    pub fn state(&self) -> &FindingState {
        self.resolution().map_or(&FindingState::Open, |resolution| &resolution.to)
    }

    /// Returns the latest resolution; of two at one time, the one further down.
    #[must_use]
    pub fn resolution(&self) -> Option<&Resolution> {
        self.resolutions.iter().max_by_key(|resolution| resolution.at)
    }

    /// Returns `file:line`, as far as they are known.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(self.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
    }
}

#[cfg(test)]
mod tests {
    use super::{FindingId, FindingSeverity, FindingState};

    #[test]
    fn an_id_is_a_file_name() {
        for text in ["F1", "F7Q2M"] {
            assert_eq!(FindingId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "F", "f1", "G1", "F1/..", "F-1", "F1\u{1b}"] {
            assert!(FindingId::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_open_and_bad() {
        assert!(FindingState::parse("resolved?").is_open());
        assert_eq!(FindingState::parse("settled").as_str(), "resolved");
        assert!(FindingState::Fixed.awaits_review() && !FindingState::Fixed.is_open());
        assert!(!FindingState::parse("waived").is_open());
        let unknown = FindingSeverity::parse("Blocker");
        assert_eq!((unknown.as_str(), unknown.rank()), ("Blocker", 5));
        assert_eq!(FindingSeverity::parse("HIGH"), FindingSeverity::High);
    }
}
