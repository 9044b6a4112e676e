//! Merges by real git, with the driver registered by hand.

use crate::support::Sandbox;

const TASK: &str = "\
---
id: TASK-7Q2M
title: Mend the fence
stage: dev
tags: [wood]
estimate: 45m
history:
  - {at: 2026-11-11T08:00:00Z, by: ada, from: none, to: dev}
---

## Description

Two posts are rotten.

## Deliverables

- [ ] New posts
- [ ] Paint
";

const FILE: &str = ".tracker/tasks/TASK-7Q2M.md";

/// Makes a tracker with one task on `main`, and the driver where it is requested.
fn tracker(driver: bool) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(".tracker/.gitattributes", "* text eol=lf merge=tracker\n");
    if driver {
        sandbox.git(&["config", "merge.tracker.name", "tracker"]);
        sandbox.git(&["config", "merge.tracker.driver", "tracker merge-driver %O %A %B %L %P"]);
    }
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "begin"]);
    sandbox.commit_file(FILE, TASK, "a task");
    sandbox
}

/// Replaces parts of a file and commits it.
fn change(sandbox: &Sandbox, replacements: &[(&str, &str)], message: &str) -> String {
    let mut text = sandbox.read(FILE);
    for (from, to) in replacements {
        assert!(text.contains(from), "{from:?} in {text}");
        text = text.replacen(from, to, 1);
    }
    sandbox.commit_file(FILE, &text, message)
}

/// Changes the task on a branch `other` and on `main`.
fn part(sandbox: &Sandbox, ours: &[(&str, &str)], theirs: &[(&str, &str)]) {
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    change(sandbox, theirs, "theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    change(sandbox, ours, "ours");
}

/// Runs git where it may fail; returns the exit code and all it printed.
fn try_git(sandbox: &Sandbox, args: &[&str]) -> (i32, String) {
    let output = sandbox.program_with("git", "", args, |command| {
        command.env("GIT_EDITOR", "true");
    });
    (output.status, output.stdout + &output.stderr)
}

fn merged(replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(TASK.to_owned(), |text, (from, to)| text.replacen(from, to, 1))
}

const TICK: (&str, &str) = ("- [ ] New posts", "- [x] New posts");
const TICK_OTHER: (&str, &str) = ("- [ ] Paint", "- [x] Paint");
const TAG: (&str, &str) = ("[wood]", "[wood, garden]");
const RETITLE: (&str, &str) = ("Mend the fence", "Mend the long fence");

#[test]
fn both_sides_change_one_task() {
    let sandbox = tracker(true);
    part(&sandbox, &[TICK, TAG], &[TICK_OTHER, RETITLE, ("[wood]", "[wood, paint]")]);
    sandbox.git(&["merge", "--quiet", "other"]);
    let expected = merged(&[TICK, TICK_OTHER, RETITLE, ("[wood]", "[wood, garden, paint]")]);
    assert_eq!(sandbox.read(FILE), expected);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.tracker(&["list"]).status, 0);
}

#[test]
fn the_verbs_of_two_branches_join() {
    let sandbox = tracker(true);
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    for words in [
        &["tick", "7q2m", "1"][..],
        &["set", "7q2m", "tags+=paint"],
        &["note", "7q2m", "from the other side"],
    ] {
        assert_eq!(sandbox.tracker(words).status, 0, "{words:?}");
    }
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "theirs"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    for words in [
        &["tick", "7q2m", "2"][..],
        &["set", "7q2m", "tags+=garden", "priority=high"],
        &["set-stage", "7q2m", "qa", "--why", "done"],
        &["note", "7q2m", "from our side"],
    ] {
        assert_eq!(sandbox.tracker(words).status, 0, "{words:?}");
    }
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "ours"]);
    sandbox.git(&["merge", "--quiet", "other"]);
    let text = sandbox.read(FILE);
    for part in
        ["- [x] New posts", "- [x] Paint", "tags: [wood, garden, paint]", "priority: high", "stage: qa"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let shown = sandbox.tracker(&["show", "7q2m"]);
    assert!(
        shown.stdout.contains("from the other side") && shown.stdout.contains("from our side"),
        "{shown}"
    );
}

