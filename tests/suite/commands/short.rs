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
        done d4r
        done d4r
        done exp
    "), @r"
    $ tracker done d4r
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      dev → qa   needs reviewer
      missing: approval of reviewer   tracker approve TASK-D4RK --as reviewer

    $ tracker done d4r
    exit 1
    --- stderr
    error: TASK-D4RK cannot leave qa
      missing  approval of reviewer  tracker approve TASK-D4RK --as reviewer

    $ tracker done exp
    exit 1
    --- stderr
    error: TASK-EXP0 cannot start
      waits for  TASK-S3SS  Session expires while typing  tracker show TASK-S3SS
    ");
    sandbox.write(".tracker/config.toml", config);
    let done = json(&sandbox.tracker(&["close", "d4r", "--format", "json"]));
    assert_eq!(done["command"], "done");
    assert!(sandbox.read(".tracker/tasks/TASK-D4RK.md").contains("stage: complete"));
}

#[test]
fn short_names_do_what_the_long_ones_do() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        assign s3s Grace Hopper
        assign s3s
        tag s3s ui login
        start d4r
        stop
        stop
        comment d4r no quotes are needed
        add A title without quotes --tag ui
        search login
        next --limit 1 -q
    "), @r"
    $ tracker assign s3s Grace Hopper
    exit 0
    --- stdout
    TASK-S3SS  assignee = Grace Hopper  Session expires while typing

    $ tracker assign s3s
    exit 0
    --- stdout
    TASK-S3SS  assignee = Ada Lovelace  Session expires while typing

    $ tracker tag s3s ui login
    exit 0
    --- stdout
    TASK-S3SS  tags + ui, login  Session expires while typing

    $ tracker start d4r
    exit 0
    --- stdout
    TASK-D4RK  already in dev  Add dark mode to the dashboard

    $ tracker stop
    exit 0
    --- stdout
    TASK-D4RK is no longer active (in dev)  Add dark mode to the dashboard

    $ tracker stop
    exit 2
    --- stderr
    error: no task is active
      hint: run `tracker start ID`

    $ tracker comment d4r no quotes are needed
    exit 0
    --- stdout
    TASK-D4RK  noted: no quotes are needed  Add dark mode to the dashboard

    $ tracker add A title without quotes --tag ui
    exit 0
    --- stdout
    Created TASK-BMH6  A title without quotes
      .tracker/tasks/TASK-BMH6.md

    $ tracker search login
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing  Ada Lovelace  1d
    --- stderr
    1 task

    $ tracker next --limit 1 -q
    exit 0
    --- stdout
    TASK-S3SS
    ");
    for (short, long) in [
        ("view d4r", "show d4r"),
        ("history d4r", "log d4r"),
        ("ready -q", "queue -q"),
        ("find dark -q", "list dark -q"),
    ] {
        let run = |line: &str| {
            sandbox.tracker(&format!("{line} --json").split(' ').collect::<Vec<_>>()).to_string()
        };
        assert_eq!(run(short), run(long), "{short}");
    }
}

#[test]
fn undo_takes_back_write_by_write_and_nothing_that_a_commit_has() {
    let sandbox = world();
    let first = records(&sandbox);
    sandbox.tracker(&["start", "s3s"]);
    let second = records(&sandbox);
    sandbox.tracker(&["note", "s3s", "a note"]);
    sandbox.tracker(&["set", "s3s", "priority=low"]);
    assert_snapshot!(typed(&sandbox, "
        undo --dry-run
        undo
        undo
    "), @r#"
    $ tracker undo --dry-run
    exit 0
    --- stdout
    would take back "TASK-S3SS: priority = low"
      restored .tracker/tasks/TASK-S3SS.md

    $ tracker undo
    exit 0
    --- stdout
    took back "TASK-S3SS: priority = low"
      restored .tracker/tasks/TASK-S3SS.md

    $ tracker undo
    exit 0
    --- stdout
    took back "TASK-S3SS: noted: a note"
      removed .tracker/notes/TASK-S3SS/20261111T090600Z-4ce5b.md
    "#);
    assert_eq!(records(&sandbox), second);
    assert_eq!(sandbox.tracker(&["undo"]).status, 0);
    assert_eq!(records(&sandbox), first);
    assert!(sandbox.tracker(&["show"]).stderr.contains("none is active"), "a start that was taken back");
    assert_eq!(sandbox.tracker(&["undo"]).status, 2);
    // What was changed since, or committed, stays.
    sandbox.tracker(&["set", "s3s", "priority=high"]);
    let path = ".tracker/tasks/TASK-S3SS.md";
    let set = sandbox.read(path);
    sandbox.write(path, set.replace("high", "low"));
    assert_eq!(sandbox.tracker(&["undo"]).status, 1);
    sandbox.write(path, &set);
    commit(&sandbox, "Committed");
    assert_snapshot!(sandbox.tracker(&["undo"]), @r#"
    exit 1
    --- stderr
    error: cannot take back "TASK-S3SS: priority = high"
      committed  .tracker/tasks/TASK-S3SS.md is in a commit as the write left it  git log -1 -- .tracker/tasks/TASK-S3SS.md
    "#);
    assert_eq!(sandbox.read(path), set);
    // So does what a hook, or a pull, has changed again in a commit.
    sandbox.write(path, set.replace("high", "low"));
    commit(&sandbox, "Changed again");
    assert_snapshot!(sandbox.tracker(&["undo"]), @r#"
    exit 1
    --- stderr
    error: cannot take back "TASK-S3SS: priority = high"
      committed  .tracker/tasks/TASK-S3SS.md was changed again, and that is in a commit  git log -1 -- .tracker/tasks/TASK-S3SS.md
    "#);
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
    // It is a write like any other: it is taken back with all its files, and so are those before it.
    assert_eq!(sandbox.tracker(&["undo"]).status, 0);
    assert!(sandbox.tracker(&["show", &id]).stdout.contains("and a note"));
    assert_eq!(sandbox.tracker(&["undo"]).stdout.lines().count(), 2);
    assert_eq!(sandbox.tracker(&["undo"]).status, 0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let id = new(&sandbox);
    sandbox.git(&["add", "--all"]);
    assert_eq!(sandbox.tracker(&["rm", &id]).status, 1);
    sandbox.git(&["commit", "--quiet", "--message", "A task"]);
    assert_snapshot!(sandbox.tracker(&["delete", &id]), @r#"
    exit 1
    --- stderr
    error: cannot remove TASK-29B3
      committed  .tracker/tasks/TASK-29B3.md is in a commit, and history keeps every task  tracker cancel TASK-29B3 "…"
    "#);
}

#[test]
fn undo_leaves_what_was_written_on_another_branch() {
    let sandbox = world();
    let set =
        |line: &str| assert_eq!(sandbox.tracker(&line.split(' ').collect::<Vec<_>>()).status, 0, "{line}");
    set("set s3s priority=high");
    sandbox.git(&["checkout", "--quiet", "-b", "other"]);
    set("set d4r priority=low");
    sandbox.git(&["commit", "--quiet", "-m", "Other", ".tracker/tasks/TASK-D4RK.md"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    let undone = sandbox.tracker(&["undo"]);
    assert!(undone.status == 0 && undone.stdout.contains("TASK-S3SS: priority = high"), "{undone}");
    // Back on the other branch it is there, and in a commit.
    sandbox.git(&["checkout", "--quiet", "other"]);
    let refused = sandbox.tracker(&["undo"]);
    assert!(refused.status == 1 && refused.stderr.contains("is in a commit"), "{refused}");
}
