//! What a range lands, as the rules of sign-offs look at it: tasks and votes of the base's tip, the head and where they
//! parted, and what the commits of the range did to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::changes::RangeCommit;
use super::history::RangeHistory;
use super::read::{TaskText, criteria_of};
use super::{CommitFacts, RangeReader, Result};
use crate::facts::evidence::upgrade_vote;
use crate::facts::reach::Reach;
use crate::facts::votes::{self, CastVotes, VoteFile, copies, records_cast};
use crate::git::{BlobId, CommitId, CommitInfo, FileChange, FileMode, FileState};
use crate::model::{Move, RecordKind, RecordPath, Task, TaskId, Verdict, Vote, is_daily_record};
use crate::policy::history::{Ancestors, Changes as TaskChanges, Commit, History, PersonKey};
use crate::policy::landing::{
    HistoryStep, Judgement, Landing, Objection, Removal, Ruling, TaskSide, TaskSides, judge as judge_landing,
};
use crate::policy::{CastVote, Flaw, Route, Sides, VoteHistory, VoteRecord, flaw_of};
use crate::store::{LARGEST_FILE, Snapshot};

/// What a range lands, and what the rules of sign-offs say of it.
#[derive(Debug, Clone, Default)]
pub struct RangeLanding {
    /// The vote.
    pub judgement: Judgement,
    /// The votes on the tasks of the range, in the order of the judgement.
    pub votes: Vec<VoteRecord>,
    /// The same, as they were judged.
    pub cast: Vec<CastVote>,
    /// The ids of the commits that the judgement speaks of.
    pub commits: BTreeMap<Commit, String>,
    /// What each merge commit of the range changed by itself, by its id.
    merges: BTreeMap<String, Rc<[String]>>,
    /// Who wrote what each task's commits changed.
    pub writers: BTreeMap<TaskId, BTreeSet<PersonKey>>,
    /// The files that tasks whose stages skip sign-offs, or that are cancelled, have changed in all, landed ones too.
    pub changed: BTreeMap<TaskId, BTreeSet<String>>,
    /// The commits, by id, from before there was a tracker: up to the one that brings the policy, where the base has none.
    pub before_policy: HashSet<String>,
}

/// A vote's file, read.
#[derive(Clone)]
struct Read {
    blob_id: BlobId,
    vote: Rc<Vote>,
}

/// A vote that a commit of the range has which its parents do not have.
struct Brought<'r> {
    commit: Commit,
    name: &'r str,
    blob_id: BlobId,
    info: &'r CommitInfo,
}

/// A vote's file, with where it is and was.
struct Found {
    name: String,
    vote: Rc<Vote>,
    /// What it says and what it was added as, where these differ.
    texts: Option<[Vec<u8>; 2]>,
    first: Option<votes::CastVote>,
    sides: Sides<bool>,
    is_rewritten: bool,
}

impl RangeLanding {
    /// Leaves of a merge's changes what it changed by itself: what its parents merge to is the work of others. Records
    /// are compared field by field elsewhere.
    pub fn leave_own_changes(&self, commits: &mut [CommitFacts]) {
        for commit in commits {
            if let Some(own) = self.merges.get(&commit.id) {
                commit.paths.retain(|path| is_daily_record(path) || own.binary_search(path).is_ok());
            }
        }
    }

    /// Leaves out files in which the range has changed nothing but what the closes of sprints compute: there is nothing to
    /// see that was not computed again, and no task that a commit of a close belongs to for their sake.
    pub fn leave_computed(&mut self, commits: &mut [CommitFacts], paths: &BTreeSet<String>) {
        let is_sprint = |path: &String| matches!(RecordPath::parse(path), Some(RecordPath::Sprint(_)));
        for commit in commits.iter_mut().filter(|commit| commit.paths.iter().any(is_sprint)) {
            commit.paths.retain(|path| !paths.contains(path));
        }
        let is_computed = |path: &String| paths.contains(path);
        let is_unseen = |own: &Objection| matches!(own.ruling, Ruling::Unlinked | Ruling::Uncovered { .. });
        self.judgement
            .objections
            .retain(|own| !(is_unseen(own) && own.path.as_ref().is_some_and(is_computed)));
        self.judgement.files.retain(|path, _| !is_computed(path));
    }
}

