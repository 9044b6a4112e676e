//! Planning: the start freezes the scope, and every later change of it is a record, whichever command makes it.

use insta::assert_snapshot;

use super::{commit, planned, run, scope};
use crate::support::Sandbox;

#[test]
fn the_start_freezes_what_is_committed() {
    let sandbox = planned();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_snapshot!(run(&sandbox, "sprint start sprint-1"), @r"
    SPRINT-1  started, 2026-11-11 to 2026-11-24
      2 tasks, 2h and 1 without an estimate
      1h more than its capacity of 1h
      .tracker/sprints/SPRINT-1/sprint.yaml
    ");
    let text = sandbox.read(".tracker/sprints/SPRINT-1/sprint.yaml");
    assert!(
        text.ends_with("committed:\n  - {task: TASK-0NE1, estimate: 2h}\n  - {task: TASK-TW02}\n"),
        "{text}"
    );
    assert!(text.contains(&format!("action: started, commit: {head}}}")), "{text}");
    let again = sandbox.tracker(&["sprint", "start", "SPRINT-1"]);
    assert_snapshot!(again.stderr, @r"
    error: cannot start SPRINT-1
      active  SPRINT-1 is active  tracker sprint status SPRINT-1
    ");
    assert_eq!(again.status, 1);
}

#[test]
fn every_command_that_changes_a_scope_records_it() {
    let sandbox = planned();
    run(&sandbox, "sprint add SPRINT-1 thr3");
    assert_eq!(scope(&sandbox, "SPRINT-1"), [""; 0], "before the start the tasks' own files say it");
    run(&sandbox, "sprint start SPRINT-1");
    run(&sandbox, "set tw02 estimate=1h");
    run(&sandbox, "set tw02 priority=high");
    run(&sandbox, "sprint remove SPRINT-1 thr3 --why too_much");
    run(&sandbox, "new Four --id TASK-F0UR --estimate 30m --sprint sprint-1");
    run(&sandbox, "set 0ne1 sprint=");
    run(&sandbox, "sprint add SPRINT-1 thr3 0ne1");
    assert_eq!(
        scope(&sandbox, "SPRINT-1"),
        [
            "- {task: TASK-TW02, change: estimated, estimate: 1h}",
            "- {task: TASK-THR3, change: removed, why: too much}",
            "- {task: TASK-F0UR, change: added, estimate: 30m}",
            "- {task: TASK-0NE1, change: removed}",
            "- {task: TASK-THR3, change: added, estimate: 3h}\n- {task: TASK-0NE1, change: added, estimate: 2h}",
        ]
    );
    let doctor = sandbox.tracker(&["doctor"]);
    assert_eq!((doctor.status, doctor.stdout.contains("sprint-scope")), (0, false), "{doctor}");
}

#[test]
fn a_task_that_changes_sprints_is_recorded_in_both() {
    let sandbox = planned();
    run(&sandbox, "sprint new SPRINT-2");
    run(&sandbox, "sprint start SPRINT-1");
    run(&sandbox, "sprint start SPRINT-2");
    run(&sandbox, "sprint add SPRINT-2 0ne1");
    assert_eq!(scope(&sandbox, "SPRINT-1"), ["- {task: TASK-0NE1, change: removed}"]);
    assert_eq!(scope(&sandbox, "SPRINT-2"), ["- {task: TASK-0NE1, change: added, estimate: 2h}"]);
}

#[test]
fn a_misspelt_sprint_is_refused_and_one_that_is_not_there_is_reported() {
    let sandbox = planned();
    run(&sandbox, "set thr3 sprint=SPRINT-7");
    assert_snapshot!(sandbox.tracker(&["set", "thr3", "sprint=SPRNT-1"]).to_string(), @r"
    exit 2
    --- stderr
    error: no sprint `SPRNT-1`
      hint: did you mean SPRINT-1?
    ");
    assert_eq!(sandbox.tracker(&["new", "Four", "--sprint", "SPRNT-1"]).status, 2);
    let doctor = sandbox.tracker(&["doctor"]).stdout;
    assert!(
        doctor.contains("no sprint `SPRINT-7`") && doctor.contains("tracker sprint new SPRINT-7"),
        "{doctor}"
    );
    let file = sandbox.read(".tracker/tasks/TASK-THR3.md").replace("SPRINT-7", "SPRNT-1");
    sandbox.write(".tracker/tasks/TASK-THR3.md", file);
    let doctor = sandbox.tracker(&["doctor"]).stdout;
    assert!(doctor.contains("tracker set TASK-THR3 sprint=SPRINT-1"), "{doctor}");
}

#[test]
fn what_was_cancelled_is_shown_as_that_and_not_as_not_begun() {
    let sandbox = planned();
    run(&sandbox, "sprint start SPRINT-1");
    run(&sandbox, "cancel tw02 -m not_needed");
    let status = run(&sandbox, "sprint status");
    assert!(status.contains("  0 of 2 complete · 14 days left · 1 cancelled\n"), "{status}");
    let shown = run(&sandbox, "sprint show SPRINT-1");
    assert!(shown.contains("TASK-TW02  cancelled"), "{shown}");
}

#[test]
fn a_plan_counts_working_days_only_where_days_off_are_known() {
    let sandbox = planned();
    let dates = |sandbox: &Sandbox| {
        let plan = run(sandbox, "report plan SPRINT-1");
        plan.lines().find(|line| line.starts_with("- Dates")).unwrap_or_default().to_owned()
    };
    assert_eq!(dates(&sandbox), "- Dates: 2026-11-11 to 2026-11-24, 14 days, no days off");
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n[reports]\ndays_off = [\"sat\", \"sun\"]\n"));
    assert_eq!(dates(&sandbox), "- Dates: 2026-11-11 to 2026-11-24, 10 working days");
}

#[test]
fn an_edit_by_hand_is_reported_with_the_command_that_records_it() {
    let sandbox = planned();
    run(&sandbox, "sprint start SPRINT-1");
    let path = ".tracker/tasks/TASK-0NE1.md";
    sandbox.write(path, sandbox.read(path).replace("estimate: 2h", "estimate: 5h"));
    let path = ".tracker/tasks/TASK-TW02.md";
    sandbox.write(path, sandbox.read(path).replace("sprint: SPRINT-1\n", ""));
    let status = run(&sandbox, "sprint status");
    assert!(
        status.contains("its estimate is 5h, and the scope has 2h ")
            && status.contains("  tracker sprint add SPRINT-1 TASK-0NE1"),
        "{status}"
    );
    assert!(status.contains("no record removed it  tracker sprint remove SPRINT-1 TASK-TW02"), "{status}");
    assert_eq!(sandbox.tracker(&["doctor"]).stdout.matches("sprint-scope").count(), 2);
    run(&sandbox, "sprint add SPRINT-1 0ne1");
    run(&sandbox, "sprint remove SPRINT-1 tw02");
    assert_eq!(
        scope(&sandbox, "SPRINT-1"),
        ["- {task: TASK-0NE1, change: estimated, estimate: 5h}", "- {task: TASK-TW02, change: removed}"]
    );
    assert!(!run(&sandbox, "sprint status").contains("by hand"));
}

#[test]
fn a_member_whose_file_was_deleted_can_be_removed() {
    let sandbox = planned();
    run(&sandbox, "sprint start SPRINT-1");
    std::fs::remove_file(sandbox.path().join(".tracker/tasks/TASK-TW02.md")).unwrap();
    commit(&sandbox, "Delete");
    let refused = sandbox.tracker(&["sprint", "close", "SPRINT-1"]);
    let message =
        "TASK-TW02: no task has this id, and no record removed it  tracker sprint remove SPRINT-1 TASK-TW02";
    assert!(refused.status == 1 && refused.stdout.contains(message), "{refused}");
    assert_ne!(sandbox.tracker(&["sprint", "add", "SPRINT-1", "TASK-TW02"]).status, 0);
    let removed = run(&sandbox, "sprint remove SPRINT-1 TASK-TW02 -m gone");
    assert!(removed.starts_with("SPRINT-1  removed TASK-TW02, which has no file\n"), "{removed}");
    assert_eq!(scope(&sandbox, "SPRINT-1"), ["- {task: TASK-TW02, change: removed, why: gone}"]);
    assert_ne!(sandbox.tracker(&["sprint", "remove", "SPRINT-1", "TASK-TW02"]).status, 0);
    assert!(!run(&sandbox, "sprint status").contains("by hand"));
}

#[test]
fn what_is_at_risk_says_what_it_waits_for() {
    let sandbox = planned();
    assert_eq!(sandbox.tracker(&["set", "tw02", "depends_on=0ne1"]).status, 0);
    run(&sandbox, "sprint start SPRINT-1");
    run(&sandbox, "start 0ne1");
    run(&sandbox, "block 0ne1 no_key");
    let status = run(&sandbox, "sprint status");
    assert!(status.contains("  TASK-0NE1  it is blocked: no key\n"), "{status}");
    assert!(status.contains("  TASK-TW02  it waits for TASK-0NE1 (dev, Ada Lovelace)\n"), "{status}");
}

#[test]
fn two_people_add_at_once_and_a_plain_merge_keeps_both() {
    let sandbox = planned();
    run(&sandbox, "sprint start SPRINT-1");
    commit(&sandbox, "Start");
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    run(&sandbox, "new Five --id TASK-F1VE --sprint SPRINT-1");
    commit(&sandbox, "Five");
    sandbox.git(&["switch", "--quiet", "main"]);
    run(&sandbox, "new Six --id TASK-S1X6 --sprint SPRINT-1");
    run(&sandbox, "set tw02 estimate=1h");
    commit(&sandbox, "Six");
    sandbox.git(&["-c", "merge.tracker.driver=false", "merge", "--quiet", "--no-edit", "other"]);
    let status = run(&sandbox, "sprint show");
    assert!(status.contains("4 tasks") && status.contains("3 changes of scope"), "{status}");
}

#[test]
fn names_are_refused_with_the_command_that_works() {
    let sandbox = planned();
    for (words, expected) in [
        (&["sprint", "new", "a/b c"][..], "run `tracker sprint new a-b-c --title \"a/b c\"`"),
        (&["sprint", "new", "sprint-1"], "there is a sprint SPRINT-1"),
        (&["sprint", "show", "SPRNT-1"], "did you mean SPRINT-1?"),
        (&["sprint", "show", "SPRINT-9"], "run `tracker sprint new SPRINT-9`"),
        (&["sprint", "add", "later", "0ne1"], "run `tracker sprint new later`"),
        (&["sprint", "status"], "no sprint is active"),
        (&["sprint", "new", "S2", "--starts", "2026-12-09", "--ends", "2026-12-01"], "before it starts"),
        (&["sprint", "reopen", "SPRINT-1", "why"], "SPRINT-1 is planned"),
    ] {
        let output = sandbox.tracker(words);
        assert!(output.status != 0 && output.stderr.contains(expected), "{words:?}: {}", output.stderr);
    }
    assert!(run(&sandbox, "sprint show Dark_mode").starts_with("SPRINT-1  Dark mode"));
}

#[test]
fn a_broken_sprint_is_reported_with_its_line() {
    let sandbox = planned();
    run(&sandbox, "sprint start SPRINT-1");
    let path = ".tracker/sprints/SPRINT-1/sprint.yaml";
    let text = sandbox.read(path);
    sandbox.write(path, text.replace("starts: 2026-11-11", "newer: [1, 2]\nstarts: soon"));
    let doctor = sandbox.tracker(&["doctor"]);
    assert!(doctor.stdout.contains("sprint.yaml:4  starts: `soon` is no day"), "{doctor}");
    let refused = sandbox.tracker(&["set", "tw02", "estimate=1h"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(!sandbox.read(".tracker/tasks/TASK-TW02.md").contains("estimate"), "nothing is written");
    sandbox.write(path, text.replace("starts:", "newer: [1, 2] # kept\nstarts:"));
    run(&sandbox, "set tw02 estimate=1h");
    assert!(sandbox.read(path).contains("newer: [1, 2] # kept\n"));
}

#[test]
fn what_is_shown_at_a_commit_is_what_was_there() {
    let sandbox = planned();
    run(&sandbox, "sprint start SPRINT-1");
    commit(&sandbox, "Start");
    run(&sandbox, "sprint remove SPRINT-1 tw02");
    assert!(run(&sandbox, "sprint show --at HEAD").contains("2 tasks"));
    assert!(run(&sandbox, "sprint show").contains("1 task "), "{}", run(&sandbox, "sprint show"));
}

#[test]
fn before_there_is_a_sprint_there_is_an_empty_list() {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile plain --no-hooks");
    assert_eq!(run(&sandbox, "sprint list"), "0 sprints\n");
}
