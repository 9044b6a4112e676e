//! A range of commits, by task, and what the gate says of it. Pure.

mod explain;
#[cfg(test)]
pub(crate) mod sample;
mod verdict;
mod view;

pub use explain::{Explanation, explain};
pub use verdict::{Breach, RuleOutcome, Verdict};
pub use view::{
    CommitReview, FieldChange, FileReview, FindingReview, Loose, MoveReview, RangeReview, Review, TaskReview,
    VoteReview, Web,
};
