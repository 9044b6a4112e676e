//! Moves between stages that a person makes by hand: `start`, `advance`, `fail`, `set-stage`. The stage
//! machine says whether and where; each move is in the history.

use std::cell::{Cell, OnceCell};

use schemars::JsonSchema;
use serde::Serialize;

use super::claims::{claims_of, in_the_way};
use super::conflicts::also_changed;
use super::fields::{person, reason};
use super::in_flight::in_flight_of;
use super::queue::queue_for;
use super::session::{Step, parse, spliced};
use super::show::{parts, shared_files};
use super::signoffs::{next_of, sign_where_required, summary_of};
use super::view::SharedFileView;
use super::written::WrittenTask;
use super::{Error, Result, Session, Written};
use crate::doc::{Edit, Value, append_move, signed_move};
use crate::facts::{Flight, TaskFacts};
use crate::model::{Config, Move, Stage, Suggestion, Task, TaskId, is_of_another, is_same_name};
use crate::policy::{self, Attempt, Case, Hint, Missing, Outcome, Reason, Refusal};
use crate::store::Locked;

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartWhat {
    /// The task that a unique part of an id means.
    Task(String),
    /// The first task of the queue that matches a query.
    Next(String),
}

/// How to start.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// Which task.
    pub what: StartWhat,
    /// The caller by default.
    pub assignee: Option<String>,
    /// Start even if the task is blocked, assigned to somebody else, or in progress elsewhere.
    pub force: bool,
}

/// Starts a task: assigns it, moves it to its first stage if it has none, and makes it the active one. Working trees of
/// one repository share the lock under which all of that happens, so no two of them start the same task.
pub fn start(session: &Session<'_>, request: &StartRequest) -> Result<Written> {
    let assignee = request.assignee.as_deref().map(|name| person(session, &reason(name)?)).transpose()?;
    if assignee.as_deref() == Some("") {
        return Err(Error::usage("the name of an assignee must not be empty"));
    }
    let select = || match &request.what {
        StartWhat::Task(id) => Ok(vec![id.clone()]),
        StartWhat::Next(query) => Ok(vec![next_of_queue(session, query)?]),
    };
    let (in_flight, claims) = (OnceCell::new(), OnceCell::new());
    let (mut written, _locked) = by_the_machine(session, "start", select, |case| {
        let assignee = assignee.as_deref().unwrap_or(case.actor);
        let flights = in_flight.get_or_init(|| in_flight_of(session));
        let elsewhere = flights.of(case.task.id.as_str(), case.task.since()).first().copied();
        let claimed =
            in_the_way(session, claims.get_or_init(|| claims_of(session)), &case.task.id, &case.task.files);
        let plan = start_plan(case, assignee, (elsewhere, claimed), request.force)?;
        let mut step = Step { edits: Vec::new(), messages: Vec::new() };
        if !case.task.assignee.as_deref().is_some_and(|own| is_same_name(own, assignee)) {
            step.edits
                .push(Edit::Set { key: "assignee".to_owned(), value: Value::Text(assignee.to_owned()) });
            step.messages.push(format!("assignee = {assignee}"));
        }
        match plan {
            Outcome::Moves(plan) => {
                step.messages.push(summary_of(&plan));
                step.edits.extend(move_edits(&plan.step));
            }
            Outcome::Stays(stage) if step.messages.is_empty() => {
                step.messages.push(format!("already in {stage}"));
            }
            Outcome::Stays(_) => {}
        }
        Ok(step)
    })?;
    if let Some(task) = written.tasks.first_mut() {
        let id = session.resolve(&task.id)?;
        task.summary.extend(same_files(session, &id)?);
        task.summary.extend(also_changed(session, std::slice::from_ref(&id)));
        if !session.is_dry() {
            session.workspace().set_active_task(Some(&id))?;
        }
    }
    Ok(written)
}

/// Says which other tasks that somebody has begun are about the same files.
fn same_files(session: &Session<'_>, id: &TaskId) -> Result<Vec<String>> {
    let Some(task) = session.snapshot().readable_task(id)?.filter(|task| !task.files.is_empty()) else {
        return Ok(Vec::new());
    };
    let tasks = session.snapshot().tasks()?;
    let others = shared_files(&tasks, &task.summary());
    let begun = others.iter().filter(|other| other.stage != Stage::NONE);
    let text = |other: &SharedFileView| {
        let who = other.assignee.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        format!("{} is also a file of {}{who}, in {}", other.file, other.task, other.stage)
    };
    Ok(begun.map(text).collect())
}

