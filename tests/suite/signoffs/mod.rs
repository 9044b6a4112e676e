//! Sign-offs from outside: real votes, real commits, and what each is worth when the work changes.

mod counting;
mod findings;
mod import;
mod led_from;
mod moves;
mod people;
mod remembered;
mod screens;
pub(crate) mod signatures;
mod stale;
mod tampering;
mod time_travel;

use serde_json::Value;

use crate::support::{Output, Sandbox};

const TASK: &str = "\
---
id: TASK-T3ST
title: Remember the theme
stage: qa
created: 2026-11-10
history:
  - {at: 2026-11-10T08:00:00Z, by: Ken, from: none, to: dev, why: started}
  - {at: 2026-11-10T09:00:00Z, by: Ken, from: dev, to: qa}
---

## Deliverables

- [ ] it is remembered

## Acceptance criteria

- [ ] also after a restart
";
const OTHER: &str = "---\nid: TASK-0THR\ntitle: Another\nstage: qa\n---\n";
const CODE: &str = "fn one() {\n    1\n}\n\nfn two() {\n    2\n}\n";
/// Two roles in qa.
const TWO: &str = "[stage.qa]\nsignoffs = [\"reviewer\", \"tester\"]\non_fail = \"dev\"\n";
/// One role in qa.
const ONE: &str = "[stage.qa]\nsignoffs = [\"reviewer\"]\non_fail = \"dev\"\n";

/// Makes a tracker with a task in qa whose code Ken wrote, and another task; everything is committed.
fn world(rules: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Begin"]);
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let mut config =
        format!("format = 2\n[pipeline]\nstages = [\"dev\", \"qa\", \"sec\", \"docs\"]\n{rules}");
    for table in ["[roles.reviewer]\n", "[roles.tester]\n"] {
        if !rules.contains(table) {
            config.push_str(table);
        }
    }
    sandbox.write(".tracker/config.toml", config);
    sandbox.write(".tracker/tasks/TASK-T3ST.md", TASK);
    sandbox.write(".tracker/tasks/TASK-0THR.md", OTHER);
    commit(&sandbox, "Two tasks");
    sandbox.write("src/theme.rs", CODE);
    sandbox.write("README", "read me\n");
    work(&sandbox, "Remember it");
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) -> String {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    sandbox.git(&["rev-parse", "HEAD"])
}

/// Commits everything as Ken, for the task.
fn work(sandbox: &Sandbox, subject: &str) {
    sandbox.git(&["add", "--all"]);
    let message = format!("{subject}\n\nTask: TASK-T3ST");
    sandbox.git(&[
        "-c",
        "user.name=Ken",
        "-c",
        "user.email=ken@example.com",
        "commit",
        "--quiet",
        "--message",
        &message,
    ]);
}

/// Runs the tracker as somebody, and commits what it wrote as the same person.
fn by(sandbox: &Sandbox, name: &str, line: &str) -> Output {
    let output = alone(sandbox, name, line);
    sandbox.git(&["add", "--all"]);
    let (user, email) = identity(name);
    sandbox.git(&["-c", &user, "-c", &email, "commit", "--quiet", "--allow-empty", "--message", "Vote"]);
    output
}

/// Runs the tracker as somebody.
fn alone(sandbox: &Sandbox, name: &str, line: &str) -> Output {
    let words = shell_words::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let address = identity(name).1.trim_start_matches("user.email=").to_owned();
    sandbox.tracker_with("", &words, |command| {
        for (key, value) in [("NAME", name), ("EMAIL", &address)] {
            command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
        }
    })
}

fn identity(name: &str) -> (String, String) {
    (format!("user.name={name}"), format!("user.email={}@example.com", name.to_lowercase()))
}

/// A vote that does not count is cast all the same.
fn ok(output: &Output) -> &Output {
    let is_cast = output.status == 1 && output.stdout.contains("it does not count: ");
    assert!(output.status == 0 || is_cast, "{output}");
    output
}

/// Asks the tracker in JSON.
fn ask(sandbox: &Sandbox, line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').chain(["--format", "json"]).collect();
    let output = sandbox.tracker(&words);
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// Returns `role done/quorum` of each role, and each vote as `by verdict: why it does not count`.
fn signoffs_of(sandbox: &Sandbox) -> String {
    status_line(sandbox, "signoffs t3st")
}

fn status_line(sandbox: &Sandbox, line: &str) -> String {
    let answer = ask(sandbox, line);
    let text = |value: &Value| value.as_str().unwrap_or("counts").to_owned();
    let vote = |vote: &Value| {
        format!("{} {}: {}", text(&vote["by"]), text(&vote["verdict"]), text(&vote["why_not"]))
    };
    let mut lines = Vec::new();
    for role in answer["result"]["roles"].as_array().unwrap_or_else(|| panic!("{answer}")) {
        lines.push(format!("{} {}/{}", text(&role["role"]), role["approved"], role["quorum"]));
        lines.extend(crate::support::items(&role["votes"]).iter().map(|found| format!("  {}", vote(found))));
    }
    let others = crate::support::items(&answer["result"]["others"]);
    lines.extend(others.iter().map(|found| format!("other {}", vote(found))));
    lines.join("\n")
}

fn stage(sandbox: &Sandbox) -> String {
    ask(sandbox, "show t3st")["result"]["task"]["stage"].as_str().unwrap().to_owned()
}

/// Returns the paths of a task's votes, by name.
fn votes(sandbox: &Sandbox) -> Vec<String> {
    files(sandbox, ".tracker/signoffs/TASK-T3ST")
}

fn files(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(sandbox.path().join(folder)) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().display())).collect();
    names.sort();
    names
}

fn replace(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let before = sandbox.read(path);
    assert!(before.contains(from), "{path} has no {from:?}:\n{before}");
    sandbox.write(path, before.replace(from, to));
}
