//! `note`: a file of its own for each note, so that a plain merge keeps what two people wrote.

use super::written::WrittenTask;
use super::{Error, Result, Session, Written};
use crate::doc::create_note;
use crate::model::Note;
use crate::store::{Change, Layout};

/// Adds a note to a task.
pub fn note(session: &Session<'_>, wanted: &str, text: &str) -> Result<Written> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage_with(
            "a note needs a text",
            "tracker note ID TEXT, or - to read standard input",
        ));
    }
    let by = session.actor()?;
    let locked = session.lock("note")?;
    let (_, task) = session.find(wanted)?;
    let at = session.env().now();
    let note = Note { task: task.id.clone(), at, by, text: format!("{text}\n") };
    // The random part keeps notes of the same second apart, also those written in another clone.
    let unique = session.env().random_below(1 << 20);
    let name = format!("{}-{unique:05x}.md", at.format("%Y%m%dT%H%M%SZ"));
    let path = format!("{}/{name}", Layout::notes_of(&task.id));
    let changes = [Change::create(path, create_note(&note))];
    let first = text.lines().next().unwrap_or_default();
    session.finish(
        &locked,
        &changes,
        vec![WrittenTask::changed(&task, vec![format!("noted: {first}")], true)],
    )
}
