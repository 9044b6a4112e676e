//! `tracker show`

use super::{empty, json, typed, world};
use insta::assert_snapshot;

#[test]
fn shows_everything_of_a_task() {
    let sandbox = world();
    sandbox.tracker(&["note", "d4r", "The table is in.\nUse it."]);
    assert_snapshot!(sandbox.tracker(&["show", "d4rk"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard  in progress
      feature · high · ui · Ada Lovelace · SPRINT-1 · estimate 45m · created 2026-11-08 · #ui #theme
      none > [dev] > qa > sec > docs > complete   since 2d
      Files: src/ui/theme.rs

      Depends on
      done  TASK-C0DE  One table for all colours

      ## Description

      Make it dark.

      ## Deliverables

      [x] 1 toggle in settings
      [ ] 2 two colours from one table

      ## Acceptance criteria

      [ ] 3 nobody is blinded

      Notes
      Ada Lovelace 1m
        The table is in.
        Use it.

      Next: tracker tick TASK-D4RK 2 3  or  tracker advance TASK-D4RK
    ");
}

#[test]
fn shows_what_blocks_a_task() {
    let sandbox = world();
    assert_snapshot!(sandbox.tracker(&["show", "exp0"]), @r"
    exit 0
    --- stdout
    TASK-EXP0  Describe the export  blocked
      docs · low · unassigned · created 2026-11-11
      [none] > dev > qa > sec > docs > complete

      Depends on
      open  TASK-S3SS  Session expires while typing

      Next: tracker show TASK-S3SS
    ");
    sandbox.tracker(&["block", "s3s", "no access to the server"]);
    assert_snapshot!(sandbox.tracker(&["show", "s3s"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  Session expires while typing  blocked
      bug · critical · unassigned · created 2026-11-10
      [none] > dev > qa > sec > docs > complete
      Blocked: no access to the server

      Next: tracker unblock TASK-S3SS
    ");
    sandbox.tracker(&["cancel", "s3s", "not ours"]);
    assert_snapshot!(sandbox.tracker(&["show", "s3s"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  Session expires while typing  cancelled
      bug · critical · unassigned · created 2026-11-10
      [none] > dev > qa > sec > docs > complete
      Blocked: no access to the server
      Cancelled: not ours

      Next: tracker reopen TASK-S3SS
    ");
}

#[test]
fn a_part_of_an_id_is_enough() {
    let sandbox = world();
    for part in ["TASK-D4RK", "task-d4rk", "d4rk", "D4"] {
        assert_eq!(json(&sandbox.tracker(&["show", part, "--format", "json"]))["result"]["id"], "TASK-D4RK");
    }
    assert_snapshot!(typed(&sandbox, "
        show task
        show d4rl
        show zzzz
        show ../../etc/passwd
        show
    "), @r"
    $ tracker show task
    exit 2
    --- stderr
    error: `task` matches 4 tasks
      hint: use more of the id: TASK-C0DE TASK-D4RK TASK-EXP0 TASK-S3SS

    $ tracker show d4rl
    exit 2
    --- stderr
    error: no task matches `d4rl`
      hint: did you mean TASK-D4RK?

    $ tracker show zzzz
    exit 2
    --- stderr
    error: no task matches `zzzz`
      hint: run `tracker list` to see all tasks

    $ tracker show ../../etc/passwd
    exit 2
    --- stderr
    error: no task matches `../../etc/passwd`
      hint: run `tracker list` to see all tasks

    $ tracker show
    exit 2
    --- stderr
    error: no task given and none is active
      hint: run `tracker show ID`, or `tracker start ID` first
    ");
}

#[test]
fn without_an_id_it_is_the_active_task() {
    let sandbox = world();
    sandbox.tracker(&["start", "s3s"]);
    assert!(sandbox.tracker(&["show"]).stdout.starts_with("TASK-S3SS"));
}

#[test]
fn a_broken_document_stays_readable() {
    let sandbox = world();
    sandbox.write(
        ".tracker/tasks/TASK-BR0K.md",
        "---\nid: TASK-BR0K\ntitle: [oops\n---\n\nWords \u{1b}[2J of value.\n",
    );
    assert_snapshot!(sandbox.tracker(&["show", "br0k"]), @r"
    exit 1
    --- stdout
    TASK-BR0K  cannot be read as a task
      .tracker/tasks/TASK-BR0K.md

      1  ---
      2  id: TASK-BR0K
      3  title: [oops
      4  ---
      5
      6  Words \u{1b}[2J of value.

      Next: tracker edit TASK-BR0K
    --- stderr
    error: .tracker/tasks/TASK-BR0K.md:3: title: did not find expected ',' or ']'
      hint: a bracket is not closed, or a text in it needs quotes
    ");
    let answer = json(&sandbox.tracker(&["show", "br0k", "--format", "json"]));
    assert_eq!(answer["result"]["task"], serde_json::Value::Null);
    assert!(answer["result"]["text"].as_str().unwrap().ends_with("of value.\n"));
}

#[test]
fn unknown_keys_and_values_are_shown() {
    let sandbox = world();
    sandbox.write(
        ".tracker/tasks/TASK-0DD0.md",
        "---\nid: TASK-0DD0\ntitle: Odd\nstage: limbo\npriority: someday\nreviewed_by: [ken, ada]\ndepends_on: [TASK-G0NE]\n---\n",
    );
    assert_snapshot!(sandbox.tracker(&["show", "0dd"]), @r"
    exit 0
    --- stdout
    TASK-0DD0  Odd  blocked
      someday · unassigned
      none > [limbo] > dev > qa > sec > docs > complete
      reviewed_by: [ken, ada]

      Depends on
      missing  TASK-G0NE  unknown task, or it cannot be read

      Next: tracker set TASK-0DD0 depends_on-=TASK-G0NE
    --- stderr
    warning: .tracker/tasks/TASK-0DD0.md:5: priority: invalid priority `someday`
      hint: expected critical, high, medium or low
    ");
}

#[test]
fn parts_and_target_files_are_shown_with_who_else_is_about_them() {
    let sandbox = empty();
    assert_snapshot!(typed(&sandbox, r"
        new Cart --id TASK-CART --file src/cart.rs --file src/sum.rs
        new Total --id TASK-T0TA --parent cart --file src/sum.rs
        new Coupon --id TASK-C0UP --parent t0ta --file src/cart.rs
        start t0ta
        start cart
        show cart
        list --tree
        list --tree --limit 2
        done cart
    "), @r"
    $ tracker new Cart --id TASK-CART --file src/cart.rs --file src/sum.rs
    exit 0
    --- stdout
    Created TASK-CART  Cart
      .tracker/tasks/TASK-CART.md

    $ tracker new Total --id TASK-T0TA --parent cart --file src/sum.rs
    exit 0
    --- stdout
    Created TASK-T0TA  Total
      .tracker/tasks/TASK-T0TA.md

    $ tracker new Coupon --id TASK-C0UP --parent t0ta --file src/cart.rs
    exit 0
    --- stdout
    Created TASK-C0UP  Coupon
      .tracker/tasks/TASK-C0UP.md

    $ tracker start t0ta
    exit 0
    --- stdout
    TASK-T0TA  Total
      assignee = Ada Lovelace
      none → dev

    $ tracker start cart
    exit 0
    --- stdout
    TASK-CART  Cart
      assignee = Ada Lovelace
      none → dev
      src/sum.rs is also a file of TASK-T0TA of Ada Lovelace, in dev

    $ tracker show cart
    exit 0
    --- stdout
    TASK-CART  Cart  in progress
      Ada Lovelace · created 2026-11-11
      none > [dev] > qa > sec > docs > complete   since 1m
      Files: src/cart.rs, src/sum.rs
      Also:  src/cart.rs in TASK-C0UP (none)  Coupon
      Also:  src/sum.rs in TASK-T0TA (dev, Ada Lovelace)  Total

      Parts 0/1
      open  TASK-T0TA  Total

      Next: tracker advance TASK-CART

    $ tracker list --tree
    exit 0
    --- stdout
    TASK-CART      -  dev   0/1 parts  Cart    Ada Lovelace     2m
    - TASK-T0TA    -  dev   0/1 parts  Total   Ada Lovelace     3m
      - TASK-C0UP  -  none  pending    Coupon                today
    --- stderr
    3 tasks

    $ tracker list --tree --limit 2
    exit 0
    --- stdout
    TASK-CART    -  dev  0/1 parts  Cart   Ada Lovelace  3m
    - TASK-T0TA  -  dev  0/1 parts  Total  Ada Lovelace  4m
    --- stderr
    2 of 3 tasks

    $ tracker done cart
    exit 0
    --- stdout
    TASK-CART  Cart
      dev → qa
      qa → sec
      sec → docs
      docs → complete
      1 of 1 parts still open: TASK-T0TA
    ");
}
