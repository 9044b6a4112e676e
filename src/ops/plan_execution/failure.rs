//! Tasks that fail: what keeps one of them from going on is that task's alone, whatever its executor has done to its working
//! tree. Only what is in the way of all ends the command: the log, the lock, the plan's branch.

use super::aside::Fault;
use super::drive::Driver;
use super::examine::{Examination, attempt_ref};
use super::start::refuse_checked_out;
use super::worktree::{Worktree, branch_at, short, task_branch};
use crate::engine::{Conflict, Event, Execution, SkipReason, TaskEnd, TaskOutcome};
use crate::env::fail_point;
use crate::git::{CommitId, NewCommit};
use crate::model::{AttemptEnd, Suggestion};
use crate::ops::on_branch::cannot_commit;
use crate::ops::{Error, Result};
use crate::{git, store};

/// Why a task has failed.
#[derive(Debug)]
pub(super) struct TaskFailure {
    pub(super) message: String,
    /// What kept its branch from being merged.
    pub(super) conflict: Option<Conflict>,
    /// What shows more of it, or brings it forward, where that is not what its attempts have printed.
    pub(super) command: Option<Suggestion>,
}

impl TaskFailure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), conflict: None, command: None }
    }

    pub(super) fn with_command(self, command: Suggestion) -> Self {
        Self { command: Some(command), ..self }
    }
}

impl Driver<'_, '_> {
    /// Ends a task as failed, and skips what needs it.
    pub(super) fn fail(&mut self, index: usize, failure: TaskFailure) -> Result<()> {
        let id = self.tasks[index].id.to_string();
        let TaskFailure { message, conflict, command } = failure;
        let command = command.map(|command| command.to_string());
        self.emit(Event::TaskFailed { step: id.clone(), message, conflict, command })?;
        self.tidy(index)?;
        self.report(index);
        let mut lost = vec![index];
        let needs_lost = |driver: &Self, lost: &[usize]| {
            let is_open = |next: &usize| driver.run.end_of(driver.tasks[*next].id.as_str()).is_none();
            let next = (0..driver.tasks.len()).filter(is_open).find_map(|next| {
                let need = driver.tasks[next].needs.iter().find(|need| lost.contains(need))?;
                Some((next, *need))
            });
            next.filter(|(next, _)| !lost.contains(next))
        };
        while let Some((next, need)) = needs_lost(self, &lost) {
            lost.push(next);
            let (step, need) = (self.tasks[next].id.to_string(), self.tasks[need].id.to_string());
            self.emit(Event::Skipped { step, because: SkipReason::Lost { need, root: id.clone() } })?;
            self.report(next);
        }
        Ok(())
    }

    /// Whether a task has failed because its branch cannot be merged.
    pub(super) fn has_conflict(&self, index: usize) -> bool {
        let end = self.run.end_of(self.tasks[index].id.as_str());
        matches!(end, Some(TaskEnd::Failed { conflict: Some(_), .. }))
    }

    /// Says what is wrong with the working tree that an attempt has left.
    pub(super) fn fault_of(&self, index: usize) -> Option<Fault> {
        let (workspace, plan, task) = (self.session.workspace(), &self.plan.id, &self.tasks[index].id);
        match Worktree::find(workspace, plan, task) {
            Some(tree) => tree.fault(),
            None => match Worktree::folder_of(workspace, plan, task).symlink_metadata() {
                Ok(found) if !found.is_dir() => Some(Fault::Replaced),
                Ok(_) => Some(Fault::Unreadable("git does not know it, or has no index of it".to_owned())),
                Err(_) => Some(Fault::Gone),
            },
        }
    }

    /// Examines what an attempt has left. A working tree of which nothing can be read, or which a next attempt cannot begin
    /// in, is put aside: what was committed in it is kept, and the branch is where it was when the attempt began.
    pub(super) fn examine_or_put_aside(
        &mut self,
        index: usize,
        at: usize,
        execution: &Execution,
    ) -> Result<Examination> {
        if let Some(fault) = self.fault_of(index) {
            return self.put_aside(index, execution, &fault.to_string());
        }
        match self.examine(index, at, execution) {
            Ok(examination) if examination.is_aside => self.put_aside(index, execution, &examination.message),
            Ok(examination) => Ok(examination),
            Err(error) => {
                let fault = Fault::Unreadable(self.refuse_what_is_of_all(error)?);
                self.put_aside(index, execution, &fault.to_string())
            }
        }
    }

