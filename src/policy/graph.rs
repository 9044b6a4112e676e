//! Which task waits for which: a graph over all tasks, built once.
//!
//! Nodes are indices into the slice of tasks that the graph was built from. Ids that none of them has are nodes after
//! them, and leave this module as an id without an index.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::model::Summary;

/// The dependencies of all tasks.
#[derive(Debug, Clone)]
pub struct Graph<'a> {
    /// Ids of the tasks, in the order given, then the ids that no task has.
    ids: Vec<&'a str>,
    /// How many of them are tasks.
    tasks: usize,
    /// Whether each is complete or cancelled.
    closed: Vec<bool>,
    by_id: HashMap<&'a str, usize, RandomState>,
    pub(super) forward: Edges,
    pub(super) backward: Edges,
}

/// One task seen from another: something it waits for, or something that waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency<'a> {
    /// The id.
    pub id: &'a str,
    /// Its index among the tasks; none where none of them has this id.
    pub task: Option<usize>,
    /// Whether it blocks what depends on it: it is neither complete nor cancelled, or it is unknown.
    pub open: bool,
}

/// Edges of all nodes, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Edges {
    starts: Vec<usize>,
    targets: Vec<usize>,
}

impl Edges {
    /// Sorts edges by where they begin; edges of one node keep their order.
    pub(super) fn new(nodes: usize, edges: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; nodes + 1];
        for (from, _) in edges {
            starts[from + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; edges.len()];
        for &(from, to) in edges {
            targets[next[from]] = to;
            next[from] += 1;
        }
        Self { starts, targets }
    }

    /// Returns where the edges of a node lead.
    pub(super) fn of(&self, node: usize) -> &[usize] {
        &self.targets[self.starts[node]..self.starts[node + 1]]
    }
}

impl<'a> Graph<'a> {
    /// Builds the graph. An id listed twice by one task counts once.
    #[must_use]
    pub fn new(tasks: &[Summary<'a>]) -> Self {
        Self::of_some(tasks, |_| false)
    }

    /// Builds the graph of some of the tasks. `is_closed` tells of an id that is none of theirs whether its task is
    /// complete or cancelled; it is asked once.
    pub fn of_some(tasks: &[Summary<'a>], is_closed: impl Fn(&str) -> bool) -> Self {
        let mut closed: Vec<bool> = tasks.iter().map(Summary::is_closed).collect();
        let mut ids: Vec<&'a str> = tasks.iter().map(|task| task.id).collect();
        let mut by_id = HashMap::with_capacity_and_hasher(ids.len(), RandomState::default());
        for (node, id) in ids.iter().enumerate() {
            by_id.entry(*id).or_insert(node);
        }
        let mut edges = Vec::new();
        // For each node the last task that named it: finds repetitions without a set per task.
        let mut named_by: Vec<usize> = vec![usize::MAX; ids.len()];
        for (from, task) in tasks.iter().enumerate() {
            for id in task.depends_on.iter() {
                let to = *by_id.entry(id).or_insert_with(|| {
                    ids.push(id);
                    named_by.push(usize::MAX);
                    closed.push(is_closed(id));
                    ids.len() - 1
                });
                if named_by[to] != from {
                    named_by[to] = from;
                    edges.push((from, to));
                }
            }
        }
        let forward = Edges::new(ids.len(), &edges);
        for edge in &mut edges {
            *edge = (edge.1, edge.0);
        }
        let backward = Edges::new(ids.len(), &edges);
        Self { ids, tasks: tasks.len(), closed, by_id, forward, backward }
    }

    /// Returns how many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks
    }

    /// Returns the index of the task with this id.
    #[must_use]
    pub fn task(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied().filter(|&node| self.is_task(node))
    }

    /// Returns what a task waits for, in the order of its file.
    pub fn dependencies(&self, task: usize) -> impl Iterator<Item = Dependency<'a>> + '_ {
        self.forward.of(task).iter().map(|&node| self.seen(node))
    }

    /// Returns what blocks a task: dependencies that are open or that no task has.
    pub fn open_dependencies(&self, task: usize) -> impl Iterator<Item = Dependency<'a>> + '_ {
        self.dependencies(task).filter(|dependency| dependency.open)
    }

    /// Whether something blocks a task.
    #[must_use]
    pub fn is_blocked(&self, task: usize) -> bool {
        self.forward.of(task).iter().any(|&node| self.is_open(node))
    }

    /// Returns the tasks that wait for this one, closed ones included, in the order of the tasks.
    pub fn dependents(&self, task: usize) -> impl Iterator<Item = Dependency<'a>> + '_ {
        self.backward.of(task).iter().map(|&node| self.seen(node))
    }

    /// Returns every dependency on an id that no task has: the task that names it, and the id.
    pub fn unknown(&self) -> impl Iterator<Item = (usize, &'a str)> + '_ {
        (0..self.len()).flat_map(move |task| {
            let unknown = self.forward.of(task).iter().filter(|&&node| !self.is_task(node));
            unknown.map(move |&node| (task, self.ids[node]))
        })
    }

    /// Returns the id of a node.
    pub(super) fn id(&self, node: usize) -> &'a str {
        self.ids[node]
    }

    /// Returns how many nodes there are: tasks, and ids that no task has.
    pub(super) fn nodes(&self) -> usize {
        self.ids.len()
    }

    /// Whether a node is a task.
    pub(super) fn is_task(&self, node: usize) -> bool {
        node < self.tasks
    }

    /// Returns a node as others see it.
    pub(super) fn seen(&self, node: usize) -> Dependency<'a> {
        let task = self.is_task(node).then_some(node);
        Dependency { id: self.ids[node], task, open: self.is_open(node) }
    }

