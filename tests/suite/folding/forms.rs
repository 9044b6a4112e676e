//! Every form that a repository can have.

use std::fs;

use tracker::git::FoldEdit;

use super::{
    DEV, OTHER, TASK, assert_clean, assert_folded, creating, fill, fold, fold_in, moved, moving, repository,
};
use crate::support::Sandbox;

fn edits() -> Vec<FoldEdit> {
    vec![moving(TASK, DEV), creating(".tracker/tasks/TASK-3.md", "new\n")]
}

/// Folds into the repository as it is, and checks all that must hold.
fn has(sandbox: &Sandbox, folder: &str) {
    let folded = fold_in(sandbox, folder, &edits()).unwrap();
    assert_eq!(folded.left, []);
    assert_clean(sandbox, folder);
    assert_folded(sandbox, folder, &folded, &edits());
    let top = sandbox.git_in(folder, &["rev-parse", "--show-toplevel"]);
    let text = fs::read_to_string(format!("{top}/{TASK}")).unwrap();
    assert_eq!(text, moved(DEV));
}

#[test]
fn a_plain_repository() {
    let sandbox = repository();
    sandbox.commit_file("src/a", "a", "Second\n\nwith a body\n\nTask: TASK-1");
    has(&sandbox, "");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%gs", "-g"]), "tracker: TASK-1 to qa");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%gs", "-g", "main"]), "tracker: TASK-1 to qa");
    assert_eq!(sandbox.git(&["log", "-g", "--format=%H", "main"]).lines().count(), 3);
    sandbox.commit_file("src/a", "b", "Third");
    assert_clean(&sandbox, "");
}

#[test]
fn the_first_commit() {
    let sandbox = repository();
    has(&sandbox, "");
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "1");
}

#[test]
fn from_a_folder_below_the_top() {
    let sandbox = repository();
    has(&sandbox, "src/module1");
}

#[test]
fn a_linked_worktree_leaves_the_main_one_alone() {
    let sandbox = repository();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", "../linked tree é"]);
    sandbox.git(&["worktree", "add", "--quiet", "--detach", "../third"]);
    let main = sandbox.git(&["rev-parse", "HEAD"]);
    has(&sandbox, "../linked tree é");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD", "main"]), format!("{main}\n{main}"));
    assert_eq!(sandbox.git_in("../third", &["rev-parse", "HEAD"]), main);
    assert_clean(&sandbox, "");
    assert_clean(&sandbox, "../third");
}

#[test]
fn a_detached_head_moves_no_branch() {
    let sandbox = repository();
    let main = sandbox.git(&["rev-parse", "main"]);
    sandbox.git(&["switch", "--quiet", "--detach"]);
    has(&sandbox, "");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
    assert_eq!(sandbox.git(&["rev-parse", "--symbolic-full-name", "HEAD"]), "HEAD");
}

#[test]
fn packed_refs_and_objects() {
    let sandbox = repository();
    sandbox.git(&["tag", "v1"]);
    sandbox.git(&["gc", "--quiet"]);
    assert!(!sandbox.path().join(".git/refs/heads/main").exists());
    let tagged = sandbox.git(&["rev-parse", "v1"]);
    has(&sandbox, "");
    assert_eq!(sandbox.git(&["rev-parse", "v1"]), tagged);
}

#[test]
fn an_index_of_version_4() {
    let sandbox = repository();
    sandbox.git(&["update-index", "--index-version", "4"]);
    has(&sandbox, "");
}

#[test]
fn a_split_index() {
    let sandbox = repository();
    sandbox.git(&["update-index", "--split-index"]);
    sandbox.write("src/more", "more");
    sandbox.git(&["add", "src/more"]);
    sandbox.git(&["commit", "--quiet", "--message", "More"]);
    has(&sandbox, "");
}

#[test]
fn an_untracked_cache() {
    let sandbox = repository();
    sandbox.git(&["config", "core.untrackedCache", "true"]);
    sandbox.git(&["update-index", "--force-untracked-cache"]);
    sandbox.write("untracked/file", "");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "?? untracked/");
    let folded = fold(&sandbox, &edits());
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "?? untracked/");
    sandbox.write("untracked too", "");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "?? \"untracked too\"\n?? untracked/");
    assert_folded(&sandbox, "", &folded, &edits());
}

#[test]
fn an_index_without_a_checksum() {
    let sandbox = repository();
    sandbox.git(&["config", "index.skipHash", "true"]);
    sandbox.git(&["update-index", "--force-write-index"]);
    let ends_in_zeros = || {
        let bytes = fs::read(sandbox.path().join(".git/index")).unwrap();
        bytes.ends_with(&[0; 20])
    };
    assert!(ends_in_zeros());
    let folded = fold(&sandbox, &edits());
    assert!(ends_in_zeros());
    assert_clean(&sandbox, "");
    assert_folded(&sandbox, "", &folded, &edits());
}

