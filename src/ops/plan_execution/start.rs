//! Beginning to execute a plan, or going on with it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::drive::Driver;
use super::tasks::{PlanAt, RunPointer, base_of};
use super::view::{PlanExecution, PlanStart, execution_of, head_of};
use super::worktree::{Git, Merged, branch_at, plan_branch, short};
use super::{PlanNews, PlanObserver};
use crate::engine::{Event, Executions, Log, Logged, PlanRun, PlanTaskState, StopReason, TaskEnd};
use crate::facts::checked_out_in;
use crate::git::{CommitId, NewCommit, Repository};
use crate::model::{PlanId, RunId, Suggestion};
use crate::ops::on_branch::cannot_commit;
use crate::ops::run::{ExecutorRules, free_id, run_folder, take_lock};
use crate::ops::{Error, Result, Session};

/// What to execute.
#[derive(Debug, Clone, Default)]
pub struct ExecuteRequest {
    /// A part of the plan's id.
    pub plan: String,
    /// Most executors at once; as many as there are processors if none.
    pub jobs: Option<usize>,
    /// Where the plan's branch begins; HEAD if none.
    pub base: Option<String>,
    /// Tasks that have failed and are to be tried again, with what was skipped because of them.
    pub retry: Option<Vec<String>>,
}

/// Executes a plan until all of it has ended, or only people can go on.
pub fn execute_plan<'e>(
    session: &Session<'e>,
    request: &ExecuteRequest,
    mut observe: PlanObserver<'_>,
) -> Result<PlanExecution> {
    // What executors leave is judged by history.
    session.workspace().repository()?.refuse_shallow()?;
    let base = base_of(session, request.base.as_deref())?;
    let at = PlanAt::approved(session, base, &request.plan)?;
    let id = at.plan.id.clone();
    at.refuse_uncommitted(session, request.base.as_deref().unwrap_or("HEAD"))?;
    refuse_checked_out(session, &id)?;
    let rules = ExecutorRules::read(session)?;
    let repository = Rc::new(Repository::open(session.workspace().repo_paths())?);
    let (run_id, executions, run) = begin(session, &repository, &id, base, &rules)?;
    let plan_at = updated(session, &repository, &run, at, base)?;
    let processors = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let given = (base, request.base.as_deref());
    let start = PlanStart::of(session, &plan_at, Some((&run_id, &run)), given)?;
    observe(&PlanNews::Start(&start));
    let before = executions.all.len();
    let states = vec![PlanTaskState::Pending; plan_at.tasks.len()];
    let mut driver = Driver {
        session,
        repository,
        plan: plan_at.plan,
        digest: plan_at.digest,
        tasks: plan_at.tasks,
        rules,
        executions,
        run,
        run_id,
        before,
        jobs: request.jobs.unwrap_or_else(processors).max(1),
        desks: BTreeMap::new(),
        observe,
        states,
        known_tip: base,
        head: (base, request.base.clone().map_or_else(|| head_name(session), Ok)?),
        reverted: BTreeMap::new(),
    };
    driver.judge_tip()?;
    driver.find_reverts()?;
    for index in 0..driver.tasks.len() {
        driver.states[index] = driver.state(index);
    }
    if let Some(tasks) = &request.retry {
        driver.retry(tasks)?;
    }
    let driven = driver.go_on();
    driver.end(driven)?;
    let interrupted = driver.executions.is_interrupted();
    drop(driver);
    let view = execution_of(session, &id)?;
    let view = view.ok_or_else(|| Error::usage(format!("the log of the execution of {id} is gone")))?;
    Ok(PlanExecution { interrupted, ..view })
}

fn head_name(session: &Session<'_>) -> Result<String> {
    Ok(head_of(session)?.map_or_else(|| "HEAD".to_owned(), |(_, name)| name))
}

