//! Cycles, against what a slow and obvious search finds.

use proptest::prelude::*;

use super::Graph;
use crate::model::Summary;

/// Makes tasks `T-0`, `T-1`, … with these dependencies. Ids are leaked: a test ends soon.
fn tasks(count: usize, edges: &[(usize, usize)]) -> Vec<Summary<'static>> {
    let ids: Vec<&'static str> = (0..count).map(|at| &*format!("T-{at}").leak()).collect();
    let mut tasks: Vec<Summary<'static>> = ids.iter().map(|id| Summary::bare(id, "t")).collect();
    for &(from, to) in edges {
        tasks[from].depends_on = tasks[from].depends_on.iter().chain([ids[to]]).collect();
    }
    tasks
}

fn graph(count: usize, edges: &[(usize, usize)]) -> Graph<'static> {
    Graph::new(&tasks(count, edges))
}

#[test]
fn a_cycle_is_named_as_a_path() {
    assert_eq!(graph(2, &[(0, 1), (1, 0)]).cycle().unwrap().to_string(), "T-0 → T-1 → T-0");
    assert_eq!(graph(1, &[(0, 0)]).cycle().unwrap().to_string(), "T-0 → T-0");
    assert_eq!(graph(3, &[(0, 1), (1, 2)]).cycle(), None);
    let cycles = graph(5, &[(4, 3), (3, 4), (0, 1), (1, 2), (2, 0), (1, 0)]).cycles();
    let cycles: Vec<String> = cycles.iter().map(ToString::to_string).collect();
    assert_eq!(cycles, ["T-0 → T-1 → T-0", "T-3 → T-4 → T-3"]);
}

#[test]
fn a_long_cycle_is_shortened() {
    let edges: Vec<_> = (0..100).map(|at| (at, (at + 1) % 100)).collect();
    let text = graph(100, &edges).cycle().unwrap().to_string();
    assert!(text.starts_with("T-0 → T-1 → "), "{text}");
    assert!(text.contains(" → T-9 → … 88 more … → T-98 → T-99 → T-0"), "{text}");
}

#[test]
fn an_edge_that_would_close_a_cycle_is_found() {
    let graph = graph(4, &[(0, 1), (1, 2), (0, 2)]);
    assert_eq!(graph.cycle_if("T-2", "T-0").unwrap().to_string(), "T-2 → T-0 → T-2");
    assert_eq!(graph.cycle_if("T-2", "T-1").unwrap().to_string(), "T-2 → T-1 → T-2");
    assert_eq!(graph.cycle_if("T-9", "T-9").unwrap().to_string(), "T-9 → T-9");
    for (from, to) in [("T-0", "T-2"), ("T-3", "T-0"), ("T-9", "T-0"), ("T-0", "T-9")] {
        assert_eq!(graph.cycle_if(from, to), None, "{from} {to}");
    }
}

#[test]
fn a_hundred_thousand_in_a_row_are_no_problem() {
    const COUNT: usize = 100_000;
    let mut edges: Vec<_> = (0..COUNT - 1).map(|at| (at, at + 1)).collect();
    let chain = graph(COUNT, &edges);
    let order = chain.topological_order().unwrap();
    assert_eq!((order[0], order[COUNT - 1]), (COUNT - 1, 0));
    assert_eq!(chain.tree(&[0], super::Direction::Dependencies).len(), COUNT);
    assert_eq!(chain.cycle_if(&format!("T-{}", COUNT - 1), "T-0").unwrap().ids.len(), COUNT);
    edges.push((COUNT - 1, 0));
    let ring = graph(COUNT, &edges);
    assert_eq!(ring.components().len(), 1);
    assert_eq!(ring.topological_order().unwrap_err().ids.len(), COUNT);
}

#[test]
fn many_cycles_are_broken_in_one_search() {
    const COUNT: usize = 5_000;
    let back = |at: usize| (at.saturating_sub(20)..at).map(move |to| (at, to));
    let edges: Vec<_> = (0..COUNT).flat_map(|at| back(at).chain([(at, (at + 1) % COUNT)])).collect();
    let found = graph(COUNT, &edges).closing_edges(|_| true, 2);
    assert_eq!(found.iter().filter(|edge| edge.cycle.is_some()).count(), 2);
    assert_eq!(found[0].cycle.as_ref().unwrap().to_string(), "T-0 → T-1 → T-0");
    assert_eq!(found.len(), edges.len() - (COUNT - 1));
}

