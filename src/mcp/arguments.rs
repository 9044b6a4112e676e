//! The arguments of the tools, and how they are read: what is wrong is named with the argument that it is in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::tools::ToolName;
use crate::ops::{ErrorKind, ErrorReport};

// The documentation of what follows is what clients read: none where the name says it all.

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NextArguments {
    /// Narrows what is ready
    pub(super) query: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub(super) limit: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetArguments {
    /// Unique parts of ids; default: your active task
    #[serde(default, alias = "id", deserialize_with = "texts")]
    pub(super) ids: Vec<String>,
    /// As of a commit or branch
    pub(super) at: Option<String>,
    /// From an earlier answer: goes on there
    pub(super) more: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub(super) max_bytes: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FindArguments {
    #[serde(default)]
    pub(super) query: String,
    /// Such as priority,-created
    pub(super) sort: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub(super) limit: Option<usize>,
    pub(super) at: Option<String>,
    pub(super) more: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub(super) max_bytes: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteArguments {
    /// In order; all or none are written
    #[schemars(with = "Vec<WriteOp>")]
    pub(super) ops: Vec<Value>,
}

// What an operation of a batch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WriteKind {
    New,
    Set,
    Note,
    Tick,
    Untick,
    Edit,
    Finding,
}

// What a note tells.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "for the schema alone: the words are read by the model")]
enum NoteWord {
    Decision,
    Tried,
    Cause,
}

// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FindingMove {
    Fixed,
    Resolved,
    Waived,
    Open,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteOp {
    pub(super) op: WriteKind,
    /// Task, or @ref of a new one
    pub(super) id: Option<String>,
    /// Names a new task for later ops
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    pub(super) title: Option<String>,
    /// type priority area tags parent depends_on sprint due files estimate assignee…; tags+ and tags- change a list, empty removes
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub(super) fields: Map<String, Value>,
    /// Markdown: description, note, body or reason
    pub(super) text: Option<String>,
    /// Deliverables, each a checkbox
    #[serde(default, deserialize_with = "texts")]
    pub(super) deliverables: Vec<String>,
    /// Acceptance criteria
    #[serde(default, deserialize_with = "texts")]
    pub(super) criteria: Vec<String>,
    /// Numbers, ranges, all, or parts of texts
    #[serde(default, deserialize_with = "texts")]
    pub(super) boxes: Vec<String>,
    /// Of a note
    #[schemars(with = "Option<NoteWord>")]
    pub(super) kind: Option<String>,
    pub(super) old: Option<String>,
    pub(super) finding: Option<String>,
    pub(super) state: Option<FindingMove>,
}

// A move between stages, or beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MoveKind {
    Start,
    Stop,
    Advance,
    Done,
    Fail,
    Block,
    Unblock,
    Cancel,
    Reopen,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveArguments {
    pub(super) action: MoveKind,
    /// Default: your active task
    #[serde(default, alias = "id", deserialize_with = "texts")]
    pub(super) ids: Vec<String>,
    pub(super) why: Option<String>,
    /// start: narrows the queue
    pub(super) query: Option<String>,
}

// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum VoteKind {
    Approve,
    Reject,
    Withdraw,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VoteArguments {
    /// Default: your active task
    pub(super) id: Option<String>,
    pub(super) verdict: VoteKind,
    pub(super) role: Option<String>,
    pub(super) notes: Option<String>,
    /// Each as "high: title @ file:line"
    #[serde(default, deserialize_with = "texts")]
    pub(super) findings: Vec<String>,
    /// Where it is under review, without a checkout
    pub(super) branch: Option<String>,
}

// What to do with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunKind {
    List,
    Start,
    Status,
    Logs,
    Why,
    Retry,
    Resume,
    Pause,
    Cancel,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunArguments {
    pub(super) action: RunKind,
    /// start: its name
    pub(super) workflow: Option<String>,
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub(super) params: Map<String, Value>,
    /// Default: the newest
    pub(super) run: Option<String>,
    pub(super) step: Option<String>,
    /// Seconds until it has ended or needs a person, at most 50
    #[serde(default, deserialize_with = "number")]
    pub(super) wait: Option<usize>,
}

/// Reads the arguments of a tool.
pub(super) fn read<T: DeserializeOwned>(
    tool: ToolName,
    given: &Map<String, Value>,
) -> Result<T, ErrorReport> {
    read_as(tool.name(), given)
}

/// Reads a table of arguments; `what` is what it is of.
pub(super) fn read_as<T: DeserializeOwned>(what: &str, given: &Map<String, Value>) -> Result<T, ErrorReport> {
    serde_json::from_value(Value::Object(given.clone())).map_err(|error| {
        let message = match wrong_argument::<T>(given, &error) {
            Some(name) => format!("invalid `{name}` of `{what}`: {error}"),
            None => format!("invalid arguments of `{what}`: {error}"),
        };
        ErrorReport::new(ErrorKind::Usage, message)
    })
}

/// Finds the argument that an error is about: the one without which it is another.
fn wrong_argument<T: DeserializeOwned>(
    given: &Map<String, Value>,
    error: &serde_json::Error,
) -> Option<String> {
    let message = error.to_string();
    // These name it themselves.
    if message.starts_with("unknown field") || message.starts_with("missing field") {
        return None;
    }
    let without = |name: &&String| {
        let rest: Map<String, Value> = given.clone().into_iter().filter(|(key, _)| key != *name).collect();
        let read = serde_json::from_value::<T>(Value::Object(rest));
        read.err().is_none_or(|error| error.to_string() != message)
    };
    given.keys().find(without).cloned()
}

/// Reads a number, also where it is written as a text.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(usize),
        Text(String),
        Nothing(()),
        Other(Value),
    }
    let wrong = |shown: String| serde::de::Error::custom(format!("expected a number, got {shown}"));
    match Given::deserialize(from)? {
        Given::Number(number) => Ok(Some(number)),
        Given::Nothing(()) => Ok(None),
        Given::Text(text) => {
            text.trim().parse().map(Some).map_err(|_| wrong(format!("`{}`", text.escape_debug())))
        }
        Given::Other(value) => Err(wrong(value.to_string())),
    }
}

