//! One working tree with a tracker in it.

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::folder::{Folder, split};
use super::lock::Lock;
use super::source::{Commit, Source};
use super::transaction::{Writes, refuse_if_changed};
use super::write::{Target, create_folder, rename, replace_unsynced, write};
use super::{Change, Error, KeptTasks, Result, Snapshot, Tracked};
use crate::env::Env;
use crate::events::EventSink;
use crate::git::{self, USUAL_TARGETS};
use crate::model::{Config, Problem, RecordKind, TRACKER_FOLDER};

/// Its modification time is when the configuration was last found readable.
pub(super) const POLICY_READ: &str = "policy-read";

/// How long a write waits for the lock unless set otherwise.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// A working tree: each linked worktree has its own tracker, all share one lock.
#[derive(Debug)]
pub struct Workspace {
    repo_paths: git::RepoPaths,
    /// Where there is no working tree, the git dir, in which no record is looked for.
    work_dir: PathBuf,
    repository: OnceCell<Rc<git::Repository>>,
    started: i64,
    lock_timeout: Duration,
    recovered: Cell<usize>,
    /// Whether this process has the lock for several writes.
    is_held: Cell<bool>,
    kept: Option<Arc<KeptTasks>>,
    events: EventSink,
}

impl Workspace {
    /// Finds the working tree around the current directory, whether it has a tracker or not.
    pub fn discover(env: &Env) -> Result<Self> {
        let repo_paths = git::discover(env)?;
        match repo_paths.work_dir {
            Some(_) => {
                let workspace = Self::at(repo_paths, env);
                workspace.finish()?;
                Ok(workspace)
            }
            None => Err(Error::Bare { git_dir: repo_paths.git_dir }),
        }
    }

    /// Finds the repository around the current directory, also one without a working tree: for what reads commits.
    pub fn anywhere(env: &Env) -> Result<Self> {
        Ok(Self::at(git::discover(env)?, env))
    }

    /// Finds the repository that a push comes in to. What the push brings can be read until the second of the two
    /// is dropped.
    pub fn receiving(env: &Env) -> Result<(Self, git::Quarantine)> {
        let mut repo_paths = git::discover(env)?;
        let quarantine = git::Quarantine::enter(env, &mut repo_paths)?;
        Ok((Self::at(repo_paths, env), quarantine))
    }

    /// Returns the same working tree with nothing read of it yet.
    #[must_use]
    pub fn again(&self, env: &Env) -> Self {
        let workspace = Self::at(self.repo_paths.clone(), env);
        Self { lock_timeout: self.lock_timeout, ..workspace }
    }

    /// Returns a linked working tree of the same repository; none where there is none.
    #[must_use]
    pub fn linked(&self, env: &Env, folder: &Path) -> Option<Self> {
        let workspace = Self::at(self.repo_paths.linked(folder)?, env).with_events(self.events.clone());
        Some(Self { lock_timeout: self.lock_timeout, ..workspace })
    }

    fn at(repo_paths: git::RepoPaths, env: &Env) -> Self {
        let work_dir = repo_paths.work_dir.clone().unwrap_or_else(|| repo_paths.git_dir.clone());
        let (repository, started) = (OnceCell::new(), env.clock_nanos());
        let events = EventSink::default();
        let (recovered, is_held) = (Cell::new(0), Cell::new(false));
        let lock_timeout = LOCK_TIMEOUT;
        Self {
            repo_paths,
            work_dir,
            repository,
            started,
            lock_timeout,
            recovered,
            is_held,
            kept: None,
            events,
        }
    }

    /// Finds the tracker around the current directory.
    pub fn open(env: &Env) -> Result<Self> {
        let workspace = Self::discover(env)?;
        workspace.require_tracker(env)?;
        Ok(workspace)
    }

    /// Fails where the working tree has no tracker, and says whether git has one that is not checked out.
    pub fn require_tracker(&self, env: &Env) -> Result<()> {
        if self.has_tracker()? {
            return self.refuse_if_partly_checked_out(env);
        }
        self.refuse_if_tracked(env, TRACKER_FOLDER)?;
        Err(Error::NoTracker { work_dir: self.work_dir.clone(), branch: None })
    }

