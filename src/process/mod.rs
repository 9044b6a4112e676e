//! The only starter of programs: arguments, environment, standard input, process groups, time limits and errors.
//!
//! A program that works on another repository than git was called for is started without what git tells its children
//! of that one. Errors name the program and what it was to do. Which program counts as trusted is the caller's matter.

mod callers;
mod groups;
mod jobs;
mod printed;

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

pub(crate) use callers::callers;
pub use jobs::{Apart, GroupSignal, Job, JobEnd, birth, kill_marked, signal_group};
pub use printed::Ending;

/// Returns the POSIX shell: where it is at its usual place by its path, so that no start searches all of `PATH` for it.
#[must_use]
pub fn posix_shell() -> &'static str {
    static SHELL: std::sync::OnceLock<&str> = std::sync::OnceLock::new();
    SHELL.get_or_init(|| if Path::new("/bin/sh").exists() { "/bin/sh" } else { "sh" })
}

/// What git tells its children of the repository they are called for, as `git rev-parse --local-env-vars` lists it.
const GIT_LOCAL_VARIABLES: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such program.
    #[error("cannot {action}: `{program}` is not installed")]
    Missing {
        /// The program, as it was looked for.
        program: String,
        /// What it was to do.
        action: &'static str,
    },
    /// The system would not start it, or lost it.
    #[error("cannot {action}: `{program}` cannot be run: {source}")]
    Io {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// It took longer than it may, and was killed with all that it had started.
    #[error("cannot {action}: `{program}` was killed after {} s", .limit.as_secs())]
    TimedOut {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
        /// How long it may take.
        limit: Duration,
    },
}

/// What a program that ended has left.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it ended with 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.success()
    }

    /// Returns standard output; what is not UTF-8 is replaced.
    #[must_use]
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns standard error; what is not UTF-8 is replaced.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// A program about to be started.
#[derive(Debug)]
pub struct Program {
    command: Command,
    name: String,
    action: &'static str,
    input: Vec<u8>,
    limit: Option<Duration>,
    most_output: u64,
    ends_with_caller: bool,
}

impl Program {
    /// Names a program, by path or as it is found on the `PATH`, and what it is to do: `sign the commit`.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>, action: &'static str) -> Self {
        let name = program.as_ref().to_string_lossy().into_owned();
        #[expect(clippy::disallowed_methods, reason = "this module is the one starter of programs")]
        let command = Command::new(program);
        Self {
            command,
            name,
            action,
            input: Vec::new(),
            limit: None,
            most_output: u64::MAX,
            ends_with_caller: false,
        }
    }

    /// Takes a line for the POSIX shell. Whatever the line takes from elsewhere is passed as an argument, never
    /// written into it.
    #[must_use]
    pub fn shell(line: &str, action: &'static str) -> Self {
        Self::new("sh", action).args(["-c", line])
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Starts it in a folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Takes away what git says of the repository it was called for, so that the folder says which one is meant.
    #[must_use]
    pub fn in_its_own_repository(mut self) -> Self {
        for name in GIT_LOCAL_VARIABLES {
            self.command.env_remove(name);
        }
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Gives it something to read; it has nothing otherwise.
    #[must_use]
    pub fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    /// Ends it, with all that it has started, after a time. It gets a process group of its own, so that it cannot ask
    /// at the terminal; what it leaves running ends with it.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Ends it, with all that it has started, also where a signal ends this process. It needs a time limit, for it is the
    /// group that ends. The signals end this process from then on, whatever else waits for them.
    #[must_use]
    pub fn ends_with_caller(mut self) -> Self {
        self.ends_with_caller = true;
        self
    }

    /// Reads no more than this many bytes of each of its outputs: to print more is an error.
    #[must_use]
    pub fn output_limit(mut self, bytes: u64) -> Self {
        self.most_output = bytes;
        self
    }

    /// Runs it to its end and returns what it printed.
    pub fn output(mut self) -> Result<Output, Error> {
        let stdin = if self.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.limit.is_some() {
            self.command.process_group(0);
        }
        if self.ends_with_caller && self.limit.is_some() {
            groups::watch_signals();
            let (child, _kept) =
                groups::start(|| self.command.spawn()).map_err(|error| self.failed(error))?;
            return self.finish_within(child, self.limit.unwrap_or_default());
        }
        let child = self.command.spawn().map_err(|error| self.failed(error))?;
        match self.limit {
            None => self.finish(child, || ()).map_err(|error| self.failed(error)),
            Some(limit) => self.finish_within(child, limit),
        }
    }

    /// Runs it to its end on the terminal of this process, and returns how it ended.
    pub fn run_in_terminal(mut self) -> Result<ExitStatus, Error> {
        self.command.status().map_err(|error| self.failed(error))
    }

    /// Feeds it and reads both its outputs to their ends. Its number is given back after `at_end`.
    fn finish(&self, mut child: Child, at_end: impl FnOnce()) -> std::io::Result<Output> {
        let (stdin, mut stderr) = (child.stdin.take(), child.stderr.take());
        let mut output = Output { status: ExitStatus::default(), stdout: Vec::new(), stderr: Vec::new() };
        let (stdout, errors) = (&mut output.stdout, &mut output.stderr);
        let read = std::thread::scope(|scope| {
            if let Some(mut stdin) = stdin {
                // A program that does not want it all says why on its way out.
                scope.spawn(move || drop(stdin.write_all(&self.input)));
            }
            let most = self.most_output;
            let reader =
                scope.spawn(move || stderr.take().map_or(Ok(()), |pipe| read_most(pipe, most, errors)));
            // Whoever prints too much writes into a closed pipe from here on.
            let read = child.stdout.take().map_or(Ok(()), |pipe| read_most(pipe, most, stdout));
            read.and(reader.join().unwrap_or(Ok(())))
        });
        at_end();
        output.status = child.wait()?;
        read.map(|()| output)
    }

    fn finish_within(&self, child: Child, limit: Duration) -> Result<Output, Error> {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let group = group.ok_or_else(|| self.failed(std::io::ErrorKind::InvalidData.into()))?;
        let (ended, end) = mpsc::channel();
        let mut is_in_time = false;
        let output = std::thread::scope(|scope| {
            // Sees the end and leaves the number taken, so that no other process and no other group has it.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            scope.spawn(move || ended.send(retry_on_intr(|| waitid(WaitId::Pid(group), options)).is_ok()));
            let watch = scope.spawn(move || {
                let is_in_time = end.recv_timeout(limit).is_ok();
                let _ = kill_process_group(group, Signal::KILL);
                is_in_time
            });
            self.finish(child, || is_in_time = watch.join().unwrap_or(false))
        });
        if !is_in_time {
            return Err(Error::TimedOut { program: self.name.clone(), action: self.action, limit });
        }
        output.map_err(|error| self.failed(error))
    }

    fn failed(&self, source: std::io::Error) -> Error {
        let (program, action) = (self.name.clone(), self.action);
        match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing { program, action },
            _ => Error::Io { program, action, source },
        }
    }
}

