//! Where a repository's folders are, found with a few stats: no object is opened, and configuration is read only where
//! the folders alone do not tell. Also the other working trees of the same repository.
//!
//! Ownership decides nothing here, because nothing of the repository is believed yet.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::git::Error;
use crate::git::error::one_line;

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
    /// The settings that git was given with `-c` and passes on, each as `key=value`.
    pub settings: Vec<String>,
}

impl RepoPaths {
    /// Returns the folder of what this program keeps for this working tree, and never commits.
    #[must_use]
    pub fn own_folder(&self) -> PathBuf {
        self.git_dir.join("tracker")
    }

    /// Returns the folder of what this program keeps for all working trees of this clone, and never commits.
    #[must_use]
    pub fn shared_folder(&self) -> PathBuf {
        self.common_dir.join("tracker")
    }

    /// Returns the index that git uses: what `GIT_INDEX_FILE` names, else the working tree's own.
    #[must_use]
    pub fn index_file(&self, env: &Env) -> PathBuf {
        let named = env.variable_os("GIT_INDEX_FILE").map(|named| env.cwd().join(named));
        named.unwrap_or_else(|| self.git_dir.join("index"))
    }

    /// Returns the file whose presence keeps refs from being packed, and packed ones from being changed.
    #[must_use]
    pub fn packed_refs_lock(&self) -> PathBuf {
        self.common_dir.join("packed-refs.lock")
    }

    /// Returns the folders of a linked working tree of the same repository; none where there is none, or not a whole one.
    #[must_use]
    pub fn linked(&self, work_dir: &Path) -> Option<Self> {
        let work_dir = work_dir.canonicalize().ok()?;
        let git_dir = self.linked_git_dir(&work_dir)?;
        let is_whole = looks_like_a_repository(&git_dir, &self.common_dir) && git_dir.join("index").is_file();
        is_whole.then(|| Self { work_dir: Some(work_dir), git_dir, ..self.clone() })
    }

    /// Returns the folder that belongs to a linked working tree, also where that is gone or is half made.
    #[must_use]
    pub fn linked_git_dir(&self, work_dir: &Path) -> Option<PathBuf> {
        // What is above the working tree is there, whatever has become of itself.
        let folder = work_dir.parent()?.canonicalize().ok()?.join(work_dir.file_name()?);
        let mut desks = self.linked_desks().into_iter();
        desks.find(|(found, _)| *found == folder || found == work_dir).map(|(_, git_dir)| git_dir)
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

/// Reads what git passes on of its `-c`: `'key'='value' …`, or `'key=value' …` as older ones write it, quoted for a
/// shell. A key alone, which means true, ends in `=` here or there.
fn settings_in(text: &str) -> Vec<String> {
    let mut settings = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (mut setting, mut is_quoted, mut is_bare, mut end) = (String::new(), false, false, rest.len());
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => is_quoted = !is_quoted,
                _ if is_quoted => setting.push(c),
                ' ' => {
                    end = at;
                    break;
                }
                '\\' => setting.extend(chars.next().map(|(_, c)| c)),
                _ => setting.push(c),
            }
            is_bare = c == '=' && !is_quoted;
        }
        if is_bare {
            setting.pop();
        }
        // Anything else is refused where the configuration is read.
        if setting.contains('.') {
            settings.push(setting);
        }
        rest = rest[end..].trim_start();
    }
    settings
}

