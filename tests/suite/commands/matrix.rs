//! Plans and progress meet: whatever one branch plans of a task and another reports of it, git merges without our
//! driver. Every change is made by the command that people use; git joins all pairs in one process.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use tracker::doc::read_task;
use tracker::model::{Field, FieldPart, Task};

use super::empty;
use crate::support::Sandbox;

const FILE: &str = ".tracker/tasks/TASK-D4RK.md";

/// A task as `new` writes it.
const FRESH: &str = "\
---
id: TASK-D4RK
title: Add dark mode
created: 2026-11-08
stage: none
---

## Deliverables

- [ ] a toggle
";

/// One that is under way.
const STARTED: &str = "\
---
id: TASK-D4RK
title: Add dark mode
type: feature
priority: high
tags: [ui]
sprint: SPRINT-1
estimate: 45m
created: 2026-11-08
stage: dev
assignee: ada
history:
  - {at: 2026-11-09T09:00:00Z, by: ada, from: none, to: dev, kind: start, why: started}
---

## Deliverables

- [ ] a toggle
";

/// One with everything in it.
const FULL: &str = "\
---
id: TASK-D4RK
title: Add dark mode
type: feature
priority: high
area: ui
tags: [ui, theme]
parent: TASK-PA0
depends_on: [TASK-DEP0]
sprint: SPRINT-1
due: 2026-12-01
files: [src/ui/theme.rs]
estimate: 45m
source: wiki
created: 2026-11-08
stage: qa
assignee: ada
blocked: waiting for the design
spent: 40m
history:
  - {at: 2026-11-09T09:00:00Z, by: ada, from: none, to: dev, kind: start, why: started}
  - {at: 2026-11-10T09:00:00Z, by: ada, from: dev, to: qa, why: done}
---

## Deliverables

- [ ] a toggle
";

const PLANS: [&str; 14] = [
    "title=Another title",
    "type=bug",
    "priority=low",
    "area=backend",
    "tags=auth,night",
    "tags+=night",
    "parent=dep0",
    "depends_on=pa0",
    "depends_on+=pa0",
    "sprint=SPRINT-2",
    "due=2027-01-01",
    "files=src/main.rs",
    "estimate=3d",
    "source=https://example.com/7",
];

/// Each as the words of a command after the id.
const PROGRESS: [&[&str]; 13] = [
    &["start"],
    &["set-stage", "sec"],
    &["set-stage", "complete"],
    &["set-stage", "none"],
    &["fail", "no toggle"],
    &["block", "no design"],
    &["unblock"],
    &["cancel", "nobody wants it"],
    &["set", "assignee=grace"],
    &["set", "assignee="],
    &["set", "spent=2h"],
    &["set", "spent="],
    &["tick", "1"],
];

/// Returns what becomes of the task by each of these commands; those that change nothing are left out.
fn edited(sandbox: &Sandbox, before: &str, commands: &[Vec<&str>]) -> Vec<(String, String)> {
    let mut results = Vec::new();
    for words in commands {
        sandbox.write(FILE, before);
        let output = sandbox.tracker(words);
        let after = sandbox.read(FILE);
        // What the task's state does not allow is no edit.
        if output.status == 0 && after != before {
            results.push((words.join(" "), after));
        }
    }
    sandbox.write(FILE, before);
    results
}

fn plans(sandbox: &Sandbox, before: &str) -> Vec<(String, String)> {
    let removals: Vec<String> = Field::settable()
        .filter(|field| field.row().part == FieldPart::Planning && *field != Field::Title)
        .map(|field| format!("{}=", field.key()))
        .collect();
    let one = |plan| vec!["set", "d4rk", plan];
    let mut commands: Vec<Vec<&str>> = PLANS.into_iter().map(one).collect();
    commands.extend(removals.iter().map(|plan| one(plan.as_str())));
    commands.push(["set", "d4rk"].into_iter().chain(PLANS).collect());
    edited(sandbox, before, &commands)
}

