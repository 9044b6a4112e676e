//! The names that people type: `done`, `assign`, `tag`, `stop`, `undo`, `rm`, and the aliases of peers.

use insta::assert_snapshot;

use super::{commit, empty, json, records, typed, world};
use crate::support::Sandbox;

#[test]
fn done_goes_as_far_as_the_task_has_earned_and_says_what_is_missing() {
    let sandbox = world();
    let rules = "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n";
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", config.clone() + rules);
    assert_snapshot!(typed(&sandbox, "
        done d4
        done d4
        done exp
    "), @"");
    sandbox.write(".tracker/config.toml", config);
    let done = json(&sandbox.tracker(&["close", "d4", "--format", "json"]));
    assert_eq!(done["command"], "done");
    assert!(sandbox.read(".tracker/tasks/TASK-D4RK.md").contains("stage: complete"));
}

#[test]
fn short_names_do_what_the_long_ones_do() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        assign s3 Grace Hopper
        assign s3
        tag s3 ui login
        start d4
        stop
        stop
        comment d4 no quotes are needed
        add A title without quotes --tag ui
        search login
        next --limit 1 -q
    "), @"");
    for (short, long) in [
        ("view d4", "show d4"),
        ("history d4", "log d4"),
        ("ready -q", "queue -q"),
        ("find dark -q", "list dark -q"),
    ] {
        let run = |line: &str| sandbox.tracker(&line.split(' ').collect::<Vec<_>>()).to_string();
        assert_eq!(run(short), run(long), "{short}");
    }
}

#[test]
fn undo_takes_back_write_by_write_and_nothing_that_a_commit_has() {
    let sandbox = world();
    let first = records(&sandbox);
    sandbox.tracker(&["start", "s3"]);
    let second = records(&sandbox);
    sandbox.tracker(&["note", "s3", "a note"]);
    sandbox.tracker(&["set", "s3", "priority=low"]);
    assert_snapshot!(typed(&sandbox, "
        undo --dry-run
        undo
        undo
    "), @"");
    assert_eq!(records(&sandbox), second);
    assert_eq!(sandbox.tracker(&["undo"]).status, 0);
    assert_eq!(records(&sandbox), first);
    assert!(sandbox.tracker(&["show"]).stderr.contains("none is active"), "a start that was taken back");
    assert_eq!(sandbox.tracker(&["undo"]).status, 2);
    // What was changed since, or committed, stays.
    sandbox.tracker(&["set", "s3", "priority=high"]);
    let path = ".tracker/tasks/TASK-S3SS.md";
    let set = sandbox.read(path);
    sandbox.write(path, set.replace("high", "low"));
    assert_eq!(sandbox.tracker(&["undo"]).status, 1);
    sandbox.write(path, &set);
    commit(&sandbox, "Committed");
    assert_snapshot!(sandbox.tracker(&["undo"]), @"");
    assert_eq!(sandbox.read(path), set);
}

#[test]
fn rm_is_for_what_no_commit_has() {
    let sandbox = empty();
    commit(&sandbox, "Set up");
    let new = |sandbox: &Sandbox| sandbox.tracker(&["new", "Mistyped", "-q"]).stdout.trim().to_owned();
    let id = new(&sandbox);
    sandbox.tracker(&["note", &id, "and a note"]);
    let removed = sandbox.tracker(&["rm", &id]);
    assert_eq!((removed.status, sandbox.git(&["status", "--porcelain"])), (0, String::new()), "{removed}");
    let id = new(&sandbox);
    sandbox.git(&["add", "--all"]);
    assert_eq!(sandbox.tracker(&["rm", &id]).status, 1);
    sandbox.git(&["commit", "--quiet", "--message", "A task"]);
    assert_snapshot!(sandbox.tracker(&["delete", &id]), @"");
}
