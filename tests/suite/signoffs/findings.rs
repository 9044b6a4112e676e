//! Findings that keep the gate shut.

use super::{ONE, alone, ask, by, ok, stage, world};
use crate::support::Sandbox;

fn id_of(sandbox: &Sandbox, title: &str) -> String {
    let answer = ask(sandbox, "findings t3st --all");
    let found = crate::support::items(&answer["result"]["findings"]);
    let one = found.iter().find(|finding| finding["title"] == title).unwrap_or_else(|| panic!("{answer}"));
    one["id"].as_str().unwrap().to_owned()
}

fn rejected() -> Sandbox {
    let sandbox = world(&format!("{ONE}[policy]\nblocking_severity = \"high\"\n"));
    let line = "reject t3st --finding 'high: token is logged @ src/theme.rs:2' --finding 'low: a typo'";
    ok(&by(&sandbox, "Ada", line));
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    ok(&by(&sandbox, "Ada", "withdraw t3st --as reviewer"));
    sandbox
}

#[test]
fn an_open_one_of_a_blocking_severity_keeps_the_gate_shut() {
    let sandbox = rejected();
    ok(&by(&sandbox, "Bob", "approve t3st"));
    assert_eq!(stage(&sandbox), "qa");
    let refused = alone(&sandbox, "Ken", "advance t3st");
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("token is logged, src/theme.rs:2"), "{refused}");
    assert!(!refused.stderr.contains("a typo"), "{refused}");
    let id = id_of(&sandbox, "token is logged");
    ok(&by(&sandbox, "Ken", &format!("findings resolve t3st {id} -m fixed")));
    let output = alone(&sandbox, "Ken", "advance t3st");
    ok(&output);
    assert_eq!(stage(&sandbox), "sec");
}

#[test]
fn a_waiver_needs_a_reason_and_a_reopened_one_blocks_again() {
    let sandbox = rejected();
    let id = id_of(&sandbox, "token is logged");
    for line in [format!("findings waive t3st {id}"), format!("findings waive t3st {id} -m ' '")] {
        assert_eq!(alone(&sandbox, "Ken", &line).status, 2, "{line}");
    }
    ok(&by(&sandbox, "Ken", &format!("findings waive t3st {id} -m 'only in tests'")));
    assert_eq!(crate::support::items(&ask(&sandbox, "findings t3st")["result"]["findings"]).len(), 1);
    let again = by(&sandbox, "Ken", &format!("findings waive t3st {id} -m again"));
    assert!(ok(&again).stdout.contains("already"), "{again}");
    ok(&by(&sandbox, "Ken", &format!("findings reopen t3st {id}")));
    ok(&by(&sandbox, "Bob", "approve t3st"));
    assert_eq!(stage(&sandbox), "qa");
    assert_eq!(alone(&sandbox, "Ken", "findings settle t3st F0000").status, 2);
}

#[test]
fn what_cannot_be_read_as_a_finding_is_a_mistake_of_the_call() {
    let sandbox = world(ONE);
    for text in ["no severity", "awful: thing", "high:", "high: two\nlines"] {
        let words = ["reject", "t3st", "--finding", text];
        assert_eq!(sandbox.tracker(&words).status, 2, "{text}");
    }
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn findings_are_selected_by_a_query_and_named_on_the_board() {
    let sandbox = rejected();
    ok(&by(&sandbox, "Ken", "set t3st assignee=Ken priority=high"));
    let titles = |line: &str| {
        let answer = ask(&sandbox, line);
        let found = crate::support::items(&answer["result"]["findings"]).iter();
        found.map(|finding| finding["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(titles("findings"), "token is logged, a typo");
    assert_eq!(titles("findings severity:high,critical"), "token is logged");
    assert_eq!(titles("findings role:reviewer severity:low"), "a typo");
    assert_eq!(titles("findings role:tester"), "");
    assert_eq!(titles("findings assignee:ken"), "token is logged, a typo");
    assert_eq!(titles("findings assignee:ada"), "");
    let id = id_of(&sandbox, "a typo");
    assert_eq!(titles(&format!("findings {id}")), "a typo");
    let board = sandbox.tracker(&["board"]).stdout;
    assert!(board.contains("findings 2\n") && board.contains("token is logged  src/theme.rs:2"), "{board}");
    assert_eq!(titles("board"), "token is logged, a typo");
    // What is waived is asked for by name, and no longer on the board.
    ok(&by(&sandbox, "Ken", &format!("findings waive {id} -m 'nobody reads it'")));
    assert_eq!(titles("board"), "token is logged");
    assert_eq!(titles("findings state:waived"), "a typo");
    assert_eq!(titles("board priority:low"), "");
}
