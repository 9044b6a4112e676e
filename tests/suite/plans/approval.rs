//! Approvals that are none: the tracker and the gate say the same of an entry that another wrote, that is of other content, or
//! that is no longer there.

use std::process::Command;

use insta::assert_snapshot;

use super::{PLAN, commit, planned, run, state, tracker};
use crate::signoffs::signatures::{key, use_key};
use crate::support::Sandbox;

const TASK: &str = ".tracker/tasks/TASK-THR3.md";
const APPROVED: &str = "approved by Ada Lovelace";

/// What the gate has against the plans of the branch; the branch's tip is `TIP`.
fn check(sandbox: &Sandbox) -> String {
    let output = tracker(sandbox, "check --base main --plain");
    let lines = output.stdout.lines().skip_while(|line| !line.contains("approved-plans"));
    let own: Vec<&str> =
        lines.take_while(|line| line.contains("approved-plans") || line.starts_with("  ")).collect();
    own.join("\n").replace(&sandbox.git(&["rev-parse", "HEAD"])[..7], "TIP")
}

fn branch(sandbox: &Sandbox) {
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
}

/// Commits everything as somebody else.
fn commit_as(sandbox: &Sandbox, name: &str, message: &str) {
    let email = format!("user.email={}@example.com", name.to_lowercase());
    let name = format!("user.name={name}");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["-c", &name, "-c", &email, "commit", "--quiet", "--message", message]);
}

fn as_ken(command: &mut Command) {
    command.envs([("GIT_AUTHOR_NAME", "Ken"), ("GIT_AUTHOR_EMAIL", "ken@example.com")]);
}

/// Adds the entry that an approval would add, as it is written by hand.
fn forged(sandbox: &Sandbox, by: &str) {
    run(sandbox, "plan approve 0ne1");
    let text = sandbox.read(PLAN);
    let by_ada = text.lines().find_map(|line| line.split("by: ").nth(1)).unwrap();
    let by_ada = by_ada.split(", kind").next().unwrap();
    sandbox.write(PLAN, text.replace(by_ada, by));
}

#[test]
fn an_approval_of_ones_own_passes() {
    let sandbox = planned();
    branch(&sandbox);
    run(&sandbox, "plan approve 0ne1");
    commit(&sandbox, "approve the plan");
    assert_eq!((check(&sandbox).as_str(), state(&sandbox).1.as_str()), ("", APPROVED));
    // What comes later takes nothing back: the plan is a draft, and the approval was one.
    run(&sandbox, "set thr3 title=Else");
    commit(&sandbox, "change a task");
    assert_eq!(check(&sandbox), "");
    assert_eq!(state(&sandbox).0, "draft");
}

#[test]
fn an_approval_in_anothers_name_is_none() {
    let sandbox = planned();
    branch(&sandbox);
    forged(&sandbox, "Ken <ken@example.com>");
    let doubt = "the approval of Ken does not count: the commit that says so is by another";
    assert_eq!(state(&sandbox), ("draft".to_owned(), doubt.to_owned()), "nobody has committed it");
    commit(&sandbox, "Ken says yes");
    assert_eq!(state(&sandbox), ("draft".to_owned(), doubt.to_owned()));
    assert_snapshot!(check(&sandbox), @r"
    error approved-plans  PLAN-0NE1: the approval of Ken does not count: the commit that says so is by another (.tracker/plans/PLAN-0NE1.md:6, TIP)
                          tracker plan approve PLAN-0NE1
    ");
    assert_eq!(tracker(&sandbox, "check --base main").status, 1);
    // Whoever may approve does so for themselves.
    run(&sandbox, "plan approve 0ne1");
    assert_eq!(state(&sandbox).1, APPROVED);
}

#[test]
fn a_name_alone_or_a_marker_of_another_is_no_way_around() {
    for by in ["Ken", "ken@example.com", "\"Ada Lovelace <ken@example.com>\""] {
        let sandbox = planned();
        forged(&sandbox, by);
        commit(&sandbox, "approve");
        assert_eq!(state(&sandbox).0, "draft", "{by}");
    }
    let sandbox = planned();
    run(&sandbox, "plan approve 0ne1");
    commit_as(&sandbox, "Mallory", "Ada said yes");
    assert_eq!(state(&sandbox).0, "draft", "a commit of another brings it");
}

#[test]
fn an_approval_is_signed_where_that_is_required_and_counts_only_as_it_was_signed() {
    let sandbox = planned();
    let ada = key(&sandbox, "ada");
    sandbox.write(".tracker/allowed_signers", format!("ada@example.com {ada}\n"));
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n[policy]\nsignatures = \"require\"\n"));
    commit(&sandbox, "require signatures");
    branch(&sandbox);
    let unsigned = tracker(&sandbox, "plan approve 0ne1");
    assert!(unsigned.to_string().contains("it does not count: it is not signed"), "{unsigned}");
    commit(&sandbox, "approve the plan");
    assert!(check(&sandbox).contains("it is not signed, and the policy wants that"), "{}", check(&sandbox));
    assert_eq!(state(&sandbox).0, "draft");
    sandbox.git(&["switch", "--quiet", "--create", "signed", "main"]);
    use_key(&sandbox, "ada");
    run(&sandbox, "plan approve 0ne1");
    let signed = sandbox.read(PLAN);
    commit(&sandbox, "approve the plan");
    assert_eq!((check(&sandbox).as_str(), state(&sandbox).1.as_str()), ("", APPROVED), "{signed}");
    // The signature is over the whole entry.
    sandbox.git(&["switch", "--quiet", "--create", "moved", "main"]);
    let at = signed.split("at: ").nth(1).unwrap().split(',').next().unwrap();
    sandbox.write(PLAN, signed.replace(at, "2026-11-10T09:06:01Z"));
    commit(&sandbox, "approve the plan");
    assert!(check(&sandbox).contains("does not count: "), "{}", check(&sandbox));
}

