//! `tracker new --batch`

use std::fs::File;

use super::{empty, records, typed};
use insta::assert_snapshot;

const YAML: &str = "\
# what a sprint needs
- title: One table for all colours
  ref: table
  priority: high
- title: Add dark mode
  type: feature
  depends_on: ['@table']
  deliverables: [a toggle]
";

#[test]
fn creates_many_that_may_depend_on_each_other() {
    let sandbox = empty();
    sandbox.write("plan.yaml", YAML);
    assert_snapshot!(typed(&sandbox, "
        new --batch plan.yaml --dry-run --quiet
        new --batch plan.yaml
        deps
    "), @r"
    $ tracker new --batch plan.yaml --dry-run --quiet
    exit 0
    --- stdout
    TASK-8DD1
    TASK-H0EM

    $ tracker new --batch plan.yaml
    exit 0
    --- stdout
    Created TASK-9J66  One table for all colours
    Created TASK-XZRQ  Add dark mode

    $ tracker deps
    exit 0
    --- stdout
    TASK-XZRQ  blocked  Add dark mode
    `- TASK-9J66  none  One table for all colours
    ");
}

#[test]
fn reads_json_and_json_lines_alike() {
    let sandbox = empty();
    sandbox.write("plan.json", r#"[{"title": "A", "ref": "a"}, {"title": "B", "depends_on": ["@a"]}]"#);
    sandbox.write(
        "plan.jsonl",
        "{\"title\": \"C\", \"ref\": \"c\"}\n{\"title\": \"D\", \"depends_on\": [\"@c\"]}\n",
    );
    assert_snapshot!(typed(&sandbox, "
        new --batch plan.json --quiet
        new --batch plan.jsonl --quiet
        list --fields title,dep --sort title
    "), @r"
    $ tracker new --batch plan.json --quiet
    exit 0
    --- stdout
    TASK-8DD1
    TASK-H0EM

    $ tracker new --batch plan.jsonl --quiet
    exit 0
    --- stdout
    TASK-9J66
    TASK-XZRQ

    $ tracker list --fields title,dep --sort title
    exit 0
    --- stdout
    title  depends_on
    A
    B      TASK-8DD1
    C
    D      TASK-9J66
    ");
}

#[test]
fn reads_standard_input() {
    let sandbox = empty();
    sandbox.write("plan.yaml", YAML);
    let input = File::open(sandbox.path().join("plan.yaml")).unwrap();
    let output = sandbox.tracker_with("", &["new", "--batch", "-", "-q"], |command| {
        command.stdin(input);
    });
    assert_snapshot!(output, @r"
    exit 0
    --- stdout
    TASK-8DD1
    TASK-H0EM
    ");
}

#[test]
fn all_or_none() {
    let sandbox = empty();
    let before = records(&sandbox);
    let plan = |name: &str, text: &str| sandbox.write(name, text);
    plan(
        "cycle.yaml",
        "- {title: A, ref: a, depends_on: ['@b']}\n- {title: B, ref: b, depends_on: ['@a']}\n",
    );
    plan("typo.yaml", "- title: A\n- title: B\n  pritority: high\n");
    plan("value.yaml", "- title: A\n- title: B\n  priority: urgent\n");
    plan("noref.yaml", "- title: A\n- title: B\n  depends_on: ['@c']\n");
    plan("tworef.yaml", "- {title: A, ref: a}\n- {title: B, ref: a}\n");
    plan("lines.jsonl", "{\"title\": \"A\"}\n{\"titel\": \"B\"}\n{\"title\": 3}\n");
    plan("empty.yaml", "[]\n");
    plan("text.yaml", "just a text\n");
    assert_snapshot!(typed(&sandbox, "
        new --batch cycle.yaml
        new --batch typo.yaml
        new --batch value.yaml
        new --batch noref.yaml
        new --batch tworef.yaml
        new --batch lines.jsonl
        new --batch empty.yaml
        new --batch text.yaml
        new --batch nowhere.yaml
    "), @r#"
    $ tracker new --batch cycle.yaml
    exit 1
    --- stderr
    error: TASK-8DD1 cannot depend on TASK-H0EM: that would be a cycle
      cycle  TASK-8DD1 → TASK-H0EM → TASK-8DD1  tracker deps

    $ tracker new --batch typo.yaml
    exit 1
    --- stderr
    error: typo.yaml:3: .[1]: unknown field `pritority`, expected one of ref, id, [FIELDS TO SET], description, deliverables, criteria at line 3 column 3
      hint: a batch is a list: `- title: What is to be done`, or one JSON object per line

    $ tracker new --batch value.yaml
    exit 2
    --- stderr
    error: "B": invalid priority `urgent`
      hint: expected critical, high, medium or low

    $ tracker new --batch noref.yaml
    exit 2
    --- stderr
    error: "B": `@c` names no task of this batch
      hint: give one a `ref:`

    $ tracker new --batch tworef.yaml
    exit 2
    --- stderr
    error: two tasks of this batch are called `a`

    $ tracker new --batch lines.jsonl
    exit 1
    --- stderr
    error: lines.jsonl:2: unknown field `titel`, expected one of ref, id, [FIELDS TO SET], description, deliverables, criteria at line 1 column 8
    error: lines.jsonl:3: invalid type: integer `3`, expected a string at line 1 column 11

    $ tracker new --batch empty.yaml
    exit 1
    --- stderr
    error: empty.yaml: there is no task in it
      hint: - title: What is to be done

    $ tracker new --batch text.yaml
    exit 1
    --- stderr
    error: text.yaml:1: invalid type: string "just a text", expected a sequence
      hint: a batch is a list: `- title: What is to be done`, or one JSON object per line

    $ tracker new --batch nowhere.yaml
    exit 2
    --- stderr
    error: cannot read `nowhere.yaml`: No such file or directory (os error 2)
    "#);
    assert_eq!(records(&sandbox), before);
}

#[test]
fn values_are_read_as_set_reads_them() {
    let sandbox = empty();
    sandbox.write("plan.yaml", "- title: A\n  tags: ui, theme\n  assignee: '@me'\n");
    assert_eq!(sandbox.tracker(&["new", "--batch", "plan.yaml", "-q"]).status, 0);
    let task = sandbox.read(".tracker/tasks/TASK-8DD1.md");
    assert!(task.contains("tags: [ui, theme]") && task.contains("assignee: Ada"), "{task}");
}

#[test]
fn a_plan_stays_in_its_order() {
    let sandbox = empty();
    let steps: String = (1..=9).map(|step| format!("- title: Step {step}\n")).collect();
    sandbox.write("plan.yaml", &steps);
    sandbox.tracker(&["new", "--batch", "plan.yaml", "--quiet"]);
    let listed = sandbox.tracker(&["queue", "--plain"]).stdout;
    let order: Vec<&str> = listed.lines().filter_map(|line| line.split("Step ").nth(1)?.get(..1)).collect();
    assert_eq!(order, ["1", "2", "3", "4", "5", "6", "7", "8", "9"], "{listed}");
}
