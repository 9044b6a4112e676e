//! Questions to the graph of commits. Every one is a single pass over the numbers between its ends.

use std::collections::{BinaryHeap, HashMap};

use foldhash::fast::RandomState;

use super::{Commit, History};

/// The commits that some tips reach, themselves included, from a floor on.
#[derive(Debug, Clone)]
pub struct Ancestors {
    floor: u32,
    reached: Vec<bool>,
}

impl Ancestors {
    /// Marks what the tips reach. Commits of lower numbers than the floor are left out.
    pub fn of<H: History>(history: &H, tips: &[Commit], floor: Commit) -> Self {
        let top = tips.iter().max().map_or(floor.0, |tip| tip.0 + 1);
        let mut marks = Self { floor: floor.0, reached: vec![false; top.saturating_sub(floor.0) as usize] };
        for tip in tips {
            marks.mark(*tip);
        }
        for number in (floor.0..top).rev() {
            if marks.has(Commit(number)) {
                for parent in history.parents(Commit(number)) {
                    marks.mark(*parent);
                }
            }
        }
        marks
    }

    /// Whether a commit is among them; of one below the floor, no.
    #[must_use]
    pub fn has(&self, commit: Commit) -> bool {
        commit
            .0
            .checked_sub(self.floor)
            .and_then(|at| self.reached.get(at as usize))
            .copied()
            .unwrap_or(false)
    }

    /// Returns them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Commit> + '_ {
        let numbers = self.reached.iter().zip(self.floor..);
        numbers.filter(|(reached, _)| **reached).map(|(_, number)| Commit(number))
    }

    /// Keeps those that are among others of the same floor as well.
    pub(super) fn keep(&mut self, others: &Self) {
        for (number, reached) in (self.floor..).zip(&mut self.reached) {
            *reached = *reached && others.has(Commit(number));
        }
    }

    fn mark(&mut self, commit: Commit) {
        if let Some(mark) = commit.0.checked_sub(self.floor).and_then(|at| self.reached.get_mut(at as usize))
        {
            *mark = true;
        }
    }
}

/// Returns those of some commits that are an ancestor of no other of them.
pub fn maximal<H: History>(history: &H, commits: &[Commit]) -> Vec<Commit> {
    let Some(floor) = commits.iter().min() else { return Vec::new() };
    if commits.len() == 1 {
        return commits.to_vec();
    }
    let parents: Vec<Commit> = commits.iter().flat_map(|commit| history.parents(*commit)).copied().collect();
    let below = Ancestors::of(history, &parents, *floor);
    commits.iter().filter(|commit| !below.has(**commit)).copied().collect()
}

/// Returns those of some commits that have none of the others as an ancestor.
pub fn minimal<H: History>(history: &H, commits: &[Commit]) -> Vec<Commit> {
    let (Some(floor), Some(top)) = (commits.iter().min(), commits.iter().max()) else { return Vec::new() };
    if commits.len() == 1 {
        return commits.to_vec();
    }
    let above = descendants(history, commits, *floor, *top);
    let has_parent = |commit: &Commit| history.parents(*commit).iter().any(|parent| above.has(*parent));
    commits.iter().filter(|commit| !has_parent(commit)).copied().collect()
}

/// Returns the commits that one has and some others do not, ascending. Walks no further back than they differ.
pub fn between<H: History>(history: &H, without: &[Commit], end: Commit) -> Vec<Commit> {
    let mut is_without: HashMap<Commit, bool, RandomState> =
        without.iter().map(|commit| (*commit, true)).collect();
    is_without.entry(end).or_insert(false);
    let mut waiting: BinaryHeap<Commit> = is_without.keys().copied().collect();
    let mut open = is_without.values().filter(|without| !**without).count();
    let mut found = Vec::new();
    // The highest number first: whatever could take a commit out has been looked at before it.
    while open > 0
        && let Some(commit) = waiting.pop()
    {
        let takes_out = is_without.get(&commit).copied().unwrap_or(false);
        if !takes_out {
            open -= 1;
            found.push(commit);
        }
        for parent in history.parents(commit) {
            match is_without.get_mut(parent) {
                None => {
                    is_without.insert(*parent, takes_out);
                    waiting.push(*parent);
                    open += usize::from(!takes_out);
                }
                Some(known) if takes_out && !*known => {
                    *known = true;
                    open -= 1;
                }
                Some(_) => {}
            }
        }
    }
    found.reverse();
    found
}

/// Returns the best commits that two have in common: those that are an ancestor of no other such. Walks no further back
/// than to these, and to what lies between them.
pub fn merge_bases<H: History>(history: &H, one: Commit, other: Commit) -> Vec<Commit> {
    /// Who reaches a commit; and whether one that both reach does.
    type Reached = [bool; 3];
    let mut reached: HashMap<Commit, Reached, RandomState> = HashMap::default();
    let mut waiting: BinaryHeap<Commit> = BinaryHeap::new();
    let mut open = 0;
    let is_open = |marks: Reached| !marks[2];
    let mut mark = |commit: Commit, marks: Reached, waiting: &mut BinaryHeap<Commit>, open: &mut usize| {
        let own = reached.entry(commit).or_insert_with(|| {
            waiting.push(commit);
            *open += 1;
            [false; 3]
        });
        let was_open = is_open(*own);
        own.iter_mut().zip(marks).for_each(|(own, new)| *own |= new);
        *open -= usize::from(was_open && !is_open(*own));
        *own
    };
    mark(one, [true, false, false], &mut waiting, &mut open);
    mark(other, [false, true, false], &mut waiting, &mut open);
    let mut bases = Vec::new();
    // The highest number first: all that reach a commit have been looked at before it.
    while open > 0
        && let Some(commit) = waiting.pop()
    {
        let marks = mark(commit, [false; 3], &mut waiting, &mut open);
        open -= usize::from(is_open(marks));
        let is_common = marks[0] && marks[1];
        if is_common && is_open(marks) {
            bases.push(commit);
        }
        for parent in history.parents(commit) {
            mark(*parent, [marks[0], marks[1], marks[2] || is_common], &mut waiting, &mut open);
        }
    }
    bases
}

