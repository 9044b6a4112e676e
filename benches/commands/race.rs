//! Takes turns: each round runs every racer once, so that what slows the machine slows all of them.

use std::time::Duration;

use crate::Result;
use crate::process::Run;

/// Something that is run again and again; what it does before it starts the watch is not counted.
pub(crate) type Racer<'a> = Box<dyn FnMut() -> Result<Run> + 'a>;

/// What the rounds of one racer cost.
#[derive(Debug)]
pub(crate) struct Samples {
    /// Sorted.
    walls: Vec<Duration>,
    /// Sorted.
    cpus: Vec<Duration>,
    peak: u64,
}

impl Samples {
    /// Returns the middle one, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        milliseconds(self.walls[self.walls.len() / 2])
    }

    /// Returns the shortest, in milliseconds.
    pub(crate) fn min(&self) -> f64 {
        milliseconds(self.walls[0])
    }

    /// Returns the middle one of the processors' time, in milliseconds.
    pub(crate) fn cpu(&self) -> f64 {
        milliseconds(self.cpus[self.cpus.len() / 2])
    }

    /// Returns the most memory that any round had at once, in megabytes.
    pub(crate) fn peak(&self) -> f64 {
        self.peak as f64 / 1e6
    }
}

/// Runs the racers in turn, after one round that is not counted.
pub(crate) fn race<const N: usize>(rounds: usize, mut racers: [Racer<'_>; N]) -> Result<[Samples; N]> {
    let mut samples = [const { Samples { walls: Vec::new(), cpus: Vec::new(), peak: 0 } }; N];
    for round in 0..=rounds {
        for (racer, samples) in racers.iter_mut().zip(&mut samples) {
            let run = racer()?;
            if round > 0 {
                samples.walls.push(run.wall);
                samples.cpus.push(run.cpu);
                samples.peak = samples.peak.max(run.peak);
            }
        }
    }
    for samples in &mut samples {
        samples.walls.sort_unstable();
        samples.cpus.sort_unstable();
    }
    Ok(samples)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
