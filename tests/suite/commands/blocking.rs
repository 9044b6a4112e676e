//! `tracker block`, `unblock`, `cancel`, `reopen`: done twice they are done once, and the record stays.

use super::{changed, records, typed, world};
use insta::assert_snapshot;

#[test]
fn a_block_is_a_field_and_goes_without_a_trace() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        block s3s no access to the server
        block s3s no access to the server
        block s3s 'still: no access'
        list -q is:blocked
    "), @r"
    $ tracker block s3s no access to the server
    exit 0
    --- stdout
    TASK-S3SS  blocked: no access to the server  Session expires while typing

    $ tracker block s3s no access to the server
    exit 0
    --- stdout
    TASK-S3SS  blocked: no access to the server (as it was)  Session expires while typing

    $ tracker block s3s 'still: no access'
    exit 0
    --- stdout
    TASK-S3SS  blocked: still: no access  Session expires while typing

    $ tracker list -q is:blocked
    exit 0
    --- stdout
    TASK-S3SS
    TASK-EXP0
    ");
    assert_snapshot!(changed(&sandbox), @r#"+blocked: "still: no access""#);
    assert_snapshot!(typed(&sandbox, "
        unblock s3s
        unblock s3s
    "), @r"
    $ tracker unblock s3s
    exit 0
    --- stdout
    TASK-S3SS  unblocked  Session expires while typing

    $ tracker unblock s3s
    exit 0
    --- stdout
    TASK-S3SS  not blocked by hand  Session expires while typing
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn reopening_a_cancelled_task_keeps_its_stage() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        cancel d4r duplicate of TASK-C0DE
        cancel d4r duplicate of TASK-C0DE
        list
        reopen d4r
        reopen d4r
    "), @r"
    $ tracker cancel d4r duplicate of TASK-C0DE
    exit 0
    --- stdout
    TASK-D4RK  cancelled: duplicate of TASK-C0DE  Add dark mode to the dashboard

    $ tracker cancel d4r duplicate of TASK-C0DE
    exit 0
    --- stdout
    TASK-D4RK  cancelled: duplicate of TASK-C0DE (as it was)  Add dark mode to the dashboard

    $ tracker list
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing     1d
    TASK-EXP0  low       none  blocked  Describe the export           today
    --- stderr
    2 tasks; 2 closed hidden, see `tracker list --all`

    $ tracker reopen d4r
    exit 0
    --- stdout
    TASK-D4RK  no longer cancelled, continues in dev  Add dark mode to the dashboard

    $ tracker reopen d4r
    exit 0
    --- stdout
    TASK-D4RK  already open  Add dark mode to the dashboard
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn a_complete_task_is_reopened_into_its_first_stage() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        reopen c0de --why 'a colour is missing'
    "), @r"
    $ tracker reopen c0de --why 'a colour is missing'
    exit 0
    --- stdout
    TASK-C0DE  complete → dev  One table for all colours
    ");
    assert_snapshot!(changed(&sandbox), @r"
    -stage: complete
    +stage: dev
    +  - {at: 2026-11-11T09:05:00Z, by: Ada Lovelace, from: complete, to: dev, kind: reopen, why: a colour is missing}
    ");
}

#[test]
fn refuses_what_makes_no_sense() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        block d4r
        block d4r ' '
        block c0de why
        cancel c0de why
        cancel d4r
        unblock
        reopen zzz
        block d4r 'two \u{7}'
        reopen c0de --why '\u{1b}[2J'
        set-stage d4r qa --why '\u{1b}[2J'
        start d4r --assignee '\u{1b}[2J'
        block d4r why -n
        cancel d4r why -n --quiet
    "), @r"
    $ tracker block d4r
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <REASON>

    Usage: tracker block [OPTIONS] <ID> <REASON>...

    For more information, try '--help'.

    $ tracker block d4r ' '
    exit 2
    --- stderr
    error: the reason is empty
      hint: give one: `tracker block ID REASON`

    $ tracker block c0de why
    exit 1
    --- stderr
    error: cannot block TASK-C0DE
      closed  it is complete  tracker reopen TASK-C0DE

    $ tracker cancel c0de why
    exit 1
    --- stderr
    error: cannot cancel TASK-C0DE
      closed  it is complete  tracker reopen TASK-C0DE

    $ tracker cancel d4r
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <REASON>

    Usage: tracker cancel [OPTIONS] <ID> <REASON>...

    For more information, try '--help'.

    $ tracker unblock
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <ID>...

    Usage: tracker unblock <ID>...

    For more information, try '--help'.

    $ tracker reopen zzz
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks

    $ tracker block d4r 'two �'
    exit 2
    --- stderr
    error: a reason is one line, without control characters

    $ tracker reopen c0de --why '�[2J'
    exit 2
    --- stderr
    error: a reason is one line, without control characters

    $ tracker set-stage d4r qa --why '�[2J'
    exit 2
    --- stderr
    error: a reason is one line, without control characters

    $ tracker start d4r --assignee '�[2J'
    exit 2
    --- stderr
    error: a reason is one line, without control characters

    $ tracker block d4r why -n
    exit 0
    --- stdout
    TASK-D4RK  blocked: why  Add dark mode to the dashboard
    --- a/.tracker/tasks/TASK-D4RK.md
    +++ b/.tracker/tasks/TASK-D4RK.md
    @@ -6,4 +6,5 @@
     stage: dev
     assignee: Ada Lovelace
    +blocked: why
     area: ui
     tags: [ui, theme]
    --- stderr
    dry run: 1 file would change, nothing was written

    $ tracker cancel d4r why -n --quiet
    exit 0
    --- stdout
    TASK-D4RK
    ");
    assert_eq!(records(&sandbox), before);
}
