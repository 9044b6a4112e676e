//! Sign-offs: who is asked, who has voted, which votes count, and the moves that follow.

mod cast;
mod dossier;
mod findings;
mod history;
mod signature;
mod standing;
mod tally;

pub(super) use cast::{CastVote, Statement, VoteContext, creation_of, rejected_because, said_of};
pub use cast::{VoteRecord as VoteRequest, approve, reject, withdraw};
pub(super) use dossier::{Dossier, Files, has_failed, linked_ids, links_from, named_ids, waits_for};
pub use findings::{FindingView, FindingsView, findings, resolve};
pub(super) use history::{Cast, as_cast, trust_in, votes_cast};
pub(super) use signature::check;
pub use standing::{MissingView, RoleView, SignoffsView, Verify, VoteView, signoffs};
pub(super) use standing::{seen, view_of};
pub(super) use tally::derived;
