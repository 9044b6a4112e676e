//! How runs look to a person.

use owo_colors::Style;

use crate::cli::commands::shared::{counted, short_id};
use crate::cli::output::{Cell, Output, clean, clean_lines, truncate};
use crate::engine::{Event, Logged, Run, SkipReason};
use crate::model::{RunState, StepState, Suggestion, took};
use crate::ops::{self, RunHold, StepLine};

pub(super) fn style_of(state: StepState) -> Style {
    match state {
        StepState::Success => Style::new().green(),
        StepState::Failed => Style::new().red(),
        StepState::Running => Style::new().blue(),
        StepState::Retry => Style::new().yellow(),
        StepState::Pending | StepState::Skipped | StepState::Cancelled => Style::new().dimmed(),
    }
}

pub(super) fn glyph_of(state: StepState, out: &Output) -> &'static str {
    let glyph = match state {
        StepState::Success => "✓ ",
        StepState::Failed => "✗ ",
        StepState::Running => "▶ ",
        StepState::Retry => "↻ ",
        StepState::Pending => "· ",
        StepState::Skipped => "⊘ ",
        StepState::Cancelled => "■ ",
    };
    out.glyph(glyph, "")
}

fn hold_words(hold: RunHold) -> &'static str {
    match hold {
        RunHold::Paused => "paused",
        RunHold::WaitsForPerson => "waits for a person",
        RunHold::WaitsForTask => "waits for a task",
        RunHold::Answered => "answered, not gone on with",
        RunHold::Interrupted => "interrupted",
    }
}

pub(super) fn state_words(run: &ops::RunView) -> (String, Style) {
    let style = match run.state {
        RunState::Success => Style::new().green().bold(),
        RunState::PartialSuccess | RunState::Retry => Style::new().yellow().bold(),
        RunState::Failed => Style::new().red().bold(),
        RunState::Running => Style::new().blue().bold(),
        RunState::Created | RunState::Cancelled => Style::new().bold(),
    };
    let hold = match (run.hold, &run.paused_by) {
        (Some(RunHold::Paused), Some(by)) => format!(" (paused by {by})"),
        (Some(hold), _) => format!(" ({})", hold_words(hold)),
        (None, _) => String::new(),
    };
    (format!("{}{hold}", run.state.as_str().to_ascii_uppercase()), style)
}

/// Shows a run: a line for itself, a table of its steps, and where it is requested the attempts and the errors.
pub(super) fn run(run: &ops::RunView, is_verbose: bool, out: &mut Output) {
    let (state, style) = state_words(run);
    let (id, state) = (out.bold(&clean(&run.run)), out.paint(&state, style));
    let started = format!("{}  started {}", took(run.millis), out.time(run.created));
    out.line(format!("{id}  {}  {state}  {}", clean(&run.workflow), out.dim(&started)));
    if let Some(place) = &run.place {
        let at = run.url.as_ref().map_or_else(String::new, |url| format!(": {url}"));
        out.line(out.dim(&clean(&format!("  ran on {place}{at}"))));
    }
    if let Some(task) = &run.task {
        out.line(out.dim(&clean(&format!("  for {task}"))));
    }
    match run.revision {
        ops::Revision::Current => {}
        ops::Revision::Behind => {
            let text = format!(
                "  runs {} of {}, which has changed since: a revision behind",
                short_id(&run.digest),
                run.path
            );
            out.line(out.paint(&clean(&text), Style::new().yellow()));
        }
        ops::Revision::Gone => {
            let text =
                format!("  runs {} of {}, which is not there any more", short_id(&run.digest), run.path);
            out.line(out.paint(&clean(&text), Style::new().yellow()));
        }
    }
    let dim = Style::new().dimmed();
    let heads = ["STEP", "STATUS", "RETRIES", "DURATION", ""].map(|head| Cell::styled(head, dim));
    let shown =
        run.steps.iter().filter(|step| is_verbose || !(step.handler && step.state == StepState::Skipped));
    let rows: Vec<Vec<Cell>> =
        std::iter::once(heads.to_vec()).chain(shown.map(|step| row(step, out))).collect();
    out.columns(&rows, 4, 0);
    if is_verbose {
        attempts(run, out);
        errors(run, out);
    }
}

