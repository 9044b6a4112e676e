//! Votes and findings counted for many tasks at once: what lists and boards show.
//!
//! Most tasks have neither, and cost two names in two folders. What was counted once is remembered; git is asked only
//! where that does not count any more and an approval may count or a rejection may be valid.

use std::collections::{BTreeSet, HashMap};
use std::thread;

use super::remembered::{Counted, Remembered};
use super::{FactsReader, Result};
use crate::env::Env;
use crate::git::CommitId;
use crate::model::{Config, Finding, Problem, RecordKind, Summary, TaskId, Verdict};
use crate::policy::{Flaw, ReceiptFlaw, ReceiptRecord, Tally, VoteRecord, blocking_findings};
use crate::store::{FolderStamp, Snapshot, Stamps, Tasks, Workspace};

/// Where tallies are read from.
pub struct TallyContext<'a> {
    /// The world.
    pub env: &'a Env,
    /// The working tree, whose repository is opened where votes have to be judged.
    pub workspace: &'a Workspace,
    /// The records.
    pub snapshot: &'a Snapshot,
    /// The policy.
    pub config: &'a Config,
}

/// Counts the votes and findings of all open tasks that have any. What cannot be read of them is added to the
/// problems, whichever of all tasks they are of, and the others are counted.
pub fn tallies(
    context: &TallyContext<'_>,
    tasks: &Tasks,
    problems: &mut Vec<Problem>,
) -> Result<HashMap<String, Tally>> {
    let is_work_tree = context.snapshot.is_work_tree();
    // A folder of a working tree is looked at before what was read from it once; a commit's never changes.
    let listed = if is_work_tree { Some(Listed::read(context.snapshot)?) } else { None };
    if listed.as_ref().is_some_and(Listed::is_empty) {
        return Ok(HashMap::new());
    }
    let Some(tip) = context.tip()? else {
        let listed = listed.map_or_else(|| Listed::read(context.snapshot), Ok)?;
        return Ok(Counter { context, tasks, listed }.count_all(None, None, problems)?.tallies);
    };
    let remembered = Remembered::read(context, tip);
    if let Some(remembered) = remembered.as_ref().filter(|found| !is_work_tree && !found.is_changed) {
        let known = remembered.tasks.iter();
        return Ok(known.filter_map(|(id, counted)| Some((id.clone(), counted.tally?))).collect());
    }
    let listed = listed.map_or_else(|| Listed::read(context.snapshot), Ok)?;
    let counter = Counter { context, tasks, listed };
    let Count { tallies, fresh, is_whole } = counter.count_all(remembered.as_ref(), Some(tip), problems)?;
    let Some(mut remembered) = remembered else { return Ok(tallies) };
    // Of a commit all or nothing is remembered: its folders are not looked at again.
    if !is_work_tree && !is_whole {
        return Ok(tallies);
    }
    remembered.is_changed |= !fresh.is_empty();
    remembered.tasks.extend(fresh);
    if remembered.is_changed {
        remembered.tasks.retain(|id, _| tasks.find(id).is_some_and(|task| !task.is_closed()));
        remembered.write(context, &*context.workspace.repository()?);
    }
    Ok(tallies)
}

impl TallyContext<'_> {
    fn tip(&self) -> Result<Option<CommitId>> {
        if let Some(commit_id) = self.snapshot.commit_id() {
            return Ok(Some(commit_id));
        }
        match self.workspace.repo_paths().head_commit() {
            Some(commit_id) => Ok(Some(commit_id)),
            None => Ok(self.workspace.repository()?.head()?.commit),
        }
    }
}

/// The folders of votes, findings and receipts, by the names of their tasks.
struct Listed {
    voted: BTreeSet<String>,
    found: BTreeSet<String>,
    proven: BTreeSet<String>,
}

impl Listed {
    fn read(snapshot: &Snapshot) -> Result<Self> {
        let names = |kind: RecordKind| -> Result<BTreeSet<String>> {
            Ok(snapshot.list(kind.folder())?.into_iter().map(|entry| entry.name).collect())
        };
        Ok(Self {
            voted: names(RecordKind::Vote)?,
            found: names(RecordKind::Finding)?,
            proven: names(RecordKind::Evidence)?,
        })
    }

