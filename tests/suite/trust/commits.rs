//! Every way to make a commit does what its message requires, or says why not.

use super::{ID, RECORD, RULES, commit, identity, ok, replace, run, stage, world};
use crate::support::{Output, Sandbox};

const READY: &str = "\
---
id: TASK-T3ST
title: Remember the theme
created: 2026-11-10
stage: dev
history:
  - {at: 2026-11-10T08:00:00Z, by: Ken, from: none, to: dev, kind: start}
---

## Deliverables

- [x] it is remembered
";

/// A clone with hooks, in which the task can leave `dev`.
fn ready() -> Sandbox {
    let sandbox = world(RULES);
    sandbox.write(RECORD, READY);
    commit(&sandbox, "Ready");
    ok(&run(&sandbox, "hooks install"));
    sandbox
}

fn git(sandbox: &Sandbox, args: &[&str]) -> Output {
    sandbox.program_with("git", "", args, |command| identity("Ada", command))
}

fn make(sandbox: &Sandbox, message: &str) -> Output {
    sandbox.write("src/theme.rs", format!("fn theme() {{}} // {message:?}\n"));
    sandbox.git(&["add", "src"]);
    git(sandbox, &["commit", "--message", message])
}

fn message(sandbox: &Sandbox) -> String {
    sandbox.git(&["log", "-1", "--format=%B"])
}

#[test]
fn a_squash_belongs_to_the_tasks_of_what_it_joins() {
    let sandbox = ready();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.write(".tracker/tasks/TASK-0THR.md", "---\nid: TASK-0THR\ntitle: Another\nstage: none\n---\n");
    sandbox.git(&["add", "--all"]);
    ok(&make(&sandbox, "Do it\n\nAdvance: TASK-T3ST"));
    ok(&make(&sandbox, "TASK-0THR: more of it"));
    ok(&make(&sandbox, "And UTF-8 in prose"));
    for own_message in [false, true] {
        sandbox.git(&["switch", "--quiet", "--detach", "main"]);
        sandbox.git(&["merge", "--quiet", "--squash", "topic"]);
        let args =
            if own_message { ["commit", "--message", "My words"] } else { ["commit", "--no-edit", "-q"] };
        ok(&git(&sandbox, &args));
        let text = message(&sandbox);
        for id in [ID, "TASK-0THR"] {
            assert_eq!(text.matches(&format!("\nTask: {id}")).count(), 1, "{text}");
        }
        assert!(!text.contains("\nTask: UTF-8"), "{text}");
        let checked = run(&sandbox, "check --base main");
        assert!(!checked.stdout.contains("belongs to no task"), "{checked}");
    }
    // What is named already is not named again, and the next commit belongs to nothing of it.
    sandbox.git(&["merge", "--quiet", "--squash", "main"]);
    ok(&make(&sandbox, "Something else"));
    assert!(!message(&sandbox).contains("Task:"), "{}", message(&sandbox));
}

