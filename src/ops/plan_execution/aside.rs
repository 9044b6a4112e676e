//! Working trees of tasks that an executor, or whatever killed one, has left so that nothing can be read from them. They are
//! put aside as they are, named, and the next attempt begins with a fresh one: nothing is deleted that may be nowhere else.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::worktree::{Worktree, short, task_branch};
use crate::git::{CommitId, Operation};
use crate::model::{PlanId, TaskId};
use crate::ops::{Error, Result};
use crate::store::Workspace;

/// What is wrong with a working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not there any more, or git does not know it any more.
    Gone,
    /// A file or a link is in its place.
    Replaced,
    /// `.git` in it leads to another repository, or is one.
    OtherRepository,
    /// Git or the tracker cannot read it, and what they say.
    Unreadable(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("its working tree is gone"),
            Self::Replaced => f.write_str("its working tree is no folder any more"),
            Self::OtherRepository => {
                f.write_str("`.git` of its working tree was replaced by another repository")
            }
            Self::Unreadable(why) => write!(f, "its working tree cannot be read: {why}"),
        }
    }
}

impl Worktree {
    /// Says what keeps it from being worked with, as far as can be seen from its files.
    pub(super) fn fault(&self) -> Option<Fault> {
        match self.folder.symlink_metadata() {
            Err(_) => return Some(Fault::Gone),
            Ok(found) if !found.is_dir() => return Some(Fault::Replaced),
            Ok(_) if !self.git_dir.is_dir() => return Some(Fault::Gone),
            Ok(_) => {}
        }
        let file = self.folder.join(".git");
        match file.symlink_metadata() {
            // It is written again.
            Err(_) => None,
            Ok(found) if !found.is_file() => Some(Fault::OtherRepository),
            Ok(_) => match fs::read_to_string(&file) {
                Ok(text) if self.is_led_to(&text) => None,
                _ => Some(Fault::OtherRepository),
            },
        }
    }

    /// Whether the text of a `.git` file leads to its own folder.
    fn is_led_to(&self, text: &str) -> bool {
        let Some(target) = text.strip_prefix("gitdir:") else { return false };
        let target = self.folder.join(target.trim());
        let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        real(&target) == real(&self.git_dir)
    }

    /// Returns what git has begun in it and has not concluded, such as a rebase. A bisect changes nothing.
    pub(super) fn unconcluded(&self) -> Option<Operation> {
        Operation::begun_in(&self.git_dir).filter(|operation| *operation != Operation::Bisect)
    }

    /// Returns the branch that it is on, where that is not its own; the commit where it is on none.
    pub(super) fn is_elsewhere(&self) -> Option<String> {
        let head = fs::read_to_string(self.git_dir.join("HEAD")).ok()?;
        let head = head.trim();
        let on = head.strip_prefix("ref:").map_or(head, str::trim);
        (on != self.branch).then(|| short(on).to_owned())
    }

    /// Puts aside what lies where the working tree of a task is, or is to be, with what git knows of it: no longer on the
    /// task's branch, but at the commit `at`. Returns where it is then; none where there was nothing.
    pub(super) fn put_aside(
        workspace: &Workspace,
        (plan, task): (&PlanId, &TaskId),
        at: CommitId,
    ) -> Result<Option<PathBuf>> {
        let folder = Self::folder_of(workspace, plan, task);
        let known = workspace.repo_paths().linked_git_dir(&folder);
        if folder.symlink_metadata().is_err() {
            if let Some(git_dir) = known {
                fs::remove_dir_all(&git_dir).map_err(Error::io("remove", &git_dir))?;
            }
            return Ok(None);
        }
        let free = (1..).map(|number| aside(&folder, number)).find(|path| path.symlink_metadata().is_err());
        let free = free.expect("numbers do not end");
        if let Some(git_dir) = &known {
            let head = git_dir.join("HEAD");
            let is_on = |text: String| {
                text.strip_prefix("ref:").is_some_and(|on| on.trim() == task_branch(plan, task))
            };
            if fs::read_to_string(&head).is_ok_and(is_on) {
                fs::write(&head, format!("{at}\n")).map_err(Error::io("write", &head))?;
            }
            // It stays a working tree, of no branch, which is forgotten once somebody deletes it.
            let _ = fs::remove_file(git_dir.join("locked"));
            let led = format!("{}\n", free.join(".git").display());
            fs::write(git_dir.join("gitdir"), led).map_err(Error::io("write", git_dir))?;
        }
        fs::rename(&folder, &free).map_err(Error::io("rename", &folder))?;
        Ok(Some(free))
    }

    /// Returns where the working tree of a task was last put aside.
    pub(super) fn last_aside(workspace: &Workspace, plan: &PlanId, task: &TaskId) -> Option<PathBuf> {
        let folder = Self::folder_of(workspace, plan, task);
        let all = (1..).map(|number| aside(&folder, number));
        all.take_while(|path| path.symlink_metadata().is_ok()).last()
    }
}

fn aside(folder: &std::path::Path, number: u32) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.broken-{number}"))
}
