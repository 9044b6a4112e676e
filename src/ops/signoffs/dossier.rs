//! All that is known of one task when it is judged: its votes and findings, and what its commits changed.

use std::collections::BTreeSet;

use crate::doc::{acceptance_text, open_boxes};
use crate::git::{CommitId, FileMode, Grammar, LogLimit, People, Repository};
use crate::model::{Config, CoveredFile, Finding, OpenBox, Person, Problem, Signatures, Task, TaskId};
use crate::ops::session::parse;
use crate::ops::{Result, Session};
use crate::policy::{
    Ballot, Case, Comments, Content, Flaw, LinkedCommit, Signoffs, Trust, criteria_digest, judge,
    parse_message,
};
use crate::store::{Layout, Snapshot, TaskFile};

use super::signature::{allowed_signers, check};

/// So many commits that nobody has read before are read for what they link.
const MOST_LINKS: usize = 200_000;
/// So many commits are looked at for who added a vote.
const MOST_VISITED: usize = 20_000;
/// Changes with what a message links, so that what was remembered is forgotten.
const GRAMMAR: &str = "1";

/// What is known of one task.
pub(in crate::ops) struct Dossier {
    pub(in crate::ops) task: Task,
    pub(in crate::ops) ballots: Vec<Ballot>,
    pub(in crate::ops) content: Content,
    pub(in crate::ops) findings: Vec<Finding>,
    pub(in crate::ops) open_boxes: Vec<OpenBox>,
    pub(in crate::ops) waits_for: Vec<TaskId>,
    pub(in crate::ops) problems: Vec<Problem>,
    people: People,
}

/// Where a dossier is read from.
pub(in crate::ops) struct Files<'a> {
    pub(in crate::ops) repository: &'a Repository,
    pub(in crate::ops) snapshot: &'a Snapshot,
    /// The commit whose history links commits to tasks, and whose tree the votes are judged by.
    pub(in crate::ops) tip: Option<CommitId>,
    pub(in crate::ops) config: &'a Config,
    /// Whether signatures are checked even where the policy does not ask.
    pub(in crate::ops) verify: bool,
}

impl<'a> Files<'a> {
    pub(in crate::ops) fn of(
        session: &'a Session<'_>,
        repository: &'a Repository,
        config: &'a Config,
        verify: bool,
    ) -> Result<Self> {
        let tip = session.tip(repository)?;
        Ok(Self { repository, snapshot: session.snapshot(), tip, config, verify })
    }
}

impl Dossier {
    /// Reads what is known of a task.
    pub(in crate::ops) fn read(files: &Files<'_>, file: &TaskFile) -> Result<Self> {
        Self::of(files, parse(file)?)
    }

    /// Reads what is known of a task that is read already.
    pub(in crate::ops) fn of(files: &Files<'_>, task: Task) -> Result<Self> {
        let (votes, mut problems) = files.snapshot.votes(&task.id)?;
        let (findings, broken) = files.snapshot.findings(&task.id)?;
        problems.extend(broken);
        let history = VoteHistory::read(files, &task.id, votes.is_empty())?;
        let signers = allowed_signers(files.snapshot)?;
        let mut ballots = Vec::with_capacity(votes.len());
        for (name, vote) in votes {
            let path = format!("{}/{name}", Layout::signoffs_of(&task.id));
            let (mut trust, mut flaw) = history.judge(files, &path, &vote.by)?;
            let is_checked = files.verify || files.config.policy.signatures != Signatures::Off;
            if vote.signature.is_some() && is_checked {
                match check(files.repository, &vote, &signers) {
                    true => trust = Trust::Signed,
                    false => flaw = flaw.or(Some(Flaw::BadSignature)),
                }
            }
            ballots.push(Ballot { name, folder: task.id.clone(), vote, trust, flaw });
        }
        Ok(Self {
            content: content(files, &task)?,
            open_boxes: open_boxes(&task.body),
            waits_for: waits_for(files.snapshot, &task)?,
            findings: findings.into_iter().map(|(_, finding)| finding).collect(),
            people: People::load(files.repository),
            ballots,
            problems,
            task,
        })
    }

