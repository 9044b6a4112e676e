//! What is known of one task at a tip: its votes and findings, and what its commits changed.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::Result;
use super::commits::{Commits, TipHistory};
use super::evidence::VoteSight;
use super::receipts::{ReceiptFile, ReceiptReader};
use super::votes::{CastVotes, SignatureCheck, VoteFile, VoteReader, records_cast};
use crate::doc::{
    acceptance_text, create_receipt, open_boxes, read_finding, read_receipt, read_vote, receipt_file_name,
    verified_by,
};
use crate::git::{BlobId, CommitId, People, Repository};
use crate::model::{
    Config, Finding, MoveKind, OpenBox, Person, Problem, Receipt, RecordKind, RecordPath, Severity,
    Signatures, Suggestion, Task, TaskId, Verdict,
};
use crate::policy::history::{Change, History, PersonKey};
use crate::policy::{
    Case, ReceiptRecord, Rerun, Route, Signoffs, Tally, TaskEvidence, VoteRecord, count_evidence,
    criteria_digest, judge, round_of,
};
use crate::store::{LARGEST_FILE, Snapshot};

/// What is known of one task.
pub struct TaskFacts {
    /// The task.
    pub task: Task,
    /// Its votes, and rejections whose files are gone.
    pub votes: Vec<VoteRecord>,
    /// Digest of its acceptance text.
    pub criteria: String,
    /// What its commits changed, by path.
    pub changes: BTreeMap<String, Change>,
    /// Who wrote its commits, with the paths that each changed.
    pub work: Vec<LinkedWork>,
    /// Its findings, and open ones whose files are gone.
    pub findings: Vec<Finding>,
    /// Its receipts, oldest first.
    pub receipts: Vec<ReceiptRecord>,
    /// The role that each of its checkboxes names which names one.
    pub verified_by: Vec<String>,
    /// Boxes that are not ticked.
    pub open_boxes: Vec<OpenBox>,
    /// The tasks it depends on that are open.
    pub waits_for: Vec<TaskId>,
    /// What cannot be read of its records.
    pub problems: Vec<Problem>,
    /// The first reason of each vote and finding that cannot be read, or whose verdict nobody knows.
    pub unreadable: Vec<Problem>,
    people: Option<Rc<People>>,
}

/// A commit of a task that changed more than records.
#[derive(Debug, Clone)]
pub struct LinkedWork {
    /// Who wrote it and who co-wrote it.
    pub authors: Rc<[PersonKey]>,
    /// The paths that it changed.
    pub paths: Rc<[String]>,
}

/// Reads facts from a snapshot and the history of a commit. What several tasks share is read once.
pub struct FactsReader<'a> {
    repository: &'a Repository,
    snapshot: &'a Snapshot,
    tip: Option<CommitId>,
    config: &'a Config,
    check: SignatureCheck,
    commits: Commits<'a>,
    people: OnceCell<Rc<People>>,
    signers: OnceCell<String>,
    now: DateTime<Utc>,
    history: OnceCell<Option<TipHistory<'a>>>,
}

impl<'a> FactsReader<'a> {
    /// Reads the records of a snapshot; votes are judged by the tree of `tip`, whose history links commits to tasks.
    #[must_use]
    pub fn new(
        repository: &'a Repository,
        snapshot: &'a Snapshot,
        tip: Option<CommitId>,
        config: &'a Config,
        now: DateTime<Utc>,
    ) -> Self {
        let check = match config.policy.signatures {
            Signatures::Off => SignatureCheck::Off,
            _ => SignatureCheck::Judge,
        };
        Self {
            repository,
            snapshot,
            tip,
            config,
            check,
            commits: Commits::new(repository, tip),
            people: OnceCell::new(),
            signers: OnceCell::new(),
            now,
            history: OnceCell::new(),
        }
    }

    /// Checks signatures also where the policy does not require them.
    #[must_use]
    pub fn verifying(mut self, verifies: bool) -> Self {
        if verifies {
            self.check = SignatureCheck::Judge;
        }
        self
    }

