//! `tracker plan`

mod execute;
mod show;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, ReasonArgs, WriteArgs};
use crate::cli::completion::{plans, tasks};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::ops::{self, PlanAction};

/// Plan work: tasks under phases and milestones, approved as they stand
///
/// A plan is a file in `.tracker/plans` that lists tasks of the tracker. An approval is of its content: the title, the order, and
/// of each task what is to be done. Whoever edits any of that makes it a draft again.
///
/// Example: tracker plan new "Rework of the cart"
///
/// Example: tracker plan new --from specs/cart/tasks.md
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
    Approve(Decide),
    /// Reject a plan
    Reject(Reject),
    /// Take back what was decided about a plan: it is a draft again
    Reopen(Decide),
    /// Execute an approved plan: start the executors of its tasks, and merge what they have done
    ///
    /// Each task is done in a working tree and on a branch of its own, and merged into the plan's branch in the order of the
    /// dependencies. What you have checked out is not touched. Goes on where it was after an interruption or a crash. Exit code
    /// 0 when every task is done, 1 when one has failed, was skipped or waits for a person, 3 when another process executes the
    /// plan, 130 when it was interrupted.
    ///
    /// Example: tracker plan execute 4f2k
    ///
    /// Example: tracker plan execute 4f2k --dry-run
    ///
    /// Example: tracker plan execute 4f2k --jobs 2 --events
    Execute(execute::Execute),
    /// Show how far the execution of a plan is
    ///
    /// Example: tracker plan status 4f2k
    ///
    /// Example: tracker plan status 4f2k --watch --task 7q2m
    Status(execute::Status),
    /// Do tasks of a plan again that have failed, wait or were reverted, with those that were skipped because of them
    ///
    /// What was reverted where the plan's branch was merged is reverted on that branch, too, before it is done again.
    ///
    /// A task whose branch could not be merged, and that nobody has changed since, begins anew from where the plan's branch is
    /// now; one that somebody has merged by hand is taken as it is.
    ///
    /// Example: tracker plan retry 4f2k 7q2m
    Retry(execute::Retry),
}

#[derive(Debug, Args)]
struct New {
    /// Title, in one line [default: that of the breakdown]
    #[arg(value_name = "TITLE", required_unless_present_any = ["from", "with"])]
    title: Option<String>,
    /// Read the tasks from this breakdown, or file of another tracker; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "with")]
    from: Option<String>,
    /// Have the executor of this role draft a breakdown of these requirements
    #[arg(long, num_args = 2, value_names = ["ROLE", "FILE"])]
    with: Option<Vec<String>>,
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
struct Decide {
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
    /// How far the execution of a plan is.
    Execution(Box<execute::Shown>),
    /// What executing a plan would begin with.
    Ahead(Box<ops::PlanStart>),
}

impl Command for Plan {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            What::New(new) => new.run(context),
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
            What::Approve(Decide { plan, why, write }) => {
                decide(context, &write, &plan, PlanAction::Approve, why.as_deref())
            }
            What::Reject(Reject { plan, why, write }) => {
                decide(context, &write, &plan, PlanAction::Reject, Some(&why.text()))
            }
            What::Reopen(Decide { plan, why, write }) => {
                decide(context, &write, &plan, PlanAction::Reopen, why.as_deref())
            }
            What::Execute(execute) => execute.run(context),
            What::Status(status) => status.run(context),
            What::Retry(retry) => retry.run(context),
        }
    }
}

impl New {
    fn run(self, context: &Context) -> Reply<Response> {
        let Self { title, retries, from, with, write } = self;
        let session = context.write(&write)?;
        let files = match (from.as_deref(), with.as_deref()) {
            (Some("-"), _) => ops::standard_input(&context.read_input("-")?)?,
            (Some(path), _) => ops::import_files(&session, path, None)?,
            (None, Some([role, file])) => {
                let requirements = context.read_input(file)?;
                ops::draft_by_role(&session, role, &requirements)?
            }
            _ => {
                let title = title.unwrap_or_default();
                return written(ops::new_plan(&session, &ops::NewPlan { title, retries })?);
            }
        };
        let request = ops::PlanFrom { title, retries, files, format: None };
        let (created, problems) = ops::plan_from(&session, &request)?;
        Ok(Answer::of(Response::Written(created)).with_problems(problems))
    }
}

fn written(written: ops::PlanWritten) -> Reply<Response> {
    Ok(Answer::of(Response::Written(written)))
}

fn decide(
    context: &Context,
    write: &WriteArgs,
    plan: &str,
    choice: PlanAction,
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
            Self::Execution(shown) => shown.show(out),
            Self::Ahead(start) => execute::ahead(start).iter().for_each(|line| out.line(clean(line))),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::Written(written) => written.written.status(out),
            Self::Execution(shown) => shown.status(out),
            Self::List(_) | Self::Shown(_) | Self::Ahead(_) => {}
        }
    }
}
