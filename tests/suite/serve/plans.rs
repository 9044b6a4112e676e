//! A plan over a page and by calls: executed by a process of its own, seen while it goes on, tried again.

use std::io::Write as _;

use serde_json::{Value, json};

use super::client::Server;
use crate::plan_execution::{CONFIG, world};
use crate::support::Sandbox;

/// Waits until somebody lets it go on, and fails until it is fixed.
const DO: &str = "#!/bin/sh
git=$(git rev-parse --path-format=absolute --git-common-dir)
until test -e \"$git/go\"; do read -r line <\"$git/wait\"; done
test $TRACKER_TASK = T-1 || test -e \"$git/fixed\" || exit 3
mkdir -p src && echo done >$TRACKER_FILES
";

fn planned() -> Sandbox {
    let config = format!("{CONFIG}[plans]\nretries = 0\n");
    let tasks = [("T-1", "Add the table", "", "src/a.rs"), ("T-2", "Read rows", "T-1", "src/b.rs")];
    let sandbox = world(&config, DO, &tasks);
    // Who reads from it sleeps until somebody writes.
    let made = std::process::Command::new("mkfifo").arg(sandbox.path().join(".git/wait")).status();
    assert!(made.unwrap().success());
    sandbox
}

/// Looks at the plan by its stream of changes until it is in a state.
fn wait_for(server: &Server, state: &str) -> Value {
    let mut events = server.events(None);
    for _ in 0..400 {
        let status = server.call("GET", "/plans/PLAN-1/status", &Value::Null).1;
        if status["result"]["state"] == state {
            return status["result"].clone();
        }
        events.next();
    }
    panic!("not {state}");
}

#[test]
fn a_plan_is_executed_and_tried_again_while_the_page_shows_it() {
    let sandbox = planned();
    let server = Server::start(&sandbox, &[]);
    let post = |path: &str, body: Value| server.call("POST", &format!("/plans/{path}"), &body);
    let page = || server.get("/plans/PLAN-1").body;
    assert!(page().contains("/plans/PLAN-1/execute\"") && !page().contains("/retry\""), "{}", page());
    for (expected, path, body) in [
        (404, "none/execute", Value::Null),
        (404, "none/retry", Value::Null),
        (409, "PLAN-1/retry", Value::Null),
        (422, "PLAN-1/execute", json!({"jobs": "many"})),
        (422, "PLAN-1/execute", json!({"task": "T-1"})),
        (404, "PLAN-1/execute", json!({"base": "nowhere"})),
    ] {
        let (status, answer) = post(path, body.clone());
        assert_eq!(status, expected, "{path} {body}: {answer}");
    }
    let bearer = format!("Authorization: Bearer {}\r\n", server.token);
    let begun = server.send("POST", "/api/v1/plans/PLAN-1/execute", &bearer, "");
    assert_eq!(
        (begun.status, begun.header("location")),
        (202, Some("/api/v1/plans/PLAN-1/status")),
        "{begun:?}"
    );
    // Nothing of it is over: the answer did not wait.
    assert_eq!(begun.json()["result"]["state"], "running", "{begun:?}");
    assert!(page().contains("badge running\">running") && page().contains("/cancel\""), "{}", page());
    for verb in ["execute", "retry"] {
        let (status, answer) = post(&format!("PLAN-1/{verb}"), Value::Null);
        assert_eq!((status, &answer["error"]["kind"]), (409, &json!("wrong_state")), "{answer}");
    }
    sandbox.write(".git/go", "");
    // Open for both, it waits for no reader: the executor may see the other file first, and read nothing.
    let mut options = std::fs::OpenOptions::new();
    let mut gate = options.read(true).write(true).open(sandbox.path().join(".git/wait")).unwrap();
    gate.write_all(b"go\n").unwrap();
    let ended = wait_for(&server, "completed");
    assert_eq!((&ended["completed"], &ended["failed"]), (&json!(1), &json!(1)), "{ended}");
    assert!(page().contains("1/2</span>") && page().contains("Try again what has failed"), "{}", page());
    let (status, answer) = post("PLAN-1/retry", json!({"task": ["T-9"]}));
    assert_eq!(status, 404, "{answer}");
    sandbox.write(".git/fixed", "");
    let form = format!("form_token={}&back=%2Fplans%2FPLAN-1", server.form_token());
    let sent = server.form("/api/v1/plans/PLAN-1/retry", &form);
    assert_eq!((sent.status, sent.header("location")), (303, Some("/plans/PLAN-1")), "{sent:?}");
    let ended = wait_for(&server, "completed");
    assert_eq!(ended["completed"], json!(2), "{ended}");
    assert!(page().contains("2/2</span>") && !page().contains("Try again"), "{}", page());
    assert_eq!(post("PLAN-1/retry", Value::Null).0, 409);
    // The run, as the list of runs and the plan's page link to it.
    let shown = server.get(&format!("/runs/{}", ended["run"].as_str().unwrap()));
    assert!(shown.status == 200 && shown.body.contains("2/2</span>"), "{shown:?}");
}

#[test]
fn what_is_not_approved_is_not_executed() {
    let sandbox = planned();
    assert_eq!(sandbox.tracker(&["plan", "reopen", "PLAN-1"]).status, 0);
    super::commit(&sandbox, "Reopen");
    let server = Server::start(&sandbox, &[]);
    assert!(!server.get("/plans/PLAN-1").body.contains("/plans/PLAN-1/execute\""));
    let (status, answer) = server.call("POST", "/plans/PLAN-1/execute", &Value::Null);
    assert_eq!(status, 409, "{answer}");
    assert!(!sandbox.path().join(".git/tracker/plans/PLAN-1.json").exists());
}
