//! What git is in the middle of, and what it did last.

use std::fs;

use tracker::git::{HeadAction, Operation};

use super::repo_paths;
use crate::support::Sandbox;

/// Two branches that are in conflict, on `main`.
fn conflict() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "base\n", "Base");
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    sandbox.commit_file("a", "side\n", "Side");
    sandbox.commit_file("b", "side\n", "Side too");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit_file("a", "main\n", "Main");
    sandbox
}

fn fails(sandbox: &Sandbox, folder: &str, args: &[&str]) {
    let output = sandbox.program_with("git", folder, args, |_| {});
    assert_ne!(output.status, 0, "{output}");
}

fn action(sandbox: &Sandbox) -> HeadAction {
    repo_paths(sandbox, "").last_head_move().unwrap().action
}

#[test]
fn every_operation_is_recognised_also_in_a_linked_worktree() {
    let cases: [(&[&str], &[&str], Operation); 7] = [
        (&["rebase", "side"], &["rebase", "--abort"], Operation::Rebase),
        (&["rebase", "--apply", "side"], &["rebase", "--abort"], Operation::Rebase),
        (&["cherry-pick", "side~1"], &["cherry-pick", "--abort"], Operation::CherryPick),
        (&["cherry-pick", "main..side"], &["cherry-pick", "--abort"], Operation::CherryPick),
        (&["revert", "--no-edit", "side~1"], &["revert", "--abort"], Operation::Revert),
        (&["merge", "side"], &["merge", "--abort"], Operation::Merge),
        (&["am", "../patch"], &["am", "--abort"], Operation::ApplyMailbox),
    ];
    let sandbox = conflict();
    let patch = sandbox.git(&["format-patch", "-1", "--stdout", "side~1"]);
    fs::write(sandbox.root().join("patch"), patch).unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "linked", "../linked"]);
    for folder in ["", "../linked"] {
        let (here, there) = if folder.is_empty() { ("", "../linked") } else { ("../linked", "") };
        assert_eq!(repo_paths(&sandbox, here).operation(), None);
        for (begin, abort, operation) in cases {
            fails(&sandbox, here, begin);
            assert_eq!(repo_paths(&sandbox, here).operation(), Some(operation), "{begin:?}");
            assert_eq!(repo_paths(&sandbox, there).operation(), None, "{begin:?}");
            sandbox.git_in(here, abort);
            assert_eq!(repo_paths(&sandbox, here).operation(), None, "{abort:?}");
        }
        sandbox.git_in(here, &["bisect", "start"]);
        assert_eq!(repo_paths(&sandbox, here).operation(), Some(Operation::Bisect));
        fails(&sandbox, here, &["merge", "side"]);
        assert_eq!(repo_paths(&sandbox, here).operation(), Some(Operation::Merge));
        sandbox.git_in(here, &["merge", "--abort"]);
        sandbox.git_in(here, &["bisect", "reset"]);
    }
}

#[test]
fn a_multi_commit_cherry_pick_survives_a_commit_in_between() {
    let sandbox = conflict();
    fails(&sandbox, "", &["cherry-pick", "main..side"]);
    sandbox.write("a", "both\n");
    sandbox.git(&["add", "a"]);
    sandbox.git(&["commit", "--quiet", "--no-edit"]);
    assert!(!sandbox.path().join(".git/CHERRY_PICK_HEAD").exists());
    assert_eq!(repo_paths(&sandbox, "").operation(), Some(Operation::CherryPick));
    assert_eq!(action(&sandbox), HeadAction::CherryPickCommit);
    sandbox.git(&["cherry-pick", "--continue"]);
    assert_eq!(repo_paths(&sandbox, "").operation(), None);
    assert!(!action(&sandbox).is_own_commit());
}

#[test]
fn the_last_reflog_entry_tells_own_commits_from_others() {
    let sandbox = Sandbox::new();
    assert_eq!(repo_paths(&sandbox, "").last_head_move(), None);
    let first = sandbox.commit_file("a", "a\n", "First: of all");
    let moved = repo_paths(&sandbox, "").last_head_move().unwrap();
    assert_eq!((moved.from, moved.to.to_string()), (None, first.clone()));
    assert_eq!((moved.action, &*moved.text), (HeadAction::InitialCommit, "First: of all"));

    let second = sandbox.commit_file("a", "b\n", "Second");
    let moved = repo_paths(&sandbox, "").last_head_move().unwrap();
    assert_eq!((moved.from.unwrap().to_string(), moved.to.to_string()), (first, second));
    assert_eq!(moved.action, HeadAction::Commit);
    sandbox.git(&["commit", "--quiet", "--amend", "--message", "Again"]);
    assert_eq!(action(&sandbox), HeadAction::Amend);
    assert!(action(&sandbox).is_own_commit());

    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(action(&sandbox), HeadAction::Other("revert".to_owned()));
    sandbox.git(&["cherry-pick", "HEAD~1"]);
    assert_eq!(action(&sandbox), HeadAction::Other("cherry-pick".to_owned()));
    sandbox.git(&["rebase", "--quiet", "--force-rebase", "HEAD~1"]);
    assert!(matches!(action(&sandbox), HeadAction::Other(text) if text.starts_with("rebase")));
    sandbox.git(&["switch", "--quiet", "--create", "side", "HEAD~1"]);
    sandbox.commit_file("b", "b\n", "Side");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-commit", "side"]);
    sandbox.git(&["commit", "--quiet", "--no-edit"]);
    assert_eq!(action(&sandbox), HeadAction::MergeCommit);
    assert!(!action(&sandbox).is_own_commit());
}
