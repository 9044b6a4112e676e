//! What goes wrong while a plan is executed: each ends in a state that says what happened and what to do.

use std::process::Stdio;

use super::{CONFIG, Planned, nothing_is_left, script, states, status, tracker, world};
use crate::support::Sandbox;

/// Two tasks with no order between them.
const TWO: [Planned<'_>; 2] = [("T-1", "Add a line", "", ""), ("T-2", "Add another line", "", "")];

/// Returns a field of a task of the plan.
fn of(sandbox: &Sandbox, task: &str, key: &str) -> String {
    let execution = status(sandbox, "PLAN-1");
    let found =
        execution["tasks"].as_array().unwrap().iter().find(|own| own["task"] == task).unwrap().clone();
    match &found[key] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Executes the plan, one task at a time, and returns what that ended with.
fn execute(sandbox: &Sandbox) -> i32 {
    tracker(sandbox, "plan execute PLAN-1 --jobs 1").status
}

#[test]
fn a_conflict_keeps_both_branches_and_is_resolved_by_a_person_or_by_doing_it_again() {
    let same = "#!/bin/sh\necho \"$TRACKER_TASK\" >>list\n";
    for is_by_hand in [true, false] {
        let sandbox = world(CONFIG, same, &TWO);
        // Both begin before either is merged.
        let ran = tracker(&sandbox, "plan execute PLAN-1 --jobs 2");
        assert_eq!(ran.status, 1, "{ran}");
        let mut found = states(&status(&sandbox, "PLAN-1"));
        found.sort_by_key(|state| state.contains("completed"));
        let lost = found[0].split(' ').next().unwrap().to_owned();
        assert!(found[0].ends_with("failed") && found[1].ends_with("completed"), "{ran}");
        assert_eq!(of(&sandbox, &lost, "conflicts"), "[\"list\"]", "{ran}");
        assert!(of(&sandbox, &lost, "message").contains("conflicts with what was merged before, in list"));
        let branch = format!("plan-tasks/PLAN-1/{lost}");
        assert_eq!(sandbox.git(&["show", &format!("{branch}:list")]), lost);
        let folder = sandbox.path().join(".git/tracker/worktrees/PLAN-1").join(&lost);
        if is_by_hand {
            // What the hint says: merge the plan's branch into the task's, in its working tree.
            assert!(ran.stderr.contains(&format!("-C {} merge plan/PLAN-1", folder.display())), "{ran}");
            let merge = format!(
                "cd '{}' && ! git merge -q plan/PLAN-1 && printf 'T-1\\nT-2\\n' >list && git commit -qam both",
                folder.display()
            );
            let merged = sandbox.program_with("sh", "", &["-c", &merge], |_| {});
            assert_eq!(merged.status, 0, "{merged}");
        }
        let again = tracker(&sandbox, &format!("plan retry PLAN-1 {lost} --jobs 1"));
        assert_eq!(again.status, 0, "{again}");
        let mut lines: Vec<String> =
            sandbox.git(&["show", "plan/PLAN-1:list"]).lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ["T-1", "T-2"], "{again}");
        nothing_is_left(&sandbox, "PLAN-1", &[]);
    }
}

#[test]
fn what_an_executor_has_no_business_with_fails_the_task_and_is_kept() {
    let tasks = [("T-1", "Add the table", "", "src/a.rs, docs/**"), ("T-2", "Read it", "", "src/b.rs")];
    for (does, why) in [
        ("mkdir src; echo x >src/other.rs", "changed `src/other.rs`, which is not among its target files"),
        ("echo '# note' >>.tracker/tasks/T-2.md", "changed `.tracker/tasks/T-2.md`, which is not its own"),
        (
            "sed -i 's,^files:.*,files: [src],' .tracker/tasks/T-1.md",
            "changed `files` of T-1, which the plan's approval covers",
        ),
        ("rm .tracker/tasks/T-1.md", ".tracker/tasks/T-1.md cannot be read any more"),
        ("git checkout -q --orphan o$TRACKER_ATTEMPT && git commit -qm x", "does not come after"),
    ] {
        let sandbox =
            world(CONFIG, &format!("#!/bin/sh\ntest $TRACKER_TASK = T-2 || {{ {does}; }}\n"), &tasks);
        assert_eq!(execute(&sandbox), 1, "{does}");
        assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 failed", "T-2 completed"], "{does}");
        let message = of(&sandbox, "T-1", "message");
        assert!(message.starts_with("failed 3 times: ") && message.contains(why), "{does}: {message}");
        let kept = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/tracker/attempts"]);
        assert_eq!(kept.lines().filter(|name| name.contains("/T-1/")).count(), 3, "{does}: {kept}");
        let branches = sandbox.git(&["branch", "--list", "--format=%(refname:short)"]);
        assert!(!branches.contains("plan-tasks/"), "{does}: {branches}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{does}");
    }
}

#[test]
fn a_task_whose_predecessor_was_reverted_waits_until_that_is_done_again() {
    let fails =
        "#!/bin/sh\ntest -e \"$HOME/go\" || test $TRACKER_TASK = T-1 || exit 1\necho x >$TRACKER_TASK\n";
    let sandbox = world(CONFIG, fails, &[("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")]);
    assert_eq!(execute(&sandbox), 1);
    let revert = "git worktree add -q ../w plan/PLAN-1 && cd ../w && git log --merges --format=%H -1 >id && \
                  git revert -m 1 --no-edit $(cat id) >/dev/null && rm id && cd ../repo && git worktree remove --force ../w";
    let reverted = sandbox.program_with("sh", "", &["-c", revert], |_| {});
    assert_eq!(reverted.status, 0, "{reverted}");
    let by = sandbox.git(&["rev-parse", "--short=7", "plan/PLAN-1"]);
    std::fs::write(sandbox.root().join("home/go"), "").unwrap();
    let waits = tracker(&sandbox, "plan retry PLAN-1 T-2");
    assert_eq!(waits.status, 1, "{waits}");
    assert_eq!(of(&sandbox, "T-2", "status"), "waiting", "{waits}");
    let message = format!("waits for T-1, which was done and is open again on plan/PLAN-1: reverted by {by}");
    assert_eq!(of(&sandbox, "T-2", "message"), message);
    assert_eq!(of(&sandbox, "T-2", "command"), "tracker plan retry PLAN-1 T-1");
    let again = tracker(&sandbox, "plan retry PLAN-1 T-1");
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-1", "plan/PLAN-1:T-2"]), "x\nx");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
}

#[test]
fn two_plans_and_a_person_work_at_once() {
    let slow = "#!/bin/sh\nsleep 0.2\necho $TRACKER_PLAN >$TRACKER_TASK\n";
    let sandbox = world(CONFIG, slow, &[("T-1", "One", "", "T-1"), ("T-2", "Two", "T-1", "T-2")]);
    for (id, title, needs) in [("T-3", "Three", ""), ("T-4", "Four", "T-3")] {
        super::task(&sandbox, id, title, needs, id);
    }
    super::plan(&sandbox, "PLAN-2", &["T-3", "T-4"]);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "another plan"]);
    let start = |plan: &str| {
        let mut command = sandbox.tracker_command(&["plan", "execute", plan]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (mut one, two) = (start("PLAN-1"), start("PLAN-2"));
    // Its branch is made under the lock of its run.
    while sandbox.git(&["branch", "--list", "plan/PLAN-1"]).is_empty() {}
    let mine = sandbox.commit_file("mine", "mine\n", "mine, meanwhile");
    sandbox.write("half", "not committed\n");
    let third = loop {
        let third = tracker(&sandbox, "plan execute PLAN-1");
        if third.status == 3 || one.try_wait().unwrap().is_some() {
            break third;
        }
    };
    for child in [one, two] {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{third}{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), mine);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "?? half");
    for (plan, file) in [("PLAN-1", "T-2"), ("PLAN-2", "T-4")] {
        assert_eq!(sandbox.git(&["show", &format!("plan/{plan}:{file}")]), plan);
        assert_eq!(tracker(&sandbox, &format!("plan execute {plan}")).status, 0, "it is done");
    }
    sandbox.git(&["merge", "-q", "-m", "both", "plan/PLAN-1", "plan/PLAN-2"]);
    assert_eq!(sandbox.read("mine") + &sandbox.read("T-2") + &sandbox.read("T-4"), "mine\nPLAN-1\nPLAN-2\n");
}

