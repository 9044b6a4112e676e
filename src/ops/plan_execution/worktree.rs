//! The working trees of the tasks of a plan: each on a branch of its own, below the folder that git keeps for the repository.
//! What the user has checked out is never touched.
//!
//! All of it can be done again after a crash: a working tree that is there and whole is used, one that was half made is made
//! anew. Git is started here without the user's hooks, with the repository and the folder that are meant by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env::{Env, fail_point};
use crate::git::{CommitId, Repository, TreeId};
use crate::model::{PlanId, TaskId};
pub(super) use crate::ops::merge_trees::Merged;
use crate::ops::merge_trees::{MergeSettings, Unrelated, git_failed, merge_trees};
use crate::ops::{Error, Result};
use crate::process::{Output, Program};
use crate::store::{Lock, Workspace};

/// The folder of all tasks' working trees of a plan.
pub(super) fn plan_folder(workspace: &Workspace, plan: &PlanId) -> PathBuf {
    workspace.repo_paths().shared_folder().join("worktrees").join(plan.as_str())
}

/// Returns the whole name of a plan's branch.
pub(super) fn plan_branch(plan: &PlanId) -> String {
    format!("refs/heads/plan/{plan}")
}

/// Returns the whole name of the branch of a plan's task.
pub(super) fn task_branch(plan: &PlanId, task: &TaskId) -> String {
    format!("refs/heads/plan-tasks/{plan}/{task}")
}

/// Returns a branch as people name it.
pub(super) fn short(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}

/// Git, for one repository.
#[derive(Debug, Clone)]
pub(super) struct Git {
    git_dir: PathBuf,
    /// Where it starts: never in what the user has checked out.
    folder: PathBuf,
    /// The folder of the plan's working trees.
    plan_folder: PathBuf,
}

impl Git {
    pub(super) fn of(workspace: &Workspace, plan: &PlanId) -> Self {
        let common = workspace.repo_paths().common_dir.clone();
        Self { folder: common.clone(), git_dir: common, plan_folder: plan_folder(workspace, plan) }
    }

    fn start(&self, action: &'static str, arguments: &[&str]) -> Result<Output> {
        run(self.program(action), arguments)
    }

    fn program(&self, action: &'static str) -> Program {
        program(action, &self.folder, &self.plan_folder).variable("GIT_DIR", &self.git_dir)
    }

    /// Merges two commits in the object store, with the records of both joined field by field.
    pub(super) fn merge(&self, env: &Env, ours: CommitId, theirs: CommitId) -> Result<Merged> {
        let settings = MergeSettings::of(env, &self.git_dir)?;
        // Drivers write their files to the current directory.
        let folder = self.git_dir.join("tracker").join("worktrees");
        let index = folder.join("no-index");
        let program = program("merge", &folder, &self.plan_folder)
            .variable("GIT_DIR", &self.git_dir)
            .variable("GIT_INDEX_FILE", index);
        merge_trees(program, &settings, Unrelated::Refused, [ours, theirs])
    }
}

/// The variable of every git that is started here, with the folder of its plan: what outlives a process that was killed is found by it.
const STARTED: &str = "TRACKER_PLAN_GIT";

/// Ends what a process that was killed has started of git, and removes the locks of refs and working trees of the plan that
/// it has left. Nobody else executes the plan now. `is_busy` are the tasks that an executor still works at.
pub(super) fn recover(workspace: &Workspace, plan: &PlanId, run: &str, is_busy: impl Fn(&str) -> bool) {
    let common = &workspace.repo_paths().common_dir;
    crate::process::kill_marked(STARTED, &mark(&plan_folder(workspace, plan)));
    let refs = [
        format!("refs/heads/plan/{plan}.lock"),
        format!("refs/heads/plan-tasks/{plan}"),
        format!("refs/tracker/attempts/{run}"),
    ];
    for name in refs {
        let entries = walkdir::WalkDir::new(common.join(name)).into_iter().flatten();
        for entry in entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "lock")) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let Ok(entries) = fs::read_dir(plan_folder(workspace, plan)) else { return };
    let (removed, entries): (Vec<_>, Vec<_>) =
        entries.flatten().partition(|entry| entry.file_name().to_string_lossy().starts_with(REMOVED));
    for entry in removed {
        let _ = remove(&entry.path());
    }
    for entry in entries.into_iter().filter(|entry| !is_busy(&entry.file_name().to_string_lossy())) {
        if let Some(git_dir) = workspace.repo_paths().linked_git_dir(&entry.path()) {
            let _ = fs::remove_file(git_dir.join("index.lock"));
            let _ = fs::remove_file(git_dir.join("HEAD.lock"));
        }
    }
}

fn mark(plan_folder: &Path) -> String {
    format!("{}/", plan_folder.display())
}

fn program(action: &'static str, folder: &Path, plan_folder: &Path) -> Program {
    let quiet =
        ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false"];
    let program = Program::new("git", action).args(quiet).in_folder(folder).in_its_own_repository();
    program.variable("LC_ALL", "C").variable(STARTED, mark(plan_folder))
}

