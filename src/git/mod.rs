//! Facts from git, as plain data, and the one change that the tracker makes to a history: [`fold()`]. Nothing of
//! gix leaves this module, and no git process is started.
//!
//! It owns four layers, cheapest first; a command uses the lowest that answers its question:
//!
//! 1. [`discover`] finds the repository's folders with a few stats: no object opened, and configuration read
//!    only where the folders alone do not tell.
//! 2. [`IdsElsewhere`] knows the ids in use on other branches and in other working trees, from refs and a
//!    disposable cache; objects are opened only when a branch has moved.
//! 3. [`peek_head`] reads HEAD's commit and what it did to one folder, for a hook that mostly has nothing to do.
//! 4. [`Repository`] is the whole repository: revisions, trees, blobs, history, configuration, people.
//!
//! What it refuses to do: run anything, but for the program that signs and verifies. Configuration that names a
//! program counts only where it is the user's own (see [`Repository::editor`]); hooks, filters, credential helpers
//! and text conversions never run; a missing object is never fetched.
//!
//! **Ownership.** Where git stops with "dubious ownership" (`safe.directory`), the tracker reads on: it takes
//! only facts from the repository. But the configuration of a repository that somebody else owns is not
//! trusted to name programs or paths.
//!
//! **Variables.** What the tracker itself decides by comes from [`crate::env::Env`]. gix reads `HOME`,
//! `XDG_CONFIG_HOME` and git's own `GIT_CONFIG_*` from the process when [`Repository::open`] loads the
//! configuration, as git does.

mod attributes;
mod cache_file;
mod changes;
mod config;
mod diff_work;
mod error;
mod files;
mod fold;
mod head;
mod ids;
mod known_changes;
mod links;
mod log;
mod malformed;
mod merge;
mod object;
mod paths;
mod people;
mod ref_changes;
mod ref_edits;
mod refs;
mod repository;
mod sign;
mod signers;
mod target_branch;
mod tree;
mod trees;

pub(crate) use attributes::IgnoringLine;
pub(crate) use cache_file::{Bytes, CacheFile, replace_cache};
pub use changes::FileState;
pub(crate) use changes::{CommitChanges, FileChange};
pub use config::HooksRefusal;
pub(crate) use diff_work::{DiffWork, TooMuchWork};
pub use error::Error;
pub use files::share;
pub(crate) use files::{open_regular, open_to_append, read_regular};
pub(crate) use fold::{BranchCommit, NewCommit};
pub use fold::{Fold, FoldEdit, FoldRefusal, Folded, SkipReason, Skipped, SkippedIn, fold};
pub(crate) use head::peek_head;
pub use head::{HeadAction, HeadMove, Operation};
pub use ids::IdsElsewhere;
pub(crate) use known_changes::MergedBlobs;
pub use links::{CommitGraph, LinkParser};
pub(crate) use log::CommitInfo;
pub use log::LogLimit;
pub(crate) use malformed::MalformedTree;
pub(crate) use merge::{Hunks, merge_changes};
pub use merge::{MergeDifferences, merge_texts};
pub use object::CommitId;
pub(crate) use object::{BlobId, Quarantine, TreeId};
pub use paths::{RepoPaths, discover};
pub(crate) use people::MailmapConfig;
pub use people::{People, Person};
pub(crate) use ref_changes::RefChange;
pub(crate) use refs::{BranchTip, ObjectRef};
pub use repository::Repository;
pub use sign::{SignError, SignatureStatus};
pub use target_branch::{TARGET_REFS, TargetBranch, USUAL_TARGETS};
pub use tree::FileMode;
pub(crate) use tree::{Staged, TreeFile};
