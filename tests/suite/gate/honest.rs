//! The honest twins of the attacks: they pass.

use super::{ID, POLICY, World, messages};

/// One honest pull request.
struct Twin {
    name: &'static str,
    play: fn(&World),
}

const TWINS: &[Twin] = &[
    Twin { name: "is what it is", play: |_| {} },
    Twin {
        name: "changes the policy with its owner's approval",
        play: |world| {
            world.append(".tracker/config.toml", "[roles.other]\nquorum = 1\n");
            world.work("Add a role");
            world.does("Lead", &format!("approve {ID} --as policy-owner"), "Approve");
        },
    },
    Twin {
        name: "sends a task back and earns it again",
        play: |world| {
            world.tracker_as("Dev", &format!("reopen {ID} -m \"found a bug\""));
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.work("Fix it");
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Again");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            world.does("Sec", &format!("approve {ID} --as auditor"), "Approve");
        },
    },
    Twin {
        name: "is rejected, fixed and approved by who rejected it",
        play: |world| {
            world.deliver_again();
            world.does("Bob", &format!("reject {ID} --as reviewer -m no"), "Reject");
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.work("Fix it");
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Once more");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            world.does("Sec", &format!("approve {ID} --as auditor"), "Approve");
        },
    },
    Twin {
        name: "goes back to the approved content",
        play: |world| {
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.work("One more thing");
            world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        },
    },
    Twin {
        name: "takes back what came after the votes",
        play: |world| {
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.work("One more thing");
            world.replace("src/theme.rs", "    4\n", "    3\n");
            world.work("Rather not");
        },
    },
    Twin {
        name: "adds documentation after the votes, outside of what the reviewers look at",
        play: |world| {
            world.write("docs/theme.md", "How to.\n");
            world.work("Document it");
        },
    },
    Twin {
        name: "is rebased onto a base that moved on",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.write("other.txt", "x\n");
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
            world.git(&["rebase", "--quiet", "main"]);
        },
    },
    Twin {
        name: "comes from a fork whose base moved on",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.write("src/elsewhere.rs", "x\n");
            world.write(".tracker/tasks/TASK-M0RE.md", "---\nid: TASK-M0RE\ntitle: More\nstage: none\n---\n");
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
        },
    },
    Twin {
        name: "has a merge from main inside",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.write("src/elsewhere.rs", "x\n");
            world.replace(".tracker/tasks/TASK-0THR.md", "Another", "Another one");
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
            world.git(&["merge", "--quiet", "--no-ff", "main"]);
        },
    },
    Twin {
        name: "has an octopus merge inside",
        play: |world| {
            for name in ["one", "two"] {
                world.git(&["checkout", "--quiet", "-b", name, "main"]);
                world.write(&format!("docs/{name}.md"), "x\n");
                world.work(name);
            }
            world.git(&["checkout", "--quiet", "work"]);
            world.git(&["merge", "--quiet", "one", "two"]);
        },
    },
    Twin {
        name: "is squashed, and reviewed once more",
        play: |world| {
            world.git(&["reset", "--quiet", "--soft", "main"]);
            world.work("All at once");
            world.tracker_as("Dev", &format!("reopen {ID}"));
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Once more");
            world.does("Ada", &format!("approve {ID} --as reviewer"), "Approve");
            world.does("Sec", &format!("approve {ID} --as auditor"), "Approve");
        },
    },
    Twin {
        name: "takes back a move exactly, as `git revert` does",
        play: |world| {
            world.tracker_as("Dev", &format!("reopen {ID} -m \"found a bug\""));
            world.commit("Reopen");
            world.git(&["revert", "--no-edit", "HEAD"]);
        },
    },
    Twin {
        name: "is cherry-picked",
        play: |world| {
            let commits = world.git(&["rev-list", "--reverse", "main..work"]);
            world.git(&["checkout", "--quiet", "-B", "work", "main"]);
            for commit in commits.lines() {
                world.git(&["cherry-pick", "--allow-empty", commit]);
            }
        },
    },
    Twin {
        name: "renames, links, makes executable, adds what is binary and a submodule",
        play: |world| {
            world.git(&["mv", "README.md", "READ.md"]);
            world.work("Rename");
            std::os::unix::fs::symlink("READ.md", world.sandbox.path().join("link")).unwrap();
            world.write("tool.sh", "#!/bin/sh\n");
            world.git(&["add", "--all"]);
            world.git(&["update-index", "--chmod=+x", "tool.sh"]);
            world.sandbox.write("image.bin", [0_u8, 159, 146, 150]);
            let head = world.git(&["rev-parse", "HEAD"]);
            world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},module")]);
            world.git(&["add", "image.bin"]);
            world.git(&["commit", "--quiet", "--message", &format!("Odds and ends\n\nTask: {ID}")]);
            assert!(world.git(&["ls-tree", "HEAD", "module"]).starts_with("160000"));
        },
    },
    Twin {
        name: "normalises line endings",
        play: |world| {
            world.write(".gitattributes", "*.txt text eol=lf\n");
            world.sandbox.write("notes.txt", "a\r\nb\r\n");
            world.work("Notes");
        },
    },
    Twin {
        name: "waives a finding as one of the role",
        play: |world| {
            world.deliver_again();
            world.tracker_as(
                "Bob",
                &format!("reject {ID} --as reviewer --finding \"high: leaks @ src/theme.rs:2\""),
            );
            world.commit_as("Bob", "Reject");
            let folder = world.sandbox.path().join(format!(".tracker/findings/{ID}"));
            let name = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().file_name();
            let id = name.to_str().unwrap().trim_end_matches(".yaml");
            world.tracker_as("Bob", &format!("findings waive {ID} {id} -m \"by design\""));
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit_as("Bob", "Waive");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve after all");
            world.does("Sec", &format!("approve {ID} --as auditor"), "Approve again");
        },
    },
    Twin {
        name: "marks as fixed what the reviewer approves afterwards",
        play: |world| {
            world.deliver_again();
            world.tracker_as(
                "Bob",
                &format!("reject {ID} --as reviewer --finding \"high: leaks @ src/theme.rs:2\""),
            );
            world.commit_as("Bob", "Reject");
            let folder = world.sandbox.path().join(format!(".tracker/findings/{ID}"));
            let name = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().file_name();
            let id = name.to_str().unwrap().trim_end_matches(".yaml");
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.tracker_as("Dev", &format!("findings fix {ID} {id} -m \"it leaks no more\""));
            world.work("Fix the leak");
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Deliver it again");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            world.does("Sec", &format!("approve {ID} --as auditor"), "Approve again");
        },
    },
    Twin {
        name: "merges a base that changed other lines of the same file",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.replace("src/theme.rs", "    2\n", "    5\n");
            world.commit_as("Other", "Something else");
            world.git(&["checkout", "--quiet", "work"]);
            world.git(&["merge", "--quiet", "--no-edit", "main"]);
        },
    },
    Twin {
        name: "opens a task again that has landed, and earns it again",
        play: |world| {
            world.git(&["checkout", "--quiet", "main"]);
            world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "work"]);
            world.git(&["checkout", "--quiet", "-B", "work", "main"]);
            world.tracker_as("Dev", &format!("reopen {ID} -m \"more to do\""));
            world.commit("Open it again");
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.work("Do more");
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Deliver more");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
            world.does("Sec", &format!("approve {ID} --as auditor"), "Approve again");
        },
    },
    Twin {
        name: "cancels a task",
        play: |world| {
            world.tracker_as("Dev", "cancel 0thr \"not needed\"");
            world.commit("Cancel");
        },
    },
    Twin {
        name: "touches 5,000 files outside of what is reviewed",
        play: |world| {
            for number in 0..5000 {
                world.write(&format!("data/{}/{number}.txt", number % 50), "x\n");
            }
            world.work("Data");
        },
    },
];

