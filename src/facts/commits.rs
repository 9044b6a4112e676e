//! Which commits belong to which task, and what each of them changed: read once, for as many tasks as are asked about.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::Result;
use crate::git::{CommitGraph, CommitId, LinkParser, Links, Repository};
use crate::model::{RecordKind, TaskId};
use crate::policy::{Comments, LinkedCommit, parse_message};

/// Most commits that are read for what they link, of those that nobody has read before.
const MOST_LINKS: usize = 200_000;
/// Another version reads messages or folders otherwise: what was remembered under one does not count for another.
const LINK_PARSER: &str = "3";

/// Returns the tasks that a message links.
#[must_use]
pub fn linked_ids(message: &str) -> Vec<TaskId> {
    parse_message(message, Comments::None).tasks().into_iter().cloned().collect()
}

/// Returns the tasks that a message names on purpose: not an id of another tracker under a word that it borrows.
#[must_use]
pub fn named_ids(message: &str, prefix: &str) -> Vec<TaskId> {
    let directives = parse_message(message, Comments::None).directives;
    let meant = directives.into_iter().filter(|own| !own.is_borrowed || own.task.prefix() == prefix);
    meant.map(|own| own.task).collect()
}

/// The history of a tip.
pub struct Commits<'a> {
    repository: &'a Repository,
    tip: Option<CommitId>,
    links: OnceCell<Links>,
    changed: RefCell<HashMap<CommitId, Rc<LinkedCommit>>>,
}

impl<'a> Commits<'a> {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(repository: &'a Repository, tip: Option<CommitId>) -> Self {
        Self { repository, tip, links: OnceCell::new(), changed: RefCell::default() }
    }

    /// Returns the commits that link a task, newest first.
    pub fn of(&self, id: &TaskId) -> Result<Vec<CommitId>> {
        Ok(self.links()?.map(|links| links.of(id.as_str())).unwrap_or_default())
    }

    /// Returns the commits that changed a task's record, or its folder of votes or findings; newest first. Where a
    /// commit changed very many records, it is among those of every task.
    pub fn touching(&self, kind: RecordKind, id: &TaskId) -> Result<Vec<CommitId>> {
        let name = match kind {
            RecordKind::Task => format!("{id}.md"),
            _ => id.to_string(),
        };
        Ok(self.links()?.map(|links| links.touching(kind.folder(), &name)).unwrap_or_default())
    }

    /// Whether all of the history was looked at.
    pub fn are_complete(&self) -> Result<bool> {
        Ok(self.links()?.is_none_or(|links| links.is_complete))
    }

    /// Returns what a commit changed, and who wrote it.
    pub fn changed(&self, commit_id: CommitId) -> Result<Rc<LinkedCommit>> {
        if let Some(known) = self.changed.borrow().get(&commit_id) {
            return Ok(Rc::clone(known));
        }
        let paths = self.repository.files_changed(&[commit_id])?;
        let read = Rc::new(LinkedCommit { authors: self.repository.authors(&[commit_id])?, paths });
        self.changed.borrow_mut().insert(commit_id, Rc::clone(&read));
        Ok(read)
    }

    fn links(&self) -> Result<Option<&Links>> {
        let Some(tip) = self.tip else { return Ok(None) };
        if let Some(links) = self.links.get() {
            return Ok(Some(links));
        }
        let links = parsed(|parser| self.repository.links(tip, parser, MOST_LINKS))?;
        Ok(Some(self.links.get_or_init(|| links)))
    }
}

/// Returns the commits that some tips reach, and what they link.
pub(super) fn graph_from(repository: &Repository, tips: &[CommitId]) -> Result<CommitGraph> {
    Ok(parsed(|parser| repository.commit_graph(tips, parser, MOST_LINKS))?)
}

/// Asks git with what every message is read by.
fn parsed<T>(ask: impl FnOnce(&LinkParser<'_>) -> T) -> T {
    let folders = [RecordKind::Vote.folder(), RecordKind::Finding.folder(), RecordKind::Task.folder()];
    let ids_in = |message: &str| linked_ids(message).iter().map(ToString::to_string).collect();
    ask(&LinkParser { version: LINK_PARSER, ids_in: &ids_in, folders: &folders })
}
