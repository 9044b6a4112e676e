//! `tracker hooks`, and hooks beside ours.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn twice_installed_is_once_installed() {
    let sandbox = world();
    let hook = ".git/hooks/commit-msg";
    let text = sandbox.read(hook);
    install(&sandbox);
    assert_eq!(sandbox.read(hook), text);
    let status = sandbox.tracker(&["hooks", "status"]);
    assert_eq!(status.stdout.matches(" installed").count(), 4, "{status}");
    assert_eq!(sandbox.tracker(&["hooks", "uninstall"]).status, 0);
    assert!(!sandbox.path().join(hook).exists());
    assert_eq!(sandbox.tracker(&["hooks", "uninstall"]).status, 0);
    assert_eq!(sandbox.tracker(&["hooks", "status"]).stdout.matches(" absent").count(), 4);
    assert_eq!(commit(&sandbox, "src/a", "x\n\nTask: TASK-1AAA"), "");
}

#[test]
fn a_folder_outside_is_refused() {
    let sandbox = world();
    sandbox.git(&["config", "core.hooksPath", "/nowhere/hooks"]);
    let refused = sandbox.tracker(&["hooks", "install"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{refused}");
    assert!(refused.stderr.contains("hint:"), "{refused}");
}

#[test]
fn a_hook_that_commits_is_safe() {
    let sandbox = world();
    let hook = sandbox.path().join(".git/hooks/post-commit");
    let ours = fs::read_to_string(&hook).unwrap();
    let more = "if [ ! -e .git/once ]; then touch .git/once; git commit -q --allow-empty -m 'Inner

Task: TASK-2BBB'; fi\n";
    fs::write(&hook, ours.replacen("#!/bin/sh\n", &format!("#!/bin/sh\n{more}"), 1)).unwrap();
    fs::set_permissions(&hook, Permissions::from_mode(0o755)).unwrap();
    sandbox.git(&["commit", "--quiet", "--allow-empty", "-m", "Outer\n\nTask: TASK-1AAA"]);
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "Inner\nOuter\nFirst");
    assert_eq!(moves(&sandbox, OPEN), ["none dev"]);
    assert_clean(&sandbox);
}

#[test]
fn what_only_git_calls_is_not_advertised() {
    let sandbox = world();
    let schema = sandbox.tracker(&["schema"]).stdout;
    let reference = sandbox.tracker(&["reference"]).stdout;
    assert!(schema.contains("\"hooks\"") && !schema.contains("\"hook\""));
    assert!(!schema.contains("merge-driver") && !reference.contains("tracker hook "));
    assert!(!reference.contains("tracker merge-driver"));
}
