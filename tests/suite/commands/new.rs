//! `tracker new`

use super::{empty, records, typed, world};
use insta::assert_snapshot;

#[test]
fn writes_a_file_that_a_person_can_read() {
    let sandbox = empty();
    assert_snapshot!(typed(&sandbox, r#"
        new "Add dark mode" --id TASK-D4RK --type feature --priority HIGH --tag ui,theme --tag ui --area ui --assignee ada --sprint sprint-1 --estimate "1h 30m" --file ./src/ui.rs --description "Make it dark." --deliverable "a toggle" --deliverable "one  table" --criterion "nobody is blinded"
    "#), @r#"
    $ tracker new "Add dark mode" --id TASK-D4RK --type feature --priority HIGH --tag ui,theme --tag ui --area ui --assignee ada --sprint sprint-1 --estimate "1h 30m" --file ./src/ui.rs --description "Make it dark." --deliverable "a toggle" --deliverable "one  table" --criterion "nobody is blinded"
    exit 0
    --- stdout
    Created TASK-D4RK  Add dark mode
      .tracker/tasks/TASK-D4RK.md
    "#);
    assert_snapshot!(sandbox.read(".tracker/tasks/TASK-D4RK.md"), @r"
    ---
    id: TASK-D4RK
    title: Add dark mode
    type: feature
    priority: high
    area: ui
    tags: [ui, theme]
    sprint: SPRINT-1
    files: [src/ui.rs]
    estimate: 1h 30m
    created: 2026-11-11
    stage: none
    assignee: ada
    ---

    ## Description

    Make it dark.

    ## Deliverables

    - [ ] a toggle
    - [ ] one table

    ## Acceptance criteria

    - [ ] nobody is blinded
    ");
    sandbox.tracker(&["new", "Only a title", "--id", "task-b4re"]);
    assert_snapshot!(sandbox.read(".tracker/tasks/TASK-B4RE.md"), @r"
    ---
    id: TASK-B4RE
    title: Only a title
    created: 2026-11-11
    stage: none
    ---
    ");
}

#[test]
fn quiet_prints_the_id_alone() {
    assert_snapshot!(empty().tracker(&["new", "Add dark mode", "--quiet"]), @r"
    exit 0
    --- stdout
    TASK-8DD1
    ");
}

#[test]
fn dry_run_shows_the_file_and_writes_nothing() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["new", "A: \"b\" # c", "--dep", "d4r", "--dry-run"]), @r#"
    exit 0
    --- stdout
    Would create TASK-MSJ8  A: "b" # c
      .tracker/tasks/TASK-MSJ8.md
    --- /dev/null
    +++ b/.tracker/tasks/TASK-MSJ8.md
    @@ -0,0 +1,7 @@
    +---
    +id: TASK-MSJ8
    +title: 'A: "b" # c'
    +depends_on: [TASK-D4RK]
    +created: 2026-11-11
    +stage: none
    +---
    --- stderr
    dry run: 1 file would change, nothing was written
    "#);
    assert_eq!(sandbox.tracker(&["new", "two\nlines"]).status, 2);
    assert_eq!(records(&sandbox), before);
}

#[test]
fn refuses_invalid_values_with_what_is_expected() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, r#"
        new
        new " "
        new a --id ../../x
        new a --id TASK-D4RK
        new a --priority urgent
        new a --sprint "next week"
        new a --estimate soon
        new a --type "a b"
        new a --file ../secret
        new a --file /etc/passwd
        new a --depends-on nope
        new a --depends-on task
        new a --pritority high
        new a --batch b
    "#), @r#"
    $ tracker new
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <TITLE>...

    Usage: tracker new <TITLE>...

    For more information, try '--help'.

    $ tracker new " "
    exit 2
    --- stderr
    error: a task needs a title

    $ tracker new a --id ../../x
    exit 2
    --- stderr
    error: invalid task id `../../x`
      hint: capital letters and digits with one hyphen, such as TASK-7Q2M

    $ tracker new a --id TASK-D4RK
    exit 2
    --- stderr
    error: TASK-D4RK is taken
      hint: leave the id out to get a new one

    $ tracker new a --priority urgent
    exit 2
    --- stderr
    error: invalid priority `urgent`
      hint: expected critical, high, medium or low

    $ tracker new a --sprint "next week"
    exit 2
    --- stderr
    error: invalid sprint `next week`
      hint: expected letters, digits, `.`, `_` and `-`, beginning with a letter or digit, such as SPRINT-1

    $ tracker new a --estimate soon
    exit 2
    --- stderr
    error: invalid duration `soon`
      hint: expected a duration such as 45m, 2h, 1h 30m or 3d (a day is 8 hours)

    $ tracker new a --type "a b"
    exit 2
    --- stderr
    error: invalid type `a b`
      hint: expected one word of letters, digits, `-` and `_`, such as feature

    $ tracker new a --file ../secret
    exit 2
    --- stderr
    error: `../secret` does not lie in the repository
      hint: give a path below the top of the working tree

    $ tracker new a --file /etc/passwd
    exit 2
    --- stderr
    error: `/etc/passwd` does not lie in the repository
      hint: give a path below the top of the working tree

    $ tracker new a --depends-on nope
    exit 2
    --- stderr
    error: no task matches `nope`
      hint: run `tracker list` to see all tasks

    $ tracker new a --depends-on task
    exit 2
    --- stderr
    error: `task` matches 4 tasks
      hint: use more of the id: TASK-C0DE TASK-D4RK TASK-EXP0 TASK-S3SS

    $ tracker new a --pritority high
    exit 2
    --- stderr
    error: unexpected argument '--pritority' found

      tip: a similar argument exists: '--priority'

    Usage: tracker new --priority <PRIORITY> <TITLE>...

    For more information, try '--help'.

    $ tracker new a --batch b
    exit 2
    --- stderr
    error: the argument '[TITLE]...' cannot be used with '--batch <FILE>'

    Usage: tracker new <TITLE>...

    For more information, try '--help'.
    "#);
    assert_eq!(sandbox.tracker(&["new", "two\nlines"]).status, 2);
    assert_eq!(records(&sandbox), before);
}

#[test]
fn a_day_by_which_a_task_is_due_is_read_as_in_a_query() {
    let sandbox = empty();
    sandbox.tracker(&["new", "Add dark mode", "--id", "TASK-D4RK", "--due", "+7d"]);
    sandbox.tracker(&["new", "Later", "--id", "TASK-L8TR", "--due", "2026-12"]);
    assert_snapshot!(sandbox.read(".tracker/tasks/TASK-D4RK.md"), @r"
    ---
    id: TASK-D4RK
    title: Add dark mode
    due: 2026-11-18
    created: 2026-11-11
    stage: none
    ---
    ");
    assert_snapshot!(typed(&sandbox, r"
        set d4rk due=yesterday source=https://example.com/7
        list is:overdue --fields id,due,source
        list due:2026-12-31 --fields id,due
        set d4rk due=soon
        set d4rk due=
    "), @r"
    $ tracker set d4rk due=yesterday source=https://example.com/7
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode
      due = 2026-11-10
      source = https://example.com/7

    $ tracker list is:overdue --fields id,due,source
    exit 0
    --- stdout
    id         due         source
    TASK-D4RK  2026-11-10  https://example.com/7

    $ tracker list due:2026-12-31 --fields id,due
    exit 0
    --- stdout
    id         due
    TASK-L8TR  2026-12-31

    $ tracker set d4rk due=soon
    exit 2
    --- stderr
    error: invalid date `soon`
      hint: expected a date such as 2026-11-11, today, fri, eow, `next week`, 7d or -1d

    $ tracker set d4rk due=
    exit 0
    --- stdout
    TASK-D4RK  due removed  Add dark mode
    ");
}