#[test]
fn one_field_changed_twice_is_one_readable_conflict() {
    let sandbox = tracker(true);
    part(&sandbox, &[RETITLE, TICK], &[("Mend the fence", "Paint the fence"), TAG]);
    let (status, message) = try_git(&sandbox, &["merge", "other"]);
    assert_eq!(status, 1, "{message}");
    assert!(message.contains(&format!("{FILE}:3: title: both sides changed it")), "{message}");
    assert!(
        message.contains(&format!("git add {FILE}"))
            && message.contains("git status names the command that goes on"),
        "{message}"
    );
    let marks = "<<<<<<< ours\ntitle: Mend the long fence\n||||||| base\ntitle: Mend the fence\n=======\ntitle: Paint the fence\n>>>>>>> theirs";
    assert_eq!(sandbox.read(FILE), merged(&[("title: Mend the fence", marks), TICK, TAG]));
    assert!(sandbox.git(&["status", "--porcelain"]).contains(&format!("UU {FILE}")));
    let listed = sandbox.tracker(&["list"]);
    assert_eq!(listed.status, 1, "{listed}");
    assert!(listed.stderr.contains(FILE) && listed.stderr.contains("merge conflict"), "{listed}");
    sandbox.write(FILE, merged(&[RETITLE, TICK, TAG]));
    sandbox.git(&["add", FILE]);
    assert_eq!(try_git(&sandbox, &["merge", "--continue"]).0, 0);
    assert_eq!(sandbox.tracker(&["list"]).status, 0);
}

#[test]
fn labels_are_shown_where_git_gives_them() {
    let sandbox = tracker(true);
    sandbox.git(&["config", "merge.tracker.driver", "tracker merge-driver %O %A %B %L %P %S %X %Y"]);
    part(&sandbox, &[RETITLE], &[("Mend the fence", "Paint the fence")]);
    assert_eq!(try_git(&sandbox, &["merge", "other"]).0, 1);
    let text = sandbox.read(FILE);
    assert!(text.contains("<<<<<<< HEAD\n") && text.contains(">>>>>>> other\n"), "{text}");
}

#[test]
fn the_same_task_moved_on_both_branches() {
    let sandbox = tracker(true);
    let entry = "from: none, to: dev}\n";
    let moved = |at: &str, by: &str| {
        format!("{entry}  - {{at: 2026-11-12T{at}:00:00Z, by: {by}, from: dev, to: qa}}\n")
    };
    part(
        &sandbox,
        &[("stage: dev", "stage: qa"), (entry, &moved("09", "ada"))],
        &[("stage: dev", "stage: qa"), (entry, &moved("08", "grace"))],
    );
    sandbox.git(&["merge", "--quiet", "other"]);
    let text = sandbox.read(FILE);
    assert!(text.contains("stage: qa\n"), "{text}");
    assert!(text.find("by: grace").unwrap() < text.find("by: ada, from: dev").unwrap(), "{text}");
}