/// The variables that move a repository, as git names them.
#[derive(Debug, Default)]
struct GitEnv {
    git_dir: Option<PathBuf>,
    work_tree: Option<PathBuf>,
    common_dir: Option<PathBuf>,
    ceilings: Vec<PathBuf>,
    across_file_systems: bool,
    settings: Vec<String>,
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
            settings: env
                .variable("GIT_CONFIG_PARAMETERS")
                .map(|text| settings_in(&text))
                .unwrap_or_default(),
            across_file_systems: across.is_some_and(|text| matches!(&*text, "1" | "true" | "yes" | "on")),
        }
    }

    fn discover(&self, cwd: &Path) -> Result<RepoPaths, Error> {
        let cwd = &real(cwd)?;
        let mut repo_paths = match &self.git_dir {
            Some(named) => self.named(&cwd.join(named), cwd)?,
            None => self.search(cwd)?,
        };
        if let Some(work_tree) = &self.work_tree {
            repo_paths.work_dir = Some(real(&cwd.join(work_tree))?);
        }
        repo_paths.settings.clone_from(&self.settings);
        Ok(repo_paths)
    }

    /// What `GIT_DIR` names: a repository's own folder, or a `.git` file.
    fn named(&self, named: &Path, cwd: &Path) -> Result<RepoPaths, Error> {
        let git_dir = if named.is_file() { target_of(named)? } else { real_or(named.to_owned()) };
        let common_dir = self.common_dir_of(&git_dir, cwd)?;
        if !looks_like_a_repository(&git_dir, &common_dir) {
            return Err(Error::NotAGitDir { named_by: "GIT_DIR".to_owned(), folder: git_dir });
        }
        let work_dir = LocalConfig::read(&git_dir, &common_dir)?.work_dir(&git_dir, Some(cwd));
        Ok(RepoPaths { work_dir, git_dir, common_dir, objects: None, settings: Vec::new() })
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
            if let Some(repo_paths) = self.probe(folder, cwd)? {
                return Ok(repo_paths);
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
                return Err(Error::Io { action: "look for a repository in", path: dot_git, source });
            }
            Err(_) => None,
        };
        if let Some(git_dir) = git_dir {
            let common_dir = self.common_dir_of(&git_dir, cwd)?;
            if looks_like_a_repository(&git_dir, &common_dir) {
                let work_dir = LocalConfig::read(&git_dir, &common_dir)?.work_dir(&git_dir, Some(folder));
                return Ok(Some(RepoPaths {
                    work_dir,
                    git_dir,
                    common_dir,
                    objects: None,
                    settings: Vec::new(),
                }));
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
        Ok(found.then(|| RepoPaths {
            work_dir: None,
            git_dir: folder.to_owned(),
            common_dir,
            objects: None,
            settings: Vec::new(),
        }))
    }

    fn common_dir_of(&self, git_dir: &Path, cwd: &Path) -> Result<PathBuf, Error> {
        if let Some(named) = &self.common_dir {
            return real(&cwd.join(named));
        }
        let file = git_dir.join("commondir");
        match fs::read(&file) {
            Ok(bytes) => real(&git_dir.join(path_in(&bytes))),
            Err(source) if is_worth_telling(&source) => Err(Error::Io { action: "read", path: file, source }),
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
    let bytes =
        fs::read(file).map_err(|source| Error::Io { action: "read", path: file.to_owned(), source })?;
    let Some(target) = bytes.strip_prefix(b"gitdir:") else {
        let source = std::io::Error::new(ErrorKind::InvalidData, "it does not begin with `gitdir:`");
        return Err(Error::Io { action: "read", path: file.to_owned(), source });
    };
    let folder = file.parent().unwrap_or(file).join(path_in(target));
    match folder.canonicalize() {
        Ok(folder) => Ok(folder),
        Err(source) if is_worth_telling(&source) => {
            Err(Error::Io { action: "look for a repository in", path: folder, source })
        }
        Err(_) => Err(Error::NotAGitDir { named_by: file.display().to_string(), folder }),
    }
}

/// The path that a one-line file contains.
pub(super) fn path_in(bytes: &[u8]) -> PathBuf {
    let text = bytes.trim_ascii();
    gix::path::from_byte_slice(text)
        .map_or_else(|_| PathBuf::from(String::from_utf8_lossy(text).into_owned()), Path::to_owned)
}

/// The path without links, `.` and `..`.
fn real(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Io { action: "find", path: path.to_owned(), source })
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
        Err(source) => Err(Error::Io { action: "look for a repository in", path: folder.to_owned(), source }),
    }
}

#[cfg(not(unix))]
fn device_of(_: &Path) -> Result<u64, Error> {
    Ok(0)
}

/// A repository's own configuration, without the user's and the system's and without includes.
///
/// Hardly parsed: nearly every repository says what its folders say already.
pub(super) struct LocalConfig {
    /// In the order they are read; the last one that says something counts.
    files: Vec<gix::config::File>,
}

impl LocalConfig {
    /// Reads `config`, and `config.worktree` where the repository uses it. A linked working tree is where its
    /// folders say, whatever the main one's configuration is.
    pub(super) fn read(git_dir: &Path, common_dir: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        if git_dir != common_dir {
            return Ok(Self { files });
        }
        files.extend(read_file(&common_dir.join("config"), git_dir)?);
        let per_worktree =
            |file: &gix::config::File| file.boolean("extensions.worktreeConfig").ok().flatten();
        if files.iter().find_map(per_worktree) == Some(true) {
            files.extend(read_file(&git_dir.join("config.worktree"), git_dir)?);
        }
        Ok(Self { files })
    }

