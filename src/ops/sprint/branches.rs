//! What git says of a sprint: records that are not committed, and branches that are merged and that are not.

use std::thread::{self, JoinHandle};

use super::records::SprintData;
use super::view::open_task;
use crate::facts::scope_now;
use crate::model::{RecordKind, RecordPath, TRACKER_FOLDER, TaskId};
use crate::ops::{Error, Result, Session};
use crate::process::{self, Output, Program};
use crate::store::SprintFile;

/// What came of starting a program.
type ProgramResult = std::result::Result<Output, process::Error>;

/// A branch with work on tasks of the sprint that is not merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) name: String,
    pub(super) tasks: Vec<TaskId>,
    /// Whether all of these are complete at its tip.
    pub(super) is_finished: bool,
}

/// Runs git at the top of the working tree and returns what it printed.
pub(super) fn git(session: &Session<'_>, arguments: &[&str], action: &'static str) -> Result<String> {
    run_git(session, Program::new("git", action).args(arguments), action)
}

/// Runs a git that is made ready at the top of the working tree and returns what it printed.
pub(super) fn run_git(session: &Session<'_>, program: Program, action: &'static str) -> Result<String> {
    printed(program.in_folder(session.workspace().work_dir()).output(), action)
}

fn printed(output: ProgramResult, action: &'static str) -> Result<String> {
    let output = output.map_err(|error| Error::usage(error.to_string()))?;
    if output.is_success() {
        return Ok(output.stdout_text());
    }
    let text = output.stderr_text() + &output.stdout_text();
    Err(Error::usage(format!("cannot {action}: {}", text.trim())))
}

/// A git that runs while something else is read.
struct Running {
    output: JoinHandle<ProgramResult>,
    action: &'static str,
}

impl Running {
    fn begin(session: &Session<'_>, arguments: &[&str], action: &'static str) -> Self {
        let program = Program::new("git", action).args(arguments).in_folder(session.workspace().work_dir());
        Self { output: thread::spawn(move || program.output()), action }
    }

    /// Waits for its end and returns what it printed.
    fn printed(self) -> Result<String> {
        printed(self.output.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), self.action)
    }
}

/// What an audit reads of git: three programs at once, while the records are read.
pub(super) struct GitQueries {
    uncommitted: Running,
    unmerged: Running,
    /// None where the sprint's start is not known.
    merges: Option<Running>,
}

/// What git printed for an audit.
pub(super) struct GitAnswers {
    /// Paths below the tracker's folder that differ from HEAD.
    pub(super) uncommitted: Vec<String>,
    /// Local branches that are not merged, as full refs.
    unmerged: Vec<String>,
    /// Branches that were merged since the sprint's start, as the subjects of merge commits name them.
    pub(super) merged: Vec<String>,
}

impl GitQueries {
    pub(super) fn begin(session: &Session<'_>, file: &SprintFile) -> Self {
        let status = ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--"];
        let status = status.into_iter().chain([TRACKER_FOLDER]).collect::<Vec<_>>();
        let unmerged = ["for-each-ref", "--no-merged=HEAD", "--format=%(refname)", "refs/heads"];
        let merges = range_of(file, "HEAD").map(|range| {
            let arguments: Vec<&str> = MERGES.into_iter().chain([range.as_str()]).collect();
            Running::begin(session, &arguments, LIST_MERGES)
        });
        Self {
            uncommitted: Running::begin(session, &status, "list what is not committed"),
            unmerged: Running::begin(session, &unmerged, "list branches"),
            merges,
        }
    }

    /// Waits for the answers.
    pub(super) fn answers(self) -> Result<GitAnswers> {
        let status = self.uncommitted.printed()?;
        let uncommitted = status.split('\0').filter_map(|line| line.get(3..)).map(str::to_owned).collect();
        let unmerged = self.unmerged.printed()?.lines().map(str::to_owned).collect();
        // A start that is gone, after a rebase or in a shallow clone, says nothing of merges.
        let merges = self.merges.and_then(|merges| merges.printed().ok()).unwrap_or_default();
        Ok(GitAnswers { uncommitted, unmerged, merged: branch_names(&merges) })
    }
}

impl GitAnswers {
    /// Returns the branches that are not merged and have work on tasks of the sprint.
    pub(super) fn unmerged(&self, session: &Session<'_>, data: &SprintData) -> Result<Vec<Branch>> {
        let scope = scope_now(&data.file);
        let mut found = Vec::new();
        for name in &self.unmerged {
            let range = format!("HEAD...{name}");
            let folder = RecordKind::Task.folder();
            let arguments = ["diff", "--name-only", "-z", "--no-renames", &range, "--", folder];
            // A branch that has no commit in common has no work of this sprint either.
            let Ok(changed) = git(session, &arguments, "compare a branch") else { continue };
            let task = |path: &str| RecordPath::parse(path)?.task().cloned();
            let tasks: Vec<TaskId> =
                changed.split('\0').filter_map(task).filter(|id| scope.contains_key(id)).collect();
            if tasks.is_empty() {
                continue;
            }
            let tip = session.workspace().snapshot_at(name)?;
            let mut is_finished = true;
            for id in &tasks {
                is_finished &= open_task(&tip, id)?.is_none();
            }
            let name = name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
            found.push(Branch { name, tasks, is_finished });
        }
        Ok(found)
    }
}

const MERGES: [&str; 5] = ["log", "--merges", "--first-parent", "--reverse", "--format=%s"];
const LIST_MERGES: &str = "list merges";

/// Returns the range from a sprint's start to a commit; none where the start is not known.
fn range_of(file: &SprintFile, tip: &str) -> Option<String> {
    let start = file.sprint.started()?.commit.clone()?;
    Some(format!("{start}..{tip}"))
}

/// Returns the branches that were merged from the sprint's start to a commit, as the subjects of merge commits name them.
pub(super) fn merged_branches(session: &Session<'_>, file: &SprintFile, tip: &str) -> Vec<String> {
    let Some(range) = range_of(file, tip) else { return Vec::new() };
    let arguments: Vec<&str> = MERGES.into_iter().chain([range.as_str()]).collect();
    branch_names(&git(session, &arguments, LIST_MERGES).unwrap_or_default())
}

/// Returns the names of branches in the subjects of merge commits; one that names none is taken for a name.
fn branch_names(subjects: &str) -> Vec<String> {
    let branch = |subject: &str| {
        let rest = subject.split_once("branch '").map(|(_, rest)| rest);
        let named = rest.and_then(|rest| rest.split_once('\'')).map(|(name, _)| name);
        named
            .or_else(|| {
                subject.strip_prefix("Merge pull request ")?.split_once(" from ").map(|(_, rest)| rest)
            })
            .unwrap_or(subject)
            .trim()
            .to_owned()
    };
    subjects.lines().map(branch).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::branch_names;

    #[test]
    fn every_merge_is_named() {
        let subjects = "Merge branch 'one'\nMerge branch 'two' into main\nMerge remote-tracking branch 'origin/three'\n\
                        Merge pull request #4 from ada/four\nTake the fixes from upstream\n\nMerge branches 'a' and 'b'\n";
        let names = [
            "one",
            "two",
            "origin/three",
            "ada/four",
            "Take the fixes from upstream",
            "Merge branches 'a' and 'b'",
        ];
        assert_eq!(branch_names(subjects), names);
    }
}
