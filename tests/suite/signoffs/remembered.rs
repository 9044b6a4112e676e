//! What lists show of votes is remembered, and is always what would be counted anew.

use std::fs;

use super::*;

const REMEMBERED: &str = ".git/tracker/tallies";

fn list(sandbox: &Sandbox) -> String {
    ask(sandbox, "list --all").to_string()
}

fn counted_anew(sandbox: &Sandbox) -> String {
    let _ = fs::remove_file(sandbox.path().join(REMEMBERED));
    list(sandbox)
}

/// Lists until the records are old enough to be remembered.
fn remember(sandbox: &Sandbox) -> String {
    let is_remembered = || {
        let text = fs::read(sandbox.path().join(REMEMBERED)).unwrap_or_default();
        text.windows(9).any(|part| part == b"TASK-T3ST")
    };
    for _ in 0..200 {
        let listed = list(sandbox);
        if is_remembered() {
            return listed;
        }
    }
    panic!("the tallies are not remembered");
}

/// A task in qa that one of two roles has approved.
fn approved() -> Sandbox {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    sandbox
}

fn vote(sandbox: &Sandbox) -> String {
    let folder = ".tracker/signoffs/TASK-T3ST";
    let entry = fs::read_dir(sandbox.path().join(folder)).unwrap().next().unwrap().unwrap();
    format!("{folder}/{}", entry.file_name().to_str().unwrap())
}

fn replace(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let text = sandbox.read(path);
    assert!(text.contains(from), "{text}");
    sandbox.write(path, text.replace(from, to));
}

const CONFIG: &str = ".tracker/config.toml";
const RECORD: &str = ".tracker/tasks/TASK-T3ST.md";

type Action = fn(&Sandbox);

/// What must not leave the tally as it was, and what may.
const ACTIONS: [(&str, Action); 15] = [
    ("a vote is edited, and bears its old time", |sandbox| {
        let path = vote(sandbox);
        let file = sandbox.path().join(&path);
        let time = file.metadata().unwrap().modified().unwrap();
        replace(sandbox, &path, "approved", "rejected");
        fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
    }),
    ("a vote is deleted", |sandbox| fs::remove_file(sandbox.path().join(vote(sandbox))).unwrap()),
    ("a vote is copied", |sandbox| {
        let text = sandbox.read(vote(sandbox));
        sandbox.write(".tracker/signoffs/TASK-T3ST/another.yaml", text.replace("reviewer", "tester"));
    }),
    ("somebody rejects", |sandbox| drop(alone(sandbox, "Eve", "reject t3st --as tester -m no"))),
    ("the task's code changes", |sandbox| {
        sandbox.write("src/theme.rs", "fn three() {}\n");
        work(sandbox, "Again");
    }),
    ("its code changes under no task", |sandbox| {
        sandbox.write("src/theme.rs", "fn four() {}\n");
        commit(sandbox, "No task");
    }),
    ("the voter writes for the task", |sandbox| {
        sandbox.write("src/more.rs", "fn more() {}\n");
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--message", "More\n\nTask: TASK-T3ST"]);
    }),
    ("other code changes", |sandbox| {
        sandbox.write("other", "x\n");
        commit(sandbox, "Another");
    }),
    ("history is rewound", |sandbox| drop(sandbox.git(&["reset", "--quiet", "--soft", "HEAD~1"]))),
    ("a quorum is raised", |sandbox| {
        let text = sandbox.read(CONFIG);
        sandbox.write(CONFIG, format!("{text}[roles.reviewer]\nquorum = 2\n"));
    }),
    ("signatures are required", |sandbox| {
        let text = sandbox.read(CONFIG);
        sandbox.write(CONFIG, format!("{text}[policy]\nsignatures = \"require\"\n"));
    }),
    ("a mailmap makes the voter the author", |sandbox| {
        sandbox.write(".mailmap", "Ken <ken@example.com> Ada <ada@example.com>\n");
    }),
    ("a mailmap is configured", |sandbox| {
        sandbox.write("people", "Ken <ken@example.com> Ada <ada@example.com>\n");
        sandbox.git(&["config", "mailmap.file", "people"]);
    }),
    ("the acceptance text changes", |sandbox| replace(sandbox, RECORD, "after a restart", "after two")),
    ("the task is sent back and returns", |sandbox| {
        replace(
            sandbox,
            RECORD,
            "from: dev, to: qa}\n",
            "from: dev, to: qa}\n  - {at: 2026-11-10T10:00:00Z, by: Ken, from: qa, to: dev, why: no}\n  \
             - {at: 2026-11-10T11:00:00Z, by: Ken, from: dev, to: qa}\n",
        );
    }),
];

#[test]
fn a_remembered_tally_is_what_would_be_counted() {
    for (name, action) in ACTIONS {
        let sandbox = approved();
        remember(&sandbox);
        let before = sandbox.tracker(&["list", "--all"]).stdout;
        assert!(before.contains("1/2"), "{before}");
        action(&sandbox);
        let listed = list(&sandbox);
        assert_eq!(listed, counted_anew(&sandbox), "{name}");
    }
}

#[test]
fn a_remembered_tally_outlives_commits_that_have_nothing_to_do_with_the_task() {
    let sandbox = approved();
    let before = remember(&sandbox);
    sandbox.write("other", "x\n");
    commit(&sandbox, "Another");
    assert_eq!(list(&sandbox), before);
    assert!(sandbox.path().join(REMEMBERED).exists());
}

#[test]
fn a_commit_is_listed_the_second_time_as_the_first() {
    let sandbox = approved();
    for number in 0..40 {
        let id = format!("TASK-A{number:03}");
        sandbox.write(format!(".tracker/tasks/{id}.md"), format!("---\nid: {id}\ntitle: {id}\n---\n"));
    }
    commit(&sandbox, "Many");
    let at = || ask(&sandbox, "list --all --at HEAD").to_string();
    let first = at();
    assert!(first.contains("TASK-A039"), "{first}");
    let kept = fs::read_dir(sandbox.path().join(".git/tracker")).unwrap().map(Result::unwrap);
    assert!(kept.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("index-at-")));
    assert_eq!(at(), first);
    ok(&by(&sandbox, "Eve", "reject t3st --as tester -m no"));
    let second = at();
    assert_ne!(second, first);
    assert_eq!(at(), second);
    // A rejection whose file is gone is known by history alone.
    fs::remove_dir_all(sandbox.path().join(".tracker/signoffs/TASK-T3ST")).unwrap();
    sandbox.write(".tracker/signoffs/TASK-T3ST/broken.yaml", "[");
    commit(&sandbox, "Gone");
    let third = at();
    assert_eq!((at(), at()), (third.clone(), third));
}