    /// Returns the working tree's top, where `by_folders` is what it is without configuration.
    pub(super) fn work_dir(&self, git_dir: &Path, by_folders: Option<&Path>) -> Option<PathBuf> {
        let named = self.files.iter().rev().find_map(|file| file.string("core.worktree"));
        let is_bare = |file: &gix::config::File| file.boolean("core.bare").ok().flatten();
        match named {
            _ if self.files.iter().rev().find_map(is_bare) == Some(true) => None,
            Some(named) => Some(real_or(git_dir.join(path_in(&named)))),
            None => by_folders.map(Path::to_owned),
        }
    }
}

fn read_file(path: &Path, git_dir: &Path) -> Result<Option<gix::config::File>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) if is_worth_telling(&source) => {
            return Err(Error::Io { action: "read", path: path.to_owned(), source });
        }
        Err(_) => return Ok(None),
    };
    if !may_say_something(&bytes) {
        return Ok(None);
    }
    let metadata = gix::config::file::Metadata::from(gix::config::Source::Local);
    gix::config::File::from_bytes_no_includes(&bytes, metadata, gix::config::file::init::Options::default())
        .map(Some)
        .map_err(|error| Error::Open {
            git_dir: git_dir.to_owned(),
            reason: format!("{}: {}", path.display(), one_line(&error.to_string())),
        })
}

/// Whether a configuration can say anything of the working tree beyond `bare = false`, which `git init` writes.
fn may_say_something(bytes: &[u8]) -> bool {
    let text = bytes.to_ascii_lowercase();
    let count = |word: &str| text.windows(word.len()).filter(|at| *at == word.as_bytes()).count();
    count("worktree") > 0 || count("bare") > count("bare = false")
}

impl RepoPaths {
    /// Returns the tops of the main and all linked working trees except this one, sorted.
    ///
    /// One whose folder is gone (deleted, or on a drive that is not mounted) is left out, and so is what cannot
    /// be read: these are other people's desks.
    #[must_use]
    pub fn other_work_dirs(&self) -> Vec<PathBuf> {
        self.other_desks().into_iter().map(|(work_dir, _)| work_dir).collect()
    }

    /// Returns the other working trees with the git dir of each, sorted.
    #[must_use]
    pub fn other_desks(&self) -> Vec<(PathBuf, PathBuf)> {
        let mut found = self.linked_desks();
        if self.git_dir != self.common_dir {
            found.extend(self.main_work_dir().map(|top| (top, self.common_dir.clone())));
        }
        found.retain(|(work_dir, _)| Some(work_dir) != self.work_dir.as_ref() && work_dir.is_dir());
        found.sort();
        found.dedup();
        found
    }

    /// Each linked working tree has a folder that names the `.git` file at its top.
    fn linked_desks(&self) -> Vec<(PathBuf, PathBuf)> {
        let Ok(folders) = fs::read_dir(self.common_dir.join("worktrees")) else { return Vec::new() };
        let own = self.git_dir.file_name().filter(|_| self.git_dir != self.common_dir);
        let mut found = Vec::new();
        for folder in folders.flatten() {
            if Some(folder.file_name().as_os_str()) == own {
                continue;
            }
            let Ok(bytes) = fs::read(folder.path().join("gitdir")) else { continue };
            let dot_git = folder.path().join(path_in(&bytes));
            found.extend(dot_git.parent().map(|work_dir| (real_or(work_dir.to_owned()), folder.path())));
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

#[cfg(test)]
mod tests {
    #[test]
    fn settings_are_read_as_git_passes_them_on() {
        for (text, expected) in [
            (
                "'user.name'='Grace Hopper' 'user.email'='grace@example.com'",
                &["user.name=Grace Hopper", "user.email=grace@example.com"][..],
            ),
            ("'user.name=Grace Hopper'", &["user.name=Grace Hopper"]),
            (r"'user.name'='O'\''Hara'", &["user.name=O'Hara"]),
            ("'core.bare'=", &["core.bare"]),
            ("'a.b'=''", &["a.b="]),
            ("", &[]),
        ] {
            assert_eq!(super::settings_in(text), expected, "{text}");
        }
    }
}
