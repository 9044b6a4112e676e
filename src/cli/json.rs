//! What answers and errors have in common as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::page::is_obeyed;
use crate::model::{Problem, Severity};

/// The version of the JSON that `--format json` prints. It changes when a field is removed or changes meaning.
pub(super) const JSON_VERSION: u32 = 1;

/// Something wrong with a document, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProblemView {
    /// `error` or `warning`.
    severity: &'static str,
    /// Path below the top of the working tree.
    file: String,
    /// Line, counted from 1.
    line: Option<usize>,
    /// The key it is about.
    key: Option<String>,
    /// What is wrong.
    message: String,
    /// What to do.
    hint: Option<String>,
}

impl From<&Problem> for ProblemView {
    fn from(problem: &Problem) -> Self {
        Self {
            severity: if problem.severity == Severity::Error { "error" } else { "warning" },
            file: problem.file.clone(),
            line: problem.line,
            key: problem.key.clone(),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }
}

/// Writes a value as one line of JSON.
pub(super) fn write_line(value: &impl Serialize, out: &mut Vec<u8>) {
    let json = serde_json::to_string(value).expect("plain data with text keys is always JSON");
    out.extend_from_slice(harmless(&json).as_bytes());
    out.push(b'\n');
}

/// Writes a value as JSON on several lines.
pub(super) fn pretty(value: &Value) -> String {
    let json = serde_json::to_string_pretty(value).expect("a JSON value is always JSON");
    format!("{}\n", harmless(&json))
}

/// Returns JSON with what a terminal would obey written as `\u009b`: the same texts to whoever reads JSON, and
/// nothing to a terminal. Beside texts, line ends are all of it that JSON can hold.
fn harmless(json: &str) -> Cow<'_, str> {
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

#[cfg(test)]
mod tests {
    use super::write_line;

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_stays_the_same_text() {
        let text = "a\u{9b}31m\u{7f}\u{1b}[0m\n\u{202e}b\u{2069} \"ü\" 日本 😀\u{85}";
        let mut out = Vec::new();
        write_line(&text, &mut out);
        let line = String::from_utf8(out).unwrap();
        let expected = r#""a\u009b31m\u007f\u001b[0m\n\u202eb\u2069 \"ü\" 日本 😀\u0085""#;
        assert_eq!(line.trim_end(), expected);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
