//! What an attempt at a task of a plan has left: taken down whole as a commit, compared with the target files, judged as in a
//! task run, and made the next commit of the task's branch.
//!
//! The order lets every step be done again after a crash: what was left is kept under a ref of its own before anything is
//! made of it; the records are written from there; the log says in which commit the branch is to end before it is moved.

use crate::doc::planned_task_digest;
use crate::engine::{Execution, TaskOutcome};
use crate::env::fail_point;
use crate::git::{CommitId, FileChange, FileMode, NewCommit, Repository};
use crate::model::{AttemptEnd, GateRule, RecordKind, RecordPath, Task, TaskId, is_in_tracker, is_selected};
use crate::ops::moves::advance;
use crate::ops::on_branch::cannot_commit;
use crate::ops::run::{Judgement, judge};
use crate::ops::{Error, Result, Session};
use crate::store::LARGEST_FILE;

use super::gate::{Judged, Refused, refused};
use super::worktree::Worktree;

/// How many files a message names.
const NAMED: usize = 3;

/// Whose work is examined, and where.
pub(super) struct Examined<'x, 'e> {
    /// The session in the task's working tree.
    pub(super) there: &'x mut Session<'e>,
    pub(super) tree: &'x Worktree,
    pub(super) repository: &'x Repository,
    pub(super) plan: &'x str,
    pub(super) run: &'x str,
    pub(super) task: &'x TaskId,
    /// Where the plan's branch ends.
    pub(super) plan_tip: CommitId,
    /// The report that the executor is to leave.
    pub(super) report: Option<&'x str>,
    /// The last line that it has printed.
    pub(super) last_line: Option<&'x str>,
    /// The last verdict of the gate on what was left.
    pub(super) judged: Option<Judged>,
}

/// What has come of an attempt.
#[derive(Debug)]
pub(super) struct Examination {
    pub(super) outcome: TaskOutcome,
    pub(super) message: String,
    /// The commit that the branch is to end in.
    pub(super) commit: CommitId,
    /// Whether the working tree is to be put aside: it has what no commit can have.
    pub(super) is_aside: bool,
}

/// What has come of what a person has left.
pub(super) enum ByHand {
    /// The branch was at one commit and is to be at the other.
    Taken { from: CommitId, to: CommitId },
    /// It cannot be taken, and why.
    Refused(String),
}

/// What was left, as a commit.
struct Taken {
    commit: CommitId,
    /// What the working tree was at: a commit of the executor's own, or the one that it began with.
    head: CommitId,
}

/// Returns the ref under which what an attempt has left is kept.
pub(super) fn attempt_ref(run: &str, task: &str, attempt: u32) -> String {
    format!("refs/tracker/attempts/{run}/{task}/{attempt}")
}

impl Examined<'_, '_> {
    /// Examines an attempt that has ended.
    pub(super) fn attempt(&mut self, execution: &Execution) -> Result<Examination> {
        let base = execution.base.as_deref().and_then(|base| CommitId::parse(base).ok());
        let base =
            base.ok_or_else(|| Error::usage(format!("the log does not say where {} began", self.task)))?;
        let taken = self.take(execution)?;
        fail_point("plan:taken");
        let failed =
            |message| Examination { outcome: TaskOutcome::Failed, message, commit: base, is_aside: false };
        if let Some((why, is_aside)) = self.unfit(execution, base, &taken)? {
            fail_point("plan:judged");
            return Ok(Examination { is_aside, ..failed(why) });
        }
        let Judgement { outcome, message } = self.judged(execution)?;
        fail_point("plan:judged");
        // What a reviewer leaves beside its records is no part of the work that it has reviewed.
        let (from, parent) = if execution.role.is_some() { (base, base) } else { (taken.commit, taken.head) };
        let records = self.changed_records(from)?;
        let mut commit = match outcome {
            TaskOutcome::Passed => self.commit(from, parent, &records, &message)?,
            _ => self.commit(base, base, &records, &message)?,
        };
        let mut refused = self.refused(commit, base)?;
        if outcome == TaskOutcome::Passed && parent != base && refused.breaks(GateRule::LinkedCommits) {
            // Its own commits name no task: they become one with the rest, which does.
            commit = self.commit(taken.commit, base, &records, &message)?;
            refused = self.refused(commit, base)?;
        }
        Ok(match refused.message() {
            Some(why) => failed(why),
            None => {
                let unexpected = self.unexpected(commit, &taken).filter(|_| outcome == TaskOutcome::Passed);
                Examination {
                    outcome,
                    message: message + &unexpected.unwrap_or_default(),
                    commit,
                    is_aside: false,
                }
            }
        })
    }

