//! Merges by git itself, without a working tree: into a folder of objects that is thrown away, or into the repository's.

use std::fs;
use std::path::PathBuf;

use super::LiveBranch;
use crate::git::{CommitId, TreeId};
use crate::ops::merge_trees::{MergeSettings, Merged, Unrelated, git_failed, merge_trees};
use crate::ops::{Error, Result, Session};
use crate::process::Program;

/// Where git merges.
pub(super) struct ObjectStore<'s, 'e> {
    session: &'s Session<'e>,
    common: PathBuf,
    settings: MergeSettings,
    /// Where it puts what it makes; none for the repository's own objects.
    objects: Option<ScratchFolder>,
}

/// A folder that is removed with what is in it.
struct ScratchFolder(PathBuf);

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl<'s, 'e> ObjectStore<'s, 'e> {
    /// Leaves nothing behind.
    pub(super) fn scratch(session: &'s Session<'e>) -> Result<Self> {
        let name = format!("tracker-{}-{}", std::process::id(), session.env().nonce());
        let folder = session.env().temporary_folder().join(name);
        fs::create_dir(&folder).map_err(Error::io("create", &folder))?;
        let objects = ScratchFolder(folder);
        Ok(Self { objects: Some(objects), ..Self::kept(session)? })
    }

    /// Keeps what it makes, so that it can be read; git throws it away in time.
    pub(super) fn kept(session: &'s Session<'e>) -> Result<Self> {
        let common = session.workspace().repo_paths().common_dir.clone();
        let settings = MergeSettings::of(session.env(), &common)?;
        Ok(Self { session, common, settings, objects: None })
    }

    fn git(&self, action: &'static str) -> Program {
        // Drivers write their files to the current directory.
        let folder = self.common.join("tracker").join("worktrees");
        let program = Program::new("git", action).in_folder(&folder).in_its_own_repository();
        let program = program
            .variable("LC_ALL", "C")
            .variable("GIT_DIR", &self.common)
            .variable("GIT_INDEX_FILE", folder.join("no-index"));
        match &self.objects {
            Some(objects) => program
                .variable("GIT_OBJECT_DIRECTORY", &objects.0)
                .variable("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.common.join("objects")),
            None => program,
        }
    }

    /// Merges two commits, with the records of both joined field by field.
    pub(super) fn merge(&self, ours: CommitId, theirs: CommitId) -> Result<Merged> {
        merge_trees(self.git("merge"), &self.settings, Unrelated::Refused, [ours, theirs])
    }

    /// Returns the files in conflict. One that git would put aside under the name of its branch has that name.
    pub(super) fn conflicts(&self, ours: &LiveBranch, theirs: &LiveBranch) -> Result<Vec<String>> {
        let aside = |path: String, branch: &LiveBranch| {
            path.replace(&format!("~{}", branch.commit), &format!("~{}", branch.name.replace('/', "_")))
        };
        let named = |path: String| aside(aside(path, ours), theirs);
        let commits = [ours.commit, theirs.commit];
        Ok(match merge_trees(self.git("merge"), &self.settings, Unrelated::Merged, commits)? {
            Merged::Clean(_) => Vec::new(),
            Merged::Conflict(files) => files.into_iter().map(named).collect(),
        })
    }

    /// Makes the commit of a merge.
    pub(super) fn commit(&self, tree: TreeId, parents: [CommitId; 2], message: &str) -> Result<CommitId> {
        let (tree, [one, other]) = (tree.to_string(), parents.map(|parent| parent.to_string()));
        let by = self.session.workspace().repository()?.identity(self.session.env())?;
        let words = ["commit-tree", "--no-gpg-sign", "-p", &one, "-p", &other, "-m", message, &tree];
        let git = self.git("commit").args(words);
        let git = ["AUTHOR", "COMMITTER"].into_iter().fold(git, |git, whose| {
            git.variable(&format!("GIT_{whose}_NAME"), &by.name)
                .variable(&format!("GIT_{whose}_EMAIL"), &by.email)
        });
        let output = git.output().map_err(|error| Error::usage_with(error.to_string(), "install git"))?;
        let id = output.stdout_text();
        CommitId::parse(id.trim()).map_err(|_| git_failed("commit-tree", &output))
    }
}
