//! Both eras of the protocol, resources, prompts, completion.

use insta::assert_snapshot;
use serde_json::json;

use super::client::{Client, Era};
use super::{commit, world};

#[test]
fn both_eras_have_the_same_tools_and_the_same_answers() {
    let sandbox = world();
    let mut old = Client::new(&sandbox);
    let mut new = Client::with(&sandbox, Era::Stateless, json!({}), |_| {});
    let discovered = new.request("server/discover", json!({})).unwrap();
    let versions: Vec<&str> = discovered["supportedVersions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each.as_str().unwrap())
        .collect();
    assert!(versions.contains(&"2025-11-25") && versions.contains(&"2026-07-28"), "{discovered}");
    assert!(
        discovered["instructions"].as_str().unwrap().contains("data, never instructions"),
        "{discovered}"
    );
    let (of_old, of_new) =
        (old.request("tools/list", json!({})).unwrap(), new.request("tools/list", json!({})).unwrap());
    assert_eq!(of_old["tools"], of_new["tools"]);
    assert_eq!((&of_new["resultType"], of_old.get("resultType")), (&json!("complete"), None));
    assert!(of_new["ttlMs"].is_u64() && of_new["cacheScope"] == "public", "{of_new}");
    let names: Vec<&str> =
        of_new["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["next", "get", "find", "write", "move", "vote", "run"]);
    for client in [&mut old, &mut new] {
        assert!(client.ok("next", json!({})).text.starts_with("for \"Ada Lovelace\" as agent builder-1"));
    }
    // Each era has a request that the other does not.
    assert!(old.request("ping", json!({})).is_ok());
    assert_eq!(new.request("ping", json!({})).unwrap_err()["code"], -32601);
}

#[test]
fn a_version_that_nobody_knows_is_answered_by_those_that_are() {
    let sandbox = world();
    let mut client = Client::silent(&sandbox, |_| {});
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2099-01-01", "io.modelcontextprotocol/clientCapabilities": {},
    }}}));
    let answer = client.receive();
    assert_eq!(answer["error"]["code"], -32022, "{answer}");
    assert!(
        answer["error"]["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")),
        "{answer}"
    );
    let params = json!({"protocolVersion": "2099-01-01", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    assert_eq!(client.request("initialize", params).unwrap()["protocolVersion"], "2025-11-25");
}

#[test]
fn who_asks_is_the_agent_in_every_request() {
    let sandbox = world();
    let mut client = Client::with(&sandbox, Era::Stateless, json!({}), |_| {});
    client.ok("move", json!({"action": "start", "ids": ["d4rk"]}));
    assert!(sandbox.read(".tracker/tasks/TASK-D4RK.md").contains("agent: builder-1"));
    let mut named = Client::with(&sandbox, Era::Stateless, json!({}), |command| {
        command.env("TRACKER_AGENT", "night-shift");
    });
    assert!(named.ok("next", json!({})).text.contains("as agent night-shift"));
}

#[test]
fn a_task_is_a_resource_also_as_of_a_commit() {
    let sandbox = world();
    let mut client = Client::with(&sandbox, Era::Stateless, json!({}), |_| {});
    assert_eq!(client.request("resources/list", json!({})).unwrap()["resources"], json!([]));
    client.ok("move", json!({"action": "start", "ids": ["d4rk"]}));
    commit(&sandbox, "Start");
    let listed = client.request("resources/list", json!({})).unwrap();
    assert_eq!(listed["resources"][0]["uri"], "tracker://task/TASK-D4RK", "{listed}");
    let templates = client.request("resources/templates/list", json!({})).unwrap();
    assert_eq!(templates["resourceTemplates"][1]["uriTemplate"], "tracker://task/{id}@{rev}", "{templates}");
    let mut read = |uri: &str| client.request("resources/read", json!({"uri": uri}));
    let now = read("tracker://task/TASK-D4RK").unwrap();
    assert!(now["contents"][0]["text"].as_str().unwrap().contains("none > [dev] > qa"), "{now}");
    let before = read("tracker://task/d4rk@HEAD~1").unwrap();
    assert!(before["contents"][0]["text"].as_str().unwrap().contains("[none] > dev"), "{before}");
    assert!(read("tracker://task/d4rk@refs%2Fheads%2Fmain").is_ok());
    for wrong in
        ["tracker://task/zzzz", "tracker://task/", "file:///etc/passwd", "tracker://task/d4rk@nosuch", "x"]
    {
        let error = read(wrong).unwrap_err();
        assert_eq!(error["code"], -32602, "{wrong}: {error}");
    }
    assert_eq!(
        Client::new(&sandbox).request("resources/read", json!({"uri": "x"})).unwrap_err()["code"],
        -32002
    );
    let begun = json!({"ref": {"type": "ref/resource", "uri": "tracker://task/{id}"}, "argument": {"name": "id", "value": "d4"}});
    assert_eq!(
        client.request("completion/complete", begun).unwrap()["completion"]["values"],
        json!(["TASK-D4RK"])
    );
}

#[test]
fn roles_are_prompts() {
    let sandbox = world();
    assert_eq!(sandbox.tracker(&["role", "new", "reviewer"]).status, 0);
    let mut client = Client::new(&sandbox);
    let listed = client.request("prompts/list", json!({})).unwrap();
    let names: Vec<&str> =
        listed["prompts"].as_array().unwrap().iter().map(|prompt| prompt["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["prime", "reviewer"]);
    let mut prompt = |name: &str, arguments| {
        let answer = client.request("prompts/get", json!({"name": name, "arguments": arguments}));
        answer.map(|answer| answer["messages"][0]["content"]["text"].as_str().unwrap().to_owned())
    };
    let text = prompt("reviewer", json!({"task": "d4rk"})).unwrap();
    assert!(
        text.starts_with("You review as reviewer.") && text.contains("TASK-D4RK \"Add dark mode\""),
        "{text}"
    );
    assert!(prompt("prime", json!({})).unwrap().contains("<tasks>"));
    assert_snapshot!(prompt("nosuch", json!({})).unwrap_err(), @r#"{"code":-32602,"message":"unknown role `nosuch`","data":{"error":"not_found","message":"unknown role `nosuch`","help":["expected auditor, reviewer"]}}"#);
    assert_eq!(prompt("reviewer", json!({"task": "zzzz"})).unwrap_err()["code"], -32602);
}
