//! The lines that a program reads and prints: one JSON value each. `tracker help sync` describes them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{SyncField, SyncValue, SyncValues};
use crate::sync::{Capabilities, Push, RemoteItem};

/// What a program is to do.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request<'r> {
    Capabilities,
    Pull { page: Option<&'r str> },
    State { ids: &'r [String] },
    Push { id: Option<&'r str>, key: &'r str, version: Option<&'r str>, fields: &'r SyncValues },
}

impl<'r> Request<'r> {
    pub(super) fn of(push: &'r Push) -> Self {
        Self::Push {
            id: push.id.as_deref(),
            key: &push.key,
            version: push.version.as_deref(),
            fields: &push.fields,
        }
    }
}

/// What a program prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Capabilities(Capabilities),
    Item(Box<Item>),
    /// There is another page.
    Page(String),
    /// That was all.
    End(#[expect(dead_code, reason = "its presence is all that matters")] bool),
    Written {
        id: Value,
        version: Value,
    },
    Changed(#[expect(dead_code, reason = "its presence is all that matters")] bool),
    Refused(String),
    Error(String),
}

/// An item as a program prints it.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    id: Value,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    updated: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
}

impl Item {
    /// Checks it. The error names the item.
    pub(super) fn read(self) -> Result<RemoteItem, String> {
        let id = text_of(&self.id).filter(|id| !id.is_empty()).ok_or_else(|| self.nameless())?;
        let is_odd = |c: char| c.is_control();
        if id.len() > 200 || id.contains(is_odd) {
            let start: String = id.chars().filter(|c| !is_odd(*c)).take(40).collect();
            return Err(format!("`{start}…` cannot be an id: it is too long, or has control characters"));
        }
        let mut fields = SyncValues::new();
        for (name, value) in &self.fields {
            let Some(field) = SyncField::parse(name) else { continue };
            let value = value_of(field, value).ok_or_else(|| {
                let is_list = matches!(field.empty(), SyncValue::Labels(_));
                let expected = if is_list { "a list of texts" } else { "a text" };
                format!("`{id}`: {field} is not {expected}")
            })?;
            fields.insert(field, value);
        }
        let read = |text: &String| DateTime::parse_from_rfc3339(text).ok();
        let updated = self.updated.as_ref().and_then(read).map(|at| at.with_timezone(&Utc));
        let version = text_of(&self.version).unwrap_or_default();
        Ok(RemoteItem { id, key: self.key, version, updated, fields })
    }

    /// Why an item without an id is not taken.
    fn nameless(&self) -> String {
        let title = self.fields.get("title").and_then(text_of).unwrap_or_default();
        let title: String = title.chars().filter(|c| !c.is_control()).take(60).collect();
        format!("an item has no id there, and is not taken: `{title}`")
    }
}

/// Returns a text, or a number as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn value_of(field: SyncField, value: &Value) -> Option<SyncValue> {
    match (field, value) {
        (_, Value::Null) => Some(field.empty()),
        (SyncField::Labels | SyncField::Dependencies, Value::Array(items)) => {
            let labels: Option<BTreeSet<String>> = items.iter().map(text_of).collect();
            labels.map(SyncValue::Labels)
        }
        (SyncField::Labels | SyncField::Dependencies, _) => None,
        (_, value) => text_of(value).map(SyncValue::Text),
    }
}
