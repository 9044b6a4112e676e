//! The programs that have started this one, as far as the system tells.

use std::os::unix::process::parent_id;

/// How many are looked at: git starts a hook, and a hook of the user's may start ours.
const MOST: usize = 4;

/// Returns the command line of each program above this one, the nearest first. Empty where the system has no `/proc`.
pub(crate) fn callers() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut pid = parent_id();
    while pid > 1 && found.len() < MOST {
        let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else { break };
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        found.push(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect());
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        pid = parent.unwrap_or(0);
    }
    found
}
