//! A note's file: who wrote it and when as front matter, the note itself below.

use super::Document;
use super::source::Kind;
use super::task::{Fields, Writer, moment, moment_text};
use crate::model::{Note, NoteKind, Problem, Severity, TaskId};

/// Reads a note on a task. Blank lines around its text are not part of it.
///
/// # Errors
/// All problems of the document, each with its line.
pub fn read_note(task: &TaskId, bytes: &[u8]) -> Result<Note, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Markdown)?;
    let mut fields = Fields::new(&document, problems);
    fields.require("at", "the note has no `at`", "add a line such as `at: 2026-11-11T15:30:00Z`");
    fields.require("by", "the note has no `by`", "add a line such as `by: ada`");
    let at = fields.parsed("at", moment);
    let by = fields.text("by").map(str::to_owned);
    let kind = fields.text("kind").map(NoteKind::parse);
    let signature = fields.text("signature").map(str::to_owned);
    let problems = fields.into_problems();
    match (at, by) {
        (Some(at), Some(by)) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
            Ok(Note {
                task: task.clone(),
                at,
                by,
                kind,
                text: document.body().trim_matches(['\n', '\r']).to_owned(),
                signature,
            })
        }
        _ => Err(problems),
    }
}

/// Returns what a signature of a note signs: the task, and the whole note.
#[must_use]
pub fn signed_note(note: &Note) -> String {
    let mut out = Writer::default();
    out.plain("task", note.task.as_str());
    out.finish(&create_note(&Note { signature: None, ..note.clone() }))
}

/// Writes a new note.
#[must_use]
pub fn create_note(note: &Note) -> String {
    let mut out = Writer::default();
    out.plain("at", &moment_text(note.at));
    out.text("by", Some(&note.by));
    out.text("kind", note.kind.as_ref().map(NoteKind::as_str));
    out.text("signature", note.signature.as_deref());
    out.finish(&format!("\n{}\n", note.text.trim_matches(['\n', '\r'])))
}
