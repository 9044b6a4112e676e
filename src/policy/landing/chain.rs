//! Chains: whether approved changes, each used once, lead from one content to another.

use std::collections::HashSet;

use crate::model::TreeEntry;

/// From this many dead ends on, a search is given up. Changes that fit end to end make none, however many they are.
const MOST_COMBINATIONS: usize = 64;

/// An approved change of one task, or of several that fit end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) tasks: TaskSet,
    pub(super) from: TreeEntry,
    pub(super) to: TreeEntry,
}

impl Link {
    /// Whether it leads on from a content to which links of some tasks have led.
    fn begins_with(&self, entry: &TreeEntry, used: &TaskSet) -> bool {
        self.from == *entry && !self.tasks.meets(used)
    }
}

/// Some of a path's tasks, by their places among them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct TaskSet(Vec<u64>);

impl TaskSet {
    pub(super) fn one(task: usize) -> Self {
        let mut set = Self::default();
        set.insert(task);
        set
    }

    pub(super) fn insert(&mut self, task: usize) {
        let word = task / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (task % 64);
    }

    fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.0.resize(all.0.len().max(other.0.len()), 0);
        for (word, more) in all.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
        all
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn has_all(&self, other: &Self) -> bool {
        let word = |at: usize| self.0.get(at).copied().unwrap_or(0);
        other.0.iter().enumerate().all(|(at, more)| word(at) & more == *more)
    }
}

/// What a search came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Found,
    NotFound,
    GivenUp,
}

/// The clean merge of two sides over the first.
type Merge<'m, E> = dyn FnMut(&TreeEntry, &TreeEntry, &TreeEntry) -> Result<Option<TreeEntry>, E> + 'm;

/// Looks for a chain from one content to another that uses links of every task in `must`.
///
/// A link is used where the chain has come to its `from`; or, where no links that are still unused lead from there to
/// its `from`, as the clean merge of its change with what the chain has come to.
pub(super) fn search<E>(
    start: &TreeEntry,
    goal: &TreeEntry,
    links: &[Link],
    must: &TaskSet,
    merge: &mut Merge<'_, E>,
) -> Result<Outcome, E> {
    let mut search = Search { goal, links: links.to_vec(), must, merge, seen: HashSet::new(), dead_ends: 0 };
    let outcome = search.from(start.clone())?;
    if outcome != Outcome::NotFound {
        return Ok(outcome);
    }
    // Changes that conflict one by one may merge as one change.
    let is_complete = search.join_ends();
    search.seen.clear();
    let outcome = search.from(start.clone())?;
    Ok(if outcome == Outcome::NotFound && !is_complete { Outcome::GivenUp } else { outcome })
}

type State = (TreeEntry, TaskSet);

struct Search<'s, E> {
    goal: &'s TreeEntry,
    links: Vec<Link>,
    must: &'s TaskSet,
    merge: &'s mut Merge<'s, E>,
    seen: HashSet<State>,
    dead_ends: usize,
}

/// A state on the way, with where to go from there: to where links lead that begin with what the chain has come to, then
/// to merges with the others, the first link first. A text is merged only when all that comes before has led nowhere.
struct Step {
    state: State,
    tries_merges: bool,
    /// The link that is tried next.
    next: usize,
}

