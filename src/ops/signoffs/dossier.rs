//! All that is known of one task when it is judged: its votes and findings, and what its commits changed.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::doc::{acceptance_text, open_boxes};
use crate::git::{CommitId, LinkParser, Links, People, Repository};
use crate::model::{
    Config, CoveredChange, Finding, MoveKind, OpenBox, Person, Problem, Signatures, Task, TaskId, TreeEntry,
    Vote,
};
use crate::ops::session::parse;
use crate::ops::{Result, Session};
use crate::policy::{
    Case, Comments, Content, Flaw, LinkedCommit, Signoffs, Trust, VoteRecord, criteria_digest, is_covered,
    judge, parse_message,
};
use crate::store::{Layout, Snapshot, TaskFile};

use super::history::RecordHistory;
use super::signature::{allowed_signers, check};

/// So many commits that nobody has read before are read for what they link.
const MOST_LINKS: usize = 200_000;
/// Changes with what a message links and with the folders, so that what was remembered is forgotten.
const LINK_PARSER: &str = "2";
/// Whose changes are remembered.
const FOLDERS: [&str; 2] = [Layout::SIGNOFFS, Layout::FINDINGS];

/// What is known of one task.
pub(in crate::ops) struct Dossier {
    pub(in crate::ops) task: Task,
    pub(in crate::ops) ballots: Vec<VoteRecord>,
    pub(in crate::ops) content: Content,
    pub(in crate::ops) findings: Vec<Finding>,
    pub(in crate::ops) open_boxes: Vec<OpenBox>,
    pub(in crate::ops) waits_for: Vec<TaskId>,
    pub(in crate::ops) problems: Vec<Problem>,
    people: Option<Rc<People>>,
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
    /// The list of those whose keys count; what the snapshot has where it is not said.
    pub(super) signers: Option<String>,
    people: OnceCell<Rc<People>>,
    links: OnceCell<Links>,
}

impl<'a> Files<'a> {
    pub(in crate::ops) fn of(
        session: &'a Session<'_>,
        repository: &'a Repository,
        config: &'a Config,
        verify: bool,
    ) -> Result<Self> {
        let tip = session.tip(repository)?;
        Ok(Self { verify, ..Self::at(repository, session.snapshot(), tip, config) })
    }

    /// Reads from a snapshot and the history of a commit.
    pub(in crate::ops) fn at(
        repository: &'a Repository,
        snapshot: &'a Snapshot,
        tip: Option<CommitId>,
        config: &'a Config,
    ) -> Self {
        let (people, links) = (OnceCell::new(), OnceCell::new());
        Self { repository, snapshot, tip, config, verify: false, signers: None, people, links }
    }

    /// Returns the mailmap of where the records are, read once.
    pub(in crate::ops) fn people(&self) -> &Rc<People> {
        let read = || match self.snapshot.commit_id() {
            Some(commit) => People::load_at(self.repository, commit),
            None => People::load(self.repository),
        };
        self.people.get_or_init(|| Rc::new(read()))
    }

    /// Returns which commits belong to which task, read once.
    pub(super) fn links(&self, tip: CommitId) -> Result<&Links> {
        if let Some(links) = self.links.get() {
            return Ok(links);
        }
        let links = links_from(self.repository, tip)?;
        Ok(self.links.get_or_init(|| links))
    }

    /// Says how sure it is whose a vote is, and what is wrong with it, once its signature is looked at.
    pub(super) fn trust_of(&self, vote: &Vote) -> Result<Option<std::result::Result<Trust, Flaw>>> {
        let is_checked = self.verify || self.config.policy.signatures != Signatures::Off;
        if vote.signature.is_none() || !is_checked {
            return Ok(None);
        }
        let own = || allowed_signers(self.snapshot);
        let signers = self.signers.clone().map_or_else(own, Ok)?;
        Ok(Some(if check(self.repository, vote, &signers) {
            Ok(Trust::Signed)
        } else {
            Err(Flaw::BadSignature)
        }))
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
        let history = RecordHistory::read(files, &task)?;
        let mut ballots = Vec::with_capacity(votes.len());
        for (name, vote) in votes {
            ballots.push(history.ballot(files, &task.id, name, vote)?);
        }
        ballots.extend(history.lost_vetoes(files, &task.id, &ballots, &mut problems)?);
        let lost = history.lost_findings(files, &task.id, &findings, &mut problems)?;
        let findings = findings.into_iter().map(|(_, finding)| finding).chain(lost).collect();
        Ok(Self {
            content: content(files, &task)?,
            open_boxes: open_boxes(&task.body),
            waits_for: waits_for(files.snapshot, &task)?,
            findings,
            people: Some(Rc::clone(files.people())),
            ballots,
            problems,
            task,
        })
    }

