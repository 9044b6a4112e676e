//! Commits that meet something else that goes on: an operation given up, a search, another commit, a signature.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// Two branches that change the same line: a rebase of `main` onto `side` stops at its second commit.
fn stopped() -> (Sandbox, String) {
    let sandbox = world();
    sandbox.git(&["branch", "side"]);
    commit(&sandbox, "src/b", "A\n\nTask: TASK-2BBB");
    sandbox.write("src/a", "ours\n");
    sandbox.git(&["commit", "--quiet", "-am", "B\n\nAdvance: TASK-1AAA"]);
    let before = head(&sandbox);
    sandbox.git(&["checkout", "--quiet", "side"]);
    sandbox.write("src/a", "theirs\n");
    sandbox.git(&["commit", "--quiet", "-am", "S"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    assert_ne!(git(&sandbox, &["rebase", "--quiet", "side"]).status, 0);
    (sandbox, before)
}

#[test]
fn a_rebase_given_up_leaves_everything_as_it_was() {
    let (sandbox, before) = stopped();
    sandbox.git(&["rebase", "--abort"]);
    assert_eq!(head(&sandbox), before);
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
    assert_clean(&sandbox);
}

#[test]
fn a_commit_skipped_in_a_rebase_takes_its_move_with_it() {
    let (sandbox, _) = stopped();
    sandbox.git(&["rebase", "--skip"]);
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "A\nS\nFirst");
    assert_eq!((stage(&sandbox, READY), stage(&sandbox, OPEN)), ("none".to_owned(), "dev".to_owned()));
    assert_clean(&sandbox);
}

#[test]
fn a_bisect_is_not_disturbed() {
    let sandbox = world();
    for number in 0..4 {
        commit(&sandbox, "src/a", &format!("Change {number}"));
    }
    sandbox.git(&["bisect", "start", "HEAD", "HEAD~4"]);
    let found = head(&sandbox);
    sandbox.write("src/a", "tried\n");
    let done = git(&sandbox, &["commit", "--quiet", "-am", "Try\n\nTask: TASK-1AAA"]);
    assert_eq!(done.status, 0, "{done}");
    assert!(done.stderr.contains("a bisect is under way: TASK-1AAA did not move"), "{done}");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD~1"]), found);
    assert_eq!(sandbox.git(&["log", "--format=%s", "-1"]), "Try");
    sandbox.git(&["bisect", "reset"]);
    assert_eq!(stage(&sandbox, READY), "none");
    assert_clean(&sandbox);
}

#[test]
fn git_may_choose_the_comment_mark() {
    for (first, mark) in [("Subject", "#"), ("#1 is the subject", ";")] {
        let sandbox = world();
        sandbox.git(&["config", "core.commentChar", "auto"]);
        sandbox.write("src/a", "x\n");
        let message = format!("{first}\n\n{mark}Advance: TASK-9ZZZ\nAdvance: TASK-1AAA\n");
        let editor = sandbox.root().join("editor.sh");
        let given = sandbox.root().join("given");
        fs::write(&given, format!("{first}\n")).unwrap();
        fs::write(sandbox.root().join("message"), &message).unwrap();
        // Put above the help in which git shows the mark that it has selected.
        let script = "cat \"$1\" >\"$1.help\"; tail -n +2 \"$1.help\" | cat ../message - >\"$1\"\n";
        fs::write(&editor, script).unwrap();
        let args = ["commit", "--quiet", "-a", "--edit", "-F", "../given"];
        let done = sandbox.program_with("git", "", &args, |command| {
            command.env("GIT_EDITOR", format!("sh '{}'", editor.display()));
        });
        assert_eq!(done.status, 0, "{done}");
        let committed = sandbox.git(&["log", "-1", "--format=%B"]);
        assert_eq!(committed, format!("{first}\n\nAdvance: TASK-1AAA"), "{mark}");
        assert_eq!(stage(&sandbox, READY), "qa");
    }
}

#[test]
fn two_at_once_in_one_worktree_lose_nothing() {
    let sandbox = world();
    let before: usize = sandbox.git(&["rev-list", "--count", "HEAD"]).parse().unwrap();
    let messages = ["One\n\nTask: TASK-1AAA", "Two\n\nTask: TASK-2BBB"];
    let mut made = 0;
    for round in 0..5 {
        let outputs: Vec<std::process::Output> = std::thread::scope(|scope| {
            let started = messages.map(|message| {
                let mut command = sandbox.git_command("");
                command.args(["commit", "--quiet", "--allow-empty", "-m", message]);
                scope.spawn(move || command.output().unwrap())
            });
            started.into_iter().map(|each| each.join().unwrap()).collect()
        });
        // Git itself refuses one where both come to the index or to HEAD at the same moment, or where one reads its
        // message while the other writes its own into the same file.
        for output in outputs.iter().filter(|output| !output.status.success()) {
            let message = String::from_utf8_lossy(&output.stderr);
            let is_gits = ["lock", "empty commit message"].iter().any(|reason| message.contains(reason));
            assert!(is_gits, "{message}");
        }
        made += outputs.iter().filter(|output| output.status.success()).count();
        assert!(!sandbox.path().join(".git/index.lock").exists(), "{round}");
        assert_clean(&sandbox);
    }
    let after: usize = sandbox.git(&["rev-list", "--count", "HEAD"]).parse().unwrap();
    assert_eq!(after - before, made, "every commit that git reported is there, once");
    for (id, message) in [READY, OPEN].into_iter().zip(messages) {
        sandbox.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        assert_eq!(moves(&sandbox, id), ["none dev"], "{id}");
    }
    assert_clean(&sandbox);
}

#[test]
fn a_commit_signed_with_gpg_stays_signed() {
    let sandbox = world();
    let home = sandbox.root().join("g");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    let program = sandbox.root().join("home/gpg here");
    fs::write(&program, format!("#!/bin/sh\nexec gpg --homedir '{}' \"$@\"\n", home.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    // The agent's socket lies in its home, and a socket's path is short.
    let is_long = sandbox.root().as_os_str().len() > 80;
    let has_gpg = std::process::Command::new("gpg").arg("--version").output().is_ok();
    if is_long || !has_gpg {
        return;
    }
    let key = ["--batch", "--passphrase", "", "--quick-generate-key", "Ada Lovelace <ada@example.com>"];
    let made = sandbox.program_with(&program, "", &key, |_| {});
    assert_eq!(made.status, 0, "{made}");
    sandbox.git(&["config", "gpg.program", &program.display().to_string()]);
    sandbox.git(&["config", "commit.gpgSign", "true"]);
    commit(&sandbox, "src/a", "Signed\n\nAdvance: TASK-1AAA");
    let verified = git(&sandbox, &["verify-commit", "HEAD"]);
    sandbox.program_with("gpgconf", "", &["--homedir", &home.display().to_string(), "--kill", "all"], |_| {});
    assert_eq!(verified.status, 0, "{verified}");
    assert_eq!(stage(&sandbox, READY), "qa");
    assert_clean(&sandbox);
}

#[test]
fn notes_of_an_amended_commit_go_to_the_one_that_was_folded() {
    let notes = |sandbox: &Sandbox| git(sandbox, &["notes", "show", "HEAD"]);
    for wish in ["refs/notes/*", "refs/notes/other"] {
        let sandbox = world();
        sandbox.git(&["config", "notes.rewriteRef", wish]);
        commit(&sandbox, "src/a", "Work");
        sandbox.git(&["notes", "add", "--message", "measured: 12 ms"]);
        sandbox.git(&["commit", "--quiet", "--amend", "--message", "Work\n\nAdvance: TASK-1AAA"]);
        assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
        let found = notes(&sandbox);
        assert_eq!(found.stdout.trim() == "measured: 12 ms", wish == "refs/notes/*", "{wish}: {found}");
    }
}
