//! An error of an op as every interface reports it: a word to branch on, what is wrong, what to try, and all reasons of a refusal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::model::{Problem, Suggestion};
use crate::policy::{Fix, Refusal};
use crate::{engine, git, store};

/// A word to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The call is wrong: a value, an argument, or what it is called on.
    Usage,
    /// What the call is about is in a state in which that cannot be done.
    WrongState,
    /// Nothing has this name.
    NotFound,
    /// Several things have this name, or too little of it was given.
    Ambiguous,
    /// A query, an order or a list of fields cannot be read.
    Query,
    /// The rules say no.
    Refused,
    /// A document that is needed cannot be read.
    BrokenDocument,
    /// Somebody else has changed it meanwhile.
    Changed,
    /// Somebody else has the lock.
    Locked,
    /// A remote does not answer, or does not allow it; nothing was changed.
    Remote,
    /// A remote does not answer, and nobody knows what became of the change.
    Unknown,
    /// There is too little to forecast from.
    TooLittleData,
    /// A report's template cannot be rendered.
    Template,
    /// There is no tracker here.
    NoTracker,
    /// A git directory, and no working tree.
    NoWorkingTree,
    /// A repository without a working tree.
    BareRepository,
    /// git has the tracker, and the working tree lacks it.
    NotCheckedOut,
    /// A hook has half of the block of ours.
    BrokenHook,
    /// A record that is never edited.
    AppendOnly,
    /// Something of another kind is in the place of a file.
    WrongKind,
    /// A symbolic link is in the place of a record.
    Link,
    /// git, or its repository.
    Git,
    /// The system: a file, a program.
    Io,
    /// The world around the process.
    Environment,
    /// A file that was given cannot be read.
    UnreadableInput,
}

/// Where in a text of the user's a mistake is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PositionView {
    /// The whole text.
    pub text: String,
    /// The character at which the mistake begins, counted from 1.
    pub column: usize,
    /// How many characters are wrong; 0 where something is missing.
    pub length: usize,
}

/// A reason of a refusal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReasonView {
    /// One word, such as `missing`.
    pub label: String,
    /// What is missing or in the way.
    pub message: String,
    /// The command that gets past it, quoted for a shell, or advice where no single command does.
    pub suggestion: Option<String>,
    /// The only person who can run it.
    pub person: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub struct ErrorReport {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// What a person reads.
    pub message: String,
    /// What to try, each in words with its command.
    pub hints: Vec<String>,
    /// All reasons of a refusal.
    pub reasons: Vec<ReasonView>,
    /// Broken documents after it.
    pub problems: Vec<Problem>,
    /// The line with the mistake, and one with marks below it.
    pub caret: Option<[String; 2]>,
    /// Where the mistake is, in a query, an order or a list of fields.
    pub position: Option<PositionView>,
}

impl ErrorReport {
    /// Makes the report of an error of which there is no more to say.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        let (hints, reasons, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, message, hints, reasons, problems, caret: None, position: None }
    }

    /// Adds what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what to try, where there is something.
    fn hints(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }
}

