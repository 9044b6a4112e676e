//! What commands answer as JSON, as far as it is shown here.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::model::{Badge, Status};
use crate::process::Output;

/// N of M.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Count {
    pub(super) done: u32,
    pub(super) total: u32,
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct TaskRow {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) priority: Option<String>,
    pub(super) stage: String,
    #[serde(deserialize_with = "status")]
    pub(super) status: Status,
    #[serde(deserialize_with = "badge")]
    pub(super) badge: Badge,
    #[serde(default)]
    pub(super) assignee: Option<String>,
    #[serde(default)]
    pub(super) area: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) sprint: Option<String>,
    #[serde(default)]
    pub(super) due: Option<NaiveDate>,
    #[serde(default)]
    pub(super) since: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) blocked: Option<String>,
    #[serde(default)]
    pub(super) cancelled: Option<String>,
    #[serde(default)]
    pub(super) boxes: Count,
    #[serde(default)]
    pub(super) signoffs: Count,
}

fn status<'de, D: Deserializer<'de>>(value: D) -> Result<Status, D::Error> {
    let text = String::deserialize(value)?;
    Status::parse(&text).ok_or_else(|| D::Error::custom(format!("unknown status `{text}`")))
}

fn badge<'de, D: Deserializer<'de>>(value: D) -> Result<Badge, D::Error> {
    let text = String::deserialize(value)?;
    Badge::parse(&text).ok_or_else(|| D::Error::custom(format!("unknown badge `{text}`")))
}

/// What `list` answers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Listing {
    #[serde(default)]
    pub(super) tasks: Vec<TaskRow>,
    pub(super) matched: usize,
    #[serde(default)]
    pub(super) hidden: usize,
}

/// What `board` answers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Board {
    #[serde(default)]
    pub(super) columns: Vec<Column>,
}

/// The tasks of a stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Column {
    pub(super) stage: String,
    #[serde(default)]
    pub(super) tasks: Vec<TaskRow>,
}

/// What `show` answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Shown {
    pub(super) id: String,
    #[serde(default)]
    pub(super) branch: Option<String>,
    /// What a vote is about whose sender has seen this.
    #[serde(default)]
    pub(super) seen: Option<String>,
    #[serde(default)]
    pub(super) task: Option<Task>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) signoffs: Option<Signoffs>,
    #[serde(default)]
    pub(super) next: Vec<String>,
}

/// A task in full.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Task {
    #[serde(flatten)]
    pub(super) row: TaskRow,
    #[serde(default)]
    pub(super) pipeline: Vec<Step>,
    #[serde(default)]
    pub(super) dependencies: Vec<Related>,
    #[serde(default)]
    pub(super) children: Vec<Related>,
    #[serde(default)]
    pub(super) history: Vec<Move>,
    #[serde(default)]
    pub(super) findings: Vec<Finding>,
    #[serde(default)]
    pub(super) checkboxes: Vec<Checkbox>,
    #[serde(default)]
    pub(super) notes: Vec<Note>,
    #[serde(default)]
    pub(super) body: String,
}

/// A stage of a task's pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Step {
    pub(super) stage: String,
    pub(super) state: StepPlace,
}

/// Where a stage is, as seen from the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepPlace {
    Passed,
    Current,
    Ahead,
}

/// Another task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Related {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: Option<String>,
    pub(super) open: bool,
}

/// A move between stages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Move {
    pub(super) at: DateTime<Utc>,
    pub(super) by: String,
    pub(super) from: String,
    pub(super) to: String,
    #[serde(default)]
    pub(super) why: Option<String>,
}

/// A finding that is not resolved.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Finding {
    pub(super) id: String,
    pub(super) severity: String,
    pub(super) state: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) place: Option<String>,
    pub(super) by: String,
    #[serde(default)]
    pub(super) blocks: bool,
}

/// A checkbox of the body.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Checkbox {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) done: bool,
}

impl Checkbox {
    /// Whether a line of the body is the one that it is on.
    pub(super) fn is_on(&self, line: &str) -> bool {
        let line = line.trim();
        line.ends_with(self.text.trim()) && line.contains('[') && line.contains(']')
    }
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Note {
    pub(super) at: DateTime<Utc>,
    pub(super) by: String,
    pub(super) text: String,
}

/// The sign-offs that a stage requires, and the votes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Signoffs {
    pub(super) stage: String,
    #[serde(default)]
    pub(super) roles: Vec<Role>,
    #[serde(default)]
    pub(super) others: Vec<Vote>,
    #[serde(default)]
    pub(super) missing: Vec<Missing>,
}

/// A role that has to sign off.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Role {
    pub(super) role: String,
    pub(super) approved: usize,
    pub(super) quorum: u32,
    pub(super) done: bool,
    #[serde(default)]
    pub(super) waiting_for: Vec<String>,
    #[serde(default)]
    pub(super) votes: Vec<Vote>,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Vote {
    pub(super) role: String,
    pub(super) verdict: String,
    pub(super) by: String,
    pub(super) at: DateTime<Utc>,
    pub(super) trust: String,
    pub(super) counts: bool,
    #[serde(default)]
    pub(super) why_not: Option<String>,
    #[serde(default)]
    pub(super) notes: Option<String>,
}

/// What keeps a task in its stage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Missing {
    pub(super) label: String,
    pub(super) text: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Failed {
    pub(super) message: String,
    #[serde(default)]
    pub(super) hints: Vec<String>,
    #[serde(default)]
    pub(super) reasons: Vec<Reason>,
}

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Reason {
    pub(super) label: String,
    pub(super) message: String,
    #[serde(default)]
    pub(super) suggestion: Option<String>,
}

impl Failed {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

#[derive(Deserialize)]
struct Answered<T> {
    result: T,
}

#[derive(Deserialize)]
struct Refused {
    error: Failed,
}

/// Reads what a command has printed: its result, or why there is none.
pub(super) fn read<T: DeserializeOwned>(output: &Output) -> Result<T, Failed> {
    let cannot_read = match serde_json::from_slice::<Answered<T>>(&output.stdout) {
        Ok(answered) => return Ok(answered.result),
        Err(error) => error,
    };
    if let Ok(refused) = serde_json::from_slice::<Refused>(&output.stdout) {
        return Err(refused.error);
    }
    let printed = output.stderr_text();
    Err(match printed.trim() {
        "" => Failed::new(format!("the answer cannot be read: {cannot_read}")),
        printed => Failed::new(printed.trim_start_matches("error: ")),
    })
}