impl RangeReader<'_> {
    /// Gathers what the range lands of some tasks, and has it judged. `owned` are the paths that the owners of the policy
    /// must approve, and who these are.
    pub fn landing(
        &self,
        tasks: &[TaskId],
        owned: Option<(&str, &BTreeSet<String>)>,
    ) -> Result<RangeLanding> {
        let gatherer = Gatherer::open(self);
        let sides = tasks.iter().map(|id| gatherer.task(id)).collect::<Result<Vec<_>>>()?;
        let (records, cast) = gatherer.votes(&sides)?;
        let mut facts = Facts { tasks: sides, records, cast, ..Facts::default() };
        gatherer.steps(tasks, &mut facts)?;
        let landing = Landing {
            config: &self.policy.config,
            tip: gatherer.tip,
            head: gatherer.head,
            tasks: &facts.tasks,
            votes: &facts.cast,
            steps: &facts.steps,
            removals: &facts.removals,
            owned,
        };
        let mut more =
            |id: &TaskId| -> Result<Vec<CastVote>> { Ok(gatherer.votes(&[gatherer.task(id)?])?.1) };
        let mut judgement = judge_landing(gatherer.reach, &landing, &mut more)?;
        judgement.objections.extend(self.record_conflicts()?.into_iter().map(|(path, task)| Objection {
            ruling: Ruling::Conflict,
            task,
            commit: None,
            path: Some(path),
            role: None,
        }));
        let (merges, writers) = (gatherer.merges()?, gatherer.writers(tasks)?);
        let changed = gatherer.changed(&facts.tasks)?;
        let unmerged = gatherer.unmerged();
        let is_known = |own: &Objection| own.ruling == Ruling::Conflict && unmerged.contains(&own.path);
        judgement.objections.retain(|objection| !is_known(objection));
        judgement.objections.extend(unmerged.into_iter().map(|path| Objection {
            ruling: Ruling::TooMuchWork,
            task: None,
            commit: None,
            path,
            role: None,
        }));
        let before_policy = gatherer.leave_what_was_before(&mut judgement)?;
        let spoken = judgement.objections.iter().filter_map(|objection| objection.commit);
        let spoken = spoken.chain(judgement.leavings.iter().map(|leaving| leaving.at));
        let spoken: BTreeSet<Commit> = spoken.chain(judgement.reverts.keys().copied()).collect();
        let commits = spoken.into_iter().filter_map(|commit| Some((commit, gatherer.id_of(commit)?)));
        let commits = commits.collect();
        let (votes, cast) = (facts.records, facts.cast);
        Ok(RangeLanding { judgement, votes, cast, commits, merges, writers, changed, before_policy })
    }
}

#[derive(Default)]
struct Facts {
    tasks: Vec<TaskSides>,
    records: Vec<VoteRecord>,
    cast: Vec<CastVote>,
    steps: Vec<HistoryStep>,
    removals: Vec<Removal>,
}

struct Gatherer<'r, 'a> {
    range: &'r RangeReader<'a>,
    reach: &'r Reach<'a>,
    tip: Commit,
    head: Commit,
    /// Where the two parted.
    base: Option<Commit>,
    landed: Ancestors,
    /// The commits of the range, whose changes are known.
    own: HashSet<Commit>,
    /// The votes that they brought, by task, those of the lowest number first.
    brought: HashMap<&'r TaskId, Vec<Brought<'r>>>,
}