    /// Judges the votes.
    pub(in crate::ops) fn signoffs(&self, config: &Config) -> Signoffs<'_> {
        judge(&self.task, config, &self.ballots, &self.content, |person| self.people.canonical(person))
    }

    /// Puts together what the stage machine looks at.
    pub(in crate::ops) fn case<'c>(
        &'c self,
        config: &'c Config,
        signoffs: &'c Signoffs<'c>,
        actor: &'c str,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Case<'c> {
        Case {
            task: &self.task,
            config,
            signoffs,
            findings: &self.findings,
            open_boxes: &self.open_boxes,
            waits_for: &self.waits_for,
            actor,
            now,
        }
    }
}

/// Returns the dependencies that are open, or that cannot be read.
fn waits_for(snapshot: &Snapshot, task: &Task) -> Result<Vec<TaskId>> {
    let mut open = Vec::new();
    for id in &task.depends_on {
        let file = snapshot.task_file(id)?;
        let is_closed =
            file.and_then(|file| parse(&file).ok()).is_some_and(|task| task.summary().is_closed());
        if !is_closed {
            open.push(id.clone());
        }
    }
    Ok(open)
}

/// Returns the ids that a message links.
fn ids_in(message: &str) -> Vec<String> {
    parse_message(message, Comments::None).tasks().into_iter().map(ToString::to_string).collect()
}

/// Reads what the task's linked commits changed, as it is at the tip.
fn content(files: &Files<'_>, task: &Task) -> Result<Content> {
    let criteria = criteria_digest(&acceptance_text(&task.body));
    let Some(tip) = files.tip else { return Ok(Content { criteria, ..Content::default() }) };
    let repository = files.repository;
    let grammar = Grammar { version: GRAMMAR, ids_in: &ids_in };
    let links = repository.links(tip, &grammar, MOST_LINKS)?;
    let (mut commits, mut paths) = (Vec::new(), BTreeSet::new());
    for commit in links.of(task.id.as_str()) {
        let changed = repository.files_changed(&[commit])?;
        paths.extend(changed.iter().cloned());
        commits.push(LinkedCommit { authors: repository.authors(&[commit])?, paths: changed });
    }
    let mut covered = Vec::with_capacity(paths.len());
    for path in paths {
        covered.push(match repository.tree_file(tip, &path)? {
            Some(file) => CoveredFile { mode: mode_of(file.mode), blob: file.blob_id.to_string(), path },
            None => CoveredFile::deleted(path),
        });
    }
    Ok(Content { criteria, files: covered, commits })
}

fn mode_of(mode: FileMode) -> u32 {
    match mode {
        FileMode::Plain => 0o100_644,
        FileMode::Executable => 0o100_755,
        FileMode::Link => 0o120_000,
        FileMode::Submodule => 0o160_000,
    }
}

/// The commits that touched a task's votes, oldest first.
struct VoteHistory {
    commits: Vec<(CommitId, Person)>,
}

impl VoteHistory {
    fn read(files: &Files<'_>, id: &TaskId, is_idle: bool) -> Result<Self> {
        let Some(tip) = files.tip.filter(|_| !is_idle) else { return Ok(Self { commits: Vec::new() }) };
        let limit = LogLimit { found: usize::MAX, visited: MOST_VISITED };
        let log = files.repository.log_touching(tip, &[&Layout::signoffs_of(id)], limit)?;
        let commits = log.commits.into_iter().rev().map(|commit| (commit.id, commit.author)).collect();
        Ok(Self { commits })
    }

    /// Says whose the file is by git's word: who added it, and whether it is still what was added.
    fn judge(&self, files: &Files<'_>, path: &str, by: &Person) -> Result<(Trust, Option<Flaw>)> {
        let repository = files.repository;
        for (commit, author) in &self.commits {
            let Some(added) = repository.tree_file(*commit, path)? else { continue };
            let now = files.snapshot.read(path)?.unwrap_or_default();
            let then = repository.read_blob(added.blob_id, crate::store::LARGEST_FILE)?;
            let flaw = (now != then).then_some(Flaw::Altered);
            let people = People::load(repository);
            let is_own = people.canonical(author).email.eq_ignore_ascii_case(&people.canonical(by).email);
            return Ok((if is_own { Trust::Attributed } else { Trust::Unverified }, flaw));
        }
        Ok((Trust::Unverified, None))
    }
}
