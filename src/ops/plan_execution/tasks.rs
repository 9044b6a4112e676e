//! The tasks of a plan as they are executed: what each needs of the others, and how often it is tried.

use std::collections::BTreeMap;

use crate::doc::read_plan;
use crate::facts::{plan_content, plan_path};
use crate::git::CommitId;
use crate::model::{Config, Plan, PlanId, PlanState, Suggestion, TRACKER_FOLDER, Task, TaskId, retries_of};
use crate::ops::plan::{at_hand, check_plan, find_plan};
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, PlanFault, PlanReason, Reason, Refusal};
use crate::store::{self, Snapshot};

/// A task of a plan.
#[derive(Debug, Clone)]
pub(super) struct PlanTask {
    pub(super) id: TaskId,
    pub(super) title: String,
    pub(super) phase: Option<String>,
    pub(super) milestone: Option<String>,
    /// Its place in the plan, counted from 1.
    pub(super) number: usize,
    /// The places of the tasks of the plan that it depends on, and of those that are parts of it.
    pub(super) needs: Vec<usize>,
    /// Its target files.
    pub(super) files: Vec<String>,
    /// How many attempts it has.
    pub(super) most: u32,
}

/// A plan as a commit has it.
pub(super) struct PlanAt {
    pub(super) plan: Plan,
    pub(super) tasks: Vec<PlanTask>,
    pub(super) digest: String,
    /// What is doubtful in it and keeps nobody from executing it.
    pub(super) warnings: Vec<PlanFault>,
    /// The paths of its own record and those of its tasks, with their contents.
    records: Vec<(String, Vec<u8>)>,
}

impl PlanAt {
    /// Reads a plan with its tasks; none where the snapshot does not have it.
    pub(super) fn read(snapshot: &Snapshot, id: &PlanId, config: &Config) -> Result<Option<Self>> {
        let path = plan_path(id);
        let Some(bytes) = snapshot.read(&path)? else { return Ok(None) };
        let plan = read_plan(id, &bytes).map_err(|problems| {
            Error::Broken(problems.into_iter().map(|problem| problem.in_file(&path)).collect())
        })?;
        let mut records = vec![(path, bytes)];
        let content = plan_content(snapshot, &plan)?;
        for id in content.tasks.keys() {
            records.extend(snapshot.task_file(id)?.map(|file| (file.path, file.bytes)));
        }
        let tasks = tasks_of(&plan, &content.tasks, config.plans.retries)?;
        Ok(Some(Self { plan, tasks, digest: content.digest, warnings: Vec::new(), records }))
    }

    /// Finds a plan that may be executed as it is, in a commit.
    pub(super) fn approved(session: &Session<'_>, base: CommitId, given: &str) -> Result<Self> {
        let snapshot = session.workspace().snapshot_of_commit(Some(base))?;
        let there = Session::new(session.env(), session.workspace().again(session.env()), snapshot);
        let (config, _) = there.config_or_default();
        let file = find_plan(&there, Some(given), true).or_else(|error| {
            // It may be there, and not be committed.
            let here = find_plan(session, Some(given), true).map_err(|_| error)?;
            let add = Suggestion::git(["add", TRACKER_FOLDER]);
            let message = format!("{} is not committed", here.plan.id);
            Err(Error::wrong_state(message, format!("commit it: {add} && git commit")))
        })?;
        let faults = check_plan(&there, &config, &file)?;
        let plan = at_hand(&there, &config, file)?;
        let id = plan.id().clone();
        let mut reasons: Vec<Reason> = Vec::new();
        if !plan.state().is_approved() {
            refuse_uncommitted_approval(session, &config, &id)?;
            let fix = match plan.state() {
                PlanState::Rejected => Suggestion::tracker(["plan", "reopen", id.as_str()]),
                _ => Suggestion::tracker(["plan", "approve", id.as_str()]),
            };
            let (state, detail, fix) = (plan.state(), plan.why(), Some(fix));
            reasons.push(PlanReason::IsIn { plan: id.clone(), state, detail, fix }.into());
        }
        let (errors, warnings): (Vec<_>, Vec<_>) = faults.into_iter().partition(PlanFault::is_error);
        reasons.extend(errors.into_iter().map(|fault| PlanReason::Fault { plan: id.clone(), fault }.into()));
        if !reasons.is_empty() {
            let attempt = Attempt::ChangePlan { action: "execute", plan: id };
            return Err(Error::Refused(Refusal::new(attempt, reasons)));
        }
        let at = Self::read(there.snapshot(), &id, &config)?;
        let at = at.ok_or_else(|| Error::usage(format!("{id} cannot be read")))?;
        Ok(Self { warnings, ..at })
    }

