//! What is known of a range of commits: what they changed, which tasks they belong to, and what became of the records.
//!
//! Nothing is believed of the head that the base can say: who is who, whose keys sign for whom and what the rules are
//! comes from [`RangePolicy`].

mod changes;
mod credits;
mod history;
mod landing;
mod merges;
mod plans;
mod read;
mod records;
mod tasks;
mod types;

pub(crate) use landing::RangeLanding;
pub(crate) use plans::{PlanDoubt, PlanDoubtKind};
pub use types::FileState;
pub(crate) use types::{CommitFacts, Credited, FileFacts, MergedRecord, RangeTask, RecordStep, SprintDoubt};

use std::rc::Rc;

use chrono::{DateTime, Utc};

use self::changes::Changes;
use self::history::RangeHistory;
use self::merges::RecordWork;
use self::read::RecordTexts;
use super::Result;
use super::votes::{SignatureCheck, VoteReader};
use crate::env::Env;
use crate::git::{CommitId, CommitInfo, MalformedTree, People, Repository};
use crate::model::{Config, Signatures};
use crate::store::{Snapshot, Workspace};

/// Both ends of a range.
#[derive(Debug, Clone)]
pub struct RangeEnds {
    /// What it is to be merged into, by name; none where it has no base at all.
    pub base: Option<(String, CommitId)>,
    /// What is to be merged, by name.
    pub head: String,
    /// Its commit.
    pub head_commit: CommitId,
    /// Whether what is staged on top of the head is the head.
    pub is_staged: bool,
}

impl RangeEnds {
    /// Returns the records at the head.
    pub fn head_snapshot(&self, workspace: &Workspace, env: &Env) -> Result<Snapshot> {
        if self.is_staged {
            return workspace.snapshot_of_index(env);
        }
        workspace.snapshot_of_commit(Some(self.head_commit))
    }
}

/// What a range is judged by.
pub struct RangePolicy {
    /// The rules.
    pub config: Config,
    /// Whose keys sign for whom: the text of the list.
    pub signers: String,
    /// Who is who.
    pub people: Rc<People>,
    /// As of when the signatures that the range brings must be valid, and after which nobody has voted.
    pub as_of: DateTime<Utc>,
}

/// Everything that the facts of a range are read from.
pub struct RangeReader<'a> {
    repository: &'a Repository,
    ends: &'a RangeEnds,
    policy: &'a RangePolicy,
    history: RangeHistory<'a>,
    /// The records at the merge base.
    before: Snapshot,
    /// The records at the base's tip, where the two parted before it.
    tip: Option<Snapshot>,
    /// The records at the head.
    head: Snapshot,
    /// Whether the range brings the tracker to another format: what was before is compared as it is in that format.
    brings_format: bool,
    changes: Changes,
    texts: RecordTexts<'a>,
    check: SignatureCheck,
    record_work: RecordWork,
}

impl<'a> RangeReader<'a> {
    /// Reads the commits of a range and what each changed. Signatures that the policy does not require are looked at
    /// where they are to be shown.
    pub fn open(
        (workspace, env): (&Workspace, &Env),
        repository: &'a Repository,
        ends: &'a RangeEnds,
        policy: &'a RangePolicy,
        shows_signatures: bool,
    ) -> Result<Self> {
        let check = match (policy.config.policy.signatures, shows_signatures) {
            (Signatures::Off, false) => SignatureCheck::Off,
            (Signatures::Off, true) => SignatureCheck::Label,
            _ => SignatureCheck::Judge,
        };
        let mut history = RangeHistory::read(repository, Rc::clone(&policy.people), ends)?;
        let merge_base = history.merge_base();
        let before = workspace.snapshot_of_commit(merge_base)?;
        let head = ends.head_snapshot(workspace, env)?;
        let tip_id = ends.base.as_ref().map(|(_, id)| *id).filter(|id| Some(*id) != merge_base);
        let tip = tip_id.map(|id| workspace.snapshot_of_commit(Some(id))).transpose()?;
        let format = |snapshot: &Snapshot| snapshot.config().map_or(0, |(config, _)| config.format);
        let (old, new) = (format(&before), format(&head));
        let changes = Changes::read((workspace, env), repository, ends, &history)?;
        if ends.is_staged {
            let files = changes.staged_on(repository, merge_base, ends.head_commit)?;
            history.head = history.reach.stage(history.head, files);
        }
        let brings_format = 0 < old && old < new;
        Ok(Self {
            repository,
            brings_format,
            texts: RecordTexts::of(repository, &changes, brings_format),
            before,
            tip,
            head,
            changes,
            check,
            record_work: RecordWork::default(),
            ends,
            policy,
            history,
        })
    }

    /// The records at the base's tip.
    #[must_use]
    pub fn tip(&self) -> &Snapshot {
        self.tip.as_ref().unwrap_or(&self.before)
    }

    /// The commits, each after its parents.
    pub fn commits(&self) -> impl Iterator<Item = &CommitInfo> {
        self.changes.commits.iter().map(|commit| &commit.info)
    }

    /// Where the two ends parted; none where their histories never met.
    #[must_use]
    pub fn merge_base(&self) -> Option<CommitId> {
        self.history.merge_base()
    }

    /// The malformed trees that the commits bring: nothing that is read of such a range is to be believed.
    #[must_use]
    pub fn malformed(&self) -> &[MalformedTree] {
        &self.changes.malformed
    }

    /// The records at the head.
    #[must_use]
    pub fn head(&self) -> &Snapshot {
        &self.head
    }

    fn vote_reader(&self) -> VoteReader<'_> {
        let RangePolicy { people, signers, as_of, .. } = self.policy;
        VoteReader { repository: self.repository, people, signers, check: self.check, now: *as_of }
    }
}
