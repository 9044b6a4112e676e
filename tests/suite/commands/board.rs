//! `tracker board`

use super::{empty, typed, world};
use insta::assert_snapshot;

#[test]
fn where_nobody_is_asked_a_board_does_not_speak_of_qa() {
    let sandbox = empty();
    let config = "format = 2\n[pipeline]\nstages = [\"dev\"]\n";
    sandbox.write(".tracker/config.toml", config);
    for args in [&["board"][..], &["board", "--color", "always"], &["report", "board"]] {
        let board = sandbox.tracker(args);
        assert!(board.status == 0 && !board.stdout.contains("QA"), "{board}");
        assert!(!board.stdout.contains("sign-off"), "{board}");
    }
}

#[test]
fn in_a_pipe_it_is_a_list_by_stage_with_nothing_cut() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        board
        board tag:ui
        board stage:qq
    "), @r"
    $ tracker board
    exit 0
    --- stdout
    4 total · 1 done · 1 in progress · 0 blocking findings · 1 blocked
    none 2
      TASK-S3SS  critical  pending  Session expires while typing
      TASK-EXP0  low       blocked  Describe the export
    dev 1
      TASK-D4RK  high  1/2  Add dark mode to the dashboard  Ada Lovelace
    qa 0
    sec 0
    docs 0
    complete 1
      TASK-C0DE  medium  done  One table for all colours

    $ tracker board tag:ui
    exit 0
    --- stdout
    1 total · 0 done · 1 in progress · 0 blocking findings · 0 blocked
    none 0
    dev 1
      TASK-D4RK  high  1/2  Add dark mode to the dashboard  Ada Lovelace
    qa 0
    sec 0
    docs 0
    complete 0

    $ tracker board stage:qq
    exit 2
    --- stderr
    error: unknown stage `qq` (expected none, dev, qa, sec, docs or complete)
      stage:qq
            ^^
      hint: did you mean `qa`?
    ");
    assert_snapshot!(empty().tracker(&["board"]), @r"
    exit 0
    --- stdout
    0 total · 0 done · 0 in progress · 0 blocking findings · 0 blocked
    none 0
    dev 0
    qa 0
    sec 0
    docs 0
    complete 0
    ");
}

fn on_a_terminal(columns: &str) -> String {
    let sandbox = world();
    sandbox.tracker(&["new", "Colours for those who see few of them, with a table", "--id", "TASK-FEW0"]);
    sandbox.tracker(&["set-stage", "few", "sec"]);
    let output = sandbox.tracker_with("", &["board", "--color", "always"], |command| {
        command.env("COLUMNS", columns);
    });
    let text = anstream::adapter::strip_str(&output.stdout).to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= columns.parse().unwrap(), "{line}");
    }
    text
}

#[test]
fn columns_share_eighty_columns() {
    assert_snapshot!(on_a_terminal("80"), @r"
    5 total · 1 done · 2 in progress · 0 blocking findings · 1 blocked

    none 2                                dev 1                                 qa 0
    ○ TASK-S3SS                           ● TASK-D4RK Ada Lovelace
      Session expires while typing          Add dark mode to the dashboard
    ■ TASK-EXP0
      Describe the export

    sec 1                                docs 0  complete 1
    ● TASK-FEW0                                  ◉ TASK-C0DE
      Colours for those who see few of…            One table for all colours

    ○ pending · ● in progress · ✗ issues found · ◉ done
    ");
}

#[test]
fn columns_share_a_wide_terminal() {
    assert_snapshot!(on_a_terminal("120"), @r"
    5 total · 1 done · 2 in progress · 0 blocking findings · 1 blocked

    none 2                     dev 1                      qa 0  sec 1                      docs 0  complete 1
    ○ TASK-S3SS                ● TASK-D4RK Ada Lovelace         ● TASK-FEW0                        ◉ TASK-C0DE
      Session expires while …    Add dark mode to the d…          Colours for those who …            One table for all colo…
    ■ TASK-EXP0
      Describe the export

    ○ pending · ● in progress · ✗ issues found · ◉ done
    ");
}

#[test]
fn a_narrow_terminal_gets_several_rows_of_columns() {
    assert_snapshot!(on_a_terminal("50"), @r"
    5 total · 1 done · 2 in progress
    0 blocking findings · 1 blocked

    none 2                    dev 1
    ○ TASK-S3SS               ● TASK-D4RK Ada Lovelace
      Session expires while…    Add dark mode to the …
    ■ TASK-EXP0
      Describe the export

    qa 0  sec 1
          ● TASK-FEW0
            Colours for those who see few of them, wi…

    docs 0  complete 1
            ◉ TASK-C0DE
              One table for all colours

    ○ pending · ● in progress · ✗ issues found
    ◉ done
    ");
}

#[test]
fn a_task_that_no_approval_completed_is_done_and_not_approved() {
    let sandbox = super::world();
    let args = ["new", "Skipped", "--id", "TASK-SK1P", "--quiet"];
    assert_eq!(sandbox.tracker(&args).status, 0);
    assert_eq!(sandbox.tracker(&["set-stage", "SK1P", "complete", "--why", "x"]).status, 0);
    let output = sandbox.tracker(&["list", "badge:done", "--fields", "id,badge"]);
    assert!(output.stdout.contains("TASK-SK1P  done"), "{output}");
    let output = sandbox.tracker(&["list", "badge:qa_approved"]);
    assert!(!output.stdout.contains("SK1P"), "{output}");
}
