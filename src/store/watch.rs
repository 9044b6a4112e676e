//! Waiting for writes: the system says when a file of the tracker, or where a branch ends, has changed. Nothing is asked
//! again and again.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{Error, Result, Workspace};
use crate::model::TRACKER_FOLDER;

/// What has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrote {
    /// A log of a run or a worker.
    Local,
    /// Records, refs, or both.
    Records,
}

/// Watches one working tree and the refs of its repository.
pub struct Watcher {
    /// Watches as long as it is there.
    system: RefCell<RecommendedWatcher>,
    /// Folders of ours that are watched as soon as they are there.
    awaited: RefCell<Vec<PathBuf>>,
    changes: Receiver<Wrote>,
}

impl Watcher {
    /// Begins to watch. What changes from now on ends the next [`Watcher::wait`].
    pub fn new(workspace: &Workspace) -> Result<Self> {
        Self::begin(workspace, Vec::new(), Vec::new())
    }

    /// Begins to watch, and of what is local to this clone these folders, too: what runs and a fleet write while they go on.
    pub fn following(workspace: &Workspace, local: &[&str]) -> Result<Self> {
        let own = own_folders(workspace);
        let followed = own.iter().flat_map(|own| local.iter().map(|name| own.join(name))).collect();
        let watcher = Self::begin(workspace, followed, Vec::new())?;
        // For when such a folder comes to be; where there is nothing local yet, nothing runs.
        own.iter().for_each(|folder| watcher.watch_local(folder));
        watcher.watch_awaited();
        Ok(watcher)
    }

    /// Begins to watch, also for logs in the folders right below these, as far as [`Watcher::watch_local`] is called for
    /// them.
    pub fn with_local(workspace: &Workspace, roots: &[PathBuf]) -> Result<Self> {
        let watcher = Self::begin(workspace, Vec::new(), roots.to_vec())?;
        own_folders(workspace).iter().for_each(|folder| watcher.watch_local(folder));
        Ok(watcher)
    }

    fn begin(workspace: &Workspace, followed: Vec<PathBuf>, roots: Vec<PathBuf>) -> Result<Self> {
        let (send, changes) = channel();
        let paths = workspace.repo_paths();
        let (own, awaited) = (own_folders(workspace), followed.clone());
        let see = move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let wrote = match is_write(&event, &own, &followed) {
                true => Some(Wrote::Records),
                false => is_log(&event, &roots).then_some(Wrote::Local),
            };
            if let Some(wrote) = wrote {
                // Nobody listens any more when the process ends.
                let _ = send.send(wrote);
            }
        };
        let folder = workspace.work_dir().join(TRACKER_FOLDER);
        let cannot = |path: &Path, source: notify::Error| {
            Error::io("watch", path.to_path_buf())(std::io::Error::other(source))
        };
        let mut system = notify::recommended_watcher(see).map_err(|error| cannot(&folder, error))?;
        let mut watched = vec![(folder, RecursiveMode::Recursive)];
        watched.push((paths.common_dir.join("refs"), RecursiveMode::Recursive));
        watched.push((paths.common_dir.clone(), RecursiveMode::NonRecursive));
        if paths.git_dir != paths.common_dir {
            watched.push((paths.git_dir.clone(), RecursiveMode::NonRecursive));
        }
        for (path, mode) in watched {
            system.watch(&path, mode).map_err(|error| cannot(&path, error))?;
        }
        Ok(Self { system: RefCell::new(system), awaited: RefCell::new(awaited), changes })
    }

    /// Watches for logs in a folder too, and in those right below it: not in what is deeper.
    pub fn watch_local_folders(&self, root: &Path) {
        self.watch_local(root);
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        entries.filter(is_folder).for_each(|entry| self.watch_local(&entry.path()));
    }

    /// Watches for logs in a folder too, if it is there: not in folders in it.
    pub fn watch_local(&self, folder: &Path) {
        // One that has gone meanwhile has no logs.
        let _ = self.system.borrow_mut().watch(folder, RecursiveMode::NonRecursive);
    }

    fn watch_awaited(&self) {
        let mut system = self.system.borrow_mut();
        self.awaited.borrow_mut().retain(|path| system.watch(path, RecursiveMode::Recursive).is_err());
    }

    /// Waits until something changes, or for a time; returns what has.
    #[must_use]
    pub fn wait_for(&self, most: Option<Duration>) -> Option<Wrote> {
        let first = match most {
            Some(most) => self.changes.recv_timeout(most),
            None => self.changes.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        // What came at the same time is looked at together.
        let wrote = first.ok().map(|first| self.changes.try_iter().fold(first, Wrote::max));
        if !self.awaited.borrow().is_empty() {
            self.watch_awaited();
        }
        wrote
    }

    /// Waits until something changes, or for a time; returns whether something has.
    #[must_use]
    pub fn wait(&self, most: Option<Duration>) -> bool {
        self.wait_for(most).is_some()
    }
}

