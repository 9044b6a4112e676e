//! What shells complete: ids, roles, stages, and the names and values of fields, by the table of fields.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::command;
use super::output::clean;
use crate::env::Env;
use crate::model::Field;
use crate::ops;

/// Answers a shell's request for completions. Returns whether it did.
pub(super) fn completed(env: &Env) -> bool {
    if env.variable("COMPLETE").is_none() {
        return false;
    }
    clap_complete::CompleteEnv::with_factory(command).complete();
    true
}

/// Completes a task's id, from its beginning or from any part of it, in either case.
pub(super) fn tasks() -> ArgValueCompleter {
    ArgValueCompleter::new(task_candidates)
}

/// Completes the name of a role.
pub(super) fn roles() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::role_candidates), typed))
}

/// Completes the name of a stage.
pub(super) fn stages() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::stage_candidates), typed))
}

/// Completes the name of a workflow.
pub(super) fn workflows() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::workflow_candidates), typed))
}

/// Completes the name of a type of workers.
pub(super) fn worker_types() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::worker_type_candidates), typed))
}

/// Completes the name of a worker of this machine.
pub(super) fn workers() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::worker_candidates), typed))
}

/// Completes the id of an escalation that is open.
pub(super) fn escalations() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::escalation_candidates), typed))
}

/// Completes the id of a run.
pub(super) fn runs() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::run_candidates), typed))
}

/// Completes the id of a plan.
pub(super) fn plans() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| beginning(found(ops::plan_candidates), typed))
}

/// Completes the id of a task run.
pub(super) fn task_runs() -> ArgValueCompleter {
    values_of(Field::Run)
}

/// Completes the value of a field, where the table of fields or the tracker knows some.
pub(super) fn values_of(field: Field) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| beginning(values(field), typed))
}

/// Completes one of these words.
pub(super) fn words(words: impl Fn() -> Vec<String> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| beginning(words(), typed))
}

/// Completes what `set` takes: ids, names of fields with `=`, and after that their values.
pub(super) fn assignments() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let text = typed.to_string_lossy();
        let Some((left, value)) = text.split_once('=') else {
            let fields =
                Field::settable().filter(|field| !text.is_empty() && field.key().starts_with(&*text));
            let name = |field: Field| {
                CompletionCandidate::new(format!("{}=", field.key())).help(Some(field.row().about.into()))
            };
            return fields.map(name).chain(task_candidates(typed)).collect();
        };
        let Some(field) = Field::of_key(left.trim_end_matches(['+', '-'])) else { return Vec::new() };
        let candidates = values(field).into_iter().filter(|other| other.starts_with(value));
        candidates.map(|other| CompletionCandidate::new(format!("{left}={other}"))).collect()
    })
}

fn values(field: Field) -> Vec<String> {
    found(|env| ops::value_candidates(env, field))
}

/// A shell that completes must never be disturbed by an error.
fn found<T>(candidates: impl FnOnce(&Env) -> ops::Result<Vec<T>>) -> Vec<T> {
    Env::from_process().ok().and_then(|env| candidates(&env).ok()).unwrap_or_default()
}

fn beginning(names: Vec<String>, typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.into_iter().filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}

fn task_candidates(typed: &OsStr) -> Vec<CompletionCandidate> {
    let tasks = found(ops::task_candidates);
    let typed = typed.to_string_lossy().to_ascii_uppercase();
    let begins = tasks.iter().any(|task| task.id.starts_with(&typed));
    let matches =
        |task: &ops::Candidate| if begins { task.id.starts_with(&typed) } else { task.id.contains(&typed) };
    let candidate = |task: ops::Candidate| {
        let title = clean(&task.title).into_owned();
        CompletionCandidate::new(task.id).help(Some(title.into()))
    };
    tasks.into_iter().filter(matches).map(candidate).collect()
}