    /// Returns a branch that has a tracker, the one that others are merged into before others; none where no branch has.
    pub fn branch_with_tracker(&self) -> Result<Option<String>> {
        /// More branches than this are not looked at.
        const MOST: usize = 200;
        let mut tips = self.repo_paths.branch_tips()?;
        let is_usual = |name: &str| name.rsplit('/').next().is_some_and(|last| USUAL_TARGETS.contains(&last));
        tips.sort_by_key(|tip| !is_usual(&tip.name));
        if tips.is_empty() {
            return Ok(None);
        }
        let repository = self.repository()?;
        for tip in tips.iter().take(MOST) {
            if repository.tree_file(tip.commit, RecordKind::Config.file())?.is_some() {
                let local = tip.name.strip_prefix("refs/heads/");
                let short = local.or_else(|| tip.name.strip_prefix("refs/remotes/")).unwrap_or(&tip.name);
                return Ok(Some(short.to_owned()));
            }
        }
        Ok(None)
    }

    /// Fails where git has a file or folder, in the index or in the current commit: the working tree lacks it, and
    /// whatever was written in its place would replace what the team has.
    pub fn refuse_if_tracked(&self, env: &Env, path: &str) -> Result<()> {
        let Some(tracked) = self.tracked(env, path)? else { return Ok(()) };
        Err(Error::NotCheckedOut { work_dir: self.work_dir.clone(), path: path.to_owned(), tracked })
    }

    /// Fails where a sparse checkout leaves out a part of the tracker: fewer tasks, votes or rules would be taken for all.
    fn refuse_if_partly_checked_out(&self, env: &Env) -> Result<()> {
        if !self.is_sparse() {
            return Ok(());
        }
        let count =
            self.repository()?.staged(&self.repo_paths.index_file(env))?.count_left_out(TRACKER_FOLDER);
        if count == 0 {
            return Ok(());
        }
        let (work_dir, path) = (self.work_dir.clone(), TRACKER_FOLDER.to_owned());
        Err(Error::NotCheckedOut { work_dir, path, tracked: Tracked::PartlyLeftOut(count) })
    }

    /// Fails where the folder of the tasks is gone from the working tree and the index has some: no tasks would be taken for
    /// all of them.
    pub fn refuse_if_tasks_are_gone(&self, env: &Env) -> Result<()> {
        let folder = RecordKind::Task.folder();
        if Folder::open(&self.work_dir, folder)?.is_some() {
            return Ok(());
        }
        let staged = self.repository()?.staged(&self.repo_paths.index_file(env))?;
        let Some(is_left_out) = staged.left_out(folder) else { return Ok(()) };
        let tracked = if is_left_out { self.left_out(&staged, folder) } else { Tracked::Staged };
        Err(Error::NotCheckedOut { work_dir: self.work_dir.clone(), path: folder.to_owned(), tracked })
    }

    /// Tells why git leaves a path out of the working tree.
    fn left_out(&self, staged: &git::Staged, path: &str) -> Tracked {
        match self.is_sparse() {
            true => Tracked::LeftOut,
            false => Tracked::Skipped { is_folder: !staged.files(path).is_empty() },
        }
    }

    fn is_sparse(&self) -> bool {
        self.repo_paths.git_dir.join("info/sparse-checkout").exists()
    }

    fn tracked(&self, env: &Env, path: &str) -> Result<Option<Tracked>> {
        let repository = self.repository()?;
        let staged = repository.staged(&self.repo_paths.index_file(env))?;
        match staged.left_out(path) {
            Some(true) => return Ok(Some(self.left_out(&staged, path))),
            Some(false) => return Ok(Some(Tracked::Staged)),
            None => {}
        }
        let Some(commit) = repository.head()?.commit else { return Ok(None) };
        let is_committed =
            repository.tree_id(commit, path)?.is_some() || repository.tree_file(commit, path)?.is_some();
        Ok(is_committed.then_some(Tracked::Committed))
    }

    /// Makes its repository tell of what takes long, where none is open yet.
    #[must_use]
    pub fn with_events(mut self, events: EventSink) -> Self {
        self.events = events;
        self
    }