impl From<store::Error> for ErrorReport {
    fn from(error: store::Error) -> Self {
        let message = error.to_string();
        match error {
            store::Error::Git(error) => error.into(),
            store::Error::Bare { git_dir } if git_dir.file_name().is_some_and(|name| name == ".git") => {
                let top = git_dir.parent().unwrap_or(&git_dir).display();
                Self::new(ErrorKind::NoWorkingTree, format!("`{}` is no working tree", git_dir.display()))
                    .hint(format!("run it in `{top}`"))
            }
            store::Error::Bare { .. } => Self::new(ErrorKind::BareRepository, message)
                .hint("run it in a clone or a worktree of this repository"),
            store::Error::NoTracker { branch: None, .. } => {
                Self::new(ErrorKind::NoTracker, message).hint("run `tracker init`")
            }
            store::Error::NoTracker { branch: Some(branch), .. } => {
                let merge = Suggestion::git(["merge", branch.as_str()]);
                Self::new(ErrorKind::NoTracker, message)
                    .hint(format!("`{branch}` has one: run `{merge}`, or change to a branch that has it"))
            }
            store::Error::NotCheckedOut { path, tracked, .. } => Self::new(ErrorKind::NotCheckedOut, message)
                .hint(format!("run `{}`", check_out(&path, tracked))),
            store::Error::NoTrackerAt { .. } => Self::new(ErrorKind::NoTracker, message)
                .hint("choose a commit after the one that added .tracker"),
            store::Error::Io { .. } => Self::new(ErrorKind::Io, message),
            store::Error::Locked { .. } => Self::new(ErrorKind::Locked, message)
                .hint("try again, or wait longer with `--lock-timeout 60`"),
            store::Error::Broken(problems) => Self::broken(message, problems),
            store::Error::NotFound { nearest, .. } => {
                let report = Self::new(ErrorKind::NotFound, message);
                match nearest {
                    Some(id) => report.hint(format!("did you mean {id}?")),
                    None => report.hint("run `tracker list` to see all tasks"),
                }
            }
            store::Error::TooShort { meant, .. } => Self::new(ErrorKind::Ambiguous, message)
                .hint(format!("give three characters from the front, or all: did you mean {meant}?")),
            store::Error::Ambiguous { matches, .. } => {
                let more = if matches.len() > 8 { " …" } else { "" };
                let some = matches[..matches.len().min(8)].join(" ");
                Self::new(ErrorKind::Ambiguous, message).hint(format!("use more of the id: {some}{more}"))
            }
            store::Error::Link { .. } => Self::new(ErrorKind::Link, message)
                .hint("replace it with the file that it points to, or remove it"),
            store::Error::Changed { .. } => {
                Self::new(ErrorKind::Changed, message).hint("it was not written; try again")
            }
            store::Error::BrokenHook { .. } => Self::new(ErrorKind::BrokenHook, message)
                .hint("remove the lines between `# >>> tracker >>>` and `# <<< tracker <<<` by hand"),
            store::Error::AppendOnly { .. } => {
                Self::new(ErrorKind::AppendOnly, message).hint("add another record that takes its place")
            }
            store::Error::WrongKind { .. } | store::Error::Exists { .. } => {
                Self::new(ErrorKind::WrongKind, message).hint("move it out of the way")
            }
        }
    }
}

/// Returns the command that brings a file that git has into the working tree.
fn check_out(path: &str, tracked: store::Tracked) -> String {
    let command = match tracked {
        store::Tracked::Skipped { is_folder: false } => {
            Suggestion::git(["update-index", "--no-skip-worktree", path])
        }
        store::Tracked::Skipped { is_folder: true } => {
            let list = Suggestion::git(["ls-files", "-z", "--", path]);
            return format!("{list} | git update-index --no-skip-worktree -z --stdin");
        }
        store::Tracked::LeftOut | store::Tracked::PartlyLeftOut(_) => {
            // A sparse checkout is widened by folders.
            let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
            Suggestion::git(["sparse-checkout", "add", folder])
        }
        store::Tracked::Committed => Suggestion::git(["checkout", "HEAD", "--", path]),
        store::Tracked::Staged => Suggestion::git(["checkout", "--", path]),
    };
    command.to_string()
}

impl From<git::Error> for ErrorReport {
    fn from(error: git::Error) -> Self {
        let kind = match error {
            git::Error::UnknownRevision { .. } => ErrorKind::NotFound,
            git::Error::AmbiguousRevision { .. } => ErrorKind::Ambiguous,
            _ => ErrorKind::Git,
        };
        let report = Self::new(kind, error.to_string());
        match error.hint() {
            Some(hint) => report.hint(hint),
            None => report,
        }
    }
}

