//! `tracker prime`, `tracker watch`: for coding agents, and whoever waits.

use std::time::Duration;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::status::{show_items, show_tasks};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, seconds};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean_lines};
use crate::ops;

/// Print what a coding agent has to know when it begins
///
/// Whom it acts for, what it works on, what waits, what is next, the commands, and the lines of commit messages: at most
/// 1600 bytes. See `tracker help agents`.
///
/// Example: tracker prime
#[derive(Debug, Args)]
pub(in crate::cli) struct Prime {}

impl Command for Prime {
    type Response = ops::Primer;

    fn run(self, context: &Context) -> Reply<ops::Primer> {
        let session = context.read(&ReadArgs::default())?;
        let (primer, problems) = ops::prime(&session)?;
        Ok(Answer::of(primer).with_problems(problems))
    }
}

impl View for ops::Primer {
    fn show(&self, out: &mut Output) {
        for line in self.text.lines() {
            out.line(clean_lines(line));
        }
    }

    fn status(&self, out: &mut Output) {
        if self.left_out > 0 {
            out.line(out.dim(&format!("{} more: tracker status, tracker inbox", self.left_out)));
        }
    }
}

/// Wait until there is something to do
///
/// It ends at once where there is something already. Until then it sleeps: the system wakes it when a file of the tracker
/// or the end of a branch changes. Exit code 1 means that the time was over before.
///
/// Example: tracker watch --ready --timeout 600
///
/// Example: tracker watch --task 7q2m
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["ready", "inbox", "task"]))]
pub(in crate::cli) struct Watch {
    /// Until a task can begin that nobody has begun; a query narrows it
    #[arg(long, value_name = "QUERY", num_args = 0..)]
    ready: Option<Vec<String>>,
    /// Until there is something in your inbox
    #[arg(long)]
    inbox: bool,
    /// Until this task changes
    #[arg(long, value_name = "ID", add = tasks())]
    task: Option<String>,
    /// Maximum time to wait
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

impl Command for Watch {
    type Response = Watched;

    fn run(self, context: &Context) -> Reply<Watched> {
        let what = match (self.ready, self.task) {
            (Some(query), _) => ops::WatchFor::Ready(query.join(" ")),
            (None, Some(id)) => ops::WatchFor::Task(id),
            (None, None) => ops::WatchFor::Inbox,
        };
        let mut session = context.read(&ReadArgs::default())?;
        let (watched, problems) = ops::watch(&mut session, &what, self.timeout)?;
        let is_no = matches!(watched, ops::Watched::TimedOut);
        Ok(Answer::of(Watched(watched)).with_problems(problems).no_if(is_no))
    }
}

/// What has come.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Watched(ops::Watched);

impl View for Watched {
    fn show(&self, out: &mut Output) {
        match &self.0 {
            ops::Watched::Ready(tasks) => show_tasks("Ready", tasks, tasks.len(), out),
            ops::Watched::Inbox(inbox) => show_items(&inbox.items, 0, out),
            ops::Watched::Task(Some(task)) => show_tasks("Changed", std::slice::from_ref(task), 1, out),
            ops::Watched::Task(None) => out.line("the task is gone"),
            ops::Watched::TimedOut => {}
        }
    }

    fn status(&self, out: &mut Output) {
        if matches!(self.0, ops::Watched::TimedOut) {
            out.line("nothing came in time");
        }
    }
}