    /// Refuses to execute what the working tree has otherwise than the commit.
    pub(super) fn refuse_uncommitted(&self, session: &Session<'_>, revision: &str) -> Result<()> {
        let here = session.workspace().snapshot();
        let mut changed = Vec::new();
        for (path, bytes) in &self.records {
            if here.read(path)?.as_ref() != Some(bytes) {
                changed.push(path.as_str());
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let add = Suggestion::git(["add"].into_iter().chain(changed.iter().take(4).copied()));
        let message = format!(
            "{} of {} {} here than in {revision}",
            changed.join(", "),
            self.plan.id,
            if changed.len() == 1 { "is other" } else { "are other" }
        );
        Err(Error::wrong_state(message, format!("commit first: {add} && git commit")))
    }
}

/// Fails where the working tree has the plan approved, which a commit has not: to approve it again would be refused.
fn refuse_uncommitted_approval(session: &Session<'_>, config: &Config, id: &PlanId) -> Result<()> {
    let Ok(file) = find_plan(session, Some(id.as_str()), true) else { return Ok(()) };
    let path = file.path.clone();
    if !at_hand(session, config, file)?.state().is_approved() {
        return Ok(());
    }
    let commit = format!("commit it: {} && git commit", Suggestion::git(["add", &path]));
    Err(Error::wrong_state(format!("the approval of {id} is not committed"), commit))
}

fn tasks_of(plan: &Plan, found: &BTreeMap<TaskId, Task>, retries: u32) -> Result<Vec<PlanTask>> {
    let ids: Vec<&TaskId> = plan.tasks().map(|planned| planned.id).collect();
    let mut tasks = Vec::with_capacity(ids.len());
    for (at, planned) in plan.tasks().enumerate() {
        let Some(task) = found.get(planned.id) else {
            let message = format!("{} names {}, which does not exist", plan.id, planned.id);
            let hint = Suggestion::tracker(["plan", "show", plan.id.as_str()]).to_string();
            return Err(Error::usage_with(message, hint));
        };
        let needs = task.depends_on.iter().filter_map(|need| ids.iter().position(|id| *id == need));
        tasks.push(PlanTask {
            id: planned.id.clone(),
            title: task.title.clone(),
            phase: planned.phase.map(str::to_owned),
            milestone: planned.milestone.map(str::to_owned),
            number: at + 1,
            needs: needs.collect(),
            files: task.files.clone(),
            most: retries_of(task).or(plan.retries).unwrap_or(retries) + 1,
        });
    }
    add_parts(&mut tasks, found);
    Ok(tasks)
}

/// Lets each task come after its parts, but for parts that are to come after it themselves.
fn add_parts(tasks: &mut [PlanTask], found: &BTreeMap<TaskId, Task>) {
    for part in 0..tasks.len() {
        let parent = found.get(&tasks[part].id).and_then(|task| task.parent.as_ref());
        let Some(parent) = parent.and_then(|parent| tasks.iter().position(|task| task.id == *parent)) else {
            continue;
        };
        if parent != part && !tasks[parent].needs.contains(&part) && !comes_after(tasks, part, parent) {
            tasks[parent].needs.push(part);
        }
    }
}

/// Whether a task needs another, directly or not.
fn comes_after(tasks: &[PlanTask], task: usize, other: usize) -> bool {
    let (mut seen, mut waiting) = (vec![false; tasks.len()], vec![task]);
    while let Some(at) = waiting.pop() {
        let next = tasks[at].needs.iter().filter(|need| !std::mem::replace(&mut seen[**need], true));
        waiting.extend(next);
    }
    seen[other]
}

/// Returns the tasks by level: those of one need only such of earlier ones.
pub(super) fn levels(tasks: &[PlanTask]) -> Vec<Vec<usize>> {
    let mut level: Vec<Option<usize>> = vec![None; tasks.len()];
    for _ in 0..tasks.len() {
        for at in 0..tasks.len() {
            let known: Option<Vec<usize>> = tasks[at].needs.iter().map(|need| level[*need]).collect();
            if let Some(known) = known.filter(|_| level[at].is_none()) {
                level[at] = Some(known.into_iter().max().map_or(0, |most| most + 1));
            }
        }
    }
    let deepest = level.iter().flatten().max().map_or(0, |most| most + 1);
    (0..deepest).map(|own| (0..tasks.len()).filter(|at| level[*at] == Some(own)).collect()).collect()
}

/// Where the execution of a plan is kept on this machine: the run, and the working tree that its log belongs to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct RunPointer {
    pub(super) run: String,
    /// The folder of the run's log.
    pub(super) folder: std::path::PathBuf,
}

impl RunPointer {
    pub(super) fn folder(session: &Session<'_>) -> std::path::PathBuf {
        session.workspace().repo_paths().shared_folder().join("plans")
    }

    fn path(session: &Session<'_>, plan: &PlanId) -> std::path::PathBuf {
        Self::folder(session).join(format!("{plan}.json"))
    }

    /// Reads it; none where the plan is not executed here, or the log of that is gone.
    pub(super) fn read(session: &Session<'_>, plan: &PlanId) -> Option<Self> {
        let bytes = crate::git::read_regular(&Self::path(session, plan)).ok()?;
        let pointer: Self = serde_json::from_slice(&bytes).ok()?;
        crate::engine::Log::has_begun(&pointer.folder).then_some(pointer)
    }

    /// Returns those of all plans that are executed on this machine.
    pub(super) fn all(session: &Session<'_>) -> Vec<(PlanId, Self)> {
        let Ok(entries) = std::fs::read_dir(Self::folder(session)) else { return Vec::new() };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        let ids = names.iter().filter_map(|name| PlanId::parse(name.to_str()?.strip_suffix(".json")?).ok());
        ids.filter_map(|id| Self::read(session, &id).map(|pointer| (id, pointer))).collect()
    }

    pub(super) fn write(&self, session: &Session<'_>, plan: &PlanId) -> Result<()> {
        let path = Self::path(session, plan);
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let bytes = serde_json::to_vec(self).expect("plain data with text keys is always JSON");
        Ok(store::replace_unsynced(&path, &bytes)?)
    }
}

/// Returns the commit at which a plan begins.
pub(super) fn base_of(session: &Session<'_>, revision: Option<&str>) -> Result<CommitId> {
    let repository = session.workspace().repository()?;
    match revision {
        Some(revision) => Ok(repository.resolve(revision)?),
        None => repository.head()?.commit.ok_or_else(|| {
            Error::usage_with("there is no commit yet", "commit the plan: git add .tracker && git commit")
        }),
    }
}