impl<'r, 'a> Gatherer<'r, 'a> {
    fn open(range: &'r RangeReader<'a>) -> Self {
        let RangeHistory { reach, tip, head, .. } = &range.history;
        let (mut own, mut brought) = (HashSet::new(), HashMap::<_, Vec<Brought<'_>>>::new());
        for part in &range.changes.commits {
            let Some(commit) = reach.commit(part.info.id) else { continue };
            own.insert(commit);
            if part.info.parents.len() < 2 {
                reach.know_changed(commit, part.changes.iter().map(|change| change.path.clone()));
            }
            reach.know_entries(commit, &part.changes);
            for (change, record) in part.records() {
                let (RecordPath::OfTask { kind: RecordKind::Vote, task, name }, Some(after)) =
                    (record, change.after)
                else {
                    continue;
                };
                let (name, blob_id, info) = (name.as_str(), after.blob_id, &part.info);
                brought.entry(task).or_default().push(Brought { commit, name, blob_id, info });
            }
        }
        brought.values_mut().for_each(|votes| votes.sort_by_key(|vote| vote.commit));
        let base = range.merge_base().and_then(|id| reach.commit(id));
        let landed = Ancestors::of(reach, &[*tip], Commit(0));
        Self { range, reach, tip: *tip, head: *head, base, landed, own, brought }
    }

    /// Takes out what a commit of no task brought before there was a tracker to have tasks in, up to and with the commit
    /// that brings the policy, where the base has none: `init` and its files land like that. What changed since is judged.
    /// Returns these commits.
    fn leave_what_was_before(&self, judgement: &mut Judgement) -> Result<HashSet<String>> {
        if self.range.tip().read(RecordKind::Config.file())?.is_some() {
            return Ok(HashSet::new());
        }
        let brings = |commit: &&RangeCommit| {
            commit.records().any(|(change, record)| {
                record.kind() == RecordKind::Config && change.before.is_none() && change.after.is_some()
            })
        };
        let first = self.range.changes.commits.iter().find(brings);
        let Some(first) = first.and_then(|commit| self.reach.commit(commit.info.id)) else {
            return Ok(HashSet::new());
        };
        let mut before = BTreeSet::new();
        let unlinked = |own: &Objection| own.ruling == Ruling::Unlinked && own.task.is_none();
        for path in judgement.objections.iter().filter(|own| unlinked(own)).filter_map(|own| own.path.clone())
        {
            if self.reach.entry(first, &path)? == self.reach.entry(self.head, &path)? {
                before.insert(path);
            }
        }
        let is_before =
            |own: &Objection| unlinked(own) && own.path.as_ref().is_some_and(|path| before.contains(path));
        judgement.objections.retain(|own| !is_before(own));
        judgement.files.retain(|path, _| !before.contains(path));
        let known = Ancestors::of(self.reach, &[first], Commit(0));
        let ids = self.range.changes.commits.iter().map(|commit| commit.info.id);
        let is_known = |id: &CommitId| self.reach.commit(*id).is_some_and(|commit| known.has(commit));
        Ok(ids.filter(is_known).map(|id| id.to_string()).collect())
    }

    fn id_of(&self, commit: Commit) -> Option<String> {
        self.reach.real_id(commit).map(|id| id.to_string())
    }

    fn read_task(&self, snapshot: &Snapshot, id: &TaskId) -> Result<Option<Rc<TaskText>>> {
        let file = snapshot.tree_file(&RecordPath::task_file(id))?;
        let Some(file) = file.filter(|file| file.mode == FileMode::Plain) else { return Ok(None) };
        let text = self.range.texts.task(file.blob_id)?;
        Ok(text.in_head_format().is_some().then_some(text))
    }

    fn task(&self, id: &TaskId) -> Result<TaskSides> {
        let head = self.read_task(&self.range.head, id)?;
        let base = self.read_task(&self.range.before, id)?;
        let tip = match &self.range.tip {
            Some(tip) => self.read_task(tip, id)?,
            None => base.clone(),
        };
        fn read(side: &Option<Rc<TaskText>>) -> Option<&Task> {
            side.as_ref()?.in_head_format()
        }
        let merged = read(&head).map(|own| self.range.as_merged(id, own)).transpose()?;
        let [of_base, of_tip] = [&base, &tip].map(read);
        let begun = [of_tip, of_base].into_iter().flatten().find(|task| !task.stage.is_none());
        let kind = begun.or(merged.as_ref()).or(of_tip).and_then(|task| task.kind.clone());
        let side = |text: &Option<Rc<TaskText>>, task: Option<&Task>| {
            let (text, task) = (text.as_ref()?, task?);
            let is_as_read = text.in_head_format().is_some_and(|own| own.body == task.body);
            Some(TaskSide {
                criteria: match is_as_read {
                    true => text.criteria(),
                    false => criteria_of(task),
                },
                is_cancelled: task.cancelled.is_some(),
                stage: task.stage.clone(),
                history: task.history.clone(),
            })
        };
        let sides =
            Sides { tip: side(&tip, of_tip), head: side(&head, merged.as_ref()), base: side(&base, of_base) };
        Ok(TaskSides { id: id.clone(), path: RecordPath::task_file(id), kind, sides })
    }

    /// Returns the votes on a task as they were added, and which of them the base's tip or an ancestor of it has. What
    /// commits of the range brought is known from what they changed.
    fn added(&self, id: &TaskId) -> Result<CastVotes> {
        let others =
            self.reach.touching(RecordKind::Vote, id).into_iter().filter(|commit| !self.own.contains(commit));
        let is_landed = |id: CommitId| self.reach.commit(id).is_some_and(|commit| self.landed.has(commit));
        let ids = others.map(|commit| self.reach.id(commit));
        let mut cast = records_cast(self.range.repository, RecordKind::Vote, id, ids, is_landed)?;
        for own in self.brought.get(id).into_iter().flatten() {
            let known = cast.get(own.name);
            let is_before = |known: &votes::CastVote| {
                self.reach.commit(known.commit_id).is_some_and(|commit| commit < own.commit)
            };
            if known.is_some_and(is_before) {
                continue;
            }
            let vote = votes::CastVote {
                blob_id: own.blob_id,
                commit_id: own.info.id,
                author: own.info.author.clone(),
                committed_at: own.info.committer_time,
                was_on_base: known.is_some_and(|known| known.was_on_base),
            };
            cast.insert(own.name.to_owned(), vote);
        }
        Ok(cast)
    }

    /// Returns the commit that added a vote; the head for one that none has yet.
    fn added_at(&self, own: &Found) -> Commit {
        own.first.as_ref().and_then(|first| self.reach.commit(first.commit_id)).unwrap_or(self.head)
    }

    fn votes_at(&self, snapshot: &Snapshot, id: &TaskId) -> Result<HashMap<String, Read>> {
        let mut votes = HashMap::new();
        for file in snapshot.record_files(&RecordKind::Vote.folder_of(id))? {
            if let Some(vote) = self.range.texts.vote(id, file.blob_id)? {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                votes.insert(name.to_owned(), Read { blob_id: file.blob_id, vote });
            }
        }
        Ok(votes)
    }

    /// Returns the votes on some tasks, as they are shown and as they are judged.
    fn votes(&self, tasks: &[TaskSides]) -> Result<(Vec<VoteRecord>, Vec<CastVote>)> {
        let mut found = Vec::new();
        for task in tasks {
            found.extend(self.found(&task.id)?.into_iter().map(|own| (task, own)));
        }
        let first = |own: &Found| own.first.as_ref().map(|_| self.added_at(own));
        let texts: Vec<_> = found.iter().map(|(_, own)| (own.vote.as_ref(), first(own))).collect();
        let copied = copies(&texts);
        let files = found.iter().map(|(task, own)| self.file_of(&task.id, own));
        let mut records = self.range.vote_reader().records(files.collect());
        for copy in copied {
            records[copy].flaw = Some(Flaw::Copy);
        }
        let mut history = VoteHistory::new(self.reach, self.base);
        let mut cast = Vec::with_capacity(records.len());
        for (record, (task, own)) in records.iter_mut().zip(&found) {
            self.upgrade(&mut record.vote, task, self.added_at(own), &mut history)?;
            cast.push(self.cast(record, task, own)?);
        }
        Ok((records, cast))
    }

    fn file_of<'f>(&self, task: &'f TaskId, own: &'f Found) -> (Vote, VoteFile<'f>) {
        let author = own.first.as_ref().map(|first| &first.author);
        // A signature that the base has was good when it came there; one of the range must be good now.
        let brought = own.first.as_ref().filter(|first| first.was_on_base);
        let verified_at = Some(brought.map_or(self.range.policy.as_of, |first| first.committed_at));
        let texts = own.texts.as_ref().map(|[now, then]| (now.as_slice(), then.as_slice()));
        let (name, now, then) =
            (own.name.as_str(), texts.map_or(&[][..], |(now, _)| now), texts.map(|(_, then)| then));
        ((*own.vote).clone(), VoteFile { task, name, now, then, author, verified_at })
    }

