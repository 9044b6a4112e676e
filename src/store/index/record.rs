//! What the index has of a file.

use super::fields::fields;
use crate::model::{BoxCount, Problem, Severity, Summary, Texts};
use crate::store::Stat;

/// A file name and the stat its record was read with.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Key<'a> {
    pub(in crate::store) name: &'a str,
    pub(in crate::store) stat: Stat,
}

/// What a file's text contained.
#[derive(Debug)]
pub(in crate::store) struct Record<'a> {
    pub(in crate::store) summary: Option<Summary<'a>>,
    pub(in crate::store) problems: Vec<Stored<'a>>,
}

/// A [`Problem`] without its file, which is the record's own.
#[derive(Debug)]
pub(in crate::store) struct Stored<'a> {
    line: Option<u32>,
    key: Option<&'a str>,
    message: &'a str,
    hint: Option<&'a str>,
    is_error: bool,
    is_conflict: bool,
}

impl<'a> Stored<'a> {
    pub(in crate::store) fn from(problem: &'a Problem) -> Self {
        Self {
            line: problem.line.and_then(|line| u32::try_from(line).ok()),
            key: problem.key.as_deref(),
            message: &problem.message,
            hint: problem.hint.as_deref(),
            is_error: problem.severity == Severity::Error,
            is_conflict: problem.is_conflict,
        }
    }

    pub(in crate::store) fn to_problem(&self, file: &str) -> Problem {
        Problem {
            file: file.to_owned(),
            line: self.line.map(|line| line as usize),
            column: None,
            key: self.key.map(str::to_owned),
            message: self.message.to_owned(),
            hint: self.hint.map(str::to_owned),
            severity: if self.is_error { Severity::Error } else { Severity::Warning },
            is_conflict: self.is_conflict,
        }
    }
}

// A type's fields are here once: they are encoded and decoded by this list, and an index of another list is not ours.
fields! {
    RECORD = Record<'a> { summary: Option<Summary<'a>>, problems: Vec<Stored<'a>> }
}
fields! {
    STORED = Stored<'a> {
        line: Option<u32>,
        key: Option<&'a str>,
        message: &'a str,
        hint: Option<&'a str>,
        is_error: bool,
        is_conflict: bool,
    }
}
fields! {
    SUMMARY = Summary<'a> {
        id: &'a str,
        title: &'a str,
        kind: Option<&'a str>,
        priority: Option<&'a str>,
        stage: &'a str,
        assignee: Option<&'a str>,
        area: Option<&'a str>,
        tags: Texts<'a>,
        sprint: Option<&'a str>,
        run: Option<&'a str>,
        due: Option<i32>,
        parent: Option<&'a str>,
        depends_on: Texts<'a>,
        files: Texts<'a>,
        estimate: Option<u32>,
        spent: Option<u32>,
        created: Option<i32>,
        blocked: Option<&'a str>,
        cancelled: Option<&'a str>,
        source: Option<&'a str>,
        imported: Option<&'a str>,
        updated: Option<i64>,
        since: Option<i64>,
        earned: Texts<'a>,
        deliverables: BoxCount,
        boxes: BoxCount,
    }
}
fields! {
    BOX_COUNT = BoxCount { done: u32, total: u32 }
}

/// What counts as a checkbox: changes when the same bytes give other counts.
const BOXES: &str = "any mark";

/// What an index was written as; one of another shape is no index of ours.
pub(super) const SHAPE: [&str; 6] = [env!("CARGO_PKG_VERSION"), RECORD, STORED, SUMMARY, BOX_COUNT, BOXES];
