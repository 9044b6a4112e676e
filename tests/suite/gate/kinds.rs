//! Attacks of every kind that the gate is made against, each with the rule that stops it, and beside each the honest work
//! that looks like it and that this rule has nothing against.

use super::{ID, World, finding, messages};

struct Row {
    /// What is tried.
    name: &'static str,
    /// The rule that stops it.
    rule: &'static str,
    /// What its violation says.
    says: &'static str,
    attack: fn(&World),
    twin: fn(&World),
}

const RECORD: &str = ".tracker/tasks/TASK-T3ST.md";

/// Begins another task on the branch, and delivers a file of it.
fn second(world: &World, path: &str) {
    world.tracker_as("Dev", "start 0thr");
    world.write(path, "second\n");
    world.commit("Second\n\nTask: TASK-0THR");
    world.tracker_as("Dev", "advance 0thr");
    world.commit("Deliver the second\n\nTask: TASK-0THR");
}

fn approve_second(world: &World, reviewer: &str) {
    world.tracker_as(reviewer, "approve 0thr --as reviewer");
    world.commit_as(reviewer, "Approve the second");
    if world.sandbox.read(".tracker/tasks/TASK-0THR.md").contains("stage: sec") {
        world.does("Sec", "approve 0thr --as auditor", "Approve the second as well");
    }
}

/// Opens the task again, changes it as somebody, delivers it, and has it approved.
fn again(world: &World, author: &str, message: &str, reviewer: &str) {
    world.tracker_as("Dev", &format!("reopen {ID}"));
    world.replace("src/theme.rs", "    3\n", "    4\n");
    world.commit_as(author, message);
    world.tracker_as("Dev", &format!("advance {ID}"));
    world.commit("Again");
    world.tracker_as(reviewer, &format!("approve {ID} --as reviewer"));
    world.commit_as(reviewer, "Approve again");
    if world.sandbox.read(RECORD).contains("stage: sec") {
        world.does("Sec", &format!("approve {ID} --as auditor"), "Approve again as well");
    }
}

/// Has a finding raised and waived, and the task approved; returns the finding's path.
fn waived(world: &World) -> String {
    let path = finding(world);
    let id = path.rsplit('/').next().unwrap().trim_end_matches(".yaml").to_owned();
    world.does("Ada", &format!("findings waive {ID} {id} -m \"not now\""), "Not now");
    world.tracker_as("Dev", &format!("advance {ID}"));
    world.commit("Again");
    world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve again");
    world.does("Sec", &format!("approve {ID} --as auditor"), "Approve again as well");
    path
}

/// Merges the branch into main, and goes on from there.
fn land(world: &World) {
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "work"]);
}

fn onward(world: &World) {
    world.git(&["checkout", "--quiet", "-B", "work"]);
}

/// The last vote that was cast, edited.
fn edited_vote(world: &World, edits: &[(&str, &str)]) {
    world.deliver_again();
    world.tracker_as("Ada", &format!("approve {ID} --as reviewer"));
    let vote = world.votes().pop().unwrap();
    for (old, new) in edits {
        world.replace(&vote, old, new);
    }
    world.commit_as("Ada", "Vote");
}

