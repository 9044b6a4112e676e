//! YAML as pipelines are written in: for every parser in use, of YAML 1.1 and 1.2, each text is read as the text that it is.

use serde_json::Value;

/// The longest list in one line.
const LONGEST_LIST: usize = 90;

/// Writes a mapping as a document. The same value is the same text.
#[must_use]
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    entries(value, 0, &mut out);
    out
}

fn entries(value: &Value, indent: usize, out: &mut String) {
    let Value::Object(map) = value else { return };
    for (position, (key, value)) in map.iter().enumerate() {
        if indent == 0 && position > 0 && matches!(value, Value::Object(_)) {
            out.push('\n');
        }
        out.push_str(&" ".repeat(indent));
        entry(key, value, indent, out);
    }
}

/// Writes a key and its value, where the line has been begun.
fn entry(key: &str, value: &Value, indent: usize, out: &mut String) {
    out.push_str(&quoted(key));
    out.push(':');
    nested(value, indent, out);
}

/// Writes a value behind a `:` or a `-` of this indent.
fn nested(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            entries(value, indent + 2, out);
        }
        Value::Array(items) if !items.is_empty() => match in_one_line(items) {
            Some(line) => out.push_str(&format!(" {line}\n")),
            None => {
                out.push('\n');
                items.iter().for_each(|each| item(each, indent + 2, out));
            }
        },
        Value::String(text) => match block(text, indent + 2) {
            Some(block) => out.push_str(&block),
            None => out.push_str(&format!(" {}\n", quoted(text))),
        },
        other => out.push_str(&format!(" {other}\n")),
    }
}

fn item(value: &Value, indent: usize, out: &mut String) {
    out.push_str(&" ".repeat(indent));
    out.push('-');
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (position, (key, value)) in map.iter().enumerate() {
                out.push_str(&if position == 0 { " ".to_owned() } else { " ".repeat(indent + 2) });
                entry(key, value, indent + 2, out);
            }
        }
        other => nested(other, indent, out),
    }
}

fn in_one_line(items: &[Value]) -> Option<String> {
    let word = |item: &Value| match item {
        Value::String(text) if !text.contains('\n') => Some(quoted(text)),
        Value::Bool(_) | Value::Number(_) => Some(item.to_string()),
        _ => None,
    };
    let words: Option<Vec<String>> = items.iter().map(word).collect();
    words.map(|words| format!("[{}]", words.join(", "))).filter(|line| line.len() <= LONGEST_LIST)
}

/// Returns lines as a block that keeps each of them; none where that would change a byte.
fn block(text: &str, indent: usize) -> Option<String> {
    let is_plain = |c: char| c == '\n' || c == '\t' || !c.is_control() && !is_break(c);
    let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
    let is_kept = text.chars().all(is_plain)
        && lines.first().is_some_and(|first| !first.starts_with([' ', '\t']) && !first.is_empty())
        && lines.last().is_some_and(|last| !last.trim().is_empty());
    let indent = " ".repeat(indent);
    let line = |line: &&str| if line.is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") };
    is_kept.then(|| format!(" |\n{}", lines.iter().map(line).collect::<String>()))
}

/// Line ends of YAML 1.1, and marks that readers drop.
fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Returns a text that is read as a text: as it is where nothing else could be meant, else in quotes.
fn quoted(text: &str) -> String {
    /// What YAML 1.1 takes for a boolean or for nothing.
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | ' ');
    let first = text.chars().next();
    let is_plain = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && !text.ends_with(' ')
        && text.chars().all(is_safe)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let json = Value::String(text.to_owned()).to_string();
    let escaped = json.chars().map(|c| match c {
        c if is_break(c) || c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_that_yaml_takes_for_something_else_are_quoted() {
        for text in
            ["", "on", "No", "1:30", "2026-11-27", "0x1f", "~", "a: b", "a #b", "*x", "=", "<<", " a", "a "]
        {
            assert!(quoted(text).starts_with('"'), "{text}");
        }
        assert_eq!(quoted("cargo test --all"), "cargo test --all");
        assert_eq!(quoted("a\u{2028}b"), "\"a\\u2028b\"");
    }

    #[test]
    fn a_document_is_laid_out_as_people_write_it() {
        let value = json!({"on": {"x": [1, "a"]}, "jobs": {"a": {"run": "one\n  two\n", "list": [{"k": "v", "m": "w"}]}}});
        insta::assert_snapshot!(document(&value), @r#"
        "on":
          x: [1, a]

        jobs:
          a:
            run: |
              one
                two
            list:
              - k: v
                m: w
        "#);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "\\PC*|[ \\t\\n\\r#:'\"a-c\u{85}\u{2028}\u{feff}-]{0,12}", more in "[a-z \n]{0,8}\n") {
            let value = json!({"a": {"b": text, "c": [more, {"d": text, "e": more}]}});
            let read: Value = serde_yaml::from_str(&document(&value)).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
