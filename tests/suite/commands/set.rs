//! `tracker set`

use super::{changed, empty, records, typed, world};
use insta::assert_snapshot;

#[test]
fn changes_fields_of_one_or_more_tasks() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        set d4r priority=low tags+=dark,ui tags-=theme estimate=2h assignee=
        set s3s exp sprint=sprint-2
        set d4r priority=LOW
        set d4r priority=low --quiet
    "), @r"
    $ tracker set d4r priority=low tags+=dark,ui tags-=theme estimate=2h assignee=
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      priority = low
      tags + dark, ui
      tags - theme
      estimate = 2h
      assignee removed

    $ tracker set s3s exp sprint=sprint-2
    exit 0
    --- stdout
    TASK-S3SS  sprint = SPRINT-2  Session expires while typing
    TASK-EXP0  sprint = SPRINT-2  Describe the export

    $ tracker set d4r priority=LOW
    exit 0
    --- stdout
    TASK-D4RK  priority = low (as it was)  Add dark mode to the dashboard

    $ tracker set d4r priority=low --quiet
    exit 0
    --- stdout
    TASK-D4RK
    ");
    assert_snapshot!(changed(&sandbox), @r"
    -priority: high
    +priority: low
    -assignee: Ada Lovelace
    -tags: [ui, theme]
    +tags: [ui, dark]
    -estimate: 45m
    +estimate: 2h
    +sprint: SPRINT-2
    +sprint: SPRINT-2
    ");
}