#[test]
fn an_approval_of_other_content_is_refused() {
    let sandbox = planned();
    branch(&sandbox);
    run(&sandbox, "plan approve 0ne1");
    run(&sandbox, "set thr3 files=src");
    commit(&sandbox, "approve, and change what was approved");
    assert_snapshot!(check(&sandbox), @r"
    error approved-plans  PLAN-0NE1: the approval of Ada Lovelace is of other content than its commit has (.tracker/plans/PLAN-0NE1.md:6, TIP)
                          tracker plan approve PLAN-0NE1
    ");
    assert_eq!(state(&sandbox).0, "draft");
}

#[test]
fn no_decision_is_taken_out() {
    let sandbox = planned();
    run(&sandbox, "plan reject 0ne1 too~large");
    commit(&sandbox, "reject the plan");
    branch(&sandbox);
    let text = sandbox.read(PLAN);
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("kind: rejected")).collect();
    sandbox.write(PLAN, without.join("\n").replace("history:\n", ""));
    commit(&sandbox, "it was never rejected");
    assert_snapshot!(check(&sandbox), @r"
    error approved-plans  PLAN-0NE1: takes the rejection of Ada Lovelace out of the history (.tracker/plans/PLAN-0NE1.md, TIP)
                          restore it: git checkout BASE -- .tracker/plans/PLAN-0NE1.md
    ");
    sandbox.git(&["rm", "--quiet", PLAN]);
    commit(&sandbox, "it was never there");
    assert!(check(&sandbox).contains("the record is deleted"), "{}", check(&sandbox));
}

#[test]
fn who_may_approve_is_what_the_base_says() {
    let sandbox = planned();
    let config = sandbox.read(".tracker/config.toml");
    let plans = "\n[roles.architect]\nmembers = [\"ken@example.com\"]\npeople_only = true\n[plans]\napprovers = \"architect\"\n";
    sandbox.write(".tracker/config.toml", format!("{config}{plans}"));
    commit(&sandbox, "plans are approved by architects");
    branch(&sandbox);
    // The branch gives the role to whoever works on it: that counts only once it is merged.
    sandbox.write(".tracker/config.toml", config.clone());
    run(&sandbox, "plan approve 0ne1");
    sandbox.write(".tracker/config.toml", format!("{config}{plans}"));
    assert_eq!(state(&sandbox).0, "draft");
    commit(&sandbox, "approve");
    assert_snapshot!(check(&sandbox), @r"
    error approved-plans  PLAN-0NE1: the approval of Ada Lovelace does not count: only members of architect approve plans (.tracker/plans/PLAN-0NE1.md:6, TIP)
                          tracker plan approve PLAN-0NE1
    ");
    let ken = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        sandbox.tracker_with("", &words, as_ken)
    };
    assert_eq!(ken("plan approve 0ne1 --agent builder-1").status, 1, "the role is for people");
    assert_eq!(ken("plan approve 0ne1").status, 0);
    commit_as(&sandbox, "Ken", "approve the plan");
    assert_eq!(state(&sandbox), ("approved".to_owned(), "approved by Ken".to_owned()));
    assert!(!check(&sandbox).contains("of Ken"), "{}", check(&sandbox));
}

#[test]
fn whoever_wrote_a_plan_does_not_approve_it_where_that_is_forbidden() {
    let sandbox = planned();
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n[policy]\nself_approval = \"forbid\"\n"));
    commit(&sandbox, "nobody approves their own work");
    let refused = tracker(&sandbox, "plan approve 0ne1");
    assert!(refused.status == 1 && refused.stderr.contains("that one wrote"), "{refused}");
    // What its tasks are to do is a part of it.
    let rewritten = sandbox.read(TASK).replace("Document it", "Document it, and all the rest");
    sandbox.write(TASK, &rewritten);
    let refused = sandbox.tracker_with("", &["plan", "approve", "0ne1"], as_ken);
    assert!(refused.status == 1 && refused.stderr.contains("that one wrote"), "{refused}");
    commit(&sandbox, "all the others");
    let approved = sandbox.tracker_with("", &["plan", "approve", "0ne1"], as_ken);
    assert_eq!(approved.status, 0, "{approved}");
    commit_as(&sandbox, "Ken", "approve the plan");
    assert_eq!(state(&sandbox).1, "approved by Ken");
    // To have started one is no part of it, to have written it by a commit is.
    sandbox.tracker_with("", &["start", "thr3"], as_ken);
    commit_as(&sandbox, "Ken", "start");
    assert_eq!(state(&sandbox).1, "approved by Ken");
    sandbox.write(TASK, sandbox.read(TASK).replace("it, and", "it and"));
    commit_as(&sandbox, "Ken", "a comma less");
    let refused = sandbox.tracker_with("", &["plan", "approve", "0ne1"], as_ken);
    assert!(refused.status == 1 && refused.stderr.contains("that one wrote"), "{refused}");
}

