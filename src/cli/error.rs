//! From an error to what a person reads, what JSON says, and the exit code. Only this file knows exit codes.

use std::collections::HashMap;
use std::io::Write as _;

use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{JSON_VERSION, ProblemView, write_line};
use super::output::{Cell, Output, clean};
use crate::model::{Problem, Severity, Suggestion};
use crate::ops;
use crate::policy::{Fix, Refusal};
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
pub(super) struct Failure {
    kind: &'static str,
    exit: u8,
    message: String,
    hints: Vec<String>,
    reasons: Vec<ReasonView>,
    problems: Vec<Problem>,
    caret: Option<[String; 2]>,
    position: Option<PositionView>,
}

/// Where in a text of the user's a mistake is, in JSON.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct PositionView {
    /// The whole text.
    text: String,
    /// The character at which the mistake begins, counted from 1.
    column: usize,
    /// How many characters are wrong; 0 where something is missing.
    length: usize,
}

/// A reason of a refusal, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct ReasonView {
    /// One word, such as `missing`.
    label: String,
    /// What is missing or in the way.
    message: String,
    /// The command that gets past it, quoted for a shell, or advice where no single command does.
    suggestion: Option<String>,
    /// The only person who can run it.
    person: Option<String>,
}

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
    kind: &'static str,
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
    fn new(kind: &'static str, exit: u8, message: impl Into<String>) -> Self {
        Self {
            kind,
            exit,
            message: message.into(),
            hints: Vec::new(),
            reasons: Vec::new(),
            problems: Vec::new(),
            caret: None,
            position: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(super) fn no_current_folder(source: &std::io::Error) -> Self {
        Self::new("environment", USAGE, format!("cannot determine the current directory: {source}"))
            .hint("it may have been removed; change to a directory that exists")
    }

    pub(super) fn unreadable_input(name: &str, source: &std::io::Error) -> Self {
        Self::new("unreadable_input", USAGE, format!("cannot read `{name}`: {source}"))
    }

    pub(super) fn unwritable(name: &str, source: &std::io::Error) -> Self {
        Self::new("io", USAGE, format!("cannot write `{name}`: {source}"))
    }

    /// Makes a failure of what clap says: its first paragraph is the message, its tips and usage are hints.
    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let mut paragraphs = text.split("\n\n");
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = joined(paragraphs.next().unwrap_or_default());
        let mut failure = Self::new("usage", USAGE, message.trim_start_matches("error: "));
        for line in paragraphs.flat_map(str::lines).map(str::trim) {
            if line.starts_with("tip: ") || line.starts_with("Usage: ") {
                failure.hints.push(line.trim_start_matches("tip: ").to_owned());
            }
        }
        failure
    }

    pub(super) fn usage_message(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new("usage", USAGE, message).hint(hint)
    }

    pub(super) fn exit(&self) -> u8 {
        self.exit
    }

    /// Lets somebody who knows more of the repository say what to do about the broken documents.
    pub(super) fn explain(&mut self, explain: impl FnOnce(&mut [Problem])) {
        let hint_of = |problems: &[Problem]| problems.first().and_then(|problem| problem.hint.clone());
        let before = hint_of(&self.problems);
        explain(&mut self.problems);
        let after = hint_of(&self.problems);
        for hint in self.hints.iter_mut().filter(|hint| Some(hint.as_str()) == before.as_deref()) {
            *hint = after.clone().unwrap_or_default();
        }
    }

    pub(super) fn write_json(&self, command: &str, out: &mut Vec<u8>) {
        let reasons = self.reasons.iter().map(|reason| ReasonView {
            label: reason.label.clone(),
            message: reason.message.clone(),
            suggestion: reason.suggestion.clone(),
            person: reason.person.clone(),
        });
        let envelope = ErrorEnvelope {
            version: JSON_VERSION,
            command: command.to_owned(),
            exit: self.exit,
            error: ErrorView {
                kind: self.kind,
                message: self.message.clone(),
                hints: self.hints.clone(),
                reasons: reasons.collect(),
                position: self.position.clone(),
            },
            problems: self.problems.iter().map(ProblemView::from).collect(),
        };
        write_line(&envelope, out);
    }

    pub(super) fn show(&self, out: &mut Output) {
        let name = out.paint("error:", Style::new().red().bold());
        out.line(format!("{name} {}", clean(&self.message)));
        if let Some([text, marks]) = &self.caret {
            out.line(format!("  {}", clean(text)));
            out.line(format!("  {}", out.paint(marks, Style::new().red())));
        }
        let rows: Vec<Vec<Cell>> = self.reasons.iter().map(ReasonView::cells).collect();
        out.columns(&rows, 1, 2);
        // Hints follow what they are about: the first problem, where that is the message.
        let is_first = self.message_is_first_problem();
        if is_first {
            self.show_hints(out);
        }
        show_problems(&self.problems[usize::from(is_first)..], out);
        if !is_first {
            self.show_hints(out);
        }
    }

    fn show_hints(&self, out: &mut Output) {
        for hint in &self.hints {
            out.line(format!("  {} {}", out.dim("hint:"), clean(hint)));
        }
    }

    /// Returns it as a runner shows it that reads stdout, in the form of a format's own.
    pub(super) fn for_runner(&self, command: &str, render: fn(&review::Failure<'_>) -> String) -> String {
        let first = self.problems.first().filter(|problem| !problem.file.is_empty());
        let place = first.map(|problem| (problem.file.as_str(), problem.line));
        let reasons = self.reasons.iter().map(|reason| reason.message.as_str());
        let hints = self.hints.iter().map(String::as_str);
        let lines: Vec<&str> = [self.message.as_str()].into_iter().chain(reasons).chain(hints).collect();
        render(&review::Failure { title: &format!("tracker {command}"), place, lines: &lines })
    }

    fn message_is_first_problem(&self) -> bool {
        self.problems.first().is_some_and(|problem| problem.to_string() == self.message)
    }
}

impl ReasonView {
    fn cells(&self) -> Vec<Cell> {
        let suggestion = self.suggestion.as_deref().unwrap_or_default();
        let who = self.person.as_ref().map_or_else(String::new, |person| format!("{person}: "));
        vec![
            Cell::styled(&self.label, Style::new().yellow()),
            Cell::new(&self.message).wrap(),
            Cell::new(format!("{who}{suggestion}")).below(),
        ]
    }
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

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let message = error.to_string();
        match error {
            store::Error::Git(error) => error.into(),
            store::Error::Bare { git_dir } if git_dir.file_name().is_some_and(|name| name == ".git") => {
                let top = git_dir.parent().unwrap_or(&git_dir).display();
                Self::new("no_working_tree", USAGE, format!("`{}` is no working tree", git_dir.display()))
                    .hint(format!("run it in `{top}`"))
            }
            store::Error::Bare { .. } => Self::new("bare_repository", USAGE, message)
                .hint("run it in a clone or a worktree of this repository"),
            store::Error::NoTracker { branch: None, .. } => {
                Self::new("no_tracker", USAGE, message).hint("run `tracker init`")
            }
            store::Error::NoTracker { branch: Some(branch), .. } => {
                let merge = Suggestion::git(["merge", branch.as_str()]);
                Self::new("no_tracker", USAGE, message)
                    .hint(format!("`{branch}` has one: run `{merge}`, or change to a branch that has it"))
            }
            store::Error::NotCheckedOut { path, tracked, .. } => Self::new("not_checked_out", USAGE, message)
                .hint(format!("run `{}`", check_out(&path, tracked))),
            store::Error::NoTrackerAt { .. } => Self::new("no_tracker", USAGE, message)
                .hint("choose a commit after the one that added .tracker"),
            store::Error::Io { .. } => Self::new("io", USAGE, message),
            store::Error::Locked { .. } => Self::new("locked", LOCKED, message)
                .hint("try again, or wait longer with `--lock-timeout 60`"),
            store::Error::Broken(problems) => Self::broken(message, problems),
            store::Error::NotFound { nearest, .. } => {
                let failure = Self::new("not_found", USAGE, message);
                match nearest {
                    Some(id) => failure.hint(format!("did you mean {id}?")),
                    None => failure.hint("run `tracker list` to see all tasks"),
                }
            }
            store::Error::TooShort { meant, .. } => Self::new("ambiguous", USAGE, message)
                .hint(format!("give three characters from the front, or all: did you mean {meant}?")),
            store::Error::Ambiguous { matches, .. } => {
                let more = if matches.len() > 8 { " …" } else { "" };
                let some = matches[..matches.len().min(8)].join(" ");
                Self::new("ambiguous", USAGE, message).hint(format!("use more of the id: {some}{more}"))
            }
            store::Error::Link { .. } => Self::new("link", USAGE, message)
                .hint("replace it with the file that it points to, or remove it"),
            store::Error::Changed { .. } => {
                Self::new("changed", NO, message).hint("it was not written; try again")
            }
            store::Error::BrokenHook { .. } => Self::new("broken_hook", USAGE, message)
                .hint("remove the lines between `# >>> tracker >>>` and `# <<< tracker <<<` by hand"),
            store::Error::AppendOnly { .. } => {
                Self::new("append_only", USAGE, message).hint("add another record that takes its place")
            }
            store::Error::WrongKind { .. } | store::Error::Exists { .. } => {
                Self::new("wrong_kind", USAGE, message).hint("move it out of the way")
            }
        }
    }
}

