//! Takes turns: each round runs every racer once, so that what slows the machine slows all of them.

use std::time::Duration;

use super::Run;
use crate::Result;

/// Something that is run again and again; what it does before it starts the watch is not counted.
pub(crate) type Racer<'a> = Box<dyn FnMut() -> Result<Run> + 'a>;

/// What the rounds of one racer took: milliseconds, by round.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    walls: Vec<f64>,
    cpus: Vec<f64>,
    peak: u64,
}

impl Samples {
    /// Returns the middle one, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        median_of(&self.walls)
    }

    /// Returns the shortest, in milliseconds.
    pub(crate) fn min(&self) -> f64 {
        self.walls.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Returns the middle one of the processors' time, in milliseconds.
    pub(crate) fn cpu(&self) -> f64 {
        median_of(&self.cpus)
    }

    /// Returns the most memory that any round had at once, in megabytes.
    pub(crate) fn peak(&self) -> f64 {
        self.peak as f64 / 1e6
    }

    /// Returns what each round took longer than the same round of `floor`.
    pub(crate) fn beyond(&self, floor: &Self) -> Self {
        let beyond =
            |own: &[f64], floor: &[f64]| own.iter().zip(floor).map(|(own, floor)| own - floor).collect();
        Self {
            walls: beyond(&self.walls, &floor.walls),
            cpus: beyond(&self.cpus, &floor.cpus),
            peak: self.peak,
        }
    }

    fn add(&mut self, run: Run) {
        self.walls.push(milliseconds(run.wall));
        self.cpus.push(milliseconds(run.cpu));
        self.peak = self.peak.max(run.peak);
    }
}

/// Runs the racers in turn, each round beginning with another, after one round that is not counted.
pub(crate) fn race<const N: usize>(rounds: usize, mut racers: [Racer<'_>; N]) -> Result<[Samples; N]> {
    let mut samples = [(); N].map(|()| Samples::default());
    for round in 0..=rounds {
        for turn in 0..N {
            let at = (round + turn) % N;
            let run = racers[at]()?;
            if round > 0 {
                samples[at].add(run);
            }
        }
    }
    Ok(samples)
}

/// Returns the middle one.
fn median_of(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
