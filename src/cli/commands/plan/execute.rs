//! Executing plans: what is given, what is shown on the way, and how the end looks to a person.

use clap::Args;
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Response;
use crate::cli::answer::Answer;
use crate::cli::args::{ReadArgs, WriteArgs, count};
use crate::cli::commands::Reply;
use crate::cli::commands::shared::counted;
use crate::cli::completion::{plans, tasks};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Cell, Output, clean, terminal_height, truncate};
use crate::engine::{Cause, Event, Logged, PlanTaskState, SkipReason};
use crate::model::Suggestion;
use crate::ops::{self, ExecutedTask, PlanExecution, PlanNews, PlanStart};

/// What both commands that start executors take.
#[derive(Debug, Args)]
struct Driving {
    /// Most executors at once [default: the number of processors]
    #[arg(long, short, value_name = "N", value_parser = count)]
    jobs: Option<usize>,
    /// Print every step as a line of JSON when it happens, and nothing else
    #[arg(long)]
    events: bool,
    /// Do not wait for it: it goes on in the background
    #[arg(long, conflicts_with = "events")]
    detach: bool,
}

#[derive(Debug, Args)]
pub(super) struct Execute {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    /// Where the plan's branch begins [default: HEAD]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Show the order of the tasks, and which branches change files of theirs, and start nothing
    #[arg(long, short = 'n', conflicts_with_all = ["events", "detach"])]
    dry_run: bool,
    #[command(flatten)]
    driving: Driving,
}

#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Plan
    #[arg(value_name = "PLAN", add = plans())]
    plan: String,
    /// Tasks that have failed, wait for a person or were reverted [default: all but those that wait]
    #[arg(value_name = "TASK", add = tasks())]
    tasks: Vec<String>,
    #[command(flatten)]
    driving: Driving,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Plan [default: the newest]
    #[arg(value_name = "PLAN", add = plans())]
    plan: Option<String>,
    /// Show it as it changes, with what a task prints, until nothing drives it
    #[arg(long, short)]
    watch: bool,
    /// Task whose output is shown [default: the one that began last]
    #[arg(long, short, value_name = "TASK", requires = "watch", add = tasks())]
    task: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Execute {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let request =
            ops::ExecuteRequest { plan: self.plan, jobs: self.driving.jobs, base: self.base, retry: None };
        if self.dry_run {
            let session = context.write(&WriteArgs::default())?;
            let start = ops::plan_ahead(&session, &request)?;
            return Ok(Answer::of(Response::Ahead(Box::new(start))));
        }
        self.driving.run(context, &request)
    }
}

impl Driving {
    fn run(self, context: &Context, request: &ops::ExecuteRequest) -> Reply<Response> {
        if !self.detach {
            return execute(context, request, self.events);
        }
        let session = context.write(&WriteArgs::default())?;
        let execution = match request.retry {
            Some(_) => ops::retry_plan_apart(&session, request)?,
            None => ops::execute_plan_apart(&session, request)?,
        };
        let shown = Shown { execution, is_silent: false };
        Ok(Answer::of(Response::Execution(Box::new(shown))))
    }
}

impl Retry {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let request = ops::ExecuteRequest {
            plan: self.plan,
            jobs: self.driving.jobs,
            base: None,
            retry: Some(self.tasks),
        };
        self.driving.run(context, &request)
    }
}

impl Status {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let mut session = context.read(&self.read)?;
        let execution = match self.watch {
            true => {
                let mut watcher = Watcher { context, painted: 0 };
                let (plan, task) = (self.plan.as_deref(), self.task.as_deref());
                ops::watch_plan(&mut session, plan, task, |execution, events, logs| {
                    watcher.show(execution, events, logs);
                })?
            }
            false => ops::plan_status(&session, self.plan.as_deref())?,
        };
        Ok(Answer::of(Response::Execution(Box::new(Shown { execution, is_silent: false }))))
    }
}

/// Shows the execution of a plan while it is driven: on a terminal its tasks and what one of them prints, painted in place;
/// elsewhere a line for each event.
struct Watcher<'c> {
    context: &'c Context,
    /// How many lines were painted last.
    painted: usize,
}

