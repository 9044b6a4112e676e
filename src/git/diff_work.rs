//! How much work a diff of two texts is, before it is done: whoever pushes chooses the texts, and some of a few
//! thousand lines take git's own histogram diff seconds, larger ones hours.

use gix::diff::blob::{InternedInput, Token};

/// The histogram looks at no more occurrences of a line; lines that are there as often make no block by themselves.
const MOST_OCCURRENCES: usize = 64;

/// A diff that takes more steps than are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuchWork;

/// The steps that diffs may take: some hundred millions are a second. The same texts in the same order always fit or do
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
        Self { rough: 1_000_000_000, of_one: 100_000_000, left: 500_000_000 }
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
        let most = self.of_one.min(self.left);
        let work = texts.work(most);
        // To find out that it is too much takes as long.
        self.left -= work.unwrap_or(most);
        work.map(drop).ok_or(TooMuchWork)
    }
}

/// Two texts without what they begin and end with in common.
struct Texts<'t> {
    old: &'t [Token],
    new: &'t [Token],
    /// How many different lines there are.
    kinds: u32,
    /// Most steps for one block that both have in common.
    of_one_block: u64,
}

impl<'t> Texts<'t> {
    fn of<T: std::hash::Hash + Eq>(input: &'t InternedInput<T>) -> Self {
        let (old, new) = apart(&input.before, &input.after);
        let kinds = input.interner.num_tokens();
        let mut occurrences = vec![0_usize; kinds as usize];
        old.iter().for_each(|line| occurrences[line.0 as usize] += 1);
        let compared = |line: &Token| occurrences[line.0 as usize].min(MOST_OCCURRENCES) as u64;
        let of_one_block = (old.len() + new.len()) as u64 + new.iter().map(compared).sum::<u64>();
        Self { old, new, kinds, of_one_block }
    }

    fn at_most(&self) -> u64 {
        self.of_one_block.saturating_mul(self.new.len().min(self.old.len()) as u64)
    }

    /// Returns how many steps the histogram diff takes; none where these are more than some.
    fn work(&self, most: u64) -> Option<u64> {
        let mut search = Search::new(self.kinds, most);
        search.run((self.old, self.new)).then(|| most - search.left)
    }
}

/// The histogram's search for common blocks, of which only the steps are counted: it finds one block at a time, by the
/// line of it that is there the fewest times, and goes on before and after it. The texts decide whether that splits them
/// in two each time or takes a line off their end.
struct Search {
    left: u64,
    /// Where each line is in the old text, as far as these are looked at.
    places: Vec<Vec<u32>>,
}

/// What was found of two parts.
enum Found {
    Nothing,
    Block {
        old_at: usize,
        new_at: usize,
        length: usize,
    },
    /// Only lines that are there very often.
    OnlyFrequent,
    TooMuchWork,
}

/// A part of both texts.
type Part<'t> = (&'t [Token], &'t [Token]);

impl Search {
    fn new(kinds: u32, left: u64) -> Self {
        Self { left, places: vec![Vec::new(); kinds as usize] }
    }

    /// Returns whether there are as many steps left as it takes.
    fn run(&mut self, whole: Part<'_>) -> bool {
        let mut waiting = vec![whole];
        while let Some((old, new)) = waiting.pop() {
            if old.is_empty() || new.is_empty() {
                continue;
            }
            let Some(left) = self.left.checked_sub((old.len() + new.len()) as u64) else { return false };
            self.left = left;
            let found = self.block((old, new));
            old.iter().for_each(|line| self.places[line.0 as usize].clear());
            match found {
                Found::Nothing => {}
                Found::Block { old_at, new_at, length } => {
                    waiting.push((&old[..old_at], &new[..new_at]));
                    waiting.push((&old[old_at + length..], &new[new_at + length..]));
                }
                // The rest is left to Myers' diff, which gives up at a cost that grows with the root of the lines.
                Found::OnlyFrequent => {
                    let lines = (old.len() + new.len()) as u64;
                    let cost = lines.isqrt().max(256).saturating_mul(lines);
                    let Some(left) = self.left.checked_sub(cost) else { return false };
                    self.left = left;
                }
                Found::TooMuchWork => return false,
            }
        }
        true
    }

