//! What a commit starts: git once, and no other git by any hook of ours.

use std::fs;

use super::*;

/// Commits a change, and returns the command lines of all git processes that this took.
fn started(sandbox: &Sandbox, path: &str, message: &str) -> Vec<String> {
    let trace = sandbox.root().join("trace");
    let _ = fs::remove_file(&trace);
    sandbox.write(path, message);
    sandbox.git(&["add", path]);
    let done = sandbox.program_with("git", "", &["commit", "--quiet", "--message", message], |command| {
        command.env("GIT_TRACE2_EVENT", &trace);
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
fn where_moves_are_staged_git_stages_them() {
    let sandbox = world();
    sandbox.git(&["config", "maintenance.auto", "false"]);
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\non_commit = \"stage\"\n"));
    sandbox.git(&["commit", "--quiet", "-am", "Stage"]);
    let started = started(&sandbox, "src/a", "x\n\nTask: TASK-1AAA");
    assert!(started.len() == 2 && started[1].contains("\"add\""), "{started:?}");
}
