//! A run survives whatever kills its engine: `resume` comes to the result of the undisturbed run, repeats nothing that
//! has succeeded, and leaves nothing running.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{is_left, run_folder, state_of, states, status, tracker, wait_until, world};
use crate::support::Sandbox;

/// Each step notes that it has begun and that it is done; one fails at first, one may fail.
pub(super) const WORKFLOW: &str = "\
jobs: 2
retry: {max: 2, delay: 20ms}
steps:
  a: {run: './note'}
  b: {run: './note', needs: [a]}
  c: {run: './note; echo v=7 >\"$TRACKER_OUTPUT\"', needs: [a], outputs: [v]}
  flaky: {run: 'test -e .second || { : >.second; exit 3; }; ./note', needs: [a]}
  lost: {run: 'exit 5', retry: 0, critical: false, needs: [b]}
  d: {run: 'test \"$OUTPUT_C_V\" = 7; ./note', needs: [b, c]}
  e: {run: './note', needs: [d, flaky, lost]}
  never: {run: './note', needs: [a], when: step.c.v == 8}
on_exit: {run: './note'}
";

const NOTE: &str =
    "#!/bin/sh\necho begun >>noted/$TRACKER_STEP\nsleep 0.01\necho done >>noted/$TRACKER_STEP\n";

pub(super) fn prepared() -> Sandbox {
    let sandbox = world(&WORKFLOW.replace("[a], when: step.c.v == 8", "[c], when: step.c.v == 8"));
    sandbox.write("note", NOTE);
    fs::create_dir(sandbox.path().join("noted")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(sandbox.path().join("note"), mode).unwrap();
    sandbox
}

fn start(sandbox: &Sandbox, words: &[&str]) -> Command {
    let mut command = sandbox.tracker_command(words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Goes on with the run until it has ended, and looks whether all is as if nothing had been.
fn converges(sandbox: &Sandbox, context: &str) {
    let runs = sandbox.path().join(".git/tracker/runs");
    let has_begun = fs::read_dir(&runs).is_ok_and(|folder| {
        folder
            .flatten()
            .any(|entry| fs::read(entry.path().join("events.jsonl")).is_ok_and(|text| text.contains(&b'\n')))
    });
    if !has_begun {
        // Killed before there was a run.
        return;
    }
    let before = status(sandbox);
    assert_ne!(before["state"], "running", "{context}: {before}");
    if before["state"] != "partial_success" {
        let resumed = tracker(sandbox, "run resume");
        assert_eq!(resumed.status, 0, "{context}: {resumed}");
    }
    let run = status(sandbox);
    assert_eq!(run["state"], "partial_success", "{context}: {run:#}");
    let expected = [
        ("a", "success"),
        ("b", "success"),
        ("c", "success"),
        ("flaky", "success"),
        ("lost", "failed"),
        ("d", "success"),
        ("e", "success"),
        ("never", "skipped"),
        ("on_exit", "success"),
    ];
    let expected = expected.map(|(step, state)| (step.to_owned(), state.to_owned()));
    assert_eq!(states(&run), expected, "{context}");
    for step in ["a", "b", "c", "flaky", "d", "e", "on_exit"] {
        let noted = sandbox.read(format!("noted/{step}"));
        assert_eq!(noted.matches("done").count(), 1, "{context}: {step} was repeated: {noted}");
    }
    assert!(!sandbox.path().join("noted/never").exists(), "{context}");
    let id = run["run"].as_str().unwrap();
    assert!(!is_left(sandbox), "{context}: something is left running");
    let record = sandbox.read(format!(".tracker/runs/{id}.yaml"));
    assert!(record.contains("state: partial_success"), "{context}: {record}");
}

#[test]
fn undisturbed_it_ends_as_expected() {
    let sandbox = prepared();
    let ran = tracker(&sandbox, "run start w");
    assert_eq!(ran.status, 0, "{ran}");
    converges(&sandbox, "undisturbed");
}

/// Kills the engine at a random moment, and now and then its second one too.
fn killed_at_random(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let sandbox = prepared();
    for words in [&["run", "start", "w"][..], &["run", "resume"]] {
        let mut child = start(&sandbox, words).spawn().unwrap();
        let until = Instant::now() + Duration::from_micros(random.u64(5_000..350_000));
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        // Of one that has ended, nothing is killed: its number may be another's by now.
        child.kill().unwrap();
        child.wait().unwrap();
        if random.bool() {
            break;
        }
    }
    converges(&sandbox, &format!("seed {seed}"));
}

/// Kills N engines at random moments, and looks each time whether all is as if nothing had been.
pub(crate) fn random_kills(kills: u64, seed: u64) {
    const LANES: u64 = 4;
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let first = seed.wrapping_add(lane * 100_000);
            scope.spawn(move || {
                (0..kills / LANES).for_each(|index| killed_at_random(first.wrapping_add(index)));
            });
        }
    });
}

