//! The page of the fleet: what workers have done and left, what is decided about it, and that it is live.

use std::fs;

use serde_json::{Value, json};

use super::client::Server;
use crate::support::Sandbox;
use crate::workers::{CONFIG, tracker, world};

/// Makes a repository in which a worker has made a round, and the director, too.
fn worked() -> Sandbox {
    let rules = "[[director.rule]]\nname = \"waits\"\ncheck = \"escalations\"\nafter = \"1s\"\n";
    let sandbox = world(&format!("{CONFIG}\n{rules}"), &[("a.txt", "BAD UGLY <b>\n"), ("b.txt", "WORSE\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(tracker(&sandbox, "director last").stdout, "");
    assert_eq!(tracker(&sandbox, "director run --once").status, 1);
    sandbox
}

#[test]
fn the_fleet_is_seen_and_decided_about() {
    let sandbox = worked();
    let server = Server::start(&sandbox, &[]);
    let page = server.get("/fleet").body;
    for text in [
        "<th scope=\"row\">lint</th><td><span class=\"badge offline\">offline</span>",
        "<dt>Fixed</dt><dd>1</dd>",
        "<dt>Rounds escalated</dt><dd>100 %</dd>",
        "<span class=\"badge warning\">warning</span> <strong>lint</strong> 3 found, 1 fixed, 2 left",
        "UGLY: UGLY is here",
        "<code>a.txt:1</code>",
        "2 found by 1 rule of",
        "<td>ESC-2B753B6E</td><td>waits for a decision since",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // No fleet is up: nothing can be paused, by a button or a call.
    assert!(!page.contains("/fleet/pause"), "{page}");
    let post = |path: &str, body: Value| server.call("POST", path, &body);
    assert_eq!(post("/fleet/pause", Value::Null).0, 409);
    let (_, open) = server.call("GET", "/escalations", &Value::Null);
    let ids: Vec<String> = open["result"]["escalations"].as_array().unwrap().iter().map(id_of).collect();
    assert_eq!(ids.len(), 2, "{open}");
    // As the form of the page sends it.
    let form = format!("form_token={}&back=%2Ffleet&notes=part+of+the+interface", server.form_token());
    let sent = server.form(&format!("/api/v1/escalations/{}/resolve", ids[0]), &form);
    assert_eq!((sent.status, sent.header("location")), (303, Some("/fleet")), "{sent:?}");
    let page = server.get("/fleet").body;
    assert!(!page.contains(&format!("data-id=\"{}\"", ids[0])) && page.contains(&ids[1]), "{page}");
    for (expected, id, verb, body) in [
        (409, ids[0].as_str(), "acknowledge", Value::Null),
        (404, "zzz", "resolve", Value::Null),
        (422, ids[1].as_str(), "resolve", json!({"note": "misspelt"})),
        (200, ids[1].as_str(), "acknowledge", json!({"notes": "<i>mine</i>"})),
    ] {
        let (status, answer) = post(&format!("/escalations/{id}/{verb}"), body);
        assert_eq!(status, expected, "{id} {verb}: {answer}");
    }
    let page = server.get("/fleet").body;
    assert!(page.contains("acknowledged by") && page.contains("&lt;i&gt;mine"), "{page}");
    // As of a commit there are escalations and no machine, and in a site nobody acts.
    let then = server.get("/fleet?at=HEAD").body;
    assert!(
        then.contains(&ids[0]) && !then.contains("Director") && !then.contains("<form class=\"act"),
        "{then}"
    );
    assert_eq!(tracker(&sandbox, "site ../public").status, 0);
    let page = fs::read_to_string(sandbox.path().join("../public/fleet.html")).unwrap();
    assert!(page.contains("offline") && page.contains("2 found by") && !page.contains("<form"), "{page}");
}

fn id_of(own: &Value) -> String {
    own["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_worker_does_is_seen_at_once() {
    let sandbox = worked();
    let server = Server::start(&sandbox, &[]);
    let mut events = server.events(None);
    assert_eq!(events.next().1, "hello");
    // A worker that is new: its folder, and then what it writes there.
    fs::create_dir(sandbox.path().join(".git/tracker/workers/lint-2")).unwrap();
    assert_eq!(events.next().1, "change");
    sandbox.write(".git/tracker/workers/lint-2/rounds.jsonl", "");
    assert_eq!(events.next().1, "change");
    sandbox.write(".git/tracker/workers/lint/rounds.jsonl", "");
    assert_eq!(events.next().1, "change");
}
