//! Work in flight: what somebody has moved on a branch or in a working tree beside this one, and has not been merged.
//!
//! A move is seen where its branch is, so every reader that tells who works on what looks at all of them: local and
//! remote-tracking branches, and what is started in other working trees and not committed. A task is in flight there
//! where its history goes on from the one here.
//!
//! What a branch changed is remembered by the commit that it ends in, and read again only when it has moved. Of a branch
//! only what it changed since it left the one that work is merged into is read; one without a commit in 90 days is
//! counted, not read.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Result;
use crate::doc::read_task_of;
use crate::env::Env;
use crate::git::{
    BranchTip, CacheFile, CommitId, RepoPaths, Repository, TARGET_REFS, read_regular, replace_cache,
};
use crate::model::{RecordKind, RecordPath, Stage, Task, TaskId};
use crate::policy::FlightPlace;
use crate::store::{LARGEST_FILE, Workspace, moved_tasks_in};

/// Another number where work is read or kept otherwise.
const CACHE: CacheFile = CacheFile::new(*b"trkfly01", &["json"]);
/// The cache's name below the folder that all working trees share.
const NAME: &str = "in-flight";
/// A branch without a commit for so long is counted and not read.
const OLD: TimeDelta = TimeDelta::days(90);
/// Of a branch that changed more records, such as one that imports them, only these are read.
const MOST_RECORDS: usize = 500;
/// From this many branches on, they are read on several threads.
const WORTH_THREADS: usize = 8;
/// So long branches are read that nobody has read before; those that are left are read the next time.
const PATIENCE: Duration = Duration::from_millis(200);
/// Commits that no branch ends in any more are forgotten when there are more of them than of the others, and these.
const KEPT: usize = 64;

/// A task that goes on elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// Where: a branch, as `git switch` or `git merge` takes it; none in a working tree whose HEAD is detached.
    pub branch: Option<String>,
    /// The ref of the branch, whole.
    pub ref_name: Option<String>,
    /// The folder of the working tree that has the branch checked out.
    pub work_dir: Option<String>,
    /// The commit that has it; none where it is not committed.
    pub commit: Option<CommitId>,
    /// The stage that the task is in there.
    pub stage: Stage,
    /// Who works on it there.
    pub assignee: Option<String>,
    /// Who moved it last.
    pub by: String,
    /// When that was.
    pub at: DateTime<Utc>,
    /// When each of its moves was, in seconds since 1970.
    moves: Vec<i64>,
}

impl Flight {
    /// Who works on it: the assignee, else who moved it last.
    #[must_use]
    pub fn person(&self) -> &str {
        self.assignee.as_deref().unwrap_or(&self.by)
    }

    /// Where it is, as people name it.
    #[must_use]
    pub fn place(&self) -> FlightPlace {
        match (&self.branch, &self.work_dir, self.ref_name.as_deref()) {
            (_, Some(folder), _) => FlightPlace::Folder(folder.clone()),
            (Some(branch), None, Some(name)) if name.starts_with("refs/remotes/") => {
                let local = branch.split_once('/').map_or(branch.as_str(), |(_, local)| local).to_owned();
                FlightPlace::RemoteBranch { branch: branch.clone(), local }
            }
            (branch, ..) => FlightPlace::Branch(branch.clone().unwrap_or_default()),
        }
    }

    /// Whether it goes on from what is known of the task here: it has that move, and later ones.
    fn continues(&self, since: Option<i64>) -> bool {
        match since {
            None => !self.moves.is_empty(),
            Some(since) => {
                let last = self.moves.iter().rposition(|at| *at == since);
                last.is_some_and(|last| last + 1 < self.moves.len())
            }
        }
    }
}

/// All that is in flight.
#[derive(Debug, Default)]
pub struct InFlight {
    flights: BTreeMap<String, Vec<Flight>>,
    /// Branches that have had no commit for too long to be read.
    pub old_branches: usize,
}

impl InFlight {
    /// Looks at all branches and working trees but the current one. What cannot be read is not in flight: this tells
    /// people where to look, and decides nothing that the gate judges.
    pub fn read(env: &Env, workspace: &Workspace) -> Result<Self> {
        let paths = workspace.repo_paths();
        let mut found = Self::default();
        let own = paths.branch()?.map(|name| format!("refs/heads/{name}"));
        let head = paths.head_commit();
        let mut tips = paths.branch_tips()?;
        let target = target_among(paths, &tips);
        tips.retain(|tip| Some(&tip.name) != own.as_ref() && Some(tip.commit) != head);
        let sides = Sides { target, head };
        let works = Known::read(paths).completed(env, workspace, &tips, sides)?;
        let desks = Desk::all(paths);
        // Local branches before remote ones of the same work.
        for tip in &tips {
            let Some(work) = works.tips.get(&sides.key(tip.commit)) else { continue };
            if env.now().timestamp() - work.committed > OLD.num_seconds() {
                found.old_branches += 1;
                continue;
            }
            let desk = desks.iter().find(|desk| desk.ref_name.as_deref() == Some(tip.name.as_str()));
            for task in &work.tasks {
                found.add(&task.id, task.flight(Some(&tip.name), desk, Some(tip.commit)));
            }
        }
        for desk in &desks {
            for task in desk.moved() {
                found.add(&task.id, task.flight(desk.ref_name.as_deref(), Some(desk), None));
            }
        }
        Ok(found)
    }