#[test]
fn a_merge_moves_nothing_and_refuses_unknown_ids() {
    let sandbox = ready();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    ok(&make(&sandbox, "Work"));
    sandbox.git(&["switch", "--quiet", "main"]);
    let merge =
        |lines: &str| git(&sandbox, &["merge", "--quiet", "--no-ff", "topic", "-m", "Merge", "-m", lines]);
    let refused = merge("Advance: TASK-ZZZZ");
    assert!(refused.status != 0 && refused.stderr.contains("no task TASK-ZZZZ"), "{refused}");
    sandbox.git(&["merge", "--abort"]);
    for (lines, says) in [
        ("Advance: TASK-T3ST", true),
        ("Time: TASK-T3ST 1h", true),
        ("Task: TASK-T3ST", false),
        ("Fixes: OTHER-12", false),
    ] {
        let merged = merge(lines);
        assert_eq!(merged.status, 0, "{lines}: {merged}");
        assert_eq!(merged.stderr.contains("tracker apply HEAD~.."), says, "{lines}: {merged}");
        assert_eq!(stage(&sandbox), "dev");
        if says {
            let checked = run(&sandbox, "check --base HEAD~1");
            assert!(checked.stderr.contains("was not done"), "{checked}");
            ok(&run(&sandbox, "apply HEAD~.."));
            assert_ne!(sandbox.read(RECORD), READY, "{lines}: what it says is what does it");
        }
        sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
}

#[test]
fn a_record_that_cannot_be_read_is_not_committed_without_a_word() {
    let conflict = "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n";
    type Break = fn(&Sandbox, &str);
    let breaks: [(&str, Break); 3] = [
        ("conflict markers", |sandbox, conflict| sandbox.write(RECORD, format!("{READY}{conflict}"))),
        ("no front matter", |sandbox, _| sandbox.write(RECORD, "nothing\n")),
        ("a vote", |sandbox, _| sandbox.write(".tracker/signoffs/TASK-T3ST/x.yaml", "verdict: [\n")),
    ];
    for (what, breaks) in breaks {
        let sandbox = ready();
        ok(&make(&sandbox, "The policy has been read"));
        breaks(&sandbox, conflict);
        sandbox.git(&["add", "--all"]);
        // A commit that requires something is refused.
        let refused = make(&sandbox, "Do it\n\nAdvance: TASK-T3ST");
        assert_eq!(refused.status, 1, "{what}: {refused}");
        assert!(refused.stderr.contains(".tracker/"), "{what}: {refused}");
        // One that requires nothing, and one past the hook, are reported what they hold.
        for args in [&["commit", "--message", "x"][..], &["commit", "--no-verify", "--message", "x"]] {
            let made = git(&sandbox, args);
            assert!(made.stderr.contains("git commit --amend"), "{what}: {made}");
            sandbox.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
        }
    }
}

#[test]
fn directives_left_out_of_a_partial_commit_are_not_repeated() {
    let sandbox = ready();
    replace(&sandbox, RECORD, "- [x] it", "- [ ] it");
    commit(&sandbox, "Not yet");
    ok(&run(&sandbox, "tick t3st 1"));
    sandbox.write("src/theme.rs", "fn theme() { done() }\n");
    let refused = git(&sandbox, &["commit", "src", "-m", "Do it", "-m", "Advance: TASK-T3ST"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("git commit FILE .tracker"), "{refused}");
    assert!(!refused.stderr.contains("tracker tick"), "what is checked already: {refused}");
    sandbox.git(&["add", "src"]);
    let refused = git(&sandbox, &["commit", "-m", "Do it", "-m", "Advance: TASK-T3ST"]);
    assert!(refused.stderr.contains("git add .tracker"), "{refused}");
    // What it says brings the task forward.
    ok(&git(&sandbox, &["commit", "src", ".tracker", "-m", "Do it", "-m", "Advance: TASK-T3ST"]));
    assert_eq!(stage(&sandbox), "qa");
    // What nobody has done is requested as before.
    let sandbox = ready();
    replace(&sandbox, RECORD, "- [x] it", "- [ ] it");
    commit(&sandbox, "Not yet");
    let refused = make(&sandbox, "Do it\n\nAdvance: TASK-T3ST");
    assert!(refused.stderr.contains("tracker tick TASK-T3ST 1"), "{refused}");
}

#[test]
fn a_directive_that_no_hook_has_carried_out_is_reported_with_what_does_it() {
    let makes: [(&str, &[&str]); 3] = [
        ("hooks switched off", &["-c", "core.hooksPath=/dev/null"]),
        ("a client without hooks", &["-c", "core.hooksPath=/nowhere"]),
        ("a killed hook", &[]),
    ];
    for (what, options) in makes {
        let sandbox = ready();
        if options.is_empty() {
            sandbox.write(".git/hooks/post-commit", "#!/bin/sh\nkill -9 $$\n");
        }
        sandbox.git(&["switch", "--quiet", "--create", "topic"]);
        sandbox.write("src/theme.rs", "fn theme() { done() }\n");
        sandbox.git(&["add", "src"]);
        let args = [options, &["commit", "--quiet", "-m", "Do it", "-m", "Advance: TASK-T3ST"]].concat();
        ok(&git(&sandbox, &args));
        assert_eq!(stage(&sandbox), "dev", "{what}");
        for line in ["check --base main", "review main..topic", "doctor"] {
            let output = run(&sandbox, line).to_string();
            assert!(
                output.contains("`Advance: TASK-T3ST`, and that was not done"),
                "{what}: {line}: {output}"
            );
            assert!(output.contains("tracker apply"), "{what}: {line}: {output}");
        }
        ok(&run(&sandbox, "apply main.."));
        commit(&sandbox, "What the hooks would have done");
        for line in ["check --base main", "review main..topic", "doctor"] {
            let output = run(&sandbox, line).to_string();
            assert!(!output.contains("was not done"), "{what}: {line}: {output}");
        }
    }
    // Nor is what a hook has done, and what has been taken back since, anything to report.
    let sandbox = ready();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    ok(&make(&sandbox, "Do it\n\nAdvance: TASK-T3ST\nTime: TASK-T3ST 1h"));
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    for line in ["check --base main", "doctor"] {
        let output = run(&sandbox, line).to_string();
        assert!(!output.contains("was not done"), "{line}: {output}");
    }
}

#[test]
fn the_active_task_is_that_of_its_branch() {
    let sandbox = ready();
    let links = |sandbox: &Sandbox| message(sandbox).contains("Task: TASK-T3ST");
    // Started on a branch, it is not that of another.
    sandbox.git(&["switch", "--quiet", "--create", "feat"]);
    ok(&run(&sandbox, "start t3st --force"));
    ok(&make(&sandbox, "On its branch"));
    assert!(links(&sandbox));
    sandbox.git(&["switch", "--quiet", "main"]);
    ok(&make(&sandbox, "Hotfix"));
    assert!(!links(&sandbox), "{}", message(&sandbox));
    sandbox.git(&["switch", "--quiet", "feat"]);
    ok(&make(&sandbox, "Back again"));
    assert!(links(&sandbox));
    // Started before its branch was made, it goes with the work.
    let sandbox = ready();
    ok(&run(&sandbox, "start t3st --force"));
    sandbox.git(&["switch", "--quiet", "--create", "later"]);
    ok(&make(&sandbox, "Where the work is"));
    assert!(links(&sandbox));
    sandbox.git(&["switch", "--quiet", "main"]);
    ok(&make(&sandbox, "Not here any more"));
    assert!(!links(&sandbox), "{}", message(&sandbox));
    // One that another version of the program has written is that of every branch.
    sandbox.write(".git/tracker/active", "TASK-T3ST\n");
    ok(&make(&sandbox, "As before"));
    assert!(links(&sandbox));
}

#[test]
fn missing_hooks_are_reported_by_other_hooks_status_and_doctor() {
    let sandbox = ready();
    ok(&run(&sandbox, "hooks status"));
    let doctor = run(&sandbox, "doctor");
    assert!(!doctor.stdout.contains("hooks"), "{doctor}");
    ok(&run(&sandbox, "start t3st --force"));
    // Overwritten by another tool, and deleted.
    sandbox.write(".git/hooks/commit-msg", "#!/bin/sh\nexit 0\n");
    std::fs::remove_file(sandbox.path().join(".git/hooks/post-commit")).unwrap();
    let made = make(&sandbox, "Do it\n\nAdvance: TASK-T3ST");
    assert!(made.stderr.contains("commit-msg and post-commit without the tracker"), "{made}");
    for line in ["hooks status", "doctor"] {
        let output = run(&sandbox, line);
        assert!(output.stdout.contains("post-commit"), "{line}: {output}");
        assert_eq!(output.status, i32::from(line == "hooks status"), "{line}: {output}");
    }
    // The one that is asked most speaks where it is there.
    ok(&run(&sandbox, "hooks install"));
    std::fs::remove_file(sandbox.path().join(".git/hooks/post-commit")).unwrap();
    let made = make(&sandbox, "Do it\n\nTime: TASK-T3ST 1h");
    assert_eq!(made.stderr.matches("without the tracker").count(), 1, "{made}");
    // A folder that is not there.
    sandbox.git(&["config", "core.hooksPath", "data/.githooks"]);
    let status = run(&sandbox, "hooks status");
    assert!(status.status == 1 && status.stdout.contains("is not there"), "{status}");
    assert!(run(&sandbox, "doctor").stdout.contains("a folder that is not there"));
    // A clone that never had them.
    sandbox.git(&["clone", "--quiet", ".", "../clone"]);
    let doctor = sandbox.tracker_in("../clone", &["doctor"]);
    assert!(doctor.stdout.contains("this clone has no hooks of the tracker"), "{doctor}");
    assert_eq!(sandbox.tracker_in("../clone", &["hooks", "status"]).status, 1);
}

#[test]
fn messages_that_are_used_again_ask_for_nothing_twice() {
    // What a rebase will join with another commit belongs to the same task, and moves it no further.
    for option in ["--fixup=amend:HEAD", "--fixup=HEAD", "--squash=HEAD"] {
        let sandbox = ready();
        ok(&make(&sandbox, "Do it\n\nAdvance: TASK-T3ST"));
        assert_eq!(stage(&sandbox), "qa");
        sandbox.write("src/more.rs", "more\n");
        sandbox.git(&["add", "src"]);
        let args = ["-c", "core.editor=true", "commit", "--quiet", option];
        let made = git(&sandbox, &args);
        assert_eq!(made.status, 0, "{option}: {made}");
        assert!(!made.stderr.contains("cannot leave"), "{option}: {made}");
        let joined =
            git(&sandbox, &["-c", "core.editor=true", "rebase", "--quiet", "--autosquash", "-i", "HEAD~2"]);
        assert_eq!(joined.status, 0, "{option}: {joined}");
        assert_eq!(stage(&sandbox), "qa", "{option}");
        let checked = run(&sandbox, "check --base HEAD~1");
        assert!(checked.status == 0 && !checked.stderr.contains("was not done"), "{option}: {checked}");
    }
    // A commit that was taken back and is made again.
    let sandbox = ready();
    ok(&make(&sandbox, "Do it\n\nAdvance: TASK-T3ST"));
    sandbox.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    ok(&git(&sandbox, &["commit", "--quiet", "-C", "ORIG_HEAD"]));
    assert_eq!(stage(&sandbox), "qa");
    ok(&git(&sandbox, &["commit", "--quiet", "--amend", "--no-edit"]));
    assert_eq!(stage(&sandbox), "qa");
}

#[test]
fn a_directive_alone_in_the_subject_directs() {
    let sandbox = ready();
    ok(&make(&sandbox, "Advance: TASK-T3ST"));
    assert_eq!(stage(&sandbox), "qa");
    ok(&make(&sandbox, "Something else"));
    let refused = make(&sandbox, "advance: task-t3st");
    assert!(refused.status == 1 && refused.stderr.contains("cannot leave qa"), "{refused}");
    for prose in ["Task: refactor 2 parsers", "Time: 12 o'clock", "Fixes: #12", "Fail: 7Q2M"] {
        ok(&make(&sandbox, prose));
    }
}

#[test]
fn what_is_nearly_a_directive_and_what_a_revert_directs_is_reported() {
    for line in ["Advance:TASK-T3ST", "advance : t3st", "Adavnce: TASK-T3ST", "Advance\u{ff1a} TASK-T3ST"] {
        let sandbox = ready();
        let made = make(&sandbox, &format!("Do it\n\n{line}"));
        assert!(made.status == 0 && made.stderr.contains("write `Advance: TASK-T3ST`"), "{line}: {made}");
        assert_eq!(stage(&sandbox), "dev", "{line}");
    }
    // What is prose, quoted, or of another tracker is nobody's mistake.
    for line in
        ["Advance:d", "    Advance:TASK-T3ST", "> Advance:TASK-T3ST", "Refs: TASK-T3ST", "Advance:OTHER-1"]
    {
        let sandbox = ready();
        let made = make(&sandbox, &format!("Do it\n\n{line}"));
        assert!(made.status == 0 && !made.stderr.contains("directs nothing"), "{line}: {made}");
    }
    let sandbox = ready();
    ok(&make(&sandbox, "Do it"));
    let editor = "core.editor=printf '\\nAdvance: TASK-T3ST\\n' >>";
    let reverted = git(&sandbox, &["-c", editor, "revert", "--edit", "HEAD"]);
    assert!(reverted.stderr.contains("a revert is under way: TASK-T3ST did not move"), "{reverted}");
    assert_eq!(stage(&sandbox), "dev");
    let sandbox = ready();
    ok(&make(&sandbox, "Do it\n\nAdvance: TASK-T3ST"));
    let reverted = git(&sandbox, &["revert", "--no-edit", "HEAD"]);
    assert!(reverted.status == 0 && !reverted.stderr.contains("under way"), "{reverted}");
}
