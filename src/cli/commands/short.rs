//! `tracker done`, `assign`, `tag`, `stop`, `undo`, `rm`: short names for what is done often.
//!
//! ```console
//! $ tracker assign 7q2 Ken
//! TASK-7Q2M  assignee = Ken  One
//! $ tracker tag 7q2 ui theme
//! TASK-7Q2M  tags + ui, theme  One
//! $ tracker undo
//! took back "TASK-7Q2M: tags + ui, theme"
//!   restored .tracker/tasks/TASK-7Q2M.md
//! ```

use clap::Args;

use super::shared::given_or_active_tasks;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{TasksArgs, WriteArgs};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::ops::{self, Assignment, AssignmentOperator};

/// Complete tasks, or move them on as far as they have earned
///
/// A task goes through every stage of which all requirements are met. Where it stops before the end, what is missing there
/// is printed, each with the command that fixes it.
///
/// Example: tracker done 7q2m
#[derive(Debug, Args)]
#[command(visible_alias = "close", aliases = ["complete", "finish"])]
pub(in crate::cli) struct Done {
    #[command(flatten)]
    tasks: TasksArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Done {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let ids = given_or_active_tasks(&session, "done", self.tasks.ids)?;
        Ok(Answer::of(ops::done(&session, &ids, self.tasks.why.as_deref())?))
    }
}

/// Assign a task to somebody
///
/// Without a name it is assigned to you. `tracker start` assigns as well, and begins.
///
/// Example: tracker assign 7q2m Ada Lovelace
#[derive(Debug, Args)]
pub(in crate::cli) struct Assign {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Name; `@me` is you
    #[arg(value_name = "NAME")]
    name: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Assign {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let name = if self.name.is_empty() { "@me".to_owned() } else { self.name.join(" ") };
        let assignment = assignment("assignee", AssignmentOperator::Set, name);
        Ok(Answer::of(ops::set(&session, &[self.id], &[assignment])?))
    }
}

/// Add tags to a task
///
/// `tracker set ID tags-=TAG` removes one.
///
/// Example: tracker tag 7q2m ui theme
#[derive(Debug, Args)]
pub(in crate::cli) struct Tag {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Tags
    #[arg(required = true, value_name = "TAG")]
    tags: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Tag {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let assignment = assignment("tags", AssignmentOperator::Add, self.tags.join(","));
        Ok(Answer::of(ops::set(&session, &[self.id], &[assignment])?))
    }
}

fn assignment(name: &str, operator: AssignmentOperator, value: String) -> Assignment {
    Assignment { name: name.to_owned(), operator, value }
}

/// Stop working on the active task
///
/// Commits on this branch are linked to no task then. The task stays in its stage.
///
/// Example: tracker stop
#[derive(Debug, Args)]
pub(in crate::cli) struct Stop {}

impl Command for Stop {
    type Response = ops::Stopped;

    fn run(self, context: &Context) -> Reply<ops::Stopped> {
        let session = context.write(&WriteArgs::default())?;
        Ok(Answer::of(ops::stop(&session)?))
    }
}

impl View for ops::Stopped {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            out.line(&self.id);
            return;
        }
        let stage =
            if self.stage.is_empty() { String::new() } else { format!(" (in {})", clean(&self.stage)) };
        out.line(format!(
            "{} is no longer active{stage}  {}",
            out.bold(&self.id),
            out.dim(&clean(&self.title))
        ));
    }
}

/// Take back the last write of this working tree
///
/// Again and again: each call takes back the write before. What a commit has is refused, and so is a file that has been
/// changed since.
///
/// Example: tracker undo --dry-run
#[derive(Debug, Args)]
pub(in crate::cli) struct Undo {
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Undo {
    type Response = ops::TakenBack;

    fn run(self, context: &Context) -> Reply<ops::TakenBack> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::undo(&session)?))
    }
}

impl View for ops::TakenBack {
    fn show(&self, out: &mut Output) {
        let word = if self.dry_run { "would take back" } else { "took back" };
        out.line(format!("{word} \"{}\"", clean(&self.summary)));
        if out.is_quiet() {
            return;
        }
        for (word, files) in [("restored", &self.restored), ("removed", &self.removed)] {
            for file in files {
                out.line(format!("  {}", out.dim(&format!("{word} {}", clean(file)))));
            }
        }
    }
}

/// Remove tasks that no commit has
///
/// A task that history has is not removed but cancelled, with a reason: `tracker cancel`.
///
/// Example: tracker rm 7q2m
#[derive(Debug, Args)]
#[command(aliases = ["delete", "remove"])]
pub(in crate::cli) struct Remove {
    /// Task IDs; a unique part of each is enough
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Remove {
    type Response = ops::Removed;

    fn run(self, context: &Context) -> Reply<ops::Removed> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::remove(&session, &self.ids)?))
    }
}

impl View for ops::Removed {
    fn show(&self, out: &mut Output) {
        let word = if self.dry_run { "Would remove" } else { "Removed" };
        for task in &self.tasks {
            out.line(format!("{word} {}", out.bold(task)));
        }
        if !out.is_quiet() {
            for file in &self.files {
                out.line(format!("  {}", out.dim(&clean(file))));
            }
        }
    }
}
