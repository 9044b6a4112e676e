//! Programs that run beside the caller, each in a process group of its own: started and held, let go, signalled, and
//! recognised again by another process.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{Error, Program};

/// A program that was started and waits for a line on its standard input.
#[derive(Debug)]
pub struct Job {
    child: Child,
    gate: Option<ChildStdin>,
}

/// How a program has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// By itself.
    Exit(i32),
    /// By a signal.
    Signal(i32),
}

/// What is sent to all processes of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupSignal {
    /// Asks them to end.
    Terminate,
    /// Ends them.
    Kill,
}

impl Program {
    /// Starts it as the first of a process group, with files for its outputs. It is to read one line before it does
    /// anything, which [`Job::release`] writes: where this process dies before, it reads the end of its input.
    pub fn start_held(mut self, stdout: File, stderr: File) -> Result<Job, Error> {
        self.command.stdin(Stdio::piped()).stdout(stdout).stderr(stderr).process_group(0);
        let mut child = self.command.spawn().map_err(|error| self.failed(error))?;
        let gate = child.stdin.take();
        Ok(Job { child, gate })
    }
}

/// A program that goes on when the caller ends.
#[derive(Debug)]
pub struct Apart {
    /// None once somebody else waits for it.
    child: Option<Child>,
}

impl Program {
    /// Starts it with nothing to read and nobody to see its output but a file for its errors. It is in a process group of its
    /// own: what ends the caller does not end it.
    pub fn start_apart(mut self, stderr: File) -> Result<Apart, Error> {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).process_group(0);
        let child = self.command.spawn().map_err(|error| self.failed(error))?;
        Ok(Apart { child: Some(child) })
    }
}

impl Apart {
    /// Returns the number of its process, which is that of its group too.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Returns how it has ended; none while it runs.
    pub fn ended(&mut self) -> std::io::Result<Option<JobEnd>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        Ok(child.try_wait()?.map(end_of))
    }
}

impl Drop for Apart {
    /// Whoever lives on has to take note of its end, or it stays in the system's table.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take()
            && matches!(child.try_wait(), Ok(None))
        {
            let _ = std::thread::Builder::new().spawn(move || child.wait());
        }
    }
}

pub(super) fn end_of(status: ExitStatus) -> JobEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => JobEnd::Exit(code),
        (None, signal) => JobEnd::Signal(signal.unwrap_or_default()),
    }
}

impl Job {
    /// Returns the number of its process, which is that of its group too.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go. One that has died meanwhile is seen by [`Job::wait`].
    pub fn release(&mut self) {
        if let Some(mut gate) = self.gate.take() {
            let _ = gate.write_all(b"\n");
        }
    }

    /// Waits until it has ended, and ends what it has left in its group.
    pub fn wait(mut self) -> std::io::Result<JobEnd> {
        if let Some(pid) = pid_of(self.child.id()) {
            // Sees the end and leaves the number taken, so that no other process and no other group has it.
            let _ = retry_on_intr(|| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
            let _ = kill_process_group(pid, Signal::KILL);
        }
        Ok(end_of(self.child.wait()?))
    }
}

fn pid_of(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

/// Sends a signal to a process group that this process has started, or recognised.
pub fn signal_group(group: u32, signal: GroupSignal) {
    let signal = match signal {
        GroupSignal::Terminate => Signal::TERM,
        GroupSignal::Kill => Signal::KILL,
    };
    if let Some(pid) = pid_of(group) {
        let _ = kill_process_group(pid, signal);
    }
}

/// Returns what tells a process from every other that has had or will have its number: the boot and the time at which it
/// was started. None where there is no such process, where it has ended and only waits to be reaped, or where the system
/// does not say.
#[must_use]
pub fn birth(pid: u32) -> Option<String> {
    /// The line is shorter: a name of 16 bytes, and numbers.
    const LINE: usize = 1024;
    let mut line = [0; LINE];
    // One read is the whole line: it is made for it.
    let length = File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut line)).ok()?;
    let stat = String::from_utf8_lossy(&line[..length]);
    // The name in brackets may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let (state, started) = (fields.first()?, fields.get(19)?);
    (!matches!(*state, "Z" | "X")).then(|| format!("{}-{started}", boot()))
}

fn boot() -> &'static str {
    static BOOT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    BOOT.get_or_init(|| {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        id.chars().filter(char::is_ascii_hexdigit).take(8).collect()
    })
}

/// Kills every process that has a variable with this beginning in its environment, whatever group it has moved to.
/// Returns how many there were.
pub fn kill_marked(variable: &str, beginning: &str) -> usize {
    let marker = format!("{variable}={beginning}");
    let mut killed = 0;
    let Ok(folder) = std::fs::read_dir("/proc") else { return 0 };
    for entry in folder.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if pid == std::process::id() {
            continue;
        }
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        let is_marked = environment.split(|byte| *byte == 0).any(|each| each.starts_with(marker.as_bytes()));
        if is_marked && let Some(pid) = pid_of(pid) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            killed += 1;
        }
    }
    killed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> File {
        tempfile::tempfile().unwrap()
    }

    #[test]
    fn a_held_program_begins_when_it_is_released() {
        let mut job = Program::shell("read go || exit 9; exit 3", "try").start_held(file(), file()).unwrap();
        assert!(birth(job.pid()).is_some());
        job.release();
        let pid = job.pid();
        assert_eq!(job.wait().unwrap(), JobEnd::Exit(3));
        assert_eq!(birth(pid), None);
        let mut job = Program::shell("read go || exit 9", "try").start_held(file(), file()).unwrap();
        job.gate = None;
        assert_eq!(job.wait().unwrap(), JobEnd::Exit(9));
    }

    #[test]
    fn what_it_leaves_ends_with_it() {
        use std::io::{Seek, SeekFrom};
        let (mut out, script) = (file(), "read go; sleep 60 & echo $!; exit 0");
        let mut job = Program::shell(script, "try").start_held(out.try_clone().unwrap(), file()).unwrap();
        job.release();
        assert_eq!(job.wait().unwrap(), JobEnd::Exit(0));
        let mut left = String::new();
        out.seek(SeekFrom::Start(0)).unwrap();
        out.read_to_string(&mut left).unwrap();
        let left: u32 = left.trim().parse().unwrap();
        for _ in 0..100 {
            // How soon the system's first process reaps it is not ours to say.
            if birth(left).is_none() {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
        panic!("process {left} is still there");
    }
}
