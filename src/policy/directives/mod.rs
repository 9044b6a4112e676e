//! Directives of commit messages: whole lines such as `Advance: TASK-7Q2M`, never prose.
//!
//! | line                    | means |
//! |-------------------------|-------|
//! | `Task: ID, ID`          | the commit belongs to these tasks |
//! | `Advance: ID, ID`       | they move on, one stage |
//! | `Closes: ID, ID`        | they move on as far as they have earned; also `Fixes:`, `Resolves:`, `Completes:`, `Done:`, and their other forms |
//! | `Fail: ID why`          | it goes back |
//! | `Block: ID why`         | it is blocked |
//! | `Unblock: ID`           | it is no longer blocked |
//! | `Time: ID 1h 30m`       | this much time went into it |
//! | `Cost: ID 12k tokens 0.30 USD` | this is what it has cost |
//!
//! A directive begins in the first column of any line, and is alone in it; neither blank lines nor `---` hide it. The case
//! of keys and ids does not matter. Any other id in the subject links the commit to the task, and no more. What is
//! indented or quoted is somebody else's message, as `git merge --squash` writes it, and directs nothing.
//!
//! `Fixes:` and its like are used by other trackers too (`Fixes: #12`): there, what is no id of ours is passed over
//! without a word.

mod conflict;
mod line;
mod message;

#[cfg(test)]
mod tests;

pub use line::DIRECTIVE_WORDS;
pub(crate) use message::{Comments, complete_ids, near_misses, parse_message};

use std::fmt;

use crate::model::{Cost, Minutes, TaskId};

/// What a directive requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The commit belongs to the task.
    Link,
    /// The task moves on.
    Advance,
    /// The task goes back, for this reason.
    Fail(String),
    /// The task is blocked, for this reason.
    Block(String),
    /// The task is no longer blocked.
    Unblock,
    /// This much time went into the task.
    Time(Minutes),
    /// This is what the task has cost. No record shows it: sums are made of commits.
    Cost(Cost),
}

impl Action {
    /// Returns the word of the directive.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Link => "Task",
            Self::Advance => "Advance",
            Self::Fail(_) => "Fail",
            Self::Block(_) => "Block",
            Self::Unblock => "Unblock",
            Self::Time(_) => "Time",
            Self::Cost(_) => "Cost",
        }
    }
}

/// One directive on one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The task.
    pub task: TaskId,
    /// What is requested.
    pub action: Action,
    /// The line of the message, counted from 1.
    pub line: usize,
    /// Whether the line uses a word of other trackers, such as `Fixes:`, so that an unknown id may be theirs.
    pub is_borrowed: bool,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectiveErrorKind {
    /// It begins as a directive does and goes on as prose: it directs nothing.
    Prose,
    /// No id follows, where nothing but a directive is written so.
    NoId,
    /// It is a directive but for the colon, with these ids: it directs nothing.
    NoColon(String),
    /// It would be this directive if it were spelled as one: it directs nothing.
    Misspelt(String),
    /// A word of other trackers, and what no task of ours is found by: it directs nothing.
    Unresolved(String),
    /// It contains something that was probably meant as an id.
    NotAnId(String),
    /// Something else follows the ids.
    Trailing(String),
    /// A failure or a block without a reason.
    NoReason,
    /// A time that is none.
    NotATime(String),
    /// One time for several tasks.
    SharedTime,
    /// A cost that is none.
    NotACost(String),
    /// One cost for several tasks.
    SharedCost,
    /// Two directives that cannot both be meant.
    Contradiction {
        /// The task.
        task: TaskId,
        /// The word of the one.
        first: &'static str,
        /// The line of the one.
        first_line: usize,
        /// The word of the other, on the line of the error.
        second: &'static str,
    },
}

/// One thing that is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveError {
    /// The line of the message, counted from 1.
    pub line: usize,
    /// The word that the line begins with, as written.
    pub key: String,
    /// What is wrong.
    pub kind: DirectiveErrorKind,
}

