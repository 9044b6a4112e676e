//! What the directives do, one after the other.

use super::*;

#[test]
fn block_and_unblock() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nBlock: TASK-1AAA waiting for the design");
    assert!(sandbox.read(path_of(READY)).contains("blocked: waiting for the design\n"));
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_clean(&sandbox);
    commit(&sandbox, "src/a", "x\n\nUnblock: TASK-1AAA");
    assert!(!sandbox.read(path_of(READY)).contains("blocked"));
    assert_clean(&sandbox);
}

#[test]
fn failing_sends_back() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    commit(&sandbox, "src/a", "x\n\nFail: TASK-1AAA the colours are wrong");
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa", "qa dev"]);
    assert!(sandbox.read(path_of(READY)).contains("the colours are wrong"));
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "qa");
    assert_clean(&sandbox);
}

#[test]
fn times_add_up() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nTime: TASK-1AAA 1h 30m\nTime: TASK-1AAA 15m");
    commit(&sandbox, "src/a", "x\n\nTime: TASK-1AAA 15m");
    assert!(sandbox.read(path_of(READY)).contains("spent: 2h\n"), "{}", sandbox.read(path_of(READY)));
    assert_clean(&sandbox);
}

#[test]
fn moves_may_be_left_staged_or_to_others() {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\non_commit = \"stage\"\n"));
    sandbox.git(&["commit", "--quiet", "-am", "Stage"]);
    commit(&sandbox, "src/a", "x\n\nTask: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "none");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!("M  {}", path_of(READY)));
    sandbox.git(&["commit", "--quiet", "-m", "Moves"]);
    assert_eq!(moves(&sandbox, READY), ["none dev"]);

    let sandbox = world();
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\non_commit = \"off\"\n"));
    sandbox.git(&["commit", "--quiet", "-am", "Off"]);
    assert_eq!(commit(&sandbox, "src/a", "x\n\nTask: TASK-1AAA"), "");
    assert_eq!(stage(&sandbox, READY), "none");
    assert_clean(&sandbox);
}

/// Commits without hooks, as a clone has it where nobody installed them.
fn without_hooks(sandbox: &Sandbox, path: &str, message: &str) {
    sandbox.write(path, "more\n");
    sandbox.git(&["add", "."]);
    sandbox.git(&["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", message]);
}

fn spent(sandbox: &Sandbox) -> String {
    let text = sandbox.read(path_of(READY));
    text.lines().find(|line| line.starts_with("spent")).unwrap_or("none").to_owned()
}

#[test]
fn a_later_time_makes_up_for_none_before_it() {
    let sandbox = world();
    let base = head(&sandbox);
    commit(&sandbox, "src/a", "x\n\nTask: TASK-1AAA");
    without_hooks(&sandbox, "src/b", "y\n\nTime: TASK-1AAA 5m");
    commit(&sandbox, "src/a", "z\n\nTime: TASK-1AAA 7m");
    assert_eq!(spent(&sandbox), "spent: 7m");
    let found = sandbox.tracker(&["doctor"]);
    assert!(found.stderr.contains("not done") || found.stdout.contains("not done"), "{found}");
    sandbox.tracker(&["apply", &format!("{base}..HEAD")]);
    assert_eq!(spent(&sandbox), "spent: 12m");
    // What is applied is not reported again, and not applied again.
    let found = sandbox.tracker(&["doctor"]);
    assert!(!found.stderr.contains("not done") && !found.stdout.contains("not done"), "{found}");
    sandbox.tracker(&["apply", &format!("{base}..HEAD")]);
    assert_eq!(spent(&sandbox), "spent: 12m");
}

#[test]
fn an_amended_time_replaces_the_one_before() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nTime: TASK-1AAA 30h");
    for (message, expected) in [
        ("x\n\nTime: TASK-1AAA 30m", "spent: 30m"),
        ("x\n\nTime: TASK-1AAA 30m\nTime: TASK-1AAA 10m", "spent: 40m"),
        ("x\n\nTask: TASK-1AAA", "none"),
    ] {
        sandbox.git(&["commit", "--quiet", "--amend", "-m", message]);
        assert_eq!(spent(&sandbox), expected);
        assert_clean(&sandbox);
    }
}

#[test]
fn a_start_and_a_move_of_the_same_second_hide_no_missed_move() {
    let sandbox = world();
    sandbox.tracker(&["start", "1aaa"]);
    without_hooks(&sandbox, "src/b", "y\n\nAdvance: TASK-1AAA");
    let found = sandbox.tracker(&["doctor"]);
    assert!(found.stdout.contains("not done"), "{found}");
    // Nor does a merge.
    sandbox.git(&["checkout", "--quiet", "-b", "other", "HEAD~"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "-"]);
    let found = sandbox.tracker(&["doctor"]);
    assert!(found.stdout.contains("not done"), "{found}");
}

