//! `fleet`: one process that starts workers, starts them again when they end, and ends them with itself. Everything that it
//! knows is in files: whatever is killed, the next `fleet up` goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::worker_folder;
use super::fleet_triggers::TriggerProcess;
use super::logs::LOG;
use super::monitor::unseen;
use super::records::{RoundOutcome, WorkerMemory, read_memory, read_rounds, write_memory};
use super::run::branch_of;
use super::scale::{Load, WorkerCount, most_urgent, next_name};
use super::status::{ProcessId, SUPERVISOR, WorkerState, is_paused, read_status, set_paused, state_of};
use super::tool::TREE_VARIABLE;
use super::types::Policy;
use crate::engine::on_signals;
use crate::git::{open_to_append, read_regular};
use crate::model::Suggestion;
use crate::ops::claims::claims_remote;
use crate::ops::{Error, Result, Session};
use crate::process::{Apart, GroupSignal, Program, kill_marked, signal_group};
use crate::store::{FolderWatcher, Lock, remove_if_there, replace_unsynced};

/// How often is looked whether a worker has ended.
const LOOK: Duration = Duration::from_secs(1);
/// How long a worker may take to end, and how long others wait for the supervisor to.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORT_LOOK: Duration = Duration::from_millis(20);
/// A worker that has lived so long is started again at once.
const LONG_LIFE: Duration = Duration::from_secs(60);
/// The longest wait before a worker is started again.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// What a fleet has.
#[derive(Debug, Clone, Default)]
pub struct FleetRequest {
    /// The types of its workers; the first of each has its name.
    pub workers: Vec<String>,
    /// How many there are of each.
    pub count: WorkerCount,
}

/// What is written of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FleetFile {
    process: ProcessId,
    since: DateTime<Utc>,
    workers: Vec<String>,
}

/// A worker of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetWorker {
    /// Its name, which is that of its type.
    pub worker: String,
    /// What it does.
    pub state: WorkerState,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Its process, where that lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// How many rounds it has made.
    pub rounds: usize,
    /// How many findings it has fixed.
    pub fixed: usize,
    /// How many escalations its rounds have written.
    pub escalated: usize,
    /// How many rounds have failed.
    pub failed: usize,
    /// Why the last one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetView {
    /// Whether its supervisor runs.
    pub up: bool,
    /// The process of the supervisor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Its workers.
    pub workers: Vec<FleetWorker>,
}

/// What is shown while a fleet is up.
pub enum FleetNews<'n> {
    /// A worker was started.
    Started {
        /// Which.
        worker: &'n str,
        /// Its process.
        pid: u32,
    },
    /// A worker has ended, and is started again after a time.
    Ended {
        /// Which.
        worker: &'n str,
        /// After which time.
        again: Duration,
    },
    /// A worker was ended because somebody has paused it.
    Paused {
        /// Which.
        worker: &'n str,
    },
    /// A worker was ended because there is nothing to do for it.
    Retired {
        /// Which.
        worker: &'n str,
    },
}

fn fleet_folder(session: &Session<'_>) -> PathBuf {
    session.workspace().repo_paths().shared_folder().join("fleet")
}

fn read_fleet(folder: &Path) -> Option<FleetFile> {
    serde_json::from_slice(&read_regular(&folder.join("fleet.json")).ok()?).ok()
}

