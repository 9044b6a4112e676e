//! `plan execute`: the tasks of an approved plan are done by their executors, each in a working tree of its own, and their
//! branches are merged into the plan's in the order of their dependencies. One process at a time, in the foreground.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::examine::{Examination, attempt_ref, unexpected_files};
use super::failure::TaskFailure;
use super::gate::Judged;
use super::reverted::Revert;
use super::tasks::PlanTask;
use super::worktree::{Worktree, branch_at, recover, short, task_branch};
use super::{PlanNews, PlanObserver};
use crate::engine::{Event, Execution, Executions, PlanRun, PlanTaskState, TaskEnd, TaskOutcome, lost};
use crate::env::fail_point;
use crate::facts::TaskFacts;
use crate::git::{CommitId, Repository};
use crate::model::{Config, Plan, PlanId, Suggestion};
use crate::ops::import_findings::FixTasks;
use crate::ops::moves;
use crate::ops::run::{Ask, Decider, Decision, ExecutorRules, Losses, OwnPlace, Predecessor};
use crate::ops::{Error, Result, Session};

/// The working tree of a task, with a session in it.
pub(super) struct Desk<'e> {
    pub(super) tree: Worktree,
    pub(super) session: Session<'e>,
    /// The last verdict of the gate on its branch.
    pub(super) judged: Option<Judged>,
}

/// Executes a plan.
pub(super) struct Driver<'s, 'e> {
    pub(super) session: &'s Session<'e>,
    pub(super) repository: Rc<Repository>,
    pub(super) plan: Plan,
    /// The digest of its content.
    pub(super) digest: String,
    pub(super) tasks: Vec<PlanTask>,
    pub(super) rules: ExecutorRules,
    pub(super) executions: Executions<'e>,
    pub(super) run: PlanRun,
    pub(super) run_id: String,
    /// How many attempts there were before this process began.
    pub(super) before: usize,
    pub(super) jobs: usize,
    pub(super) desks: BTreeMap<usize, Desk<'e>>,
    pub(super) observe: PlanObserver<'s>,
    /// Where each task was when that was last shown.
    pub(super) states: Vec<PlanTaskState>,
    /// Where the plan's branch ends, by what this process has made of it.
    pub(super) known_tip: CommitId,
    /// The commit that the plan is taken from, with what people call it.
    pub(super) head: (CommitId, String),
    /// The tasks that were merged and taken back since, when this process began.
    pub(super) reverted: BTreeMap<String, Revert>,
}