#[test]
fn every_honest_twin_passes() {
    let mut stopped = Vec::new();
    for twin in TWINS {
        let world = World::honest();
        (twin.play)(&world);
        let violations = world.review().verdict.violations;
        if violations.iter().any(tracker::review::Violation::is_error) {
            stopped.push(format!("{}: {:#?}", twin.name, messages(&violations)));
        }
    }
    assert!(stopped.is_empty(), "{} of {}\n{}", stopped.len(), TWINS.len(), stopped.join("\n"));
}

#[test]
fn an_honest_pull_request_has_no_violations() {
    let nothing: Vec<String> = Vec::new();
    assert_eq!(World::honest().verdict(), nothing);
}

#[test]
fn who_introduces_the_tracker_is_judged_by_their_own_rules() {
    let world = World::honest();
    world.git(&["checkout", "--quiet", "--orphan", "bare"]);
    world.git(&["rm", "--quiet", "-r", "--cached", ".tracker"]);
    std::fs::remove_dir_all(world.sandbox.path().join(".tracker")).unwrap();
    world.commit("No tracker");
    world.git(&["checkout", "--quiet", "-b", "new"]);
    world.write(".tracker/config.toml", POLICY);
    world.write(".tracker/tasks/TASK-0THR.md", "---\nid: TASK-0THR\ntitle: Another\nstage: none\n---\n");
    world.commit("Introduce the tracker\n\nTask: TASK-0THR");
    let review = world.review_of("bare", "new");
    assert_eq!(
        messages(&review.verdict.violations),
        ["!merge-stage: is in none, and what is merged must have reached qa"]
    );
    assert_eq!(review.range.policy, "the range itself, for bare has none");
    let owners = review.verdict.rules.iter().find(|rule| rule.rule.as_str() == "policy-owners").unwrap();
    assert!(owners.status.as_deref().unwrap().contains("judged by its own"));
}

#[test]
fn a_workflow_beside_it_is_named() {
    let world = World::honest();
    world.write(".github/workflows/ci.yml", "on: push\n");
    world.work("Change the workflow");
    assert_eq!(
        world.verdict(),
        [
            "policy-owners: changes the workflow that may run this gate: look at it closely",
            "declared-files: changes .github/workflows/ci.yml, which is none of its target files",
        ]
    );
}
