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
    let code = sandbox.git(&["rev-parse", "--short=7", "fix~5"]);
    let why = format!("tests-first: commit {code} changes src/models/a, and none before it changes tests/**");
    assert!(
        record.contains("stage: dev") && record.contains(&why) && record.contains("agent: director"),
        "{record}"
    );
    let inbox = sandbox.tracker(&["inbox"]).stdout;
    assert!(inbox.contains("migrations: src/models/a has changed, and nothing in migrations/**"), "{inbox}");
    // Notes are where the task goes on: nothing of it is in this working tree.
    let notes = sandbox.git(&["ls-tree", "-r", "--name-only", "fix", ".tracker/notes/"]);
    assert_eq!((notes.lines().count(), sandbox.git(&["status", "--short"]).as_str()), (2, ""), "{notes}");
    // The same round again changes nothing; what was sent back is in another stage now.
    let after = everything(&sandbox);
    assert_eq!(round(&sandbox, &[]), (1, vec![second("before")]));
    assert_eq!(everything(&sandbox), after);
    // Brought forward as it was it is not sent back for the same once more.
    sandbox.git(&["switch", "--quiet", "fix"]);
    assert_eq!(sandbox.tracker(&["advance", "0ne1"]).status, 0);
    assert_eq!(round(&sandbox, &[]).1[0], "tests-first TASK-0NE1 - [note before, send_back before]");
    assert!(notes.contains(".tracker/notes/TASK-0NE1/") && !sandbox.git(&["ls-files"]).contains("signoffs"));
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
fn what_the_gate_refuses_is_sent_back_by_no_move_that_it_would_refuse_next() {
    let rule = "[[director.rule]]\nname = \"gate\"\ncheck = \"gate\"\nnote = false\nsend_back = true\n";
    let sandbox = world(rule);
    let path = ".tracker/tasks/TASK-0NE1.md";
    // Brought to a stage without a move, by one that the pipeline does not have, and to its end: here it goes on in qa.
    for (branch, stage, line) in [
        ("by-hand", "qa", ""),
        ("too-far", "sec", "  - {at: 2026-11-11T09:59:00Z, by: Ada Lovelace, from: dev, to: sec}\n---\n"),
        ("ended", "complete", ""),
    ] {
        sandbox.git(&["switch", "--quiet", "--create", branch, "main"]);
        assert_eq!(sandbox.tracker(&["start", "0ne1"]).status, 0);
        commit(&sandbox, "Start\n\nTask: TASK-0NE1");
        let mut record = sandbox.read(path).replace("stage: dev", &format!("stage: {stage}"));
        if !line.is_empty() {
            let end = record.rfind("---\n").unwrap();
            record.replace_range(end..end + 4, line);
        }
        sandbox.write(path, record);
        commit(&sandbox, "Move\n\nTask: TASK-0NE1");
        sandbox.git(&["switch", "--quiet", "main"]);
        let before = everything(&sandbox);
        let outcome = if branch == "too-far" { "done" } else { "refused" };
        let place = if branch == "ended" { "-" } else { branch };
        let found = |outcome: &str| vec![format!("gate TASK-0NE1 {place} [send_back {outcome}]")];
        assert_eq!(round(&sandbox, &[]), (1, found(outcome)), "{branch}");
        let again = if branch == "too-far" { "before" } else { outcome };
        for _ in 0..2 {
            assert_eq!(round(&sandbox, &[]), (1, found(again)), "{branch}");
        }
        assert_eq!(everything(&sandbox) == before, branch != "too-far", "{branch}");
        sandbox.git(&["branch", "--quiet", "-D", branch]);
    }
}

/// Makes a round, and returns what the tasks whose budget is used up have cost.
fn spent(sandbox: &Sandbox) -> Vec<String> {
    let output = sandbox.tracker(&["director", "run", "--once", "--format", "json"]);
    let answer: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    let findings = items(&answer["result"]["repositories"][0]["findings"]).iter();
    findings.map(|found| format!("{} {}", found["task"].as_str().unwrap(), found["details"])).collect()
}

