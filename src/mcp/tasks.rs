//! Runs as tasks of the protocol, for clients that know these: a run's id is the task's, so that any process can answer for
//! it, also a later one.
//!
//! Where a run waits for a person it requires input. What a client sends for that is no answer: agents answer for users. It
//! only means that somebody should look again; the person answers by a command of their own.

use rmcp::model::{
    CreateTaskResult, DetailedTask, ElicitRequest, ElicitRequestParams, ElicitationSchema, ErrorData,
    InputRequest, InputRequests, JsonObject, Task, TaskPayload, TaskStatus,
};
use serde_json::Value;

use super::answer::{Budget, refusal};
use super::arguments::{RunArguments, RunKind, read};
use super::calls::{begin, is_over, run_answer};
use super::tools::ToolName;
use super::world::{Caller, World};
use crate::model::RunState;
use crate::ops::{self, ErrorReport, RunHold, RunView};

/// How often a client should ask, in milliseconds.
const POLL: u64 = 1_000;

/// Starts a run as a task, where that is what is called; none otherwise.
pub(super) fn start(
    world: &World,
    caller: &Caller,
    given: &JsonObject,
) -> Option<Result<CreateTaskResult, ErrorReport>> {
    let given: RunArguments = read(ToolName::Run, given).ok().filter(is_start)?;
    let start = || -> Result<CreateTaskResult, ErrorReport> {
        let session = world.write(caller)?;
        Ok(CreateTaskResult::new(task_of(&begin(&session, &given)?)))
    };
    Some(start())
}

fn is_start(given: &RunArguments) -> bool {
    given.action == RunKind::Start && given.wait.is_none()
}

/// Returns the state of a run as a task.
pub(super) fn state(world: &World, caller: &Caller, id: &str) -> Result<DetailedTask, ErrorData> {
    let look = || -> Result<RunView, ErrorReport> {
        let session = world.read(caller, None)?;
        Ok(ops::run_status(&session, Some(id))?)
    };
    let run = look().map_err(|report| unknown(&report))?;
    Ok(DetailedTask::new(task_of(&run), payload_of(&run)))
}

/// Cancels a run.
pub(super) fn cancel(world: &World, caller: &Caller, id: &str) -> Result<(), ErrorData> {
    let cancel = || -> Result<(), ErrorReport> {
        let session = world.write(caller)?;
        let run = ops::run_status(&session, Some(id))?;
        // What has ended stays as it is.
        if !is_over(&run) {
            ops::cancel_run_apart(&session, Some(&run.run))?;
        }
        Ok(())
    };
    cancel().map_err(|report| unknown(&report))
}

fn unknown(report: &ErrorReport) -> ErrorData {
    ErrorData::invalid_params(report.message.clone(), refusal(report).structured_content)
}

fn task_of(run: &RunView) -> Task {
    let at = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let last = run.steps.iter().flat_map(|step| &step.attempts).map(|attempt| attempt.started).max();
    let updated = run.ended.or(last).unwrap_or(run.created);
    let done = run.steps.iter().filter(|step| step.state.is_end()).count();
    let hold = run.hold.map_or_else(String::new, |hold| format!(", {}", hold.as_str()));
    let message = format!("{} {}{hold}, {done}/{} steps", run.run, run.state.as_str(), run.steps.len());
    Task::new(run.run.clone(), status_of(run), at(run.created), at(updated))
        .with_status_message(message)
        .with_poll_interval_ms(POLL)
}

fn status_of(run: &RunView) -> TaskStatus {
    match (run.state, run.hold) {
        (_, Some(RunHold::WaitsForPerson)) => TaskStatus::InputRequired,
        (RunState::Cancelled, None) => TaskStatus::Cancelled,
        _ if is_over(run) => TaskStatus::Completed,
        _ => TaskStatus::Working,
    }
}

fn payload_of(run: &RunView) -> TaskPayload {
    match status_of(run) {
        TaskStatus::InputRequired => TaskPayload::InputRequired { input_requests: questions(run) },
        TaskStatus::Cancelled => TaskPayload::Cancelled,
        TaskStatus::Completed => {
            let result = serde_json::to_value(run_answer(run).into_result(Budget::of(None)));
            let result = if let Ok(Value::Object(result)) = result { result } else { JsonObject::new() };
            TaskPayload::Completed { result }
        }
        _ => TaskPayload::Working,
    }
}

/// What the person is shown who has to answer elsewhere.
fn questions(run: &RunView) -> InputRequests {
    let question = |step: &ops::StepLine| {
        let asked = step.asks.as_ref()?;
        let (id, name) = (&run.run, &step.step);
        let message = format!(
            "{id} waits for a person at `{name}`: {} Answer it yourself, with `tracker run approve {id} {name}`; what is \
             sent from here does not count.",
            asked.text
        );
        let request = ElicitRequestParams::FormElicitationParams {
            meta: None,
            message,
            requested_schema: ElicitationSchema::new(std::collections::BTreeMap::new()),
        };
        Some((name.clone(), InputRequest::Elicitation(ElicitRequest::new(request))))
    };
    run.steps.iter().filter_map(question).collect()
}
