//! What the shell of our hooks finds out by itself, before it starts the tracker.

use std::fs;

use super::{World, executable, install_all};

/// The hooks that started the tracker for a commit with this message.
fn runs_tracker(world: &World, message: &str) -> Vec<String> {
    let done = world.commit_saying(message);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{message}");
    let names = |line: &str| line.split(' ').nth(2).unwrap().to_owned();
    world.log().lines().map(names).collect()
}

fn world() -> World {
    let world = World::new();
    world.set_active(false);
    install_all(&world.files());
    world
}

#[test]
fn a_message_without_directives_starts_one_program() {
    let world = world();
    for message in
        ["Next", "feat: next\n\nWhy: because\nSee: https://example.com", "x\n\n  Task: TASK-1", "grüße"]
    {
        assert_eq!(runs_tracker(&world, message), ["post-commit"], "{message}");
    }
    // The same where a hook was there before, with an interpreter that stops at every doubt.
    for name in ["prepare-commit-msg", "commit-msg", "post-commit"] {
        executable(&world.hook(name), "#!/usr/bin/env bash\nset -euo pipefail\nexit 0\n");
    }
    install_all(&world.files());
    assert_eq!(runs_tracker(&world, "Next"), ["post-commit"]);
}

#[test]
fn every_directive_runs_the_tracker() {
    let world = world();
    for word in tracker::policy::DIRECTIVE_WORDS {
        let capital = format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]);
        for word in [word, &capital, &word.to_ascii_uppercase()] {
            for ending in ["", "\r", "\nmore"] {
                let runs_tracker = runs_tracker(&world, &format!("x\n\n{word}: TASK-1{ending}"));
                assert_eq!(runs_tracker, ["commit-msg", "post-commit"], "{word}{ending:?}");
            }
        }
    }
}

#[test]
fn in_doubt_the_tracker_runs() {
    let world = world();
    let long = "line\n".repeat(50);
    for message in [long.as_str(), "x\n\n#1 is not a comment here", "x\n\nTask: ../tasks/TASK-1"] {
        assert_eq!(runs_tracker(&world, message), ["commit-msg", "post-commit"], "{message}");
    }
}

#[test]
fn a_link_to_a_task_that_is_there_is_granted() {
    let world = world();
    world.sandbox.write(".tracker/tasks/TASK-1.md", "");
    set_policy_read(&world, 1);
    assert_eq!(runs_tracker(&world, "x\n\nTask: TASK-1"), ["post-commit"]);
    assert_eq!(runs_tracker(&world, "x\n\nTask: TASK-2"), ["commit-msg", "post-commit"]);
    fs::create_dir(world.sandbox.path().join("sub")).unwrap();
    let args = ["commit", "--quiet", "--allow-empty", "--message", "x\n\nTask: TASK-1"];
    assert_eq!(world.git_with("sub", &args, true).status, 0);
    assert_eq!(world.log().lines().count(), 1);
}

/// Says when the configuration was last found readable, in seconds after it was last changed.
fn set_policy_read(world: &World, seconds_after: u64) {
    world.sandbox.write(".tracker/config.toml", "");
    let mark = world.sandbox.path().join(".git/tracker/policy-read");
    let changed = world.sandbox.path().join(".tracker/config.toml").metadata().unwrap().modified().unwrap();
    let file = fs::File::create(mark).unwrap();
    file.set_modified(changed + std::time::Duration::from_secs(seconds_after)).unwrap();
}

#[test]
fn a_changed_configuration_runs_the_tracker() {
    let world = world();
    fs::create_dir(world.sandbox.path().join(".tracker")).unwrap();
    assert_eq!(runs_tracker(&world, "missing"), ["commit-msg", "post-commit"]);
    set_policy_read(&world, 0);
    assert_eq!(runs_tracker(&world, "changed"), ["commit-msg", "post-commit"]);
    set_policy_read(&world, 1);
    assert_eq!(runs_tracker(&world, "read"), ["post-commit"]);
    fs::remove_file(world.sandbox.path().join(".tracker/config.toml")).unwrap();
    assert_eq!(runs_tracker(&world, "gone"), ["commit-msg", "post-commit"]);
}

#[test]
fn an_active_task_or_a_branch_of_two_words_may_give_a_link() {
    let world = world();
    world.set_active(true);
    assert_eq!(runs_tracker(&world, "x"), ["prepare-commit-msg", "post-commit"]);
    world.set_active(false);
    world.git(&["checkout", "--quiet", "-b", "task-1"]);
    assert_eq!(runs_tracker(&world, "x"), ["prepare-commit-msg", "post-commit"]);
    world.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(runs_tracker(&world, "x"), ["post-commit"]);
}
