//! One run of a program, as the system accounts for it, in a world that is the same for everybody.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::Result;

/// Where the tracker is put for the measurement.
const BIN: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/figures/bin");

/// Installs the tracker as `cargo install` does, by a copy. A file that a linker has just written lies in memory in
/// small pieces, and a program out of such a file starts a quarter of a millisecond later than an installed one.
pub(crate) fn install() -> Result<()> {
    fs::create_dir_all(BIN)?;
    fs::copy(env!("CARGO_BIN_EXE_tracker"), Path::new(BIN).join("tracker"))?;
    Ok(())
}

/// What one run cost, with all that it started and waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Time that processors worked for it; none where it was not a process of its own.
    pub(crate) cpu: Duration,
    /// Most memory it had at once, in bytes. Never less than what this program has, which started it.
    pub(crate) peak: u64,
}

impl Run {
    /// Returns what both took, one after the other.
    pub(crate) fn then(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu, peak: self.peak.max(other.peak) }
    }
}

/// A program, its arguments, the folder it runs in and the file it reads.
#[derive(Debug)]
pub(crate) struct Process {
    program: &'static str,
    arguments: Vec<String>,
    folder: PathBuf,
    input: Option<PathBuf>,
}

impl Process {
    pub(crate) fn new(program: &'static str, arguments: &[&str], folder: &Path) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { program, arguments, folder: folder.to_owned(), input: None }
    }

    pub(crate) fn git(arguments: &[&str], folder: &Path) -> Self {
        Self::new("git", arguments, folder)
    }

    pub(crate) fn tracker(arguments: &[&str], folder: &Path) -> Self {
        Self::new("tracker", arguments, folder)
    }

    pub(crate) fn reading(self, file: &Path) -> Self {
        Self { input: Some(file.to_owned()), ..self }
    }

    /// Runs it and returns what that took; its output is thrown away.
    pub(crate) fn run(&self) -> Result<Run> {
        let mut command = self.command()?;
        let start = now();
        let ended = command.spawn()?.wait4()?;
        let wall = start.elapsed();
        self.refuse_failure(ended.status)?;
        Ok(Run { wall, cpu: ended.rusage.utime + ended.rusage.stime, peak: ended.rusage.maxrss })
    }

    /// Starts it with its output to be read, and returns it with the time on the stop-watch.
    pub(crate) fn spawn_piped(&self) -> Result<(Child, Instant)> {
        let mut command = self.command()?;
        let start = now();
        Ok((command.stdout(Stdio::piped()).spawn()?, start))
    }

    /// Starts it to talk with.
    pub(crate) fn spawn_talking(&self) -> Result<Child> {
        Ok(self.command()?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
    }

    /// Runs it and returns what it prints.
    pub(crate) fn output(&self) -> Result<String> {
        let output = self.command()?.stdout(Stdio::piped()).output()?;
        self.refuse_failure(output.status)?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Nothing of the caller's own git set-up gets in; the tracker that was installed is the first on PATH.
    fn command(&self) -> Result<Command> {
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(&self.folder).env_clear();
        command
            .env("PATH", search_path())
            .env("HOME", self.folder.join(".."))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for (role, what) in
            [("AUTHOR", "NAME"), ("AUTHOR", "EMAIL"), ("COMMITTER", "NAME"), ("COMMITTER", "EMAIL")]
        {
            command.env(format!("GIT_{role}_{what}"), "ada@example.com");
        }
        let input = self.input.as_ref().map(File::open).transpose()?;
        command
            .stdin(input.map_or_else(Stdio::null, Stdio::from))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command)
    }

    fn refuse_failure(&self, status: std::process::ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        Err(format!("{} {}: {status}", self.program, self.arguments.join(" ")).into())
    }
}

/// Returns whether a program is on PATH.
pub(crate) fn is_on_path(program: &str) -> bool {
    std::env::split_paths(&search_path()).any(|folder| folder.join(program).is_file())
}

fn search_path() -> OsString {
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").map(|(_, path)| path).unwrap_or_default();
    std::env::join_paths([PathBuf::from(BIN)].into_iter().chain(std::env::split_paths(&path))).unwrap_or(path)
}

/// Returns the time on the stop-watch.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a stop-watch is what this is")]
    Instant::now()
}
