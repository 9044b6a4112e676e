//! Cycles of dependencies: finding them, naming them, and refusing the edge that would make one.
//!
//! Everything here is iterative: a chain of a hundred thousand tasks must not overflow the stack.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use super::Graph;
use super::graph::Edges;

/// How many ids of a cycle are written out before the middle is left out.
const SHOWN: usize = 12;

/// Tasks that wait for each other in a cycle: each depends on the next, the last on the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Ids, each once.
    pub ids: Vec<String>,
}

/// A dependency that closes a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingEdge {
    /// The task that has it.
    pub from: usize,
    /// The task that it is on.
    pub to: usize,
    /// The cycle, where it is reported.
    pub cycle: Option<Cycle>,
}

impl fmt::Display for Cycle {
    /// Writes the path, back to where it began: `A → B → A`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left_out = self.ids.len().saturating_sub(SHOWN);
        let head = if left_out == 0 { self.ids.len() } else { SHOWN - 2 };
        for id in &self.ids[..head] {
            write!(f, "{id} → ")?;
        }
        if left_out > 0 {
            write!(f, "… {left_out} more … → ")?;
            for id in &self.ids[head + left_out..] {
                write!(f, "{id} → ")?;
            }
        }
        f.write_str(self.ids.first().map_or("", String::as_str))
    }
}

impl Graph<'_> {
    /// Returns one cycle of dependencies, a shortest one through the first task that is in any.
    #[must_use]
    pub fn cycle(&self) -> Option<Cycle> {
        self.cycles_in(&self.components()).min_by_key(|(task, _)| *task).map(|(_, cycle)| cycle)
    }

    /// Returns one cycle for each group of tasks that wait for each other, in the order of the tasks.
    #[must_use]
    pub fn cycles(&self) -> Vec<Cycle> {
        let mut found: Vec<_> = self.cycles_in(&self.components()).collect();
        found.sort_by_key(|(task, _)| *task);
        found.into_iter().map(|(_, cycle)| cycle).collect()
    }

    /// Returns the cycle that would come about if the task `from` also waited for `to`.
    #[must_use]
    pub fn cycle_if(&self, from: &str, to: &str) -> Option<Cycle> {
        if from == to {
            return Some(Cycle { ids: vec![from.to_owned()] });
        }
        let (start, goal) = (self.task(to)?, self.task(from)?);
        let path = self.path(start, goal, |_| true)?;
        let nodes = std::iter::once(goal).chain(path);
        Some(self.named(nodes))
    }

    /// Returns all tasks with dependencies before what depends on them, else the order of the tasks; or a cycle
    /// that makes such an order impossible.
    pub fn topological_order(&self) -> Result<Vec<usize>, Cycle> {
        let components = self.components();
        match self.cycles_in(&components).min_by_key(|(task, _)| *task) {
            Some((_, cycle)) => Err(cycle),
            None => Ok(components.into_iter().flatten().collect()),
        }
    }

    /// Returns dependencies of tasks that `may_lose` accepts, so that no cycle is left without them but those among
    /// the other tasks. One search, in the order of the tasks: what leads back to a task that is being followed closes a
    /// cycle. Of the first `named` the cycle is reported.
    pub fn closing_edges(&self, may_lose: impl Fn(usize) -> bool, named: usize) -> Vec<ClosingEdge> {
        // Tasks that lose nothing and wait for each other are one: what leads to one of them leads to all.
        let mut group: Vec<usize> = (0..self.len()).collect();
        let kept = self.components_within(|node| !may_lose(node));
        let is_joined = kept.iter().any(|members| members.len() > 1);
        for members in kept {
            members.iter().for_each(|member| group[*member] = members[0]);
        }
        let edges =
            (0..self.len()).flat_map(|node| self.forward.of(node).iter().map(move |target| (node, *target)));
        let edges = edges.filter(|(node, target)| {
            self.is_task(*target) && (may_lose(*node) || group[*node] != group[*target])
        });
        let forward =
            Edges::new(self.len(), &edges.map(|(node, target)| (group[node], target)).collect::<Vec<_>>());
        let mut found: Vec<ClosingEdge> = Vec::new();
        let mut lost: HashSet<(usize, usize)> = HashSet::new();
        let mut walk = Walk::new(self.len());
        for root in (0..self.len()).filter(|node| may_lose(*node)) {
            walk.enter(root);
            while let Some(step) = walk.path.last_mut() {
                let node = step.node;
                let Some(&target) = forward.of(node).get(step.followed) else {
                    walk.leave();
                    continue;
                };
                step.followed += 1;
                if lost.contains(&(node, target)) || walk.enter(group[target]) {
                    continue;
                }
                let Some(first) = walk.place[group[target]] else { continue };
                let is_loser = |at: &usize| may_lose(walk.path[*at].node);
                let Some(at) = (first..walk.path.len()).rev().find(is_loser) else { continue };
                let Step { node: from, followed } = walk.path[at];
                let to = forward.of(from)[followed - 1];
                let cycle = || match is_joined {
                    true => self.cycle_if(self.id(from), self.id(to)),
                    false => Some(self.named(walk.path[first..].iter().map(|step| step.node))),
                };
                let cycle = if found.len() < named { cycle() } else { None };
                found.push(ClosingEdge { from, to, cycle });
                lost.insert((from, to));
                walk.turn_back(at);
            }
        }
        found
    }

    /// Returns the groups of tasks of which each can be reached from each other, dependencies first. A task that
    /// is in no cycle is a group of its own.
    #[must_use]
    pub fn components(&self) -> Vec<Vec<usize>> {
        self.components_within(|_| true)
    }

    /// Returns the same of the tasks that `within` accepts, as if nothing else was there; all others are groups of their own.
    fn components_within(&self, within: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let mut search = Search::new(self.len());
        // What a recursive search would keep on the stack: a node, and how many of its edges it has followed.
        let mut calls: Vec<(usize, usize)> = Vec::new();
        for root in 0..self.len() {
            if search.is_new(root) {
                search.enter(root);
                calls.push((root, 0));
            }
            while let Some((node, followed)) = calls.last_mut() {
                let node = *node;
                if let Some(&target) = self.forward.of(node).get(*followed) {
                    *followed += 1;
                    if !self.is_task(target) || !within(node) || !within(target) {
                        continue;
                    }
                    if search.is_new(target) {
                        search.enter(target);
                        calls.push((target, 0));
                    } else {
                        search.path_back(node, target);
                    }
                } else {
                    calls.pop();
                    search.leave(node, calls.last().map(|(caller, _)| *caller));
                }
            }
        }
        search.found
    }

    /// Yields, for each group that is a cycle, its first task and a shortest cycle through it.
    fn cycles_in(&self, components: &[Vec<usize>]) -> impl Iterator<Item = (usize, Cycle)> {
        components.iter().filter_map(|members| {
            let first = *members.first()?;
            if members.len() == 1 && !self.forward.of(first).contains(&first) {
                return None;
            }
            let path = self.path(first, first, |node| members.binary_search(&node).is_ok())?;
            Some((first, self.named(path)))
        })
    }

    /// Returns a shortest path from `start` to a node with an edge to `goal`, through nodes that `within` accepts.
    fn path(&self, start: usize, goal: usize, within: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
        let mut came_from: HashMap<usize, usize> = HashMap::from([(start, start)]);
        let mut waiting = VecDeque::from([start]);
        while let Some(node) = waiting.pop_front() {
            for &target in self.forward.of(node) {
                if target == goal {
                    let mut path = vec![node];
                    let mut at = node;
                    while at != start {
                        at = came_from[&at];
                        path.push(at);
                    }
                    path.reverse();
                    return Some(path);
                }
                if within(target) && !came_from.contains_key(&target) {
                    came_from.insert(target, node);
                    waiting.push_back(target);
                }
            }
        }
        None
    }

    fn named(&self, nodes: impl IntoIterator<Item = usize>) -> Cycle {
        Cycle { ids: nodes.into_iter().map(|node| self.id(node).to_owned()).collect() }
    }
}

