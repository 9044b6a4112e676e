//! The execution of a plan survives whatever kills it: the same command comes to the result of the undisturbed one, does no
//! task twice, and leaves nothing behind.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{CONFIG, Planned, nothing_is_left, states, status, tracker, world};
use crate::support::Sandbox;

const TASKS: [Planned<'_>; 5] = [
    ("T-1", "One", "", "out/T-1"),
    ("T-2", "Two", "T-1", "out/T-2"),
    ("T-3", "Three", "T-1", "out/T-3"),
    ("T-4", "Four", "T-2, T-3", "out/T-4"),
    ("T-5", "Five", "T-1", "out/T-5"),
];

/// Notes that it has begun and that it is done; T-3 fails at first, T-5 always.
const DO: &str = "#!/bin/sh
echo begun >>\"$HOME/$TRACKER_TASK\"
mkdir -p out; ls out >out/.seen; cat out/.seen >\"out/$TRACKER_TASK\"; rm out/.seen
sleep 0.02
case $TRACKER_TASK in
T-3) test -e \"$HOME/second\" || { : >\"$HOME/second\"; exit 1; } ;;
T-5) exit 3 ;;
esac
echo \"$TRACKER_TASK\" >\"out/$TRACKER_TASK\"
echo done >>\"$HOME/$TRACKER_TASK\"
";

/// Returns the tree that the plan's branch ends in, without what has times in it.
fn result(sandbox: &Sandbox) -> String {
    sandbox.git(&["ls-tree", "-r", "plan/PLAN-1", "out"])
}

fn prepared() -> Sandbox {
    let sandbox = world(CONFIG, DO, &TASKS);
    // As in a clone: changes of refs lock those that are packed.
    sandbox.git(&["pack-refs", "--all"]);
    sandbox
}

/// Goes on until the execution has ended, and looks whether all is as if nothing had been.
fn converges(sandbox: &Sandbox, expected: &str, context: &str) {
    let ran = tracker(sandbox, "plan execute PLAN-1 --jobs 2");
    assert_eq!(ran.status, 1, "{context}: {ran}");
    let ended = ["T-1 completed", "T-2 completed", "T-3 completed", "T-4 completed", "T-5 failed"];
    assert_eq!(states(&status(sandbox, "PLAN-1")), ended, "{context}: {ran}");
    assert_eq!(result(sandbox), expected, "{context}: {ran}");
    for task in ["T-1", "T-2", "T-3", "T-4"] {
        let noted = std::fs::read_to_string(sandbox.root().join("home").join(task)).unwrap();
        let merges = sandbox.git(&[
            "log",
            "--merges",
            "--format=%s",
            &format!("--grep=^Merge {task}:"),
            "plan/PLAN-1",
        ]);
        assert_eq!(merges.lines().count(), 1, "{context}: {merges}");
        // One that the log does not know the end of was killed with its driver and is begun again.
        assert!(noted.matches("done").count() == 1, "{context}: {task} was done again: {noted}");
        let moves = sandbox.git(&["show", &format!("plan/PLAN-1:.tracker/tasks/{task}.md")]);
        assert_eq!(moves.matches("- {at:").count(), 2, "{context}: {moves}");
    }
    let records = sandbox.git(&["log", "--format=%s", "--grep=is executed$", "plan/PLAN-1"]);
    assert_eq!(records.lines().count(), 1, "{context}: {records}");
    nothing_is_left(sandbox, "PLAN-1", &[]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{context}");
    sandbox.git(&["fsck", "--no-dangling"]);
}

fn undisturbed() -> String {
    let sandbox = prepared();
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1 --jobs 2").status, 1);
    let expected = result(&sandbox);
    assert_eq!(expected.lines().count(), 4, "{expected}");
    converges(&sandbox, &expected, "executed again");
    expected
}

/// Kills N drivers at random moments, with what they have started or alone.
pub(crate) fn random_kills(kills: u64, seed: u64) {
    const LANES: u64 = 2;
    let expected = undisturbed();
    std::thread::scope(|scope| {
        for lane in 0..LANES.min(kills) {
            let expected = &expected;
            scope.spawn(move || {
                let seeds = (lane..kills).step_by(usize::try_from(LANES).unwrap());
                for seed in seeds.map(|index| seed.wrapping_add(index)) {
                    let mut random = fastrand::Rng::with_seed(seed);
                    let sandbox = prepared();
                    for _ in 0..random.u32(1..4) {
                        let mut command =
                            sandbox.tracker_command(&["plan", "execute", "PLAN-1", "--jobs", "2"]);
                        let command =
                            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                        let mut child = command.spawn().unwrap();
                        std::thread::sleep(Duration::from_micros(random.u64(5_000..1_500_000)));
                        let _ = kill_process(Pid::from_child(&child), Signal::KILL);
                        child.wait().unwrap();
                    }
                    converges(&sandbox, expected, &format!("seed {seed}"));
                }
            });
        }
    });
}

#[test]
fn drivers_that_are_killed_at_random_do_nothing_twice_and_leave_nothing() {
    random_kills(4, 11);
}

/// A driver is killed that has locked the refs which are packed.
#[cfg(debug_assertions)]
#[test]
fn a_lock_of_refs_that_it_was_killed_with_is_removed_and_one_of_others_is_named() {
    let sandbox = prepared();
    let lock = sandbox.path().join(".git/packed-refs.lock");
    std::fs::write(&lock, "").unwrap();
    let refused = tracker(&sandbox, "plan execute PLAN-1 --jobs 2");
    assert_eq!(refused.status, 2, "{refused}");
    assert!(refused.stderr.contains(&format!("rm '{}'", lock.display())), "{refused}");
    assert!(lock.exists());
    std::fs::remove_file(&lock).unwrap();
    let died = sandbox.tracker_with("", &["plan", "execute", "PLAN-1", "--jobs", "1"], |command| {
        command.env("TRACKER_FAIL_POINT", "ref:noted@3");
    });
    assert_ne!(died.status, 1, "{died}");
    std::fs::write(&lock, "").unwrap();
    converges(&sandbox, &undisturbed(), "a lock that was left");
    assert!(!lock.exists());
}

/// The named points of a driver. They exist in debug builds only.
#[cfg(debug_assertions)]
#[test]
fn whatever_point_it_dies_at_it_can_be_gone_on_with() {
    const POINTS: [&str; 20] = [
        "plan:opened@1",
        "plan:opened@3",
        "plan:taken@1",
        "plan:taken@4",
        "plan:judged@1",
        "plan:judged@4",
        "plan:logged@1",
        "plan:logged@4",
        "plan:moved@1",
        "plan:moved@4",
        "plan:merging@1",
        "plan:merging@3",
        "plan:merged@1",
        "plan:merged@3",
        "plan:cleared@2",
        "plan:removed@1",
        "plan:removed@3",
        "run:held@2",
        "run:ended@3",
        "log:half@12",
    ];
    let expected = undisturbed();
    std::thread::scope(|scope| {
        for lane in 0..2 {
            let expected = &expected;
            scope.spawn(move || {
                for point in POINTS.iter().skip(lane).step_by(2) {
                    let sandbox = prepared();
                    let died =
                        sandbox.tracker_with("", &["plan", "execute", "PLAN-1", "--jobs", "1"], |command| {
                            command.env("TRACKER_FAIL_POINT", point);
                        });
                    assert_ne!(died.status, 1, "{point}: it was not reached: {died}");
                    converges(&sandbox, expected, point);
                }
            });
        }
    });
}
