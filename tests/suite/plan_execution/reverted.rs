//! Work of a plan that was merged and reverted since: the state says by which commit, and what to do.

use super::{CONFIG, Planned, nothing_is_left, states, status, tracker, world};
use crate::support::Sandbox;

const TWO: [Planned<'_>; 2] = [("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")];
const DO: &str = "#!/bin/sh\necho \"attempt $TRACKER_ATTEMPT\" >$TRACKER_TASK\n";

/// Executes a plan, merges it into `main` and reverts that. Returns the commit that does.
fn merged_and_reverted() -> (Sandbox, String) {
    let sandbox = world(CONFIG, DO, &TWO);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "Merge the plan", "plan/PLAN-1"]);
    let merged = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(merged.status, 0, "{merged}");
    assert!(merged.stderr.contains("the result is merged here: HEAD has plan/PLAN-1"), "{merged}");
    assert!(!merged.stderr.contains("git merge"), "{merged}");
    sandbox.git(&["revert", "-m", "1", "--no-edit", "HEAD"]);
    let by = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.commit_file("later", "later\n", "later");
    (sandbox, by)
}

#[test]
fn a_plan_that_was_reverted_where_it_was_merged_says_so_and_is_done_again_by_retry() {
    let (sandbox, by) = merged_and_reverted();
    let tip = sandbox.git(&["rev-parse", "plan/PLAN-1"]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 1, "{ran}");
    let execution = status(&sandbox, "PLAN-1");
    assert_eq!(states(&execution), ["T-1 reverted", "T-2 reverted"], "{ran}");
    assert_eq!((&execution["completed"], &execution["reverted"]), (&0.into(), &2.into()));
    assert_eq!(execution["tasks"][0]["reverted_by"], by);
    let message = execution["tasks"][0]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!(", and open again on main: reverted by {}", &by[..7])), "{message}");
    for command in ["tracker plan retry PLAN-1 T-1", &format!("git revert {}", &by[..7])] {
        assert!(ran.stderr.contains(command), "{command}: {ran}");
    }
    assert!(!ran.stderr.contains("git merge plan/PLAN-1"), "{ran}");
    assert_eq!(sandbox.git(&["rev-parse", "plan/PLAN-1"]), tip, "looking changes nothing");
    let listed = tracker(&sandbox, "plan list");
    assert!(listed.stdout.contains("in_progress"), "{listed}");
    let again = tracker(&sandbox, "plan retry PLAN-1");
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1", "plan/PLAN-1:later"]), "attempt 2\nlater");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
    sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
    assert_eq!(sandbox.read("T-1") + &sandbox.read("T-2"), "attempt 2\nattempt 2\n");
}

#[test]
fn a_revert_that_was_reverted_is_none() {
    let (sandbox, by) = merged_and_reverted();
    sandbox.git(&["revert", "--no-edit", &by]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 completed", "T-2 completed"], "{ran}");
}

#[test]
fn a_task_waits_for_a_predecessor_that_was_reverted_where_it_was_merged() {
    let fails =
        "#!/bin/sh\ntest -e \"$HOME/go\" || test $TRACKER_TASK = T-1 || exit 1\necho x >$TRACKER_TASK\n";
    let sandbox = world(CONFIG, fails, &TWO);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "Merge the first half", "plan/PLAN-1"]);
    sandbox.git(&["revert", "-m", "1", "--no-edit", "HEAD"]);
    let by = sandbox.git(&["rev-parse", "--short=7", "HEAD"]);
    std::fs::write(sandbox.root().join("home/go"), "").unwrap();
    let waits = tracker(&sandbox, "plan retry PLAN-1 T-2");
    assert_eq!(waits.status, 1, "{waits}");
    let execution = status(&sandbox, "PLAN-1");
    assert_eq!(states(&execution), ["T-1 reverted", "T-2 waiting"], "{waits}");
    let message = format!("waits for T-1, which was done and is open again on main: reverted by {by}");
    assert_eq!(execution["tasks"][1]["message"], message);
    assert_eq!(execution["tasks"][1]["command"], "tracker plan retry PLAN-1 T-1");
    let again = tracker(&sandbox, "plan retry PLAN-1 T-1");
    assert_eq!(again.status, 0, "{again}");
    sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
    assert_eq!(sandbox.read("T-1") + &sandbox.read("T-2"), "x\nx\n");
}
