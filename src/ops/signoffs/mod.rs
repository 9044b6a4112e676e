//! Sign-offs: who is asked, who has voted, which votes count, and the moves that follow.

mod cast;
mod findings;
mod standing;

pub(super) use cast::{CastVote, Statement, VoteContext, creation_of, rejected_because, said_of};
pub use cast::{VoteRecord as VoteRequest, approve, reject, withdraw};
pub use findings::{FindingView, FindingsView, findings, resolve};
pub use standing::{MissingView, RoleView, SignoffsView, Verify, VoteView, signoffs};
pub(super) use standing::{facts_of_task, view_of};
