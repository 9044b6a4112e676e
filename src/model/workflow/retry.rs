//! How often a step is tried again, and how long it waits before.

use std::time::Duration;

/// How a step is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often at most, the first attempt not counted.
    pub max: u32,
    /// How the wait grows.
    pub backoff: Backoff,
    /// The first wait.
    pub delay: Duration,
    /// How many times longer each wait is than the one before, in hundredths, where it grows exponentially.
    pub factor: u32,
    /// The longest wait.
    pub cap: Duration,
    /// By how much a wait may be shorter or longer, in hundredths of it.
    pub jitter: u32,
    /// The exit codes that are worth another attempt; none where all are.
    pub on_exit: Option<Vec<i32>>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max: 3,
            backoff: Backoff::Exponential,
            delay: Duration::from_secs(1),
            factor: 200,
            cap: Duration::from_secs(300),
            jitter: 0,
            on_exit: None,
        }
    }
}

/// How the wait before another attempt grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// It does not: delay, delay, delay.
    Constant,
    /// By the delay each time: 1, 2, 3 times the delay.
    Linear,
    /// By the factor each time: with 2, 1, 2, 4 times the delay.
    Exponential,
}

impl Retry {
    /// Whether an attempt that ended with this exit code is followed by another, after N retries. None is an
    /// attempt that has no exit code: a signal ended it, or it took too long.
    #[must_use]
    pub fn allows(&self, retries: u32, exit: Option<i32>) -> bool {
        let is_worth = match (&self.on_exit, exit) {
            (None, _) => true,
            (Some(codes), Some(exit)) => codes.contains(&exit),
            (Some(_), None) => false,
        };
        retries < self.max && is_worth
    }

    /// Returns the wait before a retry, of which the first is number 1. `random` below 1000 chooses within the jitter.
    #[must_use]
    pub fn wait(&self, retry: u32, random: u32) -> Duration {
        let delay = self.delay.as_millis().min(u128::from(u64::MAX));
        let cap = self.cap.as_millis();
        let steps = retry.saturating_sub(1);
        let wait = match self.backoff {
            Backoff::Constant => delay,
            Backoff::Linear => delay.saturating_mul(u128::from(steps) + 1),
            Backoff::Exponential => {
                let mut wait = delay;
                for _ in 0..steps {
                    if wait >= cap || self.factor <= 100 {
                        break;
                    }
                    wait = wait.saturating_mul(u128::from(self.factor)) / 100;
                }
                wait
            }
        };
        let wait = wait.min(cap);
        // From -jitter to +jitter, in hundredths of the wait.
        let spread = wait.saturating_mul(u128::from(self.jitter.min(100))) / 100;
        let shifted = wait - spread + spread.saturating_mul(2 * u128::from(random.min(1000))) / 1000;
        Duration::from_millis(u64::try_from(shifted).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(retry: &Retry) -> Vec<u128> {
        (1..=5).map(|number| retry.wait(number, 500).as_millis()).collect()
    }

    #[test]
    fn waits_grow_as_they_say() {
        let retry = Retry { cap: Duration::from_secs(10), ..Retry::default() };
        assert_eq!(waits(&retry), [1000, 2000, 4000, 8000, 10_000]);
        assert_eq!(waits(&Retry { factor: 150, ..retry.clone() }), [1000, 1500, 2250, 3375, 5062]);
        let linear = Retry { backoff: Backoff::Linear, ..retry.clone() };
        assert_eq!(waits(&linear), [1000, 2000, 3000, 4000, 5000]);
        let constant = Retry { backoff: Backoff::Constant, ..retry.clone() };
        assert_eq!(waits(&constant), [1000; 5]);
        let huge = Retry { cap: Duration::MAX, ..retry };
        assert!(huge.wait(u32::MAX, 1000) > Duration::from_secs(1 << 40));
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let retry = Retry { jitter: 20, ..Retry::default() };
        assert_eq!(retry.wait(1, 0).as_millis(), 800);
        assert_eq!(retry.wait(1, 500).as_millis(), 1000);
        assert_eq!(retry.wait(1, 1000).as_millis(), 1200);
    }

    #[test]
    fn only_what_is_worth_it_is_tried_again() {
        let retry = Retry { max: 2, on_exit: Some(vec![75]), ..Retry::default() };
        assert!(retry.allows(1, Some(75)));
        assert!(!retry.allows(2, Some(75)) && !retry.allows(0, Some(1)) && !retry.allows(0, None));
        assert!(Retry::default().allows(0, None));
    }
}
