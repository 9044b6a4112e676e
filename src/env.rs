//! The only reader of the world: clocks, randomness, environment variables and the current directory.
//!
//! Everything else is handed an [`Env`], which threads may share. Tests fix the clock with `TRACKER_NOW` (RFC 3339)
//! and the ids with `TRACKER_SEED` (a number), so that a command's output is the same each time. A fixed clock is
//! still until [`Env::sleep`] moves it on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, Local, NaiveDate, Timelike, Utc};

/// What a command may know of the world it runs in.
#[derive(Debug)]
pub struct Env {
    cwd: PathBuf,
    clock: Clock,
    random: Mutex<fastrand::Rng>,
    variables: BTreeMap<String, OsString>,
    sees_process: bool,
}

#[derive(Debug)]
enum Clock {
    /// The system's. Monotonic time is counted from the start.
    System { start: Instant },
    /// A test's: begins at a time, and moves by what is slept.
    Fixed { beginning: DateTime<Utc>, slept_nanos: AtomicU64 },
}

impl Clock {
    fn fixed(beginning: DateTime<Utc>) -> Self {
        Self::Fixed { beginning, slept_nanos: AtomicU64::new(0) }
    }

    fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let start = Instant::now();
        Self::System { start }
    }
}

impl Env {
    /// Reads the process's own world. A current directory that no longer exists is an error.
    pub fn from_process() -> std::io::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let cwd = std::env::current_dir()?;
        let fixed = variable("TRACKER_NOW").and_then(|text| text.parse().ok());
        let seed = variable("TRACKER_SEED").and_then(|text| text.parse().ok());
        Ok(Self {
            cwd,
            clock: fixed.map_or_else(Clock::system, Clock::fixed),
            random: Mutex::new(random_from(seed)),
            variables: BTreeMap::new(),
            sees_process: true,
        })
    }

    /// Makes a world for tests: a folder, a time and a seed. It has no variables, whatever the process has.
    #[must_use]
    pub fn fixed(cwd: PathBuf, now: DateTime<Utc>, seed: u64) -> Self {
        let random = Mutex::new(fastrand::Rng::with_seed(seed));
        Self { cwd, clock: Clock::fixed(now), random, variables: BTreeMap::new(), sees_process: false }
    }

    /// Returns the same world with a variable set.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the same world seen from another folder (`-C`).
    #[must_use]
    pub fn moved_to(mut self, folder: &Path) -> Self {
        self.cwd = self.cwd.join(folder);
        self
    }

    /// Returns another world like this one, seen from another folder: for work in several repositories.
    #[must_use]
    pub fn seen_from(&self, folder: &Path) -> Self {
        let seed = self.random.lock().unwrap_or_else(PoisonError::into_inner).u64(..);
        let clock = match &self.clock {
            Clock::System { start } => Clock::System { start: *start },
            Clock::Fixed { .. } => Clock::fixed(self.now()),
        };
        Self {
            cwd: self.cwd.join(folder),
            clock,
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            variables: self.variables.clone(),
            sees_process: self.sees_process,
        }
    }

    /// Returns the current directory.
    #[must_use]
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// Returns the current time, whole seconds, UTC.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.clock {
            #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
            Clock::System { .. } => Utc::now(),
            Clock::Fixed { beginning, .. } => *beginning + self.monotonic(),
        };
        now.with_nanosecond(0).unwrap_or(now)
    }

    /// Returns the current time to the millisecond, UTC.
    #[must_use]
    pub fn now_millis(&self) -> DateTime<Utc> {
        let now = match &self.clock {
            #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
            Clock::System { .. } => Utc::now(),
            Clock::Fixed { beginning, .. } => *beginning + self.monotonic(),
        };
        let millis = now.timestamp_subsec_millis();
        now.with_nanosecond(millis * 1_000_000).unwrap_or(now)
    }

    /// Whether the clock is a test's, which moves by what is slept and by nothing else.
    #[must_use]
    pub fn has_fixed_clock(&self) -> bool {
        matches!(self.clock, Clock::Fixed { .. })
    }

    /// Returns the time since this was made, by a clock that nobody sets back.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &self.clock {
            Clock::System { start } => start.elapsed(),
            Clock::Fixed { slept_nanos, .. } => Duration::from_nanos(slept_nanos.load(Ordering::Relaxed)),
        }
    }

    /// Waits. Where a test has fixed the time, the clocks move on and nobody waits.
    pub fn sleep(&self, time: Duration) {
        match &self.clock {
            #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
            Clock::System { .. } => std::thread::sleep(time),
            Clock::Fixed { slept_nanos, .. } => {
                let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                slept_nanos.fetch_add(nanos, Ordering::Relaxed);
            }
        }
    }

    /// Returns the system clock in nanoseconds since 1970, also where a test has fixed the time: it is compared
    /// with the time stamps of files.
    #[must_use]
    pub fn clock_nanos(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let now = Utc::now();
        now.timestamp_nanos_opt().unwrap_or(i64::MAX)
    }

    /// Returns today's date where the user is.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.local_now().date_naive()
    }

    /// Returns the current time, whole seconds, with the offset of the user's own clock.
    #[must_use]
    pub fn local_now(&self) -> DateTime<FixedOffset> {
        self.now().with_timezone(&Local).fixed_offset()
    }

    /// Returns the agent that works for the user (`TRACKER_AGENT`), as one line; none where there is none.
    ///
    /// A name of which nothing can be read names an agent all the same: `?`.
    #[must_use]
    pub fn agent(&self) -> Option<String> {
        let given = self.variable_os(AGENT)?;
        let given = given.to_string_lossy();
        let name = given.split(char::is_control).collect::<Vec<_>>().join(" ");
        let name = if name.trim().is_empty() { "?" } else { name.trim() };
        (!given.trim().is_empty()).then(|| name.to_owned())
    }

    /// Returns the same world with this agent.
    #[must_use]
    pub fn with_agent(self, name: &str) -> Self {
        self.with_variable(AGENT, name)
    }

    /// Returns the name of this machine (`TRACKER_HOST`, where that is set).
    #[must_use]
    pub fn host(&self) -> String {
        let named = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            Some(text.trim().to_owned()).filter(|name| !name.is_empty())
        });
        self.variable("TRACKER_HOST")
            .or_else(|| named.filter(|_| self.sees_process))
            .or_else(|| self.variable("HOSTNAME"))
            .unwrap_or_else(|| "localhost".to_owned())
    }

    /// Returns a text of random digits that nobody else has.
    #[must_use]
    pub fn nonce(&self) -> String {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{:016x}", random.u64(..))
    }

    /// Returns a secret that nobody can guess, as 32 digits. A test's world has none to keep.
    pub fn secret(&self) -> std::io::Result<String> {
        let mut bytes = [0; 16];
        if self.sees_process {
            getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        } else {
            self.random.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes);
        }
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns the folder that the system has for what may be thrown away.
    #[must_use]
    pub fn temporary_folder(&self) -> PathBuf {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let folder = std::env::temp_dir();
        folder
    }

    /// Returns the program that runs.
    pub fn program(&self) -> std::io::Result<PathBuf> {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let program = std::env::current_exe();
        program
    }

    /// Returns the arguments the process was started with, its own name first.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let arguments = std::env::args_os();
        arguments.collect()
    }

    /// Returns a random number below `limit`.
    #[must_use]
    pub fn random_below(&self, limit: u32) -> u32 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).u32(..limit)
    }

    /// Returns an environment variable that is set, not empty and UTF-8.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variable_os(name).and_then(|value| value.into_string().ok())
    }

    /// Returns an environment variable that is set and not empty, whatever its bytes.
    #[must_use]
    pub fn variable_os(&self, name: &str) -> Option<OsString> {
        let own = self.variables.get(name).filter(|value| !value.is_empty()).cloned();
        own.or_else(|| variable_os(name).filter(|_| self.sees_process))
    }
}

