//! What tells, without reading them, whether the records of a folder are still those that were read.

use std::path::Path;

use super::Result;
use super::folder::{Folder, Stat};

/// A file changed this shortly before it was read may change again within the same tick of the file system's clock, in
/// nanoseconds.
pub(super) const CLOCK_TICK: i64 = 20_000_000;

/// A folder and the files in it, by their stats. A file that is added or removed changes the folder's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderStamp {
    /// The folder's own.
    pub folder: Stat,
    /// Those of the files, by name.
    pub files: Vec<(String, Stat)>,
}

impl FolderStamp {
    /// Whether nothing in it was changed so shortly before a moment, in nanoseconds since 1970, that another change
    /// might bear the same stat.
    #[must_use]
    pub fn is_stable(&self, at: i64) -> bool {
        let stats = self.files.iter().map(|(_, stat)| stat).chain([&self.folder]);
        stats.into_iter().all(|stat| stat.is_stable(at))
    }
}

impl Stat {
    /// As of [`FolderStamp::is_stable`].
    #[must_use]
    pub fn is_stable(self, at: i64) -> bool {
        self.modified.max(self.changed) < at.saturating_sub(CLOCK_TICK)
    }

    /// Returns the stat of any file, without following a link; none where it cannot be had.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let folder = Folder::open(path.parent()?, "").ok()??;
        folder.stat(path.file_name()?.to_str()?)
    }
}

/// An open folder whose folders are compared with their stamps.
#[derive(Debug)]
pub struct Stamps {
    folder: Folder,
}

impl Stamps {
    /// Opens a folder below the top of a working tree; none where it is not there.
    pub(super) fn open(top: &Path, folder: &str) -> Result<Option<Self>> {
        Ok(Folder::open(top, folder)?.map(|folder| Self { folder }))
    }

    /// Returns the stamp of a folder in it; none where that is not there, is a link, or contains a folder.
    #[must_use]
    pub fn take(&self, name: &str) -> Option<FolderStamp> {
        let folder = self.folder.stat(name)?;
        let inside = self.folder.inside(name)?;
        let mut files = Vec::new();
        inside.visit(|name, kind| files.push((name.to_owned(), kind))).ok()?;
        let stat = |(file, _): (String, _)| {
            let stat = inside.stat(&file)?;
            Some((file, stat))
        };
        Some(FolderStamp { folder, files: files.into_iter().map(stat).collect::<Option<_>>()? })
    }

    /// Whether a folder in it is still as its stamp says.
    #[must_use]
    pub fn is_current(&self, name: &str, stamp: &FolderStamp) -> bool {
        let mut path = format!("{name}/");
        let length = path.len();
        self.folder.stat(name) == Some(stamp.folder)
            && stamp.files.iter().all(|(file, stat)| {
                path.truncate(length);
                path.push_str(file);
                self.folder.stat(&path) == Some(*stat)
            })
    }
}
