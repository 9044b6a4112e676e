//! From an error to what a person reads, what JSON says, and the exit code. Only this file knows exit codes.

use std::collections::HashMap;
use std::io::Write as _;

use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{JSON_VERSION, ProblemView, write_line};
use super::output::{Cell, Output, clean};
use crate::model::{Problem, Severity};
use crate::ops::{self, ErrorKind, ErrorReport, PositionView, ReasonView};
use crate::report::review;
use crate::{engine, git, store};

const NO: u8 = 1;
pub(super) const USAGE: u8 = 2;
const LOCKED: u8 = 3;
const OUR_BUG: u8 = 70;
pub(super) const INTERRUPTED: u8 = 130;
/// This many problems are shown to a person before the rest is only counted.
const SHOWN_WARNINGS: usize = 20;
/// How many lines of alike warnings are named.
const SHOWN_LINES: usize = 8;

/// Returns the exit code of an answer: yes, or a considered no.
pub(super) fn exit_of_answer(is_no: bool) -> u8 {
    if is_no { NO } else { 0 }
}

/// Makes a panic print one report and end the process with an exit code of its own.
pub(super) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "error: this is a bug in tracker {}: {panic}", env!("CARGO_PKG_VERSION"));
        let _ = writeln!(stderr, "  hint: no file was left half-written; please report this line");
        std::process::exit(i32::from(OUR_BUG));
    }));
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure(ErrorReport);

/// What `--format json` prints when there is no answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorEnvelope {
    /// Version of this format.
    version: u32,
    /// The command that failed.
    command: String,
    /// The exit code: 1 a considered no, 2 usage or environment, 3 locked, 70 a bug of the tracker.
    exit: u8,
    /// What went wrong.
    error: ErrorView,
    /// Broken documents after it.
    problems: Vec<ProblemView>,
}

/// What went wrong, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct ErrorView {
    /// A word to branch on, such as `not_found`.
    kind: ErrorKind,
    /// What a person would read.
    message: String,
    /// What to try, each in words with its command.
    hints: Vec<String>,
    /// All reasons of a refusal.
    reasons: Vec<ReasonView>,
    /// Where the mistake is, in a query, an order or a list of fields.
    position: Option<PositionView>,
}

impl Failure {
    /// What went wrong, in one line.
    pub(super) fn message(&self) -> &str {
        &self.0.message
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(ErrorReport::new(kind, message))
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self(self.0.hint(hint))
    }

    pub(super) fn no_current_folder(source: &std::io::Error) -> Self {
        Self::new(ErrorKind::Environment, format!("cannot determine the current directory: {source}"))
            .hint("it may have been removed; change to a directory that exists")
    }

    pub(super) fn unreadable_input(name: &str, source: &std::io::Error) -> Self {
        Self::new(ErrorKind::UnreadableInput, format!("cannot read `{name}`: {source}"))
    }

    pub(super) fn unwritable(name: &str, source: &std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot write `{name}`: {source}"))
    }

    #[cfg(any(feature = "mcp", feature = "web"))]
    pub(super) fn cannot_serve(source: &std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot serve: {source}"))
    }

