//! `export`: whole tasks for other programs and other trackers, with everything that is known of each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::list::Listing;
use super::session::parse;
use super::view::{BoxView, MoveView, NoteView, TaskLine, boxes_of};
use super::{Error, Result, Session};
use crate::model::Problem;

/// The tasks of an export.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Export {
    /// The query in its canonical form.
    pub query: String,
    /// The tasks, in order.
    pub tasks: Vec<ExportedTask>,
}

/// A task, whole.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExportedTask {
    /// What a list shows of it.
    #[serde(flatten)]
    pub line: TaskLine,
    /// Every move between stages, oldest first.
    pub history: Vec<MoveView>,
    /// Its checkboxes.
    pub checkboxes: Vec<BoxView>,
    /// Its notes, oldest first.
    pub notes: Vec<NoteView>,
    /// Keys that the tracker does not know, with the text of their values.
    pub unknown: BTreeMap<String, String>,
    /// The Markdown below the front matter.
    pub body: String,
}

/// Reads the tasks of a list whole. A task whose file cannot be read is among the problems, and not
/// among the tasks.
pub fn export(session: &Session<'_>, listing: Listing) -> Result<(Export, Vec<Problem>)> {
    let mut problems = Vec::new();
    let mut tasks = Vec::with_capacity(listing.tasks.len());
    for line in listing.tasks {
        let task = match session.find_file(&line.id).and_then(|file| parse(&file)) {
            Ok(task) => task,
            Err(Error::Broken(found)) => {
                problems.extend(found);
                continue;
            }
            Err(error) => return Err(error),
        };
        let (notes, unreadable) = session.snapshot().notes(&task.id)?;
        problems.extend(unreadable);
        tasks.push(ExportedTask {
            line,
            history: task.history.iter().map(MoveView::from).collect(),
            checkboxes: boxes_of(&task),
            notes: notes.iter().map(NoteView::from).collect(),
            unknown: task.unknown.iter().cloned().collect(),
            body: task.body,
        });
    }
    Ok((Export { query: listing.query, tasks }, problems))
}
