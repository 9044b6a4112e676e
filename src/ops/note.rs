//! `note`: a file of its own for each note, so that a plain merge keeps what two people wrote.

use chrono::{DateTime, Utc};

use super::signoffs::sign_where_required;
use super::written::WrittenTask;
use super::{Error, Result, Session, Written};
use crate::doc::{create_note, signed_note};
use crate::model::{Note, NoteKind, RecordKind, TaskId};
use crate::store::Change;

/// Longest part of a note that the answer repeats, in characters.
const SHOWN: usize = 72;

/// Returns a path for a note that no file has. The random part keeps notes of the same second apart, also those
/// written in another clone; it grows from note to note, so that they are listed in the order they were written.
fn free_path(session: &Session<'_>, id: &TaskId, at: DateTime<Utc>) -> Result<String> {
    let folder = RecordKind::Note.folder_of(id);
    let second = at.format("%Y%m%dT%H%M%SZ-").to_string();
    let number = |name: &str| u32::from_str_radix(name.strip_prefix(&second)?.strip_suffix(".md")?, 16).ok();
    let last = session.snapshot().list(&folder)?.iter().filter_map(|entry| number(&entry.name)).max();
    loop {
        let unique = match last {
            Some(last) => last.saturating_add(1) + session.env().random_below(1 << 10),
            None => session.env().random_below(1 << 20),
        };
        let path = format!("{folder}/{second}{unique:05x}.md");
        if session.workspace().work_dir().join(&path).symlink_metadata().is_err() {
            return Ok(path);
        }
    }
}

/// Adds a note to a task.
pub fn note(session: &Session<'_>, id: &str, text: &str, kind: Option<NoteKind>) -> Result<Written> {
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
    let mut note = Note { task: task.id.clone(), at, by, kind, text: format!("{text}\n"), signature: None };
    let (config, _) = session.config_or_default();
    let (signature, unsigned) = sign_where_required(session, &config, &signed_note(&note))?;
    note.signature = signature;
    let path = free_path(session, &task.id, at)?;
    let changes = [Change::create(path, create_note(&note))];
    let first = text.lines().next().unwrap_or_default();
    let end = first.char_indices().nth(SHOWN).map_or(first.len(), |(at, _)| at);
    let mark = if end < first.len() || text.lines().nth(1).is_some() { "…" } else { "" };
    let messages = std::iter::once(format!("noted: {}{mark}", &first[..end])).chain(unsigned).collect();
    session.finish(&locked, &changes, vec![WrittenTask::changed(&task, messages, true)])
}
