//! `run`: runs of workflows. Each is driven by a process of its own, which goes on when this one ends; only the caller's
//! word starts one.

use std::time::Duration;

use serde_json::{Value, json};

use super::lines::value;
use super::{Caller, World, needed};
use crate::mcp::advice::{in_calls, of_command};
use crate::mcp::answer::Answer;
use crate::mcp::arguments::{RunArguments, RunKind, text_of};
use crate::mcp::text::{push_block, quoted, table};
use crate::model::RunState;
use crate::ops::{self, ErrorKind, ErrorReport, ListedRun, RunHold, RunLogs, RunView, RunsRequest, Session};

/// Longest time that a call waits, in seconds: clients give up after a minute.
const LONGEST_WAIT: usize = 50;
/// Lines of a log, from the end.
const LINES: usize = 60;
/// Runs in a list.
const RUNS: usize = 20;

pub(in crate::mcp) fn run(
    world: &World,
    caller: &Caller,
    given: RunArguments,
) -> Result<Answer, ErrorReport> {
    let session = world.write(caller)?;
    let run = given.run.as_deref();
    match given.action {
        RunKind::List => list(&session),
        RunKind::Start => {
            let view = begin(&session, &given)?;
            waited(&session, view, given.wait)
        }
        RunKind::Status => match ops::task_run_meant(&session, run)? {
            Some(tasks) => task_run(&session, &tasks),
            None => waited(&session, ops::run_status(&session, run)?, given.wait),
        },
        RunKind::Logs => {
            let words: Vec<String> = given.run.into_iter().chain(given.step).collect();
            Ok(logs(&ops::run_logs(&session, &words, None, LINES)?))
        }
        RunKind::Why => {
            let step = needed(given.step, "step", "why")?;
            let words: Vec<String> = given.run.into_iter().chain([step]).collect();
            let why = ops::why_step(&session, &words)?;
            Ok(Answer::new(format!("{} {}", value(&why.step), quoted(&in_calls(&why.why))), ops::plain(&why)))
        }
        RunKind::Retry => {
            let steps = given.step.into_iter().collect();
            let request = ops::RetryRequest { run: given.run, steps, downstream: false };
            waited(&session, ops::retry_run_apart(&session, &request)?, given.wait)
        }
        RunKind::Resume => waited(&session, ops::resume_run_apart(&session, run)?, given.wait),
        RunKind::Pause => {
            let changed = ops::pause_run(&session, run)?;
            Ok(Answer::new(format!("{} {}", changed.run, quoted(&changed.message)), ops::plain(&changed)))
        }
        RunKind::Cancel => waited(&session, ops::cancel_run_apart(&session, run)?, given.wait),
    }
}

/// Starts a run that goes on by itself.
pub(in crate::mcp) fn begin(session: &Session<'_>, given: &RunArguments) -> Result<RunView, ErrorReport> {
    let workflow = needed(given.workflow.clone(), "workflow", "start")?;
    let param = |(name, given): (&String, &Value)| {
        let text = match given {
            Value::Bool(flag) => Ok(flag.to_string()),
            given => text_of(given.clone()),
        };
        let wrong =
            |message| ErrorReport::new(ErrorKind::Usage, format!("invalid parameter `{name}`: {message}"));
        Ok(format!("{name}={}", text.map_err(wrong)?))
    };
    let params = given.params.iter().map(param).collect::<Result<_, ErrorReport>>()?;
    let request = ops::RunRequest { workflow, params, ..ops::RunRequest::default() };
    Ok(ops::start_run_apart(session, &request)?)
}

/// Answers with a run, once it has ended, needs a person, or the time is over.
fn waited(session: &Session<'_>, view: RunView, wait: Option<usize>) -> Result<Answer, ErrorReport> {
    let seconds = wait.unwrap_or(0).min(LONGEST_WAIT);
    let view = match Duration::from_secs(seconds.try_into().unwrap_or_default()) {
        Duration::ZERO => view,
        most => ops::wait_for_run(session, &view.run, most)?,
    };
    Ok(run_answer(&view))
}

/// Whether a run goes no further by itself.
pub(in crate::mcp) fn is_over(run: &RunView) -> bool {
    run.state.is_end() && run.hold.is_none()
}

