//! The same in a commit, read with `--at`.

use std::fs;

use super::ALL_AT_ONCE;
use super::documents::{documents, hold_to_fate};
use super::places::PLACES;
use crate::watchdog::watch_within;

#[test]
fn a_commit_bears_all_of_it_as_well() {
    let (ordeal, named) = documents(5);
    let root = ordeal.sandbox.path().join(".tracker");
    for (name, _, plant) in PLACES {
        let is_rest = [
            "a task is a link out",
            "a task of 100 MB",
            "notes that are no notes",
            "strange file names",
            "own files are links",
        ];
        if is_rest.contains(name) {
            plant(&root);
            fs::rename(root.join("tasks/TASK-1.md"), root.join(format!("tasks/P-{}.md", name.len()))).ok();
        }
    }
    fs::File::options().write(true).open(root.join("tasks/P-16.md")).unwrap().set_len(5_000_000).unwrap();
    fs::remove_file(root.join("notes/TASK-GOOD/g.md")).unwrap();
    let sandbox = &ordeal.sandbox;
    sandbox.git(&["add", "--force", "."]);
    let commit = "0123456789012345678901234567890123456789";
    sandbox.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},.tracker/tasks/SUB-1.md"),
    ]);
    sandbox.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},.tracker/notes/TASK-GOOD/s.md"),
    ]);
    sandbox.git(&["commit", "--quiet", "--message", "hostile"]);
    let words = ["list", "-a", "--format", "json", "--at", "HEAD"];
    let listed = watch_within(&mut sandbox.tracker_command(&words), ALL_AT_ONCE);
    hold_to_fate(&listed, &named);
    for name in ["SUB-1", "P-16", "P-20"] {
        assert!(listed.stdout.contains(&format!(".tracker/tasks/{name}.md")), "{name}: {listed}");
    }
    for id in ["TASK-GOOD", "BAD-0", "SUB-1", "P-16", "P-20"] {
        ordeal.read_all(id, &["--at", "HEAD"]);
    }
    // The whole tracker as one odd entry.
    for (mode, object) in [("120000", "link"), ("100644", "file"), ("160000", "")] {
        sandbox.git(&["rm", "-r", "--quiet", "--cached", "--force", ".tracker"]);
        sandbox.write(".git/object", object);
        let id = if object.is_empty() {
            commit.to_owned()
        } else {
            sandbox.git(&["hash-object", "-w", ".git/object"])
        };
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("{mode},{id},.tracker")]);
        sandbox.git(&["commit", "--quiet", "--message", "odd"]);
        ordeal.read_all("TASK-GOOD", &["--at", "HEAD"]);
        assert!(ordeal.run(&["list", "--at", "HEAD"]).status != Some(0));
    }
    ordeal.nothing_outside_changed();
}
