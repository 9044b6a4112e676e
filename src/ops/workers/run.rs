//! `worker run`: makes a round for each commit that its branch gets, or one. Between rounds the process sleeps until the system
//! tells that a ref has moved.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::clean::{keep_unmerged, prune_bundles};
use super::desk::{Desk, git_in, last_line, worker_folder};
use super::records::{
    Round, RoundOutcome, WorkerMemory, append_round, read_memory, read_rounds, write_memory,
};
use super::round::{RoundEnd, Rounds, is_for_workers};
use super::spending::{cost_file, forget, refuse_used_up, refuse_used_up_task, reported};
use super::status::{Pulse, WorkerState};
use super::tool::{TREE_VARIABLE, ToolEnv, ToolFailure};
use super::types::Policy;
use super::work::{Halt, Worker};
use crate::facts::claim_refs_of;
use crate::git::{CommitId, FileMode, Repository};
use crate::model::{
    CLOCK_SKEW, FILES_REF, FindingState, TaskId, WorkerType, WorkerWatch, is_permitted, is_selected,
    is_worker_name,
};
use crate::ops::claims::claims_remote;
use crate::ops::{Error, QueueRequest, Result, Session, queue};
use crate::process::kill_marked;
use crate::store::{Lock, Watcher};

/// How often a round begins again because the branch has moved on.
const MOST_MOVES: usize = 10;

/// What a worker is started with.
#[derive(Debug, Clone, Default)]
pub struct WorkerRequest {
    /// The type.
    pub kind: String,
    /// Its name; that of the type by default.
    pub name: Option<String>,
    /// The branch; by default what the type says, else the one that others are merged into.
    pub branch: Option<String>,
    /// The remote; the one of claims by default.
    pub remote: Option<String>,
    /// One round, and no waiting.
    pub is_once: bool,
    /// Look at all files, and not only at those that have changed since the last round.
    pub is_all: bool,
    /// Look at these files only, once.
    pub files: Vec<String>,
    /// How often the remote is asked whether the branch has moved; never by default.
    pub fetch: Option<Duration>,
}

/// What a worker has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerRun {
    /// Its name.
    pub worker: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The branch.
    pub branch: String,
    /// The last round; none where there was nothing new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
}

/// What is shown while a worker works.
pub enum WorkerNews<'n> {
    /// It is ready.
    Registered {
        /// Its name.
        worker: &'n str,
        /// Its type.
        kind: &'n str,
        /// The branch.
        branch: &'n str,
    },
    /// It looks at a commit.
    Started {
        /// Its name.
        worker: &'n str,
        /// The commit.
        commit: &'n str,
        /// How many files.
        files: usize,
    },
    /// A round has ended.
    Ended(&'n Round),
}

/// Runs a worker: until it is ended, or for one round.
pub fn run_worker(
    session: &Session<'_>,
    request: &WorkerRequest,
    mut observe: impl FnMut(&WorkerNews<'_>),
) -> Result<WorkerRun> {
    let name = request.name.clone().unwrap_or_else(|| request.kind.clone());
    if !is_worker_name(&name) {
        let message = format!("invalid name of a worker `{name}`");
        return Err(Error::usage_with(message, "lowercase letters, digits and `-`, beginning with a letter"));
    }
    // Before the first look: what comes meanwhile is not missed.
    let watcher = if request.is_once { None } else { Some(Watcher::new(session.workspace())?) };
    let folder = worker_folder(session.workspace(), &name);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let _lock = Lock::acquire(&folder.join("lock"), Duration::ZERO, &format!("worker {name}"))?;
    // Tools that outlive a worker which was killed still write.
    kill_marked(TREE_VARIABLE, &folder.to_string_lossy());
    let remote = claims_remote(session, request.remote.as_deref())?;
    let mut worker = known_worker(session, request, &name, remote)?;
    let mut pulse = Pulse::start(session.env(), &folder)?;
    let mut observe = |news: &WorkerNews<'_>| {
        // What it cannot write of itself it can write nowhere.
        let commit = match news {
            WorkerNews::Started { commit, .. } => Some(*commit),
            WorkerNews::Registered { .. } | WorkerNews::Ended(_) => None,
        };
        let _ = pulse.set(state_after(news), commit, session.env().now());
        observe(news);
    };
    observe(&WorkerNews::Registered { worker: &name, kind: &request.kind, branch: &worker.branch });
    let (mut last, mut waits) = (None, Waits::default());
    let (mut needs_fetch, mut is_first) = (true, true);
    loop {
        if needs_fetch {
            fetch(session, &worker)?;
        }
        if !is_first {
            worker = known_worker(session, request, &name, worker.remote.clone())?;
        }
        let at_work = AtWork { session, request, worker: &worker, folder: &folder };
        last = at_work.round(is_first, &mut waits, &mut observe)?.or(last);
        is_first = false;
        let Some(watcher) = &watcher else { break };
        let most = waits.most(session.env().now()).into_iter().chain(request.fetch).min();
        needs_fetch = !watcher.wait(most);
    }
    Ok(WorkerRun { worker: name, kind: request.kind.clone(), branch: worker.branch, round: last })
}

