//! The committed record of a run. That of a workflow's run is written as a whole by the engine, and by nobody else; to
//! that of a task run what people decide is added.

use serde::de::DeserializeOwned;

use super::Document;
use super::edit::{Edit, Scalar};
use super::printable::printable;
use super::task::moment_text;
use crate::model::{Problem, RunRecord, TaskRun, TaskRunChange};

/// A record in the folder of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyRun {
    /// Of a workflow's run.
    Workflow(Box<RunRecord>),
    /// Of a task run.
    Tasks(TaskRun),
}

/// Reads the record of the run that the file's name says.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_any_run(id: &str, bytes: &[u8]) -> Result<AnyRun, Vec<Problem>> {
    match is_task_run(bytes) {
        true => read_task_run(id, bytes).map(AnyRun::Tasks),
        false => read_run(id, bytes).map(|run| AnyRun::Workflow(Box::new(run))),
    }
}

/// Whether a record says that it is of a task run.
#[must_use]
pub fn is_task_run(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == b"kind: tasks")
}

/// Reads the record of a task run.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_task_run(id: &str, bytes: &[u8]) -> Result<TaskRun, Vec<Problem>> {
    read(id, bytes, |run: &TaskRun| &run.id)
}

/// Reads the record of a workflow's run.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_run(id: &str, bytes: &[u8]) -> Result<RunRecord, Vec<Problem>> {
    read(id, bytes, |run: &RunRecord| &run.id)
}

fn read<T: DeserializeOwned>(id: &str, bytes: &[u8], own: impl Fn(&T) -> &str) -> Result<T, Vec<Problem>> {
    let document = Document::yaml(bytes)?;
    let read: Result<T, _> = serde_yaml::from_str(document.text());
    let record = read.map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Problem::error(message).at_line(line).with_hint("restore the file with git")]
    })?;
    if own(&record) == id {
        return Ok(record);
    }
    let message = format!("`{}` is not the id that the file's name says", printable(own(&record)));
    Err(vec![Problem::error(message).on_key("id").at_line(document.line_of("id").unwrap_or(1))])
}

/// Writes the record of a run.
#[must_use]
pub fn create_run(record: &RunRecord) -> String {
    serde_yaml::to_string(record).expect("plain data with text keys is always YAML")
}

/// Writes the record of a new task run.
#[must_use]
pub fn create_task_run(run: &TaskRun) -> String {
    serde_yaml::to_string(run).expect("plain data with text keys is always YAML")
}

/// Returns the edit that adds a decision to the record of a task run.
#[must_use]
pub fn decide_task_run(change: &TaskRunChange) -> Edit {
    let text = |key: &str, value: &str| (key.to_owned(), Scalar::Text(value.to_owned()));
    let mut entry = vec![
        ("at".to_owned(), Scalar::Plain(moment_text(change.at))),
        text("by", &change.by),
        text("state", change.state.as_str()),
    ];
    entry.extend(change.why.iter().map(|why| text("why", why)));
    Edit::Append { key: "history".to_owned(), entry }
}