impl DirectiveError {
    /// Whether the commit must not be made like this: something was requested that cannot be done as asked.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        use DirectiveErrorKind::{Misspelt, NoColon, Prose, Unresolved};
        !matches!(self.kind, Prose | NoColon(_) | Misspelt(_) | Unresolved(_))
    }

    /// Returns what to write instead.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.kind {
            DirectiveErrorKind::Prose => {
                "a directive is `Word: ID` and nothing else; as prose the line means nothing"
            }
            DirectiveErrorKind::NoId => "write the id of the task: `Advance: TASK-7Q2M`",
            DirectiveErrorKind::NoColon(_) | DirectiveErrorKind::Misspelt(_) => {
                "a directive is `Word: ID`, with a colon and a blank"
            }
            DirectiveErrorKind::Unresolved(_) => "write the whole id, such as `TASK-7Q2M`",
            DirectiveErrorKind::NotAnId(_) => "write the whole id, such as `TASK-7Q2M`",
            DirectiveErrorKind::Trailing(_) => "write nothing after the ids; several are separated by commas",
            DirectiveErrorKind::NoReason => {
                "write why: `Fail: TASK-7Q2M the colours are wrong`, `Block: TASK-7Q2M no design yet`"
            }
            DirectiveErrorKind::NotATime(_) => "write a time such as `1h 30m` or `45m`",
            DirectiveErrorKind::NotACost(_) => "write a cost such as `12k tokens 0.30 USD`",
            DirectiveErrorKind::SharedTime | DirectiveErrorKind::SharedCost => "write one line for each task",
            DirectiveErrorKind::Contradiction { .. } => "keep one of the two, or make two commits",
        }
    }
}

impl fmt::Display for DirectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: ", self.line, self.key)?;
        match &self.kind {
            DirectiveErrorKind::Prose => f.write_str("no id follows; the line directs nothing"),
            DirectiveErrorKind::NoId => f.write_str("no id follows"),
            DirectiveErrorKind::NoColon(ids) => {
                write!(f, "no colon follows; write `{}: {}`", self.key, ids.escape_debug())
            }
            DirectiveErrorKind::Misspelt(meant) => {
                write!(f, "the line directs nothing; write `{}`", meant.escape_debug())
            }
            DirectiveErrorKind::Unresolved(text) => {
                write!(f, "`{}` is no task; the line directs nothing", text.escape_debug())
            }
            DirectiveErrorKind::NotAnId(text) => write!(f, "`{}` is not an id", text.escape_debug()),
            DirectiveErrorKind::Trailing(text) => write!(f, "`{}` is too much", text.escape_debug()),
            DirectiveErrorKind::NoReason => f.write_str("no reason is given"),
            DirectiveErrorKind::NotATime(text) => write!(f, "`{}` is no length of time", text.escape_debug()),
            DirectiveErrorKind::SharedTime => f.write_str("one time for several tasks"),
            DirectiveErrorKind::NotACost(text) => write!(f, "`{}` is no cost", text.escape_debug()),
            DirectiveErrorKind::SharedCost => f.write_str("one cost for several tasks"),
            DirectiveErrorKind::Contradiction { task, first, first_line, second } => {
                write!(f, "{second} of {task} contradicts {first} on line {first_line}")
            }
        }
    }
}

/// What a commit message requires.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directives {
    /// Ids in the subject, in order: they link, and may be something else altogether, such as `UTF-8`.
    pub subject: Vec<TaskId>,
    /// The directives, in the order of their lines; none is there twice.
    pub directives: Vec<Directive>,
    /// What is wrong, in the order of lines.
    pub errors: Vec<DirectiveError>,
}

impl Directives {
    /// Returns the tasks that the message names, each once: those of directives, then those of the subject.
    #[must_use]
    pub fn tasks(&self) -> Vec<&TaskId> {
        let mut tasks = Vec::new();
        let named = self.directives.iter().map(|directive| &directive.task);
        for task in named.chain(&self.subject) {
            if !tasks.contains(&task) {
                tasks.push(task);
            }
        }
        tasks
    }
}