    fn add(&mut self, id: &str, flight: Option<Flight>) {
        let Some(flight) = flight else { return };
        let own = self.flights.entry(id.to_owned()).or_default();
        // The same state on a branch and its remote-tracking one, or on a branch made from another.
        if !own.iter().any(|other| other.moves == flight.moves && other.stage == flight.stage) {
            own.push(flight);
        }
    }

    /// Whether nothing is in flight.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Returns where a task goes on that entered its stage here at a time, the latest first.
    #[must_use]
    pub fn of(&self, id: &str, since: Option<DateTime<Utc>>) -> Vec<&Flight> {
        let Some(flights) = self.flights.get(id) else { return Vec::new() };
        let since = since.map(|since| since.timestamp());
        let mut flights: Vec<&Flight> = flights.iter().filter(|flight| flight.continues(since)).collect();
        flights.sort_by_key(|flight| std::cmp::Reverse(flight.at));
        flights
    }

    /// Returns the ids of the tasks that were moved on some branch.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.flights.keys().map(String::as_str)
    }

    /// Returns every task that was moved on some branch, with where that is.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Flight)> {
        self.flights.iter().flat_map(|(id, flights)| flights.iter().map(move |flight| (id.as_str(), flight)))
    }
}

/// Returns the folder of another working tree that has a branch checked out, or rebases it.
#[must_use]
pub fn checked_out_in(paths: &RepoPaths, ref_name: &str) -> Option<String> {
    let mut desks = Desk::all(paths).into_iter();
    let has = |desk: &Desk| {
        desk.ref_name.as_deref() == Some(ref_name) || desk.rebased.iter().any(|name| name == ref_name)
    };
    desks.find(has).map(|desk| desk.folder)
}

/// Another working tree.
struct Desk {
    folder: String,
    /// The branch that it has checked out.
    ref_name: Option<String>,
    /// The branches that are being rebased there.
    rebased: Vec<String>,
    /// The tasks that were moved there last.
    moved: Vec<TaskId>,
}

impl Desk {
    fn all(paths: &RepoPaths) -> Vec<Self> {
        let desk = |(folder, git_dir): (PathBuf, PathBuf)| {
            let there = RepoPaths { git_dir, work_dir: Some(folder.clone()), ..paths.clone() };
            let ref_name = there.branch().ok().flatten().map(|name| format!("refs/heads/{name}"));
            let moved = moved_tasks_in(&there.git_dir);
            let rebased = there.rebased_branches();
            Self { folder: folder.display().to_string(), ref_name, rebased, moved }
        };
        paths.other_desks().into_iter().map(desk).collect()
    }

    /// Reads the tasks that were moved there from the files as they are.
    fn moved(&self) -> Vec<Work> {
        let read = |id: &TaskId| {
            let path = Path::new(&self.folder).join(RecordPath::task_file(id));
            let task = read_task_of(id, &read_regular(&path).ok()?).ok()?;
            Some(Work::of(&task))
        };
        self.moved.iter().filter_map(read).collect()
    }
}

/// What branches that end in a commit have of tasks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct TipWork {
    /// When the commit was made, in seconds since 1970.
    committed: i64,
    tasks: Vec<Work>,
}

/// A task as a branch has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Work {
    id: String,
    stage: String,
    assignee: Option<String>,
    by: String,
    moves: Vec<i64>,
}

impl Work {
    fn of(task: &Task) -> Self {
        Self {
            id: task.id.to_string(),
            stage: task.stage.to_string(),
            assignee: task.assignee.clone(),
            by: task.history.last().map(|step| step.by.clone()).unwrap_or_default(),
            moves: task.history.iter().map(|step| step.at.timestamp()).collect(),
        }
    }

    /// Makes the public form; none of a task that nobody has moved.
    fn flight(
        &self,
        ref_name: Option<&str>,
        desk: Option<&Desk>,
        commit: Option<CommitId>,
    ) -> Option<Flight> {
        let short = |name: &str| {
            let local = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/"));
            local.unwrap_or(name).to_owned()
        };
        Some(Flight {
            branch: ref_name.map(short),
            ref_name: ref_name.map(str::to_owned),
            work_dir: desk.map(|desk| desk.folder.clone()),
            commit,
            stage: Stage::parse(&self.stage)?,
            assignee: self.assignee.clone(),
            by: self.by.clone(),
            at: DateTime::from_timestamp(*self.moves.last()?, 0)?,
            moves: self.moves.clone(),
        })
    }
}