    fn is_empty(&self) -> bool {
        self.voted.is_empty() && self.found.is_empty() && self.proven.is_empty()
    }
}

struct Counter<'c> {
    context: &'c TallyContext<'c>,
    tasks: &'c Tasks,
    listed: Listed,
}

/// What was counted.
#[derive(Default)]
struct Count {
    tallies: HashMap<String, Tally>,
    /// What was counted anew and may be remembered, by task.
    fresh: Vec<(String, Counted)>,
    /// Whether there is nothing that was counted and may not be remembered.
    is_whole: bool,
}

/// The folders that are compared with what is remembered of them.
struct Folders {
    votes: Option<Stamps>,
    findings: Option<Stamps>,
    receipts: Option<Stamps>,
}

impl Folders {
    fn open(snapshot: &Snapshot) -> Result<Self> {
        let open = |kind: RecordKind| snapshot.stamps(kind.folder());
        Ok(Self {
            votes: open(RecordKind::Vote)?,
            findings: open(RecordKind::Finding)?,
            receipts: open(RecordKind::Evidence)?,
        })
    }
}

/// What is remembered is compared with, on several threads.
struct Comparison<'c> {
    tasks: &'c Tasks,
    listed: &'c Listed,
    folders: &'c Folders,
    is_work_tree: bool,
}

/// Number of tasks from which another thread pays.
const WORTH_A_THREAD: usize = 256;

impl Comparison<'_> {
    /// Returns what is remembered of each task, where nothing that it was counted from has changed.
    fn current<'r>(&self, names: &[&str], remembered: &'r Remembered) -> Vec<Option<&'r Counted>> {
        let compare = |names: &[&str]| -> Vec<Option<&'r Counted>> {
            let known = |name: &&str| remembered.tasks.get(*name);
            names.iter().map(|name| known(name).filter(|counted| self.is_current(name, counted))).collect()
        };
        if names.len() < 2 * WORTH_A_THREAD {
            return compare(names);
        }
        let (one, other) = names.split_at(names.len() / 2);
        thread::scope(|scope| {
            let spawned = thread::Builder::new().spawn_scoped(scope, || compare(one));
            let rest = compare(other);
            // A thread that cannot be had leaves its share to this one.
            let mut all = spawned.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| compare(one));
            all.extend(rest);
            all
        })
    }

    fn is_current(&self, name: &str, counted: &Counted) -> bool {
        let same = |is_there: bool, stamps: &Option<Stamps>, stamp: &Option<FolderStamp>| match stamp {
            Some(stamp) => is_there && stamps.as_ref().is_some_and(|stamps| stamps.is_current(name, stamp)),
            None => !is_there,
        };
        counted.task == self.tasks.stat(name).filter(|_| self.is_work_tree)
            && same(self.listed.voted.contains(name), &self.folders.votes, &counted.votes)
            && same(self.listed.found.contains(name), &self.folders.findings, &counted.findings)
            && same(self.listed.proven.contains(name), &self.folders.receipts, &counted.receipts)
    }
}