/// Says what executing a plan would begin with, and which work of others may get in its way.
pub fn plan_ahead(session: &Session<'_>, request: &ExecuteRequest) -> Result<PlanStart> {
    let base = base_of(session, request.base.as_deref())?;
    let at = PlanAt::approved(session, base, &request.plan)?;
    at.refuse_uncommitted(session, request.base.as_deref().unwrap_or("HEAD"))?;
    refuse_checked_out(session, &at.plan.id)?;
    ExecutorRules::read(session)?;
    let pointer = RunPointer::read(session, &at.plan.id);
    let begun = pointer.as_ref().and_then(|pointer| PlanRun::replay(&Log::read(&pointer.folder).ok()?));
    let run = pointer.as_ref().map(|pointer| pointer.run.as_str()).zip(begun.as_ref());
    let start = PlanStart::of(session, &at, run, (base, request.base.as_deref()))?;
    Ok(PlanStart { run: None, ..start })
}

/// Refuses to move a branch under somebody who has it checked out.
pub(super) fn refuse_checked_out(session: &Session<'_>, plan: &PlanId) -> Result<()> {
    let (paths, branch) = (session.workspace().repo_paths(), plan_branch(plan));
    let name = short(&branch);
    if paths.branch()?.as_deref() == Some(name) {
        let hint = format!("switch to another branch first: {}", Suggestion::git(["switch", "-"]));
        return Err(Error::wrong_state(format!("`{name}` is checked out here, and the plan moves it"), hint));
    }
    match checked_out_in(paths, &branch) {
        Some(folder) => {
            let switch = Suggestion::git(["-C", folder.as_str(), "switch", "--detach"]);
            let message = format!("`{name}` is checked out in {folder}, and the plan moves it");
            Err(Error::wrong_state(message, switch.to_string()))
        }
        None => Ok(()),
    }
}

/// Takes the lock of the plan's run, a new one where there is none yet.
fn begin<'e>(
    session: &Session<'e>,
    repository: &Repository,
    plan: &PlanId,
    base: CommitId,
    rules: &ExecutorRules,
) -> Result<(String, Executions<'e>, PlanRun)> {
    let top = session.workspace().work_dir().to_path_buf();
    let timeout = |executor: &str| rules.executor(executor).and_then(|executor| executor.timeout);
    let locked = session.lock("plan execute")?;
    let (pointer, is_new) = match RunPointer::read(session, plan) {
        Some(pointer) => (pointer, false),
        None => {
            let run = free_id(session)?;
            (RunPointer { folder: run_folder(session, &run), run: run.to_string() }, true)
        }
    };
    let run = RunId::parse(&pointer.run).map_err(|error| Error::usage(error.to_string()))?;
    std::fs::create_dir_all(&pointer.folder).map_err(Error::io("create", &pointer.folder))?;
    let lock = take_lock(&pointer.folder, &run)?;
    let note = pointer.folder.join("ref-edit");
    session.workspace().repo_paths().remove_left_lock(&note);
    repository.note_ref_edits(note);
    if is_new {
        let branch = plan_branch(plan);
        let base = branch_at(repository, &branch, base, &format!("plan: {plan} is executed"))?;
        let event = Event::Planned {
            plan: plan.to_string(),
            branch,
            base: base.to_string(),
            by: session.actor()?,
            agent: session.agent(),
        };
        // One whose log has not begun does not count.
        pointer.write(session, plan)?;
        let mut log = Log::open(&pointer.folder, true)?;
        log.append(&Logged { at: session.env().now_millis(), event });
        log.commit()?;
    }
    drop(locked);
    let folder = (pointer.folder.as_path(), top.as_path());
    let executions = Executions::open(session.env(), folder, lock, Box::new(|_| ()), timeout)?;
    let events = Log::read(&pointer.folder)?;
    let replayed = PlanRun::replay(&events);
    let replayed = replayed.ok_or_else(|| Error::usage(format!("the log of {run} is not that of a plan")))?;
    branch_at(repository, &replayed.branch, base, &format!("plan: {plan} is executed"))?;
    Ok((pointer.run, executions, replayed))
}

