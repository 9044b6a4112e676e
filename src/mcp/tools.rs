//! The table of tools: names, what they are for, the schemas of their arguments, and what they may do.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::arguments::{
    FindArguments, GetArguments, MoveArguments, NextArguments, RunArguments, VoteArguments, WriteArguments,
    read,
};
use super::calls;
use super::world::{Caller, World};
use crate::ops::ErrorReport;

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolName {
    Next,
    Get,
    Find,
    Write,
    Move,
    Vote,
    Run,
}

/// What a tool may do.
enum Effect {
    Reads,
    /// Changes records, and none that it could not add to.
    Writes,
    /// Starts programs.
    Executes,
}

impl ToolName {
    /// All of them, in the order in which they are listed: always the same.
    pub(super) const ALL: [Self; 7] =
        [Self::Next, Self::Get, Self::Find, Self::Write, Self::Move, Self::Vote, Self::Run];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Get => "get",
            Self::Find => "find",
            Self::Write => "write",
            Self::Move => "move",
            Self::Vote => "vote",
            Self::Run => "run",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Next => "What to do now: your active task, what waits for you, tasks ready to start",
            Self::Get => "Read tasks in full",
            Self::Find => {
                "List tasks by a query: words, stage:qa status:blocked priority>=high assignee:@me tag:ui type:bug \
                 sprint:S1 due<2026-12-01 is:ready has:FIELD; - negates, commas are alternatives. Empty: all open"
            }
            Self::Write => {
                "Create and change tasks: all ops in order, or none. new: title, fields, text, deliverables, criteria; \
                 set: fields; note: text; tick, untick: boxes; edit: replace `old` in the body by `text`, without old \
                 append; finding: state of a finding"
            }
            Self::Move => {
                "Move tasks between stages. start without ids takes the first that is ready; advance: one stage; done: as \
                 far as earned; fail: back; fail, block and cancel need why"
            }
            Self::Vote => "Vote on a task for a role, as an agent. Never for a person",
            Self::Run => "Run a workflow of the repository (it executes commands), follow it, act on it",
        }
    }

    /// Whether it changes nothing.
    pub(super) fn is_reading(self) -> bool {
        matches!(self.effect(), Effect::Reads)
    }

    fn effect(self) -> Effect {
        match self {
            Self::Next | Self::Get | Self::Find => Effect::Reads,
            Self::Write | Self::Move | Self::Vote => Effect::Writes,
            Self::Run => Effect::Executes,
        }
    }

    fn schema(self) -> JsonObject {
        match self {
            Self::Next => schema_of::<NextArguments>(),
            Self::Get => schema_of::<GetArguments>(),
            Self::Find => schema_of::<FindArguments>(),
            Self::Write => schema_of::<WriteArguments>(),
            Self::Move => schema_of::<MoveArguments>(),
            Self::Vote => schema_of::<VoteArguments>(),
            Self::Run => schema_of::<RunArguments>(),
        }
    }

    /// Returns the tool as clients see it.
    pub(super) fn definition(self) -> Tool {
        let annotations = match self.effect() {
            Effect::Reads => ToolAnnotations::new().read_only(true),
            Effect::Writes => ToolAnnotations::new().destructive(false),
            Effect::Executes => ToolAnnotations::new().open_world(true),
        };
        let annotations =
            if let Effect::Executes = self.effect() { annotations } else { annotations.open_world(false) };
        Tool::new(Cow::Borrowed(self.name()), Cow::Borrowed(self.about()), Arc::new(self.schema()))
            .with_annotations(annotations)
    }

    /// Calls it.
    pub(super) fn call(
        self,
        world: &World,
        caller: &Caller,
        given: &Map<String, Value>,
    ) -> Result<Answer, ErrorReport> {
        match self {
            Self::Next => calls::next(world, caller, read(self, given)?),
            Self::Get => calls::get(world, caller, read(self, given)?),
            Self::Find => calls::find(world, caller, read(self, given)?),
            Self::Write => calls::write(world, caller, read(self, given)?),
            Self::Move => calls::moves(world, caller, &read(self, given)?),
            Self::Vote => calls::vote(world, caller, read(self, given)?),
            Self::Run => calls::run(world, caller, read(self, given)?),
        }
    }
}

/// Keys of a schema that no caller needs: every agent that connects reads all of them.
const LEFT_OUT: [&str; 6] = ["$schema", "title", "format", "minimum", "default", "additionalProperties"];

fn schema_of<T: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    match compact(settings.into_generator().into_root_schema_for::<T>().to_value()) {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    }
}

/// Returns a schema without what is left out, and without the null of what may be missing.
fn compact(schema: Value) -> Value {
    let Value::Object(members) = schema else { return schema };
    let mut kept = Map::new();
    for (key, value) in members {
        match (key.as_str(), value) {
            (key, _) if LEFT_OUT.contains(&key) => {}
            ("type", Value::Array(types)) => {
                kept.extend(types.into_iter().find(|name| name != "null").map(|name| (key, name)));
            }
            ("enum", Value::Array(words)) => {
                kept.insert(key, words.into_iter().filter(|word| !word.is_null()).collect());
            }
            ("anyOf", Value::Array(choices)) => {
                let choice = choices.into_iter().find(|choice| choice["type"] != "null").map(compact);
                kept.extend(choice.and_then(|choice| choice.as_object().cloned()).into_iter().flatten());
            }
            ("properties", Value::Object(named)) => {
                let named: Map<String, Value> =
                    named.into_iter().map(|(name, schema)| (name, compact(schema))).collect();
                kept.insert(key, named.into());
            }
            (_, value) => drop(kept.insert(key, compact(value))),
        }
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use rmcp::model::ListToolsResult;

    use super::*;

    #[test]
    fn all_schemas_together_are_small_and_whole() {
        let list = ListToolsResult::with_all_items(ToolName::ALL.map(ToolName::definition).to_vec());
        let json = serde_json::to_string(&list).unwrap();
        assert!(json.len() <= 4_800, "{} bytes: {json}", json.len());
        for left_out in ["null", "$ref", "anyOf", "$defs"] {
            assert!(!json.contains(left_out), "{left_out}: {json}");
        }
        assert_eq!(list.tools.len(), ToolName::ALL.len());
        for (tool, own) in list.tools.iter().zip(ToolName::ALL) {
            assert_eq!(tool.name, own.name());
            assert_eq!(tool.input_schema["type"], "object");
        }
    }
}
