//! Synchronisation with a program that speaks JSON lines, end to end: the CSV file that comes as an example, and small scripts.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Sandbox;

const CSV: &str = include_str!("../../../templates/sync/csv_tasks.py");
pub(super) const TODO_TXT: &str = include_str!("../../../templates/sync/todo_txt.py");

/// Whether the examples can be run here.
pub(crate) fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("LEFT OUT: the examples of programs for `tracker sync`: no python3 here");
    }
    found
}

/// Returns the first id in what was printed.
fn first_id(text: &str) -> String {
    text.split_whitespace().find(|word| word.starts_with("TASK-")).unwrap().to_owned()
}

/// Makes a tracker and a CSV file beside it.
pub(crate) fn world(rows: &str, options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write("csv_tasks.py", CSV);
    sandbox.write("tasks.csv", rows);
    let add = ["sync", "add", "csv", "--command", "python3 csv_tasks.py tasks.csv"];
    let added = sandbox.tracker(&[&add[..], options].concat());
    assert_eq!(added.status, 0, "{added}");
    sandbox
}

const ROWS: &str = "\
id,title,status,priority,labels,owner
1,Add dark mode,pending,medium,\"ui, theme\",Sam
2,Old news,completed,low,,Sam
";

#[test]
fn what_one_row_may_not_change_keeps_no_other_back() {
    if !has_python() {
        return;
    }
    let sandbox = world("id,title,status,type,sprint,due\n1,One,pending,,,\n2,Two,pending,,,\n", &[]);
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n[types.docs]\nstages = [\"dev\"]\n"));
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let listed = sandbox.tracker(&["list", "--fields", "id,title"]).stdout;
    let id_of = |title: &str| first_id(listed.lines().find(|line| line.contains(title)).unwrap());
    assert_eq!(sandbox.tracker(&["start", &id_of("One")]).status, 0);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let rows = "id,title,status,type,sprint,due\n1,One,in_progress,docs,,\n2,Two too,pending,,,tomorrow\n";
    let keys = sandbox.read("tasks.csv");
    let key = |row: usize| {
        keys.lines().nth(row).unwrap().split(',').find(|cell| cell.starts_with("TASK-")).unwrap()
    };
    let rows = rows.lines().enumerate().map(|(at, line)| match at {
        0 => format!("{line},key\n"),
        row => format!("{line},{}\n", key(row)),
    });
    sandbox.write("tasks.csv", rows.collect::<String>());
    let output = sandbox.tracker(&["sync"]);
    assert!(output.stdout.contains("title from csv"), "{output}");
    for says in ["does not become a docs, which has other stages", "`tomorrow` is no date"] {
        assert!(output.to_string().contains(says), "{says}: {output}");
    }
    let shown = sandbox.tracker(&["list", "--fields", "id,title,type,due"]).stdout;
    assert!(shown.contains("Two too") && !shown.contains("docs"), "{shown}");
}

#[test]
fn two_new_rows_whose_ids_meet_are_two_tasks() {
    if !has_python() {
        return;
    }
    // The digests of these two sources begin alike.
    let sandbox = world("id,title,status\n27924,One,pending\n42106,Other,pending\n7,Third,pending\n", &[]);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let listed = sandbox.tracker(&["list", "--fields", "id,title"]).stdout;
    assert!(["One", "Other", "Third"].iter().all(|title| listed.contains(title)), "{listed}");
    assert!(sandbox.tracker(&["sync"]).stderr.contains("nothing to do"));
}

