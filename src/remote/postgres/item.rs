//! Rows as items, and changes of items as the statement reads them. Nothing in a row is trusted: a value of another kind than
//! expected is named and left out, and the rest of the row is taken.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::table::{FIELDS, LONGEST, Table};
use crate::model::{Minutes, SyncField, SyncValue, SyncValues};
use crate::sync::{Push, RemoteItem};

/// Longer metadata is not taken over, in bytes.
const LONGEST_METADATA: usize = 4096;
/// A longer id is none, in bytes.
const LONGEST_ID: usize = 200;

/// A row as it was read: texts, in the order of the statement.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) id: Option<String>,
    pub(super) version: String,
    /// Names of columns whose value is too long, with commas.
    pub(super) long: String,
    /// Seconds since 1970.
    pub(super) updated: Option<String>,
    pub(super) synced: Option<String>,
    pub(super) task: Option<String>,
    /// Our own part of the metadata, where the database gives it.
    pub(super) own: Option<String>,
    /// The columns of fields that the table has.
    pub(super) values: Vec<Option<String>>,
}

/// Reads a row. Beside the item come problems, which name it; `None` where it cannot be named itself.
pub(super) fn item_of(
    table: &Table,
    own_key: &str,
    cells: &Cells,
    task_of: impl Fn(i64) -> Option<String>,
) -> (Option<RemoteItem>, Vec<String>) {
    let id = cells.id.as_deref().unwrap_or_default();
    if id.is_empty() || id.len() > LONGEST_ID || id.contains(char::is_control) {
        let start: String = id.chars().filter(|c| !c.is_control()).take(40).collect();
        return (None, vec![format!("`{start}` cannot be the id of a row")]);
    }
    let mut row = Row { id, fields: SyncValues::new(), problems: Vec::new() };
    let long: BTreeSet<&str> = cells.long.split(',').filter(|key| !key.is_empty()).collect();
    for key in &long {
        row.problem(key, &format!("has more than {LONGEST} bytes"));
    }
    let mut metadata = Some(Value::Null);
    for ((field, key), value) in table.selected().into_iter().zip(&cells.values) {
        if long.contains(key) {
            metadata = metadata.filter(|_| field != SyncField::Metadata);
            continue;
        }
        if field == SyncField::Metadata {
            metadata = row.metadata(own_key, value.as_deref());
            continue;
        }
        match value_of(field, value.as_deref()) {
            Ok(value) => drop(row.fields.insert(field, value)),
            Err(why) => row.problem(key, &why),
        }
    }
    let own = match &cells.own {
        Some(text) => serde_json::from_str(text).unwrap_or_default(),
        None => metadata.as_ref().map(|metadata| metadata[own_key].clone()).unwrap_or_default(),
    };
    // Where the metadata is something else than an object, nothing of our own can be beside it.
    if table.has_metadata() && metadata.is_none_or(|metadata| metadata.is_null() || metadata.is_object()) {
        row.own_values(table, &own);
    }
    let key = key_of(table, cells, &own, task_of);
    let seconds = cells.updated.as_ref().and_then(|text| text.parse::<f64>().ok());
    #[expect(clippy::cast_possible_truncation, reason = "a time out of range is none")]
    let updated = seconds.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds as i64, 0));
    let Row { fields, problems, .. } = row;
    let item = RemoteItem { id: id.to_owned(), key, version: cells.version.clone(), updated, fields };
    (Some(item), problems)
}

/// Returns the task that a row belongs to, or what another program has taken it for.
fn key_of(
    table: &Table,
    cells: &Cells,
    own: &Value,
    task_of: impl Fn(i64) -> Option<String>,
) -> Option<String> {
    let short =
        |text: &&str| !text.is_empty() && text.len() <= LONGEST_ID && !text.contains(char::is_control);
    if let Some(task) = own["task"].as_str().filter(short) {
        return Some(task.to_owned());
    }
    let is_synced = cells.synced.as_deref().is_none_or(|text| matches!(text, "true" | "t" | "1"));
    let task = cells.task.as_deref().filter(short).filter(|_| is_synced);
    match task {
        Some(number) if table.has_numbers() => {
            let known = number.parse().ok().and_then(&task_of);
            Some(known.unwrap_or_else(|| format!("#{number}")))
        }
        Some(task) => Some(task.to_owned()),
        None if is_synced && cells.synced.is_some() => Some("another program".to_owned()),
        None => None,
    }
}

struct Row<'r> {
    id: &'r str,
    fields: SyncValues,
    problems: Vec<String>,
}

