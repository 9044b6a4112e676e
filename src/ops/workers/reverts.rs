//! What a person has reverted is not done again: the fixes that workers have made of a file, against what people have done
//! since.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::desk::Desk;
use crate::ops::Result;

/// The trailer by which a commit of a worker is known.
pub(super) const WORKER_TRAILER: &str = "Tracker-Worker";
/// How many commits back are read.
const DEPTH: &str = "--max-count=200";
/// How often in a row workers may change a file before a person is asked.
const MOST_IN_A_ROW: usize = 6;

/// Lines that a change takes out, and puts in their place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Hunk {
    path: String,
    removed: Vec<String>,
    added: Vec<String>,
}

impl Hunk {
    fn inverse(&self) -> Self {
        Self { path: self.path.clone(), removed: self.added.clone(), added: self.removed.clone() }
    }
}

/// A commit, as far as it changed some files.
struct FileCommit {
    id: String,
    message: String,
    hunks: Vec<Hunk>,
}

impl FileCommit {
    fn is_of_worker(&self) -> bool {
        worker_of(&self.message).is_some()
    }
}

/// Returns the worker that has made a commit, by the trailer of its message.
pub(in crate::ops) fn worker_of(message: &str) -> Option<&str> {
    let last = message.trim_end().rsplit("\n\n").next()?;
    let named = last.lines().find_map(|line| line.strip_prefix(WORKER_TRAILER)?.strip_prefix(": "));
    named.map(str::trim).filter(|name| !name.is_empty())
}

/// What is known of the fixes of some files.
#[derive(Debug, Default)]
pub(super) struct PastFixes {
    /// The fixes that people have reverted, with the commit that did so.
    reverted: HashMap<Hunk, String>,
    /// The same by the commit that made it, and the file.
    commits: HashMap<(String, String), String>,
    /// The files that workers alone have changed again and again.
    repeated: BTreeSet<String>,
}

impl PastFixes {
    /// Reads the history of files before HEAD.
    pub(super) fn read(desk: &Desk, paths: &BTreeSet<String>) -> Result<Self> {
        let form = "--format=%x00%H%x00%B%x00";
        let text = desk.diff(&["log", form, "-p", DEPTH], paths)?;
        Ok(Self::of_log(&text))
    }

    /// Reads what `git log` prints of files: for each commit its id and its message, each after a NUL, and its diff.
    pub(super) fn of_log(text: &str) -> Self {
        Self::of(&commits_of(text))
    }

    /// Returns the commit that reverted what another did to a file.
    pub(super) fn reverted_by(&self, commit: &str, file: &str) -> Option<&str> {
        self.commits.get(&(commit.to_owned(), file.to_owned())).map(String::as_str)
    }

    /// `commits` are the newest first.
    fn of(commits: &[FileCommit]) -> Self {
        let mut found = Self::default();
        let mut reverted_since: HashMap<Hunk, &str> = HashMap::new();
        let mut reverting: HashMap<&str, &str> = HashMap::new();
        let mut in_a_row: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for commit in commits {
            let paths: BTreeSet<&str> = commit.hunks.iter().map(|hunk| hunk.path.as_str()).collect();
            for path in paths {
                let (count, is_over) = in_a_row.entry(path).or_default();
                *is_over |= !commit.is_of_worker();
                *count += usize::from(!*is_over);
            }
            if !commit.is_of_worker() {
                if let Some(id) = reverted_id(&commit.message) {
                    reverting.insert(id, &commit.id);
                }
                for hunk in &commit.hunks {
                    reverted_since.insert(hunk.inverse(), &commit.id);
                }
                continue;
            }
            let by = reverting.get(commit.id.as_str()).copied();
            for hunk in &commit.hunks {
                if let Some(by) = by.or_else(|| reverted_since.get(hunk).copied()) {
                    found.commits.insert((commit.id.clone(), hunk.path.clone()), by.to_owned());
                    found.reverted.insert(hunk.clone(), by.to_owned());
                }
            }
        }
        let is_repeated =
            |(path, (count, _)): (&str, (usize, bool))| (count >= MOST_IN_A_ROW).then(|| path.to_owned());
        found.repeated = in_a_row.into_iter().filter_map(is_repeated).collect();
        found
    }

    /// Returns the files of a diff that do again what was reverted, each with the commit that reverted it.
    pub(super) fn done_again(&self, diff: &str) -> BTreeMap<String, String> {
        let hunks = hunks_of(diff).into_iter();
        hunks.filter_map(|hunk| self.reverted.get(&hunk).map(|by| (hunk.path.clone(), by.clone()))).collect()
    }

    /// Returns those of some files that workers alone have changed again and again.
    pub(super) fn repeated<'p>(&'p self, paths: &'p BTreeSet<String>) -> impl Iterator<Item = &'p String> {
        paths.intersection(&self.repeated)
    }
}

/// Returns the commit that a message of `git revert` names.
fn reverted_id(message: &str) -> Option<&str> {
    let rest = &message[message.find("This reverts commit ")? + "This reverts commit ".len()..];
    rest.split(|c: char| !c.is_ascii_hexdigit()).next().filter(|id| id.len() >= 40)
}