#[test]
fn the_same_id_made_on_both_branches() {
    let sandbox = tracker(true);
    let path = ".tracker/tasks/TASK-B0TH.md";
    let task = |title: &str, tag: &str| format!("---\nid: TASK-B0TH\ntitle: {title}\ntags: [{tag}]\n---\n");
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.commit_file(path, &task("Theirs", "b"), "theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit_file(path, &task("Ours", "a"), "ours");
    let (status, message) = try_git(&sandbox, &["merge", "other"]);
    assert_eq!(status, 1, "{message}");
    let expected = "---\nid: TASK-B0TH\n<<<<<<< ours\ntitle: Ours\n||||||| base\n=======\ntitle: Theirs\n>>>>>>> theirs\ntags: [a, b]\n---\n";
    assert_eq!(sandbox.read(path), expected);
}

#[test]
fn a_delete_beside_an_edit_is_gits_affair() {
    let sandbox = tracker(true);
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.git(&["rm", "--quiet", FILE]);
    sandbox.git(&["commit", "--quiet", "--message", "theirs"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    change(&sandbox, &[TICK], "ours");
    let (status, message) = try_git(&sandbox, &["merge", "other"]);
    assert_eq!(status, 1, "{message}");
    assert!(message.contains("deleted in other"), "{message}");
    assert_eq!(sandbox.read(FILE), merged(&[TICK]));
}

#[test]
fn cherry_pick_rebase_and_stash_use_the_driver() {
    let sandbox = tracker(true);
    part(&sandbox, &[TICK], &[TICK_OTHER, RETITLE]);
    let expected = merged(&[TICK, TICK_OTHER, RETITLE]);
    sandbox.git(&["switch", "--quiet", "--create", "picked", "main"]);
    sandbox.git(&["cherry-pick", "other"]);
    assert_eq!(sandbox.read(FILE), expected);
    sandbox.git(&["switch", "--quiet", "other"]);
    sandbox.git(&["rebase", "--quiet", "main"]);
    assert_eq!(sandbox.read(FILE), expected);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write(FILE, sandbox.read(FILE).replace("estimate: 45m", "estimate: 2h"));
    sandbox.git(&["stash", "push", "--quiet"]);
    change(&sandbox, &[TAG, TICK_OTHER], "more");
    sandbox.git(&["stash", "pop", "--quiet"]);
    assert_eq!(sandbox.read(FILE), merged(&[TICK, TICK_OTHER, TAG, ("45m", "2h")]));
}

#[test]
fn branches_that_crossed_are_merged() {
    let sandbox = tracker(true);
    part(&sandbox, &[RETITLE], &[("Mend the fence", "Paint the fence")]);
    let resolve = |title: &str, branch: &str| {
        assert_eq!(try_git(&sandbox, &["merge", branch]).0, 1);
        sandbox.write(FILE, merged(&[("Mend the fence", title)]));
        sandbox.git(&["add", FILE]);
        sandbox.git(&["commit", "--quiet", "--message", "resolve"]);
    };
    sandbox.git(&["branch", "before"]);
    resolve("Build a fence", "other");
    sandbox.git(&["switch", "--quiet", "other"]);
    resolve("Build a fence", "before");
    change(&sandbox, &[TICK_OTHER], "theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    change(&sandbox, &[TICK, TAG], "ours");
    sandbox.git(&["merge", "--quiet", "other"]);
    assert_eq!(sandbox.read(FILE), merged(&[("Mend the fence", "Build a fence"), TICK, TICK_OTHER, TAG]));
}

#[test]
fn a_record_taken_for_another_is_refused() {
    let sandbox = tracker(true);
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    change(&sandbox, &[TICK], "theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    // To git this is a rename: a task taken away, and another one like it.
    sandbox.git(&["rm", "--quiet", FILE]);
    let path = ".tracker/tasks/TASK-0THR.md";
    let other = TASK.replace("TASK-7Q2M", "TASK-0THR");
    sandbox.commit_file(path, &other, "ours");
    let (status, message) = try_git(&sandbox, &["merge", "other"]);
    assert_eq!(status, 1, "{message}");
    assert!(message.contains(path) && message.contains("their version is `TASK-7Q2M`"), "{message}");
    assert!(
        message.contains("our version is left as it was") && message.contains("-X no-renames"),
        "{message}"
    );
    assert_eq!(sandbox.read(path), other);
}

#[test]
fn without_the_driver_conflict_markers_are_reported_by_every_command() {
    let sandbox = tracker(false);
    part(&sandbox, &[RETITLE], &[("Mend the fence", "Paint the fence")]);
    assert_eq!(try_git(&sandbox, &["merge", "other"]).0, 1);
    for words in [&["list"][..], &["show", "7q2m"], &["board"], &["queue"], &["tick", "7q2m", "1"]] {
        let output = sandbox.tracker(words);
        assert_eq!(output.status, 1, "{words:?} {output}");
        assert!(
            output.stderr.contains(FILE) && output.stderr.contains("merge conflict"),
            "{words:?} {output}"
        );
        let way_on =
            format!("edit {FILE} until no marker is left; then: tracker doctor; git add {FILE}; git");
        assert!(output.stderr.contains(&format!("{way_on} merge --continue")), "{words:?} {output}");
    }
    let shown = sandbox.tracker(&["list", "--format", "json"]);
    assert!(shown.stdout.contains("git merge --continue"), "{shown}");
    sandbox.git(&["merge", "--abort"]);
    for (operation, arguments) in [("rebase", ["rebase", "other"]), ("cherry-pick", ["cherry-pick", "other"])]
    {
        assert_eq!(try_git(&sandbox, &arguments).0, 1);
        let output = sandbox.tracker(&["list"]);
        assert!(output.stderr.contains(&format!("; git {operation} --continue")), "{output}");
        sandbox.git(&[operation, "--abort"]);
    }
}

#[test]
fn an_error_leaves_our_version_alone() {
    let sandbox = tracker(false);
    sandbox.write("ours", "ours");
    sandbox.write("theirs", b"\xff");
    for base in ["missing", "ours"] {
        let output = sandbox.tracker(&["merge-driver", base, "ours", "theirs", "7", FILE]);
        assert_eq!(output.status, 2, "{output}");
        assert_eq!(sandbox.read("ours"), "ours");
    }
    let output = sandbox.tracker(&["--help"]);
    assert!(!output.stdout.contains("merge-driver"), "{output}");
}

#[test]
fn a_vote_and_the_configuration_are_merged_too() {
    let sandbox = tracker(true);
    let vote = ".tracker/signoffs/TASK-7Q2M/ada.yaml";
    let text = "task: TASK-7Q2M\nverdict: approved\nnotes: fine\n";
    sandbox.commit_file(vote, text, "a vote");
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.commit_file(vote, &text.replace("fine", "very fine"), "theirs");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit_file(vote, &text.replace("approved", "withdrawn"), "ours");
    sandbox.git(&["merge", "--quiet", "other"]);
    assert_eq!(sandbox.read(vote), "task: TASK-7Q2M\nverdict: withdrawn\nnotes: very fine\n");
}
