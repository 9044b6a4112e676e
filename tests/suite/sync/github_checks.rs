//! Check runs of pull requests become evidence, end to end: the real `gh`, real git, and a server that answers as GitHub's
//! documentation describes it.

use insta::assert_snapshot;

use super::github::World;

const CONFIG: &str = "\
format = 2
id_scheme = \"sequential\"
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.qa]
signoffs = [\"tester\"]
requires = [\"evidence\"]
[roles.tester]
verify = \"sh check.sh\"
[policy]
evidence = \"reported\"
[sync.forge]
kind = \"github\"
[sync.forge.checks]
\"build / test\" = \"tester\"
\"ci/legacy\" = \"nobody\"
";

#[test]
fn checks_that_are_named_become_evidence_once() {
    let Some((world, head, _)) = World::with_branch("octo/checks", CONFIG) else { return };
    let evidence = || {
        let shown = world.sandbox.git(&["ls-tree", "-r", "--name-only", "fix/cart", ".tracker/evidence/"]);
        let read = |path: &str| world.sandbox.git(&["show", &format!("fix/cart:{path}")]);
        shown.lines().map(read).collect::<Vec<String>>()
    };
    let runs = |runs: &str| world.ask(&format!("set_runs('{head}', {runs})"));
    runs("(1, 'build / test', 'completed', 'failure'), (2, 'other', 'completed', 'success')");
    world.ask(&format!(
        "statuses.append({{'sha': '{head}', 'context': 'ci/legacy', 'state': 'success', 'updated_at': START.isoformat()}})"
    ));
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    evidence  TASK-1: tester failed on 1 file, reported by build / test (forge)
    --- stderr
    warning: check `ci/legacy` of pull request 1 is no evidence of TASK-1: role `nobody` runs nothing: write `verify` under [roles.nobody]
    forge: 1 new receipt, 1 with problems, 1 skipped (TASK-1: it did not come from there, and no filter selects it)
    ");
    let written = evidence();
    assert_eq!(written.len(), 1, "{written:#?}");
    assert_snapshot!(written[0].replace(&head, "[HEAD]"), @r#"
    task: TASK-1
    role: tester
    by: build / test (forge) <5d5ffd0aa6fa@forge.invalid>
    agent: github
    at: 2026-11-11T08:00:04Z
    commit: [HEAD]
    command: sh check.sh
    exit: 1
    ms: 1000
    bytes: 59
    output: f9256b73fb394c9107ade876d357f5b8f30be014555ad7cd10555180d5a0321b
    tail: |-
      build / test: failure
      https://github.com/octo/checks/runs/1
    files:
      - {path: cart.rs, from: [absent], to: "100644 6093a037d19b3b7ed3c1dd0404703551ab6df5eb"}
    digest: 89f197da2f263ccce381df2a9d577fd118321cb9e81831624aa43574b2b63240
    "#);
    let author = world.sandbox.git(&["log", "-1", "--format=%an: %s", "fix/cart"]);
    assert_eq!(author, "Ada Lovelace: TASK-1: tester failed on 1 file, reported by build / test (forge)");
    let next = world.run(&["sync"]);
    assert!(!next.stdout.contains("evidence"), "once: {next}");

    // The commit of the receipt is the head now, and its own run says the same of the same content.
    let tip = world.sandbox.git(&["rev-parse", "fix/cart"]);
    world.ask(&format!("items[1]['head'].update(sha='{tip}')"));
    world.ask(&format!("set_runs('{tip}', (3, 'build / test', 'completed', 'failure'))"));
    assert!(!world.run(&["sync"]).stdout.contains("evidence"), "no receipt follows from a receipt");

    // It is run again, and passes: that is reported, whoever may be a tester.
    world.ask(&format!("set_runs('{tip}', (3, 'build / test', 'in_progress', None))"));
    assert_eq!(world.run(&["sync"]).stdout, "");
    world.ask(&format!("set_runs('{tip}', (3, 'build / test', 'completed', 'success'))"));
    assert_snapshot!(world.run(&["sync"]).stdout, @"evidence  TASK-1: tester passed on 1 file, reported by build / test (forge)");
    assert_eq!(evidence().len(), 2);
    world.sandbox.git(&["switch", "--quiet", "fix/cart"]);
    assert_snapshot!(world.run(&["show", "TASK-1"]).stdout, @r"
    TASK-1  Empty the cart  awaiting QA
      unassigned · created 2026-11-11
      none > dev > [qa] > complete   since 18m

      Sign-offs for qa  0/1
      waits tester  0/1  waiting for anyone

      Evidence  1/1 verified
      [x]  tester  reported

      Next: tracker approve TASK-1 --as tester
    ");
    assert_eq!(world.run(&["doctor"]).status, 0);

    // A task that is not there is named, and the rest goes on.
    world.sandbox.git(&["switch", "--quiet", "main"]);
    world.ask("items[1].update(body='Task: TASK-99')");
    let odd = world.run(&["sync"]);
    assert!(odd.status == 0 && odd.stderr.contains("is no evidence of TASK-99: "), "{odd}");
}

#[test]
fn the_doctor_says_which_checks_and_reviews_arrive() {
    let config = CONFIG.replace("kind = \"github\"\n", "kind = \"github\"\nreviews = true\ngate = true\n");
    let Some((world, head, _)) = World::with_branch("octo/doctored", &config) else { return };
    let of_pulls = || {
        let found = world.run(&["sync", "doctor"]);
        let lines = found.stdout.lines().skip_while(|line| !line.contains("rights: "));
        let lines: Vec<&str> = lines.take_while(|line| !line.contains("connection: ")).collect();
        (found.status, lines.join("\n"))
    };
    assert_snapshot!(of_pulls().1, @r#"
    ✓ rights: the login may set labels, assignees, milestones and the status of the gate
    ✓ pull requests: 1 open, 1 about tasks
    ✗ reviews: 0 logins have a person
        write LOGIN = "Name <address>" under [sync.forge.people]
    ✓ checks: none has ended on an open pull request
    ✓ gate: this clone has what pull requests are judged by
    "#);
    world.ask(&format!("set_runs('{head}', (1, 'Build / Test', 'completed', 'success'))"));
    world.ask(&format!(
        "statuses.append({{'sha': '{head}', 'context': 'ci/legacy', 'state': 'success', 'updated_at': START.isoformat()}})"
    ));
    let (status, found) = of_pulls();
    assert_eq!(status, 1);
    assert_snapshot!(found, @r#"
    ✓ rights: the login may set labels, assignees, milestones and the status of the gate
    ✓ pull requests: 1 open, 1 about tasks
    ✗ reviews: 0 logins have a person
        write LOGIN = "Name <address>" under [sync.forge.people]
    ✗ check: `build / test` is evidence for tester
        names are compared in every letter; ended there: Build / Test, ci/legacy
    ✓ check: `ci/legacy` is evidence for nobody
    ✓ gate: this clone has what pull requests are judged by
    "#);
}
