//! Tasks that were imported twice: by two people, each on a branch of their own, and then the branches were merged.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Known;

/// A task that is another one once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Twin {
    /// The one that goes on, by its place among the known.
    pub kept: usize,
    /// The other.
    pub twin: usize,
}

/// Finds the tasks of one source, sorted by the place of what is kept. Where a task is kept, so are its parts; among equals
/// it is the one that somebody has begun, or has begun a part of, then the one whose id comes first.
#[must_use]
pub fn find_twins(known: &[Known]) -> Vec<Twin> {
    let mut of_source: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, task) in known.iter().enumerate() {
        of_source.entry(&task.source).or_default().push(at);
    }
    of_source.retain(|_, places| places.len() > 1);
    let tree = Tree::new(known);
    let mut groups: Vec<Vec<usize>> = of_source.into_values().collect();
    // What is above is selected first.
    groups.sort_by_key(|places| places.iter().map(|at| tree.above(*at).count()).min());
    let (mut kept, mut twins) = (HashSet::new(), Vec::new());
    for places in groups {
        let rank = |at: usize| {
            let has_kept_parent = tree.parents[at].is_some_and(|parent| kept.contains(&parent));
            (known[at].is_cancelled, !has_kept_parent, !tree.is_begun[at], &known[at].id)
        };
        let Some(best) = places.iter().copied().min_by_key(|at| rank(*at)) else { continue };
        kept.insert(best);
        twins.extend(places.into_iter().filter(|at| *at != best).map(|twin| Twin { kept: best, twin }));
    }
    twins.sort_unstable();
    twins
}

struct Tree {
    parents: Vec<Option<usize>>,
    /// Whether somebody has begun a task or a part of it.
    is_begun: Vec<bool>,
}

impl Tree {
    fn new(known: &[Known]) -> Self {
        let places: HashMap<&str, usize> =
            known.iter().enumerate().map(|(at, task)| (task.id.as_str(), at)).collect();
        let parent = |task: &Known| task.parent.as_deref().and_then(|id| places.get(id).copied());
        let mut tree =
            Self { parents: known.iter().map(parent).collect(), is_begun: vec![false; known.len()] };
        for at in (0..known.len()).filter(|at| known[*at].has_progress && !known[*at].is_cancelled) {
            let above: Vec<usize> = tree.above(at).collect();
            above.into_iter().chain([at]).for_each(|at| tree.is_begun[at] = true);
        }
        tree
    }

    /// Yields what a task is a part of, the nearest first; a cycle ends.
    fn above(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parents[at], |at| self.parents[*at]).take(self.parents.len())
    }
}

#[cfg(test)]
mod tests {
    use super::find_twins;
    use crate::import::tasks::Known;
    use crate::import::tasks::update::Remembered;
    use crate::model::TaskId;

    /// Makes tasks of `source id parent` each; a `+` at the end says that somebody has begun it, a `-` that it is cancelled.
    fn known(all: &[&str]) -> Vec<Known> {
        let known = |text: &&str| {
            let words: Vec<&str> = text.trim_end_matches(['+', '-']).split(' ').collect();
            Known {
                source: format!("breakdown:a/{}", words[0]),
                id: TaskId::parse(words[1]).unwrap(),
                parent: words.get(2).map(|id| (*id).to_owned()),
                area: None,
                title: words[0].to_owned(),
                remembered: Remembered::default(),
                has_progress: text.ends_with('+'),
                is_closed: text.ends_with('-'),
                is_cancelled: text.ends_with('-'),
                is_blocked: false,
            }
        };
        all.iter().map(known).collect()
    }

    fn twins(all: &[&str]) -> Vec<String> {
        let known = known(all);
        let named = |twin: &super::Twin| format!("{} for {}", known[twin.kept].id, known[twin.twin].id);
        find_twins(&known).iter().map(named).collect()
    }

    #[test]
    fn of_two_copies_one_is_kept_as_a_whole() {
        // By the ids alone the parts would be of both.
        let copies = ["1 T-2", "1 T-1", "1.1 T-3 T-2", "1.1 T-4 T-1", "2 T-5"];
        assert_eq!(twins(&copies), ["T-1 for T-2", "T-4 for T-3"]);
        let begun = ["1 T-2", "1 T-1", "1.1 T-3 T-2+", "1.1 T-4 T-1"];
        assert_eq!(twins(&begun), ["T-2 for T-1", "T-3 for T-4"]);
        assert_eq!(twins(&["1 T-1-", "1 T-2"]), ["T-2 for T-1"]);
        assert_eq!(twins(&["1 T-1", "2 T-2 T-1"]), [""; 0]);
    }

    #[test]
    fn tasks_that_are_parts_of_each_other_have_an_end() {
        assert_eq!(twins(&["1 T-1 T-2", "1 T-2 T-1+"]), ["T-1 for T-2"]);
    }
}
