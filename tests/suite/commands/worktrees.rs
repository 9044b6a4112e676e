//! Sub-directories, linked worktrees and branches.

use super::{commit, json, typed, world};
use crate::support::Sandbox;
use insta::assert_snapshot;

#[test]
fn works_from_any_folder_below() {
    let sandbox = world();
    sandbox.write("src/deep/lib.rs", "");
    let here = sandbox.tracker_in("src/deep", &["show", "d4r"]);
    assert_eq!(here.stdout, sandbox.tracker(&["show", "d4r"]).stdout);
    assert_eq!(sandbox.tracker_in("src/deep", &["set", "d4r", "priority=low"]).status, 0);
    assert!(sandbox.read(".tracker/tasks/TASK-D4RK.md").contains("priority: low"));
    let elsewhere = sandbox.tracker_in("../home", &["-C", "../repo/src", "list", "-q"]);
    assert_eq!(elsewhere.stdout, sandbox.tracker(&["list", "-q"]).stdout);
}

#[test]
fn each_worktree_has_a_tracker_of_its_own() {
    let sandbox = world();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    sandbox.tracker_in("../side", &["set", "d4r", "title=On the side"]);
    sandbox.tracker_in("../side", &["start", "s3s"]);
    let title = |folder: &str| {
        let shown = json(&sandbox.tracker_in(folder, &["show", "d4r", "--format", "json"]));
        shown["result"]["task"]["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (title("").as_str(), title("../side").as_str()),
        ("Add dark mode to the dashboard", "On the side")
    );
    assert_eq!(sandbox.tracker_in("../side", &["show"]).status, 0);
    assert_eq!(sandbox.tracker(&["show"]).status, 2, "the active task is the worktree's own");
}

#[test]
fn ids_of_branches_and_worktrees_are_not_given_again() {
    let sandbox = Sandbox::new();
    sandbox.tracker(&["init", "--no-hooks", "--sequential"]);
    let new = |folder: &str| sandbox.tracker_in(folder, &["new", "t", "-q"]).stdout.trim().to_owned();
    commit(&sandbox, "A tracker");
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    assert_eq!(new(""), "TASK-1");
    commit(&sandbox, "On a branch");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["worktree", "add", "--quiet", "-b", "other", "../other"]);
    assert_eq!(new("../other"), "TASK-2");
    assert_eq!(new(""), "TASK-3");
    assert_snapshot!(sandbox.tracker(&["new", "t", "--id", "TASK-1"]), @r"
    exit 2
    --- stderr
    error: TASK-1 is taken
      hint: leave the id out to get a new one
    ");
    assert_snapshot!(sandbox.tracker(&["new", "t", "--id", "TASK-2"]), @r"
    exit 2
    --- stderr
    error: TASK-2 is taken
      hint: leave the id out to get a new one
    ");
}

#[test]
fn git_tracker_is_the_same_program() {
    let sandbox = world();
    assert_eq!(sandbox.git(&["tracker", "list", "-q"]), sandbox.tracker(&["list", "-q"]).stdout.trim_end());
    sandbox.write("src/lib.rs", "");
    assert_eq!(sandbox.git_in("src", &["tracker", "queue", "-q", "--limit", "1"]), "TASK-S3SS");
}

#[test]
fn reports_what_is_missing() {
    let sandbox = Sandbox::without_repository();
    assert_snapshot!(typed(&sandbox, "
        list
        -C nowhere list
    "), @r"
    $ tracker list
    exit 2
    --- stderr
    error: `[ROOT]/repo` is not in a git repository
      hint: try: git init

    $ tracker -C nowhere list
    exit 2
    --- stderr
    error: cannot find `[ROOT]/repo/nowhere`
    ");
    sandbox.git(&["init", "--quiet"]);
    assert_snapshot!(typed(&sandbox, "
        list
        new one
        start one
    "), @r"
    $ tracker list
    exit 2
    --- stderr
    error: there is no tracker in `[ROOT]/repo`
      hint: run `tracker init`

    $ tracker new one
    exit 2
    --- stderr
    error: there is no tracker in `[ROOT]/repo`
      hint: run `tracker init`

    $ tracker start one
    exit 2
    --- stderr
    error: there is no tracker in `[ROOT]/repo`
      hint: run `tracker init`
    ");
}
