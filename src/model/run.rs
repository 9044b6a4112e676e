//! Runs: the states of a run and of its steps, and which follows which.

use std::collections::BTreeMap;

/// The state of a step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// It has not begun: something that it needs has not ended, there is no slot, or a person has not answered.
    Pending,
    /// It runs.
    Running,
    /// It has done what it does, or an earlier run had and nothing has changed since.
    Success,
    /// It has not, and is not tried again by itself.
    Failed,
    /// It has not, and waits for another attempt.
    Retry,
    /// Its condition is false, or it needs a step of which that is so.
    Skipped,
    /// Somebody cancelled it.
    Cancelled,
}

impl StepState {
    /// All states, in the order of a step's life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Success,
        Self::Failed,
        Self::Retry,
        Self::Skipped,
        Self::Cancelled,
    ];

    /// Returns it as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Retry => "retry",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing follows by itself.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Skipped | Self::Cancelled)
    }

    /// Whether another state may follow. Only a person's retry leads back from an end.
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        use StepState::{Cancelled, Failed, Pending, Retry, Running, Skipped, Success};
        match self {
            // A reused step and an approval succeed without having run.
            Pending => matches!(next, Running | Success | Failed | Skipped | Cancelled),
            Running => matches!(next, Success | Failed | Retry | Cancelled),
            Retry => matches!(next, Running | Cancelled | Failed | Pending),
            Success | Failed | Skipped | Cancelled => next == Pending,
        }
    }
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunState {
    /// Nothing of it runs, and it has not ended: it is new or paused, or waits for a person.
    Created,
    /// An engine drives it.
    Running,
    /// Every step has succeeded or was skipped.
    Success,
    /// A step that is critical has failed, or the engine was interrupted.
    Failed,
    /// It has ended without success, and is to be driven again.
    Retry,
    /// Somebody cancelled it.
    Cancelled,
    /// Steps have failed, but none that is critical.
    PartialSuccess,
}

impl RunState {
    /// All states, in the order of a run's life.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Running,
        Self::Success,
        Self::Failed,
        Self::Retry,
        Self::Cancelled,
        Self::PartialSuccess,
    ];

    /// Returns it as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Retry => "retry",
            Self::Cancelled => "cancelled",
            Self::PartialSuccess => "partial_success",
        }
    }

    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled | Self::PartialSuccess)
    }

    /// Whether it has ended, and well enough.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Success | Self::PartialSuccess)
    }
}

/// How an attempt of a step has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptEnd {
    /// By itself, with this exit code.
    Exit(i32),
    /// By a signal that somebody sent.
    Signal(i32),
    /// It took longer than it may.
    TimedOut,
    /// It could not be started, or an output that it must write is not there.
    Broken,
    /// Nobody knows: the engine, or the machine, had stopped, and it left no exit code.
    Interrupted,
    /// Somebody cancelled it.
    Cancelled,
}

impl AttemptEnd {
    /// Returns the exit code, where there is one.
    #[must_use]
    pub fn exit(self) -> Option<i32> {
        if let Self::Exit(code) = self { Some(code) } else { None }
    }
}

impl std::fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::Signal(number) => write!(f, "signal {number}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Broken => f.write_str("broken"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl AttemptEnd {
    /// Reads what [`std::fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        match text.split_once(' ') {
            Some(("exit", code)) => number(code).map(Self::Exit),
            Some(("signal", signal)) => number(signal).map(Self::Signal),
            _ => [Self::TimedOut, Self::Broken, Self::Interrupted, Self::Cancelled]
                .into_iter()
                .find(|end| end.to_string() == text),
        }
    }

    /// Whether the step has done what it does.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::Exit(0)
    }
}

macro_rules! deserialize_word {
    ($($name:ident),*) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown state `{text}`")))
            }
        }
    )*};
}

deserialize_word!(StepState, RunState);

impl serde::Serialize for AttemptEnd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for AttemptEnd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown end `{text}`")))
    }
}

/// What is committed of a run that has ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The name of its workflow.
    pub workflow: String,
    /// The path of the workflow's file.
    pub path: String,
    /// SHA-256 of that file as it was when the run began.
    pub digest: String,
    /// Where it ran, such as `gitlab`; here where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The address of the run there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The values of its parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// How it has ended.
    pub state: RunState,
    /// Who started it.
    pub by: String,
    /// The agent that did so for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The task that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// When it was created, and when it ended.
    pub created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Its steps, in the order of the workflow.
    pub steps: Vec<StepRecord>,
    /// What has failed, attempt by attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorRecord>,
    /// The states that it has had.
    pub history: Vec<StateRecord>,
}

/// What is committed of a step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepRecord {
    /// Its name.
    pub step: String,
    /// How it has ended.
    pub state: StepState,
    /// How many attempts there were.
    pub attempts: usize,
    /// How long the last attempt took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<String>,
    /// How long it was from the start of the first attempt to the end of the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Why it is in this state, in one sentence.
    pub why: String,
    /// The step that it needs and because of which it could not begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<String>,
    /// The address of its log, where it ran elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// An attempt that has failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct ErrorRecord {
    /// The step.
    pub step: String,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// When it ended.
    pub at: String,
    /// How it ended, such as `exit 101`.
    pub end: String,
    /// The last lines that it printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// A state of a run, and since when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StateRecord {
    /// Since when.
    pub at: String,
    /// The state.
    pub state: RunState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_leads_back_to_the_beginning() {
        for state in StepState::ALL {
            assert_eq!(StepState::parse(state.as_str()), Some(state));
            assert!(!state.leads_to(state), "{state:?}");
            if state.is_end() {
                assert_eq!(StepState::ALL.into_iter().filter(|next| state.leads_to(*next)).count(), 1);
            }
        }
        assert!(!StepState::Success.leads_to(StepState::Running));
        for state in RunState::ALL {
            assert_eq!(RunState::parse(state.as_str()), Some(state));
        }
    }
}
