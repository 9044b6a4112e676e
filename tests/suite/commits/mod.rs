//! What a commit does to tasks: the real git, the real hooks.

mod applied;
mod directives;
mod encounters;
mod forms;
mod installed;
mod messages;
mod operations;
mod processes;
mod pushes;
mod real_hook_managers;
mod received;
mod refusals;
#[cfg(unix)]
mod shared;
mod votes;

use crate::support::{Output, Sandbox};

const CONFIG: &str = "\
format = 2
project = \"demo\"

[stage.dev]
requires = [\"deliverables\"]

[stage.qa]
signoffs = [\"code-reviewer\"]

[roles.code-reviewer]
";

/// The tasks: one with its box ticked, one with an open box, one that is closed.
const READY: &str = "TASK-1AAA";
const OPEN: &str = "TASK-2BBB";
const CLOSED: &str = "TASK-3CCC";

fn task(id: &str, stage: &str, mark: char) -> String {
    let boxes = format!("## Deliverables\n\n- [{mark}] the work\n");
    format!("---\nid: {id}\ntitle: Do {id}\n{stage}created: 2026-11-10\n---\n\n{boxes}")
}

fn path_of(id: &str) -> String {
    format!(".tracker/tasks/{id}.md")
}

/// A repository with three tasks, their hooks, and one commit.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "--message", "First"]);
    install(&sandbox);
    sandbox
}

fn fill(sandbox: &Sandbox) {
    sandbox.write(".tracker/config.toml", CONFIG);
    sandbox.write(path_of(READY), task(READY, "", 'x'));
    sandbox.write(path_of(OPEN), task(OPEN, "", ' '));
    sandbox.write(path_of(CLOSED), task(CLOSED, "stage: complete\n", 'x'));
    sandbox.write("src/a", "a\n");
    sandbox.write("src/b", "b\n");
}

fn install(sandbox: &Sandbox) {
    let installed = sandbox.tracker(&["hooks", "install"]);
    assert_eq!(installed.status, 0, "{installed}");
}

/// Runs git, whatever becomes of it.
fn git(sandbox: &Sandbox, args: &[&str]) -> Output {
    sandbox.program_with("git", "", args, |_| {})
}

/// Changes a file and commits it; returns stderr.
fn commit(sandbox: &Sandbox, path: &str, message: &str) -> String {
    let old = std::fs::read_to_string(sandbox.path().join(path)).unwrap_or_default();
    sandbox.write(path, format!("{old}more\n"));
    sandbox.git(&["add", "--", path]);
    let done = git(sandbox, &["commit", "--quiet", "--message", message]);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(done.stdout, "");
    done.stderr
}

/// The stage that a task has in a commit.
fn stage_at(sandbox: &Sandbox, revision: &str, id: &str) -> String {
    let text = sandbox.git(&["show", &format!("{revision}:{}", path_of(id))]);
    let stage = text.lines().find_map(|line| line.strip_prefix("stage: "));
    stage.unwrap_or("none").to_owned()
}

fn stage(sandbox: &Sandbox, id: &str) -> String {
    stage_at(sandbox, "HEAD", id)
}

/// The moves that the history of a task tells in HEAD.
fn moves(sandbox: &Sandbox, id: &str) -> Vec<String> {
    let text = sandbox.git(&["show", &format!("HEAD:{}", path_of(id))]);
    let word = |line: &str, key: &str| {
        let rest = line.split_once(key).unwrap().1;
        rest.split([',', '}']).next().unwrap().to_owned()
    };
    let lines = text.lines().filter(|line| line.contains("from: "));
    lines.map(|line| format!("{} {}", word(line, "from: "), word(line, "to: "))).collect()
}

/// Nothing is left over: not in the index, not in the working tree, not among the objects.
fn assert_clean(sandbox: &Sandbox) {
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

fn head(sandbox: &Sandbox) -> String {
    sandbox.git(&["rev-parse", "HEAD"])
}
