//! Runs a command under guard: one that burns more processor time than it may, or sits and waits, is killed and
//! fails the test. What it printed is checked against what every command owes a terminal.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

/// Processor time that one command may take, in seconds.
const PROCESSOR_SECONDS: u64 = 2;
/// Time on the wall after which a command is taken to wait for something that never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a guarded command did.
pub(crate) struct Watched {
    /// The words of the command, for messages.
    pub(crate) message: String,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// The exit code; none where a signal ended it.
    pub(crate) status: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
}

/// Runs a command to its end.
pub(crate) fn watch(command: &mut Command) -> Watched {
    watch_within(command, PROCESSOR_SECONDS)
}

/// Runs a command with a limit in seconds of processor time.
pub(crate) fn watch_within(command: &mut Command, seconds: u64) -> Watched {
    let message =
        command.get_args().map(|word| shortened(&word.to_string_lossy())).collect::<Vec<_>>().join(" ");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = pid_of(&child);
    let limit = Rlimit { current: Some(seconds), maximum: Some(seconds + 1) };
    // A command that is through already is no process to limit.
    let _ = prlimit(Some(pid), Resource::Cpu, limit);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = kill_process(pid, Signal::KILL);
        panic!("`{message}` hangs");
    });
    let output = output.unwrap();
    let signal = output.status.signal();
    assert!(signal != Some(Signal::XCPU.as_raw()), "`{message}` takes over {seconds} s");
    Watched {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status.code(),
        signal,
        message,
    }
}

/// Returns a child's process id in the form that signals take.
pub(crate) fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

impl Watched {
    /// Fails unless the command ended as commands may: an answer, a considered no, or an error of ours, and
    /// nothing that a terminal would obey.
    pub(crate) fn decent(&self) -> &Self {
        let code = self.status.unwrap_or(-1);
        assert!((0..=3).contains(&code), "{self}");
        for text in [&self.stdout, &self.stderr] {
            let obeyed = text.chars().find(|&c| {
                (c.is_control() && c != '\n')
                    || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert!(obeyed.is_none(), "{obeyed:?} reaches the terminal: {self}");
        }
        assert!(code == 0 || !self.stderr.is_empty() || !self.stdout.is_empty(), "says nothing: {self}");
        self
    }

    /// Fails unless the command ended with this code.
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.status, Some(code), "{self}");
        self
    }

    /// Fails unless standard error contains a text.
    pub(crate) fn complains_of(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no word of `{text}`: {self}");
        self
    }
}

impl std::fmt::Display for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { message, stdout, stderr, status, signal } = self;
        let (stdout, stderr) = (shortened(stdout), shortened(stderr));
        write!(f, "`{message}`: exit {status:?}, signal {signal:?}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(2000).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
