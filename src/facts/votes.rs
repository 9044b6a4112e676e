//! Votes as they were cast: by whom they were added, whether their files still say what was added, and what their
//! signatures are worth. Deleting or editing a file unsays no rejection.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;

use super::Result;
use crate::doc::{read_vote, signed_text};
use crate::git::{self, BlobId, CommitId, People, Repository, SignError};
use crate::model::{Person, RecordKind, TaskId, Verdict, Vote};
use crate::policy::history::Commit;
use crate::policy::{Flaw, Trust, VoteEvidence, VoteRecord, is_signer};

/// A signature made for a vote is good for nothing else.
const NAMESPACE: &str = "tracker-vote";

/// The same of resolutions, overrides and notes.
pub(super) const RECORD_NAMESPACE: &str = "tracker-record";

/// Clocks differ by less.
pub(super) const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(10);

/// A vote as the first commit has it that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastVote {
    /// Its text.
    pub blob_id: BlobId,
    /// The commit that added it.
    pub commit_id: CommitId,
    /// Who wrote that commit.
    pub author: Person,
    /// When it was committed, as it says itself.
    pub committed_at: DateTime<Utc>,
    /// Whether a commit that the caller selects has it.
    pub was_on_base: bool,
}

/// Votes as they were cast, by the names of their files.
pub type CastVotes = BTreeMap<String, CastVote>;

/// What the signatures of votes are looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCheck {
    /// They are not.
    Off,
    /// To tell who signed; a bad one changes nothing, because the policy does not require signatures.
    Label,
    /// A bad one makes a vote doubtful.
    Judge,
}

/// Signs a vote.
pub fn sign_vote(repository: &Repository, vote: &Vote) -> std::result::Result<String, SignError> {
    repository.sign(signed_text(vote).as_bytes(), NAMESPACE)
}

const FRAME: [&str; 2] = ["-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"];

/// Signs a record; the signature fits one line of a file: returns the signature without its frame.
pub fn sign_record(repository: &Repository, text: &str) -> std::result::Result<String, SignError> {
    let signature = repository.sign(text.as_bytes(), RECORD_NAMESPACE)?;
    Ok(signature.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect())
}

/// Puts a signature of one line into its frame again.
pub(super) fn framed(signature: &str) -> String {
    let is_base64 = |c: &char| c.is_ascii_alphanumeric() || "+/=".contains(*c);
    let letters: Vec<char> = signature.chars().filter(is_base64).collect();
    let lines: Vec<String> = letters.chunks(70).map(|line| line.iter().collect()).collect();
    format!("{}\n{}\n{}\n", FRAME[0], lines.join("\n"), FRAME[1])
}

/// What a vote's file says now, and what it contained when it was added.
pub(super) struct VoteFile<'v> {
    pub(super) task: &'v TaskId,
    pub(super) name: &'v str,
    pub(super) now: &'v [u8],
    /// None where no commit has it, or where it is known to be the same.
    pub(super) then: Option<&'v [u8]>,
    /// Who added it, where that is known.
    pub(super) author: Option<&'v Person>,
    /// As of when its key must have been valid, whatever date the vote says; the clock of the system where none is given.
    pub(super) verified_at: Option<DateTime<Utc>>,
}

/// How votes become records that can be judged.
pub(super) struct VoteReader<'a> {
    pub(super) repository: &'a Repository,
    pub(super) people: &'a People,
    /// The text of the list of allowed signers.
    pub(super) signers: &'a str,
    pub(super) check: SignatureCheck,
    /// What time it is: nobody has voted later.
    pub(super) now: DateTime<Utc>,
}