fn run(program: Program, arguments: &[&str]) -> Result<Output> {
    let output = program.args(arguments).output().map_err(not_started)?;
    if output.is_success() {
        Ok(output)
    } else {
        Err(git_failed(arguments.first().copied().unwrap_or_default(), &output))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn not_started(error: crate::process::Error) -> Error {
    Error::usage_with(error.to_string(), "install git")
}

/// In the folder that git keeps for a working tree: it was made to its end.
const WHOLE: &str = "tracker-whole";

/// The working tree of a task.
#[derive(Debug, Clone)]
pub(super) struct Worktree {
    pub(super) folder: PathBuf,
    /// Its own folder below that of the repository.
    pub(super) git_dir: PathBuf,
    /// Its branch, whole.
    pub(super) branch: String,
}

/// What an executor has left in a working tree.
#[derive(Debug, Clone)]
pub(super) struct Left {
    /// The commit that it is at: that of the branch, or one that the executor has made.
    pub(super) head: CommitId,
    /// All files that are not ignored.
    pub(super) tree: TreeId,
}

impl Worktree {
    /// Returns where the working tree of a task is, or is to be.
    pub(super) fn folder_of(workspace: &Workspace, plan: &PlanId, task: &TaskId) -> PathBuf {
        plan_folder(workspace, plan).join(task.as_str())
    }

    /// Finds a working tree that is there and whole.
    pub(super) fn find(workspace: &Workspace, plan: &PlanId, task: &TaskId) -> Option<Self> {
        let folder = Self::folder_of(workspace, plan, task);
        // A link may lead to the working tree of another.
        folder.symlink_metadata().ok().filter(std::fs::Metadata::is_dir)?;
        let git_dir = workspace.repo_paths().linked(&folder)?.git_dir;
        Some(Self { folder, git_dir, branch: task_branch(plan, task) })
    }

    /// Whether there is nothing of it, or no more than what a process that was killed has made of it.
    pub(super) fn is_half_made(workspace: &Workspace, plan: &PlanId, task: &TaskId) -> bool {
        let folder = Self::folder_of(workspace, plan, task);
        match workspace.repo_paths().linked_git_dir(&folder) {
            Some(git_dir) => !git_dir.join(WHOLE).is_file(),
            None => folder.symlink_metadata().is_err(),
        }
    }

    /// Makes the working tree of a task anew, on its branch. What lies in its place is a part of one that was half made.
    pub(super) fn make(workspace: &Workspace, plan: &PlanId, task: &TaskId) -> Result<Self> {
        let (folder, branch) = (Self::folder_of(workspace, plan, task), task_branch(plan, task));
        clear(workspace, &folder)?;
        let parent = folder.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let path = folder.to_string_lossy().into_owned();
        let reason = format!("{plan} is executed");
        let words = ["worktree", "add", "--quiet", "--lock", "--reason", &reason, "--force", "--force"];
        let words: Vec<&str> = words.into_iter().chain([path.as_str(), short(&branch)]).collect();
        let lock = lock(workspace)?;
        Git::of(workspace, plan).start("make a working tree", &words)?;
        drop(lock);
        let made = Self::find(workspace, plan, task)
            .ok_or_else(|| Error::usage(format!("git has made no working tree in `{}`", folder.display())))?;
        let whole = made.git_dir.join(WHOLE);
        fs::write(&whole, "").map_err(Error::io("write", &whole))?;
        fail_point("plan:opened");
        Ok(made)
    }

    /// Starts git in it, by name: whatever became of the file that leads to the repository.
    fn git(&self, action: &'static str, arguments: &[&str]) -> Result<Output> {
        if !self.folder.is_dir() {
            return Err(Error::usage(format!("the working tree `{}` is gone", self.folder.display())));
        }
        let plan_folder = self.folder.parent().unwrap_or(&self.folder);
        let program = program(action, &self.folder, plan_folder)
            .variable("GIT_DIR", &self.git_dir)
            .variable("GIT_WORK_TREE", &self.folder);
        run(program, arguments)
    }

    /// Takes down all that was left in it, without files of these paths.
    pub(super) fn left(&self, without: &[&str]) -> Result<Left> {
        self.repair()?;
        // A git that was ended with its executor.
        let _ = fs::remove_file(self.git_dir.join("index.lock"));
        let mut words: Vec<String> = ["add", "--all", "--"].map(str::to_owned).to_vec();
        if without.is_empty() {
            words.push(".".to_owned());
        } else {
            words.push(":(top)".to_owned());
            words.extend(without.iter().map(|path| format!(":(top,exclude,literal){path}")));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.git("read what was left", &words)?;
        let written = self.git("write a tree", &["write-tree"])?.stdout_text();
        let tree = TreeId::parse(written.trim()).map_err(|error| Error::usage(error.to_string()))?;
        Ok(Left { head: self.head()?, tree })
    }

    /// Returns the commit that it is at.
    pub(super) fn head(&self) -> Result<CommitId> {
        let found = self.git("read HEAD", &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
        let found = found.map_err(|_| {
            let on = self.is_elsewhere().unwrap_or_else(|| short(&self.branch).to_owned());
            Error::usage(format!("it is on `{on}`, which has no commit"))
        })?;
        let found = found.stdout_text();
        CommitId::parse(found.trim()).map_err(|error| Error::usage(error.to_string()))
    }

    /// Puts it back on its branch, as it is, and takes away the lock that a git in it has left: nothing works in it now.
    pub(super) fn attach(&self) -> Result<()> {
        let _ = fs::remove_file(self.git_dir.join("index.lock"));
        if self.is_elsewhere().is_some() {
            self.git("switch to the branch", &["symbolic-ref", "HEAD", &self.branch])?;
        }
        Ok(())
    }

    /// Writes the file that leads to the repository where it is gone.
    fn repair(&self) -> Result<()> {
        let file = self.folder.join(".git");
        if file.symlink_metadata().is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(Error::io("create", &self.folder))?;
        let text = format!("gitdir: {}\n", self.git_dir.display());
        fs::write(&file, text).map_err(Error::io("write", &file))
    }

    /// Makes it what its branch has. Ignored files stay, and so do repositories within it: nothing else may have their commits.
    pub(super) fn reset(&self) -> Result<()> {
        self.repair()?;
        for file in ["index.lock", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"] {
            let _ = fs::remove_file(self.git_dir.join(file));
        }
        for folder in ["rebase-merge", "rebase-apply"] {
            let _ = fs::remove_dir_all(self.git_dir.join(folder));
        }
        self.git("switch to the branch", &["symbolic-ref", "HEAD", &self.branch])?;
        self.git("reset the working tree", &["reset", "--hard", "--quiet"])?;
        self.git("clean the working tree", &["clean", "-fdq"])?;
        Ok(())
    }

    /// Removes it. The branch stays.
    pub(super) fn remove(&self, workspace: &Workspace) -> Result<()> {
        clear(workspace, &self.folder)
    }

    /// Removes what is left of one that was half made, or half removed.
    pub(super) fn remove_rest(workspace: &Workspace, plan: &PlanId, task: &TaskId) -> Result<()> {
        let folder = Self::folder_of(workspace, plan, task);
        match folder.symlink_metadata().is_ok() || workspace.repo_paths().linked_git_dir(&folder).is_some() {
            true => clear(workspace, &folder),
            false => Ok(()),
        }
    }

    /// Whether a merge in it is not concluded.
    pub(super) fn is_merging(&self) -> bool {
        self.git_dir.join("MERGE_HEAD").is_file()
    }

    /// Whether it is at its branch, and has nothing that the branch does not have.
    pub(super) fn is_clean(&self) -> Result<bool> {
        let status = self.git("read its state", &["status", "--porcelain", "--untracked-files=normal"])?;
        Ok(status.stdout.is_empty())
    }
}

/// Removes a linked working tree and what git knows of it. Once that has begun, what is left of it is not taken for one.
pub(in crate::ops) fn clear(workspace: &Workspace, folder: &Path) -> Result<()> {
    let known = workspace.repo_paths().linked_git_dir(folder);
    if folder.symlink_metadata().is_ok() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let removed = folder.with_file_name(format!("{REMOVED}{name}"));
        remove(&removed)?;
        fs::rename(folder, &removed).map_err(Error::io("rename", folder))?;
        remove(&removed)?;
    }
    fail_point("plan:cleared");
    if let Some(git_dir) = known {
        let _lock = lock(workspace)?;
        // The folder of all of them stays: another plan may be about to make one.
        fs::remove_dir_all(&git_dir).map_err(Error::io("remove", &git_dir))?;
    }
    Ok(())
}

/// Keeps other plans from making and removing working trees: git fails where it meets one that another git has half made.
pub(in crate::ops) fn lock(workspace: &Workspace) -> Result<Lock> {
    /// Longer than git takes to make one of a large repository.
    const PATIENCE: Duration = Duration::from_secs(600);
    let folder = workspace.repo_paths().shared_folder().join("worktrees");
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Ok(Lock::acquire(&folder.join("lock"), PATIENCE, "make a working tree")?)
}

/// How the name of a working tree begins that is being removed.
const REMOVED: &str = ".removed-";

/// Removes a folder, or a file that is in its place.
fn remove(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).map_err(Error::io("remove", path)),
        Ok(_) => fs::remove_file(path).map_err(Error::io("remove", path)),
    }
}

/// Makes a branch at a commit. Returns where it is: somewhere else where it was there.
pub(super) fn branch_at(
    repository: &Repository,
    branch: &str,
    commit: CommitId,
    why: &str,
) -> Result<CommitId> {
    if let Some(found) = repository.ref_commit(branch)? {
        return Ok(found);
    }
    match repository.create_ref(branch, commit, why) {
        Ok(true) => Ok(commit),
        Ok(false) => {
            repository.ref_commit(branch)?.ok_or_else(|| Error::BranchMoved(short(branch).to_owned()))
        }
        Err(error @ crate::git::Error::RefsLocked { .. }) => Err(error.into()),
        Err(error) => Err(Error::usage_with(
            format!("cannot create the branch `{}`: {error}", short(branch)),
            "a branch whose name is the beginning of it is in the way: git branch --list 'plan*'",
        )),
    }
}
