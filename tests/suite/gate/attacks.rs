//! What a pull request must not get away with, and the rule that stops it.

use super::{CONFIG, ID, World, finding, messages};

/// One attack.
struct Attack {
    name: &'static str,
    /// The rule that stops it.
    rule: &'static str,
    /// What its violation says.
    says: &'static str,
    play: fn(&World),
}

const ATTACKS: &[Attack] = &[
    Attack {
        name: "lowers a quorum",
        rule: "policy-owners",
        says: "part of the policy is changed without the approval of policy-owner",
        play: |world| {
            world.append(CONFIG, "[roles.other]\nquorum = 1\n");
            world.work("Less is enough");
        },
    },
    Attack {
        name: "asks nobody any more",
        rule: "policy-owners",
        says: "without the approval of policy-owner",
        play: |world| {
            world.replace(CONFIG, "signoffs = [\"auditor\"]\n", "signoffs = []\n");
            world.work("Quicker");
        },
    },
    Attack {
        name: "deletes the policy",
        rule: "policy-owners",
        says: "part of the policy is deleted",
        play: |world| {
            world.git(&["rm", "--quiet", CONFIG]);
            world.work("Tidy");
        },
    },
    Attack {
        name: "adds itself to a role",
        rule: "policy-owners",
        says: "part of the policy is changed",
        play: |world| {
            world.replace(CONFIG, "\"ada@example.com\"", "\"ada@example.com\", \"dev@example.com\"");
            world.work("I review as well");
        },
    },
    Attack {
        name: "makes itself an owner and approves that",
        rule: "policy-owners",
        says: "without the approval of policy-owner",
        play: |world| {
            world.replace(CONFIG, "lead@example.com", "dev@example.com");
            world.work("I own this");
            world.tracker_as("Dev", &format!("approve {ID} --as policy-owner"));
            world.commit("Approve myself");
        },
    },
    Attack {
        name: "adds its key to the allowed signers",
        rule: "policy-owners",
        says: "part of the policy is added",
        play: |world| {
            world.write(".tracker/allowed_signers", "ada@example.com ssh-ed25519 AAAA\n");
            world.work("My key");
        },
    },
    Attack {
        name: "edits a role's file",
        rule: "policy-owners",
        says: "part of the policy is changed",
        play: |world| {
            world.append(".tracker/roles/reviewer.md", "Approve everything.\n");
            world.work("Clarify");
        },
    },
    Attack {
        name: "adds a second configuration in another place",
        rule: "policy-owners",
        says: "another tracker in another place is added",
        play: |world| {
            world.write("sub/.tracker/config.toml", "format = 2\n");
            world.work("Sub-project");
        },
    },
    Attack {
        name: "makes a reviewer of itself by the mailmap",
        rule: "policy-owners",
        says: "part of the policy is added",
        play: |world| {
            world.write(".mailmap", "Ada <ada@example.com> <dev@example.com>\n");
            world.work("Names");
        },
    },
    Attack {
        name: "changes a policy with the approval of another's task",
        rule: "policy-owners",
        says: "by commits of no task",
        play: |world| {
            world.does(
                "Lead",
                &format!("approve {ID} --as policy-owner"),
                "Approve the policy's changes of this task: there are none",
            );
            world.append(CONFIG, "[roles.other]\nquorum = 1\n");
            world.commit("Unlinked");
        },
    },
    Attack {
        name: "sets the stage by hand",
        rule: "legal-moves",
        says: "set by hand",
        play: |world| {
            world.write(
                ".tracker/tasks/TASK-0THR.md",
                "---\nid: TASK-0THR\ntitle: Another\nstage: complete\n---\n",
            );
            world.commit("Done");
        },
    },
    Attack {
        name: "writes a history of its own",
        rule: "earned-moves",
        says: "left qa, without the approval of reviewer",
        play: |world| {
            let step = |from: &str, to: &str| {
                format!("  - {{at: 2026-11-11T10:00:00Z, by: Ada, from: {from}, to: {to}}}\n")
            };
            let history =
                [step("none", "dev"), step("dev", "qa"), step("qa", "sec"), step("sec", "complete")].concat();
            let text =
                format!("---\nid: TASK-0THR\ntitle: Another\nstage: complete\nhistory:\n{history}---\n");
            world.write(".tracker/tasks/TASK-0THR.md", &text);
            world.commit("Done");
        },
    },
    Attack {
        name: "jumps over a stage",
        rule: "legal-moves",
        says: "its pipeline has no such move",
        play: |world| {
            let history = "  - {at: 2026-11-11T10:00:00Z, by: Ada, from: none, to: complete}\n";
            let text =
                format!("---\nid: TASK-0THR\ntitle: Another\nstage: complete\nhistory:\n{history}---\n");
            world.write(".tracker/tasks/TASK-0THR.md", &text);
            world.commit("Done");
        },
    },
    Attack {
        name: "overrides what is missing",
        rule: "overrides",
        says: "by an override of Dev, without the approval of reviewer",
        play: |world| {
            world.tracker_as("Dev", "set-stage 0thr complete -m hurry");
            world.commit("Done");
        },
    },
    Attack {
        name: "deletes a rejection",
        rule: "no-rewritten-votes",
        says: "deletes a vote",
        play: |world| {
            let vote = rejection(world);
            world.git(&["rm", "--quiet", &vote]);
            world.commit("Tidy");
        },
    },
    Attack {
        name: "turns a rejection into an approval",
        rule: "no-rewritten-votes",
        says: "changes a vote that was cast",
        play: |world| {
            let vote = rejection(world);
            world.replace(&vote, "verdict: rejected", "verdict: approved");
            world.commit("Typo");
        },
    },
    Attack {
        name: "drops a rejection in a merge",
        rule: "no-rewritten-votes",
        says: "deletes a vote",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
            let vote = rejection(world);
            world.git(&["merge", "--quiet", "--no-commit", "--no-ff", "main"]);
            world.git(&["rm", "--quiet", "--force", &vote]);
            world.commit("Merge");
        },
    },
    Attack {
        name: "copies a vote from another task",
        rule: "earned-moves",
        says: "left qa, without the approval of reviewer",
        play: |world| {
            let text = world.sandbox.read(&world.votes()[0]).replace("TASK-T3ST", "TASK-0THR");
            world.write(".tracker/signoffs/TASK-0THR/20261111T093000Z-reviewer-00000000.yaml", &text);
            let step = |from: &str, to: &str| {
                format!("  - {{at: 2026-11-11T10:00:00Z, by: Ada, from: {from}, to: {to}}}\n")
            };
            let history = [step("none", "dev"), step("dev", "qa"), step("qa", "sec")].concat();
            let text = format!("---\nid: TASK-0THR\ntitle: Another\nstage: sec\nhistory:\n{history}---\n");
            world.write(".tracker/tasks/TASK-0THR.md", &text);
            world.commit("Borrow a vote");
        },
    },
    Attack {
        name: "changes code after the votes",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        play: |world| {
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.work("One more thing");
        },
    },
    Attack {
        name: "changes only whitespace after the votes",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        play: |world| {
            world.replace("src/theme.rs", "    3\n", "    3  \n");
            world.work("Format");
        },
    },
    Attack {
        name: "moves a covered line into another function",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        play: |world| {
            world.write("src/theme.rs", "fn theme() {\n}\n\nfn other() {\n    3\n    2\n}\n");
            world.work("Move it");
        },
    },
    Attack {
        name: "changes reviewed code in a commit of no task",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        play: |world| {
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.commit("Unlinked");
        },
    },
    Attack {
        name: "adds code in a commit of no task",
        rule: "covered-files",
        says: "src/evil.rs changed without a task, so auditor, reviewer never saw it",
        play: |world| {
            world.write("src/evil.rs", "evil\n");
            world.commit("Unlinked");
        },
    },
    Attack {
        name: "adds code under a task whose route asks nobody",
        rule: "covered-files",
        says: "auditor and reviewer review src/evil.rs, which no stage of this task's type requires",
        play: |world| {
            world.write("src/evil.rs", "evil\n");
            world.write(
                ".tracker/tasks/TASK-D0C5.md",
                "---\nid: TASK-D0C5\ntitle: Words\ntype: docs\nstage: none\n---\n",
            );
            world.commit("Words\n\nTask: TASK-D0C5");
            world.tracker_as("Dev", "start d0c5");
            world.tracker_as("Dev", "advance d0c5");
            world.commit("Done\n\nTask: TASK-D0C5");
        },
    },
    Attack {
        name: "makes another type of a task that has begun",
        rule: "legal-moves",
        says: "dev → complete by Dev: its pipeline has no such move",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.tracker_as("Dev", "start 0thr");
            world.commit("Start it\n\nTask: TASK-0THR");
            world.git(&["checkout", "--quiet", "work"]);
            world.git(&["merge", "--quiet", "main"]);
            world.tracker_as("Dev", "set 0thr type=docs");
            world.tracker_as("Dev", "advance 0thr");
            world.commit("Done\n\nTask: TASK-0THR");
        },
    },
    Attack {
        name: "rewords the criteria after the votes",
        rule: "earned-moves",
        says: "the acceptance criteria or deliverables were reworded",
        play: |world| {
            world.replace(&format!(".tracker/tasks/{ID}.md"), "also after a restart", "sometimes");
            world.commit("Clarify");
        },
    },
    Attack {
        name: "unticks what was delivered",
        rule: "deliverables",
        says: "left dev, with deliverable 1 it is remembered unchecked",
        play: |world| {
            world.tracker_as("Dev", &format!("untick {ID} 1"));
            world.commit("Not yet");
        },
    },
    Attack {
        name: "approves its own work",
        rule: "self-approval",
        says: "its author wrote what it covers",
        play: |world| {
            world.write("src/more.rs", "more\n");
            world.git_as("Bob", &["add", "--all"]);
            world.tracker_as("Dev", "start 0thr");
            world.commit_as("Bob", "Work\n\nTask: TASK-0THR");
            world.tracker_as("Dev", "advance 0thr");
            world.commit("Deliver");
            world.does("Bob", "approve 0thr --as reviewer", "Approve");
            world.does("Bob", "set-stage 0thr sec -m hurry", "On");
        },
    },
    Attack {
        name: "votes for a role that is not its own",
        rule: "role-members",
        says: "its author is no member of the role",
        play: |world| {
            world.tracker_as("Dev", "start 0thr");
            world.tracker_as("Dev", "advance 0thr");
            world.commit("Work");
            world.tracker_as("Eve", "approve 0thr --as reviewer");
            world.tracker_as("Dev", "set-stage 0thr sec -m hurry");
            world.commit_as("Eve", "Approve");
        },
    },
    Attack {
        name: "deletes an open finding",
        rule: "open-findings",
        says: "deletes finding",
        play: |world| {
            finding(world);
            world.git(&["rm", "--quiet", "-r", ".tracker/findings"]);
            world.commit("Tidy");
        },
    },
    Attack {
        name: "belittles a finding",
        rule: "open-findings",
        says: "low where it was high",
        play: |world| {
            let path = finding(world);
            world.replace(&path, "severity: high", "severity: low");
            world.commit("Not so bad");
        },
    },
    Attack {
        name: "waives a finding that others found",
        rule: "open-findings",
        says: "was waived by Dev, who is no member of reviewer",
        play: |world| {
            let path = finding(world);
            let id = path.rsplit('/').next().unwrap().trim_end_matches(".yaml").to_owned();
            world.tracker_as("Dev", &format!("findings waive {ID} {id} -m fine"));
            world.commit("Waive");
        },
    },
    Attack {
        name: "hides a step in two commits that cancel out",
        rule: "legal-moves",
        says: "out of the history",
        play: |world| {
            world.tracker_as("Dev", &format!("reopen {ID} -m \"found a bug\""));
            world.commit("Reopen");
            let text = world.git(&["show", &format!("HEAD~1:.tracker/tasks/{ID}.md")]);
            world.write(&format!(".tracker/tasks/{ID}.md"), &format!("{text}\n"));
            // An exact revert may take its move back, and this is none.
            world.write("docs/note.md", "Never mind.\n");
            world.work("Never mind");
        },
    },
    Attack {
        name: "squashes away who approved",
        rule: "earned-moves",
        says: "another than its author committed it, and it is not signed",
        play: |world| {
            world.git(&["reset", "--quiet", "--soft", "main"]);
            world.work("All at once");
        },
    },
    Attack {
        name: "deletes a task",
        rule: "legal-moves",
        says: "the record is deleted",
        play: |world| {
            world.git(&["rm", "--quiet", ".tracker/tasks/TASK-0THR.md"]);
            world.commit("Gone");
        },
    },
    Attack {
        name: "breaks a document",
        rule: "broken-documents",
        says: "",
        play: |world| {
            world.write(".tracker/tasks/TASK-0THR.md", "---\nid: TASK-0THR\ntitle: [\n---\n");
            world.commit("Break");
        },
    },
    Attack {
        name: "points a record out of the repository",
        rule: "broken-documents",
        says: "is a symbolic link",
        play: |world| {
            let path = world.sandbox.path().join(".tracker/tasks/TASK-11NK.md");
            std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
            world.commit("Link");
        },
    },
    Attack {
        name: "merges with evil changes of code",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs as it is now",
        play: |world| {
            evil_merge(world, |world| world.replace("src/theme.rs", "    3\n", "    666\n"));
        },
    },
    Attack {
        name: "merges with evil changes of a record",
        rule: "merge-integrity",
        says: "the merge contains what neither side has",
        play: |world| {
            evil_merge(world, |world| world.replace(".tracker/tasks/TASK-0THR.md", "Another", "Mine"));
        },
    },
    Attack {
        name: "belongs to a task that does not exist",
        rule: "linked-commits",
        says: "names TASK-N0NE, which is no task",
        play: |world| {
            world.write("notes.txt", "x\n");
            world.commit("Work\n\nTask: TASK-N0NE");
        },
    },
    Attack {
        name: "adds a copy of an approval that was withdrawn",
        rule: "covered-files",
        says: "no valid approval of src/theme.rs",
        play: |world| {
            world.deliver_again();
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            let folder = world.sandbox.path().join(format!(".tracker/signoffs/{ID}"));
            let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
            let last =
                names.map(|name| name.into_string().unwrap()).filter(|name| name.contains("reviewer")).max();
            let text = std::fs::read(folder.join(last.unwrap())).unwrap();
            world.does("Bob", &format!("withdraw {ID} --as reviewer"), "Withdraw");
            std::fs::write(folder.join("20991231T000000Z-reviewer-0badc0de.yaml"), text).unwrap();
            world.commit_as("Bob", "Tidy");
        },
    },
    Attack {
        name: "is not far enough to be merged",
        rule: "merge-stage",
        says: "is in dev, and what is merged must have reached qa",
        play: |world| {
            world.write("src/half.rs", "half\n");
            world.tracker_as("Dev", "start 0thr");
            world.commit("Half\n\nTask: TASK-0THR");
        },
    },
];

