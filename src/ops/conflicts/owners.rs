//! Whose a file is on a branch: of who has claimed its task, else of whom that is assigned to, else of who changed it last.

use std::collections::HashMap;

use super::{LiveBranch, Owner, Ownership};
use crate::doc::read_task;
use crate::facts::KnownClaims;
use crate::git::{CommitId, Repository};
use crate::model::{RecordPath, Task, is_selected};
use crate::ops::claims::claims_of;
use crate::ops::{Result, Session};
use crate::store::LARGEST_FILE;

/// Of a branch with more commits only these are looked at, the last ones.
const MOST_COMMITS: usize = 200;

/// Finds owners; what was read of a branch is kept.
pub(super) struct Owners<'s, 'e> {
    session: &'s Session<'e>,
    repository: &'s Repository,
    claims: KnownClaims,
    known: HashMap<(Option<CommitId>, CommitId), Work>,
}

/// What a branch did since it parted from another.
struct Work {
    /// Who changed each file last.
    authors: HashMap<String, String>,
    /// The tasks whose records it changed, as it has them.
    tasks: Vec<Task>,
}

impl<'s, 'e> Owners<'s, 'e> {
    pub(super) fn new(session: &'s Session<'e>, repository: &'s Repository) -> Self {
        Self { session, repository, claims: claims_of(session), known: HashMap::new() }
    }

    pub(super) fn of(&mut self, branch: &LiveBranch, base: Option<CommitId>, path: &str) -> Result<Owner> {
        let key = (base, branch.commit);
        if !self.known.contains_key(&key) {
            let work = self.read(base, branch.commit)?;
            self.known.insert(key, work);
        }
        let (work, now) = (&self.known[&key], self.session.env().now());
        let record = RecordPath::parse(path).and_then(|record| record.task().cloned());
        let is_about = |task: &&Task| match &record {
            Some(id) => task.id == *id,
            None => is_selected(&task.files, path),
        };
        let mut about = work.tasks.iter().filter(is_about);
        let claim = self.claims.on_branch(&branch.name, now);
        let claim = claim.or_else(|| {
            about.clone().find_map(|task| self.claims.worker(task.id.as_str(), &branch.name, now))
        });
        let owner = |name: &str, because| Owner { name: name.to_owned(), because };
        Ok(if let Some(worker) = claim {
            owner(worker, Ownership::Claim)
        } else if let Some(assignee) = about.find_map(|task| task.assignee.as_deref()) {
            owner(assignee, Ownership::Assignee)
        } else {
            owner(work.authors.get(path).unwrap_or(&branch.by), Ownership::Author)
        })
    }

    fn read(&self, base: Option<CommitId>, tip: CommitId) -> Result<Work> {
        let (mut authors, mut tasks) = (HashMap::new(), Vec::new());
        let commits = self.repository.commits_between(base, tip)?;
        for commit in commits.iter().rev().take(MOST_COMMITS) {
            for change in self.repository.changes_of(commit.id)? {
                authors.entry(change.path).or_insert_with(|| commit.author.name.clone());
            }
        }
        for path in authors.keys() {
            let Some(RecordPath::Task(_)) = RecordPath::parse(path) else { continue };
            let Some(file) = self.repository.tree_file(tip, path)? else { continue };
            tasks.extend(read_task(&self.repository.read_blob(file.blob_id, LARGEST_FILE)?).ok());
        }
        tasks.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Work { authors, tasks })
    }
}
