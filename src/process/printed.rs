//! Programs whose output is looked at as it comes and kept by nobody: both outputs in one pipe, so that they stay in
//! order, with a limit of time and of bytes.

use std::io::{PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::jobs::end_of;
use super::{Error, JobEnd, Program};

/// How such a program has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself, or by a signal of somebody else's.
    Ended(JobEnd),
    /// It was killed: its time was over.
    OutOfTime,
    /// It was killed: it printed too much.
    TooMuch,
}

/// What comes of a program that has ended is waited for no longer: somebody else has its output open.
const REST: Duration = Duration::from_millis(500);

/// What happens while it runs.
enum Event {
    Printed(Vec<u8>),
    /// Nobody has its output open any more.
    Closed,
    Ended,
    OutOfTime,
}

impl Program {
    /// Runs it to its end, in a process group of its own that ends with it, and hands on all that it prints.
    pub fn printed(
        mut self,
        limit: Duration,
        most_bytes: u64,
        sink: impl FnMut(&[u8]),
    ) -> Result<Ending, Error> {
        let (reader, writer) = std::io::pipe().map_err(|error| self.failed(error))?;
        let other = writer.try_clone().map_err(|error| self.failed(error))?;
        self.command.stdin(Stdio::null()).stdout(writer).stderr(other).process_group(0);
        let mut child = self.command.spawn().map_err(|error| self.failed(error))?;
        // The ends of the pipe that the program has now are closed here.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let group = group.ok_or_else(|| self.failed(std::io::ErrorKind::InvalidData.into()))?;
        let (send, events) = mpsc::sync_channel(16);
        let (ended, cancel) = (send.clone(), send.clone());
        read_all(reader, send);
        // Sees the end and leaves the number taken, so that no other process and no other group has it.
        thread::spawn(move || {
            let _ =
                retry_on_intr(|| waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
            ended.send(Event::Ended)
        });
        let (keep, over) = mpsc::channel::<()>();
        thread::spawn(move || match over.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => cancel.send(Event::OutOfTime),
            _ => Ok(()),
        });
        let kill = || {
            let _ = kill_process_group(group, Signal::KILL);
        };
        let stopped = follow(&events, most_bytes, sink, &kill);
        drop(keep);
        kill();
        let status = child.wait().map_err(|error| self.failed(error))?;
        Ok(stopped.unwrap_or_else(|| Ending::Ended(end_of(status))))
    }
}

/// Reads the output to its end. It may wait for a process that has left the group, and nobody waits for it.
fn read_all(mut reader: PipeReader, send: SyncSender<Event>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count) = reader.read(&mut buffer) {
            let event = if count == 0 { Event::Closed } else { Event::Printed(buffer[..count].to_vec()) };
            if send.send(event).is_err() || count == 0 {
                break;
            }
        }
    });
}

/// Follows it to its end; returns why it is to be stopped, where it is.
fn follow(
    events: &mpsc::Receiver<Event>,
    most_bytes: u64,
    mut sink: impl FnMut(&[u8]),
    kill: &dyn Fn(),
) -> Option<Ending> {
    let (mut seen, mut has_ended, mut is_closed) = (0_u64, false, false);
    while !(has_ended && is_closed) {
        let event = if has_ended { events.recv_timeout(REST).ok()? } else { events.recv().ok()? };
        match event {
            Event::Printed(chunk) => {
                seen += chunk.len() as u64;
                if seen > most_bytes {
                    return Some(Ending::TooMuch);
                }
                sink(&chunk);
            }
            Event::Closed => is_closed = true,
            Event::Ended => {
                has_ended = true;
                // What it has left in its group has the output open.
                kill();
            }
            Event::OutOfTime => return (!has_ended).then_some(Ending::OutOfTime),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, limit: Duration, most: u64) -> (Ending, String) {
        let mut text = Vec::new();
        let program = Program::shell(line, "try something");
        let ending = program.printed(limit, most, |bytes| text.extend_from_slice(bytes)).unwrap();
        (ending, String::from_utf8(text).unwrap())
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn both_outputs_come_in_order() {
        let (ending, text) = run("echo a; echo b >&2; echo c; exit 3", LONG, 100);
        assert_eq!((ending, text.as_str()), (Ending::Ended(JobEnd::Exit(3)), "a\nb\nc\n"));
        assert_eq!(run("kill -9 $$", LONG, 100).0, Ending::Ended(JobEnd::Signal(9)));
    }

    #[test]
    fn what_hangs_or_prints_without_end_is_killed() {
        assert_eq!(run("sleep 60", Duration::from_millis(50), 100).0, Ending::OutOfTime);
        assert_eq!(run("exec >&- 2>&-; sleep 60", Duration::from_millis(50), 100).0, Ending::OutOfTime);
        let (ending, text) = run("yes", LONG, 100_000);
        assert_eq!((ending, text.len() <= 100_000), (Ending::TooMuch, true));
    }

    #[test]
    fn what_it_leaves_running_is_not_waited_for() {
        // The second has left the group and goes on; waiting for it would be out of time.
        let line = "sleep 60 & setsid sleep 4 & echo done";
        let (ending, text) = run(line, Duration::from_secs(3), 100);
        assert_eq!((ending, text.as_str()), (Ending::Ended(JobEnd::Exit(0)), "done\n"));
    }
}
