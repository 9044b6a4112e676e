//! Task runs: what is given to them, and how they look to a person.

use clap::Args;
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Events, Response};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs, count};
use crate::cli::commands::Reply;
use crate::cli::commands::shared::{counted, priority_cell};
use crate::cli::completion::{roles, task_runs, tasks};
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, truncate};
use crate::engine::{Cause, Event, Logged};
use crate::model::{Suggestion, TaskRunDecision, TaskRunState};
use crate::ops::{self, RunTask, TaskRunLine, TaskRunView};

#[derive(Debug, Args)]
pub(super) struct Progress {
    /// Task run [default: the newest]
    #[arg(value_name = "RUN", add = task_runs())]
    run: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Progress {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&self.read)?;
        progress(&session, self.run.as_deref())
    }
}

/// What both commands that start executors take.
#[derive(Debug, Args)]
struct Driving {
    /// Task run [default: the newest]
    #[arg(value_name = "RUN", add = task_runs())]
    run: Option<String>,
    /// Most executors at once; they share the working tree
    #[arg(long, short, value_name = "N", default_value = "1", value_parser = count)]
    jobs: usize,
    /// Create a task of the run for each finding of the reports that executors write
    #[arg(long)]
    create_tasks: bool,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
pub(super) struct Drive {
    #[command(flatten)]
    driving: Driving,
    /// How often a task may fail until a person is asked
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    max_rounds: u32,
}

#[derive(Debug, Args)]
pub(super) struct Trigger {
    #[command(flatten)]
    driving: Driving,
    /// Role, stage or executor whose command is started
    #[arg(long, value_name = "ROLE", add = roles())]
    role: String,
    /// Only for this task; can be repeated
    #[arg(long = "task", value_name = "ID", add = tasks())]
    tasks: Vec<String>,
}

impl Drive {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        self.driving.run(context, self.max_rounds, None)
    }
}

impl Trigger {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let only = ops::Trigger { role: self.role, tasks: self.tasks };
        self.driving.run(context, u32::MAX, Some(only))
    }
}

impl Driving {
    fn run(self, context: &Context, max_rounds: u32, only: Option<ops::Trigger>) -> Reply<Response> {
        let mut session = context.write(&WriteArgs::default())?;
        let is_triggered = only.is_some();
        let is_silent = self.events.events;
        let request = ops::DriveRequest {
            run: self.run,
            max_rounds,
            jobs: self.jobs,
            create_tasks: self.create_tasks,
            only,
        };
        let observer: ops::TaskObserver<'_> = Box::new(move |logged| match is_silent {
            true => drop(crate::cli::write_stdout(format!("{}\n", logged.to_line()).as_bytes())),
            false => event_line(logged)
                .into_iter()
                .filter(|_| !context.is_quiet())
                .for_each(|line| context.say(&line)),
        });
        let (drive, problems) = ops::drive_tasks(&mut session, &request, observer)?;
        let (is_no, is_interrupted) = (!drive.is_good(is_triggered), drive.interrupted);
        let driven = Driven { drive, is_silent, is_triggered };
        let answer = Answer::of(Response::Driven(Box::new(driven))).with_problems(problems);
        Ok(answer.no_if(is_no).interrupted_if(is_interrupted))
    }
}

/// Returns an event for whoever follows: of attempts their beginning, and what came of them.
fn event_line(logged: &Logged) -> Option<String> {
    let at = logged.at.format("%H:%M:%S");
    match &logged.event {
        Event::Started { step, because: Cause::Task { executor, stage, role, .. }, .. } => {
            let role = role.as_ref().map_or_else(String::new, |role| format!(", as {role}"));
            Some(format!("{at}  {step}  {executor} started in {stage}{role}"))
        }
        Event::Judged { step, message, .. } => Some(format!("{at}  {step}  {message}")),
        _ => None,
    }
}

/// What has come of driving, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::cli::commands) struct Driven {
    drive: ops::TaskDrive,
    /// Whether events were printed instead.
    #[serde(skip)]
    is_silent: bool,
    #[serde(skip)]
    is_triggered: bool,
}

