//! `tracker run`

mod live;
mod record;
mod show;
mod start;
mod tasks;

use std::cell::RefCell;
use std::rc::Rc;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs, count};
use crate::cli::completion::{runs, workflows};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::model::{StepState, TaskRunDecision};
use crate::ops;
use start::{Detach, Start};

/// Run workflows, follow them, and act on them
///
/// A run is a graph of steps (tracker help workflows). It is driven in the foreground; its log is below the git directory, and
/// what has come of it is a record in `.tracker/runs`. After a crash `run resume` goes on and repeats nothing that succeeded.
/// Where a run is expected, a part of its id is enough; without one it is the newest.
///
/// A task run is another kind: tasks that go through the stages together (`--tasks`). Where it is follows from its tasks.
///
/// Example: tracker run start checks
///
/// Example: tracker run start --tasks sprint:SPRINT-1
///
/// Example: tracker run why test
#[derive(Debug, Args)]
#[command(visible_alias = "runs")]
pub(in crate::cli) struct Run {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Start a run of a workflow, or of tasks
    ///
    /// Exit code 1 means that the run has failed, was cancelled, or is on hold. Ctrl-C ends what runs; `run resume` goes on.
    ///
    /// With --tasks nothing is executed: the tasks become one run, and those that can begin enter their first stage.
    ///
    /// Example: tracker run start checks -p profile=release
    ///
    /// Example: tracker run start --tasks 7q2m,k4zd --title "Harden the login"
    ///
    /// Example: tracker run start --tasks "sprint:SPRINT-1 type:bug"
    Start(Start),
    /// Show where a task run is: tasks per stage, and what each waits for
    ///
    /// Its state is the earliest stage that a task of it is in; `sec_failed` where a task that failed in `sec` was sent back and
    /// has not gone on since; `ready_for_commit` when every task has left the last stage; `completed` when HEAD has that.
    ///
    /// Example: tracker run progress 4f2k
    Progress(tasks::Progress),
    /// Start the executor of a role for the tasks of a run that wait for it
    ///
    /// The command is that of `[executors.NAME]` in the configuration of HEAD. Exit code 0 does the work of the stage, or
    /// approves for the role; any other sends the task back.
    ///
    /// Example: tracker run trigger 4f2k --role qa
    ///
    /// Example: tracker run trigger 4f2k --role security-auditor --task 7q2m --create-tasks
    Trigger(tasks::Trigger),
    /// Start the executors that the tasks of a run wait for, until all are complete or only people can go on
    ///
    /// A task that has failed `--max-rounds` times is left to a person. Exit code 0 when every task is complete, 1 when a
    /// person is asked, 130 when it was interrupted. After that, or after a crash, the same command goes on.
    ///
    /// Example: tracker run drive 4f2k --max-rounds 5
    ///
    /// Example: tracker run drive --create-tasks
    Drive(tasks::Drive),
    /// Show a run: its steps, their states, retries and durations
    Status(Status),
    /// List runs, the newest first
    List(List),
    /// Print what a step has printed
    Logs(Logs),
    /// Explain why a step is in its state, in one sentence
    Why(Why),
    /// Run again what failed, and what depends on it
    Retry(Retry),
    /// Let what runs go on to its end, and begin nothing else
    Pause(Quick),
    /// Go on with a run that was paused or interrupted
    Resume(Resume),
    /// End a run: what runs is asked to end, and ended if it does not
    ///
    /// Of the run of a plan nothing is lost: `plan execute` goes on with it.
    ///
    /// Of a task run only that is recorded: its tasks stay as they are, and it no longer queues them. `run resume` takes it back.
    ///
    /// Example: tracker run cancel 4f2k -m "not in this release"
    Cancel(Cancel),
    /// Approve what a run asks, and go on with it
    Approve(Verdict),
    /// Reject what a run asks: the step fails
    Reject(Verdict),
    /// Answer a question of a run, and go on with it
    Answer(AnswerArgs),
    /// Write the record of a run that another engine has driven (tracker workflow export)
    ///
    /// A step of which nothing is known could not begin, was skipped or has failed, as what it needs tells. What is recorded
    /// again for the same `--run-url` is written to the same record.
    Record(record::Record),
    /// Remove logs and outputs of old runs that have ended; their records stay
    Prune(Prune),
}

