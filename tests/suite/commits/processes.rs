//! What a commit starts: git once, and no other git by any hook of ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::*;
use crate::folding::signed::sign_with_ssh;

/// Notes who starts it, and is `ssh-keygen`.
const SIGNER: &str = "#!/bin/sh
by=$(cat /proc/$PPID/comm 2>/dev/null || ps -o comm= -p $PPID)
echo \"${by##*/}\" >> \"$SIGNERS\"
PATH=$OTHERS
exec ssh-keygen \"$@\"
";

/// Commits a change, and returns the command lines of all git processes that this took.
fn started(sandbox: &Sandbox, path: &str, message: &str) -> Vec<String> {
    started_with(sandbox, path, message, |_| {})
}

fn started_with(
    sandbox: &Sandbox,
    path: &str,
    message: &str,
    prepare: impl FnOnce(&mut Command),
) -> Vec<String> {
    let trace = sandbox.root().join("trace");
    let _ = fs::remove_file(&trace);
    sandbox.write(path, message);
    sandbox.git(&["add", path]);
    let done = sandbox.program_with("git", "", &["commit", "--quiet", "--message", message], |command| {
        command.env("GIT_TRACE2_EVENT", &trace);
        prepare(command);
    });
    assert_eq!(done.status, 0, "{done}");
    let text = fs::read_to_string(&trace).unwrap();
    let starts = text.lines().filter(|line| line.contains("\"event\":\"start\""));
    starts.map(|line| line.split("\"argv\":").nth(1).unwrap().to_owned()).collect()
}

#[test]
fn a_commit_starts_no_git_but_its_own() {
    let sandbox = world();
    sandbox.git(&["config", "maintenance.auto", "false"]);
    for message in ["Plain", "Linked\n\nTask: TASK-2BBB", "Moved\n\nAdvance: TASK-1AAA", "TASK-2BBB: named"] {
        let started = started(&sandbox, "src/a", message);
        assert_eq!(started.len(), 1, "{message}: {started:?}");
    }
    assert_eq!(stage(&sandbox, READY), "qa");
    sandbox.tracker(&["approve", "1aaa", "--as", "code-reviewer"]);
    sandbox.git(&["checkout", "--quiet", "--", ".tracker/tasks"]);
    sandbox.git(&["add", ".tracker"]);
    assert_eq!(started(&sandbox, "src/b", "Votes").len(), 1);
    assert_eq!(stage(&sandbox, READY), "sec");
}

#[test]
fn a_signed_commit_that_moves_a_task_starts_the_signer_again_and_no_more() {
    let sandbox = world();
    sandbox.git(&["config", "maintenance.auto", "false"]);
    sign_with_ssh(&sandbox);
    let (folder, log) = (sandbox.root().join("bin"), sandbox.root().join("signers"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("ssh-keygen"), SIGNER).unwrap();
    fs::set_permissions(folder.join("ssh-keygen"), fs::Permissions::from_mode(0o755)).unwrap();
    let signers = |message: &str| {
        let _ = fs::remove_file(&log);
        let started = started_with(&sandbox, "src/a", message, |command| {
            let path = command.get_envs().find(|(key, _)| *key == "PATH").and_then(|(_, path)| path);
            let path = path.unwrap().to_owned();
            let ours = [folder.clone()].into_iter().chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(ours).unwrap()).env("OTHERS", path).env("SIGNERS", &log);
        });
        assert_eq!(started.len(), 1, "{message}: {started:?}");
        fs::read_to_string(&log).unwrap()
    };
    assert_eq!(signers("Plain"), "git\n");
    assert_eq!(signers("Moved\n\nAdvance: TASK-1AAA"), "git\ntracker\n");
    assert_eq!(stage(&sandbox, READY), "qa");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%G?"]), "G");
}

#[test]
fn where_moves_are_staged_git_stages_them() {
    let sandbox = world();
    sandbox.git(&["config", "maintenance.auto", "false"]);
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\non_commit = \"stage\"\n"));
    sandbox.git(&["commit", "--quiet", "-am", "Stage"]);
    let started = started(&sandbox, "src/a", "x\n\nTask: TASK-1AAA");
    assert!(started.len() == 2 && started[1].contains("\"add\""), "{started:?}");
}