/// Returns what a worker does from then on.
fn state_after(news: &WorkerNews<'_>) -> WorkerState {
    match news {
        WorkerNews::Registered { .. } => WorkerState::Idle,
        WorkerNews::Started { .. } => WorkerState::Working,
        WorkerNews::Ended(round) => match round.outcome {
            RoundOutcome::Failed => WorkerState::Error,
            RoundOutcome::Escalated => WorkerState::Waiting,
            RoundOutcome::Success | RoundOutcome::Queued | RoundOutcome::Working => WorkerState::Idle,
        },
    }
}

/// Returns the branch that workers of a type watch where none is named.
pub(super) fn branch_of(policy: &Policy, kind: &WorkerType, remote: Option<&str>) -> String {
    let base = policy.from.branch.split_once('/').filter(|(own, _)| Some(*own) == remote);
    let base = base.map_or(policy.from.branch.as_str(), |(_, branch)| branch);
    let base = base.strip_prefix("origin/").unwrap_or(base);
    kind.branch.clone().unwrap_or_else(|| base.to_owned())
}

/// Reads what the worker is to do, from the configuration that counts.
fn known_worker(
    session: &Session<'_>,
    request: &WorkerRequest,
    name: &str,
    remote: Option<String>,
) -> Result<Worker> {
    let policy = Policy::read(session, request.branch.as_deref())?;
    let kind = policy.find(&request.kind)?;
    let branch = request.branch.clone().unwrap_or_else(|| branch_of(&policy, &kind, remote.as_deref()));
    if !Repository::is_branch_name(&branch) {
        return Err(Error::usage(format!("invalid branch name `{branch}`")));
    }
    let executor = kind.executor.as_ref().and_then(|name| policy.config.executors.get_key_value(name));
    let executor = executor.map(|(name, executor)| (name.clone(), executor.clone()));
    let commit = CommitId::parse(&policy.from.commit).map_err(|error| Error::usage(error.to_string()))?;
    let snapshot = session.workspace().snapshot_of_commit(Some(commit))?;
    let prompt = match &kind.role {
        Some(role) => match snapshot.role(role)? {
            Some(Ok(guide)) => Some(guide.prompt),
            Some(Err(problems)) => return Err(Error::Broken(problems)),
            None => return Err(Error::not_found(format!("unknown role `{role}`"), "tracker role")),
        },
        None => None,
    };
    let (name, type_name) = (name.to_owned(), request.kind.clone());
    let budgets = policy.config.budgets;
    Ok(Worker { name, type_name, kind, branch, remote, executor, prompt, budgets })
}

/// Fetches the branch, where a remote has it.
fn fetch(session: &Session<'_>, worker: &Worker) -> Result<()> {
    let Some(remote) = &worker.remote else { return Ok(()) };
    let refspec = format!("+refs/heads/{0}:refs/remotes/{remote}/{0}", worker.branch);
    let output = git_in(session.workspace(), "fetch", &["fetch", "--quiet", "--no-tags", remote, &refspec])?;
    if output.is_success() || output.stderr_text().contains("cannot lock ref") {
        return Ok(());
    }
    let message = format!("git fetch from {remote} failed: {}", last_line(&output.stderr_text()));
    Err(Error::Remote { message, hint: format!("run `git ls-remote {remote}`") })
}

/// What a round goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SeenRefs {
    tip: CommitId,
    kind: WorkerType,
    /// The claims of others.
    claims: Vec<String>,
}

/// What a worker waits for after a round that has failed, or was kept from files: it is not tried again as long as nothing
/// is otherwise, for what it does itself moves refs too.
#[derive(Debug, Default)]
struct Waits {
    seen: Option<SeenRefs>,
    /// When a claim ends that was in the way.
    until: Option<DateTime<Utc>>,
}

