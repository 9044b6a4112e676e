//! A fleet: workers that are kept running, and what is killed goes on.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{CONFIG, answer, commit_all, path_with, tracker, world};
use crate::support::Sandbox;

/// A supervisor in the background, ended with the test, and its workers with it.
struct Up<'s> {
    sandbox: &'s Sandbox,
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Makes a command go by the real clock: what waits does so.
fn by_real_clock(sandbox: &Sandbox, command: &mut Command) {
    command.env("PATH", path_with(sandbox)).env_remove("TRACKER_NOW").env_remove("TRACKER_SEED");
}

impl<'s> Up<'s> {
    fn new(sandbox: &'s Sandbox) -> Self {
        Self::with(sandbox, &[])
    }

    fn with(sandbox: &'s Sandbox, more: &[&str]) -> Self {
        Self::of(sandbox, "lint", more)
    }

    fn of(sandbox: &'s Sandbox, workers: &str, more: &[&str]) -> Self {
        let words = [&["fleet", "up", "--workers", workers, "--events"], more].concat();
        let mut command = sandbox.tracker_command(&words);
        by_real_clock(sandbox, &mut command);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { sandbox, process, lines }
    }

    /// Returns the next event, with the process where there is one.
    fn event(&mut self) -> (String, Option<u64>) {
        let value: Value = serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap();
        (value["event"].as_str().unwrap().to_owned(), value["pid"].as_u64())
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        let _ = tracker(self.sandbox, "fleet down");
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until something is so; fails after a while.
fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1500 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("{what}");
}

/// Whether a file has this text. While a worker lands, git takes the old file away before it writes the new one.
fn has(sandbox: &Sandbox, path: &str, text: &str) -> bool {
    fs::read_to_string(sandbox.path().join(path)).is_ok_and(|found| found == text)
}

fn state(sandbox: &Sandbox) -> String {
    answer(sandbox, "fleet")["workers"][0]["state"].as_str().unwrap().to_owned()
}

fn is_alive(pid: u64) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).output().unwrap().status.success()
}

fn kill(pid: u64) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

#[test]
fn workers_are_kept_running() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    assert_eq!(tracker(&sandbox, "fleet").status, 0);
    assert_eq!(tracker(&sandbox, "fleet pause").status, 2, "there is none");
    let mut up = Up::new(&sandbox);
    let (event, first) = up.event();
    assert_eq!(event, "registered");
    wait_for("the first round", || has(&sandbox, "a.txt", "good\n"));
    wait_for("idle", || state(&sandbox) == "idle");
    let view = answer(&sandbox, "fleet");
    let printed = answer(&sandbox, "worker logs lint")["lines"].to_string();
    assert!(printed.contains("lint (lint) watches main"), "{printed}");
    assert_eq!((view["up"].as_bool(), view["workers"][0]["fixed"].as_u64()), (Some(true), Some(1)), "{view}");
    let seen = answer(&sandbox, "fleet monitor");
    assert_eq!(
        (&seen["queues"][0]["commits"], &seen["figures"]["fix_rate"]),
        (&0.into(), &100.into()),
        "{seen}"
    );
    assert!(seen["queues"][0]["up_since"].is_string() && seen["figures"]["p99_ms"].is_u64(), "{seen}");
    assert_eq!(seen["activities"][0]["text"], "1 found, 1 fixed, 0 left", "{seen}");
    assert_eq!(tracker(&sandbox, "fleet up --workers lint").status, 3, "one in a clone");
    // One that is killed is started again, and goes on.
    kill(first.unwrap());
    assert_eq!(up.event().0, "ended");
    let (event, second) = up.event();
    assert!(event == "registered" && second != first);
    sandbox.write("b.txt", "BAD\nUGLY\n");
    commit_all(&sandbox, "More");
    wait_for("the second round", || has(&sandbox, "b.txt", "good\nUGLY\n"));
    wait_for("waiting", || state(&sandbox) == "waiting");
    // Paused, it does nothing; after that what has come meanwhile.
    assert_eq!(tracker(&sandbox, "fleet pause lint").status, 0);
    assert_eq!(up.event().0, "paused");
    assert_eq!(state(&sandbox), "paused");
    sandbox.write("a.txt", "BAD too\n");
    commit_all(&sandbox, "Meanwhile");
    assert_eq!(tracker(&sandbox, "fleet resume").status, 0);
    assert_eq!(up.event().0, "registered");
    wait_for("the third round", || has(&sandbox, "a.txt", "good too\n"));
    assert_eq!(tracker(&sandbox, "fleet down").status, 0);
    assert_eq!(up.process.wait().unwrap().code(), Some(0));
    assert_eq!(
        (state(&sandbox).as_str(), answer(&sandbox, "fleet")["up"].as_bool()),
        ("offline", Some(false))
    );
}