/// Returns the command that brings a file that git has into the working tree.
fn check_out(path: &str, tracked: store::Tracked) -> Suggestion {
    match tracked {
        store::Tracked::LeftOut | store::Tracked::PartlyLeftOut(_) => {
            // A sparse checkout is widened by folders.
            let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
            Suggestion::git(["sparse-checkout", "add", folder])
        }
        store::Tracked::Committed => Suggestion::git(["checkout", "HEAD", "--", path]),
        store::Tracked::Staged => Suggestion::git(["checkout", "--", path]),
    }
}

impl From<git::Error> for Failure {
    fn from(error: git::Error) -> Self {
        let kind = match error {
            git::Error::UnknownRevision { .. } => "not_found",
            git::Error::AmbiguousRevision { .. } => "ambiguous",
            _ => "git",
        };
        let failure = Self::new(kind, USAGE, error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        let message = error.to_string();
        match error {
            engine::Error::Store(error) => error.into(),
            engine::Error::Locked { run } => Self::new("locked", LOCKED, message)
                .hint(format!("watch it: {}", Suggestion::tracker(["run", "status", &run, "--watch"]))),
            engine::Error::Writes { run, .. } => Self::new("locked", LOCKED, message).hint(format!(
                "wait until it has ended: {}",
                Suggestion::tracker(["run", "status", &run, "--watch"])
            )),
            engine::Error::Unanswered { run } => Self::new("locked", LOCKED, message).hint(format!(
                "look at it: {}; `fg` lets go on what Ctrl-Z has stopped",
                Suggestion::tracker(["run", "status", &run])
            )),
            engine::Error::Damaged { ref path, .. } => {
                let folder = path.parent().unwrap_or(path).display();
                let hint = format!(
                    "the run cannot be gone on with; its record, if it had ended, stays: remove `{folder}`"
                );
                Self::new("io", USAGE, message).hint(hint)
            }
            engine::Error::Io { .. } => Self::new("io", USAGE, message),
        }
    }
}

impl From<ops::Error> for Failure {
    fn from(error: ops::Error) -> Self {
        let message = error.to_string();
        match error {
            ops::Error::Store(error) => error.into(),
            ops::Error::Usage { hint, .. } => {
                let failure = Self::new("usage", USAGE, message);
                match hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            ops::Error::NotFound { hint, .. } => Self::new("not_found", USAGE, message).hint(hint),
            ops::Error::Query(error) => {
                let mut failure = Self::new("query", USAGE, message);
                failure.caret = Some(error.caret());
                let wrong = error.text.get(error.span.clone()).unwrap_or_default();
                failure.position = Some(PositionView {
                    text: error.text.to_string(),
                    column: error.column(),
                    length: wrong.chars().count(),
                });
                failure.hints.extend(error.hint());
                failure
            }
            ops::Error::Run(error) => error.into(),
            ops::Error::Report(error) => Self::new("template", USAGE, message).hint(error.hint()),
            ops::Error::Forecast(_) => Self::new("too_little_data", NO, message)
                .hint("look further back: tracker forecast --days 365"),
            ops::Error::BranchMoved(_) => {
                Self::new("changed", NO, message).hint("it was not written; try again")
            }
            ops::Error::Broken(problems) => Self::broken(message, problems),
            ops::Error::Refused(refusal) => Self::refused(refusal),
        }
    }
}

impl Failure {
    fn broken(message: String, problems: Vec<Problem>) -> Self {
        let hint = problems.first().and_then(|problem| problem.hint.clone());
        let mut failure = Self::new("broken_document", NO, message);
        failure.hints.extend(hint);
        failure.problems = problems;
        failure
    }

    fn refused(refusal: Refusal) -> Self {
        let mut failure = Self::new("refused", NO, refusal.to_string());
        let rows = refusal.rows().into_iter().map(|row| {
            let (person, suggestion) = match row.fix {
                Some(Fix::Run(command)) => (None, Some(command.to_string())),
                Some(Fix::RunAs { person, command }) => (Some(person), Some(command.to_string())),
                Some(Fix::Advice(text)) => (None, Some(text)),
                None => (None, None),
            };
            ReasonView { label: row.label.to_owned(), message: row.message, suggestion, person }
        });
        failure.reasons = rows.collect();
        failure.hints.extend(refusal.hint.map(|hint| hint.to_string()));
        failure
    }
}
