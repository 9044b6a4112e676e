//! New plans, and which tasks are in one.

use schemars::JsonSchema;
use serde::Serialize;

use super::found::{at_hand, find_plan};
use crate::doc::{self, PlanPlace, create_plan};
use crate::facts::{PlanFile, plan_files, plan_path};
use crate::model::{MOST_RETRIES, Plan, PlanId, PlanState, Suggestion, TaskId};
use crate::ops::fields::reason;
use crate::ops::ids::random_suffix;
use crate::ops::{Error, Result, Session, Written};
use crate::store::Change;

/// What a verb did to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanWritten {
    /// Its id.
    pub plan: String,
    /// Its title.
    pub title: String,
    /// The state that it is in now, or would be.
    pub state: PlanState,
    /// What became of it, in words.
    pub summary: Vec<String>,
    /// The tasks and records that were written.
    #[serde(flatten)]
    pub written: Written,
}

/// The fields of a new plan.
#[derive(Debug, Clone, Default)]
pub struct NewPlan {
    /// One line.
    pub title: String,
    /// How many more attempts each task has after the first.
    pub retries: Option<u32>,
}

/// Creates a plan without tasks.
pub fn new_plan(session: &Session<'_>, request: &NewPlan) -> Result<PlanWritten> {
    let title = title(&request.title)?;
    let locked = session.lock("plan new")?;
    let id = free_plan_id(session)?;
    let mut plan = Plan::new(id.clone(), title);
    plan.retries = request.retries.map(retries).transpose()?;
    plan.created = Some(session.env().today());
    let change = Change::create(plan_path(&id), create_plan(&plan));
    let written = session.write(&locked, &[change], Vec::new())?;
    let next = Suggestion::tracker(["plan", "add", id.as_str(), "ID"]);
    let summary = vec!["created".to_owned(), format!("next: {next}")];
    Ok(PlanWritten { plan: id.to_string(), title: plan.title, state: PlanState::Draft, summary, written })
}

pub(super) fn title(text: &str) -> Result<String> {
    let title = text.trim();
    if title.is_empty() || title.chars().any(char::is_control) {
        let hint = "give it a title: `tracker plan new \"Rework of the cart\"`";
        return Err(Error::usage_with("the title of a plan is one line", hint));
    }
    Ok(title.to_owned())
}

pub(super) fn retries(count: u32) -> Result<u32> {
    if count <= MOST_RETRIES {
        return Ok(count);
    }
    Err(Error::usage_with(
        format!("invalid number of retries `{count}`"),
        format!("expected 0 to {MOST_RETRIES}"),
    ))
}

/// Returns an id that no plan here has. Plans of other branches are compared when they are merged.
pub(super) fn free_plan_id(session: &Session<'_>) -> Result<PlanId> {
    for length in 4..12 {
        let id = PlanId::parse(&format!("PLAN-{}", random_suffix(session.env(), length)))
            .expect("capital letters and digits");
        let file = session.workspace().work_dir().join(plan_path(&id));
        if file.symlink_metadata().is_err() {
            return Ok(id);
        }
    }
    Err(Error::usage("no id is free for a plan"))
}

/// Which tasks are put where.
#[derive(Debug, Clone, Default)]
pub struct PlanAddition {
    /// The plan, by a part of its id.
    pub plan: String,
    /// The tasks, by parts of their ids.
    pub tasks: Vec<String>,
    /// The heading of the phase.
    pub phase: Option<String>,
    /// The heading of the milestone.
    pub milestone: Option<String>,
}