impl Driven {
    pub(super) fn show(&self, out: &mut Output) {
        if self.is_silent {
            return;
        }
        show(&self.drive.progress, out);
        if out.is_quiet() || self.is_triggered || self.drive.asks.is_empty() {
            return;
        }
        out.gap();
        out.line(out.bold("A person is asked"));
        let row = |ask: &ops::Ask| {
            vec![
                Cell::styled(&ask.task, Style::new().bold()),
                Cell::new(&ask.wait.message).wrap(),
                Cell::styled(what_to_do(&ask.wait), Style::new().dimmed()),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.drive.asks.iter().map(row).collect();
        out.columns(&rows, 1, 2);
    }

    pub(super) fn status(&self, out: &mut Output) {
        if self.is_triggered && self.drive.attempts.is_empty() && !self.is_silent {
            out.line("no task of the run waits for it");
        }
        if self.drive.asks.is_empty() && !self.is_silent {
            next_commands(&self.drive.progress, out);
        }
    }
}

/// Answers with where a task run is.
pub(super) fn progress(session: &ops::Session<'_>, run: Option<&str>) -> Reply<Response> {
    let (view, problems) = ops::run_progress(session, run)?;
    Ok(Answer::of(Response::Progress(Box::new(view))).with_problems(problems))
}

/// Prints what an attempt at a task has printed.
pub(super) fn logs(session: &ops::Session<'_>, run: &str, logs: &super::Logs) -> Reply<Response> {
    let task = logs.words.get(1).map(String::as_str);
    let read = ops::task_run_logs(session, run, task, logs.attempt, logs.lines)?;
    Ok(Answer::of(Response::Logs(super::PrintedLogs { logs: read, is_path: logs.path })))
}

/// What a task of a task run waits for.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli::commands) struct WhyTask {
    /// The run.
    pub(super) run: String,
    /// The task.
    pub(super) task: String,
    /// One sentence.
    pub(super) why: String,
}

/// Starts a task run.
pub(super) fn start(
    context: &Context,
    tasks: String,
    title: Option<String>,
    write: &WriteArgs,
) -> Reply<Response> {
    let session = context.write(write)?;
    let started = ops::start_task_run(&session, &ops::TaskRunRequest { tasks, title })?;
    Ok(Answer::of(Response::Started(started)))
}

/// Cancels a task run, or lets it go on.
pub(super) fn decide(
    session: &ops::Session<'_>,
    run: &str,
    decision: TaskRunDecision,
    why: Option<&str>,
) -> Reply<Response> {
    Ok(Answer::of(Response::Decided(ops::decide_run(session, run, decision, why)?)))
}

fn style_of(state: &TaskRunState) -> Style {
    match state {
        TaskRunState::Completed | TaskRunState::ReadyForCommit => Style::new().green().bold(),
        TaskRunState::Failed(_) => Style::new().red().bold(),
        TaskRunState::In(_) => Style::new().blue().bold(),
        TaskRunState::Created | TaskRunState::Cancelled => Style::new().bold(),
    }
}

fn state_text(state: &TaskRunState) -> String {
    state.to_string().to_uppercase()
}

/// Shows a task run: a line for itself, how many tasks are in each stage, and its tasks with what they wait for.
pub(super) fn show(run: &TaskRunView, out: &mut Output) {
    if out.is_quiet() {
        return out.line(clean(&run.run));
    }
    let state = out.paint(&clean(&state_text(&run.state)), style_of(&run.state));
    let title = run.title.as_deref().map_or_else(String::new, |title| format!("  {}", clean(title)));
    let mut facts = vec![format!("{}/{} complete", run.complete, run.total), format!("{} %", run.percent)];
    facts.extend((run.loops > 0).then(|| counted(run.loops, "loop") + " back"));
    facts.extend((run.cancelled_tasks > 0).then(|| format!("{} cancelled", run.cancelled_tasks)));
    let facts = out.dim(&facts.join(" · "));
    out.line(format!("{}{title}  {state}  {facts}", out.bold(&clean(&run.run))));
    if let Some(cancelled) = &run.cancelled {
        let why = cancelled.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        let text = format!("  cancelled by {} at {}{why}", cancelled.by, out.time(cancelled.at));
        out.line(clean(&text));
    }
    let stages = run.stages.iter().map(|each| {
        let text = format!("{} {}", each.stage, each.tasks);
        let is_current = run.stage.as_ref() == Some(&each.stage);
        Cell::styled(text, if is_current { Style::new().bold() } else { Style::new().dimmed() })
    });
    out.flow(&stages.collect::<Vec<_>>(), 2);
    let rows: Vec<Vec<Cell>> = run.tasks.iter().map(|task| row(task, out)).collect();
    out.columns(&rows, 4, 0);
}

fn row(task: &RunTask, out: &Output) -> Vec<Cell> {
    let waits: Vec<&str> = task.waits_for.iter().map(|wait| wait.message.as_str()).collect();
    let waits = match (&task.cancelled, waits.is_empty()) {
        (Some(_), _) => "cancelled".to_owned(),
        (None, true) => String::new(),
        (None, false) => waits.join("; "),
    };
    let stage = match &task.sent_back_from {
        Some(from) => format!("{} (failed {from})", task.stage),
        None => task.stage.to_string(),
    };
    let style = match (task.sent_back_from.is_some(), task.stage.is_complete()) {
        (true, _) => Style::new().red(),
        (false, true) => Style::new().green(),
        (false, false) => Style::new(),
    };
    vec![
        Cell::styled(&task.id, Style::new().bold()),
        priority_cell(task.priority.as_deref()),
        Cell::styled(stage, style),
        Cell::new(truncate(&clean(&task.title), 48)),
        Cell::styled(waits, Style::new().dimmed()),
        Cell::styled(
            if out.truncates() { "" } else { task.assignee.as_deref().unwrap_or_default() },
            Style::new(),
        ),
    ]
}

/// Shows the commands that come next.
pub(super) fn next_commands(run: &TaskRunView, out: &mut Output) {
    let command = |words: &[&str]| Suggestion::tracker(words.iter().copied()).to_string();
    let mut next: Vec<String> = match &run.state {
        TaskRunState::Cancelled if run.cancelled.is_some() => vec![command(&["run", "resume", &run.run])],
        TaskRunState::ReadyForCommit => vec!["commit what is done: git commit".to_owned()],
        TaskRunState::Cancelled | TaskRunState::Completed => Vec::new(),
        _ => {
            let waits = run.tasks.iter().flat_map(|task| &task.waits_for);
            waits.filter(|wait| wait.person.is_none()).filter_map(|wait| wait.fix.clone()).collect()
        }
    };
    next.dedup();
    next.truncate(3);
    if !next.is_empty() {
        out.line(out.dim(&clean(&next.join(" · "))));
    }
}

/// Shows a task run that was started.
pub(super) fn started(started: &ops::TaskRunStarted, out: &mut Output) {
    if out.is_quiet() {
        return out.line(clean(&started.run));
    }
    let word = if started.written.dry_run { "Would start" } else { "Started" };
    let tasks = counted(started.written.tasks.len(), "task");
    out.line(format!("{word} {}  {tasks}", out.bold(&clean(&started.run))));
    started.written.show(out);
}

/// Says what brings a task forward.
fn what_to_do(wait: &ops::TaskWait) -> String {
    match (&wait.person, &wait.fix, &wait.advice) {
        (Some(person), Some(fix), _) => format!("{person}: {fix}"),
        (None, Some(fix), _) => fix.clone(),
        (_, None, advice) => advice.clone().unwrap_or_default(),
    }
}

/// Returns the row of a task run in a list of runs.
pub(super) fn list_row(run: &TaskRunLine, out: &Output) -> Vec<Cell> {
    let dim = Style::new().dimmed();
    vec![
        Cell::styled(&run.run, Style::new().bold()),
        Cell::new(run.title.as_deref().unwrap_or("tasks")),
        Cell::styled(run.state.to_string(), style_of(&run.state)),
        Cell::new(format!("{}/{}", run.complete, run.total)).right(),
        Cell::styled(out.time(run.created), dim),
        Cell::styled(format!("tasks, {} %", run.percent), dim),
    ]
}
