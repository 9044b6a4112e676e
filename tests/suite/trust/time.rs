//! A date in a file, or in a commit, is not the time: the judge's clock is.

use super::{ID, RECORD, RULES, TASK, by, commit, commit_by, identity, ok, run, stage, world};
use crate::support::{Output, Sandbox};

const LONG_AGO: &str = "2025-12-01T10:00:00Z";

/// A branch `work` whose base lists Carol's key with this condition.
fn keyed(condition: &str) -> Sandbox {
    let sandbox = world(&format!("{RULES}[policy]\nsignatures = \"require\"\n"));
    let path = sandbox.root().join("home/key").display().to_string();
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", "carol", "-f", &path];
    assert_eq!(sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
    let public = std::fs::read_to_string(format!("{path}.pub")).unwrap();
    sandbox.write(".tracker/allowed_signers", format!("carol@example.com {condition} {public}"));
    commit(&sandbox, "Whose keys count");
    sandbox.git(&["config", "--global", "gpg.format", "ssh"]);
    sandbox.git(&["config", "--global", "user.signingKey", &path]);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox
}

/// Approves and commits as Carol, at a time that she chooses.
fn approve(sandbox: &Sandbox, at: Option<&str>) -> Output {
    let prepare = |command: &mut std::process::Command| {
        identity("Carol", command);
        if let Some(at) = at {
            command.env("TRACKER_NOW", at).env("GIT_AUTHOR_DATE", at).env("GIT_COMMITTER_DATE", at);
        }
    };
    let args = ["approve", "t3st", "--as", "reviewer", "--sign"];
    let output = sandbox.tracker_with("", &args, prepare);
    sandbox.git(&["add", "--all"]);
    ok(&sandbox.program_with("git", "", &["commit", "--quiet", "--message", "Vote"], prepare));
    output
}

fn check(sandbox: &Sandbox, more: &str) -> Output {
    run(sandbox, format!("check --base main --full {more}").trim_end())
}

#[test]
fn an_expired_key_signs_nothing_new_whatever_its_date() {
    let sandbox = keyed("valid-before=\"20260101\"");
    approve(&sandbox, Some(LONG_AGO));
    assert_eq!(stage(&sandbox), "complete", "a local clock is the user's own");
    let now = check(&sandbox, "");
    assert!(now.status == 1 && now.stdout.contains("signature"), "{now}");
    // What was judged then can be judged so again.
    let then = check(&sandbox, "--as-of 2025-12-02T00:00:00Z");
    assert_eq!(then.status, 0, "{then}");
    // Before the vote was cast it was in the future.
    let before = check(&sandbox, "--as-of 2025-11-01T00:00:00Z");
    assert!(before.status == 1 && before.stdout.contains("future"), "{before}");
    let wrong = check(&sandbox, "--as-of yesterday");
    assert!(wrong.status == 2 && wrong.stderr.contains("2026-11-26T10:00:00Z"), "{wrong}");
}

#[test]
fn a_key_that_is_valid_now_signs_whatever_its_beginning() {
    let sandbox = keyed("valid-after=\"20260101\"");
    ok(&approve(&sandbox, None));
    let checked = check(&sandbox, "");
    assert_eq!(checked.status, 0, "{checked}");
    // Not yet valid at the time of judging.
    let early = check(&sandbox, "--as-of 2025-12-02T00:00:00Z");
    assert_eq!(early.status, 1, "{early}");
}

#[test]
fn a_vote_that_the_base_has_was_good_when_it_came_there() {
    let sandbox = keyed("valid-before=\"20260101\"");
    // Reviewed while the key was valid, and merged then; the move comes today.
    approve(&sandbox, Some(LONG_AGO));
    let after = sandbox.read(RECORD);
    sandbox.write(RECORD, TASK);
    commit(&sandbox, "The move comes later");
    sandbox.git(&["branch", "--force", "main", "work"]);
    sandbox.write(RECORD, after);
    commit(&sandbox, "Finish it");
    let checked = check(&sandbox, "");
    assert!(!checked.stdout.contains("signature"), "{checked}");
}

#[test]
fn impossible_votes_are_neither_approval_nor_veto() {
    for (what, at, round, says) in [
        ("a date", "2999-01-01T00:00:00Z", "1", "dated in the future"),
        ("a round", "2026-11-11T09:05:00Z", "99", "names round 99"),
        ("both", "2999-01-01T00:00:00Z", "99", "dated in the future"),
    ] {
        let sandbox = world(RULES);
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        ok(&by(&sandbox, "Bob", "reject t3st --as reviewer -m forged"));
        sandbox.write(RECORD, TASK);
        let folder = format!(".tracker/signoffs/{ID}");
        let entry = std::fs::read_dir(sandbox.path().join(&folder)).unwrap().next().unwrap().unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        let line = |line: &str| match line.split_once(": ") {
            Some(("at", _)) => format!("at: {at}"),
            Some(("round", _)) => format!("round: {round}"),
            _ => line.to_owned(),
        };
        let forged: Vec<String> = sandbox.read(&path).lines().map(line).collect();
        sandbox.write(&path, forged.join("\n") + "\n");
        commit_by(&sandbox, "Mallory", "Tidy");
        let shown = run(&sandbox, "signoffs t3st");
        assert!(shown.stdout.contains(says), "{what}: {shown}");
        let output = check(&sandbox, "");
        assert!(output.stdout.contains(says), "{what}: the gate reports it: {output}");
        // Whom it names is not bound by it.
        ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
        assert_eq!(stage(&sandbox), "complete", "{what}");
    }
}