#[test]
fn a_closed_sprint_there_keeps_no_other_row_back() {
    if !has_python() {
        return;
    }
    let sandbox = world("id,title,status\n1,One,pending\n", &[]);
    let commit = |message: &str| {
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--message", message]);
    };
    for words in [
        &["sprint", "new", "S1", "--starts", "2026-11-01", "--ends", "2026-11-10"][..],
        &["sprint", "start", "S1"],
    ] {
        let output = sandbox.tracker(words);
        assert_eq!(output.status, 0, "{output}");
        commit("Sprint");
    }
    let closed = sandbox.tracker(&["sprint", "close", "S1"]);
    assert_eq!(closed.status, 0, "{closed}");
    sandbox.write("tasks.csv", "id,title,status,sprint\n1,One,pending,S1\n2,Two,pending,\n");
    sandbox.write("csv_tasks.py", CSV.replace("\"area\",", "\"area\", \"sprint\","));
    let output = sandbox.tracker(&["sync"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(sandbox.tracker(&["list"]).stdout.contains("Two"), "{output}");
}

#[test]
fn a_tick_here_is_one_tick_in_its_section() {
    if !has_python() {
        return;
    }
    let sandbox = world("id,title,status,body\n1,One,pending,\"## Deliverables\n\n- [ ] code\"\n", &[]);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let id = first_id(&sandbox.tracker(&["list", "--fields", "id"]).stdout);
    assert_eq!(sandbox.tracker(&["tick", &id, "1"]).status, 0);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let rows = sandbox.read("tasks.csv");
    assert!(rows.contains("- [x] code"), "{rows}");
    let more = "- [x] code\n- [x] code\n\n## Acceptance criteria\n\n- [x] code";
    sandbox.write("tasks.csv", rows.replace("- [x] code", more));
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let task = sandbox.read(format!(".tracker/tasks/{id}.md"));
    let expected = "- [x] code\n- [ ] code\n\n## Acceptance criteria\n\n- [ ] code\n";
    assert!(task.contains(expected), "{task}");
    assert!(sandbox.tracker(&["sync"]).stderr.contains("nothing to do"));
}

#[test]
fn a_csv_file_and_the_tracker_agree() {
    if !has_python() {
        return;
    }
    let sandbox = world(ROWS, &["--filter", "is:open"]);
    assert_eq!(sandbox.tracker(&["new", "Export the board", "--tag", "board"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["sync", "--dry-run"]), @r"
    exit 0
    --- stdout
    new there  TASK-XZRQ    -  Export the board  matches `is:open`
    new here   TASK-GG6VSA  1  Add dark mode     pending there, and new
    skipped  2: it is completed there
    --- stderr
    csv: would change: 1 new here, 1 new there, 1 skipped
    ");
    assert!(!sandbox.read("tasks.csv").contains("Export"), "a dry run writes nothing");
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 0
    --- stdout
    new there  TASK-XZRQ    tf64bb2bf  Export the board  matches `is:open`
    new here   TASK-GG6VSA  1          Add dark mode     pending there, and new
    --- stderr
    csv: 1 new here, 1 new there, 1 skipped (2: it is completed there)
    ");
    assert_snapshot!(sandbox.read("tasks.csv"), @r#"
    id,title,status,priority,labels,owner,key,type,assignee,area,estimate,due,body
    1,Add dark mode,pending,medium,"ui, theme",Sam,TASK-GG6VSA,,,,,,
    2,Old news,completed,low,,Sam,,,,,,,
    tf64bb2bf,Export the board,pending,,board,,TASK-XZRQ,,,,,,
    "#);
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 0
    --- stderr
    csv: nothing to do, 1 skipped (2: it is completed there)
    ");
    let listed = sandbox.tracker(&["list", "tag:csv-sync", "--fields", "id,source,tags"]);
    assert_snapshot!(listed.stdout, @r"
    id           source  tags
    TASK-GG6VSA  csv:1   theme,ui,csv-sync
    ");

    // Both sides change different things of one task, and then the same.
    let id = first_id(&listed.stdout);
    let rows =
        sandbox.read("tasks.csv").replace("Add dark mode,pending,medium", "Add a dark mode,blocked,medium");
    sandbox.write("tasks.csv", rows);
    assert_eq!(sandbox.tracker(&["set", &id, "priority=high", "tags+=night"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["sync", "csv"]), @r"
    exit 0
    --- stdout
    changed  TASK-GG6VSA  1  Add dark mode  title, status from csv; priority, labels to csv
    --- stderr
    csv: 1 changed, 1 skipped (2: it is completed there)
    ");
    let rows = sandbox.read("tasks.csv").replace("Add a dark mode", "Add a night mode");
    sandbox.write("tasks.csv", rows);
    assert_eq!(sandbox.tracker(&["set", &id, "title=Dark mode"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 0
    --- stdout
    conflict  TASK-GG6VSA: both sides have changed title
    --- stderr
    csv: 1 to decide on, 1 skipped (2: it is completed there)
    tracker sync status csv shows what to decide
    ");
    assert_snapshot!(sandbox.tracker(&["sync", "status"]), @r"
    exit 0
    --- stdout
    csv  tracking 2 tasks · last run 1m, 0 changes
      ✗ TASK-GG6VSA title
          here   Dark mode
          there  Add a night mode
          tracker sync resolve csv TASK-GG6VSA title --ours, or --theirs
      TASK-GG6VSA  1
      TASK-XZRQ    tf64bb2bf
    ");
    assert_eq!(sandbox.tracker(&["sync", "resolve", "csv", &id, "title", "--ours"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 0
    --- stdout
    changed  TASK-GG6VSA  1  Dark mode  title to csv
    --- stderr
    csv: 1 changed, 1 skipped (2: it is completed there)
    ");
    assert!(sandbox.read("tasks.csv").contains("Dark mode,blocked,high"));
    assert_snapshot!(sandbox.tracker(&["sync", "log"]), @r"
    exit 0
    --- stdout
    2026-11-11 09:13  TASK-GG6VSA  title  there  Add a night mode -> Dark mode
    ");
    assert_snapshot!(sandbox.tracker(&["sync"]).stderr, @"csv: nothing to do, 1 skipped (2: it is completed there)");
    assert_eq!(sandbox.tracker(&["doctor"]).status, 0);
}

#[test]
fn a_file_that_is_gone_or_empty_deletes_nothing_in_silence() {
    if !has_python() {
        return;
    }
    let sandbox = world("id,title\n1,One\n2,Two\n", &[]);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let rows = sandbox.read("tasks.csv");
    sandbox.write("tasks.csv", "id,title\n3,Three\n");
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 1
    --- stdout
    gone      TASK-GG6VSA  1  One    the item is gone
    gone      TASK-XE0EE7  2  Two    the item is gone
    new here  TASK-RE1Y98  3  Three  pending there, and new
    --- stderr
    error: `csv` has 0 of 2 linked items: nothing is taken for deleted
      hint: is it the right file, database or repository? if they were deleted: tracker sync csv --yes
    csv: would change: 1 new here, 2 gone, 2 to decide on
    tracker sync status csv shows what to decide
    ");
    assert!(!sandbox.read("tasks.csv").contains("TASK"), "nothing is written on either side");
    std::fs::remove_file(sandbox.path().join("tasks.csv")).unwrap();
    let gone = sandbox.tracker(&["sync"]);
    assert!(gone.status == 1 && gone.stderr.contains("`csv` has 0 of 2 linked items"), "{gone}");
    sandbox.write("tasks.csv", rows);
    assert_eq!(sandbox.tracker(&["sync"]).stderr, "csv: nothing to do\n");
    sandbox.write("tasks.csv", "id,title\n");
    assert_snapshot!(sandbox.tracker(&["sync", "--yes"]), @r"
    exit 0
    --- stdout
    gone  TASK-GG6VSA  1  One  the item is gone
    gone  TASK-XE0EE7  2  Two  the item is gone
    --- stderr
    csv: 2 gone, 2 to decide on
    tracker sync status csv shows what to decide
    ");
}

#[test]
fn a_deleted_row_waits_for_a_person() {
    if !has_python() {
        return;
    }
    let sandbox = world(ROWS, &[]);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    sandbox.write("tasks.csv", "id,title\n");
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 0
    --- stdout
    gone  TASK-GG6VSA  1  Add dark mode  the item is gone
    --- stderr
    csv: 1 gone, 1 to decide on
    tracker sync status csv shows what to decide
    ");
    assert_snapshot!(sandbox.tracker(&["sync"]).stderr, @r"
    csv: 1 to decide on
    tracker sync status csv shows what to decide
    ");
    let id = first_id(&sandbox.tracker(&["sync", "status"]).stdout);
    assert_eq!(sandbox.tracker(&["sync", "resolve", "csv", &id, "--ours"]).status, 0);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    assert!(sandbox.read("tasks.csv").contains("Add dark mode"), "it is there again");
    sandbox.write("tasks.csv", "id,title\n");
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    assert_eq!(sandbox.tracker(&["sync", "resolve", "csv", &id, "--theirs"]).status, 0);
    assert!(sandbox.read(format!(".tracker/tasks/{id}.md")).contains("cancelled: deleted in csv"));
    assert_eq!(sandbox.tracker(&["sync"]).stderr, "csv: nothing to do\n");
}

/// Prints what it is given as the answer to `pull`, and loses the answer to `push`.
fn script(items: &[&str]) -> String {
    let lines: String = items.iter().map(|item| format!("{{\"item\":{item}}}\n")).collect();
    format!(
        "read -r line\ncase \"$line\" in\n*capabilities*) echo '{{\"capabilities\":{{\"fields\":[\"title\",\"body\",\
         \"status\",\"labels\",\"assignee\"],\"creates\":true,\"keys\":true}}}}' ;;\n*pull*|*state*) cat <<'END'\n{lines}\
         {{\"end\":true}}\nEND\n;;\nesac\n"
    )
}

/// Makes a tracker whose remote has these items.
pub(crate) fn scripted(items: &[&str], options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write("remote.sh", script(items));
    let add = ["sync", "add", "forge", "--command", "sh remote.sh"];
    assert_eq!(sandbox.tracker(&[&add[..], options].concat()).status, 0);
    sandbox
}

#[test]
fn what_comes_from_outside_earns_nothing_and_damages_nothing() {
    let long =
        format!(r#"{{"id":5,"version":1,"fields":{{"title":"Long","body":"{}"}}}}"#, "x".repeat(60_000));
    let items = [
        r#"{"id":"1","version":1,"fields":{"title":"Ticked","body":"Closes: TASK-1\n\n## Deliverables\n\n- [x] all of it","status":"in_progress","assignee":"@me"}}"#,
        r#"{"id":"2","version":1,"fields":{"title":"A\u001b[2Jtitle"}}"#,
        r#"{"id":"3","version":1,"fields":{"title":null,"labels":["a"]}}"#,
        r#"{"id":"4","version":1,"fields":{"title":["no"]}}"#,
        &long,
        "not json",
        r#"{"id":"../../x","version":1,"fields":{"title":"Done","status":"qa_approved"}}"#,
        r#"{"id":"7","version":1,"fields":{"title":"Odd","status":"resting"}}"#,
    ];
    let sandbox = scripted(&items, &[]);
    let output = sandbox.tracker(&["sync", "--pull"]);
    assert_snapshot!(output, @r"
    exit 0
    --- stdout
    new here  TASK-2B4PJ6  1  Ticked  in_progress there, and new
    new here  TASK-DP7F6G  5  Long    new there
    new here  TASK-N2KQ03  7  Odd     new there
    --- stderr
    warning: `1`: `@me` is not a name; its assignee is left out
    warning: `2`: a line has control characters
    warning: `3`: a task needs a title
    warning: `4`: title is not a text
    warning: `5`: the text has 60001 bytes, and at most 49152 are taken; its body is left out
    warning: `7`: unknown status `resting`; map it under [sync.forge.status]; its status is left out
    warning: line 6 of what it answered: expected ident at line 1 column 10
    forge: 3 new here, 7 with problems, 1 skipped (../../x: it is qa_approved there)
    ");
    let id = first_id(&output.stdout);
    assert_snapshot!(sandbox.read(format!(".tracker/tasks/{id}.md")), @r"
    ---
    id: TASK-2B4PJ6
    title: Ticked
    tags: [forge-sync]
    source: forge:1
    created: 2026-11-11
    stage: dev
    history:
      - {at: 2026-11-11T09:03:00Z, by: Ada Lovelace, from: none, to: dev, kind: import, why: imported as in progress in forge}
    ---

    Closes: TASK-1

    ## Deliverables

    - [ ] all of it
    ");
}

#[test]
fn a_program_that_stops_in_the_middle_changes_nothing() {
    let sandbox = scripted(&[r#"{"id":"1","version":1,"fields":{"title":"A"}}"#], &["--filter", "is:open"]);
    sandbox.write("remote.sh", script(&[]).replace("{\"end\":true}\n", ""));
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 2
    --- stderr
    error: `forge` cannot list items: it stopped in the middle: no `end` and no `page` came
      hint: nothing is lost: the next run goes on; tracker sync doctor shows what is wrong
    ");
    sandbox.write("remote.sh", "echo no such table >&2; exit 3\n");
    assert_snapshot!(sandbox.tracker(&["sync", "doctor"]), @r"
    exit 1
    --- stdout
    ✓ project: repo
    ✓ filter: is:open
    ✗ connection: `forge` cannot say what it can do: it ended with exit status: 3: no such table
        look at the command under [sync.forge]: tracker edit config
    ");
    // The answer to what was pushed is lost: the next run has to find out.
    sandbox.write("remote.sh", script(&[]));
    assert_eq!(sandbox.tracker(&["new", "A task"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 1
    --- stderr
    error: 1 of the changes got no answer
      hint: tracker sync forge finds out what has become of them
    forge: nothing to do
    ");
    let id = first_id(&sandbox.tracker(&["list"]).stdout);
    let item = format!(r#"{{"id":"9","key":"{id}","version":2,"fields":{{"title":"A better task"}}}}"#);
    sandbox.write("remote.sh", script(&[&item]));
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    assert!(sandbox.read(format!(".tracker/tasks/{id}.md")).contains("title: A better task"));
}

#[test]
fn many_changes_are_confirmed_first() {
    let items: Vec<String> =
        (0..21).map(|at| format!(r#"{{"id":{at},"version":1,"fields":{{"title":"Task {at}"}}}}"#)).collect();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let sandbox = scripted(&items, &[]);
    let output = sandbox.tracker(&["sync", "--format", "json"]);
    let json: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.status, &json["result"]["needs_yes"]), (1, &Value::Bool(true)));
    assert_snapshot!(json["problems"][0]["message"].as_str().unwrap(), @"21 creations and 0 updates: more than 20 or 40 are confirmed first");
    assert_eq!(sandbox.tracker(&["list"]).stdout, "");
    assert_eq!(sandbox.tracker(&["sync", "--pull", "--yes", "--quiet"]).status, 0);
    assert_eq!(sandbox.tracker(&["list", "--fields", "id"]).stdout.lines().count(), 22);
    assert_eq!(sandbox.tracker(&["sync", "--pull"]).stderr, "forge: nothing to do\n");
}

#[test]
fn remotes_are_added_removed_and_made_to_run_by_themselves() {
    let sandbox = scripted(&[], &["--policy", "newer", "--project", "Magnus"]);
    let config = sandbox.read(".tracker/config.toml");
    assert_snapshot!(&config[config.find("[sync").unwrap()..], @r#"
    [sync.forge]
    kind = "program"
    command = "sh remote.sh"
    project = "Magnus"
    policy = "newer"
    "#);
    let again = sandbox.tracker(&["sync", "add", "forge", "--command", "x"]);
    assert_snapshot!(again, @r"
    exit 2
    --- stderr
    error: `forge` is there already
      hint: tracker sync remove forge removes it; tracker edit config changes it
    ");
    for kind in ["--cron", "--systemd", "--schtasks"] {
        let printed = sandbox.tracker(&["sync", "install", kind]).stdout;
        assert!(printed.contains("sync forge"), "{printed}");
    }
    assert_snapshot!(sandbox.tracker(&["sync", "doctor"]), @r"
    exit 0
    --- stdout
    ✓ project: Magnus
    ✓ connection: it answers, and has title, status, assignee, labels, body
    ✓ writable: fields can be changed there
    ✓ new items can be created there
    ✓ 0 items in scope
    ✓ tracking 0 tasks
    ✓ 0 tasks wait for a person
    ✓ 0 unfinished changes
    ");
    assert_eq!(sandbox.tracker(&["sync", "remove", "forge"]).status, 0);
    assert!(!sandbox.read(".tracker/config.toml").contains("forge"));
    assert_snapshot!(sandbox.tracker(&["sync"]), @r"
    exit 2
    --- stderr
    error: there is no other tracker to synchronise with
      hint: add one: tracker sync add NAME --command 'python3 tools/sync.py'; see tracker help sync
    ");
}

#[test]
fn the_examples_do_what_synchronising_relies_on() {
    if !has_python() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("csv_tasks.py", CSV);
    sandbox.write("todo_txt.py", TODO_TXT);
    for program in ["python3 csv_tasks.py a.csv", "python3 todo_txt.py todo.txt"] {
        let output = sandbox.tracker(&["sync", "test", program, "--cases", "6"]);
        assert_eq!(output.status, 0, "{output}");
    }
    // One that ignores versions, and creates an item again.
    let broken = CSV
        .replace("if version_of(row) != request[\"version\"]", "if False")
        .replace("row = row or ", "row = ");
    sandbox.write("broken.py", broken);
    let output = sandbox.tracker(&["sync", "test", "python3 broken.py b.csv", "--cases", "1"]);
    assert_snapshot!(output, @r#"
    exit 1
    --- stdout
    ✗ create TEST-94E1893EEF38AEE20 again: the same key is a second item, `t3d4cd896` and `t297bd04b`
    ✗ update TEST-94E1893EEF38AEE20 on an old version: expected `changed` for an old version, got Written { id: "t3d4cd896", version: "8ed6c60ebadf7269" }
    ✗ state of TEST-94E1893EEF38AEE20: title is Text("plain 0"), expected Text("a, comma; and \"quotes\" 'too' 1")
    ✗ pull what was created: TEST-94E1893EEF38AEE20 is there 2 times
    --- stderr
    10 cases, 4 failed
    "#);
}

#[test]
fn a_branch_brings_no_command_of_its_own() {
    let sandbox = scripted(&[r#"{"id":"1","version":1,"fields":{"title":"A"}}"#], &[]);
    let commit = |message: &str| {
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--message", message]);
    };
    commit("Set up");
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", config.replace("sh remote.sh", "touch started; sh remote.sh"));
    commit("Another command");
    assert_eq!(sandbox.tracker(&["sync", "--pull"]).status, 0);
    assert!(!sandbox.path().join("started").exists());
    assert_eq!(sandbox.tracker(&["list"]).stdout.matches("TASK-").count(), 1);
}

#[test]
fn the_examples_leave_what_they_do_not_know() {
    if !has_python() {
        return;
    }
    let rows = "\u{feff}id;title;owner\n1;Fix it;Sam\n;Typed by hand;Ann\n1;The same id;Kim\n2;More cells;Sam;and one\n";
    let sandbox = world(rows, &["--filter", "is:open"]);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    let after = sandbox.read("tasks.csv");
    let is_kept = |row: &str| after.lines().any(|line| line.starts_with(row));
    assert!(after.starts_with("\u{feff}id;title;owner;") && !after.contains('\r'), "{after}");
    assert!(
        is_kept("1;Fix it;Sam;TASK-") && is_kept("1;The same id;Kim;;") && is_kept("2;More cells;Sam;"),
        "{after}"
    );
    assert!(after.contains(";Typed by hand;Ann;TASK-") && after.contains(";and one\n"), "{after}");
    assert_eq!(sandbox.tracker(&["sync"]).stderr, "csv: nothing to do\n");

    let before = "(A) 2026-11-01 Call mum +home +family\nx 2026-10-02 2026-10-01 Pay rent +flat\n\nWater it @home\nWater it @home\n";
    sandbox.write("todo_txt.py", TODO_TXT);
    sandbox.write("todo.txt", before);
    sandbox.tracker(&["sync", "add", "todo", "--command", "python3 todo_txt.py todo.txt"]);
    assert_eq!(sandbox.tracker(&["sync", "todo", "--pull"]).status, 0);
    assert_eq!(sandbox.tracker(&["sync", "todo"]).status, 0);
    let without_ids: String = sandbox
        .read("todo.txt")
        .lines()
        .map(|line| line.split(" id:").next().unwrap_or_default().to_owned() + "\n")
        .filter(|line| before.contains(line.as_str()))
        .collect();
    assert_eq!(without_ids, before);
}

/// Answers that it can create, and else what a script does.
pub(super) fn remote(sandbox: &Sandbox, script: &str) {
    let can = r#"{"capabilities":{"fields":["title","body"],"creates":true,"keys":true}}"#;
    let text = format!("read line\ncase $line in *capab*) echo '{can}';; *) {script};; esac\n");
    sandbox.write("../remote.sh", text);
}

pub(super) fn with_remote() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let add = ["sync", "add", "r", "--command", "sh ../remote.sh", "--filter", "is:open"];
    assert_eq!(sandbox.tracker(&add).status, 0);
    sandbox
}

#[test]
fn a_remote_that_never_ends_is_an_error_that_says_how() {
    let sandbox = with_remote();
    remote(&sandbox, r#"echo '{"page":"next"}'"#);
    let output = sandbox.tracker(&["sync"]);
    assert!(
        output.status == 2 && output.stderr.contains("the page `next` comes again and again"),
        "{output}"
    );
    remote(&sandbox, r"head -c 70000000 /dev/zero | tr '\0' a");
    let output = sandbox.tracker(&["sync"]);
    assert!(output.status == 2 && output.stderr.contains("it printed more than 67108864 bytes"), "{output}");
}

#[test]
fn what_is_not_taken_over_leaves_no_more_than_its_digest() {
    let sandbox = with_remote();
    let item = r#"{ printf '{"item":{"id":"1","version":"1","fields":{"title":"T","body":"'; head -c 2000000 /dev/zero | tr '\0' y; printf '"}}}\n{"end":true}\n'; }"#;
    let written = r#"echo '{"written":{"id":"1","version":"1"}}'"#;
    remote(&sandbox, &format!("case $line in *push*) {written};; *) {item};; esac"));
    let first = sandbox.tracker(&["sync", "--pull"]);
    assert!(
        first.stderr.contains("its body is left out") && first.stderr.contains("1 with problems"),
        "{first}"
    );
    let again = sandbox.tracker(&["sync", "--pull"]);
    assert_eq!(again.stderr, "r: nothing to do\n", "it was reported once");
    assert_eq!(sandbox.tracker(&["sync", "status"]).status, 0);
    assert_eq!(sandbox.tracker(&["doctor"]).status, 0);
}

#[test]
fn an_item_that_always_changes_is_a_problem() {
    let sandbox = with_remote();
    remote(&sandbox, r#"case $line in *push*) echo '{"changed":true}';; *) echo '{"end":true}';; esac"#);
    sandbox.tracker(&["new", "One"]);
    let output = sandbox.tracker(&["sync"]);
    assert!(
        output.stderr.contains("it changed there each time") && output.stderr.contains("1 with problems"),
        "{output}"
    );
}

#[test]
fn names_of_commands_and_filters_that_nobody_can_read_are_refused() {
    let sandbox = with_remote();
    for other in [["--repo", "o/n"], ["--table", "t"]] {
        let refused = sandbox.tracker(&[&["sync", "add", "p", "--command", "x"], &other[..]].concat());
        assert!(refused.status == 2 && refused.stderr.contains(other[0]), "{refused}");
        assert!(refused.stderr.contains("--command"), "{refused}");
    }
    let add = |name: &str, filter: &str| {
        sandbox.tracker(&["sync", "add", name, "--command", "x", "--filter", filter])
    };
    for name in ["status", "log", "resolve", "add", "remove", "doctor", "install", "test", "help"] {
        let refused = add(name, "is:open");
        assert!(refused.status == 2 && refused.stderr.contains("is a command"), "{refused}");
    }
    assert_eq!(add("other", "is:nonsense").status, 2);
    let config = sandbox.read(".tracker/config.toml").replace("is:open", "is:nonsense");
    sandbox.write(".tracker/config.toml", config);
    remote(&sandbox, "echo '{\"end\":true}'");
    let failed = sandbox.tracker(&["sync"]);
    assert!(failed.status == 2 && failed.stderr.contains("[sync.r] filter"), "{failed}");
    let found = sandbox.tracker(&["sync", "doctor"]);
    assert!(found.to_string().contains("filter: is:nonsense"), "{found}");
}

#[test]
fn a_program_that_a_branch_has_changed_is_not_started() {
    let sandbox = with_remote();
    let answers = "read line\ncase $line in *capab*) echo '{\"capabilities\":{\"fields\":[\"title\"]}}';; *) echo '{\"end\":true}';; esac\n";
    sandbox.write("tools/remote.sh", answers);
    sandbox.write("data.txt", "1\n");
    let config =
        sandbox.read(".tracker/config.toml").replace("sh ../remote.sh", "sh tools/remote.sh <data.txt");
    sandbox.write(".tracker/config.toml", config.replace("<data.txt", "data.txt"));
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Begin"]);
    assert_eq!(sandbox.tracker(&["sync"]).status, 0);
    sandbox.git(&["switch", "--quiet", "--create", "pull-request"]);
    sandbox.write("data.txt", "2\n");
    assert_eq!(sandbox.tracker(&["sync"]).status, 0, "data may change");
    sandbox.write("tools/remote.sh", format!("touch ../begun\n{answers}"));
    sandbox.git(&["commit", "--quiet", "--all", "--message", "Tidy up"]);
    let refused = sandbox.tracker(&["sync"]);
    assert!(
        refused.status == 2 && refused.stderr.contains("`tools/remote.sh` is not as main has it"),
        "{refused}"
    );
    assert!(!sandbox.root().join("begun").exists());
}