#[derive(Debug, Args)]
struct Cancel {
    /// Run [default: the newest]
    #[arg(value_name = "RUN", add = runs())]
    run: Option<String>,
    /// Reason, for the record of a task run
    #[arg(long, short = 'm', value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
struct Events {
    /// Print every event as a line of JSON when it happens, and nothing else
    #[arg(long)]
    events: bool,
}

#[derive(Debug, Args)]
struct Status {
    /// Run [default: the newest]
    #[arg(value_name = "RUN", add = runs())]
    run: Option<String>,
    /// Show attempts and errors too
    #[arg(long, short)]
    verbose: bool,
    /// Show its graph, a timeline of attempts and what a step prints, as it changes, until nothing drives it
    #[arg(long, short)]
    watch: bool,
    /// Step whose output is shown beside the graph [default: the one that began last]
    #[arg(long, short, value_name = "STEP", requires = "watch")]
    step: Option<String>,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
struct List {
    /// Maximum number of runs, from the newest
    #[arg(long, short = 'l', value_name = "N", value_parser = count)]
    limit: Option<usize>,
    /// Only runs of this workflow
    #[arg(long, short, value_name = "NAME", add = workflows())]
    workflow: Option<String>,
    /// Only runs in this state, or on hold like this (paused, waits_for_person …); commas separate alternatives
    #[arg(long = "state", short, value_name = "STATE", value_delimiter = ',')]
    states: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Logs {
    /// Run and step; of the newest run where there is only a step, of the step that failed last where there is none
    #[arg(value_name = "RUN STEP", num_args = 0..=2, add = runs())]
    words: Vec<String>,
    /// Attempt [default: the last]
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
    /// Maximum number of lines, from the end
    #[arg(long, short = 'l', value_name = "N", default_value = "200", value_parser = count)]
    lines: usize,
    /// Print only the paths of the files
    #[arg(long)]
    path: bool,
    /// Print what comes too, attempt after attempt, until the step has ended
    #[arg(long, short, conflicts_with_all = ["attempt", "lines", "path"])]
    follow: bool,
}

#[derive(Debug, Args)]
struct Why {
    /// Run and step; of the newest run where there is only a step
    #[arg(value_name = "RUN STEP", num_args = 1..=2, required = true)]
    words: Vec<String>,
}

#[derive(Debug, Args)]
struct Retry {
    /// Run [default: the newest]
    #[arg(value_name = "RUN", add = runs())]
    run: Option<String>,
    /// Only this step, also where it has succeeded; can be repeated
    #[arg(long = "step", short, value_name = "STEP")]
    steps: Vec<String>,
    /// Also everything that depends on these steps
    #[arg(long, requires = "steps")]
    downstream: bool,
    #[command(flatten)]
    apart: Detach,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
struct Quick {
    /// Run [default: the newest]
    #[arg(value_name = "RUN", add = runs())]
    run: Option<String>,
}

#[derive(Debug, Args)]
struct Resume {
    /// Run [default: the newest]
    #[arg(value_name = "RUN", add = runs())]
    run: Option<String>,
    #[command(flatten)]
    apart: Detach,
    #[command(flatten)]
    events: Events,
}

/// What happens when a question has its answer.
#[derive(Debug, Args)]
struct AfterAnswer {
    /// Only take the answer down, and do not go on with the run
    #[arg(long)]
    no_resume: bool,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
struct Verdict {
    /// Run and step; the newest run, and its only question, where they are left out
    #[arg(value_name = "RUN STEP", num_args = 0..=2, add = runs())]
    words: Vec<String>,
    #[command(flatten)]
    then: AfterAnswer,
}

#[derive(Debug, Args)]
struct AnswerArgs {
    /// Run and step, and the answer last
    #[arg(value_name = "RUN STEP VALUE", num_args = 1..=3, required = true, allow_negative_numbers = true)]
    words: Vec<String>,
    #[command(flatten)]
    then: AfterAnswer,
}

#[derive(Debug, Args)]
struct Prune {
    /// Number of runs that are kept, the newest
    #[arg(long, value_name = "N", default_value = "20", value_parser = count)]
    keep: usize,
    #[command(flatten)]
    write: WriteArgs,
}

/// What a command about runs answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// A run.
    Run(Box<Shown>),
    /// Where a task run is.
    Progress(Box<ops::TaskRunView>),
    /// What has come of driving a task run.
    Driven(Box<tasks::Driven>),
    /// A task run that was started.
    Started(ops::TaskRunStarted),
    /// A task run that was cancelled, or goes on.
    Decided(ops::TaskRunDecided),
    /// All runs.
    List(ops::RunsView),
    /// What a step has printed.
    Logs(PrintedLogs),
    /// A step was followed to its end.
    Followed {
        /// How it has ended.
        state: StepState,
    },
    /// Why a step is in its state.
    Why(ops::Why),
    /// What a task of a task run waits for.
    WhyTask(tasks::WhyTask),
    /// What has become of a run.
    Changed(ops::RunChanged),
    /// What was removed.
    Pruned(ops::PrunedRuns),
    /// A record was written.
    Recorded(ops::Written),
}

/// A run as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Shown {
    run: ops::RunView,
    #[serde(skip)]
    is_verbose: bool,
    /// Whether events were printed instead.
    #[serde(skip)]
    is_silent: bool,
}

/// What a step has printed, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct PrintedLogs {
    logs: ops::RunLogs,
    #[serde(skip)]
    is_path: bool,
}

impl Command for Run {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            What::Start(start) => start.run(context),
            What::Progress(progress) => progress.run(context),
            What::Trigger(trigger) => trigger.run(context),
            What::Drive(drive) => drive.run(context),
            What::Resume(resume) => resume.run(context),
            What::Retry(retry) => {
                let session = context.runs(None)?;
                let request =
                    ops::RetryRequest { run: retry.run, steps: retry.steps, downstream: retry.downstream };
                if retry.apart.detach {
                    return Ok(goes_on(ops::retry_run_apart(&session, &request)?));
                }
                driven(ops::retry_run(&session, &request, observer(context, &retry.events))?, &retry.events)
            }
            What::Status(status) => status.run(context),
            What::List(list) => {
                let request =
                    ops::RunsRequest { limit: list.limit, workflow: list.workflow, states: list.states };
                let (runs, problems) = ops::list_runs(&context.workflow(&list.read, None)?, &request)?;
                Ok(Answer::of(Response::List(runs)).with_problems(problems))
            }
            What::Logs(logs) => logs.run(context),
            What::Why(why) => {
                let session = context.runs(None)?;
                if let [run, task] = why.words.as_slice()
                    && let Some(run) = ops::task_run_meant(&session, Some(run))?
                {
                    let (task, why) = ops::why_task(&session, &run, task)?;
                    return Ok(Answer::of(Response::WhyTask(tasks::WhyTask { run, task, why })));
                }
                Ok(Answer::of(Response::Why(ops::why_step(&session, &why.words)?)))
            }
            What::Pause(pause) => {
                let session = context.runs(None)?;
                changed(ops::pause_run(&session, pause.run.as_deref())?)
            }
            What::Cancel(cancel) => cancel.run(context),
            What::Approve(verdict) => verdict.run(context, true),
            What::Reject(verdict) => verdict.run(context, false),
            What::Answer(answer) => answer.run(context),
            What::Record(record) => record.run(context),
            What::Prune(prune) => {
                let session = context.write(&prune.write)?;
                Ok(Answer::of(Response::Pruned(ops::prune_runs(&session, prune.keep)?)))
            }
        }
    }
}

