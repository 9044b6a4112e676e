//! `note`: a file of its own for each note, so that a plain merge keeps what two people wrote.

use chrono::{DateTime, Utc};

use super::signoffs::sign_where_required;
use super::written::WrittenTask;
use super::{Error, Result, Session, Written};
use crate::doc::{create_note, signed_note};
use crate::model::{Note, RecordKind, TaskId};
use crate::store::Change;

/// Returns a path for a note that no file has. The random part keeps notes of the same second apart, also those
/// written in another clone.
fn free_path(session: &Session<'_>, id: &TaskId, at: DateTime<Utc>) -> String {
    loop {
        let unique = session.env().random_below(1 << 20);
        let name = format!("{}-{unique:05x}.md", at.format("%Y%m%dT%H%M%SZ"));
        let path = format!("{}/{name}", RecordKind::Note.folder_of(id));
        if session.workspace().work_dir().join(&path).symlink_metadata().is_err() {
            return path;
        }
    }
}

/// Adds a note to a task.
pub fn note(session: &Session<'_>, id: &str, text: &str) -> Result<Written> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage_with(
            "a note needs a text",
            "tracker note ID TEXT, or - to read standard input",
        ));
    }
    let by = session.actor()?;
    let locked = session.lock("note")?;
    let (_, task) = session.find(id)?;
    let at = session.env().now();
    let mut note = Note { task: task.id.clone(), at, by, text: format!("{text}\n"), signature: None };
    let (config, _) = session.config_or_default();
    let (signature, unsigned) = sign_where_required(session, &config, &signed_note(&note))?;
    note.signature = signature;
    let path = free_path(session, &task.id, at);
    let changes = [Change::create(path, create_note(&note))];
    let first = text.lines().next().unwrap_or_default();
    let said = std::iter::once(format!("noted: {first}")).chain(unsigned).collect();
    session.finish(&locked, &changes, vec![WrittenTask::changed(&task, said, true)])
}
