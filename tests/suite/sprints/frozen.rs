//! A closed sprint never moves: whatever happens to tasks and history afterwards, its figures stay and can be computed
//! again; what edits the sprint itself is reported, and refused by the gate.

use serde_json::Value;

use super::close::{close, started};
use super::{commit, run};
use crate::support::Sandbox;

fn closed() -> Sandbox {
    let sandbox = started();
    assert_eq!(close(&sandbox, &["--carry-over", "SPRINT-2"]).status, 0);
    sandbox
}

fn figures(sandbox: &Sandbox) -> Value {
    let shown = sandbox.tracker(&["sprint", "show", "SPRINT-1", "--format", "json"]);
    serde_json::from_str::<Value>(&shown.stdout).unwrap()["result"]["numbers"].clone()
}

/// What can happen after a close, by name.
type Change = (&'static str, fn(&Sandbox));

const CHANGES: [Change; 15] = [
    ("a task moves out", |sandbox| drop(run(sandbox, "set 0ne1 sprint="))),
    ("a new estimate", |sandbox| drop(run(sandbox, "set 0ne1 estimate=9h spent=8h"))),
    ("a task is deleted", |sandbox| {
        std::fs::remove_file(sandbox.path().join(".tracker/tasks/TASK-0NE1.md")).unwrap();
    }),
    ("a task gets another title", |sandbox| drop(run(sandbox, "set 0ne1 title=Uno"))),
    ("a task gets another type", |sandbox| drop(run(sandbox, "set 0ne1 type=bug"))),
    ("a task is reopened", |sandbox| drop(run(sandbox, "reopen 0ne1"))),
    ("a task is cancelled", |sandbox| drop(run(sandbox, "cancel tw02 no"))),
    ("a dependency changes", |sandbox| drop(sandbox.tracker(&["set", "tw02", "depends_on=thr3"]))),
    ("a task is split", |sandbox| {
        run(sandbox, "new Half --parent tw02 --sprint SPRINT-2");
        run(sandbox, "new Other_half --parent tw02 --sprint SPRINT-2");
        run(sandbox, "cancel tw02 split");
    }),
    ("the history is squashed", |sandbox| {
        sandbox.git(&["checkout", "--quiet", "--orphan", "squashed"]);
        commit(sandbox, "Everything");
    }),
    ("the history is rebased", |sandbox| {
        sandbox.git(&["rebase", "--quiet", "--force-rebase", "--root"]);
    }),
    ("objects are collected", |sandbox| {
        sandbox.git(&["reflog", "expire", "--expire=now", "--all"]);
        sandbox.git(&["gc", "--quiet", "--prune=now"]);
    }),
    ("another time zone", |sandbox| {
        for zone in ["Pacific/Kiritimati", "America/St_Johns", "Europe/Berlin"] {
            let verified = sandbox.tracker_with("", &["sprint", "verify"], |command| {
                command.env("TZ", zone);
            });
            assert_eq!(verified.status, 0, "{zone}: {verified}");
        }
    }),
    ("the pipeline changes", |sandbox| {
        let config = sandbox.read(".tracker/config.toml");
        sandbox.write(
            ".tracker/config.toml",
            config.replace("[pipeline]", "[types.feature]\nstages = [\"docs\"]\n\n[pipeline]"),
        );
    }),
    ("records of votes and findings come", |sandbox| {
        sandbox.write(
            ".tracker/findings/TASK-0NE1/F2.yaml",
            "id: F2\ntask: TASK-0NE1\nrole: tester\nseverity: high\ntitle: slow\nby: Ken <ken@example.com>\nat: 2026-11-11T10:30:00Z\n",
        );
    }),
];

#[test]
fn nothing_that_happens_afterwards_moves_a_figure() {
    let base = closed();
    let frozen = figures(&base);
    assert!(frozen["figures"].as_array().unwrap().len() > 20, "{frozen}");
    for (name, change) in CHANGES {
        let sandbox = base.copied();
        change(&sandbox);
        if !sandbox.git(&["status", "--porcelain"]).is_empty() {
            commit(&sandbox, name);
        }
        let verified = sandbox.tracker(&["sprint", "verify", "SPRINT-1"]);
        assert_eq!(verified.status, 0, "{name}: {verified}");
        assert_eq!(figures(&sandbox), frozen, "{name}");
        let is_rewritten = name.starts_with("the history");
        assert_eq!(verified.stdout.contains("the history was rewritten"), is_rewritten, "{name}: {verified}");
    }
}

#[test]
fn a_shallow_clone_that_has_the_commit_verifies_and_another_says_what_it_lacks() {
    let sandbox = closed();
    let url = format!("file://{}", sandbox.path().display());
    for (depth, status) in [("2", 0), ("1", 2)] {
        let folder = format!("../clone-{depth}");
        sandbox.git(&["clone", "--quiet", "--depth", depth, "--no-tags", &url, &folder]);
        let verified = sandbox.tracker_in(&folder, &["sprint", "verify"]);
        assert_eq!(verified.status, status, "{depth}: {verified}");
        assert_eq!(verified.stderr.contains("git fetch"), status == 2, "{verified}");
    }
}

#[test]
fn an_edit_of_the_sprint_is_reported_figure_by_figure() {
    let base = closed();
    let path = ".tracker/sprints/SPRINT-1/sprint.yaml";
    let text = base.read(path);
    let edits: [(&str, String, &str); 4] = [
        (
            "a number",
            text.replace("{figure: delivered, value: 1", "{figure: delivered, value: 3"),
            "delivered  frozen 3, computed 1",
        ),
        ("the committed list", text.replace("  - {task: TASK-THR3}\n", ""), "edited since"),
        ("an estimate", text.replace("TASK-TW02, estimate: 1h", "TASK-TW02, estimate: 5h"), "committed_time"),
        ("the moment of the close", text.replace("offset: \"+00:00\"", "offset: \"+09:00\""), "edited since"),
    ];
    for (name, edited, expected) in edits {
        assert_ne!(edited, text, "{name}");
        let sandbox = base.copied();
        sandbox.write(path, edited);
        let verified = sandbox.tracker(&["sprint", "verify", "SPRINT-1"]);
        assert_eq!(verified.status, 1, "{name}: {verified}");
        assert!(verified.stdout.contains(expected), "{name}: {verified}");
    }
}

#[test]
fn the_gate_refuses_a_range_that_edits_a_closed_sprint() {
    let sandbox = closed();
    sandbox.git(&["switch", "--quiet", "--create", "change"]);
    let path = ".tracker/sprints/SPRINT-1/sprint.yaml";
    sandbox.write(
        path,
        sandbox.read(path).replace("{figure: delivered, value: 1", "{figure: delivered, value: 3"),
    );
    sandbox.write(
        ".tracker/sprints/SPRINT-1/scope/20261120T000000Z-0001-00000.yaml",
        "sprint: SPRINT-1\nat: 2026-11-12\nby: Ken\nchanges:\n  - {task: TASK-TW02, change: removed}\n",
    );
    commit(&sandbox, "Polish");
    let check = sandbox.tracker(&["check", "--base", "main"]);
    assert_eq!(check.stdout.matches("SPRINT-1 is closed, and ").count(), 2, "{check}");
    assert!(
        check.stdout.contains("sprint.yaml is changed") && check.stdout.contains("00000.yaml is added"),
        "{check}"
    );
    sandbox.git(&["switch", "--quiet", "--create", "again", "main"]);
    run(&sandbox, "sprint reopen SPRINT-1 forgot_one");
    commit(&sandbox, "Reopen");
    let check = sandbox.tracker(&["check", "--base", "main"]);
    assert!(!check.stdout.contains("closed-sprints"), "{check}");
}

#[test]
fn an_edited_document_is_reported_with_the_command_that_brings_it_back() {
    let sandbox = closed();
    let folder = ".tracker/sprints/SPRINT-1";
    let edit = |file: &str, from: &str, to: &str| {
        let text = sandbox.read(file);
        assert!(text.contains(from), "{file}: {text}");
        sandbox.write(file, text.replacen(from, to, 1));
    };
    // People go on writing their parts.
    edit(&format!("{folder}/POSTMORTEM.md"), "*Not written.*", "It went well.");
    assert_eq!(sandbox.tracker(&["sprint", "verify", "SPRINT-1"]).status, 0);
    edit(&format!("{folder}/report.md"), "Delivered", "Delivered at last");
    edit(&format!("{folder}/POSTMORTEM.md"), "\n- ", "\n- More ");
    edit(".tracker/sprints/SPRINT_HISTORY.md", "delivered", "shipped");
    std::fs::remove_file(sandbox.path().join(folder).join("burn-up.svg")).unwrap();
    commit(&sandbox, "Better numbers");
    let verified = sandbox.tracker(&["sprint", "verify", "SPRINT-1"]);
    assert_eq!(verified.status, 1, "{verified}");
    let restore = verified.stdout.lines().find(|line| line.contains("git checkout")).unwrap();
    let closing = restore.split_whitespace().nth(2).unwrap();
    insta::assert_snapshot!(verified.stdout.replace(closing, "CLOSING"), @r"
    error .tracker/sprints/SPRINT-1/POSTMORTEM.md has other facts than when the sprint was closed
    error .tracker/sprints/SPRINT-1/burn-up.svg is gone
    error .tracker/sprints/SPRINT-1/report.md was edited since the sprint was closed
    error .tracker/sprints/SPRINT_HISTORY.md has another line of the sprint than when it was closed
          git checkout CLOSING -- .tracker/sprints/SPRINT-1/burn-up.svg .tracker/sprints/SPRINT-1/report.md
          git diff CLOSING -- .tracker/sprints/SPRINT-1/POSTMORTEM.md .tracker/sprints/SPRINT_HISTORY.md
    29 of 29 figures of SPRINT-1 match, computed from commit 48148b07b6ce
    ");
    sandbox.git(&restore.split_whitespace().skip(1).collect::<Vec<_>>());
    edit(&format!("{folder}/POSTMORTEM.md"), "\n- More ", "\n- ");
    edit(".tracker/sprints/SPRINT_HISTORY.md", "shipped", "delivered");
    assert_eq!(sandbox.tracker(&["sprint", "verify", "SPRINT-1"]).status, 0);
}
