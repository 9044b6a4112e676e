//! How many bytes the schemas and the answers take, and that what does not come into them can be had.

use std::collections::BTreeSet;

use serde_json::json;

use super::client::Client;
use super::data::assert_has_no_empty;
use super::world;

#[test]
fn seven_tools_in_4800_bytes() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let listed = client.request("tools/list", json!({})).unwrap();
    assert!(listed["tools"].as_array().unwrap().len() <= 7);
    assert!(listed.to_string().len() <= 4_800, "{} bytes", listed.to_string().len());
    for tool in listed["tools"].as_array().unwrap() {
        let hints = &tool["annotations"];
        let is_reader = ["next", "get", "find"].contains(&tool["name"].as_str().unwrap());
        assert_eq!(hints["readOnlyHint"] == true, is_reader, "{tool}");
        assert_eq!(hints["openWorldHint"] == true, tool["name"] == "run", "{tool}");
    }
}

#[test]
fn a_long_list_comes_in_pages_and_each_task_once() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let title = "A title of an everyday length, with \"quotes\" in it";
    let ops: Vec<_> = (0..180).map(|at| json!({"op": "new", "title": format!("{title} {at}")})).collect();
    client.ok("write", json!({"ops": ops}));
    let (mut more, mut pages, mut ids) = (json!(null), 0, BTreeSet::new());
    loop {
        let answer = client.ok("find", json!({"query": "is:open", "more": more}));
        assert!(answer.text.len() <= 6_200, "{} bytes of text", answer.text.len());
        assert!(answer.data.to_string().len() <= 6_200, "{} bytes of data", answer.data.to_string().len());
        assert_has_no_empty(&answer.data);
        let tasks = answer.data["tasks"].as_array().unwrap();
        for task in tasks {
            assert!(answer.text.contains(task["id"].as_str().unwrap()), "{}", answer.text);
            assert!(ids.insert(task["id"].to_string()), "{task} twice");
        }
        pages += 1;
        more = answer.data["more"].clone();
        if more.is_null() {
            assert!(!answer.text.contains("more: call again"), "{}", answer.text);
            break;
        }
        assert!(answer.text.ends_with(&format!("more: call again with \"more\":{more}")), "{}", answer.text);
        // What was added meanwhile moves no task from one page to another.
        if pages == 1 {
            client.ok(
                "write",
                json!({"ops": [{"op": "new", "title": "Meanwhile", "fields": {"priority": "critical"}}]}),
            );
        }
    }
    assert_eq!(ids.len(), 181, "in {pages} pages");
    let few = client.ok("find", json!({"query": "is:open", "limit": "3"}));
    assert_eq!(few.data["tasks"].as_array().unwrap().len(), 3);
    assert!(client.refused("find", json!({"more": "x"})).contains("invalid `more` `x`"));
}

#[test]
fn a_long_task_comes_in_pages() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let lines: Vec<String> = (0..600).map(|at| format!("line {at} of a long description")).collect();
    client.ok("write", json!({"ops": [{"op": "edit", "id": "d4rk", "text": lines.join("\n")}]}));
    let (mut more, mut text) = (json!(null), String::new());
    loop {
        let answer = client.ok("get", json!({"ids": ["d4rk"], "more": more}));
        assert!(
            answer.text.len() <= 6_200 && answer.data.to_string().len() <= 6_600,
            "{}",
            answer.text.len()
        );
        text.push_str(answer.text.split("more: call again").next().unwrap());
        more = answer.data["more"].clone();
        if more.is_null() {
            break;
        }
    }
    for line in &lines {
        assert_eq!(text.matches(&format!("> {line}\n")).count(), 1, "{line}");
    }
    let whole = client.ok("get", json!({"ids": ["d4rk"], "max_bytes": 60_000}));
    assert!(whole.data["more"].is_null() && whole.text.contains("> line 599"));
    let small = client.ok("get", json!({"ids": ["d4rk"], "max_bytes": 700}));
    assert!(small.text.len() <= 800, "{}", small.text.len());
}
