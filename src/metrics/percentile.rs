//! Percentiles by nearest rank: always a value that was measured, never one between two, and never a mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How values are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// How many values there are.
    pub n: u64,
    /// The smallest.
    pub min: i64,
    /// Half of them are at most this.
    pub p50: i64,
    /// 70 % are at most this.
    pub p70: i64,
    /// 85 % are at most this.
    pub p85: i64,
    /// 95 % are at most this.
    pub p95: i64,
    /// The largest.
    pub max: i64,
}

impl Percentiles {
    /// Looks at values in any order; none where there are none.
    #[must_use]
    pub fn of(mut values: Vec<i64>) -> Option<Self> {
        values.sort_unstable();
        let at = |percent| nearest_rank(&values, percent);
        Some(Self {
            n: values.len() as u64,
            min: *values.first()?,
            p50: at(50)?,
            p70: at(70)?,
            p85: at(85)?,
            p95: at(95)?,
            max: *values.last()?,
        })
    }
}

/// Returns the smallest of ascending values that at least `percent` of a hundred do not exceed: the one at place
/// ⌈percent · n / 100⌉, counted from 1; the smallest for 0. None where there are no values.
#[must_use]
pub fn nearest_rank<T: Copy>(ascending: &[T], percent: u32) -> Option<T> {
    let count = ascending.len() as u64;
    let rank = (u64::from(percent.min(100)) * count).div_ceil(100).max(1);
    ascending.get(usize::try_from(rank - 1).ok()?).copied()
}