impl<'e> Driver<'_, 'e> {
    /// Drives the plan as far as it goes.
    pub(super) fn go_on(&mut self) -> Result<()> {
        self.take_up()?;
        loop {
            for at in self.executions.unjudged() {
                self.validate(at)?;
            }
            let mut goes_on = false;
            while !self.executions.is_interrupted() && self.begin()? {
                goes_on = true;
            }
            if self.executions.running() == 0 && self.executions.unjudged().is_empty() && !goes_on {
                return Ok(());
            }
            self.executions.wait()?;
        }
    }

    /// Takes up where a process that was killed has stopped.
    fn take_up(&mut self) -> Result<()> {
        let is_busy = |task: &str| self.executions.is_running(task);
        recover(self.session.workspace(), &self.plan.id, &self.run_id, is_busy);
        for index in 0..self.tasks.len() {
            if let Err(error) = self.take_up_task(index) {
                self.confine(index, error)?;
            }
        }
        Ok(())
    }

    fn take_up_task(&mut self, index: usize) -> Result<()> {
        let id = self.tasks[index].id.clone();
        let is_open =
            self.run.of(id.as_str()).is_some_and(|life| life.end.is_none() && life.opened.is_some());
        let last = self.own(index).next_back().cloned();
        let is_judged = last.as_ref().is_some_and(|last| last.outcome.is_some());
        if let Some(commit) = self.judged_commit(index).filter(|_| is_judged) {
            self.apply(index, last.as_ref().map_or(0, |last| last.attempt), commit)?;
        }
        let is_for_person = self.run.of(id.as_str()).is_some_and(|life| life.waits.is_some());
        if is_open
            && !is_for_person
            && last.as_ref().is_none_or(|last| last.outcome.is_some())
            && let Some(tree) = Worktree::find(self.session.workspace(), &self.plan.id, &id)
        {
            tree.reset()?;
        }
        if self.run.end_of(id.as_str()).is_some() {
            self.tidy(index)?;
        }
        Ok(())
    }

    fn judged_commit(&self, index: usize) -> Option<CommitId> {
        let commit = self.run.of(self.tasks[index].id.as_str())?.commit.as_deref()?;
        CommitId::parse(commit).ok()
    }

    pub(super) fn own(&self, index: usize) -> impl DoubleEndedIterator<Item = &Execution> {
        let id = self.tasks[index].id.as_str();
        self.executions.all.iter().filter(move |own| own.task == id)
    }

    pub(super) fn state(&self, index: usize) -> PlanTaskState {
        let task = &self.tasks[index];
        if self.reverted.contains_key(task.id.as_str()) {
            return PlanTaskState::Reverted;
        }
        let needs: Vec<&str> = task.needs.iter().map(|need| self.tasks[*need].id.as_str()).collect();
        let own: Vec<&Execution> = self.own(index).collect();
        self.run.state_of(task.id.as_str(), &needs, &own, self.executions.is_running(task.id.as_str()))
    }

    /// Writes an event to the log, and reports it.
    pub(super) fn emit(&mut self, event: Event) -> Result<()> {
        let logged = self.executions.append(event)?;
        self.run.apply(&logged);
        (self.observe)(&PlanNews::Event(&logged));
        Ok(())
    }

    pub(super) fn plan_id(&self) -> &PlanId {
        &self.plan.id
    }

    /// Returns where the plan's branch ends.
    pub(super) fn tip(&self) -> Result<CommitId> {
        let tip = self.repository.ref_commit(&self.run.branch)?;
        tip.ok_or_else(|| {
            let branch = short(&self.run.branch);
            Error::usage_with(
                format!("the branch `{branch}` is gone"),
                format!("make it again where it was: git branch {branch} COMMIT (git reflog, git fsck)"),
            )
        })
    }

    /// Looks at every task, and starts what can be started. Returns whether anything has ended, so that others can begin.
    fn begin(&mut self) -> Result<bool> {
        self.unmoved_tip()?;
        let mut has_ended = false;
        for index in 0..self.tasks.len() {
            let id = self.tasks[index].id.to_string();
            if self.run.end_of(&id).is_some() || self.executions.is_running(&id) {
                continue;
            }
            let needs = self.tasks[index].needs.clone();
            if !needs.iter().all(|need| self.run.is_through(self.tasks[*need].id.as_str())) {
                continue;
            }
            if self.executions.running() >= self.jobs {
                continue;
            }
            has_ended |= match self.look_at(index) {
                Ok(ended) => ended,
                Err(error) => self.confine(index, error)?,
            };
            self.report(index);
        }
        Ok(has_ended)
    }

    /// Brings a task forward whose predecessors are through. Returns whether it has ended.
    fn look_at(&mut self, index: usize) -> Result<bool> {
        if self.is_closed_already(index)? {
            return Ok(true);
        }
        if let Some(wait) = self.lost_predecessor(index)? {
            let command = wait.fix;
            self.waits(index, wait.message, command)?;
            return Ok(false);
        }
        if let Some(folder) = self.elsewhere(index)? {
            let branch = task_branch(&self.plan.id, &self.tasks[index].id);
            let message = format!("waits: `{}` is checked out in {folder}", short(&branch));
            let switch = Suggestion::git(["-C", folder.as_str(), "switch", "--detach"]);
            self.waits(index, message, Some(switch.to_string()))?;
            return Ok(false);
        }
        if let Some(wait) = self.foreign_branch(index)? {
            self.waits(index, wait.message, wait.fix)?;
            return Ok(false);
        }
        self.open(index)?;
        let is_waiting = |life: &crate::engine::TaskLife| life.waits.is_some();
        let mut waited = self.run.of(self.tasks[index].id.as_str()).is_some_and(is_waiting);
        loop {
            let (config, facts) = self.facts(index)?;
            let decision = self.decide(index, &config, &facts)?;
            // A person was asked, and has done it.
            if waited && !matches!(decision, Decision::Person(_)) {
                waited = false;
                if !self.take_by_hand(index)? {
                    return Ok(true);
                }
                continue;
            }
            if let Some(has_ended) = self.act(index, decision, &config, &facts)? {
                return Ok(has_ended);
            }
        }
    }

    /// Does what was decided. Returns whether the task has ended; nothing where it is to be decided again.
    fn act(
        &mut self,
        index: usize,
        decision: Decision,
        config: &Config,
        facts: &TaskFacts,
    ) -> Result<Option<bool>> {
        let id = facts.task.id.to_string();
        match decision {
            Decision::Closed if facts.task.stage.is_complete() => return self.integrate(index).map(Some),
            Decision::Closed => {
                self.emit(Event::Closed { step: id, cancelled: true })?;
                self.tidy(index)?;
                return Ok(Some(true));
            }
            Decision::Moves => {
                let desk = self.desk(index)?;
                match moves::advance(&desk.session, std::slice::from_ref(&id), None) {
                    Ok(_) => {
                        desk.session.refresh()?;
                        return Ok(None);
                    }
                    Err(Error::Refused(refusal)) => {
                        self.wait_for_person(index, Ask::of_refusal(&id, &refusal).wait)?;
                    }
                    Err(error) => return Err(error),
                }
            }
            Decision::Works { executor, role } => {
                self.start(index, config, facts, &executor, role.as_deref())?;
            }
            Decision::Waits => {
                let wait = self.outside(facts)?;
                self.wait_for_person(index, wait)?;
            }
            Decision::Person(wait) => self.wait_for_person(index, wait)?,
            Decision::Exhausted { failed, .. } => {
                self.desk(index)?.tree.reset()?;
                self.fail(index, TaskFailure::new(failed))?;
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    /// Takes a task for done that was closed before its turn came.
    fn is_closed_already(&mut self, index: usize) -> Result<bool> {
        let id = self.tasks[index].id.clone();
        if self.run.of(id.as_str()).is_some_and(|life| life.opened.is_some()) {
            return Ok(false);
        }
        let tip = self.session.workspace().snapshot_of_commit(Some(self.tip()?))?;
        let task = tip.readable_task(&id)?;
        let closed = task.filter(|task| task.stage.is_complete() || task.cancelled.is_some());
        let Some(task) = closed else { return Ok(false) };
        let cancelled = task.cancelled.is_some();
        self.emit(Event::Closed { step: id.to_string(), cancelled })?;
        Ok(true)
    }

    /// Returns the working tree of a task, opened before.
    pub(super) fn desk(&mut self, index: usize) -> Result<&mut Desk<'e>> {
        self.open(index)?;
        self.desks.get_mut(&index).ok_or_else(|| Error::usage("a working tree is not there any more"))
    }

    /// Makes the branch and the working tree of a task where they are not there yet.
    fn open(&mut self, index: usize) -> Result<()> {
        if self.desks.contains_key(&index) {
            return Ok(());
        }
        let id = self.tasks[index].id.clone();
        let branch = task_branch(&self.plan.id, &id);
        let tip = self.tip()?;
        let is_known = self.is_opened(index);
        let mut base = branch_at(&self.repository, &branch, tip, &format!("plan: {} begins", self.plan.id))?;
        if !is_known && base != tip {
            // It has nothing of its own, and not all that the task is to begin with.
            if !self.repository.move_branch(&branch, base, tip, &format!("plan: {} begins", self.plan.id))? {
                return Err(Error::BranchMoved(short(&branch).to_owned()));
            }
            base = tip;
        }
        let workspace = self.session.workspace();
        let found = Worktree::find(workspace, &self.plan.id, &id).filter(|_| is_known);
        if found.is_none() && is_known && !Worktree::is_half_made(workspace, &self.plan.id, &id) {
            Worktree::put_aside(workspace, (&self.plan.id, &id), base)?;
        }
        let is_new = found.is_none();
        let tree = found.map_or_else(|| Worktree::make(workspace, &self.plan.id, &id), Ok)?;
        let session = self.session.in_working_tree(&tree.folder)?;
        self.desks.insert(index, Desk { tree, session, judged: None });
        if is_new {
            self.emit(Event::Opened { step: id.to_string(), branch, base: base.to_string() })?;
        }
        Ok(())
    }

    /// Reads a task in its working tree.
    fn facts(&mut self, index: usize) -> Result<(Config, TaskFacts)> {
        let id = self.tasks[index].id.clone();
        let desk = self.desk(index)?;
        desk.session.act_as(None);
        let (config, _) = desk.session.config_or_default();
        let (_, task) = desk.session.find(id.as_str())?;
        let repository = desk.session.workspace().repository()?;
        let facts = desk.session.facts(&repository, &config)?.task(task)?;
        Ok((config, facts))
    }

    fn decide(&self, index: usize, config: &Config, facts: &TaskFacts) -> Result<Decision> {
        let desk =
            self.desks.get(&index).ok_or_else(|| Error::usage("a working tree is not there any more"))?;
        let fixes = match facts.findings.iter().any(|finding| finding.state().is_open()) {
            true => FixTasks::find(&desk.session)?,
            false => FixTasks::default(),
        };
        let forgiven = self.run.of(self.tasks[index].id.as_str()).map_or(0, |life| life.forgiven);
        let losses = Losses { lost: lost(self.own(index), forgiven), most: self.tasks[index].most };
        Ok(self.decider(&desk.session, forgiven).decide(config, facts, &fixes, losses, None))
    }

    fn decider<'d>(&'d self, session: &'d Session<'e>, forgiven: u32) -> Decider<'d, 'e> {
        Decider {
            forgiven,
            session,
            rules: &self.rules,
            run: &self.run_id,
            executions: &self.executions.all,
            before: self.before,
        }
    }

    fn start(
        &mut self,
        index: usize,
        config: &Config,
        facts: &TaskFacts,
        executor: &str,
        role: Option<&str>,
    ) -> Result<()> {
        let id = self.tasks[index].id.clone();
        let Some(desk) = self.desks.get(&index) else { return Ok(()) };
        let base = self.repository.ref_commit(&desk.tree.branch)?;
        let base = base.ok_or_else(|| Error::BranchMoved(short(&desk.tree.branch).to_owned()))?;
        let predecessors = self.predecessors(index);
        let names: Vec<&str> = predecessors.iter().map(|own| own.task.as_str()).collect();
        let mut variables =
            vec![("TRACKER_PLAN", self.plan.id.to_string()), ("TRACKER_PREDECESSORS", names.join("\n"))];
        let last =
            self.own(index).next_back().map(|last| attempt_ref(&self.run_id, id.as_str(), last.attempt));
        let last = last.map(|name| self.repository.ref_commit(&name)).transpose()?.flatten();
        variables.extend(last.map(|commit| ("TRACKER_LAST_ATTEMPT", commit.to_string())));
        let own = OwnPlace {
            folder: Some(desk.tree.folder.clone()),
            base: Some(base.to_string()),
            plan: Some(self.plan.id.to_string()),
            predecessors,
            variables,
        };
        let work = self.decider(&desk.session, 0).work_of(config, facts, executor, role, own);
        self.executions.start(work)?;
        self.seen_last()
    }

    /// Reports the attempt that has just begun.
    fn seen_last(&mut self) -> Result<()> {
        let Some(last) = self.executions.all.last() else { return Ok(()) };
        let because = crate::engine::Cause::Task {
            executor: last.executor.clone(),
            stage: last.stage.clone(),
            role: last.role.clone(),
            moves: last.moves,
            rejections: last.rejections,
            base: last.base.clone(),
        };
        let (step, attempt, pid, birth) = (last.task.clone(), last.attempt, last.pid, last.birth.clone());
        let logged = crate::engine::Logged {
            at: last.started,
            event: Event::Started { step, attempt, pid, birth, because },
        };
        self.run.apply(&logged);
        (self.observe)(&PlanNews::Event(&logged));
        Ok(())
    }

    /// Examines what an attempt has left, and lets it move its task.
    fn validate(&mut self, at: usize) -> Result<()> {
        let execution = self.executions.all[at].clone();
        let Some(index) = self.tasks.iter().position(|task| task.id.as_str() == execution.task) else {
            // The task is not part of the plan any more.
            let event = Event::Judged {
                step: execution.task.clone(),
                attempt: execution.attempt,
                outcome: TaskOutcome::Void,
                message: "the task is not part of the plan any more".to_owned(),
                commit: None,
            };
            return self.emit(event);
        };
        self.report(index);
        let Examination { outcome, message, commit, .. } =
            self.examine_or_put_aside(index, at, &execution)?;
        let (step, attempt) = (execution.task.clone(), execution.attempt);
        self.emit(Event::Judged { step, attempt, outcome, message, commit: Some(commit.to_string()) })?;
        fail_point("plan:logged");
        if let Err(error) = self.go_on_after(index, attempt, outcome, commit) {
            self.confine(index, error)?;
        }
        self.report(index);
        Ok(())
    }

    /// Brings the branch and the working tree of a task to what has come of an attempt.
    fn go_on_after(
        &mut self,
        index: usize,
        attempt: u32,
        outcome: TaskOutcome,
        commit: CommitId,
    ) -> Result<()> {
        self.apply(index, attempt, commit)?;
        let is_complete = match outcome {
            TaskOutcome::Passed => {
                let desk = self.desk(index)?;
                desk.tree.attach()?;
                desk.session.refresh()?;
                self.facts(index)?.1.task.stage.is_complete()
            }
            _ => false,
        };
        if is_complete {
            self.integrate(index)?;
        } else if let Some(desk) = self.desks.get_mut(&index) {
            desk.tree.reset()?;
            desk.session.refresh()?;
        }
        Ok(())
    }

    pub(super) fn examine(&mut self, index: usize, at: usize, execution: &Execution) -> Result<Examination> {
        let lines = self.executions.folder_of(at).last_lines(1);
        let last_line = lines.first().map(String::as_str);
        let report = self.rules.executor(&execution.executor).and_then(|executor| executor.report.clone());
        self.examined(index, (report.as_deref(), last_line), |examined| examined.attempt(execution))
    }

    /// Moves a task's branch to where an attempt is to leave it. Done before, it does nothing.
    fn apply(&mut self, index: usize, attempt: u32, commit: CommitId) -> Result<()> {
        let id = self.tasks[index].id.to_string();
        let branch = task_branch(&self.plan.id, &self.tasks[index].id);
        let name = attempt_ref(&self.run_id, &id, attempt);
        let (Some(now), kept) = (self.repository.ref_commit(&branch)?, self.repository.ref_commit(&name)?)
        else {
            return Ok(());
        };
        let head = match kept {
            Some(kept) => self.repository.commit_info(kept)?.parents.first().copied(),
            None => None,
        };
        let is_after = self.repository.merge_base(now, commit)? == Some(now);
        if now != commit && (is_after || head == Some(now)) {
            let why = format!("plan: attempt {attempt} of {}", self.run_id);
            if !self.repository.move_branch(&branch, now, commit, &why)? {
                return Err(Error::BranchMoved(short(&branch).to_owned()));
            }
        }
        fail_point("plan:moved");
        let is_passed =
            self.own(index).next_back().is_some_and(|last| last.outcome == Some(TaskOutcome::Passed));
        if let Some(kept) = kept.filter(|_| is_passed)
            && unexpected_files(&self.repository, commit, kept)?.is_empty()
        {
            self.repository.delete_ref(&name, kept)?;
        }
        Ok(())
    }

    /// Returns what the predecessors of a task have done.
    fn predecessors(&self, index: usize) -> Vec<Predecessor> {
        let of = |need: &usize| {
            let task = &self.tasks[*need];
            let (commit, files) = match self.run.end_of(task.id.as_str()) {
                Some(TaskEnd::Integrated { commit, files }) => (CommitId::parse(commit).ok(), files.clone()),
                _ => (None, Vec::new()),
            };
            let last = self.executions.all.iter().rposition(|own| own.task == task.id.as_str());
            let message = last.and_then(|at| self.executions.folder_of(at).last_lines(1).pop());
            let commit = commit.map(|commit| commit.short());
            Predecessor { task: task.id.to_string(), title: task.title.clone(), commit, files, message }
        };
        self.tasks[index].needs.iter().map(of).collect()
    }

    /// Reports where a task is, where that has changed.
    pub(super) fn report(&mut self, index: usize) {
        let state = self.state(index);
        if self.states[index] != state {
            self.states[index] = state;
            let view = self.task_view(index);
            let ended = self.states.iter().filter(|state| state.is_end()).count();
            (self.observe)(&PlanNews::Task {
                plan: self.plan.id.as_str(),
                view: &view,
                ended,
                total: self.tasks.len(),
            });
        }
    }
}
