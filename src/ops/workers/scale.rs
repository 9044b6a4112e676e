//! How many workers of a type a fleet has: one more while all of them are at work and commits wait, one less once the last has
//! had nothing to do for a while.

use std::time::Duration;

/// How many workers of each type there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerCount {
    /// There are always this many.
    pub least: usize,
    /// And never more than this.
    pub most: usize,
}

impl Default for WorkerCount {
    fn default() -> Self {
        Self { least: 1, most: 1 }
    }
}

impl WorkerCount {
    /// The most workers of a type.
    const MOST: usize = 16;

    /// Reads `2` or `1..4`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let count = Self { least: least.parse().ok()?, most: most.parse().ok()? };
        (1 <= count.least && count.least <= count.most && count.most <= Self::MOST).then_some(count)
    }

    /// Whether the number changes with what there is to do.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        self.least == self.most
    }
}

impl WorkerCount {
    /// Returns the names of the workers that a fleet begins with, by their types.
    pub(super) fn names_of(self, kinds: &[String]) -> Vec<String> {
        let mut names = kinds.to_vec();
        for kind in kinds {
            for _ in 1..self.least {
                let name = next_name(kind, |name| names.iter().any(|own| own == name));
                names.push(name);
            }
        }
        names
    }
}

/// Returns the name of another worker of a type that nobody has.
pub(super) fn next_name(kind: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut names = (2_u32..).map(|number| format!("{kind}-{number}"));
    names.find(|name| !is_taken(name)).expect("there are more numbers than workers")
}

/// What the workers of a type have to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// How many there are.
    pub(super) running: usize,
    /// How many of them make a round.
    pub(super) busy: usize,
    /// How many commits wait that none of them looks at.
    pub(super) waiting: usize,
    /// For how long the last that was added has had nothing to do; none where it has.
    pub(super) idle: Option<Duration>,
}

/// A worker that has had nothing to do for so long goes, if there are more than there have to be.
const LONG_IDLE: Duration = Duration::from_secs(60);

impl Load {
    /// Whether there is one worker too few.
    fn needs_more(&self, count: WorkerCount) -> bool {
        self.running < count.most && self.busy == self.running && self.waiting > 0
    }

    /// Whether the last is one too many.
    pub(super) fn has_too_many(&self, count: WorkerCount) -> bool {
        self.running > count.least && self.idle.is_some_and(|idle| idle >= LONG_IDLE)
    }
}

/// Returns the type that gets another worker, by its place: of those that need one, the one for which most waits.
pub(super) fn most_urgent(loads: &[Load], count: WorkerCount) -> Option<usize> {
    let needy = loads.iter().enumerate().filter(|(_, load)| load.needs_more(count));
    // Of equals the first: the others come in the next look.
    needy.max_by_key(|(at, load)| (load.waiting, std::cmp::Reverse(*at))).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_number_or_a_range() {
        let read = |text| WorkerCount::parse(text).map(|count| (count.least, count.most));
        assert_eq!([read("2"), read("1..4"), read("16..16")], [Some((2, 2)), Some((1, 4)), Some((16, 16))]);
        for none in ["", "0", "0..2", "4..1", "1..17", "1..", "..4", "1-4", "-1", "1..2..3", "x"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn each_worker_has_a_name_of_its_own() {
        let kinds = ["qa", "qa-2", "rules"].map(str::to_owned);
        assert_eq!(WorkerCount::default().names_of(&kinds), kinds);
        let two = WorkerCount { least: 2, most: 4 };
        assert_eq!(two.names_of(&kinds)[3..], ["qa-3", "qa-2-2", "rules-2"]);
    }

    #[test]
    fn the_type_for_which_most_waits_grows_first_and_only_where_all_are_at_work() {
        let count = WorkerCount { least: 1, most: 3 };
        let load = |running, busy, waiting| Load { running, busy, waiting, idle: None };
        assert_eq!(most_urgent(&[load(1, 1, 1), load(1, 1, 5), load(2, 2, 5)], count), Some(1));
        assert_eq!(most_urgent(&[load(2, 1, 9), load(3, 3, 9), load(1, 1, 0)], count), None);
    }

    #[test]
    fn a_worker_without_work_goes_after_a_while_and_the_least_stay() {
        let count = WorkerCount { least: 1, most: 3 };
        let load =
            |running, seconds| Load { running, idle: Some(Duration::from_secs(seconds)), ..Load::default() };
        let gone = [load(2, 60), load(2, 59), load(1, 999)].map(|load| load.has_too_many(count));
        assert_eq!(gone, [true, false, false]);
        assert!(!Load { running: 3, idle: None, ..Load::default() }.has_too_many(count));
    }
}
