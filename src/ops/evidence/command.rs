//! One run of a role's command at the top of the working tree, and whether the tree is what the commit says.

use sha2::{Digest, Sha256};

use crate::git::CommitId;
use crate::model::{Role, to_hex};
use crate::ops::merge::git;
use crate::ops::{Error, Result, Session};
use crate::process::{Ending, JobEnd, Program};

/// Whatever prints more is killed.
const MOST_OUTPUT: u64 = 64 * 1024 * 1024;
/// How many of the last bytes that it printed are kept.
const TAIL: usize = 4 * 1024;
/// How many of the last lines of these.
const TAIL_LINES: usize = 20;
/// The exit codes that say of what was killed why: as `timeout` has it, and as a signal for a file that is too large.
const OUT_OF_TIME: i32 = 124;
const TOO_MUCH: i32 = 153;
/// How many files are named that a command has changed.
const NAMED: usize = 5;

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) exit: i32,
    /// Whether it came to its end by itself.
    pub(super) is_whole: bool,
    pub(super) millis: u64,
    pub(super) bytes: u64,
    pub(super) output: String,
    pub(super) tail: Option<String>,
}

/// Runs the command of a role; `task` is its `$TRACKER_TASK`.
pub(super) fn run(session: &Session<'_>, role: Role<'_>, command: &str, task: Option<&str>) -> Result<Ran> {
    let (mut digest, mut bytes, mut last) = (Sha256::new(), 0_u64, Vec::new());
    let sink = |chunk: &[u8]| {
        digest.update(chunk);
        bytes += chunk.len() as u64;
        last.extend_from_slice(chunk);
        if last.len() > 2 * TAIL {
            last.drain(..last.len() - TAIL);
        }
    };
    let mut shell = Program::shell(command, "run the command of a role")
        .in_folder(session.workspace().work_dir())
        .in_its_own_repository()
        .variable("TRACKER_ROLE", role.name);
    if let Some(task) = task {
        shell = shell.variable("TRACKER_TASK", task);
    }
    let started = session.env().monotonic();
    let ending = shell.printed(role.rules.verify_limit, MOST_OUTPUT, sink);
    let ending = ending.map_err(|error| Error::usage_with(error.to_string(), "install a POSIX shell"))?;
    let taken = session.env().monotonic().saturating_sub(started);
    let (exit, why) = match ending {
        Ending::Ended(JobEnd::Exit(code)) => (code, None),
        Ending::Ended(JobEnd::Signal(signal)) => (128 + signal, Some(format!("killed by signal {signal}"))),
        Ending::OutOfTime => {
            (OUT_OF_TIME, Some(format!("killed after {} s", role.rules.verify_limit.as_secs())))
        }
        Ending::TooMuch => {
            (TOO_MUCH, Some(format!("killed after {} MiB of output", MOST_OUTPUT / 1024 / 1024)))
        }
    };
    Ok(Ran {
        exit,
        is_whole: matches!(ending, Ending::Ended(_)),
        millis: u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
        bytes,
        output: to_hex(&digest.finalize()),
        tail: tail_of(&last, why.as_deref()),
    })
}

/// Returns the last lines of what was printed, as text that no terminal obeys, with one that says why it ended.
fn tail_of(bytes: &[u8], why: Option<&str>) -> Option<String> {
    let start = bytes.len().saturating_sub(TAIL);
    let text = String::from_utf8_lossy(&bytes[start..]);
    let is_shown = |c: &char| *c == '\t' || !c.is_control();
    let lines = text.lines().map(|line| line.chars().filter(is_shown).collect::<String>());
    let mut lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.retain(|line| !line.is_empty());
    lines.drain(..lines.len().saturating_sub(TAIL_LINES));
    lines.extend(why.map(|why| format!("({why})")));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Returns the files outside the records that are not as a commit has them, where that is what is checked out.
pub(super) fn differing(session: &Session<'_>, commit: CommitId) -> Result<Vec<String>> {
    let head = session.workspace().repository()?.head()?.commit;
    if head != Some(commit) {
        return Ok(vec!["HEAD".to_owned()]);
    }
    let arguments =
        ["status", "--porcelain", "-z", "--untracked-files=all", "--", ":/", ":(top,exclude).tracker"];
    let status = git(session.workspace(), "look for changes", &arguments)?;
    if !status.is_success() {
        return Err(Error::usage(format!("cannot look for changes: {}", status.stderr_text().trim())));
    }
    let text = status.stdout_text();
    let mut entries = text.split('\0').filter(|entry| entry.len() > 3);
    let mut files = Vec::new();
    while let Some(entry) = entries.next() {
        files.push(entry.get(3..).unwrap_or_default().to_owned());
        // Where it was renamed from.
        if entry.starts_with('R') {
            entries.next();
        }
    }
    files.sort();
    Ok(files)
}

/// Names some of several files.
pub(super) fn named(files: &[String]) -> String {
    let shown: Vec<String> = files.iter().take(NAMED).map(|file| file.escape_debug().to_string()).collect();
    match files.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{TAIL, tail_of};

    #[test]
    fn the_tail_is_short_and_plain() {
        assert_eq!(tail_of(b"", None), None);
        assert_eq!(
            tail_of(b"\x1b[31mred\x1b[0m\r\n\n\xff\n", Some("why")).unwrap(),
            "[31mred[0m\n\u{fffd}\n(why)"
        );
        let many: String = (0..100_000).map(|n| format!("{n}\n")).collect();
        let tail = tail_of(many.as_bytes(), None).unwrap();
        assert_eq!((tail.lines().count(), tail.lines().last()), (20, Some("99999")));
        assert!(tail_of("x".repeat(100_000).as_bytes(), None).unwrap().len() <= TAIL);
    }
}
