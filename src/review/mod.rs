//! A range of commits, by task, and the gate that recomputes its claims. Pure: facts come in as plain data, a
//! [`Review`] goes out.
//!
//! [`review`] looks at the range once. Every task that the range touches becomes a [`TaskReview`]; every rule of the
//! policy becomes a [`RuleOutcome`] with its [`Violation`]es. Nothing is believed that a file claims: moves, votes and
//! files are judged again as they will be merged, by the rules of the base ([`crate::policy::landing`]), and what that
//! of them comes in with the facts.
//!
//! It owns the rules of the gate, one file each in `rules`. It refuses to read files, ask git or format text.

mod explain;
mod facts;
mod fields;
mod rules;
#[cfg(test)]
pub(crate) mod sample;
mod stage_exits;
mod tasks;
mod verdict;
mod view;
mod web;

pub use explain::explain;
pub(crate) use explain::{Explanation, KEPT_RECORDS};
pub(crate) use facts::{CommandOutcome, RangeFacts};
pub(crate) use fields::changed as changed_fields;
pub use fields::{differences, ticks};
pub(crate) use rules::owned_paths;
pub(crate) use verdict::{RuleName, RuleOutcome};
pub use verdict::{Verdict, Violation};
pub(crate) use view::{
    CommitReview, FieldChange, FileChange, FileReview, FindingChange, FindingReview, MissingReview,
    MoveReview, RangeReview, TaskReview, VoteReview, Web,
};
pub use view::{Review, Unlinked};

use crate::model::Config;

/// Looks at a range: every task that it touches, and every rule.
#[must_use]
pub fn review(facts: &RangeFacts<'_>, config: &Config) -> Review {
    let stage_exits = stage_exits::of_range(facts, config);
    let verdict = rules::judge(facts, config, &stage_exits);
    Review {
        range: facts.range.clone(),
        tasks: tasks::of_range(facts, config, &stage_exits, &verdict),
        unlinked: tasks::unlinked(facts, &verdict),
        verdict,
    }
}
