//! `deps`: dependencies as a tree, and their cycles.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Result, Session};
use crate::model::Problem;
use crate::policy::{Direction, derive};

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct DepsRequest {
    /// One task; by default all that are part of a dependency.
    pub id: Option<String>,
    /// Show dependents instead of dependencies.
    pub reverse: bool,
    /// Include closed tasks.
    pub all: bool,
}

/// A forest of dependencies.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DepsView {
    /// Rows in the order of display.
    pub rows: Vec<DepsRow>,
    /// Dependency cycles, each as a path that ends where it begins.
    pub cycles: Vec<String>,
    /// Ids in `depends_on` that no task has.
    pub unknown: Vec<String>,
    /// Whether what lies deeper waits for what is above it, instead of the other way round.
    #[serde(skip)]
    pub is_reverse: bool,
}

/// One row of the forest.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DepsRow {
    /// How deep it lies; 0 for a root.
    pub depth: usize,
    /// Whether it is the last of its siblings.
    pub is_last: bool,
    /// The id.
    pub id: String,
    /// The title; none where no task has this id.
    pub title: Option<String>,
    /// Its stage.
    pub stage: Option<String>,
    /// Derived status.
    pub status: Option<String>,
    /// Whether what lies below it was shown further up.
    pub repeated: bool,
}

/// Reads the forest of dependencies.
pub fn deps(session: &Session<'_>, request: &DepsRequest) -> Result<(DepsView, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let tasks = session.snapshot().tasks()?;
    let (summaries, found) = tasks.read();
    problems.extend(found);
    let derived = derive(&summaries, &config);
    let graph = &derived.graph;
    let direction = if request.reverse { Direction::Dependents } else { Direction::Dependencies };
    let is_root = |task: usize| {
        let (below, above) = match direction {
            Direction::Dependencies => (graph.dependencies(task).next(), graph.dependents(task).next()),
            Direction::Dependents => (graph.dependents(task).next(), graph.dependencies(task).next()),
        };
        below.is_some() && above.is_none() && (request.all || !summaries[task].is_closed())
    };
    let roots: Vec<usize> = match &request.id {
        Some(id) => graph.task(session.resolve(id)?.as_str()).into_iter().collect(),
        None => (0..summaries.len()).filter(|&task| is_root(task)).collect(),
    };
    let row = |branch: crate::policy::Branch<'_>| {
        let task = branch.node.task;
        DepsRow {
            depth: branch.depth,
            is_last: branch.last,
            id: branch.node.id.to_owned(),
            title: task.map(|at| summaries[at].title.to_owned()),
            stage: task.map(|at| summaries[at].stage.to_owned()),
            status: task.map(|at| derived.facts[at].status.as_str().to_owned()),
            repeated: branch.repeated,
        }
    };
    let view = DepsView {
        rows: graph.tree(&roots, direction).into_iter().map(row).collect(),
        cycles: graph.cycles().iter().map(ToString::to_string).collect(),
        unknown: graph.unknown().map(|(task, id)| format!("{id} (of {})", summaries[task].id)).collect(),
        is_reverse: request.reverse,
    };
    Ok((view, problems))
}
