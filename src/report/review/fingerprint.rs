//! What tells one violation from another over time: dashboards keep what a person decided about it by this.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::to_hex;
use crate::review::Violation;

/// Shortest text that may be a commit's id.
const SHORTEST_COMMIT_ID: usize = 7;

/// Returns a fingerprint for each violation: the same after a rebase or when lines move, and no two alike.
pub(super) fn fingerprints(violations: &[Violation]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut unique = |violation: &Violation| {
        let lasting = lasting_digest(violation, 0);
        let count = seen.entry(lasting).and_modify(|count| *count += 1).or_default();
        lasting_digest(violation, *count)
    };
    violations.iter().map(&mut unique).collect()
}

fn lasting_digest(violation: &Violation, nth: u32) -> String {
    let mut digest = Sha256::new();
    let message = lasting(&violation.message);
    let task = violation.task.as_deref().unwrap_or_default();
    let file = violation.file.as_deref().unwrap_or_default();
    for part in [violation.rule.as_str(), task, file, &message, &nth.to_string()] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    to_hex(&digest.finalize()[..16])
}

/// Returns the message without what changes by itself: ids of commits, and the lines after file names.
fn lasting(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut before = ' ';
    for word in message.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = end.len() >= SHORTEST_COMMIT_ID
            && end.bytes().all(|byte| byte.is_ascii_hexdigit())
            && end.bytes().any(|byte| byte.is_ascii_digit());
        let is_line = before == ':' && !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
        if !is_id && !is_line {
            kept.push_str(end);
        }
        kept.push_str(&word[end.len()..]);
        before = word.chars().next_back().unwrap_or(' ');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GateRule, Level};

    fn of(message: &str) -> Violation {
        Violation {
            file: Some("a.rs".to_owned()),
            ..Violation::of(GateRule::LinkedCommits, Level::Warn, message)
        }
    }

    #[test]
    fn commits_and_lines_may_change() {
        assert_eq!(lasting("9fc01aa \"wip\" in a.rs:12, b.rs:7 line"), " \"wip\" in a.rs:, b.rs: line");
        assert_eq!(lasting("quorum 2 of 3 on TASK-7Q2M, defaced"), "quorum 2 of 3 on TASK-7Q2M, defaced");
        let [one] = &fingerprints(&[of("9fc01aa \"wip\" a.rs:12")])[..] else { panic!() };
        let [other] = &fingerprints(&[Violation { line: Some(3), ..of("4be1c2f000 \"wip\" a.rs:99") }])[..]
        else {
            panic!()
        };
        assert_eq!(one, other);
        assert_eq!(one.len(), 32);
    }

    #[test]
    fn no_two_are_alike() {
        let violations = [of("a 1111111"), of("a 2222222"), of("a 3333333"), of("b")];
        let mut found = fingerprints(&violations);
        assert_eq!(found, fingerprints(&violations));
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 4);
    }
}
