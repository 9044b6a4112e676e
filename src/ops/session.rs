//! One command's hold on a tracker: the world, the working tree, the snapshot it reads, and the way it writes.

use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::sync::Arc;

use super::on_branch::BranchTarget;
use super::sprint::scope_changes;
use super::target_policy::{TargetPolicy, target_policy, target_policy_here};
use super::written::{TaskAction, Written, WrittenTask};
use super::{Error, Result};
use crate::doc::{Document, Edit};
use crate::env::Env;
use crate::events::{EventSink, LongStep, RunningStep};
use crate::facts::FactsReader;
use crate::git::{CommitId, Repository};
use crate::model::{Config, Problem, Task, TaskId};
use crate::store::{self, Change, KeptTasks, Locked, PastWrite, Purpose, Snapshot, TaskFile, Workspace};

/// What a verb works with.
#[derive(Debug)]
pub struct Session<'e> {
    env: &'e Env,
    workspace: Workspace,
    snapshot: Snapshot,
    dry_run: bool,
    /// What tasks are looked for to do with them.
    purpose: Purpose,
    /// The branch that writes go to instead of the working tree.
    branch: Option<BranchTarget>,
    /// The policy that the branch goes by, where that is not its own; once somebody has asked for it.
    target_policy: OnceCell<Option<TargetPolicy>>,
    /// The agent that acts, where it is not the one that the caller is.
    agent: Option<String>,
    /// The writes of a batch, to be taken back where one of it is refused; none outside of one.
    batch: RefCell<Option<Vec<Change>>>,
    events: EventSink,
}

/// What one task is to become, and the same in words.
pub(super) struct Step {
    pub(super) edits: Vec<Edit>,
    pub(super) messages: Vec<String>,
}

impl Step {
    pub(super) fn new(edits: Vec<Edit>, messages: impl Into<String>) -> Self {
        Self { edits, messages: vec![messages.into()] }
    }

    /// Makes a step that changes nothing and says why.
    pub(super) fn nothing(messages: impl Into<String>) -> Self {
        Self::new(Vec::new(), messages)
    }
}

impl<'e> Session<'e> {
    /// Makes a session that reads `snapshot` and writes to `workspace`.
    #[must_use]
    pub fn new(env: &'e Env, workspace: Workspace, snapshot: Snapshot) -> Self {
        let events = EventSink::default();
        Self {
            env,
            workspace,
            snapshot,
            dry_run: false,
            purpose: Purpose::Read,
            branch: None,
            target_policy: OnceCell::new(),
            agent: None,
            batch: RefCell::default(),
            events,
        }
    }

