//! JSON as answers have it: harmless to terminals, and truncated to a limit.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use crate::model::is_obeyed;

/// A text shorter than this is never truncated: ids, titles and commands stay whole.
const SHORTEST_CUT: usize = 120;
/// What `"more":N` and the mark of a truncated text need at most.
const ROOM_FOR_MORE: usize = 24;

/// Returns JSON with what a terminal would obey written as `\u009b`: the same texts to whoever reads JSON, and
/// nothing to a terminal. Beside texts, line ends are all of it that JSON can hold.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| c != '\n' && is_obeyed(c);
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if is_obeyed(c) {
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Truncates a JSON answer to N bytes: the ends of the largest lists first, then of long texts. `more` is how many entries and
/// texts that took; none were truncated where it is absent.
pub fn truncate_json(answer: &mut Value, most: usize) {
    let most = most.saturating_sub(ROOM_FOR_MORE);
    let mut more = 0_usize;
    loop {
        let size = size_of(answer);
        if size <= most {
            break;
        }
        let excess = size - most;
        let truncated = truncate_list(answer, excess).or_else(|| truncate_text(answer, excess));
        match truncated {
            Some(count) => more += count,
            None => {
                // Nothing is left that could be truncated: the limit is below what an answer has at least.
                let command = answer.get("command").cloned();
                *answer =
                    Value::Object(command.map(|name| ("command".to_owned(), name)).into_iter().collect());
                more += 1;
                break;
            }
        }
    }
    if let (Value::Object(object), true) = (answer, more > 0) {
        object.insert("more".to_owned(), more.into());
    }
}

fn size_of(value: &Value) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

/// Takes entries from the end of the largest list, until these bytes are gone.
fn truncate_list(answer: &mut Value, excess: usize) -> Option<usize> {
    let list = largest(answer, &|value| value.as_array().is_some_and(|items| !items.is_empty()))?;
    let Value::Array(items) = list else { return None };
    let (mut count, mut gone) = (0, 0);
    while gone < excess
        && let Some(last) = items.pop()
    {
        gone += size_of(&last) + 1;
        count += 1;
    }
    Some(count)
}

fn truncate_text(answer: &mut Value, excess: usize) -> Option<usize> {
    let is_long = |value: &Value| value.as_str().is_some_and(|text| text.len() > SHORTEST_CUT);
    let Value::String(text) = largest(answer, &is_long)? else { return None };
    let mut end = text.len().saturating_sub(excess + '…'.len_utf8()).max(SHORTEST_CUT / 2);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push('…');
    Some(1)
}

/// Returns the largest value of a kind. A list is larger than what is in it, so the outermost is truncated before the inner ones.
fn largest<'v>(value: &'v mut Value, is_kind: &dyn Fn(&Value) -> bool) -> Option<&'v mut Value> {
    if is_kind(value) {
        return Some(value);
    }
    let children: Vec<&mut Value> = match value {
        Value::Object(object) => object.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => return None,
    };
    let found = children.into_iter().filter_map(|child| largest(child, is_kind));
    found.max_by_key(|value| size_of(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::truncate_json;

    #[test]
    fn a_limit_truncates_lists_before_texts_and_counts_what_it_took() {
        let list = || json!({"result": {"tasks": (0..50).map(|at| json!({"id": at})).collect::<Vec<_>>()}});
        for most in [60, 100, 200, 499, 10_000] {
            let mut answer = list();
            truncate_json(&mut answer, most);
            let left = answer["result"]["tasks"].as_array().unwrap().len();
            assert!(answer.to_string().len() <= most, "{answer}");
            assert_eq!(answer["more"].as_u64().unwrap_or(0), 50 - left as u64, "{answer}");
        }
        let mut text = json!({"result": {"body": "ä".repeat(500)}});
        truncate_json(&mut text, 300);
        assert!(text.to_string().len() <= 300 && text["more"] == 1, "{text}");
        let mut small = json!({"command": "show", "result": {"id": "a".repeat(100)}});
        truncate_json(&mut small, 60);
        assert_eq!(small, json!({"command": "show", "more": 1}));
    }
}