impl Waits {
    fn is_for(&self, seen: &SeenRefs, now: DateTime<Utc>) -> bool {
        self.seen.as_ref() == Some(seen) && self.until.is_none_or(|until| now < until)
    }

    /// Returns how long to wait at most.
    fn most(&self, now: DateTime<Utc>) -> Option<Duration> {
        let until = self.until?;
        Some((until - now).to_std().unwrap_or_default() + CLOCK_SKEW.to_std().unwrap_or_default())
    }
}

/// A worker that may find something to do.
struct AtWork<'w, 'e> {
    session: &'w Session<'e>,
    request: &'w WorkerRequest,
    worker: &'w Worker,
    folder: &'w Path,
}

/// The files in question.
struct Work {
    looked: BTreeSet<String>,
    allowed: BTreeSet<String>,
    present: BTreeSet<String>,
    is_all: bool,
    /// The commit since which lines count; none where all do.
    since: Option<CommitId>,
}

impl AtWork<'_, '_> {
    /// Makes a round where there is something new. One that fails is recorded as that, and the command fails with it where it
    /// is the only one.
    fn round(
        &self,
        is_first: bool,
        waits: &mut Waits,
        observe: &mut impl FnMut(&WorkerNews<'_>),
    ) -> Result<Option<Round>> {
        let env = self.session.env();
        for _ in 0..MOST_MOVES {
            let tip = self.tip()?;
            let memory = read_memory(self.folder, &self.worker.type_name, &self.worker.branch);
            let is_asked = is_first && (self.request.is_all || !self.request.files.is_empty());
            let is_seen = memory.seen.as_deref() == Some(tip.to_string().as_str());
            let is_idle = is_seen && memory.queued.is_empty() || waits.is_for(&self.seen(tip)?, env.now());
            if is_idle && !is_asked {
                return Ok(None);
            }
            let begun = env.monotonic();
            let blank = self.blank(tip);
            let ended = match self.refuse_used_up() {
                Ok(()) => self.make(tip, &memory, is_first, &blank, observe),
                Err(error) => Err(Halt::Trouble(error)),
            };
            let cost = reported(self.folder).cost.map(|cost| cost.to_string());
            let ms = u64::try_from((env.monotonic() - begun).as_millis()).unwrap_or(u64::MAX);
            let (why, log, error) = match ended {
                Ok(RoundEnd { round, queued, free_at }) => {
                    let round = Round { at: env.now(), ms, cost, ..round };
                    let at = self.remember(tip, &round, queued)?;
                    *waits = match round.outcome {
                        RoundOutcome::Queued => Waits { seen: Some(self.seen(at)?), until: free_at },
                        _ => Waits::default(),
                    };
                    append_round(self.folder, &round)?;
                    forget(self.folder)?;
                    observe(&WorkerNews::Ended(&round));
                    return Ok(Some(round));
                }
                Err(Halt::Moved) => {
                    fetch(self.session, self.worker)?;
                    continue;
                }
                Err(Halt::Tool(ToolFailure { message, log })) => {
                    let hint = format!("tracker worker show {}", self.worker.type_name);
                    (message.clone(), Some(log), Error::usage_with(message, hint))
                }
                Err(Halt::Trouble(error)) => (error.to_string(), None, error),
            };
            *waits = Waits { seen: Some(self.seen(tip)?), until: None };
            let log = log.filter(|log| !log.is_empty());
            let round = Round { at: env.now(), ms, cost, why: Some(why), log, ..blank };
            append_round(self.folder, &round)?;
            forget(self.folder)?;
            observe(&WorkerNews::Ended(&round));
            return if self.request.is_once { Err(error) } else { Ok(Some(round)) };
        }
        Err(Error::BranchMoved(self.worker.branch.clone()))
    }

    /// Pauses the worker where it has cost as much as it may, or the task that its commits are linked to.
    fn refuse_used_up(&self) -> Result<()> {
        let Worker { name, kind, budgets, .. } = self.worker;
        refuse_used_up(self.folder, name, kind.budget.as_ref(), self.session.env().now())?;
        refuse_used_up_task(self.session, (self.folder, name), kind.task.as_ref(), budgets)
    }

    /// Returns a round in which nothing has happened yet: what stays of one that fails.
    fn blank(&self, tip: CommitId) -> Round {
        Round {
            at: self.session.env().now(),
            worker: self.worker.name.clone(),
            kind: self.worker.type_name.clone(),
            branch: self.worker.branch.clone(),
            commit: tip.to_string(),
            outcome: RoundOutcome::Failed,
            files: 0,
            found: 0,
            fixed: 0,
            remaining: 0,
            queued: 0,
            ms: 0,
            landed: None,
            fixes: Vec::new(),
            escalated: Vec::new(),
            closed: Vec::new(),
            cost: None,
            why: None,
            log: None,
        }
    }

    /// Returns the last commit of the branch.
    fn tip(&self) -> Result<CommitId> {
        let branch = &self.worker.branch;
        let name = match &self.worker.remote {
            Some(remote) => format!("refs/remotes/{remote}/{branch}"),
            None => format!("refs/heads/{branch}"),
        };
        let tip = self.session.workspace().repository()?.ref_commit(&name)?;
        tip.ok_or_else(|| Error::not_found(format!("unknown branch `{branch}`"), "git branch --list --all"))
    }

    fn make(
        &self,
        tip: CommitId,
        memory: &WorkerMemory,
        is_first: bool,
        blank: &Round,
        observe: &mut impl FnMut(&WorkerNews<'_>),
    ) -> super::work::Halted<RoundEnd> {
        let work = self.work(tip, memory, is_first)?;
        observe(&WorkerNews::Started {
            worker: &self.worker.name,
            commit: &tip.to_string(),
            files: work.looked.len(),
        });
        let workspace = self.session.workspace();
        prune_bundles(self.session)?;
        keep_unmerged(self.session, &self.worker.name, tip)?;
        let desk = Desk::open(workspace, &self.worker.name, tip)?;
        desk.reset(tip)?;
        let session = self.session.in_working_tree(&desk.folder)?.for_agent(&self.worker.name);
        let rounds = Rounds {
            worker: self.worker,
            session: &session,
            desk: &desk,
            env: self.tool_env(),
            tip,
            allowed: work.allowed,
            looked: work.looked,
            present: work.present,
            is_all: work.is_all,
            since: work.since,
        };
        rounds.run(blank.clone())
    }

    fn tool_env(&self) -> ToolEnv {
        let report: PathBuf = self.folder.join("report");
        let cost = cost_file(self.folder);
        ToolEnv { worker: self.worker.name.clone(), limit: self.worker.kind.time_limit(), report, cost }
    }

    /// Returns the files in question: those that were changed since the last round by others, or all.
    fn work(&self, tip: CommitId, memory: &WorkerMemory, is_first: bool) -> Result<Work> {
        let repository = self.session.workspace().repository()?;
        let files = repository.tree_files(tip, "")?;
        let is_file = |mode: FileMode| matches!(mode, FileMode::Plain | FileMode::Executable);
        let present: BTreeSet<String> =
            files.into_iter().filter(|file| is_file(file.mode)).map(|file| file.path).collect();
        let paths = &self.worker.kind.paths;
        let is_allowed =
            |path: &&String| is_for_workers(path) && (paths.is_empty() || is_permitted(paths, path));
        let allowed: BTreeSet<String> = present.iter().filter(is_allowed).cloned().collect();
        if is_first && !self.request.files.is_empty() {
            let looked = self.given(&allowed, &present)?;
            return Ok(Work { looked, allowed, present, is_all: false, since: None });
        }
        let named = match self.worker.kind.watch.unwrap_or_default() {
            WorkerWatch::Commits => None,
            WorkerWatch::Tasks => Some(self.files_of_tasks(&allowed)?),
            WorkerWatch::Findings => Some(self.files_of_findings()?),
        };
        if let Some(named) = named {
            let looked = allowed.intersection(&named).cloned().collect();
            return Ok(Work { looked, allowed, present, is_all: false, since: None });
        }
        let seen = memory.seen.as_deref().and_then(|seen| CommitId::parse(seen).ok());
        let seen = seen.filter(|_| !(is_first && self.request.is_all));
        let changed = seen.map(|seen| self.changed(&repository, seen, tip)).transpose()?.flatten();
        Ok(match changed {
            Some(mut changed) => {
                changed.extend(memory.queued.iter().cloned());
                let looked = allowed.intersection(&changed).cloned().collect();
                // What waited for a claim was not looked at to its end.
                let since = seen.filter(|_| memory.queued.is_empty());
                Work { looked, allowed, present, is_all: false, since }
            }
            None => Work { looked: allowed.clone(), allowed, present, is_all: true, since: None },
        })
    }

    /// Returns the files that were given, all of them there.
    fn given(&self, allowed: &BTreeSet<String>, present: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let mut files = BTreeSet::new();
        for given in &self.request.files {
            let path = given.trim_start_matches("./");
            if !present.contains(path) {
                let message = format!("`{given}` is no file of {}", self.worker.branch);
                return Err(Error::not_found(message, "give the path from the top of the repository"));
            }
            if !allowed.contains(path) {
                let message = format!("`{given}` is none of the paths that this worker may touch");
                return Err(Error::usage_with(
                    message,
                    format!("tracker worker show {}", self.worker.type_name),
                ));
            }
            files.insert(path.to_owned());
        }
        Ok(files)
    }

    /// Returns the files that others have changed since a commit; none where that is not before the tip any more.
    fn changed(
        &self,
        repository: &Repository,
        seen: CommitId,
        tip: CommitId,
    ) -> Result<Option<BTreeSet<String>>> {
        if !repository.merge_base(seen, tip).is_ok_and(|base| base == Some(seen)) {
            return Ok(None);
        }
        let commits = repository.commits_between(Some(seen), tip)?;
        // A trailer can be written by anybody: its own are those that its rounds have landed.
        let own: BTreeSet<String> =
            read_rounds(self.folder).into_iter().filter_map(|round| round.landed).collect();
        let of_others = commits.iter().filter(|commit| !own.contains(&commit.id.to_string()));
        let ids: Vec<CommitId> = of_others.map(|commit| commit.id).collect();
        Ok(Some(repository.files_changed(&ids)?.into_iter().collect()))
    }

    /// Returns the target files of the tasks that the worker watches.
    fn files_of_tasks(&self, allowed: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let query = self.worker.kind.query.clone().unwrap_or_default();
        let (listing, _) = queue(self.session, &QueueRequest { query, ..QueueRequest::default() })?;
        let mut globs = Vec::new();
        for task in &listing.tasks {
            let id = TaskId::parse(&task.id).map_err(|error| Error::usage(error.to_string()))?;
            globs.extend(
                self.session.snapshot().readable_task(&id)?.map(|task| task.files).unwrap_or_default(),
            );
        }
        Ok(allowed.iter().filter(|path| is_selected(&globs, path)).cloned().collect())
    }

    /// Returns the files that open findings name.
    fn files_of_findings(&self) -> Result<BTreeSet<String>> {
        let snapshot = self.session.snapshot();
        let mut files = BTreeSet::new();
        for id in snapshot.task_ids()? {
            let (findings, _) = snapshot.findings(&id)?;
            let open = findings.iter().filter(|(_, finding)| *finding.state() == FindingState::Open);
            files.extend(open.filter_map(|(_, finding)| finding.file.clone()));
        }
        Ok(files)
    }

    /// Returns what a round of this moment would go by.
    fn seen(&self, tip: CommitId) -> Result<SeenRefs> {
        let own = self.worker.claim_id()?.to_string();
        let prefix = claim_refs_of(self.worker.remote.as_deref());
        let refs = self.session.workspace().repo_paths().object_refs(prefix.trim_end_matches('/'))?;
        let others = refs.into_iter().filter(|found| {
            let name = found.name.strip_prefix(&prefix).unwrap_or_default();
            name != own && name != FILES_REF
        });
        let claims = others.map(|found| format!("{} {}", found.name, found.object)).collect();
        Ok(SeenRefs { tip, kind: self.worker.kind.clone(), claims })
    }

    /// Writes what has been seen, and returns the commit that the branch ends in by that.
    fn remember(&self, tip: CommitId, round: &Round, queued: BTreeSet<String>) -> Result<CommitId> {
        let memory = read_memory(self.folder, &self.worker.type_name, &self.worker.branch);
        let landed = round.landed.as_deref().and_then(|landed| CommitId::parse(landed).ok());
        let seen = landed.unwrap_or(tip);
        if self.request.files.is_empty() {
            let queued = queued.into_iter().collect();
            write_memory(self.folder, &WorkerMemory { seen: Some(seen.to_string()), queued, ..memory })?;
        }
        Ok(seen)
    }
}