#[test]
fn dry_run_shows_the_diff_and_writes_nothing() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["set", "d4r", "priority=low", "--dry-run"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  priority = low  Add dark mode to the dashboard
    --- a/.tracker/tasks/TASK-D4RK.md
    +++ b/.tracker/tasks/TASK-D4RK.md
    @@ -3,5 +3,5 @@
     title: Add dark mode to the dashboard
     type: feature
    -priority: high
    +priority: low
     stage: dev
     assignee: Ada Lovelace
    --- stderr
    dry run: 1 file would change, nothing was written
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn refuses_invalid_values_with_what_is_expected() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        set
        set d4r
        set priority=low
        set d4r prioriy=low
        set d4r priority=urgent
        set d4r priority+=low
        set d4r title=
        set d4r created=yesterday
        set d4r estimate=soon
        set d4r stage=qa
        set d4r status=done
        set d4r blocked=yes
        set d4r id=TASK-1
        set d4r reviewer=ken
        set d4r depends_on+=nope
        set d4r files+=../x
        set d4r tags+=
        set d4r =x
        set d4r zzz priority=low
    "), @r"
    $ tracker set
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <ID… FIELD=VALUE>...

    Usage: tracker set <ID… FIELD=VALUE>...

    For more information, try '--help'.

    $ tracker set d4r
    exit 2
    --- stderr
    error: no field given
      hint: for example `tracker set 7q2 priority=high`

    $ tracker set priority=low
    exit 2
    --- stderr
    error: no task given
      hint: for example `tracker set 7q2 priority=high`

    $ tracker set d4r prioriy=low
    exit 2
    --- stderr
    error: `prioriy` is not a field
      hint: did you mean `priority`?

    $ tracker set d4r priority=urgent
    exit 2
    --- stderr
    error: invalid priority `urgent`
      hint: expected critical, high, medium or low

    $ tracker set d4r priority+=low
    exit 2
    --- stderr
    error: `priority` is not a list
      hint: set it as a whole: priority=low

    $ tracker set d4r title=
    exit 2
    --- stderr
    error: a task needs a title

    $ tracker set d4r created=yesterday
    exit 2
    --- stderr
    error: `created` cannot be set
      hint: it is written once, when the task is created

    $ tracker set d4r estimate=soon
    exit 2
    --- stderr
    error: invalid duration `soon`
      hint: expected a duration such as 45m, 2h, 1h 30m or 3d (a day is 8 hours)

    $ tracker set d4r stage=qa
    exit 2
    --- stderr
    error: `stage` cannot be set
      hint: a stage is moved to: tracker set-stage ID STAGE

    $ tracker set d4r status=done
    exit 2
    --- stderr
    error: `status` cannot be set
      hint: status is derived: tracker start, block, cancel, set-stage

    $ tracker set d4r blocked=yes
    exit 2
    --- stderr
    error: `blocked` cannot be set
      hint: tracker block ID WHY, tracker unblock ID

    $ tracker set d4r id=TASK-1
    exit 2
    --- stderr
    error: `id` cannot be set
      hint: it is written by the tracker alone

    $ tracker set d4r reviewer=ken
    exit 2
    --- stderr
    error: `reviewer` is not a field
      hint: expected one of [FIELDS TO SET]; a key of your own is added with tracker edit ID

    $ tracker set d4r depends_on+=nope
    exit 2
    --- stderr
    error: no task matches `nope`
      hint: run `tracker list` to see all tasks

    $ tracker set d4r files+=../x
    exit 2
    --- stderr
    error: `../x` does not lie in the repository
      hint: give a path below the top of the working tree

    $ tracker set d4r tags+=
    exit 2
    --- stderr
    error: say what to add to `tags`
      hint: tags= removes the whole list

    $ tracker set d4r =x
    exit 2
    --- stderr
    error: expected FIELD=VALUE, got `=x`
      hint: run `tracker set --help`

    $ tracker set d4r zzz priority=low
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn a_cycle_is_refused_and_named() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        set s3s depends_on+=exp0
        set s3s depends_on=s3s
        set c0de depends_on=exp0,d4rk
    "), @r"
    $ tracker set s3s depends_on+=exp0
    exit 1
    --- stderr
    error: TASK-S3SS cannot depend on TASK-EXP0: that would be a cycle
      cycle  TASK-S3SS → TASK-EXP0 → TASK-S3SS  tracker deps

    $ tracker set s3s depends_on=s3s
    exit 1
    --- stderr
    error: TASK-S3SS cannot depend on itself
      cycle  TASK-S3SS → TASK-S3SS  tracker deps

    $ tracker set c0de depends_on=exp0,d4rk
    exit 1
    --- stderr
    error: TASK-C0DE cannot depend on TASK-D4RK: that would be a cycle
      cycle  TASK-C0DE → TASK-D4RK → TASK-C0DE  tracker deps
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn a_dependency_that_is_gone_can_be_taken_out() {
    let sandbox = world();
    std::fs::remove_file(sandbox.path().join(".tracker/tasks/TASK-S3SS.md")).unwrap();
    assert_snapshot!(sandbox.tracker(&["set", "exp", "depends_on-=TASK-S3SS"]), @r"
    exit 0
    --- stdout
    TASK-EXP0  depends_on removed  Describe the export
    ");
    assert!(!sandbox.read(".tracker/tasks/TASK-EXP0.md").contains("depends_on"));
}

#[test]
fn a_parent_exists_and_is_no_part_of_its_own_part() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, r"
        set d4rk c0de parent=exp0
        show exp0
        list parent:exp0 --fields id,parent
        set exp0 parent=d4rk
        set exp0 parent=exp0
        set exp0 parent=nowhere
        set d4rk parent=
    "), @r"
    $ tracker set d4rk c0de parent=exp0
    exit 0
    --- stdout
    TASK-D4RK  parent = TASK-EXP0  Add dark mode to the dashboard
    TASK-C0DE  parent = TASK-EXP0  One table for all colours

    $ tracker show exp0
    exit 0
    --- stdout
    TASK-EXP0  Describe the export  blocked
      docs · low · unassigned · created 2026-11-11
      [none] > dev > qa > sec > docs > complete

      Depends on
      open  TASK-S3SS  Session expires while typing

      Parts 1/2
      done  TASK-C0DE  One table for all colours
      open  TASK-D4RK  Add dark mode to the dashboard

      Next: tracker show TASK-S3SS

    $ tracker list parent:exp0 --fields id,parent
    exit 0
    --- stdout
    id         parent
    TASK-D4RK  TASK-EXP0

    $ tracker set exp0 parent=d4rk
    exit 1
    --- stderr
    error: TASK-EXP0 cannot be a part of TASK-D4RK: that would be a cycle
      cycle  TASK-EXP0 → TASK-D4RK → TASK-EXP0  tracker show TASK-D4RK

    $ tracker set exp0 parent=exp0
    exit 1
    --- stderr
    error: TASK-EXP0 cannot be a part of itself
      cycle  TASK-EXP0 → TASK-EXP0  tracker show TASK-EXP0

    $ tracker set exp0 parent=nowhere
    exit 2
    --- stderr
    error: no task matches `nowhere`
      hint: run `tracker list` to see all tasks

    $ tracker set d4rk parent=
    exit 0
    --- stdout
    TASK-D4RK  parent removed  Add dark mode to the dashboard
    ");
}

#[test]
fn when_a_task_was_created_never_changes() {
    assert_snapshot!(typed(&world(), "set d4rk created=2026-01-01"), @r"
    $ tracker set d4rk created=2026-01-01
    exit 2
    --- stderr
    error: `created` cannot be set
      hint: it is written once, when the task is created
    ");
}

#[test]
fn a_value_behind_a_blank_is_no_task_and_a_letter_from_the_middle_finds_none() {
    let sandbox = empty();
    sandbox.tracker(&["new", "Mine", "--id", "TASK-9NMV"]);
    sandbox.tracker(&["new", "Not mine", "--id", "TASK-20BE"]);
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["set", "9nmv", "tags=ui", "b"]), @r"
    exit 2
    --- stderr
    error: `b` is after `tags=ui`: neither its value nor a task before the fields
      hint: to add it to the value: tracker set 9nmv tags=ui,b
      hint: to change that task, too: tracker set 9nmv b tags=ui
    ");
    assert_eq!(records(&sandbox), before);
}
