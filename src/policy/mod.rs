//! Rules: what follows from tasks and configuration and is never stored.
//!
//! Status, badge, whether a task can begin, the graph of dependencies, the queue and the metrics row;
//! which votes count ([`judge`]) for which content ([`coverage_digest`]), where a task may go ([`advance`] and its like),
//! and what a commit message requires ([`parse_message`]). Pure: [`derive()`] looks at every task once and returns
//! what follows; nothing here reads files or the clock, or writes.
//!
//! # What blocks
//!
//! A dependency blocks a task until the task it names is complete or cancelled. A dependency on an id that no
//! task has blocks it too: a mistyped id must not let work begin too early. Such ids are listed by
//! [`Graph::unknown`], so that every command can say so.

mod blocking;
mod claims;
mod coverage;
mod cycle;
#[cfg(test)]
mod cycle_tests;
mod derive;
mod directives;
mod director;
mod evidence;
mod graph;
pub mod history;
mod identity;
pub mod landing;
mod machine;
mod metrics;
mod pipeline;
mod plan;
mod queue;
mod refusal;
mod rounds;
mod route;
mod status;
mod task_run;
#[cfg(test)]
mod tests;
mod tree;
mod votes;

pub(crate) use crate::model::{is_permitted, is_selected, may_select};
pub(crate) use blocking::{blocking_findings, finding_id, finding_identity};
pub(crate) use claims::{
    ClaimChange, ClaimLoss, ClaimedTask, Claimer, Observer, Obstacle, own_claim, plan_claim, renewed,
    shared_file,
};
pub(crate) use coverage::{Staleness, is_sound};
pub use coverage::{coverage_digest, criteria_digest};
pub(crate) use cycle::{ClosingEdge, Cycle};
pub use derive::derive;
pub(crate) use derive::{Derived, derive_with};
pub use directives::DIRECTIVE_WORDS;
pub(crate) use directives::{
    Action, Comments, Directive, DirectiveError, Directives, complete_ids, near_misses, parse_message,
};
pub(crate) use director::{
    DirectedCommit, DirectedTask, DirectorFacts, DirectorFinding, EndedClaim, FailingWorker, OpenEscalation,
    RedGate, UsedBudget, director_findings,
};
pub(crate) use evidence::{
    EndedAgain, ReceiptFlaw, ReceiptRecord, Rerun, TaskEvidence, WhyNoEvidence, count_evidence,
    evidence_roles, judge_evidence,
};
pub(crate) use graph::{Dependency, Graph, dependency_levels, levels};
pub(crate) use identity::{is_agent, is_member, is_member_meant, is_signer, role_for_people};
pub use machine::{Case, Missing, advance, fail, gate, set_stage, start};
pub(crate) use machine::{MovePlan, Outcome, auto_advance};
pub(crate) use metrics::Metrics;
pub(crate) use pipeline::stage_order;
pub(crate) use plan::{Decider, DecisionDoubt, PlanFault, approver_doubt, decision_doubt, plan_faults};
pub use queue::queue;
pub use refusal::Fix;
pub(crate) use refusal::{Attempt, FlightPlace, Hint, PlanReason, Reason, Refusal};
pub(crate) use rounds::{is_overridden, is_override, overriding_move, round_of};
pub use route::Route;
pub use status::Tally;
pub(crate) use status::{badge_of, facts_of, status_of};
pub(crate) use task_run::{TaskRunProgress, loops_since, sent_back_from};
pub use tree::Branch;
pub(crate) use tree::Direction;
pub(crate) use votes::{
    Candidate, Evidence, Flaw, JudgedVote, OwnWork, Question, RoleSignoff, Signoffs, Trust, VoteClaim,
    VoteEvidence, VoteHistory, VoteRecord, VoteTurn, count_votes, flaw_of,
};
pub use votes::{CastVote, Sides, VoteStatus, WhyNot, judge};
