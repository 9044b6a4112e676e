//! One run of a program, in a world that is the same for everybody.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::Result;

/// Where the tracker is put for the measurement.
const BIN: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/hooks/bin");

/// Installs the tracker as `cargo install` does, by a copy. A file that a linker has just written lies in memory in
/// small pieces, and a program out of such a file starts a quarter of a millisecond later than an installed one.
pub(crate) fn install() -> Result<()> {
    fs::create_dir_all(BIN)?;
    fs::copy(env!("CARGO_BIN_EXE_tracker"), Path::new(BIN).join("tracker"))?;
    Ok(())
}

/// What a program took, with all that it started and waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Time that processors worked for it.
    pub(crate) cpu: Duration,
}

/// A program, its arguments and the folder it runs in.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
}

impl Program {
    /// Nothing of the caller's own git set-up gets in; the tracker that was built is the first on PATH.
    pub(crate) fn new(program: &str, arguments: &[&str], folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env_clear();
        command.env("PATH", search_path()).env("HOME", folder.join("..")).env("GIT_CONFIG_NOSYSTEM", "1");
        for (role, what) in
            [("AUTHOR", "NAME"), ("AUTHOR", "EMAIL"), ("COMMITTER", "NAME"), ("COMMITTER", "EMAIL")]
        {
            command.env(format!("GIT_{role}_{what}"), "ada@example.com");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { command }
    }

    pub(crate) fn tracker(arguments: &[&str], folder: &Path) -> Self {
        Self::new("tracker", arguments, folder)
    }

    pub(crate) fn reading(mut self, file: File) -> Self {
        self.command.stdin(file);
        self
    }

    /// Runs it and returns what that took; its output is thrown away.
    pub(crate) fn run(mut self) -> Result<Run> {
        let start = now();
        let ended = self.command.spawn()?.wait4()?;
        let wall = start.elapsed();
        if !ended.status.success() {
            return Err(format!("{:?}: {}", self.command, ended.status).into());
        }
        Ok(Run { wall, cpu: ended.rusage.utime + ended.rusage.stime })
    }

    /// Runs it and returns what it prints.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self.command.stdout(Stdio::piped()).output()?;
        if !output.status.success() {
            return Err(format!("{:?}: {}", self.command, output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Tells whether a program is on PATH.
pub(crate) fn is_on_path(program: &str) -> bool {
    std::env::split_paths(&search_path()).any(|folder| folder.join(program).is_file())
}

fn search_path() -> OsString {
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").map(|(_, path)| path).unwrap_or_default();
    std::env::join_paths([PathBuf::from(BIN)].into_iter().chain(std::env::split_paths(&path))).unwrap_or(path)
}

/// Returns the time on the stop-watch.
fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a stop-watch is what this is")]
    Instant::now()
}
