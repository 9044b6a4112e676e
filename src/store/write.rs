//! Writing one file so that whoever looks sees the old bytes or the new ones, whatever happens in between:
//! a temporary file in the same folder, sync, rename, sync of the folder.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Error, Result};
use crate::env::fail_point;

/// Whether a file's name is that of a temporary file of ours: `.NAME.PROCESS.tmp`.
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    let parts = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")?.rsplit_once('.'));
    parts.is_some_and(|(name, process)| {
        !name.is_empty() && !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What must be true of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It must not exist.
    New,
    /// It exists as a regular file; its permissions are kept.
    Existing,
}

/// Replaces or creates a file. On an error the old bytes are intact and the temporary file is gone.
pub(super) fn write(path: &Path, bytes: &[u8], target: Target) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    stage(path, bytes, target)?.move_to(path, target)?;
    fail_point("write:renamed");
    sync_folder(folder).map_err(Error::io("sync", folder))
}

/// Replaces or creates a file that a person names, so that whoever looks sees the old bytes or the new ones. A link is
/// not followed; what is no regular file, such as a terminal, is written to as it is.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Target::New,
        Ok(meta) if !meta.is_file() && !meta.is_dir() && !meta.is_symlink() => {
            return fs::write(path, bytes).map_err(Error::io("write", path));
        }
        _ => Target::Existing,
    };
    write(path, bytes, target)
}

/// Replaces or creates a file as a whole, without waiting for the disk: what it contains can be made again.
pub fn replace_unsynced(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, bytes).map_err(Error::io("write", &temporary))?;
    crate::git::share(&temporary);
    fs::rename(&temporary, path).map_err(Error::io("replace", path))
}

/// Removes a file; one that is not there is removed already.
pub fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Writes a temporary file beside a path, whole and on disk.
pub(super) fn stage(path: &Path, bytes: &[u8], target: Target) -> Result<Temporary> {
    let mode = check_target(path, target)?;
    let temporary = Temporary::beside(path);
    temporary.fill(bytes, mode).map_err(Error::io("write", path))?;
    fail_point("write:synced");
    Ok(temporary)
}

/// Returns the name of the temporary file of a file.
pub(super) fn temporary_name(name: &str) -> String {
    format!(".{name}.{}.tmp", std::process::id())
}

/// Gives a file another name in the same folder, which must be free.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    rename_new(from, to)?;
    let folder = to.parent().unwrap_or(Path::new("."));
    sync_folder(folder).map_err(Error::io("sync", folder))
}

/// Creates a folder and the parents that are missing, and syncs each folder that got a new one.
pub(super) fn create_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    create_folder(parent)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::io("create", path)(error));
        }
        _ => {}
    }
    sync_folder(parent).map_err(Error::io("sync", parent))
}

fn check_target(path: &Path, target: Target) -> Result<Option<Permissions>> {
    let meta = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && target == Target::New => return Ok(None),
        found => found.map_err(Error::io("stat", path))?,
    };
    if meta.file_type().is_symlink() {
        return Err(Error::Link { path: path.into() });
    }
    if !meta.is_file() {
        return Err(Error::WrongKind { path: path.into(), expected: "file" });
    }
    if target == Target::New {
        return Err(Error::Exists { path: path.into() });
    }
    if meta.permissions().readonly() {
        return Err(Error::io("write", path)(io::Error::from(io::ErrorKind::PermissionDenied)));
    }
    Ok(Some(meta.permissions()))
}

/// Renames, and refuses to replace: what a person put there a moment ago stays.
fn rename_new(from: &Path, to: &Path) -> Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::EXIST) => Err(Error::Exists { path: to.into() }),
        // A file system that knows no such rename: the check before, under the lock, has to do.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            fs::rename(from, to).map_err(Error::io("create", to))
        }
        Err(errno) => Err(Error::io("create", to)(errno.into())),
    }
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A temporary file that is removed unless it was renamed away.
pub(super) struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn beside(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self { path: path.with_file_name(temporary_name(&name)) }
    }

    /// Returns the folder that it is in.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.path.parent()
    }

    /// Renames it to the file that it was made for.
    pub(super) fn move_to(&self, path: &Path, target: Target) -> Result<()> {
        match target {
            Target::Existing => fs::rename(&self.path, path).map_err(Error::io("replace", path)),
            Target::New => rename_new(&self.path, path),
        }
    }

    fn fill(&self, bytes: &[u8], mode: Option<Permissions>) -> io::Result<()> {
        // A leftover of a killed process with the same number is no reason to stop; a link in its place is.
        let _ = fs::remove_file(&self.path);
        let mut file = OpenOptions::new().write(true).create_new(true).open(&self.path)?;
        fail_point("write:created");
        let (first, second) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        fail_point("write:half");
        file.write_all(second)?;
        if let Some(mode) = mode {
            file.set_permissions(mode)?;
        }
        file.sync_all()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_keeps_the_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        write(&path, b"old", Target::New).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write(&path, b"new", Target::Existing).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn refuses_links_folders_and_what_exists() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        fs::write(&outside, "kept").unwrap();
        let link = folder.path().join("link.md");
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        assert!(matches!(write(&link, b"x", Target::Existing), Err(Error::Link { .. })));
        assert!(matches!(write(&link, b"x", Target::New), Err(Error::Link { .. })));
        assert!(matches!(write(folder.path(), b"x", Target::Existing), Err(Error::WrongKind { .. })));
        assert!(matches!(write(&outside, b"x", Target::New), Err(Error::Exists { .. })));
        assert_eq!(fs::read(&outside).unwrap(), b"kept");
    }
}