/// A path that is followed through the dependencies.
struct Walk {
    path: Vec<Step>,
    /// Where a task is on the path.
    place: Vec<Option<usize>>,
    is_finished: Vec<bool>,
}

#[derive(Clone, Copy)]
struct Step {
    node: usize,
    /// How many of its edges were followed.
    followed: usize,
}

impl Walk {
    fn new(nodes: usize) -> Self {
        Self { path: Vec::new(), place: vec![None; nodes], is_finished: vec![false; nodes] }
    }

    /// Goes on to a task, unless it was there already.
    fn enter(&mut self, node: usize) -> bool {
        let is_new = !self.is_finished[node] && self.place[node].is_none();
        if is_new {
            self.place[node] = Some(self.path.len());
            self.path.push(Step { node, followed: 0 });
        }
        is_new
    }

    fn leave(&mut self) {
        let Some(step) = self.path.pop() else { return };
        self.place[step.node] = None;
        self.is_finished[step.node] = true;
    }

    /// Goes back along the path to a place. What is behind it is new again.
    fn turn_back(&mut self, to: usize) {
        for step in self.path.drain(to + 1..) {
            self.place[step.node] = None;
        }
    }
}

/// Tarjan's search for strongly connected components.
struct Search {
    /// When a node was entered, from 1; 0 for a node not entered yet.
    entered: Vec<usize>,
    /// The earliest node known to be reachable from a node.
    lowest: Vec<usize>,
    /// Nodes whose group is not complete yet.
    open: Vec<usize>,
    is_open: Vec<bool>,
    clock: usize,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn new(nodes: usize) -> Self {
        Self {
            entered: vec![0; nodes],
            lowest: vec![0; nodes],
            open: Vec::new(),
            is_open: vec![false; nodes],
            clock: 0,
            found: Vec::new(),
        }
    }

    fn is_new(&self, node: usize) -> bool {
        self.entered[node] == 0
    }

    fn enter(&mut self, node: usize) {
        self.clock += 1;
        self.entered[node] = self.clock;
        self.lowest[node] = self.clock;
        self.open.push(node);
        self.is_open[node] = true;
    }

    fn path_back(&mut self, node: usize, target: usize) {
        if self.is_open[target] {
            self.lowest[node] = self.lowest[node].min(self.entered[target]);
        }
    }

    fn leave(&mut self, node: usize, caller: Option<usize>) {
        if let Some(caller) = caller {
            self.lowest[caller] = self.lowest[caller].min(self.lowest[node]);
        }
        if self.lowest[node] == self.entered[node] {
            let start = self.open.iter().rposition(|&open| open == node).unwrap_or(0);
            let mut members = self.open.split_off(start);
            for &member in &members {
                self.is_open[member] = false;
            }
            members.sort_unstable();
            self.found.push(members);
        }
    }
}
