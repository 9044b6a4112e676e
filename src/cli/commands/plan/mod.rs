//! `tracker plan`

mod show;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, ReasonArgs, WriteArgs};
use crate::cli::completion::{plans, tasks};
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::ops::{self, PlanChoice};

/// Plan work: tasks under phases and milestones, approved as they stand
///
/// A plan is a file in `.tracker/plans` that lists tasks of the tracker. An approval is of its content: the title, the order, and
/// of each task what is to be done. Whoever edits any of that makes it a draft again.
///
/// Example: tracker plan new "Rework of the cart"
///
/// Example: tracker plan list --status draft
#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create a plan
    New(New),
    /// List plans
    List(List),
    /// Show a plan with its phases, milestones and tasks
    Show(Show),
    /// Add tasks to a plan
    Add(Add),
    /// Remove tasks from a plan; the tasks stay
    Remove(Remove),
    /// Approve a plan as it is now
    Approve(Approve),
    /// Reject a plan
    Reject(Reject),
    /// Take back what was decided about a plan: it is a draft again
    Reopen(Reopen),
}

#[derive(Debug, Args)]
struct New {
    /// Title, in one line
    #[arg(value_name = "TITLE")]
    title: String,
    /// How many more attempts each task has after the first
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct List {
    /// Only plans in these states: draft, approved, rejected, in_progress, completed
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    status: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Show {
    /// Plan [default: the newest]
    #[arg(value_name = "PLAN", add = plans())]
    plan: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Add {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    /// Task IDs; a unique part of each is enough
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    /// Phase to add them to, which is created where it is absent
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// Milestone to add them to, which is created where it is absent
    #[arg(long, value_name = "NAME")]
    milestone: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Remove {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    /// Task IDs; a unique part of each is enough
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Approve {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    /// Reason, for the history
    #[arg(long, short = 'm', value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Reject {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    #[command(flatten)]
    why: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Reopen {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    /// Reason, for the history
    #[arg(long, short = 'm', value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// What a plan's command answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// What was written.
    Written(ops::PlanWritten),
    /// All plans.
    List(ops::PlanListing),
    /// One plan.
    Shown(Box<ops::PlanShown>),
}

impl Command for Plan {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            What::New(New { title, retries, write }) => {
                let session = context.write(&write)?;
                written(ops::new_plan(&session, &ops::NewPlan { title, retries })?)
            }
            What::List(list) => {
                let session = context.read(&list.read)?;
                let (listing, problems) = ops::list_plans(&session, &list.status)?;
                Ok(Answer::of(Response::List(listing)).with_problems(problems))
            }
            What::Show(show) => {
                let session = context.read(&show.read)?;
                let (shown, problems) = ops::show_plan(&session, show.plan.as_deref())?;
                Ok(Answer::of(Response::Shown(Box::new(shown))).with_problems(problems))
            }
            What::Add(Add { plan, ids, phase, milestone, write }) => {
                let session = context.write(&write)?;
                let request = ops::PlanAddition { plan, tasks: ids, phase, milestone };
                written(ops::add_to_plan(&session, &request)?)
            }
            What::Remove(remove) => {
                let session = context.write(&remove.write)?;
                written(ops::remove_from_plan(&session, &remove.plan, &remove.ids)?)
            }
            What::Approve(Approve { plan, why, write }) => {
                decide(context, &write, &plan, PlanChoice::Approve, why.as_deref())
            }
            What::Reject(Reject { plan, why, write }) => {
                decide(context, &write, &plan, PlanChoice::Reject, Some(&why.text()))
            }
            What::Reopen(Reopen { plan, why, write }) => {
                decide(context, &write, &plan, PlanChoice::Reopen, why.as_deref())
            }
        }
    }
}

fn written(written: ops::PlanWritten) -> Reply<Response> {
    Ok(Answer::of(Response::Written(written)))
}

fn decide(
    context: &Context,
    write: &WriteArgs,
    plan: &str,
    choice: PlanChoice,
    why: Option<&str>,
) -> Reply<Response> {
    let session = context.write(write)?;
    let (written, problems) = ops::decide_plan(&session, plan, choice, why)?;
    Ok(Answer::of(Response::Written(written)).with_problems(problems))
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Written(written) => show::written(written, out),
            Self::List(list) => show::list(list, out),
            Self::Shown(shown) => show::plan(shown, out),
        }
    }

    fn status(&self, out: &mut Output) {
        if let Self::Written(written) = self {
            written.written.status(out);
        }
    }
}
