//! Claims on a shared remote: what is decided there, what happens when it does not answer, and what it must allow.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use super::{answer, by, claim_refs, with_remote, world};
use crate::support::Sandbox;

#[test]
fn the_remote_decides_between_clones() {
    let sandbox = world(&[("TASK-C4RT", "src/a.rs"), ("TASK-F1LE", "src")]);
    with_remote(&sandbox, &["a", "b"]);
    assert_snapshot!(by(&sandbox, "a", "../a", "claim c4rt"), @r"
    exit 0
    --- stdout
    Claimed TASK-C4RT until 2026-11-11 10:09
      with src/a.rs
    --- stderr
    on origin; go on with `tracker start`, and `tracker renew` while you work
    ");
    assert_snapshot!(by(&sandbox, "b", "../b", "claim c4rt"), @r"
    exit 1
    --- stdout
    TASK-C4RT  lost  claimed by a on box, since 2026-11-11 09:09, until 2026-11-11 10:09
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    assert_snapshot!(by(&sandbox, "b", "../b", "claim f1le"), @r"
    exit 1
    --- stdout
    TASK-F1LE  lost  src is claimed with TASK-C4RT by a on box, since 2026-11-11 09:09, until 2026-11-11 10:09
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    assert_eq!(by(&sandbox, "a", "../a", "renew").status, 0);
    assert_eq!(claim_refs(&sandbox, "../remote"), ["TASK-C4RT"]);
    assert_eq!(by(&sandbox, "a", "../a", "release").status, 0);
    assert_eq!(claim_refs(&sandbox, "../remote"), Vec::<String>::new());
    assert_eq!(by(&sandbox, "b", "../b", "claim f1le c4rt").status, 0);
    // In a clone alone it is another matter, and only who says so claims there.
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt --remote .").status, 0);
    assert_eq!(claim_refs(&sandbox, "../a"), ["TASK-C4RT"]);
    sandbox.git_in("../remote", &["fsck", "--strict"]);
}

#[test]
fn the_setting_names_the_remote_and_several_need_one() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    with_remote(&sandbox, &[]);
    sandbox.git(&["remote", "rename", "origin", "shared"]);
    assert_eq!(answer(&by(&sandbox, "a", "", "claim c4rt --json"))["remote"], "shared");
    assert_eq!(by(&sandbox, "a", "", "release").status, 0);
    sandbox.git(&["remote", "add", "fork", "../fork"]);
    assert_snapshot!(by(&sandbox, "a", "", "claim c4rt"), @r"
    exit 2
    --- stderr
    error: claims could be on any of the remotes fork, shared
      hint: run `git config tracker.claimsRemote NAME`, or `.` to claim in this clone alone
    ");
    sandbox.git(&["config", "tracker.claimsRemote", "shared"]);
    assert_eq!(answer(&by(&sandbox, "a", "", "claim c4rt --json"))["remote"], "shared");
    sandbox.git(&["config", "tracker.claimsRemote", "."]);
    assert!(answer(&by(&sandbox, "a", "", "claim c4rt --json")).get("remote").is_none());
}

fn executable(sandbox: &Sandbox, path: &str, script: &str) {
    let path = sandbox.root().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Makes the server die when it has done what a push was to do, before it answers.
fn lose_answers(sandbox: &Sandbox, and_then: &str) {
    let script = format!("test \"$1\" = committed || exit 0; {and_then} kill -9 $PPID");
    executable(sandbox, "remote/hooks/reference-transaction", &script);
}

#[test]
fn a_push_that_was_not_answered_is_recognised() {
    let sandbox = world(&[("TASK-C4RT", "a.rs"), ("TASK-0THR", "b.rs")]);
    with_remote(&sandbox, &["a"]);
    lose_answers(&sandbox, "");
    let claimed = by(&sandbox, "a", "../a", "claim c4rt --json");
    assert_eq!((claimed.status, &answer(&claimed)["won"]), (0, &true.into()), "{claimed}");
    assert_eq!(claim_refs(&sandbox, "../remote"), ["TASK-C4RT"]);
    let released = by(&sandbox, "a", "../a", "release --json");
    assert_eq!((released.status, claim_refs(&sandbox, "../remote")), (0, Vec::new()), "{released}");
    assert_eq!(answer(&released)["released"][0]["task"], "TASK-C4RT");
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    sandbox.git_in("../a", &["commit", "--quiet", "--allow-empty", "-m", "Work"]);
    let landed = by(&sandbox, "a", "../a", "land");
    assert_eq!((landed.status, claim_refs(&sandbox, "../remote")), (0, Vec::new()), "{landed}");
    assert_eq!(sandbox.git_in("../remote", &["log", "-1", "--format=%s", "main"]), "Work");
}

#[test]
fn where_nobody_knows_that_is_the_answer_and_the_next_call_tells() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    with_remote(&sandbox, &["a", "b"]);
    let cut = sandbox.root().join("cut");
    lose_answers(&sandbox, &format!("touch {};", cut.display()));
    // Once a push was done, nothing is answered any more.
    executable(
        &sandbox,
        "upload",
        &format!("test -e {} && exit 1; exec git-upload-pack \"$@\"", cut.display()),
    );
    let upload = sandbox.root().join("upload");
    sandbox.git_in("../a", &["config", "remote.origin.uploadpack", upload.to_str().unwrap()]);
    let unknown = by(&sandbox, "a", "../a", "claim c4rt");
    assert_snapshot!(unknown, @r"
    exit 2
    --- stderr
    error: `origin` does not answer, and nobody knows whether the change went through: the remote end hung up unexpectedly
      hint: run `tracker claim TASK-C4RT` when it answers
    ");
    assert_eq!(claim_refs(&sandbox, "../remote"), ["TASK-C4RT"]);
    fs::remove_file(cut).unwrap();
    fs::remove_file(sandbox.root().join("remote/hooks/reference-transaction")).unwrap();
    assert_eq!(by(&sandbox, "b", "../b", "claim c4rt").status, 1);
    assert_snapshot!(by(&sandbox, "a", "../a", "claim c4rt"), @r"
    exit 0
    --- stdout
    Claimed TASK-C4RT already, by a call that did not answer, until 2026-11-11 10:10
    --- stderr
    on origin; go on with `tracker start`, and `tracker renew` while you work
    ");
    assert_eq!(by(&sandbox, "a", "../a", "renew").status, 0);
}

#[test]
fn a_server_that_does_not_allow_it_is_named_with_the_setting() {
    let sandbox = world(&[("TASK-C4RT", "a.rs")]);
    with_remote(&sandbox, &[]);
    assert_snapshot!(by(&sandbox, "a", "", "doctor --remote"), @r"
    exit 0
    --- stdout
    ok answers
    ok creates refs outside of branches
    ok shows them to who fetches
    ok creates a ref only where there is none
    ok changes them
    ok changes several together or not at all
    ok deletes them
    --- stderr
    origin allows all that claims need
    ");
    assert_eq!(sandbox.git_in("../remote", &["for-each-ref", "refs/tracker"]), "");
    let server = |args: &[&str]| sandbox.git_in("../remote", &[&["config"], args].concat());
    server(&["receive.advertiseAtomic", "false"]);
    assert_snapshot!(by(&sandbox, "a", "", "doctor --remote origin"), @r"
    exit 1
    --- stdout
    ok answers
    ok creates refs outside of branches
    ok shows them to who fetches
    ok creates a ref only where there is none
    ok changes them
    error changes several together or not at all: the receiving end does not support --atomic push
        on the server: git config receive.advertiseAtomic true
    ok deletes them
    --- stderr
    origin does not allow all that claims need
    ");
    assert_snapshot!(by(&sandbox, "a", "", "claim c4rt"), @r"
    exit 2
    --- stderr
    error: git push to `origin` failed: the receiving end does not support --atomic push
      hint: run `tracker doctor --remote`
    ");
    server(&["--unset", "receive.advertiseAtomic"]);
    server(&["receive.hideRefs", "refs/tracker"]);
    assert_snapshot!(by(&sandbox, "a", "", "doctor --remote"), @r"
    exit 1
    --- stdout
    ok answers
    error creates refs outside of branches: deny updating a hidden ref
        allow pushes to refs/tracker/claims/*: on a git server, receive.hideRefs and transfer.hideRefs must not name refs/tracker, and its hooks must let them pass; on a forge, no rule may restrict refs that are no branches
    --- stderr
    origin does not allow all that claims need
    ");
    server(&["--unset", "receive.hideRefs"]);
    executable(&sandbox, "remote/hooks/update", "case $3 in 000*) exit 1;; esac");
    assert_snapshot!(by(&sandbox, "a", "", "doctor --remote"), @r"
    exit 1
    --- stdout
    ok answers
    ok creates refs outside of branches
    ok shows them to who fetches
    ok creates a ref only where there is none
    ok changes them
    ok changes several together or not at all
    error deletes them: hook declined
        let refs/tracker/claims/* be deleted: its hooks, or the rules of the forge, must let that pass
    error leaves nothing behind: `refs/tracker/claims/probe-de0892cae64622fb-1` on `origin`
    error leaves nothing behind: `refs/tracker/claims/probe-45231dd59bed7190-2` on `origin`
    --- stderr
    origin does not allow all that claims need
    ");
    executable(&sandbox, "remote/hooks/update", "case $1 in refs/heads/*) exit 0;; esac; exit 1");
    assert_eq!(by(&sandbox, "a", "", "doctor --remote").status, 1);
    assert_snapshot!(by(&sandbox, "a", "", "claim c4rt"), @r"
    exit 2
    --- stderr
    error: `origin` refuses the change: refs/tracker/claims/TASK-C4RT: hook declined
      hint: run `tracker doctor --remote`, which says what it allows
    ");
    assert!(claim_refs(&sandbox, "../remote").iter().all(|name| name.starts_with("probe-")));
    fs::rename(sandbox.root().join("remote"), sandbox.root().join("gone")).unwrap();
    assert_snapshot!(by(&sandbox, "a", "", "doctor --remote"), @r"
    exit 1
    --- stdout
    error answers: '../remote' does not appear to be a git repository
        see `git ls-remote origin`: its address, and your access to it
    --- stderr
    origin does not allow all that claims need
    ");
    sandbox.git(&["remote", "remove", "origin"]);
    assert_snapshot!(by(&sandbox, "a", "", "doctor --remote"), @r"
    exit 0
    --- stderr
    no remote: claims are those of this clone
    ");
}
