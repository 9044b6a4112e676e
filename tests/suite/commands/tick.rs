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
    TASK-D4RK  ticked 2 two colours from one table  Add dark mode to the dashboard

    $ tracker tick d4 blinded
    exit 0
    --- stdout
    TASK-D4RK  ticked 3 nobody is blinded  Add dark mode to the dashboard

    $ tracker tick d4 1-2
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      ticked already 1 toggle in settings
      ticked already 2 two colours from one table

    $ tracker untick d4 all
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      unticked 1 toggle in settings
      unticked 2 two colours from one table
      unticked 3 nobody is blinded

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
    error: TASK-D4RK has boxes 1 to 3, not 4
      hint: tracker show TASK-D4RK

    $ tracker tick d4 0
    exit 2
    --- stderr
    error: TASK-D4RK has boxes 1 to 3, not 0
      hint: tracker show TASK-D4RK

    $ tracker tick d4 2-1
    exit 2
    --- stderr
    error: TASK-D4RK has boxes 1 to 3, not 2-1
      hint: tracker show TASK-D4RK

    $ tracker tick d4 nothing
    exit 2
    --- stderr
    error: no box of TASK-D4RK says `nothing`
      hint: tracker show TASK-D4RK

    $ tracker tick d4 o
    exit 2
    --- stderr
    error: `o` matches 3 boxes of TASK-D4RK
      hint: give the number: 1 toggle in settings; 2 two colours from one table; 3 nobody is blinded

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
    error: TASK-S3SS has no check boxes
      hint: write boxes as `- [ ] text`: tracker edit TASK-S3SS

    $ tracker tick zzz 1
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: tracker list
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn dry_run_shows_the_diff() {
    let sandbox = world();
    assert_snapshot!(sandbox.tracker(&["tick", "d4", "2", "-n"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  ticked 2 two colours from one table  Add dark mode to the dashboard
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
