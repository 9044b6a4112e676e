//! A task's votes and findings as history has them: deleting or editing a file unsays nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Files;
use crate::doc::{read_finding, read_vote};
use crate::git::{BlobId, CommitId, Links, People, Person, Repository};
use crate::model::{Finding, Problem, Task, TaskId, Verdict, Vote};
use crate::ops::Result;
use crate::policy::{Flaw, Trust, VoteRecord};
use crate::store::{LARGEST_FILE, Layout};

/// Votes as they were cast, by the names of their files: each as the first commit that has it has it, and who made that
/// commit.
pub(in crate::ops) type Cast = BTreeMap<String, (BlobId, Person)>;

/// What the commits have of a task's records, by the names of their files.
pub(super) struct RecordHistory {
    /// Votes as they were cast.
    cast: Cast,
    /// Findings as they stood last: each in the last commit that has it.
    found: BTreeMap<String, (BlobId, CommitId)>,
}

impl RecordHistory {
    /// Reads it, from the commits that are remembered to have changed the task's records.
    pub(super) fn read(files: &Files<'_>, task: &Task) -> Result<Self> {
        let (mut cast, mut found) = (Cast::new(), BTreeMap::new());
        let Some(tip) = files.tip else { return Ok(Self { cast, found }) };
        let (repository, links) = (files.repository, files.links(tip)?);
        cast.extend(votes_cast(repository, links, &task.id)?);
        for commit in links.touching(Layout::FINDINGS, task.id.as_str()).into_iter().rev() {
            for file in repository.tree_files(commit, &Layout::findings_of(&task.id))? {
                found.insert(name_of(&file.path), (file.blob_id, commit));
            }
        }
        Ok(Self { cast, found })
    }

    /// Judges a vote's file: by whom it was added, and whether it is still what was added. A rejection that was
    /// edited counts as it was cast.
    pub(super) fn ballot(
        &self,
        files: &Files<'_>,
        id: &TaskId,
        name: String,
        mut vote: Vote,
    ) -> Result<VoteRecord> {
        let (mut trust, mut flaw) = (Trust::Unverified, None);
        if let Some((blob, author)) = self.cast.get(&name) {
            let path = format!("{}/{name}", Layout::signoffs_of(id));
            let now = files.snapshot.read(&path)?.unwrap_or_default();
            let then = files.repository.read_blob(*blob, LARGEST_FILE)?;
            (vote, flaw) = as_cast(id, vote, &now, &then);
            trust = trust_in(files.people(), author, &vote.by);
        }
        match files.trust_of(&vote)? {
            Some(Ok(signed)) => trust = signed,
            Some(Err(bad)) => flaw = flaw.or(Some(bad)),
            None => {}
        }
        Ok(VoteRecord { name, folder: id.clone(), vote, trust, flaw })
    }

    /// Returns the rejections whose files were deleted or made unreadable: that lifts no veto.
    pub(super) fn lost_vetoes(
        &self,
        files: &Files<'_>,
        id: &TaskId,
        here: &[VoteRecord],
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<VoteRecord>> {
        let names: BTreeSet<&str> = here.iter().map(|ballot| ballot.name.as_str()).collect();
        let mut lost = Vec::new();
        for (name, (blob, author)) in self.cast.iter().filter(|(name, _)| !names.contains(name.as_str())) {
            let then = files.repository.read_blob(*blob, LARGEST_FILE)?;
            let Ok(vote) = read_vote(id, &then) else { continue };
            if vote.verdict == Verdict::Rejected {
                let path = format!("{}/{name}", Layout::signoffs_of(id));
                let gone = Problem::warning("is gone or cannot be read; the rejection in it stands");
                problems.push(gone.in_file(&path));
                let trust = trust_in(files.people(), author, &vote.by);
                let (name, folder) = (name.clone(), id.clone());
                lost.push(VoteRecord { name, folder, vote, trust, flaw: Some(Flaw::Altered) });
            }
        }
        Ok(lost)
    }

    /// Returns the findings that were open when their files were deleted or made unreadable: that settles nothing.
    pub(super) fn lost_findings(
        &self,
        files: &Files<'_>,
        id: &TaskId,
        here: &[(String, Finding)],
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Finding>> {
        let names: BTreeSet<&str> = here.iter().map(|(name, _)| name.as_str()).collect();
        let mut lost = Vec::new();
        for (name, (blob, commit)) in self.found.iter().filter(|(name, _)| !names.contains(name.as_str())) {
            let then = files.repository.read_blob(*blob, LARGEST_FILE)?;
            let open = read_finding(id, &then).ok().filter(|finding| finding.state().is_open());
            let Some(finding) = open else { continue };
            let path = format!("{}/{name}", Layout::findings_of(id));
            let gone = Problem::warning("is gone or cannot be read; the finding in it is open");
            let restore = format!("git restore --source={} -- {path}", commit.short());
            problems.push(gone.in_file(&path).with_hint(restore));
            lost.push(finding);
        }
        Ok(lost)
    }
}

/// Returns a task's votes as the commits have them that are linked to have changed its folder of votes.
pub(in crate::ops) fn votes_cast(repository: &Repository, links: &Links, id: &TaskId) -> Result<Cast> {
    let mut cast = Cast::new();
    for commit in links.touching(Layout::SIGNOFFS, id.as_str()).into_iter().rev() {
        let author = repository.commit_info(commit)?.author;
        for file in repository.tree_files(commit, &Layout::signoffs_of(id))? {
            cast.entry(name_of(&file.path)).or_insert_with(|| (file.blob_id, author.clone()));
        }
    }
    Ok(cast)
}

/// Returns what a vote counts as whose file says one thing now and said another when it was cast: an edited rejection
/// counts as it was cast.
pub(in crate::ops) fn as_cast(id: &TaskId, vote: Vote, now: &[u8], then: &[u8]) -> (Vote, Option<Flaw>) {
    if is_same_text(now, then) {
        return (vote, None);
    }
    let cast = read_vote(id, then).ok().filter(|cast| cast.verdict == Verdict::Rejected);
    (cast.unwrap_or(vote), Some(Flaw::Altered))
}

/// Says how sure it is whose a vote is, by who committed it.
pub(in crate::ops) fn trust_in(people: &People, author: &Person, by: &Person) -> Trust {
    let is_own = people.canonical(author).is_same(&people.canonical(by));
    if is_own { Trust::Attributed } else { Trust::Unverified }
}

/// Tells whether two texts differ in line endings at most, as a working tree's do from git's.
fn is_same_text(now: &[u8], then: &[u8]) -> bool {
    let plain = |bytes: &[u8]| bytes.iter().copied().filter(|&byte| byte != b'\r').collect::<Vec<u8>>();
    now == then || plain(now) == plain(then)
}

fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
