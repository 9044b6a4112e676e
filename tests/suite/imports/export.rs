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
    <!-- tracker export -->

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

/// Tasks with everything that the checklist can say, and with what looks like its marks.
const EVERYTHING: [&str; 12] = [
    "new `Schema, with \"quotes\" & (v2)` --id WH-1 -p high --area db --assignee `Doe, Jane`",
    "new `=cmd() @eve <b> [x] #12 | $a \\\\(high)` --id WH-2 --depends-on WH-1 --file src/a_b.rs --file `docs/*.md`",
    "new Pages --id WH-3 --area db --estimate 45m --parent WH-1",
    "new `1. - [ ] Odd (high)` --id WH-4 --area `a_b: c` --depends-on WH-1,WH-3 --assignee high",
    "new `Blocked (2h)` --id WH-5 --estimate 1h30m --assignee ada",
    "new Cancelled --id WH-6 --area db -p low",
    "new `https://x.y/z_w and WH-1` --id WH-7 --parent WH-3 -p critical --estimate 2d --assignee `bob (QA)`",
    "done WH-3",
    "block WH-5 `the design: not *here* (yet)`",
    "cancel WH-6 `duplicate of WH-1`",
    "tick WH-1 1",
    "tick WH-1 3",
];

fn with_everything() -> Sandbox {
    let sandbox = empty();
    for (at, line) in EVERYTHING.iter().enumerate() {
        if at == 10 {
            let path = ".tracker/tasks/WH-1.md";
            let text = sandbox.read(path);
            let boxes = "\n## Description\n\nWords.\n\n## Deliverables\n\n- [ ] up_and *down*\n- [ ] - [x] \\#3\n\n## Acceptance criteria\n\n- [ ] loads\n";
            sandbox.write(path, text + boxes);
        }
        let words = shell_words::split(&line.replace('`', "'")).unwrap();
        let output = sandbox.tracker(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.status, 0, "{line}: {output}");
    }
    sandbox
}

/// Returns what the tasks say that the checklist says, too.
fn exported(sandbox: &Sandbox) -> Vec<serde_json::Value> {
    let output = sandbox.tracker(&["export", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let fields = [
        "id",
        "title",
        "priority",
        "area",
        "parent",
        "depends_on",
        "files",
        "estimate_minutes",
        "stage",
        "assignee",
        "blocked",
        "cancelled",
        "checkboxes",
    ];
    let shown =
        |task: &serde_json::Value| fields.map(|field| (field, task[field].clone())).into_iter().collect();
    all["result"]["tasks"].as_array().unwrap().iter().map(shown).collect()
}

#[test]
fn an_exported_checklist_is_imported_whole_and_the_second_time_nothing_is_written() {
    let (here, there) = (with_everything(), empty());
    let list = here.tracker(&["export"]).stdout;
    there.write("list.md", &list);
    let first = there.tracker(&["import", "list.md"]);
    assert_eq!(first.status, 0, "{first}");
    assert!(
        first.stdout.contains("checklist: 7 tasks, 7 created") && !first.stderr.contains("warning"),
        "{first}"
    );
    assert_eq!(exported(&there), exported(&here), "{list}");
    for _ in 0..2 {
        let again = there.tracker(&["import", "list.md"]);
        assert!(again.stdout.ends_with("7 unchanged\n0 files written\n"), "{again}");
        assert!(again.stderr.is_empty(), "{again}");
        // What it has become writes the same list.
        let exported = there.tracker(&["export"]).stdout;
        assert_eq!(exported, list);
        there.write("list.md", exported);
    }
    assert_eq!(there.tracker(&["doctor"]).status, 0);
}

#[test]
fn a_checklist_is_imported_where_its_tasks_are_and_changes_only_what_is_asked_for() {
    let sandbox = with_everything();
    let list = sandbox.tracker(&["export"]).stdout;
    sandbox.write("list.md", &list);
    let before = exported(&sandbox);
    let same = sandbox.tracker(&["import", "list.md"]);
    assert!(same.stdout.ends_with("7 unchanged\n0 files written\n") && same.stderr.is_empty(), "{same}");
    let edited = list
        .replace("WH-3 Pages (45m)", "WH-3 All pages (low, 45m)")
        .replace("- [x] loads", "- [x] loads\n    - [ ] saves")
        .replace("- [ ] WH-2", "- [x] WH-2")
        + "\n## ui\n\n- [ ] Buttons\n  Round ones.\n  - Depends on: WH-1\n";
    sandbox.write("list.md", edited);
    let imported = sandbox.tracker(&["import", "list.md"]);
    let new = sandbox.tracker(&["list", "Buttons", "--quiet"]).stdout.trim().to_owned();
    assert_snapshot!(imported.to_string().replace(&new, "NEW"), @r#"
    exit 0
    --- stdout
    differs  WH-1       not started  Schema, with "quotes" & (v2)  changed on both sides, left as it is: body
    differs  WH-3       completed    All pages                     changed on both sides, left as it is: title, priority
    created  NEW  not started  Buttons
    checklist: 8 tasks, 1 created, 5 unchanged, 2 differs
    1 file written
    --- stderr
    warning: list.md:5: done in their source, open here: WH-2
      hint: an import moves no task that is here: tracker done WH-2
    "#);
    let mut after = exported(&sandbox);
    after.retain(|task| task["id"] != new);
    assert_eq!(after, before);
    let updated = sandbox.tracker(&["import", "list.md", "--update", "--quiet"]);
    assert_eq!(updated.status, 0, "{updated}");
    let task = sandbox.read(".tracker/tasks/WH-3.md");
    assert!(task.contains("title: All pages") && task.contains("priority: low"), "{task}");
    assert!(!task.contains("source:") && !task.contains("imported:"), "{task}");
    assert!(sandbox.read(".tracker/tasks/WH-1.md").contains("## Description\n\nWords."));
}

#[test]
fn a_plan_is_made_of_an_exported_checklist_with_the_tasks_that_are_here() {
    let sandbox = with_everything();
    sandbox.write("list.md", sandbox.tracker(&["export"]).stdout);
    for _ in 0..2 {
        let made = sandbox.tracker(&["plan", "new", "--from", "list.md"]);
        assert_eq!(made.status, 0, "{made}");
    }
    let plans = sandbox.tracker(&["plan", "list", "--json"]);
    let plans: serde_json::Value = serde_json::from_str(&plans.stdout).unwrap();
    assert_eq!(plans["result"]["plans"].as_array().unwrap().len(), 1, "{plans}");
    assert_eq!(sandbox.tracker(&["list", "--all", "--quiet"]).stdout.lines().count(), 7);
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
