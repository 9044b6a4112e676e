//! What an executor does to its own working tree is that task's failed attempt: the others go on, nothing is lost, and the
//! next attempt begins with a fresh one.

use super::{CONFIG, Planned, nothing_is_left, states, status, tracker, world};
use crate::support::Sandbox;

const TWO: [Planned<'_>; 2] = [("T-1", "Break it", "", ""), ("T-2", "Leave it whole", "", "")];

/// Executes a plan of two tasks, of which the first breaks its working tree at its first attempt.
fn broken_by(does: &str, retries: u32) -> (Sandbox, String) {
    let config = format!("{CONFIG}[plans]\nretries = {retries}\n");
    let executor = format!(
        "#!/bin/sh\necho work >$TRACKER_TASK\ntest $TRACKER_TASK-$TRACKER_ATTEMPT = T-1-1 || exit 0\n{does}\nexit 0\n"
    );
    let sandbox = world(&config, &executor, &TWO);
    let ran = tracker(&sandbox, "plan execute PLAN-1 --jobs 1");
    assert_eq!(ran.status, i32::from(retries == 0), "{does}: {ran}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-2"]), "work", "{does}: {ran}");
    let log = ran.stderr;
    (sandbox, log)
}

/// Ways to break it, the message of each, and whether it is put aside.
const WAYS: [(&str, &str, bool); 9] = [
    (
        "echo junk >$(git rev-parse --git-dir)/index",
        "its working tree cannot be read: git add failed: ",
        true,
    ),
    ("rm $(git rev-parse --git-dir)/index", "its working tree cannot be read: git does not know it", true),
    ("rm .git; git init -q .; git add -A; git commit -qm x", "was replaced by another repository", true),
    ("git init -q lib; echo x >lib/code.c", "'lib/' does not have a commit checked out", true),
    ("ln -s /tmp .tracker/notes", "changed `.tracker/notes`, which is not its own", false),
    ("rm -rf \"$PWD\"", "its working tree is gone", false),
    ("rm -rf \"$PWD\"; ln -s \"$HOME\" \"$PWD\"", "its working tree is no folder any more", true),
    (
        "git update-ref -d $(git symbolic-ref HEAD)",
        "it is on `plan-tasks/PLAN-1/T-1`, which has no commit",
        true,
    ),
    (
        "git add -A; git commit -qm mine; echo 2 >T-1; git add -A; git commit -qm more; GIT_SEQUENCE_EDITOR='sed -i 1s/pick/edit/' git rebase -q -i HEAD~2 2>/dev/null",
        "left a rebase in its working tree that is not concluded",
        false,
    ),
];

#[test]
fn a_broken_working_tree_fails_its_task_alone_and_is_put_aside() {
    for (does, why, is_aside) in WAYS {
        let (sandbox, log) = broken_by(does, 0);
        let execution = status(&sandbox, "PLAN-1");
        assert_eq!(states(&execution), ["T-1 failed", "T-2 completed"], "{does}: {log}");
        let message = execution["tasks"][0]["message"].as_str().unwrap();
        assert!(message.contains(why), "{does}: {message}");
        let folder = sandbox.path().join(".git/tracker/worktrees/PLAN-1/T-1.broken-1");
        let named = format!("it was put aside as {}", folder.display());
        assert_eq!(message.contains(&named), is_aside, "{does}: {message}");
        assert_eq!(folder.symlink_metadata().is_ok(), is_aside, "{does}");
        if folder.join("T-1").exists() {
            assert_eq!(std::fs::read_to_string(folder.join("T-1")).unwrap(), "work\n", "{does}");
        }
        assert!(log.contains("tracker plan retry PLAN-1"), "{does}: {log}");
        // What was put aside keeps nobody from going on.
        let again = tracker(&sandbox, "plan retry PLAN-1 T-1");
        assert_eq!(again.status, 0, "{does}: {again}");
        assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1"]), "work", "{does}");
    }
}

#[test]
fn the_next_attempt_begins_with_a_fresh_working_tree() {
    for does in [WAYS[0].0, WAYS[2].0, WAYS[5].0, WAYS[7].0] {
        let (sandbox, log) = broken_by(does, 2);
        assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1"]), "work", "{does}: {log}");
        let home = sandbox.root().join("home");
        assert!(!home.join("T-1").exists(), "{does}");
    }
}

#[test]
fn a_lock_that_a_git_has_left_and_another_branch_are_no_obstacle() {
    for does in [
        "touch $(git rev-parse --git-dir)/index.lock",
        "git checkout -q -b other; git add -A; git commit -qm x",
    ] {
        let (sandbox, log) = broken_by(does, 1);
        assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1"]), "work", "{does}: {log}");
        assert!(!log.contains("T-1.broken"), "{does}: {log}");
        if does.contains("other") {
            sandbox.git(&["branch", "-D", "other"]);
        }
        nothing_is_left(&sandbox, "PLAN-1", &[]);
    }
}

#[test]
fn commits_in_a_working_tree_that_is_put_aside_are_kept() {
    let does = "git add -A; git commit -qm mine; rm -rf \"$PWD\"";
    let (sandbox, log) = broken_by(does, 0);
    let kept = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/tracker/attempts"]);
    assert!(kept.ends_with("/T-1/1"), "{log}");
    assert_eq!(sandbox.git(&["show", &format!("{kept}:T-1")]), "work");
    let again = tracker(&sandbox, "plan retry PLAN-1");
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(
        sandbox.git(&["log", "--format=%s", "plan/PLAN-1^{/^Merge T-1}^2"]).lines().next(),
        Some("Break it")
    );
}
