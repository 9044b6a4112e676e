//! `undo`: takes back the last write of this working tree, again and again, as long as no commit has it. `rm`: removes a
//! task that no commit has.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result, Session};
use crate::git::Repository;
use crate::model::{RecordKind, RecordPath, TaskId};
use crate::policy::{Attempt, Reason};
use crate::store::{PastFile, PastWrite};

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TakenBack {
    /// Whether nothing was written because the caller asked so.
    pub dry_run: bool,
    /// What the write had done, in words.
    pub summary: String,
    /// When that was.
    pub at: DateTime<Utc>,
    /// Files that are as they were before it, below the top of the working tree.
    pub restored: Vec<String>,
    /// Files that are gone: it had created them.
    pub removed: Vec<String>,
    /// How many writes before it can be taken back as well.
    pub left: usize,
}

/// Takes back the last write.
pub fn undo(session: &Session<'_>) -> Result<TakenBack> {
    let locked = session.lock("undo")?;
    let mut writes = session.workspace().past_writes();
    let Some(write) = writes.pop() else {
        let hint = "what is committed is taken back by `git revert COMMIT`, or moved on by another command";
        return Err(Error::usage_with("there is no write to take back", hint));
    };
    let Some(files) = write.files() else {
        return Err(Error::refused(Attempt::Undo(write.summary), Reason::TooLargeToUndo));
    };
    refuse_committed(session, &write, files)?;
    let (removed, restored): (Vec<&PastFile>, Vec<&PastFile>) =
        files.iter().partition(|file| file.before.is_none());
    let paths = |files: Vec<&PastFile>| files.into_iter().map(|file| file.path.clone()).collect::<Vec<_>>();
    let (removed, restored) = (paths(removed), paths(restored));
    if !session.is_dry() {
        locked.take_back(&write)?;
        forget_unstarted(session)?;
    }
    Ok(TakenBack {
        dry_run: session.is_dry(),
        summary: write.summary,
        at: write.at,
        restored,
        removed,
        left: writes.iter().rev().take_while(|write| write.files().is_some()).count(),
    })
}

/// What a commit has is history: taking the file back would be a change of its own.
fn refuse_committed(session: &Session<'_>, write: &PastWrite, files: &[PastFile]) -> Result<()> {
    let repository = session.workspace().repository()?;
    let Some(head) = repository.head()?.commit else { return Ok(()) };
    for file in files {
        let Some(after) = &file.after else { continue };
        let Some(committed) = repository.tree_file(head, &file.path)? else { continue };
        let has = |bytes: &[u8]| repository.is_blob(bytes, committed.blob_id);
        let now = session.snapshot().read(&file.path)?;
        let path = || file.path.clone();
        let reason = match (has(after.as_bytes()), now.is_some_and(|now| has(&now))) {
            (true, _) => Reason::Committed { path: path(), task: None },
            (false, true) => Reason::CommittedSince(path()),
            (false, false) => continue,
        };
        return Err(Error::refused(Attempt::Undo(write.summary.clone()), reason));
    }
    Ok(())
}

/// The active task is none where its start was taken back, or it is gone.
fn forget_unstarted(session: &Session<'_>) -> Result<()> {
    let Some(active) = session.workspace().active_task() else { return Ok(()) };
    let task = session.snapshot().readable_task(&active)?;
    if task.is_none_or(|task| task.stage.is_none()) {
        session.workspace().set_active_task(None)?;
    }
    Ok(())
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Removed {
    /// Whether nothing was removed because the caller asked so.
    pub dry_run: bool,
    /// The tasks.
    pub tasks: Vec<String>,
    /// Their files, below the top of the working tree.
    pub files: Vec<String>,
}

/// Removes tasks that neither a commit nor the index has, with all that belongs to them.
pub fn remove(session: &Session<'_>, ids: &[String]) -> Result<Removed> {
    let locked = session.lock("rm")?;
    let repository = session.workspace().repository()?;
    let mut removed = Removed { dry_run: session.is_dry(), tasks: Vec::new(), files: Vec::new() };
    let mut files = Vec::new();
    for id in ids {
        let id = session.find_file(id)?.id;
        refuse_known(session, &repository, &id)?;
        for path in files_of(session, &id)? {
            let text = session.snapshot().read(&path)?.unwrap_or_default();
            removed.files.push(path.clone());
            files.push((path, String::from_utf8_lossy(&text).into_owned()));
        }
        removed.tasks.push(id.to_string());
    }
    if !session.is_dry() {
        let summary = format!("removed {}", removed.tasks.join(", "));
        locked.remove(session.env().now(), summary, &files)?;
        forget_unstarted(session)?;
    }
    Ok(removed)
}

fn refuse_known(session: &Session<'_>, repository: &Repository, id: &TaskId) -> Result<()> {
    let path = RecordPath::task_file(id);
    let refused = || {
        let reason = Reason::Committed { path: path.clone(), task: Some(id.clone()) };
        Err(Error::refused(Attempt::Remove(id.clone()), reason))
    };
    if let Some(head) = repository.head()?.commit
        && repository.tree_file(head, &path)?.is_some()
    {
        return refused();
    }
    let index = session.workspace().repo_paths().index_file(session.env());
    match repository.staged(&index)?.file(&path) {
        Some(_) => Err(Error::refused(Attempt::Remove(id.clone()), Reason::Staged(path))),
        None => Ok(()),
    }
}

/// Returns the files of a task: its record, and those in the folders that are named after it.
fn files_of(session: &Session<'_>, id: &TaskId) -> Result<Vec<String>> {
    let mut files = vec![RecordPath::task_file(id)];
    for kind in [RecordKind::Note, RecordKind::Vote, RecordKind::Finding, RecordKind::Evidence] {
        let folder = kind.folder_of(id);
        let entries = session.snapshot().list(&folder)?;
        files.extend(entries.into_iter().map(|entry| format!("{folder}/{}", entry.name)));
    }
    Ok(files)
}
