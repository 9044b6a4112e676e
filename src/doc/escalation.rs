//! The record of an escalation: one YAML mapping, written by a worker. What people decide is appended to `history`, and what
//! a worker finds later is spliced in.

use super::Document;
use super::edit::{Edit, Scalar, Value};
use super::printable::printable;
use super::task::moment_text;
use crate::model::{Escalation, EscalationReason, EscalationStep, FindingSeverity, Problem};

/// Reads the escalation that the file's name says.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_escalation(id: &str, bytes: &[u8]) -> Result<Escalation, Vec<Problem>> {
    let document = Document::yaml(bytes)?;
    let read: Result<Escalation, _> = serde_yaml::from_str(document.text());
    let own = read.map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Problem::error(message).at_line(line).with_hint("restore the file with git")]
    })?;
    if own.id == id {
        return Ok(own);
    }
    let message = format!("`{}` is not the id that the file's name says", printable(&own.id));
    Err(vec![Problem::error(message).on_key("id").at_line(document.line_of("id").unwrap_or(1))])
}

/// Returns what in an escalation is read as the worse of what it can mean.
#[must_use]
pub fn escalation_warnings(escalation: &Escalation) -> Vec<Problem> {
    let mut warnings = Vec::new();
    if let EscalationReason::Unknown(text) = &escalation.reason {
        warnings.push(Problem::warning(format!("unknown reason `{}`", printable(text))).on_key("reason"));
    }
    if let FindingSeverity::Unknown(text) = FindingSeverity::parse(&escalation.severity) {
        let message = format!("unknown severity `{}` counts as critical", printable(&text));
        warnings.push(Problem::warning(message).on_key("severity"));
    }
    warnings
}

/// Writes a new escalation.
#[must_use]
pub fn create_escalation(escalation: &Escalation) -> String {
    serde_yaml::to_string(escalation).expect("plain data with text keys is always YAML")
}

/// Returns the edit that adds a decision.
#[must_use]
pub fn decide_escalation(step: &EscalationStep) -> Edit {
    let text = |key: &str, value: &str| (key.to_owned(), Scalar::Text(value.to_owned()));
    let mut entry = vec![
        ("at".to_owned(), Scalar::Plain(moment_text(step.at))),
        text("by", &step.by),
        text("to", step.to.as_str()),
    ];
    entry.extend(step.notes.iter().map(|notes| text("notes", notes)));
    entry.extend(step.commit.iter().map(|commit| text("commit", commit)));
    Edit::Append { key: "history".to_owned(), entry }
}

/// Returns the edits that make a record say what was found now.
#[must_use]
pub fn update_escalation(found: &Escalation) -> Vec<Edit> {
    let set = |key: &str, value: Value| Edit::Set { key: key.to_owned(), value };
    let number = |count: usize| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
    vec![
        set("severity", Value::Text(found.severity.clone())),
        set("title", Value::Text(found.title.clone())),
        set("remaining", number(found.remaining)),
        set("attempts", Value::Integer(i64::from(found.attempts))),
        set("files", Value::List(found.files.clone())),
        set("commit", Value::Text(found.commit.clone())),
    ]
}
