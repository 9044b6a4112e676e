//! What a program, a merge or a signal does to synchronising at its edges, end to end.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::program::{TODO_TXT, has_python, remote, scripted, with_remote, world};

#[test]
fn the_examples_keep_what_they_cannot_write_as_it_is() {
    if !has_python() {
        return;
    }
    let sandbox = world("id,title\n1,A\n,No id\n", &["--filter", "is:open"]);
    sandbox.write("todo_txt.py", TODO_TXT);
    sandbox.write("todo.txt", "(F) No id\n");
    let todo = ["sync", "add", "todo", "--command", "python3 todo_txt.py todo.txt", "--filter", "is:open"];
    assert_eq!(sandbox.tracker(&todo).status, 0);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Set up"]);

    // What may not be written gets no id, and what has none is no item: it would be another one after an edit.
    let pulled = sandbox.tracker(&["sync", "csv", "--pull"]);
    let unnamed = "an item has no id there, and is not taken: `No id`";
    assert!(pulled.stderr.contains(unnamed) && !pulled.stdout.contains("No id"), "{pulled}");
    let dry = sandbox.tracker(&["sync", "todo", "--dry-run"]);
    assert!(dry.stderr.contains(unnamed), "{dry}");
    assert_eq!(sandbox.git(&["status", "--short", "tasks.csv*", "todo.txt*"]), "", "no lock is left either");

    // Labels, an area, a title and a text that the formats have no room for come back as they were.
    let long = "word word word word\n".repeat(9000);
    assert_eq!(sandbox.tracker(&["new", "Two  spaces, x", "--id", "TASK-0DD1"]).status, 0);
    let task = sandbox.read(".tracker/tasks/TASK-0DD1.md");
    let task =
        task.replacen("\nstage:", "\ntags: [needs review, 'a, b', 'c\\d', e_f]\narea: front end\nstage:", 1);
    sandbox.write(".tracker/tasks/TASK-0DD1.md", format!("{task}{long}"));
    for remote in ["csv", "todo", "csv", "todo"] {
        let output = sandbox.tracker(&["sync", remote]);
        assert_eq!(output.status, 0, "{output}");
    }
    let after = sandbox.read(".tracker/tasks/TASK-0DD1.md");
    assert!(after.starts_with(&task), "{task}\n{}", &after[..400]);
    for remote in ["csv", "todo"] {
        assert_eq!(sandbox.tracker(&["sync", remote]).stderr, format!("{remote}: nothing to do\n"));
    }
    assert!(sandbox.read("todo.txt").contains("(F) No id id:"), "an unknown priority stays");
    let rows = sandbox.read("tasks.csv").replacen("\n1,", "\n5,Put above,,,,,,,,,,\n1,", 1);
    sandbox.write("tasks.csv", rows);
    assert_eq!(sandbox.tracker(&["sync", "csv", "--pull"]).status, 0);
    let listed = sandbox.tracker(&["list", "--fields", "title"]).stdout;
    // One of the table, and one of the list.
    assert_eq!((listed.matches("No id").count(), listed.matches("Put above").count()), (2, 1), "{listed}");
}

#[test]
fn a_link_in_the_middle_of_a_merge_is_named_and_left_alone() {
    let sandbox = scripted(&[r#"{"id":"1","key":"TASK-0NE1","version":"1","fields":{"title":"A"}}"#], &[]);
    assert_eq!(sandbox.tracker(&["new", "A", "--id", "TASK-0NE1"]).status, 0);
    assert_eq!(sandbox.tracker(&["sync", "--pull"]).status, 0);
    let path = ".tracker/sync/forge/TASK-0NE1.yaml";
    let link = sandbox.read(path);
    for (name, version) in [("base", "0"), ("ours", "2"), ("theirs", "3")] {
        sandbox.write(name, link.replace("version: '1'", &format!("version: '{version}'")));
    }
    let merged = sandbox.tracker(&["merge-driver", "base", "ours", "theirs", "7", path]);
    assert_eq!((merged.status, sandbox.read("ours")), (0, link.replace("version: '1'\n", "")), "{merged}");
    let broken = link.replace("id: '1'\n", "<<<<<<< ours\nid: '1'\n=======\nid: '2'\n>>>>>>> theirs\n");
    sandbox.write(path, &broken);
    assert_eq!(sandbox.tracker(&["set", "TASK-0NE1", "title=B"]).status, 0);
    let output = sandbox.tracker(&["sync"]);
    assert!(output.stderr.contains(&format!("{path}:2")), "{output}");
    let resolved = sandbox.tracker(&["sync", "resolve", "forge", "0ne1", "--ours"]);
    assert!(resolved.status != 0 && resolved.stderr.contains(&format!("{path}:2")), "{resolved}");
    assert_eq!(sandbox.read(path), broken);
}

#[test]
fn a_signal_that_ends_a_run_ends_its_program() {
    let sandbox = with_remote();
    remote(&sandbox, "echo $$ >../pid.new; mv ../pid.new ../pid; sleep 600");
    let mut process = sandbox.tracker_command(&["sync"]).stderr(Stdio::null()).spawn().unwrap();
    let file = sandbox.root().join("pid");
    let wait = |is_done: &dyn Fn() -> bool| {
        (0..600).any(|_| {
            is_done() || {
                std::thread::park_timeout(Duration::from_millis(50));
                false
            }
        })
    };
    assert!(wait(&|| file.exists()), "the program has begun");
    let pid = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert_eq!(process.wait().unwrap().signal(), Some(15));
    let is_gone =
        || !Command::new("kill").args(["-0", &pid]).stderr(Stdio::null()).status().unwrap().success();
    assert!(wait(&is_gone), "it goes on: {pid}");
}
