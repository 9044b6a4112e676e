//! `tracker tick`, `tracker untick`

use super::{changed, records, typed, world};
use insta::assert_snapshot;

#[test]
fn ticks_by_number_range_and_text() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        tick d4 2
        tick d4 blinded
        tick d4 1-2
        untick d4 all
        tick d4 'Two Colours' 3 --quiet
    "), @r"
    $ tracker tick d4 2
    exit 0
    --- stdout
    TASK-D4RK  checked 2 two colours from one table  Add dark mode to the dashboard

    $ tracker tick d4 blinded
    exit 0
    --- stdout
    TASK-D4RK  checked 3 nobody is blinded  Add dark mode to the dashboard

    $ tracker tick d4 1-2
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      already checked 1 toggle in settings
      already checked 2 two colours from one table

    $ tracker untick d4 all
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      unchecked 1 toggle in settings
      unchecked 2 two colours from one table
      unchecked 3 nobody is blinded

    $ tracker tick d4 'Two Colours' 3 --quiet
    exit 0
    --- stdout
    TASK-D4RK
    ");
    assert_snapshot!(changed(&sandbox), @r"
    -- [x] toggle in settings
    -- [ ] two colours from one table
    +- [ ] toggle in settings
    +- [x] two colours from one table
    -- [ ] nobody is blinded
    +- [x] nobody is blinded
    ");
}

#[test]
fn refuses_what_is_no_box() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        tick d4 4
        tick d4 0
        tick d4 2-1
        tick d4 nothing
        tick d4 o
        tick d4
        tick s3 1
        tick zzz 1
    "), @r"
    $ tracker tick d4 4
    exit 2
    --- stderr
    error: no checkbox 4 in TASK-D4RK (it has 3)
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4 0
    exit 2
    --- stderr
    error: no checkbox 0 in TASK-D4RK (it has 3)
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4 2-1
    exit 2
    --- stderr
    error: no checkbox 2-1 in TASK-D4RK (it has 3)
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4 nothing
    exit 2
    --- stderr
    error: no checkbox of TASK-D4RK matches `nothing`
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4 o
    exit 2
    --- stderr
    error: `o` matches 3 checkboxes of TASK-D4RK
      hint: use the number: 1 toggle in settings; 2 two colours from one table; 3 nobody is blinded

    $ tracker tick d4
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <BOX>...

    Usage: tracker tick <ID> <BOX>...

    For more information, try '--help'.

    $ tracker tick s3 1
    exit 2
    --- stderr
    error: no checkboxes in TASK-S3SS
      hint: write checkboxes as `- [ ] text` with `tracker edit TASK-S3SS`

    $ tracker tick zzz 1
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn dry_run_shows_the_diff() {
    let sandbox = world();
    assert_snapshot!(sandbox.tracker(&["tick", "d4", "2", "-n"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  checked 2 two colours from one table  Add dark mode to the dashboard
    --- a/.tracker/tasks/TASK-D4RK.md
    +++ b/.tracker/tasks/TASK-D4RK.md
    @@ -24,5 +24,5 @@

     - [x] toggle in settings
    -- [ ] two colours from one table
    +- [x] two colours from one table

     ## Acceptance criteria
    --- stderr
    dry run: 1 file would change, nothing was written
    ");
    assert_eq!(changed(&sandbox), "");
}