/// A run that was driven as far as it goes. One that has not ended well is a no.
fn driven(run: ops::RunView, events: &Events) -> Reply<Response> {
    let is_no = !run.state.is_good();
    let is_interrupted = run.hold == Some(ops::RunHold::Interrupted);
    let shown = Shown { run, is_verbose: false, is_silent: events.events };
    Ok(Answer::of(Response::Run(Box::new(shown))).no_if(is_no).interrupted_if(is_interrupted))
}

/// A run that goes on by itself.
fn goes_on(run: ops::RunView) -> Answer<Response> {
    Answer::of(Response::Run(Box::new(Shown { run, is_verbose: false, is_silent: false })))
}

fn changed(changed: ops::RunChanged) -> Reply<Response> {
    let is_no = changed.result.as_ref().is_some_and(|run| !run.state.is_good());
    Ok(Answer::of(Response::Changed(changed)).no_if(is_no))
}

impl Resume {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.runs(None)?;
        if let Some(run) = ops::task_run_meant(&session, self.run.as_deref())? {
            return tasks::decide(&session, &run, TaskRunDecision::Resumed, None);
        }
        if self.apart.detach {
            return Ok(goes_on(ops::resume_run_apart(&session, self.run.as_deref())?));
        }
        let observer = observer(context, &self.events);
        driven(ops::resume_run(&session, self.run.as_deref(), observer)?, &self.events)
    }
}

