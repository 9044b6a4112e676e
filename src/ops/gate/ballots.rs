//! A task's votes as they stand at the head, with what the range did to them.

use std::collections::{BTreeMap, BTreeSet};

use super::RangeReader;
use super::records::Record;
use crate::doc::read_vote;
use crate::git::BlobId;
use crate::model::{Person, Signatures, TaskId, Verdict, Vote};
use crate::ops::Result;
use crate::ops::signoffs::{Cast, as_cast, check, trust_in, votes_cast};
use crate::policy::{Flaw, Trust, VoteRecord};
use crate::store::{LARGEST_FILE, Layout};

/// The votes of the range as they were first added, by task.
pub(super) type RangeVotes = BTreeMap<TaskId, Cast>;

impl RangeReader<'_> {
    /// Returns the votes that commits of the range added, each as it was first added.
    pub(super) fn cast(&self) -> RangeVotes {
        let mut cast = RangeVotes::new();
        for (info, changes) in &self.changes.commits {
            for change in changes.iter().filter(|change| change.before.is_none()) {
                let (Some(Record::Vote(id, name)), Some(after)) = (Record::at(&change.path), change.after)
                else {
                    continue;
                };
                let own = cast.entry(id).or_default();
                own.entry(name.to_owned()).or_insert_with(|| (after.blob_id, info.author.clone()));
            }
        }
        cast
    }

    /// Returns a task's votes: those at the head, and rejections that were taken away. An edited rejection counts as
    /// it was cast.
    pub(super) fn ballots(
        &self,
        id: &TaskId,
        cast: &RangeVotes,
    ) -> Result<(Vec<VoteRecord>, BTreeSet<String>)> {
        let (votes, _) = self.head.votes(id)?;
        let (earlier, _) =
            if self.ends.merge_base.is_some() { self.before.votes(id)? } else { Default::default() };
        let nothing = BTreeMap::new();
        let own = cast.get(id).unwrap_or(&nothing);
        let old: BTreeMap<&str, &Vote> = earlier.iter().map(|(name, vote)| (name.as_str(), vote)).collect();
        let is_asked = votes.iter().any(|(name, _)| old.contains_key(name.as_str()));
        let earlier = self.earlier_votes(id, is_asked)?;
        let (mut ballots, mut new) = (Vec::new(), BTreeSet::new());
        let names: BTreeSet<&str> = votes.iter().map(|(name, _)| name.as_str()).collect();
        let gone =
            old.iter().filter(|(name, vote)| !names.contains(*name) && vote.verdict == Verdict::Rejected);
        for (name, vote) in gone {
            let vote = (*vote).clone();
            ballots.push(VoteRecord {
                name: (*name).to_owned(),
                folder: id.clone(),
                vote,
                trust: Trust::Unverified,
                flaw: Some(Flaw::Altered),
            });
        }
        for (name, (blob, author)) in own.iter().filter(|(name, _)| !names.contains(name.as_str())) {
            if let Some(vote) = self.vote_of(id, *blob)?.filter(|vote| vote.verdict == Verdict::Rejected) {
                let trust = trust_in(&self.policy.people, author, &vote.by);
                ballots.push(VoteRecord {
                    name: name.clone(),
                    folder: id.clone(),
                    vote,
                    trust,
                    flaw: Some(Flaw::Altered),
                });
            }
        }
        for (name, vote) in &votes {
            let path = format!("{}/{name}", Layout::signoffs_of(id));
            let is_old = old.contains_key(name.as_str());
            let (first, author) = match own.get(name.as_str()) {
                Some((blob, author)) if !is_old => {
                    (Some(self.repository.read_blob(*blob, LARGEST_FILE)?), Some(author))
                }
                _ if is_old => (self.before.read(&path)?, earlier.get(name).map(|(_, author)| author)),
                _ => (None, None),
            };
            if !is_old {
                new.insert(name.clone());
            }
            ballots.push(self.ballot(id, name, vote, first, author)?);
        }
        Ok((ballots, new))
    }

    fn ballot(
        &self,
        id: &TaskId,
        name: &str,
        vote: &Vote,
        first: Option<Vec<u8>>,
        author: Option<&Person>,
    ) -> Result<VoteRecord> {
        let (mut vote, mut flaw) = (vote.clone(), None);
        let now = self.head.read(&format!("{}/{name}", Layout::signoffs_of(id)))?.unwrap_or_default();
        if let Some(first) = first {
            (vote, flaw) = as_cast(id, vote, &now, &first);
        }
        let mut trust =
            author.map_or(Trust::Unverified, |author| trust_in(&self.policy.people, author, &vote.by));
        let wants = self.policy.config.policy.signatures != Signatures::Off || self.verifies;
        if wants && vote.signature.is_some() {
            if check(self.repository, &vote, &self.policy.signers) {
                trust = Trust::Signed;
            } else if flaw.is_none() && self.policy.config.policy.signatures != Signatures::Off {
                flaw = Some(Flaw::BadSignature);
            }
        }
        Ok(VoteRecord { name: name.to_owned(), folder: id.clone(), vote, trust, flaw })
    }

    /// Returns who added the votes that are older than the range; nothing where no vote is.
    fn earlier_votes(&self, id: &TaskId, is_asked: bool) -> Result<Cast> {
        match self.ends.merge_base.filter(|_| is_asked) {
            Some(merge_base) => votes_cast(self.repository, self.earlier_links(merge_base)?, id),
            None => Ok(Cast::new()),
        }
    }

    fn vote_of(&self, id: &TaskId, blob: BlobId) -> Result<Option<Vote>> {
        Ok(read_vote(id, &self.repository.read_blob(blob, LARGEST_FILE)?).ok())
    }
}