impl VoteReader<'_> {
    /// Says whose votes are and what is wrong with them. Signatures are verified side by side: each takes a process.
    pub(super) fn records(&self, votes: Vec<(Vote, VoteFile<'_>)>) -> Vec<VoteRecord> {
        let (mut records, mut signed) = (Vec::with_capacity(votes.len()), Vec::new());
        for (at, (vote, file)) in votes.into_iter().enumerate() {
            let record = self.unverified(vote, &file);
            // Where nobody requires signatures, one says whose a vote is that another committed, as a squash does.
            let is_of_another = file.author.is_some() && record.trust == Trust::Unverified;
            let must_verify = self.check != SignatureCheck::Off || is_of_another;
            if must_verify && record.vote.signature.is_some() {
                signed.push((at, file.verified_at));
            }
            records.push(record);
        }
        let verdicts = self.are_signed(&records, &signed);
        for ((at, _), is_signed) in signed.into_iter().zip(verdicts) {
            let record: &mut VoteRecord = &mut records[at];
            if is_signed {
                record.trust = Trust::Signed;
            } else if self.check == SignatureCheck::Judge {
                record.flaw = record.flaw.or(Some(Flaw::BadSignature));
            }
        }
        records
    }

    fn are_signed(&self, records: &[VoteRecord], to_verify: &[(usize, Option<DateTime<Utc>>)]) -> Vec<bool> {
        let (people, signers) = (self.people, self.signers);
        if let [(at, verified_at)] = to_verify {
            return vec![is_signed(self.repository, people, signers, &records[*at].vote, *verified_at)];
        }
        let shared = self.repository.shared();
        let of = |view: &mut Repository, (at, verified_at): &(usize, Option<DateTime<Utc>>)| {
            is_signed(view, people, signers, &records[*at].vote, *verified_at)
        };
        to_verify.par_iter().map_init(|| shared.open(), of).collect()
    }

    /// Says whose a vote is, its signature aside. A rejection that was edited counts as it was cast.
    fn unverified(&self, vote: Vote, file: &VoteFile<'_>) -> VoteRecord {
        let (mut vote, mut flaw) = (vote, None);
        if let Some(then) = file.then.filter(|then| !is_same_text(file.now, then)) {
            let cast = read_vote(file.task, then).ok();
            vote = cast.filter(|cast| cast.verdict == Verdict::Rejected).unwrap_or(vote);
            flaw = Some(Flaw::Altered);
        }
        let trust = self.trust(file.author, &vote.by);
        let flaw = self.is_future(&vote).then_some(Flaw::Future).or(flaw);
        VoteRecord {
            name: file.name.to_owned(),
            folder: file.task.clone(),
            is_committed: file.author.is_some(),
            evidence: VoteEvidence::default(),
            vote,
            trust,
            flaw,
        }
    }

    /// Returns the vote whose file is gone or cannot be read, if it was a rejection: that lifts no veto.
    pub(super) fn lost(
        &self,
        task: &TaskId,
        name: &str,
        then: &[u8],
        author: Option<&Person>,
    ) -> Option<VoteRecord> {
        let vote = read_vote(task, then).ok().filter(|vote| vote.verdict == Verdict::Rejected)?;
        let file = VoteFile { task, name, now: &[], then: Some(then), author, verified_at: None };
        Some(self.unverified(vote, &file))
    }

    fn is_future(&self, vote: &Vote) -> bool {
        vote.at > self.now + CLOCK_SKEW
    }

    fn trust(&self, author: Option<&Person>, by: &Person) -> Trust {
        let is_own =
            author.is_some_and(|author| self.people.canonical(author).is_same(&self.people.canonical(by)));
        if is_own { Trust::Attributed } else { Trust::Unverified }
    }
}

/// Whether the signature is by a key of the person whom the vote names.
fn is_signed(
    repository: &Repository,
    people: &People,
    signers: &str,
    vote: &Vote,
    verified_at: Option<DateTime<Utc>>,
) -> bool {
    let Some(signature) = &vote.signature else { return false };
    let text = signed_text(vote);
    let verdict = repository.verify_signature(text.as_bytes(), signature, NAMESPACE, signers, verified_at);
    let is_of_voter = |principal: &str| {
        let signer = Person { name: vote.by.name.clone(), email: principal.to_owned() };
        is_signer(principal, &vote.by) || people.canonical(&signer).is_same(&people.canonical(&vote.by))
    };
    matches!(verdict, Ok(git::SignatureStatus::Valid { principal }) if is_of_voter(&principal))
}