    fn is_open(&self, node: usize) -> bool {
        !self.closed[node]
    }
}

/// Returns for each of some tasks, given with what they depend on, how many of them follow one another before it; none
/// for those of a cycle, and for what waits for them. Ids that none of them has are passed over.
pub fn dependency_levels<'a, D: IntoIterator<Item = &'a str>>(
    tasks: impl Iterator<Item = (&'a str, D)>,
) -> Vec<Option<usize>> {
    let (ids, dependencies): (Vec<&str>, Vec<D>) = tasks.unzip();
    let by_id: HashMap<&str, usize, RandomState> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut edges = Vec::new();
    for (own, dependencies) in dependencies.into_iter().enumerate() {
        let others = dependencies.into_iter().filter_map(|id| by_id.get(id)).filter(|at| **at != own);
        edges.extend(others.map(|other| (*other, own)));
    }
    levels(ids.len(), &edges)
}

/// The same of nodes that are known by their numbers; of each edge the first must be done before the second.
pub fn levels(nodes: usize, edges: &[(usize, usize)]) -> Vec<Option<usize>> {
    let dependents = Edges::new(nodes, edges);
    let mut waiting = vec![0_usize; nodes];
    edges.iter().for_each(|(_, after)| waiting[*after] += 1);
    let mut levels = vec![None; nodes];
    let mut free: Vec<usize> = (0..nodes).filter(|at| waiting[*at] == 0).collect();
    let mut level = 0;
    while !free.is_empty() {
        let mut next = Vec::new();
        for at in free {
            levels[at] = Some(level);
            for other in dependents.of(at) {
                waiting[*other] -= 1;
                next.extend((waiting[*other] == 0).then_some(*other));
            }
        }
        (free, level) = (next, level + 1);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::{Graph, dependency_levels};
    use crate::model::Summary;

    fn tasks() -> Vec<Summary<'static>> {
        let task = |id, stage, on: Vec<_>| Summary { stage, depends_on: on.into(), ..Summary::bare(id, "t") };
        vec![
            task("A-1", "dev", vec!["B-1", "C-1", "B-1", "X-1"]),
            task("B-1", "complete", vec![]),
            task("C-1", "dev", vec!["B-1"]),
            task("D-1", "none", vec!["C-1", "B-1"]),
        ]
    }

    #[test]
    fn it_knows_who_waits_for_whom() {
        let graph = Graph::new(&tasks());
        let ids = |found: Vec<super::Dependency<'static>>| found.iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ids(graph.dependencies(0).collect()), ["B-1", "C-1", "X-1"]);
        assert_eq!(ids(graph.open_dependencies(0).collect()), ["C-1", "X-1"]);
        assert_eq!(ids(graph.dependents(1).collect()), ["A-1", "C-1", "D-1"]);
        assert_eq!(graph.unknown().collect::<Vec<_>>(), [(0, "X-1")]);
        assert_eq!([graph.is_blocked(0), graph.is_blocked(2)], [true, false]);
        assert_eq!((graph.task("D-1"), graph.task("X-1"), graph.len()), (Some(3), None, 4));
    }

    #[test]
    fn levels_count_what_follows_one_another() {
        let levels = |tasks: &[(&'static str, &[&'static str])]| {
            dependency_levels(tasks.iter().map(|(id, on)| (*id, on.iter().copied())))
        };
        assert_eq!(levels(&[]), []);
        let tasks: &[(_, &[_])] = &[
            ("A", &["B", "C", "B", "X"]),
            ("B", &[]),
            ("C", &["B", "C"]),
            ("D", &["E"]),
            ("E", &["D"]),
            ("F", &["D"]),
        ];
        assert_eq!(levels(tasks), [Some(2), Some(0), Some(1), None, None, None]);
        // A chain costs as much as its length.
        let ids: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
        let chain = ids.iter().enumerate().map(|(at, id)| (id.as_str(), ids.get(at + 1).map(String::as_str)));
        assert_eq!(dependency_levels(chain).first(), Some(&Some(ids.len() - 1)));
    }
}