    /// Takes another list of allowed signers than the snapshot's own.
    #[must_use]
    pub fn signed_by(self, signers: Option<String>) -> Self {
        match signers {
            Some(signers) => Self { signers: OnceCell::from(signers), ..self },
            None => self,
        }
    }

    /// Takes other people than those of the snapshot's own mailmap.
    #[must_use]
    pub(super) fn known_as(self, people: Rc<People>) -> Self {
        Self { people: OnceCell::from(people), ..self }
    }

    /// The repository that is read.
    #[must_use]
    pub fn repository(&self) -> &'a Repository {
        self.repository
    }

    /// The policy.
    #[must_use]
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// The commit that content is read at; none where nothing is committed yet.
    #[must_use]
    pub fn tip(&self) -> Option<CommitId> {
        self.tip
    }

    /// What time it is.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Reads all that is known of a task.
    pub fn task(&self, task: Task) -> Result<TaskFacts> {
        let mut problems = Vec::new();
        let (mut votes, cast) = self.votes_and_casts(&task.id, &mut problems)?;
        if !votes.is_empty() && self.repository.is_shallow() {
            let short =
                "its votes are counted by what a shallow clone has of its commits, which may be too little";
            let hint = Suggestion::git(["fetch", "--unshallow"]).to_string();
            let file = RecordPath::task_file(&task.id);
            problems.push(Problem::warning(short).in_file(file).with_hint(hint));
        }
        let findings = self.findings(&task.id, &mut problems)?;
        let mut unreadable = unreadable_of(&problems);
        unreadable.extend(votes.iter().filter_map(|record| unknown_verdict(record, &task, self.config)));
        let (mut changes, mut work) = (BTreeMap::new(), Vec::new());
        if let Some(history) = self.history()? {
            let mut sight = VoteSight::new(self, history, &task);
            sight.add_evidence(&cast, &mut votes)?;
            changes = sight.changes()?;
            for commit in history.reach.commits_of(&task.id)?.iter() {
                let paths = history.reach.changed(*commit)?;
                if !paths.is_empty() {
                    work.push(LinkedWork { authors: history.reach.authors_of(*commit)?, paths });
                }
            }
        }
        let receipts = self.receipts(&task, Vec::new(), &mut problems)?;
        Ok(TaskFacts {
            receipts,
            verified_by: verified_by(&task.body),
            criteria: criteria_digest(&acceptance_text(&task.body)),
            changes,
            work,
            open_boxes: open_boxes(&task.body),
            waits_for: waits_for(self.snapshot, &task.depends_on)?,
            findings,
            people: Some(Rc::clone(self.people())),
            votes,
            problems,
            unreadable,
            task,
        })
    }

    /// Returns a task's receipts, with some that are about to be written.
    pub fn receipts(
        &self,
        task: &Task,
        new: Vec<Receipt>,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<ReceiptRecord>> {
        let read = |bytes: &[u8]| Ok((read_receipt(&task.id, bytes)?, bytes.to_owned()));
        let (there, broken) = self.snapshot.records(&RecordKind::Evidence.folder_of(&task.id), read)?;
        problems.extend(broken);
        let of = |(name, (receipt, bytes))| ReceiptFile { name, receipt, bytes };
        let mut files: Vec<ReceiptFile> = there.into_iter().map(of).collect();
        files.extend(new.into_iter().map(|receipt| ReceiptFile {
            name: receipt_file_name(&receipt),
            bytes: create_receipt(&receipt).into_bytes(),
            receipt,
        }));
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let Some(history) = self.history()? else { return Ok(Vec::new()) };
        let reader = ReceiptReader {
            repository: self.repository,
            reach: &history.reach,
            tip: history.tip,
            base: history.base,
            people: self.people(),
            signers: self.signers()?,
            config: self.config,
            now: self.now,
        };
        reader.records((&task.id, task.kind.as_deref()), files)
    }

    /// The history of the tip; none where nothing is committed yet.
    fn history(&self) -> Result<Option<&TipHistory<'a>>> {
        if let Some(known) = self.history.get() {
            return Ok(known.as_ref());
        }
        let read = match self.tip {
            Some(tip) => TipHistory::read(self.repository, Rc::clone(self.people()), tip)?,
            None => None,
        };
        Ok(self.history.get_or_init(|| read).as_ref())
    }

    /// Returns the one person that a name and address belong to.
    pub fn canonical(&self, person: &Person) -> Person {
        self.people().canonical(person)
    }

    /// Counts a vote that is about to be written as it will be counted once it is there: it comes after all of the same
    /// person.
    pub fn own_vote(&self, facts: &TaskFacts, vote: crate::model::Vote, name: &str) -> Result<VoteRecord> {
        let (task, author) = (vote.task.clone(), vote.by.clone());
        let (author, verified_at) = (Some(&author), Some(self.now));
        let file = VoteFile { task: &task, name, now: &[], then: None, author, verified_at };
        let mut record = self.vote_reader()?.records(vec![(vote, file)]).remove(0);
        if let Some(history) = self.history()? {
            let mut votes = facts.votes.clone();
            votes.push(record);
            VoteSight::new(self, history, &facts.task).read_last(&mut votes)?;
            record = votes.pop().expect("it was put there");
        }
        Ok(record)
    }

    /// Returns a task's votes as they were cast.
    pub fn cast(&self, id: &TaskId) -> Result<CastVotes> {
        let commits = self.commits.touching(RecordKind::Vote, id)?.into_iter().rev();
        records_cast(self.repository, RecordKind::Vote, id, commits, |_| false)
    }

    /// Returns a task's votes, and the rejections whose files were deleted or made unreadable.
    pub fn votes(&self, id: &TaskId, problems: &mut Vec<Problem>) -> Result<Vec<VoteRecord>> {
        Ok(self.votes_and_casts(id, problems)?.0)
    }

    fn votes_and_casts(
        &self,
        id: &TaskId,
        problems: &mut Vec<Problem>,
    ) -> Result<(Vec<VoteRecord>, CastVotes)> {
        let folder = RecordKind::Vote.folder_of(id);
        let read = |bytes: &[u8]| Ok((read_vote(id, bytes)?, bytes.to_owned()));
        let (files, broken) = self.snapshot.records(&folder, read)?;
        problems.extend(broken);
        let (cast, reader) = (self.cast(id)?, self.vote_reader()?);
        let mut found = Vec::with_capacity(files.len());
        for (name, (vote, now)) in files {
            let cast = cast.get(&name);
            let is_same = cast.is_some_and(|cast| self.repository.is_blob(&now, cast.blob_id));
            let then = match cast.filter(|_| !is_same) {
                Some(cast) => Some(self.repository.read_blob(cast.blob_id, LARGEST_FILE)?),
                None => None,
            };
            found.push((name, vote, now, then, cast));
        }
        let files = found.iter().map(|(name, vote, now, then, cast)| {
            let author = cast.map(|cast| &cast.author);
            let verified_at = Some(cast.map_or(self.now, |cast| cast.committed_at));
            (vote.clone(), VoteFile { task: id, name, now, then: then.as_deref(), author, verified_at })
        });
        let mut votes = reader.records(files.collect());
        let here: BTreeSet<String> = votes.iter().map(|vote| vote.name.clone()).collect();
        for (name, cast) in cast.iter().filter(|(name, _)| !here.contains(*name)) {
            let then = self.repository.read_blob(cast.blob_id, LARGEST_FILE)?;
            let Some(lost) = reader.lost(id, name, &then, Some(&cast.author)) else { continue };
            let gone = Problem::warning("is gone or cannot be read; the rejection in it is still valid");
            problems.push(gone.in_file(format!("{folder}/{name}")));
            votes.push(lost);
        }
        Ok((votes, cast))
    }

    /// Returns a task's findings, and those that were open when their files were deleted or made unreadable: that
    /// resolves nothing.
    pub fn findings(&self, id: &TaskId, problems: &mut Vec<Problem>) -> Result<Vec<Finding>> {
        let (files, broken) = self.snapshot.findings(id)?;
        problems.extend(broken);
        let folder = RecordKind::Finding.folder_of(id);
        let mut last: BTreeMap<String, (BlobId, CommitId)> = BTreeMap::new();
        for commit_id in self.commits.touching(RecordKind::Finding, id)?.into_iter().rev() {
            for file in self.repository.tree_files(commit_id, &folder)? {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                last.insert(name.to_owned(), (file.blob_id, commit_id));
            }
        }
        let here: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        last.retain(|name, _| !here.contains(name.as_str()));
        let mut findings: Vec<Finding> = files.into_iter().map(|(_, finding)| finding).collect();
        for (name, (blob_id, commit_id)) in last {
            let then = self.repository.read_blob(blob_id, LARGEST_FILE)?;
            let open = read_finding(id, &then).ok().filter(|finding| finding.state().is_open());
            let Some(finding) = open else { continue };
            let path = format!("{folder}/{name}");
            let gone = Problem::warning("is gone or cannot be read; the finding in it is open");
            let source = format!("--source={}", commit_id.short());
            let restore = Suggestion::git(["restore", &source, "--", &path]).to_string();
            problems.push(gone.in_file(&path).with_hint(restore));
            findings.push(finding);
        }
        Ok(findings)
    }

    /// The mailmap and the signers of where the records are.
    pub(super) fn people(&self) -> &Rc<People> {
        let read = || match self.snapshot.commit_id() {
            Some(commit) => People::load_at(self.repository, commit),
            None => People::load(self.repository),
        };
        // Where the list cannot be read, nobody signs; that is stated where votes are verified.
        let signers = || self.signers().unwrap_or_default();
        self.people.get_or_init(|| Rc::new(read().with_signers(signers())))
    }

    pub(super) fn signers(&self) -> Result<&str> {
        if let Some(signers) = self.signers.get() {
            return Ok(signers);
        }
        let bytes = self.snapshot.read(RecordKind::AllowedSigners.file())?.unwrap_or_default();
        Ok(self.signers.get_or_init(|| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn vote_reader(&self) -> Result<VoteReader<'_>> {
        let signers = self.signers()?;
        let (people, check, now) = (self.people(), self.check, self.now);
        Ok(VoteReader { repository: self.repository, people, signers, check, now })
    }
}

impl TaskFacts {
    /// Reads what is known of a task that nobody has voted on and that requires no vote, without git.
    pub fn without_votes(snapshot: &Snapshot, task: Task) -> Result<Self> {
        let (findings, problems) = snapshot.findings(&task.id)?;
        let findings = findings.into_iter().map(|(_, finding)| finding).collect();
        let unreadable = unreadable_of(&problems);
        Ok(Self { problems, unreadable, ..Self::with_findings(snapshot, task, findings)? })
    }

    /// What is known of such a task whose findings were read.
    pub fn with_findings(snapshot: &Snapshot, task: Task, findings: Vec<Finding>) -> Result<Self> {
        Ok(Self {
            criteria: criteria_digest(&acceptance_text(&task.body)),
            changes: BTreeMap::new(),
            work: Vec::new(),
            receipts: Vec::new(),
            verified_by: verified_by(&task.body),
            open_boxes: open_boxes(&task.body),
            waits_for: waits_for(snapshot, &task.depends_on)?,
            findings,
            people: None,
            votes: Vec::new(),
            problems: Vec::new(),
            unreadable: Vec::new(),
            task,
        })
    }

    /// Returns the one person that a name and address belong to.
    #[must_use]
    pub fn canonical(&self, person: &Person) -> Person {
        self.people.as_ref().map_or_else(|| person.clone(), |people| people.canonical(person))
    }

    /// Whether a person wrote, or helped to write, what a role reviews of the task.
    #[must_use]
    pub fn is_author(&self, config: &Config, role: &str, person: &Person) -> bool {
        let route = Route::of(config, self.task.kind.as_deref());
        let key = PersonKey::of(&self.canonical(person));
        let is_reviewed = |path: &String| route.is_reviewed(role, path);
        self.work.iter().any(|work| work.authors.contains(&key) && work.paths.iter().any(is_reviewed))
    }

    /// Judges the votes.
    #[must_use]
    pub fn signoffs(&self, config: &Config) -> Signoffs<'_> {
        judge(&self.task, config, &self.votes, &self.criteria, |person| self.canonical(person))
    }

    /// Returns the numbers of badges and progress bars; `blocking` are the findings that keep the gate shut.
    #[must_use]
    pub fn tally<'f>(&self, config: &Config, blocking: impl IntoIterator<Item = &'f Finding>) -> Tally {
        let (id, stage) = (&self.task.id, &self.task.stage);
        let (proven, evidence) = count_evidence(id, stage, config, self.evidence(&Rerun::Not));
        Tally { evidence, proven, ..self.signoffs(config).tally(blocking) }
    }

    /// What is known of its evidence, which the gate may see again.
    #[must_use]
    pub fn evidence<'e>(&'e self, rerun: &'e Rerun) -> TaskEvidence<'e> {
        TaskEvidence { receipts: &self.receipts, named: &self.verified_by, rerun }
    }

    /// Puts together what the stage machine looks at.
    #[must_use]
    pub fn case<'c>(
        &'c self,
        config: &'c Config,
        signoffs: &'c Signoffs<'c>,
        (actor, agent): (&'c str, Option<&'c str>),
        now: DateTime<Utc>,
    ) -> Case<'c> {
        Case {
            task: &self.task,
            config,
            signoffs,
            findings: &self.findings,
            unreadable: &self.unreadable,
            open_boxes: &self.open_boxes,
            waits_for: &self.waits_for,
            evidence: self.evidence(&Rerun::Later),
            actor,
            agent,
            now,
        }
    }
}

