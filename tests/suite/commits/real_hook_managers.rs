//! The real husky, lefthook and pre-commit beside our hooks. They come from the network, and so only where requested:
//! `cargo test --test suite -- --ignored real_hook_managers`. What cannot be had is passed over with a word.

use std::process::Command;

use super::*;

const BEGUN: &str = "tracker: TASK-1AAA  none → dev";

/// Runs a program of the developer's, with the developer's settings: it may go to a registry.
fn set_up(sandbox: &Sandbox, program: &str, args: &[&str]) -> bool {
    let done = Command::new(program).args(args).current_dir(sandbox.path()).output();
    let is_done = done.as_ref().is_ok_and(|done| done.status.success());
    if !is_done {
        eprintln!("passed over: {program} {}: {done:?}", args.join(" "));
    }
    is_done
}

/// What their hooks have noted since the last time.
fn theirs(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.root().join("log");
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(log);
    text.lines().map(str::to_owned).collect()
}

fn note(sandbox: &Sandbox, word: &str) -> String {
    format!("echo {word} >>{}", sandbox.root().join("log").display())
}

/// A repository in which the manager's hooks have just been installed; installing them again must harm nobody.
fn lives_beside(sandbox: &Sandbox, install_again: &dyn Fn() -> bool) {
    const BOTH: [&str; 2] = ["pre-commit", "commit-msg"];
    install(sandbox);
    let message = commit(sandbox, "src/c", "x\n\nTask: TASK-1AAA");
    assert!(message.lines().any(|line| line == BEGUN), "{message}");
    assert_eq!(theirs(sandbox), BOTH);
    assert_eq!(stage(sandbox, READY), "dev");
    let refused = git(sandbox, &["commit", "--allow-empty", "-m", "x\n\nAdvance: TASK-2BBB, TASK-9ZZZ"]);
    assert_eq!(refused.status, 1, "{refused}");
    theirs(sandbox);
    // Some write their hooks anew; then ours are put there once more.
    assert!(install_again());
    install(sandbox);
    let status = sandbox.tracker(&["hooks", "status"]);
    assert_eq!(status.stdout.matches(" installed").count(), 4, "{status}");
    commit(sandbox, "src/c", "x\n\nAdvance: TASK-1AAA");
    assert_eq!(theirs(sandbox), BOTH);
    assert_eq!(moves(sandbox, READY), ["none dev", "dev qa"]);
    assert_eq!(sandbox.tracker(&["hooks", "uninstall"]).status, 0);
    commit(sandbox, "src/c", "x\n\nTask: TASK-2BBB");
    assert_eq!(theirs(sandbox), BOTH);
    assert_eq!(stage(sandbox, OPEN), "none");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// A world without hooks, in which a package of npm is installed.
fn with_package(name: &str) -> Option<Sandbox> {
    let sandbox = world();
    sandbox.tracker(&["hooks", "uninstall"]);
    sandbox.write(".gitignore", "node_modules\npackage*.json\n");
    let args = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", name];
    set_up(&sandbox, "npm", &args).then_some(sandbox)
}

#[test]
#[ignore = "takes husky from the network"]
fn husky() {
    let Some(sandbox) = with_package("husky@9") else { return };
    let install_again = || set_up(&sandbox, "node_modules/.bin/husky", &[]);
    assert!(install_again());
    for hook in ["pre-commit", "commit-msg"] {
        sandbox.write(format!(".husky/{hook}"), note(&sandbox, hook) + "\n");
    }
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "-m", "Other hooks"]);
    theirs(&sandbox);
    let before = sandbox.read(".husky/commit-msg");
    lives_beside(&sandbox, &install_again);
    assert_eq!(sandbox.read(".husky/commit-msg"), before);
}

#[test]
#[ignore = "takes lefthook from the network"]
fn lefthook() {
    let Some(sandbox) = with_package("lefthook@2") else { return };
    let hook = |name: &str| format!("{name}:\n  jobs:\n    - run: {}\n", note(&sandbox, name));
    sandbox.write("lefthook.yml", format!("output: false\n{}{}", hook("pre-commit"), hook("commit-msg")));
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "-m", "Other hooks"]);
    let install_again = || set_up(&sandbox, "node_modules/.bin/lefthook", &["install"]);
    assert!(install_again());
    lives_beside(&sandbox, &install_again);
}

#[test]
#[ignore = "takes pre-commit from the network"]
fn pre_commit() {
    let sandbox = world();
    sandbox.tracker(&["hooks", "uninstall"]);
    let venv = sandbox.root().join("venv").display().to_string();
    let is_there = set_up(&sandbox, "python3", &["-m", "venv", &venv])
        && set_up(&sandbox, &format!("{venv}/bin/pip"), &["install", "--quiet", "pre-commit"]);
    if !is_there {
        return;
    }
    let hook = |name: &str| {
        let entry = format!("sh -c '{}'", note(&sandbox, name));
        format!(
            "  - {{id: {name}, name: {name}, entry: \"{entry}\", language: system, always_run: true, \
             pass_filenames: false, stages: [{name}]}}\n"
        )
    };
    let hooks = hook("pre-commit") + &hook("commit-msg");
    sandbox.write(".pre-commit-config.yaml", format!("repos:\n- repo: local\n  hooks:\n{hooks}"));
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "-m", "Other hooks"]);
    let program = format!("{venv}/bin/pre-commit");
    let install_again = || set_up(&sandbox, &program, &["install", "-t", "pre-commit", "-t", "commit-msg"]);
    assert!(install_again());
    lives_beside(&sandbox, &install_again);
}
