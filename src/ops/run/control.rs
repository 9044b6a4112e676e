//! Acting on a run from another process: pausing and cancelling it, answering what it asks.

use std::iter;

use schemars::JsonSchema;
use serde::Serialize;

use super::found::{find_run, replay_run, run_folder};
use super::start::{RunObserver, drive, logged, take_lock, take_up};
use super::view::{RunHold, RunView};
use super::why::{find_step, own_run_and_step, sentence};
use crate::engine::{self, Asked, Event, Log, Request, Run};
use crate::model::{Action, RunId, StepState, Suggestion};
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, Reason};

/// What has become of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunChanged {
    /// The run.
    pub run: String,
    /// What happened, in one line.
    pub message: String,
    /// What goes on with it, where nothing does.
    pub next: Option<String>,
    /// The run as it is then, where this command has driven it.
    pub result: Option<Box<RunView>>,
}

/// An answer to a question of a run.
#[derive(Debug, Clone, Default)]
pub struct AnswerRequest {
    /// The step, with the run before it where it is not the newest.
    pub words: Vec<String>,
    /// The answer; none for an approval.
    pub answer: Option<String>,
    /// Whether an approval is given.
    pub approved: bool,
    /// Whether only the answer is taken down, and the run not gone on with.
    pub no_resume: bool,
}

/// Pauses a run: what runs goes on to its end, nothing else begins.
pub fn pause_run(session: &Session<'_>, given: Option<&str>) -> Result<RunChanged> {
    let id = find_run(session, given)?;
    let by = session.actor()?;
    let folder = run_folder(session, &id);
    if engine::is_driven(&folder)? {
        return asked(session, &id, &Request::Pause { by }, "is pausing: what runs goes on to its end");
    }
    let (run, _) = replay_run(session.env(), &folder)?;
    if run.state.is_end() && run.stopped.is_none() {
        let message = format!("{id} has ended as {}", run.state.as_str());
        return Err(Error::usage_with(message, "there is nothing to pause"));
    }
    let message = match &run.paused_by {
        Some(by) => format!("{id} was paused by {by}"),
        None => format!("nothing drives {id}"),
    };
    Err(Error::usage_with(message, format!("go on with it: {}", resume(&id))))
}

/// Cancels a run: what runs is asked to end, and ended if it does not; nothing else begins.
pub fn cancel_run<'e>(
    session: &'e Session<'_>,
    given: Option<&str>,
    mut observe: RunObserver<'e>,
) -> Result<RunChanged> {
    let id = find_run(session, given)?;
    let by = session.actor()?;
    let folder = run_folder(session, &id);
    if engine::is_driven(&folder)? {
        return asked(session, &id, &Request::Cancel { by }, "is being cancelled");
    }
    let lock = take_lock(&folder, &id)?;
    let (run, events) = replay_run(session.env(), &folder)?;
    if run.state.is_end() && run.stopped.is_none() {
        return Err(Error::usage_with(
            format!("{id} has ended as {}", run.state.as_str()),
            "there is nothing to cancel",
        ));
    }
    observe(&events[0], &run);
    let view = drive(session, &folder, run, lock, true, observe, Some(Event::Cancelled { by }))?;
    Ok(RunChanged {
        run: id.to_string(),
        message: "was cancelled".to_owned(),
        next: None,
        result: Some(Box::new(view)),
    })
}

fn resume(id: &RunId) -> Suggestion {
    Suggestion::tracker(["run", "resume", id.as_str()])
}

/// Hands a request to the engine of a run.
fn asked(session: &Session<'_>, id: &RunId, request: &Request, message: &str) -> Result<RunChanged> {
    let folder = run_folder(session, id);
    match engine::ask(session.env(), &folder, request)? {
        Asked::Taken => {
            Ok(RunChanged { run: id.to_string(), message: message.to_owned(), next: None, result: None })
        }
        Asked::Ended => Err(Error::usage_with(
            format!("the engine of {id} has ended meanwhile"),
            "look at it, and try again: tracker run status",
        )),
        Asked::Unanswered => Err(engine::Error::Unanswered { run: id.to_string() }.into()),
    }
}

