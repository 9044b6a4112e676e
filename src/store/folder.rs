//! Reading below a folder without following links: every file is opened relative to an open folder.

use std::ffi::CStr;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::fs::SeekFrom;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};

use super::{Entry, EntryKind, Error, Result};

/// Largest file that is read, in bytes. A record is a page of text; what is larger is not one.
pub const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// What says whether a file is still the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stat {
    /// Nanoseconds since 1970 at which the content last changed.
    pub modified: i64,
    /// Nanoseconds since 1970 at which content or attributes last changed.
    pub changed: i64,
    /// Bytes.
    pub size: u64,
    /// Number of the file on its file system.
    pub inode: u64,
}

impl Stat {
    /// How many bytes [`Stat::to_bytes`] gives.
    pub const LENGTH: usize = 32;

    /// Returns the stat as bytes, for the index.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let words = [self.modified.to_le_bytes(), self.changed.to_le_bytes(), self.size.to_le_bytes()];
        let words = words.into_iter().chain([self.inode.to_le_bytes()]);
        bytes.chunks_exact_mut(8).zip(words).for_each(|(place, word)| place.copy_from_slice(&word));
        bytes
    }

    /// Reads what [`Stat::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        let word = |at: usize| std::array::from_fn(|byte| bytes[at * 8 + byte]);
        Self {
            modified: i64::from_le_bytes(word(0)),
            changed: i64::from_le_bytes(word(1)),
            size: u64::from_le_bytes(word(2)),
            inode: u64::from_le_bytes(word(3)),
        }
    }
}

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder below `top`, component by component, following no link. Returns none if it is not there.
    pub(super) fn open(top: &Path, relative: &str) -> Result<Option<Self>> {
        let mut path = top.to_path_buf();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(&path, flags, Mode::empty());
        let mut fd = opened.map_err(|errno| Error::io("open", &path)(errno.into()))?;
        for name in relative.split('/').filter(|name| !name.is_empty()) {
            path.push(name);
            match rustix::fs::openat(&fd, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(next) => fd = next,
                Err(rustix::io::Errno::NOENT) => return Ok(None),
                Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => return Err(not_a_folder(path)),
                Err(errno) => return Err(Error::io("open", path)(errno.into())),
            }
        }
        Ok(Some(Self { fd, path }))
    }

    /// Opens a folder in it, without following a link.
    pub(super) fn inside(&self, name: &str) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty()).ok()?;
        Some(Self { fd, path: self.path.join(name) })
    }

    /// Returns its path.
    #[cfg(target_os = "linux")]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its number on its file system.
    #[cfg(target_os = "linux")]
    pub(super) fn inode(&self) -> Option<u64> {
        Some(stat_from(&rustix::fs::fstat(&self.fd).ok()?).inode)
    }

    /// Returns what marks the kind of its file system.
    #[cfg(target_os = "linux")]
    pub(super) fn file_system(&self) -> Option<u64> {
        u64::try_from(rustix::fs::fstatfs(&self.fd).ok()?.f_type).ok()
    }

    /// Lists names and kinds, unsorted.
    pub(super) fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.visit(|name, kind| entries.push(Entry { name: name.to_owned(), kind }))?;
        Ok(entries)
    }

    /// Shows names and kinds one by one, unsorted. Names that are not UTF-8 come with replacement characters.
    pub(super) fn visit(&self, mut see: impl FnMut(&str, EntryKind)) -> Result<()> {
        let mut unknown = Ok(());
        let listed = each_entry(&self.fd, |name, file_type| {
            let name = name.to_string_lossy();
            match file_type {
                _ if name == "." || name == ".." => {}
                FileType::Unknown => match self.kind_of(&name) {
                    Ok(kind) => see(&name, kind),
                    Err(error) => unknown = Err(error),
                },
                known => see(&name, kind_from(known)),
            }
        });
        listed.map_err(|errno| Error::io("list", &self.path)(errno.into()))?;
        unknown
    }

    fn kind_of(&self, name: &str) -> Result<EntryKind> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| Error::io("stat", self.path.join(name))(errno.into()))?;
        Ok(kind_from(FileType::from_raw_mode(stat.st_mode)))
    }

    /// Returns a file's stat without following a link; none if it went away.
    pub(super) fn stat(&self, name: &str) -> Option<Stat> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(stat_from(&stat))
    }

    /// Reads a regular file, with the stat of what was read. Returns none if it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<(Vec<u8>, Stat)>> {
        let path = || self.path.join(name);
        // NONBLOCK: a pipe in place of a file must not make the reader wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(Error::Link { path: path() }),
            Err(rustix::io::Errno::NXIO) => {
                return Err(Error::WrongKind { path: path(), expected: "file" });
            }
            Err(errno) => return Err(Error::io("read", path())(errno.into())),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|errno| Error::io("stat", path())(errno.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Error::WrongKind { path: path(), expected: "file" });
        }
        let stat = stat_from(&stat);
        if stat.size > LARGEST_FILE {
            return Err(Error::io("read", path())(too_large(stat.size)));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(stat.size).unwrap_or(0) + 1);
        std::fs::File::from(fd)
            .take(LARGEST_FILE)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", path()))?;
        Ok(Some((bytes, stat)))
    }
}

/// Says that a file is over [`LARGEST_FILE`].
pub(super) fn too_large(size: u64) -> io::Error {
    let message = format!("{size} bytes; a record has at most {LARGEST_FILE}");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

/// Shows every entry of a folder, straight from the buffer that the kernel fills.
#[cfg(target_os = "linux")]
fn each_entry(fd: &OwnedFd, mut see: impl FnMut(&CStr, FileType)) -> rustix::io::Result<()> {
    /// Room for a few hundred names, and for the longest many times.
    const ROOM: usize = 32 * 1024;
    rustix::fs::seek(fd, SeekFrom::Start(0))?;
    let mut buffer = Vec::with_capacity(ROOM);
    let mut entries = rustix::fs::RawDir::new(fd, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        see(entry.file_name(), entry.file_type());
    }
    Ok(())
}

/// Shows every entry of a folder.
#[cfg(not(target_os = "linux"))]
fn each_entry(fd: &OwnedFd, mut see: impl FnMut(&CStr, FileType)) -> rustix::io::Result<()> {
    for entry in rustix::fs::Dir::read_from(fd)? {
        let entry = entry?;
        see(entry.file_name(), entry.file_type());
    }
    Ok(())
}

fn not_a_folder(path: PathBuf) -> Error {
    let is_link = path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_symlink());
    if is_link { Error::Link { path } } else { Error::WrongKind { path, expected: "folder" } }
}

fn kind_from(file_type: FileType) -> EntryKind {
    match file_type {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

#[expect(clippy::useless_conversion, reason = "the types of these fields differ between systems")]
fn stat_from(stat: &rustix::fs::Stat) -> Stat {
    let nanoseconds = |seconds: i64, rest: u64| {
        seconds.wrapping_mul(1_000_000_000).wrapping_add(i64::try_from(rest).unwrap_or(0))
    };
    Stat {
        modified: nanoseconds(stat.st_mtime.into(), u64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        changed: nanoseconds(stat.st_ctime.into(), u64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        inode: stat.st_ino.into(),
    }
}

/// Returns the folder of a path below the top, and the name in it; an empty folder is the top.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