    /// Makes a failure of what clap says: its first paragraph is the message, its tips and usage are hints.
    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let mut paragraphs = text.split("\n\n");
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = joined(paragraphs.next().unwrap_or_default());
        let mut failure = Self::new(ErrorKind::Usage, message.trim_start_matches("error: "));
        for line in paragraphs.flat_map(str::lines).map(str::trim) {
            if line.starts_with("tip: ") || line.starts_with("Usage: ") {
                failure.0.hints.push(line.trim_start_matches("tip: ").to_owned());
            }
        }
        failure
    }

    /// Names what it is about before its message.
    pub(super) fn about(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    pub(super) fn usage_message(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message).hint(hint)
    }

    pub(super) fn exit(&self) -> u8 {
        match self.0.kind {
            ErrorKind::Refused
            | ErrorKind::Changed
            | ErrorKind::BrokenDocument
            | ErrorKind::TooLittleData => NO,
            ErrorKind::Locked => LOCKED,
            _ => USAGE,
        }
    }

    /// Lets somebody who knows more of the repository say what to do about the broken documents.
    pub(super) fn explain(&mut self, explain: impl FnOnce(&mut [Problem])) {
        let hint_of = |problems: &[Problem]| problems.first().and_then(|problem| problem.hint.clone());
        let before = hint_of(&self.0.problems);
        explain(&mut self.0.problems);
        let after = hint_of(&self.0.problems);
        for hint in self.0.hints.iter_mut().filter(|hint| Some(hint.as_str()) == before.as_deref()) {
            *hint = after.clone().unwrap_or_default();
        }
    }

    pub(super) fn write_json(&self, command: &str, out: &mut Vec<u8>) {
        let envelope = ErrorEnvelope {
            version: JSON_VERSION,
            command: command.to_owned(),
            exit: self.exit(),
            error: ErrorView {
                kind: self.0.kind,
                message: self.0.message.clone(),
                hints: self.0.hints.clone(),
                reasons: self.0.reasons.clone(),
                position: self.0.position.clone(),
            },
            problems: self.0.problems.iter().map(ProblemView::from).collect(),
        };
        write_line(&envelope, out);
    }

    /// Returns it as an event of a command that prints events as lines of JSON.
    pub(super) fn event(&self, name: &str) -> serde_json::Value {
        let ErrorReport { kind, message, hints, reasons, .. } = &self.0;
        serde_json::json!({
            "event": name, "exit": self.exit(), "kind": kind, "message": message, "hints": hints,
            "reasons": reasons,
        })
    }

    pub(super) fn show(&self, out: &mut Output) {
        let name = out.paint("error:", Style::new().red().bold());
        out.line(format!("{name} {}", clean(&self.0.message)));
        if let Some([text, marks]) = &self.0.caret {
            out.line(format!("  {}", clean(text)));
            out.line(format!("  {}", out.paint(marks, Style::new().red())));
        }
        let rows: Vec<Vec<Cell>> = self.0.reasons.iter().map(cells_of).collect();
        out.columns(&rows, 1, 2);
        // Hints follow what they are about: the first problem, where that is the message.
        let is_first = self.message_is_first_problem();
        if is_first {
            self.show_hints(out);
        }
        show_problems(&self.0.problems[usize::from(is_first)..], out);
        if !is_first {
            self.show_hints(out);
        }
    }

    fn show_hints(&self, out: &mut Output) {
        for hint in &self.0.hints {
            out.line(format!("  {} {}", out.dim("hint:"), clean(hint)));
        }
    }

    /// Returns it as a runner shows it that reads stdout, in the form of a format's own.
    pub(super) fn for_runner(&self, command: &str, render: fn(&review::Failure<'_>) -> String) -> String {
        let first = self.0.problems.first().filter(|problem| !problem.file.is_empty());
        let place = first.map(|problem| (problem.file.as_str(), problem.line));
        let reasons = self.0.reasons.iter().map(|reason| reason.message.as_str());
        let hints = self.0.hints.iter().map(String::as_str);
        let lines: Vec<&str> = [self.0.message.as_str()].into_iter().chain(reasons).chain(hints).collect();
        render(&review::Failure { title: &format!("tracker {command}"), place, lines: &lines })
    }

    fn message_is_first_problem(&self) -> bool {
        self.0.problems.first().is_some_and(|problem| problem.to_string() == self.0.message)
    }
}

fn cells_of(reason: &ReasonView) -> Vec<Cell> {
    let suggestion = reason.suggestion.as_deref().unwrap_or_default();
    let who = reason.person.as_ref().map_or_else(String::new, |person| format!("{person}: "));
    vec![
        Cell::styled(&reason.label, Style::new().yellow()),
        Cell::new(&reason.message).wrap(),
        Cell::new(format!("{who}{suggestion}")).below(),
    ]
}

/// Shows problems on stderr: file, line, key, what is wrong, what to do. Errors come first and are all shown; of
/// alike warnings one is, and of many warnings the first.
pub(super) fn show_problems(problems: &[Problem], out: &mut Output) {
    let is_error = |problem: &&Problem| problem.severity == Severity::Error;
    problems.iter().filter(is_error).for_each(|problem| show_problem(problem, &[], out));
    let mut alike: Vec<(&Problem, Vec<usize>)> = Vec::new();
    let mut seen: HashMap<Problem, usize> = HashMap::new();
    for problem in problems.iter().filter(|problem| !is_error(problem)) {
        let kind = Problem { line: None, ..problem.clone() };
        match (seen.get(&kind), problem.line) {
            (Some(&at), Some(line)) => alike[at].1.push(line),
            _ => {
                seen.insert(kind, alike.len());
                alike.push((problem, Vec::new()));
            }
        }
    }
    for (problem, lines) in alike.iter().take(SHOWN_WARNINGS) {
        show_problem(problem, lines, out);
    }
    if let Some(more) = alike.len().checked_sub(SHOWN_WARNINGS).filter(|more| *more > 0) {
        out.line(format!("… and {more} more warnings; `--format json` has all of them"));
    }
}

fn show_problem(problem: &Problem, more_lines: &[usize], out: &mut Output) {
    let (word, style) = match problem.severity {
        Severity::Error => ("error:", Style::new().red().bold()),
        Severity::Warning => ("warning:", Style::new().yellow().bold()),
    };
    let also = match more_lines {
        [] => String::new(),
        [line] => format!(" (also on line {line})"),
        lines => {
            let shown: Vec<String> = lines.iter().take(SHOWN_LINES).map(usize::to_string).collect();
            let more = lines.len().checked_sub(SHOWN_LINES).filter(|more| *more > 0);
            let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
            format!(" (also on lines {}{more})", shown.join(", "))
        }
    };
    out.line(format!("{} {}{also}", out.paint(word, style), clean(&problem.to_string())));
    if let Some(hint) = &problem.hint {
        out.line(format!("  {} {}", out.dim("hint:"), clean(hint)));
    }
}

impl From<ErrorReport> for Failure {
    fn from(report: ErrorReport) -> Self {
        Self(report)
    }
}

impl From<ops::Error> for Failure {
    fn from(error: ops::Error) -> Self {
        Self(error.into())
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self(error.into())
    }
}

impl From<git::Error> for Failure {
    fn from(error: git::Error) -> Self {
        Self(error.into())
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        Self(error.into())
    }
}
