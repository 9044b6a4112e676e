//! The working tree of a worker: its own, on a branch of its own, below the folder that all working trees share. What a
//! person has checked out is never touched.
//!
//! Everything that a tool leaves is taken down as a tree of git, so that it can be compared, and put back, file by file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::git::{CommitId, TreeId};
use crate::ops::plan_execution::{clear_worktree, lock_worktrees};
use crate::ops::{Error, Result};
use crate::process::{Output, Program};
use crate::store::Workspace;

/// Returns the folder of a worker: what it remembers, and its working tree.
pub(super) fn worker_folder(workspace: &Workspace, name: &str) -> PathBuf {
    workers_folder(workspace).join(name)
}

/// Returns the folder of all workers.
pub(in crate::ops) fn workers_folder(workspace: &Workspace) -> PathBuf {
    workspace.repo_paths().shared_folder().join("workers")
}

/// Returns the name of the branch of a worker.
pub(super) fn worker_branch(name: &str) -> String {
    format!("workers/{name}")
}

/// Most paths that one git is given.
const MOST_PATHS: usize = 500;
/// In the folder that git keeps for a working tree: it was made to its end.
const WHOLE: &str = "tracker-whole";

/// How a file differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeskChange {
    pub(super) path: String,
    /// Whether a file was replaced by a file of the same mode.
    pub(super) is_edit: bool,
}

/// A line that matches a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineMatch {
    pub(super) path: String,
    pub(super) line: u32,
    pub(super) text: String,
}

/// The working tree of a worker.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) folder: PathBuf,
    git_dir: PathBuf,
    branch: String,
}

impl Desk {
    /// Finds the working tree of a worker, or makes it, at a commit.
    pub(super) fn open(workspace: &Workspace, name: &str, at: CommitId) -> Result<Self> {
        if let Some(desk) = Self::find(workspace, name) {
            return Ok(desk);
        }
        let folder = worker_folder(workspace, name).join("tree");
        clear_worktree(workspace, &folder)?;
        let parent = folder.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let common = &workspace.repo_paths().common_dir;
        let (path, commit, reason) = (folder.to_string_lossy(), at.to_string(), format!("worker {name}"));
        let words =
            ["worktree", "add", "--quiet", "--lock", "--reason", &reason, "--detach", "--force", "--force"];
        let lock = lock_worktrees(workspace)?;
        let git = git("make a working tree", common).variable("GIT_DIR", common).args(words);
        done(git.args([&*path, &*commit]).output(), "worktree add")?;
        drop(lock);
        let git_dir = workspace.repo_paths().linked_git_dir(&folder);
        let git_dir = git_dir
            .ok_or_else(|| Error::usage(format!("git has made no working tree in `{}`", folder.display())))?;
        let whole = git_dir.join(WHOLE);
        fs::write(&whole, "").map_err(Error::io("write", &whole))?;
        Self::find(workspace, name)
            .ok_or_else(|| Error::usage(format!("the working tree `{}` cannot be read", folder.display())))
    }

    /// Finds a working tree that is there and whole.
    pub(super) fn find(workspace: &Workspace, name: &str) -> Option<Self> {
        let folder = worker_folder(workspace, name).join("tree");
        folder.symlink_metadata().ok().filter(fs::Metadata::is_dir)?;
        let git_dir = workspace.repo_paths().linked(&folder)?.git_dir;
        git_dir.join(WHOLE).is_file().then(|| Self { folder, git_dir, branch: worker_branch(name) })
    }

    /// Removes the working tree. The branch stays.
    pub(super) fn remove(&self, workspace: &Workspace) -> Result<()> {
        clear_worktree(workspace, &self.folder)
    }

    fn program(&self, action: &'static str) -> Program {
        git(action, &self.folder).variable("GIT_DIR", &self.git_dir).variable("GIT_WORK_TREE", &self.folder)
    }

