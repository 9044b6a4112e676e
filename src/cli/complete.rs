//! Completion of ids, with the titles beside them.

use std::ffi::OsStr;

use clap::CommandFactory;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

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

/// Completes a task's id, from its beginning or from any part of it, in either case.
pub(super) fn tasks() -> ArgValueCompleter {
    ArgValueCompleter::new(candidates)
}

/// Completes the name of a role.
pub(super) fn roles() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let found =
            Env::from_process().ok().and_then(|env| ops::role_candidates(&env).ok()).unwrap_or_default();
        let typed = typed.to_string_lossy().into_owned();
        found.into_iter().filter(|role| role.starts_with(&typed)).map(CompletionCandidate::new).collect()
    })
}

fn candidates(typed: &OsStr) -> Vec<CompletionCandidate> {
    // A shell that completes must never be disturbed by an error.
    let found = Env::from_process().ok().and_then(|env| ops::task_candidates(&env).ok()).unwrap_or_default();
    let typed = typed.to_string_lossy().to_ascii_uppercase();
    let begins = found.iter().any(|task| task.id.starts_with(&typed));
    let matches =
        |task: &ops::Candidate| if begins { task.id.starts_with(&typed) } else { task.id.contains(&typed) };
    let candidate = |task: ops::Candidate| {
        let title = super::page::clean(&task.title).into_owned();
        CompletionCandidate::new(task.id).help(Some(title.into()))
    };
    found.into_iter().filter(matches).map(candidate).collect()
}
