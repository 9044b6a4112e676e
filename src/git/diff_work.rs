//! How much work a diff of two texts is, before it is done: whoever pushes chooses the texts, and some of a few
//! thousand lines take git's own histogram diff seconds, larger ones hours.

use std::collections::HashMap;

use gix::diff::blob::{InternedInput, Token};

/// Lines in a row that tell one place of a text from the others.
const PLACE: usize = 8;
/// The histogram looks at no more occurrences of a line.
const MOST_OCCURRENCES: u32 = 64;

/// A diff that takes more steps than are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuchWork;

/// The steps that diffs may take: hundreds of millions are a second. The same texts in the same order always fit or do
/// not, on any machine.
#[derive(Debug, Clone)]
pub struct DiffWork {
    /// Steps for which the roughest of estimates is enough, which costs next to nothing.
    rough: u64,
    of_one: u64,
    left: u64,
}

impl Default for DiffWork {
    fn default() -> Self {
        // Some seconds in all.
        Self { rough: 1_000_000_000, of_one: 2_000_000_000, left: 10_000_000_000 }
    }
}

impl DiffWork {
    /// Returns the share that one of N diffs has.
    #[must_use]
    pub fn share(diffs: usize) -> Self {
        let whole = Self::default();
        let share = |steps: u64| steps / (diffs as u64).max(1);
        Self { rough: share(whole.rough), of_one: share(whole.left).min(whole.of_one), left: whole.left }
    }

    /// Returns work without an end.
    pub(super) fn endless() -> Self {
        Self { rough: u64::MAX, of_one: u64::MAX, left: u64::MAX }
    }

    /// Takes the work of a diff, where that much is left.
    pub(super) fn take<T: std::hash::Hash + Eq>(
        &mut self,
        input: &InternedInput<T>,
    ) -> Result<(), TooMuchWork> {
        let texts = Texts::of(input);
        if let Some(left) = self.rough.checked_sub(texts.at_most()) {
            self.rough = left;
            return Ok(());
        }
        let work = texts.work();
        let left = self.left.checked_sub(work).filter(|_| work <= self.of_one);
        self.left = left.ok_or(TooMuchWork)?;
        Ok(())
    }
}

/// Two texts without what they begin and end with in common.
struct Texts<'t> {
    old: &'t [Token],
    new: &'t [Token],
    /// How often each line is in the old one.
    occurrences: Vec<u32>,
    /// Steps for one block that both have in common.
    of_one_block: u64,
}

impl<'t> Texts<'t> {
    fn of<T: std::hash::Hash + Eq>(input: &'t InternedInput<T>) -> Self {
        let (old, new) = apart(&input.before, &input.after);
        let mut occurrences = vec![0_u32; input.interner.num_tokens() as usize];
        old.iter().for_each(|line| occurrences[line.0 as usize] += 1);
        let compared = |line: &Token| u64::from(occurrences[line.0 as usize].min(MOST_OCCURRENCES));
        let of_one_block = (old.len() + new.len()) as u64 + new.iter().map(compared).sum::<u64>();
        Self { old, new, occurrences, of_one_block }
    }

    fn at_most(&self) -> u64 {
        self.of_one_block.saturating_mul(self.new.len().min(self.old.len()) as u64)
    }

    /// Returns about how many steps the histogram diff takes at most.
    ///
    /// It finds one common block at a time, and looks at all the lines that are left for each.
    fn work(&self) -> u64 {
        if self.old.is_empty() || self.new.is_empty() {
            return 0;
        }
        self.of_one_block.saturating_mul(self.blocks())
    }

    /// Counts blocks: the lines of the new text that are in the old one and do not go on where the line before them is
    /// there.
    fn blocks(&self) -> u64 {
        // What is there several times has no place.
        let mut places: HashMap<&[Token], Option<usize>> = HashMap::new();
        for (at, lines) in self.old.windows(PLACE).enumerate() {
            places.entry(lines).and_modify(|place| *place = None).or_insert(Some(at));
        }
        let (mut blocks, mut expected) = (1, None);
        for (at, line) in self.new.iter().enumerate() {
            let place = self.new.get(at..at + PLACE).and_then(|lines| places.get(lines).copied().flatten());
            let is_known = self.occurrences[line.0 as usize] > 0;
            blocks += u64::from(is_known && (place.is_none() || place != expected));
            expected = place.map(|place| place + 1);
        }
        blocks
    }
}

fn apart<'t>(old: &'t [Token], new: &'t [Token]) -> (&'t [Token], &'t [Token]) {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    (&old[..old.len() - end], &new[..new.len() - end])
}

#[cfg(test)]
mod tests {
    use gix::diff::blob::InternedInput;

    use super::{DiffWork, Texts, TooMuchWork};

    fn input<'t>(old: &'t str, new: &'t str) -> InternedInput<&'t str> {
        InternedInput::new(old, new)
    }

    fn of(old: &[String], new: &[String]) -> u64 {
        Texts::of(&input(&old.join("\n"), &new.join("\n"))).work()
    }

    #[test]
    fn large_texts_with_changes_far_apart_are_little_work() {
        let old: Vec<String> = (0..200_000).map(|line| format!("line {line}")).collect();
        let mut new = old.clone();
        for at in [0, 100_000, 199_999] {
            "changed".clone_into(&mut new[at]);
        }
        new.splice(50_000..50_000, (0..1000).map(|line| format!("new {line}")));
        let work = of(&old, &new);
        assert!(work < 50_000_000, "{work}");
        assert_eq!(of(&old, &old), 0);
    }

    #[test]
    fn texts_that_are_made_to_be_hard_are_much_work() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut random =
            |kinds: u32| -> Vec<String> { (0..100_000).map(|_| rng.u32(..kinds).to_string()).collect() };
        // Two lines again and again, some lines of a few dozen occurrences, and lines that change places in pairs.
        let repeated = (random(2), random(2));
        let seldom = (random(2500), random(2500));
        let once: Vec<String> = (0..100_000).map(|line| line.to_string()).collect();
        let swapped = once.chunks(2).flat_map(|pair| pair.iter().rev().cloned()).collect();
        for (old, new) in [repeated, seldom, (once, swapped)] {
            let work = of(&old, &new);
            assert!(work > 10_000_000_000, "{work}");
        }
    }

    #[test]
    fn work_comes_to_an_end() {
        let old: String = (0..2000).map(|line| format!("{}\n", line % 7)).collect();
        let new: String = (0..2000).map(|line| format!("{}\n", line % 5)).collect();
        let input = input(&old, &new);
        let mut work = DiffWork::default();
        let fits = (0..1000).take_while(|_| work.take(&input).is_ok()).count();
        assert!((2..200).contains(&fits), "{fits}");
        assert_eq!(DiffWork::share(1000).take(&input), Err(TooMuchWork));
        assert_eq!(DiffWork::endless().take(&input), Ok(()));
    }
}
