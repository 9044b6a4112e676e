//! `--fields` and `--max-bytes`: which keys of an answer are printed, and how much of it.

use owo_colors::Style;
use serde_json::{Map, Value};

use super::error::Failure;
use super::output::{Cell, Output};
use crate::model::{Field, FieldKind, Minutes, nearest};

/// What the key of a length of time ends with.
const MINUTES: &str = "_minutes";

/// Keys of an answer that a user named, under the names that JSON has for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    keys: Vec<String>,
}

impl Selection {
    /// Reads names with commas between them. `schema` is that of the command's answer.
    pub(super) fn read(names: &str, schema: &Value) -> Result<Self, Failure> {
        let mut known = Vec::new();
        collect_keys(schema, &mut known);
        let key = |name: &str| {
            let is_known = |key: &&str| known.iter().any(|known| known == key);
            let of_field = Field::parse(name).map(key_of_field);
            let key = Some(name).filter(is_known).map(str::to_owned);
            key.or_else(|| of_field.filter(|key| is_known(&key.as_str()))).ok_or_else(|| {
                let hint = match nearest(name, known.iter().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`--format json` shows the names that there are".to_owned(),
                };
                Failure::usage_message(format!("unknown field `{name}`"), hint)
            })
        };
        let keys = names.split(',').map(|name| key(name.trim())).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Keeps the named keys of the objects that have the most of them; where it is brief, of the others only what leads to
    /// these.
    pub(super) fn apply(&self, result: &mut Value, is_brief: bool) {
        let most = self.most(result);
        if most > 0 {
            self.prune(result, most, is_brief);
        }
    }

    fn count(&self, object: &Map<String, Value>) -> usize {
        self.keys.iter().filter(|key| object.contains_key(*key)).count()
    }

    /// Returns how many of the keys the best of all objects has.
    fn most(&self, value: &Value) -> usize {
        match value {
            Value::Object(object) => {
                object.values().map(|value| self.most(value)).max().unwrap_or(0).max(self.count(object))
            }
            Value::Array(items) => items.iter().map(|item| self.most(item)).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn prune(&self, value: &mut Value, most: usize, is_brief: bool) {
        match value {
            Value::Object(object) if self.count(object) == most => *object = self.of(object),
            Value::Object(object) => {
                if is_brief {
                    object.retain(|_, value| self.most(value) == most);
                }
                object.values_mut().for_each(|value| self.prune(value, most, is_brief));
            }
            Value::Array(items) => {
                if is_brief {
                    items.retain(|item| self.most(item) == most);
                }
                items.iter_mut().for_each(|item| self.prune(item, most, is_brief));
            }
            _ => {}
        }
    }

    fn of(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let pair = |key: &String| Some((key.clone(), object.get(key)?.clone()));
        self.keys.iter().filter_map(pair).collect()
    }

    /// Shows the same as a table.
    pub(super) fn show(&self, result: &Value, out: &mut Output) {
        let (most, mut rows) = (self.most(result), Vec::new());
        if most > 0 {
            self.collect_rows(result, most, &mut rows);
        }
        show_table(&self.keys, &rows, out);
    }

    fn collect_rows(&self, value: &Value, most: usize, rows: &mut Vec<Map<String, Value>>) {
        match value {
            Value::Object(object) if self.count(object) == most => rows.push(self.of(object)),
            Value::Object(object) => {
                object.values().for_each(|value| self.collect_rows(value, most, rows));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect_rows(item, most, rows)),
            _ => {}
        }
    }
}

/// Returns the key of a field of tasks in JSON, where a length of time says its unit.
fn key_of_field(field: Field) -> String {
    match field.kind() {
        FieldKind::Duration => format!("{}{MINUTES}", field.key()),
        _ => field.key().to_owned(),
    }
}

/// Collects the keys that the objects of a schema have.
fn collect_keys(schema: &Value, known: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                known.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| collect_keys(value, known));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, known)),
        _ => {}
    }
}

/// Shows objects as a table under the names of their keys.
pub(super) fn show_table(keys: &[String], rows: &[Map<String, Value>], out: &mut Output) {
    if rows.is_empty() {
        return;
    }
    let name = |key: &String| key.trim_end_matches(MINUTES).to_owned();
    let heads = keys.iter().map(|key| Cell::styled(name(key), Style::new().dimmed())).collect();
    let row = |object: &Map<String, Value>| {
        let cell = |key: &String| {
            let cell = Cell::new(object.get(key).map(|value| text(key, value)).unwrap_or_default());
            if matches!(key.as_str(), "id" | "title") { cell } else { cell.wrap() }
        };
        keys.iter().map(cell).collect()
    };
    let mut table: Vec<Vec<Cell>> = if out.is_quiet() { Vec::new() } else { vec![heads] };
    table.extend(rows.iter().map(row));
    let title = keys.iter().position(|key| key == "title").unwrap_or(usize::MAX);
    out.columns(&table, title, 0);
}

/// Returns a value as people write it.
pub(super) fn text(key: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if key.ends_with(MINUTES) => {
            let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
            number.map(|number| Minutes(number).to_string()).unwrap_or_default()
        }
        Value::Array(items) => {
            let item = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            items.iter().map(item).collect::<Vec<_>>().join(",")
        }
        Value::Object(count) if count.contains_key("total") => {
            let number = |key: &str| count.get(key).map_or_else(String::new, ToString::to_string);
            format!("{}/{}", number("done"), number("total"))
        }
        other => other.to_string(),
    }
}

/// Cuts a text to N bytes, between lines, and says how many lines are left out.
pub(super) fn cut_lines(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let all = text.lines().count();
    let last = |shown: usize| format!("more: {} lines\n", all - shown);
    let (mut kept, mut shown) = (String::new(), 0);
    for line in text.split_inclusive('\n') {
        if kept.len() + line.len() + last(shown).len() > most {
            break;
        }
        kept.push_str(line);
        shown += 1;
    }
    kept + &last(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Selection, cut_lines};

    #[test]
    fn fields_are_those_of_the_objects_that_have_most_of_them() {
        let schema = json!({"properties": {"id": {}, "title": {}, "estimate_minutes": {}, "depends_on": {}}});
        let selection = Selection::read("title,id", &schema).unwrap();
        let mut list =
            json!({"query": "", "tasks": [{"id": 1, "title": "a", "stage": "x"}, {"id": 2, "title": "b"}]});
        selection.apply(&mut list, false);
        assert_eq!(list.to_string(), r#"{"query":"","tasks":[{"title":"a","id":1},{"title":"b","id":2}]}"#);
        let mut one = json!({"id": 1, "task": {"id": 1, "title": "a", "body": "b"}});
        selection.apply(&mut one, false);
        assert_eq!(one, json!({"id": 1, "task": {"title": "a", "id": 1}}));
        let mut brief = json!({"next": ["x"], "columns": [{"stage": "x"}, {"tasks": [{"id": 1}]}]});
        selection.apply(&mut brief, true);
        assert_eq!(brief, json!({"columns": [{"tasks": [{"id": 1}]}]}));
        let named = Selection::read("estimate, dep", &schema).unwrap();
        assert_eq!(named.keys, ["estimate_minutes", "depends_on"]);
        assert!(Selection::read("titel", &schema).is_err());
    }

    #[test]
    fn a_limit_cuts_a_text_between_lines() {
        assert_eq!(cut_lines("a\nb\n", 10), "a\nb\n");
        assert_eq!(cut_lines("first\nsecond\nthird\nfourth\n", 20), "first\nmore: 3 lines\n");
    }
}
