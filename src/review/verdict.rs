//! What the gate says.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::model::{GateRule, Level, RecordPath};
use crate::policy::Fix;

/// How many digits of a commit's id are shown.
const SHOWN_DIGITS: usize = 7;

/// A rule that a violation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// One of the gate's.
    Gate(GateRule),
    /// The one of a repository that is pushed to: no policy switches it.
    KeptRecords,
}

impl RuleName {
    /// Returns the name that people read and write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate(rule) => rule.as_str(),
            Self::KeptRecords => "kept-records",
        }
    }
}

impl From<GateRule> for RuleName {
    fn from(rule: GateRule) -> Self {
        Self::Gate(rule)
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for RuleName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleName".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// One thing that a rule does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Violation {
    /// The rule.
    pub rule: RuleName,
    /// `error` shuts the gate, `warn` does not.
    pub level: Level,
    /// The task it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The commit it is about: its whole id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The file it is about, below the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of that file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong: one line.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub suggestion: Option<Fix>,
}

impl Violation {
    /// Makes the violation of a rule.
    #[must_use]
    pub fn of(rule: impl Into<RuleName>, level: Level, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            level,
            task: None,
            commit: None,
            file: None,
            line: None,
            message: message.into(),
            suggestion: None,
        }
    }

    /// Returns whether it shuts the gate.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// Returns what is wrong, with the task that it is about in front where the message does not name it.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.task.as_deref().filter(|task| !self.message.contains(task)) {
            Some(task) => format!("{task}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// Returns the file and line, where neither the message nor the task says as much.
    #[must_use]
    pub fn place(&self) -> Option<(&str, Option<usize>)> {
        let file = self.file.as_deref()?;
        let is_record = || {
            self.task.as_ref().is_some_and(|task| {
                RecordPath::parse(file)
                    .is_some_and(|path| matches!(path, RecordPath::Task(id) if id.as_str() == task))
            })
        };
        let is_stated = self.line.is_none() && (self.message.contains(file) || is_record());
        (!is_stated).then_some((file, self.line))
    }

    /// Returns the first digits of the commit, where the message does not name it.
    #[must_use]
    pub fn short_commit(&self) -> Option<&str> {
        let short = self.commit.as_deref()?.get(..SHOWN_DIGITS)?;
        (!self.message.contains(short)).then_some(short)
    }
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleOutcome {
    /// The rule.
    pub rule: GateRule,
    /// How strictly it is enforced: `off`, `warn`, `error`.
    pub level: Level,
    /// How many violations shut the gate.
    pub errors: usize,
    /// How many violations do not.
    pub warnings: usize,
    /// What could not be looked at, or what else there is to say: one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Verdict {
    /// Every rule, in a fixed order.
    pub rules: Vec<RuleOutcome>,
    /// Every violation, by rule, then task, commit, file and message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// How many violations shut the gate.
    pub errors: usize,
    /// How many violations do not.
    pub warnings: usize,
}

impl Verdict {
    /// Returns whether the gate lets the range through.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        self.errors == 0
    }

    /// Returns whether it is a yes although approvals are missing: nothing here has moved past them yet.
    #[must_use]
    pub fn awaits_approvals(&self) -> bool {
        let is_noted = |rule: &RuleOutcome| rule.rule == GateRule::EarnedMoves && rule.status.is_some();
        self.is_yes() && self.rules.iter().any(is_noted)
    }
}