    /// Makes it keep all tasks for the next look, in a process that lives on.
    #[must_use]
    pub fn keeping(mut self, kept: &Arc<KeptTasks>) -> Self {
        self.kept = Some(Arc::clone(kept));
        self
    }

    /// Changes how long a write waits for the lock.
    #[must_use]
    pub fn with_lock_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.lock_timeout = timeout.unwrap_or(LOCK_TIMEOUT);
        self
    }

    /// Returns whether there is a tracker in the working tree.
    pub fn has_tracker(&self) -> Result<bool> {
        Ok(self.repo_paths.work_dir.is_some() && Folder::open(&self.work_dir, TRACKER_FOLDER)?.is_some())
    }

    /// Returns the top of the working tree.
    #[must_use]
    pub fn work_dir(&self) -> &Path {
        &self.work_dir
    }

    /// Returns where git keeps this repository.
    #[must_use]
    pub fn repo_paths(&self) -> &git::RepoPaths {
        &self.repo_paths
    }

    /// Returns the repository, opened once: the trees that one reader has unpacked are there for the next. Costs
    /// about 1 ms, so only what needs it calls it.
    pub fn repository(&self) -> Result<Rc<git::Repository>> {
        if let Some(repository) = self.repository.get() {
            return Ok(Rc::clone(repository));
        }
        let repository = Rc::new(git::Repository::open(&self.repo_paths)?.with_events(self.events.clone()));
        Ok(Rc::clone(self.repository.get_or_init(|| repository)))
    }

    /// When this process began to look, in nanoseconds since 1970.
    #[must_use]
    pub fn started(&self) -> i64 {
        self.started
    }

    /// Returns the path of a file that is local to this working tree and never committed.
    #[must_use]
    pub fn local_path(&self, name: &str) -> PathBuf {
        self.repo_paths.own_folder().join(name)
    }

    /// Writes a local file, atomically but without waiting for the disk: what it contains can be made again.
    pub fn write_local(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.local_path(name);
        let folder = path.parent().unwrap_or(&self.repo_paths.git_dir);
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        git::share(folder);
        replace_unsynced(&path, bytes)
    }

    /// Forgets what was read of the repository, for a process that lives on while others write and commit.
    pub fn refresh(&mut self, env: &Env) {
        self.repository = OnceCell::new();
        self.started = env.clock_nanos();
    }

    /// Returns the records as they are on disk.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let source = Source::WorkTree(self.work_dir.clone());
        let snapshot = Snapshot::new(source, Some((self.local_path("index"), self.started)));
        snapshot.between(self.writes()).keeping(self.kept.clone())
    }

    /// Returns the records as a commit has them, without a checkout.
    pub fn snapshot_at(&self, rev: &str) -> Result<Snapshot> {
        let repository = self.repository()?;
        let commit_id = repository.resolve(rev)?;
        if repository.tree_id(commit_id, TRACKER_FOLDER)?.is_none() {
            return Err(Error::NoTrackerAt { rev: rev.to_owned() });
        }
        let index = Some((self.local_path("index"), self.started));
        Ok(Snapshot::new(Source::Commit(Commit::new(repository, commit_id)), index))
    }

    /// Returns the records as they are staged: what a commit made now would have.
    pub fn snapshot_of_index(&self, env: &Env) -> Result<Snapshot> {
        let repository = self.repository()?;
        let staged = Box::new(repository.staged(&self.repo_paths.index_file(env))?);
        Ok(Snapshot::new(Source::Staged { repository, staged }, None))
    }

    /// Returns the records of a commit; of none, no records at all.
    pub fn snapshot_of_commit(&self, commit_id: Option<git::CommitId>) -> Result<Snapshot> {
        let repository = self.repository()?;
        let source = match commit_id {
            Some(commit_id) => Source::Commit(Commit::new(repository, commit_id)),
            None => Source::Staged { repository, staged: Box::default() },
        };
        Ok(Snapshot::new(source, None))
    }

    /// Returns the snapshot of a revision, or of the working tree where none is named.
    pub fn snapshot_of(&self, rev: Option<&str>) -> Result<Snapshot> {
        rev.map_or_else(|| Ok(self.snapshot()), |rev| self.snapshot_at(rev))
    }

    /// Reads the configuration for a command that only reads: where it is missing from the working tree or broken, the
    /// default one is used, and what is wrong comes with it as errors.
    #[must_use]
    pub fn policy_or_default(&self, env: &Env, snapshot: &Snapshot) -> (Config, Vec<Problem>) {
        match self.policy(env, snapshot) {
            Err(Error::Broken(problems)) => (Config::default(), problems),
            Ok(read) => read,
            Err(_) => snapshot.config_or_default(),
        }
    }

    /// Reads the configuration that moves are judged by. Where a snapshot lacks the file and HEAD or the index has it,
    /// that is an error: the default configuration would require nothing.
    pub fn policy(&self, env: &Env, snapshot: &Snapshot) -> Result<(Config, Vec<Problem>)> {
        if snapshot.commit_id().is_none()
            && snapshot.read(RecordKind::Config.file())?.is_none()
            && let Some(holder) = self.policy_holder(env)?
        {
            let problem = Problem::error(format!("is missing, and {holder} has it"));
            let path = RecordKind::Config.file();
            let staged = self.repository()?.staged(&self.repo_paths.index_file(env))?;
            // What is marked so is not restored.
            let mark =
                if staged.left_out(path) == Some(true) { "git update-index --no-skip-worktree" } else { "" };
            let unmark = if mark.is_empty() { String::new() } else { format!("{mark} {path} && ") };
            let hint = format!("{unmark}git restore --staged --worktree {path}");
            return Err(Error::Broken(vec![problem.in_file(RecordKind::Config.file()).with_hint(hint)]));
        }
        if snapshot.is_work_tree() && self.is_policy_unmerged(env)? {
            return Err(Error::Broken(vec![Problem::conflict().in_file(RecordKind::Config.file())]));
        }
        snapshot.config()
    }

    /// Whether git has several versions of the policy and knows of no resolution: what the working tree has may be the one
    /// side's, without any marks.
    fn is_policy_unmerged(&self, env: &Env) -> Result<bool> {
        if self.repo_paths.operation().is_none() {
            return Ok(false);
        }
        let staged = self.repository()?.staged(&self.repo_paths.index_file(env))?;
        Ok(staged.is_unmerged(RecordKind::Config.file()))
    }

    fn policy_holder(&self, env: &Env) -> Result<Option<&'static str>> {
        let repository = self.repository()?;
        if let Some(head) = repository.head()?.commit
            && repository.tree_file(head, RecordKind::Config.file())?.is_some()
        {
            return Ok(Some("HEAD"));
        }
        let staged = repository.staged(&self.repo_paths.index_file(env))?;
        Ok(staged.file(RecordKind::Config.file()).map(|_| "the index"))
    }

    /// How long a lock is waited for.
    #[must_use]
    pub(super) fn lock_timeout(&self) -> Duration {
        self.lock_timeout
    }

    /// Whether the working tree's configuration has not changed since [`Workspace::mark_policy_read`]. The commit-msg
    /// hook's shell asks the same before it starts the tracker.
    #[must_use]
    pub fn is_policy_marked_read(&self) -> bool {
        let modified = |path: &Path| path.symlink_metadata().and_then(|found| found.modified());
        let marked = modified(&self.local_path(POLICY_READ));
        let changed = modified(&self.work_dir.join(RecordKind::Config.file()));
        matches!((marked, changed), (Ok(marked), Ok(changed)) if marked > changed)
    }

    /// Remembers that the configuration, as it was when this process started, could be read. What cannot be written
    /// only costs the next commit another look.
    pub fn mark_policy_read(&self) {
        let path = self.local_path(POLICY_READ);
        let started = u64::try_from(self.started).unwrap_or_default();
        let started = std::time::UNIX_EPOCH + Duration::from_nanos(started);
        if self.write_local(POLICY_READ, b"").is_ok() {
            git::share(&path);
            let _ =
                std::fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(started));
        }
    }

    /// Takes the lock for writes. Whatever a write depends on must be read after this.
    pub fn lock(&self, action: &str) -> Result<Locked<'_>> {
        if self.is_held.get() {
            return Ok(Locked { workspace: self, _lock: None });
        }
        let lock = Lock::acquire(&self.lock_path(), self.lock_timeout, action)?;
        let recovered = self.writes().recover()?;
        self.recovered.set(self.recovered.get() + recovered);
        Ok(Locked { workspace: self, _lock: Some(lock) })
    }

    /// Takes the lock for several writes: until the answer is dropped, [`Workspace::lock`] has it already.
    pub fn hold(&self, action: &str) -> Result<Held<'_>> {
        let locked = self.lock(action)?;
        self.is_held.set(true);
        Ok(Held { locked })
    }

    fn lock_path(&self) -> PathBuf {
        self.repo_paths.shared_folder().join("lock")
    }

    fn writes(&self) -> Writes {
        Writes::of(&self.work_dir, &self.repo_paths.own_folder(), self.lock_path())
    }

    /// Waits for a write of several files that is going on, and undoes one that was killed among them: no reader sees
    /// some of them new and others old.
    fn finish(&self) -> Result<()> {
        let writes = self.writes();
        if writes.is_unfinished() {
            self.lock("undo")?;
        } else if writes.is_staged() {
            writes.clean();
        }
        Ok(())
    }

    /// Returns how many files were put back that a killed write had begun to write.
    #[must_use]
    pub fn recovered(&self) -> usize {
        self.recovered.get()
    }
}