fn row(step: &StepLine, out: &Output) -> Vec<Cell> {
    let word = if step.reused { "reused" } else { step.state.as_str() };
    let retries = match (step.max_retries, step.reused) {
        (0, _) | (_, true) => "-".to_owned(),
        (max, false) => format!("{}/{max}", step.retries),
    };
    let took = match (step.millis, step.total_millis) {
        (Some(millis), Some(total)) if total > millis + 50 => format!("{} of {}", took(millis), took(total)),
        (Some(millis), _) => took(millis),
        (None, _) => "-".to_owned(),
    };
    // That a step has run and succeeded is no news; why is for `run why`.
    let is_plain = step.state == StepState::Success && !step.reused || step.state == StepState::Running;
    let why = if is_plain { String::new() } else { without_state(&step.why) };
    vec![
        Cell::styled(&step.step, Style::new().bold()),
        Cell::styled(format!("{}{word}", glyph_of(step.state, out)), style_of(step.state)),
        Cell::new(retries),
        Cell::new(took).right(),
        Cell::styled(truncate(&clean(&why), 90), Style::new().dimmed()),
    ]
}

/// Returns a sentence without the word in front that the column beside it has.
fn without_state(why: &str) -> String {
    let words = ["failed: ", "skipped: ", "reused: ", "waits: "];
    words.iter().find_map(|word| why.strip_prefix(word)).unwrap_or(why).to_owned()
}

fn attempts(run: &ops::RunView, out: &mut Output) {
    let several: Vec<&StepLine> = run.steps.iter().filter(|step| step.attempts.len() > 1).collect();
    if several.is_empty() {
        return;
    }
    out.gap();
    out.line("Attempts");
    let mut rows = Vec::new();
    for step in several {
        for attempt in &step.attempts {
            let end = attempt.end.clone().unwrap_or_else(|| "runs".to_owned());
            rows.push(vec![
                Cell::styled(&step.step, Style::new().bold()),
                Cell::new(attempt.attempt.to_string()),
                Cell::new(out.time(attempt.started)),
                Cell::new(attempt.millis.map_or_else(String::new, took)).right(),
                Cell::new(end),
            ]);
        }
    }
    out.columns(&rows, 4, 2);
}

fn errors(run: &ops::RunView, out: &mut Output) {
    if run.errors.is_empty() {
        return;
    }
    out.gap();
    out.line("Errors");
    for error in &run.errors {
        let head = format!("  {} attempt {}  {}  {}", error.step, error.attempt, error.end, error.at);
        out.line(out.paint(&clean(&head), Style::new().red()));
        error.lines.iter().for_each(|line| out.line(format!("    {}", clean(line))));
    }
}

/// Shows the commands that come next.
pub(super) fn next_commands(run: &ops::RunView, out: &mut Output) {
    let id = run.run.as_str();
    let command = |words: &[&str]| Suggestion::tracker(words.iter().copied()).to_string();
    let failed = run.steps.iter().find(|step| step.state == StepState::Failed && !step.attempts.is_empty());
    let mut next = Vec::new();
    next.extend(failed.map(|step| command(&["run", "logs", id, &step.step])));
    if !run.here {
        let failed = run.steps.iter().find(|step| step.state == StepState::Failed);
        if let Some(log) = failed.and_then(|step| step.log.as_ref()) {
            out.line(out.dim(&clean(&format!("log: {log}"))));
        }
        return;
    }
    match (run.state, run.hold) {
        (_, Some(RunHold::WaitsForPerson)) => {
            next.extend(run.steps.iter().filter_map(|step| {
                let asks = step.asks.as_ref()?;
                Some(match asks.is_value() {
                    false => command(&["run", "approve", id, &step.step]),
                    true => {
                        format!("{} {}", command(&["run", "answer", id, &step.step]), asks.placeholder())
                    }
                })
            }));
        }
        (_, Some(RunHold::Paused | RunHold::Interrupted | RunHold::Answered | RunHold::WaitsForTask)) => {
            next.push(command(&["run", "resume", id]));
        }
        (RunState::Failed | RunState::Cancelled | RunState::PartialSuccess, None) => {
            next.push(command(&["run", "retry", id]));
        }
        _ => {}
    }
    if !next.is_empty() {
        out.line(out.dim(&next.join(" · ")));
    }
}

