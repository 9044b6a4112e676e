//! `list`: the tasks that match a query.

use std::cell::Cell;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::in_flight::add_work;
use super::select::{Selector, read_query};
use super::view::{CountView, TaskLine};
use super::{Result, Session};
use crate::model::{Problem, Summary};
use crate::store::Tasks;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// Empty for every open task.
    pub query: String,
    /// Include closed tasks also where the query says nothing of them.
    pub all: bool,
    /// Sort order; the default one if none.
    pub sort: Option<String>,
    /// Maximum number of tasks.
    pub limit: Option<usize>,
    /// Put each task below the one that it is a part of.
    pub tree: bool,
}

/// Tasks that match.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Listing {
    /// The query in its canonical form.
    pub query: String,
    /// The tasks, in order.
    pub tasks: Vec<TaskLine>,
    /// How many match, those beyond the limit included.
    pub matched: usize,
    /// How many closed tasks were left out that match: the query says nothing of them.
    pub hidden: usize,
    /// How many more could begin, but for plans that are not approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<usize>,
    /// How many more could begin, but for claims of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed: Option<usize>,
    /// Of a tree: how many tasks each is below, and how many of its own parts are closed.
    #[serde(skip)]
    pub tree: Option<Vec<Branch>>,
}

/// Where a task is in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// How many of the tasks before it it is a part of.
    pub depth: usize,
    /// How many of its parts are closed, those included that are not listed.
    pub parts: CountView,
}

/// Lists tasks; what cannot be read is among the problems.
pub fn list(session: &Session<'_>, request: &ListRequest) -> Result<(Listing, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (query, sort) = read_query(session, &config, &request.query, request.sort.as_deref())?;
    let tasks = session.snapshot().tasks()?;
    let hides_closed = !request.all && !query.is_about_closing();
    let hidden = Cell::new(0);
    let selector = Selector { session, config: &config, query: &query };
    let is_listed = |task: &Summary<'_>| {
        let is_hidden = hides_closed && task.is_closed();
        hidden.set(hidden.get() + usize::from(is_hidden && selector.matches(task, None)));
        !is_hidden
    };
    let mut selection = selector.among(&tasks, &mut problems, is_listed)?;
    selection.sort(&sort);
    let matched = selection.matching.len();
    let depths = request.tree.then(|| order_as_tree(&selection.summaries, &mut selection.matching));
    let shown = &selection.matching[..matched.min(request.limit.unwrap_or(usize::MAX))];
    let mut lines = selection.lines(shown);
    add_work(session, &mut lines);
    let tree = depths.map(|depths| {
        let counts = parts_of_all(&tasks);
        let branch = |(line, depth): (&TaskLine, usize)| Branch {
            depth,
            parts: counts.get(line.id.as_str()).copied().unwrap_or(CountView { done: 0, total: 0 }),
        };
        lines.iter().zip(depths).map(branch).collect()
    });
    let (query, hidden) = (query.to_string(), hidden.get());
    Ok((Listing { query, tasks: lines, matched, hidden, held: None, claimed: None, tree }, problems))
}

/// Puts each task below the one that it is a part of, in the order that they have, and returns how deep each is. Where
/// parents form a cycle, the first of them is on top.
fn order_as_tree(summaries: &[Summary<'_>], order: &mut Vec<usize>) -> Vec<usize> {
    let listed: HashMap<&str, usize> = order.iter().map(|&at| (summaries[at].id, at)).collect();
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for &at in order.iter() {
        match summaries[at].parent.and_then(|parent| listed.get(parent)) {
            Some(&parent) if parent != at => parts.entry(parent).or_default().push(at),
            _ => roots.push(at),
        }
    }
    let (mut placed, mut is_placed) = (Vec::with_capacity(order.len()), vec![false; summaries.len()]);
    for &root in roots.iter().chain(order.iter()) {
        let mut waiting = vec![(root, 0)];
        while let Some((at, depth)) = waiting.pop() {
            if std::mem::replace(&mut is_placed[at], true) {
                continue;
            }
            placed.push((at, depth));
            let below = parts.get(&at).map(Vec::as_slice).unwrap_or_default();
            waiting.extend(below.iter().rev().map(|&part| (part, depth + 1)));
        }
    }
    let (places, depths) = placed.into_iter().unzip();
    *order = places;
    depths
}

/// Counts the parts of every task that has some.
fn parts_of_all(tasks: &Tasks) -> HashMap<String, CountView> {
    let (found, _) = tasks.select(|task| task.parent.is_some());
    let mut counts = HashMap::new();
    for part in &found {
        let parent = part.parent.unwrap_or_default().to_owned();
        let count = counts.entry(parent).or_insert(CountView { done: 0, total: 0 });
        count.done += u32::from(part.is_closed());
        count.total += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::order_as_tree;
    use crate::model::{Task, TaskId};

    fn ordered(parents: &[(&str, Option<&str>)]) -> Vec<(String, usize)> {
        let task = |(id, parent): &(&str, Option<&str>)| Task {
            parent: parent.map(|parent| TaskId::parse(parent).unwrap()),
            ..Task::new(TaskId::parse(id).unwrap(), String::new())
        };
        let tasks: Vec<Task> = parents.iter().map(task).collect();
        let summaries: Vec<_> = tasks.iter().map(Task::summary).collect();
        let mut order = (0..tasks.len()).collect();
        let depths = order_as_tree(&summaries, &mut order);
        order.into_iter().zip(depths).map(|(at, depth)| (summaries[at].id.to_owned(), depth)).collect()
    }

    #[test]
    fn each_task_is_below_what_it_is_a_part_of() {
        let tree = ordered(&[
            ("T-3", Some("T-1")),
            ("T-1", None),
            ("T-4", Some("T-3")),
            ("T-5", Some("T-9")),
            ("T-2", Some("T-1")),
        ]);
        let expected = [("T-1", 0), ("T-3", 1), ("T-4", 2), ("T-2", 1), ("T-5", 0)];
        assert_eq!(tree, expected.map(|(id, depth)| (id.to_owned(), depth)));
    }

    #[test]
    fn parents_in_a_cycle_are_listed_once() {
        let tree = ordered(&[("T-1", Some("T-2")), ("T-2", Some("T-1")), ("T-3", Some("T-3"))]);
        assert_eq!(tree, [("T-3", 0), ("T-1", 0), ("T-2", 1)].map(|(id, depth)| (id.to_owned(), depth)));
    }
}
