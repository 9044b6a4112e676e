//! What of a message directs, and how `Task:` gets into it.

use std::fs;

use super::*;

#[test]
fn prose_and_quotes_direct_nothing() {
    let sandbox = world();
    for message in [
        "x\n\nThis does not fix TASK-1AAA.",
        "x\n\nNothing here fixes: TASK-1AAA",
        "Squashed commit of the following:\n\n    Advance: TASK-1AAA",
        "Advance: the state of the art",
        "x\n\nFixes: #12",
    ] {
        commit(&sandbox, "src/a", message);
        assert_eq!(stage(&sandbox, READY), "none", "{message}");
    }
}

#[test]
fn an_id_in_the_subject_links_and_a_line_below_dashes_directs() {
    let sandbox = world();
    commit(&sandbox, "src/a", "TASK-1AAA: begin");
    assert_eq!(stage(&sandbox, READY), "dev");
    commit(&sandbox, "src/a", "x\n\n---\nAdvance: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "qa");
}

#[test]
fn line_endings_and_encodings() {
    let sandbox = world();
    fs::write(sandbox.root().join("message"), "x\r\n\r\nTask: TASK-1AAA\r\n").unwrap();
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-F", "../message"]);
    assert_eq!(stage(&sandbox, READY), "dev");
    fs::write(sandbox.root().join("message"), b"gr\xfc\xdfe\n\nTask: TASK-2BBB\n").unwrap();
    let latin = "i18n.commitEncoding=ISO-8859-1";
    sandbox.git(&["-c", latin, "commit", "--quiet", "--allow-empty", "-F", "../message"]);
    assert_eq!(stage(&sandbox, OPEN), "dev");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "grüße");
    assert_clean(&sandbox);
}

/// Commits with an editor that writes down what it is shown and sets a first line.
fn edited(sandbox: &Sandbox, args: &[&str], subject: &str) -> String {
    let shown = sandbox.root().join("shown");
    let script = format!("#!/bin/sh\ncp \"$1\" '{}'\nsed -i '1s/^/{subject}/' \"$1\"\n", shown.display());
    let editor = sandbox.root().join("editor.sh");
    fs::write(&editor, script).unwrap();
    let done = sandbox.program_with("git", "", args, |command| {
        command.env("GIT_EDITOR", format!("sh '{}'", editor.display()));
    });
    assert_eq!(done.status, 0, "{done}");
    fs::read_to_string(shown).unwrap()
}

#[test]
fn the_active_task_is_linked_above_the_comments_and_the_scissors() {
    for more in [&[][..], &["--verbose"], &["--cleanup=scissors"]] {
        for mark in ["#", ";"] {
            let sandbox = world();
            sandbox.git(&["config", "core.commentChar", mark]);
            sandbox.tracker(&["start", "2bbb"]);
            sandbox.write("src/a", "x\n");
            let args = [&["commit", "--quiet", "-a"][..], more].concat();
            let shown = edited(&sandbox, &args, "Subject");
            assert!(shown.starts_with("\n\nTask: TASK-2BBB\n"), "{more:?} {shown}");
            // The lines that move it are shown, and are no part of the message.
            assert!(shown.contains(&format!("\n{mark}   Closes: TASK-2BBB ")), "{more:?} {shown}");
            let message = sandbox.git(&["log", "-1", "--format=%B"]);
            assert!(message.starts_with("Subject\n\nTask: TASK-2BBB"), "{more:?} {message}");
            assert!(!message.contains("Closes"), "{more:?} {message}");
        }
    }
}

#[test]
fn commented_directives_direct_nothing() {
    let sandbox = world();
    sandbox.write("src/a", "x\n");
    edited(&sandbox, &["commit", "--quiet", "-a"], "Subject\\n\\n# x\\n#Advance: TASK-9ZZZ\\n");
    assert_eq!(stage(&sandbox, READY), "none");
}

