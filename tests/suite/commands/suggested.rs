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

/// Returns the commands in a text that puts them between backticks.
fn quoted(text: &str) -> Vec<String> {
    let parts = text.split('`').skip(1).step_by(2);
    parts.filter(|part| part.starts_with("tracker ") || part.starts_with("git ")).map(str::to_owned).collect()
}

/// Whether a command has a word in the place of what the user knows, such as REASON or "…".
fn has_placeholder(command: &str) -> bool {
    let is_one = |word: &str| word.len() > 1 && word.bytes().all(|c| c.is_ascii_uppercase());
    command.split([' ', '=']).any(is_one) || command.contains('…')
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
            // What somebody else has to do is in another test.
            if reason["person"].is_null() {
                commands.extend(reason["suggestion"].as_str().map(str::to_owned));
            }
        }
        commands.extend(items(&error["hints"]).iter().flat_map(|hint| quoted(hint.as_str().unwrap())));
        commands.dedup();
        writeln!(seen, "{line}: exit {}", refused.status).unwrap();
        for suggested in &commands {
            if has_placeholder(suggested) {
                writeln!(seen, "  {suggested}").unwrap();
                continue;
            }
            let done = run(&copy, person, suggested);
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
      tracker cancel TASK-D4RK "…"
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
      tracker cancel TASK-FR33 "…"
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