    fn git(&self, action: &'static str, arguments: &[&str]) -> Result<Output> {
        let what = arguments.first().copied().unwrap_or_default();
        done(self.program(action).args(arguments).output(), what)
    }

    /// Makes it what a commit has, on its branch. Ignored files stay.
    pub(super) fn reset(&self, at: CommitId) -> Result<()> {
        let _ = fs::remove_file(self.git_dir.join("index.lock"));
        let at = at.to_string();
        self.git("reset the working tree", &["checkout", "--force", "--quiet", "-B", &self.branch, &at])?;
        self.git("clean the working tree", &["clean", "-fdq"])?;
        Ok(())
    }

    /// Takes down all files that are not ignored.
    pub(super) fn snapshot(&self) -> Result<TreeId> {
        let _ = fs::remove_file(self.git_dir.join("index.lock"));
        self.git("read what was left", &["add", "--all", "--", "."])?;
        let written = self.git("write a tree", &["write-tree"])?.stdout_text();
        TreeId::parse(written.trim()).map_err(|error| Error::usage(error.to_string()))
    }

    /// Makes it what a tree has, after [`Desk::snapshot`].
    pub(super) fn restore(&self, tree: TreeId) -> Result<()> {
        self.git("restore the working tree", &["read-tree", "--reset", "-u", &tree.to_string()])?;
        self.git("clean the working tree", &["clean", "-fdq"])?;
        Ok(())
    }

