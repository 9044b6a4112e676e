//! `tracker start`, `advance`, `fail`, `set-stage`: moves from stage to stage by hand.
//!
//! ```console
//! $ tracker start 7q2
//! TASK-7Q2M  One
//!   assignee = Ada Lovelace
//!   none → dev
//! $ tracker advance 7q2
//! error: TASK-7Q2M cannot leave dev
//!   unchecked  deliverables 1 table, 2 switch  tracker tick TASK-7Q2M 1 2
//! ```

use super::shared::given_or_active_tasks;
use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::{ReasonArgs, TasksArgs, WriteArgs};
use crate::cli::completion::{stages, tasks};
use crate::cli::context::Context;
use crate::ops;
use clap::Args;

/// Start work on a task
///
/// You become its assignee, it moves to its first stage, and it becomes your active task: commits on this branch are
/// linked to it. A task that is closed, blocked, waiting for others, assigned to somebody else, claimed by somebody else or in
/// progress on another branch or in another working tree is refused.
///
/// With --next it takes the first task of `tracker queue` that nobody has begun, and that another query may narrow.
///
/// Example: tracker start 7q2m
///
/// Example: tracker start --next tag:ui
#[derive(Debug, Args)]
#[command(override_usage = "tracker start [OPTIONS] <ID>\n       tracker start [OPTIONS] --next [QUERY]...")]
pub(in crate::cli) struct Start {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks(), required_unless_present = "next", conflicts_with = "next")]
    id: Option<String>,
    /// Take the first task of the queue that matches, of all without a query
    #[arg(long, value_name = "QUERY", num_args = 0..)]
    next: Option<Vec<String>>,
    /// Assignee [default: you]
    #[arg(long, value_name = "NAME")]
    assignee: Option<String>,
    /// Start even if the task is blocked, assigned to or claimed by somebody else, or in progress elsewhere
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Start {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let what = match self.id {
            Some(id) => ops::StartWhat::Task(id),
            None => ops::StartWhat::Next(self.next.unwrap_or_default().join(" ")),
        };
        let request = ops::StartRequest { what, assignee: self.assignee, force: self.force };
        let written = ops::start(&session, &request)?;
        Ok(Answer::of(written).with_problems(ops::hooks_warning(&session)))
    }
}

/// Advance tasks to their next stage
///
/// A task advances where everything that its stage requires is met. A refusal names all that is missing, each with the
/// command that fixes it.
///
/// Example: tracker advance 7q2m
#[derive(Debug, Args)]
pub(in crate::cli) struct Advance {
    #[command(flatten)]
    tasks: TasksArgs,
    /// Only to this stage: refuse where another comes next
    #[arg(long, value_name = "STAGE", add = stages())]
    to: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Advance {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let ids = given_or_active_tasks(&session, "advance", self.tasks.ids)?;
        Ok(Answer::of(ops::advance_to(&session, &ids, self.to.as_deref(), self.tasks.why.as_deref())?))
    }
}

/// Send a task back to the stage its failures go to
///
/// Approvals of this round no longer count.
///
/// Example: tracker fail 7q2m the toggle is lost on reload
#[derive(Debug, Args)]
#[command(override_usage = "tracker fail [OPTIONS] <ID> <REASON>...")]
pub(in crate::cli) struct Fail {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    reason: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Fail {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::fail(&session, &self.id, &self.reason.text())?))
    }
}

/// Move a task to any stage
///
/// The move is recorded as an override in the task's history. Where the policy requires signatures, one that is not signed
/// counts for nobody, and exits 1.
///
/// Example: tracker set-stage 7q2m qa --why "reviewed in a pairing session"
#[derive(Debug, Args)]
#[command(aliases = ["move", "mv"])]
pub(in crate::cli) struct SetStage {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Stage: `none`, one of the pipeline, or `complete`
    #[arg(value_name = "STAGE", add = stages())]
    stage: String,
    /// Reason, for the history
    #[arg(long, short = 'm', value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for SetStage {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let written = ops::set_stage(&session, &[self.id], &self.stage, self.why.as_deref())?;
        let counts = written.counts();
        Ok(Answer::of(written).no_if(!counts))
    }
}