/// Lists runs of both kinds.
pub(super) fn list(runs: &ops::RunsView, out: &mut Output) {
    if out.is_quiet() {
        let id = |run: &ops::ListedRun| match run {
            ops::ListedRun::Workflow(run) => run.run.clone(),
            ops::ListedRun::Tasks(run) => run.run.clone(),
        };
        return runs.runs.iter().for_each(|run| out.line(clean(&id(run))));
    }
    let row = |run: &ops::ListedRun| match run {
        ops::ListedRun::Workflow(run) => list_row(run, out),
        ops::ListedRun::Tasks(run) => super::tasks::list_row(run, out),
    };
    let rows: Vec<Vec<Cell>> = runs.runs.iter().map(row).collect();
    out.columns(&rows, 1, 0);
}

fn list_row(run: &ops::RunLine, out: &Output) -> Vec<Cell> {
    let hold = match run.hold {
        Some(hold) => hold_words(hold),
        None if !run.here => run.place.as_deref().unwrap_or("record"),
        None => "",
    };
    let style = match run.state {
        RunState::Success => Style::new().green(),
        RunState::Failed => Style::new().red(),
        RunState::PartialSuccess | RunState::Retry => Style::new().yellow(),
        RunState::Running => Style::new().blue(),
        RunState::Created | RunState::Cancelled => Style::new(),
    };
    vec![
        Cell::styled(&run.run, Style::new().bold()),
        Cell::new(&run.workflow),
        Cell::styled(run.state.as_str(), style),
        Cell::new(format!("{}/{}", run.done, run.steps)).right(),
        Cell::styled(out.time(run.created), Style::new().dimmed()),
        Cell::styled(hold, Style::new().dimmed()),
    ]
}

/// Shows what a step has printed, or where that is.
pub(super) fn logs(logs: &ops::RunLogs, is_path: bool, out: &mut Output) {
    if is_path {
        out.line(clean(&logs.stdout_file));
        out.line(clean(&logs.stderr_file));
        return;
    }
    let is_both = !logs.stdout.is_empty() && !logs.stderr.is_empty();
    for (name, text) in [("stdout", &logs.stdout), ("stderr", &logs.stderr)] {
        if text.is_empty() {
            continue;
        }
        if is_both {
            out.line(out.dim(&format!("==> {name} of {} attempt {} <==", clean(&logs.step), logs.attempt)));
        }
        for line in text.lines() {
            out.line(clean_lines(line));
        }
    }
}

