//! `tracker start`

use super::{changed, records, typed, world};
use insta::assert_snapshot;

#[test]
fn takes_a_task_moves_it_and_makes_it_the_active_one() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        start s3s
        start s3s
        start s3s --quiet
    "), @r"
    $ tracker start s3s
    exit 0
    --- stdout
    TASK-S3SS  Session expires while typing
      assignee = Ada Lovelace
      none → dev

    $ tracker start s3s
    exit 0
    --- stdout
    TASK-S3SS  already in dev  Session expires while typing

    $ tracker start s3s --quiet
    exit 0
    --- stdout
    TASK-S3SS
    ");
    assert_snapshot!(changed(&sandbox), @r"
    +stage: dev
    +assignee: Ada Lovelace
    +history:
    +  - {at: 2026-11-11T09:05:00Z, by: Ada Lovelace, from: none, to: dev, kind: start, why: started}
    ");
    assert!(sandbox.tracker(&["show"]).stdout.starts_with("TASK-S3SS"));
}

#[test]
fn refuses_what_cannot_start_with_every_reason() {
    let sandbox = world();
    sandbox.tracker(&["block", "exp", "no words"]);
    sandbox.tracker(&["set", "exp", "assignee=grace"]);
    sandbox.tracker(&["cancel", "d4r", "too dark"]);
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        start exp
        start c0de
        start d4r
        start zzz
    "), @r"
    $ tracker start exp
    exit 1
    --- stderr
    error: TASK-EXP0 cannot start
      blocked    no words                                 tracker unblock TASK-EXP0
      waits for  TASK-S3SS  Session expires while typing  tracker show TASK-S3SS
      assigned   to grace                                 tracker start TASK-EXP0 --force
      hint: `--force` starts it all the same

    $ tracker start c0de
    exit 1
    --- stderr
    error: TASK-C0DE cannot start
      closed  it is complete  tracker reopen TASK-C0DE

    $ tracker start d4r
    exit 1
    --- stderr
    error: TASK-D4RK cannot start
      closed  it is cancelled  tracker reopen TASK-D4RK

    $ tracker start zzz
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks
    ");
    assert_eq!(records(&sandbox), before);
    assert_snapshot!(typed(&sandbox, "
        start exp --force --assignee ken
    "), @r"
    $ tracker start exp --force --assignee ken
    exit 0
    --- stdout
    TASK-EXP0  Describe the export
      assignee = ken
      none → dev
    ");
}

#[test]
fn dry_run_changes_neither_file_nor_active_task() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["start", "s3s", "--dry-run"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  Session expires while typing
      assignee = Ada Lovelace
      none → dev
    --- a/.tracker/tasks/TASK-S3SS.md
    +++ b/.tracker/tasks/TASK-S3SS.md
    @@ -5,3 +5,7 @@
     priority: critical
     created: 2026-11-10
    +stage: dev
    +assignee: Ada Lovelace
    +history:
    +  - {at: 2026-11-11T09:05:00Z, by: Ada Lovelace, from: none, to: dev, kind: start, why: started}
     ---
    --- stderr
    dry run: 1 file would change, nothing was written
    ");
    assert_eq!(records(&sandbox), before);
    assert_eq!(sandbox.tracker(&["show"]).status, 2);
}

#[test]
fn closing_the_active_task_ends_that() {
    let sandbox = world();
    sandbox.tracker(&["start", "s3s"]);
    sandbox.tracker(&["cancel", "s3s", "not ours"]);
    assert_snapshot!(sandbox.tracker(&["show"]), @r"
    exit 2
    --- stderr
    error: no task given and none is active
      hint: run `tracker show ID`, or `tracker start ID` first
    ");
    sandbox.tracker(&["reopen", "s3s"]);
    sandbox.tracker(&["start", "s3s"]);
    sandbox.tracker(&["set-stage", "s3s", "complete"]);
    assert_eq!(sandbox.tracker(&["show"]).status, 2);
}

#[test]
fn letters_composed_and_decomposed_are_the_same_name() {
    const DECOMPOSED: &str = "Zoe\u{308}";
    const COMPOSED: &str = "Zo\u{eb}";
    let sandbox = super::world();
    let args = [
        "new",
        "E\u{301}tude",
        "--assignee",
        DECOMPOSED,
        "--tag",
        "re\u{301}sume\u{301}",
        "--id",
        "TASK-ZZZZ",
    ];
    assert_eq!(sandbox.tracker(&args).status, 0);
    sandbox.git(&["config", "user.name", COMPOSED]);
    for query in ["is:mine", "assignee:Zo\u{eb}", "\u{c9}tude", "tag:R\u{c9}SUM\u{c9}"] {
        let listed = sandbox.tracker(&["list", query]);
        assert!(listed.stdout.contains("TASK-ZZZZ"), "{query}: {listed}");
    }
    assert_eq!(sandbox.tracker(&["set", "ZZZZ", "tags+=R\u{e9}sum\u{e9}"]).status, 0);
    let started = sandbox.tracker(&["start", "ZZZZ"]);
    assert_eq!(started.status, 0, "{started}");
    let file = sandbox.read(".tracker/tasks/TASK-ZZZZ.md");
    assert!(file.contains(&format!("assignee: {DECOMPOSED}")), "written as given: {file}");
    assert_eq!(file.matches("sum").count(), 1, "{file}");
    assert_eq!(sandbox.tracker(&["set", "ZZZZ", "tags-=R\u{c9}SUM\u{c9}"]).status, 0);
    assert!(!sandbox.read(".tracker/tasks/TASK-ZZZZ.md").contains("tags"));
}

#[test]
fn tags_in_either_case_are_one() {
    let sandbox = super::world();
    assert_eq!(sandbox.tracker(&["new", "x", "--id", "TASK-TAGS", "--tag", "UI", "--tag", "ui"]).status, 0);
    assert_eq!(sandbox.tracker(&["set", "TAGS", "tags+=Ui,API"]).status, 0);
    assert!(sandbox.read(".tracker/tasks/TASK-TAGS.md").contains("tags: [UI, API]\n"));
    let listed = sandbox.tracker(&["list", "tag:api"]);
    assert!(listed.stdout.contains("TASK-TAGS"), "{listed}");
}

#[test]
fn an_agent_is_recorded_beside_the_person_it_works_for() {
    let sandbox = world();
    typed(&sandbox, "start s3s --agent builder-1");
    assert!(
        changed(&sandbox).contains("by: Ada Lovelace, agent: builder-1, from: none"),
        "{}",
        changed(&sandbox)
    );
    let by_variable = |name: &str, words: &[&str]| {
        sandbox.tracker_with("", words, |command| {
            command.env("TRACKER_AGENT", name);
        })
    };
    assert_eq!(by_variable("two\nlines", &["set-stage", "exp", "dev"]).status, 0);
    assert!(changed(&sandbox).contains("agent: two lines, from: none"), "{}", changed(&sandbox));
    assert_eq!(by_variable("  ", &["set-stage", "exp", "qa"]).status, 0);
    assert!(sandbox.tracker(&["log", "s3s"]).stdout.contains("Ada Lovelace (builder-1)"));
    assert!(sandbox.tracker(&["log", "exp"]).stdout.contains("Ada Lovelace  dev → qa"));
}
