//! `tracker merge`: records are merged field by field where no merge driver is registered.

use super::{commit, json, world};
use crate::support::{Sandbox, items};

/// Makes a branch `side`, on which a task has been changed otherwise than on `main`.
fn diverged(here: &[&str], there: &[&str]) -> Sandbox {
    let sandbox = world();
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    assert_eq!(sandbox.tracker(there).status, 0);
    commit(&sandbox, "There");
    sandbox.git(&["switch", "--quiet", "main"]);
    assert_eq!(sandbox.tracker(here).status, 0);
    commit(&sandbox, "Here");
    sandbox
}

#[test]
fn fields_that_stand_side_by_side_are_merged_without_a_registered_driver() {
    let sandbox = diverged(&["set", "d4r", "area=web"], &["set", "d4r", "tags+=night"]);
    let by_lines = sandbox.program_with("git", "", &["merge", "--no-edit", "side"], |_| {});
    assert_eq!(by_lines.status, 1, "{by_lines}");
    sandbox.git(&["merge", "--abort"]);
    let merged = sandbox.tracker(&["merge", "side", "-m", "Both"]);
    assert_eq!(merged.status, 0, "{merged}");
    let task = sandbox.read(".tracker/tasks/TASK-D4RK.md");
    assert!(task.contains("area: web") && task.contains("night"), "{task}");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "Both");
    assert_eq!(sandbox.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
    assert_eq!(sandbox.git(&["config", "--default", "none", "merge.tracker.driver"]), "none");
}

#[test]
fn a_conflict_is_a_no_that_names_the_files() {
    let sandbox = diverged(&["set", "d4r", "area=web"], &["set", "d4r", "area=app"]);
    let merged = json(&sandbox.tracker(&["merge", "side", "--json"]));
    assert_eq!((merged["exit"].as_i64(), merged["result"]["merged"].as_bool()), (Some(1), Some(false)));
    assert_eq!(items(&merged["result"]["conflicts"]), [".tracker/tasks/TASK-D4RK.md"]);
    sandbox.git(&["merge", "--abort"]);
    assert_eq!(sandbox.tracker(&["merge", "nowhere"]).status, 2);
}