/// Returns which of some votes are copies: of those that say the same, all but the one that was added first. Whoever adds a
/// vote's text under another name has not voted.
pub(super) fn copies(votes: &[(&Vote, Option<Commit>)]) -> Vec<usize> {
    let mut alike: HashMap<_, Vec<usize>> = HashMap::with_capacity(votes.len());
    for (at, (vote, _)) in votes.iter().enumerate() {
        alike.entry((vote.at, vote.role.as_str(), &vote.task)).or_default().push(at);
    }
    let order = |at: usize| (votes[at].1.map_or(u32::MAX, |added| added.0), at);
    let mut copies = Vec::new();
    for same in alike.into_values().filter(|same| same.len() > 1) {
        let texts: Vec<(usize, String)> = same.into_iter().map(|at| (at, signed_text(votes[at].0))).collect();
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (at, text) in &texts {
            let known = first.entry(text).or_insert(*at);
            if order(*at) < order(*known) {
                *known = *at;
            }
        }
        copies.extend(texts.iter().filter(|(at, text)| first[text.as_str()] != *at).map(|(at, _)| *at));
    }
    copies.sort_unstable();
    copies
}

/// Returns a task's votes, or other records that never change, as the first of some commits has them that has them. The
/// commits are those that changed their folder, oldest first; `is_base` selects those that `was_on_base` is about.
pub(super) fn records_cast(
    repository: &Repository,
    kind: RecordKind,
    id: &TaskId,
    commits: impl Iterator<Item = CommitId>,
    is_base: impl Fn(CommitId) -> bool,
) -> Result<CastVotes> {
    let (mut cast, mut last) = (CastVotes::new(), None);
    let folder = kind.folder_of(id);
    for commit_id in commits {
        // A commit that changed very many records is among those of every task.
        let (tree_id, was_on_base) = (repository.tree_id(commit_id, &folder)?, is_base(commit_id));
        if tree_id == last && !was_on_base {
            continue;
        }
        last = tree_id;
        let mut added = None;
        for file in repository.tree_files(commit_id, &folder)? {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            if let Some(known) = cast.get_mut(name) {
                known.was_on_base |= was_on_base;
                continue;
            }
            let added = match &added {
                Some(added) => added,
                None => added.insert(repository.commit_info(commit_id)?),
            };
            let (author, committed_at) = (added.author.clone(), added.committer_time);
            let vote = CastVote { blob_id: file.blob_id, commit_id, author, committed_at, was_on_base };
            cast.insert(name.to_owned(), vote);
        }
    }
    Ok(cast)
}

/// Whether two texts differ in line endings at most, as a working tree's do from git's.
pub(super) fn is_same_text(now: &[u8], then: &[u8]) -> bool {
    let plain = |bytes: &[u8]| bytes.iter().copied().filter(|&byte| byte != b'\r').collect::<Vec<u8>>();
    now == then || plain(now) == plain(then)
}

#[cfg(test)]
mod tests {
    use super::{Commit, TaskId, copies};
    use crate::doc::read_vote;

    #[test]
    fn the_first_of_what_says_the_same_is_no_copy() {
        let task = TaskId::parse("TASK-1").unwrap();
        let vote = |stage: &str| {
            let (digest, commit) = ("a".repeat(64), "b".repeat(40));
            let text = format!(
                "task: TASK-1\nrole: qa\nverdict: approved\nby: A <a@x>\nat: 2026-11-11T15:30:00Z\nstage: {stage}\n\
                 round: 1\ncommit: {commit}\ndigest: {digest}\ncriteria: {digest}\n"
            );
            read_vote(&task, text.as_bytes()).unwrap()
        };
        let [a, b, c] = ["a", "b", "c"].map(vote);
        let votes = [(&a, Some(5)), (&b, Some(1)), (&a, Some(2)), (&a, None), (&c, None)];
        let votes = votes.map(|(vote, added)| (vote, added.map(Commit)));
        assert_eq!(copies(&votes), [0, 3]);
    }
}
