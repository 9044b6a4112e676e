//! Which task waits for which, as a picture: for Mermaid, for Graphviz, and as SVG. Pure.
//!
//! A format is a function here and a row of [`GRAPH_FORMATS`]. Titles are a stranger's: each form quotes them by its own
//! grammar. Colours are readable on a light and on a dark page, and none of them says anything alone.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::policy::levels;

/// A format of a graph.
#[derive(Debug)]
pub struct GraphFormat {
    /// What is typed after `--format`.
    pub name: &'static str,
    /// What it is for, as help says it.
    pub about: &'static str,
    /// Makes the text.
    pub render: fn(&TaskGraph) -> String,
}

/// The formats, in the order of the help.
pub static GRAPH_FORMATS: [GraphFormat; 3] = [
    GraphFormat {
        name: "mermaid",
        about: "A flowchart for Markdown on GitHub and elsewhere",
        render: mermaid,
    },
    GraphFormat { name: "dot", about: "A graph for Graphviz", render: dot },
    GraphFormat { name: "svg", about: "A picture that needs nothing else", render: svg },
];

/// How far a task is, as far as a picture shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It can be worked on, or is.
    Open,
    /// It waits.
    Blocked,
    /// It is complete or cancelled.
    Closed,
    /// No task has this id.
    Unknown,
}

impl NodeState {
    const ALL: [Self; 4] = [Self::Open, Self::Blocked, Self::Closed, Self::Unknown];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Blocked => "blocked",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the dashes of its frame.
    fn dashes(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Blocked => "6 3",
            Self::Closed => "2 2",
            Self::Unknown => "1 4",
        }
    }
}

/// A task of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// The id.
    pub id: String,
    /// The title, and in words how far it is.
    pub label: String,
    /// How far it is.
    pub state: NodeState,
}

/// Tasks, and which must be done before which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskGraph {
    /// The tasks.
    pub nodes: Vec<GraphNode>,
    /// Of each pair the first must be done before the second.
    pub edges: Vec<(usize, usize)>,
}

/// Leaves out what is no letter of a line.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Writes a flowchart. Between quotes Mermaid reads entities, and a backtick begins Markdown.
fn mermaid(graph: &TaskGraph) -> String {
    let quoted = |text: &str| {
        let escaped = |c: char| match c {
            '"' => "#quot;".to_owned(),
            '#' | '&' | '<' | '>' | '`' | '\\' | '%' => format!("#{};", u32::from(c)),
            c => c.to_string(),
        };
        plain(text).chars().map(escaped).collect::<String>()
    };
    let mut out = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let text = format!("{}<br>{}", quoted(&node.id), quoted(&node.label));
        let _ = writeln!(out, "  n{at}[\"{text}\"]:::{}", node.state.name());
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(out, "  n{from} --> n{to}");
    }
    for state in NodeState::ALL.into_iter().filter(|state| !state.dashes().is_empty()) {
        // Fill and text are those of the page, which knows whether it is dark.
        let _ = writeln!(out, "  classDef {} stroke-dasharray: {}", state.name(), state.dashes());
    }
    out
}