#[test]
fn only_tasks_that_may_lose_a_dependency_do() {
    // 1 and 2 keep what they have: 0 → 1 → 2 → 0 goes at 0, as does 0 → 2.
    let kept = graph(4, &[(0, 1), (1, 2), (2, 0), (0, 2), (0, 3)]);
    let found = kept.closing_edges(|node| node == 0, 9);
    let edges: Vec<_> = found.iter().map(|edge| (edge.from, edge.to)).collect();
    assert_eq!(edges, [(0, 1), (0, 2)]);
    assert_eq!(found[0].cycle.as_ref().unwrap().to_string(), "T-0 → T-1 → T-2 → T-0");
    assert_eq!(graph(2, &[(0, 1), (1, 0)]).closing_edges(|_| false, 9), []);
    // 0 and 3 wait for each other already: 2 → 3 leads back by way of 0, and goes.
    let beside = graph(4, &[(0, 3), (0, 2), (3, 0), (1, 0), (2, 3)]);
    let found = beside.closing_edges(|node| node % 3 != 0, 9);
    assert_eq!(found.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>(), [(2, 3)]);
    assert_eq!(found[0].cycle.as_ref().unwrap().to_string(), "T-2 → T-3 → T-0 → T-2");
}

fn reaches(edges: &[(usize, usize)], from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while let Some(&node) = seen.get(at) {
        at += 1;
        for &(a, b) in edges {
            if a == node && b == to {
                return true;
            }
            if a == node && !seen.contains(&b) {
                seen.push(b);
            }
        }
    }
    false
}

fn is_cycle(edges: &[(usize, usize)], ids: &[String]) -> bool {
    let number = |id: &String| id[2..].parse::<usize>().unwrap();
    let next = ids.iter().cycle().skip(1);
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    unique.len() == ids.len() && ids.iter().zip(next).all(|(a, b)| edges.contains(&(number(a), number(b))))
}

proptest! {
    #[test]
    fn groups_cycles_and_orders_are_right(
        count in 1_usize..9,
        raw in prop::collection::vec((0_usize..9, 0_usize..9), 0..16),
        new in (0_usize..9, 0_usize..9),
    ) {
        let mut edges: Vec<_> = raw.into_iter().map(|(a, b)| (a % count, b % count)).collect();
        let graph = graph(count, &edges);
        let components = graph.components();
        for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            let together = components.iter().any(|members| members.contains(&a) && members.contains(&b));
            let both = reaches(&edges, a, b) && reaches(&edges, b, a);
            prop_assert_eq!(together, a == b || both, "{} {}", a, b);
        }
        for cycle in graph.cycles() {
            prop_assert!(is_cycle(&edges, &cycle.ids), "{}", cycle);
        }
        match graph.topological_order() {
            Ok(order) => {
                let place = |node| order.iter().position(|&other| other == node).unwrap();
                prop_assert!(edges.iter().all(|&(from, to)| place(to) < place(from)));
                prop_assert_eq!((order.len(), graph.cycle()), (count, None));
            }
            Err(cycle) => prop_assert_eq!(Some(cycle), graph.cycle()),
        }
        let lost = graph.closing_edges(|node| node % 3 != 0, 9);
        let left: Vec<_> = edges.iter().copied().filter(|&(from, to)| {
            !lost.iter().any(|edge| (edge.from, edge.to) == (from, to))
        }).collect();
        prop_assert!(lost.iter().all(|edge| edge.from % 3 != 0 && reaches(&edges, edge.to, edge.from)
            || edge.from == edge.to));
        for node in (0..count).filter(|node| node % 3 != 0) {
            prop_assert!(!reaches(&left, node, node), "{} {:?}", node, left);
        }
        let (from, to) = (new.0 % count, new.1 % count);
        let found = graph.cycle_if(&format!("T-{from}"), &format!("T-{to}"));
        prop_assert_eq!(found.is_some(), from == to || reaches(&edges, to, from));
        if let Some(cycle) = found {
            edges.push((from, to));
            prop_assert!(is_cycle(&edges, &cycle.ids), "{}", cycle);
        }
    }
}