    fn block(&mut self, (old, new): Part<'_>) -> Found {
        for (at, line) in (0..).zip(old) {
            let places = &mut self.places[line.0 as usize];
            if places.len() < MOST_OCCURRENCES {
                places.push(at);
            }
        }
        let (mut best, mut fewest, mut is_any, mut at) = (None, MOST_OCCURRENCES, false, 0);
        while let Some(line) = new.get(at) {
            let places = &self.places[line.0 as usize];
            is_any |= !places.is_empty();
            if places.is_empty() || places.len() > fewest {
                at += 1;
                continue;
            }
            let (mut next, mut covered) = (at + 1, 0);
            for place in places.iter().map(|place| *place as usize) {
                if place < covered {
                    continue;
                }
                let before = common_end(&old[..place], &new[..at]);
                let after = common_start(&old[place..], &new[at..]);
                let (start, length) = (place - before, before + after);
                let Some(left) = self.left.checked_sub(length as u64 + 1) else { return Found::TooMuchWork };
                self.left = left;
                let rarest = old[start..place + after].iter().map(|line| self.places[line.0 as usize].len());
                let rarest = rarest.min().unwrap_or(places.len());
                let longest = best.map_or(0, |(_, _, length)| length);
                if longest < length || fewest > rarest {
                    (best, fewest) = (Some((start, at - before, length)), rarest);
                }
                next = next.max(at + after);
                covered = at + after + 1;
            }
            at = next;
        }
        match best {
            _ if !is_any => Found::Nothing,
            Some((old_at, new_at, length)) if fewest < MOST_OCCURRENCES => {
                Found::Block { old_at, new_at, length }
            }
            _ => Found::OnlyFrequent,
        }
    }
}

fn apart<'t>(old: &'t [Token], new: &'t [Token]) -> (&'t [Token], &'t [Token]) {
    let start = common_start(old, new);
    let (old, new) = (&old[start..], &new[start..]);
    let end = common_end(old, new);
    (&old[..old.len() - end], &new[..new.len() - end])
}

/// Returns how many lines two texts begin with in common.
fn common_start(old: &[Token], new: &[Token]) -> usize {
    let most = old.len().min(new.len());
    let mut at = 0;
    while at < most && old[at] == new[at] {
        at += 1;
    }
    at
}

/// Returns how many lines two texts end with in common.
fn common_end(old: &[Token], new: &[Token]) -> usize {
    let most = old.len().min(new.len());
    let mut at = 0;
    while at < most && old[old.len() - 1 - at] == new[new.len() - 1 - at] {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use gix::diff::blob::InternedInput;

    use super::{DiffWork, Texts, TooMuchWork};

    fn input<'t>(old: &'t str, new: &'t str) -> InternedInput<&'t str> {
        InternedInput::new(old, new)
    }

    /// Returns the steps; none where these are more than some.
    fn of(old: &[String], new: &[String], most: u64) -> Option<u64> {
        Texts::of(&input(&old.join("\n"), &new.join("\n"))).work(most)
    }

    #[test]
    fn large_texts_with_changes_far_apart_are_little_work() {
        let old: Vec<String> = (0..200_000).map(|line| format!("line {line}")).collect();
        let mut new = old.clone();
        for at in [0, 100_000, 199_999] {
            "changed".clone_into(&mut new[at]);
        }
        new.splice(50_000..50_000, (0..1000).map(|line| format!("new {line}")));
        assert!(of(&old, &new, 2_000_000).is_some());
        assert_eq!(of(&old, &old, 0), Some(0));
    }

    #[test]
    fn texts_of_few_lines_again_and_again_are_little_work() {
        for kinds in [1, 7, 60, 1000] {
            let old: Vec<String> = (0..30_000).map(|line| format!("line {}", line * 7919 % kinds)).collect();
            let mut new = old.clone();
            for at in [1, 15_000, 29_998] {
                "changed".clone_into(&mut new[at]);
            }
            let work = of(&old, &new, 20_000_000);
            assert!(work.is_some(), "{kinds}");
        }
    }

    #[test]
    fn texts_that_are_made_to_be_hard_are_much_work() {
        // Lines that change places in pairs: each block is one line, found at the end of all that is left.
        let once: Vec<String> = (0..10_000).map(|line| line.to_string()).collect();
        let swapped: Vec<String> = once.chunks(2).flat_map(|pair| pair.iter().rev().cloned()).collect();
        assert_eq!(of(&once, &swapped, 20_000_000), None);
        // Two lines in no order: what is left to the other diff counts as well.
        let mut rng = fastrand::Rng::with_seed(1);
        let mut random = || -> Vec<String> { (0..20_000).map(|_| rng.u8(..2).to_string()).collect() };
        assert_eq!(of(&random(), &random(), 5_000_000), None);
    }

    #[test]
    fn work_comes_to_an_end() {
        let old: String = (0..2000).map(|line| format!("{}\n", line % 7)).collect();
        let new: String = (0..2000).map(|line| format!("{}\n", line % 5)).collect();
        let input = input(&old, &new);
        let mut work = DiffWork::default();
        let fits = (0..5000).take_while(|_| work.take(&input).is_ok()).count();
        assert!((100..4000).contains(&fits), "{fits}");
        assert_eq!(DiffWork::share(2000).take(&input), Err(TooMuchWork));
        assert_eq!(DiffWork::endless().take(&input), Ok(()));
    }
}
