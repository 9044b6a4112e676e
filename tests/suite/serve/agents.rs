//! Agents over HTTP: the protocol at `/mcp`, in both its eras.

use serde_json::{Value, json};

use super::client::{MESSAGE_LINES as ACCEPT, Response, Server};
use super::world;

/// Sends a message as an agent does, with these lines in its head besides.
fn post(server: &Server, path: &str, lines: &str, message: &Value) -> Response {
    let bearer = format!("Authorization: Bearer {}\r\n{ACCEPT}{lines}", server.token);
    server.send("POST", path, &bearer, &message.to_string())
}

fn request(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// Begins a session as a client of the era that has them; returns the lines that it sends from then on.
fn begin(server: &Server, path: &str, name: &str) -> String {
    let who = json!({"name": name, "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who});
    let response = post(server, path, "", &request("initialize", &hello));
    assert_eq!(response.json()["result"]["protocolVersion"], "2025-11-25", "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let session = response.header("mcp-session-id").unwrap();
    let lines = format!("Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\n");
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let response = post(server, path, &lines, &begun);
    assert_eq!((response.status, response.body.as_str()), (202, ""));
    lines
}

/// Asks as a client of the era without sessions.
fn ask(server: &Server, path: &str, method: &str, mut params: Value) -> Response {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "night-shift", "version": "1"},
    });
    let name = params["name"].as_str().map(|name| format!("Mcp-Name: {name}\r\n")).unwrap_or_default();
    let lines = format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}");
    post(server, path, &lines, &request(method, &params))
}

fn tools(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
    tools.map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[test]
fn agents_of_both_eras_call_and_are_named_in_what_they_do() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let session = begin(&server, "/mcp", "builder-1");
    let old = post(&server, "/mcp", &session, &request("tools/list", &json!({}))).json();
    let new = ask(&server, "/mcp", "tools/list", json!({})).json();
    assert_eq!(tools(&old), ["next", "get", "find", "write", "move", "vote", "run"]);
    assert_eq!(old["result"]["tools"], new["result"]["tools"]);
    let start = json!({"name": "move", "arguments": {"action": "start", "ids": ["d4rk"]}});
    let moved = post(&server, "/mcp", &session, &request("tools/call", &start)).json();
    assert_ne!(moved["result"]["isError"], true, "{moved}");
    let note = json!({"name": "write", "arguments": {"ops": [{"op": "note", "id": "d4rk", "text": "seen"}]}});
    let noted = ask(&server, "/mcp", "tools/call", note).json();
    assert_ne!(noted["result"]["isError"], true, "{noted}");
    let record = sandbox.read(".tracker/tasks/TASK-D4RK.md");
    assert!(record.contains("by: Ada Lovelace") && record.contains("agent: builder-1"), "{record}");
    let next = post(&server, "/mcp", &session, &request("tools/call", &json!({"name": "next"}))).json();
    let text = next["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("for \"Ada Lovelace\" as agent builder-1"), "{text}");
    let next = ask(&server, "/mcp", "tools/call", json!({"name": "next"})).json();
    assert!(next.to_string().contains("as agent night-shift"), "{next}");
    // A name of any length makes no head that nobody takes.
    let session = begin(&server, "/mcp", &"x".repeat(100_000));
    assert!(session.len() < 200, "{}", session.len());
    // An id that nobody gave is that of nobody, and a later start of the server knows the one it gave.
    let odd = "Mcp-Session-Id: zz\r\nMCP-Protocol-Version: 2025-11-25\r\n";
    let next = post(&server, "/mcp", odd, &request("tools/call", &json!({"name": "next"}))).json();
    assert!(next.to_string().contains("as agent mcp"), "{next}");
}

#[test]
fn a_server_that_is_read_only_offers_the_tools_that_read() {
    let sandbox = world();
    let server = Server::start(&sandbox, &["--read-only"]);
    let session = begin(&server, "/mcp", "builder-1");
    let listed = post(&server, "/mcp", &session, &request("tools/list", &json!({}))).json();
    assert_eq!(tools(&listed), ["next", "get", "find"]);
    let call = |name: &str, arguments: Value| {
        ask(&server, "/mcp", "tools/call", json!({"name": name, "arguments": arguments})).json()
    };
    let got = call("get", json!({"ids": ["d4rk"]}));
    assert!(got.to_string().contains("Add dark mode"), "{got}");
    for (name, arguments) in [
        ("move", json!({"action": "start", "ids": ["d4rk"]})),
        ("write", json!({"ops": [{"op": "note", "id": "d4rk", "text": "x"}]})),
        ("vote", json!({"id": "d4rk", "verdict": "approve"})),
        ("run", json!({"action": "start", "workflow": "w"})),
    ] {
        let error = &call(name, arguments)["error"];
        let expected = format!("unknown tool `{name}` (expected next, get, find)");
        assert_eq!((&error["code"], &error["message"]), (&json!(-32602), &json!(expected)));
    }
    let cancel = ask(&server, "/mcp", "tasks/cancel", json!({"taskId": "RUN-1"})).json();
    assert!(cancel["error"].is_object(), "{cancel}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    // Only there: nothing else takes a message.
    for path in ["/api/v1/tasks/TASK-D4RK/start", "/", "/mcp/", "/x/mcp", "/p/x/mcp", "/tasks/mcp"] {
        assert_eq!(post(&server, path, "", &json!({})).status, 403, "{path}");
    }
}

#[test]
fn what_is_no_message_of_an_agent_is_refused() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let ping = request("ping", &json!({}));
    let bearer = format!("Authorization: Bearer {}\r\n", server.token);
    // The cookie of a browser opens pages, also with the token of their forms.
    let form = format!("{}{ACCEPT}X-Tracker-Token: {}\r\n", server.cookie, server.form_token());
    let refused = server.send("POST", "/mcp", &form, &ping.to_string());
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    assert!(refused.json()["detail"].as_str().unwrap().contains("Authorization: Bearer TOKEN"));
    let stream = server.send("GET", "/mcp", &format!("{bearer}Accept: text/event-stream\r\n"), "");
    assert_eq!((stream.status, stream.header("allow")), (405, Some("POST")));
    assert_eq!(server.send("DELETE", "/mcp", &bearer, "").status, 405);
    let raw = |lines: &str, body: &str| server.send("POST", "/mcp", &format!("{bearer}{lines}"), body);
    for (status, code, body) in [
        (400, -32700, "{"),
        (400, -32700, ""),
        (400, -32600, "[]"),
        (400, -32600, "7"),
        (400, -32700, &"[".repeat(100_000)),
    ] {
        let answer = raw(ACCEPT, body);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &json!(code)), "{answer:?}");
    }
    let large = request("ping", &json!({"x": "x".repeat(2 * 1024 * 1024)})).to_string();
    assert!(matches!(raw(ACCEPT, &large).status, 413 | 0));
    assert_eq!(raw("Content-Type: text/plain\r\nAccept: */*\r\n", &ping.to_string()).status, 406);
    let odd = "Content-Type: text/plain\r\nAccept: application/json, text/event-stream\r\n";
    assert_eq!(raw(odd, &ping.to_string()).status, 415);
    // What is in the head is what is in the message.
    let call = request(
        "tools/call",
        &json!({"name": "next", "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        }}),
    );
    let lines = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: run\r\n";
    let answer = post(&server, "/mcp", lines, &call);
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(-32020)), "{answer:?}");
    let answer = post(&server, "/mcp", "MCP-Protocol-Version: 2025-11-25\r\n", &ping);
    assert_eq!((answer.status, &answer.json()["result"]), (200, &json!({})), "{answer:?}");
}
