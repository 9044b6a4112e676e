//! The event log: what is in it, and where a reader goes on.

mod triggers;
#[cfg(feature = "webhooks")]
mod webhooks;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::support::Sandbox;

/// Makes a repository with a tracker and one task, committed.
pub(super) fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    assert_eq!(sandbox.tracker(&["new", "One", "--id", "TASK-0NE1"]).status, 0);
    commit_all(&sandbox, "Begin");
    sandbox
}

pub(super) fn commit_all(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// Returns the events after a cursor, and the next one.
pub(super) fn events(sandbox: &Sandbox, since: &str) -> (Vec<Value>, String) {
    let output = sandbox.tracker(&["events", "--since", since, "--format", "json"]);
    let value: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    let result = &value["result"];
    (crate::support::items(&result["events"]).to_vec(), result["cursor"].as_str().unwrap().to_owned())
}

/// Returns what has happened after a cursor, each as its type with what it is about, and moves the cursor on.
pub(super) fn happened(sandbox: &Sandbox, cursor: &mut String) -> Vec<String> {
    let (found, next) = events(sandbox, cursor);
    *cursor = next;
    found.iter().map(in_short).collect()
}

fn in_short(event: &Value) -> String {
    let data = &event["data"];
    let names = ["stage", "verdict", "severity", "workflow", "state", "violations_fixed", "reason"];
    let about = names.iter().filter_map(|name| match &data[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    });
    let words: Vec<String> = [event["type"].as_str().unwrap().to_owned()].into_iter().chain(about).collect();
    words.join(" ")
}

#[test]
fn a_command_an_edit_by_hand_and_a_merge_are_events_once() {
    let sandbox = world();
    let mut cursor = "start".to_owned();
    assert_eq!(happened(&sandbox, &mut cursor), ["log.started"], "what was there before is no event");
    sandbox.tracker(&["start", "0ne1"]);
    sandbox.tracker(&["new", "Two", "--id", "TASK-TW02", "--depends-on", "0ne1"]);
    assert_eq!(happened(&sandbox, &mut cursor), ["stage.entered dev", "task.created none"]);
    assert_eq!(happened(&sandbox, &mut cursor), [""; 0]);
    let path = ".tracker/tasks/TASK-0NE1.md";
    sandbox.write(path, sandbox.read(path).replace("stage: dev", "stage: qa"));
    assert_eq!(happened(&sandbox, &mut cursor), ["stage.entered qa"], "by hand");
    sandbox.tracker(&["fail", "0ne1", "it blinks"]);
    let (found, next) = events(&sandbox, &cursor);
    cursor = next;
    let entered = &found[0]["data"];
    assert_eq!((entered["from"].as_str(), entered["move"].as_str()), (Some("qa"), Some("fail")), "{entered}");
    assert_eq!((entered["branch"].as_str(), entered["why"].as_str()), (Some("main"), Some("it blinks")));
    assert_eq!(in_short(&found[1]), "stage.failed qa");
    commit_all(&sandbox, "Go on");
    // On another branch, and merged: to check out is no event, what is merged is.
    sandbox.git(&["checkout", "--quiet", "-b", "side"]);
    sandbox.tracker(&["set-stage", "0ne1", "complete", "--why", "done"]);
    commit_all(&sandbox, "Complete");
    sandbox.git(&["checkout", "--quiet", "main"]);
    assert_eq!(happened(&sandbox, &mut cursor), [""; 0]);
    sandbox.git(&["merge", "--quiet", "side"]);
    let expected = ["stage.entered complete", "task.completed", "task.ready"];
    assert_eq!(happened(&sandbox, &mut cursor), expected);
    sandbox.git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
    assert_eq!(happened(&sandbox, &mut cursor), [""; 0], "on the way somewhere");
}

#[test]
fn votes_findings_runs_and_rounds_are_events() {
    let sandbox = crate::workers::world(crate::workers::CONFIG, &[("a.txt", "BAD\nUGLY\n")]);
    let config = sandbox.read(".tracker/config.toml");
    let roles = "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n";
    sandbox.write(".tracker/config.toml", config + roles);
    sandbox.write(".tracker/workflows/checks.yaml", "retry: 0\nsteps: {test: {run: exit 3}}\n");
    sandbox.tracker(&["new", "One", "--id", "TASK-0NE1"]);
    sandbox.tracker(&["set-stage", "0ne1", "qa"]);
    commit_all(&sandbox, "More");
    let mut cursor = "start".to_owned();
    assert_eq!(happened(&sandbox, &mut cursor), ["log.started"]);
    let reject = ["reject", "0ne1", "--as", "reviewer", "--finding", "high:it blinks"];
    assert_eq!(sandbox.tracker(&reject).status, 0);
    let mut found = happened(&sandbox, &mut cursor);
    found.sort();
    assert_eq!(
        found,
        ["finding.opened high open", "stage.entered dev", "stage.failed qa", "vote.cast qa rejected"]
    );
    sandbox.tracker(&["run", "start", "checks"]);
    assert_eq!(happened(&sandbox, &mut cursor), ["run.started checks", "run.ended failed"]);
    commit_all(&sandbox, "Rejected");
    assert_eq!(crate::workers::tracker(&sandbox, "worker run lint --once").status, 1);
    let expected = [
        "worker.registered",
        "worker.started",
        "worker.completed 1",
        "worker.escalation_needed low not_fixed",
    ];
    assert_eq!(happened(&sandbox, &mut cursor), expected);
    let id = sandbox.tracker(&["escalations", "--quiet"]).stdout;
    let id = id.split_whitespace().next().unwrap().to_owned();
    assert_eq!(sandbox.tracker(&["escalations", "resolve", &id, "-m", "later"]).status, 0);
    assert_eq!(happened(&sandbox, &mut cursor).len(), 1);
}

#[test]
fn who_is_killed_over_an_event_leaves_it_to_the_next() {
    let sandbox = world();
    let mut cursor = "start".to_owned();
    happened(&sandbox, &mut cursor);
    sandbox.tracker(&["start", "0ne1"]);
    let died = sandbox.tracker_with("", &["events"], |command| {
        command.env("TRACKER_FAIL_POINT", "events:seen");
    });
    assert_ne!(died.status, 0);
    let log = ".git/tracker/events/log.jsonl";
    sandbox.write(log, sandbox.read(log) + "{\"cursor\": \"torn");
    assert_eq!(happened(&sandbox, &mut cursor), ["stage.entered dev"]);
    assert_eq!(happened(&sandbox, &mut cursor), [""; 0]);
    assert!(!sandbox.read(log).contains("torn"));
}

#[test]
fn what_happens_first_on_a_new_branch_is_an_event_and_to_check_out_anothers_is_none() {
    let sandbox = world();
    sandbox.git(&["switch", "--quiet", "--create", "anothers"]);
    sandbox.tracker(&["new", "Of another", "--id", "TASK-0THR"]);
    commit_all(&sandbox, "Of another");
    sandbox.git(&["switch", "--quiet", "main"]);
    let mut cursor = "start".to_owned();
    happened(&sandbox, &mut cursor);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox.tracker(&["new", "Two", "--id", "TASK-TW02"]);
    sandbox.tracker(&["start", "0ne1"]);
    commit_all(&sandbox, "Begun");
    let found = happened(&sandbox, &mut cursor);
    assert!(
        found.contains(&"task.created none".to_owned()) && found.contains(&"stage.entered dev".to_owned()),
        "{found:?}"
    );
    sandbox.git(&["switch", "--quiet", "anothers"]);
    assert_eq!(happened(&sandbox, &mut cursor), Vec::<String>::new());
}

#[test]
fn a_cursor_of_another_log_is_refused() {
    let sandbox = world();
    let (_, cursor) = events(&sandbox, "start");
    let later = format!("{}9", cursor);
    std::fs::remove_dir_all(sandbox.path().join(".git/tracker/events")).unwrap();
    for cursor in [cursor.as_str(), later.as_str(), "17", "", "../x-1"] {
        let output = sandbox.tracker(&["events", "--since", cursor]);
        assert!(output.status == 2 && output.stderr.contains("--since start"), "{cursor}: {output}");
    }
    let output = sandbox.tracker(&["events", "--kind", "stage.entred"]);
    assert!(output.status == 2 && output.stderr.contains("did you mean `stage.entered`?"), "{output}");
    assert_eq!(events(&sandbox, "start").0.len(), 1, "a log that was removed begins anew");
}

#[test]
fn who_follows_sees_an_event_when_it_comes() {
    let sandbox = world();
    let (_, cursor) = events(&sandbox, "start");
    let words = ["events", "--follow", "--since", &cursor, "--kind", "stage.entered", "--limit", "2"];
    sandbox.tracker(&["start", "0ne1"]);
    let mut child = sandbox.tracker_command(&words).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["data"]["stage"], "dev", "what had come meanwhile");
    sandbox.tracker(&["advance", "0ne1"]);
    let event = next();
    assert_eq!(
        (event["data"]["stage"].as_str(), event["data"]["by"].is_string()),
        (Some("qa"), true),
        "{event}"
    );
    assert!(child.wait().unwrap().success());
}