/// The first reason of each file that cannot be read.
fn unreadable_of(problems: &[Problem]) -> Vec<Problem> {
    let mut unreadable: Vec<Problem> = Vec::new();
    for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
        if unreadable.last().is_none_or(|last| last.file != problem.file) {
            unreadable.push(problem.clone());
        }
    }
    unreadable
}

/// A vote of the stage and round at hand that says something unknown may be a rejection.
fn unknown_verdict(record: &VoteRecord, task: &Task, config: &Config) -> Option<Problem> {
    let vote = &record.vote;
    let Verdict::Unknown(text) = &vote.verdict else { return None };
    let is_due = vote.stage == task.stage && vote.round >= round_of(task, config);
    let problem = Problem::error(format!("`{}` is no verdict", text.escape_debug()));
    let problem = problem.in_file(format!("{}/{}", RecordKind::Vote.folder_of(&task.id), record.name));
    is_due.then(|| problem.with_hint(format!("known are {}", Verdict::KNOWN.join(", "))))
}

/// Returns the tasks among these, which another depends on, that are open or cannot be read.
pub fn waits_for(snapshot: &Snapshot, depends_on: &[TaskId]) -> Result<Vec<TaskId>> {
    let mut open = Vec::new();
    for id in depends_on {
        let is_closed = snapshot.readable_task(id)?.is_some_and(|task| task.summary().is_closed());
        if !is_closed {
            open.push(id.clone());
        }
    }
    Ok(open)
}

/// Whether a task has been sent back: what failed it may be gone.
#[must_use]
pub fn has_failed(task: &Task) -> bool {
    task.history.iter().any(|step| step.kind == MoveKind::Fail)
}
