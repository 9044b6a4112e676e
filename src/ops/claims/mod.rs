//! Claims: a worker has a task, and its target files, for itself until a lease ends. `claim`, `renew`, `release`, `claims`,
//! `land`.
//!
//! A claim is a ref that is created only where there is none, on the shared remote or, without one, in the clone. All that is
//! decided here is decided by compare-and-swap on that ref; what a clone remembers only helps to know whose a claim is, and to
//! answer without a look at the network.

mod files;
mod keep;
mod known;
mod land;
mod place;
mod probe;
mod remote;
mod take;
mod view;

pub(in crate::ops) use files::{claim_files, claims_remote, end_own_claims};
pub(crate) use keep::{HeldRequest, ReleaseRequest, Released, RenewRequest, Renewed, release, renew};
pub(in crate::ops) use known::{add_claims, claims_of, in_the_way, is_claimed};
pub(crate) use land::{LandRequest, Landed, WhyNotLanded, land};
pub(crate) use probe::{RemoteProbe, probe_remote};
pub(crate) use take::{ClaimRequest, ClaimResult, ClaimWhat, ClaimsList, claim, claims};
pub(crate) use view::{ClaimState, ClaimView, LossKind, LostClaim, ObstacleView};
