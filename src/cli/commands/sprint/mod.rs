//! `tracker sprint`

mod close;
mod show;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, ReasonArgs, WriteArgs};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::ops;

/// Plan, start, follow and close sprints
///
/// A sprint is a folder in `.tracker/sprints`. When it starts, the tasks that it committed to are frozen with their estimates;
/// from then on every change of its scope is a record of its own.
///
/// Example: tracker sprint status
#[derive(Debug, Args)]
pub(in crate::cli) struct Sprint {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create a sprint
    New(New),
    /// Add tasks to a sprint
    Add(Add),
    /// Remove tasks from a sprint
    Remove(Remove),
    /// Start a sprint: freeze which tasks it commits to
    Start(Start),
    /// Show the status of a sprint: progress, days left, age of work, risks
    Status(One),
    /// List sprints
    List(List),
    /// Show a sprint with its scope, history and frozen numbers
    Show(One),
    /// Show the charts of a sprint as text
    Charts(One),
    /// Close a sprint: audit, freeze its numbers, write its documents, commit and tag
    ///
    /// The audit names everything that is unfinished, each with the command that resolves it, and then nothing is changed. A
    /// close that was interrupted is continued by the same command.
    Close(Box<close::Close>),
    /// Compute the numbers of a closed sprint again, figure by figure, from its commit
    Verify(close::Verify),
    /// Reopen the sprint that was closed last
    Reopen(Reopen),
    /// Compare the figures of two sprints
    Compare(Compare),
    /// List the action items of a postmortem with their tasks
    Actions(One),
}