/// Starts workers and keeps them running until somebody ends it.
pub fn fleet_up(
    session: &Session<'_>,
    request: &FleetRequest,
    observe: impl FnMut(&FleetNews<'_>),
) -> Result<FleetView> {
    let policy = Policy::read(session, None)?;
    let mut names = request.workers.clone();
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if names.is_empty() {
        let known = policy.names().join(", ");
        return Err(Error::usage_with("a fleet needs workers", format!("--workers, with some of {known}")));
    }
    let branches = branches_of(session, &policy, &names)?;
    let names = request.count.names_of(&names);
    let folder = fleet_folder(session);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let _lock = Lock::acquire(&folder.join("lock"), Duration::ZERO, "fleet")?;
    remove_if_there(&folder.join("down"))?;
    let file = FleetFile { process: ProcessId::own(), since: session.env().now(), workers: names };
    // What a supervisor that was killed has left goes before its files are used again, and before its list is lost.
    let before = read_fleet(&folder).map(|file| file.workers).unwrap_or_default();
    before.iter().chain(&file.workers).try_for_each(|name| end_orphan(session, name))?;
    write_fleet(&folder, &file)?;
    let has_triggers = !policy.config.triggers.is_empty() || !policy.config.webhooks.is_empty();
    let triggers = TriggerProcess::new(session, has_triggers);
    let workers = file.workers.iter().map(|name| (name.clone(), Supervised::default())).collect();
    let (count, folder) = (request.count, folder.as_path());
    let mut fleet = Fleet { session, folder, file, workers, branches, count, triggers, observe };
    fleet.supervise()?;
    let file = fleet.file;
    remove_if_there(&folder.join("fleet.json"))?;
    Ok(FleetView { up: false, pid: None, ..fleet_status_of(session, &file.workers, Some(&file)) })
}

/// Ends the process of a worker that nobody supervises any more.
fn end_orphan(session: &Session<'_>, name: &str) -> Result<()> {
    let folder = worker_folder(session.workspace(), name);
    let orphan =
        read_status(&folder).filter(|status| status.supervisor.is_some() && status.process.is_alive());
    let Some(orphan) = orphan else { return Ok(()) };
    let watcher = FolderWatcher::new(&folder);
    for look in 0..PATIENCE.as_millis() / SHORT_LOOK.as_millis() {
        if !orphan.process.is_alive() {
            break;
        }
        let is_late = look * 2 > PATIENCE.as_millis() / SHORT_LOOK.as_millis();
        signal_group(orphan.process.pid, if is_late { GroupSignal::Kill } else { GroupSignal::Terminate });
        watcher.wait(SHORT_LOOK);
    }
    kill_marked(TREE_VARIABLE, &folder.to_string_lossy());
    Ok(())
}

/// A worker, as its supervisor sees it.
#[derive(Default)]
pub(super) struct Supervised {
    pub(super) process: Option<Apart>,
    began: Duration,
    /// How often in a row it has ended soon.
    failures: u32,
    /// When it is started again.
    again: Duration,
}

impl Supervised {
    /// Notes its end; returns after which time it is started again, where it has just ended.
    pub(super) fn has_ended(&mut self, folder: &Path, now: Duration) -> Result<Option<Duration>> {
        let end = match &mut self.process {
            Some(process) => process.ended().map_err(Error::io("wait for", folder))?,
            None => None,
        };
        if end.is_none() {
            return Ok(None);
        }
        self.process = None;
        self.failures = if now.saturating_sub(self.began) >= LONG_LIFE { 0 } else { self.failures + 1 };
        let wait = Duration::from_secs(1 << self.failures.saturating_sub(1).min(6)).min(LONGEST_BACKOFF);
        self.again = now + wait;
        Ok(Some(wait))
    }

    /// Whether it is to be started now.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.process.is_none() && now >= self.again
    }

    /// Notes that it was started.
    pub(super) fn has_begun(&mut self, process: Apart, now: Duration) {
        (self.process, self.began) = (Some(process), now);
    }

    /// Ends it, and kills it where it takes too long.
    pub(super) fn end(&mut self, folder: &Path) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let watcher = FolderWatcher::new(folder);
        let looks = PATIENCE.as_millis() / SHORT_LOOK.as_millis();
        for look in 0..looks {
            if process.ended().map_err(Error::io("wait for", folder))?.is_some() {
                break;
            }
            let signal = if look * 2 > looks { GroupSignal::Kill } else { GroupSignal::Terminate };
            process.pid().into_iter().for_each(|pid| signal_group(pid, signal));
            watcher.wait(SHORT_LOOK);
        }
        Ok(())
    }
}