/// Returns the folders of what is local to this clone, and to this working tree.
fn own_folders(workspace: &Workspace) -> [PathBuf; 2] {
    let paths = workspace.repo_paths();
    [paths.own_folder(), paths.shared_folder()]
}

/// Watches one folder, with all that is in it.
pub struct FolderWatcher {
    /// Watches as long as it is there; where the system cannot, [`FolderWatcher::wait`] only waits.
    system: Option<RecommendedWatcher>,
    changes: Receiver<()>,
    _send: Sender<()>,
}

impl FolderWatcher {
    /// Begins to watch. What is written from now on ends the next [`FolderWatcher::wait`].
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self::begin(folder, RecursiveMode::Recursive)
    }

    /// The same, of the files of the folder alone.
    #[must_use]
    pub fn of_files(folder: &Path) -> Self {
        Self::begin(folder, RecursiveMode::NonRecursive)
    }

    fn begin(folder: &Path, mode: RecursiveMode) -> Self {
        let (send, changes) = channel();
        let see = {
            let send = send.clone();
            move |event: notify::Result<Event>| {
                if event.is_ok_and(|event| !event.kind.is_access()) {
                    // Nobody listens any more when the process ends.
                    let _ = send.send(());
                }
            }
        };
        let system = notify::recommended_watcher(see)
            .ok()
            .and_then(|mut system| system.watch(folder, mode).is_ok().then_some(system));
        Self { system, changes, _send: send }
    }

    /// Waits until something is written, or for a time at most.
    pub fn wait(&self, most: Duration) {
        /// How often is looked where the system does not tell.
        const LOOK: Duration = Duration::from_millis(20);
        let most = if self.system.is_some() { most } else { most.min(LOOK) };
        let _ = self.changes.recv_timeout(most);
        while self.changes.try_recv().is_ok() {}
    }
}

/// Whether an event writes the log of a run, or the status of a worker, or makes the folder of one.
fn is_log(event: &Event, roots: &[PathBuf]) -> bool {
    let is_one = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let parent = path.parent().unwrap_or(path);
        let is_below = |root: &PathBuf| match matches!(event.kind, EventKind::Create(_)) {
            true if path == root || parent == root => true,
            _ => parent.parent() == Some(root),
        };
        let is_known = matches!(name, "events.jsonl" | "rounds.jsonl" | "status.json" | "heartbeat");
        (is_known || matches!(event.kind, EventKind::Create(_)) && !name.contains('.'))
            && roots.iter().any(is_below)
    };
    !event.kind.is_access() && event.paths.iter().any(is_one)
}

/// Whether an event changes what a reader sees: no read, no lock, no temporary file and no cache of ours.
fn is_write(event: &Event, own: &[PathBuf], followed: &[PathBuf]) -> bool {
    let is_access = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    };
    let is_passing = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("lock" | "tmp"))
            || name == "index"
            || own.iter().any(|own| path.starts_with(own))
                && !followed.iter().any(|followed| path.starts_with(followed))
    };
    !is_access && (event.paths.is_empty() || !event.paths.iter().all(is_passing))
}