#[test]
fn budgets_count_what_commits_of_all_live_branches_report_once() {
    let rule = "[[director.rule]]\nname = \"money\"\ncheck = \"budget\"\nnote = false\n";
    let sandbox = world(&format!("{rule}[budgets]\ntask = \"5 USD\"\n"));
    let work = |branch: &str, path: &str, cost: &str| {
        sandbox.git(&["switch", "--quiet", branch]);
        sandbox.write(path, "x\n");
        commit(&sandbox, &format!("Change {path}\n\nCost: TASK-0NE1 {cost}"));
    };
    for branch in ["one", "two"] {
        sandbox.git(&["branch", branch]);
    }
    work("one", "a", "4 USD");
    sandbox.git(&["switch", "--quiet", "main"]);
    assert_eq!(spent(&sandbox), Vec::<String>::new());
    work("two", "b", "2 USD");
    let six = ["TASK-0NE1 \"it has cost 6.00 USD\""];
    assert_eq!(spent(&sandbox), six);
    // The same work again on another branch, and as a squash where the branch is still there.
    sandbox.git(&["cherry-pick", "one"]);
    assert_eq!(spent(&sandbox), six);
    sandbox.git(&["switch", "--quiet", "main"]);
    assert_eq!(spent(&sandbox), six);
    sandbox.git(&["merge", "--quiet", "--squash", "one"]);
    sandbox.git(&["commit", "--quiet", "--message", "Change a (squashed)\n\nCost: TASK-0NE1 4 USD"]);
    assert_eq!(spent(&sandbox), six);
    work("main", "c", "1 USD");
    assert_eq!(spent(&sandbox), ["TASK-0NE1 \"it has cost 7.00 USD\""]);
}

#[test]
fn what_budgets_and_rules_name_is_there() {
    let rule = "[[director.rule]]\nname = \"money\"\ncheck = \"budget\"\n";
    let sandbox = world(rule);
    assert_eq!(sandbox.tracker(&["set", "0ne1", "type=feature", "sprint=SPRINT-1"]).status, 0);
    commit(&sandbox, "Plan");
    let config = sandbox.read(".tracker/config.toml");
    let line = config.lines().count() + 1;
    for (more, key, message, hint) in [
        (
            "types = [\"features\"]",
            "director.rule.1.types",
            "unknown type `features`",
            "did you mean `feature`?",
        ),
        (
            "[budgets.tasks]\nTASK-0NE2 = \"1 USD\"",
            "budgets.tasks.TASK-0NE2",
            "unknown task `TASK-0NE2`",
            "did you mean `TASK-0NE1`?",
        ),
        (
            "[budgets.sprints]\nSPRINT-2 = \"1 USD\"",
            "budgets.sprints.SPRINT-2",
            "unknown sprint `SPRINT-2`",
            "did you mean `SPRINT-1`?",
        ),
    ] {
        sandbox.write(".tracker/config.toml", format!("{config}{more}\n"));
        commit(&sandbox, "Misspelt");
        let output = sandbox.tracker(&["director", "run", "--once"]);
        let line = line + more.lines().count() - 1;
        let expected = format!(".tracker/config.toml:{line} of main: {key}: {message}");
        assert!(output.status == 2 && output.stderr.contains(&expected), "{output}");
        assert!(output.stderr.contains(hint), "{output}");
        let doctor = sandbox.tracker(&["doctor"]);
        assert!(doctor.status == 1 && doctor.stdout.contains(message), "{doctor}");
    }
    let right = "types = [\"feature\"]\n[budgets.tasks]\nTASK-0NE1 = \"1 USD\"\n[budgets.sprints]\nSPRINT-1 = \"1 USD\"";
    sandbox.write(".tracker/config.toml", format!("{config}{right}\n"));
    commit(&sandbox, "Right");
    assert_eq!(round(&sandbox, &[]), (0, Vec::new()));
    // A task that is only on another branch is there as well.
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    assert_eq!(sandbox.tracker(&["new", "Three", "--id", "TASK-THR3"]).status, 0);
    assert_eq!(sandbox.tracker(&["start", "thr3"]).status, 0);
    commit(&sandbox, "Three");
    sandbox.git(&["switch", "--quiet", "main"]);
    let right = format!("{config}[budgets.tasks]\nTASK-THR3 = \"1 USD\"\n");
    sandbox.write(".tracker/config.toml", right);
    commit(&sandbox, "Of another branch");
    assert_eq!(round(&sandbox, &[]), (0, Vec::new()));
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
