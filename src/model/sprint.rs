//! A sprint: what is planned, what was committed when it started, how its scope changed, what was frozen when it
//! closed.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Serialize, Serializer};

use super::{Minutes, Problem, TaskId};

/// Why a text is no sprint's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a sprint's name; a name is {}", SprintId::EXPECTED)]
pub struct SprintIdError {
    /// The text as given, shortened and without control characters.
    pub text: String,
}

/// The name of a sprint, such as `SPRINT-1` or `2026.48`: a folder, and a part of a tag's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SprintId(Box<str>);

impl SprintId {
    /// What a name looks like.
    pub const EXPECTED: &str =
        "letters, digits, `.`, `_` and `-`, beginning with a letter or digit, such as SPRINT-1";

    /// Longest name accepted, in bytes.
    const LONGEST: usize = 64;

    /// Reads a name exactly as a record writes it.
    ///
    /// # Errors
    /// Where the text is no name.
    pub fn parse(text: &str) -> Result<Self, SprintIdError> {
        let is_inner = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
        // Git takes no ref whose name has two dots in a row, or one at its end.
        let is_valid = text.len() <= Self::LONGEST
            && text.bytes().all(is_inner)
            && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && !text.contains("..")
            && !text.ends_with('.')
            && !text.to_ascii_lowercase().ends_with(".lock");
        let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let error = || SprintIdError { text: text.chars().take(Self::LONGEST).map(printable).collect() };
        if is_valid { Ok(Self(text.into())) } else { Err(error()) }
    }

    /// Makes a name out of a title: what a name cannot hold becomes a hyphen. None where nothing is left.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Self> {
        let mut name = String::new();
        for c in title.trim().chars().take(Self::LONGEST) {
            match c {
                c if c.is_ascii_alphanumeric() || c == '_' => name.push(c),
                '.' if !name.is_empty() && !name.ends_with(['.', '-']) => name.push(c),
                _ if name.is_empty() || name.ends_with(['-', '.']) => {}
                _ => name.push('-'),
            }
        }
        Self::parse(name.trim_end_matches(['-', '.']).trim_start_matches('_')).ok()
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the tag that a closed sprint gets.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("sprint/{}", self.0)
    }
}

impl fmt::Display for SprintId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for SprintId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for SprintId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Where a sprint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SprintState {
    /// It has not started.
    Planned,
    /// It has started, and its scope's changes are kept.
    Active,
    /// Its numbers are frozen.
    Closed,
}

impl SprintState {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for SprintState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What happened to a sprint as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SprintAction {
    /// Its scope was committed to.
    Started,
    /// Its numbers were frozen.
    Closed,
    /// It goes on after it was closed.
    Reopened,
}

impl SprintAction {
    /// All of them, in the order of a sprint's life.
    pub const ALL: [Self; 3] = [Self::Started, Self::Closed, Self::Reopened];

    /// Reads the word of a history.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    /// Returns the word of a history.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }
}

/// One entry of a sprint's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SprintEvent {
    /// When, as the file says.
    pub at: DateTime<Utc>,
    /// The person, as the file says.
    pub by: String,
    /// The agent that worked for that person.
    pub agent: Option<String>,
    /// What happened.
    pub action: SprintAction,
    /// The commit whose records it was computed from, in lowercase hex; none where nothing was committed yet.
    pub commit: Option<String>,
    /// The version of the formulas that froze the numbers.
    pub formulas: Option<u32>,
    /// Digest of all that the numbers were computed from.
    pub inputs: Option<String>,
    /// The offset from UTC that decided which day a moment is on.
    pub offset: Option<FixedOffset>,
    /// The reason.
    pub why: Option<String>,
}

impl SprintEvent {
    /// Makes an event of which nothing else is known.
    #[must_use]
    pub fn new(at: DateTime<Utc>, by: impl Into<String>, action: SprintAction) -> Self {
        let by = by.into();
        Self {
            at,
            by,
            agent: None,
            action,
            commit: None,
            formulas: None,
            inputs: None,
            offset: None,
            why: None,
        }
    }
}

/// A task that was in the sprint when it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedTask {
    /// The task.
    pub task: TaskId,
    /// Its estimate then.
    pub estimate: Option<Minutes>,
}

