//! `tracker mcp`, from outside: over a pipe, in both eras of the protocol.

mod bad_input;
mod bridge;
mod budgets;
mod client;
mod data;
mod eras;
mod peers;
mod runs;
mod tools;

use crate::support::Sandbox;

/// Makes a repository with a tracker that has reviews, and a committed task.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let asks = "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n[stage.sec]\nsignoffs = [\"auditor\"]\n\
                [roles.auditor]\npeople_only = true\n";
    sandbox.write(".tracker/config.toml", sandbox.read(".tracker/config.toml") + asks);
    let new = [
        "new",
        "Add dark mode",
        "--id",
        "TASK-D4RK",
        "--type",
        "feature",
        "--priority",
        "high",
        "--deliverable",
        "the toggle",
        "--deliverable",
        "it is remembered",
    ];
    assert_eq!(sandbox.tracker(&new).status, 0);
    commit(&sandbox, "Set up");
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}