/// Returns the plan as its branch has it. Where the plan has changed since that began, and was approved again, what it
/// comes from is merged into the branch.
fn updated(
    session: &Session<'_>,
    repository: &Repository,
    run: &PlanRun,
    at: PlanAt,
    base: CommitId,
) -> Result<PlanAt> {
    let tip = repository.ref_commit(&run.branch)?.ok_or_else(|| Error::BranchMoved(run.branch.clone()))?;
    let snapshot = session.workspace().snapshot_of_commit(Some(tip))?;
    let (config, _) = session.config_or_default();
    let there = PlanAt::read(&snapshot, &at.plan.id, &config).ok().flatten();
    if there.is_some_and(|there| there.digest == at.digest) {
        return Ok(at);
    }
    let name = short(&run.branch);
    if repository.merge_base(tip, base)? == Some(base) {
        let message = format!("{} is not what was approved on `{name}`", at.plan.id);
        return Err(Error::usage_with(
            message,
            "somebody has changed it there: bring it back, or approve it again",
        ));
    }
    let why = format!("{} has changed since its execution began", at.plan.id);
    bring(session, (&at.plan.id, &run.branch), base, &why)?;
    Ok(at)
}

/// Merges a commit into the plan's branch; `why` begins the error where that cannot be.
fn bring(session: &Session<'_>, (plan, branch): (&PlanId, &str), base: CommitId, why: &str) -> Result<()> {
    let repository = session.workspace().repository()?;
    let name = short(branch);
    let tip = repository.ref_commit(branch)?.ok_or_else(|| Error::BranchMoved(name.to_owned()))?;
    let moved = |to| match repository.move_branch(branch, tip, to, "plan: what it comes from has changed")? {
        true => Ok(()),
        false => Err(Error::BranchMoved(name.to_owned())),
    };
    match repository.merge_base(tip, base)? {
        Some(parted) if parted == base => return Ok(()),
        Some(parted) if parted == tip => return moved(base),
        _ => {}
    }
    let tree = match Git::of(session.workspace(), plan).merge(session.env(), tip, base)? {
        Merged::Clean(tree) => tree,
        Merged::Conflict(files) => {
            let short = base.short();
            let message = format!("{why}, and {short} cannot be merged into `{name}`: {}", files.join(", "));
            let hint = format!("merge it by hand: git switch {name} && git merge {short}");
            return Err(Error::usage_with(message, hint));
        }
    };
    let message = format!("Merge {} into {name}\n\nPlan: {plan}\n", base.short());
    let (author, now) = (repository.identity(session.env())?, session.env().local_now());
    let parents = [tip, base];
    let commit =
        NewCommit { tree, parents: &parents, message: &message, author: &author, at: now, is_signed: true };
    moved(repository.write_commit(&commit).map_err(cannot_commit)?)
}

/// Chooses the tasks that are done again, by their places: those that are named, or all that have failed or were reverted.
pub(super) fn chosen_to_retry(
    session: &Session<'_>,
    plan: &PlanId,
    given: &[String],
    tasks: &[(&str, PlanTaskState)],
    can_be_retried: impl Fn(usize) -> Result<bool>,
) -> Result<Vec<usize>> {
    let status = || Suggestion::tracker(["plan", "status", plan.as_str()]).to_string();
    let mut chosen: Vec<usize> = Vec::new();
    for word in given {
        let id = session.resolve(word)?;
        let Some(at) = tasks.iter().position(|(task, _)| *task == id.as_str()) else {
            let show = Suggestion::tracker(["plan", "show", plan.as_str()]).to_string();
            return Err(Error::not_found(format!("{id} is no task of {plan}"), show));
        };
        if !can_be_retried(at)? {
            let state = tasks[at].1.as_str();
            let message =
                format!("{id} is {state}: only what has failed, waits or was reverted is done again");
            return Err(Error::wrong_state(message, status()));
        }
        chosen.push(at);
    }
    if given.is_empty() {
        chosen = (0..tasks.len()).filter(|at| has_failed(tasks[*at].1)).collect();
    }
    if chosen.is_empty() {
        return Err(Error::wrong_state(format!("nothing of {plan} has failed"), status()));
    }
    Ok(chosen)
}

/// Whether a task is done again where none is named.
pub(super) fn has_failed(state: PlanTaskState) -> bool {
    matches!(state, PlanTaskState::Failed | PlanTaskState::Reverted)
}

