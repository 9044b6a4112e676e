//! The director, end to end: what it reports, sends back and pauses, each once, and by whose rules.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::support::{Sandbox, items};
use super::workers;

const RULES: &str = r#"
[[director.rule]]
name = "tests-first"
check = "order"
first = ["tests/**"]
then = ["src/**"]
stages = ["qa"]
send_back = true
[[director.rule]]
name = "migrations"
check = "together"
when = ["src/models/**"]
then = ["migrations/**"]
[[director.rule]]
name = "busy"
check = "wip"
limit = 1
note = false
[[director.rule]]
name = "claims"
check = "claims"
after = "2m"
[[director.rule]]
name = "gate"
check = "gate"
note = false
"#;

/// Makes a repository with these rules, and two tasks.
fn world(rules: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n{rules}"));
    for (id, title) in [("TASK-0NE1", "One"), ("TASK-TW02", "Two")] {
        assert_eq!(sandbox.tracker(&["new", title, "--id", id]).status, 0);
    }
    commit(&sandbox, "Begin");
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// Makes a round; returns the exit code and what was found, a line each.
fn round(sandbox: &Sandbox, more: &[&str]) -> (i32, Vec<String>) {
    let output = sandbox.tracker(&[&["director", "run", "--once", "--format", "json"], more].concat());
    let answer: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    let repositories = items(&answer["result"]["repositories"]);
    (output.status, repositories.iter().flat_map(|own| lines_of(&own["findings"])).collect())
}

fn lines_of(findings: &Value) -> Vec<String> {
    let line = |found: &Value| {
        let text = |key: &str| found[key].as_str().unwrap_or("-").to_owned();
        let step = |step: &Value| {
            format!("{} {}", step["action"].as_str().unwrap(), step["outcome"].as_str().unwrap())
        };
        let steps: Vec<String> = items(&found["actions"]).iter().map(step).collect();
        format!("{} {} {} [{}]", text("rule"), text("task"), text("branch"), steps.join(", "))
    };
    items(findings).iter().map(line).collect()
}

/// Everything that a round could have changed.
fn everything(sandbox: &Sandbox) -> String {
    format!(
        "{}\n{}",
        sandbox.git(&["for-each-ref"]),
        sandbox.git(&["status", "--short", "--untracked-files=all"])
    )
}

/// Writes the code of a task before its test, on a branch, and brings it to qa there.
fn code_before_test(sandbox: &Sandbox) {
    sandbox.git(&["switch", "--quiet", "--create", "fix"]);
    assert_eq!(sandbox.tracker(&["start", "0ne1"]).status, 0);
    for (path, message) in [("src/models/a", "Code"), ("tests/a", "Test")] {
        sandbox.write(path, "x\n");
        commit(sandbox, &format!("{message}\n\nTask: TASK-0NE1"));
    }
    assert_eq!(sandbox.tracker(&["advance", "0ne1"]).status, 0);
    commit(sandbox, "Ready\n\nTask: TASK-0NE1");
}

#[test]
fn work_that_breaks_a_standard_is_noted_and_sent_back_once() {
    let sandbox = world(RULES);
    code_before_test(&sandbox);
    sandbox.git(&["switch", "--quiet", "main"]);
    let before = everything(&sandbox);
    let (exit, planned) = round(&sandbox, &["--dry-run"]);
    let first = |outcome: &str| format!("tests-first TASK-0NE1 fix [note {outcome}, send_back {outcome}]");
    let second = |outcome: &str| format!("migrations TASK-0NE1 fix [note {outcome}]");
    assert_eq!((exit, planned), (1, vec![first("planned"), second("planned")]));
    assert_eq!(everything(&sandbox), before, "a dry run writes nothing");
    assert_eq!(round(&sandbox, &[]), (1, vec![first("done"), second("done")]));
    let record = sandbox.git(&["show", "fix:.tracker/tasks/TASK-0NE1.md"]);
    let code = sandbox.git(&["rev-parse", "--short=7", "fix~3"]);
    let why = format!("tests-first: commit {code} changes src/models/a, and none before it changes tests/**");
    assert!(
        record.contains("stage: dev") && record.contains(&why) && record.contains("agent: director"),
        "{record}"
    );
    let inbox = sandbox.tracker(&["inbox"]).stdout;
    assert!(inbox.contains("migrations: src/models/a has changed, and nothing in migrations/**"), "{inbox}");
    // The same round again changes nothing; what was sent back is in another stage now.
    let after = everything(&sandbox);
    assert_eq!(round(&sandbox, &[]), (1, vec![second("before")]));
    // Brought forward as it was it is not sent back for the same once more.
    sandbox.git(&["switch", "--quiet", "fix"]);
    assert_eq!(sandbox.tracker(&["advance", "0ne1"]).status, 0);
    assert_eq!(round(&sandbox, &[]).1[0], "tests-first TASK-0NE1 - [note before, send_back before]");
    assert!(after.contains(".tracker/notes/TASK-0NE1/") && !after.contains(".tracker/votes"), "{after}");
    // An answer ends it in the inbox.
    assert_eq!(sandbox.tracker(&["note", "0ne1", "it has none"]).status, 0);
    assert!(!sandbox.tracker(&["inbox"]).stdout.contains("migrations:"));
}

#[test]
fn limits_claims_and_the_gate_are_reported_and_rules_come_from_the_default_branch() {
    let sandbox = world(RULES);
    for id in ["0ne1", "tw02"] {
        assert_eq!(sandbox.tracker(&["start", id]).status, 0);
    }
    commit(&sandbox, "Both");
    assert_eq!(sandbox.tracker(&["claim", "0ne1", "--lease", "1m"]).status, 0);
    let busy = "busy TASK-TW02 - []".to_owned();
    assert_eq!(round(&sandbox, &[]), (1, vec![busy]), "a claim is not stale before its time");
    // A branch that completes a task by hand, and one that takes the rules away.
    sandbox.git(&["switch", "--quiet", "--create", "by-hand"]);
    let path = ".tracker/tasks/TASK-TW02.md";
    sandbox.write(path, sandbox.read(path).replace("stage: dev", "stage: complete"));
    sandbox.write(
        ".tracker/config.toml",
        sandbox.read(".tracker/config.toml").split("[[director").next().unwrap(),
    );
    commit(&sandbox, "Done by hand\n\nTask: TASK-TW02");
    let (exit, found) = round(&sandbox, &[]);
    let claim = "claims TASK-0NE1 - [note done]";
    assert!(exit == 1 && found.iter().any(|line| line == claim), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("gate TASK-TW02")), "{found:?}");
    // Another working tree of the same repository has no round of its own.
    sandbox.git(&["worktree", "add", "--quiet", "--detach", "../tree"]);
    let (other, rounds) = (sandbox.copied(), ["director", "run", "--once", "--format", "markdown", "."]);
    let other = other.path().display().to_string();
    let page = sandbox.tracker(&[&rounds[..], &["../tree", other.as_str()]].concat());
    let lines = sandbox.tracker(&["director", "run", "--once", ".", "../tree"]);
    assert!(lines.stderr.contains("../tree is left out"), "{lines}");
    assert_eq!(page.stdout.matches("# Director: repo\n").count(), 2, "{page}");
    assert!(page.stdout.contains("| claims | **TASK-0NE1** One | the claim of Ada Lovelace on"), "{page}");
    let rules = sandbox.tracker(&["director"]);
    assert!(rules.stdout.contains("tests-first  order     qa  note, send back"), "{rules}");
    let none = world("");
    let output = none.tracker(&["director", "run", "--once"]);
    assert!(output.status == 2 && output.stderr.contains("tracker help director"), "{output}");
    // A rule that cannot be read is never one that has found something, and names its place; the others have their round.
    sandbox.git(&["switch", "--quiet", "main"]);
    let odd = none.read(".tracker/config.toml")
        + "[[director.rule]]\nname = \"old\"\ncheck = \"age\"\nafter = \"3d\"\nodd = 1\n";
    none.write(".tracker/config.toml", &odd);
    commit(&none, "A rule");
    let output = none.tracker(&["director", "run", "--once"]);
    let line = format!(
        ".tracker/config.toml:{} of main: director.rule.1.odd: unknown key `odd`",
        odd.lines().count()
    );
    assert!(output.status == 2 && output.stderr.contains(&line), "{output}");
    let other = none.path().display().to_string();
    let output = sandbox.tracker(&["director", "run", "--once", &other, "."]);
    assert!(output.status == 2 && output.stderr.contains(&format!("error: {other}: {line}")), "{output}");
    assert!(output.stdout.contains("busy"), "{output}");
    let twin = none.copied();
    let twin = twin.path().display().to_string();
    let output = sandbox.tracker(&["director", "run", "--once", &other, &twin]);
    for place in [&other, &twin] {
        assert!(output.stderr.contains(&format!("error: {place}: {line}")), "{output}");
    }
    none.write(".tracker/config.toml", odd.replace("odd = 1\n", ""));
    commit(&none, "A rule that is read");
    assert_eq!(none.tracker(&["director", "run", "--once"]).status, 0);
}

