//! `tracker tick`, `tracker untick`
//!
//! ```console
//! $ tracker tick 7q2 1
//! TASK-7Q2M  checked 1 table  One
//! $ tracker untick 7q2 1 --dry-run --quiet
//! TASK-7Q2M
//! ```

use super::shared::given_or_active;
use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ops::{self, Session};
use clap::Args;

/// Check checkboxes of a task
///
/// Without an ID it is the active task.
///
/// Example: tracker tick 7q2m 1 3-4
#[derive(Debug, Args)]
#[command(override_usage = "tracker tick [OPTIONS] [ID] <CHECKBOX>...")]
pub(in crate::cli) struct Tick {
    /// Task ID, which may be left out of the active task, then checkboxes: numbers as in `tracker show`, ranges (2-4), a
    /// part of the text, or `all`
    #[arg(required = true, value_name = "ID|CHECKBOX", add = tasks())]
    words: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Tick {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let (id, boxes) = task_and_boxes(&session, "tick", self.words)?;
        Ok(Answer::of(ops::tick(&session, &id, &boxes, true)?))
    }
}

/// Uncheck checkboxes of a task
///
/// Without an ID it is the active task.
///
/// Example: tracker untick 7q2m 3
#[derive(Debug, Args)]
#[command(override_usage = "tracker untick [OPTIONS] [ID] <CHECKBOX>...")]
pub(in crate::cli) struct Untick {
    /// Task ID, which may be left out of the active task, then checkboxes: numbers as in `tracker show`, ranges (2-4), a
    /// part of the text, or `all`
    #[arg(required = true, value_name = "ID|CHECKBOX", add = tasks())]
    words: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Untick {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let (id, boxes) = task_and_boxes(&session, "untick", self.words)?;
        Ok(Answer::of(ops::tick(&session, &id, &boxes, false)?))
    }
}

/// Tells the task from the checkboxes. A lone word is a checkbox, and so is what can only be one: a number, a range or
/// `all`, where no task has such an id.
fn task_and_boxes(
    session: &Session<'_>,
    command: &str,
    mut words: Vec<String>,
) -> Result<(String, Vec<String>), Failure> {
    let is_box = |word: &str| word == "all" || word.bytes().all(|c| c.is_ascii_digit() || c == b'-');
    if let [word] = words.as_slice()
        && !is_box(word)
        && session.names_task(word).unwrap_or(false)
    {
        let hint = format!("numbers are those of `tracker show {word}`, or `all`");
        return Err(Failure::usage_message("no checkbox given", hint));
    }
    let is_task = |word: &str| if is_box(word) { session.names_task(word).ok() } else { Some(true) };
    let has_task = words.len() > 1 && is_task(&words[0]).unwrap_or(false);
    let given = has_task.then(|| words.remove(0));
    Ok((given_or_active(session, command, given)?, words))
}
