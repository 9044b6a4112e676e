//! The files that hold nothing of their own: damaged, they are made again.

use std::fs;

use super::places::make_pipe;
use super::{HostileTracker, task};

#[test]
fn damaged_local_files_are_made_again() {
    let hostile = HostileTracker::new();
    let local = hostile.sandbox.path().join(".git/tracker");
    for n in 0..40 {
        hostile.sandbox.write(format!(".tracker/tasks/T-{n}.md"), task(&format!("T-{n}"), "", ""));
    }
    hostile.sandbox.git(&["add", "."]);
    hostile.sandbox.git(&["commit", "--quiet", "--message", "tasks"]);
    let expected = hostile.run(&["list"]).stdout;
    hostile.run(&["start", "TASK-GOOD"]).exits(0);
    hostile.run(&["set-stage", "TASK-GOOD", "none"]).exits(0);
    hostile.run(&["new", "a"]).exits(0);
    let count = hostile.run(&["list"]).stdout.lines().count();
    assert_eq!(count, expected.lines().count() + 1);
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..6 {
        for name in ["index", "ids", "active", "lock"] {
            let path = local.join(name);
            let mut bytes = fs::read(&path).unwrap_or_default();
            match round {
                0 => bytes = (0..5_000).map(|_| random.u8(..)).collect(),
                1 => bytes.truncate(bytes.len() / 2),
                2 => bytes.clear(),
                3 => bytes.extend([0; 100]),
                _ => bytes.iter_mut().for_each(|byte| *byte ^= u8::from(random.u8(..) > 250)),
            }
            fs::write(&path, bytes).unwrap();
        }
        let listed = hostile.run(&["list"]);
        listed.exits(0);
        assert_eq!(listed.stdout.lines().count(), count);
        assert!(!listed.stderr.contains("error:") && !listed.stderr.contains("warning:"), "{listed}");
        hostile.run(&["show"]);
        hostile.run(&["set", "TASK-GOOD", &format!("estimate={}m", round + 1)]).exits(0);
        let id = hostile.run(&["new", "b", "--quiet"]).stdout;
        fs::remove_file(hostile.sandbox.path().join(format!(".tracker/tasks/{}.md", id.trim()))).unwrap();
    }
}

#[test]
fn no_command_waits_for_a_pipe_in_the_place_of_a_local_file() {
    let hostile = HostileTracker::new();
    let local = hostile.sandbox.path().join(".git/tracker");
    hostile.sandbox.git(&["add", "."]);
    hostile.sandbox.git(&["commit", "--quiet", "--message", "TASK-GOOD: tasks"]);
    for name in ["index", "ids", "links", "active", "edit/TASK-GOOD.md"] {
        fs::create_dir_all(local.join("edit")).unwrap();
        make_pipe(&local.join(name));
        for words in [
            &["list"][..],
            &["show", "TASK-GOOD"],
            &["log", "TASK-GOOD"],
            &["start", "TASK-GOOD"],
            &["new", "another"],
        ] {
            hostile.run(words).exits(0);
        }
        hostile.run(&["edit", "TASK-GOOD"]);
    }
    make_pipe(&local.join("lock"));
    hostile.run(&["list"]).exits(0);
    hostile.run(&["set", "TASK-GOOD", "estimate=1h"]).exits(2).complains_of("it is not a regular file");
}

#[test]
fn no_command_waits_for_a_pipe_that_it_is_given_as_a_file() {
    let hostile = HostileTracker::new();
    make_pipe(&hostile.sandbox.path().join("pipe"));
    for words in [
        &["findings", "import", "pipe", "--task", "TASK-GOOD", "--as", "reviewer"][..],
        &["import", "cards", "pipe"],
        &["new", "--batch", "pipe"],
    ] {
        hostile.run(words).exits(2).complains_of("cannot read `pipe`: it is not a regular file");
    }
    // What a shell opens is read: `findings import <(scanner)`.
    hostile.run(&["new", "--batch", "/dev/stdin"]).complains_of("there is no task in it");
}
