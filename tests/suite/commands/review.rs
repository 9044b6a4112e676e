//! `tracker review`

use std::fs;

use super::{commit, json, typed, world};
use crate::support::Sandbox;
use insta::assert_snapshot;
use tracker::report::review::FORMATS;

const POLICY: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.dev]
requires = [\"deliverables\"]
[stage.qa]
signoffs = [\"code-reviewer\"]
on_fail = \"dev\"
[roles.code-reviewer]
[roles.policy-owner]
members = [\"lead@example.com\"]
[policy]
owners = \"policy-owner\"
wip-limit = \"off\"
";

/// Makes a branch that is reviewed and changed afterwards, has a commit without a task and loosens the policy.
pub(super) fn branch() -> Sandbox {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", POLICY);
    commit(&sandbox, "Agree on a policy");
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.tracker(&["tick", "d4r", "2"]);
    sandbox.tracker(&["set", "d4r", "priority=critical"]);
    sandbox.write("src/theme.rs", "one\ntwo\n");
    commit(&sandbox, "Two colours\n\nTask: TASK-D4RK");
    sandbox.tracker(&["advance", "d4r"]);
    commit(&sandbox, "Ask for a review\n\nTask: TASK-D4RK");
    as_grace(&sandbox, &["approve", "d4r", "--as", "code-reviewer", "-m", "clean"]);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&[
        "-c",
        "user.name=Grace",
        "-c",
        "user.email=grace@example.com",
        "commit",
        "--quiet",
        "-m",
        "Approve",
    ]);
    sandbox.write("src/theme.rs", "one\nthree\nfour\n");
    commit(&sandbox, "Three colours\n\nTask: TASK-D4RK");
    sandbox.tracker(&["note", "exp", "Wait for the session"]);
    sandbox.write("notes.txt", "remember\n");
    commit(&sandbox, "wip");
    sandbox.write(".tracker/config.toml", POLICY.replace("[policy]", "[policy]\ndeliverables = \"off\""));
    commit(&sandbox, "Be kind");
    sandbox
}

fn as_grace(sandbox: &Sandbox, args: &[&str]) {
    let output = sandbox.tracker_with("", args, |command| {
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Grace")
                .env(format!("GIT_{role}_EMAIL"), "grace@example.com");
        }
    });
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn a_range_is_shown_by_task() {
    assert_snapshot!(typed(&branch(), "
        review
        review main..topic --brief
        review topic --quiet
    "), @r#"
    $ tracker review
    exit 0
    --- stdout
    main..topic · 6 commits · 2 tasks · 2 files +4 -0 · policy from main

    error  TASK-D4RK  Add dark mode to the dashboard  dev > qa > complete
      moves       dev > qa       Ada Lovelace  17m
                  qa > complete  Grace         13m  signed off by Grace
      votes       ok  code-reviewer  Grace  13m  attributed  "clean"
      checkboxes  [x]  two colours from one table
      changed     priority  high > critical
      commits     bb3f0aa  Two colours       Ada Lovelace
                  a95d5b8  Ask for a review  Ada Lovelace
                  5fca391  Three colours     Ada Lovelace
      files       !  src/theme.rs  +3 -0  added  not covered

    open  TASK-EXP0  Describe the export  not started
      changed     notes  1 added
      missing     -  waits for TASK-S3SS

    Not linked to a task
      commits     4e44f5e  wip      Ada Lovelace
                  ac6b2b1  Be kind  Ada Lovelace
      files       !  notes.txt  +1 -0  added  not covered

    Policy files
      files       -  .tracker/config.toml

    error policy-owners   part of the policy is changed by commits of no task, so policy-owner cannot approve it (.tracker/config.toml, ac6b2b1)
                          link the commit to a task: Task: ID
    warn  linked-commits  4e44f5e "wip" belongs to no task
                          git rebase -i, and add a line: Task: ID
    warn  linked-commits  ac6b2b1 "Be kind" belongs to no task
                          git commit --amend, and add a line: Task: ID
    error covered-files   notes.txt changed without a task, so code-reviewer never saw it (4e44f5e)
                          link the commit to a task: Task: ID
    error covered-files   TASK-D4RK: code-reviewer has no valid approval of src/theme.rs as it is now (5fca391)
                          tracker reopen TASK-D4RK
    warn  declared-files  TASK-D4RK: changes src/theme.rs, which is none of its target files (5fca391)
                          tracker set TASK-D4RK files+=src/theme.rs
    ok    [N] other rules
    off   wip-limit
    --- stderr
    3 errors, 3 warnings      tracker explain policy-owners

    $ tracker review main..topic --brief
    exit 0
    --- stdout
    - **TASK-D4RK** Add dark mode to the dashboard: dev → qa → complete
      - [x] two colours from one table
    - **TASK-EXP0** Describe the export: not started

    Without a task:

    - `4e44f5e` wip (Ada Lovelace)
    - `ac6b2b1` Be kind (Ada Lovelace)

    $ tracker review topic --quiet
    exit 0
    --- stdout
    main..topic · 6 commits · 2 tasks · 2 files +4 -0 · policy from main

    error  TASK-D4RK  Add dark mode to the dashboard  dev > qa > complete
      moves       dev > qa       Ada Lovelace  19m
                  qa > complete  Grace         15m  signed off by Grace
      votes       ok  code-reviewer  Grace  15m  attributed  "clean"
      checkboxes  [x]  two colours from one table
      changed     priority  high > critical
      commits     bb3f0aa  Two colours       Ada Lovelace
                  a95d5b8  Ask for a review  Ada Lovelace
                  5fca391  Three colours     Ada Lovelace
      files       !  src/theme.rs  +3 -0  added  not covered

    open  TASK-EXP0  Describe the export  not started
      changed     notes  1 added
      missing     -  waits for TASK-S3SS

    Not linked to a task
      commits     4e44f5e  wip      Ada Lovelace
                  ac6b2b1  Be kind  Ada Lovelace
      files       !  notes.txt  +1 -0  added  not covered

    Policy files
      files       -  .tracker/config.toml

    error policy-owners   part of the policy is changed by commits of no task, so policy-owner cannot approve it (.tracker/config.toml, ac6b2b1)
    warn  linked-commits  4e44f5e "wip" belongs to no task
    warn  linked-commits  ac6b2b1 "Be kind" belongs to no task
    error covered-files   notes.txt changed without a task, so code-reviewer never saw it (4e44f5e)
    error covered-files   TASK-D4RK: code-reviewer has no valid approval of src/theme.rs as it is now (5fca391)
    warn  declared-files  TASK-D4RK: changes src/theme.rs, which is none of its target files (5fca391)
    "#);
}

#[test]
fn a_terminal_gets_glyphs_and_is_never_exceeded() {
    let sandbox = branch();
    let on = |columns: &str| {
        let output = sandbox.tracker_with("", &["review", "--color", "always"], |command| {
            command.env("COLUMNS", columns);
        });
        anstream::adapter::strip_str(&output.stdout).to_string()
    };
    for columns in ["60", "80", "200"] {
        for line in on(columns).lines() {
            assert!(line.chars().count() <= columns.parse().unwrap(), "{columns}: {line}");
        }
    }
    assert_snapshot!(on("80"), @r#"
    main..topic · 6 commits · 2 tasks · 2 files +4 −0 · policy from main

    ✗  TASK-D4RK  Add dark mode to the dashboard  dev → qa → complete
      moves       dev → qa       Ada Lovelace  20m
                  qa → complete  Grace         16m  signed off by Grace
      votes       ✓  code-reviewer  Grace  16m  attributed  "clean"
      checkboxes  ✓  two colours from one table
      changed     priority  high → critical
      commits     bb3f0aa  Two colours       Ada Lovelace
                  a95d5b8  Ask for a review  Ada Lovelace
                  5fca391  Three colours     Ada Lovelace
      files       !  src/theme.rs  +3 −0  added  not covered

    ○  TASK-EXP0  Describe the export  not started
      changed     notes  1 added
      missing     ○  waits for TASK-S3SS

    Not linked to a task
      commits     4e44f5e  wip      Ada Lovelace
                  ac6b2b1  Be kind  Ada Lovelace
      files       !  notes.txt  +1 −0  added  not covered

    Policy files
      files       ·  .tracker/config.toml

    ✗ policy-owners   part of the policy is changed by commits of no task, so
                      policy-owner cannot approve it (.tracker/config.toml, ac6b2b1)
                      link the commit to a task: Task: ID
    ! linked-commits  4e44f5e "wip" belongs to no task
                      git rebase -i, and add a line: Task: ID
    ! linked-commits  ac6b2b1 "Be kind" belongs to no task
                      git commit --amend, and add a line: Task: ID
    ✗ covered-files   notes.txt changed without a task, so code-reviewer never saw
                      it (4e44f5e)
                      link the commit to a task: Task: ID
    ✗ covered-files   TASK-D4RK: code-reviewer has no valid approval of src/theme.rs
                      as it is now (5fca391)
                      tracker reopen TASK-D4RK
    ! declared-files  TASK-D4RK: changes src/theme.rs, which is none of its target
                      files (5fca391)
                      tracker set TASK-D4RK files+=src/theme.rs
    ✓ 16 other rules
    · off: wip-limit
    "#);
}

#[test]
fn what_is_staged_can_be_looked_at() {
    let sandbox = world();
    sandbox.tracker(&["tick", "d4r", "2"]);
    sandbox.git(&["add", "--all"]);
    assert_snapshot!(typed(&sandbox, "
        review --staged
        review main..HEAD --staged
    "), @r"
    $ tracker review --staged
    exit 0
    --- stdout
    HEAD..index · 0 commits · 1 task · policy from HEAD

    ok  TASK-D4RK  Add dark mode to the dashboard  in dev
      checkboxes  [x]  two colours from one table

    ok    [N] rules
    --- stderr
    all checks passed

    $ tracker review main..HEAD --staged
    exit 2
    --- stderr
    error: --staged needs the current commit as head
      hint: give only the base: `tracker review BASE.. --staged`
    ");
}

#[test]
fn a_range_that_is_none_is_refused() {
    assert_snapshot!(typed(&world(), "
        review ..
        review main..nowhere
        review
    "), @r"
    $ tracker review ..
    exit 2
    --- stderr
    error: expected a range such as `main..HEAD`, got `..`
      hint: leave the range out for the current branch

    $ tracker review main..nowhere
    exit 2
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag

    $ tracker review
    exit 2
    --- stderr
    error: there is no branch to compare with
      hint: name the branch to merge into: `tracker check --base BRANCH`, or `tracker review BRANCH..HEAD`
    ");
}

#[test]
fn markdown_is_a_comment_that_is_the_same_each_time() {
    let sandbox = branch();
    let page = sandbox.tracker(&["review", "--format", "markdown"]);
    assert_eq!((page.status, page.stderr.as_str()), (0, ""));
    assert!(page.stdout.starts_with("<!-- tracker-review -->\n### ✗ Checks failed"), "{page}");
    assert!(page.stdout.contains("| **TASK-D4RK** Add dark mode to the dashboard |"), "{page}");
    assert_eq!(sandbox.tracker(&["--format", "markdown", "review"]).stdout, page.stdout);
    let brief = sandbox.tracker(&["review", "--brief", "--format", "markdown"]);
    assert_eq!(brief.stdout, sandbox.tracker(&["review", "--brief"]).stdout);
}

#[test]
fn hostile_texts_reach_no_terminal_and_no_comment() {
    let sandbox = world();
    let standard = "[[policy.standard]]\nwhen = [\"src/**\"]\nthen = [\"tests/**\"]\n";
    sandbox.write(".tracker/config.toml", format!("{POLICY}{standard}"));
    commit(&sandbox, "Test what changes");
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    let evil = "\\e[2J\\e]0;x\\a\\u202e<script>@everyone #1 | ![x](https://evil.example)";
    sandbox.write(
        ".tracker/tasks/TASK-EV11.md",
        format!("---\nid: TASK-EV11\ntitle: \"{evil}\"\nassignee: \"{evil}\"\nstage: dev\nhistory:\n  - {{at: 2026-11-09T09:00:00Z, by: \"{evil}\", from: none, to: dev, why: \"{evil}\"}}\n---\n"),
    );
    sandbox.write("src/\u{1b}[2J`|<b>.rs", "x\n");
    commit(&sandbox, "\u{1b}[2J<script> @everyone\n\nTask: TASK-EV11");
    let mut calls = vec![
        vec!["review"],
        vec!["review", "--color", "always"],
        vec!["review", "--brief"],
        vec!["check", "--base", "main"],
    ];
    for format in &FORMATS {
        calls.push(vec!["review", "--format", format.name]);
        calls.push(vec!["check", "--base", "main", "--format", format.name]);
    }
    for args in calls {
        let seen = sandbox.tracker(&args).to_string();
        for bad in ["\u{1b}[2J", "\u{1b}]", "\u{7}", "\u{202e}"] {
            assert!(!seen.contains(bad), "{args:?}: {seen:?}");
        }
        if args.contains(&"markdown") || args.contains(&"--brief") {
            for bad in ["<script", "@everyone", "](https://evil", "<b>"] {
                assert!(!seen.contains(bad), "{args:?}: {seen}");
            }
        }
    }
}

#[test]
fn json_has_every_part() {
    let answer = json(&branch().tracker(&["review", "--format", "json"]));
    let keys: Vec<&String> = answer["result"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["range", "tasks", "unlinked", "verdict"]);
    assert_eq!(answer["result"]["tasks"][0]["ticked"], serde_json::json!(["two colours from one table"]));
}

#[test]
fn other_commands_refuse_the_forms_of_reviews_before_they_do_anything() {
    let sandbox = world();
    let before = super::records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        new One --format markdown
        --format sarif list
        review --format yaml
    "), @r"
    $ tracker new One --format markdown
    exit 2
    --- stderr
    error: `tracker new` has no format `markdown`
      hint: use --format human or --format json; markdown is for tracker review, tracker check, tracker director, tracker export and tracker report

    $ tracker --format sarif list
    exit 2
    --- stderr
    error: `tracker list` has no format `sarif`
      hint: use --format human or --format json; sarif is for tracker review and tracker check

    $ tracker review --format yaml
    exit 2
    --- stderr
    error: invalid value 'yaml' for '--format <FORMAT>'
      [possible values: human, json, markdown, github, sarif, junit, gitlab]

    For more information, try '--help'.
    ");
    assert_eq!(super::records(&sandbox), before);
    let help = sandbox.tracker(&["list", "--help"]).stdout;
    assert!(!help.contains("junit"), "{help}");
    let help = sandbox.tracker(&["review", "--help"]).stdout;
    for format in &FORMATS {
        assert!(help.contains(&format!("- {}:", format.name)) && help.contains(format.about), "{help}");
    }
    assert!(fs::exists(sandbox.path().join(".tracker")).unwrap());
}
