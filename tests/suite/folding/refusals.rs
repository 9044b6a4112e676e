//! What is refused, and that nothing has changed then.

use std::fs;

use tracker::git::{self, CommitId, FoldEdit, FoldRefusal, Repository};

use super::{DEV, TASK, creating, fold_at, fold_in, moving, repository};
use crate::support::Sandbox;

/// All that a fold could change.
fn state(sandbox: &Sandbox) -> (String, Vec<u8>, String) {
    let index = fs::read(sandbox.path().join(".git/index")).unwrap();
    let log = sandbox.git(&["log", "-g", "--format=%H %gs"]);
    (log, index, sandbox.read(TASK))
}

fn refused(sandbox: &Sandbox, edits: &[FoldEdit]) -> FoldRefusal {
    let before = state(sandbox);
    let refusal = fold_in(sandbox, "", edits).unwrap_err();
    assert_eq!(state(sandbox), before);
    assert!(
        !sandbox.path().join(".git/index.lock").exists()
            || matches!(refusal, FoldRefusal::IndexLocked { .. })
    );
    refusal
}

#[test]
fn an_edit_that_begins_with_something_else() {
    let sandbox = repository();
    let refusal = refused(&sandbox, &[moving(TASK, &DEV.replace("first", "1st"))]);
    assert_eq!(refusal.to_string(), format!("`{TASK}` is not in the commit as expected"));
    let refusal = refused(&sandbox, &[creating(TASK, "new")]);
    assert!(matches!(refusal, FoldRefusal::Unexpected { .. }));
}

#[test]
fn a_path_that_is_a_folder_or_below_a_file() {
    let sandbox = repository();
    for path in [".tracker/tasks", ".tracker/tasks/TASK-1.md/deep"] {
        let refusal = refused(&sandbox, &[creating(path, "new")]);
        assert!(matches!(refusal, FoldRefusal::NotAFile { .. }), "{refusal}");
    }
}

#[test]
fn a_locked_index() {
    let sandbox = repository();
    fs::write(sandbox.path().join(".git/index.lock"), "").unwrap();
    let refusal = refused(&sandbox, &[moving(TASK, DEV)]);
    assert!(matches!(refusal, FoldRefusal::IndexLocked { .. }), "{refusal}");
}

#[test]
fn an_unmerged_path() {
    let sandbox = repository();
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    sandbox.commit_file(TASK, &DEV.replace("first", "side"), "Side");
    sandbox.git(&["switch", "--quiet", "main"]);
    let ours = DEV.replace("first", "main");
    sandbox.commit_file(TASK, &ours, "Main");
    sandbox.program_with("git", "", &["merge", "side"], |_| {});
    let refusal = refused(&sandbox, &[moving(TASK, &ours)]);
    assert!(matches!(refusal, FoldRefusal::Unmerged { .. }), "{refusal}");
}

#[test]
fn somebody_who_was_faster_wins() {
    let sandbox = repository();
    let env = sandbox.env("");
    let repo_paths = git::discover(&env).unwrap();
    let repository = Repository::open(&repo_paths).unwrap();
    let old = repository.head().unwrap().commit.unwrap();
    let newer = sandbox.commit_file("src/a", "a", "Newer");
    let before = state(&sandbox);
    let refusal = fold_at(&repository, old, repo_paths.index_file(&env), &[moving(TASK, DEV)]).unwrap_err();
    assert!(matches!(refusal, FoldRefusal::HeadMoved { .. }), "{refusal}");
    assert_eq!(state(&sandbox), before);

    // Faster by a hair: after the look at HEAD, before the swap. The edit is applied once more in between.
    let newer = CommitId::parse(&newer).unwrap();
    sandbox.write(TASK, DEV.replace("fifth", "5th"));
    let edits = [moving(TASK, DEV)];
    let edit_again = |path: &str, text: &[u8]| {
        let id = sandbox.git(&["commit-tree", "-m", "Hair", "-p", "HEAD", "HEAD^{tree}"]);
        sandbox.git(&["update-ref", "refs/heads/main", &id]);
        super::edit_again(path, text)
    };
    let refusal = git::fold(
        &repository,
        &git::Fold {
            head: newer,
            edits: &edits,
            reflog: "tracker",
            index_file: repo_paths.index_file(&env),
            edit_again: &edit_again,
        },
    )
    .unwrap_err();
    assert!(matches!(refusal, FoldRefusal::HeadMoved { .. }), "{refusal}");
    assert_eq!(sandbox.read(TASK), DEV.replace("fifth", "5th"));
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "Hair");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!(" M {TASK}"));
    assert!(!sandbox.path().join(".git/index.lock").exists());
}

#[test]
fn nothing_to_fold_is_no_refusal() {
    let sandbox = repository();
    let before = state(&sandbox);
    assert!(fold_in(&sandbox, "", &[]).unwrap().is_nothing());
    let same = FoldEdit { path: TASK.to_owned(), before: Some(DEV.into()), after: DEV.into() };
    assert!(fold_in(&sandbox, "", &[same]).unwrap().is_nothing());
    assert_eq!(state(&sandbox), before);
}