impl<E> Search<'_, E> {
    fn from(&mut self, start: TreeEntry) -> Result<Outcome, E> {
        let mut way: Vec<Step> = Vec::new();
        let mut entering = Some((start, TaskSet::default()));
        loop {
            if let Some(state) = entering.take()
                && self.seen.insert(state.clone())
            {
                if state.0 == *self.goal && state.1.has_all(self.must) {
                    return Ok(Outcome::Found);
                }
                way.push(Step { state, tries_merges: false, next: 0 });
            }
            let Some(last) = way.last_mut() else { return Ok(Outcome::NotFound) };
            entering = self.next(last)?;
            if entering.is_none() {
                way.pop();
                self.dead_ends += 1;
                if self.dead_ends > MOST_COMBINATIONS {
                    return Ok(Outcome::GivenUp);
                }
            }
        }
    }

    /// Returns where to go next.
    fn next(&mut self, step: &mut Step) -> Result<Option<State>, E> {
        let (entry, used) = &step.state;
        if !step.tries_merges {
            let fits = |link: &Link| link.begins_with(entry, used);
            if let Some(at) = self.links[step.next..].iter().position(fits) {
                let link = &self.links[step.next + at];
                step.next += at + 1;
                return Ok(Some((link.to.clone(), used.with(&link.tasks))));
            }
            (step.tries_merges, step.next) = (true, 0);
        }
        while let Some(link) = self.links.get(step.next) {
            step.next += 1;
            if link.from == *entry || link.tasks.meets(used) {
                continue;
            }
            let taken = used.with(&link.tasks);
            if self.leads(entry, &link.from, &taken) {
                continue;
            }
            if let Some(merged) = (self.merge)(&link.from, &link.to, entry)? {
                return Ok(Some((merged, taken)));
            }
        }
        Ok(None)
    }

    /// Returns whether links that are not used yet lead, end to end, from one content to another.
    fn leads(&self, from: &TreeEntry, to: &TreeEntry, used: &TaskSet) -> bool {
        let mut seen: HashSet<State> = HashSet::new();
        let mut waiting = vec![(from.clone(), used.clone())];
        while let Some(state) = waiting.pop() {
            for link in self.links.iter().filter(|link| link.begins_with(&state.0, &state.1)) {
                if link.to == *to {
                    return true;
                }
                let next = (link.to.clone(), state.1.with(&link.tasks));
                if seen.len() < MOST_COMBINATIONS * self.links.len() && seen.insert(next.clone()) {
                    waiting.push(next);
                }
            }
        }
        false
    }

    /// Adds what links make that fit end to end. Returns no where these are too many.
    fn join_ends(&mut self) -> bool {
        let single = self.links.len();
        let mut at = 0;
        while at < self.links.len() {
            for then in 0..single {
                let (first, second) = (&self.links[at], &self.links[then]);
                if first.to != second.from || first.tasks.meets(&second.tasks) {
                    continue;
                }
                let joined = Link {
                    tasks: first.tasks.with(&second.tasks),
                    from: first.from.clone(),
                    to: second.to.clone(),
                };
                if self.links.contains(&joined) {
                    continue;
                }
                if self.links.len() >= single + MOST_COMBINATIONS {
                    return false;
                }
                self.links.push(joined);
            }
            at += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::{Link, Outcome, TaskSet, search};
    use crate::model::TreeEntry;

    /// A content is a set of letters; each side adds and takes away.
    fn entry(letters: &str) -> TreeEntry {
        let mut letters: Vec<char> = letters.chars().collect();
        letters.sort_unstable();
        letters.dedup();
        TreeEntry::File { mode: 0o100_644, blob: letters.into_iter().collect() }
    }

    fn letters(entry: &TreeEntry) -> &str {
        match entry {
            TreeEntry::File { blob, .. } => blob,
            TreeEntry::Absent => "",
        }
    }

    /// Sides conflict where one takes away what the other keeps by a `!`.
    fn merge(base: &TreeEntry, one: &TreeEntry, other: &TreeEntry) -> Option<TreeEntry> {
        let (base, one, other) = (letters(base), letters(one), letters(other));
        if one.contains('!') != base.contains('!') && other != base {
            return None;
        }
        let stays = |letter: &char| {
            let had = base.contains(*letter);
            (one.contains(*letter) != had) ^ (other.contains(*letter) != had) ^ had
                || one.contains(*letter) && other.contains(*letter)
        };
        let all: String = [base, one, other].concat();
        Some(entry(&all.chars().filter(stays).collect::<String>()))
    }

    fn link(task: usize, from: &str, to: &str) -> Link {
        Link { tasks: TaskSet::one(task), from: entry(from), to: entry(to) }
    }

    fn found(start: &str, goal: &str, links: &[Link], must: &[usize]) -> Outcome {
        let mut all = TaskSet::default();
        must.iter().for_each(|task| all.insert(*task));
        let mut merges = |base: &TreeEntry, one: &TreeEntry, other: &TreeEntry| {
            Ok::<_, Infallible>(merge(base, one, other))
        };
        let Ok(outcome) = search(&entry(start), &entry(goal), links, &all, &mut merges);
        outcome
    }

    #[test]
    fn chains_lead_end_to_end_and_by_merges() {
        let (a, b, ab) = (|| link(0, "", "a"), || link(1, "", "b"), || link(1, "a", "ab"));
        for (start, goal, links, must) in [
            ("", "", &[][..], &[][..]),
            ("", "a", &[a()], &[0]),
            ("", "ab", &[a(), ab()], &[0, 1]),
            ("", "ab", &[ab(), a()], &[0, 1]),
            ("", "ab", &[a(), b()], &[0, 1]),
            ("x", "abx", &[a(), ab()], &[0, 1]),
            ("x", "abx", &[b(), a()], &[]),
            // There and back.
            ("", "", &[a(), link(1, "a", "")], &[0, 1]),
        ] {
            assert_eq!(found(start, goal, links, must), Outcome::Found, "{start} {goal} {links:?}");
        }
    }

    #[test]
    fn links_are_used_once_and_build_on_what_leads_to_them() {
        let (a, ab, back) = (|| link(0, "", "a"), || link(1, "a", "ab"), || link(0, "ab", "b"));
        for (start, goal, links, must) in [
            ("", "a", &[][..], &[][..]),
            // The second task's change was approved on top of the first's.
            ("", "b", &[a(), ab()], &[]),
            // A task has two approved changes, of which a chain takes one.
            ("", "b", &[a(), ab(), back()], &[]),
            // What must arrive does not.
            ("", "a", &[a(), ab()], &[0, 1]),
            ("", "", &[a()], &[0]),
        ] {
            assert_eq!(found(start, goal, links, must), Outcome::NotFound, "{start} {goal} {links:?}");
        }
    }

    #[test]
    fn changes_that_conflict_one_by_one_merge_as_one() {
        let links = [link(0, "", "!"), link(1, "!", "a")];
        assert_eq!(found("x", "ax", &links, &[0, 1]), Outcome::Found);
    }

    #[test]
    fn hundreds_of_tasks_in_line_are_one_combination() {
        let state = |number: usize| {
            format!("{number:04}")
                .bytes()
                .enumerate()
                .map(|(at, digit)| {
                    char::from_u32(0x100 + u32::from(digit) + 16 * u32::try_from(at).unwrap()).unwrap()
                })
                .collect::<String>()
        };
        let links: Vec<Link> = (0..300).map(|at| link(at, &state(at), &state(at + 1))).rev().collect();
        let all: Vec<usize> = (0..300).collect();
        assert_eq!(found(&state(0), &state(300), &links, &all), Outcome::Found);
    }

    #[test]
    fn a_search_is_given_up() {
        let letters = "abcdefghijkl";
        let links: Vec<Link> =
            letters.chars().enumerate().map(|(task, letter)| link(task, "", &letter.to_string())).collect();
        assert_eq!(found("", letters, &links, &[]), Outcome::Found);
        assert_eq!(found("", "z", &links, &[]), Outcome::GivenUp);
    }
}