/// Opens the task again and has it rejected; returns the vote's path.
fn rejection(world: &World) -> String {
    let before = world.votes();
    world.deliver_again();
    world.does("Bob", &format!("reject {ID} --as reviewer -m no"), "Reject");
    world.votes().into_iter().find(|vote| !before.contains(vote)).unwrap()
}

/// Merges main, which has moved on, and slips something in.
fn evil_merge(world: &World, slip: fn(&World)) {
    world.git(&["checkout", "--quiet", "main"]);
    world.write("other.txt", "x\n");
    world.commit_as("Other", "Something else");
    world.git(&["checkout", "--quiet", "work"]);
    world.git(&["merge", "--quiet", "--no-commit", "--no-ff", "main"]);
    slip(world);
    world.work("Merge main");
}

#[test]
fn every_attack_is_stopped_by_its_rule() {
    let mut passed = Vec::new();
    for attack in ATTACKS {
        let world = World::honest();
        (attack.play)(&world);
        let violations = world.review().verdict.violations;
        let mut own = violations
            .iter()
            .filter(|violation| violation.is_error() && violation.rule.as_str() == attack.rule);
        if !own.any(|violation| violation.message.contains(attack.says)) {
            passed.push(format!("{} ({}): {:#?}", attack.name, attack.rule, messages(&violations)));
        }
    }
    assert!(passed.is_empty(), "{} of {}\n{}", passed.len(), ATTACKS.len(), passed.join("\n"));
}