    /// Reads the files of the votes on a task that are votes, or were rejections.
    fn found(&self, id: &TaskId) -> Result<Vec<Found>> {
        let (head, base) = (self.votes_at(&self.range.head, id)?, self.votes_at(&self.range.before, id)?);
        let tip = match &self.range.tip {
            Some(tip) => self.votes_at(tip, id)?,
            None => base.clone(),
        };
        let (sides, mut added, mut found) = (Sides { tip, head, base }, self.added(id)?, Vec::new());
        let names: BTreeSet<String> =
            sides.tip.keys().chain(sides.head.keys()).chain(added.keys()).cloned().collect();
        for name in &names {
            let first = added.remove(name);
            let there = Sides {
                tip: sides.tip.contains_key(name),
                head: sides.head.contains_key(name),
                base: sides.base.contains_key(name),
            };
            let read = sides.tip.get(name).or_else(|| sides.head.get(name));
            let vote = match (read, &first) {
                (Some(read), _) => Some(Rc::clone(&read.vote)),
                (None, Some(first)) => self.range.texts.vote(id, first.blob_id)?,
                (None, None) => None,
            };
            let Some(vote) = vote else { continue };
            // What the base took out before, or the range brought and took out again, is no vote; a rejection is.
            if !there.tip
                && !there.head
                && (vote.verdict == Verdict::Approved || self.is_of_base(first.as_ref()))
            {
                continue;
            }
            let is_rewritten = there.tip && there.head && sides.tip[name].blob_id != sides.head[name].blob_id;
            let text = |blob_id: BlobId| self.range.repository.read_blob(blob_id, LARGEST_FILE);
            let texts = match (read, &first) {
                (Some(now), Some(first)) if now.blob_id != first.blob_id => {
                    Some([text(now.blob_id)?, text(first.blob_id)?])
                }
                _ => None,
            };
            found.push(Found { name: name.clone(), vote, texts, first, sides: there, is_rewritten });
        }
        Ok(found)
    }

