//! `tracker check`

use std::fs;

use super::review::branch;
use super::{json, typed, world};
use crate::support::Sandbox;
use insta::assert_snapshot;
use tracker::report::review::FORMATS;

#[test]
fn a_failed_check_lists_every_violation_with_its_fix() {
    assert_snapshot!(typed(&branch(), "
        check --base main
        check --base main --quiet
        check --base topic --head main
    "), @r#"
    $ tracker check --base main
    exit 1
    --- stdout
    main..topic · 6 commits · 2 tasks · 2 files · policy from main
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

    $ tracker check --base main --quiet
    exit 1
    --- stdout
    error policy-owners   part of the policy is changed by commits of no task, so policy-owner cannot approve it (.tracker/config.toml, ac6b2b1)
    warn  linked-commits  4e44f5e "wip" belongs to no task
    warn  linked-commits  ac6b2b1 "Be kind" belongs to no task
    error covered-files   notes.txt changed without a task, so code-reviewer never saw it (4e44f5e)
    error covered-files   TASK-D4RK: code-reviewer has no valid approval of src/theme.rs as it is now (5fca391)
    warn  declared-files  TASK-D4RK: changes src/theme.rs, which is none of its target files (5fca391)

    $ tracker check --base topic --head main
    exit 0
    --- stdout
    topic..main · 0 commits · 0 tasks · policy from topic
    ok    [N] rules
    off   deliverables wip-limit
    --- stderr
    all checks passed
    "#);
}

#[test]
fn a_terminal_gets_lines_that_fit() {
    let sandbox = branch();
    let on = |columns: &str| {
        let output = sandbox.tracker_with("", &["check", "--base", "main", "--color", "always"], |command| {
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
    main..topic · 6 commits · 2 tasks · 2 files · policy from main
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
fn without_a_range_it_looks_at_the_records() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "check"), @r"
    $ tracker check
    exit 0
    --- stdout
    working tree · policy from the working tree
    ok    [N] rules
    --- stderr
    all checks passed
    only the records were checked; to check a branch run `tracker check --base main`
    ");
    sandbox.write(".tracker/tasks/TASK-BR0K.md", "---\nid: TASK-BR0K\ntitle: [oops\n---\n");
    assert_snapshot!(typed(&sandbox, "check"), @r"
    $ tracker check
    exit 1
    --- stdout
    working tree · policy from the working tree
    error broken-documents  title: did not find expected ',' or ']' (.tracker/tasks/TASK-BR0K.md:3)
                            a bracket is not closed, or a text in it needs quotes
    ok    [N] other rules
    --- stderr
    1 error, 0 warnings      tracker explain broken-documents
    only the records were checked; to check a branch run `tracker check --base main`
    ");
    let answer = json(&sandbox.tracker(&["check", "--format", "json"]));
    assert_eq!((&answer["exit"], &answer["result"]["verdict"]["errors"]), (&1.into(), &1.into()));
}

#[test]
fn what_cannot_be_judged_is_an_error_and_no_answer() {
    assert_snapshot!(typed(&world(), "
        check --base nowhere
        check --base main --head nowhere --format junit
        check --head HEAD --staged
    "), @r"
    $ tracker check --base nowhere
    exit 2
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag

    $ tracker check --base main --head nowhere --format junit
    exit 2
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag

    $ tracker check --head HEAD --staged
    exit 2
    --- stderr
    error: the argument '--head <REV>' cannot be used with '--staged'

    Usage: tracker check --head <REV>

    For more information, try '--help'.
    ");
}

#[test]
fn what_cannot_be_judged_is_annotated_too() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        check --base nowhere --format github
        review main..nowhere --format github
        check --head HEAD --staged --format=github
        list --format github
    "), @r"
    $ tracker check --base nowhere --format github
    exit 2
    --- stdout
    ::error title=tracker check::`nowhere` is not a revision of this repository%0Asee: git branch --all, git tag
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag

    $ tracker review main..nowhere --format github
    exit 2
    --- stdout
    ::error title=tracker review::`nowhere` is not a revision of this repository%0Asee: git branch --all, git tag
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag

    $ tracker check --head HEAD --staged --format=github
    exit 2
    --- stdout
    ::error title=tracker check::the argument '--head <REV>' cannot be used with '--staged'%0AUsage: tracker check --head <REV> --format <FORMAT>
    --- stderr
    error: the argument '--head <REV>' cannot be used with '--staged'
      hint: Usage: tracker check --head <REV> --format <FORMAT>

    $ tracker list --format github
    exit 2
    --- stdout
    ::error title=tracker list::`tracker list` has no format `github`%0Ause --format human or --format json; github is for tracker review and tracker check
    --- stderr
    error: `tracker list` has no format `github`
      hint: use --format human or --format json; github is for tracker review and tracker check
    ");
    let outside = Sandbox::without_repository().tracker(&["check", "--format", "github"]);
    assert_eq!((outside.status, outside.stdout.lines().count()), (2, 1), "{outside}");
    assert!(outside.stdout.starts_with("::error title=tracker check::"), "{outside}");
    let hostile =
        sandbox.tracker(&["check", "--base", "x\n::stop-commands::y\n##[group]z", "--format", "github"]);
    assert_eq!((hostile.status, hostile.stdout.lines().count()), (2, 1), "{hostile}");
    let obeyed = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    assert!(!hostile.stderr.lines().any(obeyed), "{hostile}");
    let hostile = sandbox.tracker(&["check", "--x\n::stop-commands::y", "--format", "github"]);
    assert_eq!((hostile.status, hostile.stdout.lines().count()), (2, 1), "{hostile}");
    assert!(!hostile.stderr.lines().any(obeyed), "{hostile}");
}

#[test]
fn a_policy_that_cannot_be_read_is_annotated_at_its_place() {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", "format = 2\n[pipeline]\nstages = [\"dev\"\n");
    super::commit(&sandbox, "Break the policy");
    assert_snapshot!(typed(&sandbox, "
        check --base main --format github
    "), @r"
    $ tracker check --base main --format github
    exit 1
    --- stdout
    ::error file=.tracker/config.toml,line=3,title=tracker check::.tracker/config.toml:3: unclosed array, expected `]`
    --- stderr
    error: .tracker/config.toml:3: unclosed array, expected `]`
    ");
}

#[test]
fn a_step_gets_annotations_and_its_summary() {
    let sandbox = branch();
    let summary = sandbox.root().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let run = |file: &str, format: &str| {
        sandbox.tracker_with("", &["check", "--base", "main", "--format", format], |command| {
            command.env("GITHUB_STEP_SUMMARY", file);
        })
    };
    let output = run(summary.to_str().unwrap(), "github");
    assert_eq!((output.status, output.stderr.as_str()), (1, ""));
    assert!(output.stdout.lines().all(|line| line.starts_with("::")), "{output}");
    assert!(
        output.stdout.starts_with("::error file=") && output.stdout.contains("\n::warning title="),
        "{output}"
    );
    let page = fs::read_to_string(&summary).unwrap();
    assert!(page.starts_with("before\n<!-- tracker-review -->\n### ✗ Checks failed"), "{page}");
    run(summary.to_str().unwrap(), "human");
    assert_eq!(fs::read_to_string(&summary).unwrap(), page, "only annotations come with a summary");
    let output = run(sandbox.root().join("nowhere/summary.md").to_str().unwrap(), "github");
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("warning: ") && output.stderr.contains("summary of the step"), "{output}");
}

#[test]
fn all_formats_agree() {
    let sandbox = branch();
    let check = |format: &str| sandbox.tracker(&["check", "--base", "main", "--format", format]);
    let json = json(&check("json"));
    let errors = json["result"]["verdict"]["errors"].as_u64().unwrap();
    let warnings = json["result"]["verdict"]["warnings"].as_u64().unwrap();
    assert!(errors > 0 && warnings > 0);
    let all = usize::try_from(errors + warnings).unwrap();
    for format in &FORMATS {
        let output = check(format.name);
        assert_eq!((output.status, output.stderr.as_str()), (1, ""), "{}", format.name);
    }
    let sarif: serde_json::Value = serde_json::from_str(&check("sarif").stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), all);
    let gitlab: serde_json::Value = serde_json::from_str(&check("gitlab").stdout).unwrap();
    assert_eq!(gitlab.as_array().unwrap().len(), all);
    let junit = check("junit").stdout;
    let junit = roxmltree::Document::parse(&junit).unwrap();
    assert_ne!(junit.root_element().attribute("failures"), Some("0"));
    let github = check("github").stdout;
    let count = |kind: &str| github.lines().filter(|line| line.starts_with(kind)).count() as u64;
    assert_eq!((count("::error "), count("::warning ")), (errors, warnings));
}
