//! Votes that come with a commit.

use super::*;

/// A task in qa, and a vote on it whose move is taken out again: only the vote is committed.
fn voted(args: &[&str]) -> (Sandbox, String) {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    let cast = sandbox.tracker(args);
    assert_eq!(cast.status, 0, "{cast}");
    sandbox.git(&["checkout", "--quiet", "--", ".tracker/tasks"]);
    sandbox.git(&["add", "."]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Vote"]);
    assert_eq!(done.status, 0, "{done}");
    assert_clean(&sandbox);
    (sandbox, done.stderr)
}

#[test]
fn the_last_approval_moves_the_task_on() {
    let (sandbox, message) = voted(&["approve", "1aaa", "--as", "code-reviewer"]);
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa", "qa sec"]);
    assert!(message.contains("qa → sec"), "{message}");
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(stage(&sandbox, READY), "sec");
}

#[test]
fn a_rejection_sends_it_back_once() {
    let (sandbox, message) = voted(&["reject", "1aaa", "--as", "code-reviewer", "-m", "too bright"]);
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa", "qa dev"]);
    assert!(message.contains("qa → dev"), "{message}");
    assert!(sandbox.read(path_of(READY)).contains("too bright"));
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    sandbox.tracker(&["set", "1aaa", "area=ui"]);
    sandbox.git(&["commit", "--quiet", "-am", "Edit"]);
    assert_eq!(stage(&sandbox, READY), "qa");
}

#[test]
fn a_commit_of_known_files_brings_the_new_votes_along() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    let cast = sandbox.tracker(&["approve", "1aaa", "--as", "code-reviewer"]);
    assert_eq!(cast.status, 0, "{cast}");
    let done = git(&sandbox, &["commit", "--quiet", "-am", "Vote"]);
    assert!(done.stderr.contains("which the move depends on"), "{done}");
    assert!(sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD"]).contains("signoffs/TASK-1AAA/"));
    assert_clean(&sandbox);
}

#[test]
fn a_commit_of_votes_alone_brings_the_move_that_they_have_made_already() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    assert_eq!(sandbox.tracker(&["approve", "1aaa", "--as", "code-reviewer"]).status, 0);
    sandbox.git(&["add", ".tracker/signoffs"]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Vote"]);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa", "qa sec"], "{done}");
    assert_clean(&sandbox);
}