/// What is known of tests or of coverage at the commit that a sprint was closed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SprintEvidence {
    /// What it is of.
    pub counts: EvidenceCounts,
    /// The names of the files that it was summed from, without their folders.
    pub files: Vec<String>,
    /// SHA-256 over the bytes of the files, in hex.
    pub digest: String,
    /// The commit that was checked out.
    pub commit: String,
}

/// The sums of the files of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceCounts {
    /// `tests`: cases of a JUnit report.
    Tests {
        /// All of them.
        total: u64,
        /// Those that failed or ended in an error.
        failed: u64,
        /// Those that were skipped.
        skipped: u64,
    },
    /// `coverage`: lines of an lcov or Cobertura report.
    Coverage {
        /// Lines that can be covered.
        lines: u64,
        /// Lines that were.
        covered: u64,
    },
}

impl EvidenceCounts {
    /// Returns the word for the kind.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Tests { .. } => "tests",
            Self::Coverage { .. } => "coverage",
        }
    }
}

/// A sprint: its own file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sprint {
    /// Its name, equal to that of its folder.
    pub id: SprintId,
    /// One line, where its name is not enough.
    pub title: Option<String>,
    /// What it is for.
    pub goal: Option<String>,
    /// Its first day.
    pub starts: Option<NaiveDate>,
    /// Its last day.
    pub ends: Option<NaiveDate>,
    /// How much work fits in.
    pub capacity: Option<Minutes>,
    /// Days on which nobody works.
    pub blackout: Vec<NaiveDate>,
    /// The phase it belongs to.
    pub phase: Option<String>,
    /// The day it was written down.
    pub created: Option<NaiveDate>,
    /// What happened to it as a whole, oldest first.
    pub history: Vec<SprintEvent>,
    /// What was in it when it started.
    pub committed: Vec<CommittedTask>,
    /// What was attached when it was closed.
    pub evidence: Vec<SprintEvidence>,
    /// The numbers that were frozen when it was closed.
    pub numbers: Option<serde_json::Value>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

impl Sprint {
    /// Makes a sprint that has a name and nothing else.
    #[must_use]
    pub fn new(id: SprintId) -> Self {
        Self {
            id,
            title: None,
            goal: None,
            starts: None,
            ends: None,
            capacity: None,
            blackout: Vec::new(),
            phase: None,
            created: None,
            history: Vec::new(),
            committed: Vec::new(),
            evidence: Vec::new(),
            numbers: None,
            unknown: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Returns where it is, by the last entry of its history.
    #[must_use]
    pub fn state(&self) -> SprintState {
        match self.history.last().map(|event| event.action) {
            None => SprintState::Planned,
            Some(SprintAction::Started | SprintAction::Reopened) => SprintState::Active,
            Some(SprintAction::Closed) => SprintState::Closed,
        }
    }

    /// Returns its start.
    #[must_use]
    pub fn started(&self) -> Option<&SprintEvent> {
        self.history.iter().find(|event| event.action == SprintAction::Started)
    }

    /// Returns its end, unless it was reopened since.
    #[must_use]
    pub fn closed(&self) -> Option<&SprintEvent> {
        self.history.last().filter(|event| event.action == SprintAction::Closed)
    }

    /// Returns a name for the tag of its next close, after it was reopened: the tag of an earlier one may be pushed, and stays
    /// where it is.
    #[must_use]
    pub fn next_tag(&self) -> String {
        let closed = self.history.iter().filter(|event| event.action == SprintAction::Closed).count();
        format!("{}-{}", self.id.tag(), closed + 1)
    }

    /// Returns what people call it: its title, else its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.title.as_deref().unwrap_or_else(|| self.id.as_str())
    }
}

/// What happened to one task's place in a sprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeAction {
    /// `added`
    Added,
    /// `removed`
    Removed,
    /// `estimated`: a new estimate of a task that is in it.
    Estimated,
    /// `cancelled`: it is removed, for nobody will do it.
    Cancelled,
    /// `carried`: it is removed, and goes on in another sprint.
    Carried,
}

impl ScopeAction {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Added, Self::Removed, Self::Estimated, Self::Cancelled, Self::Carried];

    /// Reads the word of a record.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    /// Returns the word of a record.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Estimated => "estimated",
            Self::Cancelled => "cancelled",
            Self::Carried => "carried",
        }
    }
}

