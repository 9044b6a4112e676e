//! Completion of ids, with the titles beside them.

use clap::CommandFactory;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::Cli;
use crate::env::Env;
use crate::ops;

/// Answers a shell that asks for completions. Tells whether it did.
pub(super) fn answered(env: &Env) -> bool {
    if env.variable("COMPLETE").is_none() {
        return false;
    }
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    true
}

/// Completes a task's id, or a part of it.
pub(super) fn tasks() -> ArgValueCandidates {
    ArgValueCandidates::new(candidates)
}

fn candidates() -> Vec<CompletionCandidate> {
    // A shell that completes must never be disturbed by an error.
    let found = Env::from_process().ok().and_then(|env| ops::task_candidates(&env).ok()).unwrap_or_default();
    let candidate = |found: ops::Candidate| {
        let title = super::page::clean(&found.title).into_owned();
        CompletionCandidate::new(found.id).help(Some(title.into()))
    };
    found.into_iter().map(candidate).collect()
}