/// Returns what a person is shown of an event; none of one that is no news. `width` is that of the longest name so far.
pub(super) fn event_line(logged: &Logged, run: &Run, width: &mut usize, out: &Output) -> Option<String> {
    let line = |step: &str, state: StepState, text: String, width: &mut usize| {
        *width = (*width).max(step.chars().count());
        format!("{}{step:<width$}  {text}", glyph_of(state, out), width = *width).trim_end().to_owned()
    };
    let name =
        |step: &str| run.find(step).map_or(step, |index| run.workflow.steps[index].name.as_str()).to_owned();
    match &logged.event {
        Event::Awaited { step, task, reached, message } => {
            let state = if *reached { StepState::Success } else { StepState::Failed };
            Some(line(&name(step), state, format!("{task} {message}"), width))
        }
        Event::Began { .. } => Some(format!("{}  {}, {}", run.id, run.name, counted(steps(run), "step"))),
        Event::Ended { step, end, millis, retry_in, message, .. } => {
            let state = run.find(step).map_or(StepState::Failed, |index| run.steps[index].state);
            let took = took(*millis);
            let text = match (end.is_success(), retry_in) {
                (true, _) => took,
                (false, Some(wait)) => {
                    format!("{end} after {took}; another attempt in {}", self::took(*wait))
                }
                (false, None) => format!("{end} after {took}"),
            };
            let message = message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
            Some(line(&name(step), state, format!("{text}{message}"), width))
        }
        Event::Reused { step, from, inputs, .. } => {
            let text = format!("reused from {from}: same recipe, same {}", counted(*inputs, "input"));
            Some(line(&name(step), StepState::Success, text, width))
        }
        // What could not begin is in the table that is shown in the end.
        Event::Skipped { because: SkipReason::Lost { .. }, .. } => None,
        Event::Skipped { step, .. } => match run.find(step) {
            Some(index) if run.workflow.steps[index].handler.is_some() => None,
            _ => Some(line(&name(step), StepState::Skipped, "skipped".to_owned(), width)),
        },
        Event::Asked { step } => {
            let awaited = run.awaited().find(|(index, _)| run.find(step) == Some(*index));
            let what = awaited.map_or_else(|| "a person".to_owned(), |(_, goal)| goal.to_string());
            Some(line(&name(step), StepState::Pending, format!("waits for {what}"), width))
        }
        Event::Answered { step, answer, by, approved } => {
            let state = if *approved { StepState::Success } else { StepState::Failed };
            Some(line(&name(step), state, format!("{by}: {answer}"), width))
        }
        Event::Paused { by } => Some(format!("paused by {by}: what runs goes on to its end")),
        Event::Cancelled { by } => Some(format!("cancelled by {by}")),
        Event::Retried { steps, by: None, .. } => {
            Some(format!("again, for it was interrupted: {}", steps.join(", ")))
        }
        Event::Retried { steps, .. } => Some(format!("again: {}", steps.join(", "))),
        _ => None,
    }
}

fn steps(run: &Run) -> usize {
    run.workflow.steps.iter().filter(|step| step.handler.is_none()).count()
}

/// Returns an event for whoever only follows: its time, its name, and the step.
pub(super) fn plain_line(logged: &Logged) -> String {
    let at = logged.at.format("%H:%M:%S");
    match &logged.event {
        Event::Started { step, attempt, .. } => format!("{at}  {step}  attempt {attempt} started"),
        Event::Ended { step, attempt, end, .. } => format!("{at}  {step}  attempt {attempt} ended: {end}"),
        Event::Reused { step, from, .. } => format!("{at}  {step}  reused from {from}"),
        Event::Skipped { step, .. } => format!("{at}  {step}  skipped"),
        Event::Asked { step } => format!("{at}  {step}  waits"),
        Event::Answered { step, answer, by, .. } => format!("{at}  {step}  {by}: {answer}"),
        Event::Created { run, .. } => format!("{at}  {run} created"),
        Event::Began { .. } => format!("{at}  an engine drives it"),
        Event::Paused { by } => format!("{at}  paused by {by}"),
        Event::Cancelled { by } => format!("{at}  cancelled by {by}"),
        Event::Awaited { step, task, message, .. } => format!("{at}  {step}  {task} {message}"),
        Event::Judged { step, message, .. }
        | Event::Waits { step, message, .. }
        | Event::TaskFailed { step, message, .. } => format!("{at}  {step}  {message}"),
        Event::Planned { plan, .. } => format!("{at}  executes {plan}"),
        Event::Opened { step, branch, .. } => format!("{at}  {step}  has {branch}"),
        Event::Integrated { step, commit, .. } => format!("{at}  {step}  merged as {commit}"),
        Event::Closed { step, .. } => format!("{at}  {step}  is closed"),
        Event::Retried { steps, .. } => format!("{at}  again: {}", steps.join(", ")),
        Event::Stopped { .. } => format!("{at}  nothing drives it any more"),
        Event::Finished { state } => format!("{at}  ended: {}", state.as_str()),
    }
}
