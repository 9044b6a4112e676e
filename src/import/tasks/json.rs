//! Objects of JSON with the lines that they are on, for the trackers that write it.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::ImportedTask;
use crate::model::Problem;

/// An object, and the keys of it that nobody has asked for yet.
pub(super) struct Object {
    /// Counted from 1.
    pub(super) line: usize,
    keys: Map<String, Value>,
}

/// Reads a list of objects, or one object a line.
///
/// # Errors
/// The text is neither; the problem has its line.
pub(super) fn objects(text: &str) -> Result<Vec<Object>, Problem> {
    if text.trim_start().starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| broken(&error, 0))?;
        return objects_of(&list, text);
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let keys = serde_json::from_str(line).map_err(|error| broken(&error, at))?;
            Ok(Object { line: at + 1, keys })
        })
        .collect()
}

/// Reads the list of objects that a part of a text is.
pub(super) fn objects_in(raw: &RawValue, text: &str) -> Result<Vec<Object>, Problem> {
    let list: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|error| broken(&error, 0))?;
    objects_of(&list, text)
}

/// Reads parts of a text, in its order, as objects.
fn objects_of(list: &[&RawValue], text: &str) -> Result<Vec<Object>, Problem> {
    let (mut at, mut line) = (0, 1);
    let one = |raw: &&RawValue| {
        // A raw value is a part of the text that it was read from, as long as that is borrowed.
        let offset = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let between = text.as_bytes().get(at..offset).unwrap_or_default();
        line += between.iter().filter(|byte| **byte == b'\n').count();
        at = offset.max(at);
        let keys = serde_json::from_str(raw.get()).map_err(|error| broken(&error, line - 1))?;
        Ok(Object { line, keys })
    };
    list.iter().map(one).collect()
}

/// Makes the problem of a text that is no JSON, `above` is the number of lines before it.
pub(super) fn broken(error: &serde_json::Error, above: usize) -> Problem {
    Problem::error(error.to_string()).at_line(error.line().max(1) + above)
}

/// Returns the first object of a text, as far as it is needed to tell what the text is.
pub(super) fn first(text: &str) -> Option<Map<String, Value>> {
    let start = text.trim_start();
    if start.starts_with('[') {
        let raw: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        return serde_json::from_str(raw.first()?.get()).ok();
    }
    let line = start.lines().next()?;
    serde_json::from_str(line).ok()
}

impl Object {
    /// Makes an object of a value that is one.
    pub(super) fn of(value: Value, line: usize) -> Option<Self> {
        if let Value::Object(keys) = value { Some(Self { line, keys }) } else { None }
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Takes a key's text; a number or a boolean as it is written.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.keys.get(key)? {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {}
            Value::Null => {
                self.keys.shift_remove(key);
                return None;
            }
            _ => return None,
        }
        self.keys.shift_remove(key).and_then(|value| scalar(&value)).filter(|text| !text.trim().is_empty())
    }

    /// Takes a key's texts: of a list, of a mapping's own names or titles, or one text.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        match self.keys.shift_remove(key) {
            Some(Value::Array(items)) => items.iter().filter_map(named).collect(),
            Some(value) => named(&value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Takes a key's value.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.keys.shift_remove(key).filter(|value| !value.is_null())
    }

    /// Takes the objects of a list.
    pub(super) fn list(&mut self, key: &str) -> Vec<Object> {
        let line = self.line;
        let Some(Value::Array(items)) = self.keys.shift_remove(key) else { return Vec::new() };
        items.into_iter().filter_map(|item| Object::of(item, line)).collect()
    }

    /// Leaves keys out: they are derived, or of no use outside of their tracker.
    pub(super) fn leave_out(&mut self, keys: &[&str]) {
        for key in keys {
            self.keys.shift_remove(*key);
        }
    }

    /// Keeps all keys that nobody has asked for in the task's text. Returns a warning that names them.
    pub(super) fn keep_rest(self, task: &mut ImportedTask) -> Vec<Problem> {
        let line = self.line;
        let mut problems = Vec::new();
        for (key, value) in self.keys {
            let text = match &value {
                Value::Null => continue,
                Value::Array(items) if items.is_empty() => continue,
                Value::Object(keys) if keys.is_empty() => continue,
                value => scalar(value).unwrap_or_else(|| value.to_string()),
            };
            if text.trim().is_empty() {
                continue;
            }
            task.keep(&key, &text);
            let problem = Problem::warning(format!("no field for `{}`", super::task::one_line(&key)));
            problems.push(problem.at_line(line).with_hint("it is kept in the task's text"));
        }
        problems
    }
}

/// Returns the text of a value that is no list and no mapping.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Returns the text of an item: itself, or what a mapping is called.
fn named(value: &Value) -> Option<String> {
    let names = ["login", "name", "title", "id", "number"];
    let of_mapping =
        || names.iter().find_map(|name| value.get(name).and_then(scalar).filter(|text| !text.is_empty()));
    scalar(value).or_else(of_mapping)
}

#[cfg(test)]
mod tests {
    use super::objects;
    use crate::import::tasks::ImportedTask;

    #[test]
    fn objects_have_their_lines() {
        let text = "[\n  {\"id\": 1},\n\n  {\"id\": \"x\", \"n\": null, \"more\": [1]}\n]\n";
        let mut found = objects(text).unwrap();
        assert_eq!(found.iter().map(|object| object.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(found[0].text("id").as_deref(), Some("1"));
        let mut last = found.pop().unwrap();
        assert_eq!((last.text("id").as_deref(), last.text("n")), (Some("x"), None));
        let mut task = ImportedTask::default();
        let problems = last.keep_rest(&mut task);
        assert_eq!(task.body(), "\n## Imported\n\n- more: [1]\n");
        assert_eq!(problems[0].to_string(), "line 4: no field for `more`");
        assert_eq!(objects("{\"a\":1}\n{\"a\":}\n").err().unwrap().line, Some(2));
        assert_eq!(objects("[\n{},\n 3]").err().unwrap().line, Some(3));
    }
}
