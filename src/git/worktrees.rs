//! The other working trees of the same repository.

use std::fs;
use std::path::PathBuf;

use super::RepoPaths;
use super::local_config::LocalConfig;
use super::places::{path_in, real_or};

impl RepoPaths {
    /// Returns the tops of the main and all linked working trees except this one, sorted.
    ///
    /// One whose folder is gone (deleted, or on a drive that is not mounted) is left out, and so is what cannot
    /// be read: these are other people's desks.
    #[must_use]
    pub fn other_work_dirs(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = self.linked_work_dirs();
        if self.git_dir != self.common_dir {
            found.extend(self.main_work_dir());
        }
        found.retain(|work_dir| Some(work_dir) != self.work_dir.as_ref() && work_dir.is_dir());
        found.sort();
        found.dedup();
        found
    }

    /// Each linked working tree has a folder that names the `.git` file at its top.
    fn linked_work_dirs(&self) -> Vec<PathBuf> {
        let Ok(folders) = fs::read_dir(self.common_dir.join("worktrees")) else { return Vec::new() };
        let own = self.git_dir.file_name().filter(|_| self.git_dir != self.common_dir);
        let mut found = Vec::new();
        for folder in folders.flatten() {
            if Some(folder.file_name().as_os_str()) == own {
                continue;
            }
            let Ok(bytes) = fs::read(folder.path().join("gitdir")) else { continue };
            let dot_git = folder.path().join(path_in(&bytes));
            found.extend(dot_git.parent().map(|work_dir| real_or(work_dir.to_owned())));
        }
        found
    }

    /// The main working tree as seen from a linked one: none where the repository is bare.
    fn main_work_dir(&self) -> Option<PathBuf> {
        let is_dot_git = self.common_dir.file_name().is_some_and(|name| name == ".git");
        let by_folders = self.common_dir.parent().filter(|_| is_dot_git);
        LocalConfig::read(&self.common_dir, &self.common_dir).ok()?.work_dir(&self.common_dir, by_folders)
    }
}
