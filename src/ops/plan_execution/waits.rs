//! What a task waits for that no executor brings: a person, a predecessor that was taken back, a branch that is somebody's.

use std::collections::BTreeMap;

use super::drive::Driver;
use super::reverted::{NamedCommit, reverts};
use super::worktree::{Worktree, short, task_branch};
use crate::engine::Event;
use crate::facts::{TaskFacts, checked_out_in};
use crate::model::{Suggestion, TaskId};
use crate::ops::Result;
use crate::ops::run::TaskWait;
use crate::policy::Fix;

impl Driver<'_, '_> {
    /// Finds which tasks were merged and taken back since.
    pub(super) fn find_reverts(&mut self) -> Result<()> {
        let head = NamedCommit { commit: self.head.0, name: &self.head.1 };
        self.reverted = reverts(self.session, (&self.run, &self.tasks), self.tip()?, Some(&head))?;
        Ok(())
    }

    /// Says so where a predecessor that was merged was taken back since.
    pub(super) fn lost_predecessor(&self, index: usize) -> Result<Option<TaskWait>> {
        let tip = self.tip()?;
        let at_tip = self.session.workspace().snapshot_of_commit(Some(tip))?;
        for need in &self.tasks[index].needs {
            let id = &self.tasks[*need].id;
            let is_open = !at_tip.readable_task(id)?.is_some_and(|task| task.summary().is_closed());
            let now = match is_open {
                true => reverts(self.session, (&self.run, &self.tasks[*need..=*need]), tip, None)?,
                false => BTreeMap::new(),
            };
            let how = match now.get(id.as_str()).or_else(|| self.reverted.get(id.as_str())) {
                Some(revert) => revert.message(),
                None if is_open => format!("open again on {}", short(&self.run.branch)),
                None => continue,
            };
            let retry = Suggestion::tracker(["plan", "retry", self.plan.id.as_str(), id.as_str()]);
            let message = format!("waits for {id}, which was done and is {how}");
            return Ok(Some(TaskWait::new(message, Some(Fix::Run(retry)))));
        }
        Ok(None)
    }

    /// Whether a task has, or had, a working tree of this run.
    pub(super) fn is_opened(&self, index: usize) -> bool {
        self.run.of(self.tasks[index].id.as_str()).is_some_and(|life| life.opened.is_some())
    }

    /// Says so where the branch of a task was there before the task began, with commits that the plan's branch does not have.
    pub(super) fn foreign_branch(&self, index: usize) -> Result<Option<TaskWait>> {
        let branch = task_branch(&self.plan.id, &self.tasks[index].id);
        if self.is_opened(index) {
            return Ok(None);
        }
        let Some(end) = self.repository.ref_commit(&branch)? else { return Ok(None) };
        if self.repository.merge_base(self.tip()?, end)? == Some(end) {
            return Ok(None);
        }
        let (name, by) = (short(&branch), self.repository.commit_info(end)?.author.name);
        let away = Suggestion::git(["branch", "-m", name, &format!("{name}-before")]);
        let message = format!(
            "its branch `{name}` was there before it began, with commits that {} does not have, the last {} by {by}",
            short(&self.run.branch),
            end.short()
        );
        Ok(Some(TaskWait::new(message, Some(Fix::Run(away)))))
    }

    /// Says which tasks beyond the plan one waits for, or whose fix.
    pub(super) fn outside(&self, facts: &TaskFacts) -> Result<TaskWait> {
        let tip = self.session.workspace().snapshot_of_commit(Some(self.tip()?))?;
        let open = crate::facts::waits_for(&tip, &facts.task.depends_on)?;
        let names: Vec<&str> = open.iter().map(TaskId::as_str).collect();
        let message = match names.as_slice() {
            [] if !facts.waits_for.is_empty() => {
                let branch = short(&self.run.branch);
                let done: Vec<&str> = facts.waits_for.iter().map(TaskId::as_str).collect();
                let message = format!("its branch does not have {}, done on {branch}", done.join(", "));
                let folder = Worktree::folder_of(self.session.workspace(), &self.plan.id, &facts.task.id);
                let folder = folder.display().to_string();
                let merge = Suggestion::git(["-C", folder.as_str(), "merge", branch]);
                return Ok(TaskWait::new(message, Some(Fix::Run(merge))));
            }
            [] => "waits for a task that fixes a finding of it".to_owned(),
            [one] => format!("waits for {one}, which is open and not part of the plan"),
            several => format!("waits for {}, which are open and not part of the plan", several.join(", ")),
        };
        Ok(TaskWait::new(message, None))
    }

    /// Returns where a person has the branch of a task checked out, beside the working tree that was made for it.
    pub(super) fn elsewhere(&self, index: usize) -> Result<Option<String>> {
        let branch = task_branch(self.plan_id(), &self.tasks[index].id);
        let workspace = self.session.workspace();
        if workspace.repo_paths().branch()?.as_deref() == Some(short(&branch)) {
            return Ok(Some(workspace.work_dir().display().to_string()));
        }
        let own = Worktree::folder_of(workspace, self.plan_id(), &self.tasks[index].id);
        let is_other = |folder: &String| std::path::Path::new(folder) != own;
        Ok(checked_out_in(workspace.repo_paths(), &branch).filter(is_other))
    }

    /// Leaves a task to a person. A vote is cast on the branch, for which nobody may have it checked out; what else there is
    /// to do is done in the working tree.
    pub(super) fn wait_for_person(&mut self, index: usize, wait: TaskWait) -> Result<()> {
        self.keep_records(index, "waits for a person")?;
        let branch = task_branch(self.plan_id(), &self.tasks[index].id);
        let is_vote = |command: &String| {
            ["tracker approve ", "tracker reject ", "tracker signoff "]
                .iter()
                .any(|verb| command.starts_with(verb))
        };
        let is_for_vote = wait.fix.as_ref().is_some_and(is_vote);
        let folder = self.desk(index)?.tree.folder.display().to_string();
        let in_folder = |command: &str| match command.strip_prefix("tracker ") {
            Some(rest) => format!("tracker -C {folder} {rest}"),
            None => command.to_owned(),
        };
        let command = wait.fix.as_ref().map(|fix| match is_for_vote {
            true => format!("{fix} --branch {}", short(&branch)),
            false => in_folder(fix),
        });
        if is_for_vote && self.desk(index)?.tree.is_clean()? {
            self.desks.remove(&index);
            if let Some(tree) =
                Worktree::find(self.session.workspace(), self.plan_id(), &self.tasks[index].id)
            {
                tree.remove(self.session.workspace())?;
            }
        }
        self.waits(index, wait.message, command)
    }

    /// Records what a task waits for, where that is new.
    pub(super) fn waits(&mut self, index: usize, message: String, command: Option<String>) -> Result<()> {
        let step = self.tasks[index].id.to_string();
        let waits = Some((message.clone(), command.clone()));
        if self.run.of(&step).is_none_or(|life| life.waits != waits) {
            self.emit(Event::Waits { step, message, command })?;
        }
        Ok(())
    }
}
