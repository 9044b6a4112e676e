//! The user's desk: what is staged and what is edited stays, and the move is made in it.

use std::fs;

use tracker::git::{Folded, SkipReason, Skipped, SkippedIn};

use super::{DEV, OTHER, TASK, assert_folded, creating, fold, moved, moving, repository};
use crate::support::Sandbox;

fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from));
    text.replace(from, to)
}

fn move_one(sandbox: &Sandbox) -> Folded {
    let edits = [moving(TASK, DEV)];
    let folded = fold(sandbox, &edits);
    assert_folded(sandbox, "", &folded, &edits);
    folded
}

fn left(path: &str, place: SkippedIn, why: SkipReason) -> Skipped {
    Skipped { path: path.to_owned(), place, why }
}

#[test]
fn other_files_that_are_staged_edited_or_untracked_stay_as_they_are() {
    let sandbox = repository();
    sandbox.write("src/module0/file0.rs", "staged\n");
    sandbox.write("src/new", "staged\n");
    sandbox.git(&["add", "src"]);
    sandbox.git(&["rm", "--quiet", "--cached", "src/module0/file3.rs"]);
    sandbox.write("src/module0/file0.rs", "edited\n");
    sandbox.write("src/module1/file1.rs", "edited\n");
    sandbox.write(OTHER, with(DEV, "first", "1st"));
    sandbox.write("untracked", "");
    let before = sandbox.git(&["status", "--porcelain"]);
    let staged = sandbox.git(&["diff", "--cached"]);
    assert_eq!(move_one(&sandbox).left, []);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), before);
    assert_eq!(sandbox.git(&["diff", "--cached"]), staged);
    assert_eq!(sandbox.read(TASK), moved(DEV));
    sandbox.git(&["commit", "--quiet", "--message", "Next"]);
    let committed = sandbox.git(&["show", "--name-status", "--format="]);
    assert_eq!(committed, "M\tsrc/module0/file0.rs\nD\tsrc/module0/file3.rs\nA\tsrc/new");
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn an_edit_in_the_very_same_working_file_stays() {
    let sandbox = repository();
    let edited = with(DEV, "fifth\n", "fifth\nsixth\n");
    sandbox.write(TASK, &edited);
    assert_eq!(move_one(&sandbox).left, []);
    assert_eq!(sandbox.read(TASK), moved(&edited));
    assert_eq!(sandbox.git(&["diff", "--numstat"]), format!("1\t0\t{TASK}"));
    assert_eq!(sandbox.git(&["diff", "--cached"]), "");
}

#[test]
fn staged_and_edited_in_the_very_same_file_both_stay() {
    let sandbox = repository();
    let staged = with(DEV, "first", "1st");
    sandbox.write(TASK, &staged);
    sandbox.git(&["add", TASK]);
    let edited = with(&staged, "fifth", "5th");
    sandbox.write(TASK, &edited);
    assert_eq!(move_one(&sandbox).left, []);
    assert_eq!(sandbox.git(&["show", &format!(":{TASK}")]), moved(&staged).trim_end());
    assert_eq!(sandbox.read(TASK), moved(&edited));
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!("MM {TASK}"));
    sandbox.git(&["commit", "--quiet", "--message", "Next"]);
    assert_eq!(sandbox.git(&["show", "--numstat", "--format="]), format!("1\t1\t{TASK}"));
}

