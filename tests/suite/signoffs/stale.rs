//! What makes an approval stale, and what does not.

use super::{TWO, by, commit, ok, replace, signoffs_of, work, world};
use crate::support::Sandbox;

fn approved() -> Sandbox {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    assert_eq!(signoffs_of(&sandbox), "reviewer 1/1\n  Ada approved: counts\ntester 0/1");
    sandbox
}

#[track_caller]
fn is_valid(sandbox: &Sandbox) {
    assert_eq!(signoffs_of(sandbox), "reviewer 1/1\n  Ada approved: counts\ntester 0/1");
}

#[track_caller]
fn is_stale(sandbox: &Sandbox, why: &str) {
    assert_eq!(signoffs_of(sandbox), format!("reviewer 0/1\n  Ada approved: stale: {why}\ntester 0/1"));
}

#[test]
fn one_covered_file_changed() {
    let sandbox = approved();
    sandbox.write("src/theme.rs", CODE_CHANGED);
    work(&sandbox, "More");
    is_stale(&sandbox, "src/theme.rs changed");
}

const CODE_CHANGED: &str = "fn one() {\n    11\n}\n\nfn two() {\n    2\n}\n";

#[test]
fn a_commit_that_is_not_linked_takes_nothing_back() {
    // What it changed is for the gate to refuse: nobody approved it.
    let sandbox = approved();
    sandbox.write("src/theme.rs", CODE_CHANGED);
    commit(&sandbox, "wip");
    is_valid(&sandbox);
}

#[test]
fn white_space_alone() {
    let sandbox = approved();
    replace(&sandbox, "src/theme.rs", "    1\n", "  1\n");
    work(&sandbox, "Indent");
    is_stale(&sandbox, "src/theme.rs changed");
}

#[test]
fn the_same_hunk_elsewhere() {
    let sandbox = approved();
    sandbox.write("src/theme.rs", "fn two() {\n    2\n}\n\nfn one() {\n    1\n}\n");
    work(&sandbox, "Move");
    is_stale(&sandbox, "src/theme.rs changed");
}

#[test]
fn a_file_more_a_mode_a_deletion() {
    let sandbox = approved();
    sandbox.write("src/new.rs", "// new\n");
    work(&sandbox, "Add");
    is_stale(&sandbox, "src/new.rs came in addition");
    let sandbox = approved();
    sandbox.git(&["update-index", "--chmod=+x", "src/theme.rs"]);
    sandbox.git(&["commit", "--quiet", "--message", "Mode\n\nTask: TASK-T3ST"]);
    is_stale(&sandbox, "src/theme.rs changed its mode");
    let sandbox = approved();
    std::fs::remove_file(sandbox.path().join("src/theme.rs")).unwrap();
    work(&sandbox, "Delete");
    is_stale(&sandbox, "src/theme.rs was deleted");
}

#[test]
fn the_acceptance_criteria_reworded() {
    let sandbox = approved();
    replace(&sandbox, ".tracker/tasks/TASK-T3ST.md", "also after a restart", "sometimes");
    is_stale(&sandbox, "the acceptance criteria or deliverables were reworded");
    commit(&sandbox, "Reword");
    is_stale(&sandbox, "the acceptance criteria or deliverables were reworded");
}

#[test]
fn a_ticked_box_a_note_a_title_and_other_files_do_not() {
    let sandbox = approved();
    for line in ["tick t3st 1 2", "set t3st title=Other", "note t3st hello"] {
        ok(&by(&sandbox, "Ken", line));
        is_valid(&sandbox);
    }
    work_of_others(&sandbox);
    is_valid(&sandbox);
}

fn work_of_others(sandbox: &Sandbox) {
    sandbox.write("src/else.rs", "// else\n");
    commit(sandbox, "Something else");
}

#[test]
fn rebase_and_cherry_pick_do_not_and_a_squash_loses_whose_it_is() {
    let sandbox = world(TWO);
    sandbox.git(&["checkout", "--quiet", "-b", "topic"]);
    sandbox.write("src/more.rs", "// more\n");
    work(&sandbox, "More");
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    is_valid(&sandbox);
    sandbox.git(&["checkout", "--quiet", "main"]);
    work_of_others(&sandbox);
    sandbox.git(&["checkout", "--quiet", "topic"]);
    sandbox.git(&["rebase", "--quiet", "main"]);
    is_valid(&sandbox);
    sandbox.git(&["checkout", "--quiet", "-b", "squashed", "main"]);
    sandbox.git(&["merge", "--quiet", "--squash", "topic"]);
    work(&sandbox, "All in one");
    let why = "another than its author committed it, and it is not signed";
    assert_eq!(signoffs_of(&sandbox), format!("reviewer 0/1\n  Ada approved: {why}\ntester 0/1"));
    sandbox.git(&["checkout", "--quiet", "-b", "picked", "main"]);
    sandbox.git(&["cherry-pick", "main..topic"]);
    is_valid(&sandbox);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    is_valid(&sandbox);
}

#[test]
fn a_role_looks_at_its_own_paths_only() {
    let rules = format!("{TWO}[roles.reviewer]\npaths = [\"src/**\"]\n");
    let sandbox = world(&rules);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    sandbox.write("README", "other words\n");
    work(&sandbox, "Words");
    is_valid(&sandbox);
    sandbox.write("src/theme.rs", CODE_CHANGED);
    work(&sandbox, "More");
    is_stale(&sandbox, "src/theme.rs changed");
}
