//! `tracker prime`, `tracker watch`: for coding agents, and whoever waits.

use std::time::Duration;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::counted;
use super::status::{show_items, show_tasks};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs, seconds};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean_lines};
use crate::model::EventKind;
use crate::ops::{self, TriggerNews};

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
/// or the end of a branch changes. Exit code 1 means that the time was over before. With --exec it starts what `[[on]]` of
/// the configuration is for, and goes on until Ctrl-C: see `tracker help events`.
///
/// Example: tracker watch --ready --timeout 600
///
/// Example: tracker watch --task 7q2m
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["ready", "inbox", "task", "exec"]))]
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
    /// Start what triggers are for, whenever something happens
    #[arg(long)]
    exec: bool,
    /// Maximum time to wait; with --exec, for each event
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

impl Command for Watch {
    type Response = Watched;

    fn run(self, context: &Context) -> Reply<Watched> {
        if self.exec {
            return exec(context, self.timeout);
        }
        let what = match (self.ready, self.task) {
            (Some(query), _) => ops::WatchFor::Ready(query.join(" ")),
            (None, Some(id)) => ops::WatchFor::Task(id),
            (None, None) => ops::WatchFor::Inbox,
        };
        let mut session = context.read(&ReadArgs::default())?;
        let (watched, problems) = ops::watch(&mut session, &what, self.timeout)?;
        let is_no = matches!(watched, ops::Watched::TimedOut);
        Ok(Answer::of(Watched::Came(watched)).with_problems(problems).no_if(is_no))
    }
}

/// Runs triggers.
fn exec(context: &Context, timeout: Option<Duration>) -> Reply<Watched> {
    let mut session = context.write(&WriteArgs::default())?;
    let view = ops::run_triggers(&mut session, timeout, |news| {
        if !context.is_quiet() {
            context.say(&line_of(news));
        }
    })?;
    Ok(Answer::of(Watched::Triggers(view)))
}

fn line_of(news: &TriggerNews<'_>) -> String {
    let event = match news {
        TriggerNews::Waiting { triggers, branch } => {
            return format!("{} of {branch}; Ctrl-C ends it", counted(*triggers, "trigger"));
        }
        TriggerNews::Happened(event) => event,
    };
    let of = |name| event.text(name).unwrap_or_default();
    let about = event.text("about").map_or_else(String::new, |about| format!(" {about}"));
    let head = format!("{} {}{about}: {}", of("trigger"), of("event"), of("starts"));
    let exit = event.data.get("exit").map(|exit| format!("exit {exit}"));
    match event.kind {
        EventKind::TriggerStarted => head,
        EventKind::TriggerRefused => format!("{head} was not started: {}", of("why")),
        _ => format!("{head} has ended: {}", exit.unwrap_or_else(|| of("why").to_owned())),
    }
}

/// What has come.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Watched {
    /// What was waited for.
    Came(ops::Watched),
    /// What triggers have done.
    Triggers(ops::TriggersView),
}

impl View for Watched {
    fn show(&self, out: &mut Output) {
        let came = match self {
            Self::Came(came) => came,
            Self::Triggers(view) => {
                let (started, failed, refused) = (view.started, view.failed, view.refused);
                return out.line(format!("{started} started, {failed} failed, {refused} not started"));
            }
        };
        match came {
            ops::Watched::Ready(tasks) => show_tasks("Ready", tasks, tasks.len(), out),
            ops::Watched::Inbox(inbox) => show_items(&inbox.items, 0, out),
            ops::Watched::Task(Some(task)) => show_tasks("Changed", std::slice::from_ref(task), 1, out),
            ops::Watched::Task(None) => out.line("the task is gone"),
            ops::Watched::TimedOut => {}
        }
    }

    fn status(&self, out: &mut Output) {
        if matches!(self, Self::Came(ops::Watched::TimedOut)) {
            out.line("nothing came in time");
        }
    }
}
