//! `tracker list`

use super::{empty, json, typed, world};
use insta::assert_snapshot;

#[test]
fn shows_what_is_open_first_things_first() {
    assert_snapshot!(world().tracker(&["list"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing                     1d
    TASK-D4RK  high      dev   1/2      Add dark mode to the dashboard  Ada Lovelace     2d
    TASK-EXP0  low       none  blocked  Describe the export                           today
    --- stderr
    3 tasks; 1 closed hidden, see `tracker list --all`
    ");
    assert_snapshot!(empty().tracker(&["list"]), @r"
    exit 0
    --- stderr
    0 tasks
    ");
}

#[test]
fn takes_a_query() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, r#"
        list -q priority>=high
        ls -q tag:ui -assignee:ada
        ls -q 'stage:dev,none -type:docs'
        ls -q dark mode
        ls -q is:closed
        ls -q is:mine
        ls -q is:ready
        ls -q dep:s3ss
        ls -q blinded
        ls -q created>=-1d
        list type:epic
    "#), @r"
    $ tracker list -q priority>=high
    exit 0
    --- stdout
    TASK-S3SS
    TASK-D4RK

    $ tracker ls -q tag:ui -assignee:ada
    exit 0
    --- stdout
    TASK-D4RK

    $ tracker ls -q 'stage:dev,none -type:docs'
    exit 0
    --- stdout
    TASK-S3SS
    TASK-D4RK

    $ tracker ls -q dark mode
    exit 0
    --- stdout
    TASK-D4RK

    $ tracker ls -q is:closed
    exit 0
    --- stdout
    TASK-C0DE

    $ tracker ls -q is:mine
    exit 0
    --- stdout
    TASK-D4RK

    $ tracker ls -q is:ready
    exit 0
    --- stdout
    TASK-S3SS

    $ tracker ls -q dep:s3ss
    exit 0
    --- stdout
    TASK-EXP0

    $ tracker ls -q blinded
    exit 0

    $ tracker ls -q created>=-1d
    exit 0
    --- stdout
    TASK-S3SS
    TASK-EXP0

    $ tracker list type:epic
    exit 0
    --- stderr
    0 tasks
    ");
}

#[test]
fn sorts_limits_and_counts() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        list -q --sort title
        list -q --sort -created
        list -q --sort -priority,id --all
        list --limit 1
        list --limit 0
    "), @r"
    $ tracker list -q --sort title
    exit 0
    --- stdout
    TASK-D4RK
    TASK-EXP0
    TASK-S3SS

    $ tracker list -q --sort -created
    exit 0
    --- stdout
    TASK-EXP0
    TASK-S3SS
    TASK-D4RK

    $ tracker list -q --sort -priority,id --all
    exit 0
    --- stdout
    TASK-EXP0
    TASK-C0DE
    TASK-D4RK
    TASK-S3SS

    $ tracker list --limit 1
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing  1d
    --- stderr
    1 of 3 tasks; 1 closed hidden, see `tracker list --all`

    $ tracker list --limit 0
    exit 0
    --- stderr
    0 of 3 tasks; 1 closed hidden, see `tracker list --all`
    ");
}

#[test]
fn shows_only_the_selected_fields() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        list --fields id,priority,estimate,tags,deliverables,boxes,created
        list --fields title,id --quiet --limit 1
        list --fields body dark
    "), @r"
    $ tracker list --fields id,priority,estimate,tags,deliverables,boxes,created
    exit 0
    --- stdout
    id         priority  estimate  tags      deliverables  boxes  created
    TASK-S3SS  critical                      0/0           0/0    2026-11-10
    TASK-D4RK  high      45m       ui,theme  1/2           1/3    2026-11-08
    TASK-EXP0  low                           0/0           0/0    2026-11-11

    $ tracker list --fields title,id --quiet --limit 1
    exit 0
    --- stdout
    Session expires while typing  TASK-S3SS

    $ tracker list --fields body dark
    exit 0
    --- stdout
    body
    ## Description  Make it dark.  ## Deliverables  - [x] toggle in settings - [ ] two colours from one table  ## Acceptance criteria  - [ ] nobody is blinded
    ");
    let line =
        json(&sandbox.tracker(&["list", "dark", "--fields", "estimate,body,dep,id", "--format", "json"]));
    assert_snapshot!(line["result"]["tasks"], @r#"[{"estimate_minutes":45,"body":"\n## Description\n\nMake it dark.\n\n## Deliverables\n\n- [x] toggle in settings\n- [ ] two colours from one table\n\n## Acceptance criteria\n\n- [ ] nobody is blinded\n","depends_on":["TASK-C0DE"],"id":"TASK-D4RK"}]"#);
}

#[test]
fn a_mistake_is_shown_where_it_is() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, r#"
        list stage:qq
        list tag:ui prioritty>high
        list is:foo
        list '"dark mode'
        list '(stage:dev'
        list created:soon
        list --sort priority,foo
        list --fields id,titel
        list --limit many
    "#), @r#"
    $ tracker list stage:qq
    exit 2
    --- stderr
    error: unknown stage `qq` (expected none, dev, qa, sec, docs or complete)
      stage:qq
            ^^
      hint: did you mean `qa`?

    $ tracker list tag:ui prioritty>high
    exit 2
    --- stderr
    error: unknown field `prioritty`
      tag:ui prioritty>high
             ^^^^^^^^^
      hint: did you mean `priority`?

    $ tracker list is:foo
    exit 2
    --- stderr
    error: invalid state `foo` (expected open, closed, blocked, ready, overdue or mine)
      is:foo
         ^^^

    $ tracker list '"dark mode'
    exit 2
    --- stderr
    error: this quote is not closed
      "dark mode
      ^
      hint: to search for the sign itself, put a backslash before it

    $ tracker list '(stage:dev'
    exit 2
    --- stderr
    error: this parenthesis is not closed
      (stage:dev
      ^
      hint: to search for the sign itself, put a backslash before it

    $ tracker list created:soon
    exit 2
    --- stderr
    error: invalid date `soon`
      created:soon
              ^^^^
      hint: expected a date such as `2026-11-01`, `2026-11`, `today`, `fri`, `next-week` or `-7d` for seven days ago

    $ tracker list --sort priority,foo
    exit 2
    --- stderr
    error: unknown field `foo`
      priority,foo
               ^^^
      hint: expected one of [FIELDS]

    $ tracker list --fields id,titel
    exit 2
    --- stderr
    error: unknown field `titel`
      id,titel
         ^^^^^
      hint: did you mean `title`?

    $ tracker list --limit many
    exit 2
    --- stderr
    error: invalid value 'many' for '--limit <COUNT>': expected a number, such as 10

    For more information, try '--help'.
    "#);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_shown() {
    let sandbox = world();
    sandbox.write(".tracker/tasks/TASK-BR0K.md", "---\nid: TASK-BR0K\ntitle: [oops\n---\n");
    sandbox.write(".tracker/tasks/TASK-M0VD.md", SESSION_ELSEWHERE);
    sandbox.write(".tracker/tasks/notes.txt", "no task\n");
    assert_snapshot!(sandbox.tracker(&["list", "dark"]), @r"
    exit 1
    --- stdout
    TASK-D4RK  high  dev  1/2  Add dark mode to the dashboard  Ada Lovelace  2d
    --- stderr
    error: .tracker/tasks/TASK-BR0K.md:3: title: did not find expected ',' or ']'
      hint: a bracket is not closed, or a text in it needs quotes
    error: .tracker/tasks/TASK-M0VD.md:2: id: `TASK-S3SS` is not the id that the file's name says
      hint: write `id: TASK-M0VD`, or rename the file to TASK-S3SS.md
    warning: .tracker/tasks/notes.txt: is not a task: the name does not end in `.md`
    1 task
    ");
    let answer = json(&sandbox.tracker(&["list", "dark", "--format", "json"]));
    assert_eq!(answer["exit"], 1);
    assert_eq!(crate::support::items(&answer["problems"]).len(), 3);
    assert_eq!(answer["result"]["tasks"][0]["id"], "TASK-D4RK");
}

const SESSION_ELSEWHERE: &str = "---\nid: TASK-S3SS\ntitle: Session expires while typing\n---\n";

#[test]
fn a_long_title_does_not_push_the_other_rows_aside() {
    let sandbox = world();
    let title = "A title that goes on and on until it has said everything that there was to say about it";
    sandbox.tracker(&["new", title, "--id", "TASK-L0NG"]);
    assert_snapshot!(sandbox.tracker(&["list"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing                                                   1d
    TASK-D4RK  high      dev   1/2      Add dark mode to the dashboard                                Ada Lovelace     2d
    TASK-L0NG  -         none  pending  A title that goes on and on until it has said everything that there was to say about it                today
    TASK-EXP0  low       none  blocked  Describe the export                                                         today
    --- stderr
    4 tasks; 1 closed hidden, see `tracker list --all`
    ");
}

#[test]
fn a_list_is_a_table_for_spreadsheets() {
    let sandbox = world();
    sandbox.tracker(&["new", "=HYPERLINK(\"x\", 1)", "--id", "TASK-EV11", "--estimate", "1h 30m"]);
    assert_snapshot!(typed(&sandbox, "
        list --format csv --fields id,title,tags,estimate
        list type:feature --format csv
        list zzz --format csv --fields id
        queue --format csv
    "), @r#"
    $ tracker list --format csv --fields id,title,tags,estimate
    exit 0
    --- stdout
    id,title,tags,estimate
    TASK-S3SS,Session expires while typing,,
    TASK-D4RK,Add dark mode to the dashboard,"ui,theme",45m
    TASK-EV11,"'=HYPERLINK(""x"", 1)",,1h 30m
    TASK-EXP0,Describe the export,,

    $ tracker list type:feature --format csv
    exit 0
    --- stdout
    id,title,type,priority,area,tags,parent,depends_on,sprint,run,due,files,estimate,source,created,stage,assignee,blocked,cancelled,spent,status,badge,ready,updated,since,deliverables,boxes
    TASK-D4RK,Add dark mode to the dashboard,feature,high,ui,"ui,theme",,TASK-C0DE,SPRINT-1,,,src/ui/theme.rs,45m,,2026-11-08,dev,Ada Lovelace,,,,in_progress,in_progress,false,2026-11-09T09:00:00Z,2026-11-09T09:00:00Z,1/2,1/3

    $ tracker list zzz --format csv --fields id
    exit 0
    --- stdout
    id

    $ tracker queue --format csv
    exit 2
    --- stderr
    error: `tracker queue` has no format `csv`
      hint: use --format human or --format json; csv is for tracker list and tracker export
    "#);
}
