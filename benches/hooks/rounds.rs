//! Takes turns: each round runs every runner once, so that what slows the machine slows all of them.

use crate::Result;
use crate::program::Run;

/// Something that is run again and again, and says what it took.
pub(crate) type Runner<'a> = Box<dyn FnMut() -> Result<Run> + 'a>;

/// What the rounds of one runner took.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// From start to end, in milliseconds, by round.
    pub(crate) walls: Vec<f64>,
    /// Time of the processors, in milliseconds, by round.
    pub(crate) cpus: Vec<f64>,
}

/// From start to end, and of the processors, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

impl Samples {
    /// Returns the middle ones.
    pub(crate) fn medians(&self) -> Took {
        Took { wall: median_of(self.walls.clone()), cpu: median_of(self.cpus.clone()) }
    }

    /// Returns the medians of what each round took longer than the same round of `floor`.
    pub(crate) fn beyond(&self, floor: &Self) -> Took {
        let beyond = |own: &[f64], floor: &[f64]| {
            median_of(own.iter().zip(floor).map(|(own, floor)| own - floor).collect())
        };
        Took { wall: beyond(&self.walls, &floor.walls), cpu: beyond(&self.cpus, &floor.cpus) }
    }
}

/// Runs the runners in turn, each round beginning with another, after one round that is not counted.
pub(crate) fn rounds<const N: usize>(count: usize, mut runners: [Runner<'_>; N]) -> Result<[Samples; N]> {
    let mut samples = [const { Samples { walls: Vec::new(), cpus: Vec::new() } }; N];
    for round in 0..=count {
        for turn in 0..N {
            let at = (round + turn) % N;
            let run = runners[at]()?;
            if round > 0 {
                samples[at].walls.push(run.wall.as_secs_f64() * 1000.0);
                samples[at].cpus.push(run.cpu.as_secs_f64() * 1000.0);
            }
        }
    }
    Ok(samples)
}

/// Returns the middle one.
fn median_of(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