    fn is_of_base(&self, first: Option<&votes::CastVote>) -> bool {
        let added = first.and_then(|first| self.reach.commit(first.commit_id));
        added.is_some_and(|added| self.landed.has(added))
    }

    fn upgrade(
        &self,
        vote: &mut Vote,
        task: &TaskSides,
        at: Commit,
        history: &mut VoteHistory<'_, Reach<'a>>,
    ) -> Result<()> {
        let Some(side) = task.sides.head.as_ref().or(task.sides.tip.as_ref()) else { return Ok(()) };
        let route = Route::of(&self.range.policy.config, task.kind.as_deref());
        upgrade_vote(vote, (&task.id, &side.history), route, at, history)
    }

    fn cast(&self, record: &VoteRecord, task: &TaskSides, own: &Found) -> Result<CastVote> {
        let config = &self.range.policy.config;
        let vote = &record.vote;
        let person = self.range.policy.people.canonical(&vote.by);
        let route = Route::of(config, task.kind.as_deref());
        let histories = [&task.sides.tip, &task.sides.head].into_iter().flatten();
        let mut round = histories.map(|side| route.round(&side.history, &vote.stage)).max().unwrap_or(1);
        if vote.round > round {
            // What was taken out of a history since had begun all the same.
            let then = self.moves_at(self.added_at(own), task)?;
            round = round.max(route.round(&then, &vote.stage));
        }
        let looked_at = vote.commit.parse().ok().and_then(|id| self.reach.commit(id));
        Ok(CastVote {
            path: format!("{}/{}", RecordKind::Vote.folder_of(&task.id), record.name),
            name: record.name.clone(),
            task: task.id.clone(),
            role: vote.role.clone(),
            verdict: vote.verdict.clone(),
            voter: PersonKey::of(&person),
            agent: vote.agent.clone(),
            stage: vote.stage.clone(),
            round: vote.round,
            criteria: vote.covers.criteria.clone(),
            files: vote.covers.files.clone(),
            replaces: vote.replaces.clone(),
            added: self.added_at(own),
            looked_at,
            flaw: flaw_of(record, &person, &task.id, config, round),
            was_on_base: own.sides.tip || own.first.as_ref().is_some_and(|first| first.was_on_base),
            sides: own.sides,
            is_rewritten: own.is_rewritten,
        })
    }

    /// Returns the moves that a task had at a commit.
    fn moves_at(&self, commit: Commit, task: &TaskSides) -> Result<Rc<[Move]>> {
        let Some(id) = self.reach.real_id(commit) else { return Ok(Rc::default()) };
        let file = self.range.repository.tree_file(id, &task.path)?;
        self.range.texts.moves(file.map(|file| file.state()))
    }

