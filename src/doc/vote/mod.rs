//! A vote's file: one YAML mapping that is written once and never edited.
//!
//! Reading keeps what it does not know; [`create_vote`] writes the same bytes for the same vote, so that a
//! signature can be checked against the vote as it was read ([`signed_text`]).

mod create;
mod read;
#[cfg(test)]
mod tests;

pub use create::{create_vote, signed_text, vote_file_name};
pub use read::read_vote;

/// The keys of a vote in canonical order.
const KEYS: [&str; 14] = [
    "task",
    "role",
    "verdict",
    "by",
    "at",
    "stage",
    "round",
    "commit",
    "digest",
    "criteria",
    "files",
    "notes",
    "findings",
    "signature",
];
