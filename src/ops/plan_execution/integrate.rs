//! Merging the branch of a task into that of its plan, in the object store: nobody has the plan's branch checked out, and what
//! anybody has checked out stays as it is. What was merged is removed, and nothing else.

use super::drive::Driver;
use super::examine::{ByHand, Examined, attempt_ref};
use super::failure::TaskFailure;
use super::gate::refused;
use super::start::refuse_checked_out;
use super::worktree::{Git, Merged, Worktree, plan_folder, short, task_branch};
use crate::engine::{Conflict, Event, TaskEnd};
use crate::env::fail_point;
use crate::git::{CommitId, NewCommit};
use crate::model::{Suggestion, is_in_tracker};
use crate::ops::on_branch::cannot_commit;
use crate::ops::{Error, Result};

/// How often a merge is tried while somebody else moves the plan's branch.
const MOST_TRIES: usize = 20;

impl Driver<'_, '_> {
    /// Merges the branch of a task that is complete. Returns whether the task has ended with that, or failed.
    pub(super) fn integrate(&mut self, index: usize) -> Result<bool> {
        self.keep_records(index, "is complete")?;
        let branch = task_branch(self.plan_id(), &self.tasks[index].id);
        let step = self.tasks[index].id.to_string();
        let theirs = self.repository.ref_commit(&branch)?;
        let theirs = theirs.ok_or_else(|| Error::BranchMoved(short(&branch).to_owned()))?;
        for _ in 0..MOST_TRIES {
            let tip = self.unmoved_tip()?;
            let base = self.repository.merge_base(tip, theirs)?;
            let changes = self.repository.changes_between(base, theirs)?;
            let files: Vec<String> =
                changes.into_iter().map(|change| change.path).filter(|path| !is_in_tracker(path)).collect();
            if base == Some(theirs) {
                let (commit, files) = self.merge_of(tip, theirs)?;
                self.emit(Event::Integrated { step, commit: commit.to_string(), files })?;
                self.tidy(index)?;
                return Ok(true);
            }
            let tree = match base == Some(tip) {
                true => self.repository.tree_id(theirs, "")?,
                false => match Git::of(self.session.workspace(), self.plan_id()).merge(
                    self.session.env(),
                    tip,
                    theirs,
                )? {
                    Merged::Clean(tree) => Some(tree),
                    Merged::Conflict(files) => {
                        self.desk(index)?.tree.reset()?;
                        let message =
                            format!("conflicts with what was merged before, in {}", files.join(", "));
                        let conflict = Conflict { files, commit: theirs.to_string() };
                        self.fail(
                            index,
                            TaskFailure { conflict: Some(conflict), ..TaskFailure::new(message) },
                        )?;
                        return Ok(true);
                    }
                },
            };
            let tree = tree.ok_or_else(|| Error::usage(format!("{theirs} has no tree")))?;
            if self.fails_at_gate(index, tip, theirs)? {
                return Ok(true);
            }
            refuse_checked_out(self.session, self.plan_id())?;
            let commit = self.merge_commit(index, tree, [tip, theirs])?;
            fail_point("plan:merging");
            let why = format!("plan: merge {step}");
            if self.repository.move_branch(&self.run.branch, tip, commit, &why)? {
                fail_point("plan:merged");
                self.known_tip = commit;
                self.emit(Event::Integrated { step, commit: commit.to_string(), files })?;
                self.tidy(index)?;
                return Ok(true);
            }
        }
        Err(Error::BranchMoved(short(&self.run.branch).to_owned()))
    }