/// Returns the first task of the queue that is not somebody else's.
fn next_of_queue(session: &Session<'_>, query: &str) -> Result<String> {
    let (tasks, _) = queue_for(session, query, &session.actor()?)?;
    let first = tasks.into_iter().next().map(|task| task.id);
    first.ok_or_else(|| Error::refused(Attempt::StartNext, Reason::NothingReady))
}

fn start_plan(
    case: &Case<'_>,
    assignee: &str,
    (elsewhere, claimed): (Option<&Flight>, Option<Reason>),
    force: bool,
) -> Result<Outcome> {
    let id = &case.task.id;
    let mut taken: Vec<Reason> = others(case.task, assignee).filter(|_| !force).into_iter().collect();
    taken.extend(elsewhere.filter(|_| !force).map(in_progress));
    taken.extend(claimed.filter(|_| !force));
    let unblocked = Task { blocked: None, ..case.task.clone() };
    let forced = Case { task: &unblocked, waits_for: &[], ..*case };
    let outcome = policy::start(if force { &forced } else { case });
    match outcome {
        Ok(outcome) if taken.is_empty() => Ok(outcome),
        Ok(_) => {
            let is_elsewhere =
                taken.iter().any(|reason| matches!(reason, Reason::InFlight { .. } | Reason::Claimed { .. }));
            let refusal = Refusal::new(Attempt::Start(id.clone()), taken);
            Err(Error::Refused(if is_elsewhere { refusal.with_hint(Hint::ForceStarts) } else { refusal }))
        }
        Err(mut refusal) => {
            refusal.reasons.extend(taken);
            let is_closed = case.task.cancelled.is_some() || case.task.stage.is_complete();
            refusal.hint = (!is_closed).then_some(Hint::ForceStarts);
            Err(Error::Refused(refusal))
        }
    }
}

/// Says where a task is in progress.
pub(in crate::ops) fn in_progress(flight: &Flight) -> Reason {
    Reason::InFlight {
        stage: flight.stage.clone(),
        person: flight.person().to_owned(),
        place: flight.place(),
    }
}

/// Advances tasks whose stages have all that they require.
pub fn advance(session: &Session<'_>, ids: &[String], why: Option<&str>) -> Result<Written> {
    advance_to(session, ids, None, why)
}

/// The same; with `to`, a task that another stage comes next for is refused.
pub fn advance_to(
    session: &Session<'_>,
    ids: &[String],
    to: Option<&str>,
    why: Option<&str>,
) -> Result<Written> {
    let why = why.map(reason).transpose()?;
    let (mut written, _locked) = by_the_machine(
        session,
        "advance",
        || Ok(ids.to_vec()),
        |case| {
            if let Some(to) = to {
                refuse_other_stage(case, to)?;
            }
            refuse_to_begin_for_another(case)?;
            let plan = policy::advance(case, why.as_deref())?;
            Ok(Step::new(move_edits(&plan.step), summary_of(&plan)))
        },
    )?;
    tell_of_open_parts(session, &mut written)?;
    Ok(written)
}

/// Returns why a person may not begin a task that is assigned to somebody else.
fn others(task: &Task, person: &str) -> Option<Reason> {
    let other = task.assignee.as_ref().filter(|other| is_of_another(Some(other), person))?;
    Some(Reason::AssignedTo(other.clone()))
}

/// Refuses to begin by the way what is assigned to somebody else, as `start` does.
fn refuse_to_begin_for_another(case: &Case<'_>) -> Result<()> {
    match others(case.task, case.actor).filter(|_| case.task.stage.is_none()) {
        Some(taken) => Err(Error::refused(Attempt::Start(case.task.id.clone()), taken)),
        None => Ok(()),
    }
}

/// Says of each task that is complete now which of its parts are open.
fn tell_of_open_parts(session: &Session<'_>, written: &mut Written) -> Result<()> {
    let completed = || written.tasks.iter().any(|task| task.stage.is_complete());
    if !completed() {
        return Ok(());
    }
    let tasks = session.snapshot().tasks()?;
    for task in written.tasks.iter_mut().filter(|task| task.stage.is_complete()) {
        let parts = parts(&tasks, &session.resolve(&task.id)?);
        let open: Vec<&str> = parts.iter().filter(|part| part.open).map(|part| part.id.as_str()).collect();
        if !open.is_empty() {
            let (count, all) = (open.len(), parts.len());
            task.summary.push(format!("{count} of {all} parts still open: {}", open.join(", ")));
        }
    }
    Ok(())
}

