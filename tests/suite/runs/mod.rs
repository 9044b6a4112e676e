//! Runs of workflows, from outside: through the program, its log and its folders.

pub(crate) mod crash;
mod daily;
pub(crate) mod driving;
mod looking;
mod pipelines;
mod tasks;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Output, Sandbox};

/// Makes a repository with a tracker and one workflow, `w`.
fn world(workflow: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(".tracker/workflows/w.yaml", workflow);
    sandbox
}

fn tracker(sandbox: &Sandbox, line: &str) -> Output {
    sandbox.tracker(&line.split_whitespace().collect::<Vec<_>>())
}

/// Returns the newest run as data.
fn status(sandbox: &Sandbox) -> Value {
    let output = tracker(sandbox, "run status --json");
    let value: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    value["result"].clone()
}

/// Returns the states of the steps, in their order.
fn states(run: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = run["steps"].as_array().unwrap().iter();
    steps.map(|step| (word(&step["step"]), word(&step["state"]))).collect()
}

fn state_of(run: &Value, step: &str) -> String {
    let found = states(run).into_iter().find(|(name, _)| name == step);
    found.unwrap_or_else(|| panic!("no step {step} in {run}")).1
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !is_so() {
        assert!(std::time::Instant::now() < end, "nothing came");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Returns the folder of the only run.
fn run_folder(sandbox: &Sandbox) -> PathBuf {
    let runs = sandbox.path().join(".git/tracker/runs");
    let mut folders: Vec<PathBuf> = fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}

/// Whether a process of the runs of a repository is left. One that was killed may take a moment to be gone.
fn is_left(sandbox: &Sandbox) -> bool {
    let runs = sandbox.path().join(".git/tracker/runs");
    let marker = format!("TRACKER_ATTEMPT_DIR={}/", runs.display());
    (0..100).all(|_| {
        let is_there = has_process(&marker);
        if is_there {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        is_there
    })
}

fn has_process(marker: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let environments = processes.filter_map(|entry| fs::read(entry.path().join("environ")).ok());
    environments
        .into_iter()
        .any(|bytes| bytes.split(|byte| *byte == 0).any(|each| each.starts_with(marker.as_bytes())))
}