#[test]
fn two_hundred_random_kills_repeat_nothing_that_succeeded() {
    random_kills(200, 0);
}

/// The named points of an engine. They exist in debug builds only.
#[cfg(debug_assertions)]
#[test]
fn whatever_point_it_dies_at_it_can_be_gone_on_with() {
    const POINTS: [(&str, u32); 11] = [
        ("log:before", 9),
        ("log:half", 9),
        ("log:written", 9),
        ("log:synced", 9),
        ("run:spawned", 9),
        ("run:held", 9),
        ("run:released", 9),
        ("run:ended", 9),
        ("run:done", 1),
        ("run:recorded", 1),
        ("run:taken-up", 1),
    ];
    let points =
        POINTS.iter().flat_map(|(point, times)| (1..=*times).map(move |nth| format!("{point}@{nth}")));
    let points: Vec<String> = points.collect();
    std::thread::scope(|scope| {
        for lane in 0..4 {
            let points = &points;
            scope.spawn(move || {
                for point in points.iter().skip(lane).step_by(4) {
                    let sandbox = prepared();
                    let died =
                        start(&sandbox, &["run", "start", "w"]).env("TRACKER_FAIL_POINT", point).status();
                    died.unwrap();
                    converges(&sandbox, point);
                }
            });
        }
    });
}

#[test]
fn a_step_that_still_runs_is_waited_for_and_not_begun_again() {
    let sandbox = world(
        "steps:\n  slow: {run: 'echo begun >>noted; sleep 0.5; echo done >>noted', retry: 0}\n  after: {run: 'echo after >>noted', needs: [slow]}\n",
    );
    let mut child = start(&sandbox, &["run", "start", "w"]).spawn().unwrap();
    wait_until(|| sandbox.path().join("noted").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = tracker(&sandbox, "run resume");
    assert_eq!(resumed.status, 0, "{resumed}");
    assert_eq!(sandbox.read("noted"), "begun\ndone\nafter\n");
}

#[test]
fn a_process_with_the_number_of_a_step_is_not_taken_for_it() {
    let sandbox = world("steps:\n  slow: {run: 'echo begun >>noted; test -e go || sleep 60', retry: 0}\n");
    let mut child = start(&sandbox, &["run", "start", "w"]).spawn().unwrap();
    wait_until(|| sandbox.path().join("noted").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    // The log now says that the step's process was started at another time.
    let log = run_folder(&sandbox).join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let line = text.lines().find(|line| line.contains("\"started\"")).unwrap();
    let birth = line.split("\"birth\":\"").nth(1).unwrap().split('"').next().unwrap();
    fs::write(&log, text.replace(birth, "00000000-1")).unwrap();
    assert_eq!(
        status(&sandbox)["steps"][0]["why"].as_str().unwrap(),
        "failed: interrupted: the engine ended before it, and it left no exit code"
    );
    sandbox.write("go", "");
    assert_eq!(tracker(&sandbox, "run resume").status, 0);
    assert_eq!(sandbox.read("noted"), "begun\nbegun\n");
    assert!(!is_left(&sandbox));
}

#[test]
fn two_engines_never_drive_one_run() {
    let sandbox = world("steps:\n  slow: {run: 'echo begun >>noted; sleep 1', retry: 0}\n");
    let mut child = start(&sandbox, &["run", "start", "w"]).spawn().unwrap();
    wait_until(|| sandbox.path().join("noted").exists());
    for line in ["run resume", "run retry"] {
        let refused = tracker(&sandbox, line);
        assert_eq!(refused.status, 3, "{refused}");
        assert!(refused.stderr.contains("is driven by another process"), "{refused}");
    }
    assert_eq!(status(&sandbox)["state"], "running");
    assert!(child.wait().unwrap().success());
    assert_eq!(sandbox.read("noted"), "begun\n");
}

#[test]
fn a_full_disk_ends_the_engine_and_nothing_else() {
    let sandbox = prepared();
    // No file may grow beyond 2 KiB: the log reaches that before the run ends.
    let line = format!("ulimit -f 2; exec {} run start w", env!("CARGO_BIN_EXE_tracker"));
    let mut command = sandbox.tracker_command(&[]);
    let mut limited = Command::new("bash");
    limited.args(["-c", &format!("trap '' XFSZ; {line}")]).current_dir(sandbox.path()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null());
    let output = limited.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("error: cannot write") && stderr.contains("events.jsonl"), "{stderr}");
    assert!(!is_left(&sandbox));
    let resumed = tracker(&sandbox, "run resume");
    assert_eq!(resumed.status, 0, "{resumed}");
    assert_eq!(status(&sandbox)["state"], "partial_success");
}

#[test]
fn a_disk_that_is_full_for_the_record_ends_the_engine_and_the_run_can_be_gone_on_with() {
    let sandbox = world("retry: 0\nsteps: {a: {run: echo ran >>noted}}\n");
    let script = "mkdir -p .tracker/runs && mount -t tmpfs -o nr_inodes=1 none .tracker/runs && exec tracker run start w";
    let command = ["--map-root-user", "--mount", "sh", "-euc", script];
    let output = sandbox.program_with("unshare", "", &command, |_| {});
    if output.stderr.contains("unshare") || output.stderr.contains("mount:") {
        eprintln!("LEFT OUT: this system lets no test mount a disk of its own: {}", output.stderr.trim());
        return;
    }
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains("error: cannot "), "{output}");
    assert!(!is_left(&sandbox));
    let resumed = tracker(&sandbox, "run resume");
    assert_eq!(resumed.status, 0, "{resumed}");
    assert_eq!(sandbox.read("noted"), "ran\n");
    assert_eq!(fs::read_dir(sandbox.path().join(".tracker/runs")).unwrap().count(), 1);
}

