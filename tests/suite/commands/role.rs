//! `tracker role`, and where else a role's text is reported of.

use super::{changed, commit, empty, json, records, typed};
use crate::support::Sandbox;
use insta::assert_snapshot;

const CONFIG: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.qa]
signoffs = [\"reviewer\", \"tester\"]
[roles.reviewer]
members = [\"ada@example.com\", \"*@review.example\"]
quorum = 2
people_only = true
paths = [\"src/**\"]
[roles.tester]
";
const REVIEWER: &str = "\
---
title: Reads it all
---

Read the whole change.
\u{1b}[31mNot only a part.

## Checklist

- [ ] names say something
- errors are \u{1b}[31mhandled
";

fn world() -> Sandbox {
    let sandbox = empty();
    sandbox.write(".tracker/config.toml", CONFIG);
    sandbox.write(".tracker/roles/reviewer.md", REVIEWER);
    sandbox.write(".tracker/tasks/TASK-T3ST.md", "---\nid: TASK-T3ST\ntitle: Remember it\nstage: qa\n---\n");
    commit(&sandbox, "A role");
    sandbox
}

#[test]
fn roles_are_listed_with_their_rules_and_their_texts() {
    assert_snapshot!(typed(&world(), "
        role
        role show reviewer
        role show reviewer --prompt
        role show tester
    "), @r"
    $ tracker role
    exit 0
    --- stdout
    reviewer  qa  2 to approve  people only  has instructions  ada@example.com, *@review.example, including you  Reads it all
    tester    qa  1 to approve               no instructions   anyone
    --- stderr
    2 roles

    $ tracker role show reviewer
    exit 0
    --- stdout
    reviewer  Reads it all
      qa · 2 to approve · people only · ada@example.com, *@review.example, including you · src/** · .tracker/roles/reviewer.md

    Read the whole change.
    \u{1b}[31mNot only a part.

    Checklist
      - names say something
      - errors are \u{1b}[31mhandled

    $ tracker role show reviewer --prompt
    exit 0
    --- stdout
    Read the whole change.
    \u{1b}[31mNot only a part.

    $ tracker role show tester
    exit 0
    --- stdout
    tester
      qa · 1 to approve · anyone
    --- stderr
    tester has no instructions yet; run `tracker role new tester`
    ");
}

#[test]
fn a_missing_role_is_a_failure() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        role show tester --prompt
        role show revewer
        role show ../config
        role new reviewer
        role new 'no role'
    "), @r"
    $ tracker role show tester --prompt
    exit 1
    --- stderr
    tester has no instructions yet; run `tracker role new tester`

    $ tracker role show revewer
    exit 2
    --- stderr
    error: unknown role `revewer`
      hint: expected reviewer, tester

    $ tracker role show ../config
    exit 2
    --- stderr
    error: unknown role `../config`
      hint: expected reviewer, tester

    $ tracker role new reviewer
    exit 1
    --- stderr
    error: role `reviewer` already has a text
      exists  .tracker/roles/reviewer.md  tracker role show reviewer

    $ tracker role new 'no role'
    exit 2
    --- stderr
    error: invalid role name `no role`
      hint: use letters, digits, `-` and `_`, beginning with a letter
    ");
}

#[test]
fn a_text_to_begin_with_is_written_and_found() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        role new tester --dry-run
        role new tester
        role new code-reviewer --quiet
        doctor
    "), @r"
    $ tracker role new tester --dry-run
    exit 0
    --- stdout
    Would write .tracker/roles/tester.md
    --- /dev/null
    +++ b/.tracker/roles/tester.md
    @@ -0,0 +1,10 @@
    +---
    +title: What this role is for, in one line
    +---
    +
    +Instructions for an agent in this role: what to look at, what to run, when to reject, and what to write then. Who may
    +vote, and how many must, is configured in `.tracker/config.toml`, under `[roles.tester]`.
    +
    +## Checklist
    +
    +- [ ] What a person in this role goes through before voting
    --- stderr
    dry run: 1 file would change, nothing was written

    $ tracker role new tester
    exit 0
    --- stdout
    Wrote .tracker/roles/tester.md

    $ tracker role new code-reviewer --quiet
    exit 0
    --- stdout
    .tracker/roles/code-reviewer.md

    $ tracker doctor
    exit 0
    --- stdout
    warning .tracker/roles/code-reviewer.md  the configuration has no role `code-reviewer`  unknown-role
        name it in the `signoffs` of a stage, or as `[roles.code-reviewer]`
    warning .tracker/tasks/TASK-T3ST.md  stage: set by hand: it is qa, and the history ends in none  stage-by-hand
        tracker set-stage TASK-T3ST qa makes a move of it, which a gate can judge
    --- stderr
    7 files, 0 errors, 2 warnings
    ");
    let tester = json(&sandbox.tracker(&["role", "show", "tester", "--format", "json"]));
    assert_eq!(tester["result"]["file"], ".tracker/roles/tester.md");
    assert!(tester["result"]["prompt"].as_str().unwrap().contains("[roles.tester]"), "{tester}");
    assert_eq!(changed(&sandbox), "", "nothing but new files");
    let then = json(&sandbox.tracker(&["role", "--at", "HEAD", "--format", "json"]));
    let names: Vec<_> =
        crate::support::items(&then["result"]["roles"]).iter().map(|role| role["role"].clone()).collect();
    assert_eq!(names, ["reviewer", "tester"]);
}

#[test]
fn tasks_and_votes_name_the_text() {
    let sandbox = world();
    let shown = json(&sandbox.tracker(&["show", "t3st", "--format", "json"]));
    let roles = &shown["result"]["signoffs"]["roles"];
    assert_eq!(
        (&roles[0]["prompt"], &roles[1]["prompt"]),
        (&".tracker/roles/reviewer.md".into(), &serde_json::Value::Null)
    );
    let next = crate::support::items(&shown["result"]["next"]);
    assert!(next.contains(&"tracker role show reviewer".into()), "{next:?}");
    let signoffs = sandbox.tracker(&["signoffs", "t3st"]);
    assert!(signoffs.stdout.contains(".tracker/roles/reviewer.md"), "{signoffs}");
    let vote = |args: &[&str]| {
        sandbox.tracker(&[&["approve", "t3st", "--as", "reviewer", "--dry-run"], args].concat())
    };
    let seen = vote(&["--color", "always"]);
    assert!(seen.stderr.contains("reviewer goes through:\n  ☐ names say something\n"), "{seen}");
    assert!(!seen.stderr.contains("\u{1b}[31mhandled"), "{seen}");
    for args in [&[][..], &["--color", "always", "--quiet"], &["--color", "always", "--format", "json"]] {
        assert!(!vote(args).stderr.contains("goes through"), "{args:?}");
    }
    let elsewhere = sandbox.tracker(&["approve", "t3st", "--as", "../../x", "--color", "always"]);
    assert!(elsewhere.status == 2 && !elsewhere.stderr.contains("goes through"), "{elsewhere}");
}

#[test]
fn an_unreadable_role_is_reported_and_the_rest_is_listed() {
    let sandbox = world();
    sandbox.write(".tracker/roles/reviewer.md", "---\ntitle: [\n---\n");
    sandbox.write(".tracker/roles/tester.md", "---\nquorum: 3\n---\nTest.\n");
    assert_snapshot!(typed(&sandbox, "
        role
        role show reviewer
        role show tester
        doctor
    "), @r"
    $ tracker role
    exit 1
    --- stdout
    reviewer  qa  2 to approve  people only  has instructions  ada@example.com, *@review.example, including you
    tester    qa  1 to approve               has instructions  anyone
    --- stderr
    error: .tracker/roles/reviewer.md:2: title: did not find expected node content
      hint: check indentation, quotes and brackets here and on the line above
    2 roles

    $ tracker role show reviewer
    exit 1
    --- stderr
    error: .tracker/roles/reviewer.md:2: title: did not find expected node content
      hint: check indentation, quotes and brackets here and on the line above

    $ tracker role show tester
    exit 0
    --- stdout
    tester
      qa · 1 to approve · anyone · .tracker/roles/tester.md

    Test.
    --- stderr
    warning: .tracker/roles/tester.md:2: quorum: the rules of a role are not read from here
      hint: set it in `config.toml`, under `[roles.tester]`

    $ tracker doctor
    exit 1
    --- stdout
    error .tracker/roles/reviewer.md:2  title: did not find expected node content  broken-document
        check indentation, quotes and brackets here and on the line above
    warning .tracker/roles/tester.md:2  quorum: the rules of a role are not read from here  odd-value
        set it in `config.toml`, under `[roles.tester]`
    warning .tracker/tasks/TASK-T3ST.md  stage: set by hand: it is qa, and the history ends in none  stage-by-hand
        tracker set-stage TASK-T3ST qa makes a move of it, which a gate can judge
    --- stderr
    6 files, 1 error, 2 warnings
    ");
}

#[test]
fn a_profile_that_names_roles_brings_their_texts() {
    let sandbox = Sandbox::new();
    sandbox.tracker(&["init", "--no-hooks", "--profile", "team"]);
    let roles = |sandbox: &Sandbox| {
        let names = records(sandbox).into_keys().filter(|name| name.starts_with("roles/"));
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(roles(&sandbox), "roles/code-reviewer.md roles/security-auditor.md roles/test-automator.md");
    assert_eq!(sandbox.tracker(&["doctor"]).status, 0);
    let twice = sandbox.tracker(&["init", "--no-hooks", "--profile", "regulated"]);
    assert!(twice.stdout.contains("nothing was changed"), "the configuration that is there decides: {twice}");
    let plain = empty();
    assert_eq!(roles(&plain), "");
}
