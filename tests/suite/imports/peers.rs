//! What other trackers write themselves is imported: each is called as its users call it, where it is found. A test whose
//! program is not there says so; `TRACKER_PEERS`, folders of their programs, makes all of them required.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::empty;
use crate::support::Sandbox;

/// Returns a program of another tracker; none where it is not there.
fn peer(name: &str) -> Option<PathBuf> {
    let required = std::env::var_os("TRACKER_PEERS");
    let folders = [required.clone(), std::env::var_os("PATH")].into_iter().flatten();
    let mut folders = folders.flat_map(|folders| std::env::split_paths(&folders).collect::<Vec<_>>());
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()));
    assert!(found.is_some() || required.is_none(), "{name} is in none of TRACKER_PEERS and PATH");
    if found.is_none() {
        eprintln!("NOT TESTED: {name} is not installed, so what it writes was not imported");
    }
    found
}

/// Calls it in a folder, and returns what it printed.
fn call(program: &Path, folder: &Path, arguments: &[&str]) -> String {
    let home = folder.join("home-of-peers");
    std::fs::create_dir_all(&home).unwrap();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", &home)
        .env("CI", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Imports what a peer wrote, once more without a change, and returns the tasks in their order.
fn imported(sandbox: &Sandbox, path: &str) -> Vec<serde_json::Value> {
    let output = sandbox.tracker(&["import", path, "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(answer["exit"], 0, "{output}");
    assert_eq!(answer["problems"].as_array().map(Vec::len).unwrap_or_default(), 0, "{output}");
    let again = sandbox.tracker(&["import", path]);
    assert!(again.stdout.ends_with("0 files written\n"), "{again}");
    answer["result"]["tasks"].as_array().unwrap().clone()
}

/// Returns a task as the tracker has it.
fn task(sandbox: &Sandbox, title: &str) -> serde_json::Value {
    let output = sandbox.tracker(&["export", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let tasks = all["result"]["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["title"] == title).unwrap_or_else(|| panic!("{title}: {output}")).clone()
}

#[test]
fn backlog_md() {
    let Some(backlog) = peer("backlog") else { return };
    let sandbox = empty();
    let call = |arguments: &[&str]| call(&backlog, &sandbox.path(), arguments);
    call(&["init", "Demo", "--defaults"]);
    let schema =
        ["task", "create", "Schema of orders", "-d", "All tables", "--ac", "loads", "--ac", "rolls back"];
    call(&[&schema[..], &["--priority", "high", "-l", "db,core", "-a", "@ada"]].concat());
    call(&["task", "create", "Loader", "--dep", "task-1", "-s", "In Progress"]);
    call(&["task", "create", "Part of the loader", "-p", "2"]);
    call(&["task", "edit", "1", "-s", "Done", "--check-ac", "1", "--notes", "It took long"]);
    assert_eq!(imported(&sandbox, "backlog").len(), 3);
    let schema = task(&sandbox, "Schema of orders");
    assert_eq!((&schema["status"], &schema["priority"]), (&"completed".into(), &"high".into()), "{schema}");
    assert_eq!(schema["tags"], serde_json::json!(["db", "core"]));
    let ticks: Vec<bool> =
        schema["checkboxes"].as_array().unwrap().iter().map(|own| own["done"] == true).collect();
    assert_eq!(ticks, [true, false], "{schema}");
    let body = schema["body"].as_str().unwrap();
    assert!(body.contains("All tables") && body.contains("It took long"), "{body}");
    let loader = task(&sandbox, "Loader");
    assert_eq!((&loader["depends_on"][0], &loader["status"]), (&"TASK-1".into(), &"in_progress".into()));
    assert_eq!(task(&sandbox, "Part of the loader")["parent"], loader["id"]);
    // A task that its tracker puts away is still the same task.
    call(&["task", "archive", "2.1"]);
    assert_eq!(sandbox.tracker(&["import", "backlog", "--quiet"]).status, 0);
    assert_eq!(sandbox.tracker(&["list", "--all", "--quiet"]).stdout.lines().count(), 3);
}

#[test]
fn task_master() {
    let Some(task_master) = peer("task-master") else { return };
    let sandbox = empty();
    let call = |arguments: &[&str]| call(&task_master, &sandbox.path(), arguments);
    call(&["init", "-y"]);
    sandbox.write(".taskmaster/tasks/tasks.json", "{\"master\": {\"tasks\": [], \"metadata\": {}}}\n");
    call(&["add-task", "--title", "Schema", "--description", "All tables", "--priority", "high"]);
    call(&["add-task", "--title", "Loader", "--description", "Reads files", "--dependencies", "1"]);
    call(&["add-subtask", "--parent=2", "--title", "Parse", "--description", "of lines"]);
    call(&["set-status", "--id=1", "--status=done"]);
    assert_eq!(imported(&sandbox, ".taskmaster/tasks/tasks.json").len(), 3);
    let schema = task(&sandbox, "Schema");
    assert_eq!((&schema["status"], &schema["priority"]), (&"completed".into(), &"high".into()), "{schema}");
    let loader = task(&sandbox, "Loader");
    assert_eq!(loader["depends_on"][0], schema["id"]);
    assert_eq!(task(&sandbox, "Parse")["parent"], loader["id"]);
}

#[test]
fn openspec() {
    let Some(openspec) = peer("openspec") else { return };
    let sandbox = empty();
    let call = |arguments: &[&str]| call(&openspec, &sandbox.path(), arguments);
    call(&["init", "--tools", "none"]);
    call(&["new", "change", "add-search"]);
    let path = "openspec/changes/add-search/tasks.md";
    sandbox.write(
        path,
        "## 1. Index\n\n- [ ] 1.1 Build it\n- [x] 1.2 Keep it\n- [ x] 1.3 Test it\n- [] 1.4 Ship it\n- [X ] 1.5 Tell of \
         it\n- [-] 1.6 Drop it\n\n## 2. Pages\n\n- [ ] 2.1 Draw them\n",
    );
    let listed: serde_json::Value = serde_json::from_str(&call(&["list", "--json"])).unwrap();
    let own = imported(&sandbox, path);
    let done = own.iter().filter(|task| task["status"] == "completed").count();
    assert_eq!(listed["changes"][0]["totalTasks"], own.len(), "{listed}");
    assert_eq!(listed["changes"][0]["completedTasks"], done, "{listed}");
}

#[test]
fn taskwarrior() {
    let Some(taskwarrior) = peer("task") else { return };
    let sandbox = empty();
    sandbox.write("taskrc", "data.location=taskdata\nconfirmation=off\nuda.estimate.type=string\n");
    let call =
        |arguments: &[&str]| call(&taskwarrior, &sandbox.path(), &[&["rc:taskrc"][..], arguments].concat());
    call(&["add", "Schema", "project:db", "priority:H", "+core", "due:2030-01-02"]);
    call(&["add", "Loader", "depends:1"]);
    call(&["1", "annotate", "it took long"]);
    call(&["add", "Never"]);
    call(&["3", "delete"]);
    call(&["2", "start"]);
    sandbox.write("tasks.json", call(&["export"]));
    let output = sandbox.tracker(&["import", "tasks.json", "--quiet"]);
    assert_eq!(output.status, 0, "{output}");
    let schema = task(&sandbox, "Schema");
    assert_eq!((&schema["priority"], &schema["area"]), (&"high".into(), &"db".into()), "{schema}");
    assert_eq!((&schema["due"], &schema["tags"][0]), (&"2030-01-02".into(), &"core".into()), "{schema}");
    assert!(schema["body"].as_str().unwrap().contains("it took long"), "{schema}");
    let loader = task(&sandbox, "Loader");
    assert_eq!((&loader["depends_on"][0], &loader["stage"]), (&schema["id"], &"dev".into()), "{loader}");
    assert_eq!(task(&sandbox, "Never")["status"], "cancelled");
    // Done there meanwhile, and exported again.
    call(&["1", "done"]);
    sandbox.write("tasks.json", call(&["export"]));
    let again = sandbox.tracker(&["import", "tasks.json"]);
    assert!(again.stderr.contains("done in their source, open here"), "{again}");
}