/// Returns the commits, up to one, that have one of some commits as an ancestor or are one.
pub(super) fn descendants<H: History>(
    history: &H,
    commits: &[Commit],
    floor: Commit,
    top: Commit,
) -> Ancestors {
    let length = (top.0 + 1).saturating_sub(floor.0) as usize;
    let mut marks = Ancestors { floor: floor.0, reached: vec![false; length] };
    for commit in commits {
        marks.mark(*commit);
    }
    for number in floor.0..=top.0 {
        if history.parents(Commit(number)).iter().any(|parent| marks.has(*parent)) {
            marks.mark(Commit(number));
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;
    use std::rc::Rc;

    use super::{Ancestors, between, descendants, maximal, merge_bases, minimal};
    use crate::model::{TaskId, TreeEntry};
    use crate::policy::history::{Commit, History, PersonKey};

    /// A graph alone.
    struct Graph(Vec<Vec<Commit>>);

    impl History for Graph {
        type Error = Infallible;
        fn parents(&self, commit: Commit) -> &[Commit] {
            &self.0[commit.0 as usize]
        }
        fn commits_of(&self, _: &TaskId) -> Result<Rc<[Commit]>, Infallible> {
            Ok(Rc::default())
        }
        fn tasks_of(&self, _: Commit) -> Result<Rc<[TaskId]>, Infallible> {
            Ok(Rc::default())
        }
        fn authors_of(&self, _: Commit) -> Result<Rc<[PersonKey]>, Infallible> {
            Ok(Rc::default())
        }
        fn merge_bases(&self, _: Commit, _: Commit) -> Result<Rc<[Commit]>, Infallible> {
            Ok(Rc::default())
        }
        fn changed(&self, _: Commit) -> Result<Rc<[String]>, Infallible> {
            Ok(Rc::default())
        }
        fn differences(&self, _: Option<Commit>, _: Commit) -> Result<Rc<[String]>, Infallible> {
            Ok(Rc::default())
        }
        fn entry(&self, _: Commit, _: &str) -> Result<TreeEntry, Infallible> {
            Ok(TreeEntry::Absent)
        }
        fn merge_blobs(&self, _: &str, _: &str, _: &str) -> Result<Option<String>, Infallible> {
            Ok(None)
        }
        fn commits_touching(&self, _: &str) -> Result<Rc<[Commit]>, Infallible> {
            Ok(Rc::default())
        }
    }

    impl Graph {
        fn random(rng: &mut fastrand::Rng) -> Self {
            let count = rng.u32(1..30);
            let parents = |rng: &mut fastrand::Rng, at: u32| {
                let count = if rng.u8(..4) == 0 { 2 } else { 1 };
                let some: BTreeSet<Commit> = (0..count)
                    .filter(|_| at > 0)
                    .map(|_| Commit(rng.u32(at.saturating_sub(6)..at)))
                    .collect();
                some.into_iter().collect()
            };
            Self((0..count).map(|at| parents(rng, at)).collect())
        }

        /// The slow way.
        fn ancestors(&self, commit: Commit) -> BTreeSet<Commit> {
            let mut all = BTreeSet::from([commit]);
            for parent in self.parents(commit) {
                all.extend(self.ancestors(*parent));
            }
            all
        }
    }

    #[test]
    fn passes_over_a_graph_find_what_the_slow_way_finds() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..300 {
            let graph = Graph::random(&mut rng);
            let count = u32::try_from(graph.0.len()).unwrap();
            let some: BTreeSet<Commit> = (0..rng.u32(1..5)).map(|_| Commit(rng.u32(..count))).collect();
            let some: Vec<Commit> = some.into_iter().collect();
            let (end, floor) = (Commit(rng.u32(..count)), Commit(rng.u32(..count)));
            let is_below = |old: &Commit, new: &Commit| old != new && graph.ancestors(*new).contains(old);
            let top: Vec<Commit> =
                some.iter().filter(|own| !some.iter().any(|new| is_below(own, new))).copied().collect();
            assert_eq!(maximal(&graph, &some), top);
            let first: Vec<Commit> =
                some.iter().filter(|own| !some.iter().any(|old| is_below(old, own))).copied().collect();
            assert_eq!(minimal(&graph, &some), first);
            let both: Vec<Commit> =
                graph.ancestors(end).intersection(&graph.ancestors(some[0])).copied().collect();
            let best = both.iter().rev().filter(|own| !both.iter().any(|new| is_below(own, new)));
            assert_eq!(merge_bases(&graph, end, some[0]), best.copied().collect::<Vec<_>>());
            let without: BTreeSet<Commit> = some.iter().flat_map(|own| graph.ancestors(*own)).collect();
            let more: Vec<Commit> = graph.ancestors(end).difference(&without).copied().collect();
            assert_eq!(between(&graph, &some, end), more);
            let reached: Vec<Commit> = without.iter().filter(|own| **own >= floor).copied().collect();
            assert_eq!(Ancestors::of(&graph, &some, floor).iter().collect::<Vec<_>>(), reached);
            let led: Vec<Commit> = (0..count)
                .map(Commit)
                .filter(|commit| some.iter().any(|own| graph.ancestors(*commit).contains(own)))
                .collect();
            let last = Commit(count - 1);
            assert_eq!(descendants(&graph, &some, some[0], last).iter().collect::<Vec<_>>(), led);
        }
    }
}
