//! The task somebody works on in this working tree, of each branch: local, never committed.

use std::path::Path;

use super::{Error, Result, Workspace};
use crate::git::read_regular;
use crate::model::TaskId;

const NAME: &str = "active";
/// The tasks that were moved here, for other working trees to look at.
const MOVED: &str = "moved";
/// Tasks that are remembered as moved, the latest first.
const MOST_MOVED: usize = 50;

/// Branches of which the task is remembered, the latest first.
const MOST_BRANCHES: usize = 100;

/// A task, and the branch that it was started on; none for one that any branch has.
type Line = (TaskId, Option<String>);

impl Workspace {
    /// Returns the active task of this branch, if there is one: the one that was started on it, or on the branch that it
    /// was made from since.
    #[must_use]
    pub fn active_task(&self) -> Option<TaskId> {
        let lines = self.active_tasks();
        let (_, first) = lines.first()?;
        // Most working trees have one, and are on its branch.
        let here = self.repo_paths().branch().ok().flatten();
        if first.is_none() || *first == here {
            return lines.into_iter().next().map(|(task, _)| task);
        }
        if let Some((task, _)) = lines.iter().find(|(_, branch)| *branch == here) {
            return Some(task.clone());
        }
        let (task, branch) = lines.into_iter().next()?;
        self.continues(&branch?).then_some(task)
    }

    /// Makes a task the active one of this branch, or none.
    pub fn set_active_task(&self, id: Option<&TaskId>) -> Result<()> {
        let here = self.repo_paths().branch().ok().flatten();
        let mut lines = self.active_tasks();
        let gone = if id.is_none() { self.active_task() } else { None };
        lines.retain(|(task, branch)| *branch != here && branch.is_some() && Some(task) != gone.as_ref());
        if let Some(id) = id {
            lines.insert(0, (id.clone(), here));
        }
        self.write_active(&lines)
    }

    /// Makes a task that was started on another branch one of this branch alone, as the first commit on it does.
    pub fn adopt_active_task(&self, id: &TaskId) -> Result<()> {
        let here = self.repo_paths().branch().ok().flatten();
        let mut lines = self.active_tasks();
        match lines.first_mut() {
            Some((task, branch)) if task == id && branch.is_some() && *branch != here => *branch = here,
            _ => return Ok(()),
        }
        self.write_active(&lines)
    }

    /// Remembers that tasks were moved here. It must not be forgotten before a commit has the moves; then branches tell.
    pub fn add_moved_tasks(&self, ids: &[TaskId]) -> Result<()> {
        let before = moved_tasks_in(&self.repo_paths().git_dir);
        let earlier = before.iter().filter(|id| !ids.contains(id));
        let all: Vec<&TaskId> = ids.iter().chain(earlier).take(MOST_MOVED).collect();
        let text: String = all.into_iter().map(|id| format!("{id}\n")).collect();
        self.write_local(MOVED, text.as_bytes())
    }

    /// Whether HEAD has all that a branch has: it was made from it, or merged it.
    fn continues(&self, branch: &str) -> bool {
        let continues = || {
            let repository = self.repository().ok()?;
            let tip = repository.ref_commit(&format!("refs/heads/{branch}")).ok()??;
            let head = repository.head().ok()?.commit?;
            Some(repository.merge_base(tip, head).ok()? == Some(tip))
        };
        continues().unwrap_or(false)
    }

    fn active_tasks(&self) -> Vec<Line> {
        lines_in(&self.local_path(NAME))
    }

    fn write_active(&self, lines: &[Line]) -> Result<()> {
        if lines.is_empty() {
            let path = self.local_path(NAME);
            return match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::io("remove", path)(error))
                }
                _ => Ok(()),
            };
        }
        let text = lines.iter().take(MOST_BRANCHES).map(|(task, branch)| match branch {
            Some(branch) => format!("{task} {branch}\n"),
            None => format!("{task}\n"),
        });
        self.write_local(NAME, text.collect::<String>().as_bytes())
    }
}

fn lines_in(path: &Path) -> Vec<Line> {
    let text = String::from_utf8(read_regular(path).unwrap_or_default()).unwrap_or_default();
    let line = |line: &str| {
        let (id, branch) = line.split_once(' ').unwrap_or((line, ""));
        let branch = Some(branch.trim()).filter(|branch| !branch.is_empty());
        Some((TaskId::parse(id.trim()).ok()?, branch.map(str::to_owned)))
    };
    text.lines().filter_map(line).take(MOST_BRANCHES).collect()
}

/// Returns the tasks that were moved last in a working tree: what it has of them may not be committed yet.
#[must_use]
pub fn moved_tasks_in(git_dir: &Path) -> Vec<TaskId> {
    lines_in(&git_dir.join("tracker").join(MOVED)).into_iter().map(|(id, _)| id).collect()
}
