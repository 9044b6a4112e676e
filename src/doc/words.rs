//! Single words and phrases of records: people, roles, ids, hex, each with the problem of a text that is none.

use super::printable::printable;
use super::task::id_problem;
use crate::model::{FindingId, Person, Problem, TaskId, is_role_name};

/// Reads `Name <address>`.
pub(super) fn person(text: &str) -> Result<Person, Problem> {
    Person::parse(text).ok_or_else(|| {
        let problem = Problem::error(format!("`{}` is no person", printable(text)));
        problem.with_hint("write `Ada Lovelace <ada@example.com>`, as git does")
    })
}

/// Reads a role's name.
pub(super) fn role_name(text: &str) -> Result<String, Problem> {
    if is_role_name(text) {
        return Ok(text.to_owned());
    }
    let problem = Problem::error(format!("`{}` is not a role's name", printable(text)));
    Err(problem.with_hint("a role is letters, digits, `-` and `_`, beginning with a letter"))
}

/// Reads a task's id.
pub(super) fn task_id(text: &str) -> Result<TaskId, Problem> {
    TaskId::parse(text).map_err(|error| id_problem(&error))
}

/// Reads a finding's id.
pub(super) fn finding_id(text: &str) -> Result<FindingId, Problem> {
    FindingId::parse(text).map_err(|error| {
        let problem = Problem::error(format!("`{}` is not a finding's id", error.text));
        problem.with_hint("a finding's id is `F` with digits and capital letters, such as `F2`")
    })
}

/// Reads lowercase hex of one of these lengths.
pub(super) fn hex(text: &str, lengths: &[usize]) -> Result<String, Problem> {
    let is_hex = text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    if is_hex && lengths.contains(&text.len()) {
        return Ok(text.to_owned());
    }
    let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
    let what = format!("{} lowercase hex digits", lengths.join(" or "));
    Err(Problem::error(format!("expected {what}, found `{}`", printable(text))))
}
