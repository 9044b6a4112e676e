//! The receipts of a task: whose they are, whether their files still say what was added, and what history says of what
//! they ran on. What makes a vote stale makes a receipt stale.

use chrono::{DateTime, Utc};

use super::Result;
use super::authorship::{Authorship, AuthorshipReader};
use super::reach::Reach;
use super::votes::{CLOCK_SKEW, CastVotes, is_same_text, records_cast};
use crate::doc::{receipt_digest, signed_receipt};
use crate::git::{People, Repository};
use crate::model::{Config, Receipt, RecordKind, TaskId};
use crate::policy::history::{Ancestors, Commit, PersonKey};
use crate::policy::{OwnWork, ReceiptFlaw, ReceiptRecord, Route, Trust, VoteClaim, VoteHistory};
use crate::store::LARGEST_FILE;

/// A receipt's file, read.
pub(super) struct ReceiptFile {
    pub(super) name: String,
    pub(super) receipt: Receipt,
    pub(super) bytes: Vec<u8>,
}

/// What receipts are looked at with.
pub(super) struct ReceiptReader<'r, 'a> {
    pub(super) repository: &'a Repository,
    pub(super) reach: &'r Reach<'a>,
    /// The commit that content is read at.
    pub(super) tip: Commit,
    /// Where the tip and the branch that it will be merged into parted.
    pub(super) base: Option<Commit>,
    pub(super) people: &'r People,
    /// The text of the list of allowed signers.
    pub(super) signers: &'r str,
    pub(super) config: &'r Config,
    /// What time it is: nobody has run anything later.
    pub(super) now: DateTime<Utc>,
}

impl ReceiptReader<'_, '_> {
    /// Finds out about the receipts in a task's folder; returns them oldest first.
    pub(super) fn records(
        &self,
        (task, kind): (&TaskId, Option<&str>),
        files: Vec<ReceiptFile>,
    ) -> Result<Vec<ReceiptRecord>> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let landed = self.base.map(|base| (base, Ancestors::of(self.reach, &[base], Commit(0))));
        let is_landed = |commit: Commit| {
            landed.as_ref().is_some_and(|(base, landed)| commit == *base || landed.has(commit))
        };
        let commits = self.reach.touching(RecordKind::Evidence, task);
        let ids = commits.into_iter().map(|commit| self.reach.id(commit));
        let is_base = |id| self.reach.commit(id).is_some_and(is_landed);
        let cast = records_cast(self.repository, RecordKind::Evidence, task, ids, is_base)?;
        let mut history = VoteHistory::new(self.reach, self.base);
        let route = Route::of(self.config, kind);
        let mut found = Vec::with_capacity(files.len());
        for file in files {
            let added = cast.get(&file.name).and_then(|cast| self.reach.commit(cast.commit_id));
            let mut record = self.of_file(task, file, &cast)?;
            let voter = PersonKey::of(&record.person);
            let receipt = &record.receipt;
            let claim = VoteClaim { task, voter: &voter, files: &receipt.files, at: self.tip };
            record.stale = history.stale(route, &receipt.role, claim)?;
            if let Some(at) = receipt.commit.parse().ok().and_then(|id| self.reach.commit(id)) {
                record.is_unshown = !history.shows(task, at, claim.files)?;
            }
            let own = history.own_work(VoteClaim { at: added.unwrap_or(self.tip), ..claim })?;
            record.is_own_work = own != OwnWork::Unless(Vec::new());
            found.push((added, record));
        }
        let order = |added: &Option<Commit>| added.map_or(u32::MAX, |added| added.0);
        found.sort_by(|(a, one), (b, other)| {
            let key = |record: &ReceiptRecord| (record.receipt.at, record.name.clone());
            order(a).cmp(&order(b)).then_with(|| key(one).cmp(&key(other)))
        });
        let mut records: Vec<ReceiptRecord> = found.into_iter().map(|(_, record)| record).collect();
        for at in 0..records.len() {
            let (earlier, own) = records.split_at_mut(at);
            let is_same = |other: &ReceiptRecord| other.receipt.digest == own[0].receipt.digest;
            if earlier.iter().any(is_same) {
                own[0].flaw = own[0].flaw.or(Some(ReceiptFlaw::Copy));
            }
        }
        Ok(records)
    }

    fn of_file(&self, task: &TaskId, file: ReceiptFile, cast: &CastVotes) -> Result<ReceiptRecord> {
        let ReceiptFile { name, receipt, bytes } = file;
        let cast = cast.get(&name);
        let then = match cast.filter(|cast| !self.repository.is_blob(&bytes, cast.blob_id)) {
            Some(cast) => Some(self.repository.read_blob(cast.blob_id, LARGEST_FILE)?),
            None => None,
        };
        let is_altered = then.is_some_and(|then| !is_same_text(&bytes, &then));
        // A signature that the base has was good when it came there.
        let landed = cast.filter(|cast| cast.was_on_base).map(|cast| cast.committed_at);
        let reader = AuthorshipReader {
            repository: self.repository,
            people: self.people,
            signers: self.signers,
            as_of: landed.unwrap_or(self.now),
        };
        let by = receipt.by.to_string();
        let authorship = Authorship { by: &by, signature: receipt.signature.as_deref() };
        let author = cast.map_or(&receipt.by, |cast| &cast.author);
        let trust = reader.trust(author, &authorship, &|| signed_receipt(&receipt));
        let flaw = if is_altered {
            Some(ReceiptFlaw::Altered)
        } else if receipt_digest(&receipt) != receipt.digest {
            Some(ReceiptFlaw::Unsound)
        } else {
            (receipt.at > self.now + CLOCK_SKEW).then_some(ReceiptFlaw::Future)
        };
        Ok(ReceiptRecord {
            folder: task.clone(),
            person: self.people.canonical(&receipt.by),
            trust: if cast.is_none() && trust != Trust::Signed { Trust::Unverified } else { trust },
            is_committed: cast.is_some(),
            flaw,
            is_unshown: false,
            is_own_work: true,
            stale: Vec::new(),
            name,
            receipt,
        })
    }
}
