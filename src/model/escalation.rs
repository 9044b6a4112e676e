//! Escalations: what a worker found and could not fix, for a person. One record for each rule of a tool and reason, with
//! all files that it concerns.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FindingSeverity;

/// Why a worker has not fixed something. A reason that nobody knows is kept as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum EscalationReason {
    /// Its tool has no fix for anything.
    NoFix,
    /// Its tool has tried, and it is still there.
    NotFixed,
    /// The rule is one that people decide about.
    Architectural,
    /// The fix brought something new.
    NewFindings,
    /// The fix kept a tool from reading the files.
    ToolFailed,
    /// The fix changed what the worker must not touch, or created or deleted a file.
    OutsidePaths,
    /// Each fix changed what the one before it had made.
    Unstable,
    /// The command that verifies failed with the fix.
    VerifyFailed,
    /// A person has reverted this very fix before.
    Reverted,
    /// Workers change it again and again.
    Repeated,
    /// The worker's budget was used up before it was fixed.
    Budget,
    /// Anything else, as written.
    Unknown(String),
}

impl EscalationReason {
    const KNOWN: [(&'static str, Self); 11] = [
        ("no_fix", Self::NoFix),
        ("not_fixed", Self::NotFixed),
        ("architectural", Self::Architectural),
        ("new_findings", Self::NewFindings),
        ("tool_failed", Self::ToolFailed),
        ("outside_paths", Self::OutsidePaths),
        ("unstable", Self::Unstable),
        ("verify_failed", Self::VerifyFailed),
        ("reverted", Self::Reverted),
        ("repeated", Self::Repeated),
        ("budget", Self::Budget),
    ];

    /// Returns the word that a record contains.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown(text) => text,
            known => Self::KNOWN.iter().find(|(_, own)| own == known).map_or("", |(word, _)| word),
        }
    }

    /// Returns what a person reads.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::NoFix => "no tool fixes it",
            Self::NotFixed => "the tool did not fix it",
            Self::Architectural => "people decide about this rule",
            Self::NewFindings => "the fix brought new findings",
            Self::ToolFailed => "a tool failed on what the fix left",
            Self::Budget => "the budget of the worker is used up",
            Self::OutsidePaths => "the fix changed other files",
            Self::Unstable => "a second fix changed it again",
            Self::VerifyFailed => "the verify command failed with the fix",
            Self::Reverted => "somebody has reverted this fix",
            Self::Repeated => "workers change it again and again",
            Self::Unknown(text) => text,
        }
    }
}

impl From<String> for EscalationReason {
    fn from(text: String) -> Self {
        let known = Self::KNOWN.into_iter().find(|(word, _)| *word == text);
        known.map_or(Self::Unknown(text), |(_, reason)| reason)
    }
}

impl From<EscalationReason> for String {
    fn from(reason: EscalationReason) -> Self {
        reason.as_str().to_owned()
    }
}

impl fmt::Display for EscalationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What has become of an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalationState {
    /// Nobody has looked at it.
    Open,
    /// Somebody has, and it is not done.
    Acknowledged,
    /// It is done, or stays as it is.
    Resolved,
}

impl EscalationState {
    /// Returns the word that a record contains.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// A decision about an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationStep {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a person, or `worker NAME`.
    pub by: String,
    /// What it is from then on.
    pub to: EscalationState,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The commit without the findings, where a worker has closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// The record of an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// Its id, which follows from type, tool, rule and reason: two clones that find the same write the same file.
    pub id: String,
    /// The type of the worker.
    pub worker: String,
    /// The tool.
    pub tool: String,
    /// The rule.
    pub rule: String,
    /// Why it was not fixed.
    pub reason: EscalationReason,
    /// How bad the worst of it is.
    pub severity: String,
    /// What the tool says, in one line.
    pub title: String,
    /// How many findings there are.
    pub remaining: usize,
    /// How often it was tried to fix them.
    pub attempts: u32,
    /// Where: `PATH:LINE`, or `PATH`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The commit in which they were found.
    pub commit: String,
    /// When they were found first.
    pub at: DateTime<Utc>,
    /// What was printed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What was decided, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<EscalationStep>,
}

