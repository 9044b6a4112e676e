//! The process groups that end with this process, also where a signal ends it.

use std::fs;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Those that run.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A group that is taken out of the list with this.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        groups().retain(|group| Some(*group) != self.0);
    }
}

/// Starts the first process of a group. No signal comes between that and its place in the list.
pub(super) fn start(spawn: impl FnOnce() -> std::io::Result<Child>) -> std::io::Result<(Child, Group)> {
    let mut groups = groups();
    let child = spawn()?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    groups.extend(group);
    Ok((child, Group(group)))
}

/// Ends the groups, and then this process as if nothing had been registered, when a signal comes that does so. One that was
/// ignored when it was started, as `nohup` has it, stays ignored.
pub(super) fn watch_signals() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let ignored = ignored_signals();
        let signals =
            [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let Ok(mut signals) = Signals::new(signals) else { return };
        thread::spawn(move || {
            for signal in signals.forever() {
                // Nothing is started any more: the list stays locked.
                let groups = groups();
                for group in groups.iter() {
                    let _ = kill_process_group(*group, Signal::KILL);
                }
                let _ = emulate_default_handler(signal);
            }
        });
    });
}

/// Returns the signals that this process ignores, a bit for each; none where the system does not say.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
