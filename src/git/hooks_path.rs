//! Where git looks for hooks.

use std::path::{Path, PathBuf};

use super::Repository;
use super::places::real_or;

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
            Self::Outside { is_configured: true, .. } => "give this repository hooks of its own: git config \
                 core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"; or call \
                 `tracker hook NAME \"$@\"` in those hooks yourself"
                .to_owned(),
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
        let places = self.places();
        let base = places.work_dir.as_ref().unwrap_or(&places.git_dir);
        let configured = self.config_text("core.hooksPath");
        let folder = match &configured {
            Some(path) if path.is_empty() => return Err(HooksRefusal::Empty),
            Some(path) => base.join(self.expanded_path("core.hooksPath", path)),
            None => places.common_dir.join("hooks"),
        };
        let folder = real_as_far_as_it_is(&folder);
        let mut own = vec![places.common_dir.clone(), places.git_dir.clone()];
        own.extend(places.work_dir.clone());
        own.extend(places.other_work_dirs());
        if own.into_iter().any(|own| folder.starts_with(real_or(own))) {
            return Ok(folder);
        }
        Err(HooksRefusal::Outside { folder, is_configured: configured.is_some() })
    }

    /// A path of the configuration, with `~` and the like replaced; as it stands where that cannot be.
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