/// So long nobody may look at an escalation before it counts as worse, each time.
pub const STALE_ESCALATION: TimeDelta = TimeDelta::days(3);

impl Escalation {
    /// Returns what has become of it.
    #[must_use]
    pub fn state(&self) -> EscalationState {
        self.history.last().map_or(EscalationState::Open, |last| last.to)
    }

    /// Whether a worker has closed it because its findings were gone.
    #[must_use]
    pub fn is_closed_by_worker(&self) -> bool {
        self.state() == EscalationState::Resolved
            && self.history.last().is_some_and(|last| last.commit.is_some())
    }

    /// Returns since when nobody has decided anything about it.
    #[must_use]
    pub fn since(&self) -> DateTime<Utc> {
        self.history.last().map_or(self.at, |last| last.at)
    }

    /// Returns how bad it is at a time: one level worse for each three days in which nobody has decided about it, unless it is
    /// resolved.
    #[must_use]
    pub fn severity_at(&self, now: DateTime<Utc>) -> FindingSeverity {
        let own = FindingSeverity::parse(&self.severity);
        let periods = (now - self.since()).num_seconds().max(0) / STALE_ESCALATION.num_seconds();
        if self.state() == EscalationState::Resolved {
            return own;
        }
        let rank = i64::from(own.rank()) + periods;
        match rank {
            5.. => FindingSeverity::Critical,
            4 => FindingSeverity::High,
            3 => FindingSeverity::Medium,
            2 => FindingSeverity::Low,
            _ => FindingSeverity::Info,
        }
    }
}

/// Returns the path of a place in a record: without the line.
#[must_use]
pub fn path_of_place(place: &str) -> &str {
    match place.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|c| c.is_ascii_digit()) => path,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escalation() -> Escalation {
        Escalation {
            id: "ESC-1".to_owned(),
            worker: "qa".to_owned(),
            tool: "ruff".to_owned(),
            rule: "F841".to_owned(),
            reason: EscalationReason::NotFixed,
            severity: "low".to_owned(),
            title: "unused".to_owned(),
            remaining: 1,
            attempts: 3,
            files: vec!["a.py:2".to_owned()],
            commit: "c".to_owned(),
            at: "2026-11-11T09:00:00Z".parse().unwrap(),
            details: None,
            history: Vec::new(),
        }
    }

    #[test]
    fn what_nobody_looks_at_becomes_worse() {
        let mut own = escalation();
        let at = |days: i64| own.at + TimeDelta::days(days);
        let severities: Vec<String> =
            [0, 2, 3, 6, 9, 90].map(|days| own.severity_at(at(days)).to_string()).into();
        assert_eq!(severities, ["low", "low", "medium", "high", "critical", "critical"]);
        let step =
            |to, days| EscalationStep { at: at(days), by: "Ada".to_owned(), to, notes: None, commit: None };
        let (seen, done) = (step(EscalationState::Acknowledged, 6), step(EscalationState::Resolved, 7));
        let times = [at(7), at(9), at(90)];
        own.history.push(seen);
        assert_eq!(times.map(|at| own.severity_at(at).to_string())[..2], ["low", "medium"]);
        own.history.push(done);
        assert_eq!(own.severity_at(times[2]).to_string(), "low");
        assert_eq!((own.state(), own.is_closed_by_worker()), (EscalationState::Resolved, false));
    }

    #[test]
    fn a_reason_that_nobody_knows_is_kept() {
        for word in ["no_fix", "repeated", "of_tomorrow"] {
            assert_eq!(String::from(EscalationReason::from(word.to_owned())), word);
        }
        assert_eq!(
            [path_of_place("a.py:2"), path_of_place("a:b"), path_of_place("a:")],
            ["a.py", "a:b", "a:"]
        );
    }
}
