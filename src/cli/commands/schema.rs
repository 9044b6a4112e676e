//! `tracker schema`

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View, pretty, sparse_schema};
use crate::cli::command;
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::error::ErrorEnvelope;
use crate::cli::error::Failure;
use crate::cli::output::Output;

/// Print the JSON Schema of --format json
///
/// Of one command, of errors (`error`), or of all commands in one document.
///
/// Example: tracker schema list
#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// Command, or `error` [default: all]
    #[arg(value_name = "COMMAND", add = completion::words(names))]
    command: Option<String>,
}

/// A schema, as it is printed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// JSON Schemas by command, `error` for errors.
    schemas: serde_json::Map<String, serde_json::Value>,
}

impl Command for Schema {
    type Response = Response;

    fn run(self, _door: &Context) -> Reply<Response> {
        let mut schemas: serde_json::Map<String, serde_json::Value> = super::schemas()
            .filter(|(name, _)| !is_hidden(name))
            .chain([("error", sparse_schema::<ErrorEnvelope>())])
            .map(|(name, schema)| (name.to_owned(), schema.to_value()))
            .collect();
        if let Some(command) = self.command {
            let name = if command == "ls" { "list" } else { &command };
            let Some(schema) = schemas.remove(name) else {
                let names: Vec<&str> = schemas.keys().map(String::as_str).collect();
                let message = format!("unknown command `{command}`");
                return Err(Failure::usage_message(message, format!("expected {}", names.join(", "))));
            };
            schemas = serde_json::Map::from_iter([(name.to_owned(), schema)]);
        }
        Ok(Answer::of(Response { schemas }))
    }
}

fn names() -> Vec<String> {
    let names = super::schemas().map(|(name, _)| name).filter(|name| !is_hidden(name));
    names.chain(["error"]).map(str::to_owned).collect()
}

/// What only git calls has no place among what people and programs call.
fn is_hidden(name: &str) -> bool {
    command().find_subcommand(name).is_some_and(clap::Command::is_hide_set)
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        let value = match self.schemas.values().next() {
            Some(only) if self.schemas.len() == 1 => only.clone(),
            _ => serde_json::Value::Object(self.schemas.clone()),
        };
        out.raw(&pretty(&value));
    }
}