impl Cancel {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.runs(None)?;
        if let Some(run) = self.run.as_deref().and_then(|word| ops::plan_run_meant(&session, word)) {
            return Ok(Answer::of(Response::Changed(ops::cancel_plan_run(&session, &run)?)));
        }
        if let Some(run) = ops::task_run_meant(&session, self.run.as_deref())? {
            return tasks::decide(&session, &run, TaskRunDecision::Cancelled, self.why.as_deref());
        }
        let observer = observer(context, &self.events);
        Ok(Answer::of(Response::Changed(ops::cancel_run(&session, self.run.as_deref(), observer)?)))
    }
}

impl Logs {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.runs(None)?;
        if let Some(run) = self.words.first().and_then(|word| ops::plan_run_meant(&session, word)) {
            let task = self.words.get(1).map(String::as_str);
            let read = ops::plan_run_logs(&session, &run, task, self.attempt, self.lines)?;
            return Ok(Answer::of(Response::Logs(PrintedLogs { logs: read, is_path: self.path })));
        }
        if let Some(run) = ops::task_run_meant(&session, self.words.first().map(String::as_str))? {
            return tasks::logs(&session, &run, &self);
        }
        if self.follow {
            let mut printer = live::LogPrinter::new(context);
            let state = ops::follow_logs(&session, &self.words, |printed| printer.print(printed))?;
            return Ok(Answer::of(Response::Followed { state }));
        }
        let read = ops::run_logs(&session, &self.words, self.attempt, self.lines)?;
        Ok(Answer::of(Response::Logs(PrintedLogs { logs: read, is_path: self.path })))
    }
}

impl Status {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.runs(None)?;
        if let Some(run) = ops::task_run_meant(&session, self.run.as_deref())? {
            return tasks::progress(&session, Some(&run));
        }
        let run = match self.watch {
            true => {
                let watcher = live::Watcher::new(context, self.events.events);
                let (run, step) = (self.run.as_deref(), self.step.as_deref());
                ops::watch_run(&session, run, step, |run, events| watcher.show(run, events))?
            }
            false => ops::run_status(&session, self.run.as_deref())?,
        };
        let is_no = run.state == crate::model::RunState::Failed;
        let shown = Shown { run, is_verbose: self.verbose, is_silent: self.events.events };
        Ok(Answer::of(Response::Run(Box::new(shown))).no_if(is_no))
    }
}

impl Verdict {
    fn run(self, context: &Context, approved: bool) -> Reply<Response> {
        self.then.answer(context, self.words, None, approved)
    }
}

impl AnswerArgs {
    fn run(mut self, context: &Context) -> Reply<Response> {
        let answer = self.words.pop();
        self.then.answer(context, self.words, answer, true)
    }
}

