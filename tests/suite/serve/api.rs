//! The API: the command line's answers, described by types.

use jsonschema::validator_for;
use serde_json::{Value, json};

use super::client::Server;
use super::world;

#[test]
fn calls_answer_as_the_command_line_does() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    for (path, command) in [
        ("/tasks?q=dark&all=true", "list --all dark"),
        ("/tasks?limit=1&sort=title", "list --limit 1 --sort title"),
        ("/tasks/d4rk", "show d4rk"),
        ("/tasks/TASK-D4RK/log", "log TASK-D4RK"),
        ("/board", "board"),
        ("/queue", "queue"),
        ("/inbox", "inbox"),
        ("/sprints/SPRINT-1", "sprint show SPRINT-1"),
        ("/plans", "plan list"),
        ("/runs", "run list"),
        ("/roles", "role"),
        ("/workflows", "workflow list"),
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--format", "json"]).collect();
        let printed: Value = serde_json::from_str(&sandbox.tracker(&words).stdout).unwrap();
        assert_eq!(server.call("GET", path, &Value::Null), (200, printed), "{path}");
    }
}

#[test]
fn a_task_goes_its_way_by_calls() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let post = |path: &str, body: Value| server.call("POST", path, &body);
    let (status, made) =
        post("/tasks", json!({"title": "-x of the API", "priority": "low", "tag": ["a", "b"]}));
    assert_eq!(status, 200, "{made}");
    let id = made["result"]["tasks"][0]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let (status, task) = server.call("GET", &format!("/tasks/{id}"), &Value::Null);
    assert_eq!((status, &task["result"]["task"]["title"]), (200, &json!("-x of the API")), "{task}");
    assert_eq!(task["result"]["task"]["tags"], json!(["a", "b"]), "{task}");
    for (expected, call, body) in [
        (200, "start", Value::Null),
        (200, "notes", json!({"text": "begun", "kind": "decision"})),
        (200, "set", json!({"estimate": "2h", "area": "ui"})),
        (422, "set", json!({"colour": "red"})),
        (422, "notes", json!({})),
        (422, "block", Value::Null),
        (200, "block", json!({"why": "-waits for a decision"})),
        (200, "unblock", Value::Null),
        (422, "advance", json!({"to": "nowhere"})),
        (200, "advance", json!({"to": "qa"})),
        (409, "advance", Value::Null),
        (200, "fail", json!({"why": "not yet"})),
        (200, "cancel", json!({"why": "no longer needed"})),
        (200, "reopen", Value::Null),
    ] {
        let (status, answer) = post(&format!("/tasks/{id}/{call}"), body.clone());
        assert_eq!(status, expected, "{call} {body}: {answer}");
        if expected != 200 {
            // A problem document, with all that the command line says.
            assert_eq!(answer["status"], json!(expected), "{answer}");
            assert!(answer["title"].is_string() && answer["detail"].is_string(), "{answer}");
            assert!(answer["error"]["message"].is_string(), "{answer}");
        }
    }
    // As `curl --data` sends it where nobody names what it is.
    let lines = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        server.token
    );
    let sent = server.send("POST", &format!("/api/v1/tasks/{id}/notes"), &lines, r#"{"text": "as a form"}"#);
    assert!(sent.status == 422 && sent.body.contains("Content-Type: application/json"), "{sent:?}");
    let missing = server.call("GET", "/tasks/none", &Value::Null);
    assert_eq!((missing.0, &missing.1["error"]["kind"]), (404, &json!("not_found")), "{missing:?}");
    assert_eq!(server.call("POST", "/plans/none/approve", &Value::Null).0, 404);
    assert_eq!(server.call("POST", "/runs/none/retry", &Value::Null).0, 404);
}

#[test]
fn a_run_is_started_looked_at_and_tried_again() {
    let sandbox = world();
    let workflow = "steps:\n  fmt:\n    run: test -f done\n";
    sandbox.write(".tracker/workflows/checks.yaml", workflow);
    super::commit(&sandbox, "A workflow");
    let server = Server::start(&sandbox, &[]);
    let (status, started) = server.call("POST", "/workflows/checks/start", &Value::Null);
    assert_eq!(status, 200, "{started}");
    let run = started["result"]["run"].as_str().unwrap_or_else(|| panic!("{started}")).to_owned();
    wait_for(&server, &run, "failed");
    let page = server.get(&format!("/runs/{run}")).body;
    assert!(page.contains("Try again") && page.contains("failed"), "{page}");
    sandbox.write("done", "");
    let (status, answer) = server.call("POST", &format!("/runs/{run}/retry"), &Value::Null);
    assert_eq!(status, 200, "{answer}");
    wait_for(&server, &run, "success");
}

/// Looks at a run until it has ended like this.
fn wait_for(server: &Server, run: &str, state: &str) {
    let mut last = Value::Null;
    for _ in 0..400 {
        last = server.call("GET", &format!("/runs/{run}"), &Value::Null).1;
        let now = last["result"]["state"].as_str().unwrap_or_default().to_ascii_lowercase();
        if now == state {
            return;
        }
    }
    panic!("not {state}: {last}");
}

/// Returns how a call is made: what has no default is given.
fn asked(path: &str) -> String {
    let more = if path.ends_with("/review") { "?range=other..HEAD" } else { "" };
    path.strip_prefix("/api/v1").unwrap().to_owned() + more
}

#[test]
fn the_description_has_every_call_and_the_answers_fit_it() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    sandbox.git(&["branch", "other"]);
    let (status, document) = server.call("GET", "/openapi.json", &Value::Null);
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    let paths = document["paths"].as_object().unwrap();
    let mut called = 0;
    for (path, calls) in paths {
        for (method, call) in calls.as_object().unwrap() {
            // What it begins goes on after it was answered, and is followed elsewhere.
            let goes_on = call["responses"]["202"]["headers"]["Location"].is_object();
            let responses = &call["responses"][if goes_on { "202" } else { "200" }];
            assert!(call["summary"].is_string() && responses.is_object(), "{method} {path}: {call}");
            let schema = responses["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
            let name = schema.strip_prefix("#/components/schemas/").unwrap();
            let schema = &document["components"]["schemas"][name];
            assert!(schema.is_object(), "{schema}");
            if method != "get" || path.contains('{') {
                continue;
            }
            let (status, answer) = server.call("GET", &asked(path), &Value::Null);
            assert_eq!(status, 200, "{path}: {answer}");
            // References are looked for in the whole document.
            let schema =
                json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
            let validator = validator_for(&schema).unwrap();
            let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{path}: {errors:#?}");
            called += 1;
        }
    }
    assert!(called >= 10 && paths.len() >= 40, "{called} of {}", paths.len());
}
