//! `tracker set-stage`

use super::{changed, commit, typed, world};
use insta::assert_snapshot;

#[test]
fn a_stage_that_was_set_by_hand_is_named_and_becomes_a_move() {
    let sandbox = world();
    let run = |line: &str| sandbox.tracker(&line.split(' ').collect::<Vec<_>>());
    run("new Edited --id TASK-HAND");
    commit(&sandbox, "Tasks");
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    let path = ".tracker/tasks/TASK-HAND.md";
    sandbox.write(path, sandbox.read(path).replace("stage: none", "stage: complete"));
    commit(&sandbox, "By hand");
    let found = run("doctor").to_string();
    assert!(found.contains("stage: set by hand: it is complete, and the history ends in none"), "{found}");
    let command = "set-stage TASK-HAND complete";
    let refused = run("check --base main").to_string();
    assert!(refused.contains("legal-moves") && refused.contains(command), "{refused}");
    assert!(run(command).stdout.contains("none → complete"));
    assert!(!run("doctor").to_string().contains("set by hand"));
    assert!(run(command).stdout.contains("already in complete"));
    commit(&sandbox, "A move");
    let judged = run("check --base main").to_string();
    assert!(!judged.contains("set by hand"), "{judged}");
}

#[test]
fn a_forced_move_is_marked_as_an_override() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        set-stage d4r QA --why 'reviewed on paper'
        set-stage d4r qa
        set-stage s3s complete
        set-stage s3s nowhere
        set-stage s3s
    "), @r"
    $ tracker set-stage d4r QA --why 'reviewed on paper'
    exit 0
    --- stdout
    TASK-D4RK  dev → qa  Add dark mode to the dashboard

    $ tracker set-stage d4r qa
    exit 0
    --- stdout
    TASK-D4RK  already in qa  Add dark mode to the dashboard

    $ tracker set-stage s3s complete
    exit 0
    --- stdout
    TASK-S3SS  none → complete  Session expires while typing

    $ tracker set-stage s3s nowhere
    exit 2
    --- stderr
    error: unknown stage `nowhere` of TASK-S3SS
      hint: expected none, dev, qa, sec, docs, complete

    $ tracker set-stage s3s
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <STAGE>

    Usage: tracker set-stage <ID> <STAGE>

    For more information, try '--help'.
    ");
    assert_snapshot!(changed(&sandbox), @r"
    -stage: dev
    +stage: qa
    +  - {at: 2026-11-11T09:05:00Z, by: Ada Lovelace, from: dev, to: qa, kind: override, why: reviewed on paper}
    +stage: complete
    +history:
    +  - {at: 2026-11-11T09:07:00Z, by: Ada Lovelace, from: none, to: complete, kind: override}
    ");
}
