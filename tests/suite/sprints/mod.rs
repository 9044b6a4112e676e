//! Sprints from outside: planned, started, followed.

mod close;
mod frozen;
mod grown;
mod plan;
mod random;

use crate::support::Sandbox;

/// Runs the tracker with words split at spaces; `_` means a space within a word. It must succeed.
fn run(sandbox: &Sandbox, line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = sandbox.tracker(&words);
    assert_eq!(output.status, 0, "{line}: {}{}", output.stdout, output.stderr);
    output.stdout
}

/// Commits everything.
fn commit(sandbox: &Sandbox, message: &str) -> String {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
    sandbox.git(&["rev-parse", "HEAD"])
}

/// Returns the texts of a sprint's changes of scope, in the order of their names.
fn scope(sandbox: &Sandbox, sprint: &str) -> Vec<String> {
    let folder = sandbox.path().join(format!(".tracker/sprints/{sprint}/scope"));
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let changes = |text: String| text.split_once("changes:\n").unwrap().1.trim().replace("\n  ", "\n");
    names.iter().map(|path| changes(std::fs::read_to_string(path).unwrap())).collect()
}

/// A tracker with three tasks, two of which are planned for a sprint that has not started.
fn planned() -> Sandbox {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo --no-hooks");
    run(&sandbox, "new One --id TASK-0NE1 --estimate 2h --sprint SPRINT-1");
    run(&sandbox, "new Two --id TASK-TW02 --sprint SPRINT-1");
    run(&sandbox, "new Three --id TASK-THR3 --estimate 3h");
    run(
        &sandbox,
        "sprint new SPRINT-1 --title Dark_mode --starts 2026-11-11 --ends 2026-11-24 --capacity 1h",
    );
    commit(&sandbox, "Plan");
    sandbox
}
