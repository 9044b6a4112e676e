//! A repository that several users of a system share: what one of them commits, the others can go on from.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::*;

/// Everything in the git dir that the group may not use as git would have it, but for what git itself leaves so.
fn kept_from_the_group(sandbox: &Sandbox) -> Vec<PathBuf> {
    let git_dir = sandbox.path().join(".git");
    let (mut kept, mut folders) = (Vec::new(), vec![git_dir.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, found) = (entry.path(), entry.metadata().unwrap());
            let mode = found.permissions().mode();
            let required = match (found.is_dir(), mode & 0o200) {
                (true, _) => 0o2070,
                (false, 0) => 0o040,
                (false, _) => 0o060,
            };
            if mode & required != required {
                kept.push(path.strip_prefix(&git_dir).unwrap().to_owned());
            }
            if found.is_dir() {
                folders.push(path);
            }
        }
    }
    kept.sort();
    kept
}

#[test]
fn what_a_commit_and_a_command_make_is_for_the_group_as_well() {
    let sandbox = world();
    sandbox.git(&["init", "--quiet", "--shared=group"]);
    // Of a repository that is there already, git shares only some folders by itself.
    let objects = sandbox.path().join(".git/objects");
    std::fs::set_permissions(objects, Permissions::from_mode(0o2775)).unwrap();
    std::fs::remove_dir_all(sandbox.path().join(".git/tracker")).ok();
    let before = kept_from_the_group(&sandbox);
    assert_eq!(
        commit(&sandbox, "src/a", "End\n\nAdvance: TASK-1AAA"),
        "tracker: TASK-1AAA  none → dev, dev → qa   needs code-reviewer\n"
    );
    assert_eq!(sandbox.tracker(&["set", "2bbb", "priority=high"]).status, 0);
    let is_new = |path: &PathBuf| !before.contains(path) && path != Path::new("COMMIT_EDITMSG");
    let kept: Vec<PathBuf> = kept_from_the_group(&sandbox).into_iter().filter(is_new).collect();
    assert!(kept.is_empty(), "{kept:?}");
}