    /// Says which files were left that are no part of the work.
    fn unexpected(&self, commit: CommitId, taken: &Taken) -> Option<String> {
        let unexpected = unexpected_files(self.repository, commit, taken.commit).ok()?;
        (!unexpected.is_empty()).then(|| format!("; {} of it is no part of the work", named(&unexpected)))
    }

    /// Judges a commit that an attempt is to end in. Returns what the gate refuses of it whatever is still to come.
    fn refused(&mut self, commit: CommitId, base: CommitId) -> Result<Refused> {
        self.judged = None;
        // From where it left the plan's branch: what was merged since is for the merge.
        let parted = self.repository.merge_base(self.plan_tip, commit)?.filter(|_| commit != base);
        let Some(parted) = parted else { return Ok(Refused::default()) };
        let refused = refused(self.there, parted, commit)?;
        let answered_for = refused.of_attempt();
        self.judged = Some(Judged { base: parted, head: commit, refused });
        Ok(answered_for)
    }

    /// Makes a commit of what a person has left in a working tree; none where that is nothing.
    pub(super) fn by_hand(&mut self) -> Result<ByHand> {
        let head = self.tree.head()?;
        let left = self.tree.left(&[])?;
        let commit = self.write(left.tree, left.head, "What was left by hand")?;
        let changes = self.changes(commit)?;
        if let Some(why) = self.of_records(&changes, self.plan_tip)? {
            return Ok(ByHand::Refused(why));
        }
        if let Some(why) = self.beyond_target_files(&changes, self.plan_tip) {
            return Ok(ByHand::Refused(why));
        }
        let title = self.now()?.map(|task| task.title).unwrap_or_default();
        Ok(ByHand::Taken { from: head, to: self.commit(commit, head, &[], &title)? })
    }

    /// Makes a commit of the task's records alone, where they are not as its branch has them.
    pub(super) fn records(&self, message: &str) -> Result<Option<(CommitId, CommitId)>> {
        let head = self.tree.head()?;
        let records = self.changed_records(head)?;
        let commit = self.commit(head, head, &records, message)?;
        Ok((commit != head).then_some((head, commit)))
    }

    /// Keeps what was left under a ref; once: what is kept already is what was left.
    fn take(&self, execution: &Execution) -> Result<Taken> {
        let name = attempt_ref(self.run, self.task.as_str(), execution.attempt);
        if let Some(commit) = self.repository.ref_commit(&name)? {
            let head = self.first_parent(commit)?;
            self.restore_records(commit)?;
            return Ok(Taken { commit, head });
        }
        let target = self.task_at(self.tree.head()?)?.map(|task| task.files).unwrap_or_default();
        let is_extra = |report: &&str| target.is_empty() || !is_selected(&target, report);
        let without: Vec<&str> = self.report.into_iter().filter(is_extra).collect();
        let left = self.tree.left(&without)?;
        let message = format!("What attempt {} at {} left", execution.attempt, self.task);
        let commit = self.write(left.tree, left.head, &message)?;
        self.repository.create_ref(&name, commit, &message)?;
        Ok(Taken { commit, head: left.head })
    }

    fn write(&self, tree: crate::git::TreeId, parent: CommitId, message: &str) -> Result<CommitId> {
        let env = self.there.env();
        let (author, at) = (self.repository.identity(env)?, env.local_now());
        let commit = NewCommit { tree, parents: &[parent], message, author: &author, at, is_signed: false };
        self.repository.write_commit(&commit).map_err(cannot_commit)
    }

    fn first_parent(&self, commit: CommitId) -> Result<CommitId> {
        let parent = self.repository.commit_info(commit)?.parents.first().copied();
        parent.ok_or_else(|| Error::usage(format!("{commit} has no parent")))
    }

    /// Says what keeps what was left from being judged at all, and whether the working tree can be used again.
    fn unfit(
        &mut self,
        execution: &Execution,
        base: CommitId,
        taken: &Taken,
    ) -> Result<Option<(String, bool)>> {
        let end = execution.end.unwrap_or(AttemptEnd::Interrupted);
        if matches!(end, AttemptEnd::Interrupted | AttemptEnd::Cancelled) {
            return Ok(None);
        }
        if let Some(what) = self.tree.unconcluded() {
            return Ok(Some((format!("left a {what} in its working tree that is not concluded"), false)));
        }
        if self.repository.merge_base(base, taken.head)? != Some(base) {
            let (head, base) = (taken.head.short(), base.short());
            return Ok(Some((
                format!("its working tree is at {head}, which does not come after {base}"),
                false,
            )));
        }
        let changes = self.changes(taken.commit)?;
        if let Some(why) = repositories_in(&changes) {
            return Ok(Some((why, true)));
        }
        let mut why = self.of_records(&changes, base)?;
        if why.is_none() && end.is_success() && execution.role.is_none() {
            why = self.beyond_target_files(&changes, base);
        }
        if why.is_none() {
            why = self.in_a_persons_name(execution, base, taken.commit)?;
        }
        Ok(why.map(|why| (why, false)))
    }