#[test]
fn a_clock_that_is_set_back_shortens_no_wait_and_makes_no_time_negative() {
    let sandbox = world(
        "steps:\n  a: {run: 'test \"$TRACKER_ATTEMPT\" -ge 2', retry: {max: 1, delay: 200ms}}\n  b: {run: 'true', needs: [a]}\n",
    );
    let at = |now: &str, line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        sandbox.tracker_with("", &words, |own| {
            own.env("TRACKER_NOW", now);
        })
    };
    let started = at("2026-11-11T09:00:00Z", "run start w");
    assert_eq!(started.status, 0, "{started}");
    // The events of the engine that goes on are earlier than those before it.
    let retried = at("2026-11-10T09:00:00Z", "run retry --step a --downstream");
    assert_eq!(retried.status, 0, "{retried}");
    let run = status(&sandbox);
    for step in run["steps"].as_array().unwrap() {
        assert!(step["total_millis"].as_i64().is_none_or(|millis| (0..60_000).contains(&millis)), "{step}");
    }
    assert!(run["millis"].as_i64().unwrap() >= 0);
    assert_eq!(tracker(&sandbox, "doctor").status, 0);
}

#[test]
fn of_a_run_that_was_cancelled_nothing_begins_again() {
    let text = "steps:\n  a: {run: 'trap \"\" TERM; echo begun >>noted; sleep 300'}\n  b: {run: 'echo b >>noted', needs: [a]}\non_cancel: {run: 'echo handler >>noted'}\n";
    let begun = |sandbox: &Sandbox| {
        let child = start(sandbox, &["run", "start", "w"]).spawn().unwrap();
        wait_until(|| sandbox.path().join("noted").exists());
        child
    };
    let ended = |sandbox: &Sandbox| {
        assert_eq!(status(sandbox)["state"], "cancelled");
        assert_eq!(sandbox.read("noted"), "begun\nhandler\n");
        assert!(!is_left(sandbox));
    };
    // The engine is interrupted, and the run then cancelled.
    let sandbox = world(&text.replace("trap \"\" TERM; ", ""));
    let mut child = begun(&sandbox);
    let engine = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(engine, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let cancelled = tracker(&sandbox, "run cancel");
    assert_eq!(cancelled.status, 0, "{cancelled}");
    ended(&sandbox);
    // It is cancelled, and engine and step are killed before the step has ended.
    let sandbox = world(text);
    let mut child = begun(&sandbox);
    assert_eq!(tracker(&sandbox, "run cancel").status, 0);
    child.kill().unwrap();
    child.wait().unwrap();
    let log = fs::read_to_string(run_folder(&sandbox).join("events.jsonl")).unwrap();
    let pid = log.split("\"pid\":").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    let group = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    wait_until(|| state_of(&status(&sandbox), "a") == "cancelled");
    assert_eq!(tracker(&sandbox, "run resume").status, 1);
    ended(&sandbox);
}
