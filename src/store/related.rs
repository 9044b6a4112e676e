//! Which tasks have something in common, found once for all callers: the parts of a task, and the tasks that name a
//! file.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::model::Summary;

/// Tasks by words that they name. Words can have the same hash: the caller compares them.
#[derive(Debug, Default)]
pub(super) struct ByWord(Vec<(u64, usize)>);

impl ByWord {
    /// Notes down the words of all tasks, each with its place.
    pub(super) fn of<'t>(
        tasks: impl Iterator<Item = (usize, Summary<'t>)>,
        words: impl Fn(&Summary<'t>, &mut dyn FnMut(&str)),
    ) -> Self {
        let mut places = Vec::new();
        for (at, task) in tasks {
            words(&task, &mut |word| places.push((hash(word), at)));
        }
        places.sort_unstable();
        Self(places)
    }

    /// Returns the places of the tasks that may name a word, in order.
    pub(super) fn places(&self, word: &str) -> impl Iterator<Item = usize> {
        let hash = hash(word);
        let from = self.0.partition_point(|(other, _)| *other < hash);
        self.0[from..].iter().take_while(move |(other, _)| *other == hash).map(|(_, at)| *at)
    }
}

fn hash(word: &str) -> u64 {
    FixedState::default().hash_one(word)
}
