//! What goes wrong is an error, and never the same as finding nothing.

use std::os::unix::fs::PermissionsExt;

use super::{CONFIG, claims, commit_all, configure, last_round, tracker, world};
use crate::support::Sandbox;

/// Runs a worker that must fail, and returns why. Nothing lands, nothing stays claimed, and the round is recorded.
fn failed(sandbox: &Sandbox, line: &str) -> String {
    let before = sandbox.git(&["rev-parse", "main"]);
    let output = tracker(sandbox, line);
    assert_eq!(output.status, 2, "{output}");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), before, "{output}");
    assert_eq!(claims(sandbox, ""), Vec::<String>::new());
    let round = last_round(sandbox);
    assert_eq!(round["outcome"].as_str(), Some("failed"), "{round}");
    let why = round["why"].as_str().unwrap().to_owned();
    assert!(output.stderr.contains(&why), "{output}");
    why
}

#[test]
fn a_tool_that_is_missing_fails_or_cannot_be_read_finds_nothing_out() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n"), ("b.txt", "fine\n")]);
    for (detect, why) in [
        ("nosuch \"$@\"", "lint: it is not installed"),
        ("lint \"$@\"; exit 2", "lint: it ended with 2"),
        ("kill -9 $$", "lint: it was ended by a signal"),
        ("echo fine", "lint: its report cannot be read: line 1: is not as expected"),
        ("true", "lint: its report cannot be read: is empty"),
        ("lint \"$@\" | head -c 20", "lint: its report cannot be read"),
        ("sleep 60", "lint: it took longer than"),
    ] {
        let limits = "[workers.lint]\ntimeout = \"300ms\"\n";
        configure(
            &sandbox,
            &format!("{limits}[workers.lint.tools.lint]\ndetect = '{detect}'\nreport = \"json\"\n"),
        );
        commit_all(&sandbox, detect);
        let found = failed(&sandbox, "worker run lint --once");
        assert!(found.starts_with(why), "{detect}: {found}");
    }
    // A formatter is no different.
    for (fix, why) in [("nosuch \"$@\"", "form: it is not installed"), ("exit 1", "form: it ended with 1")] {
        configure(&sandbox, &format!("[workers.lint]\n[workers.lint.tools.form]\nfix = '{fix}'\n"));
        commit_all(&sandbox, fix);
        let found = failed(&sandbox, "worker run lint --once");
        assert!(found.starts_with(why), "{fix}: {found}");
    }
}

#[test]
fn a_fix_that_fails_changes_nothing() {
    let config = CONFIG.replace("sed -i s/BAD/good/g \"$@\"", "sed -i s/BAD/good/g \"$@\"; exit 1");
    let sandbox = world(&config, &[("a.txt", "BAD\n")]);
    assert!(failed(&sandbox, "worker run lint --once").starts_with("lint: it ended with 1"));
    assert_eq!(sandbox.read("a.txt"), "BAD\n");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.md", "BAD\n")]);
    assert_eq!(failed(&sandbox, "worker run lint nosuch.txt"), "`nosuch.txt` is no file of main");
    assert!(failed(&sandbox, "worker run lint b.md").contains("none of the paths"));
    assert!(failed(&sandbox, "worker run lint .tracker/config.toml").contains("none of the paths"));
}

#[test]
fn a_commit_that_is_refused_is_an_error() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n")]);
    sandbox.write(".git/hooks/pre-commit", "#!/bin/sh\necho not on a Friday >&2\nexit 1\n");
    let hook = sandbox.path().join(".git/hooks/pre-commit");
    std::fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(failed(&sandbox, "worker run lint --once"), "the commit was refused: not on a Friday");
    // A hook that changes what is committed is no better.
    sandbox.write(".git/hooks/pre-commit", "#!/bin/sh\necho x >extra.txt\ngit add extra.txt\n");
    assert_eq!(failed(&sandbox, "worker run lint --once"), "a hook has changed `extra.txt` in the commit");
    std::fs::remove_file(hook).unwrap();
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(sandbox.read("a.txt"), "good\n");
}

#[test]
fn what_somebody_has_not_committed_is_not_touched() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    sandbox.write("b.txt", "mine\n");
    let why = failed(&sandbox, "worker run lint --once");
    assert_eq!(why, "main did not take the commit: Working directory has unstaged changes");
    assert_eq!((sandbox.read("a.txt"), sandbox.read("b.txt")), ("BAD\n".to_owned(), "mine\n".to_owned()));
    assert_eq!(sandbox.git(&["show", "workers/lint:a.txt"]), "good");
    commit_all(&sandbox, "Mine");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!((sandbox.read("a.txt"), sandbox.read("b.txt")), ("good\n".to_owned(), "mine\n".to_owned()));
}

#[test]
fn what_cannot_be_a_worker_is_refused() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n")]);
    for (line, hint) in [
        ("worker run lnit --once", "did you mean `lint`?"),
        ("worker run lint --once --name ../x", "lowercase letters"),
        ("worker run lint --once --branch nosuch", "git branch --list"),
        ("worker run lint --once --branch a..b", "invalid branch name"),
        ("worker log nobody", "tracker worker"),
        ("worker remove nobody", "tracker worker"),
    ] {
        let output = tracker(&sandbox, line);
        assert!(output.status == 2 && output.stderr.contains(hint), "{line}: {output}");
    }
    let lock = "[workers.lint]\nuse = [\"nosuch\"]\n";
    configure(&sandbox, &format!("{lock}[workers.lint.tools.form]\nfix = 'true'\n"));
    commit_all(&sandbox, "Another tool");
    let output = tracker(&sandbox, "worker run lint --once");
    assert!(output.status == 2 && output.stderr.contains("unknown tool `nosuch`"), "{output}");
    configure(&sandbox, "[workers.lint]\nexecutor = \"nobody\"\n[workers.lint.tools.form]\nfix = 'true'\n");
    commit_all(&sandbox, "An executor that is not there");
    let output = tracker(&sandbox, "worker run lint --once");
    assert!(output.stderr.contains("unknown executor `nobody`"), "{output}");
}