    fn judged(&mut self, execution: &Execution) -> Result<Judgement> {
        self.there.refresh()?;
        self.start_again(execution)?;
        self.there.act_as(Some(&execution.executor));
        let judged = judge(self.there, execution, self.last_line, self.report, false);
        self.there.act_as(None);
        judged
    }

    /// Starts the task again where its executor has taken back the record that says so, as `git reset --hard` does.
    fn start_again(&mut self, execution: &Execution) -> Result<()> {
        let is_reset = self.now()?.is_some_and(|task| task.stage.is_none() && task.history.is_empty());
        if is_reset && execution.moves == 1 {
            match advance(self.there, &[self.task.to_string()], None) {
                Ok(_) => self.there.refresh()?,
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns what the branch changes against the plan's, in a commit.
    fn changes(&self, commit: CommitId) -> Result<Vec<FileChange>> {
        let base = self.repository.merge_base(self.plan_tip, commit)?;
        Ok(self.repository.changes_between(base, commit)?)
    }

    /// Says which records were changed that an executor has no business with.
    fn of_records(&self, changes: &[FileChange], base: CommitId) -> Result<Option<String>> {
        let in_tracker = changes.iter().filter(|change| is_in_tracker(&change.path));
        let mut others = Vec::new();
        for change in in_tracker {
            let record = RecordPath::parse(&change.path);
            let is_own = record.as_ref().and_then(RecordPath::task) == Some(self.task);
            let is_plain = change.after.is_none_or(|after| after.mode == FileMode::Plain);
            if is_own && !is_plain {
                return Ok(Some(format!("{} is no plain file any more", change.path)));
            }
            if !is_own {
                others.push(change.path.clone());
            } else if matches!(record, Some(RecordPath::Task(_))) {
                let before = self.task_at(base)?;
                let after = change.after.map(|after| self.repository.read_blob(after.blob_id, LARGEST_FILE));
                let after = after.transpose()?.map(|bytes| crate::doc::read_task_of(self.task, &bytes));
                let Some(Ok(after)) = after else {
                    return Ok(Some(format!("{} cannot be read any more", change.path)));
                };
                if let Some(what) = before.and_then(|before| changed_plan(&before, &after)) {
                    return Ok(Some(format!(
                        "changed {what} of {}, which the plan's approval covers",
                        self.task
                    )));
                }
            }
        }
        Ok(match others.as_slice() {
            [] => None,
            others => Some(format!("changed {}, which {} not its own", named(others), is_or_are(others))),
        })
    }

    /// Says which files were changed that are not among the target files.
    fn beyond_target_files(&self, changes: &[FileChange], base: CommitId) -> Option<String> {
        let target = self.task_at(base).ok()??.files;
        if target.is_empty() {
            return None;
        }
        let is_beyond = |path: &&String| !is_in_tracker(path) && !is_selected(&target, path);
        let beyond: Vec<String> =
            changes.iter().map(|change| &change.path).filter(is_beyond).cloned().collect();
        let text =
            || format!("changed {}, which {} not among its target files", named(&beyond), is_or_are(&beyond));
        (!beyond.is_empty()).then(text)
    }

    fn task_at(&self, commit: CommitId) -> Result<Option<Task>> {
        Ok(self.there.workspace().snapshot_of_commit(Some(commit))?.readable_task(self.task)?)
    }

    fn now(&self) -> Result<Option<Task>> {
        Ok(self.there.workspace().snapshot().readable_task(self.task)?)
    }

    /// Returns the task's records in the working tree with their contents.
    fn own_records(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let snapshot = self.there.workspace().snapshot();
        let mut paths = vec![RecordPath::task_file(self.task)];
        for folder in folders_of(self.task) {
            paths.extend(snapshot.list(&folder)?.into_iter().map(|entry| format!("{folder}/{}", entry.name)));
        }
        let mut records = Vec::new();
        for path in paths {
            if let Some(bytes) = snapshot.read(&path)? {
                records.push((path, bytes));
            }
        }
        Ok(records)
    }

    /// Returns the task's records that are not as a commit has them.
    fn changed_records(&self, commit: CommitId) -> Result<Vec<(String, Vec<u8>)>> {
        let mut changed = Vec::new();
        for (path, bytes) in self.own_records()? {
            let committed = self.repository.tree_file(commit, &path)?;
            if committed.is_none_or(|file| self.repository.hash_blob(&bytes) != Some(file.blob_id)) {
                changed.push((path, bytes));
            }
        }
        Ok(changed)
    }

    /// Makes the task's records what a commit has.
    fn restore_records(&self, commit: CommitId) -> Result<()> {
        let top = self.there.workspace().work_dir();
        for (path, _) in self.changed_records(commit)? {
            let file = top.join(&path);
            match self.repository.tree_file(commit, &path)? {
                Some(committed) => {
                    let bytes = self.repository.read_blob(committed.blob_id, LARGEST_FILE)?;
                    std::fs::write(&file, bytes).map_err(Error::io("write", &file))?;
                }
                None => std::fs::remove_file(&file).map_err(Error::io("remove", &file))?,
            }
        }
        Ok(())
    }

    /// Makes a commit of what `from` has, with these records, after `parent`. Where that changes nothing it is `parent`.
    fn commit(
        &self,
        from: CommitId,
        parent: CommitId,
        records: &[(String, Vec<u8>)],
        message: &str,
    ) -> Result<CommitId> {
        let files: Vec<(&str, &[u8])> =
            records.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        let tree = match files.is_empty() {
            true => self.repository.tree_id(from, "")?,
            false => Some(self.repository.write_tree_over(from, &files).map_err(cannot_commit)?),
        };
        let Some(tree) =
            tree.filter(|tree| self.repository.tree_id(parent, "").ok().flatten() != Some(*tree))
        else {
            return Ok(parent);
        };
        let is_work =
            self.repository.changes_between(Some(parent), from)?.iter().any(|own| !is_in_tracker(&own.path));
        let title = self.now()?.map(|task| task.title).unwrap_or_default();
        let subject = if is_work { title } else { format!("{}: {message}", self.task) };
        let subject = subject.split(char::is_control).collect::<Vec<_>>().join(" ");
        let message = format!("{subject}\n\nTask: {}\nPlan: {}\nRun: {}\n", self.task, self.plan, self.run);
        let env = self.there.env();
        let (author, at) = (self.repository.identity(env)?, env.local_now());
        let parents = [parent];
        let commit =
            NewCommit { tree, parents: &parents, message: &message, author: &author, at, is_signed: true };
        self.repository.write_commit(&commit).map_err(cannot_commit)
    }
}

/// Returns the files beside records of what was left that a commit does not have.
pub(super) fn unexpected_files(
    repository: &Repository,
    commit: CommitId,
    left: CommitId,
) -> Result<Vec<String>> {
    let paths = repository.changes_between(Some(commit), left)?.into_iter().map(|change| change.path);
    Ok(paths.filter(|path| !is_in_tracker(path)).collect())
}

/// Says where there are repositories in what was left, or submodules at another commit: of those the branch would have the
/// name of a commit, and nothing of what is in it.
fn repositories_in(changes: &[FileChange]) -> Option<String> {
    let is_one = |change: &&FileChange| change.after.is_some_and(|after| after.mode == FileMode::Submodule);
    let found: Vec<String> = changes.iter().filter(is_one).map(|change| change.path.clone()).collect();
    let what =
        || format!("left commits of another repository, which no branch here has, in {}", named(&found));
    (!found.is_empty()).then(what)
}

/// Returns the folders in which records of a task are.
fn folders_of(task: &TaskId) -> impl Iterator<Item = String> {
    RecordKind::all().filter(|kind| kind.is_of_task() && kind.has_owners()).map(|kind| kind.folder_of(task))
}

/// Says what of a task's plan is not what it was, or that its history was rewritten.
fn changed_plan(before: &Task, after: &Task) -> Option<&'static str> {
    let is_longer = after.history.len() >= before.history.len()
        && before.history.iter().zip(&after.history).all(|(one, other)| one == other);
    let all = [
        (before.title != after.title, "`title`"),
        (before.kind != after.kind, "`type`"),
        (before.priority != after.priority, "`priority`"),
        (before.parent != after.parent, "`parent`"),
        (before.depends_on != after.depends_on, "`depends_on`"),
        (before.files != after.files, "`files`"),
        (before.estimate != after.estimate, "`estimate`"),
        (planned_task_digest(before) != planned_task_digest(after), "what is to be done"),
        (!is_longer, "the history"),
    ];
    all.into_iter().find(|(is_changed, _)| *is_changed).map(|(_, what)| what)
}

fn named(paths: &[String]) -> String {
    let some: Vec<String> =
        paths.iter().take(NAMED).map(|path| format!("`{}`", path.escape_debug())).collect();
    let more = paths.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", some.join(", "))
}

fn is_or_are(paths: &[String]) -> &'static str {
    if paths.len() == 1 { "is" } else { "are" }
}
