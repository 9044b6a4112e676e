//! Finding plans, and what is known of one: its state, its tasks, what is wrong with it.

use std::collections::{BTreeMap, HashMap};

use crate::env::Env;
use crate::facts::{PlanContent, PlanFile, plan_content, plan_files};
use crate::model::{
    Config, Person, PlanDecisionKind, PlanId, PlanProgress, PlanState, PlanVerdict, Problem, Task, TaskId,
    nearest,
};
use crate::ops::plan_execution::{PlanBranch, progress_here};
use crate::ops::{Error, Result, Session};
use crate::policy::{DecisionDoubt, PlanFault, plan_faults};
use crate::store::Workspace;

/// Characters of what follows the hyphen that a write needs, where these are not all of it.
const LEAST_TO_WRITE: usize = 3;

/// A plan and what follows from it.
#[derive(Debug, Clone)]
pub(in crate::ops) struct PlanAtHand {
    pub(in crate::ops) file: PlanFile,
    pub(in crate::ops) content: PlanContent,
    /// Why the last decision does not count, where it is about the content as it is.
    pub(in crate::ops) doubt: Option<DecisionDoubt>,
    pub(in crate::ops) progress: PlanProgress,
    /// What its branch has, where HEAD does not have that yet.
    pub(in crate::ops) branch: Option<PlanBranch>,
}

impl PlanAtHand {
    pub(in crate::ops) fn id(&self) -> &PlanId {
        &self.file.plan.id
    }

    pub(in crate::ops) fn verdict(&self) -> PlanVerdict<'_> {
        self.file.plan.verdict(&self.content.digest)
    }

    pub(in crate::ops) fn state(&self) -> PlanState {
        match &self.doubt {
            Some(_) => PlanState::Draft,
            None => self.verdict().state(self.progress),
        }
    }

    /// Says why it is in its state, where a decision has to do with it.
    pub(in crate::ops) fn why(&self) -> Option<String> {
        let by = |by: &str| Person::parse(by).map_or_else(|| by.to_owned(), |person| person.name);
        let reason = |why: &Option<String>| why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        Some(match (self.verdict(), &self.doubt) {
            (PlanVerdict::Undecided, _) => return None,
            (PlanVerdict::Changed(last), _) => {
                format!("changed since {} {} it", by(&last.by), last.kind)
            }
            (PlanVerdict::Approved(last) | PlanVerdict::Rejected(last), Some(doubt)) => {
                let noun = if last.kind == PlanDecisionKind::Approved { "approval" } else { "rejection" };
                format!("the {noun} of {} does not count: {doubt}", by(&last.by))
            }
            (PlanVerdict::Approved(last) | PlanVerdict::Rejected(last), None) => {
                format!("{} by {}{}", last.kind, by(&last.by), reason(&last.why))
            }
        })
    }
}

/// Says how far a plan is, by the stages of its tasks.
fn progress_of(tasks: &BTreeMap<TaskId, Task>) -> PlanProgress {
    let is_closed = |task: &Task| task.summary().is_closed();
    if !tasks.is_empty() && tasks.values().all(is_closed) {
        PlanProgress::Ended
    } else if tasks.values().any(|task| !task.stage.is_none() && task.cancelled.is_none()) {
        PlanProgress::Started
    } else {
        PlanProgress::NotStarted
    }
}

/// Reads what is known of a plan.
pub(in crate::ops) fn at_hand(session: &Session<'_>, config: &Config, file: PlanFile) -> Result<PlanAtHand> {
    let content = plan_content(session.snapshot(), &file.plan)?;
    let executed = progress_here(session, &file.plan.id).ok().flatten();
    let (progress, branch) = executed.unwrap_or_else(|| (progress_of(&content.tasks), None));
    let is_decided = match file.plan.verdict(&content.digest) {
        PlanVerdict::Approved(_) | PlanVerdict::Rejected(_) => true,
        PlanVerdict::Undecided | PlanVerdict::Changed(_) => false,
    };
    let mut doubt = None;
    if is_decided {
        let repository = session.workspace().repository()?;
        let reader = session.facts(&repository, config)?;
        // What a commit has is nobody's to add to.
        let is_live = session.snapshot().commit_id().is_none();
        let me = repository.identity(session.env()).ok().filter(|_| is_live);
        doubt = reader.plan_doubt(&file.plan, &content, me.as_ref())?;
    }
    Ok(PlanAtHand { file, content, doubt, progress, branch })
}