/// Moves tasks on through every stage of which all requirements are met, up to complete. Where a task cannot go on at all
/// that is refused; where it went on and stops before the end, the answer says what is missing there.
pub fn done(session: &Session<'_>, ids: &[String], why: Option<&str>) -> Result<Written> {
    let mut written = advance(session, ids, why)?;
    for id in ids {
        // Each stage has rules of its own: they are read again when the task is there.
        loop {
            let (_, task) = session.find(id)?;
            if session.is_dry() || task.stage.is_complete() {
                break;
            }
            match advance(session, std::slice::from_ref(id), why) {
                Ok(next) => written.add(next),
                Err(Error::Refused(refusal)) => {
                    let missing = refusal.rows().into_iter().map(|row| match row.fix {
                        Some(fix) => format!("{}: {}   {fix}", row.label, row.message),
                        None => format!("{}: {}", row.label, row.message),
                    });
                    let own = written.tasks.iter_mut().find(|own| own.id == task.id.as_str());
                    own.into_iter().for_each(|own| own.summary.extend(missing.clone()));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(written)
}

/// Takes the active task of this branch away: commits are linked to none. The task stays where it is.
pub fn stop(session: &Session<'_>) -> Result<Stopped> {
    let Some(active) = session.workspace().active_task() else {
        return Err(Error::usage_with("no task is active", "run `tracker start ID`"));
    };
    let task = session.snapshot().readable_task(&active)?;
    session.workspace().set_active_task(None)?;
    let (title, stage) = task.map_or_else(Default::default, |task| (task.title, task.stage.to_string()));
    Ok(Stopped { id: active.to_string(), title, stage })
}

/// The task that was active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stopped {
    /// The id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The stage that it stays in.
    pub stage: String,
}

/// Sends a task back to the stage that failures of its stage go to.
pub fn fail(session: &Session<'_>, id: &str, why: &str) -> Result<Written> {
    let why = reason(why)?;
    by_the_machine(
        session,
        "fail",
        || Ok(vec![id.to_owned()]),
        |case| {
            let plan = policy::fail(case, &why)?;
            Ok(Step::new(move_edits(&plan.step), summary_of(&plan)))
        },
    )
    .map(|(written, _)| written)
}

/// Moves tasks to a stage whatever their state; their history records an override.
pub fn set_stage(session: &Session<'_>, ids: &[String], stage: &str, why: Option<&str>) -> Result<Written> {
    let why = why.map(reason).transpose()?;
    let is_unsigned = Cell::new(false);
    let (mut written, _locked) = by_the_machine(
        session,
        "set-stage",
        || Ok(ids.to_vec()),
        |case| {
            refuse_unknown_stage(case, stage)?;
            let outcome = policy::set_stage(case, stage, why.as_deref())?;
            Ok(match outcome {
                Outcome::Moves(mut plan) => {
                    let text = signed_move(&case.task.id, &plan.step);
                    let (signature, unsigned) = sign_where_required(session, case.config, &text)?;
                    plan.step.signature = signature;
                    let mut step = Step::new(move_edits(&plan.step), summary_of(&plan));
                    if let Some(unsigned) = unsigned {
                        is_unsigned.set(true);
                        step.messages.extend([
                            unsigned,
                            "once a key is set: tracker undo, then the same again".to_owned(),
                        ]);
                    }
                    step
                }
                Outcome::Stays(stage) => Step::nothing(format!("already in {stage}")),
            })
        },
    )?;
    if is_unsigned.get() {
        written.tasks.iter_mut().for_each(|task| task.counts = Some(false));
    }
    Ok(written)
}

/// A task moves one stage at a time: to any other it goes by an override, which says so.
fn refuse_other_stage(case: &Case<'_>, to: &str) -> Result<()> {
    refuse_unknown_stage(case, to)?;
    let own: Vec<&Stage> = case.config.stages_of(case.task.kind.as_deref()).iter().collect();
    let at = own.iter().position(|stage| **stage == case.task.stage);
    let next = own.get(at.map_or(0, |at| at + 1)).map_or(Stage::COMPLETE, |stage| stage.as_str());
    let (id, to) = (&case.task.id, to.trim().to_ascii_lowercase());
    if to == next {
        return Ok(());
    }
    let to_stage = Suggestion::tracker(["set-stage", id.as_str(), &to, "--why", "REASON"]);
    let message = match case.task.stage.as_str() == to {
        true => format!("{id} is in {to} already"),
        false => format!("{next} comes next for {id}, not {to}"),
    };
    Err(Error::usage_with(message, format!("an override moves it to any stage: {to_stage}")))
}

/// A mistyped stage is an error of usage, not a refusal.
fn refuse_unknown_stage(case: &Case<'_>, stage: &str) -> Result<()> {
    let own = case.config.stages_of(case.task.kind.as_deref()).iter().map(Stage::as_str);
    let known: Vec<&str> = [Stage::NONE].into_iter().chain(own).chain([Stage::COMPLETE]).collect();
    if known.contains(&stage.trim().to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let message = format!("unknown stage `{stage}` of {}", case.task.id);
    Err(Error::usage_with(message, format!("expected {}", known.join(", "))))
}

/// Adds to a refusal what the current user can do about each of its reasons.
fn for_user(session: &Session<'_>, config: &Config, facts: &TaskFacts, error: Error) -> Error {
    let Error::Refused(mut refusal) = error else { return error };
    for reason in &mut refusal.reasons {
        if let Reason::Missing(missing) = reason
            && let Some(fix) = next_of(session, config, facts, missing)
        {
            *reason = Reason::MissingFor { missing: missing.clone(), fix };
        }
    }
    Error::Refused(refusal)
}

/// Asks the stage machine what becomes of each task, and writes all of them only when none was refused. Returns the lock
/// as well: what has to happen before anybody else writes can be done while it is there.
fn by_the_machine<'l>(
    session: &'l Session<'_>,
    operation: &str,
    select: impl FnOnce() -> Result<Vec<String>>,
    step: impl Fn(&Case<'_>) -> Result<Step>,
) -> Result<(Written, Locked<'l>)> {
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let (actor, agent) = (repository.identity(session.env())?.name, session.agent());
    let locked = session.lock(operation)?;
    let ids = select()?;
    let reader = session.facts(&repository, &config)?;
    let (mut changes, mut tasks) = (Vec::new(), Vec::new());
    let (mut closed, mut moved) = (Vec::new(), Vec::new());
    for id in &ids {
        let file = session.find_file(id)?;
        let facts = reader.task(parse(&file)?)?;
        let signoffs = facts.signoffs(&config);
        let acting = (actor.as_str(), agent.as_deref());
        let step = step(&facts.case(&config, &signoffs, acting, session.env().now()));
        let step = step.map_err(|error| for_user(session, &config, &facts, with_titles(session, error)))?;
        let change = spliced(&file, &step.edits)?;
        if step.edits.iter().any(closes) {
            closed.push(file.id.clone());
        }
        if changes.iter().any(|other: &crate::store::Change| other.path == change.path) {
            continue;
        }
        moved.push(file.id.clone());
        tasks.push(WrittenTask::changed(&facts.task, step.messages, !change.is_empty()));
        changes.push(change);
    }
    if !session.is_dry() && session.writes_here() {
        session.workspace().add_moved_tasks(&moved)?;
    }
    let written = session.finish(&locked, &changes, tasks)?;
    if !session.is_dry()
        && session.writes_here()
        && session.workspace().active_task().is_some_and(|id| closed.contains(&id))
    {
        session.workspace().set_active_task(None)?;
    }
    Ok((written, locked))
}

/// Adds the titles of the tasks that a refusal waits for.
fn with_titles(session: &Session<'_>, mut error: Error) -> Error {
    if let Error::Refused(refusal) = &mut error {
        for reason in &mut refusal.reasons {
            let Reason::Missing(Missing::WaitsFor { task, title }) = reason else { continue };
            *title = session.find(task.as_str()).ok().map(|(_, task)| task.title);
        }
    }
    error
}

/// Whether an edit completes a task.
fn closes(edit: &Edit) -> bool {
    matches!(edit, Edit::Set { key, value: Value::Text(to) } if key == "stage" && to == Stage::COMPLETE)
}

/// Returns the edits of one move: the stage, and its line in the history.
pub(super) fn move_edits(step: &Move) -> Vec<Edit> {
    vec![Edit::Set { key: "stage".to_owned(), value: Value::Text(step.to.to_string()) }, append_move(step)]
}
