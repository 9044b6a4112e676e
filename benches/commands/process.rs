//! One run of a program, as the system accounts for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::Result;

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Time that processors worked for it; none where it was not a process of its own.
    pub(crate) cpu: Duration,
    /// Most memory it had at once, in bytes. Never less than what this program has, which started it.
    pub(crate) peak: u64,
}

/// A program, its arguments and the folder it runs in.
#[derive(Debug)]
pub(crate) struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
}

impl Process {
    pub(crate) fn new(program: impl Into<PathBuf>, arguments: &[&str], folder: &Path) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { program: program.into(), arguments, folder: folder.to_owned() }
    }

    /// Runs it with its output thrown away. Nothing of the caller's own git set-up gets in.
    pub(crate) fn run(&self) -> Result<Run> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.env("HOME", "/nonexistent").env("GIT_CONFIG_NOSYSTEM", "1");
        for (role, what) in
            [("AUTHOR", "NAME"), ("AUTHOR", "EMAIL"), ("COMMITTER", "NAME"), ("COMMITTER", "EMAIL")]
        {
            command.env(format!("GIT_{role}_{what}"), "ada@example.com");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = now();
        let ended = command.spawn()?.wait4()?;
        let wall = start.elapsed();
        if !ended.status.success() {
            return Err(
                format!("{} {}: {}", self.program.display(), self.arguments.join(" "), ended.status).into()
            );
        }
        let cpu = ended.rusage.utime + ended.rusage.stime;
        Ok(Run { wall, cpu, peak: ended.rusage.maxrss })
    }
}

/// Returns the time on the stop-watch.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a stop-watch is what this is")]
    Instant::now()
}
