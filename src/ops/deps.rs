//! `deps`: dependencies as a tree, and their cycles.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::select::{Selector, read_query};
use super::{Result, Session};
use crate::model::Problem;
use crate::policy::{Direction, Graph, derive};
use crate::report::graph::{GraphNode, NodeState, TaskGraph};
use crate::store::Tasks;

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct DepsRequest {
    /// One task; by default all that are part of a dependency.
    pub id: Option<String>,
    /// Only tasks that match this query, with what they wait for. Empty for all.
    pub query: String,
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
        None if request.query.trim().is_empty() => {
            (0..summaries.len()).filter(|&task| is_root(task)).collect()
        }
        None => matching_roots(session, request, &tasks, graph)?,
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
    let mut shown = HashSet::new();
    let view = DepsView {
        // A root that is below another one is shown there.
        rows: graph
            .tree(&roots, direction)
            .into_iter()
            .filter(|row| shown.insert(row.node.id) || row.depth > 0)
            .map(row)
            .collect(),
        cycles: graph.cycles().iter().map(ToString::to_string).collect(),
        unknown: graph.unknown().map(|(task, id)| format!("{id} (of {})", summaries[task].id)).collect(),
        is_reverse: request.reverse,
    };
    Ok((view, problems))
}

/// Returns the tasks that match and are part of a dependency: those first that nothing waits for that matches, too.
fn matching_roots(
    session: &Session<'_>,
    request: &DepsRequest,
    tasks: &Tasks,
    graph: &Graph<'_>,
) -> Result<Vec<usize>> {
    let (config, _) = session.config_or_default();
    let (query, _) = read_query(session, &config, &request.query, None)?;
    let selector = Selector { session, config: &config, query: &query };
    let hides_closed = !request.all && !query.is_about_closing();
    // Problems were reported with the tasks.
    let selection = selector.among(tasks, &mut Vec::new(), |task| !(hides_closed && task.is_closed()))?;
    let mut matching = vec![false; graph.len()];
    for at in selection.matching {
        let Some(task) = graph.task(selection.summaries[at].id) else { continue };
        matching[task] = graph.dependencies(task).next().is_some() || graph.dependents(task).next().is_some();
    }
    let is_below = |task: usize| match request.reverse {
        false => graph.dependents(task).filter_map(|above| above.task).any(|above| matching[above]),
        true => graph.dependencies(task).filter_map(|above| above.task).any(|above| matching[above]),
    };
    // Those of a cycle are all below each other: they come last.
    let (below, above): (Vec<usize>, Vec<usize>) =
        (0..graph.len()).filter(|&task| matching[task]).partition(|&task| is_below(task));
    Ok(above.into_iter().chain(below).collect())
}

impl DepsView {
    /// Makes a graph of the forest, in which each task is once.
    #[must_use]
    pub fn graph(&self) -> TaskGraph {
        let mut graph = TaskGraph::default();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut above: Vec<usize> = Vec::new();
        for row in &self.rows {
            let at = *places.entry(&row.id).or_insert_with(|| {
                graph.nodes.push(row.node());
                graph.nodes.len() - 1
            });
            above.truncate(row.depth);
            if let Some(other) = above.last() {
                // What is below waits for what is above where dependents are shown, else the other way round.
                graph.edges.push(if self.is_reverse { (*other, at) } else { (at, *other) });
            }
            above.push(at);
        }
        graph
    }
}

impl DepsRow {
    fn node(&self) -> GraphNode {
        let state = match self.status.as_deref() {
            None => NodeState::Unknown,
            Some("completed" | "cancelled") => NodeState::Closed,
            Some("blocked") => NodeState::Blocked,
            Some(_) => NodeState::Open,
        };
        let label = self.title.clone().unwrap_or_else(|| "unknown task".to_owned());
        GraphNode { id: self.id.clone(), label, state }
    }
}
