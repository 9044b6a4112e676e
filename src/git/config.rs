//! What git's configuration says: which editor to open, where hooks are, where the repository is fetched from.

use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::git::paths::real_or;
use crate::git::{Error, Repository};

impl Repository {
    /// Returns the command line of the user's editor, to be split as a shell would.
    ///
    /// In git's order: `GIT_EDITOR`, the setting `core.editor`, `VISUAL` (not on a dumb terminal), `EDITOR`, `vi`.
    /// None where nobody named one and there is no terminal, or a dumb one: `vi` would wait for keys that nobody
    /// presses. `core.editor` of a repository that somebody else owns does not count.
    #[must_use]
    pub fn editor(&self, env: &Env, has_terminal: bool) -> Option<String> {
        let is_dumb = env.variable("TERM").is_none_or(|terminal| terminal == "dumb");
        let configured = || {
            let program = self.inner.config_snapshot().trusted_program("core.editor").ok().flatten()?;
            program.into_string().ok().filter(|program| !program.is_empty())
        };
        env.variable("GIT_EDITOR")
            .or_else(configured)
            .or_else(|| env.variable("VISUAL").filter(|_| !is_dumb))
            .or_else(|| env.variable("EDITOR"))
            .or_else(|| (has_terminal && !is_dumb).then(|| "vi".to_owned()))
    }
}

/// Why no hook may be put where git looks for hooks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HooksRefusal {
    /// They are outside of the repository: other repositories may use the same ones.
    #[error("git takes hooks from `{}`, outside of this repository", .folder.display())]
    Outside {
        /// Where they are.
        folder: PathBuf,
        /// Whether `core.hooksPath` says so; else the folder of hooks is a link.
        is_configured: bool,
        /// Whether the configuration of this worktree alone says so.
        is_of_worktree: bool,
    },
    /// `core.hooksPath` is set to nothing, so that git runs no hooks.
    #[error("`core.hooksPath` is empty, so git runs no hooks")]
    Empty,
}

impl HooksRefusal {
    /// Returns what to try.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Outside { is_configured: true, is_of_worktree, .. } => {
                let scope = if *is_of_worktree { "--worktree " } else { "" };
                format!(
                    "give this repository hooks of its own: git config {scope}core.hooksPath \
                     \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"; or call \
                     `tracker hook NAME \"$@\"` in those hooks yourself"
                )
            }
            Self::Outside { is_configured: false, .. } => {
                "replace the link by a folder, or call `tracker hook NAME \"$@\"` in those hooks yourself"
                    .to_owned()
            }
            Self::Empty => {
                "try: git config --unset core.hooksPath; see: git config --show-origin core.hooksPath"
                    .to_owned()
            }
        }
    }
}

impl Repository {
    /// Returns the folder that git takes this repository's hooks from. It need not exist.
    ///
    /// It is what `core.hooksPath` says, from whichever configuration, where that is within the working trees or
    /// the git dir; a relative one begins at the top of this working tree. Else it is `hooks` in the git dir that
    /// all working trees share.
    pub fn hooks_folder(&self) -> Result<PathBuf, HooksRefusal> {
        let repo_paths = self.repo_paths();
        let base = repo_paths.work_dir.as_ref().unwrap_or(&repo_paths.git_dir);
        let configured = self.config_text("core.hooksPath");
        let folder = match &configured {
            Some(path) if path.is_empty() => return Err(HooksRefusal::Empty),
            Some(path) => base.join(self.expanded_path("core.hooksPath", path)),
            None => repo_paths.common_dir.join("hooks"),
        };
        let folder = real_as_far_as_it_is(&folder);
        let mut own = vec![repo_paths.common_dir.clone(), repo_paths.git_dir.clone()];
        own.extend(repo_paths.work_dir.clone());
        own.extend(repo_paths.other_work_dirs());
        if own.into_iter().any(|own| folder.starts_with(real_or(own))) {
            return Ok(folder);
        }
        let config = self.inner.config_snapshot();
        let is_of_worktree = config
            .plumbing()
            .raw_value_filter("core.hooksPath", |section| section.source == gix::config::Source::Worktree)
            .is_ok();
        Err(HooksRefusal::Outside { folder, is_configured: configured.is_some(), is_of_worktree })
    }

    /// A path of the configuration, with `~` and the like replaced; as it is where that cannot be.
    pub(super) fn expanded_path(&self, key: &str, text: &str) -> PathBuf {
        let path = self.inner.config_snapshot().trusted_path(key).ok().flatten();
        path.unwrap_or_else(|| PathBuf::from(text))
    }
}

/// The path without links, `.` and `..`, of which the last parts need not exist.
fn real_as_far_as_it_is(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut at = path;
    loop {
        if let Ok(real) = at.canonicalize() {
            return rest.iter().rev().fold(real, |path: PathBuf, name| path.join(name));
        }
        match (at.parent(), at.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name);
                at = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

impl Repository {
    /// Returns the name of the remote that `git push` means by a name or a place; none for a place that is no remote's.
    #[must_use]
    pub fn remote_at(&self, place: &str) -> Option<String> {
        let names: Vec<String> = self.inner.remote_names().iter().map(|name| name.to_string()).collect();
        if let Some(name) = names.iter().find(|name| *name == place) {
            return Some(name.clone());
        }
        let is_place = |url: &gix::Url| url.to_bstring() == place || url.path == place;
        names.into_iter().find(|name| {
            let Ok(remote) = self.inner.find_remote(name.as_str()) else { return false };
            [gix::remote::Direction::Push, gix::remote::Direction::Fetch]
                .into_iter()
                .any(|direction| remote.url(direction).is_some_and(is_place))
        })
    }

    /// Returns the names of the configured remotes, sorted.
    #[must_use]
    pub fn remote_names(&self) -> Vec<String> {
        self.inner.remote_names().into_iter().map(|name| name.to_string()).collect()
    }

    /// Returns the address of a remote, or of the one the current branch fetches from, without credentials.
    ///
    /// `url.….insteadOf` is applied. None where there is no such remote.
    pub fn remote_url(&self, remote: Option<&str>) -> Result<Option<String>, Error> {
        let found = match remote {
            Some(name) => self.inner.try_find_remote(name),
            None => self.inner.find_default_remote(gix::remote::Direction::Fetch),
        };
        let Some(found) = found else { return Ok(None) };
        let found = found.map_err(|error| Error::other("read the configuration of the remote", error))?;
        let Some(mut url) = found.url(gix::remote::Direction::Fetch).cloned() else { return Ok(None) };
        // A token may be in either place; a name in front of ssh's host is no secret, and needed.
        if url.scheme != gix::url::Scheme::Ssh {
            url.set_user(None);
        }
        url.set_password(None);
        Ok(Some(url.to_bstring().to_string()))
    }
}
