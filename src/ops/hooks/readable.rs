//! Records that a push brings and that cannot be read: refused on any branch, for every clone would stumble over them.

use std::collections::BTreeSet;

use crate::doc::read_role;
use crate::git::{self, CommitId, Repository};
use crate::model::{GateRule, Level, Problem, Severity, TaskId};
use crate::ops::session::parse;
use crate::ops::{Error, Result, Session};
use crate::review::Violation;
use crate::store::{self, Layout, Snapshot};

/// Returns the records that differ between two commits and cannot be read in the new one.
pub(super) fn unreadable(
    session: &Session<'_>,
    repository: &Repository,
    old: Option<CommitId>,
    new: CommitId,
) -> Result<Vec<Violation>> {
    let changed: BTreeSet<String> = match old {
        Some(old) if repository.tree_id(old, Layout::ROOT)? == repository.tree_id(new, Layout::ROOT)? => {
            BTreeSet::new()
        }
        Some(old) => {
            let changes = repository.changes_between(Some(old), new)?;
            let there = changes.into_iter().filter(|change| change.after.is_some());
            there.map(|change| change.path).filter(|path| path.starts_with(".tracker/")).collect()
        }
        None => repository.tree_files(new, Layout::ROOT)?.into_iter().map(|file| file.path).collect(),
    };
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let snapshot = session.workspace().snapshot_of_commit(Some(new))?;
    let mut problems = Vec::new();
    let mut tasks = BTreeSet::new();
    for path in &changed {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let found = match parts.as_slice() {
            ["config.toml"] => read(path, || Ok(snapshot.config().map(|_| ())?))?,
            ["tasks", name] => match name.strip_suffix(".md").and_then(|id| TaskId::parse(id).ok()) {
                Some(id) => read(path, || task(&snapshot, &id))?,
                None => Vec::new(),
            },
            ["roles", name] => read(path, || role(&snapshot, path, name.trim_end_matches(".md")))?,
            ["signoffs" | "findings" | "notes", id, _] => {
                tasks.extend(TaskId::parse(id));
                Vec::new()
            }
            _ => Vec::new(),
        };
        problems.extend(found);
    }
    for id in tasks {
        let found = [snapshot.votes(&id)?.1, snapshot.findings(&id)?.1, snapshot.notes(&id)?.1];
        problems.extend(found.into_iter().flatten().filter(|problem| changed.contains(&problem.file)));
    }
    problems.retain(|problem| problem.severity == Severity::Error);
    Ok(problems.into_iter().map(violation).collect())
}

fn task(snapshot: &Snapshot, id: &TaskId) -> Result<()> {
    match snapshot.task_file(id)? {
        Some(file) => parse(&file).map(|_| ()),
        None => Ok(()),
    }
}

fn role(snapshot: &Snapshot, path: &str, name: &str) -> Result<()> {
    let bytes = snapshot.read(path)?.unwrap_or_default();
    read_role(name, &bytes).map(|_| ()).map_err(Error::Broken)
}

/// Tells a record that cannot be read from a repository that cannot be read.
fn read(path: &str, work: impl FnOnce() -> Result<()>) -> Result<Vec<Problem>> {
    let named = |problem: Problem| if problem.file.is_empty() { problem.in_file(path) } else { problem };
    match work() {
        Ok(()) => Ok(Vec::new()),
        Err(Error::Broken(problems) | Error::Store(store::Error::Broken(problems))) => {
            Ok(problems.into_iter().map(named).collect())
        }
        Err(Error::Store(
            error @ (store::Error::Link { .. }
            | store::Error::WrongKind { .. }
            | store::Error::Git(git::Error::TooLarge { .. })),
        )) => Ok(vec![Problem::error(error.to_string()).in_file(path)]),
        Err(error) => Err(error),
    }
}

fn violation(problem: Problem) -> Violation {
    Violation {
        file: Some(problem.file.clone()),
        line: problem.line,
        mend: problem.hint.clone(),
        ..Violation::of(GateRule::BrokenDocuments, Level::Error, problem.message)
    }
}
