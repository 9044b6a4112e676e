//! What a call gives back: compact text, the same as data without empty values, and where to go on.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

use super::advice::{in_calls, of_command};
use super::text::{line, quoted};
use crate::model::{Problem, Severity};
use crate::ops::{ErrorKind, ErrorReport, truncate_json};

/// Bytes of an answer's text, and about the same of its data, where the caller does not say.
const USUAL: usize = 6_000;
/// Most that a caller may ask for, and least.
const MOST: usize = 60_000;
const LEAST: usize = 500;
/// How many problems are shown.
const PROBLEMS: usize = 5;

/// How many bytes an answer may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn of(given: Option<usize>) -> Self {
        Self(given.unwrap_or(USUAL).clamp(LEAST, MOST))
    }

    /// For the text.
    pub(super) fn bytes(self) -> usize {
        self.0
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    text: String,
    data: Value,
    more: Option<String>,
    is_no: bool,
}

impl Answer {
    /// Makes an answer of its text and its data.
    pub(super) fn new(text: impl Into<String>, data: Value) -> Self {
        Self { text: text.into(), data, more: None, is_no: false }
    }

    /// Says with which `more` the same call goes on.
    #[must_use]
    pub(super) fn more(self, more: Option<String>) -> Self {
        Self { more, ..self }
    }

    /// Makes it a considered no.
    #[must_use]
    pub(super) fn no_if(self, is_no: bool) -> Self {
        Self { is_no, ..self }
    }

    /// Adds what is wrong with documents: errors first.
    #[must_use]
    pub(super) fn with_problems(mut self, problems: &[Problem]) -> Self {
        let is_error = |problem: &&Problem| problem.severity == Severity::Error;
        let errors = problems.iter().filter(is_error);
        let warnings = problems.iter().filter(|problem| !is_error(problem));
        let lines: Vec<String> = errors.chain(warnings).map(problem_line).collect();
        for line in lines.iter().take(PROBLEMS) {
            self.text.push_str(line);
            self.text.push('\n');
        }
        if let Some(more) = lines.len().checked_sub(PROBLEMS).filter(|more| *more > 0) {
            self.text.push_str(&format!("and {more} more problems; tracker doctor lists them\n"));
        }
        if let (Value::Object(data), false) = (&mut self.data, lines.is_empty()) {
            data.insert("problems".to_owned(), lines.into_iter().take(PROBLEMS).collect());
        }
        self
    }

    /// Returns the answer as the protocol has it.
    pub(super) fn into_result(self, budget: Budget) -> CallToolResult {
        let Self { mut text, data, more, is_no } = self;
        let mut data = without_empty(data).unwrap_or_else(|| json!({}));
        let size = data.to_string().len();
        if size > budget.bytes() {
            truncate_json(&mut data, budget.bytes());
        }
        if let Value::Object(data) = &mut data {
            match &more {
                Some(more) => drop(data.insert("more".to_owned(), more.as_str().into())),
                None if size > budget.bytes() => drop(data.insert("cut".to_owned(), true.into())),
                None => {}
            }
        }
        if let Some(more) = &more {
            text.push_str(&format!("more: call again with \"more\":{}\n", Value::from(more.as_str())));
        }
        let content = vec![ContentBlock::text(text.trim_end())];
        let mut result =
            if is_no { CallToolResult::error(content) } else { CallToolResult::success(content) };
        result.structured_content = Some(data);
        result
    }
}

fn problem_line(problem: &Problem) -> String {
    let word = if problem.severity == Severity::Error { "error" } else { "warning" };
    let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!(" -> {}", helpful(hint)));
    format!("{word}: {}{hint}", quoted(&problem.to_string()))
}

/// Returns what helps: a call as it is, anything else in quotes, for it may repeat what somebody wrote.
fn helpful(hint: &str) -> String {
    let call = in_calls(hint);
    if call == hint { quoted(hint) } else { line(&call) }
}

/// Whether the message of an error is made of our words and the caller's alone.
fn is_ours(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::BrokenDocument | ErrorKind::Template | ErrorKind::Io | ErrorKind::Git)
}

/// Tells an error as an answer that the agent can read: what is wrong, all reasons, and the calls that help.
pub(super) fn refusal(report: &ErrorReport) -> CallToolResult {
    let message = in_calls(&report.message);
    let mut text =
        format!("error: {}\n", if is_ours(report.kind) { line(&message) } else { quoted(&message) });
    if let Some([wrong, marks]) = &report.caret {
        text.push_str(&format!("  {}\n  {marks}\n", line(wrong)));
    }
    let mut reasons = Vec::new();
    for reason in &report.reasons {
        // What only a person can do stays a command.
        let help = reason.suggestion.as_ref().map(|command| match reason.person {
            Some(_) => command.clone(),
            None => of_command(command),
        });
        let who = reason.person.as_ref().map_or_else(String::new, |person| format!("{}: ", line(person)));
        let shown = help.as_ref().map_or_else(String::new, |help| format!(" -> {who}{}", line(help)));
        text.push_str(&format!("  {}: {}{shown}\n", reason.label, quoted(&reason.message)));
        reasons.push(json!({
            "label": reason.label, "message": reason.message, "help": help, "person": reason.person,
        }));
    }
    report.hints.iter().for_each(|hint| text.push_str(&format!("  help: {}\n", helpful(hint))));
    let hints: Vec<String> = report.hints.iter().map(|hint| in_calls(hint)).collect();
    let broken: Vec<String> = report.problems.iter().skip(1).take(PROBLEMS).map(problem_line).collect();
    broken.iter().for_each(|problem| text.push_str(&format!("{problem}\n")));
    let data = json!({
        "error": report.kind, "message": report.message, "help": hints, "reasons": reasons, "problems": broken,
        "position": report.position.as_ref().map(|position| json!({"text": position.text, "column": position.column})),
    });
    let mut result = CallToolResult::error(vec![ContentBlock::text(text.trim_end())]);
    result.structured_content = without_empty(data);
    result
}

/// Returns a value without what is empty in it: null, and lists and tables with nothing in them.
pub(super) fn without_empty(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.into_iter().filter_map(without_empty).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(key, value)| Some((key, without_empty(value)?)));
            let kept: Map<String, Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        value => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_empty_is_left() {
        let value = json!({"a": null, "b": [null, {}, [[]]], "c": {"d": {"e": []}}, "f": [0, false, ""]});
        assert_eq!(without_empty(value), Some(json!({"f": [0, false, ""]})));
        assert_eq!(without_empty(json!({})), None);
    }

    #[test]
    fn data_is_cut_to_the_budget_and_says_so() {
        let tasks: Vec<Value> = (0..200).map(|at| json!({"id": at, "title": "x".repeat(50)})).collect();
        let answer = Answer::new("text", json!({"tasks": tasks})).more(Some("20.A".to_owned()));
        let result = answer.into_result(Budget::of(Some(1000)));
        let data = result.structured_content.unwrap();
        assert!(data.to_string().len() <= 1000 && data["more"] == "20.A", "{data}");
        let answer = Answer::new("", json!({"body": "x".repeat(5000)})).into_result(Budget::of(Some(900)));
        let data = answer.structured_content.unwrap();
        assert!(data.to_string().len() <= 900 && data["cut"] == true, "{data}");
    }
}
