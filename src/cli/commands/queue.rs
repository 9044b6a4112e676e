//! `tracker queue`
//!
//! ```console
//! $ tracker queue
//! TASK-7Q2M  high  none  0/2  One  today
//! 1 task
//! ```

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::{QueryArgs, ReadArgs, count};
use crate::cli::completion::task_runs;
use crate::cli::context::Context;
use crate::ops;

/// List the tasks that are ready to start
///
/// Tasks that are neither begun nor closed nor blocked and whose dependencies are complete; by priority, then age. What you
/// have begun is in `tracker status`.
///
/// Example: tracker queue tag:ui --limit 5
///
/// Example: tracker queue --run 4f2k --stage qa
#[derive(Debug, Args)]
#[command(visible_aliases = ["next", "ready"], mut_arg("assignee", |assignee| assignee.short('a')))]
pub(in crate::cli) struct Queue {
    #[command(flatten)]
    which: QueryArgs,
    /// Maximum number of tasks
    #[arg(short, long, value_name = "COUNT", value_parser = count)]
    limit: Option<usize>,
    /// Only tasks of this task run, those in progress too
    #[arg(long, value_name = "RUN", add = task_runs())]
    run: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Queue {
    type Response = ops::Listing;

    fn run(self, context: &Context) -> Reply<ops::Listing> {
        let session = context.read(&self.read)?;
        let request = ops::QueueRequest { query: self.which.text(), limit: self.limit, run: self.run };
        let (listing, problems) = ops::queue(&session, &request)?;
        Ok(Answer::of(listing).with_problems(problems))
    }
}
