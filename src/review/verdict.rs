//! What the gate says.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{GateRule, Level, RecordPath};

/// One thing that a rule does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Violation {
    /// The rule's name.
    pub rule: String,
    /// `error` shuts the gate, `warn` does not.
    pub level: String,
    /// The task it is about.
    pub task: Option<String>,
    /// The commit it is about: its whole id.
    pub commit: Option<String>,
    /// The file it is about, below the repository.
    pub file: Option<String>,
    /// The line of that file, counted from 1.
    pub line: Option<usize>,
    /// What is wrong: one line.
    pub message: String,
    /// What to do about it.
    pub mend: Option<String>,
}

impl Violation {
    /// Makes the violation of a rule.
    #[must_use]
    pub fn of(rule: GateRule, level: Level, message: impl Into<String>) -> Self {
        Self {
            rule: rule.as_str().to_owned(),
            level: level.as_str().to_owned(),
            task: None,
            commit: None,
            file: None,
            line: None,
            message: message.into(),
            mend: None,
        }
    }

    /// Tells whether it shuts the gate.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Level::Error.as_str()
    }

    /// Returns what is wrong, with the task that it is about in front where the message does not name it.
    #[must_use]
    pub fn said(&self) -> String {
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
        let is_said = self.line.is_none() && (self.message.contains(file) || is_record());
        (!is_said).then_some((file, self.line))
    }
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleOutcome {
    /// The rule's name.
    pub rule: String,
    /// How strictly it is held: `off`, `warn`, `error`.
    pub level: String,
    /// How many violations shut the gate.
    pub errors: usize,
    /// How many violations do not.
    pub warnings: usize,
    /// What could not be looked at, or what else there is to say: one line.
    pub remark: Option<String>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Verdict {
    /// Every rule, in a fixed order.
    pub rules: Vec<RuleOutcome>,
    /// Every violation, by rule, then task, commit, file and message.
    pub violations: Vec<Violation>,
    /// How many violations shut the gate.
    pub errors: usize,
    /// How many violations do not.
    pub warnings: usize,
}

impl Verdict {
    /// Tells whether the gate lets the range through.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        self.errors == 0
    }
}
