//! Badges, bars and the sign-offs block wherever a task is shown.

use super::{ONE, TWO, ask, by, ok, world};
use crate::support::Sandbox;

fn seen(sandbox: &Sandbox) -> [String; 5] {
    let of = |task: &serde_json::Value| {
        assert!(task.is_object(), "{task}");
        format!(
            "{} {}/{}",
            task["badge"].as_str().unwrap(),
            task["signoffs"]["done"],
            task["signoffs"]["total"]
        )
    };
    let board = ask(sandbox, "board t3st");
    let columns = crate::support::items(&board["result"]["columns"]);
    let column = columns.iter().find(|column| !crate::support::items(&column["tasks"]).is_empty()).unwrap();
    [
        of(&ask(sandbox, "show t3st")["result"]["task"]),
        of(&ask(sandbox, "list t3st")["result"]["tasks"][0]),
        of(&column["tasks"][0]),
        of(&ask(sandbox, "list t3st --all")["result"]["tasks"][0]),
        of(&ask(sandbox, "list t3st --at HEAD")["result"]["tasks"][0]),
    ]
}

#[test]
fn all_show_the_same_badge_from_the_votes_that_count() {
    let sandbox = world(&format!("{TWO}advance = \"manual\"\n"));
    assert_eq!(seen(&sandbox), ["awaiting_qa 0/2"; 5].map(str::to_owned));
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    assert_eq!(seen(&sandbox), ["awaiting_qa 1/2"; 5].map(str::to_owned));
    ok(&by(&sandbox, "Bob", "approve t3st --as tester"));
    assert_eq!(seen(&sandbox), ["ready_to_finalise 2/2"; 5].map(str::to_owned));
    sandbox.write("src/theme.rs", "// other\n");
    super::work(&sandbox, "More");
    assert_eq!(seen(&sandbox), ["awaiting_qa 0/2"; 5].map(str::to_owned));
    ok(&by(&sandbox, "Bob", "reject t3st --as tester -m no"));
    assert_eq!(seen(&sandbox), ["issues_found 0/0"; 5].map(str::to_owned));
    let metrics = &ask(&sandbox, "board")["result"]["metrics"];
    assert_eq!(metrics["issues_found"], 1, "{metrics}");
    assert_eq!(ask(&sandbox, "list badge:issues_found")["result"]["matched"], 1);
}

#[test]
fn a_finding_alone_is_an_issue() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Ada", "reject t3st --finding 'critical: it leaks'"));
    ok(&by(&sandbox, "Ada", "withdraw t3st"));
    assert_eq!(seen(&sandbox), ["issues_found 0/0"; 5].map(str::to_owned));
}

#[test]
fn show_lists_required_signoffs_and_next_steps() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer -m 'clean, follows conventions'"));
    let output = sandbox.tracker(&["show", "t3st"]);
    for text in [
        "Sign-offs for qa  1/2",
        "  done  reviewer  1/1",
        "Ada",
        "attributed",
        "clean, follows conventions",
        "  waits tester    0/1",
        "waiting for anyone",
        "tracker approve TASK-T3ST --as tester",
    ] {
        assert!(output.stdout.contains(text), "{text}: {output}");
    }
    sandbox.write("src/theme.rs", "// other\n");
    super::work(&sandbox, "More");
    let output = sandbox.tracker(&["show", "t3st"]);
    assert!(output.stdout.contains("stale: src/theme.rs changed"), "{output}");
}

#[test]
fn a_list_goes_on_where_votes_cannot_be_read() {
    let sandbox = world(TWO);
    sandbox.write(".tracker/signoffs/TASK-T3ST/x.yaml", "verdict: [\n");
    sandbox.write(".tracker/findings/TASK-T3ST/x.yaml", "severity: [\n");
    let answer = ask(&sandbox, "list t3st");
    assert_eq!(answer["result"]["tasks"][0]["badge"], "awaiting_qa", "{answer}");
    assert!(answer["problems"].to_string().contains("x.yaml"), "{answer}");
}

#[test]
fn the_next_step_is_a_command_only_for_whom_it_helps() {
    let next = |sandbox: &Sandbox, name: &str| {
        let output = super::alone(sandbox, name, "show t3st --format json");
        let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let steps = crate::support::items(&answer["result"]["next"]);
        let steps: Vec<&str> = steps.iter().map(|step| step.as_str().unwrap()).collect();
        steps.iter().skip(1).map(|step| (*step).to_owned()).collect::<Vec<_>>()
    };
    let rules = format!("{ONE}[roles.reviewer]\nmembers = [\"ada@example.com\", \"ken@example.com\"]\n");
    let sandbox = world(&format!("{rules}[policy]\nself_approval = \"forbid\"\n"));
    assert_eq!(next(&sandbox, "Ada"), ["tracker approve TASK-T3ST --as reviewer"]);
    assert_eq!(next(&sandbox, "Eve"), ["ask ada@example.com or ken@example.com to approve as reviewer"]);
    assert_eq!(next(&sandbox, "Ken"), ["ask somebody else to approve as reviewer"]);
    let status = super::alone(&sandbox, "Ken", "status").stdout;
    assert!(!status.contains("Run: ask"), "{status}");
    ok(&by(&sandbox, "Ada", "reject t3st -m no"));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    assert_eq!(next(&sandbox, "Ada")[0], "tracker approve TASK-T3ST --as reviewer");
    assert_eq!(next(&sandbox, "Eve")[0], "ask Ada to vote again as reviewer");
}

#[test]
fn names_align_in_columns_and_suggestions_are_never_truncated() {
    let sandbox = world(TWO);
    let narrow = sandbox.tracker_with("", &["--color", "always", "signoffs", "t3st"], |command| {
        command.env("COLUMNS", "40");
    });
    let plain = sandbox.tracker(&["signoffs", "t3st"]);
    for row in ["  waits reviewer  0/1  waiting for anyone", "  waits tester    0/1  waiting for anyone"] {
        assert!(plain.stdout.contains(row), "{row}: {plain}");
    }
    for whole in ["approval of reviewer\n", "           tracker approve TASK-T3ST --as reviewer\n"] {
        assert!(narrow.stdout.contains(whole), "{whole}: {narrow}");
    }
}
