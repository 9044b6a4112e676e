//! Evidence: what `verify` runs and records, what it is worth, and what must not get through the gate as such.
//!
//! A tracker on `main` in which a stage requires the receipt of a role's command; on the branch `work` Ken writes the code,
//! Ada and Bob test it.

mod attacks;
mod runs;
mod shown;

use serde_json::Value;

use crate::support::{Output, Sandbox};

const CONFIG: &str = ".tracker/config.toml";
const RECORD: &str = ".tracker/tasks/TASK-T3ST.md";
const FOLDER: &str = ".tracker/evidence/TASK-T3ST";

const POLICY: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\", \"sec\"]
[stage.qa]
signoffs = [\"tester\"]
on_fail = \"dev\"
requires = [\"evidence\"]
[roles.tester]
members = [\"ada@example.com\", \"bob@example.com\"]
paths = [\"src/**\"]
verify = \"sh check.sh\"
[policy]
policy-owners = \"off\"
covered-files = \"off\"
";

const TASK: &str = "\
---
id: TASK-T3ST
title: Remember the theme
stage: qa
created: 2026-11-10
history:
  - {at: 2026-11-10T08:00:00Z, by: Ken, from: none, to: dev, kind: start, why: started}
  - {at: 2026-11-10T09:00:00Z, by: Ken, from: dev, to: qa}
---

## Acceptance criteria

- [ ] also after a restart
";

/// Makes the tracker, and Ken's work on the branch `work`, whose check succeeds.
pub(crate) fn world() -> Sandbox {
    world_with(POLICY)
}

fn world_with(policy: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Begin"]);
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(CONFIG, policy);
    sandbox.write(RECORD, TASK);
    sandbox.write(".tracker/tasks/TASK-0THR.md", TASK.replace("TASK-T3ST", "TASK-0THR"));
    sandbox.write("check.sh", "echo checked $TRACKER_TASK\ngrep -q dark src/theme.rs\n");
    commit(&sandbox, "Ken", "Set up");
    sandbox.git(&["checkout", "--quiet", "-b", "work"]);
    sandbox.write("src/theme.rs", "// dark\n");
    commit(&sandbox, "Ken", "Remember it\n\nTask: TASK-T3ST");
    sandbox
}

fn commit(sandbox: &Sandbox, name: &str, message: &str) {
    sandbox.git(&["add", "--all"]);
    let (user, email) =
        (format!("user.name={name}"), format!("user.email={}@example.com", name.to_lowercase()));
    sandbox.git(&["-c", &user, "-c", &email, "commit", "--quiet", "--allow-empty", "--message", message]);
}

/// Runs the tracker as somebody.
fn alone(sandbox: &Sandbox, name: &str, line: &str) -> Output {
    let words = shell_words::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let address = format!("{}@example.com", name.to_lowercase());
    sandbox.tracker_with("", &words, |command| {
        for (key, value) in [("NAME", name), ("EMAIL", &address)] {
            command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
        }
    })
}

/// Runs the tracker as somebody, and commits what it wrote as the same person.
fn by(sandbox: &Sandbox, name: &str, line: &str) -> Output {
    let output = alone(sandbox, name, line);
    commit(sandbox, name, "Record\n\nTask: TASK-T3ST");
    output
}

/// Asks the gate.
fn check(sandbox: &Sandbox, more: &str) -> Output {
    alone(sandbox, "Ken", &format!("check --base main --full {more}"))
}

/// Returns the receipts of the task.
fn receipts(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(sandbox.path().join(FOLDER))
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names.into_iter().map(|name| format!("{FOLDER}/{name}")).collect()
}

fn json(sandbox: &Sandbox, line: &str) -> Value {
    let output = alone(sandbox, "Ken", &format!("{line} --format json"));
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

fn stage(sandbox: &Sandbox) -> String {
    json(sandbox, "show t3st")["result"]["task"]["stage"].as_str().unwrap().to_owned()
}
