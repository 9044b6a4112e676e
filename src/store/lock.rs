//! The one lock for writes: advisory, released by the system when its holder ends, however it ends.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use fs4::FileExt;

use super::{Error, Result};
use crate::git::{open_regular, share};

/// Maximum number of bytes read of what the holder wrote.
const LONGEST_LINE: u64 = 300;

/// Who has the lock, as written in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder(Option<String>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("another process"))
    }
}

/// The lock, released when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting at most `timeout`. `action` is what others see while they wait.
    pub fn acquire(path: &Path, timeout: Duration, action: &str) -> Result<Self> {
        let file = open(path)?;
        let file = match FileExt::try_lock(&file) {
            Ok(()) => file,
            Err(fs4::TryLockError::WouldBlock) => wait(file, path, timeout)?,
            Err(fs4::TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
        };
        Ok(Self::signed(file, action))
    }

    /// Says in the lock whose it is.
    fn signed(mut file: File, action: &str) -> Self {
        // Only a help for whoever waits: the lock counts whether or not this is written.
        let line = format!("process {} ({action})\n", std::process::id());
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(line.as_bytes()));
        Self { _file: file }
    }

    /// Whether somebody has the lock. Nothing is written: one that is not there is nobody's.
    pub fn is_held(path: &Path) -> Result<bool> {
        let file = match open_regular(OpenOptions::new().read(true), path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Error::io("open", path)(error)),
        };
        match FileExt::try_lock_shared(&file) {
            Ok(()) => Ok(false),
            Err(fs4::TryLockError::WouldBlock) => Ok(true),
            Err(fs4::TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
        }
    }

    /// Returns the number of the process that has taken the lock, or had it last.
    pub fn holder_process(path: &Path) -> Option<u32> {
        holder(path).0?.strip_prefix("process ")?.split(' ').next()?.parse().ok()
    }

    /// Takes the lock where nobody has it. `action` is what others see of it.
    pub fn try_acquire(path: &Path, action: &str) -> Result<Option<Self>> {
        let file = open(path)?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(Self::signed(file, action))),
            Err(fs4::TryLockError::WouldBlock) => Ok(None),
            Err(fs4::TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
        }
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    // Reading, writing and no truncation: what NFS needs to lock a file at all.
    options.read(true).write(true).create(true).truncate(false);
    let opened = match open_regular(&mut options, path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
                share(folder);
            }
            open_regular(&mut options, path)
        }
        opened => opened,
    };
    let file = opened.map_err(Error::io("open", path))?;
    share(path);
    Ok(file)
}

/// Waits in the system's own queue, which is fair, on a thread of its own, so that the wait can end.
fn wait(file: File, path: &Path, timeout: Duration) -> Result<File> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let locked = FileExt::lock(&file).map(|()| file);
        // Nobody listens any more if the wait timed out; the process ends and the lock with it.
        let _ = sender.send(locked);
    });
    match receiver.recv_timeout(timeout) {
        Ok(locked) => locked.map_err(Error::io("lock", path)),
        Err(_) => Err(Error::Locked { holder: holder(path), waited: timeout }),
    }
}

fn holder(path: &Path) -> Holder {
    let mut bytes = Vec::new();
    let read = open_regular(OpenOptions::new().read(true), path)
        .and_then(|file| file.take(LONGEST_LINE).read_to_end(&mut bytes));
    let text: String =
        bytes.utf8_chunks().map_while(|chunk| Some(chunk.valid()).filter(|text| !text.is_empty())).collect();
    let line = text.lines().next().unwrap_or_default().trim();
    Holder(read.ok().map(|_| line.to_owned()).filter(|line| !line.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_waits_and_reports_the_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/lock");
        let lock = Lock::acquire(&path, Duration::from_secs(1), "set TASK-1").unwrap();
        let refused = Lock::acquire(&path, Duration::from_millis(20), "list").unwrap_err();
        assert!(refused.to_string().contains("(set TASK-1)"), "{refused}");
        drop(lock);
        Lock::acquire(&path, Duration::from_secs(5), "list").unwrap();
    }
}