/// A working tree that this process alone may write to, until dropped.
#[derive(Debug)]
pub struct Locked<'a> {
    workspace: &'a Workspace,
    /// None where the workspace has it for several writes.
    _lock: Option<Lock>,
}

/// The lock, for several writes.
#[derive(Debug)]
pub struct Held<'a> {
    locked: Locked<'a>,
}

impl<'a> Held<'a> {
    /// Returns what writes.
    #[must_use]
    pub fn locked(&self) -> &Locked<'a> {
        &self.locked
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.locked.workspace.is_held.set(false);
    }
}

impl Locked<'_> {
    pub(super) fn workspace(&self) -> &Workspace {
        self.workspace
    }

    /// Gives a file another name, which must be free. Only for repairs: records are never renamed in daily work.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let top = &self.workspace.work_dir;
        rename(&top.join(from), &top.join(to))
    }

    /// Removes what a killed write left behind.
    pub fn remove_leftover(&self, path: &str) -> Result<()> {
        let path = self.workspace.work_dir.join(path);
        match std::fs::remove_file(&path) {
            // Whoever took the lock may have removed it already.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes all of the changes, or none of them: also where the process is killed, and where a file cannot be written.
    /// What changes nothing is passed over, and nothing at all is written where a record that is never edited would be.
    pub fn apply(&self, changes: &[Change]) -> Result<()> {
        let edits = |change: &&Change| !change.is_empty() && change.before.is_some();
        let is_append_only = |change: &&Change| change.kind().is_some_and(RecordKind::is_append_only);
        if let Some(change) = changes.iter().filter(edits).find(is_append_only) {
            return Err(Error::AppendOnly { path: self.workspace.work_dir.join(&change.path) });
        }
        let changes: Vec<&Change> = changes.iter().filter(|change| !change.is_empty()).collect();
        match changes.as_slice() {
            [] => Ok(()),
            [one] => self.write_one(one),
            many => self.workspace.writes().apply(many),
        }
    }

    fn write_one(&self, change: &Change) -> Result<()> {
        let top = &self.workspace.work_dir;
        let (folder, _) = split(&change.path);
        // Opening the folder component by component is what refuses a link on the way.
        if Folder::open(top, folder)?.is_none() {
            create_folder(&top.join(folder))?;
        }
        let path = top.join(&change.path);
        match &change.before {
            Some(before) => {
                refuse_if_changed(top, &change.path, before)?;
                write(&path, change.after.as_bytes(), Target::Existing)
            }
            None => write(&path, change.after.as_bytes(), Target::New),
        }
    }
}