fn progress(sandbox: &Sandbox, before: &str) -> Vec<(String, String)> {
    let command = |words: &&[&'static str]| {
        let mut command = words.to_vec();
        command.insert(1, "d4rk");
        command
    };
    let commands: Vec<Vec<&str>> = PROGRESS.iter().map(command).collect();
    edited(sandbox, before, &commands)
}

fn git_with_input(sandbox: &Sandbox, args: &[&str], input: &str) -> String {
    let mut command = sandbox.git_command("");
    let child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Commits each version on a branch of its own, all at once.
fn commit_all(sandbox: &Sandbox, before: &str, sides: [(&str, &[(String, String)]); 2]) {
    let mut stream = String::new();
    let mut commit = |branch: &str, parent: &str, text: &str| {
        write!(
            stream,
            "commit refs/heads/{branch}\ncommitter A <a@example.com> 0 +0000\ndata 0\n{parent}M 100644 inline task.md\ndata {}\n{text}\n",
            text.len()
        )
        .unwrap();
    };
    commit("base", "", before);
    for (side, versions) in sides {
        for (at, (_, text)) in versions.iter().enumerate() {
            commit(&format!("{side}{at}"), "from refs/heads/base\n", text);
        }
    }
    git_with_input(sandbox, &["fast-import", "--quiet", "--force"], &stream);
}

/// Merges every pair and returns the merged texts, in order.
fn merged(sandbox: &Sandbox, plans: &[(String, String)], progress: &[(String, String)]) -> Vec<String> {
    let pairs = || (0..plans.len()).flat_map(|plan| (0..progress.len()).map(move |step| (plan, step)));
    let asked: String = pairs().map(|(plan, step)| format!("plan{plan} step{step}\n")).collect();
    let answer = git_with_input(sandbox, &["merge-tree", "--write-tree", "--stdin"], &asked);
    let mut words = answer.split('\0');
    let mut blobs = String::new();
    for (plan, step) in pairs() {
        let (is_clean, tree) = (words.next(), words.next());
        assert_eq!(is_clean, Some("1"), "`{}` and `{}` do not merge", plans[plan].0, progress[step].0);
        words.next();
        writeln!(blobs, "{}:task.md", tree.unwrap()).unwrap();
    }
    let contents = git_with_input(sandbox, &["cat-file", "--batch"], &blobs);
    let mut rest = contents.as_str();
    let mut texts = Vec::new();
    while let Some((head, tail)) = rest.split_once('\n') {
        let length: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
        texts.push(tail[..length].to_owned());
        rest = &tail[length + 1..];
    }
    texts
}

/// Says that a merged task has the plans of one side and the progress of the other.
fn has_both(merged: &Task, planned: &Task, moved: &Task) -> bool {
    let same = |field: Field| {
        let side = if field.row().part == FieldPart::Planning { planned } else { moved };
        merged.value(field) == side.value(field)
    };
    Field::in_file().all(same) && merged.history == moved.history && merged.body == moved.body
}

#[test]
fn plans_and_progress_merge_without_the_driver() {
    let sandbox = empty();
    for id in ["TASK-PA0", "TASK-DEP0"] {
        let text = format!("---\nid: {id}\ntitle: x\ncreated: 2026-11-08\nstage: none\n---\n");
        sandbox.write(format!(".tracker/tasks/{id}.md"), text);
    }
    let mut pairs = 0;
    for before in [FRESH, STARTED, FULL] {
        let (plans, progress) = (plans(&sandbox, before), progress(&sandbox, before));
        commit_all(&sandbox, before, [("plan", &plans), ("step", &progress)]);
        let texts = merged(&sandbox, &plans, &progress);
        assert_eq!(texts.len(), plans.len() * progress.len());
        for (at, text) in texts.iter().enumerate() {
            let (plan, step) = (&plans[at / progress.len()], &progress[at % progress.len()]);
            let [merged, planned, moved] =
                [text, &plan.1, &step.1].map(|text| read_task(text.as_bytes()).unwrap());
            assert!(has_both(&merged, &planned, &moved), "`{}` and `{}`:\n{text}", plan.0, step.0);
        }
        pairs += texts.len();
    }
    assert!(pairs >= 392, "{pairs} pairs");
}
