//! `tracker set-stage`

use super::{changed, typed, world};
use insta::assert_snapshot;

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