#[test]
fn a_part_of_an_id_becomes_the_whole_one() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nTask: 1aaa");
    assert!(sandbox.git(&["log", "-1", "--format=%B"]).contains("Task: TASK-1AAA"));
    assert!(sandbox.read(path_of(READY)).contains("assignee: "), "whoever starts it gets it");
    sandbox.write("src/b", "z\n");
    sandbox.git(&["add", "."]);
    let refused = git(&sandbox, &["commit", "--quiet", "-m", "y", "-m", "Advance:"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("no id follows"), "{refused}");
    let warned = git(&sandbox, &["commit", "--quiet", "-m", "y", "-m", "Fixes TASK-1AAA"]);
    assert!(warned.stderr.contains("write `Fixes: TASK-1AAA`"), "{warned}");
}

#[test]
fn a_task_that_was_opened_again_is_closed_by_the_commit_of_its_fix() {
    let sandbox = Sandbox::new();
    sandbox.tracker(&["init", "--quiet"]);
    sandbox.tracker(&["new", "One", "--id", "TASK-1AAA"]);
    sandbox.tracker(&["start", "1aaa"]);
    sandbox.tracker(&["done", "1aaa"]);
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "-m", "Done"]);
    let reopened = sandbox.tracker(&["reopen", "1aaa"]);
    assert_eq!(reopened.status, 0, "{reopened}");
    let output = commit(&sandbox, "src/a", "Work beside it");
    assert!(!output.contains("complete"), "{output}");
    let done =
        git(&sandbox, &["commit", "--quiet", "--allow-empty", "-am", "Fix it", "-m", "Closes: TASK-1AAA"]);
    assert!(done.stderr.contains("TASK-1AAA  dev → complete"), "{done}");
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev complete", "complete dev", "dev complete"]);
    assert_clean(&sandbox);
}

#[test]
fn the_closing_words_of_forges_act_or_say_why_not() {
    for word in [
        "Close",
        "closes",
        "Closed",
        "Fix",
        "Fixes",
        "fixed",
        "Resolve",
        "Resolves",
        "Resolved",
        "Done",
        "Completed",
    ] {
        let sandbox = world();
        let output = commit(&sandbox, "src/a", &format!("Work\n\n{word}: TASK-1AAA"));
        assert_eq!(stage(&sandbox, READY), "qa", "{word}: {output}");
    }
    let sandbox = world();
    let output = commit(&sandbox, "src/a", "Work\n\nCloses 1AAA");
    assert!(output.contains("no colon follows; write `Closes: 1AAA`"), "{output}");
    sandbox.tracker(&["new", "Letters alone", "--id", "TASK-AGQG"]);
    for (message, is_told) in [
        ("Work\n\nCloses AGQG", true),
        ("Closes agqg: the cart", true),
        ("Work\n\nFixes TASK-AGQG in the cart", true),
        ("Fix the cart\n\nBlock AGXX", false),
    ] {
        let done = git(&sandbox, &["commit", "--quiet", "--allow-empty", "-m", message]);
        assert!(done.status == 0, "{done}");
        assert_eq!(done.stderr.contains(": TASK-AGQG`"), is_told, "{message}: {done}");
    }
    let done = git(&sandbox, &["commit", "--quiet", "--allow-empty", "-m", "x", "-m", "Block: TASK-1AAA"]);
    assert!(done.status == 1 && done.stderr.contains("no reason is given"), "{done}");
}

#[test]
fn notes_of_a_task_go_along_with_its_move() {
    let sandbox = world();
    sandbox.tracker(&["note", "1aaa", "the cache is slower"]);
    sandbox.write("src/a", "x\n");
    let done = git(&sandbox, &["commit", "--quiet", "-am", "Work", "-m", "Advance: TASK-1AAA"]);
    assert!(done.stderr.contains("added .tracker/notes/TASK-1AAA/"), "{done}");
    assert_clean(&sandbox);
}

#[test]
fn a_directive_that_the_last_commit_has_carried_out_is_refused_and_an_amended_commit_is_not() {
    let sandbox = world();
    let message = "x\n\nAdvance: TASK-1AAA";
    assert_eq!(git(&sandbox, &["commit", "--quiet", "--allow-empty", "-m", message]).status, 0);
    assert_eq!(stage(&sandbox, READY), "qa");
    for ways in [&["-m", message][..], &["-m", "y", "-m", "Advance: TASK-1AAA"]] {
        let again = git(&sandbox, &[&["commit", "--quiet", "--allow-empty"], ways].concat());
        if cfg!(target_os = "linux") {
            assert!(again.status == 1 && again.stderr.contains("TASK-1AAA cannot leave qa"), "{again}");
        }
    }
    for ways in [&["--amend", "-m", message][..], &["--amend", "--no-edit", "--reset-author"]] {
        let amended = git(&sandbox, &[&["commit", "--quiet"], ways].concat());
        assert_eq!(amended.status, 0, "{amended}");
    }
    assert_eq!(stage(&sandbox, READY), "qa");
}