#[test]
fn an_item_that_is_no_task_is_named() {
    let sandbox = planned();
    let at = sandbox.read(PLAN).lines().count() + 1;
    sandbox.write(PLAN, format!("{}- Delete production first\n", sandbox.read(PLAN)));
    for line in ["plan show 0ne1", "doctor", "plan approve 0ne1"] {
        let output = tracker(&sandbox, line);
        let all = format!("{}{}", output.stdout, output.stderr);
        let says = "`Delete production first` begins with no task's id";
        assert_eq!(all.matches(says).count(), 1, "{line}: {output}");
        assert!(all.contains(&format!("PLAN-0NE1.md:{at}")), "{line}: {output}");
    }
}

#[test]
fn an_approval_does_not_go_along_with_a_copy() {
    let sandbox = planned();
    run(&sandbox, "plan approve 0ne1");
    commit(&sandbox, "approve the plan");
    let copy = sandbox.read(PLAN).replace("id: PLAN-0NE1", "id: PLAN-C0PY");
    sandbox.git(&["rm", "--quiet", PLAN]);
    sandbox.write(".tracker/plans/PLAN-C0PY.md", copy);
    commit(&sandbox, "another plan");
    let shown = tracker(&sandbox, "plan show PLAN-C0PY --format json");
    assert!(shown.stdout.contains("\"state\":\"draft\""), "{shown}");
}

#[test]
fn line_endings_are_no_change_and_what_cannot_be_read_is_no_plan() {
    let sandbox = planned();
    run(&sandbox, "plan approve 0ne1");
    let text = sandbox.read(PLAN);
    sandbox.write(PLAN, text.replace('\n', "\r\n"));
    assert_eq!(state(&sandbox).0, "approved");
    run(&sandbox, "plan reopen 0ne1");
    assert_eq!(sandbox.read(PLAN).matches('\n').count(), sandbox.read(PLAN).matches("\r\n").count());
    let large = format!("{text}{}", "x".repeat(5 * 1024 * 1024));
    let front = text.replace("created:", &format!("more: {}\ncreated:", "x".repeat(70_000)));
    for broken in [
        b"\xff\xfe".as_slice(),
        b"",
        text.replace("title", "tit\0le").as_bytes(),
        text.replace("## Base", "<<<<<<< ours\n## Base\n>>>>>>> theirs").as_bytes(),
        text.replace("kind: approved", "kind: [approved").as_bytes(),
        front.as_bytes(),
        large.as_bytes(),
    ] {
        sandbox.write(PLAN, broken);
        for line in ["plan show 0ne1", "plan approve 0ne1", "plan add 0ne1 thr3"] {
            let output = tracker(&sandbox, line);
            assert!(output.status != 0 && output.status != 70, "{line}: {output}");
        }
        assert_eq!(tracker(&sandbox, "doctor").status, 1);
    }
    #[cfg(unix)]
    {
        sandbox.write("elsewhere.md", &text);
        std::fs::remove_file(sandbox.path().join(PLAN)).unwrap();
        std::os::unix::fs::symlink("../../elsewhere.md", sandbox.path().join(PLAN)).unwrap();
        assert_ne!(tracker(&sandbox, "plan approve 0ne1").status, 0);
        assert_eq!(sandbox.read("elsewhere.md"), text);
    }
}