    /// Makes a session that reads and writes a branch instead of the working tree.
    pub(super) fn on(&self, branch: BranchTarget, snapshot: Snapshot) -> Result<Session<'e>> {
        let workspace = self.workspace.again(self.env).with_events(self.events.clone());
        let (dry_run, events) = (self.dry_run, self.events.clone());
        let (purpose, agent) = (self.purpose, self.agent.clone());
        Ok(Session {
            env: self.env,
            workspace,
            snapshot,
            dry_run,
            purpose,
            branch: Some(branch),
            target_policy: OnceCell::new(),
            agent,
            batch: RefCell::default(),
            events,
        })
    }

    /// Makes a session that writes to another working tree of the repository, for the same agent.
    pub(super) fn in_working_tree(&self, folder: &Path) -> Result<Session<'e>> {
        let workspace = self.workspace.linked(self.env, folder);
        let workspace =
            workspace.ok_or_else(|| Error::usage(format!("no working tree in `{}`", folder.display())))?;
        let snapshot = workspace.snapshot();
        let there = Session::new(self.env, workspace, snapshot).to_write(self.dry_run);
        Ok(Session { agent: self.agent.clone(), ..there })
    }

    /// Whether writes go to the working tree.
    pub(super) fn writes_here(&self) -> bool {
        self.branch.is_none()
    }

    /// Makes it a session of a command that writes, or that shows what it would write.
    #[must_use]
    pub fn to_write(mut self, dry_run: bool) -> Self {
        self.purpose = Purpose::Write;
        self.dry_run = dry_run;
        self
    }

    /// Makes it tell of what takes long.
    #[must_use]
    pub fn with_events(mut self, events: EventSink) -> Self {
        self.workspace = self.workspace.with_events(events.clone());
        self.events = events;
        self
    }

    /// Begins a step that can take long; it ends when the answer is dropped.
    pub(super) fn begin(&self, step: LongStep, total: Option<usize>) -> RunningStep {
        self.events.begin(step, total)
    }

    /// Looks at the records anew, for a process that lives on while others write: at the same commit, or at the working
    /// tree as it is now.
    pub fn refresh(&mut self) -> Result<()> {
        self.workspace.refresh(self.env);
        self.target_policy = OnceCell::new();
        self.snapshot = match self.snapshot.commit_id() {
            Some(commit_id) => self.workspace.snapshot_of_commit(Some(commit_id))?,
            None if self.snapshot.is_work_tree() => self.workspace.snapshot(),
            None => self.workspace.snapshot_of_index(self.env)?,
        };
        Ok(())
    }

    /// Returns the world.
    #[must_use]
    pub fn env(&self) -> &'e Env {
        self.env
    }

    /// Returns the working tree.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Returns the records as this session sees them.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether nothing is to be written.
    #[must_use]
    pub fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Reads the configuration that moves are judged by.
    pub fn config(&self) -> Result<Config> {
        let (own, _) = self.workspace.policy(self.env, &self.snapshot)?;
        Ok(self.target_policy(&own)?.map_or(own, |target| target.config.clone()))
    }

    /// Reads the configuration for a command that only reads; what is wrong with it comes with it.
    #[must_use]
    pub fn config_or_default(&self) -> (Config, Vec<Problem>) {
        let (own, problems) = self.workspace.policy_or_default(self.env, &self.snapshot);
        let target = self.target_policy(&own).ok().flatten();
        (target.map_or(own, |target| target.config.clone()), problems)
    }

    /// Says so where the branch has changed the policy, which does not count before it is merged.
    pub(super) fn target_policy_warning(&self) -> Option<Problem> {
        let (own, _) = self.workspace.policy(self.env, &self.snapshot).ok()?;
        Some(self.target_policy(&own).ok()??.warning())
    }

    /// Returns the policy that the branch goes by, where that is not its own; none for a commit, which is read as it is.
    fn target_policy(&self, own: &Config) -> Result<Option<&TargetPolicy>> {
        if let Some(known) = self.target_policy.get() {
            return Ok(known.as_ref());
        }
        let found = match &self.branch {
            Some(branch) => {
                target_policy(&self.workspace, &self.snapshot, own, &branch.name, Some(branch.tip))?
            }
            None if self.snapshot.commit_id().is_some() => None,
            None => target_policy_here(&self.workspace, &self.snapshot, own)?,
        };
        Ok(self.target_policy.get_or_init(|| found).as_ref())
    }

    /// Returns the name under which git would commit.
    pub fn actor(&self) -> Result<String> {
        Ok(self.workspace.repository()?.identity(self.env)?.name)
    }

    /// Returns the agent that works for the user, where there is one.
    #[must_use]
    pub fn agent(&self) -> Option<String> {
        self.agent.clone().or_else(|| self.env.agent())
    }

    /// Makes it keep all tasks for the next session of the same process.
    #[must_use]
    pub fn keeping(mut self, kept: &Arc<KeptTasks>) -> Self {
        self.workspace = self.workspace.keeping(kept);
        if self.snapshot.is_work_tree() {
            self.snapshot = self.workspace.snapshot();
        }
        self
    }

    /// Makes it a session in which this agent acts for the user, whoever the caller is.
    #[must_use]
    pub fn for_agent(mut self, name: &str) -> Self {
        self.agent = Some(name.to_owned());
        self
    }

    /// Writes several times under one lock: where `write` fails, what it has written is taken back. For `undo` it is one
    /// write. A process that is killed in between leaves what it has written until then.
    pub fn all_or_nothing<T, E: From<Error>>(
        &self,
        action: &str,
        write: impl FnOnce(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let held = self.workspace.hold(action).map_err(Error::from)?;
        self.batch.replace(Some(Vec::new()));
        let done = write(self);
        let changes = self.batch.take().unwrap_or_default();
        let now = self.env.now();
        match &done {
            Ok(_) => held.locked().remember(now, action.to_owned(), &changes),
            Err(_) => {
                let past = PastWrite::of(now, action.to_owned(), &changes);
                held.locked().take_back(&past).map_err(Error::from)?;
            }
        }
        done
    }

    /// Says which agent acts for the user from now on; none for the caller's own.
    pub(super) fn act_as(&mut self, agent: Option<&str>) {
        self.agent = agent.map(str::to_owned);
    }

    /// Returns the commit that history is read from: the one the session looks at, else the current one; none
    /// where there is no commit yet.
    pub(super) fn tip(&self, repository: &Repository) -> Result<Option<CommitId>> {
        match self.snapshot.commit_id() {
            Some(commit_id) => Ok(Some(commit_id)),
            None => Ok(repository.head()?.commit),
        }
    }

    /// Reads facts of the records as this session sees them.
    pub(super) fn facts<'a>(
        &'a self,
        repository: &'a Repository,
        config: &'a Config,
    ) -> Result<FactsReader<'a>> {
        Ok(FactsReader::new(repository, &self.snapshot, self.tip(repository)?, config, self.env.now()))
    }

    /// Finds the id that a part of it means: to write, more of it is needed than to read.
    pub(super) fn resolve(&self, query: &str) -> Result<TaskId> {
        Ok(self.snapshot.resolve(query, self.purpose)?)
    }

    /// Whether a word names a task, where a task need not be named. What looks like an id and is none is an error.
    pub fn names_task(&self, word: &str) -> Result<bool> {
        let looks_like_id = word.contains('-') || word.bytes().any(|c| c.is_ascii_digit());
        match self.resolve(word) {
            Ok(_) => Ok(true),
            Err(Error::Store(
                store::Error::NotFound { nearest: None, .. } | store::Error::TooShort { .. },
            )) if word.contains(' ') || !looks_like_id => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Finds a task by a part of its id and reads its file.
    pub(super) fn find_file(&self, query: &str) -> Result<TaskFile> {
        Ok(self.snapshot.find_for(query, self.purpose)?)
    }

    /// Finds a task by a part of its id and reads it.
    pub(super) fn find(&self, query: &str) -> Result<(TaskFile, Task)> {
        let file = self.find_file(query)?;
        let task = parse(&file)?;
        Ok((file, task))
    }

    /// Takes the lock for writes. Nothing is written where the policy is missing, cannot be read or is newer than this
    /// program.
    pub(super) fn lock(&self, action: &str) -> Result<Locked<'_>> {
        let locked = self.lock_any_format(action)?;
        self.require_policy()?;
        Ok(locked)
    }

    /// Fails where the policy is missing, cannot be read or is newer than this program.
    pub(super) fn require_policy(&self) -> Result<()> {
        let (config, _) = self.workspace.policy(self.env, &self.workspace.snapshot())?;
        config.write_problem().map_or(Ok(()), |problem| Err(Error::Broken(vec![problem])))
    }

    /// Takes the lock for what brings a tracker to another format, or repairs its configuration.
    pub(super) fn lock_any_format(&self, action: &str) -> Result<Locked<'_>> {
        Ok(self.workspace.lock(action)?)
    }

    /// Changes tasks under one lock: reads each, asks `step` what it is to become, and writes all of them only
    /// when none was refused.
    pub(super) fn change(
        &self,
        action: &str,
        ids: &[String],
        step: impl Fn(&Task, &TaskFile) -> Result<Step>,
    ) -> Result<Written> {
        let locked = self.lock(&format!("{action} {}", ids.join(" ")))?;
        let mut changes: Vec<Change> = Vec::new();
        let mut tasks = Vec::new();
        for ids in ids {
            let (file, task) = self.find(ids)?;
            if changes.iter().any(|change| change.path == file.path) {
                continue;
            }
            let Step { edits, mut messages } = step(&task, &file)?;
            let change = spliced(&file, &edits)?;
            if change.is_empty() && !edits.is_empty() {
                messages = messages.into_iter().map(|messages| format!("{messages} (as it was)")).collect();
            }
            tasks.push(WrittenTask::changed(&task, messages, !change.is_empty()));
            changes.push(change);
        }
        let scope = scope_changes(self, &changes, None)?;
        changes.extend(scope);
        self.write(&locked, &changes, tasks)
    }

    /// Writes the changes and what follows from them for the scope of sprints, or only tells of them where nothing is to
    /// be written.
    pub(super) fn finish(
        &self,
        locked: &Locked<'_>,
        changes: &[Change],
        tasks: Vec<WrittenTask>,
    ) -> Result<Written> {
        let scope = scope_changes(self, changes, None)?;
        let all: Vec<Change> = changes.iter().cloned().chain(scope).collect();
        self.write(locked, &all, tasks)
    }

    /// Writes exactly these changes, or only tells of them where nothing is to be written.
    pub(super) fn write(
        &self,
        locked: &Locked<'_>,
        changes: &[Change],
        tasks: Vec<WrittenTask>,
    ) -> Result<Written> {
        match &self.branch {
            _ if self.dry_run => {}
            Some(branch) => branch.commit(self, changes, &tasks)?,
            None => {
                locked.apply(changes)?;
                match &mut *self.batch.borrow_mut() {
                    Some(batch) => batch.extend_from_slice(changes),
                    None => locked.remember(self.env.now(), summary_of(&tasks, changes), changes),
                }
            }
        }
        Ok(Written::new(self.dry_run, changes, tasks))
    }
}