fn commits_of(text: &str) -> Vec<FileCommit> {
    let mut parts = text.split('\0').skip(1);
    let mut commits = Vec::new();
    while let (Some(id), Some(message), Some(diff)) = (parts.next(), parts.next(), parts.next()) {
        let (id, message) = (id.trim().to_owned(), message.to_owned());
        commits.push(FileCommit { id, message, hunks: hunks_of(diff) });
    }
    commits
}

/// Returns the lines that a diff without context adds, by file.
pub(super) fn added_lines(diff: &str) -> impl Iterator<Item = (String, String)> {
    let lines = |hunk: Hunk| hunk.added.into_iter().map(move |text| (hunk.path.clone(), text));
    hunks_of(diff).into_iter().flat_map(lines)
}

/// Reads a diff without context. The name of a file that git quotes is not read.
fn hunks_of(diff: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut old, mut path, mut is_in_hunk) = (None, None, false);
    for line in diff.lines() {
        if line.starts_with("diff --git ") {
            (old, path, is_in_hunk) = (None, None, false);
        } else if let Some(name) = line.strip_prefix("--- ").filter(|_| !is_in_hunk) {
            old = name.strip_prefix("a/").map(str::to_owned);
        } else if let Some(name) = line.strip_prefix("+++ ").filter(|_| !is_in_hunk) {
            path = name.strip_prefix("b/").map(str::to_owned).or_else(|| old.clone());
        } else if line.starts_with("@@ ") {
            is_in_hunk = true;
            if let Some(path) = &path {
                hunks.push(Hunk { path: path.clone(), removed: Vec::new(), added: Vec::new() });
            }
        } else if let (true, Some(_), Some(hunk)) = (is_in_hunk, &path, hunks.last_mut()) {
            match (line.strip_prefix('-'), line.strip_prefix('+')) {
                (Some(text), _) => hunk.removed.push(text.to_owned()),
                (_, Some(text)) => hunk.added.push(text.to_owned()),
                _ => {}
            }
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(path: &str, removed: &str, added: &str) -> String {
        let line =
            |sign: &str, text: &str| if text.is_empty() { String::new() } else { format!("{sign}{text}\n") };
        let body = line("-", removed) + &line("+", added);
        format!(
            "diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n{body}"
        )
    }

    fn commit(id: &str, message: &str, diff: &str) -> FileCommit {
        FileCommit { id: id.repeat(40), message: message.to_owned(), hunks: hunks_of(diff) }
    }

    const BY_WORKER: &str = "qa: fix\n\nTracker-Worker: qa\nTracker-Fixes: F401 a.py\n";

    #[test]
    fn what_a_person_put_back_is_known_and_what_another_wrote_is_not() {
        let fix = diff("a.py", "import os", "");
        let history = [
            commit("c", "other\n", &diff("a.py", "x", "y")),
            commit("b", "I need it\n", &diff("a.py", "", "import os")),
            commit("a", BY_WORKER, &fix),
        ];
        let known = PastFixes::of(&history);
        assert_eq!(known.done_again(&fix), BTreeMap::from([("a.py".to_owned(), "b".repeat(40))]));
        assert_eq!(known.done_again(&diff("b.py", "import os", "")), BTreeMap::new(), "another file");
        assert_eq!(known.done_again(&diff("a.py", "import re", "")), BTreeMap::new(), "another line");
        assert!(PastFixes::of(&history[2..]).done_again(&fix).is_empty(), "nobody has put it back");
        // What a person wrote before the fix is what was fixed.
        assert!(
            PastFixes::of(&[
                commit("b", BY_WORKER, &fix),
                commit("a", "new\n", &diff("a.py", "", "import os"))
            ])
            .done_again(&fix)
            .is_empty()
        );
    }

    #[test]
    fn a_revert_that_names_its_commit_is_one_however_its_lines_have_changed() {
        let fix = diff("a.py", "import os", "");
        let message = format!("Revert\n\nThis reverts commit {}.\n", "a".repeat(40));
        let history =
            [commit("b", &message, &diff("a.py", "", "import os  # keep")), commit("a", BY_WORKER, &fix)];
        assert_eq!(PastFixes::of(&history).done_again(&fix).len(), 1);
    }

    #[test]
    fn workers_that_change_one_file_again_and_again_are_seen() {
        let one = |id| commit(id, BY_WORKER, &diff("a.py", "a", "b"));
        let mut history: Vec<FileCommit> = ["1", "2", "3", "4", "5", "6"].map(one).into();
        let paths = BTreeSet::from(["a.py".to_owned(), "b.py".to_owned()]);
        let repeated =
            |history: &[FileCommit]| PastFixes::of(history).repeated(&paths).cloned().collect::<Vec<_>>();
        assert_eq!(repeated(&history), ["a.py"]);
        history.insert(3, commit("7", "a person\n", &diff("a.py", "b", "c")));
        assert_eq!(repeated(&history), Vec::<String>::new());
    }

    #[test]
    fn a_worker_is_named_in_the_trailers_alone() {
        assert_eq!(worker_of(BY_WORKER), Some("qa"));
        assert_eq!(worker_of("Subject\n\nTracker-Worker: qa\n\nmore\n"), None);
        assert_eq!(worker_of("Tracker-Workers: qa\n"), None);
    }
}
