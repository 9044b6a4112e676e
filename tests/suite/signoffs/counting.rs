//! A quorum counts people.

use super::{ONE, ask, by, ok, signoffs_of, stage, world};

#[test]
fn a_quorum_of_two_needs_two_people() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\nquorum = 2\n"));
    assert_eq!(ask(&sandbox, "list t3st")["result"]["tasks"][0]["signoffs"]["total"], 2);
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(signoffs_of(&sandbox), "reviewer 1/2\n  Ada approved: counts");
    assert_eq!(stage(&sandbox), "qa");
    ok(&by(&sandbox, "Bob", "approve t3st"));
    assert_eq!(stage(&sandbox), "sec");
}

#[test]
fn votes_cast_on_two_branches_both_count() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\nquorum = 3\n"));
    sandbox.git(&["checkout", "--quiet", "-b", "topic"]);
    ok(&by(&sandbox, "Ada", "approve t3st"));
    sandbox.git(&["checkout", "--quiet", "main"]);
    ok(&by(&sandbox, "Bob", "approve t3st"));
    sandbox.git(&["merge", "--quiet", "--no-edit", "topic"]);
    assert!(signoffs_of(&sandbox).starts_with("reviewer 2/3"), "{}", signoffs_of(&sandbox));
}