impl From<engine::Error> for ErrorReport {
    fn from(error: engine::Error) -> Self {
        let message = error.to_string();
        match error {
            engine::Error::Store(error) => error.into(),
            engine::Error::Locked { run } => Self::new(ErrorKind::Locked, message)
                .hint(format!("watch it: {}", Suggestion::tracker(["run", "status", &run, "--watch"]))),
            engine::Error::Writes { run, .. } => Self::new(ErrorKind::Locked, message).hint(format!(
                "wait until it has ended: {}",
                Suggestion::tracker(["run", "status", &run, "--watch"])
            )),
            engine::Error::Unanswered { run } => Self::new(ErrorKind::Locked, message).hint(format!(
                "look at it: {}; `fg` lets go on what Ctrl-Z has stopped",
                Suggestion::tracker(["run", "status", &run])
            )),
            engine::Error::Damaged { ref path, .. } => {
                let folder = path.parent().unwrap_or(path).display();
                let hint = format!(
                    "the run cannot be gone on with; its record, if it had ended, stays: remove `{folder}`"
                );
                Self::new(ErrorKind::Io, message).hint(hint)
            }
            engine::Error::Io { .. } => Self::new(ErrorKind::Io, message),
        }
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Store(error) => error.into(),
            Error::Usage { hint, .. } => Self::new(ErrorKind::Usage, message).hints(hint),
            Error::WrongState { hint, .. } => Self::new(ErrorKind::WrongState, message).hints(hint),
            Error::NotFound { hint, .. } => Self::new(ErrorKind::NotFound, message).hint(hint),
            Error::Remote { hint, .. } => Self::new(ErrorKind::Remote, message).hint(hint),
            Error::Unknown { hint, .. } => Self::new(ErrorKind::Unknown, message).hint(hint),
            Error::Query(error) => {
                let mut report = Self::new(ErrorKind::Query, message);
                report.caret = Some(error.caret());
                let wrong = error.text.get(error.span.clone()).unwrap_or_default();
                report.position = Some(PositionView {
                    text: error.text.to_string(),
                    column: error.column(),
                    length: wrong.chars().count(),
                });
                report.hints.extend(error.hint());
                report
            }
            Error::Run(error) => error.into(),
            Error::OtherTracker(crate::remote::Error::Unready { hint, .. }) => {
                Self::new(ErrorKind::Remote, message).hint(hint)
            }
            Error::OtherTracker(_) => Self::new(ErrorKind::Remote, message)
                .hint("nothing is lost: the next run goes on; tracker sync doctor shows what is wrong"),
            Error::Report(error) => Self::new(ErrorKind::Template, message).hint(error.hint()),
            Error::ForecastTooEarly(_) => Self::new(ErrorKind::TooLittleData, message)
                .hint("ask again when there have been more days with a finished task"),
            Error::Forecast(_) => Self::new(ErrorKind::TooLittleData, message)
                .hint("look further back: tracker forecast --days 365"),
            Error::BranchMoved(_) => {
                Self::new(ErrorKind::Changed, message).hint("it was not written; try again")
            }
            Error::Unseen { look, .. } => {
                Self::new(ErrorKind::Changed, message).hint(format!("no vote was cast; look at it: {look}"))
            }
            Error::Broken(problems) => Self::broken(message, problems),
            Error::Refused(refusal) => Self::refused(refusal),
        }
    }
}

impl ErrorReport {
    fn broken(message: String, problems: Vec<Problem>) -> Self {
        let hint = problems.first().and_then(|problem| problem.hint.clone());
        let mut report = Self::new(ErrorKind::BrokenDocument, message);
        report.hints.extend(hint);
        report.problems = problems;
        report
    }

    fn refused(refusal: Refusal) -> Self {
        let mut report = Self::new(ErrorKind::Refused, refusal.to_string());
        let rows = refusal.rows().into_iter().map(|row| {
            let (person, suggestion) = match row.fix {
                Some(Fix::Run(command)) => (None, Some(command.to_string())),
                Some(Fix::RunAs { person, command }) => (Some(person), Some(command.to_string())),
                Some(Fix::Advice(text)) => (None, Some(text)),
                None => (None, None),
            };
            ReasonView { label: row.label.to_owned(), message: row.message, suggestion, person }
        });
        report.reasons = rows.collect();
        report.hints.extend(refusal.hint.map(|hint| hint.to_string()));
        report
    }
}
