//! The command line from outside, one module per command or per promise: the real binary, the real git.

mod agents;
mod at;
mod batch;
mod blocking;
mod board;
mod bytes;
mod check;
mod completions;
mod cost;
mod deps;
mod diff;
mod doctor;
mod edit;
mod everywhere;
mod explain;
mod forecast;
mod import;
mod in_flight;
mod init;
mod json;
mod list;
mod log;
mod manual;
mod matrix;
mod merge;
mod new;
mod note;
mod queue;
mod report;
mod review;
mod role;
mod set;
mod set_stage;
mod short;
mod show;
mod start;
mod status;
mod suggested;
mod terminal;
mod tick;
mod workflow;
mod worktrees;

use std::collections::BTreeMap;
use std::fmt::Write;

use tracker::model::Field;

use crate::support::Sandbox;

/// A task with everything in it, started two days before the first command.
const DARK: &str = "\
---
id: TASK-D4RK
title: Add dark mode to the dashboard
type: feature
priority: high
stage: dev
assignee: Ada Lovelace
area: ui
tags: [ui, theme]
sprint: SPRINT-1
depends_on: [TASK-C0DE]
files: [src/ui/theme.rs]
estimate: 45m
created: 2026-11-08
history:
  - {at: 2026-11-09T09:00:00Z, by: Ada Lovelace, from: none, to: dev, why: started}
---

## Description

Make it dark.

## Deliverables

- [x] toggle in settings
- [ ] two colours from one table

## Acceptance criteria

- [ ] nobody is blinded
";
const COLOURS: &str = "\
---
id: TASK-C0DE
title: One table for all colours
priority: medium
stage: complete
created: 2026-11-07
history:
  - {at: 2026-11-09T08:00:00Z, by: Ken, from: dev, to: complete}
---
";
const SESSION: &str = "\
---
id: TASK-S3SS
title: Session expires while typing
type: bug
priority: critical
created: 2026-11-10
---
";
const EXPORT: &str = "\
---
id: TASK-EXP0
title: Describe the export
type: docs
priority: low
depends_on: [TASK-S3SS]
created: 2026-11-11
---
";

/// Makes a repository with a tracker and no task.
pub(super) fn empty() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox
}

/// Makes a repository with a tracker of four tasks, committed.
fn world() -> Sandbox {
    let sandbox = empty();
    let tasks = [("D4RK", DARK), ("C0DE", COLOURS), ("S3SS", SESSION), ("EXP0", EXPORT)];
    for (id, text) in tasks {
        sandbox.write(format!(".tracker/tasks/TASK-{id}.md"), text);
    }
    commit(&sandbox, "Four tasks");
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) -> String {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
    sandbox.git(&["rev-parse", "HEAD"])
}

/// Runs commands, one per line, and returns what a person would see of all of them.
pub(super) fn typed(sandbox: &Sandbox, lines: &str) -> String {
    let mut seen = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words = shell_words::split(line).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let shown: String = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        write!(seen, "$ tracker {shown}\n{}\n", sandbox.tracker(&words)).unwrap();
    }
    without_field_lists(&seen)
}

/// Names lists of all fields instead of repeating them: a new field changes no snapshot.
fn without_field_lists(seen: &str) -> String {
    let joined = |names: Vec<&str>| names.join(", ");
    let shown = joined(Field::shown().map(Field::name).collect());
    let settable = joined(Field::settable().map(Field::key).collect());
    seen.replace(&shown, "[FIELDS]").replace(&settable, "[FIELDS TO SET]")
}

/// Returns every file below `.tracker` with its text.
fn records(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let top = sandbox.path().join(".tracker");
    let entries = walkdir::WalkDir::new(&top).into_iter().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().is_file());
    let name = |path: &std::path::Path| path.strip_prefix(&top).unwrap().display().to_string();
    files
        .map(|file| {
            (name(file.path()), String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned())
        })
        .collect()
}

/// Returns what git sees as changed, without the lines around it.
fn changed(sandbox: &Sandbox) -> String {
    let diff = sandbox.git(&["diff", "--unified=0", "--no-color"]);
    let head =
        |line: &&str| !["diff ", "index ", "--- ", "+++ ", "@@"].iter().any(|head| line.starts_with(head));
    diff.lines().filter(head).collect::<Vec<_>>().join("\n")
}

/// Parses what a command printed as JSON: one line, on stdout alone.
fn json(output: &crate::support::Output) -> serde_json::Value {
    assert_eq!(output.stdout.lines().count(), 1, "{output}");
    assert_eq!(output.stderr, "", "{output}");
    let value: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(value["exit"], output.status, "{output}");
    value
}
