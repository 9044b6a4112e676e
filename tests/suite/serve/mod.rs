//! `tracker serve` and `tracker site`, from outside: over sockets, and as files.

#[cfg(feature = "mcp")]
mod agents;
mod api;
mod browser;
pub(crate) mod client;
mod fleet;
mod guard;
mod history;
mod pages;
mod plans;
mod several;
mod site;

use crate::support::Sandbox;

/// Makes a repository with a tracker that has reviews, a sprint and a committed task, whose texts try to be markup.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let asks = "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n";
    sandbox.write(".tracker/config.toml", sandbox.read(".tracker/config.toml") + asks);
    let hostile = "<script>alert(1)</script> & \"more\"";
    let new =
        ["new", "Add dark mode", "--id", "TASK-D4RK", "--priority", "high", "--deliverable", "the toggle"];
    assert_eq!(sandbox.tracker(&new).status, 0);
    let new = [
        "new",
        hostile,
        "--id",
        "TASK-EV1L",
        "--area",
        "<b>",
        "--body",
        "<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))",
    ];
    assert_eq!(sandbox.tracker(&new).status, 0);
    assert_eq!(sandbox.tracker(&["note", "ev1l", "<iframe src=//evil.example>"]).status, 0);
    assert_eq!(sandbox.tracker(&["sprint", "new", "SPRINT-1", "--goal", "less"]).status, 0);
    commit(&sandbox, "Set up");
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// Whether markup that somebody wrote as text is markup of a page.
fn has_foreign_markup(html: &str) -> bool {
    ["<script>", "<img", "<iframe", "<b>", "javascript:"].iter().any(|markup| html.contains(markup))
}
