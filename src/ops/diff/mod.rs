//! `diff`: what differs between the trackers of two commits, or of a commit and the working tree, as changes of the
//! tracker. Only records that differ are read.

mod sides;
mod tasks;
mod view;

pub(crate) use view::{
    DiffFile, DiffFinding, DiffTask, DiffView, DiffVote, FindingChange, NoteChange, VoteChange,
};

use std::collections::{BTreeMap, BTreeSet};

use self::sides::Sides;
use super::{Error, Result, Session};
use crate::model::{Problem, RecordPath, TaskId, is_in_tracker};
use crate::store;

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct DiffRequest {
    /// Revisions, at most two, or a range, and after them parts of ids.
    pub words: Vec<String>,
    /// Parts of ids, and no revisions.
    pub tasks: Vec<String>,
}

/// Compares. Problems are those of records that cannot be read.
pub fn diff(session: &Session<'_>, request: &DiffRequest) -> Result<(DiffView, Vec<Problem>)> {
    let repository = session.workspace().repository()?;
    let (sides, words) = Sides::named(session, &repository, &request.words)?;
    let selected = selected(&sides, words.iter().chain(&request.tasks))?;
    let changed = sides.changed(session, &repository)?;
    let mut by_task: BTreeMap<TaskId, Vec<&str>> = BTreeMap::new();
    let mut others: Vec<&str> = Vec::new();
    for path in &changed {
        match RecordPath::parse(path).as_ref().and_then(RecordPath::task) {
            Some(id) => by_task.entry(id.clone()).or_default().push(path),
            None if is_in_tracker(path) => others.push(path),
            None => {}
        }
    }
    if let Some(selected) = &selected {
        by_task.retain(|id, _| selected.contains(id));
        others.clear();
    }
    let mut problems = Vec::new();
    let mut tasks = Vec::new();
    for (id, paths) in by_task {
        tasks.push(tasks::compare(&sides, &id, &paths, &mut problems)?);
    }
    let (config, files) = sides::compare_files(&sides, &others, &mut problems)?;
    let view = DiffView { from: sides.from.view(), to: sides.to.view(), tasks, config, files };
    Ok((view, problems))
}

/// Returns the tasks that are requested; none where all are.
fn selected<'w>(sides: &Sides, parts: impl Iterator<Item = &'w String>) -> Result<Option<BTreeSet<TaskId>>> {
    let mut selected = BTreeSet::new();
    for part in parts {
        let found = sides.to.snapshot.resolve(part, store::Purpose::Read);
        let id =
            found.or_else(|error| sides.from.snapshot.resolve(part, store::Purpose::Read).map_err(|_| error));
        selected.insert(id.map_err(|error| match error {
            store::Error::NotFound { nearest: None, .. } => {
                let what = format!("`{part}` is neither a revision nor a task");
                Error::not_found(what, "see: git branch --all, tracker list")
            }
            error => error.into(),
        })?);
    }
    Ok((!selected.is_empty()).then_some(selected))
}
