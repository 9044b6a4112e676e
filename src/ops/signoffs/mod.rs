//! Sign-offs: who is asked, who has voted, which votes count, and the moves that follow.

mod cast;
mod findings;
mod status;

pub(super) use cast::{CastVote, Statement, VoteContext, creation_of, rejected_because, summary_of};
pub use cast::{VoteRecord as VoteRequest, approve, reject, withdraw};
pub use findings::{FindingView, FindingsView, findings, resolve};
pub use status::{MissingView, RoleView, SignoffsView, Verify, VoteView, signoffs};
pub(super) use status::{facts_of_task, view_of};
