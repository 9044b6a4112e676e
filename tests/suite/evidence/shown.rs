//! Evidence where boxes are: in `show`, lists, boards, reviews and reports.

use super::{RECORD, TASK, alone, by, check, commit, json, world};
use crate::support::Sandbox;

/// Two checkboxes of the task require evidence, and so does its stage.
fn asked() -> Sandbox {
    let sandbox = world();
    let text = TASK.replace(
        "- [ ] also after a restart\n",
        "- [ ] also after a restart (verified by tester)\n- [x] fast (verified by bench)\n- [ ] nice\n",
    );
    sandbox.write(RECORD, text);
    commit(&sandbox, "Ken", "Say how\n\nTask: TASK-T3ST");
    sandbox
}

#[test]
fn how_much_is_verified_is_shown_wherever_boxes_are() {
    let sandbox = asked();
    let count = |line: &str, at: &str| json(&sandbox, line).pointer(at).cloned().unwrap_or_default();
    assert_eq!(count("show t3st", "/result/task/evidence").to_string(), r#"{"done":0,"total":2}"#);
    by(&sandbox, "Ada", "verify t3st --role tester");
    let expected = r#"{"done":1,"total":2}"#;
    assert_eq!(count("show t3st", "/result/task/evidence").to_string(), expected);
    assert_eq!(count("list t3st", "/result/tasks/0/evidence").to_string(), expected);
    assert_eq!(count("review main..work", "/result/tasks/0/proven").to_string(), "1");
    insta::assert_snapshot!(alone(&sandbox, "Ken", "show t3st").stdout, @r#"
    TASK-T3ST  Remember the theme  awaiting QA
      unassigned · created 2026-11-10
      none > dev > [qa] > sec > complete   since 1d

      Sign-offs for qa  0/1
      waits tester  0/1  waiting for ada@example.com, bob@example.com

      Evidence  1/2 verified
      [x]  tester  checked
      [ ]  bench   the policy names no command for it

      ## Acceptance criteria

      [ ] 1 also after a restart (verified by tester)
      [x] 2 fast (verified by bench)
      [ ] 3 nice

      Next: tracker tick TASK-T3ST 1 3  or  name the command in .tracker/config.toml: [roles.bench] verify = "…"  or  ask ada@example.com or bob@example.com to approve as tester
    "#);
    for line in ["list", "board", "review main..work", "review main..work --format markdown", "report cards"]
    {
        let output = alone(&sandbox, "Ken", line);
        assert!(output.stdout.contains("1/2 verified"), "{line}: {output}");
    }
    // What is remembered of it is forgotten with the content that it was about.
    sandbox.write("src/theme.rs", "// dark, and more\n");
    commit(&sandbox, "Ken", "More\n\nTask: TASK-T3ST");
    assert!(alone(&sandbox, "Ken", "list").stdout.contains("0/2 verified"));
    assert!(check(&sandbox, "").status == 0, "it is still in its stage");
}

#[test]
fn a_task_that_is_asked_for_nothing_shows_nothing() {
    let sandbox = world();
    for line in ["show 0thr", "list stage:dev"] {
        let output = alone(&sandbox, "Ken", line);
        assert!(!output.stdout.contains("verified") || line == "show 0thr", "{line}: {output}");
    }
    assert!(json(&sandbox, "list -t bug")["result"]["tasks"].as_array().is_none_or(Vec::is_empty));
}

#[test]
fn a_checkbox_that_names_a_role_without_a_command_keeps_the_stage_shut() {
    let sandbox = asked();
    by(&sandbox, "Ada", "verify t3st --role tester");
    by(&sandbox, "Ada", "approve t3st");
    let output = alone(&sandbox, "Ken", "advance t3st");
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stderr.contains("of bench: the policy names no command for it"), "{output}");
}
