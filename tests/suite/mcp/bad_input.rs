//! Whatever comes in: an answer that says what is wrong, the next message is read, and it is no bug of ours.

use std::io::Write;

use serde_json::{Value, json};

use super::client::{Client, Era};
use super::world;
use crate::support::Sandbox;

#[test]
fn what_is_no_message_is_answered_and_the_next_one_read() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let huge = format!("{{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"{}\"}}\n", "x".repeat(5 << 20));
    for (sent, code) in [
        (b"{\"jsonrpc\": \"2.0\", \"id\": 1,\n".to_vec(), -32700),
        (b"\xff\xfe\x00\n".to_vec(), -32700),
        (b"[]\n".to_vec(), -32600),
        (b"null\n".to_vec(), -32600),
        (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}\n".to_vec(), -32600),
        (huge.into_bytes(), -32600),
        ("[".repeat(100_000).into_bytes().into_iter().chain(*b"\n").collect(), -32700),
    ] {
        client.raw(&sent);
        let answer = client.receive();
        assert_eq!(answer["error"]["code"], code, "{answer}");
        // Blank lines, unknown notifications and answers to nothing are passed over.
        client.raw(b"\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/odd\"}\n{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n");
        assert!(client.request("ping", json!({})).is_ok());
    }
}

#[test]
fn what_is_asked_wrongly_is_refused_with_words() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let mut error = |method: &str, params: Value| client.request(method, params).unwrap_err();
    let unknown = error("tools/call", json!({"name": "drop", "arguments": {}}));
    assert_eq!(unknown["code"], -32602);
    assert_eq!(unknown["message"], "unknown tool `drop` (expected next, get, find, write, move, vote, run)");
    assert_eq!(error("tools/call", json!({"name": 5}))["code"], -32602);
    assert_eq!(error("tools/call", json!({}))["code"], -32602);
    assert_eq!(error("tools/call", json!([1]))["code"], -32602);
    assert_eq!(error("prompts/get", json!({}))["code"], -32602);
    assert_eq!(error("nosuch/method", json!({}))["code"], -32601);
    assert_eq!(error("resources/subscribe", json!({"uri": "tracker://task/d4rk"}))["code"], -32601);
    assert_eq!(error("tasks/get", json!({"taskId": "RUN-1"}))["code"], -32021);
    for (tool, arguments, expected) in [
        ("find", json!({"query": ["a"]}), "invalid `query` of `find`"),
        ("find", json!({"limit": -1}), "invalid `limit` of `find`"),
        ("find", json!({"nosuch": 1}), "unknown field `nosuch`"),
        ("get", json!({"ids": {"a": 1}}), "invalid `ids` of `get`"),
        ("get", json!({"ids": ["../../etc/passwd"]}), "no task matches"),
        ("get", json!({"ids": vec!["d4rk"; 21]}), "21 ids at once"),
        ("write", json!({"ops": []}), "0 ops"),
        ("write", json!({"ops": "new"}), "invalid `ops` of `write`"),
        ("write", json!({"ops": [7]}), "op 1 is no object"),
        ("write", json!({"ops": [{"op": "new", "title": "a\u{0}b"}]}), "control"),
        ("write", json!({"ops": [{"op": "set", "id": "d4rk", "fields": {"stage": "qa"}}]}), "stage"),
        ("move", json!({"action": "set-stage"}), "invalid `action` of `move`"),
        ("move", json!({"ids": ["d4rk"]}), "missing field `action`"),
        ("vote", json!({"id": "d4rk", "verdict": "sign"}), "invalid `verdict` of `vote`"),
        ("run", json!({"action": "approve"}), "invalid `action` of `run`"),
    ] {
        let text = client.refused(tool, arguments.clone());
        assert!(text.starts_with("error: ") && text.contains(expected), "{tool} {arguments}: {text}");
    }
    let (exit, rest, errors) = client.finish();
    assert_eq!((exit, rest.len(), errors.as_str()), (Some(0), 0, ""));
}

#[test]
fn the_end_of_the_input_is_the_end_whatever_came_before() {
    let sandbox = world();
    let (exit, rest, errors) = Client::silent(&sandbox, |_| {}).finish();
    assert_eq!((exit, rest.len(), errors.as_str()), (Some(0), 0, ""));
    // A notification before any request is for nobody.
    let mut client = Client::silent(&sandbox, |_| {});
    client.raw(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\nnonsense\n");
    assert_eq!(client.receive()["error"]["code"], -32700);
    assert_eq!(client.request("tools/list", json!({})).unwrap_err()["code"], -32602);
    assert_eq!(client.finish().0, Some(0));
    // What was asked is answered, also where no line ends it.
    let mut client = Client::with(&sandbox, Era::Stateless, json!({}), |_| {});
    for _ in 0..20 {
        client.ask("tools/call", json!({"name": "next", "arguments": {}}));
    }
    let last = json!({"jsonrpc": "2.0", "id": 99, "method": "tools/list", "params": {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
    }}});
    client.raw(last.to_string().as_bytes());
    let (exit, rest, errors) = client.finish();
    assert_eq!((exit, rest.len(), errors.as_str()), (Some(0), 21, ""));
}

#[test]
fn nobody_who_reads_is_the_end_as_well() {
    let sandbox = world();
    let mut command = sandbox.tracker_command(&["mcp"]);
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    let ask = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
    // It may be gone before all of it is written.
    let _ = (0..50).try_for_each(|_| input.write_all(ask));
    let end = child.wait_with_output().unwrap();
    assert_eq!((end.status.code(), String::from_utf8(end.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn without_a_tracker_it_serves_and_says_so() {
    let sandbox = Sandbox::new();
    let mut client = Client::new(&sandbox);
    for tool in ["next", "find"] {
        let text = client.refused(tool, json!({}));
        assert!(text.contains("no tracker") && text.contains("tracker init"), "{text}");
    }
    assert!(client.request("tools/list", json!({})).is_ok());
    // From then on there is one.
    assert_eq!(sandbox.tracker(&["init", "--no-hooks"]).status, 0);
    client.ok("find", json!({}));
    let json = sandbox.tracker(&["mcp", "--format", "json"]);
    assert_eq!(json.status, 2, "{json}");
}
