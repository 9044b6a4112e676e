//! Progress of long steps, one line on a terminal that is rewritten and goes when the step ends.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::env::Env;
use crate::events::Event;

/// Steps that end earlier are not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long one line is at least.
const INTERVAL: Duration = Duration::from_millis(100);

/// Returns what shows events on stderr.
pub(super) fn on_stderr(env: Arc<Env>) -> impl Fn(Event) + Send + Sync {
    let line = Line::default();
    move |event| {
        if let Some(text) = line.text(event, env.monotonic()) {
            let mut stderr = std::io::stderr().lock();
            // The answer does not hang on whether somebody could be shown the way to it.
            let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
        }
    }
}

/// What is on the terminal. Times are in milliseconds.
#[derive(Default)]
struct Line {
    next_millis: AtomicU64,
    is_shown: AtomicBool,
}

impl Line {
    /// Returns what to write.
    fn text(&self, event: Event, now: Duration) -> Option<String> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match event {
            Event::Started { .. } => {
                self.next_millis.store(millis(now + PATIENCE), Ordering::Relaxed);
                None
            }
            Event::Progress { step, done, total } => {
                let next = self.next_millis.load(Ordering::Relaxed);
                let is_due = millis(now) >= next;
                let later = millis(now + INTERVAL);
                let exchange =
                    || self.next_millis.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed);
                if !is_due || exchange().is_err() {
                    return None;
                }
                self.is_shown.store(true, Ordering::Relaxed);
                let of = total.map_or_else(String::new, |total| format!("/{total}"));
                Some(format!("\r\x1b[K{step} {done}{of}"))
            }
            Event::Finished { .. } => {
                self.is_shown.swap(false, Ordering::Relaxed).then(|| "\r\x1b[K".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::LongStep;

    #[test]
    fn only_what_takes_long_is_shown_and_is_cleared_at_its_end() {
        let (line, step) = (Line::default(), LongStep::ReadRange);
        let at = |millis, event| line.text(event, Duration::from_millis(millis));
        let progress = |done| Event::Progress { step, done, total: Some(9) };
        assert_eq!(at(0, Event::Started { step, total: Some(9) }), None);
        assert_eq!(at(100, progress(1)), None);
        assert_eq!(at(600, progress(2)).as_deref(), Some("\r\x1b[Kreading commits 2/9"));
        assert_eq!(at(650, progress(3)), None);
        assert_eq!(at(800, progress(4)).as_deref(), Some("\r\x1b[Kreading commits 4/9"));
        assert_eq!(at(900, Event::Finished { step, done: 4 }).as_deref(), Some("\r\x1b[K"));
        assert_eq!(at(901, Event::Finished { step, done: 0 }), None);
    }
}