/// Says what a write did, for whoever takes it back.
fn summary_of(tasks: &[WrittenTask], changes: &[Change]) -> String {
    let of_task = |task: &WrittenTask| match task.summary.first() {
        Some(summary) => format!("{}: {summary}", task.id),
        None => {
            format!("{}: {}", task.id, if task.action == TaskAction::Created { "created" } else { "changed" })
        }
    };
    match (tasks, changes) {
        ([], [first, ..]) => first.path.clone(),
        ([], []) => String::new(),
        ([task], _) => of_task(task),
        ([task, others @ ..], _) => format!("{}, and {} more", of_task(task), others.len()),
    }
}

/// Fails where the records have a format that this program does not write: an older one, or a newer. What else is wrong
/// with the configuration is for the caller to say.
pub(super) fn refuse_other_formats(snapshot: &Snapshot) -> Result<()> {
    let problems: Vec<Problem> = match snapshot.config() {
        Ok((config, _)) => config.write_problem().into_iter().collect(),
        Err(store::Error::Broken(problems)) => {
            problems.into_iter().filter(|problem| problem.key.as_deref() == Some("format")).collect()
        }
        Err(_) => Vec::new(),
    };
    if problems.is_empty() { Ok(()) } else { Err(Error::Broken(problems)) }
}

/// Reads a task, with every problem bearing the file's name.
pub(super) fn parse(file: &TaskFile) -> Result<Task> {
    match file.parse() {
        Err(store::Error::Broken(problems)) => Err(Error::Broken(problems)),
        read => Ok(read?),
    }
}

/// Splices edits into a task's file.
pub(super) fn spliced(file: &TaskFile, edits: &[Edit]) -> Result<Change> {
    let named = |problem: crate::model::Problem| problem.in_file(&file.path);
    let document = Document::markdown(&file.bytes)
        .map_err(|problems| Error::Broken(problems.into_iter().map(named).collect()))?;
    let after = document.edit(edits).map_err(|problem| Error::Broken(vec![named(problem)]))?;
    Ok(Change::replace(&file.path, document.text(), after))
}
