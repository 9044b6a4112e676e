//! Task runs: what is given to them, and how they look to a person.

use clap::Args;
use owo_colors::Style;

use super::Response;
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::commands::Reply;
use crate::cli::commands::shared::{counted, priority_cell};
use crate::cli::completion::task_runs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, truncate};
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

/// Answers with where a task run is.
pub(super) fn progress(session: &ops::Session<'_>, run: Option<&str>) -> Reply<Response> {
    let (view, problems) = ops::run_progress(session, run)?;
    Ok(Answer::of(Response::Progress(Box::new(view))).with_problems(problems))
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
        _ => run.tasks.iter().flat_map(|task| &task.waits_for).filter_map(|wait| wait.fix.clone()).collect(),
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

/// Shows task runs in a list.
pub(super) fn list(runs: &[TaskRunLine], out: &mut Output) {
    let row = |run: &TaskRunLine| {
        vec![
            Cell::styled(&run.run, Style::new().bold()),
            Cell::styled(state_text(&run.state), style_of(&run.state)),
            Cell::new(format!("{}/{}", run.complete, run.total)).right(),
            Cell::new(format!("{} %", run.percent)).right(),
            Cell::new(out.time(run.created)),
            Cell::new(run.title.as_deref().unwrap_or("tasks")),
        ]
    };
    let rows: Vec<Vec<Cell>> = runs.iter().map(row).collect();
    out.columns(&rows, 5, 0);
}
