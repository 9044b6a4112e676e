//! `.tracker` on disk: where it is, the lock, atomic writes, the disposable index, and snapshots of the working
//! tree or of any commit. Also what is known of claims beside their refs, and our part of the repository's hooks, which are files to be spliced like any other.
//!
//! A write goes through [`Workspace::lock`] and [`Locked::apply`]; a read goes through [`Snapshot`] and takes no
//! lock. No symbolic link is followed below `.tracker`, and no file larger than [`LARGEST_FILE`] is read.

mod active;
mod change;
mod claims;
mod error;
mod folder;
mod hooks;
mod index;
mod kept;
mod lock;
mod names;
mod related;
mod resolve;
mod snapshot;
mod source;
mod stamps;
mod tasks;
mod transaction;
mod unchanged;
mod undo;
mod unexpected;
mod watch;
mod workspace;
mod write;

pub(crate) use active::moved_tasks_in;
pub use change::Change;
pub(crate) use change::ChangeAction;
pub(crate) use claims::ClaimsFetched;
pub use error::Error;
pub(crate) use error::Tracked;
pub(crate) use folder::{LARGEST_FILE, Stat};
pub use hooks::{Hook, HookChange, HookFiles, HookState};
pub use kept::KeptTasks;
pub(crate) use lock::{Holder, Lock};
pub use resolve::Purpose;
pub(crate) use snapshot::{RecordBytes, Snapshot, SprintFile, TaskFile};
pub(crate) use source::{Entry, EntryKind};
pub(crate) use stamps::{FolderStamp, Stamps};
pub use tasks::Tasks;
pub(crate) use undo::{PastFile, PastWrite};
pub use unexpected::unexpected;
pub(crate) use unexpected::unexpected_among;
pub(crate) use watch::{FolderWatcher, Watcher, Wrote};
pub(crate) use workspace::Locked;
pub use workspace::Workspace;
pub(crate) use write::{is_temporary, remove_if_there, replace_unsynced, write_file};

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;
