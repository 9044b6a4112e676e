//! Work of a plan that was merged and reverted since: the state says by which commit, and what to do.

use super::{CONFIG, Planned, nothing_is_left, states, status, tracker, world};
use crate::support::Sandbox;

const TWO: [Planned<'_>; 2] = [("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")];
const DO: &str = "#!/bin/sh\necho \"attempt $TRACKER_ATTEMPT\" >$TRACKER_TASK\n";

/// How a branch comes into `main`: with its commits, or as one commit.
#[derive(Debug, Clone, Copy)]
enum Merge {
    WithCommits,
    Squashed,
}

impl Merge {
    const ALL: [Self; 2] = [Self::WithCommits, Self::Squashed];

    /// Merges the branch of the plan.
    fn merge(self, sandbox: &Sandbox) {
        match self {
            Self::WithCommits => {
                sandbox.git(&["merge", "-q", "--no-ff", "-m", "Merge the plan", "plan/PLAN-1"]);
            }
            Self::Squashed => {
                sandbox.git(&["merge", "-q", "--squash", "plan/PLAN-1"]);
                sandbox.git(&["commit", "-qm", "The plan"]);
            }
        }
    }

    /// Merges it and reverts that. Returns the commit that does.
    fn merge_and_revert(self, sandbox: &Sandbox) -> String {
        self.merge(sandbox);
        match self {
            Self::WithCommits => sandbox.git(&["revert", "-m", "1", "--no-edit", "HEAD"]),
            Self::Squashed => sandbox.git(&["revert", "--no-edit", "HEAD"]),
        };
        sandbox.git(&["rev-parse", "HEAD"])
    }
}

/// Executes a plan, merges it into `main` and reverts that. Returns the commit that does.
fn merged_and_reverted(merge: Merge) -> (Sandbox, String) {
    let sandbox = world(CONFIG, DO, &TWO);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    sandbox.commit_file("before", "before\n", "before");
    let by = merge.merge_and_revert(&sandbox);
    sandbox.commit_file("later", "later\n", "later");
    (sandbox, by)
}

#[test]
fn a_plan_that_was_merged_or_squashed_says_that_its_result_is_there() {
    for merge in Merge::ALL {
        let sandbox = world(CONFIG, DO, &TWO);
        assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
        merge.merge(&sandbox);
        // What is changed there afterwards takes nothing back.
        sandbox.commit_file("T-1", "by hand\n", "later");
        let merged = tracker(&sandbox, "plan execute PLAN-1");
        assert_eq!(merged.status, 0, "{merge:?}: {merged}");
        assert!(merged.stderr.contains("the result is merged here: HEAD has plan/PLAN-1"), "{merged}");
        assert!(!merged.stderr.contains("git merge"), "{merge:?}: {merged}");
        assert_eq!(status(&sandbox, "PLAN-1")["is_merged"], true);
    }
}

#[test]
fn what_came_to_the_branch_of_a_plan_after_that_was_squashed_is_still_to_be_merged() {
    let sandbox = world(CONFIG, DO, &TWO);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    Merge::Squashed.merge(&sandbox);
    sandbox.git(&["switch", "-q", "plan/PLAN-1"]);
    sandbox.commit_file("more", "more\n", "by a person");
    sandbox.git(&["switch", "-q", "main"]);
    assert_eq!(status(&sandbox, "PLAN-1")["is_merged"], false);
}

#[test]
fn a_plan_that_was_reverted_where_it_was_merged_says_so_and_is_done_again_by_retry() {
    for merge in Merge::ALL {
        let (sandbox, by) = merged_and_reverted(merge);
        let tip = sandbox.git(&["rev-parse", "plan/PLAN-1"]);
        let ran = tracker(&sandbox, "plan execute PLAN-1");
        assert_eq!(ran.status, 1, "{merge:?}: {ran}");
        let execution = status(&sandbox, "PLAN-1");
        assert_eq!(states(&execution), ["T-1 reverted", "T-2 reverted"], "{merge:?}: {ran}");
        assert_eq!((&execution["completed"], &execution["reverted"]), (&0.into(), &2.into()));
        assert_eq!(execution["tasks"][0]["reverted_by"], by);
        let message = execution["tasks"][0]["message"].as_str().unwrap();
        let reverted = format!(", and open again on main: reverted by {}", &by[..7]);
        assert!(message.ends_with(&reverted), "{message}");
        for command in ["tracker plan retry PLAN-1 T-1", &format!("git revert {}", &by[..7])] {
            assert!(ran.stderr.contains(command), "{merge:?} {command}: {ran}");
        }
        assert!(!ran.stderr.contains("git merge plan/PLAN-1"), "{ran}");
        assert_eq!(sandbox.git(&["rev-parse", "plan/PLAN-1"]), tip, "looking changes nothing");
        let listed = tracker(&sandbox, "plan list");
        assert!(listed.stdout.contains("in_progress"), "{listed}");
        let again = tracker(&sandbox, "plan retry PLAN-1");
        assert_eq!(again.status, 0, "{merge:?}: {again}");
        assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1", "plan/PLAN-1:later"]), "attempt 2\nlater");
        nothing_is_left(&sandbox, "PLAN-1", &[]);
        sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
        assert_eq!(sandbox.read("T-1") + &sandbox.read("T-2"), "attempt 2\nattempt 2\n");
    }
}

#[test]
fn a_revert_that_was_reverted_is_none() {
    for merge in Merge::ALL {
        let (sandbox, by) = merged_and_reverted(merge);
        sandbox.git(&["revert", "--no-edit", &by]);
        let ran = tracker(&sandbox, "plan execute PLAN-1");
        assert_eq!(ran.status, 0, "{merge:?}: {ran}");
        assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 completed", "T-2 completed"], "{ran}");
    }
}

#[test]
fn tasks_that_came_as_commits_of_their_own_and_were_reverted_one_by_one_are_done_again() {
    let sandbox = world(CONFIG, DO, &TWO);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    let merges = sandbox.git(&["rev-list", "--merges", "--reverse", "plan/PLAN-1"]);
    let copies: Vec<String> = merges
        .lines()
        .map(|merge| {
            sandbox.git(&["cherry-pick", "-m", "1", merge]);
            sandbox.git(&["rev-parse", "HEAD"])
        })
        .collect();
    assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 completed", "T-2 completed"]);
    let by: Vec<String> = copies
        .iter()
        .map(|commit| {
            sandbox.git(&["revert", "--no-edit", commit]);
            sandbox.git(&["rev-parse", "HEAD"])
        })
        .collect();
    let execution = status(&sandbox, "PLAN-1");
    assert_eq!(states(&execution), ["T-1 reverted", "T-2 reverted"]);
    let reverted_by = [0, 1].map(|at| execution["tasks"][at]["reverted_by"].as_str().unwrap());
    assert_eq!(reverted_by, [by[0].as_str(), by[1].as_str()]);
    let again = tracker(&sandbox, "plan retry PLAN-1");
    assert_eq!(again.status, 0, "{again}");
    sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
    assert_eq!(sandbox.read("T-1") + &sandbox.read("T-2"), "attempt 2\nattempt 2\n");
}

#[test]
fn a_task_waits_for_a_predecessor_that_was_reverted_where_it_was_merged() {
    let fails =
        "#!/bin/sh\ntest -e \"$HOME/go\" || test $TRACKER_TASK = T-1 || exit 1\necho x >$TRACKER_TASK\n";
    for merge in Merge::ALL {
        let sandbox = world(CONFIG, fails, &TWO);
        assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
        let by = merge.merge_and_revert(&sandbox);
        std::fs::write(sandbox.root().join("home/go"), "").unwrap();
        let waits = tracker(&sandbox, "plan retry PLAN-1 T-2");
        assert_eq!(waits.status, 1, "{merge:?}: {waits}");
        let execution = status(&sandbox, "PLAN-1");
        assert_eq!(states(&execution), ["T-1 reverted", "T-2 waiting"], "{merge:?}: {waits}");
        let by = &by[..7];
        let message = format!("waits for T-1, which was done and is open again on main: reverted by {by}");
        assert_eq!(execution["tasks"][1]["message"], message);
        assert_eq!(execution["tasks"][1]["command"], "tracker plan retry PLAN-1 T-1");
        let again = tracker(&sandbox, "plan retry PLAN-1 T-1");
        assert_eq!(again.status, 0, "{merge:?}: {again}");
        sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
        assert_eq!(sandbox.read("T-1") + &sandbox.read("T-2"), "x\nx\n");
    }
}
