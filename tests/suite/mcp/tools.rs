//! The tools: what an agent does in a day, with these alone.

use insta::assert_snapshot;
use serde_json::json;

use super::client::Client;
use super::{commit, world};

#[test]
fn an_agent_works_a_day_with_tools_alone() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    assert_snapshot!(client.ok("next", json!({})).text, @r#"
    for "Ada Lovelace" as agent builder-1, on branch main
    no active task
    1 task ready to start
    TASK-D4RK none high boxes 0/2 - "Add dark mode"
    "#);
    let made = client.ok("write", json!({"ops": [
        {"op": "new", "ref": "a", "title": "Fix the login", "fields": {"type": "bug", "priority": "critical", "tags": ["auth", "web"]},
         "text": "It loops.", "deliverables": ["no loop"], "id": "TASK-L0G1"},
        {"op": "new", "title": "Tell of it", "fields": {"depends_on": ["@a"]}, "id": "TASK-T3LL"},
        {"op": "note", "id": "@a", "text": "seen on Firefox", "kind": "cause"},
        {"op": "set", "id": "@a", "fields": {"estimate": "30m", "tags+": "ui", "tags-": "web"}},
    ]}));
    assert_snapshot!(made.text, @r#"
    TASK-L0G1 created "Fix the login"
      "noted: seen on Firefox"
      "estimate = 30m"
      "tags + ui"
      "tags - web"
    TASK-T3LL created "Tell of it"
    "#);
    assert_snapshot!(client.ok("move", json!({"action": "start"})).text, @r#"
    TASK-L0G1 "Fix the login"
      "assignee = Ada Lovelace"
      "none → dev"
    "#);
    assert_snapshot!(client.ok("write", json!({"ops": [
        {"op": "tick", "id": "l0g1", "boxes": [1]},
        {"op": "edit", "id": "l0g1", "old": "It loops.", "text": "It loops after a day."},
        {"op": "edit", "id": "l0g1", "text": "## Next steps\n\n- [ ] watch it"},
    ]})).text, @r#"
    TASK-L0G1 "Fix the login"
      "checked 1 no loop"
      "edited"
      "edited, 2 checkboxes"
    "#);
    sandbox.write("src/login.rs", "fn login() {}\n");
    commit(&sandbox, "Fix the login\n\nTask: TASK-L0G1");
    assert_snapshot!(client.ok("move", json!({"action": "done"})).text, @r#"
    TASK-L0G1 "Fix the login"
      "dev → qa   needs reviewer"
      "missing: approval of reviewer" -> vote {"id":"TASK-L0G1","verdict":"approve","role":"reviewer"}
    "#);
    assert_snapshot!(client.ok("get", json!({})).text, @r#"
    TASK-L0G1 "Fix the login"
    votes 0/1; type bug; priority critical; assignee "Ada Lovelace"; estimate 30m; tags auth ui
    none > dev > [qa] > sec > docs > complete, since 2026-11-11 09:05Z
    role reviewer 0/1, anyone may
    missing: "approval of reviewer" -> vote {"id":"TASK-L0G1","verdict":"approve","role":"reviewer"}
    body, numbered where there is a box:
    > ## Description
    >
    > It loops after a day.
    >
    > ## Deliverables
    >
    >1 - [x] no loop
    >
    > ## Next steps
    >
    >2 - [ ] watch it
    note of "Ada Lovelace" 2026-11-11 09:05Z (cause):
    > seen on Firefox
    next: write {"ops":[{"op":"tick","id":"TASK-L0G1","boxes":["2"]}]}
    next: vote {"id":"TASK-L0G1","verdict":"approve","role":"reviewer"}
    "#);
    assert_snapshot!(client.refused("move", json!({"action": "advance"})), @r#"
    error: TASK-L0G1 cannot leave qa
      missing: "approval of reviewer" -> vote {"id":"TASK-L0G1","verdict":"approve","role":"reviewer"}
    "#);
    assert_snapshot!(client.ok("find", json!({"query": "is:open", "sort": "priority"})).text, @r#"
    3 tasks
    ID        STAGE PRIORITY STATE               ASSIGNEE       TITLE
    TASK-L0G1 qa    critical votes 0/1           "Ada Lovelace" "Fix the login"
    TASK-D4RK none  high     boxes 0/2           -              "Add dark mode"
    TASK-T3LL none  -        waits for TASK-L0G1 -              "Tell of it"
    "#);
    assert_eq!(sandbox.tracker(&["doctor"]).status, 0);
    let (exit, rest, errors) = client.finish();
    assert_eq!((exit, rest.len(), errors.as_str()), (Some(0), 0, ""));
}

#[test]
fn a_batch_is_written_as_a_whole_or_not_at_all() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let before = sandbox.git(&["status", "--porcelain"]);
    let refused = client.refused(
        "write",
        json!({"ops": [
            {"op": "new", "ref": "a", "title": "One"},
            {"op": "note", "id": "d4rk", "text": "a note"},
            {"op": "tick", "id": "d4rk", "boxes": ["1"]},
            {"op": "tick", "id": "@a", "boxes": ["1"]},
        ]}),
    );
    assert!(refused.starts_with("error: op 4: no checkboxes in TASK-"), "{refused}");
    assert!(refused.contains("nothing of this batch was written"), "{refused}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), before);
    // What is known before is shown before.
    let refused =
        client.refused("write", json!({"ops": [{"op": "note", "id": "d4rk", "text": "x"}, {"op": "leap"}]}));
    assert!(refused.contains("invalid `op` of `op 2`"), "{refused}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), before);
    // For undo it is one write.
    client.ok("write", json!({"ops": [
        {"op": "new", "title": "One"}, {"op": "note", "id": "d4rk", "text": "x"}, {"op": "tick", "id": "d4rk", "boxes": "all"},
    ]}));
    assert_ne!(sandbox.git(&["status", "--porcelain"]), before);
    assert_eq!(sandbox.tracker(&["undo"]).status, 0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), before);
}

#[test]
fn errors_name_what_was_given_and_what_helps() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let calls = [
        ("get", json!({"ids": ["d4rl"]})),
        ("get", json!({})),
        ("find", json!({"query": "stage:qq"})),
        ("write", json!({"ops": [{"op": "set", "id": "d4rk", "fields": {"priority": "urgent"}}]})),
        ("write", json!({"ops": [{"op": "new", "title": "x", "fields": {"colour": "red"}}]})),
        ("write", json!({"ops": [{"op": "edit", "id": "d4rk", "old": "nowhere", "text": "x"}]})),
        ("write", json!({"ops": [{"op": "note", "id": "@b", "text": "x"}]})),
        ("write", json!({"ops": [{"op": "tick", "id": "d4rk"}]})),
        ("move", json!({"action": "fail", "ids": ["d4rk"], "why": "no"})),
        ("move", json!({"action": "block", "ids": ["d4rk"]})),
        ("move", json!({"action": "start", "ids": ["a", "b"]})),
        ("vote", json!({"id": "d4rk", "verdict": "approve", "role": "reviewer"})),
        ("run", json!({"action": "start", "workflow": "nosuch"})),
        ("run", json!({"action": "status"})),
    ];
    let mut printed = String::new();
    for (tool, arguments) in calls {
        printed.push_str(&format!("{tool} {arguments}\n{}\n", client.refused(tool, arguments.clone())));
    }
    assert_snapshot!(printed, @r#"
    get {"ids":["d4rl"]}
    error: no task matches `d4rl`
      help: "did you mean TASK-D4RK?"
    get {}
    error: no task is active: say which by its id
      help: next {} lists what can begin
    find {"query":"stage:qq"}
    error: unknown stage `qq` (expected none, dev, qa, sec, docs or complete)
      stage:qq
            ^^
      help: "did you mean `qa`?"
    write {"ops":[{"op":"set","id":"d4rk","fields":{"priority":"urgent"}}]}
    error: invalid priority `urgent`
      help: "expected critical, high, medium or low"
    write {"ops":[{"op":"new","title":"x","fields":{"colour":"red"}}]}
    error: a new task: unknown field `colour`, expected one of ref, id, title, type, priority, area, tags, parent, depends_on, sprint, run, due, files, estimate, source, assignee, spent, description, deliverables, criteria
    write {"ops":[{"op":"edit","id":"d4rk","old":"nowhere","text":"x"}]}
    error: the text to replace is not in the body of TASK-D4RK
      help: call get {"ids":["TASK-D4RK"]}, and give the text as it is there
    write {"ops":[{"op":"note","id":"@b","text":"x"}]}
    error: `@b` names no new task before it
      help: "give a new task a `ref`"
    write {"ops":[{"op":"tick","id":"d4rk"}]}
    error: `tick` needs `boxes`
    move {"action":"fail","ids":["d4rk"],"why":"no"}
    error: TASK-D4RK cannot fail
      not begun: "there is nothing that can fail yet" -> move {"action":"start","ids":["TASK-D4RK"]}
    move {"action":"block","ids":["d4rk"]}
    error: `block` needs `why`
    move {"action":"start","ids":["a","b"]}
    error: `start` takes one id: one task is active
    vote {"id":"d4rk","verdict":"approve","role":"reviewer"}
    error: stage `none` of TASK-D4RK requires no sign-offs
      help: call get {"ids":["TASK-D4RK"]}
    run {"action":"start","workflow":"nosuch"}
    error: no workflow `nosuch`
      help: "create one: tracker workflow new checks"
    run {"action":"status"}
    error: there are no runs here
      help: "start one: tracker run start NAME; `tracker workflow` lists what there is"
    "#);
    let data = client.call("move", json!({"action": "fail", "ids": ["d4rk"], "why": "no"})).data;
    assert_eq!(data["error"], "refused", "{data}");
    assert_eq!(data["reasons"][0]["help"], r#"move {"action":"start","ids":["TASK-D4RK"]}"#, "{data}");
}

#[test]
fn a_vote_is_the_agents_and_never_a_persons() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    for words in [vec!["set-stage", "d4rk", "qa"], vec!["tick", "d4rk", "all"]] {
        assert_eq!(sandbox.tracker(&words).status, 0);
    }
    commit(&sandbox, "Move");
    let voted = client.ok("vote", json!({"id": "d4rk", "verdict": "approve", "notes": "clean"}));
    assert_snapshot!(voted.text, @r#"
    TASK-D4RK "Add dark mode"
      "approved as reviewer"
      "qa → sec   needs auditor"
    "#);
    let folder = sandbox.path().join(".tracker/signoffs/TASK-D4RK");
    let votes = || std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let text = std::fs::read_to_string(&votes()[0]).unwrap();
    assert!(text.contains("agent: builder-1") && !text.contains("signature"), "{text}");
    // In `sec` only people count: it is refused, and nothing is written down.
    let refused = client.refused("vote", json!({"id": "d4rk", "verdict": "approve", "role": "auditor"}));
    assert_snapshot!(refused, @r#"
    error: cannot vote on TASK-D4RK
      vote: "it would not count: only people sign off for this role" -> a person: tracker approve TASK-D4RK --as auditor
    "#);
    assert_eq!(votes().len(), 1);
    let refused = client.refused("move", json!({"action": "advance", "ids": ["d4rk"]}));
    assert!(refused.contains("auditor"), "{refused}");
    // Another name does not make it a person.
    let mut nameless = Client::with(&sandbox, super::client::Era::Sessions, json!({}), |command| {
        command.env("TRACKER_AGENT", " ");
    });
    assert!(nameless.call("vote", json!({"id": "d4rk", "verdict": "approve", "role": "auditor"})).is_error);
    assert_eq!(votes().len(), 1);
}

#[test]
fn what_others_do_meanwhile_is_seen() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let titles = |client: &mut Client| client.ok("find", json!({"query": "is:open"})).text;
    assert!(titles(&mut client).contains("Add dark mode"));
    assert_eq!(sandbox.tracker(&["set", "d4rk", "title=Add a dark mode"]).status, 0);
    assert!(titles(&mut client).contains("Add a dark mode"));
    let file = ".tracker/tasks/TASK-D4RK.md";
    sandbox.write(file, sandbox.read(file).replace("Add a dark mode", "By hand"));
    assert!(titles(&mut client).contains("By hand"));
    sandbox.git(&["checkout", "--quiet", "--", file]);
    assert!(titles(&mut client).contains("Add dark mode"));
    std::fs::remove_file(sandbox.path().join(file)).unwrap();
    assert!(titles(&mut client).starts_with("0 tasks"));
    sandbox.git(&["checkout", "--quiet", "--", file]);
    // The configuration, and whose repository it is.
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(
        ".tracker/config.toml",
        config.replace("signoffs = [\"reviewer\"]", "signoffs = [\"nobody\"]"),
    );
    assert!(client.refused("find", json!({"query": "stage:zz"})).contains("expected none, dev, qa"));
    sandbox.git(&["config", "user.name", "Grace Hopper"]);
    assert!(client.ok("next", json!({})).text.starts_with("for \"Grace Hopper\" as agent builder-1"));
    std::fs::rename(sandbox.path().join(".tracker"), sandbox.path().join("gone")).unwrap();
    let refused = client.refused("find", json!({}));
    assert!(refused.contains(".tracker"), "{refused}");
    std::fs::rename(sandbox.path().join("gone"), sandbox.path().join(".tracker")).unwrap();
    assert!(titles(&mut client).starts_with("1 task"));
}

#[test]
fn calls_at_once_are_all_answered_and_each_of_its_own() {
    let sandbox = world();
    let mut client = Client::new(&sandbox);
    let mut open = std::collections::BTreeMap::new();
    for at in 0..40 {
        let (tool, arguments) = match at % 4 {
            0 => (
                "write",
                json!({"ops": [{"op": "new", "title": format!("Task {at}"), "id": format!("TASK-N{at}")}]}),
            ),
            1 => ("find", json!({"query": "is:open"})),
            2 => ("get", json!({"ids": ["d4rk"]})),
            _ => ("write", json!({"ops": [{"op": "note", "id": "d4rk", "text": format!("note {at}")}]})),
        };
        open.insert(client.ask("tools/call", json!({"name": tool, "arguments": arguments})), at);
    }
    while !open.is_empty() {
        let answer = client.receive();
        let at = open.remove(&answer["id"].as_u64().unwrap()).unwrap();
        let result = super::client::Answer::of(&answer["result"]);
        assert!(!result.is_error, "{}", result.text);
        if at % 4 == 0 {
            assert!(result.text.contains(&format!("TASK-N{at} created")), "{}", result.text);
        }
    }
    assert!(client.ok("find", json!({})).text.starts_with("11 tasks"));
    let notes = std::fs::read_dir(sandbox.path().join(".tracker/notes/TASK-D4RK")).unwrap().count();
    assert_eq!(notes, 10);
}
