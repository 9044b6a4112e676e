//! Where a repository's folders are, found with a few stats: no configuration is read, no object opened.
//!
//! Ownership decides nothing here, because nothing of the repository is believed yet.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Error;
use super::local_config::LocalConfig;
use crate::env::Env;

/// The folders of a repository, absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoPaths {
    /// The top of the working tree; none where there is no working tree, as in a bare repository.
    pub work_dir: Option<PathBuf>,
    /// The repository's own folder: HEAD and the index. In a linked worktree a folder of the worktree's own.
    pub git_dir: PathBuf,
    /// What all worktrees share: objects, refs, configuration. Equal to `git_dir` in the main worktree.
    pub common_dir: PathBuf,
    /// Where objects are read from in place of the common folder's own; see [`super::Quarantine`].
    pub objects: Option<PathBuf>,
}

impl RepoPaths {
    /// Returns the index that git uses: what `GIT_INDEX_FILE` names, else the working tree's own.
    #[must_use]
    pub fn index_file(&self, env: &Env) -> PathBuf {
        let named = env.variable_os("GIT_INDEX_FILE").map(|named| env.cwd().join(named));
        named.unwrap_or_else(|| self.git_dir.join("index"))
    }
}

/// Finds the repository of the current directory, as git would: `GIT_DIR` first, then upwards.
///
/// `GIT_WORK_TREE`, `GIT_COMMON_DIR`, `GIT_CEILING_DIRECTORIES` and `GIT_DISCOVERY_ACROSS_FILESYSTEM` count
/// as well. With `GIT_DIR` alone the working tree is what its configuration says, else the current directory:
/// that is how git starts hooks.
pub fn discover(env: &Env) -> Result<RepoPaths, Error> {
    GitEnv::read(env).discover(env.cwd())
}

/// The variables that move a repository, as git names them.
#[derive(Debug, Default)]
struct GitEnv {
    git_dir: Option<PathBuf>,
    work_tree: Option<PathBuf>,
    common_dir: Option<PathBuf>,
    ceilings: Vec<PathBuf>,
    across_file_systems: bool,
}

impl GitEnv {
    fn read(env: &Env) -> Self {
        let path = |name| env.variable_os(name).map(PathBuf::from);
        let ceilings = env.variable_os("GIT_CEILING_DIRECTORIES");
        let across = env.variable("GIT_DISCOVERY_ACROSS_FILESYSTEM");
        Self {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            common_dir: path("GIT_COMMON_DIR"),
            ceilings: ceilings
                .map(|list| std::env::split_paths(&list).filter(|path| path.is_absolute()).collect())
                .unwrap_or_default(),
            across_file_systems: across.is_some_and(|text| matches!(&*text, "1" | "true" | "yes" | "on")),
        }
    }

    fn discover(&self, cwd: &Path) -> Result<RepoPaths, Error> {
        let cwd = &real(cwd)?;
        let mut places = match &self.git_dir {
            Some(named) => self.named(&cwd.join(named), cwd)?,
            None => self.search(cwd)?,
        };
        if let Some(work_tree) = &self.work_tree {
            places.work_dir = Some(real(&cwd.join(work_tree))?);
        }
        Ok(places)
    }

    /// What `GIT_DIR` names: a repository's own folder, or a `.git` file.
    fn named(&self, named: &Path, cwd: &Path) -> Result<RepoPaths, Error> {
        let git_dir = if named.is_file() { target_of(named)? } else { real_or(named.to_owned()) };
        let common_dir = self.common_dir_of(&git_dir, cwd)?;
        if !looks_like_a_repository(&git_dir, &common_dir) {
            return Err(Error::NotAGitDir { named_by: "GIT_DIR".to_owned(), folder: git_dir });
        }
        let work_dir = LocalConfig::read(&git_dir, &common_dir)?.work_dir(&git_dir, Some(cwd));
        Ok(RepoPaths { work_dir, git_dir, common_dir, objects: None })
    }

    fn search(&self, cwd: &Path) -> Result<RepoPaths, Error> {
        let device = device_of(cwd)?;
        for folder in cwd.ancestors() {
            if folder != cwd {
                let beyond_ceiling = self.ceilings.iter().any(|ceiling| folder == ceiling);
                if beyond_ceiling || (!self.across_file_systems && device_of(folder)? != device) {
                    break;
                }
            }
            if let Some(places) = self.probe(folder, cwd)? {
                return Ok(places);
            }
        }
        Err(Error::NotARepository { folder: cwd.to_owned() })
    }