#[test]
fn a_worker_that_always_fails_is_paused_and_stays_as_a_person_leaves_it() {
    let rules = "[[director.rule]]\nname = \"broken\"\ncheck = \"failures\"\nlimit = 2\npause = true\n";
    let sandbox = workers::world(&format!("{}\n{rules}", workers::CONFIG), &[("a.txt", "CRASH\n")]);
    assert_eq!(workers::tracker(&sandbox, "worker run lint --once").status, 2);
    // What a supervisor that was killed has left.
    let fleet =
        r#"{"process": {"pid": 1, "birth": "-"}, "since": "2026-11-11T09:00:00Z", "workers": ["lint"]}"#;
    sandbox.write(".git/tracker/fleet/fleet.json", fleet);
    assert_eq!(round(&sandbox, &[]), (0, Vec::new()), "once is not always");
    assert_eq!(workers::tracker(&sandbox, "worker run lint --once").status, 2);
    let paused = |outcome: &str| (1, vec![format!("broken - - [pause {outcome}]")]);
    let is_paused = || sandbox.tracker(&["fleet"]).stdout.contains("paused");
    assert_eq!(round(&sandbox, &["--dry-run"]), paused("planned"));
    assert!(!is_paused());
    assert_eq!(round(&sandbox, &[]), paused("done"));
    assert!(is_paused());
    assert_eq!(sandbox.tracker(&["fleet", "resume"]).status, 0);
    assert_eq!(round(&sandbox, &[]), paused("before"));
    assert!(!is_paused(), "somebody has let it go on");
}

#[test]
fn without_once_it_goes_round_when_something_changes() {
    let sandbox = world(RULES);
    assert_eq!(sandbox.tracker(&["start", "0ne1"]).status, 0);
    let mut command = sandbox.tracker_command(&["director", "run", "--format", "json"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut next = || -> Vec<String> {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        lines_of(&line["repositories"][0]["findings"])
    };
    assert_eq!(next(), Vec::<String>::new());
    assert_eq!(sandbox.tracker(&["start", "tw02"]).status, 0);
    assert_eq!(next(), ["busy TASK-TW02 - []"]);
    process.kill().unwrap();
    process.wait().unwrap();
}
