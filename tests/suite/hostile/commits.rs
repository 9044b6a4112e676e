//! The same in a commit, read with `--at`.

use std::fs;

use super::documents::{documents, hold_to_fate};
use super::places::PLACES;
use super::{ALL_AT_ONCE, HostileTracker};
use crate::watchdog::watch_within;

#[test]
fn a_commit_bears_all_of_it_as_well() {
    let (hostile, named) = documents(5);
    let root = hostile.sandbox.path().join(".tracker");
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
    let sandbox = &hostile.sandbox;
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
        hostile.read_all(id, &["--at", "HEAD"]);
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
        hostile.read_all("TASK-GOOD", &["--at", "HEAD"]);
        assert!(hostile.run(&["list", "--at", "HEAD"]).status != Some(0));
    }
    hostile.nothing_outside_changed();
}

/// Writes a tree as it is, however wrong, and returns its id. Each entry is a mode, a name and an object's id.
fn tree(hostile: &HostileTracker, entries: &[(&str, &[u8], &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend([mode.as_bytes(), b" ", name, b"\0"].concat());
        bytes.extend((0..40).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
    }
    hostile.sandbox.write(".git/object", bytes);
    hostile.sandbox.git(&["hash-object", "-t", "tree", "--literally", "-w", ".git/object"])
}

fn commit(hostile: &HostileTracker, tracker: &str) -> String {
    let root = tree(hostile, &[("40000", b".tracker", tracker)]);
    hostile.sandbox.git(&["commit-tree", &root, "-m", "made by hand"])
}

#[test]
fn trees_that_git_would_not_make_are_borne() {
    let hostile = HostileTracker::new();
    let good = hostile.sandbox.git(&["hash-object", "-w", ".tracker/tasks/TASK-GOOD.md"]);
    let missing = "01".repeat(20);
    let tasks = tree(
        &hostile,
        &[
            ("100644", b"TASK-GOOD.md", &good),
            ("100644", b"..", &good),
            ("100644", b"../../../outside/new.md", &good),
            ("100644", b"TASK-1.md", &good),
            ("100644", b"TASK-1.md", &good),
            ("100644", b"", &good),
            ("100644", b"\x1b[2J.md", &good),
            ("100644", b"\xff.md", &good),
            ("777777", b"TASK-MODE.md", &good),
            ("100644", b"TASK-MISSING.md", &missing),
        ],
    );
    let mut deep = tree(&hostile, &[("100644", b"x", &good)]);
    for _ in 0..100 {
        deep = tree(&hostile, &[("40000", b"a", &deep)]);
    }
    let both = [
        ("40000", b"deep".as_slice(), deep.as_str()),
        ("100644", b"tasks", &good),
        ("40000", b"tasks", &tasks),
    ];
    let id = commit(&hostile, &tree(&hostile, &both));
    let listed = hostile.run(&["list", "--at", &id]);
    listed.exits(1).complains_of("TASK-1.md").complains_of("TASK-MISSING.md").complains_of("TASK-MODE.md");
    assert!(listed.stdout.contains("TASK-GOOD"), "{listed}");
    hostile.read_all("TASK-GOOD", &["--at", &id]);
    hostile.nothing_outside_changed();
}

#[test]
fn trees_with_billions_of_paths_are_refused() {
    let hostile = HostileTracker::new();
    let good = hostile.sandbox.git(&["hash-object", "-w", ".tracker/tasks/TASK-GOOD.md"]);
    let names: Vec<Vec<u8>> = (0..10).map(|n| format!("n{n}").into_bytes()).collect();
    let ten = |mode, id: &str| {
        tree(&hostile, &names.iter().map(|name| (mode, name.as_slice(), id)).collect::<Vec<_>>())
    };
    let bomb = (0..9).fold(ten("100644", &good), |below, _| ten("40000", &below));
    let id = commit(&hostile, &bomb);
    hostile.run(&["list", "--at", &id]).exits(2).complains_of("more than 1000000");
}
