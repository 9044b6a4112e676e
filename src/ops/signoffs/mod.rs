//! Sign-offs: who is asked, who has voted, which votes count, and the moves that follow.

mod cast;
mod findings;
mod reviewed;
mod seen;
mod status;

pub(crate) use cast::VoteRecord as VoteRequest;
pub(super) use cast::{
    CastVote, Statement, VoteContext, creation_of, rejected_because, sign_where_required, summary_of,
};
pub use cast::{approve, reject, withdraw};
pub(crate) use findings::{FindingView, FindingsView};
pub use findings::{findings, resolve};
pub(super) use findings::{open_findings, unresolved_findings};
pub(super) use reviewed::{Reviewed, ReviewedVote, cast_reviewed};
pub(super) use seen::content_seen;
pub use status::signoffs;
pub(crate) use status::{MissingView, RoleView, SignoffsView, Verify, VoteView};
pub(super) use status::{facts_of_task, has_open_votes, next_of, view_of};
