//! What an executor does to its own working tree is that task's failed attempt: the others go on, nothing is lost, and the
//! next attempt begins with a fresh one.

use super::{CONFIG, Planned, nothing_is_left, states, status, tracker, world};
use crate::support::{Output, Sandbox};

/// Ways to break it, the message of each, and whether it is put aside.
const WAYS: [(&str, &str, bool); 9] = [
    ("echo junk >$(git rev-parse --git-dir)/index", "tree cannot be read: git add failed: ", true),
    ("rm $(git rev-parse --git-dir)/index", "tree cannot be read: git does not know it", true),
    ("rm .git; git init -q .; git add -A; git commit -qm x", "was replaced by another repository", true),
    ("git init -q lib; echo x >lib/code.c", "'lib/' does not have a commit checked out", true),
    ("ln -s /tmp .tracker/notes", "changed `.tracker/notes`, which is not its own", false),
    ("rm -rf \"$PWD\"", "its working tree is gone", false),
    ("rm -rf \"$PWD\"; ln -s \"$HOME\" \"$PWD\"", "its working tree is no folder any more", true),
    (
        "git update-ref -d $(git symbolic-ref HEAD)",
        "it is on `plan-tasks/PLAN-1/T-8`, which has no commit",
        true,
    ),
    (
        "git add -A; git commit -qm one; git commit -q --allow-empty -m two; \
         GIT_SEQUENCE_EDITOR='sed -i 1s/pick/edit/' git rebase -q -i HEAD~2 2>/dev/null",
        "left a rebase in its working tree that is not concluded",
        false,
    ),
];

const IDS: [&str; 9] = ["T-1", "T-2", "T-3", "T-4", "T-5", "T-6", "T-7", "T-8", "T-9"];

/// Executes a plan with a task for each of these ways, taken at its first attempt, and one that breaks nothing.
fn executed(ways: &[&str], retries: u32) -> (Sandbox, Output) {
    let cases: String = ways.iter().zip(IDS).map(|(does, id)| format!("{id}-1)\n{does}\n;;\n")).collect();
    let executor = format!(
        "#!/bin/sh\necho work >$TRACKER_TASK\ncase $TRACKER_TASK-$TRACKER_ATTEMPT in\n{cases}esac\nexit 0\n"
    );
    let mut tasks: Vec<Planned<'_>> = IDS[..ways.len()].iter().map(|id| (*id, "Break it", "", "")).collect();
    tasks.push(("T-0", "Break nothing", "", ""));
    let sandbox = world(&format!("{CONFIG}[plans]\nretries = {retries}\n"), &executor, &tasks);
    let ran = tracker(&sandbox, "plan execute PLAN-1 --jobs 1");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-0"]), "work", "{ran}");
    (sandbox, ran)
}

#[test]
fn a_broken_working_tree_fails_its_task_alone_and_is_put_aside() {
    let (sandbox, ran) = executed(&WAYS.map(|(does, ..)| does), 0);
    assert_eq!(ran.status, 1, "{ran}");
    let execution = status(&sandbox, "PLAN-1");
    assert!(ran.stderr.contains("\ntracker plan retry PLAN-1\n"), "{ran}");
    for (at, (id, (does, why, is_aside))) in IDS.into_iter().zip(WAYS).enumerate() {
        assert_eq!(states(&execution)[at], format!("{id} failed"), "{does}: {ran}");
        let message = execution["tasks"][at]["message"].as_str().unwrap();
        assert!(message.contains(why), "{does}: {message}");
        let folder = sandbox.path().join(format!(".git/tracker/worktrees/PLAN-1/{id}.broken-1"));
        let named = format!("it was put aside as {}", folder.display());
        assert_eq!(message.contains(&named), is_aside, "{does}: {message}");
        assert_eq!(folder.symlink_metadata().is_ok(), is_aside, "{does}");
        if folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            assert_eq!(std::fs::read_to_string(folder.join(id)).unwrap(), "work\n", "{does}");
        }
    }
    // What was put aside keeps nobody from going on.
    let again = tracker(&sandbox, "plan retry PLAN-1 --jobs 1");
    assert_eq!(again.status, 0, "{again}");
    for id in IDS {
        assert_eq!(sandbox.git(&["show", &format!("plan/PLAN-1:{id}")]), "work", "{again}");
    }
    // Where somebody's folder is meanwhile, nothing was touched.
    assert!(!sandbox.root().join("home/T-7").exists());
}

#[test]
fn the_next_attempt_begins_with_a_fresh_working_tree() {
    let (sandbox, ran) = executed(&[WAYS[0].0, WAYS[2].0, WAYS[5].0], 1);
    assert_eq!(ran.status, 0, "{ran}");
    for id in &IDS[..3] {
        assert_eq!(sandbox.git(&["show", &format!("plan/PLAN-1:{id}")]), "work", "{ran}");
    }
}

#[test]
fn a_lock_that_a_git_has_left_and_another_branch_are_no_obstacle() {
    let ways = [
        "touch $(git rev-parse --git-dir)/index.lock",
        "git checkout -q -b other; git add -A; git commit -qm x",
    ];
    let (sandbox, ran) = executed(&ways, 0);
    assert_eq!(ran.status, 0, "{ran}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1", "plan/PLAN-1:T-2"]), "work\nwork", "{ran}");
    sandbox.git(&["branch", "-D", "other"]);
    nothing_is_left(&sandbox, "PLAN-1", &[]);
}

#[test]
fn commits_in_a_working_tree_that_is_put_aside_are_kept() {
    let (sandbox, ran) = executed(&["git add -A; git commit -qm mine; rm -rf \"$PWD\""], 0);
    let kept = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/tracker/attempts"]);
    assert!(kept.ends_with("/T-1/1"), "{ran}");
    assert_eq!(sandbox.git(&["show", &format!("{kept}:T-1")]), "work");
    let again = tracker(&sandbox, "plan retry PLAN-1");
    assert_eq!(again.status, 0, "{again}");
    let own = sandbox.git(&["log", "--format=%s", "plan/PLAN-1^{/^Merge T-1}^2"]);
    assert_eq!(own.lines().next(), Some("Break it"));
}
