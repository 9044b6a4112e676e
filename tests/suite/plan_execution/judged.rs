//! What an executor leaves is judged as the gate judges it, before it is merged and before anything is built on it.

use super::{CONFIG, Planned, states, status, tracker, world};

const TWO: [Planned<'_>; 2] = [("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")];

/// A stage that only people let a task out of.
const PEOPLE: &str = "
[pipeline]
stages = [\"dev\"]
[stage.dev]
signoffs = [\"boss\"]
[roles.boss]
members = [\"ada@example.com\"]
people_only = true
[plans]
retries = 0
[executors.dev]
command = [\"./do\"]
";

/// What an executor does of which only people may, and the message of its attempt.
const WAYS: [(&str, &str); 4] = [
    (
        "sed -i 's/^stage: .*/stage: complete/' $TRACKER_TASK_FILE",
        "the gate refuses it: legal-moves: T-1: `stage` says complete, and the history ends in dev",
    ),
    (
        "env -u TRACKER_AGENT tracker set-stage $TRACKER_TASK complete -m x >/dev/null",
        "the gate refuses it: overrides: T-2: left dev by an override of Ada Lovelace",
    ),
    (
        "env -u TRACKER_AGENT tracker approve $TRACKER_TASK --as boss >/dev/null",
        "approved as boss in the name of Ada Lovelace alone; dev is no person",
    ),
    (
        "env -u TRACKER_AGENT tracker approve $TRACKER_TASK --as boss >/dev/null; git add -A; git commit -qm mine",
        "approved as boss in the name of Ada Lovelace alone; dev is no person",
    ),
];

#[test]
fn no_executor_gets_its_task_past_people() {
    let cases: String = (1..).zip(WAYS).map(|(at, (does, _))| format!("T-{at})\n{does}\n;;\n")).collect();
    // One that leaves to people what is theirs waits for them.
    let honest = "! tracker done $TRACKER_TASK 2>/dev/null";
    let executor =
        format!("#!/bin/sh\necho x >$TRACKER_TASK\ncase $TRACKER_TASK in\n{cases}T-5) {honest} ;;\nesac\n");
    let tasks: [Planned<'_>; 6] = [
        ("T-1", "One", "", ""),
        ("T-2", "Two", "", ""),
        ("T-3", "Three", "", ""),
        ("T-4", "Four", "", ""),
        ("T-5", "Five", "", ""),
        ("T-6", "Six", "T-3", ""),
    ];
    let sandbox = world(PEOPLE, &executor, &tasks);
    let ran = tracker(&sandbox, "plan execute PLAN-1 --jobs 1");
    assert_eq!(ran.status, 1, "{ran}");
    let execution = status(&sandbox, "PLAN-1");
    let ended = ["T-1 failed", "T-2 failed", "T-3 failed", "T-4 failed", "T-5 waiting", "T-6 skipped"];
    assert_eq!(states(&execution), ended, "{ran}");
    for (at, (does, why)) in WAYS.into_iter().enumerate() {
        let message = execution["tasks"][at]["message"].as_str().unwrap_or_default();
        assert!(message.contains(why), "{does}: {message}");
    }
    assert_eq!(sandbox.git(&["log", "--merges", "--format=%s", "plan/PLAN-1"]), "", "{ran}");
    let kept = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/tracker/attempts"]);
    assert_eq!(kept.lines().count(), WAYS.len(), "{kept}");
}

#[test]
fn a_branch_on_which_a_person_has_broken_a_rule_is_not_merged() {
    let sandbox = world(PEOPLE, "#!/bin/sh\necho x >$TRACKER_TASK\n", &TWO);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    let forge = "git worktree add -q ../w plan-tasks/PLAN-1/T-1 && cd ../w && \
                 sed -i 's/^stage: .*/stage: complete/' .tracker/tasks/T-1.md && git commit -qam forged && \
                 cd ../repo && git worktree remove --force ../w";
    let forged = sandbox.program_with("sh", "", &["-c", forge], |_| {});
    assert_eq!(forged.status, 0, "{forged}");
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 1, "{ran}");
    assert_eq!(states(&status(&sandbox, "PLAN-1")), ["T-1 failed", "T-2 skipped"], "{ran}");
    let message = status(&sandbox, "PLAN-1")["tasks"][0]["message"].clone();
    assert!(message.as_str().unwrap().starts_with("the gate refuses it: "), "{message}");
    assert!(ran.stderr.contains("tracker check --base plan/PLAN-1 --head plan-tasks/PLAN-1/T-1"), "{ran}");
    let check = tracker(&sandbox, "check --base plan/PLAN-1 --head plan-tasks/PLAN-1/T-1");
    assert_eq!(check.status, 1, "{check}");
}

#[test]
fn an_executor_that_moves_the_branch_of_the_plan_merges_nothing_by_that() {
    let moves = "git add -A; git commit -qm mine; git update-ref refs/heads/plan/$TRACKER_PLAN HEAD";
    let forge = format!("sed -i 's/^stage: .*/stage: complete/' $TRACKER_TASK_FILE; {moves}");
    for (does, is_refused) in [(forge.as_str(), true), (moves, false)] {
        let executor = format!(
            "#!/bin/sh\ntest -e \"$HOME/again\" && exit 0\n: >\"$HOME/again\"\necho x >other\n{does}\n"
        );
        let sandbox =
            world(CONFIG, &executor, &[("T-1", "Add the table", "", "a"), ("T-2", "Read it", "T-1", "b")]);
        let base = sandbox.git(&["rev-parse", "--short=7", "HEAD"]);
        let ran = tracker(&sandbox, "plan execute PLAN-1");
        assert_eq!(ran.status, 2, "{does}: {ran}");
        assert!(ran.stderr.contains(&format!("`plan/PLAN-1` was moved from {base} to ")), "{does}: {ran}");
        assert!(ran.stderr.contains(&format!("git branch -f plan/PLAN-1 {base}")), "{does}: {ran}");
        let again = tracker(&sandbox, "plan execute PLAN-1");
        assert_eq!(again.stderr.contains("and the gate refuses it: "), is_refused, "{does}: {again}");
        if is_refused {
            assert_eq!(again.status, 2, "{again}");
            sandbox.git(&["branch", "-f", "plan/PLAN-1", &base]);
            let again = tracker(&sandbox, "plan execute PLAN-1");
            assert_eq!(again.status, 0, "{again}");
        }
    }
}

#[test]
fn commits_of_an_executor_that_name_no_task_become_one_that_does_where_the_gate_wants_that() {
    let config = format!("{CONFIG}[policy]\nlinked-commits = \"error\"\n");
    let commits = "#!/bin/sh\necho one >a; git add a; git commit -qm 'by hand'; echo two >b\n";
    let sandbox = world(&config, commits, &[("T-1", "Add both", "", "")]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    assert_eq!(sandbox.git(&["log", "--format=%s", "plan/PLAN-1^{/^Merge}^2"]), "Add both\nbegin");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:a", "plan/PLAN-1:b"]), "one\ntwo");
    let check = tracker(&sandbox, "check --base main --head plan/PLAN-1");
    assert_eq!(check.status, 0, "{check}");
}
