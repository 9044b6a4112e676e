//! The moves.

use super::gate::{blocked, blocked_by_hand, closed, gate, outdated, unknown_stage};
use super::{Case, Missing, MovePlan, Outcome};
use crate::model::{Advance, Move, MoveKind, Stage};
use crate::policy::{Attempt, Reason, Refusal, role_for_people};

/// Begins a task: into the first stage of its pipeline. One that has begun stays where it is.
///
/// # Errors
/// A refusal, where it is closed or blocked.
pub fn start(case: &Case<'_>) -> Result<Outcome, Refusal> {
    let id = &case.task.id;
    let mut missing = closed(case);
    if missing.is_empty() {
        if !case.task.stage.is_none() {
            return Ok(Outcome::Stays(case.task.stage.clone()));
        }
        missing = blocked(case);
    }
    if !missing.is_empty() {
        return Err(Refusal::missing(Attempt::Start(id.clone()), missing));
    }
    Ok(Outcome::Moves(plan(case, MoveKind::Start, next(case), Some("started".to_owned()))))
}

/// Moves a task on to its next stage, because somebody says so.
///
/// # Errors
/// A refusal that names everything missing.
pub fn advance(case: &Case<'_>, why: Option<&str>) -> Result<MovePlan, Refusal> {
    if case.task.stage.is_none() {
        return start(case)
            .map(|outcome| outcome.plan().expect("a task that has not begun moves when it starts"));
    }
    let gate = gate(case);
    if !gate.is_open() {
        let (task, stage) = (case.task.id.clone(), case.task.stage.clone());
        return Err(Refusal::missing(Attempt::Leave { task, stage }, gate.missing));
    }
    if let Some(role) = barred(case) {
        let (task, stage) = (case.task.id.clone(), case.task.stage.clone());
        return Err(Refusal::because(Attempt::Leave { task, stage }, Reason::PeopleOnly(role.to_owned())));
    }
    Ok(plan(case, MoveKind::Advance, next(case), non_empty(why)))
}

/// Returns the role because of which whoever acts may not move the task on.
fn barred<'c>(case: &Case<'c>) -> Option<&'c str> {
    role_for_people(case.config, case.task.stage.as_str(), case.actor, case.agent)
}

/// Moves a task on by itself, if all that its stage requires is there, sign-offs are among that, and the stage is
/// not manual. This move was not requested, so there is no refusal.
#[must_use]
pub fn auto_advance(case: &Case<'_>) -> Option<MovePlan> {
    let rules = case.config.rules_of(case.task.stage.as_str());
    let is_automatic =
        rules.advance == Advance::Auto && !rules.signoffs.is_empty() && !case.task.stage.is_none();
    if !is_automatic || !gate(case).is_open() || barred(case).is_some() {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for person in case.signoffs.roles.iter().flat_map(|role| &role.approvals) {
        if !names.contains(&person.name.as_str()) {
            names.push(&person.name);
        }
    }
    let why = format!("signed off by {}", names.join(", "));
    Some(plan(case, MoveKind::Advance, next(case), Some(why)))
}

/// Sends a task back to where failures of its stage go.
///
/// # Errors
/// A refusal, where it has not begun, is closed or blocked by hand, is where a failure would send it, or no
/// reason is given.
pub fn fail(case: &Case<'_>, why: &str) -> Result<MovePlan, Refusal> {
    let (id, stage) = (&case.task.id, &case.task.stage);
    let mut missing = closed(case);
    if missing.is_empty() {
        missing.extend(unknown_stage(case));
        missing.extend(blocked_by_hand(case));
        missing.extend(outdated(case));
    }
    let attempt = Attempt::Fail(id.clone());
    if !missing.is_empty() {
        return Err(Refusal::missing(attempt, missing));
    }
    let why = why.trim();
    let Some(to) = case.config.on_fail_of(case.task.kind.as_deref(), stage) else {
        return Err(Refusal::because(attempt, Reason::NotBegun));
    };
    if to == *stage {
        return Err(Refusal::because(attempt, Reason::FailsToItself(to)));
    }
    if why.is_empty() {
        return Err(Refusal::because(attempt, Reason::NoWhy));
    }
    Ok(plan(case, MoveKind::Fail, to, Some(why.to_owned())))
}

/// Moves a task to any stage of its pipeline, `none` and `complete` included, whatever is missing. The history says
/// that it was an override. A stage that was set by hand becomes a move from where the history ends.
///
/// # Errors
/// A refusal, where the task is cancelled or its pipeline has no such stage.
pub fn set_stage(case: &Case<'_>, stage: &str, why: Option<&str>) -> Result<Outcome, Refusal> {
    let id = &case.task.id;
    if case.task.cancelled.is_some() {
        return Err(Refusal::because(Attempt::Move(id.clone()), Missing::Cancelled));
    }
    let all = || case.config.all_stages_of(case.task.kind.as_deref());
    let query = stage.trim().to_ascii_lowercase();
    let Some(to) = all().find(|stage| stage.as_str() == query) else {
        let reason = Reason::NoSuchStage { query: stage.to_owned(), stages: all().collect() };
        return Err(Refusal::because(Attempt::Move(id.clone()), reason));
    };
    let recorded = case.task.recorded_stage();
    if to == case.task.stage && to == recorded {
        return Ok(Outcome::Stays(to));
    }
    let is_by_hand = to == case.task.stage;
    let mut plan = plan(case, MoveKind::Override, to, non_empty(why));
    if is_by_hand {
        plan.step.from = recorded;
    }
    Ok(Outcome::Moves(plan))
}

fn non_empty(why: Option<&str>) -> Option<String> {
    why.map(str::trim).filter(|why| !why.is_empty()).map(str::to_owned)
}

fn next(case: &Case<'_>) -> Stage {
    let next = case.config.stage_after(case.task.kind.as_deref(), &case.task.stage);
    next.expect("the stage is one of the pipeline's, or the gate would not be open")
}

fn plan(case: &Case<'_>, kind: MoveKind, to: Stage, why: Option<String>) -> MovePlan {
    let signoffs = case.config.signoffs_of(to.as_str()).to_vec();
    let from = case.task.stage.clone();
    let (by, agent) = (case.actor.to_owned(), case.agent.map(str::to_owned));
    let step = Move { at: case.now, by, agent, from, to, kind, why, signature: None };
    MovePlan { task: case.task.id.clone(), step, signoffs }
}