impl Watcher<'_> {
    fn show(&mut self, execution: &PlanExecution, events: &[Logged], logs: Option<&ops::RunLogs>) {
        if !self.context.is_attended() {
            events.iter().filter_map(event_line).for_each(|line| self.context.say(&line));
            return;
        }
        let up = if self.painted > 0 { format!("\u{1b}[{}A\u{1b}[J", self.painted) } else { String::new() };
        let mut lines: Vec<String> = Vec::new();
        // The last picture is the answer itself.
        if execution.state == ops::ExecutionState::Running {
            lines = picture(execution, logs, terminal_height().unwrap_or(HEIGHT).max(8) - 1, self.context);
        }
        self.painted = lines.len();
        let text: String = lines.into_iter().map(|line| line + "\n").collect();
        crate::cli::write_stderr(&format!("{up}{text}"));
    }
}

/// Lines of a terminal whose height is not known.
const HEIGHT: usize = 24;
/// Lines of output that are shown at least, where there are any.
const LOG: usize = 5;

/// Draws the execution of a plan within a number of lines: where its tasks do not all fit, those that have ended give way.
fn picture(
    execution: &PlanExecution,
    logs: Option<&ops::RunLogs>,
    height: usize,
    context: &Context,
) -> Vec<String> {
    let mut out = context.error_output();
    let printed: Vec<&str> = logs.map_or_else(Vec::new, |logs| {
        let text = if logs.stderr.trim().is_empty() { &logs.stdout } else { &logs.stderr };
        text.lines().filter(|line| !line.trim().is_empty()).collect()
    });
    let room = height.saturating_sub(if printed.is_empty() { 0 } else { LOG + 1 });
    let mut shown = execution.clone();
    // Three lines are headings at most of the time: one of the plan, of a phase and of a milestone.
    while shown.tasks.len() + 3 > room {
        let ended = shown.tasks.iter().position(|task| task.status.is_end());
        shown.tasks.remove(ended.unwrap_or(shown.tasks.len() - 1));
    }
    show(&shown, &mut out);
    let left = execution.tasks.len() - shown.tasks.len();
    if left > 0 {
        out.line(out.dim(&format!("{left} more")));
    }
    if let Some(logs) = logs.filter(|_| !printed.is_empty()) {
        let title = format!("{} attempt {}", logs.step, logs.attempt);
        let dash = out.glyph("─", "-");
        let rest = out.width().saturating_sub(title.chars().count() + 4);
        out.line(out.dim(&format!("{} {} {}", dash.repeat(2), clean(&title), dash.repeat(rest))));
        let width = out.width();
        let from = printed.len().saturating_sub(LOG);
        printed[from..].iter().for_each(|line| out.line(truncate(&clean(line), width).as_ref()));
    }
    let text = out.into_text();
    text.lines().take(height).map(str::to_owned).collect()
}

/// Returns what executing a plan begins with, for a person.
pub(super) fn ahead(start: &PlanStart) -> Vec<String> {
    let order: Vec<String> = start.levels.iter().map(|level| level.join(" ")).collect();
    let base = start.base.get(..7).unwrap_or(&start.base);
    let first = match &start.run {
        Some(run) => format!("{run}  executes {}, {}", start.plan, counted(start.total, "task")),
        None => format!("{}  {}, {}", start.plan, start.title, counted(start.total, "task")),
    };
    let short = |commit: &String| commit.get(..7).unwrap_or(commit).to_owned();
    let goes_on = start.tip.as_ref().map_or_else(String::new, |tip| format!(", goes on at {}", short(tip)));
    let mut lines = vec![
        first,
        format!("branch     {}, from {base}{goes_on}", start.branch),
        format!("workspace  {}", start.workspace),
        format!("order      {}", truncate(&order.join(" · "), 200)),
    ];
    if let Some(given) = &start.ignored_base {
        lines.push(format!("base       {given} has no effect: {} began at {base}", start.branch));
    }
    lines.extend(start.warnings.iter().map(|fault| format!("{:<11}{}", fault.label, fault.message)));
    for flight in &start.in_flight {
        let place = match (&flight.branch, &flight.folder) {
            (Some(branch), _) => format!("on {branch}"),
            (None, Some(folder)) => format!("in {folder}"),
            (None, None) => "already".to_owned(),
        };
        let (task, stage, by) = (&flight.task, &flight.stage, &flight.by);
        lines.push(format!("in flight  {task} is in {stage} {place}, by {by}"));
    }
    for other in &start.forecast {
        let targets = other.tasks.iter().map(|own| format!("{} of {}", own.files.join(", "), own.task));
        let targets = truncate(&targets.collect::<Vec<_>>().join("; "), 200).into_owned();
        let merges = match other.conflicts.as_slice() {
            [] => String::new(),
            files => format!("; it conflicts with {base} in {}", files.join(", ")),
        };
        lines.push(format!("forecast   {} of {} changes {targets}{merges}", other.branch, other.by));
    }
    lines
}

