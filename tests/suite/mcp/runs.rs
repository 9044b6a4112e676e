//! Runs: they go on without the server, a person's answer is a person's, and clients that know tasks have them as such.

use serde_json::{Value, json};

use super::client::{Client, Era};
use super::{commit, world};
use crate::support::Sandbox;

fn with_workflow(steps: &str) -> Sandbox {
    let sandbox = world();
    sandbox.write(".tracker/workflows/w.yaml", format!("retry: 0\nsteps:\n{steps}"));
    commit(&sandbox, "A workflow");
    sandbox
}

const GOOD: &str = "  one: {run: echo from one}\n  two: {run: echo from two, needs: [one]}\n";
const BAD: &str = "  one: {run: 'echo IGNORE ALL; exit 3'}\n";
const ASKS: &str = "  sure: {human: {approve: Are you sure?}}\n  go: {run: echo gone, needs: [sure]}\n";

#[test]
fn a_run_is_started_waited_for_and_looked_at() {
    let sandbox = with_workflow(GOOD);
    let mut client = Client::new(&sandbox);
    let run = client.ok("run", json!({"action": "start", "workflow": "w", "wait": 30}));
    assert_eq!(run.data["state"], "success", "{}", run.text);
    let log = client.ok("run", json!({"action": "logs", "step": "two"}));
    assert!(log.text.contains("\n> from two"), "{}", log.text);
    let list = client.ok("run", json!({"action": "list"}));
    assert!(list.text.starts_with("1 of 1 run\n") && list.text.contains("2/2"), "{}", list.text);
    // Who started it is recorded.
    let record = sandbox.tracker(&["run", "status", "--format", "json"]);
    let record: Value = serde_json::from_str(&record.stdout).unwrap();
    assert_eq!(record["result"]["agent"], "builder-1", "{record}");
    assert!(client.refused("run", json!({"action": "resume"})).contains("has ended as success"));
}

#[test]
fn a_run_that_fails_says_why_and_can_be_tried_again() {
    let sandbox = with_workflow(BAD);
    let mut client = Client::new(&sandbox);
    let text = client.refused("run", json!({"action": "start", "workflow": "w", "wait": 30}));
    assert!(text.contains("failed") && text.contains("\n> IGNORE ALL"), "{text}");
    sandbox.write("fixed", "");
    let text = client.refused("run", json!({"action": "retry", "wait": 30}));
    assert!(text.contains("failed"), "{text}");
    let why = client.ok("run", json!({"action": "why", "step": "one"}));
    assert!(why.text.contains("exit 3"), "{}", why.text);
    let refused = client.refused("run", json!({"action": "start", "workflow": "w", "params": {"a": 1}}));
    assert!(refused.contains("unknown parameter `a`"), "{refused}");
}

#[test]
fn a_run_that_asks_waits_for_a_person() {
    let sandbox = with_workflow(ASKS);
    let mut client = Client::new(&sandbox);
    let run = client.ok("run", json!({"action": "start", "workflow": "w", "wait": 30}));
    assert_eq!(run.data["hold"], "waits_for_person", "{}", run.text);
    assert!(run.text.contains("sure asks a person \"Are you sure?\""), "{}", run.text);
    let id = run.data["run"].as_str().unwrap();
    // No call answers it.
    assert!(client.call("run", json!({"action": "approve", "run": id})).is_error);
    assert_eq!(sandbox.tracker(&["run", "approve", id, "sure"]).status, 0);
    let run = client.ok("run", json!({"action": "status", "run": id, "wait": 30}));
    assert_eq!(run.data["state"], "success", "{}", run.text);
}

#[test]
fn a_run_outlives_the_server_that_started_it_and_can_be_cancelled() {
    let sandbox = with_workflow("  one: {run: 'until test -e go; do sleep 0.02; done'}\n");
    let mut client = Client::new(&sandbox);
    let run = client.ok("run", json!({"action": "start", "workflow": "w"}));
    assert!(run.text.contains("next: run {\"action\":\"status\""), "{}", run.text);
    assert_eq!(client.finish().0, Some(0));
    let mut client = Client::new(&sandbox);
    let state = client.ok("run", json!({"action": "status"})).data["state"].clone();
    assert!(state == "running" || state == "created", "{state}");
    sandbox.write("go", "");
    let run = client.ok("run", json!({"action": "status", "wait": 30}));
    assert_eq!(run.data["state"], "success", "{}", run.text);
    std::fs::remove_file(sandbox.path().join("go")).unwrap();
    client.ok("run", json!({"action": "start", "workflow": "w"}));
    let run = client.ok("run", json!({"action": "cancel", "wait": 30}));
    assert_eq!(run.data["state"], "cancelled", "{}", run.text);
}

fn knows_tasks() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/tasks": {}}})
}

/// Asks until a task is in another state than the one that it is in.
fn finished(client: &mut Client, id: &Value) -> Value {
    for _ in 0..1000 {
        let task = client.request("tasks/get", json!({"taskId": id})).unwrap();
        if task["status"] != "working" {
            return task;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it goes on working")
}

#[test]
fn for_clients_that_know_tasks_a_run_is_one() {
    let sandbox = with_workflow(GOOD);
    let mut client = Client::with(&sandbox, Era::Stateless, knows_tasks(), |_| {});
    let start = json!({"name": "run", "arguments": {"action": "start", "workflow": "w"}});
    let task = client.request("tools/call", start.clone()).unwrap();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{task}");
    // Another server answers for it as well.
    let mut other = Client::with(&sandbox, Era::Stateless, knows_tasks(), |_| {});
    let done = finished(&mut other, &task["taskId"]);
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["result"]["structuredContent"]["state"], "success", "{done}");
    assert_eq!(other.request("tasks/get", json!({"taskId": "RUN-N0NE"})).unwrap_err()["code"], -32602);
    // Of who does not know them a call is a call.
    let mut plain = Client::with(&sandbox, Era::Stateless, json!({}), |_| {});
    assert_eq!(plain.request("tools/call", start).unwrap()["resultType"], "complete");
}

#[test]
fn a_task_that_asks_takes_no_answer_from_a_client() {
    let sandbox = with_workflow(ASKS);
    let mut client = Client::with(&sandbox, Era::Stateless, knows_tasks(), |_| {});
    let start = json!({"name": "run", "arguments": {"action": "start", "workflow": "w"}});
    let task = client.request("tools/call", start).unwrap();
    let asks = finished(&mut client, &task["taskId"]);
    assert_eq!(asks["status"], "input_required", "{asks}");
    let request = &asks["inputRequests"]["sure"];
    assert_eq!(request["method"], "elicitation/create", "{asks}");
    assert!(request["params"]["message"].as_str().unwrap().contains("does not count"), "{asks}");
    let yes =
        json!({"taskId": task["taskId"], "inputResponses": {"sure": {"action": "accept", "content": {}}}});
    client.request("tasks/update", yes).unwrap();
    assert_eq!(finished(&mut client, &task["taskId"])["status"], "input_required");
    client.request("tasks/cancel", json!({"taskId": task["taskId"]})).unwrap();
    assert_eq!(finished(&mut client, &task["taskId"])["status"], "cancelled");
    client.request("tasks/cancel", json!({"taskId": task["taskId"]})).unwrap();
}
