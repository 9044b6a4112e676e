//! `tracker run start`: of a workflow, or of tasks.

use clap::Args;

use super::{Events, Response, driven, goes_on, observer, tasks};
use crate::cli::args::WriteArgs;
use crate::cli::commands::Reply;
use crate::cli::completion::{tasks as task_ids, workflows};
use crate::cli::context::Context;
use crate::ops;

#[derive(Debug, Args)]
pub(super) struct Start {
    /// Workflow, or the path of a file
    #[arg(value_name = "NAME", add = workflows(), required_unless_present = "tasks")]
    name: Option<String>,
    /// Start a run of tasks instead: ids with commas, or a query
    #[arg(long, value_name = "TASKS", conflicts_with_all = ["name", "params", "jobs", "no_sync", "events", "detach"])]
    tasks: Option<String>,
    /// What the run of tasks is for, in a line
    #[arg(long, value_name = "TEXT", requires = "tasks")]
    title: Option<String>,
    /// Task that the run is for: steps are given its id as $TRACKER_TASK
    #[arg(long, value_name = "ID", conflicts_with = "tasks", add = task_ids())]
    task: Option<String>,
    /// Value of a parameter; can be repeated
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// Most steps that run at once [default: what the workflow says, else the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Do not wait for the disk at every step: safe against kills, not against power loss
    #[arg(long)]
    no_sync: bool,
    #[command(flatten)]
    apart: Detach,
    #[command(flatten)]
    events: Events,
    /// Show what a run of tasks would change without writing it
    #[arg(long, short = 'n', requires = "tasks")]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Detach {
    /// Do not wait for it: it goes on in the background
    #[arg(long, conflicts_with = "events")]
    pub(super) detach: bool,
}

impl Start {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        if let Some(tasks) = self.tasks {
            let write = WriteArgs { dry_run: self.dry_run, ..WriteArgs::default() };
            return tasks::start(context, tasks, self.title, &write);
        }
        let session = context.runs(self.name.as_deref())?.to_write(self.dry_run);
        let (workflow, params) = (self.name.unwrap_or_default(), self.params);
        let (jobs, task, unsynced) = (self.jobs, self.task, self.no_sync);
        let request = ops::RunRequest { workflow, params, jobs, task, unsynced };
        if self.apart.detach {
            return Ok(goes_on(ops::start_run_apart(&session, &request)?));
        }
        driven(ops::start_run(&session, &request, observer(context, &self.events))?, &self.events)
    }
}
