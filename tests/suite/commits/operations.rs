//! What git does with commits that are there: no double move, no failure, no commit changed but git's own way.

use super::*;

/// Three commits of work on top of the first: A and B move tasks, C is plain. `side` is beside them.
fn three() -> Sandbox {
    let sandbox = world();
    sandbox.git(&["branch", "side"]);
    commit(&sandbox, "src/a", "A\n\nAdvance: TASK-1AAA");
    commit(&sandbox, "src/b", "B\n\nTask: TASK-2BBB");
    commit(&sandbox, "src/c", "C");
    sandbox
}

fn beside(sandbox: &Sandbox) {
    sandbox.git(&["checkout", "--quiet", "side"]);
    commit(sandbox, "src/side", "S");
    sandbox.git(&["checkout", "--quiet", "main"]);
}

fn quietly(sandbox: &Sandbox, args: &[&str], editor: &str, sequence: &str) {
    let done = sandbox.program_with("git", "", args, |command| {
        command.env("GIT_EDITOR", editor).env("GIT_SEQUENCE_EDITOR", sequence);
    });
    assert_eq!(done.status, 0, "{args:?} {done}");
    assert!(!done.stderr.contains("tracker:"), "{args:?} {done}");
}

fn assert_once(sandbox: &Sandbox) {
    assert_eq!(moves(sandbox, READY), ["none dev", "dev qa"]);
    assert_eq!(moves(sandbox, OPEN), ["none dev"]);
    assert_clean(sandbox);
}

#[test]
fn rebase() {
    let sandbox = three();
    beside(&sandbox);
    quietly(&sandbox, &["rebase", "--quiet", "side"], "true", "true");
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "C\nB\nA\nS\nFirst");
    assert_eq!(stage_at(&sandbox, "HEAD~2", READY), "qa");
    assert_once(&sandbox);
    quietly(&sandbox, &["rebase", "--quiet", "--force-rebase", "--exec", "true", "HEAD~3"], "true", "true");
    let reword = "sed -i 1s/pick/reword/";
    quietly(&sandbox, &["rebase", "--quiet", "-i", "HEAD~3"], "sed -i 1s/^/Re/", reword);
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "C\nB\nReA\nS\nFirst");
    assert_once(&sandbox);
}

#[test]
fn autosquash() {
    let sandbox = three();
    commit(&sandbox, "src/a", "fixup! A");
    quietly(&sandbox, &["rebase", "--quiet", "-i", "--autosquash", "HEAD~4"], "true", "true");
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "C\nB\nA\nFirst");
    assert_once(&sandbox);
}

#[test]
fn moves_postponed_by_a_rebase_are_named() {
    let sandbox = three();
    let edit = "sed -i 1s/pick/edit/";
    quietly(&sandbox, &["rebase", "--quiet", "-i", "HEAD~1"], "true", edit);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "-m", "Plain"]);
    let message = "New\n\nBlock: TASK-2BBB why";
    let range = format!("{}..", &head(&sandbox)[..7]);
    let done = git(&sandbox, &["commit", "--quiet", "--allow-empty", "-m", message]);
    assert_eq!(done.status, 0, "{done}");
    let message =
        format!("tracker: a rebase is under way: TASK-2BBB did not move; after it, tracker apply {range}\n");
    assert_eq!(done.stderr, message);
    sandbox.git(&["rebase", "--continue"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "-m", "On top of it"]);
    let applied = sandbox.tracker(&["apply", &range]);
    assert_eq!(applied.status, 0, "{applied}");
    assert!(sandbox.read(path_of(OPEN)).contains("blocked: why\n"));
}

#[test]
fn cherry_pick_revert_and_am() {
    let sandbox = three();
    sandbox.git(&["checkout", "--quiet", "side"]);
    quietly(&sandbox, &["cherry-pick", "main~2"], "true", "true");
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
    assert_clean(&sandbox);
    quietly(&sandbox, &["revert", "--no-edit", "HEAD"], "true", "true");
    assert_eq!(stage(&sandbox, READY), "none");
    assert_clean(&sandbox);
    let patch = sandbox.git(&["format-patch", "-1", "main~2", "-o", ".."]);
    quietly(&sandbox, &["am", "--quiet", &patch], "true", "true");
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
    assert_clean(&sandbox);
}

#[test]
fn stash() {
    let sandbox = three();
    let before = head(&sandbox);
    sandbox.write("src/a", "stashed\n");
    quietly(&sandbox, &["stash", "--quiet"], "true", "true");
    quietly(&sandbox, &["stash", "pop", "--quiet"], "true", "true");
    assert_eq!(head(&sandbox), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), " M src/a");
}