impl Row<'_> {
    fn problem(&mut self, key: &str, why: &str) {
        self.problems.push(format!("`{}`: {key} {why}; it is left out", self.id));
    }

    /// Takes what others have in the metadata. Returns all of it; none where it cannot be read.
    fn metadata(&mut self, own_key: &str, text: Option<&str>) -> Option<Value> {
        let Some(text) = text else {
            self.fields.insert(SyncField::Metadata, SyncValue::text(""));
            return Some(Value::Null);
        };
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            self.problem("metadata", "is not JSON");
            return None;
        };
        let mut others = value.clone();
        if let Value::Object(members) = &mut others {
            members.shift_remove(own_key);
        }
        let is_empty = others.is_null() || others.as_object().is_some_and(Map::is_empty);
        let text = if is_empty { String::new() } else { others.to_string() };
        if text.len() > LONGEST_METADATA {
            self.problem("metadata", &format!("has more than {LONGEST_METADATA} bytes"));
        } else {
            self.fields.insert(SyncField::Metadata, SyncValue::Text(text));
        }
        Some(value)
    }

    fn own_values(&mut self, table: &Table, own: &Value) {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        self.fields.insert(SyncField::Signoffs, SyncValue::Text(text(&own["qa_sign_offs"])));
        if table.column("progress_percentage").is_none() {
            let progress = Some(text(&own["progress_percentage"])).filter(|text| !text.is_empty());
            let progress = progress.unwrap_or_else(|| "0".to_owned());
            self.fields.insert(SyncField::Progress, SyncValue::Text(progress));
        }
    }
}

/// Reads the value of a field, or explains why it is none.
fn value_of(field: SyncField, text: Option<&str>) -> Result<SyncValue, String> {
    let text = text.map(str::trim_end).filter(|text| !text.is_empty());
    match (field, text) {
        (SyncField::Progress, None) => Ok(SyncValue::text("0")),
        (_, None) => Ok(field.empty()),
        (SyncField::Dependencies, Some(text)) => {
            let ids = |value: Value| -> Option<BTreeSet<String>> {
                let id = |item: &Value| match item {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                };
                match value {
                    Value::Null => Some(BTreeSet::new()),
                    Value::Array(items) => items.iter().map(id).collect(),
                    _ => None,
                }
            };
            let read = serde_json::from_str(text).ok().and_then(ids);
            read.map(SyncValue::Labels).ok_or_else(|| "is not a list of ids".to_owned())
        }
        (SyncField::Estimate, Some(text)) => {
            let minutes: u32 = text.parse().map_err(|_| "is not a number of minutes".to_owned())?;
            Ok(SyncValue::Text(if minutes == 0 { String::new() } else { Minutes(minutes).to_string() }))
        }
        (SyncField::Progress, Some(text)) => {
            let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|c| c == b'0'));
            Ok(SyncValue::text(whole.map_or(text, |(whole, _)| whole)))
        }
        (_, Some(text)) => Ok(SyncValue::text(text)),
    }
}

/// Returns a change as the statement reads it.
pub(super) fn change_of(table: &Table, push: &Push) -> Value {
    let (mut set, mut own) = (Map::new(), Map::new());
    own.insert("task".to_owned(), json!(push.key));
    for (field, value) in &push.fields {
        let text = value.to_string();
        let key = FIELDS.iter().find(|(known, _)| known == field).map(|(_, key)| *key);
        match (field, key) {
            (SyncField::Signoffs, _) => drop(own.insert("qa_sign_offs".to_owned(), json!(text))),
            (SyncField::Progress, Some(key)) if table.column(key).is_none() => {
                let percent = text.parse::<u32>().unwrap_or_default();
                own.insert(key.to_owned(), json!(percent));
            }
            (SyncField::Estimate, Some(key)) => {
                let minutes = Minutes::parse(&text).map(|minutes| minutes.0);
                set.insert(key.to_owned(), json!(minutes));
            }
            (_, Some(key)) if text.is_empty() => drop(set.insert(key.to_owned(), Value::Null)),
            (_, Some(key)) => drop(set.insert(key.to_owned(), json!(text))),
            (_, None) => {}
        }
    }
    json!({
        "id": push.id,
        "version": push.version,
        "set": set,
        "own": own,
        "task": push.key,
        "number": number_of(&push.key),
    })
}