/// Starts a fleet whose worker fixes `a.txt`, kills its supervisor, and returns the process of the worker that is left.
fn orphan(sandbox: &Sandbox) -> u64 {
    let mut up = Up::new(sandbox);
    let worker = up.event().1.unwrap();
    wait_for("the first round", || has(sandbox, "a.txt", "good\n"));
    up.process.kill().unwrap();
    up.process.wait().unwrap();
    wait_for("orphaned", || state(sandbox) == "orphaned");
    // Its end would take down whatever runs then.
    std::mem::forget(up);
    worker
}

#[test]
fn what_a_killed_supervisor_leaves_is_ended_first() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n")]);
    let worker = orphan(&sandbox);
    let mut again = Up::new(&sandbox);
    let next = again.event().1.unwrap();
    assert_ne!(next, worker);
    wait_for("idle", || state(&sandbox) == "idle");
    assert_eq!(answer(&sandbox, "fleet")["workers"][0]["pid"].as_u64(), Some(next));
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "2", "nothing is done twice");
}

#[test]
fn what_a_killed_supervisor_leaves_is_ended_by_a_fleet_of_others() {
    let other = CONFIG.replace("workers.lint", "workers.other").replace("*.txt", "*.md");
    let sandbox = world(&format!("{CONFIG}{other}"), &[("a.txt", "BAD\n"), ("b.md", "fine\n")]);
    let worker = orphan(&sandbox);
    let mut again = Up::of(&sandbox, "other,other,other", &[]);
    assert_eq!(again.event().0, "registered");
    wait_for("ended", || !is_alive(worker));
    let workers = answer(&sandbox, "fleet")["workers"].clone();
    let of_other: Vec<_> =
        workers.as_array().unwrap().iter().filter(|own| own["worker"] == "other").collect();
    assert_eq!(of_other.len(), 1, "{workers}");
}

#[test]
fn another_worker_comes_where_commits_wait_and_all_are_at_work() {
    let slow = "fix = 'while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done; sed";
    let sandbox = world(&CONFIG.replace("fix = 'sed", slow), &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    assert_eq!(tracker(&sandbox, "fleet up --workers lint --n 4..1").status, 2);
    let mut up = Up::with(&sandbox, &["--n", "1..2"]);
    assert_eq!(up.event().0, "registered");
    wait_for("the first claim", || super::claims(&sandbox, "").len() == 1);
    assert_eq!(answer(&sandbox, "fleet")["workers"].as_array().unwrap().len(), 1, "nothing waits");
    sandbox.write("b.txt", "BAD\n");
    commit_all(&sandbox, "More");
    assert_eq!(up.event().0, "registered");
    wait_for("the second claim", || super::claims(&sandbox, "").len() == 2);
    let names = answer(&sandbox, "fleet")["workers"].to_string();
    assert!(names.contains("\"lint\"") && names.contains("\"lint-2\""), "{names}");
    fs::write(sandbox.root().join("home/go"), "").unwrap();
    wait_for("both fixes", || has(&sandbox, "a.txt", "good\n") && has(&sandbox, "b.txt", "good\n"));
}

#[test]
fn what_a_worker_prints_is_followed() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n")]);
    let output = tracker(&sandbox, "worker logs lint");
    assert!(output.status == 2 && output.stderr.contains("unknown worker `lint`"), "{output}");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    let output = tracker(&sandbox, "worker logs lint");
    assert!(output.status == 2 && output.stderr.contains("its rounds: tracker worker log lint"), "{output}");
    let log = ".git/tracker/workers/lint/log";
    sandbox.write(log, "one\ntwo\nthr");
    assert_eq!(tracker(&sandbox, "worker logs lint --limit 1").stdout, "two\n");
    let mut command = sandbox.tracker_command(&["worker", "logs", "lint", "--follow", "--limit", "1"]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    sandbox.write(log, "one\ntwo\nthree\n");
    assert_eq!(lines.next().unwrap().unwrap(), "three");
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn the_monitor_shows_what_happens_when_it_does() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\nUGLY\n")]);
    let run = || tracker(&sandbox, "worker run lint --once");
    assert_eq!(run().status, 1);
    let page = tracker(&sandbox, "fleet monitor").stdout;
    for part in
        ["lint  0 commits waiting  0 files waiting", "warning  lint  ", "2 found, 1 fixed, 1 left", "p50 "]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let mut command = sandbox.tracker_command(&["fleet", "monitor", "--follow", "--format", "json"]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["figures"]["rounds"], 1);
    sandbox.write("a.txt", "CRASH\n");
    commit_all(&sandbox, "Crash");
    assert_eq!(run().status, 2);
    let mut seen = next();
    while seen["figures"]["rounds"] != 2 {
        seen = next();
    }
    assert_eq!(seen["activities"][0]["severity"], "error", "{seen}");
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn a_fleet_of_nothing_that_there_is_does_not_begin() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n")]);
    for (line, hint) in [
        ("fleet up --workers lnit", "did you mean `lint`?"),
        ("fleet up --workers lint,rules", "neither a tool nor a rule"),
        ("fleet down", "no fleet is up"),
        ("fleet resume", "no fleet is up"),
    ] {
        let output = tracker(&sandbox, line);
        assert!(output.status == 2 && output.stderr.contains(hint), "{line}: {output}");
    }
}
