//! `tracker block`, `unblock`, `cancel`, `reopen`: whether a task can go on at all.
//!
//! ```console
//! $ tracker block 7q2 waiting for the design
//! TASK-7Q2M  blocked: waiting for the design  One
//! $ tracker unblock 7q2
//! TASK-7Q2M  unblocked  One
//! $ tracker cancel c0l not needed
//! TASK-C0LR  cancelled: not needed  Two
//! $ tracker reopen c0l
//! TASK-C0LR  no longer cancelled, continues in none  Two
//! ```

use super::shared::given_or_active_tasks;
use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::{ReasonArgs, TasksArgs, WriteArgs};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::ops;
use clap::Args;

/// Block a task
///
/// Open dependencies block a task by themselves.
///
/// Example: tracker block 7q2m waiting for the design
#[derive(Debug, Args)]
#[command(override_usage = "tracker block [OPTIONS] <ID> <REASON>...")]
pub(in crate::cli) struct Block {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    reason: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Block {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::block(&session, &[self.id], &self.reason.text())?))
    }
}

/// Unblock tasks
///
/// Removes a block set by hand. A task that depends on open tasks stays blocked by them.
///
/// Example: tracker unblock 7q2m
#[derive(Debug, Args)]
pub(in crate::cli) struct Unblock {
    /// Task IDs; a unique part of each is enough
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Unblock {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::unblock(&session, &self.ids)?))
    }
}

/// Cancel a task
///
/// The record stays, with the reason.
///
/// Example: tracker cancel 7q2m duplicate of 3F8K
#[derive(Debug, Args)]
#[command(override_usage = "tracker cancel [OPTIONS] <ID> <REASON>...")]
pub(in crate::cli) struct Cancel {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    reason: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Cancel {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::cancel(&session, &[self.id], &self.reason.text())?))
    }
}

/// Reopen closed tasks
///
/// A cancelled task continues in the stage it was in, a complete one in its first stage.
///
/// Example: tracker reopen 7q2m --why "it is back on Safari"
#[derive(Debug, Args)]
pub(in crate::cli) struct Reopen {
    #[command(flatten)]
    tasks: TasksArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Reopen {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let ids = given_or_active_tasks(&session, "reopen", self.tasks.ids)?;
        Ok(Answer::of(ops::reopen(&session, &ids, self.tasks.why.as_deref())?))
    }
}