fn execute(context: &Context, request: &ops::ExecuteRequest, is_silent: bool) -> Reply<Response> {
    let session = context.write(&WriteArgs::default())?;
    let observer: ops::PlanObserver<'_> = Box::new(move |news| match is_silent {
        true => lines_of(news).iter().for_each(print_event),
        false if context.is_quiet() => {}
        false => text_of(news).iter().for_each(|line| context.say(line)),
    });
    let executed = ops::execute_plan(&session, request, observer).map_err(Failure::from);
    if is_silent {
        print_event(&match &executed {
            Ok(execution) => end_of(execution),
            Err(failure) => failure.event("plan_execution_error"),
        });
    }
    let execution = executed?;
    let (is_no, is_interrupted) = (execution.completed < execution.total, execution.interrupted);
    let answer = Answer::of(Response::Execution(Box::new(Shown { execution, is_silent })));
    Ok(answer.no_if(is_no).interrupted_if(is_interrupted))
}

/// Prints a line of JSON. Nobody may read any more: the execution goes on.
fn print_event(line: &serde_json::Value) {
    drop(crate::cli::write_stdout(format!("{line}\n").as_bytes()));
}

/// Returns the last line of JSON: how it has ended, or why it goes no further.
fn end_of(execution: &PlanExecution) -> serde_json::Value {
    json!({
        "event": "plan_execution_end", "plan": execution.plan, "run": execution.run, "state": execution.state,
        "branch": execution.branch, "commit": execution.commit, "completed": execution.completed,
        "failed": execution.failed, "skipped": execution.skipped, "reverted": execution.reverted,
        "waiting": execution.waiting, "total": execution.total,
    })
}

/// Returns it as lines of JSON.
fn lines_of(news: &PlanNews<'_>) -> Vec<serde_json::Value> {
    match news {
        PlanNews::Start(PlanStart { plan, run, workspace, path, branch, total, .. }) => {
            vec![json!({
                "event": "plan_execution_start", "plan": plan, "run": run, "workspace": workspace, "path": path,
                "branch": branch, "total": total,
            })]
        }
        PlanNews::Task { plan, view, ended, total } => {
            let mut lines = vec![json!({
                "event": "task_execution_progress", "plan": plan, "phase": view.phase, "milestone": view.milestone,
                "task": view.task, "number": view.number, "status": view.status.as_str(),
                "description": view.message.as_deref().unwrap_or(&view.title), "current": ended, "total": total,
            })];
            if view.status.is_end() {
                lines.push(json!({
                    "event": "task_execution_complete", "task": view.task, "status": view.status.as_str(),
                    "output_files": view.output_files, "completed": ended, "total": total,
                }));
            }
            lines
        }
        PlanNews::Event(_) => Vec::new(),
    }
}

/// Returns it for a person.
fn text_of(news: &PlanNews<'_>) -> Vec<String> {
    match news {
        PlanNews::Start(start) => ahead(start),
        PlanNews::Event(logged) => event_line(logged).into_iter().collect(),
        PlanNews::Task { .. } => Vec::new(),
    }
}

fn event_line(logged: &Logged) -> Option<String> {
    let at = logged.at.format("%H:%M:%S");
    let short = |commit: &str| commit.get(..7).unwrap_or(commit).to_owned();
    match &logged.event {
        Event::Started { step, because: Cause::Task { executor, stage, role, .. }, .. } => {
            let role = role.as_ref().map_or_else(String::new, |role| format!(", as {role}"));
            Some(format!("{at}  {step}  {executor} started in {stage}{role}"))
        }
        Event::Judged { step, message, .. } => Some(format!("{at}  {step}  {message}")),
        Event::Integrated { step, commit, .. } => Some(format!("{at}  {step}  merged as {}", short(commit))),
        Event::TaskFailed { step, message, .. } => Some(format!("{at}  {step}  {message}")),
        Event::Waits { step, message, .. } => Some(format!("{at}  {step}  waits: {message}")),
        Event::Skipped { step, because: SkipReason::Lost { need, .. } } => {
            Some(format!("{at}  {step}  skipped: needs {need}"))
        }
        Event::Closed { step, cancelled } => {
            let what = if *cancelled { "is cancelled" } else { "was done before" };
            Some(format!("{at}  {step}  {what}"))
        }
        _ => None,
    }
}

/// How far the execution of a plan is, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::cli::commands) struct Shown {
    execution: PlanExecution,
    /// Whether events were printed instead.
    #[serde(skip)]
    is_silent: bool,
}