/// The variable that names the agent which works for the user.
const AGENT: &str = "TRACKER_AGENT";

/// Returns a time by the user's own clock.
#[must_use]
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&Local).fixed_offset()
}

fn variable(name: &str) -> Option<String> {
    variable_os(name).and_then(|value| value.into_string().ok())
}

fn variable_os(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn random_from(seed: Option<u64>) -> fastrand::Rng {
    seed.or_else(|| getrandom::u64().ok()).map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)
}

/// A named point in the write path: where `TRACKER_FAIL_POINT` names it, the process ends there as if killed.
/// `NAME@3` means the third time. Compiled to nothing in a release build.
#[cfg(debug_assertions)]
pub fn fail_point(name: &str) {
    static PASSED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let Some(setting) = variable("TRACKER_FAIL_POINT") else { return };
    let (point, nth) = setting.split_once('@').unwrap_or((&setting, "1"));
    if point == name {
        let passed = PASSED.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if nth.parse() == Ok(passed) {
            std::process::abort();
        }
    }
}

/// A named point in the write path; does nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn fail_point(_name: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_one_world() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Env>();
    }

    #[test]
    fn a_fixed_clock_moves_by_what_is_slept() {
        let now: DateTime<Utc> = "2026-11-11T09:00:00Z".parse().unwrap();
        let env = Env::fixed(PathBuf::new(), now, 1);
        assert_eq!((env.now(), env.monotonic()), (now, Duration::ZERO));
        env.sleep(Duration::from_millis(1500));
        env.sleep(Duration::from_secs(60));
        assert_eq!(env.monotonic(), Duration::from_millis(61_500));
        assert_eq!(env.now().to_rfc3339(), "2026-11-11T09:01:01+00:00");
    }

    #[test]
    fn the_system_clock_goes_on_by_itself() {
        let env = Env::from_process().unwrap();
        let before = env.monotonic();
        env.sleep(Duration::from_millis(1));
        assert!(env.monotonic() >= before + Duration::from_millis(1));
    }
}