/// Reads to the end, and no more than a maximum of bytes.
fn read_most(pipe: impl Read, most: u64, into: &mut Vec<u8>) -> std::io::Result<()> {
    let read = pipe.take(most.saturating_add(1)).read_to_end(into)?;
    if read as u64 > most {
        let message = format!("it printed more than {most} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Program {
        Program::shell(line, "try something")
    }

    #[test]
    fn the_variables_are_those_that_git_lists() {
        let listed = Program::new("git", "list").args(["rev-parse", "--local-env-vars"]).output().unwrap();
        let listed = listed.stdout_text();
        for name in listed.lines().filter(|name| *name != "GIT_INTERNAL_SUPER_PREFIX") {
            assert!(GIT_LOCAL_VARIABLES.contains(&name), "{name}");
        }
        let program =
            shell("echo \"${GIT_DIR-none}\"").variable("GIT_DIR", "/nowhere").in_its_own_repository();
        assert_eq!(program.output().unwrap().stdout_text(), "none\n");
    }

    #[test]
    fn a_program_that_reads_nothing_and_prints_much_ends() {
        let input = vec![b'x'; 1 << 20];
        let output =
            shell("dd if=/dev/zero bs=65536 count=16 status=none; echo no >&2; exit 3").input(&input);
        let output = output.output().unwrap();
        assert_eq!((output.stdout.len(), output.stderr_text().as_str()), (1 << 20, "no\n"));
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(shell("cat").input(&input).output().unwrap().stdout, input);
        assert_eq!(shell("cat").output().unwrap().stdout, b"");
    }

    #[test]
    fn a_missing_program_is_named_with_what_it_was_to_do() {
        let error = Program::new("/no/such-program", "sign the commit").output().unwrap_err();
        assert_eq!(error.to_string(), "cannot sign the commit: `/no/such-program` is not installed");
    }

    #[test]
    fn what_takes_too_long_is_killed_with_its_children() {
        let limit = Duration::from_millis(50);
        let error = shell("sleep 60 & sleep 60").time_limit(limit).output().unwrap_err();
        assert_eq!(error.to_string(), "cannot try something: `sh` was killed after 0 s");
        // A child in the background has the pipe open, and the leader has ended.
        let output = shell("sleep 60 & echo done").time_limit(Duration::from_secs(50)).output().unwrap();
        assert_eq!((output.stdout_text().as_str(), output.status.code()), ("done\n", Some(0)));
    }

    #[test]
    fn what_prints_too_much_is_ended_and_named() {
        let much = "head -c 1000000 /dev/zero";
        let within = |most| Program::shell(much, "print").output_limit(most).output();
        assert_eq!(within(1_000_000).unwrap().stdout.len(), 1_000_000);
        let error = within(999_999).unwrap_err().to_string();
        assert!(error.contains("it printed more than 999999 bytes"), "{error}");
    }
}