struct Fleet<'f, 'e, O> {
    session: &'f Session<'e>,
    folder: &'f Path,
    file: FleetFile,
    workers: BTreeMap<String, Supervised>,
    /// The branches that workers watch, by type, in the order in which they were named.
    branches: Vec<(String, String)>,
    count: WorkerCount,
    triggers: TriggerProcess,
    observe: O,
}

impl<O: FnMut(&FleetNews<'_>)> Fleet<'_, '_, O> {
    fn supervise(&mut self) -> Result<()> {
        let interrupted = on_signals();
        let watcher = FolderWatcher::new(self.folder);
        let folder = self.folder;
        let is_over =
            || interrupted.load(std::sync::atomic::Ordering::Relaxed) || folder.join("down").is_file();
        let mut outcome = Ok(());
        while !is_over() && outcome.is_ok() {
            outcome = self.workers.iter_mut().try_for_each(|(name, own)| {
                Self::look(self.session, kind_of(&self.branches, name), name, own, &mut self.observe)
            });
            outcome = outcome.and_then(|()| self.fit());
            outcome = outcome.and_then(|()| self.triggers.look(self.session, &mut self.observe));
            watcher.wait(LOOK);
        }
        self.triggers.end()?;
        for (name, supervised) in &mut self.workers {
            end(self.session, name, supervised)?;
        }
        remove_if_there(&self.folder.join("down"))?;
        outcome
    }

    /// Starts a worker that is to run and does not, and ends one that was paused.
    fn look(
        session: &Session<'_>,
        kind: &str,
        name: &str,
        own: &mut Supervised,
        observe: &mut O,
    ) -> Result<()> {
        let (folder, now) = (worker_folder(session.workspace(), name), session.env().monotonic());
        if let Some(again) = own.has_ended(&folder, now)? {
            observe(&FleetNews::Ended { worker: name, again });
        }
        if is_paused(&folder) {
            if own.process.is_some() {
                end(session, name, own)?;
                observe(&FleetNews::Paused { worker: name });
            }
            (own.failures, own.again) = (0, Duration::ZERO);
            return Ok(());
        }
        if own.is_due(now) {
            let process = start(session, kind, name)?;
            observe(&FleetNews::Started { worker: name, pid: process.pid().unwrap_or_default() });
            own.has_begun(process, now);
        }
        Ok(())
    }
}

impl<O: FnMut(&FleetNews<'_>)> Fleet<'_, '_, O> {
    /// Adds a worker where commits wait, and ends one that has nothing to do.
    fn fit(&mut self) -> Result<()> {
        if self.count.is_fixed() {
            return Ok(());
        }
        let loads: Result<Vec<Load>> = self.branches.iter().map(|own| self.load(own)).collect();
        let loads = loads?;
        for (at, load) in loads.iter().enumerate() {
            let kind = self.branches[at].0.clone();
            if load.has_too_many(self.count)
                && let Some(name) = self.names(&kind).pop()
            {
                if let Some(mut own) = self.workers.remove(&name) {
                    end(self.session, &name, &mut own)?;
                }
                (self.observe)(&FleetNews::Retired { worker: &name });
                self.file.workers.retain(|own| *own != name);
                write_fleet(self.folder, &self.file)?;
            }
        }
        let Some(at) = most_urgent(&loads, self.count) else { return Ok(()) };
        let (kind, branch) = self.branches[at].clone();
        let name = next_name(&kind, |name| self.workers.contains_key(name));
        self.share_memory(&kind, &branch, &name)?;
        self.workers.insert(name.clone(), Supervised::default());
        self.file.workers.push(name);
        write_fleet(self.folder, &self.file)
    }

    /// Returns the workers of a type, the first first.
    fn names(&self, kind: &str) -> Vec<String> {
        let of_kind = self.file.workers.iter().filter(|name| kind_of(&self.branches, name) == kind);
        of_kind.cloned().collect()
    }

    fn load(&self, (kind, branch): &(String, String)) -> Result<Load> {
        let (names, now) = (self.names(kind), self.session.env().now());
        let folders = names.iter().map(|name| worker_folder(self.session.workspace(), name));
        let folders: Vec<PathBuf> = folders.collect();
        let mut load = Load { running: names.len(), ..Load::default() };
        if folders.iter().any(|folder| is_paused(folder)) {
            return Ok(load);
        }
        let statuses: Vec<_> = folders.iter().filter_map(|folder| read_status(folder)).collect();
        let commits: Vec<&str> = statuses.iter().filter_map(|status| status.commit.as_deref()).collect();
        load.busy = commits.len();
        if load.busy == load.running {
            let repository = self.session.workspace().repository()?;
            let remote = claims_remote(self.session, None).ok().flatten();
            let waiting = commits.iter().map(|seen| unseen(&repository, remote.as_deref(), branch, seen));
            let waiting: Result<Vec<_>> = waiting.collect();
            load.waiting = waiting?.into_iter().flatten().min().unwrap_or_default();
        }
        let is_idle = |state| matches!(state, WorkerState::Idle | WorkerState::Waiting);
        let last = statuses.last().filter(|status| is_idle(status.state) && statuses.len() == load.running);
        load.idle = last.and_then(|status| (now - status.since).to_std().ok());
        Ok(load)
    }

    /// Lets a new worker begin where those of its type are: what they look at is no work for it.
    fn share_memory(&self, kind: &str, branch: &str, name: &str) -> Result<()> {
        let folder_of = |name: &str| worker_folder(self.session.workspace(), name);
        let own = read_memory(&folder_of(name), kind, branch);
        let statuses = self.names(kind).into_iter().filter_map(|name| read_status(&folder_of(&name)));
        let Some(seen) = statuses.filter_map(|status| status.commit).next_back() else { return Ok(()) };
        let folder = folder_of(name);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        write_memory(&folder, &WorkerMemory { seen: Some(seen), ..own })
    }
}