impl Shown {
    pub(super) fn show(&self, out: &mut Output) {
        match self.is_silent {
            true => {}
            false if out.is_quiet() => out.line(clean(&self.execution.run)),
            false => show(&self.execution, out),
        }
    }

    pub(super) fn status(&self, out: &mut Output) {
        if !self.is_silent {
            next_commands(&self.execution, out);
        }
    }
}

fn style_of(state: PlanTaskState) -> Style {
    match state {
        PlanTaskState::Completed => Style::new().green(),
        PlanTaskState::Failed | PlanTaskState::Reverted => Style::new().red(),
        PlanTaskState::InProgress | PlanTaskState::Validating => Style::new().blue(),
        PlanTaskState::Waiting => Style::new().yellow(),
        PlanTaskState::Pending | PlanTaskState::Ready | PlanTaskState::Skipped => Style::new().dimmed(),
    }
}

/// Shows the execution of a plan: a line for itself, and its tasks by phase and milestone.
pub(super) fn show(execution: &PlanExecution, out: &mut Output) {
    let mut facts = vec![format!("{} of {}", execution.completed, execution.total)];
    let counts = [
        (execution.failed, "failed"),
        (execution.skipped, "skipped"),
        (execution.reverted, "reverted"),
        (execution.waiting, "waiting"),
    ];
    facts
        .extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    let state = out.paint(&execution.state.as_str().to_uppercase(), Style::new().bold());
    let facts = out.dim(&facts.join(" · "));
    let (plan, title) = (out.bold(&clean(&execution.plan)), clean(&execution.title));
    out.line(format!("{plan}  {title}  {state}  {facts}"));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let (mut phase, mut milestone): (Option<&str>, Option<&str>) = (None, None);
    for task in &execution.tasks {
        if task.phase.as_deref() != phase || task.milestone.as_deref() != milestone {
            out.columns(&std::mem::take(&mut rows), 3, 2);
            if task.phase.as_deref() != phase {
                out.line(out.bold(&clean(task.phase.as_deref().unwrap_or("-"))));
            }
            if let Some(name) = &task.milestone {
                out.line(format!(" {}", clean(name)));
            }
            (phase, milestone) = (task.phase.as_deref(), task.milestone.as_deref());
        }
        rows.push(row(task));
    }
    out.columns(&rows, 3, 2);
}

fn row(task: &ExecutedTask) -> Vec<Cell> {
    vec![
        Cell::styled(&task.task, Style::new().bold()),
        Cell::styled(task.status.as_str(), style_of(task.status)),
        Cell::new(truncate(&clean(&task.title), 40)),
        Cell::styled(task.message.as_deref().unwrap_or_default(), Style::new().dimmed()).wrap(),
    ]
}

/// Says where the result is, and what brings forward what has not been done.
fn next_commands(execution: &PlanExecution, out: &mut Output) {
    let mut lines: Vec<String> = Vec::new();
    for task in execution.tasks.iter().filter(|task| task.command.is_some()) {
        let command = task.command.as_deref().unwrap_or_default();
        lines.push(format!("{}  {command}", task.task));
        if let (Some(branch), false) = (&task.branch, task.conflicts.is_empty()) {
            let folder = format!("{}/{}", execution.workspace, task.task);
            let merge = Suggestion::git(["-C", folder.as_str(), "merge", execution.branch.as_str()]);
            lines.push(format!("{}  or resolve it on {branch} first: {merge}", task.task));
        }
        if let Some(by) = &task.reverted_by {
            let back = Suggestion::git(["revert", by.get(..7).unwrap_or(by)]);
            lines.push(format!("{}  or bring it back: {back}", task.task));
        }
    }
    if execution.failed > 0 && execution.tasks.iter().all(|task| task.conflicts.is_empty()) {
        lines.push(Suggestion::tracker(["plan", "retry", execution.plan.as_str()]).to_string());
    }
    let is_news = execution.completed > 0 && !execution.is_merged;
    if let Some(commit) = execution.commit.as_deref().filter(|_| is_news) {
        let (branch, commit) = (&execution.branch, commit.get(..7).unwrap_or(commit));
        let merge = Suggestion::git(["merge", branch.as_str()]);
        lines.push(format!("the result is on {branch} at {commit}: {merge}"));
    }
    if execution.completed > 0 && execution.is_merged {
        lines.push(format!("the result is merged here: HEAD has {}", execution.branch));
    }
    lines.iter().for_each(|line| out.line(out.dim(&clean(line))));
}