impl Driver<'_, '_> {
    /// Lets tasks begin again that have failed, with those that were skipped because of them.
    fn retry(&mut self, given: &[String]) -> Result<()> {
        let tasks: Vec<(&str, PlanTaskState)> =
            self.tasks.iter().enumerate().map(|(at, task)| (task.id.as_str(), self.state(at))).collect();
        let chosen =
            chosen_to_retry(self.session, &self.plan.id, given, &tasks, |at| self.can_be_retried(at))?;
        for index in &chosen {
            self.refuse_uncommitted_work(*index)?;
        }
        for index in &chosen {
            self.renew_after_conflict(*index)?;
        }
        self.bring_reverts(&chosen)?;
        let is_skipped = |root: &String| chosen.iter().any(|index| self.tasks[*index].id.as_str() == root);
        let skipped: Vec<usize> = (0..self.tasks.len())
            .filter(|index| {
                let end = self.run.end_of(self.tasks[*index].id.as_str());
                matches!(end, Some(TaskEnd::Skipped { root, .. }) if is_skipped(root))
            })
            .collect();
        let steps = chosen.iter().chain(&skipped).map(|index| self.tasks[*index].id.to_string()).collect();
        let by = Some(self.session.actor()?);
        self.emit(Event::Retried { steps, forced: true, by })?;
        self.find_reverts()?;
        for index in chosen.into_iter().chain(skipped) {
            self.report(index);
        }
        Ok(())
    }

    /// Merges what has taken tasks back into the plan's branch, where they are to be done again. What came there without the
    /// commits of this branch is merged first, up to where it was taken back: else there would be nothing to take back.
    fn bring_reverts(&mut self, chosen: &[usize]) -> Result<()> {
        let of = |index: &usize| self.reverted.get(self.tasks[*index].id.as_str());
        let Some(revert) = chosen.iter().filter_map(of).find(|revert| revert.is_beside).cloned() else {
            return Ok(());
        };
        let why = format!("work of {} was reverted on {}", self.plan.id, revert.on);
        let mut squashed: Vec<_> = self.reverted.values().filter_map(|revert| revert.squashed).collect();
        squashed.sort_unstable();
        squashed.dedup();
        let oldest_first = squashed.into_iter().rev().map(|(_, commit)| commit);
        for commit in oldest_first.chain([self.head.0]) {
            bring(self.session, (&self.plan.id, &self.run.branch), commit, &why)?;
        }
        self.known_tip = self.tip()?;
        Ok(())
    }

    /// Whether a task has failed, waits for a person, or was merged and is open again.
    fn can_be_retried(&self, index: usize) -> Result<bool> {
        let id = &self.tasks[index].id;
        if self.reverted.contains_key(id.as_str()) {
            return Ok(true);
        }
        match self.run.end_of(id.as_str()) {
            Some(TaskEnd::Failed { .. }) => Ok(true),
            None => Ok(self.state(index) == PlanTaskState::Waiting),
            Some(TaskEnd::Integrated { .. } | TaskEnd::Closed { .. }) => {
                let tip = self.session.workspace().snapshot_of_commit(Some(self.tip()?))?;
                Ok(!tip.readable_task(id)?.is_some_and(|task| task.summary().is_closed()))
            }
            _ => Ok(false),
        }
    }

    /// Takes down how it has ended. Of an error that ended it nothing is known that was not before.
    fn end(&mut self, driven: Result<()>) -> Result<()> {
        let is_interrupted = self.executions.is_interrupted();
        if let Err(error) = driven {
            let _ = self.executions.stop(StopReason::Interrupted);
            return Err(error);
        }
        let is_over = (0..self.tasks.len()).all(|index| self.state(index).is_end());
        if is_over && !is_interrupted {
            self.remove_folder();
            // Where nothing was done, there is nothing to record: what was reverted others have done.
            let is_news = self.executions.all.len() > self.before || self.reverted.is_empty();
            return if is_news {
                self.finish()
            } else {
                Ok(self.executions.stop(StopReason::WaitsForPerson)?)
            };
        }
        let because = if is_interrupted { StopReason::Interrupted } else { StopReason::WaitsForPerson };
        Ok(self.executions.stop(because)?)
    }
}