    /// Reads what is known of a task that nobody has voted on and that asks for no vote: no need to ask git.
    pub(in crate::ops) fn without_votes(snapshot: &Snapshot, task: Task) -> Result<Self> {
        let (findings, problems) = snapshot.findings(&task.id)?;
        Ok(Self {
            content: Content {
                criteria: criteria_digest(&acceptance_text(&task.body)),
                ..Content::default()
            },
            open_boxes: open_boxes(&task.body),
            waits_for: waits_for(snapshot, &task)?,
            findings: findings.into_iter().map(|(_, finding)| finding).collect(),
            people: None,
            ballots: Vec::new(),
            problems,
            task,
        })
    }

    /// Returns the one person behind a name and address.
    pub(in crate::ops) fn canonical(&self, person: &Person) -> Person {
        self.people.as_ref().map_or_else(|| person.clone(), |people| people.canonical(person))
    }

    /// Tells whether a person wrote, or helped to write, what a role reviews of the task.
    pub(super) fn is_author(&self, config: &Config, role: &str, person: &Person) -> bool {
        let role = config.role(role);
        let covers = |commit: &&LinkedCommit| commit.paths.iter().any(|path| is_covered(role, path));
        let authors = self.content.commits.iter().filter(covers).flat_map(|commit| &commit.authors);
        authors
            .map(|author| self.canonical(author))
            .any(|author| author.email.eq_ignore_ascii_case(&person.email))
    }

    /// Judges the votes.
    pub(in crate::ops) fn signoffs(&self, config: &Config) -> Signoffs<'_> {
        judge(&self.task, config, &self.ballots, &self.content, |person| self.canonical(person))
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
pub(in crate::ops) fn waits_for(snapshot: &Snapshot, task: &Task) -> Result<Vec<TaskId>> {
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

/// Returns the tasks that a message links.
pub(in crate::ops) fn linked_ids(message: &str) -> Vec<TaskId> {
    parse_message(message, Comments::None).tasks().into_iter().cloned().collect()
}

/// Returns the tasks that a message names on purpose: not an id of another tracker under a word that it borrows.
pub(in crate::ops) fn named_ids(message: &str, prefix: &str) -> Vec<TaskId> {
    let directives = parse_message(message, Comments::None).directives;
    let meant = directives.into_iter().filter(|own| !own.is_borrowed || own.task.prefix() == prefix);
    meant.map(|own| own.task).collect()
}

/// Returns which commits of a history belong to which task, and which changed its votes and findings.
pub(in crate::ops) fn links_from(repository: &Repository, tip: CommitId) -> Result<Links> {
    let grammar = LinkParser { version: LINK_PARSER, ids_in: &ids_in, folders: &FOLDERS };
    Ok(repository.links(tip, &grammar, MOST_LINKS)?)
}

fn ids_in(message: &str) -> Vec<String> {
    linked_ids(message).iter().map(ToString::to_string).collect()
}

/// Reads what the task's linked commits changed, as it is at the tip.
fn content(files: &Files<'_>, task: &Task) -> Result<Content> {
    let criteria = criteria_digest(&acceptance_text(&task.body));
    let Some(tip) = files.tip else { return Ok(Content { criteria, ..Content::default() }) };
    let repository = files.repository;
    let links = files.links(tip)?;
    let (mut commits, mut paths) = (Vec::new(), BTreeSet::new());
    for commit in links.of(task.id.as_str()) {
        let changed = repository.files_changed(&[commit])?;
        paths.extend(changed.iter().cloned());
        commits.push(LinkedCommit { authors: repository.authors(&[commit])?, paths: changed });
    }
    let mut covered = Vec::with_capacity(paths.len());
    for path in paths {
        covered.push(match repository.tree_file(tip, &path)? {
            Some(file) => CoveredChange::to(path, file.entry()),
            None => CoveredChange::to(path, TreeEntry::Absent),
        });
    }
    Ok(Content { criteria, files: covered, commits })
}

/// Tells whether a task has been sent back: what failed it may be gone.
pub(in crate::ops) fn has_failed(task: &Task) -> bool {
    task.history.iter().any(|step| step.kind == MoveKind::Fail)
}