#[derive(Debug, Args)]
struct New {
    /// Name: letters, digits, `.`, `_` and `-`
    #[arg(value_name = "NAME")]
    name: String,
    /// Title, in one line
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What the sprint is for
    #[arg(long, value_name = "TEXT")]
    goal: Option<String>,
    /// First day
    #[arg(long, value_name = "DATE")]
    starts: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    ends: Option<String>,
    /// Working time that the team has, such as 40h
    #[arg(long, value_name = "TIME")]
    capacity: Option<String>,
    /// Day on which nobody works; can be repeated
    #[arg(long, value_name = "DATE", value_delimiter = ',')]
    blackout: Vec<String>,
    /// Phase that the sprint belongs to
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Add {
    /// Sprint
    #[arg(value_name = "NAME")]
    name: String,
    /// Task IDs; a unique part of each is enough
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Remove {
    /// Sprint
    #[arg(value_name = "NAME")]
    name: String,
    /// Task IDs; a unique part of each is enough
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    /// Reason
    #[arg(long, short = 'm', value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Start {
    /// Sprint
    #[arg(value_name = "NAME")]
    name: String,
    /// Last day [default: the one that the sprint has, else 14 days]
    #[arg(long, value_name = "DATE")]
    ends: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct One {
    /// Sprint [default: the active one; for `actions`, and `charts` where none is active, the one closed last]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Reopen {
    /// Sprint
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    why: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Compare {
    /// Sprint
    #[arg(value_name = "NAME")]
    one: String,
    /// Sprint to compare it with
    #[arg(value_name = "OTHER")]
    other: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// What a sprint's command answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// What was written.
    Written(ops::SprintWritten),
    /// All sprints.
    List(ops::SprintListing),
    /// One sprint.
    Shown(Box<ops::SprintShown>),
    /// The status of one.
    Status(Box<ops::SprintStatus>),
    /// The charts of one.
    Charts(ops::SprintChartsView),
    /// Two sprints.
    Compared(ops::SprintComparison),
    /// What came of closing one.
    Closed(Box<ops::ClosedSprint>),
    /// Whether the figures of one hold.
    Verified(ops::VerifiedSprint),
    /// The actions of one.
    Actions(ops::ActionsView),
}

impl Command for Sprint {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            What::New(new) => new.run(context),
            What::Add(add) => {
                let session = context.write(&add.write)?;
                written(ops::add_to_sprint(&session, &add.name, &add.ids)?)
            }
            What::Remove(remove) => {
                let session = context.write(&remove.write)?;
                let why = remove.why.as_deref();
                written(ops::remove_from_sprint(&session, &remove.name, &remove.ids, why)?)
            }
            What::Start(start) => {
                let session = context.write(&start.write)?;
                written(ops::start_sprint(&session, &start.name, start.ends.as_deref())?)
            }
            What::Reopen(reopen) => {
                let session = context.write(&reopen.write)?;
                written(ops::reopen_sprint(&session, &reopen.name, &reopen.why.text())?)
            }
            What::Close(close) => {
                let closed = close.run(context)?;
                let is_no = closed.audit.as_ref().is_some_and(|audit| !audit.passes());
                Ok(Answer::of(Response::Closed(Box::new(closed))).no_if(is_no))
            }
            What::Verify(verify) => {
                let verified = verify.run(context)?;
                let is_no = !verified.matches;
                Ok(Answer::of(Response::Verified(verified)).no_if(is_no))
            }
            What::List(list) => {
                let session = context.read(&list.read)?;
                Ok(Answer::of(Response::List(ops::list_sprints(&session)?)))
            }
            What::Show(one) => {
                let session = context.read(&one.read)?;
                Ok(Answer::of(Response::Shown(Box::new(ops::show_sprint(&session, one.name.as_deref())?))))
            }
            What::Status(one) => {
                let session = context.read(&one.read)?;
                let (status, problems) = ops::sprint_status(&session, one.name.as_deref())?;
                Ok(Answer::of(Response::Status(Box::new(status))).with_problems(problems))
            }
            What::Charts(one) => {
                let session = context.read(&one.read)?;
                let (charts, problems) = ops::sprint_charts(&session, one.name.as_deref())?;
                Ok(Answer::of(Response::Charts(charts)).with_problems(problems))
            }
            What::Compare(compare) => {
                let session = context.read(&compare.read)?;
                let compared = ops::compare_sprints(&session, [&compare.one, &compare.other])?;
                Ok(Answer::of(Response::Compared(compared)))
            }
            What::Actions(one) => {
                let session = context.read(&one.read)?;
                let (actions, problems) = ops::sprint_actions(&session, one.name.as_deref())?;
                Ok(Answer::of(Response::Actions(actions)).with_problems(problems))
            }
        }
    }
}

fn written(written: ops::SprintWritten) -> Reply<Response> {
    Ok(Answer::of(Response::Written(written)))
}

impl New {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.write(&self.write)?;
        let request = ops::NewSprint {
            name: self.name,
            title: self.title,
            goal: self.goal,
            starts: self.starts,
            ends: self.ends,
            capacity: self.capacity,
            blackout: self.blackout,
            phase: self.phase,
        };
        written(ops::new_sprint(&session, &request)?)
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Written(written) => show_written(written, out),
            Self::List(list) => show::list(list, out),
            Self::Shown(shown) => show::sprint(shown, out),
            Self::Status(status) => show::status(status, out),
            Self::Charts(charts) => show::charts(charts, out),
            Self::Compared(compared) => show::compared(compared, out),
            Self::Closed(closed) => close::closed(closed, out),
            Self::Verified(verified) => close::verified(verified, out),
            Self::Actions(actions) => show::actions(actions, out),
        }
    }

    fn status(&self, out: &mut Output) {
        if let Self::Written(written) = self {
            written.written.status(out);
        }
    }
}

fn show_written(written: &ops::SprintWritten, out: &mut Output) {
    if out.is_quiet() {
        out.line(&written.sprint);
        return;
    }
    if let Some((first, rest)) = written.summary.split_first() {
        out.line(format!("{}  {}", out.bold(&written.sprint), clean(first)));
        rest.iter().for_each(|line| out.line(format!("  {}", clean(line))));
        if let [file] = written.written.records.as_slice() {
            out.line(format!("  {}", out.dim(&clean(&file.path))));
        }
    }
    written.written.show(out);
}