    /// Makes files what HEAD has, after [`Desk::snapshot`].
    pub(super) fn restore_files(&self, paths: &BTreeSet<String>) -> Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let list: String = paths.iter().map(|path| format!("{path}\0")).collect();
        let words = [
            "restore",
            "--source=HEAD",
            "--staged",
            "--worktree",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
        ];
        let git = self.program("restore files").variable("GIT_LITERAL_PATHSPECS", "1").args(words);
        done(git.input(list.as_bytes()).output(), "restore")?;
        Ok(())
    }

    /// Returns the tree of the commit that it is at.
    pub(super) fn head_tree(&self) -> Result<TreeId> {
        let found = self.git("read HEAD", &["rev-parse", "--verify", "HEAD^{tree}"])?.stdout_text();
        TreeId::parse(found.trim()).map_err(|error| Error::usage(error.to_string()))
    }

    /// Returns the commit that it is at.
    pub(super) fn head(&self) -> Result<CommitId> {
        let found = self.git("read HEAD", &["rev-parse", "--verify", "HEAD^{commit}"])?.stdout_text();
        CommitId::parse(found.trim()).map_err(|error| Error::usage(error.to_string()))
    }

    /// Returns the files in which two trees differ.
    pub(super) fn changes(&self, from: TreeId, to: TreeId) -> Result<Vec<DeskChange>> {
        if from == to {
            return Ok(Vec::new());
        }
        let (from, to) = (from.to_string(), to.to_string());
        let output = self.git("compare", &["diff-tree", "-r", "-z", "--raw", "--no-renames", &from, &to])?;
        let text = output.stdout_text();
        let mut parts = text.split('\0').filter(|part| !part.is_empty());
        let mut changes = Vec::new();
        while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
            let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
            let is_edit =
                words.first() == words.get(1) && words.first().is_some_and(|mode| mode.starts_with("100"));
            changes.push(DeskChange { path: path.to_owned(), is_edit });
        }
        Ok(changes)
    }

    /// Returns the changes from HEAD to a tree, or of a history, as a diff without context.
    pub(super) fn diff(&self, arguments: &[&str], paths: &BTreeSet<String>) -> Result<String> {
        let plain = ["-U0", "--no-color", "--no-renames", "--no-ext-diff", "--no-textconv"];
        let (first, rest) = arguments.split_first().unwrap_or((&"diff", &[]));
        let git = self.program("compare").variable("GIT_LITERAL_PATHSPECS", "1");
        let git = git.args([
            "-c",
            "core.quotePath=false",
            "-c",
            "diff.noprefix=false",
            "-c",
            "diff.mnemonicPrefix=false",
        ]);
        let git = git.args([*first]).args(plain).args(rest).args(["--"]).args(paths);
        Ok(done(git.output(), first)?.stdout_text())
    }

    /// Returns the lines of files that match an extended regular expression; the inner error is what is wrong with it.
    pub(super) fn matches(
        &self,
        pattern: &str,
        files: &[&str],
    ) -> Result<std::result::Result<Vec<LineMatch>, String>> {
        let mut found = Vec::new();
        for files in files.chunks(MOST_PATHS) {
            let git = self.program("search").variable("GIT_LITERAL_PATHSPECS", "1");
            let words = [
                "-c",
                "core.quotePath=false",
                "grep",
                "-I",
                "-n",
                "-z",
                "-E",
                "--no-color",
                "-e",
                pattern,
                "--",
            ];
            let output = git.args(words).args(files).output().map_err(not_started)?;
            match output.status.code() {
                Some(0 | 1) => {}
                _ => return Ok(Err(last_line(&output.stderr_text()))),
            }
            let text = output.stdout_text();
            found.extend(text.lines().filter_map(|line| {
                let (path, rest) = line.split_once('\0')?;
                let end = rest.find(|c: char| !c.is_ascii_digit())?;
                let (line, text) = (rest[..end].parse().ok()?, rest[end + 1..].to_owned());
                Some(LineMatch { path: path.to_owned(), line, text })
            }));
        }
        Ok(Ok(found))
    }

    /// Makes a commit of these files, with the hooks of the user: what refuses theirs refuses this.
    pub(super) fn commit(
        &self,
        paths: &BTreeSet<String>,
        message: &str,
        worker: &str,
        limit: Duration,
    ) -> Result<()> {
        let list: String = paths.iter().map(|path| format!("{path}\0")).collect();
        let add = self.program("stage files").variable("GIT_LITERAL_PATHSPECS", "1");
        let add = add.args(["add", "--pathspec-from-file=-", "--pathspec-file-nul"]);
        done(add.input(list.as_bytes()).output(), "add")?;
        let program = Program::new("git", "commit").in_folder(&self.folder).in_its_own_repository();
        let program = program.variable("LC_ALL", "C").variable("TRACKER_AGENT", worker).time_limit(limit);
        let program = program.args(["commit", "--quiet", "--cleanup=verbatim", "--file=-"]);
        let output = program.input(message.as_bytes()).output().map_err(not_started)?;
        if output.is_success() {
            return Ok(());
        }
        let text = format!("{}{}", output.stdout_text(), output.stderr_text());
        let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("without a message");
        Err(Error::usage(format!("the commit was refused: {last}")))
    }
}

/// Git, without the hooks of the user.
fn git(action: &'static str, folder: &Path) -> Program {
    let quiet =
        ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false"];
    let program = Program::new("git", action).args(quiet).in_folder(folder).in_its_own_repository();
    program.variable("LC_ALL", "C")
}

/// Runs git in the repository, outside of any working tree.
pub(super) fn git_in(workspace: &Workspace, action: &'static str, arguments: &[&str]) -> Result<Output> {
    let common = &workspace.repo_paths().common_dir;
    git(action, common).variable("GIT_DIR", common).args(arguments).output().map_err(not_started)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn not_started(error: crate::process::Error) -> Error {
    Error::usage_with(error.to_string(), "install git")
}

fn done(output: std::result::Result<Output, crate::process::Error>, what: &str) -> Result<Output> {
    let output = output.map_err(not_started)?;
    if output.is_success() {
        return Ok(output);
    }
    Err(Error::usage(format!("git {what} failed: {}", last_line(&output.stderr_text()))))
}

/// Returns the last line that says something.
pub(super) fn last_line(text: &str) -> String {
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.unwrap_or("without a message").trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
}
