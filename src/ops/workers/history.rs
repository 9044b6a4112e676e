//! `worker history`: what workers have fixed, by rule and file, with the very change, from the commits of a branch; and what
//! they could not fix, from the escalations.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::desk::{git_in, last_line};
use super::reverts::{PastFixes, WORKER_TRAILER, worker_of};
use crate::ops::{Error, EscalationView, Result, Session, escalations};

/// The trailer that names a rule and a file.
const FIXES_TRAILER: &str = "Tracker-Fixes: ";

/// What is shown of the history.
#[derive(Debug, Clone, Default)]
pub struct HistoryRequest {
    /// Only this rule.
    pub rule: Option<String>,
    /// Only this file.
    pub file: Option<String>,
    /// Most fixes.
    pub limit: usize,
}

/// A fix that has landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PastFix {
    /// The rule.
    pub rule: String,
    /// The file.
    pub file: String,
    /// The worker.
    pub worker: String,
    /// The commit.
    pub commit: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The commit that reverted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverted_by: Option<String>,
    /// What the commit changed in the file.
    pub diff: String,
}

/// What workers have fixed, and what they could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerHistory {
    /// Fixes, the newest first.
    pub fixes: Vec<PastFix>,
    /// Escalations of the same rules and files, resolved ones too.
    pub failures: Vec<EscalationView>,
}

/// Returns what workers have fixed before the current commit.
pub fn worker_history(session: &Session<'_>, request: &HistoryRequest) -> Result<WorkerHistory> {
    let is_rule = |rule: &str| request.rule.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(rule));
    let is_file = |file: &str| request.file.as_ref().is_none_or(|own| own == file);
    let head = session.workspace().repository()?.head()?.commit;
    let fixes = match head {
        Some(head) => past_fixes(session, &head.to_string(), &is_rule, &is_file, request.limit)?,
        None => Vec::new(),
    };
    let (view, _) = escalations(session, true)?;
    let of_file =
        |own: &EscalationView| own.files.iter().any(|place| is_file(crate::model::path_of_place(place)));
    let failures = view.escalations.into_iter();
    let failures =
        failures.filter(|own| is_rule(&own.rule) && (request.file.is_none() || of_file(own))).collect();
    Ok(WorkerHistory { fixes, failures })
}

/// Returns the fixes that landed before a commit, the newest first.
pub(super) fn past_fixes(
    session: &Session<'_>,
    tip: &str,
    is_rule: &dyn Fn(&str) -> bool,
    is_file: &dyn Fn(&str) -> bool,
    limit: usize,
) -> Result<Vec<PastFix>> {
    let grep = format!("--grep=^{WORKER_TRAILER}: ");
    let words = [&grep, "--format=%x00%H%x00%ct%x00%B%x00", "-p", "--max-count=500"];
    let text = log(session, &words, tip, &BTreeSet::new())?;
    let mut parts = text.split('\0').skip(1);
    let mut fixes = Vec::new();
    while let (Some(id), Some(at), Some(message), Some(diff)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    {
        let Some(worker) = worker_of(message) else { continue };
        let at = at
            .trim()
            .parse()
            .ok()
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .unwrap_or_default();
        let diffs = by_file(diff);
        for (rule, file) in fixes_of(message).filter(|(rule, file)| is_rule(rule) && is_file(file)) {
            let fix = |diff: &String| PastFix {
                rule: rule.to_owned(),
                file: file.to_owned(),
                worker: worker.to_owned(),
                commit: id.trim().to_owned(),
                at,
                reverted_by: None,
                diff: diff.clone(),
            };
            fixes.extend(diffs.get(file).map(fix));
        }
        if fixes.len() >= limit {
            break;
        }
    }
    fixes.truncate(limit);
    let paths: BTreeSet<String> = fixes.iter().map(|fix| fix.file.clone()).collect();
    if !paths.is_empty() {
        let plain =
            log(session, &["-U0", "--format=%x00%H%x00%B%x00", "-p", "--max-count=500"], tip, &paths)?;
        let past = PastFixes::of_log(&plain);
        for fix in &mut fixes {
            fix.reverted_by = past.reverted_by(&fix.commit, &fix.file).map(str::to_owned);
        }
    }
    Ok(fixes)
}

/// Returns the rules and files that a message names.
fn fixes_of(message: &str) -> impl Iterator<Item = (&str, &str)> {
    message.lines().filter_map(|line| line.strip_prefix(FIXES_TRAILER)?.split_once(' '))
}

fn log(session: &Session<'_>, words: &[&str], tip: &str, paths: &BTreeSet<String>) -> Result<String> {
    let quiet =
        ["-c", "core.quotePath=false", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false"];
    let plain = ["--no-color", "--no-renames", "--no-ext-diff", "--no-textconv"];
    let paths: Vec<String> = paths.iter().map(|path| format!(":(top,literal){path}")).collect();
    let all = quiet.into_iter().chain(["log"]).chain(plain).chain(words.iter().copied()).chain([tip, "--"]);
    let all: Vec<&str> = all.chain(paths.iter().map(String::as_str)).collect();
    let output = git_in(session.workspace(), "read the history", &all)?;
    match output.is_success() {
        true => Ok(output.stdout_text()),
        false => Err(Error::usage(format!("git log failed: {}", last_line(&output.stderr_text())))),
    }
}

/// Takes a diff apart, by file: the hunks of each.
fn by_file(diff: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    // A line of a file that begins like that has a sign before it.
    for part in format!("\n{diff}").split("\ndiff --git ").skip(1) {
        let Some(at) = part.find("\n@@ ") else { continue };
        let (head, hunks) = part.split_at(at + 1);
        let name = |sign: &str, side: &str| {
            head.lines().find_map(|line| line.strip_prefix(sign)?.strip_prefix(side)).map(str::to_owned)
        };
        if let Some(path) = name("+++ ", "b/").or_else(|| name("--- ", "a/")) {
            files.insert(path, hunks.trim_end().to_owned());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::{by_file, fixes_of};

    #[test]
    fn a_diff_is_taken_apart_by_file() {
        let diff = "\ndiff --git a/a b/a\nindex 1..2 100644\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\ndiff --git a/b c b/b c\n--- a/b c\n+++ b/b c\n@@ -1 +0,0 @@\n-z\n";
        let files = by_file(diff);
        assert_eq!(
            (files["a"].as_str(), files["b c"].as_str()),
            ("@@ -1 +1 @@\n-x\n+y", "@@ -1 +0,0 @@\n-z")
        );
    }

    #[test]
    fn a_trailer_names_a_rule_and_a_file_whatever_it_is_called() {
        let message = "x\n\nTracker-Worker: qa\nTracker-Fixes: F401 src/a b.py\nTracker-Fixes: broken\n";
        assert_eq!(fixes_of(message).collect::<Vec<_>>(), [("F401", "src/a b.py")]);
    }
}