/// Writes a graph. Between quotes a backslash begins an escape, and `&` an entity of HTML.
fn dot(graph: &TaskGraph) -> String {
    let quoted = |text: &str| plain(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;");
    let mut out = String::from(
        "digraph tasks {\n  rankdir=LR;\n  bgcolor=\"transparent\";\n  node [shape=box, style=\"rounded,filled\", \
         fillcolor=\"#f6f8fa\", color=\"#59636e\", fontcolor=\"#1f2328\", fontname=\"sans-serif\", fontsize=11];\n  \
         edge [color=\"#768390\"];\n",
    );
    for (at, node) in graph.nodes.iter().enumerate() {
        let style = match node.state {
            NodeState::Open => "",
            NodeState::Blocked => ", style=\"rounded,filled,dashed\"",
            NodeState::Closed | NodeState::Unknown => ", style=\"rounded,filled,dotted\"",
        };
        let _ = writeln!(out, "  n{at} [label=\"{}\\n{}\"{style}];", quoted(&node.id), quoted(&node.label));
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(out, "  n{from} -> n{to};");
    }
    out.push_str("}\n");
    out
}

/// A box, and what lies between two of them.
const BOX: (usize, usize) = (230, 44);
const GAP: (usize, usize) = (60, 16);
const MARGIN: usize = 12;
/// Columns of a label.
const COLUMNS: usize = 32;

const STYLE: &str = "\
.deps{--ground:#fff;--ink:#1f2328;--quiet:#59636e;--soft:#f6f8fa;font:12px system-ui,sans-serif}\n\
@media screen and (prefers-color-scheme:dark){.deps{--ground:#0d1117;--ink:#e6edf3;--quiet:#9198a1;--soft:#161b22}}\n\
.deps .ground{fill:var(--ground)}.deps text{fill:var(--ink)}.deps .id{font-weight:600}.deps .node{fill:var(--soft);\
stroke:var(--quiet)}.deps .edge{fill:none;stroke:var(--quiet)}.deps .tip{fill:var(--quiet)}\n";

/// Draws a graph from left to right: each task right of all that it waits for.
fn svg(graph: &TaskGraph) -> String {
    draw(graph, "role=\"img\"", &|_| None)
}

/// Draws it for a page, in which tasks are links. The list beside it has the same ones: a keyboard need not go through both.
pub(crate) fn svg_with_links(graph: &TaskGraph, link: &dyn Fn(&GraphNode) -> Option<String>) -> String {
    draw(graph, "role=\"group\"", link)
}

/// Returns the style that a drawn graph brings along, as a page has it.
pub(crate) fn graph_style() -> String {
    format!("\n{STYLE}")
}

fn draw(graph: &TaskGraph, role: &str, link: &dyn Fn(&GraphNode) -> Option<String>) -> String {
    let places = places(graph);
    let columns = places.iter().map(|place| place.0 + 1).max().unwrap_or(0);
    let rows = places.iter().map(|place| place.1 + 1).max().unwrap_or(0);
    let length =
        |count: usize, size: usize, gap: usize| 2 * MARGIN + (count * (size + gap)).saturating_sub(gap);
    let (width, height) = (length(columns, BOX.0, GAP.0), length(rows, BOX.1, GAP.1));
    let at =
        |place: &(usize, usize)| (MARGIN + place.0 * (BOX.0 + GAP.0), MARGIN + place.1 * (BOX.1 + GAP.1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         class=\"deps\" {role} aria-label=\"Dependencies of {} tasks\">\n<style>{}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n",
        graph.nodes.len(),
        graph_style(),
    );
    for (from, to) in &graph.edges {
        let ((x1, y1), (x2, y2)) = (at(&places[*from]), at(&places[*to]));
        let (x1, y1, y2) = (x1 + BOX.0, y1 + BOX.1 / 2, y2 + BOX.1 / 2);
        let bend = GAP.0 / 2;
        let (first, second) = (x1 + bend, x2.saturating_sub(bend));
        let _ = writeln!(
            out,
            "<path class=\"edge\" marker-end=\"url(#tip)\" d=\"M{x1} {y1}C{first} {y1} {second} {y2} {x2} {y2}\"/>"
        );
    }
    for (node, place) in graph.nodes.iter().zip(&places) {
        let (x, y) = at(place);
        let (id, label) = (xml(&node.id), xml(&shortened(&plain(&node.label))));
        let (open, close) = match link(node) {
            Some(to) => (format!("<a href=\"{}\" tabindex=\"-1\">", xml(&to)), "</a>"),
            None => ("<g>".to_owned(), "</g>"),
        };
        let _ = writeln!(
            out,
            "{open}<title>{id} {} ({})</title><rect class=\"node\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" \
             stroke-dasharray=\"{}\"/><text class=\"id\" x=\"{}\" y=\"{}\">{id}</text><text x=\"{}\" y=\"{}\">{label}</text>{close}",
            xml(&node.label),
            node.state.name(),
            BOX.0,
            BOX.1,
            node.state.dashes(),
            x + 10,
            y + 18,
            x + 10,
            y + 35,
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Returns the column and the row of each task: its column is right of those of all that it waits for; tasks of a cycle
/// stay in the first.
fn places(graph: &TaskGraph) -> Vec<(usize, usize)> {
    let levels = levels(graph.nodes.len(), &graph.edges);
    let mut columns: Vec<usize> = levels.iter().map(|level| level.unwrap_or(0)).collect();
    for (from, to) in graph.edges.iter().filter(|(_, to)| levels[*to].is_none()) {
        columns[*to] = columns[*to].max(levels[*from].map_or(0, |level| level + 1));
    }
    let mut rows = vec![0; graph.nodes.len() + 1];
    let row = |column: &usize| {
        rows[*column] += 1;
        (*column, rows[*column] - 1)
    };
    columns.iter().map(row).collect()
}

fn shortened(text: &str) -> String {
    if text.width() <= COLUMNS {
        return text.to_owned();
    }
    let mut columns = 1;
    let fits = |c: &char| {
        columns += c.width().unwrap_or(0);
        columns <= COLUMNS
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

fn xml(text: &str) -> String {
    let allowed = |c: &char| !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = plain(text).chars().filter(allowed).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{GraphNode, NodeState, TaskGraph, dot, mermaid, places, svg};

    fn graph() -> TaskGraph {
        let node =
            |id: &str, label: &str, state| GraphNode { id: id.to_owned(), label: label.to_owned(), state };
        TaskGraph {
            nodes: vec![
                node("T-1", "say \"hi\" <b> & `x` #1; \\n", NodeState::Closed),
                node("T-2", "two\nlines\u{1b}", NodeState::Blocked),
                node("T-3", "ｗｉｄｅ ｔｅｘｔ ｔｈａｔ ｉｓ ｌｏｎｇ", NodeState::Open),
            ],
            edges: vec![(0, 1), (1, 2), (0, 2)],
        }
    }

    #[test]
    fn titles_are_quoted_by_each_grammar() {
        let text = mermaid(&graph());
        assert!(
            text.contains("n0[\"T-1<br>say #quot;hi#quot; #60;b#62; #38; #96;x#96; #35;1; #92;n\"]:::closed"),
            "{text}"
        );
        assert!(text.contains("  n0 --> n1\n") && text.contains("T-2<br>two lines\"]"), "{text}");
        let text = dot(&graph());
        assert!(text.contains("label=\"T-1\\nsay \\\"hi\\\" <b> &amp; `x` #1; \\\\n\""), "{text}");
        let text = svg(&graph());
        assert!(
            text.contains("say &quot;hi&quot; &lt;b&gt; &amp; `x` #1; \\n") && text.contains("ｉｓ…</text>"),
            "{text}"
        );
        roxmltree::Document::parse(&text).unwrap();
    }

    #[test]
    fn a_task_is_right_of_all_that_it_waits_for() {
        assert_eq!(places(&graph()), [(0, 0), (1, 0), (2, 0)]);
        let cycle = TaskGraph { edges: vec![(0, 1), (1, 0), (0, 2)], ..graph() };
        assert_eq!(places(&cycle), [(0, 0), (0, 1), (0, 2)]);
        assert!(svg(&TaskGraph::default()).contains("0 tasks"));
    }
}
