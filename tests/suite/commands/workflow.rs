//! `tracker workflow`

use insta::assert_snapshot;

use super::{commit, empty, json, typed};
use crate::support::Sandbox;

const CHECKS: &str = "\
about: Check the project
params:
  target: debug
  to: {choices: [test, live], about: Where to}
steps:
  fmt: {run: cargo fmt --check, inputs: ['src/**']}
  build:
    argv: [cargo, build, '--profile=${param.target}']
    needs: [fmt]
    timeout: 10m
    outputs: [version]
  push:
    run: |
      ./push \"$OUTPUT_BUILD_VERSION\"
    needs: [build]
    when: param.to == live
    critical: false
    retry: 0
on_exit: {run: echo done}
";

fn world() -> Sandbox {
    let sandbox = empty();
    sandbox.write(".tracker/workflows/checks.yaml", CHECKS);
    commit(&sandbox, "A workflow");
    sandbox
}

#[test]
fn workflows_are_listed_shown_and_created() {
    assert_snapshot!(typed(&world(), "
        workflow
        workflow show checks
        workflow show chekcs
        workflow new release
        workflow new release
        workflow new ../x
        workflow check
    "), @r#"
    $ tracker workflow
    exit 0
    --- stdout
    checks  3 steps  --param target, to  Check the project
    --- stderr
    1 workflow

    $ tracker workflow show checks
    exit 0
    --- stdout
    checks  Check the project
      .tracker/workflows/checks.yaml · 4db7b27a8801

    Parameters
      target  string     default debug
      to      test|live  required       Where to

    Steps
      fmt      run                3 tries more, reusable               cargo fmt --check
      build    argv  after fmt    within 10m, 3 tries more             cargo build --profile=${param.target}
      push     run   after build  when param.to == live, not critical  ./push "$OUTPUT_BUILD_VERSION"
      on_exit  run                3 tries more                         echo done

    $ tracker workflow show chekcs
    exit 2
    --- stderr
    error: no workflow `chekcs`
      hint: did you mean `checks`?

    $ tracker workflow new release
    exit 0
    --- stdout
    Created .tracker/workflows/release.yaml

    $ tracker workflow new release
    exit 2
    --- stderr
    error: there is a workflow `release`
      hint: look at it: tracker workflow show release

    $ tracker workflow new ../x
    exit 2
    --- stderr
    error: invalid name of a workflow `../x`
      hint: use letters, digits, `-` and `_`, a letter or a digit first

    $ tracker workflow check
    exit 0
    --- stdout
    checks  3 steps  ok
    release  3 steps  ok
    --- stderr
    2 workflows, no errors
    "#);
}

#[test]
fn every_error_is_reported_with_line_and_column() {
    let sandbox = world();
    sandbox.write(
        ".tracker/workflows/broken.yaml",
        "steps:\n  a: {run: x, nedds: [b]}\n  b: {argv: [x, '${param.y}']}\n",
    );
    sandbox.write("elsewhere.yml", "steps:\n  a: {run: x}\n  b: {run: y, needs: [a, a]}\n");
    assert_snapshot!(typed(&sandbox, "
        workflow check
        workflow check elsewhere.yml
        workflow list
        workflow show broken
        doctor
    "), @r"
    $ tracker workflow check
    exit 1
    --- stdout
    checks  3 steps  ok
    --- stderr
    error: .tracker/workflows/broken.yaml:2:15: steps.a.nedds: unknown key `nedds`
      hint: did you mean `needs`?
    error: .tracker/workflows/broken.yaml:3:17: steps.b.argv[2]: unknown parameter `y`
    2 workflows, 2 errors

    $ tracker workflow check elsewhere.yml
    exit 0
    --- stdout
    elsewhere  2 steps  ok
    --- stderr
    warning: elsewhere.yml:3:26: steps.b.needs[2]: `a` is there twice
    1 workflow, no errors

    $ tracker workflow list
    exit 1
    --- stdout
    broken  2 errors
    checks  3 steps   --param target, to  Check the project
    --- stderr
    error: .tracker/workflows/broken.yaml:2:15: steps.a.nedds: unknown key `nedds`
      hint: did you mean `needs`?
    error: .tracker/workflows/broken.yaml:3:17: steps.b.argv[2]: unknown parameter `y`
    2 workflows

    $ tracker workflow show broken
    exit 1
    --- stderr
    error: .tracker/workflows/broken.yaml:2:15: steps.a.nedds: unknown key `nedds`
      hint: did you mean `needs`?
    error: .tracker/workflows/broken.yaml:3:17: steps.b.argv[2]: unknown parameter `y`

    $ tracker doctor
    exit 1
    --- stdout
    error .tracker/workflows/broken.yaml:2  steps.a.nedds: unknown key `nedds`  broken-document
        did you mean `needs`?
    error .tracker/workflows/broken.yaml:3  steps.b.argv[2]: unknown parameter `y`  broken-document
    --- stderr
    5 files, 2 errors, 0 warnings
    ");
    let checked = json(&sandbox.tracker(&["workflow", "check", "broken", "--json"]));
    assert_eq!(checked["problems"][0]["column"], 15, "{checked}");
}

#[test]
fn a_commit_has_its_own_workflows() {
    let sandbox = world();
    sandbox.write(".tracker/workflows/checks.yaml", "steps: {}\n");
    assert_eq!(sandbox.tracker(&["workflow", "check", "--at", "HEAD"]).status, 0);
    assert_eq!(sandbox.tracker(&["workflow", "check"]).status, 1);
}

#[test]
fn the_new_workflow_is_sound_and_so_is_the_one_in_the_help() {
    let sandbox = empty();
    assert_eq!(sandbox.tracker(&["workflow", "new", "checks"]).status, 0);
    let checked = sandbox.tracker(&["workflow", "check"]);
    assert_eq!((checked.status, checked.stdout.as_str()), (0, "checks  3 steps  ok\n"), "{checked}");
    let help = sandbox.tracker(&["help", "workflows"]).stdout;
    let lines =
        help.lines().skip_while(|line| !line.starts_with("  about:")).take_while(|line| !line.is_empty());
    let example: String = lines.map(|line| format!("{}\n", &line[2..])).collect();
    sandbox.write(".tracker/workflows/help.yaml", example);
    let checked = sandbox.tracker(&["workflow", "check", "help"]);
    assert_eq!(checked.status, 0, "{checked}");
}

#[test]
fn the_schema_of_workflows_is_printed_for_editors() {
    let sandbox = Sandbox::without_repository();
    let printed = sandbox.tracker(&["workflow", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
    let workflow: serde_json::Value = serde_yaml::from_str(CHECKS).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&workflow));
}