/// Returns the number of a task, for a column that keeps one: that of its id, where the id has one, else one that no other id of
/// up to six letters has.
pub(super) fn number_of(task: &str) -> i64 {
    /// The alphabet of ids, as [`crate::model`] makes them.
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let suffix = task.split_once('-').map_or(task, |(_, suffix)| suffix);
    let is_number = suffix.bytes().all(|c| c.is_ascii_digit()) && !suffix.starts_with('0');
    if let (true, Ok(number)) = (is_number, suffix.parse::<i32>()) {
        return number.into();
    }
    let mut number: i64 = 0;
    for letter in suffix.chars() {
        let Some(digit) = ALPHABET.find(letter).filter(|_| suffix.len() <= 6) else {
            return i64::from(crc32fast::hash(task.as_bytes()) & i32::MAX as u32);
        };
        number = number * 32 + i64::try_from(digit).unwrap_or_default() + 1;
    }
    number
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::super::table::{Column, Table};
    use super::{Cells, change_of, item_of, number_of};
    use crate::model::{SyncField, SyncValue};
    use crate::sync::Push;

    fn table(columns: &[(&str, &str)]) -> Table {
        let column = |kind: &str| Column { kind: kind.to_owned(), is_writable: true };
        let required = [("id", "uuid"), ("project_name", "text"), ("title", "text")];
        let all = required.iter().chain(columns).map(|(name, kind)| ((*name).to_owned(), column(kind)));
        Table::new("t", &BTreeMap::new(), all.collect()).unwrap()
    }

    fn cells(values: &[Option<&str>]) -> Cells {
        let values = values.iter().map(|value| value.map(str::to_owned)).collect();
        Cells { id: Some("a1".to_owned()), version: "v".to_owned(), values, ..Cells::default() }
    }

    #[test]
    fn a_value_of_another_kind_is_named_and_the_rest_is_taken() {
        let table = table(&[
            ("estimated_duration_minutes", "text"),
            ("dependencies", "jsonb"),
            ("metadata", "jsonb"),
        ]);
        let row = cells(&[Some("A"), Some("soon"), Some("{\"a\":1}"), Some("[1, 2]")]);
        let (item, problems) = item_of(&table, "own", &row, |_| None);
        let item = item.unwrap();
        assert_eq!(item.fields[&SyncField::Title], SyncValue::text("A"));
        assert_eq!(item.fields[&SyncField::Metadata], SyncValue::text("[1,2]"));
        assert!(!item.fields.contains_key(&SyncField::Signoffs), "nothing can be beside a list");
        assert_eq!(
            problems,
            [
                "`a1`: estimated_duration_minutes is not a number of minutes; it is left out",
                "`a1`: dependencies is not a list of ids; it is left out",
            ]
        );
        let row = cells(&[
            Some("A"),
            Some("45"),
            Some("[\"b\", 7]"),
            Some("{\"a\":1,\"own\":{\"task\":\"T-1\",\"qa_sign_offs\":\"1/3\"}}"),
        ]);
        let (item, problems) = item_of(&table, "own", &row, |_| None);
        let item = item.unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(item.key.as_deref(), Some("T-1"));
        let text = |field: SyncField| item.fields[&field].to_string();
        assert_eq!(text(SyncField::Estimate), "45m");
        assert_eq!(text(SyncField::Dependencies), "7, b");
        assert_eq!(text(SyncField::Metadata), "{\"a\":1}");
        assert_eq!(text(SyncField::Signoffs), "1/3");
        assert_eq!(text(SyncField::Progress), "0");
    }

    #[test]
    fn a_row_that_another_program_has_taken_belongs_to_it() {
        let table = table(&[("synced_task_id", "integer")]);
        let taken = |synced: &str, task: Option<&str>| {
            let mut row = cells(&[Some("A")]);
            (row.synced, row.task) = (Some(synced.to_owned()), task.map(str::to_owned));
            let known = |number| (number == 7).then(|| "T-7".to_owned());
            item_of(&table, "own", &row, known).0.unwrap().key
        };
        assert_eq!(taken("true", Some("210")).as_deref(), Some("#210"));
        assert_eq!(taken("true", Some("7")).as_deref(), Some("T-7"));
        assert_eq!(taken("true", None).as_deref(), Some("another program"));
        assert_eq!(taken("false", Some("7")), None);
        let (item, problems) = item_of(&table, "own", &Cells::default(), |_| None);
        assert!(item.is_none() && problems.len() == 1);
    }

    #[test]
    fn a_change_is_written_to_the_columns_that_are_there() {
        let fields = [
            (SyncField::Title, SyncValue::text("B")),
            (SyncField::Area, SyncValue::text("")),
            (SyncField::Progress, SyncValue::text("100")),
            (SyncField::Signoffs, SyncValue::text("3/3")),
        ];
        let push = Push {
            id: Some("a1".to_owned()),
            key: "TASK-210".to_owned(),
            version: Some("v".to_owned()),
            fields: fields.into(),
        };
        let change = change_of(&table(&[("metadata", "jsonb")]), &push).to_string();
        assert_eq!(
            change,
            r#"{"id":"a1","version":"v","set":{"title":"B","feature_area":null},"own":{"task":"TASK-210","progress_percentage":100,"qa_sign_offs":"3/3"},"task":"TASK-210","number":210}"#
        );
        let change = change_of(&table(&[("progress_percentage", "integer")]), &push);
        assert_eq!(change["set"]["progress_percentage"], "100");
    }

    #[test]
    fn tasks_have_numbers_of_their_own() {
        assert_eq!(number_of("TASK-210"), 210);
        let ids = ["TASK-A", "TASK-0A", "TASK-GG6VSA", "TASK-GG6VSB", "TASK-ZZZZZZ", "TASK-XZRQ", "TASK-00"];
        let numbers: HashSet<i64> = ids.iter().map(|id| number_of(id)).collect();
        assert_eq!(numbers.len(), ids.len());
        assert!(numbers.iter().all(|number| (1..=i64::from(i32::MAX)).contains(number)));
        assert!(number_of("TASK-GG6VSAGG6VSA") <= i64::from(i32::MAX));
    }
}
