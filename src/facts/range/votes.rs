//! A task's votes as they are at the head, with what the range did to them.

use std::collections::{BTreeMap, BTreeSet};

use super::{RangeReader, Result};
use crate::doc::read_vote;
use crate::facts::votes::{CastVote, CastVotes, VoteFile, votes_cast};
use crate::model::{RecordKind, RecordPath, TaskId, Verdict, Vote};
use crate::policy::VoteRecord;
use crate::store::LARGEST_FILE;

/// The votes of the range as they were first added, by task.
pub(super) type RangeVotes = BTreeMap<TaskId, CastVotes>;

impl RangeReader<'_> {
    /// Returns the votes that commits of the range added, each as it was first added.
    pub(super) fn cast(&self) -> RangeVotes {
        let mut cast = RangeVotes::new();
        for (info, changes) in &self.changes.commits {
            for change in changes.iter().filter(|change| change.before.is_none()) {
                let (Some(RecordPath::Vote { task, name }), Some(after)) =
                    (RecordPath::parse(&change.path), change.after)
                else {
                    continue;
                };
                let (blob_id, commit_id, author) = (after.blob_id, info.id, &info.author);
                let new = || CastVote { blob_id, commit_id, author: author.clone() };
                cast.entry(task).or_default().entry(name.to_string()).or_insert_with(new);
            }
        }
        cast
    }

    /// Returns a task's votes, and which of them the range brings: those at the head, and rejections that were taken
    /// away. An edited rejection counts as it was cast.
    pub(super) fn votes(
        &self,
        id: &TaskId,
        cast: &RangeVotes,
    ) -> Result<(Vec<VoteRecord>, BTreeSet<String>)> {
        let folder = RecordKind::Vote.folder_of(id);
        let read = |bytes: &[u8]| Ok((read_vote(id, bytes)?, bytes.to_owned()));
        let (here, _) = self.head.records(&folder, read)?;
        let (old, _) = self.before.records(&folder, read)?;
        let old: BTreeMap<&str, &(Vote, Vec<u8>)> =
            old.iter().map(|(name, vote)| (name.as_str(), vote)).collect();
        let none = CastVotes::new();
        let own = cast.get(id).unwrap_or(&none);
        let names: BTreeSet<&str> = here.iter().map(|(name, _)| name.as_str()).collect();
        let earlier = match names.iter().any(|name| old.contains_key(name)) {
            true => votes_cast(self.repository, &self.earlier, id)?,
            false => CastVotes::new(),
        };
        let (reader, mut votes, mut new) = (self.vote_reader(), Vec::new(), BTreeSet::new());
        let gone = old
            .iter()
            .filter(|(name, (vote, _))| !names.contains(*name) && vote.verdict == Verdict::Rejected);
        votes.extend(gone.filter_map(|(name, (_, then))| reader.lost(id, name, then, None)));
        for (name, cast) in own.iter().filter(|(name, _)| !names.contains(name.as_str())) {
            let then = self.repository.read_blob(cast.blob_id, LARGEST_FILE)?;
            votes.extend(reader.lost(id, name, &then, Some(&cast.author)));
        }
        for (name, (vote, now)) in &here {
            let was = old.get(name.as_str());
            if was.is_none() {
                new.insert(name.clone());
            }
            let (then, author) = match (was, own.get(name)) {
                (Some((_, then)), _) => (Some(then.clone()), earlier.get(name).map(|cast| &cast.author)),
                (None, Some(cast)) => {
                    (Some(self.repository.read_blob(cast.blob_id, LARGEST_FILE)?), Some(&cast.author))
                }
                (None, None) => (None, None),
            };
            let file = VoteFile { task: id, name, now, then: then.as_deref(), author };
            votes.push(reader.record(vote.clone(), &file));
        }
        Ok((votes, new))
    }
}
