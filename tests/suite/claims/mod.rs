//! Claims: of all who claim a task one has it, on one machine and across clones, and only who has it can land.

pub(crate) mod crash;
mod held;
mod landing;
mod leases;
pub(crate) mod racing;
mod remote;
mod seen;

use std::process::Command;

use serde_json::Value;

use crate::support::{Output, Sandbox};

/// Makes a repository with open tasks, each with its target files.
pub(crate) fn world(tasks: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    for (id, files) in tasks {
        add_task(&sandbox, id, files);
    }
    commit_all(&sandbox, "Plan");
    sandbox
}

pub(super) fn add_task(sandbox: &Sandbox, id: &str, files: &str) {
    let files = if files.is_empty() { String::new() } else { format!("files: [{files}]\n") };
    let text = format!("---\nid: {id}\ntitle: Task {id}\n{files}created: 2026-11-10\nstage: none\n---\n");
    sandbox.write(format!(".tracker/tasks/{id}.md"), text);
}

pub(super) fn commit_all(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// Makes a bare repository that is `origin` of the sandbox's, and clones of it beside it.
pub(crate) fn with_remote(sandbox: &Sandbox, clones: &[&str]) {
    sandbox.git(&["init", "--quiet", "--bare", "../remote"]);
    sandbox.git(&["remote", "add", "origin", "../remote"]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    for name in clones {
        sandbox.git(&["clone", "--quiet", "../remote", &format!("../{name}")]);
    }
}

/// Runs a command line of the tracker as an agent, in a folder given from the repository's top.
pub(super) fn by(sandbox: &Sandbox, agent: &str, folder: &str, line: &str) -> Output {
    as_agent(sandbox, agent, folder, line, |_| {})
}

/// The same by a clock that is slow: there half a minute of the sandbox's time is over.
pub(super) fn by_slow_clock(sandbox: &Sandbox, agent: &str, folder: &str, line: &str) -> Output {
    as_agent(sandbox, agent, folder, line, |command| {
        command.env("TRACKER_NOW", "2026-11-11T09:00:30Z");
    })
}

fn as_agent(
    sandbox: &Sandbox,
    agent: &str,
    folder: &str,
    line: &str,
    adjust: impl FnOnce(&mut Command),
) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    sandbox.tracker_with(folder, &words, |command| {
        command.env("TRACKER_AGENT", agent).env("TRACKER_HOST", "box");
        adjust(command);
    })
}

/// Returns the result of a command line that answers in JSON.
pub(super) fn answer(output: &Output) -> Value {
    let value: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    value["result"].clone()
}

/// Returns the refs of claims, with their names below `refs/tracker/claims/`, in a folder.
pub(crate) fn claim_refs(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let format = "--format=%(refname:lstrip=3)";
    let refs = sandbox.git_in(folder, &["for-each-ref", format, "refs/tracker/claims"]);
    refs.lines().filter(|name| *name != "files").map(str::to_owned).collect()
}