impl Counter<'_> {
    fn count_all(
        &self,
        remembered: Option<&Remembered>,
        tip: Option<CommitId>,
        problems: &mut Vec<Problem>,
    ) -> Result<Count> {
        let folders = Folders::open(self.context.snapshot)?;
        let listed = [&self.listed.voted, &self.listed.found, &self.listed.proven];
        let names: BTreeSet<&str> = listed.into_iter().flatten().map(String::as_str).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let is_work_tree = self.context.snapshot.is_work_tree();
        let comparison =
            Comparison { tasks: self.tasks, listed: &self.listed, folders: &folders, is_work_tree };
        let known = match remembered {
            Some(remembered) => comparison.current(&names, remembered),
            None => vec![None; names.len()],
        };
        let mut count = Count { is_whole: true, ..Count::default() };
        let mut stale = Vec::new();
        for (name, known) in names.into_iter().zip(known) {
            match known {
                Some(counted) => count.tallies.extend(counted.tally.map(|tally| (name.to_owned(), tally))),
                None => stale.extend(self.tasks.find(name).filter(|task| !task.is_closed())),
            }
        }
        if stale.is_empty() {
            return Ok(count);
        }
        let repository = self.context.workspace.repository()?;
        let (now, config) = (self.context.env.now(), self.context.config);
        let reader = FactsReader::new(&repository, self.context.snapshot, tip, config, now);
        for task in stale {
            // Before anything of it is read: what changes meanwhile is not taken for what was read.
            let mut counted = self.stamped(task.id, &folders);
            let found = problems.len();
            let is_sure = self.count(&reader, &task, &mut counted, problems)?;
            count.tallies.extend(counted.tally.map(|tally| (task.id.to_owned(), tally)));
            if is_sure && problems.len() == found && self.is_stable(&counted) {
                count.fresh.push((task.id.to_owned(), counted));
            } else {
                count.is_whole = false;
            }
        }
        Ok(count)
    }

    fn stamped(&self, name: &str, folders: &Folders) -> Counted {
        let take = |stamps: &Option<Stamps>| stamps.as_ref().and_then(|stamps| stamps.take(name));
        Counted {
            task: self.tasks.stat(name).filter(|_| self.context.snapshot.is_work_tree()),
            votes: take(&folders.votes),
            findings: take(&folders.findings),
            receipts: take(&folders.receipts),
            tally: None,
        }
    }

    /// Whether what was stamped can be distinguished from what is written right after it.
    fn is_stable(&self, counted: &Counted) -> bool {
        let started = self.context.workspace.started();
        let stamps = [&counted.votes, &counted.findings, &counted.receipts];
        counted.task.is_none_or(|stat| stat.is_stable(started))
            && stamps.into_iter().flatten().all(|stamp| stamp.is_stable(started))
    }

    /// Counts one task, and says whether the answer hangs on nothing that is not remembered with it.
    fn count(
        &self,
        reader: &FactsReader<'_>,
        task: &Summary<'_>,
        counted: &mut Counted,
        problems: &mut Vec<Problem>,
    ) -> Result<bool> {
        let (config, snapshot) = (self.context.config, self.context.snapshot);
        let Ok(id) = TaskId::parse(task.id) else { return Ok(false) };
        if self.listed.found.contains(task.id) {
            let (findings, broken) = snapshot.findings(&id)?;
            problems.extend(broken);
            let findings: Vec<Finding> = findings.into_iter().map(|(_, finding)| finding).collect();
            let blocking = u32::try_from(blocking_findings(config, &findings).len()).unwrap_or(u32::MAX);
            counted.tally = Some(Tally { blocking_findings: blocking, ..Tally::default() });
        }
        let has_receipts = self.listed.proven.contains(task.id);
        if !has_receipts && (!self.listed.voted.contains(task.id) || !self.is_to_judge(task, &id)?) {
            return Ok(true);
        }
        let Some(file) = snapshot.task_file(&id)? else { return Ok(false) };
        match file.parse().and_then(|task| reader.task(task)) {
            Ok(facts) => {
                let blocking = blocking_findings(config, &facts.findings);
                counted.tally = Some(facts.tally(config, blocking));
                // Whether a signature can be checked depends on a program, whether a date lies ahead on the clock.
                let is_passing = |vote: &VoteRecord| {
                    matches!(vote.flaw, Some(Flaw::BadSignature | Flaw::Future))
                        || vote.evidence.depends_on_others
                };
                let is_ahead = |own: &ReceiptRecord| own.flaw == Some(ReceiptFlaw::Future);
                let is_passing = facts.votes.iter().any(is_passing) || facts.receipts.iter().any(is_ahead);
                Ok(facts.problems.is_empty() && !is_passing)
            }
            Err(error) => {
                let message = format!("its votes cannot be counted: {error}");
                problems.push(Problem::error(message).in_file(&file.path));
                Ok(false)
            }
        }
    }

    /// Votes can matter where the stage requires some, or where somebody has rejected the task.
    fn is_to_judge(&self, task: &Summary<'_>, id: &TaskId) -> Result<bool> {
        if !self.context.config.signoffs_of(task.stage).is_empty() {
            return Ok(true);
        }
        let (votes, _) = self.context.snapshot.votes(id)?;
        Ok(votes.iter().any(|(_, vote)| vote.verdict == Verdict::Rejected))
    }
}
