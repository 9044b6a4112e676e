//! Every command that a refusal suggests is run in the state in which it is given: none is refused in its turn.

use std::fmt::Write as _;

use super::{commit, empty, world};
use crate::support::{Output, Sandbox, items};
use insta::assert_snapshot;

/// Runs a command line as somebody: `tracker …` or `git …`.
fn run(sandbox: &Sandbox, person: &str, line: &str) -> Output {
    let words = shell_words::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let email = format!("{}@example.com", person.to_lowercase().replace(' ', "."));
    let program = if words[0] == "tracker" { env!("CARGO_BIN_EXE_tracker") } else { words[0] };
    sandbox.program_with(program, "", &words[1..], |command| {
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), person).env(format!("GIT_{role}_EMAIL"), &email);
        }
    })
}

/// Returns the commands in a hint, which is one, or has them between backticks.
fn suggested(hint: &str) -> Vec<String> {
    let is_command = |part: &&str| part.starts_with("tracker ") || part.starts_with("git ");
    if is_command(&hint) && !hint.contains('`') {
        return vec![hint.to_owned()];
    }
    hint.split('`').skip(1).step_by(2).filter(is_command).map(str::to_owned).collect()
}

/// Whether a command has a word in the place of what the user knows, such as ID. A text of his is `…`.
fn has_placeholder(command: &str) -> bool {
    let is_one = |word: &str| word.len() > 1 && word.bytes().all(|c| c.is_ascii_uppercase());
    command.split([' ', '=']).any(is_one)
}

/// Runs each line in a copy, which is refused, then in the same copy every command that the refusal suggests, and the line
/// again. Returns what came of each.
fn followed(sandbox: &Sandbox, person: &str, lines: &str) -> String {
    let mut seen = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let copy = sandbox.copied();
        let command = format!("tracker {line}");
        let refused = run(&copy, person, &format!("{command} --format json"));
        assert_ne!(refused.status, 0, "{line}: {refused}");
        let answer: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
        let error = &answer["error"];
        let mut commands: Vec<String> = Vec::new();
        for reason in items(&error["reasons"]) {
            // What a person of a role has to do is in other tests; who works with an agent does it himself.
            if reason["person"].is_null() || reason["person"] == "a person" {
                commands.extend(reason["suggestion"].as_str().map(str::to_owned));
            }
        }
        commands.extend(items(&error["hints"]).iter().flat_map(|hint| suggested(hint.as_str().unwrap())));
        commands.dedup();
        writeln!(seen, "{line}: exit {}", refused.status).unwrap();
        for suggested in &commands {
            if has_placeholder(suggested) {
                writeln!(seen, "  {suggested}").unwrap();
                continue;
            }
            let done = run(&copy, person, &suggested.replace('…', "because"));
            assert_eq!(done.status, 0, "{line}: {suggested}: {done}");
            writeln!(seen, "  {suggested}: ok").unwrap();
        }
        assert!(!commands.is_empty(), "{line} suggests nothing: {refused}");
        let again = run(&copy, person, &command);
        writeln!(seen, "  again: exit {}", again.status).unwrap();
    }
    seen
}