/// Returns a run as an answer: a run that has failed is a no.
pub(in crate::mcp) fn run_answer(run: &RunView) -> Answer {
    let done = run.steps.iter().filter(|step| step.state.is_end()).count();
    let hold = run.hold.map_or_else(String::new, |hold| format!(" ({})", hold.as_str()));
    let (id, name, state) = (&run.run, value(&run.workflow), run.state.as_str());
    let mut text = format!("{id} {name} {state}{hold} {done}/{} steps, {} ms\n", run.steps.len(), run.millis);
    let cells = |step: &ops::StepLine| {
        let retries = if step.retries > 0 {
            format!("retry {}/{}", step.retries, step.max_retries)
        } else {
            String::new()
        };
        vec![value(&step.step), step.state.as_str().to_owned(), retries, quoted(&in_calls(&step.why))]
    };
    table(&run.steps.iter().map(cells).collect::<Vec<_>>()).iter().for_each(|line| text.extend([line, "\n"]));
    for step in &run.steps {
        let Some(question) = &step.asks else { continue };
        let step = value(&step.step);
        let asked = quoted(&question.text);
        text.push_str(&format!(
            "{step} asks a person {asked}: they answer with tracker run approve {id} {step}\n"
        ));
    }
    let is_last = |at: &usize| !run.errors[at + 1..].iter().any(|later| later.step == run.errors[*at].step);
    for error in (0..run.errors.len()).filter(is_last).map(|at| &run.errors[at]).take(3) {
        text.push_str(&format!("failed {} {}:\n", value(&error.step), quoted(&error.end)));
        push_block(&error.lines.join("\n"), |_| None, &mut text);
    }
    if let Some(next) = next_call(run) {
        text.push_str(&format!("next: {next}\n"));
    }
    let step = |step: &ops::StepLine| {
        json!({"step": step.step, "state": step.state, "why": step.why, "retries": step.retries,
            "asks": step.asks.as_ref().map(|asks| &asks.text)})
    };
    let data = json!({
        "run": id, "workflow": run.workflow, "state": run.state, "hold": run.hold, "millis": run.millis,
        "steps": run.steps.iter().map(step).collect::<Vec<_>>(), "errors": run.errors,
    });
    Answer::new(text, data).no_if(run.state == RunState::Failed && is_over(run))
}

/// Returns what goes on with a run.
fn next_call(run: &RunView) -> Option<String> {
    let words = |action: &str| of_command(&format!("tracker run {action} {}", run.run));
    match (run.hold, run.state) {
        (Some(RunHold::WaitsForPerson | RunHold::WaitsForTask), _) => None,
        (Some(_), _) => Some(words("resume")),
        (None, RunState::Failed) => Some(format!("{}, or {}", words("logs"), words("retry"))),
        (None, state) if state.is_end() => None,
        (None, _) => {
            Some(format!("run {}", json!({"action": "status", "run": run.run, "wait": LONGEST_WAIT})))
        }
    }
}

fn list(session: &Session<'_>) -> Result<Answer, ErrorReport> {
    let (view, problems) =
        ops::list_runs(session, &RunsRequest { limit: Some(RUNS), ..RunsRequest::default() })?;
    let cells = |run: &ListedRun| match run {
        ListedRun::Workflow(run) => {
            let hold = run.hold.map_or_else(String::new, |hold| hold.as_str().to_owned());
            let count = format!("{}/{}", run.done, run.steps);
            vec![run.run.clone(), value(&run.workflow), run.state.as_str().to_owned(), hold, count]
        }
        ListedRun::Tasks(run) => vec![run.run.clone(), "tasks".to_owned(), run.state.to_string()],
    };
    let mut text =
        format!("{} of {}\n", view.runs.len(), crate::model::counted(view.runs.len() + view.left_out, "run"));
    table(&view.runs.iter().map(cells).collect::<Vec<_>>()).iter().for_each(|line| text.extend([line, "\n"]));
    Ok(Answer::new(text, ops::plain(&view)).with_problems(&problems))
}

fn task_run(session: &Session<'_>, run: &str) -> Result<Answer, ErrorReport> {
    let (view, problems) = ops::run_progress(session, Some(run))?;
    let mut text = format!(
        "{} tasks {} {} %, {}/{} complete\n",
        view.run, view.state, view.percent, view.complete, view.total
    );
    let cells = |task: &ops::RunTask| vec![task.id.clone(), value(task.stage.as_str()), quoted(&task.title)];
    table(&view.tasks.iter().map(cells).collect::<Vec<_>>())
        .iter()
        .for_each(|line| text.extend([line, "\n"]));
    Ok(Answer::new(text, ops::plain(&view)).with_problems(&problems))
}

fn logs(logs: &RunLogs) -> Answer {
    let mut text = format!("{} {} attempt {}\n", logs.run, value(&logs.step), logs.attempt);
    for (name, printed, file) in
        [("stdout", &logs.stdout, &logs.stdout_file), ("stderr", &logs.stderr, &logs.stderr_file)]
    {
        if !printed.trim().is_empty() {
            text.push_str(&format!("{name}, from the end of {}:\n", value(file)));
            push_block(printed, |_| None, &mut text);
        }
    }
    Answer::new(text, ops::plain(logs))
}
