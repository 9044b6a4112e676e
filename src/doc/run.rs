//! The committed record of a run. It is written as a whole by the engine, and by nobody else.

use super::Document;
use super::printable::printable;
use crate::model::{Problem, RunRecord};

/// Reads the record of the run that the file's name says.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_run(id: &str, bytes: &[u8]) -> Result<RunRecord, Vec<Problem>> {
    let document = Document::yaml(bytes)?;
    let read: Result<RunRecord, _> = serde_yaml::from_str(document.text());
    let record = read.map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Problem::error(message).at_line(line).with_hint("restore the file with git")]
    })?;
    if record.id == id {
        return Ok(record);
    }
    let message = format!("`{}` is not the id that the file's name says", printable(&record.id));
    Err(vec![Problem::error(message).on_key("id").at_line(document.line_of("id").unwrap_or(1))])
}

/// Writes the record of a run.
#[must_use]
pub fn create_run(record: &RunRecord) -> String {
    serde_yaml::to_string(record).expect("plain data with text keys is always YAML")
}