    /// Looks for `folder/.git`, then whether the folder itself is a repository's own.
    fn probe(&self, folder: &Path, cwd: &Path) -> Result<Option<RepoPaths>, Error> {
        let dot_git = folder.join(".git");
        let git_dir = match fs::metadata(&dot_git) {
            Ok(found) if found.is_file() => Some(target_of(&dot_git)?),
            Ok(_) if dot_git.is_symlink() => Some(real(&dot_git)?),
            Ok(_) => Some(dot_git.clone()),
            Err(source) if is_worth_telling(&source) => {
                return Err(Error::Io { deed: "look for a repository in", path: dot_git, source });
            }
            Err(_) => None,
        };
        if let Some(git_dir) = git_dir {
            let common_dir = self.common_dir_of(&git_dir, cwd)?;
            if looks_like_a_repository(&git_dir, &common_dir) {
                let work_dir = LocalConfig::read(&git_dir, &common_dir)?.work_dir(&git_dir, Some(folder));
                return Ok(Some(RepoPaths { work_dir, git_dir, common_dir, objects: None }));
            }
            if dot_git.is_file() {
                // git stops here as well: what lies above is another repository, and not the one meant.
                return Err(Error::NotAGitDir { named_by: dot_git.display().to_string(), folder: git_dir });
            }
        }
        if !folder.join("HEAD").exists() {
            return Ok(None);
        }
        let common_dir = self.common_dir_of(folder, cwd)?;
        let found = looks_like_a_repository(folder, &common_dir);
        Ok(found.then(|| RepoPaths { work_dir: None, git_dir: folder.to_owned(), common_dir, objects: None }))
    }

    fn common_dir_of(&self, git_dir: &Path, cwd: &Path) -> Result<PathBuf, Error> {
        if let Some(named) = &self.common_dir {
            return real(&cwd.join(named));
        }
        let file = git_dir.join("commondir");
        match fs::read(&file) {
            Ok(bytes) => real(&git_dir.join(path_in(&bytes))),
            Err(source) if is_worth_telling(&source) => Err(Error::Io { deed: "read", path: file, source }),
            Err(_) => Ok(git_dir.to_owned()),
        }
    }
}

/// What git asks of a repository's own folder.
fn looks_like_a_repository(git_dir: &Path, common_dir: &Path) -> bool {
    // HEAD may be a dangling link in repositories of another age.
    git_dir.join("HEAD").symlink_metadata().is_ok()
        && common_dir.join("objects").is_dir()
        && common_dir.join("refs").is_dir()
}

/// The folder that a `.git` file names.
fn target_of(file: &Path) -> Result<PathBuf, Error> {
    let bytes = fs::read(file).map_err(|source| Error::Io { deed: "read", path: file.to_owned(), source })?;
    let Some(target) = bytes.strip_prefix(b"gitdir:") else {
        let source = std::io::Error::new(ErrorKind::InvalidData, "it does not begin with `gitdir:`");
        return Err(Error::Io { deed: "read", path: file.to_owned(), source });
    };
    let folder = file.parent().unwrap_or(file).join(path_in(target));
    match folder.canonicalize() {
        Ok(folder) => Ok(folder),
        Err(source) if is_worth_telling(&source) => {
            Err(Error::Io { deed: "look for a repository in", path: folder, source })
        }
        Err(_) => Err(Error::NotAGitDir { named_by: file.display().to_string(), folder }),
    }
}

/// The path that a one-line file holds.
pub(super) fn path_in(bytes: &[u8]) -> PathBuf {
    let text = bytes.trim_ascii();
    gix::path::from_byte_slice(text)
        .map_or_else(|_| PathBuf::from(String::from_utf8_lossy(text).into_owned()), Path::to_owned)
}

/// The path without links, `.` and `..`.
fn real(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Io { deed: "find", path: path.to_owned(), source })
}

/// Like [`real`], for a path that need not exist.
pub(super) fn real_or(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

/// Absence is an answer; anything else is an error that the user wants to know.
pub(super) fn is_worth_telling(error: &std::io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(unix)]
fn device_of(folder: &Path) -> Result<u64, Error> {
    use std::os::unix::fs::MetadataExt;
    match fs::metadata(folder) {
        Ok(found) => Ok(found.dev()),
        Err(source) => Err(Error::Io { deed: "look for a repository in", path: folder.to_owned(), source }),
    }
}

#[cfg(not(unix))]
fn device_of(_: &Path) -> Result<u64, Error> {
    Ok(0)
}