const ROWS: &[Row] = &[
    // A value in an unknown form counts as the worse.
    Row {
        name: "writes a verdict that is none",
        rule: "broken-documents",
        says: "`reject` is no verdict",
        attack: |world| edited_vote(world, &[("verdict: approved", "verdict: reject")]),
        twin: |world| edited_vote(world, &[]),
    },
    Row {
        name: "marks a box with what is no mark",
        rule: "deliverables",
        says: "unchecked",
        attack: |world| {
            world.replace(RECORD, "- [x] it is remembered", "- [~] it is remembered");
            world.commit("Half");
        },
        twin: |world| {
            world.replace(RECORD, "- [x] it is remembered", "- [X] it is remembered");
            world.commit("Louder");
        },
    },
    Row {
        name: "calls a jump by a kind of move that nobody knows",
        rule: "legal-moves",
        says: "its pipeline has no such move",
        attack: |world| {
            let history = "  - {at: 2026-11-11T10:00:00Z, by: Dev, from: none, to: sec, kind: overide}\n";
            let text = format!("---\nid: TASK-0THR\ntitle: Another\nstage: sec\nhistory:\n{history}---\n");
            world.write(".tracker/tasks/TASK-0THR.md", &text);
            world.commit("Go");
        },
        twin: |world| {
            let history = "  - {at: 2026-11-11T10:00:00Z, by: Dev, from: none, to: dev, kind: begun}\n";
            let text = format!("---\nid: TASK-0THR\ntitle: Another\nstage: dev\nhistory:\n{history}---\n");
            world.write(".tracker/tasks/TASK-0THR.md", &text);
            world.commit("Go");
        },
    },
    Row {
        name: "leaves a finding in a state that nobody knows",
        rule: "open-findings",
        says: "open",
        attack: |world| {
            let path = waived(world);
            world.append(
                &path,
                "  - {at: 2026-11-12T10:00:00Z, by: Ada <ada@example.com>, to: wontfix, why: later}\n",
            );
            world.commit_as("Ada", "Not now");
        },
        twin: |world| drop(waived(world)),
    },
    // The attributes of the range have no say.
    Row {
        name: "merges what conflicts by an attribute of its own",
        rule: "merge-integrity",
        says: "src/theme.rs conflicts with main",
        attack: |world| {
            world.write(".gitattributes", "*.rs merge=union\n");
            world.work("Attributes");
            world.git(&["checkout", "--quiet", "main"]);
            world.replace("src/theme.rs", "    1\n", "    9\n");
            world.commit_as("Other", "The same line");
            world.git(&["checkout", "--quiet", "work"]);
        },
        twin: |world| {
            world.write(".gitattributes", "*.rs merge=union\n");
            world.work("Attributes");
            world.git(&["checkout", "--quiet", "main"]);
            world.replace("src/theme.rs", "    2\n", "    9\n");
            world.commit_as("Other", "Another line");
            world.git(&["checkout", "--quiet", "work"]);
        },
    },
    // A name in a file is not a person.
    Row {
        name: "overrides in another's name",
        rule: "legal-moves",
        says: "is an override by Lead, and the commit that says so is by another",
        attack: |world| {
            world.tracker_as("Lead", "set-stage 0thr complete -m hurry");
            world.commit("Done");
        },
        twin: |world| {
            world.does("Lead", "set-stage 0thr complete -m hurry", "Done");
        },
    },
    Row {
        name: "votes by the name of a member",
        rule: "role-members",
        says: "the vote of Ada as reviewer does not count: its author is no member of the role",
        attack: |world| {
            edited_vote(world, &[("by: Ada <ada@example.com>", "by: Ada <eve@example.com>")]);
            forced(world);
        },
        twin: |world| edited_vote(world, &[]),
    },
    Row {
        name: "co-writes what it reviews, in a line of its own making",
        rule: "self-approval",
        says: "the vote of Bob as reviewer does not count: its author wrote what it covers",
        attack: |world| {
            let message = format!("More\n\nTask: {ID}\nCO-AUTHORED-BY: Bob <BOB@example.com>");
            again(world, "Dev", &message, "Bob");
            forced(world);
        },
        twin: |world| {
            let message = format!("More\n\nTask: {ID}\nReviewed-by: Bob <bob@example.com>");
            again(world, "Dev", &message, "Bob");
        },
    },
    // Time and rounds are not what a file says.
    Row {
        name: "votes in a round that has not begun",
        rule: "no-rewritten-votes",
        says: "it names round 9",
        attack: |world| {
            edited_vote(world, &[("round: 2", "round: 9")]);
            forced(world);
        },
        twin: |world| edited_vote(world, &[]),
    },
    Row {
        name: "votes ahead of the clock",
        rule: "no-rewritten-votes",
        says: "it is dated in the future",
        attack: |world| {
            edited_vote(world, &[("at: 2026-", "at: 2036-")]);
            forced(world);
        },
        twin: |world| edited_vote(world, &[]),
    },
    // Approvals end with their task, and never undo the base.
    Row {
        name: "brings back by its old votes what the base took back",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        attack: |world| {
            land(world);
            world.replace("src/theme.rs", "    3\n", "    1\n");
            world.commit_as("Other", "Take it back");
            onward(world);
            world.replace("src/theme.rs", "    1\n", "    3\n");
            world.work("Bring it back");
        },
        twin: |world| {
            land(world);
            onward(world);
            again(world, "Dev", &format!("More\n\nTask: {ID}"), "Ada");
        },
    },
    Row {
        name: "hides a change behind a closed task beside an open one",
        rule: "linked-commits",
        says: "closed before this range",
        attack: |world| {
            land(world);
            onward(world);
            second(world, "src/second.rs");
            world.write("src/second.rs", "more\n");
            world.commit(&format!("More\n\nTask: TASK-0THR\nTask: {ID}"));
        },
        twin: |world| {
            land(world);
            onward(world);
            second(world, "src/second.rs");
            world.write("src/second.rs", "more\n");
            world.commit("More\n\nTask: TASK-0THR");
        },
    },
    // Authorship is asked by content.
    Row {
        name: "writes under another task what it approves",
        rule: "self-approval",
        says: "the vote of Bob as reviewer does not count: its author wrote what it covers",
        attack: |world| {
            second(world, "src/second.rs");
            world.tracker_as("Dev", &format!("reopen {ID}"));
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.commit_as("Bob", "More\n\nTask: TASK-0THR");
            world.replace("src/theme.rs", "    2\n", "    5\n");
            world.work("And more");
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Again");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            forced(world);
        },
        twin: |world| {
            second(world, "src/second.rs");
            world.write("src/second.rs", "more\n");
            world.commit_as("Bob", "More\n\nTask: TASK-0THR");
            approve_second(world, "Ada");
            again(world, "Dev", &format!("More\n\nTask: {ID}"), "Bob");
        },
    },
    Row {
        name: "writes in a merge what it approves",
        rule: "self-approval",
        says: "the vote of Bob as reviewer does not count: its author wrote what it covers",
        attack: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.write("other.txt", "x\n");
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
            world.tracker_as("Dev", &format!("reopen {ID}"));
            world.commit("Reopen");
            world.git(&["merge", "--quiet", "--no-commit", "--no-ff", "main"]);
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.commit_as("Bob", &format!("Merge main\n\nTask: {ID}"));
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Again");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            forced(world);
        },
        twin: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.write("other.txt", "x\n");
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
            world.git_as("Bob", &["merge", "--quiet", "--no-edit", "main"]);
            again(world, "Dev", &format!("More\n\nTask: {ID}"), "Bob");
        },
    },
    // What lands is judged.
    Row {
        name: "goes past a rejection that the base has got",
        rule: "earned-moves",
        says: "although it is rejected by Bob as reviewer",
        attack: |world| on_base(world, "Bob", "reject T3ST --as reviewer -m no"),
        twin: |world| on_base(world, "Bob", "note T3ST fine"),
    },
    Row {
        name: "goes past a finding that the base has got",
        rule: "open-findings",
        says: "open",
        attack: |world| {
            on_base(world, "Bob", "reject T3ST --as reviewer --finding \"high: leaks @ src/theme.rs:2\"");
        },
        twin: |world| on_base(world, "Bob", "note T3ST fine"),
    },
    Row {
        name: "relies on an approval that the base took back",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        attack: |world| on_base_without_the_work(world, "Ada", "withdraw T3ST --as reviewer"),
        twin: |world| on_base_without_the_work(world, "Ada", "note T3ST fine"),
    },
    // A revert takes out what it undoes, and no more.
    Row {
        name: "takes a rejection out with a revert",
        rule: "no-rewritten-votes",
        says: "deletes a vote",
        attack: |world| {
            world.deliver_again();
            world.does("Bob", &format!("reject {ID} --as reviewer -m no"), "Reject");
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
        twin: |world| {
            world.deliver_again();
            world.does("Ada", &format!("approve {ID} --as reviewer"), "Approve");
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
    },
    Row {
        name: "takes a withdrawal out with a revert",
        rule: "no-rewritten-votes",
        says: "deletes a vote",
        attack: |world| {
            world.deliver_again();
            world.tracker_as("Ada", &format!("approve {ID} --as reviewer"));
            world.git(&["checkout", "--quiet", "HEAD", "--", RECORD]);
            world.commit_as("Ada", "Approve");
            world.does("Ada", &format!("withdraw {ID} --as reviewer"), "Withdraw");
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
        twin: |world| {
            world.deliver_again();
            world.does("Ada", &format!("approve {ID} --as reviewer"), "Approve");
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
    },
    Row {
        name: "takes a failure out with a revert",
        rule: "legal-moves",
        says: "out of the history",
        attack: |world| {
            world.deliver_again();
            world.does("Bob", &format!("fail {ID} \"it leaks\""), "Fail");
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
        twin: |world| {
            world.deliver_again();
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
    },
    // Records are judged as they will be merged.
    Row {
        name: "moves a task on that the base has cancelled",
        rule: "legal-moves",
        says: "moves on, and is cancelled",
        attack: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.git(&["merge", "--quiet", "--ff-only", "work~2"]);
            world.does("Lead", &format!("cancel {ID} \"not wanted\""), "Cancel");
            world.git(&["checkout", "--quiet", "work"]);
        },
        twin: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.git(&["merge", "--quiet", "--ff-only", "work~2"]);
            world.does("Lead", &format!("note {ID} wanted"), "Note");
            world.git(&["checkout", "--quiet", "work"]);
        },
    },
    Row {
        name: "delivers what the base required, and not what it requires since",
        rule: "earned-moves",
        says: "the acceptance criteria or deliverables were reworded",
        attack: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.git(&["merge", "--quiet", "--ff-only", "work~2"]);
            world.replace(RECORD, "- [x] it is remembered\n", "- [x] it is remembered\n- [ ] for ever\n");
            world.commit_as("Lead", "And more");
            world.git(&["checkout", "--quiet", "work"]);
        },
        twin: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.git(&["merge", "--quiet", "--ff-only", "work~2"]);
            world.replace(RECORD, "title: Remember the theme", "title: Remember themes");
            world.commit_as("Lead", "A better title");
            world.git(&["checkout", "--quiet", "work"]);
        },
    },
    Row {
        name: "completes what waits for a task that the base has opened again",
        rule: "earned-moves",
        says: "and it waits for TASK-0THR",
        attack: |world| waiting(world, |world| world.does("Lead", "reopen 0thr", "Again")),
        twin: |world| waiting(world, |world| world.does("Lead", "set 0thr priority=high", "Soon")),
    },
    // A type that skips a review brings its own files alone, also in two steps.
    Row {
        name: "lands code under a type that skips reviews, and completes the task later",
        rule: "covered-files",
        says: "is no file of a task of type docs",
        attack: |world| {
            land(world);
            docs_task(world, "src/evil.rs");
            land(world);
            onward(world);
            complete_docs(world);
        },
        twin: |world| {
            land(world);
            docs_task(world, "docs/more.md");
            land(world);
            onward(world);
            complete_docs(world);
        },
    },
    // What git left in conflict is not committed silently; what is written about it is.
    Row {
        name: "commits a record with the markers of a conflict",
        rule: "broken-documents",
        says: "conflict",
        attack: |world| {
            let both = "<<<<<<< HEAD\ntitle: Remember the theme\n=======\ntitle: Another\n>>>>>>> main\n";
            world.replace(RECORD, "title: Remember the theme\n", both);
            world.work("Merge");
        },
        twin: |world| {
            world.append(
                RECORD,
                "\n## Notes\n\n    <<<<<<< HEAD\n    ours\n    =======\n    theirs\n    >>>>>>> main\n",
            );
            world.work("How to resolve");
        },
    },
    Row {
        name: "commits a finding with the markers of a conflict",
        rule: "broken-documents",
        says: "",
        attack: |world| {
            let path = waived(world);
            let text = world.sandbox.read(&path);
            world.write(&path, &format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> main\n"));
            world.commit("Merge");
        },
        twin: |world| drop(waived(world)),
    },
    Row {
        name: "commits a policy with the markers of a conflict",
        rule: "broken-documents",
        says: "",
        attack: |world| {
            let both =
                "<<<<<<< HEAD\nself_approval = \"forbid\"\n=======\nself_approval = \"allow\"\n>>>>>>> x\n";
            world.replace(super::CONFIG, "self_approval = \"forbid\"\n", both);
            world.commit_as("Lead", "Merge");
        },
        twin: |world| {
            world.replace(
                super::CONFIG,
                "self_approval = \"forbid\"\n",
                "self_approval = \"forbid\" # <<<<<<<\n",
            );
            world.commit_as("Lead", "A comment");
        },
    },
    // A protected file is reported as what it is.
    Row {
        name: "links nothing to a folder of another tracker",
        rule: "policy-owners",
        says: "another tracker in another place is added",
        attack: |world| {
            world.write("vendor/.TRACKER/config.toml", "format = 2\n");
            world.work("Vendor");
        },
        twin: |world| {
            world.write("docs/tracker/config.toml", "format = 2\n");
            world.work("Examples");
        },
    },
];

/// A task of type docs, in dev, with a file.
/// Completes a task of which the base has a dependency, complete, where somebody does something about that.
fn waiting(world: &World, on_base: impl Fn(&World)) {
    world.git(&["checkout", "--quiet", "main"]);
    world.does("Lead", "set-stage 0thr complete -m done", "Done before");
    world.git(&["checkout", "--quiet", "-B", "work"]);
    let task = "id: TASK-WA1T\ntitle: Waiting\ntype: docs\ndepends_on: [TASK-0THR]\n";
    world.write(".tracker/tasks/TASK-WA1T.md", &format!("---\n{task}stage: none\n---\n"));
    world.commit("Write it down");
    world.tracker_as("Dev", "start wa1t");
    world.write("docs/wait.md", "words\n");
    world.commit("Words\n\nTask: TASK-WA1T");
    world.does("Dev", "advance wa1t", "Done");
    world.git(&["checkout", "--quiet", "main"]);
    on_base(world);
    world.git(&["checkout", "--quiet", "work"]);
}

fn docs_task(world: &World, path: &str) {
    onward(world);
    world.write(
        ".tracker/tasks/TASK-D0CS.md",
        "---\nid: TASK-D0CS\ntitle: Docs\ntype: docs\ncreated: 2026-11-11\nstage: none\n---\n",
    );
    world.commit("Plan");
    world.tracker_as("Dev", "start d0cs");
    world.write(path, "x\n");
    world.commit("Write\n\nTask: TASK-D0CS");
}

fn complete_docs(world: &World) {
    world.tracker_as("Dev", "advance d0cs");
    world.commit("Done\n\nTask: TASK-D0CS");
}

/// Leads the task on, whatever is missing, so that what its votes are worth is asked.
fn forced(world: &World) {
    world.does("Lead", &format!("set-stage {ID} complete -m hurry"), "Hurry");
}

/// The branch's task gets something on the base, where it is in review.
fn on_base(world: &World, name: &str, line: &str) {
    world.git(&["checkout", "--quiet", "main"]);
    // The base has the task as it was while it was in review.
    world.git(&["merge", "--quiet", "--ff-only", "work~2"]);
    reported_on_base(world, name, line);
}

/// Somebody says something on the base, which has the records of the review and not the work.
fn on_base_without_the_work(world: &World, name: &str, line: &str) {
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["checkout", "--quiet", "work~1", "--", ".tracker"]);
    world.commit_as(name, "The records alone");
    reported_on_base(world, name, line);
}

fn reported_on_base(world: &World, name: &str, line: &str) {
    world.tracker_as(name, line);
    // What it leads to is the base's own affair; here its records count.
    world.git(&["checkout", "--quiet", "HEAD", "--", RECORD]);
    world.commit_as(name, "On the base");
    world.git(&["checkout", "--quiet", "work"]);
}

#[test]
fn every_kind_of_attack_is_stopped_by_its_rule_and_its_twin_is_not() {
    let mut wrong = Vec::new();
    for row in ROWS {
        for (play, is_attack) in [(row.attack, true), (row.twin, false)] {
            let world = World::honest();
            play(&world);
            let violations = world.review().verdict.violations;
            let own = violations.iter().filter(|found| found.is_error() && found.rule.as_str() == row.rule);
            let is_stopped = own.filter(|found| found.message.contains(row.says)).count() > 0;
            if is_stopped != is_attack {
                let what = if is_attack { "passes" } else { "is refused, and honest" };
                wrong.push(format!("{} {what} ({}): {:#?}", row.name, row.rule, messages(&violations)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}
