//! `tracker schema`

use clap::{Args, CommandFactory};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::error::ErrorEnvelope;
use super::super::json::pretty;
use super::super::page::Page;
use super::Reply;
use crate::cli::Cli;
use crate::cli::error::Failure;

/// Prints the JSON Schema of what `--format json` prints: of one command, of errors, or of all.
#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// A command, or `error`; all in one document where left out
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// A schema, as it is printed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// JSON Schemas by command, `error` for errors.
    schemas: serde_json::Map<String, serde_json::Value>,
}

impl Schema {
    pub(super) fn run(self, _door: &Door) -> Reply {
        let mut schemas: serde_json::Map<String, serde_json::Value> = super::schemas()
            .into_iter()
            .filter(|(name, _)| !is_hidden(name))
            .chain([("error".to_owned(), schemars::schema_for!(ErrorEnvelope))])
            .map(|(name, schema)| (name, schema.to_value()))
            .collect();
        if let Some(command) = self.command {
            let wanted = if command == "ls" { "list" } else { &command };
            let Some(schema) = schemas.remove(wanted) else {
                let names: Vec<&str> = schemas.keys().map(String::as_str).collect();
                let message = format!("`{command}` is no command");
                return Err(Failure::usage_message(message, format!("one of {}", names.join(", "))));
            };
            schemas = serde_json::Map::from_iter([(wanted.to_owned(), schema)]);
        }
        Ok(Answer::of(Output { schemas }))
    }
}

/// What only git calls has no place among what people and programs call.
fn is_hidden(name: &str) -> bool {
    Cli::command().find_subcommand(name).is_some_and(clap::Command::is_hide_set)
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        let value = match self.schemas.values().next() {
            Some(only) if self.schemas.len() == 1 => only.clone(),
            _ => serde_json::Value::Object(self.schemas.clone()),
        };
        page.raw(&pretty(&value));
    }
}