#[test]
fn sha256() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--object-format=sha256"]);
    fill(&sandbox);
    has(&sandbox, "");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]).len(), 64);
}

#[test]
fn a_git_dir_elsewhere() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--separate-git-dir", "../else where"]);
    fill(&sandbox);
    has(&sandbox, "");
}

#[test]
fn sparse_checkouts_with_the_tasks_inside() {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let sandbox = repository();
        sandbox.git(&["sparse-checkout", "set", "--cone", index, ".tracker", "src/module1"]);
        has(&sandbox, "");
        assert!(!sandbox.path().join("src/module2").exists());
        sandbox.commit_file("src/module1/new", "new", "New");
        assert_clean(&sandbox, "");
    }
}

#[test]
fn sparse_checkouts_with_the_tasks_outside() {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let sandbox = repository();
        sandbox.git(&["sparse-checkout", "set", "--cone", index, "src/module1"]);
        assert!(!sandbox.path().join(TASK).exists());
        let edits = [moving(TASK, DEV), moving(OTHER, DEV)];
        let folded = fold(&sandbox, &edits);
        assert_eq!(folded.left, [], "{index}");
        assert_clean(&sandbox, "");
        assert!(!sandbox.path().join(TASK).exists());
        assert_folded(&sandbox, "", &folded, &edits);
        sandbox.git(&["sparse-checkout", "disable"]);
        assert_clean(&sandbox, "");
        assert_eq!(sandbox.read(TASK), moved(DEV));
    }
}

#[test]
fn an_amended_commit_and_one_with_another_author_and_encoding() {
    let sandbox = repository();
    sandbox.git(&["config", "i18n.commitEncoding", "ISO-8859-1"]);
    sandbox.write("message", b"Umlaut \xe4\n\nbody  \n\n\n# kept\n");
    sandbox.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "--cleanup=verbatim",
        "--author=G\u{f6}del <kurt@example.com>",
        "--date=2001-02-03T04:05:06+0530",
        "--file=message",
    ]);
    fs::remove_file(sandbox.path().join("message")).unwrap();
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit", "--allow-empty"]);
    let raw = |rev: &str| {
        let (out, status) = sandbox.git_bytes(&["cat-file", "commit", rev]);
        assert_eq!(status, 0);
        out[out.iter().position(|byte| *byte == b'\n').unwrap()..].to_owned()
    };
    let before = raw("HEAD");
    let folded = fold(&sandbox, &edits());
    assert_eq!(raw("HEAD"), before);
    assert_ne!(folded.commit, folded.previous);
    assert_clean(&sandbox, "");
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[cfg(unix)]
#[test]
fn an_executable_file_stays_one() {
    let sandbox = repository();
    sandbox.git(&["update-index", "--chmod=+x", TASK]);
    sandbox.git(&["commit", "--quiet", "--message", "Odd"]);
    sandbox.git(&["checkout", "--quiet", "--", TASK]);
    let folded = fold(&sandbox, &edits());
    assert_clean(&sandbox, "");
    assert!(sandbox.git(&["ls-tree", "HEAD", TASK]).starts_with("100755 "));
    assert!(sandbox.git(&["ls-files", "--stage", TASK]).starts_with("100755 "));
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(sandbox.path().join(TASK)).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
    assert_folded(&sandbox, "", &folded, &edits());
}

#[test]
fn without_reflogs() {
    let sandbox = repository();
    sandbox.git(&["config", "core.logAllRefUpdates", "false"]);
    fs::remove_dir_all(sandbox.path().join(".git/logs")).unwrap();
    has(&sandbox, "");
    assert!(!sandbox.path().join(".git/logs/HEAD").exists());
}

#[test]
fn what_others_keep_beside_head_stays() {
    let sandbox = repository();
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write("src/a", "stashed");
    sandbox.git(&["add", "src/a"]);
    sandbox.git(&["stash", "--quiet"]);
    sandbox.git(&["notes", "add", "-m", "a note"]);
    sandbox.git(&["update-ref", "ORIG_HEAD", &first]);
    fs::write(sandbox.path().join(".git/FETCH_HEAD"), "fetched\n").unwrap();
    sandbox.commit_file("src/b", "b", "Second");
    let kept = || {
        let refs = sandbox.git(&["for-each-ref", "refs/stash", "refs/notes"]);
        let fetched = fs::read_to_string(sandbox.path().join(".git/FETCH_HEAD")).unwrap();
        (refs, sandbox.git(&["rev-parse", "ORIG_HEAD"]), fetched)
    };
    let before = kept();
    has(&sandbox, "");
    assert_eq!(kept(), before);
    sandbox.git(&["stash", "pop", "--quiet"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  src/a");
}