/// Returns the branch that each type watches; fails where there is no such type.
fn branches_of(session: &Session<'_>, policy: &Policy, kinds: &[String]) -> Result<Vec<(String, String)>> {
    let types: Result<Vec<_>> = kinds.iter().map(|kind| policy.find(kind)).collect();
    let types = types?;
    let remote = claims_remote(session, None)?;
    let types = kinds.iter().zip(types);
    Ok(types.map(|(kind, found)| (kind.clone(), branch_of(policy, &found, remote.as_deref()))).collect())
}

/// Returns the type of a worker of the fleet, which its name begins with.
fn kind_of<'k>(kinds: &'k [(String, String)], name: &'k str) -> &'k str {
    let number = |kind: &str| name.strip_prefix(kind)?.strip_prefix('-')?.parse::<u32>().ok();
    let is_own = |(kind, _): &&(String, String)| kind == name;
    let found = kinds.iter().find(is_own).or_else(|| kinds.iter().find(|(kind, _)| number(kind).is_some()));
    found.map_or(name, |(kind, _)| kind)
}

/// Writes what others know of the fleet, all of it or nothing.
fn write_fleet(folder: &Path, file: &FleetFile) -> Result<()> {
    let bytes = serde_json::to_vec(file).expect("plain data with text keys is always JSON");
    Ok(replace_unsynced(&folder.join("fleet.json"), &bytes)?)
}

fn start(session: &Session<'_>, kind: &str, name: &str) -> Result<Apart> {
    let folder = worker_folder(session.workspace(), name);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    start_tracker(session, &["worker", "run", kind, "--name", name], &folder.join(LOG))
}

/// Starts this program beside the supervisor, with a file for what it prints.
pub(super) fn start_tracker(session: &Session<'_>, words: &[&str], log: &Path) -> Result<Apart> {
    let errors = open_to_append(log).map_err(Error::io("open", log))?;
    let program = session.env().program().map_err(Error::io("find", Path::new("tracker")))?;
    let program = Program::new(program, "run a worker").args(["--plain"]).args(words);
    let program =
        program.in_folder(session.workspace().work_dir()).variable(SUPERVISOR, ProcessId::own().text());
    program.start_apart(errors).map_err(|error| Error::usage(error.to_string()))
}

