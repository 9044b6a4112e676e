//! The run of a plan from outside: other processes list it and end it, and the plan says how far it is before it is merged.

use std::process::Stdio;

use super::{CONFIG, Planned, states, status, tracker, world};

const TWO: [Planned<'_>; 2] = [("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")];

#[test]
fn another_process_lists_a_run_and_ends_it_and_nothing_is_lost() {
    let waits =
        "#!/bin/sh\necho x >$TRACKER_TASK\n: >\"$HOME/begun\"\ntest -e \"$HOME/go\" || exec sleep 300\n";
    let sandbox = world(CONFIG, waits, &TWO);
    let mut command = sandbox.tracker_command(&["plan", "execute", "PLAN-1"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !sandbox.root().join("home/begun").exists() && child.try_wait().unwrap().is_none() {}
    let run = status(&sandbox, "PLAN-1")["run"].as_str().unwrap().to_owned();
    let listed = tracker(&sandbox, "run list");
    let line = listed.stdout.lines().find(|line| line.contains(&run)).unwrap_or_default().to_owned();
    assert!(line.contains("PLAN-1") && line.contains("running") && line.contains("0/2"), "{listed}");
    let other = tracker(&sandbox, &format!("run status {run}"));
    assert!(
        other.stderr.contains("executes PLAN-1") && other.stderr.contains("tracker plan status PLAN-1"),
        "{other}"
    );
    let cancelled = tracker(&sandbox, &format!("run cancel {run}"));
    assert_eq!(cancelled.status, 0, "{cancelled}");
    assert!(cancelled.to_string().contains("tracker plan execute PLAN-1"), "{cancelled}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(status(&sandbox, "PLAN-1")["state"], "interrupted");
    let again = tracker(&sandbox, &format!("run cancel {run}"));
    assert_eq!(again.status, 2, "{again}");
    assert!(again.stderr.contains("nothing drives"), "{again}");
    std::fs::write(sandbox.root().join("home/go"), "").unwrap();
    let ended = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ended.status, 0, "{ended}");
    assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 completed", "T-2 completed"]);
    let listed = tracker(&sandbox, "run list --json");
    assert_eq!(listed.stdout.matches(&run).count(), 1, "{listed}");
    sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
    let listed = tracker(&sandbox, "run list --json");
    assert_eq!(listed.stdout.matches(&run).count(), 1, "{listed}");
}

#[test]
fn an_approval_that_is_not_committed_is_to_be_committed() {
    let sandbox = world(CONFIG, "#!/bin/sh\n", &TWO);
    let path = ".tracker/plans/PLAN-1.md";
    let approved = sandbox.read(path);
    let (above, below) = approved.split_once("history:").unwrap();
    let draft = format!("{above}history: []\n---{}", below.split_once("\n---").unwrap().1);
    sandbox.write(path, &draft);
    sandbox.git(&["commit", "--quiet", "--all", "-m", "A draft"]);
    sandbox.write(path, &approved);
    let refused = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(refused.status, 2, "{refused}");
    let hint =
        format!("the approval of PLAN-1 is not committed\n  hint: commit it: git add {path} && git commit");
    assert!(refused.stderr.contains(&hint), "{refused}");
}

#[test]
fn a_plan_says_what_its_branch_has_until_that_is_merged() {
    let sandbox = world(CONFIG, "#!/bin/sh\necho x >$TRACKER_TASK\n", &TWO);
    let shows = || {
        let (shown, listed) = (tracker(&sandbox, "plan show PLAN-1"), tracker(&sandbox, "plan list"));
        let says = |text: &str| shown.stdout.contains(text) && listed.stdout.contains(text);
        (says("2 of 2 done on plan/PLAN-1, not merged here"), says("completed"), format!("{shown}{listed}"))
    };
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    let (says, completed, text) = shows();
    assert!(says && completed, "{text}");
    sandbox.git(&["merge", "-q", "plan/PLAN-1"]);
    let (says, completed, text) = shows();
    assert!(!says && completed, "{text}");
}