/// Puts tasks into a plan: below its last one, or where a phase and a milestone are named.
pub fn add_to_plan(session: &Session<'_>, request: &PlanAddition) -> Result<PlanWritten> {
    let heading = |text: &Option<String>| -> Result<Option<String>> {
        let text = text.as_deref().map(reason).transpose()?;
        match text.as_deref() {
            Some("") => Err(Error::usage("a phase or a milestone has a name")),
            _ => Ok(text),
        }
    };
    let place = PlanPlace { phase: heading(&request.phase)?, milestone: heading(&request.milestone)? };
    let locked = session.lock(&format!("plan add {}", request.plan))?;
    let file = find_plan(session, Some(&request.plan), true)?;
    let (others, _) = plan_files(session.snapshot())?;
    let mut added: Vec<(TaskId, String)> = Vec::new();
    let mut summary = Vec::new();
    for given in &request.tasks {
        let (_, task) = session.find(given)?;
        if file.plan.contains(&task.id) {
            summary.push(format!("{} is already there", task.id));
        } else if !added.iter().any(|(id, _)| *id == task.id) {
            let is_other = |other: &&PlanFile| other.plan.id != file.plan.id && other.plan.contains(&task.id);
            if let Some(other) = others.iter().find(is_other) {
                summary.push(format!("{} is also a task of {}", task.id, other.plan.id));
            }
            added.push((task.id, task.title));
        }
    }
    let text = match added.is_empty() {
        true => file.text.clone(),
        false => {
            let edited = doc::add_to_plan(&file.plan.id, &file.text, &added, &place);
            edited.map_err(|problem| Error::Broken(vec![problem.in_file(&file.path)]))?
        }
    };
    let names: Vec<&str> = added.iter().map(|(id, _)| id.as_str()).collect();
    if !names.is_empty() {
        summary.insert(0, format!("added {}", names.join(", ")));
    }
    rewritten(session, &locked, file, text, summary)
}

/// Takes tasks out of a plan. The tasks themselves stay.
pub fn remove_from_plan(session: &Session<'_>, given: &str, tasks: &[String]) -> Result<PlanWritten> {
    let locked = session.lock(&format!("plan remove {given}"))?;
    let file = find_plan(session, Some(given), true)?;
    let mut removed: Vec<TaskId> = Vec::new();
    for given in tasks {
        // What is not there any more can be taken out all the same.
        let query = given.to_ascii_uppercase();
        let listed = file.plan.tasks().find(|task| task.id.as_str() == query).map(|task| task.id.clone());
        let id = listed.map_or_else(|| session.resolve(given), Ok)?;
        if !file.plan.contains(&id) {
            let show = Suggestion::tracker(["plan", "show", file.plan.id.as_str()]);
            let message = format!("{id} is no task of {}", file.plan.id);
            return Err(Error::usage_with(message, show.to_string()));
        }
        removed.push(id);
    }
    let text = doc::remove_from_plan(&file.plan.id, &file.text, &removed)
        .map_err(|problem| Error::Broken(vec![problem.in_file(&file.path)]))?;
    let names: Vec<&str> = removed.iter().map(TaskId::as_str).collect();
    let summary = vec![format!("removed {}", names.join(", "))];
    rewritten(session, &locked, file, text, summary)
}

/// Writes the new text of a plan, and says what it means for an approval.
fn rewritten(
    session: &Session<'_>,
    locked: &crate::store::Locked<'_>,
    file: PlanFile,
    text: String,
    mut summary: Vec<String>,
) -> Result<PlanWritten> {
    let config = session.config()?;
    let (id, title) = (file.plan.id.to_string(), file.plan.title.clone());
    let change = Change::replace(&file.path, &file.text, text.clone());
    let before = at_hand(session, &config, file.clone())?.state();
    let plan = doc::read_plan(&file.plan.id, text.as_bytes()).map_err(Error::Broken)?;
    let after = at_hand(session, &config, PlanFile { plan, text, ..file })?;
    let state = after.state();
    if before.is_approved() && !state.is_approved() {
        let approve = Suggestion::tracker(["plan", "approve", &id]);
        summary.push(format!("{}: {approve}", after.why().unwrap_or_default()));
    }
    let written = session.write(locked, &[change], Vec::new())?;
    Ok(PlanWritten { plan: id, title, state, summary, written })
}
