//! `tracker tick`, `tracker untick`

use super::{changed, records, typed, world};
use insta::assert_snapshot;

#[test]
fn ticks_by_number_range_and_text() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        tick d4r 2
        tick d4r blinded
        tick d4r 1-2
        untick d4r all
        tick d4r 'Two Colours' 3 --quiet
    "), @r"
    $ tracker tick d4r 2
    exit 0
    --- stdout
    TASK-D4RK  checked 2 two colours from one table  Add dark mode to the dashboard

    $ tracker tick d4r blinded
    exit 0
    --- stdout
    TASK-D4RK  checked 3 nobody is blinded  Add dark mode to the dashboard

    $ tracker tick d4r 1-2
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      already checked 1 toggle in settings
      already checked 2 two colours from one table

    $ tracker untick d4r all
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      unchecked 1 toggle in settings
      unchecked 2 two colours from one table
      unchecked 3 nobody is blinded

    $ tracker tick d4r 'Two Colours' 3 --quiet
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
        tick d4r 4
        tick d4r 0
        tick d4r 2-1
        tick d4r nothing
        tick d4r o
        tick d4r
        tick s3s 1
        tick zzz 1
    "), @r"
    $ tracker tick d4r 4
    exit 2
    --- stderr
    error: no checkbox 4 in TASK-D4RK (it has 3)
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4r 0
    exit 2
    --- stderr
    error: no checkbox 0 in TASK-D4RK (it has 3)
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4r 2-1
    exit 2
    --- stderr
    error: no checkbox 2-1 in TASK-D4RK (it has 3)
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4r nothing
    exit 2
    --- stderr
    error: no checkbox of TASK-D4RK matches `nothing`
      hint: run `tracker show TASK-D4RK`

    $ tracker tick d4r o
    exit 2
    --- stderr
    error: `o` matches 3 checkboxes of TASK-D4RK
      hint: use the number: 1 toggle in settings; 2 two colours from one table; 3 nobody is blinded

    $ tracker tick d4r
    exit 2
    --- stderr
    error: no checkbox given
      hint: numbers are those of `tracker show d4r`, or `all`

    $ tracker tick s3s 1
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
    assert_snapshot!(sandbox.tracker(&["tick", "d4r", "2", "-n"]), @r"
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

#[test]
fn boxes_with_other_marks_are_open_and_named() {
    let sandbox = super::empty();
    let boxes = ["x", "/", ">", "", "✅"].map(|mark| format!("- [{mark}] marked {mark}\n")).concat();
    let text = format!("---\nid: T-1\ntitle: One\nstage: dev\n---\n\n## Deliverables\n\n{boxes}");
    sandbox.write(".tracker/tasks/T-1.md", &text);
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n[stage.dev]\nrequires = [\"deliverables\"]\n"));
    assert_snapshot!(typed(&sandbox, "
        show T-1
        doctor
        advance T-1
        tick T-1 2 3 4 5
        advance T-1
    "), @r"
    $ tracker show T-1
    exit 0
    --- stdout
    T-1  One  in progress
      unassigned
      none > [dev] > qa > sec > docs > complete

      ## Deliverables

      [x] 1 marked x
      [ ] 2 marked /
      [ ] 3 marked >
      [ ] 4 marked
      [ ] 5 marked ✅

      Next: tracker tick T-1 2 3 4 5
    --- stderr
    warning: .tracker/tasks/T-1.md:10: checkbox 2 `[/]` counts as open
      hint: write `[x]` or `[ ]`
    warning: .tracker/tasks/T-1.md:11: checkbox 3 `[>]` counts as open
      hint: write `[x]` or `[ ]`
    warning: .tracker/tasks/T-1.md:12: checkbox 4 `[]` counts as open
      hint: write `[x]` or `[ ]`
    warning: .tracker/tasks/T-1.md:13: checkbox 5 `[✅]` counts as open
      hint: write `[x]` or `[ ]`

    $ tracker doctor
    exit 0
    --- stdout
    warning .tracker/tasks/T-1.md  stage: set by hand: it is dev, and the history ends in none  stage-by-hand
        tracker set-stage T-1 dev makes a move of it, which a gate can judge
    warning .tracker/tasks/T-1.md:10  checkbox 2 `[/]` counts as open  odd-value
        write `[x]` or `[ ]`
    warning .tracker/tasks/T-1.md:11  checkbox 3 `[>]` counts as open  odd-value
        write `[x]` or `[ ]`
    warning .tracker/tasks/T-1.md:12  checkbox 4 `[]` counts as open  odd-value
        write `[x]` or `[ ]`
    warning .tracker/tasks/T-1.md:13  checkbox 5 `[✅]` counts as open  odd-value
        write `[x]` or `[ ]`
    --- stderr
    4 files, 0 errors, 5 warnings

    $ tracker advance T-1
    exit 1
    --- stderr
    error: T-1 cannot leave dev
      unchecked  deliverables 2 marked /, 3 marked >, 4 marked, 5 marked ✅  tracker tick T-1 2 3 4 5

    $ tracker tick T-1 2 3 4 5
    exit 0
    --- stdout
    T-1  One
      checked 2 marked /
      checked 3 marked >
      checked 4 marked
      checked 5 marked ✅

    $ tracker advance T-1
    exit 0
    --- stdout
    T-1  dev → qa  One
    ");
    assert_snapshot!(sandbox.read(".tracker/tasks/T-1.md"), @r"
    ---
    id: T-1
    title: One
    stage: qa
    history:
      - {at: 2026-11-11T09:06:00Z, by: Ada Lovelace, from: dev, to: qa}
    ---

    ## Deliverables

    - [x] marked x
    - [x] marked /
    - [x] marked >
    - [x] marked 
    - [x] marked ✅
    ");
}
