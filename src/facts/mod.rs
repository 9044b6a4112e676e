//! What is known of tasks at a tip or in a range: their linked commits, what those changed and who wrote them, votes
//! as they were cast with the commits that added them and what their signatures are worth, findings with their
//! history, content at a tip or at the end of a range, work on other branches and claims.
//!
//! One gatherer for every verb. [`FactsReader`] reads at a tip, [`RangeReader`] over a range; both share what is read
//! once for many tasks (links, the mailmap, what commits changed) and read the rest when it is requested. Facts are
//! plain data: what follows from them is for `policy` and `review` to say.
//!
//! It refuses to write anything but its caches, to format text for people, and to resolve the names of branches.

mod authorship;
mod branch_pairs;
mod claims;
mod commits;
mod evidence;
mod in_flight;
mod plan;
mod range;
mod reach;
mod receipts;
mod remembered;
mod sprint;
mod tallies;
mod task;
mod votes;

pub(crate) use branch_pairs::{BranchPairs, PairMerge};
pub(crate) use claims::{Claims, KnownClaim, KnownClaims, claim_refs_of};
pub use commits::Commits;
pub(crate) use commits::{Prefixes, linked_ids, named_ids};
pub(crate) use in_flight::{Flight, InFlight, checked_out_in};
pub(crate) use plan::{PlanContent, PlanFile, plan_content, plan_files, plan_path};
pub use range::FileState;
pub(crate) use range::{
    CommitFacts, Credited, FileFacts, MergedRecord, PlanDoubt, PlanDoubtKind, RangeEnds, RangeLanding,
    RangePolicy, RangeReader, RangeTask, RecordStep, SprintDoubt,
};
pub use reach::Reach;
pub(crate) use sprint::{
    SprintItems, TaskRecords, carried, dropped, inputs_digest, item_without_votes, scope_now, scope_of,
    sprint_days, sprint_items, tasks_ever_in,
};
pub(crate) use tallies::TallyContext;
pub use tallies::tallies;
pub(crate) use task::{FactsReader, TaskFacts, has_failed, waits_for};
pub use votes::CastVote;
pub(crate) use votes::{sign_record, sign_vote};

/// Facts fail where records or git cannot be read.
pub type Result<T> = crate::store::Result<T>;