/// Reads a list of texts, also where there is only one, or where some are numbers.
fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let read: Result<Vec<String>, String> = match Value::deserialize(from)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.into_iter().map(text_of).collect(),
        one => text_of(one).map(|text| vec![text]),
    };
    read.map_err(serde::de::Error::custom)
}

/// Returns a text, or a number as it is written.
pub(super) fn text_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("expected a text, got {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error<T: DeserializeOwned + std::fmt::Debug>(given: Value) -> String {
        let Value::Object(given) = given else { panic!("{given}") };
        read_as::<T>("tool", &given).unwrap_err().message
    }

    #[test]
    fn the_wrong_argument_is_named() {
        let find = error::<FindArguments>;
        assert_eq!(
            find(json!({"query": 5})),
            "invalid `query` of `tool`: invalid type: integer `5`, expected a string"
        );
        assert_eq!(find(json!({"limit": "x"})), "invalid `limit` of `tool`: expected a number, got `x`");
        assert_eq!(find(json!({"limit": -1})), "invalid `limit` of `tool`: expected a number, got -1");
        assert!(
            find(json!({"limits": 1}))
                .starts_with("invalid arguments of `tool`: unknown field `limits`, expected one of")
        );
        assert_eq!(
            error::<GetArguments>(json!({"ids": [[1]]})),
            "invalid `ids` of `tool`: expected a text, got [1]"
        );
        assert!(
            error::<MoveArguments>(json!({"action": "jump"}))
                .starts_with("invalid `action` of `tool`: unknown variant `jump`")
        );
        assert_eq!(error::<MoveArguments>(json!({})), "invalid arguments of `tool`: missing field `action`");
    }

    #[test]
    fn what_is_meant_is_taken() {
        let read = |given: Value| match given {
            Value::Object(given) => read_as::<GetArguments>("get", &given).unwrap(),
            other => panic!("{other}"),
        };
        assert_eq!(read(json!({"id": "7q2", "max_bytes": "900"})).max_bytes, Some(900));
        assert_eq!(read(json!({"ids": ["a", 7], "at": null})).ids, ["a", "7"]);
        assert!(read(json!({})).ids.is_empty());
    }
}