#[test]
fn the_link_is_put_in_once_and_not_where_somebody_else_wrote_the_message() {
    let sandbox = world();
    sandbox.tracker(&["start", "2bbb"]);
    let message = |sandbox: &Sandbox| sandbox.git(&["log", "-1", "--format=%B"]);
    sandbox.git(&["commit", "--quiet", "-am", "One\n\nReviewed-by: Ken"]);
    assert_eq!(message(&sandbox), "One\n\nReviewed-by: Ken\nTask: TASK-2BBB");
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(message(&sandbox), "One\n\nReviewed-by: Ken\nTask: TASK-2BBB");
    commit(&sandbox, "src/a", "Two\n\nTask: TASK-1AAA");
    assert_eq!(message(&sandbox), "Two\n\nTask: TASK-1AAA");
    sandbox.git(&["checkout", "--quiet", "-b", "side", "HEAD~"]);
    commit(&sandbox, "src/b", "Side");
    sandbox.git(&["merge", "--quiet", "--no-ff", "main", "-m", "Merge"]);
    assert_eq!(message(&sandbox), "Merge");
}

#[test]
fn a_branch_may_be_named_after_its_task() {
    let sandbox = world();
    sandbox.git(&["checkout", "--quiet", "-b", "ada/task-2bbb-dark-mode"]);
    let linked = "tracker: linked to TASK-2BBB (named by the branch)\n";
    assert_eq!(commit(&sandbox, "src/a", "One"), format!("{linked}tracker: TASK-2BBB  none → dev\n"));
    assert_eq!(sandbox.git(&["log", "-1", "--format=%B"]), "One\n\nTask: TASK-2BBB");
    sandbox.git(&["checkout", "--quiet", "-b", "ada/task-9zzz"]);
    commit(&sandbox, "src/a", "Two");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%B"]), "Two");
}

#[test]
fn a_commit_of_records_alone_is_linked_to_their_tasks_and_starts_none() {
    let sandbox = world();
    sandbox.tracker(&["start", "2bbb"]);
    sandbox.git(&["commit", "--quiet", "-am", "Start"]);
    let message = |sandbox: &Sandbox| sandbox.git(&["log", "-1", "--format=%B"]);
    // The active task is not that of a note on another.
    sandbox.tracker(&["note", "1aaa", "ask Ken first"]);
    sandbox.git(&["add", "."]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Note"]);
    assert_eq!(done.stderr, "tracker: linked to TASK-1AAA (records only)\n");
    assert_eq!(message(&sandbox), "Note\n\nTask: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "none");
    // A plan of many tasks belongs to none.
    for title in ["One", "Two", "Three", "Four"] {
        sandbox.tracker(&["new", title]);
    }
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "-m", "Plan"]);
    assert_eq!(message(&sandbox), "Plan");
    // The policy and the code are work.
    for path in [".tracker/config.toml", "src/a", "new/file"] {
        sandbox.write(path, if path.ends_with("toml") { format!("{CONFIG}\n") } else { "x\n".to_owned() });
        sandbox.tracker(&["note", "1aaa", path]);
        sandbox.git(&["add", "."]);
        let done = git(&sandbox, &["commit", "--quiet", "-m", "Work"]);
        assert_eq!(done.stderr, "tracker: linked to TASK-2BBB (active)\n", "{path}");
        assert_eq!(message(&sandbox), "Work\n\nTask: TASK-2BBB", "{path}");
    }
    sandbox.git(&["rm", "--quiet", "src/a"]);
    assert_eq!(
        git(&sandbox, &["commit", "--quiet", "-m", "Gone"]).stderr,
        "tracker: linked to TASK-2BBB (active)\n"
    );
    // Also where nothing else is left of a folder at the top.
    sandbox.git(&["rm", "--quiet", "new/file"]);
    sandbox.tracker(&["note", "1aaa", "no longer new"]);
    sandbox.git(&["add", "."]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Gone too"]);
    assert_eq!(done.stderr, "tracker: linked to TASK-2BBB (active)\n");
    // Somebody may still move a task by a commit of its records.
    sandbox.tracker(&["note", "1aaa", "done already"]);
    sandbox.git(&["add", "."]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Move", "-m", "Advance: TASK-1AAA"]);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(stage(&sandbox, READY), "qa");
    assert_clean(&sandbox);
}
