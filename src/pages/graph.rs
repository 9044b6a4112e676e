//! Which task waits for which: as a picture, and as a list of the same.

use serde::Serialize;

use super::Made;
use super::address::Address;
use super::frame::Frame;
use super::overview::in_words;
use super::render::render;
use crate::ops::{self, DepsRequest, ErrorReport, Session};
use crate::report::graph::{GraphNode, NodeState, TaskGraph, svg_with_links};

/// Most tasks of a picture: of more nobody sees anything.
const TASKS: usize = 150;

#[derive(Debug, Serialize)]
struct GraphPage<'v> {
    query: &'v str,
    svg: String,
    tasks: Vec<Node>,
    /// How many tasks are left out.
    more: usize,
    cycles: Vec<String>,
    unknown: Vec<String>,
    problems: Vec<String>,
}

/// A task, and what it waits for.
#[derive(Debug, Serialize)]
struct Node {
    id: String,
    title: String,
    state: &'static str,
    is_known: bool,
    is_closed: bool,
    needs: Vec<String>,
}

pub(super) fn graph(session: &Session<'_>, query: &str, frame: &Frame) -> Made {
    let request = DepsRequest { query: query.to_owned(), ..DepsRequest::default() };
    let (view, problems) = ops::deps(session, &request).map_err(ErrorReport::from)?;
    let mut graph = view.graph();
    let more = graph.nodes.len().saturating_sub(TASKS);
    graph.nodes.truncate(TASKS);
    graph.edges.retain(|(from, to)| from.max(to) < &TASKS);
    let link = |node: &GraphNode| {
        (node.state != NodeState::Unknown).then(|| frame.link(&Address::Task(node.id.clone())))
    };
    let view = GraphPage {
        query,
        svg: svg_with_links(&graph, &link),
        tasks: nodes(&graph),
        more,
        cycles: view.cycles,
        unknown: view.unknown,
        problems: in_words(&problems),
    };
    render("graph.html", ("Dependencies", "graph"), frame, &view)
}

fn nodes(graph: &TaskGraph) -> Vec<Node> {
    let mut nodes: Vec<Node> = graph.nodes.iter().map(node).collect();
    for (first, second) in &graph.edges {
        nodes[*second].needs.push(graph.nodes[*first].id.clone());
    }
    nodes
}

fn node(own: &GraphNode) -> Node {
    Node {
        id: own.id.clone(),
        title: own.label.clone(),
        state: own.state.name(),
        is_known: own.state != NodeState::Unknown,
        is_closed: own.state == NodeState::Closed,
        needs: Vec::new(),
    }
}