#[test]
fn merges() {
    let sandbox = three();
    beside(&sandbox);
    sandbox.git(&["checkout", "--quiet", "side"]);
    quietly(&sandbox, &["merge", "--quiet", "main", "-m", "Merge\n\nTask: TASK-2BBB"], "true", "true");
    assert_once(&sandbox);
    let merge = head(&sandbox);
    sandbox.git(&["checkout", "--quiet", "main"]);
    quietly(&sandbox, &["merge", "--quiet", "--ff-only", "side"], "true", "true");
    assert_eq!(head(&sandbox), merge);
}

#[test]
fn a_squash_keeps_what_was_moved() {
    let sandbox = three();
    beside(&sandbox);
    sandbox.git(&["checkout", "--quiet", "side"]);
    quietly(&sandbox, &["merge", "--quiet", "--squash", "main"], "true", "true");
    let done = git(&sandbox, &["commit", "--quiet", "--no-edit"]);
    assert_eq!(done.stderr, "tracker: linked to TASK-2BBB, TASK-1AAA (of the joined commits)\n");
    assert_once(&sandbox);
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    sandbox.git(&["merge", "--quiet", "--squash", "main"]);
    let message = "Squashed\n\nAdvance: TASK-1AAA\nTask: TASK-2BBB";
    quietly(&sandbox, &["commit", "--quiet", "-m", message], "true", "true");
    assert_once(&sandbox);
}

#[test]
fn a_squash_keeps_what_was_spent() {
    let sandbox = world();
    sandbox.tracker(&["start", "2bbb"]);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "-m", "Begin"]);
    let branch = sandbox.git(&["branch", "--show-current"]);
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    for (number, cost) in [("1", "10k tokens 1 USD"), ("2", "20k tokens 2.50 USD")] {
        sandbox.write(format!("src/{number}"), number);
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "-m", &format!("Part {number}\n\nCost: TASK-2BBB {cost}")]);
    }
    let costs = |sandbox: &Sandbox| sandbox.tracker(&["cost"]).stdout;
    let before = costs(&sandbox);
    assert!(before.contains("30000 tokens 3.50 USD"), "{before}");
    sandbox.git(&["switch", "--quiet", &branch]);
    sandbox.git(&["merge", "--quiet", "--squash", "other"]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Squashed"]);
    assert!(
        done.stderr.contains("the joined commits of TASK-2BBB have cost 30000 tokens 3.50 USD"),
        "{done}"
    );
    let line =
        |text: &str| text.lines().find(|line| line.contains("TASK-2BBB")).unwrap().replace(" 2 commits", "");
    assert_eq!(line(&costs(&sandbox)).replace(" 1 commit", ""), line(&before));
    // Who writes the sum down keeps it.
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~"]);
    sandbox.git(&["merge", "--quiet", "--squash", "other"]);
    sandbox.git(&["commit", "--quiet", "-m", "Squashed\n\nCost: TASK-2BBB 1k tokens"]);
    assert!(costs(&sandbox).contains("1000 tokens"), "{}", costs(&sandbox));
}

#[test]
fn a_merge_that_conflicts_is_linked_and_a_clean_one_is_not() {
    for is_clean in [false, true] {
        let sandbox = world();
        sandbox.tracker(&["start", "2bbb"]);
        sandbox.write("src/list", "1\n2\n3\n4\n5\n");
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "-m", "List"]);
        let branch = sandbox.git(&["branch", "--show-current"]);
        sandbox.git(&["switch", "--quiet", "--create", "other"]);
        let text = if is_clean { "1\n2\n3\n4\nother\n" } else { "other\n2\n3\n4\n5\n" };
        sandbox.write("src/list", text);
        sandbox.git(&["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-am", "Other"]);
        sandbox.git(&["switch", "--quiet", &branch]);
        sandbox.write("src/list", "mine\n2\n3\n4\n5\n");
        sandbox.git(&["commit", "--quiet", "-am", "Mine"]);
        let merged = sandbox.program_with("git", "", &["merge", "--quiet", "--no-edit", "other"], |_| {});
        assert_eq!(merged.status == 0, is_clean, "{merged}");
        if !is_clean {
            sandbox.write("src/list", "both\n2\n3\n4\n5\n");
            sandbox.git(&["add", "--all"]);
            sandbox.git(&["commit", "--quiet", "--no-edit"]);
        }
        let message = sandbox.git(&["log", "-1", "--format=%B"]);
        assert!(message.starts_with("Merge branch 'other'"), "{message}");
        assert_eq!(message.contains("Task: TASK-2BBB"), !is_clean, "{message}");
    }
}