    fn put_aside(&mut self, index: usize, execution: &Execution, message: &str) -> Result<Examination> {
        let base = execution.base.as_deref().and_then(|base| CommitId::parse(base).ok());
        let base = base.map_or_else(|| self.tip(), Ok)?;
        let task = self.tasks[index].id.clone();
        self.desks.remove(&index);
        let branch = task_branch(&self.plan.id, &task);
        let end = branch_at(&self.repository, &branch, base, "plan: its branch was deleted")?;
        self.keep_commits(execution, base, end)?;
        let workspace = self.session.workspace();
        let moved = Worktree::put_aside(workspace, (&self.plan.id, &task), base)?;
        fail_point("plan:aside");
        let aside = moved.or_else(|| Worktree::last_aside(workspace, &self.plan.id, &task));
        let aside =
            aside.map_or_else(String::new, |folder| format!("; it was put aside as {}", folder.display()));
        let is_void = matches!(execution.end, None | Some(AttemptEnd::Interrupted | AttemptEnd::Cancelled));
        let outcome = if is_void { TaskOutcome::Void } else { TaskOutcome::Failed };
        Ok(Examination { outcome, message: format!("{message}{aside}"), commit: base, is_aside: true })
    }

    /// Keeps commits that an executor has left on the branch of its task.
    fn keep_commits(&self, execution: &Execution, base: CommitId, end: CommitId) -> Result<()> {
        let name = attempt_ref(&self.run_id, &execution.task, execution.attempt);
        if end == base || self.repository.ref_commit(&name)?.is_some() {
            return Ok(());
        }
        let Some(tree) = self.repository.tree_id(end, "")? else { return Ok(()) };
        let message = format!("What attempt {} at {} left", execution.attempt, execution.task);
        let env = self.session.env();
        let (author, at) = (self.repository.identity(env)?, env.local_now());
        let parents = [end];
        let commit =
            NewCommit { tree, parents: &parents, message: &message, author: &author, at, is_signed: false };
        let commit = self.repository.write_commit(&commit).map_err(cannot_commit)?;
        self.repository.create_ref(&name, commit, &message)?;
        Ok(())
    }

    /// Ends a task as failed that an error has kept from going on, outside of an attempt. Returns that it has ended.
    pub(super) fn confine(&mut self, index: usize, error: Error) -> Result<bool> {
        let mut message = self.refuse_what_is_of_all(error)?;
        let task = self.tasks[index].id.clone();
        if self.executions.is_running(task.as_str()) || self.run.end_of(task.as_str()).is_some() {
            return Ok(true);
        }
        self.desks.remove(&index);
        let (workspace, plan) = (self.session.workspace(), self.plan.id.clone());
        let is_whole = |tree: &Worktree| tree.fault().is_none() && tree.is_clean().is_ok();
        if !Worktree::find(workspace, &plan, &task).as_ref().is_some_and(is_whole) {
            let at = self.repository.ref_commit(&task_branch(&plan, &task))?;
            let at = at.map_or_else(|| self.tip(), Ok)?;
            if let Some(folder) = Worktree::put_aside(workspace, (&plan, &task), at)? {
                message = format!("{message}; its working tree was put aside as {}", folder.display());
            }
        }
        let retry = Suggestion::tracker(["plan", "retry", plan.as_str(), task.as_str()]);
        self.fail(index, TaskFailure::new(message).with_command(retry))?;
        Ok(true)
    }

    /// Returns an error that is in the way of all tasks; of one that is a task's own, what it says.
    fn refuse_what_is_of_all(&self, error: Error) -> Result<String> {
        if matches!(
            error,
            Error::Run(_)
                | Error::Store(
                    store::Error::Locked { .. } | store::Error::Git(git::Error::RefsLocked { .. })
                )
        ) {
            return Err(error);
        }
        self.unmoved_tip()?;
        refuse_checked_out(self.session, &self.plan.id)?;
        match error {
            Error::BranchMoved(name) if name == short(&self.run.branch) => Err(Error::BranchMoved(name)),
            error => Ok(error.to_string()),
        }
    }
}
