//! A worker that goes on: it sleeps until a ref moves.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::{CONFIG, commit_all, path_with, tracker, world};

/// A worker in the background, ended with the test.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn each_commit_is_looked_at_once_and_two_of_one_name_cannot_run() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    let mut command = sandbox.tracker_command(&["worker", "run", "lint", "--events"]);
    command.env("PATH", path_with(&sandbox)).stdout(Stdio::piped());
    let mut worker = Background(command.spawn().unwrap());
    let mut lines = BufReader::new(worker.0.stdout.take().unwrap()).lines();
    let mut event = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(event()["event"].as_str(), Some("registered"));
    assert_eq!(event()["event"].as_str(), Some("started"));
    let round = event();
    assert_eq!((round["event"].as_str(), round["round"]["fixed"].as_u64()), (Some("completed"), Some(1)));
    let second = tracker(&sandbox, "worker run lint --once");
    assert_eq!(second.status, 3, "{second}");
    assert!(tracker(&sandbox, "worker").stdout.contains("running"));
    sandbox.write("b.txt", "BAD\nUGLY\n");
    commit_all(&sandbox, "More");
    assert_eq!(event()["files"].as_u64(), Some(1));
    let round = event();
    assert_eq!((round["round"]["fixed"].as_u64(), round["round"]["remaining"].as_u64()), (Some(1), Some(1)));
    let escalated = event();
    assert_eq!(
        (escalated["event"].as_str(), escalated["remaining"].as_u64()),
        (Some("escalation_needed"), Some(1))
    );
    // One that fails goes on with the next commit.
    sandbox.write("b.txt", "CRASH\n");
    commit_all(&sandbox, "Crash");
    assert_eq!((event()["event"].as_str(), event()["event"].as_str()), (Some("started"), Some("failed")));
    sandbox.write("b.txt", "fine\n");
    commit_all(&sandbox, "Fine");
    assert_eq!(event()["event"].as_str(), Some("started"));
    assert_eq!(event()["round"]["outcome"].as_str(), Some("success"));
}
