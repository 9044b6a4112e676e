//! Fuzzing on a stable compiler, bounded by time: `cargo test --release --test fuzz -- reader 180` or
//! `… -- splicer 180`, with a seed as an optional third argument. Any other arguments do nothing, so that a plain
//! `cargo test` is not slowed. What fails is printed with its seed and input.

#![expect(clippy::disallowed_methods, reason = "reads its arguments")]
#![expect(clippy::unwrap_used, reason = "the runner's own failures are panics")]

mod corpus;
mod mutate;
mod reader;
mod splicer;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use corpus::Corpus;

/// One case: draws an input, tries it, and says what it drew and what is wrong, if anything.
type Case = fn(&Corpus, &mut fastrand::Rng, &mut Tally) -> Result<(), String>;

/// What the cases so far came to.
#[derive(Debug, Default)]
struct Tally {
    /// The input of the case at hand, for the report of a failure.
    input: Vec<u8>,
    /// Cases by outcome.
    counts: std::collections::BTreeMap<String, u64>,
}

impl Tally {
    fn count(&mut self, outcome: &str) {
        *self.counts.entry(outcome.to_owned()).or_default() += 1;
    }
}

/// Longest time one case may take: far more than any does, far less than a quadratic one would.
const SLOWEST: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let case: Case = match args.first().map(String::as_str) {
        Some("reader") => reader::case,
        Some("splicer") => splicer::case,
        _ => return ExitCode::SUCCESS,
    };
    let Some(seconds) = args.get(1).and_then(|seconds| seconds.parse().ok()) else {
        return ExitCode::SUCCESS;
    };
    let first = args.get(2).and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    run(case, Duration::from_secs(seconds), first)
}

#[expect(clippy::disallowed_methods, reason = "a time-bounded runner needs the time")]
fn run(case: Case, time: Duration, first: u64) -> ExitCode {
    let corpus = Corpus::load();
    let mut tally = Tally::default();
    let (begun, mut slowest) = (Instant::now(), (Duration::ZERO, first));
    let mut seed = first;
    while begun.elapsed() < time {
        let mut rng = fastrand::Rng::with_seed(seed);
        let case_begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| case(&corpus, &mut rng, &mut tally)));
        let took = case_begun.elapsed();
        slowest = slowest.max((took, seed));
        let wrong = match outcome {
            Ok(Ok(())) if took <= SLOWEST => None,
            Ok(Ok(())) => Some(format!("took {took:?}")),
            Ok(Err(wrong)) => Some(wrong),
            Err(_) => Some("panicked".to_owned()),
        };
        if let Some(wrong) = wrong {
            println!("seed {seed}: {wrong}\ninput: {:?}", String::from_utf8_lossy(&tally.input));
            return ExitCode::FAILURE;
        }
        seed = seed.wrapping_add(1);
    }
    let cases = seed.wrapping_sub(first);
    println!(
        "{cases} cases from seed {first}; slowest {:?} (seed {}); {:?}",
        slowest.0, slowest.1, tally.counts
    );
    ExitCode::SUCCESS
}
