//! `list --fields`: of each task only the fields that were asked for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::choose::body_of;
use super::{Listing, Session, TaskLine};
use crate::model::Field;

/// A listing of some fields.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Picked {
    /// The query in its canonical form.
    pub query: String,
    /// The tasks, in order.
    pub tasks: Vec<PickedTask>,
    /// How many match, those beyond the limit included.
    pub matched: usize,
    /// How many closed tasks were left out because there was no query.
    pub hidden: usize,
}

/// The fields of a task that were asked for, in the order they were asked for.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct PickedTask(pub Map<String, Value>);

impl JsonSchema for PickedTask {
    fn schema_name() -> Cow<'static, str> {
        "PickedTask".into()
    }

    /// Any of the fields of a line, and the body.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = TaskLine::json_schema(generator);
        schema.remove("required");
        schema.insert("description".to_owned(), "The fields that were asked for.".into());
        schema.insert("additionalProperties".to_owned(), false.into());
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            let body =
                json_schema!({ "description": "The Markdown below the front matter.", "type": "string" });
            properties.insert(Field::Body.key().to_owned(), body.to_value());
        }
        schema
    }
}

/// Picks fields of a listing, under the names that whole lines have.
#[must_use]
pub fn pick(session: &Session<'_>, listing: Listing, fields: &[Field]) -> Picked {
    let picked = |line: &TaskLine| {
        let all = serde_json::to_value(line).expect("plain data with text keys is always JSON");
        let value = |field: &Field| match field {
            Field::Body => (field.key().to_owned(), body_of(session, &line.id).unwrap_or_default().into()),
            _ => {
                let key = key_of(*field);
                let value = all.get(&key).cloned().unwrap_or_default();
                (key, value)
            }
        };
        PickedTask(fields.iter().map(value).collect())
    };
    let tasks = listing.tasks.iter().map(picked).collect();
    Picked { query: listing.query, tasks, matched: listing.matched, hidden: listing.hidden }
}

/// Returns the name of a field in a line, where a length of time says its unit.
fn key_of(field: Field) -> String {
    match field {
        Field::Estimate | Field::Spent => format!("{}_minutes", field.key()),
        _ => field.key().to_owned(),
    }
}