    /// Adds what the commits of the range did to histories, votes and records of tasks.
    fn steps(&self, tasks: &[TaskId], facts: &mut Facts) -> Result<()> {
        let staged: Vec<FileChange> = match self.range.ends.is_staged {
            true => self.range.changes.net.values().cloned().collect(),
            false => Vec::new(),
        };
        let records: Vec<_> = staged.iter().map(|change| RecordPath::parse(&change.path)).collect();
        let staged =
            staged.iter().zip(&records).filter_map(|(change, record)| Some((change, record.as_ref()?)));
        let commits = self.range.changes.commits.iter();
        let commits = commits.filter_map(|commit| {
            Some((self.reach.commit(commit.info.id)?, commit.records().collect::<Vec<_>>()))
        });
        for (commit, changes) in commits.chain(std::iter::once((self.head, staged.collect()))) {
            let mut removal = Removal { commit, votes: Vec::new(), moves: Vec::new(), tasks: Vec::new() };
            for (change, record) in changes {
                match record {
                    RecordPath::OfTask { kind: RecordKind::Vote, .. } if change.after.is_none() => {
                        removal.votes.push(change.path.clone());
                    }
                    RecordPath::Task(id) if tasks.binary_search(id).is_ok() => {
                        let before = self.range.texts.moves(change.before)?;
                        let after = self.range.texts.moves(change.after)?;
                        // Only the last moves of a history can be taken back.
                        let is_end = before.starts_with(&after);
                        let gone = before.iter().filter(|step| is_end && !after.contains(step));
                        removal.moves.extend(gone.map(|step| (change.path.clone(), step.clone())));
                        if change.after.is_none() {
                            removal.tasks.push(change.path.clone());
                        }
                        facts.steps.push(HistoryStep { commit, task: id.clone(), after });
                    }
                    _ => {}
                }
            }
            let is_removal =
                !(removal.votes.is_empty() && removal.moves.is_empty() && removal.tasks.is_empty());
            if is_removal && self.reach.parents(commit).len() == 1 {
                facts.removals.push(removal);
            }
        }
        facts.steps.sort_by_key(|step| step.commit);
        facts.removals.sort_by_key(|removal| removal.commit);
        Ok(())
    }

    /// Returns the paths that each merge commit of the range changed by itself, by its id.
    fn merges(&self) -> Result<BTreeMap<String, Rc<[String]>>> {
        let merges = self.range.commits().filter(|info| info.parents.len() > 1);
        let mut own = BTreeMap::new();
        for info in merges {
            if let Some(commit) = self.reach.commit(info.id) {
                own.insert(info.id.to_string(), self.reach.changed(commit)?);
            }
        }
        Ok(own)
    }

    /// Returns the files that were not merged, since that is too much work; none for one whose path is not known.
    fn unmerged(&self) -> BTreeSet<Option<String>> {
        let texts = self.reach.unmerged();
        if texts.is_empty() {
            return BTreeSet::new();
        }
        let changes = self.range.changes.commits.iter().flat_map(|commit| &commit.changes);
        let is_of = |state: &FileState| texts.contains(&state.blob_id.to_string());
        let has = |change: &&FileChange| [change.before, change.after].iter().flatten().any(is_of);
        let found = changes.chain(self.range.changes.net.values()).filter(has);
        let paths: BTreeSet<Option<String>> = found.map(|change| Some(change.path.clone())).collect();
        if paths.is_empty() { BTreeSet::from([None]) } else { paths }
    }

    /// Returns what tasks have changed in all whose stages skip sign-offs or that are cancelled.
    fn changed(&self, tasks: &[TaskSides]) -> Result<BTreeMap<TaskId, BTreeSet<String>>> {
        let config = &self.range.policy.config;
        let mut found = BTreeMap::new();
        let mut changes = TaskChanges::new(self.reach, None);
        for task in tasks {
            let skips = task.kind.as_deref().is_some_and(|kind| !config.skipped_signoffs(kind).is_empty());
            if !skips && !task.sides.head.as_ref().is_some_and(|side| side.is_cancelled) {
                continue;
            }
            let all = changes.of_task(&task.id, self.head, &|_| true)?;
            // What it has taken back itself is as it was.
            let stays = all.into_iter().filter(|(_, change)| change.from != [change.to.clone()]);
            found.insert(task.id.clone(), stays.map(|(path, _)| path).collect());
        }
        Ok(found)
    }

    /// Returns who wrote what each task's commits changed; who only wrote records wrote nothing of it.
    fn writers(&self, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, BTreeSet<PersonKey>>> {
        let mut writers = BTreeMap::new();
        for id in tasks {
            let own: &mut BTreeSet<PersonKey> = writers.entry(id.clone()).or_default();
            for commit in self.reach.commits_of(id)?.iter() {
                if !self.reach.changed(*commit)?.is_empty() {
                    own.extend(self.reach.authors_of(*commit)?.iter().cloned());
                }
            }
        }
        Ok(writers)
    }
}
