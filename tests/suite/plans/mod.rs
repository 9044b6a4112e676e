//! Plans from outside: written, shown, approved as they stand.

mod approval;
mod breakdown;
mod lifecycle;

use crate::support::{Output, Sandbox};

/// Runs the tracker with words split at spaces; `~` means a space within a word.
fn tracker(sandbox: &Sandbox, line: &str) -> Output {
    let words: Vec<String> = line.split(' ').map(|word| word.replace('~', " ")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    sandbox.tracker(&words)
}

/// The same; it must succeed.
fn run(sandbox: &Sandbox, line: &str) -> String {
    let output = tracker(sandbox, line);
    assert_eq!(output.status, 0, "{line}: {output}");
    output.stdout
}

/// Commits everything.
fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// The plan of [`planned`].
const PLAN: &str = ".tracker/plans/PLAN-0NE1.md";

/// A tracker with three tasks and a plan of them that nobody has decided about, all committed.
fn planned() -> Sandbox {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo --no-hooks");
    run(&sandbox, "new Add~the~table --id TASK-0NE1 --file src/table.rs");
    run(&sandbox, "new Use~it --id TASK-TW02 --file src/use.rs --depends-on 0ne1");
    run(&sandbox, "new Document~it --id TASK-THR3 --file docs");
    sandbox.write(
        PLAN,
        "---\nid: PLAN-0NE1\ntitle: The cart\ncreated: 2026-11-11\n---\n\nWhy not.\n\n## Base\n\n### Data\n\n- TASK-0NE1\n- TASK-TW02 Use it\n\n\
         ## Docs\n\n- TASK-THR3\n",
    );
    commit(&sandbox, "plan the cart");
    sandbox
}

/// Returns the state of the plan of [`planned`], and why it is in it.
fn state(sandbox: &Sandbox) -> (String, String) {
    let output = tracker(sandbox, "plan show PLAN-0NE1 --format json");
    let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let text = |key: &str| answer["result"][key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("why"))
}