#[test]
fn two_people_add_tasks_and_decide_at_once() {
    let sandbox = planned();
    sandbox.write(".tracker/.gitattributes", "* text eol=lf merge=tracker\n");
    sandbox.git(&["config", "merge.tracker.name", "tracker"]);
    sandbox.git(&["config", "merge.tracker.driver", "tracker merge-driver %O %A %B %L %P"]);
    run(&sandbox, "new Four --id TASK-F0UR");
    run(&sandbox, "new Five --id TASK-F1VE");
    commit(&sandbox, "more tasks");
    branch(&sandbox);
    run(&sandbox, "plan add 0ne1 f0ur --phase Base --milestone Data");
    run(&sandbox, "plan reject 0ne1 too~large");
    commit(&sandbox, "add a task");
    sandbox.git(&["switch", "--quiet", "main"]);
    run(&sandbox, "plan add 0ne1 f1ve --phase Docs");
    run(&sandbox, "plan approve 0ne1");
    commit(&sandbox, "add another");
    sandbox.git(&["merge", "--quiet", "--no-edit", "work"]);
    let text = sandbox.read(PLAN);
    assert!(text.contains("- TASK-F0UR Four\n") && text.contains("- TASK-F1VE Five\n"), "{text}");
    assert!(text.contains("kind: approved") && text.contains("kind: rejected"), "{text}");
    assert_eq!(state(&sandbox).0, "draft", "nobody has decided about what both made");
}

/// Returns the entries of the plan's history, as its file has them.
fn entries(text: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with("  - {at:")).map(str::to_owned).collect()
}

#[test]
fn a_decision_counts_only_after_the_ones_that_it_came_after() {
    let sandbox = planned();
    run(&sandbox, "plan approve 0ne1");
    commit(&sandbox, "approve the plan");
    run(&sandbox, "plan reject 0ne1 too~early");
    commit(&sandbox, "reject the plan");
    branch(&sandbox);
    let text = sandbox.read(PLAN);
    let own = entries(&text);
    let [approved, rejected] = own.as_slice() else { panic!("{text}") };
    // The approval that was rejected later, once more, and in the place of the rejection.
    let both = format!("{approved}\n{rejected}");
    for replayed in [format!("{both}\n{approved}"), format!("{rejected}\n{approved}")] {
        sandbox.write(PLAN, text.replace(&both, &replayed));
        commit_as(&sandbox, "Mallory", "no change at all");
        assert_eq!(state(&sandbox).0, "draft", "{replayed}");
    }
    sandbox.write(PLAN, &text);
    commit(&sandbox, "as it was");
    assert_eq!(state(&sandbox).0, "rejected");
    run(&sandbox, "plan reopen 0ne1");
    run(&sandbox, "plan approve 0ne1");
    commit(&sandbox, "approve it again");
    assert_eq!(state(&sandbox).1, APPROVED, "who decides again is heard");
}

#[test]
fn two_decisions_that_did_not_know_of_each_other_are_none() {
    let sandbox = planned();
    sandbox.git(&["branch", "work"]);
    run(&sandbox, "plan reject 0ne1 too~early");
    commit(&sandbox, "reject the plan");
    sandbox.git(&["switch", "--quiet", "work"]);
    run(&sandbox, "plan approve 0ne1");
    commit(&sandbox, "approve the plan");
    let text = sandbox.read(PLAN);
    let theirs = sandbox.git(&["show", &format!("main:{PLAN}")]);
    let (ours, theirs) = (entries(&text), entries(&theirs));
    sandbox.write(PLAN, text.replace(&ours[0], &format!("{}\n{}", theirs[0], ours[0])));
    commit(&sandbox, "both");
    assert_eq!(state(&sandbox).0, "draft", "the approval has not seen the rejection");
}