    /// Ends a task as failed whose branch the gate would not let into the plan's. Returns whether it has.
    fn fails_at_gate(&mut self, index: usize, tip: CommitId, theirs: CommitId) -> Result<bool> {
        let desk = self.desk(index)?;
        let known = desk.judged.take().filter(|judged| judged.base == tip && judged.head == theirs);
        let refused = match known {
            Some(judged) => judged.refused,
            None => refused(&desk.session, tip, theirs)?,
        };
        let Some(message) = refused.message() else { return Ok(false) };
        let branch = task_branch(self.plan_id(), &self.tasks[index].id);
        let (base, head) = (short(&self.run.branch), short(&branch));
        let check = Suggestion::tracker(["check", "--base", base, "--head", head]);
        self.desk(index)?.tree.reset()?;
        self.fail(index, TaskFailure::new(message).with_command(check))?;
        Ok(true)
    }

    fn merge_commit(
        &self,
        index: usize,
        tree: crate::git::TreeId,
        parents: [CommitId; 2],
    ) -> Result<CommitId> {
        let task = &self.tasks[index];
        let title = task.title.split(char::is_control).collect::<Vec<_>>().join(" ");
        let (id, plan, run) = (&task.id, self.plan_id(), &self.run_id);
        let message = format!("Merge {id}: {title}\n\nTask: {id}\nPlan: {plan}\nRun: {run}\n");
        let env = self.session.env();
        let (author, at) = (self.repository.identity(env)?, env.local_now());
        let commit =
            NewCommit { tree, parents: &parents, message: &message, author: &author, at, is_signed: true };
        self.repository.write_commit(&commit).map_err(cannot_commit)
    }

    /// Finds the commit that has merged a branch, from the plan's branch back, and what that has brought.
    fn merge_of(&self, tip: CommitId, theirs: CommitId) -> Result<(CommitId, Vec<String>)> {
        /// Merges are looked for no further back.
        const MOST: usize = 1_000;
        let mut at = tip;
        for _ in 0..MOST {
            let info = self.repository.commit_info(at)?;
            if info.parents.get(1) == Some(&theirs) {
                let changes = self.repository.changes_between(info.parents.first().copied(), at)?;
                let paths = changes.into_iter().map(|change| change.path);
                return Ok((at, paths.filter(|path| !is_in_tracker(path)).collect()));
            }
            let Some(first) = info.parents.first() else { break };
            at = *first;
        }
        Ok((tip, Vec::new()))
    }

    /// Commits the task's records where they are not as its branch has them.
    pub(super) fn keep_records(&mut self, index: usize, message: &str) -> Result<()> {
        let moved = self.examined(index, (None, None), |examined| examined.records(message))?;
        if let Some((from, to)) = moved {
            self.move_task_branch(index, from, to)?;
            self.desk(index)?.tree.reset()?;
        }
        Ok(())
    }

    /// Makes a commit of what a person has left, once that brings the task forward. Returns whether it could be taken.
    pub(super) fn take_by_hand(&mut self, index: usize) -> Result<bool> {
        match self.examined(index, (None, None), |examined| examined.by_hand())? {
            ByHand::Refused(why) => {
                self.fail(index, TaskFailure::new(why))?;
                Ok(false)
            }
            ByHand::Taken { from, to } => {
                if from != to {
                    self.move_task_branch(index, from, to)?;
                }
                let desk = self.desk(index)?;
                desk.tree.reset()?;
                desk.session.refresh()?;
                Ok(true)
            }
        }
    }

    fn move_task_branch(&self, index: usize, from: CommitId, to: CommitId) -> Result<()> {
        let branch = task_branch(self.plan_id(), &self.tasks[index].id);
        match self.repository.move_branch(&branch, from, to, "plan: records")? {
            true => Ok(()),
            false => Err(Error::BranchMoved(short(&branch).to_owned())),
        }
    }

