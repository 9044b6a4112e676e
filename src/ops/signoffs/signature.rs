//! Signatures on votes: the ssh key that git is configured with, a namespace of our own, and the list of those whose
//! keys count.

use crate::doc::signed_text;
use crate::git::{self, Repository};
use crate::model::Vote;
use crate::ops::{Error, Result};
use crate::store::{Layout, Snapshot};

/// A signature made for a vote is good for nothing else.
const NAMESPACE: &str = "tracker-vote";

/// Returns the text of the list of allowed signers; empty where there is none.
pub(super) fn allowed_signers(snapshot: &Snapshot) -> Result<String> {
    let bytes = snapshot.read(Layout::ALLOWED_SIGNERS)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Signs a vote.
pub(super) fn sign(repository: &Repository, vote: &Vote) -> Result<String> {
    repository.sign(signed_text(vote).as_bytes(), NAMESPACE).map_err(|error| {
        let hint = error.hint();
        Error::Usage { message: format!("the vote cannot be signed: {error}"), hint }
    })
}

/// Tells whether a vote's signature is by a key of the person whom the vote names.
pub(in crate::ops) fn check(repository: &Repository, vote: &Vote, signers: &str) -> bool {
    let Some(signature) = &vote.signature else { return false };
    let text = signed_text(vote);
    let verdict = repository.verify_signature(text.as_bytes(), signature, NAMESPACE, signers, Some(vote.at));
    match verdict {
        Ok(git::Verdict::Valid { principal }) => crate::policy::is_signer(&principal, &vote.by),
        _ => false,
    }
}