#[test]
fn a_commit_of_parts_leaves_the_other_parts() {
    let sandbox = repository();
    let text = with(&with(DEV, "first", "1st"), "fifth", "5th");
    sandbox.write(TASK, &text);
    let half = with(DEV, "first", "1st");
    // What `git commit --patch` leaves after: one hunk committed, one only in the working tree.
    sandbox.program_with("git", "", &["commit", "--quiet", "--patch", "-m", "Half"], |command| {
        let answers = sandbox.root().join("answers");
        fs::write(&answers, "s\ny\nn\n").unwrap();
        command.stdin(fs::File::open(answers).unwrap());
    });
    assert_eq!(sandbox.git(&["show", &format!("HEAD:{TASK}")]), half.trim_end());
    let folded = fold(&sandbox, &[moving(TASK, &half)]);
    assert_eq!(folded.left, []);
    assert_eq!(sandbox.read(TASK), moved(&text));
    assert_eq!(sandbox.git(&["diff", "--numstat"]), format!("1\t1\t{TASK}"));
    assert_eq!(sandbox.git(&["diff", "--cached"]), "");
}

#[test]
fn a_commit_of_paths_leaves_what_else_is_staged() {
    let sandbox = repository();
    let other = with(DEV, "first", "1st");
    sandbox.write(OTHER, &other);
    sandbox.write("src/module0/file0.rs", "staged\n");
    sandbox.git(&["add", "."]);
    sandbox.write("src/module1/file1.rs", "one\n");
    sandbox.git(&["commit", "--quiet", "--message", "One", "--", "src/module1/file1.rs"]);
    let edits = [moving(TASK, DEV), moving(OTHER, DEV)];
    let folded = fold(&sandbox, &edits);
    assert_eq!(folded.left, []);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!("M  {OTHER}\nM  src/module0/file0.rs"));
    assert_eq!(sandbox.read(OTHER), moved(&other));
    assert_folded(&sandbox, "", &folded, &edits);
}

#[test]
fn a_commit_of_all_leaves_nothing() {
    let sandbox = repository();
    sandbox.write("src/module0/file0.rs", "all\n");
    sandbox.git(&["commit", "--quiet", "--all", "--message", "All"]);
    move_one(&sandbox);
    super::assert_clean(&sandbox, "");
}

#[test]
fn a_commit_that_cannot_be_folded_is_left_and_reported() {
    let sandbox = repository();
    sandbox.write(TASK, "rewritten\n");
    sandbox.git(&["add", TASK]);
    sandbox.write(TASK, "and again\n");
    let folded = move_one(&sandbox);
    let edited = |place| left(TASK, place, SkipReason::Edited);
    assert_eq!(folded.left, [edited(SkippedIn::Index), edited(SkippedIn::WorkingTree)]);
    assert_eq!(sandbox.git(&["show", &format!(":{TASK}")]), "rewritten");
    assert_eq!(sandbox.read(TASK), "and again\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!("MM {TASK}"));
}

#[test]
fn a_removed_file_stays_removed() {
    let sandbox = repository();
    sandbox.git(&["rm", "--quiet", TASK]);
    let folded = move_one(&sandbox);
    let removed = |place| left(TASK, place, SkipReason::Removed);
    assert_eq!(folded.left, [removed(SkippedIn::Index), removed(SkippedIn::WorkingTree)]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!("D  {TASK}"));

    let sandbox = repository();
    fs::remove_file(sandbox.path().join(TASK)).unwrap();
    assert_eq!(move_one(&sandbox).left, [removed(SkippedIn::WorkingTree)]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!(" D {TASK}"));
}

#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    let sandbox = repository();
    let outside = sandbox.root().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("TASK-1.md"), DEV).unwrap();
    fs::remove_dir_all(sandbox.path().join(".tracker/tasks")).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.path().join(".tracker/tasks")).unwrap();
    let folded = fold(&sandbox, &[moving(TASK, DEV)]);
    assert_eq!(folded.left, [left(TASK, SkippedIn::WorkingTree, SkipReason::NotAFile)]);
    assert_eq!(fs::read_to_string(outside.join("TASK-1.md")).unwrap(), DEV);

    let sandbox = repository();
    let file = sandbox.path().join(TASK);
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(outside.join("TASK-1.md"), &file).unwrap();
    let folded = fold(&sandbox, &[moving(TASK, DEV)]);
    assert_eq!(folded.left, [left(TASK, SkippedIn::WorkingTree, SkipReason::NotAFile)]);
    assert_eq!(fs::read_to_string(outside.join("TASK-1.md")).unwrap(), DEV);
}