impl AfterAnswer {
    fn answer(
        self,
        context: &Context,
        words: Vec<String>,
        answer: Option<String>,
        approved: bool,
    ) -> Reply<Response> {
        let session = context.runs(None)?;
        let request = ops::AnswerRequest { words, answer, approved, no_resume: self.no_resume };
        changed(ops::answer_run(&session, &request, observer(context, &self.events))?)
    }
}

/// Returns who shows what happens: a line for a person on stderr, or a line of JSON for a program on stdout.
fn observer<'c>(context: &'c Context, events: &Events) -> ops::RunObserver<'c> {
    let is_for_programs = events.events;
    let width = Rc::new(RefCell::new(0));
    Box::new(move |logged, run| {
        if is_for_programs {
            // Nobody may read any more: the run goes on.
            let _ = crate::cli::write_stdout(format!("{}\n", logged.to_line()).as_bytes());
        } else if !context.is_quiet() {
            let mut width = width.borrow_mut();
            if let Some(line) = show::event_line(logged, run, &mut width, &context.error_output()) {
                context.say(&line);
            }
        }
    })
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Followed { .. } => {}
            Self::Run(shown) if shown.is_silent => {}
            Self::Run(shown) if out.is_quiet() => out.line(clean(&shown.run.run)),
            Self::Run(shown) => show::run(&shown.run, shown.is_verbose, out),
            Self::Progress(run) => tasks::show(run, out),
            Self::Driven(driven) => driven.show(out),
            Self::Started(started) => tasks::started(started, out),
            Self::Decided(decided) => {
                out.line(format!("{}  {}", out.bold(&clean(&decided.run)), clean(&decided.message)));
            }
            Self::List(runs) => show::list(runs, out),
            Self::Logs(printed) => show::logs(&printed.logs, printed.is_path, out),
            Self::Why(why) => out.line(format!("{}  {}", out.bold(&clean(&why.step)), clean(&why.why))),
            Self::WhyTask(why) => out.line(format!("{}  {}", out.bold(&clean(&why.task)), clean(&why.why))),
            Self::Changed(changed) => {
                out.line(format!("{}  {}", out.bold(&clean(&changed.run)), clean(&changed.message)));
                if let Some(run) = &changed.result {
                    show::run(run, false, out);
                }
            }
            Self::Recorded(written) => {
                for file in &written.records {
                    let word = if written.dry_run { "Would write" } else { "Wrote" };
                    out.line(format!("{word} {}", clean(&file.path)));
                    file.diff.iter().for_each(|diff| super::shared::show_diff(diff, out));
                }
            }
            Self::Pruned(pruned) => {
                pruned.removed.iter().for_each(|run| out.line(clean(run)));
            }
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::Run(shown) if !shown.is_silent => show::next_commands(&shown.run, out),
            Self::Progress(run) => tasks::next_commands(run, out),
            Self::Driven(driven) => driven.status(out),
            Self::Started(started) => started.written.status(out),
            Self::List(runs) if runs.runs.is_empty() => {
                out.line("no runs; start one with `tracker run start NAME`");
            }
            Self::List(runs) if runs.left_out > 0 => {
                out.line(out.dim(&format!("{} more", runs.left_out)));
            }
            Self::Changed(changed) => changed.next.iter().for_each(|next| out.line(out.dim(&clean(next)))),
            Self::Followed { state } => out.line(out.dim(state.as_str())),
            Self::Recorded(written) => written.status(out),
            Self::Logs(printed) if printed.logs.truncated && !printed.is_path => {
                out.line(out.dim(&format!("more: {}", clean(&printed.logs.stdout_file))));
            }
            Self::Pruned(pruned) => {
                let word = if pruned.dry_run { "would be removed" } else { "removed" };
                let size = pruned.bytes / 1024;
                out.line(out.dim(&format!(
                    "{} {word}, {size} KiB",
                    super::shared::counted(pruned.removed.len(), "run")
                )));
            }
            _ => {}
        }
    }
}