/// Answers a question of a run, and goes on with it where no engine does.
pub fn answer_run<'e>(
    session: &'e Session<'_>,
    request: &AnswerRequest,
    mut observe: RunObserver<'e>,
) -> Result<RunChanged> {
    let (id, step) = own_run_and_step(session, &request.words)?;
    let folder = run_folder(session, &id);
    let (run, _) = replay_run(session.env(), &folder)?;
    let step = match step {
        Some(step) => step,
        None => only_question(&run, &id)?,
    };
    let index = find_step(&run, &step)?;
    let (answer, approved) = answer_of(&run, index, request)?;
    is_asked(session, (&run, &id, index))?;
    if let Some(agent) = session.agent() {
        let words: &[&str] = match (&request.answer, approved) {
            (Some(_), _) => &["answer", id.as_str(), &step, &answer],
            (None, true) => &["approve", id.as_str(), &step],
            (None, false) => &["reject", id.as_str(), &step],
        };
        let command = Suggestion::tracker(iter::once(&"run").chain(words));
        let reason = Reason::AgentAnswers { agent, command };
        return Err(Error::refused(Attempt::Answer { run: id, step }, reason));
    }
    let by = session.actor()?;
    let message = format!("`{step}` is answered: {answer}");
    if engine::is_driven(&folder)? {
        let request = Request::Answer { step, answer, approved, by };
        return asked(session, &id, &request, &message);
    }
    let event = Event::Answered { step, answer, approved, by };
    // Somebody else may have answered meanwhile.
    let (lock, run, events) = take_up(session, &folder, &id)?;
    is_asked(session, (&run, &id, index))?;
    if request.no_resume {
        let mut log = Log::open(&folder, true)?;
        log.append(&logged(session, event));
        log.commit()?;
        let next = Some(resume(&id).to_string());
        return Ok(RunChanged { run: id.to_string(), message, next, result: None });
    }
    observe(&events[0], &run);
    let view = drive(session, &folder, run, lock, true, observe, Some(event))?;
    Ok(RunChanged { run: id.to_string(), message, next: None, result: Some(Box::new(view)) })
}

/// Refuses an answer to what is not asked now.
fn is_asked(session: &Session<'_>, (run, id, index): (&Run, &RunId, usize)) -> Result<()> {
    if run.steps[index].state == StepState::Pending && run.steps[index].is_asked {
        return Ok(());
    }
    let hint = match RunHold::of(run) {
        Some(RunHold::Answered) => format!("go on with the run: {}", resume(id)),
        _ => sentence(run, index, &run_folder(session, id), session.env().now_millis()),
    };
    let name = &run.workflow.steps[index].name;
    Err(Error::usage_with(format!("`{name}` asks nothing now"), hint))
}

fn only_question(run: &Run, id: &RunId) -> Result<String> {
    let is_question = |index: &usize| matches!(run.workflow.steps[*index].action, Action::Ask(_));
    let asked = (0..run.steps.len()).filter(|index| run.steps[*index].is_asked).filter(is_question);
    let asked: Vec<&str> = asked.map(|index| run.workflow.steps[index].name.as_str()).collect();
    match asked.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] if RunHold::of(run) == Some(RunHold::Answered) => Err(Error::usage_with(
            format!("{id} asks nothing now: it is answered"),
            format!("go on with it: {}", resume(id)),
        )),
        [] => Err(Error::usage(format!("{id} asks nothing now"))),
        several => Err(Error::usage_with(
            format!("{id} asks {} questions", several.len()),
            format!("choose one: {}", several.join(", ")),
        )),
    }
}

fn answer_of(run: &Run, index: usize, request: &AnswerRequest) -> Result<(String, bool)> {
    let step = &run.workflow.steps[index];
    let Action::Ask(question) = &step.action else {
        let what = if step.action.waits() { "it waits for a task" } else { "it runs a program" };
        return Err(Error::usage(format!("`{}` asks nothing: {what}", step.name)));
    };
    match (&question.kind, &request.answer) {
        (None, None) => {
            Ok((if request.approved { "approved" } else { "rejected" }.to_owned(), request.approved))
        }
        (None, Some(_)) => {
            let hint = format!("tracker run approve {} {}, or tracker run reject", run.id, step.name);
            Err(Error::usage_with(format!("`{}` is approved or rejected", step.name), hint))
        }
        (Some(_), None) => {
            let hint = format!("tracker run answer {} {} VALUE", run.id, step.name);
            Err(Error::usage_with(
                format!(
                    "`{}` asks a question, which is answered by a value: {}",
                    step.name,
                    question.shown()
                ),
                hint,
            ))
        }
        (Some(kind), Some(answer)) => match kind.read(answer) {
            Ok(answer) => Ok((answer, true)),
            Err(expected) => {
                Err(Error::usage(format!("invalid answer `{}` (expected {expected})", answer.escape_debug())))
            }
        },
    }
}