/// One task of a change of scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeEntry {
    /// The task.
    pub task: TaskId,
    /// What happened to it.
    pub action: ScopeAction,
    /// Its estimate from then on, of a task that was added or estimated anew.
    pub estimate: Option<Minutes>,
    /// The sprint that it goes on in, of one that was carried over.
    pub to: Option<SprintId>,
    /// The reason.
    pub why: Option<String>,
}

/// A change of a sprint's scope after its start: a file of its own that never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRecord {
    /// The sprint, as the file says.
    pub sprint: SprintId,
    /// When, as the file says.
    pub at: DateTime<Utc>,
    /// The person, as the file says.
    pub by: String,
    /// The agent that worked for that person.
    pub agent: Option<String>,
    /// What changed, in the file's order.
    pub changes: Vec<ScopeEntry>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

/// A step of closing a sprint, after the audit and before the commit: each writes files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseStep {
    /// `report`: the report and its charts.
    Report,
    /// `postmortem`: what people have to say of it.
    Postmortem,
    /// `actions`: a task for each action of the postmortem.
    Actions,
    /// `history`: a line in the list of sprints.
    History,
    /// `cards`: the task cards of the sprint.
    Cards,
    /// `changelog`: what was delivered, by type.
    Changelog,
    /// `documents`: the marked block of the files that the configuration names.
    Documents,
    /// `tag`: an annotated tag.
    Tag,
}

impl CloseStep {
    /// All of them, in the order in which they are taken.
    pub const ALL: [Self; 8] = [
        Self::Report,
        Self::Postmortem,
        Self::Actions,
        Self::History,
        Self::Cards,
        Self::Changelog,
        Self::Documents,
        Self::Tag,
    ];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Postmortem => "postmortem",
            Self::Actions => "actions",
            Self::History => "history",
            Self::Cards => "cards",
            Self::Changelog => "changelog",
            Self::Documents => "documents",
            Self::Tag => "tag",
        }
    }
}

/// What the configuration says of sprints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SprintRules {
    /// The stage that is documentation, for the share of delivered tasks that passed it.
    pub documentation: String,
    /// What is done when a sprint is closed.
    pub steps: Vec<CloseStep>,
    /// Kinds of evidence, `tests` and `coverage`, without which no sprint is closed.
    pub evidence: Vec<String>,
    /// The file that lists the sprints, where it is not the tracker's own.
    pub history: Option<String>,
    /// Files with a marked block that is kept up to date.
    pub documents: Vec<String>,
    /// Whether there are figures of each person.
    pub per_person: bool,
    /// How a sprint is scored; none where it is not.
    pub scores: Option<ScoreRubric>,
}

/// How a sprint is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreRubric {
    /// How much delivery, quality, collaboration and documentation count.
    pub weights: [u32; 4],
    /// What `A`, `B`, `C` and `D` require, in percent.
    pub grades: [u32; 4],
    /// Hours in which a role should give its first vote.
    pub answer_within: u32,
}

impl Default for ScoreRubric {
    fn default() -> Self {
        Self { weights: [1; 4], grades: [90, 80, 70, 60], answer_within: 24 }
    }
}

impl Default for SprintRules {
    fn default() -> Self {
        Self {
            documentation: "docs".to_owned(),
            steps: CloseStep::ALL.to_vec(),
            evidence: Vec::new(),
            history: None,
            documents: Vec::new(),
            per_person: false,
            scores: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SprintId;

    #[test]
    fn a_name_is_a_folder_and_a_ref() {
        for text in ["SPRINT-1", "2026.48", "q4_b", "a", "Sprint-1a"] {
            assert_eq!(SprintId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", ".", "..", ".a", "-a", "a b", "a/b", "a..b", "a.", "a.lock", "é", "a\u{1b}", "_a"] {
            assert!(SprintId::parse(text).is_err(), "{text:?}");
        }
        assert!(SprintId::parse(&"a".repeat(65)).is_err());
    }

    #[test]
    fn a_title_becomes_a_name() {
        let made = |title: &str| SprintId::from_title(title).map(|name| name.to_string());
        assert_eq!(made("Sprint 12: dark mode").as_deref(), Some("Sprint-12-dark-mode"));
        assert_eq!(made("v1.2 / part..two").as_deref(), Some("v1.2-part.two"));
        assert_eq!(made(" … "), None);
    }
}