    /// Looks at what was left in the working tree of a task. Of an attempt there are a report and a last line.
    pub(super) fn examined<T>(
        &mut self,
        index: usize,
        (report, last_line): (Option<&str>, Option<&str>),
        look: impl FnOnce(&mut Examined<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        let plan_tip = self.known_tip;
        let (plan, run, task) = (self.plan.id.to_string(), self.run_id.clone(), self.tasks[index].id.clone());
        let repository = std::rc::Rc::clone(&self.repository);
        let desk = self.desk(index)?;
        let mut examined = Examined {
            there: &mut desk.session,
            tree: &desk.tree,
            repository: &repository,
            plan: &plan,
            run: &run,
            task: &task,
            plan_tip,
            report,
            last_line,
            judged: None,
        };
        let found = look(&mut examined);
        if let Some(judged) = examined.judged.take() {
            desk.judged = Some(judged);
        }
        found
    }

    /// Removes what a task that has ended needs no more: its working tree, and its branch where it has nothing that the
    /// plan's does not have.
    pub(super) fn tidy(&mut self, index: usize) -> Result<()> {
        self.desks.remove(&index);
        let id = self.tasks[index].id.clone();
        let branch = task_branch(self.plan_id(), &id);
        let is_through = self.run.is_through(id.as_str());
        match Worktree::find(self.session.workspace(), self.plan_id(), &id) {
            Some(_) if self.has_conflict(index) => {}
            // What a person has left there is his.
            Some(tree) if !is_through && !tree.is_clean().unwrap_or(false) => return Ok(()),
            Some(tree) => tree.remove(self.session.workspace())?,
            None => Worktree::remove_rest(self.session.workspace(), self.plan_id(), &id)?,
        }
        fail_point("plan:removed");
        if let Some(commit) = self.repository.ref_commit(&branch)? {
            let is_merged = self.repository.merge_base(self.tip()?, commit)? == Some(commit);
            if is_merged && !self.has_conflict(index) && self.elsewhere(index)?.is_none() {
                self.repository.delete_ref(&branch, commit)?;
            }
        }
        Ok(())
    }

    /// Refuses to begin a task again in whose working tree there is what no commit has.
    pub(super) fn refuse_uncommitted_work(&self, index: usize) -> Result<()> {
        let id = &self.tasks[index].id;
        let tree = Worktree::find(self.session.workspace(), self.plan_id(), id);
        // One that is broken is put aside.
        let Some(tree) = tree.filter(|tree| tree.fault().is_none()) else { return Ok(()) };
        if tree.is_merging() || !tree.is_clean().unwrap_or(true) {
            let folder = tree.folder.display().to_string();
            let message = format!("what was changed in the working tree of {id} is not committed: {folder}");
            let commit = Suggestion::git(["-C", folder.as_str(), "commit", "--all"]);
            return Err(Error::usage_with(message, commit.to_string()));
        }
        Ok(())
    }

    /// Begins the branch of a task anew that could not be merged and that nobody has changed since. What it had is kept.
    pub(super) fn renew_after_conflict(&mut self, index: usize) -> Result<()> {
        let id = self.tasks[index].id.clone();
        let Some(TaskEnd::Failed { conflict: Some(conflict), .. }) = self.run.end_of(id.as_str()).cloned()
        else {
            return Ok(());
        };
        let branch = task_branch(self.plan_id(), &id);
        let Some(commit) = self.repository.ref_commit(&branch)? else { return Ok(()) };
        let tree = Worktree::find(self.session.workspace(), self.plan_id(), &id);
        let is_untouched = commit.to_string() == conflict.commit
            && tree.as_ref().is_none_or(|tree| tree.is_clean().unwrap_or(false));
        if !is_untouched {
            return Ok(());
        }
        let kept =
            attempt_ref(&self.run_id, id.as_str(), 0).replace("/0", &format!("/conflict-{}", commit.short()));
        if self.repository.ref_commit(&kept)?.is_none() {
            self.repository.create_ref(&kept, commit, "plan: could not be merged")?;
        }
        self.desks.remove(&index);
        if let Some(tree) = tree {
            tree.remove(self.session.workspace())?;
        }
        self.repository.delete_ref(&branch, commit)?;
        Ok(())
    }

    /// Removes the folder of the plan's working trees where none is left.
    pub(super) fn remove_folder(&self) {
        let folder = plan_folder(self.session.workspace(), self.plan_id());
        let _ = std::fs::remove_dir(folder);
    }
}
