//! Takes turns: each round runs every runner once, so that what slows the machine slows all of them.

use std::time::Duration;

use crate::Result;

/// Something that is run again and again, and says how long it took.
pub(crate) type Runner<'a> = Box<dyn FnMut() -> Result<Duration> + 'a>;

/// How long the rounds of one runner took.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// In milliseconds, by round.
    pub(crate) walls: Vec<f64>,
}

impl Samples {
    /// Returns the middle one, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        median_of(self.walls.clone())
    }
}

/// Runs the runners in turn, each round beginning with another, after one round that is not counted.
pub(crate) fn rounds<const N: usize>(count: usize, mut runners: [Runner<'_>; N]) -> Result<[Samples; N]> {
    let mut samples = [const { Samples { walls: Vec::new() } }; N];
    for round in 0..=count {
        for turn in 0..N {
            let at = (round + turn) % N;
            let wall = runners[at]()?.as_secs_f64() * 1000.0;
            if round > 0 {
                samples[at].walls.push(wall);
            }
        }
    }
    Ok(samples)
}

/// Returns the middle one.
pub(crate) fn median_of(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
