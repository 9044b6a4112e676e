//! Tasks go out again: everything as JSON, a table for spreadsheets, a checklist for people.

use crate::commands::{empty, typed};
use crate::support::Sandbox;
use insta::assert_snapshot;

fn with_tasks() -> Sandbox {
    let sandbox = empty();
    for args in [
        &["new", "Schema, with \"quotes\"", "--id", "WH-1", "-p", "high", "--area", "db"][..],
        &["new", "=cmd() @eve <b>", "--id", "WH-2", "--depends-on", "WH-1", "--file", "src/a.rs"],
        &["new", "Pages", "--id", "WH-3", "--area", "db", "--estimate", "45m"],
    ] {
        let output = sandbox.tracker(args);
        assert_eq!(output.status, 0, "{output}");
    }
    let path = ".tracker/tasks/WH-1.md";
    let text = sandbox.read(path);
    sandbox.write(path, format!("{text}\n## Deliverables\n\n- [x] up\n- [ ] down\n"));
    sandbox.tracker(&["note", "WH-1", "looked at it"]);
    assert_eq!(sandbox.tracker(&["done", "WH-3"]).status, 0);
    sandbox
}

#[test]
fn tasks_are_a_checklist_a_table_or_everything() {
    let sandbox = with_tasks();
    assert_snapshot!(typed(&sandbox, "
        export
        export area:db is:open --format csv
        export --output tasks.csv
        export --output tasks.json
        export nothing:here
    "), @r###"
    $ tracker export
    exit 0
    --- stdout
    - [ ] WH-2 \=cmd() @&#8203;eve &lt;b&gt;
      - Depends on: WH-1
      - File: src/a.rs

    ## db

    - [ ] WH-1 Schema, with "quotes" (high)
      - [x] up
      - [ ] down
    - [x] WH-3 Pages (45m)
    --- stderr
    3 tasks

    $ tracker export area:db is:open --format csv
    exit 0
    --- stdout
    id,title,type,priority,area,tags,parent,depends_on,sprint,run,due,files,estimate,source,created,stage,assignee,blocked,cancelled,spent,status,badge,ready,updated,since,deliverables,boxes,body
    WH-1,"Schema, with ""quotes""",,high,db,,,,,,,,,,2026-11-11,none,,,,,not_started,pending,true,2026-11-11T00:00:00Z,,1/2,1/2,"## Deliverables

    - [x] up
    - [ ] down"

    $ tracker export --output tasks.csv
    exit 0
    --- stdout
    Wrote tasks.csv
    --- stderr
    3 tasks

    $ tracker export --output tasks.json
    exit 0
    --- stdout
    Wrote tasks.json
    --- stderr
    3 tasks

    $ tracker export nothing:here
    exit 2
    --- stderr
    error: unknown field `nothing`
      nothing:here
      ^^^^^^^
      hint: to search for the text itself, put it in quotes
    "###);
    let table = sandbox.read("tasks.csv");
    assert!(
        table.contains("\"Schema, with \"\"quotes\"\"\"") && table.contains("'=cmd() @eve <b>"),
        "{table}"
    );
    let all: serde_json::Value = serde_json::from_str(&sandbox.read("tasks.json")).unwrap();
    let tasks = all["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 3);
    let schema = tasks.iter().find(|task| task["id"] == "WH-1").unwrap();
    assert_eq!(schema["checkboxes"][0]["done"], true);
    assert_eq!(schema["notes"][0]["text"], "looked at it");
    let pages = tasks.iter().find(|task| task["id"] == "WH-3").unwrap();
    assert_eq!(pages["history"][0]["to"], "dev");
    assert_eq!(pages["status"], "completed");
}

#[test]
fn an_exported_checklist_is_a_breakdown_that_can_be_imported() {
    let sandbox = with_tasks();
    sandbox.write("list.md", sandbox.tracker(&["export"]).stdout);
    let output = sandbox.tracker(&["import", "list.md", "--dry-run", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let tasks = found["result"]["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 3, "{output}");
    let done: Vec<_> = tasks.iter().filter(|task| task["status"] == "completed").collect();
    assert!(done.len() == 1 && done[0]["title"].as_str().unwrap().contains("Pages"), "{output}");
}

#[test]
fn a_form_that_is_named_is_written_to_a_file_as_well() {
    let sandbox = with_tasks();
    for (form, file) in [("csv", "a.txt"), ("markdown", "b.txt"), ("json", "c.txt")] {
        let output = sandbox.tracker(&["export", "--format", form, "--output", file]);
        assert_eq!(output.status, 0, "{output}");
        assert!(sandbox.read(file).contains("WH-1"), "{form}");
    }
    assert!(sandbox.read("a.txt").starts_with("id,title"));
}
