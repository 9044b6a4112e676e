//! Which commits belong to which task, and what each of them changed: read once, for as many tasks as are asked about.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::Result;
use super::reach::Reach;
use crate::git::{CommitGraph, CommitId, LinkParser, People, Repository};
use crate::model::{Config, RecordKind, TaskId};
use crate::policy::history::Commit;
use crate::policy::{Comments, Directive, parse_message};
use crate::store::Snapshot;

/// Most commits that are read for what they link, of those that nobody has read before.
const MOST_LINKS: usize = 200_000;
/// Another version reads messages or folders otherwise: what was remembered under one does not count for another.
const LINK_PARSER: &str = "4";

/// Returns the tasks that a message links.
#[must_use]
pub fn linked_ids(message: &str) -> Vec<TaskId> {
    parse_message(message, Comments::None).tasks().into_iter().cloned().collect()
}

/// Returns the tasks that a message names on purpose: not an id of another tracker under a word that it borrows.
#[must_use]
pub fn named_ids(message: &str, prefixes: &Prefixes) -> Vec<TaskId> {
    let directives = parse_message(message, Comments::None).directives;
    directives.into_iter().filter(|own| prefixes.is_meant(own)).map(|own| own.task).collect()
}

/// What the ids of a tracker begin with: what new ones do, and those that came with other trackers' tasks.
#[derive(Debug, Clone)]
pub struct Prefixes(BTreeSet<String>);

impl Prefixes {
    /// Reads them from the names of the files of tasks.
    pub fn of(snapshot: &Snapshot, config: &Config) -> Result<Self> {
        let ids = snapshot.task_ids()?;
        let own = ids.iter().map(|id| id.prefix().to_owned());
        Ok(Self(own.chain([config.id_prefix.clone()]).collect()))
    }

    /// Whether a directive means a task of this tracker: a word that others use too may name one of theirs.
    #[must_use]
    pub fn is_meant(&self, directive: &Directive) -> bool {
        !directive.is_borrowed || self.0.contains(directive.task.prefix())
    }
}

/// The history of a tip.
pub struct Commits<'a> {
    repository: &'a Repository,
    tip: Option<CommitId>,
    graph: OnceCell<CommitGraph>,
}

impl<'a> Commits<'a> {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(repository: &'a Repository, tip: Option<CommitId>) -> Self {
        Self { repository, tip, graph: OnceCell::new() }
    }

    /// Returns the commits that link a task, newest first.
    pub fn of(&self, id: &TaskId) -> Result<Vec<CommitId>> {
        self.newest_first(|graph| graph.linking(id.as_str()))
    }

    /// Returns the commits that changed a task's record, or its folder of votes or findings; newest first. Where a
    /// commit changed very many records, it is among those of every task.
    pub fn touching(&self, kind: RecordKind, id: &TaskId) -> Result<Vec<CommitId>> {
        let name = match kind {
            RecordKind::Task => format!("{id}.md"),
            _ => id.to_string(),
        };
        self.newest_first(|graph| graph.touching(kind.folder(), &name))
    }

    /// Whether all of the history was looked at.
    pub fn are_complete(&self) -> Result<bool> {
        Ok(self.graph()?.is_none_or(CommitGraph::is_complete))
    }

    /// Returns the commits since a moment that link a task, each with all that it links; newest first.
    pub fn linked_since(&self, since: DateTime<Utc>) -> Result<Vec<(CommitId, Vec<TaskId>)>> {
        let Some(graph) = self.graph()? else { return Ok(Vec::new()) };
        let tasks = |number: &u32| -> Vec<TaskId> {
            graph.links_of(*number).into_iter().filter_map(|id| TaskId::parse(id).ok()).collect()
        };
        let recent = graph.newest_first(graph.linking_since(since.timestamp()));
        let linked = recent.iter().filter_map(|number| Some((graph.id(*number)?, tasks(number))));
        Ok(linked.filter(|(_, tasks)| !tasks.is_empty()).collect())
    }

    fn newest_first(&self, choose: impl FnOnce(&CommitGraph) -> Vec<u32>) -> Result<Vec<CommitId>> {
        let Some(graph) = self.graph()? else { return Ok(Vec::new()) };
        Ok(graph.newest_first(choose(graph)).into_iter().filter_map(|number| graph.id(number)).collect())
    }

    fn graph(&self) -> Result<Option<&CommitGraph>> {
        let Some(tip) = self.tip else { return Ok(None) };
        if let Some(graph) = self.graph.get() {
            return Ok(Some(graph));
        }
        let graph = graph_from(self.repository, &[tip])?;
        Ok(Some(self.graph.get_or_init(|| graph)))
    }
}

/// A history as votes are asked of it, from a tip.
pub(super) struct TipHistory<'a> {
    pub(super) reach: Reach<'a>,
    pub(super) tip: Commit,
    /// Where the tip and the branch that it will be merged into parted.
    pub(super) base: Option<Commit>,
}

impl<'a> TipHistory<'a> {
    pub(super) fn read(
        repository: &'a Repository,
        people: Rc<People>,
        tip: CommitId,
    ) -> Result<Option<Self>> {
        let reach = Reach::from(repository, people, &[tip])?;
        let Some(commit) = reach.commit(tip) else { return Ok(None) };
        let target = if repository.is_shallow() { None } else { repository.target_branch()? };
        let base = match target {
            Some(target) => repository.merge_base(target.tip, tip)?.and_then(|base| reach.commit(base)),
            None => None,
        };
        Ok(Some(Self { reach, tip: commit, base }))
    }
}

/// Returns the commits that some tips reach, and what they link, with what every message is read by.
pub(super) fn graph_from(repository: &Repository, tips: &[CommitId]) -> Result<CommitGraph> {
    let kinds = [RecordKind::Vote, RecordKind::Finding, RecordKind::Task, RecordKind::Evidence];
    let folders = kinds.map(RecordKind::folder);
    let ids_in = |message: &str| linked_ids(message).iter().map(ToString::to_string).collect();
    let parser = LinkParser { version: LINK_PARSER, ids_in: &ids_in, folders: &folders };
    Ok(repository.commit_graph(tips, &parser, MOST_LINKS)?)
}