#[test]
fn a_new_file_does_not_replace_another_of_its_name() {
    let sandbox = repository();
    let path = ".tracker/new/deep/file.md";
    sandbox.write(path, "the user's own\n");
    let edits = [creating(path, "ours\n"), creating(".tracker/new/beside.md", "new\n")];
    let folded = fold(&sandbox, &edits);
    assert_eq!(folded.left, [left(path, SkippedIn::WorkingTree, SkipReason::Edited)]);
    assert_eq!(sandbox.read(path), "the user's own\n");
    assert_eq!(sandbox.read(".tracker/new/beside.md"), "new\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!(" M {path}"));
    assert_folded(&sandbox, "", &folded, &edits);
}

#[test]
fn line_endings_of_the_working_tree_stay() {
    let sandbox = repository();
    sandbox.git(&["config", "core.autocrlf", "true"]);
    let crlf = DEV.replace('\n', "\r\n");
    sandbox.write(TASK, &crlf);
    sandbox.git(&["add", TASK]);
    // Line endings are the business of whoever applies the edit.
    let env = sandbox.env("");
    let repo_paths = tracker::git::discover(&env).unwrap();
    let repository = tracker::git::Repository::open(&repo_paths).unwrap();
    let edits = [moving(TASK, DEV)];
    let edit_again = |_: &str, text: &[u8]| {
        let text = String::from_utf8_lossy(text).replace("stage: dev\r\n", "stage: qa\r\n");
        Some(text.into_bytes())
    };
    let folded = tracker::git::fold(
        &repository,
        &tracker::git::Fold {
            head: repository.head().unwrap().commit.unwrap(),
            edits: &edits,
            reflog: "tracker",
            index_file: repo_paths.index_file(&env),
            edit_again: &edit_again,
        },
    )
    .unwrap();
    assert_eq!(folded.left, []);
    assert_eq!(sandbox.read(TASK), crlf.replace("stage: dev", "stage: qa"));
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_file_changed_in_the_moment_of_the_last_commit_is_still_seen() {
    for _ in 0..5 {
        let sandbox = repository();
        sandbox.write("src/module0/file0.rs", "// a\n");
        sandbox.git(&["commit", "--quiet", "--all", "--message", "Quick"]);
        // The same size, and most likely the same second.
        sandbox.write("src/module0/file0.rs", "// b\n");
        fold(&sandbox, &[moving(TASK, DEV)]);
        assert_eq!(sandbox.git(&["diff-files", "--name-only"]), "src/module0/file0.rs");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), " M src/module0/file0.rs");
    }
}

#[test]
fn another_index_file_is_used_if_git_has_one() {
    let sandbox = repository();
    let index = sandbox.root().join("other index");
    fs::copy(sandbox.path().join(".git/index"), &index).unwrap();
    let env = sandbox.env("").with_variable("GIT_INDEX_FILE", &index);
    let repo_paths = tracker::git::discover(&env).unwrap();
    assert_eq!(repo_paths.index_file(&env), index);
    let repository = tracker::git::Repository::open(&repo_paths).unwrap();
    let head = repository.head().unwrap().commit.unwrap();
    let before = fs::read(sandbox.path().join(".git/index")).unwrap();
    super::fold_at(&repository, head, repo_paths.index_file(&env), &[moving(TASK, DEV)]).unwrap();
    assert_eq!(fs::read(sandbox.path().join(".git/index")).unwrap(), before);
    let tree = sandbox.program_with("git", "", &["write-tree"], |command| {
        command.env("GIT_INDEX_FILE", &index);
    });
    assert_eq!(tree.stdout.trim(), sandbox.git(&["rev-parse", "HEAD^{tree}"]));
}