#[test]
fn a_stage_of_people_waits_for_their_vote_on_the_branch_and_then_goes_on() {
    let config = "
[pipeline]
stages = [\"dev\", \"sec\"]
[stage.sec]
signoffs = [\"auditor\"]
[roles.auditor]
people_only = true
[executors.dev]
command = [\"./do\"]
";
    let sandbox = world(
        config,
        "#!/bin/sh\necho x >$TRACKER_TASK\n",
        &[("T-1", "Add the table", "", "T-1"), ("T-2", "Read it", "T-1", "T-2")],
    );
    assert_eq!(execute(&sandbox), 1);
    let execution = status(&sandbox, "PLAN-1");
    assert_eq!(states(&execution), ["T-1 waiting", "T-2 pending"]);
    assert_eq!(execution["state"], "waiting");
    let command = of(&sandbox, "T-1", "command");
    assert_eq!(command, "tracker approve T-1 --as auditor --branch plan-tasks/PLAN-1/T-1");
    for task in ["T-1", "T-2"] {
        let words = format!("approve {task} --as auditor --branch plan-tasks/PLAN-1/{task}");
        let voted = tracker(&sandbox, &words);
        assert_eq!(voted.status, 0, "{voted}");
        assert_eq!(execute(&sandbox), i32::from(task == "T-1"));
    }
    assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 completed", "T-2 completed"]);
    let votes = sandbox.git(&["ls-tree", "-r", "--name-only", "plan/PLAN-1", ".tracker/signoffs"]);
    assert_eq!(votes.lines().count(), 2, "{votes}");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
}

#[test]
fn a_stage_without_an_executor_is_done_by_a_person_in_the_working_tree() {
    let config = CONFIG.replace("[\"dev\"]", "[\"dev\", \"docs\"]");
    let sandbox = world(&config, "#!/bin/sh\necho x >T-1\n", &[("T-1", "Add the table", "", "T-1, README")]);
    assert_eq!(execute(&sandbox), 1);
    let folder = sandbox.path().join(".git/tracker/worktrees/PLAN-1/T-1");
    assert_eq!(of(&sandbox, "T-1", "command"), format!("tracker -C {} advance T-1", folder.display()));
    std::fs::write(folder.join("README"), "how to\n").unwrap();
    assert_eq!(execute(&sandbox), 1, "nobody has said that it is done");
    assert_eq!(std::fs::read_to_string(folder.join("README")).unwrap(), "how to\n");
    let advanced = sandbox.tracker(&["-C", folder.to_str().unwrap(), "advance", "T-1"]);
    assert_eq!(advanced.status, 0, "{advanced}");
    assert_eq!(execute(&sandbox), 0);
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:README", "plan/PLAN-1:T-1"]), "how to\nx");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
}

#[test]
fn a_plan_is_not_executed_that_is_not_approved_or_not_committed_as_it_is() {
    let refused = |sandbox: &Sandbox, why: &str| {
        let ran = tracker(sandbox, "plan execute PLAN-1");
        assert!(matches!(ran.status, 1 | 2), "{ran}");
        assert!(ran.stderr.contains(why), "{why}: {ran}");
        assert_eq!(sandbox.git(&["branch", "--list", "plan/*", "plan-tasks/*"]), "");
    };
    let sandbox = world(CONFIG, "#!/bin/sh\n", &TWO);
    let edited = sandbox.read(".tracker/tasks/T-1.md").replace("Add a line.", "Add three lines.");
    sandbox.write(".tracker/tasks/T-1.md", edited);
    refused(&sandbox, "commit first: git add .tracker/tasks/T-1.md && git commit");
    sandbox.git(&["commit", "-qam", "edit"]);
    refused(&sandbox, "changed since Ada Lovelace approved it");
    super::approve(&sandbox, "PLAN-1");
    refused(&sandbox, "the approval of PLAN-1 is not committed");
    sandbox.git(&["commit", "-qam", "approve"]);
    sandbox.git(&["branch", "plan"]);
    refused(&sandbox, "cannot create the branch `plan/PLAN-1`");
    sandbox.git(&["branch", "-D", "plan"]);
    assert_eq!(execute(&sandbox), 0);
    sandbox.git(&["switch", "-q", "plan/PLAN-1"]);
    assert!(tracker(&sandbox, "plan execute PLAN-1").stderr.contains("`plan/PLAN-1` is checked out here"));
}

#[test]
fn what_was_added_to_a_plan_and_approved_again_is_executed_with_the_rest() {
    let sandbox = world(CONFIG, "#!/bin/sh\necho x >$TRACKER_TASK\n", &[("T-1", "Add the table", "", "T-1")]);
    assert_eq!(execute(&sandbox), 0);
    super::task(&sandbox, "T-2", "Read it", "T-1", "T-2");
    super::plan(&sandbox, "PLAN-1", &["T-1", "T-2"]);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "more"]);
    assert_eq!(execute(&sandbox), 0);
    assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 completed", "T-2 completed"]);
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:T-2"]), "x");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
}

#[test]
fn hooks_of_the_user_are_not_run_and_executors_may_commit_themselves() {
    let commits = "#!/bin/sh\necho one >a; git add a; git commit -qm 'by hand'; echo two >b\n";
    let sandbox = world(CONFIG, commits, &[("T-1", "Add both", "", "a, b")]);
    for hook in ["post-checkout", "post-merge"] {
        script(&sandbox, &format!(".git/hooks/{hook}"), "#!/bin/sh\necho ran >>\"$HOME/hooks\"\n");
    }
    assert_eq!(execute(&sandbox), 0);
    let own = sandbox.git(&["log", "--format=%s", "plan/PLAN-1^{/^Merge}^2"]);
    assert_eq!(own, "Add both\nby hand\nbegin");
    assert!(!sandbox.root().join("home/hooks").exists());
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:a", "plan/PLAN-1:b"]), "one\ntwo");
}

#[test]
fn branches_that_change_target_files_are_forecast_and_a_dry_run_starts_nothing() {
    let sandbox =
        world(CONFIG, "#!/bin/sh\n", &[("T-1", "One", "", "src/**"), ("T-2", "Two", "T-1", "docs")]);
    let base = sandbox.commit_file("src/a.rs", "a\n", "a");
    for (branch, file) in [("fix/a", "src/a.rs"), ("fix/readme", "README"), ("merged", "src/b.rs")] {
        sandbox.git(&["switch", "-qc", branch, &base]);
        sandbox.commit_file(file, branch, branch);
    }
    sandbox.git(&["switch", "-q", "main"]);
    sandbox.git(&["merge", "-q", "merged"]);
    sandbox.commit_file("src/a.rs", "another\n", "another");
    let ahead = tracker(&sandbox, "plan execute PLAN-1 --dry-run");
    assert_eq!(ahead.status, 0, "{ahead}");
    let forecast: Vec<&str> = ahead.stdout.lines().filter(|line| line.starts_with("forecast")).collect();
    assert_eq!(forecast.len(), 1, "{ahead}");
    let expected = "forecast   fix/a of Ada Lovelace changes src/a.rs of T-1; it conflicts with ";
    assert!(forecast[0].starts_with(expected) && forecast[0].ends_with(" in src/a.rs"), "{ahead}");
    assert_eq!(sandbox.git(&["branch", "--list", "plan/*"]), "");
    let executed = tracker(&sandbox, "plan execute PLAN-1");
    assert!(executed.stderr.contains(expected), "{executed}");
}

#[test]
fn events_are_lines_of_json_and_a_watch_without_a_terminal_prints_lines() {
    let sandbox = world(CONFIG, "#!/bin/sh\necho x >a\n", &[("T-1", "One", "", "a")]);
    let ran = tracker(&sandbox, "plan execute PLAN-1 --events");
    let lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<String> = lines
        .iter()
        .map(|line| {
            let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", word("event"), word("task"), word("status")).trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        shown,
        [
            "plan_execution_start",
            "task_execution_progress T-1 in_progress",
            "task_execution_progress T-1 validating",
            "task_execution_progress T-1 completed",
            "task_execution_complete T-1 completed",
            "plan_execution_end",
        ],
        "{ran}"
    );
    assert_eq!(lines[0]["path"], ".tracker/plans/PLAN-1.md");
    assert_eq!((&lines[3]["phase"], &lines[3]["milestone"]), (&"Foundations".into(), &"Model".into()));
    assert_eq!((&lines[4]["output_files"], &lines[4]["total"]), (&serde_json::json!(["a"]), &1.into()));
    let tip = sandbox.git(&["rev-parse", "plan/PLAN-1"]);
    assert_eq!((&lines[5]["state"], &lines[5]["commit"]), (&"completed".into(), &tip.into()));
    let failed = tracker(&sandbox, "plan execute PLAN-9 --events");
    let line: serde_json::Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!((&line["event"], &line["exit"]), (&"plan_execution_error".into(), &2.into()), "{failed}");
    assert_eq!((failed.status, &line["message"]), (2, &"no plan matches `PLAN-9`".into()), "{failed}");
    let watched = tracker(&sandbox, "plan status PLAN-1 --watch");
    assert_eq!(watched.status, 0, "{watched}");
    assert!(
        watched.stderr.contains("T-1  merged as ") && watched.stdout.contains("COMPLETED  1 of 1"),
        "{watched}"
    );
}
