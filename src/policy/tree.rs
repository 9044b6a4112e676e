//! The dependencies of a task as a tree, row by row.

use super::{Dependency, Graph};

/// Which way to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What a task waits for.
    Dependencies,
    /// What waits for a task.
    Dependents,
}

/// One row of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch<'a> {
    /// What the row shows.
    pub node: Dependency<'a>,
    /// How deep: 0 for a root.
    pub depth: usize,
    /// Whether no sibling follows.
    pub last: bool,
    /// Whether it was expanded in a row above and its branches are left out here.
    pub repeated: bool,
}

impl<'a> Graph<'a> {
    /// Returns the rows of the trees below these tasks, in the order they are printed.
    ///
    /// Each task is expanded once, where it comes first, so the rows are as many as the edges and a cycle ends.
    #[must_use]
    pub fn tree(&self, roots: &[usize], direction: Direction) -> Vec<Branch<'a>> {
        let edges = match direction {
            Direction::Dependencies => &self.forward,
            Direction::Dependents => &self.backward,
        };
        let mut expanded = vec![false; self.nodes()];
        let mut rows = Vec::new();
        // Last first, so that the next row is on top.
        let mut waiting: Vec<(usize, usize, bool)> = Vec::new();
        let push = |waiting: &mut Vec<_>, nodes: &[usize], depth| {
            let last = nodes.len().wrapping_sub(1);
            waiting.extend(nodes.iter().enumerate().rev().map(|(at, &node)| (node, depth, at == last)));
        };
        push(&mut waiting, roots, 0);
        while let Some((node, depth, last)) = waiting.pop() {
            let below = edges.of(node);
            let repeated = expanded[node] && !below.is_empty();
            rows.push(Branch { node: self.seen(node), depth, last, repeated });
            if !expanded[node] {
                expanded[node] = true;
                push(&mut waiting, below, depth + 1);
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::Direction;
    use crate::model::Summary;
    use crate::policy::Graph;

    fn drawn(edges: &[(&'static str, &[&'static str])], root: &str, direction: Direction) -> Vec<String> {
        let task = |(id, depends_on): &(&'static str, &[&'static str])| Summary {
            depends_on: depends_on.to_vec().into(),
            ..Summary::bare(id, "t")
        };
        let tasks: Vec<_> = edges.iter().map(task).collect();
        let graph = Graph::new(&tasks);
        let rows = graph.tree(&[graph.task(root).unwrap()], direction);
        let draw = |row: &super::Branch<'_>| {
            let sign = if row.last { '└' } else { '├' };
            let mark = if row.repeated { " (above)" } else { "" };
            let unknown = if row.node.task.is_none() { " unknown" } else { "" };
            format!("{}{sign}{}{mark}{unknown}", " ".repeat(row.depth), row.node.id)
        };
        rows.iter().map(draw).collect()
    }

    #[test]
    fn each_task_is_expanded_once() {
        let edges: &[(_, &[_])] = &[
            ("A-1", &["B-1", "C-1"]),
            ("B-1", &["D-1"]),
            ("C-1", &["D-1", "X-1"]),
            ("D-1", &["E-1"]),
            ("E-1", &[]),
        ];
        assert_eq!(
            drawn(edges, "A-1", Direction::Dependencies),
            ["└A-1", " ├B-1", "  └D-1", "   └E-1", " └C-1", "  ├D-1 (above)", "  └X-1 unknown"]
        );
        assert_eq!(
            drawn(edges, "D-1", Direction::Dependents),
            ["└D-1", " ├B-1", "  └A-1", " └C-1", "  └A-1"]
        );
    }

    #[test]
    fn a_cycle_ends() {
        let edges: &[(_, &[_])] = &[("A-1", &["B-1"]), ("B-1", &["A-1"])];
        assert_eq!(drawn(edges, "A-1", Direction::Dependencies), ["└A-1", " └B-1", "  └A-1 (above)"]);
    }
}