/// Ends a worker, and what its tools have left.
fn end(session: &Session<'_>, name: &str, own: &mut Supervised) -> Result<()> {
    let folder = worker_folder(session.workspace(), name);
    if own.process.is_some() {
        own.end(&folder)?;
        kill_marked(TREE_VARIABLE, &folder.to_string_lossy());
    }
    Ok(())
}

/// Shows the fleet.
pub fn fleet_status(session: &Session<'_>) -> Result<FleetView> {
    let file = read_fleet(&fleet_folder(session));
    let names = match &file {
        Some(file) => file.workers.clone(),
        None => super::view::worker_names(session),
    };
    Ok(fleet_status_of(session, &names, file.as_ref()))
}

fn fleet_status_of(session: &Session<'_>, names: &[String], file: Option<&FleetFile>) -> FleetView {
    let living = file.filter(|file| file.process.is_alive());
    FleetView {
        up: living.is_some(),
        pid: living.map(|file| file.process.pid),
        since: living.map(|file| file.since),
        workers: names.iter().map(|name| fleet_worker(session, name)).collect(),
    }
}

fn fleet_worker(session: &Session<'_>, name: &str) -> FleetWorker {
    let folder = worker_folder(session.workspace(), name);
    let (state, since) = state_of(session.env(), &folder);
    let rounds = read_rounds(&folder);
    let status = read_status(&folder).filter(|status| status.process.is_alive());
    let last = rounds.last().filter(|round| round.outcome == RoundOutcome::Failed);
    FleetWorker {
        worker: name.to_owned(),
        state,
        since,
        pid: status.map(|status| status.process.pid),
        rounds: rounds.len(),
        fixed: rounds.iter().map(|round| round.fixed).sum(),
        escalated: rounds.iter().map(|round| round.escalated.len()).sum(),
        failed: rounds.iter().filter(|round| round.outcome == RoundOutcome::Failed).count(),
        why: last.and_then(|round| round.why.clone()),
    }
}

/// Pauses workers of the fleet, all of them where none is named, or lets them go on.
pub fn fleet_pause(session: &Session<'_>, names: &[String], paused: bool) -> Result<FleetView> {
    let folder = fleet_folder(session);
    let Some(file) = read_fleet(&folder) else { return Err(no_fleet()) };
    for name in names {
        if !file.workers.contains(name) {
            let message = format!("the fleet has no worker `{name}`");
            return Err(Error::not_found(message, format!("it has {}", file.workers.join(", "))));
        }
    }
    let meant = if names.is_empty() { &file.workers } else { names };
    for name in meant {
        set_paused(&worker_folder(session.workspace(), name), paused)?;
    }
    // The supervisor looks at once.
    fs::write(folder.join("look"), "").map_err(Error::io("write", &folder))?;
    fleet_status(session)
}

fn no_fleet() -> Error {
    let up = Suggestion::tracker(["fleet", "up", "--workers", "TYPE,TYPE"]);
    Error::wrong_state("no fleet is up in this clone", up.to_string())
}

/// Ends the fleet with all of its workers, also what a supervisor that was killed has left.
pub fn fleet_down(session: &Session<'_>) -> Result<FleetView> {
    let folder = fleet_folder(session);
    let Some(file) = read_fleet(&folder) else { return Err(no_fleet()) };
    let lock = folder.join("lock");
    if Lock::is_held(&lock)? {
        let watcher = FolderWatcher::new(&folder);
        fs::write(folder.join("down"), "").map_err(Error::io("write", &folder))?;
        for _ in 0..2 * PATIENCE.as_millis() / SHORT_LOOK.as_millis() {
            if !Lock::is_held(&lock)? {
                break;
            }
            watcher.wait(SHORT_LOOK);
        }
        if Lock::is_held(&lock)? {
            let message = format!("the supervisor, process {}, does not end", file.process.pid);
            return Err(Error::usage_with(message, "it ends when its workers have; try again"));
        }
    }
    file.workers.iter().try_for_each(|name| end_orphan(session, name))?;
    remove_if_there(&folder.join("down"))?;
    remove_if_there(&folder.join("fleet.json"))?;
    Ok(fleet_status_of(session, &file.workers, None))
}