/// What is remembered, by the commits that branches end in.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    tips: HashMap<String, TipWork>,
}

impl Known {
    fn read(paths: &RepoPaths) -> Self {
        let bytes = CACHE.read(&paths.shared_folder().join(NAME)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Adds what is not known yet, and remembers it.
    fn completed(
        mut self,
        env: &Env,
        workspace: &Workspace,
        tips: &[BranchTip],
        sides: Sides,
    ) -> Result<Self> {
        let current: HashMap<String, CommitId> =
            tips.iter().map(|tip| (sides.key(tip.commit), tip.commit)).collect();
        let unknown: Vec<(&String, &CommitId)> =
            current.iter().filter(|(key, _)| !self.tips.contains_key(*key)).collect();
        // Tips of a moment ago may come back, as between two working trees.
        if unknown.is_empty() && self.tips.len() <= 2 * current.len() + KEPT {
            return Ok(self);
        }
        let mut read = Vec::new();
        if !unknown.is_empty() {
            let repository = workspace.repository()?;
            let (begun, now) = (env.monotonic(), env.now());
            let reader = |repository: &Repository, (key, tip): &(&String, &CommitId)| {
                let is_late = env.monotonic().saturating_sub(begun) > PATIENCE;
                let work = || read_tip(repository, **tip, sides.base(**tip), now).unwrap_or_default();
                (!is_late).then(|| ((*key).clone(), work()))
            };
            if unknown.len() < WORTH_THREADS {
                read.extend(unknown.iter().filter_map(|tip| reader(&repository, tip)));
            } else {
                let shared = repository.shared();
                let views = unknown.par_iter().with_min_len(WORTH_THREADS / 2);
                let views = views.map_init(|| shared.open(), |view, tip| reader(view, tip));
                read = views.flatten_iter().collect();
            }
        }
        if self.tips.len() > 2 * current.len() + KEPT {
            self.tips.retain(|tip, _| current.contains_key(tip));
        }
        self.tips.extend(read);
        if let Ok(json) = serde_json::to_vec(&self) {
            let file = workspace.repo_paths().shared_folder().join(NAME);
            replace_cache(&file, &CACHE.sealed(&json));
        }
        Ok(self)
    }
}

/// What branches are compared with.
#[derive(Debug, Clone, Copy)]
struct Sides {
    /// Where the branch ends that work is merged into.
    target: Option<CommitId>,
    head: Option<CommitId>,
}

impl Sides {
    /// Where a branch is looked at from. A branch is compared with the one that work is merged into, and that one with
    /// HEAD.
    fn base(self, tip: CommitId) -> Option<CommitId> {
        self.target.filter(|target| *target != tip).or(self.head)
    }

    /// What is known of a branch counts however far the one has moved on that it is compared with: what was merged since
    /// is here. It does not count for another HEAD.
    fn key(self, tip: CommitId) -> String {
        match self.target {
            Some(target) if target != tip => tip.to_string(),
            _ => format!("{tip}..{}", self.head.map_or_else(String::new, |head| head.to_string())),
        }
    }
}

/// Returns where the branch ends that work is usually merged into.
fn target_among(paths: &RepoPaths, tips: &[BranchTip]) -> Option<CommitId> {
    TARGET_REFS.iter().find_map(|name| {
        let symbolic = paths.symbolic_ref(name);
        let name = symbolic.as_deref().unwrap_or(name);
        tips.iter().find(|tip| tip.name == name).map(|tip| tip.commit)
    })
}

/// Reads the tasks that a branch has changed since it left another; none of a branch that is old, or merged.
fn read_tip(
    repository: &Repository,
    tip: CommitId,
    target: Option<CommitId>,
    now: DateTime<Utc>,
) -> Result<TipWork> {
    let committed = repository.commit_info(tip)?.committer_time;
    let mut work = TipWork { committed: committed.timestamp(), tasks: Vec::new() };
    // Most branches do nothing to any task: then two folders tell without a look at the history.
    let folder = RecordKind::Task.folder();
    let tasks = repository.tree_id(tip, folder)?;
    let of_target = target.map_or(Ok(None), |target| repository.tree_id(target, folder))?;
    if tasks.is_none() || tasks == of_target {
        return Ok(work);
    }
    let base = match target {
        Some(target) if now - committed <= OLD => repository.merge_base(tip, target)?,
        _ => None,
    };
    let Some(base) = base.filter(|base| *base != tip) else { return Ok(work) };
    let changes = repository.changes_below(folder, Some(base), tip)?;
    for change in changes.into_iter().take(MOST_RECORDS) {
        let Some(RecordPath::Task(id)) = RecordPath::parse(&change.path) else { continue };
        let Some(after) = change.after else { continue };
        let bytes = repository.read_blob(after.blob_id, LARGEST_FILE)?;
        work.tasks.extend(read_task_of(&id, &bytes).ok().map(|task| Work::of(&task)));
    }
    Ok(work)
}