/// Reads what is known of all plans, the oldest first; those that cannot be read are among the problems.
pub(in crate::ops) fn plans_at_hand(
    session: &Session<'_>,
    config: &Config,
) -> Result<(Vec<PlanAtHand>, Vec<Problem>)> {
    let (files, problems) = plan_files(session.snapshot())?;
    let plans = files.into_iter().map(|file| at_hand(session, config, file)).collect::<Result<_>>()?;
    Ok((plans, problems))
}

/// Finds the plan that a part of an id names: to write, more of it is needed than to read. Without one it is the newest.
pub(in crate::ops) fn find_plan(
    session: &Session<'_>,
    given: Option<&str>,
    is_to_write: bool,
) -> Result<PlanFile> {
    let (mut files, problems) = plan_files(session.snapshot())?;
    let Some(given) = given else {
        return files.pop().ok_or_else(|| match problems.is_empty() {
            true => Error::not_found("there are no plans", "create one: tracker plan new TITLE"),
            false => Error::Broken(problems),
        });
    };
    let query = given.to_ascii_uppercase();
    let part = query.strip_prefix("PLAN-").unwrap_or(&query);
    if let Some(at) = files.iter().position(|file| {
        let id = &file.plan.id;
        id.as_str() == query || id.suffix() == part
    }) {
        return Ok(files.swap_remove(at));
    }
    let is_meant = |file: &PlanFile| !part.is_empty() && file.plan.id.suffix().starts_with(part);
    let meant: Vec<String> =
        files.iter().filter(|file| is_meant(file)).map(|file| file.plan.id.to_string()).collect();
    match meant.as_slice() {
        [one] if is_to_write && part.chars().count() < LEAST_TO_WRITE => Err(Error::usage_with(
            format!("`{}` is too short for a write", given.escape_debug()),
            format!("it would mean {one}: use three characters or more"),
        )),
        [_] => Ok(files.into_iter().find(is_meant).expect("it was counted")),
        [] => {
            let broken: Vec<Problem> = problems
                .into_iter()
                .filter(|problem| {
                    let name = problem.file.rsplit('/').next().unwrap_or_default();
                    name == format!("{query}.md") || name == format!("PLAN-{part}.md")
                })
                .collect();
            if !broken.is_empty() {
                return Err(Error::Broken(broken));
            }
            let ids = files.iter().map(|file| file.plan.id.as_str());
            let hint = match nearest(&format!("PLAN-{part}"), ids) {
                Some(id) => format!("did you mean {id}?"),
                None => "run `tracker plan list` to see all plans".to_owned(),
            };
            Err(Error::not_found(format!("no plan matches `{}`", given.escape_debug()), hint))
        }
        several => Err(Error::usage_with(
            format!("`{}` matches {} plans", given.escape_debug(), several.len()),
            format!("use more of the id: {}", several[..several.len().min(8)].join(" ")),
        )),
    }
}

/// Returns the ids of plans for completion, the newest first.
pub fn plan_candidates(env: &Env) -> Result<Vec<String>> {
    let (files, _) = plan_files(&Workspace::open(env)?.snapshot())?;
    Ok(files.into_iter().rev().map(|file| file.plan.id.to_string()).collect())
}

/// Returns what is wrong with a plan as it is, in the order of its lines: with an error it can be neither approved nor
/// executed.
pub(in crate::ops) fn check_plan(
    session: &Session<'_>,
    config: &Config,
    file: &PlanFile,
) -> Result<Vec<PlanFault>> {
    let others = tasks_of_others(session, config, &file.plan.id)?;
    let tasks = session.snapshot().tasks()?;
    Ok(plan_faults(&file.plan, &tasks.read().0, &others))
}

/// Returns the tasks of the other plans that are not rejected.
fn tasks_of_others(session: &Session<'_>, config: &Config, id: &PlanId) -> Result<HashMap<TaskId, PlanId>> {
    let (files, _) = plan_files(session.snapshot())?;
    let mut others = HashMap::new();
    for file in files.into_iter().filter(|file| file.plan.id != *id) {
        let last = file.plan.history.last().map(|last| &last.kind);
        let file = if last == Some(&PlanDecisionKind::Rejected) {
            let plan = at_hand(session, config, file)?;
            if plan.state() == PlanState::Rejected {
                continue;
            }
            plan.file
        } else {
            file
        };
        for task in file.plan.tasks() {
            others.entry(task.id.clone()).or_insert_with(|| file.plan.id.clone());
        }
    }
    Ok(others)
}
