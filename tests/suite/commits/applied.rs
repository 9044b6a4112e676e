//! `tracker apply`: what the hooks would have done.

use super::*;

/// A branch made and merged where there are no hooks.
fn merged() -> Sandbox {
    let sandbox = world();
    sandbox.tracker(&["hooks", "uninstall"]);
    sandbox.git(&["checkout", "--quiet", "-b", "feature"]);
    commit(&sandbox, "src/a", "A\n\nTask: TASK-1AAA\nTime: TASK-1AAA 10m");
    commit(&sandbox, "src/a", "B\n\nAdvance: TASK-1AAA\nTime: TASK-1AAA 5m");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "feature", "-m", "Merge feature"]);
    assert_eq!(stage(&sandbox, READY), "none");
    sandbox
}

#[test]
fn a_merge_made_without_hooks_is_made_up_for_once() {
    let sandbox = merged();
    let applied = sandbox.tracker(&["apply", "HEAD~1..HEAD"]);
    assert_eq!(applied.status, 0, "{applied}");
    let text = sandbox.read(path_of(READY));
    assert!(text.contains("stage: qa\n") && text.contains("spent: 15m\n"), "{text}");
    for range in ["HEAD~1..HEAD", "HEAD~1.."] {
        assert_eq!(sandbox.tracker(&["apply", range]).status, 0);
        assert_eq!(sandbox.read(path_of(READY)), text);
    }
    sandbox.git(&["commit", "--quiet", "-am", "Moves"]);
    assert_eq!(sandbox.tracker(&["apply", "HEAD~2..HEAD"]).status, 0);
    assert_clean(&sandbox);
}

#[test]
fn commits_that_hold_their_moves_change_nothing() {
    let sandbox = world();
    commit(&sandbox, "src/a", "A\n\nTask: TASK-1AAA\nTime: TASK-1AAA 10m");
    commit(&sandbox, "src/a", "B\n\nAdvance: TASK-1AAA\nTime: TASK-1AAA 5m");
    commit(&sandbox, "src/a", "C\n\nFail: TASK-1AAA why");
    let applied = sandbox.tracker(&["apply", "HEAD~3..HEAD"]);
    assert_eq!(applied.status, 0, "{applied}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{applied}");
}

#[test]
fn what_was_lifted_or_set_later_is_not_done_again() {
    let message = |sandbox: &Sandbox| sandbox.git(&["status", "--porcelain"]);
    let again = |sandbox: &Sandbox, range: &str| {
        assert_eq!(sandbox.tracker(&["apply", range]).status, 0);
        assert_eq!(message(sandbox), "", "{range}");
    };
    // Folded by the hook, lifted by hand.
    let sandbox = world();
    commit(&sandbox, "src/a", "A\n\nBlock: TASK-1AAA waiting");
    sandbox.tracker(&["unblock", "1aaa"]);
    sandbox.git(&["commit", "--quiet", "-am", "Go on"]);
    again(&sandbox, "HEAD~2..HEAD");
    // Applied, lifted by hand; then blocked by hand, which an old `Unblock` does not lift.
    let sandbox = world();
    sandbox.tracker(&["hooks", "uninstall"]);
    let base = head(&sandbox);
    commit(&sandbox, "src/a", "A\n\nBlock: TASK-1AAA waiting");
    let range = format!("{base}..{}", head(&sandbox));
    sandbox.tracker(&["apply", &range]);
    assert!(sandbox.read(path_of(READY)).contains("blocked: waiting"));
    sandbox.git(&["commit", "--quiet", "-am", "Applied"]);
    commit(&sandbox, "src/a", "B\n\nUnblock: TASK-1AAA");
    let longer = format!("{base}..{}", head(&sandbox));
    sandbox.tracker(&["apply", &longer]);
    assert!(!sandbox.read(path_of(READY)).contains("blocked"));
    sandbox.git(&["commit", "--quiet", "-am", "Applied too"]);
    again(&sandbox, &range);
    again(&sandbox, &longer);
    sandbox.tracker(&["block", "1aaa", "for another reason"]);
    sandbox.git(&["commit", "--quiet", "-am", "Stop"]);
    again(&sandbox, &longer);
    assert!(sandbox.read(path_of(READY)).contains("for another reason"));
}
