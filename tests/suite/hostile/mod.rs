//! Whatever is in `.tracker`: no panic, no hang, no write outside, nothing that a terminal would obey, and
//! nothing skipped in silence.

mod arguments;
mod commits;
pub(crate) mod documents;
mod local_files;
pub(crate) mod numbers;
mod places;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Sandbox;
use crate::watchdog::{Watched, watch};

const GOOD: &str = "---\nid: TASK-GOOD\ntitle: Sound\n---\n\n- [ ] a box\n";
const SECRET: &str = "---\nid: TASK-1\ntitle: Secret\n---\n\n- [ ] a box\n";
/// Limit of processor time in seconds where all of the documents are read at once.
const ALL_AT_ONCE: u64 = 20;

/// What `list` owes a file.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It is named on stderr, and the exit code is 1.
    Broken,
    /// It is a task, however odd.
    Sound,
}

fn task(id: &str, front: &str, body: &str) -> Vec<u8> {
    format!("---\nid: {id}\ntitle: Hostile\n{front}\n---\n\n{body}\n- [ ] a box\n").into_bytes()
}

fn bomb() -> String {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..9 {
        bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    bomb
}

/// Tries all cases, then fails with all that failed.
fn each<T>(cases: impl IntoIterator<Item = T>, name: impl Fn(&T) -> String, bear: impl Fn(&T)) {
    let mut failed = Vec::new();
    for case in cases {
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bear(&case)));
        failed.extend(tried.is_err().then(|| name(&case)));
    }
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

/// A tracker with one sound task, and beside it a folder that no command has business in.
struct HostileTracker {
    sandbox: Sandbox,
    outside: BTreeMap<PathBuf, Vec<u8>>,
}

impl HostileTracker {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
        sandbox.write(".tracker/tasks/TASK-GOOD.md", GOOD);
        sandbox.write("src.txt", "not ours");
        let outside = sandbox.root().join("outside");
        fs::create_dir_all(outside.join("tasks")).unwrap();
        fs::write(outside.join("tasks/TASK-1.md"), SECRET).unwrap();
        fs::write(outside.join("TASK-1.md"), SECRET).unwrap();
        fs::write(outside.join("config.toml"), "format = 2\n").unwrap();
        let mut hostile = Self { sandbox, outside: BTreeMap::new() };
        hostile.outside = hostile.all_outside();
        hostile
    }

    /// All that lies outside `.tracker` and `.git`.
    fn all_outside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let walk = walkdir::WalkDir::new(self.sandbox.root()).into_iter();
        let inside = |path: &Path| path.ends_with(".tracker") || path.ends_with(".git");
        let found = walk.filter_entry(|entry| !inside(entry.path())).map(Result::unwrap);
        found.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).unwrap_or_default())).collect()
    }

    fn run(&self, words: &[&str]) -> Watched {
        let ran = watch(&mut self.sandbox.tracker_command(words));
        ran.decent();
        ran
    }

    /// Every command that reads.
    fn read_all(&self, id: &str, at: &[&str]) {
        for words in [
            &["list"][..],
            &["list", "--all", "box or priority>=low"],
            &["list", "-a", "--sort", "created,title", "--color", "never"],
            &["show", id],
            &["show", "TASK-GOOD"],
            &["queue"],
            &["board"],
            &["deps"],
            &["deps", id, "--reverse"],
            &["log", id],
        ] {
            self.run(&[words, at].concat());
        }
    }

    /// Every command that writes; the doctor is last.
    fn write_all(&self, id: &str) {
        self.run(&["doctor"]);
        self.edit(id);
        self.run(&["start", "TASK-GOOD"]);
        self.run(&["new", "another", "--dep", id]);
        self.run(&["doctor", "--fix"]);
        self.run(&["doctor"]);
        self.run(&["list"]);
    }

    /// Every command that changes one task.
    fn edit(&self, id: &str) {
        for words in [
            &["set", id, "priority=high", "tags+=x", "due=2026-01-01"][..],
            &["set", "TASK-GOOD", &format!("depends_on+={id}")],
            &["tick", id, "1"],
            &["tick", id, "box"],
            &["note", id, "a note"],
            &["start", id],
            &["set-stage", id, "dev"],
            &["block", id, "why"],
            &["unblock", id],
            &["cancel", id, "why"],
            &["reopen", id],
        ] {
            self.run(words);
        }
    }

    fn nothing_outside_changed(&self) {
        let now = self.all_outside();
        let differs = now
            .iter()
            .chain(&self.outside)
            .find(|(path, bytes)| now.get(*path) != Some(bytes) || self.outside.get(*path) != Some(bytes));
        assert!(differs.is_none(), "changed outside: {:?}", differs.map(|(path, _)| path));
    }
}