#[test]
fn what_a_refusal_suggests_is_not_refused() {
    let sandbox = world();
    assert_snapshot!(followed(&sandbox, "Ada Lovelace", "
        start exp0
        start c0de
        start n0ne
        advance c0de
        fail s3s broken
        fail c0de broken
        block c0de why
        cancel c0de why
        set s3s depends_on+=exp0
        rm d4r
        tick d4r 9
        approve d4r
        withdraw d4r --as nobody
        sprint close
        show n0ne
        undo
        stop
    "), @r#"
    start exp0: exit 1
      tracker show TASK-S3SS: ok
      again: exit 1
    start c0de: exit 1
      tracker reopen TASK-C0DE: ok
      again: exit 0
    start n0ne: exit 2
      tracker list: ok
      again: exit 2
    advance c0de: exit 1
      tracker reopen TASK-C0DE: ok
      again: exit 0
    fail s3s broken: exit 1
      tracker start TASK-S3SS: ok
      again: exit 1
    fail c0de broken: exit 1
      tracker reopen TASK-C0DE: ok
      again: exit 1
    block c0de why: exit 1
      tracker reopen TASK-C0DE: ok
      again: exit 0
    cancel c0de why: exit 1
      tracker reopen TASK-C0DE: ok
      again: exit 0
    set s3s depends_on+=exp0: exit 1
      tracker deps: ok
      again: exit 1
    rm d4r: exit 1
      tracker cancel TASK-D4RK "…": ok
      again: exit 1
    tick d4r 9: exit 2
      tracker show TASK-D4RK: ok
      again: exit 2
    approve d4r: exit 1
      tracker signoffs TASK-D4RK: ok
      again: exit 1
    withdraw d4r --as nobody: exit 1
      tracker signoffs TASK-D4RK: ok
      again: exit 1
    sprint close: exit 2
      tracker sprint list: ok
      again: exit 2
    show n0ne: exit 2
      tracker list: ok
      again: exit 2
    undo: exit 2
      git revert COMMIT
      again: exit 2
    stop: exit 2
      tracker start ID
      again: exit 2
    "#);
}

#[test]
fn what_a_refusal_suggests_in_review_is_not_refused() {
    let sandbox = empty();
    sandbox.write(
        ".tracker/config.toml",
        "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.dev]\nrequires = [\"deliverables\"]\n[stage.qa]\n\
         signoffs = [\"reviewer\"]\non_fail = \"dev\"\n[roles.reviewer]\n[policy]\nself_approval = \"forbid\"\n",
    );
    sandbox.tracker(&["new", "Two boxes", "--id", "TASK-2B0X", "--deliverable", "a", "--deliverable", "b"]);
    sandbox.tracker(&["new", "In review", "--id", "TASK-R3V1"]);
    commit(&sandbox, "Plan");
    for id in ["2b0x", "r3v1"] {
        assert_eq!(sandbox.tracker(&["start", id]).status, 0);
    }
    sandbox.write("theme.rs", "dark\n");
    commit(&sandbox, "Make it dark\n\nTask: TASK-R3V1");
    assert_eq!(sandbox.tracker(&["advance", "r3v1"]).status, 0);
    commit(&sandbox, "For review\n\nTask: TASK-R3V1");
    assert_snapshot!(followed(&sandbox, "Bob", "
        advance 2b0x
        done 2b0x
        advance r3v1
        approve 2b0x
        start r3v1
        start 2b0x
    "), @r"
    advance 2b0x: exit 1
      tracker tick TASK-2B0X 1 2: ok
      again: exit 0
    done 2b0x: exit 1
      tracker tick TASK-2B0X 1 2: ok
      again: exit 0
    advance r3v1: exit 1
      tracker approve TASK-R3V1 --as reviewer: ok
      again: exit 1
    approve 2b0x: exit 1
      tracker signoffs TASK-2B0X: ok
      again: exit 1
    start r3v1: exit 1
      tracker start TASK-R3V1 --force: ok
      again: exit 0
    start 2b0x: exit 1
      tracker start TASK-2B0X --force: ok
      again: exit 0
    ");
}

/// A policy with a review, and a task that somebody has on the branch `fix`, in review.
fn on_a_branch() -> Sandbox {
    let sandbox = empty();
    sandbox.write(
        ".tracker/config.toml",
        "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.qa]\nsignoffs = [\"reviewer\", \"tester\"]\n\
         on_fail = \"dev\"\n[roles.reviewer]\n[roles.tester]\n",
    );
    for (title, id) in [("Cart", "TASK-C4RT"), ("Claimed", "TASK-C1MD"), ("Free", "TASK-FR33")] {
        assert_eq!(sandbox.tracker(&["new", title, "--id", id]).status, 0);
    }
    assert_eq!(sandbox.tracker(&["new", "Of Ken", "--id", "TASK-0FKN", "--assignee", "Ken"]).status, 0);
    assert_eq!(sandbox.tracker(&["role", "new", "reviewer"]).status, 0);
    assert_eq!(sandbox.tracker(&["sprint", "new", "S-1"]).status, 0);
    commit(&sandbox, "Plan");
    sandbox.git(&["switch", "--quiet", "--create", "fix"]);
    assert_eq!(sandbox.tracker(&["start", "c4rt"]).status, 0);
    sandbox.write("cart.rs", "fixed\n");
    commit(&sandbox, "Fix\n\nTask: TASK-C4RT");
    assert_eq!(sandbox.tracker(&["advance", "c4rt"]).status, 0);
    commit(&sandbox, "For review\n\nTask: TASK-C4RT");
    sandbox.git(&["switch", "--quiet", "main"]);
    assert_eq!(sandbox.tracker(&["claim", "c1md", "--agent", "other"]).status, 0);
    assert_eq!(sandbox.tracker(&["set", "fr33", "priority=high"]).status, 0);
    commit(&sandbox, "Prioritise");
    sandbox
}

#[test]
fn what_a_refusal_suggests_of_work_elsewhere_and_of_what_is_committed_is_not_refused() {
    let sandbox = on_a_branch();
    assert_snapshot!(followed(&sandbox, "Bob", r#"
        start c4rt
        approve c4rt -m "fine by me"
        reject c4rt --finding "high: it leaks @ cart.rs:1"
        withdraw c4rt
        start c1md
        start 0fkn
        done 0fkn
        start --next tag:none
        undo
        rm fr33
        role new reviewer
        sprint close S-1
        sprint start S-2
        set fr33 depends_on=fr33
        approve fr33
        fail fr33 broken
        plan approve PLAN-1
        explain nothing
        advance
    "#), @r#"
    start c4rt: exit 1
      git switch fix: ok
      again: exit 1
    approve c4rt -m "fine by me": exit 1
      tracker approve TASK-C4RT --as reviewer -m "fine by me" --branch fix: ok
      again: exit 1
    reject c4rt --finding "high: it leaks @ cart.rs:1": exit 1
      tracker reject TASK-C4RT --as reviewer --finding "high: it leaks @ cart.rs:1" --branch fix: ok
      again: exit 1
    withdraw c4rt: exit 1
      tracker signoffs TASK-C4RT: ok
      again: exit 1
    start c1md: exit 1
      tracker claims: ok
      again: exit 1
    start 0fkn: exit 1
      tracker start TASK-0FKN --force: ok
      again: exit 0
    done 0fkn: exit 1
      tracker start TASK-0FKN --force: ok
      again: exit 0
    start --next tag:none: exit 1
      tracker list: ok
      again: exit 1
    undo: exit 1
      git log -1 -- .tracker/tasks/TASK-FR33.md: ok
      again: exit 1
    rm fr33: exit 1
      tracker cancel TASK-FR33 "…": ok
      again: exit 1
    role new reviewer: exit 1
      tracker role show reviewer: ok
      again: exit 1
    sprint close S-1: exit 1
      tracker sprint start S-1: ok
      again: exit 1
    sprint start S-2: exit 2
      tracker sprint new S-2: ok
      again: exit 0
    set fr33 depends_on=fr33: exit 1
      tracker deps: ok
      again: exit 1
    approve fr33: exit 1
      tracker signoffs TASK-FR33: ok
      again: exit 1
    fail fr33 broken: exit 1
      tracker start TASK-FR33: ok
      again: exit 1
    plan approve PLAN-1: exit 2
      tracker plan list: ok
      again: exit 2
    explain nothing: exit 2
      tracker explain: ok
      again: exit 2
    advance: exit 2
      tracker advance ID
      tracker start ID
      again: exit 2
    "#);
    assert_eq!(sandbox.tracker(&["new", "Staged", "--id", "TASK-STAG"]).status, 0);
    sandbox.git(&["add", "--all"]);
    assert_snapshot!(followed(&sandbox, "Bob", "rm stag"), @r"
    rm stag: exit 1
      git rm --cached .tracker/tasks/TASK-STAG.md: ok
      again: exit 0
    ");
}

#[test]
fn what_a_refusal_suggests_of_sprints_is_not_refused() {
    let sandbox = empty();
    for line in [
        "new One --id TASK-0NE1 --estimate 2h --sprint S-1",
        "sprint new S-1",
        "sprint start S-1",
        "done 0ne1",
        "sprint new S-2",
    ] {
        assert_eq!(run(&sandbox, "Ada Lovelace", &format!("tracker {line}")).status, 0, "{line}");
    }
    commit(&sandbox, "Plan");
    for line in
        ["sprint close S-1", "sprint start S-2", "sprint close S-2", "sprint new S-3", "sprint new S-4"]
    {
        let done = run(&sandbox, "Ada Lovelace", &format!("tracker {line}"));
        assert_eq!(done.status, 0, "{line}: {done}");
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Sprint"]);
    }
    assert_eq!(sandbox.tracker(&["sprint", "start", "S-4"]).status, 0);
    assert_eq!(sandbox.tracker(&["new", "Two", "--id", "TASK-TW02"]).status, 0);
    commit(&sandbox, "Go on");
    assert_snapshot!(followed(&sandbox, "Ada Lovelace", "
        sprint start S-1
        sprint start S-2
        sprint close S-2
        sprint reopen S-1 why
        sprint reopen S-3 why
        sprint add S-1 tw02
        sprint add S-2 tw02
        set tw02 sprint=S-2
        sprint remove S-2 tw02
        sprint close S-3
        sprint close S-4 --carry-over S-2
        sprint verify S-3
        sprint verify S-4
        sprint start S-4
        sprint status S-9
    "), @r#"
    sprint start S-1: exit 1
      tracker sprint list: ok
      again: exit 1
    sprint start S-2: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 1
    sprint close S-2: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 1
    sprint reopen S-1 why: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 0
    sprint reopen S-3 why: exit 1
      tracker sprint status S-3: ok
      again: exit 1
    sprint add S-1 tw02: exit 1
      tracker sprint list: ok
      again: exit 1
    sprint add S-2 tw02: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 0
    set tw02 sprint=S-2: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 0
    sprint remove S-2 tw02: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 0
    sprint close S-3: exit 1
      tracker sprint start S-3: ok
      again: exit 1
    sprint close S-4 --carry-over S-2: exit 1
      tracker sprint reopen S-2 "…": ok
      again: exit 1
    sprint verify S-3: exit 1
      tracker sprint start S-3: ok
      again: exit 1
    sprint verify S-4: exit 1
      tracker sprint close S-4: ok
      again: exit 0
    sprint start S-4: exit 1
      tracker sprint status S-4: ok
      again: exit 1
    sprint status S-9: exit 2
      tracker sprint new S-9: ok
      again: exit 0
    "#);
}

/// The configuration of an agent's work: a stage whose role is for people only, and one that requires a receipt.
const FOR_PEOPLE: &str = "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\", \"test\"]\n[stage.qa]\nsignoffs = [\"reviewer\"]\n\
    on_fail = \"dev\"\nadvance = \"manual\"\n[stage.test]\nsignoffs = [\"tester\"]\nrequires = [\"evidence\"]\n\
    on_fail = \"dev\"\n[roles.reviewer]\npeople_only = true\n[roles.tester]\nverify = \"true\"\n";

#[test]
fn what_a_refusal_suggests_of_agents_evidence_and_large_writes_is_not_refused() {
    let sandbox = empty();
    sandbox.write(".tracker/config.toml", FOR_PEOPLE);
    for (title, id) in [("In review", "TASK-R3V1"), ("Found", "TASK-F0ND"), ("In test", "TASK-T3ST")] {
        assert_eq!(sandbox.tracker(&["new", title, "--id", id]).status, 0);
        assert_eq!(run(&sandbox, "Ada Lovelace", &format!("tracker start {id}")).status, 0);
    }
    sandbox.write("theme.rs", "dark\n");
    commit(&sandbox, "Make it dark\n\nTask: TASK-R3V1");
    for line in ["advance r3v1", "advance f0nd", "advance t3st", "set-stage t3st test"] {
        let done = run(&sandbox, "Ada Lovelace", &format!("tracker {line}"));
        assert_eq!(done.status, 0, "{line}: {done}");
    }
    commit(&sandbox, "For review");
    for line in ["approve r3v1", "reject f0nd -m leaks --finding 'high: it leaks @ theme.rs:1'"] {
        let done = run(&sandbox, "Bob", &format!("tracker {line}"));
        assert_eq!(done.status, 0, "{line}: {done}");
    }
    let listed = sandbox.tracker(&["findings", "f0nd", "--fields", "id", "--plain"]);
    let finding = listed.stdout.lines().nth(1).unwrap().trim();
    assert_snapshot!(followed(&sandbox, "Bob", &format!("
        advance r3v1 --agent builder-1
        findings resolve f0nd {finding} --agent builder-1
        advance t3st
    ")), @r"
    advance r3v1 --agent builder-1: exit 1
      tracker advance TASK-R3V1: ok
      again: exit 1
    findings resolve f0nd FCS2J --agent builder-1: exit 1
      tracker findings fix TASK-F0ND FCS2J: ok
      again: exit 1
    advance t3st: exit 1
      tracker verify TASK-T3ST --role tester: ok
      tracker approve TASK-T3ST --as tester: ok
      again: exit 1
    ");
    sandbox.write(".tracker/workflows/ask.yaml", "steps:\n  which: {human: {ask: Which?}}\n");
    sandbox.write(".tracker/workflows/release.yaml", "steps:\n  go: {human: {approve: Go on?}}\n");
    for (name, answer) in [("ask", "run answer yes"), ("release", "run approve")] {
        let own = sandbox.copied();
        assert_eq!(own.tracker(&["run", "start", name]).status, 1);
        let seen = followed(&own, "Bob", &format!("{answer} --agent builder-1"));
        assert!(seen.contains(": ok\n"), "{seen}");
    }
    // More than the journal of what can be taken back keeps.
    let long =
        |number| format!("{{\"title\": \"Long {number}\", \"description\": \"{}\"}}", "long ".repeat(20_000));
    sandbox.write("batch.json", format!("[{}, {}, {}]", long(1), long(2), long(3)));
    assert_eq!(sandbox.tracker(&["new", "--batch", "batch.json"]).status, 0);
    assert_snapshot!(followed(&sandbox, "Bob", "undo"), @r"
    undo: exit 1
      git status --short -- .tracker: ok
      again: exit 1
    ");
}
