//! A whole repository, open: about half a millisecond, so only for questions that the folders cannot answer.

use gix::odb::pack::cache::lru::MemoryCappedHashmap;

use crate::events::EventSink;
use std::cell::{OnceCell, RefCell};
use std::path::PathBuf;

use crate::git::error::one_line;
use crate::git::known_changes::KnownChanges;
use crate::git::trees::TreeCache;
use crate::git::{CommitId, Error, RepoPaths, refs};

/// Unpacked objects that are kept, in bytes.
const OBJECT_CACHE: usize = 4 * 1024 * 1024;
/// Objects that others of a pack are differences of and that are kept, in bytes. Without, each object of a long history
/// is made anew from half a dozen others.
const BASE_CACHE: usize = 8 * 1024 * 1024;

/// A repository with its configuration, refs and objects.
pub struct Repository {
    pub(super) inner: gix::Repository,
    repo_paths: RepoPaths,
    events: EventSink,
    pub(super) trees: TreeCache,
    /// What commits changed, once that is asked; none where it may not be remembered.
    pub(super) known_changes: OnceCell<Option<RefCell<KnownChanges>>>,
    /// The file that is there while refs are changed, where somebody wants to know that.
    pub(super) ref_edits: OnceCell<PathBuf>,
}

/// What HEAD is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The branch it is on, without `refs/heads/`; none where it is detached.
    pub branch: Option<String>,
    /// The commit; none on a branch without commits.
    pub commit: Option<CommitId>,
}

impl Repository {
    /// Opens the repository with all its configuration.
    ///
    /// A repository that somebody else owns opens as well; its configuration is then not trusted to name
    /// programs and paths. Objects are read as they are, whatever `refs/replace` says: whoever may push may push those.
    pub fn open(repo_paths: &RepoPaths) -> Result<Self, Error> {
        let git_dir = &repo_paths.git_dir;
        refs::refuse_reftable(repo_paths)?;
        let options = gix::open::Options::default()
            .open_path_as_is(true)
            .config_overrides(["core.useReplaceRefs=false"])
            .cli_overrides(repo_paths.settings.iter().map(String::as_str));
        let mut inner = gix::open_opts(git_dir, options).map_err(|error| {
            let reason = error.iter_errors().map(|cause| one_line(&cause.to_string())).collect::<Vec<_>>();
            Error::Open { git_dir: git_dir.clone(), reason: reason.join(": ") }
        })?;
        if let Some(folder) = &repo_paths.objects {
            let options = gix::odb::store::init::Options::default();
            let opened = gix::odb::at_opts(folder.clone(), inner.object_hash(), None, options);
            let objects = opened.map_err(|source| Error::Io {
                action: "read objects from",
                path: folder.clone(),
                source,
            })?;
            inner.objects = objects.into();
        }
        set_caches(&mut inner);
        Ok(Self::local(inner, repo_paths))
    }

    /// Makes one thread's own of what several share.
    pub(super) fn local(inner: gix::Repository, repo_paths: &RepoPaths) -> Self {
        let (events, trees) = (EventSink::default(), TreeCache::default());
        Self {
            inner,
            repo_paths: repo_paths.clone(),
            events,
            trees,
            known_changes: OnceCell::new(),
            ref_edits: OnceCell::new(),
        }
    }

    /// Makes it tell of what takes long.
    #[must_use]
    pub fn with_events(mut self, events: EventSink) -> Self {
        self.events = events;
        self
    }

    /// Returns who is notified of long operations.
    #[must_use]
    pub fn events(&self) -> &EventSink {
        &self.events
    }

    /// Returns the repository's folders.
    #[must_use]
    pub fn repo_paths(&self) -> &RepoPaths {
        &self.repo_paths
    }

    /// Returns what HEAD is: a branch, a commit, or both.
    pub fn head(&self) -> Result<Head, Error> {
        let cannot = |error: &gix::Error| Error::other("read HEAD", error);
        let mut head = self.inner.head().map_err(|error| cannot(&error))?;
        let branch = head.referent_name().map(|name| name.shorten().to_string());
        let commit = if head.is_unborn() {
            None
        } else {
            Some(head.peel_to_commit().map_err(|error| cannot(&error))?.id)
        };
        Ok(Head { branch, commit: commit.map(CommitId::new) })
    }

    /// Returns the current branch's name without `refs/heads/`; none where HEAD is detached.
    pub fn branch(&self) -> Result<Option<String>, Error> {
        Ok(self.head()?.branch)
    }

    /// Whether the clone lacks older history.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(false)
    }

    /// Returns whether the clone leaves out objects until somebody requires them. None are fetched here: where from, and by
    /// which program, is what the repository's configuration says.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let config = self.inner.config_snapshot();
        let mut remotes = config.plumbing().sections_by_name("remote").into_iter().flatten();
        config.string("extensions.partialClone").is_some()
            || remotes.any(|remote| remote.value("promisor").is_some())
    }

    /// Returns a setting as text, from whichever file says it last. Never a program to run: see
    /// [`Repository::editor`].
    #[must_use]
    pub fn config_text(&self, key: &str) -> Option<String> {
        self.inner.config_snapshot().string(key).map(|value| value.to_string())
    }

    /// Whether the user's configuration says yes under a key, in any of git's spellings.
    #[must_use]
    pub fn config_flag(&self, key: &str) -> bool {
        self.inner.config_snapshot().boolean(key).unwrap_or_default()
    }
}

fn set_caches(inner: &mut gix::Repository) {
    inner.object_cache_size_if_unset(OBJECT_CACHE);
    inner.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(BASE_CACHE)));
}

/// A repository that threads share: each opens its own view of it.
pub struct SharedRepository {
    inner: gix::ThreadSafeRepository,
    repo_paths: RepoPaths,
}

impl SharedRepository {
    /// Returns a view for the thread that asks. Cheap, but no reason to ask once a file.
    #[must_use]
    pub fn open(&self) -> Repository {
        let mut inner = self.inner.to_thread_local();
        set_caches(&mut inner);
        Repository::local(inner, &self.repo_paths)
    }
}

impl Repository {
    /// Makes a repository that threads can share.
    #[must_use]
    pub fn shared(&self) -> SharedRepository {
        SharedRepository { inner: self.inner.clone().into_sync(), repo_paths: self.repo_paths.clone() }
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("places", &self.repo_paths).finish_non_exhaustive()
    }
}
