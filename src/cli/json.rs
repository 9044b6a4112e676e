//! What answers and errors have in common as JSON.

use std::io::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

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
    serde_json::to_writer(&mut *out, value).expect("plain data with text keys is always JSON");
    let _ = out.write_all(b"\n");
}
