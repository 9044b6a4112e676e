//! `--at REV` answers as a checkout of that commit would, without one.

use super::{commit, json, typed, world};
use insta::assert_snapshot;

const READS: [&[&str]; 9] = [
    &["list", "--all"],
    &["list", "dark", "--fields", "id,body,boxes"],
    &["show", "d4r"],
    &["show", "s3s"],
    &["board"],
    &["queue"],
    &["deps", "--all"],
    &["deps", "s3s", "--reverse"],
    &["log", "d4r"],
];

/// A checkout shows what other branches have moved since, and leads there; a commit of the past does not.
fn forget_flights(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_flights),
        serde_json::Value::Object(keys) => {
            keys.remove("in_flight");
            keys.remove("next");
            keys.values_mut().for_each(forget_flights);
        }
        _ => {}
    }
}

#[test]
fn every_reading_command_equals_a_checkout() {
    let sandbox = world();
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.tracker(&["note", "d4r", "Later."]);
    sandbox.tracker(&["tick", "d4r", "all"]);
    sandbox.tracker(&["start", "s3s"]);
    sandbox.tracker(&["set-stage", "d4r", "complete"]);
    sandbox.tracker(&["new", "Another", "--dep", "s3s"]);
    sandbox.write(".tracker/config.toml", "format = 2\n[pipeline]\nstages = [\"dev\", \"try\"]\n");
    commit(&sandbox, "Work");
    sandbox.tracker(&["set", "s3s", "title=Not committed"]);
    let answer = |args: &[&str], more: &[&str]| {
        let args: Vec<&str> = args.iter().chain(more).copied().collect();
        json(&sandbox.tracker(&[&args, &["--format", "json"][..]].concat()))
    };
    let before: Vec<_> = READS.iter().map(|args| answer(args, &["--at", &first])).collect();
    let now: Vec<_> = READS.iter().map(|args| answer(args, &[])).collect();
    sandbox.git(&["checkout", "--quiet", "--force", &first]);
    for ((args, before), now) in READS.iter().zip(before).zip(&now) {
        assert_ne!(now, &before, "{args:?} tells nothing of the time between");
        let (mut here, mut before) = (answer(args, &[]), before);
        [&mut here, &mut before].into_iter().for_each(forget_flights);
        // What is in progress on another branch is in no queue of a checkout.
        if args[0] != "queue" {
            assert_eq!(here, before, "{args:?}");
        }
    }
}

#[test]
fn a_revision_without_a_tracker_or_none_at_all_is_an_error() {
    let sandbox = world();
    sandbox.git(&["switch", "--quiet", "--orphan", "empty"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Nothing"]);
    assert_snapshot!(typed(&sandbox, "
        list --at empty
        list --at nowhere
        list --at main~9
        show d4r --at main:src
        queue
    "), @r#"
    $ tracker list --at empty
    exit 2
    --- stderr
    error: there is no tracker in commit `empty`
      hint: choose a commit after the one that added .tracker

    $ tracker list --at nowhere
    exit 2
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag

    $ tracker list --at main~9
    exit 2
    --- stderr
    error: `main~9` is not a revision of this repository
      hint: commit 77fb4a2 has 0 ancestors along the first parent and ancestor number 9 is out of range

    $ tracker show d4r --at main:src
    exit 2
    --- stderr
    error: `main:src` is not a revision of this repository
      hint: could not find path "src" in tree 451306f of parent object 77fb4a2

    $ tracker queue
    exit 2
    --- stderr
    error: there is no tracker in `[ROOT]/repo`
      hint: `main` has one: run `git merge main`, or change to a branch that has it
    "#);
    assert_eq!(sandbox.tracker(&["list", "--at", "main"]).status, 0, "the working tree needs no tracker");
}

#[test]
fn a_task_that_was_not_there_yet_is_not_found() {
    let sandbox = world();
    sandbox.tracker(&["new", "Later", "--id", "TASK-L8ER"]);
    commit(&sandbox, "Later");
    assert_eq!(sandbox.tracker(&["show", "l8er"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["show", "l8er", "--at", "HEAD~1"]), @r"
    exit 2
    --- stderr
    error: no task matches `l8er`
      hint: run `tracker list` to see all tasks
    ");
}
