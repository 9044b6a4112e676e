//! What must never be believed, and what must never be refused: the policy, names, dates, clones, servers, and every way
//! to make a commit.

mod clones;
mod commits;
mod kinds;
mod names;
mod people;
mod policy;
mod servers;
mod time;

use crate::support::{Output, Sandbox};

/// One task in `qa`, which requires an approval; its box is checked.
const TASK: &str = "\
---
id: TASK-T3ST
title: Remember the theme
created: 2026-11-10
stage: qa
history:
  - {at: 2026-11-10T08:00:00Z, by: Ken, from: none, to: dev, kind: start}
  - {at: 2026-11-10T09:00:00Z, by: Ken, from: dev, to: qa}
---

## Deliverables

- [x] it is remembered
";
const ID: &str = "TASK-T3ST";
const CONFIG: &str = ".tracker/config.toml";
const RECORD: &str = ".tracker/tasks/TASK-T3ST.md";
const RULES: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.dev]
requires = [\"deliverables\"]
[stage.qa]
signoffs = [\"reviewer\"]
on_fail = \"dev\"
[roles.reviewer]
";

/// Makes a tracker with the task and commits it; the hooks are not installed.
fn world(rules: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(CONFIG, rules);
    sandbox.write(RECORD, TASK);
    sandbox.write("src/theme.rs", "fn theme() {}\n");
    commit(&sandbox, "Begin");
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) -> String {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    sandbox.git(&["rev-parse", "HEAD"])
}

/// Runs the tracker as somebody.
fn by(sandbox: &Sandbox, name: &str, line: &str) -> Output {
    let words = shell_words::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    sandbox.tracker_with("", &words, |command| identity(name, command))
}

fn identity(name: &str, command: &mut std::process::Command) {
    let email = format!("{}@example.com", name.to_lowercase());
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), &email);
    }
}

/// Commits everything as somebody.
fn commit_by(sandbox: &Sandbox, name: &str, message: &str) {
    sandbox.git(&["add", "--all"]);
    let args = ["commit", "--quiet", "--allow-empty", "--message", message];
    let output = sandbox.program_with("git", "", &args, |command| identity(name, command));
    assert_eq!(output.status, 0, "{output}");
}

fn run(sandbox: &Sandbox, line: &str) -> Output {
    let words = shell_words::split(line).unwrap();
    sandbox.tracker(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn ok(output: &Output) -> &Output {
    assert_eq!(output.status, 0, "{output}");
    output
}

fn stage(sandbox: &Sandbox) -> String {
    let text = sandbox.read(RECORD);
    text.lines().find_map(|line| line.strip_prefix("stage: ")).unwrap_or("none").to_owned()
}

fn replace(sandbox: &Sandbox, path: &str, old: &str, new: &str) {
    let text = sandbox.read(path);
    assert!(text.contains(old), "{path} has no {old}: {text}");
    sandbox.write(path, text.replace(old, new));
}
