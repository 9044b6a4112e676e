//! `tracker import cards`

use super::{empty, typed};
use crate::support::items;
use insta::assert_snapshot;

#[test]
fn what_a_batch_would_refuse_is_left_out_by_line() {
    let sandbox = empty();
    sandbox.write(
        "cards.md",
        "### T-1: A\nDepends on: T-2\n\n### T-2: B\nDepends on: T-3, T-4\n\n### T-3: C\nDepends on: T-1\n\n\
         ### T-4: D\nDepends on: T-4\nParent: T-5\n\n### T-5: E\nParent: T-4\nDepends on: T-99\n",
    );
    assert_snapshot!(typed(&sandbox, "
        import cards cards.md
        import cards cards.md
        deps T-1
        doctor
    "), @r"
    $ tracker import cards cards.md
    exit 1
    --- stdout
    created  T-1  not started  A
    created  T-2  not started  B
    created  T-3  not started  C
    created  T-4  not started  D
    created  T-5  not started  E
    5 tasks: 5 not started
    5 files written
    --- stderr
    error: cards.md:11: T-4 cannot name itself
      hint: it is left out of the task
    error: cards.md:16: `T-99` is not a task here
      hint: it is left out of the task
    error: cards.md:8: `T-1` would make a cycle: T-1 → T-2 → T-3 → T-1
      hint: it is left out of the task
    error: cards.md:15: `T-4` would make a cycle: T-4 → T-5 → T-4
      hint: it is left out of the task

    $ tracker import cards cards.md
    exit 1
    --- stdout
    unchanged  T-1  not started  A
    unchanged  T-2  not started  B
    unchanged  T-3  not started  C
    unchanged  T-4  not started  D
    unchanged  T-5  not started  E
    5 tasks: 5 not started
    0 files written
    --- stderr
    error: cards.md:11: T-4 cannot name itself
      hint: it is left out of the task
    error: cards.md:16: `T-99` is not a task here
      hint: it is left out of the task
    error: cards.md:8: `T-1` would make a cycle: T-1 → T-2 → T-3 → T-1
      hint: it is left out of the task
    error: cards.md:15: `T-4` would make a cycle: T-4 → T-5 → T-4
      hint: it is left out of the task

    $ tracker deps T-1
    exit 0
    --- stdout
    T-1  blocked  A
    `- T-2  blocked  B
       |- T-3  none  C
       `- T-4  none  D

    $ tracker doctor
    exit 0
    --- stderr
    8 files, nothing wrong
    ");
}

#[test]
fn cycles_with_tasks_that_are_there_are_left_out_too() {
    let sandbox = empty();
    for args in [&["new", "Old", "--id", "T-9"][..], &["new", "Older", "--id", "T-8", "--depends-on", "T-9"]]
    {
        assert_eq!(sandbox.tracker(args).status, 0);
    }
    sandbox.write("cards.md", "### T-1: A\nDepends on: T-8\n");
    assert_eq!(sandbox.tracker(&["import", "cards", "cards.md"]).status, 0);
    assert_eq!(sandbox.tracker(&["set", "T-9", "depends_on+=T-1"]).status, 1);
    sandbox.write("cards.md", "### T-1: A\nDepends on: T-8\nParent: T-2\n\n### T-2: B\nDepends on: T-1\n");
    let output = sandbox.tracker(&["import", "cards", "cards.md", "--update"]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn errors_come_first_and_alike_warnings_are_one() {
    let sandbox = empty();
    let mut cards: String = (1..30).map(|id| format!("### T-{id}: x\nStatus: Done\nDue: soon\n\n")).collect();
    cards.push_str("### T-7: y\n");
    sandbox.write("cards.md", &cards);
    assert_snapshot!(typed(&sandbox, "import cards cards.md --quiet --dry-run"), @r"
    $ tracker import cards cards.md --quiet --dry-run
    exit 1
    --- stdout
    T-1
    T-2
    T-3
    T-4
    T-5
    T-6
    T-7
    T-8
    T-9
    T-10
    T-11
    T-12
    T-13
    T-14
    T-15
    T-16
    T-17
    T-18
    T-19
    T-20
    T-21
    T-22
    T-23
    T-24
    T-25
    T-26
    T-27
    T-28
    T-29
    --- stderr
    error: cards.md:117: `T-7` is also the id of the card on line 25
      hint: give the card on line 117 an id of its own; it is not imported
    warning: cards.md:1: T-1 and 28 others give no day of completion
      hint: a `Completed:` line gives one; without it the history is empty
    warning: cards.md:3: cannot read `soon` as due (also on lines 7, 11, 15, 19, 23, 27, 31, 35 and 20 more)
      hint: the line is kept in the body
    ");
    let output = sandbox.tracker(&["import", "cards", "cards.md", "--dry-run", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(items(&json["problems"]).len(), 31);
    assert_eq!(json["problems"][0]["severity"], "error");
}

#[test]
fn a_document_without_cards_is_refused_with_a_hint() {
    let sandbox = empty();
    sandbox.write("cards.md", "# Plan\n\n## Task one\n- by Ann\n");
    sandbox.write("none.md", "no headings\n");
    assert_snapshot!(typed(&sandbox, "
        import cards cards.md
        import cards none.md
        import cards none.md --format json
    "), @r#"
    $ tracker import cards cards.md
    exit 1
    --- stdout
    0 tasks; text outside of any card: lines 3-4
    0 files written
    --- stderr
    error: cards.md:3: no task card found
      hint: a card begins with a heading such as `### TASK-7Q2M: Title`; the nearest is `## Task one`
    warning: cards.md:3: text outside of any card is not imported: lines 3-4
      hint: add it to a task by hand if it is needed

    $ tracker import cards none.md
    exit 1
    --- stdout
    0 tasks; text outside of any card: line 1
    0 files written
    --- stderr
    error: none.md: no task card found
      hint: a card begins with a heading such as `### TASK-7Q2M: Title`
    warning: none.md:1: text outside of any card is not imported: line 1
      hint: add it to a task by hand if it is needed

    $ tracker import cards none.md --format json
    exit 1
    --- stdout
    {"version":2,"command":"import","exit":1,"result":{"summary":"0 tasks; text outside of any card: line 1","cards":[],"written":{"dry_run":false}},"problems":[{"severity":"error","file":"none.md","message":"no task card found","hint":"a card begins with a heading such as `### TASK-7Q2M: Title`"},{"severity":"warning","file":"none.md","line":1,"message":"text outside of any card is not imported: line 1","hint":"add it to a task by hand if it is needed"}]}
    "#);
}
