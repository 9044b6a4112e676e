//! The only reader of the world: the clock, randomness, environment variables and the current directory.
//!
//! Everything else is handed an [`Env`]. Tests fix the clock with `TRACKER_NOW` (RFC 3339) and the ids with
//! `TRACKER_SEED` (a number), so that a command's output is the same each time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, Local, NaiveDate, Timelike, Utc};

/// What a command may know of the world it runs in.
#[derive(Debug)]
pub struct Env {
    cwd: PathBuf,
    fixed_now: Option<DateTime<Utc>>,
    random: RefCell<fastrand::Rng>,
    variables: BTreeMap<String, OsString>,
    sees_process: bool,
}

impl Env {
    /// Reads the process's own world. A current directory that no longer exists is an error.
    pub fn from_process() -> std::io::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let cwd = std::env::current_dir()?;
        let fixed_now = variable("TRACKER_NOW").and_then(|text| text.parse().ok());
        let seed = variable("TRACKER_SEED").and_then(|text| text.parse().ok());
        Ok(Self {
            cwd,
            fixed_now,
            random: RefCell::new(random_from(seed)),
            variables: BTreeMap::new(),
            sees_process: true,
        })
    }

    /// Makes a world for tests: a folder, a time and a seed. It has no variables, whatever the process has.
    #[must_use]
    pub fn fixed(cwd: PathBuf, now: DateTime<Utc>, seed: u64) -> Self {
        let random = RefCell::new(fastrand::Rng::with_seed(seed));
        Self { cwd, fixed_now: Some(now), random, variables: BTreeMap::new(), sees_process: false }
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

    /// Returns the current directory.
    #[must_use]
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// Returns the current time, whole seconds, UTC.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "this module is the one reader of the world")]
        let now = self.fixed_now.unwrap_or_else(Utc::now);
        now.with_nanosecond(0).unwrap_or(now)
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

    /// Returns the folder that the system has for what may be thrown away.
    #[must_use]
    pub fn temporary_folder(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// Returns the program that runs.
    pub fn program(&self) -> std::io::Result<PathBuf> {
        std::env::current_exe()
    }

    /// Returns the arguments the process was started with, its own name first.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        std::env::args_os().collect()
    }

    /// Returns a random number below `limit`.
    #[must_use]
    pub fn random_below(&self, limit: u32) -> u32 {
        self.random.borrow_mut().u32(..limit)
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
    let Some(wanted) = variable("TRACKER_FAIL_POINT") else { return };
    let (point, nth) = wanted.split_once('@').unwrap_or((&wanted, "1"));
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
