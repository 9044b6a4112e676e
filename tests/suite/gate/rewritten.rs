//! What is written again, written in between or put in the place of something else: histories, policies, names, and what
//! sprints report.

use super::{CONFIG, ID, World, messages};

const RECORD: &str = ".tracker/tasks/TASK-T3ST.md";

fn found(world: &World) -> Vec<String> {
    messages(&world.review().verdict.violations)
}

fn has(world: &World, rule: &str, says: &str) -> bool {
    found(world).iter().any(|own| own.starts_with(rule) && own.contains(says))
}

/// Does something on main.
fn on_main(world: &World, action: impl Fn(&World)) {
    world.git(&["checkout", "--quiet", "main"]);
    action(world);
    world.git(&["checkout", "--quiet", "work"]);
}

/// Writes moves into the history, before the first of a kind.
fn inserted(world: &World, before: &str, moves: &str) {
    let text = world.sandbox.read(RECORD);
    let at = text.lines().find(|line| line.contains(before)).unwrap();
    world.write(RECORD, &text.replace(at, &format!("{moves}{at}")));
    world.work("Rework");
}

#[test]
fn a_move_that_is_there_twice_is_no_move() {
    let world = World::honest();
    let text = world.sandbox.read(RECORD);
    let line = text.lines().find(|line| line.contains("from: dev, to: qa")).unwrap();
    inserted(&world, "from: dev, to: qa", &format!("{line}\n"));
    assert!(has(&world, "!legal-moves", "it is there twice"), "{:#?}", found(&world));
}

#[test]
fn only_the_last_moves_are_taken_back_by_a_revert() {
    let world = World::honest();
    let step = |from: &str, to: &str| {
        format!("  - {{at: 2026-11-11T12:00:00Z, by: Dev, from: {from}, to: {to}, why: again}}\n")
    };
    inserted(&world, "from: dev, to: qa", &(step("dev", "qa") + &step("qa", "dev")));
    world.git(&["revert", "--no-edit", "HEAD"]);
    world.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--no-verify",
        "-m",
        "Revert \"Rework\"",
        "-m",
        "Task: TASK-T3ST",
    ]);
    assert!(has(&world, "!legal-moves", "out of the history"), "{:#?}", found(&world));
}

#[test]
fn a_line_of_the_base_policy_that_is_not_read_is_no_yes() {
    let world = World::honest();
    on_main(&world, |world| {
        world.replace(CONFIG, "[stage.sec]\nsignoffs", "[stage.sec]\nsignoff");
        world.commit_as("Lead", "Rules");
    });
    let says = "unknown key `signoff`";
    assert!(has(&world, "!broken-documents", says), "{:#?}", found(&world));
    // Who corrects it is not refused for it.
    world.git(&["checkout", "--quiet", "-B", "work", "main"]);
    world.replace(CONFIG, "signoff = [\"auditor\"]", "signoffs = [\"auditor\"]");
    world.commit_as("Lead", "Correct them");
    assert!(!has(&world, "!broken-documents", says), "{:#?}", found(&world));
}

#[test]
fn a_submodule_is_of_those_who_review_what_is_in_it() {
    for (name, is_hidden) in [("vendor.md", true), ("vendor", false)] {
        let world = World::honest();
        on_main(&world, |world| {
            world.replace(CONFIG, "paths = [\"src/**\", \"Cargo.toml\"]", "paths = [\"**\", \"!*.md\"]");
            world.commit_as("Lead", "Rules");
        });
        world.git(&["merge", "--quiet", "--no-verify", "-m", "Update", "main"]);
        let entry = format!("160000,{},{name}", "1".repeat(40));
        world.git(&["update-index", "--add", "--cacheinfo", &entry]);
        world.git(&["commit", "--quiet", "--no-verify", "-m", "Vendor", "-m", "Task: TASK-T3ST"]);
        assert_eq!(
            has(&world, "!covered-files", "is a submodule"),
            is_hidden,
            "{name}: {:#?}",
            found(&world)
        );
    }
}

#[test]
fn a_move_of_a_blocked_task_is_a_warning() {
    let world = World::honest();
    assert!(!has(&world, "legal-moves", "is blocked"), "{:#?}", found(&world));
    world.replace(RECORD, "stage: complete\n", "stage: complete\nblocked: the law forbids it\n");
    world.work("Block");
    assert!(has(&world, "legal-moves", "is blocked: the law forbids it"), "{:#?}", found(&world));
}

#[test]
fn a_commit_of_a_closed_task_that_a_reviewed_one_has_built_upon_is_no_fault() {
    let world = World::honest();
    on_main(&world, |world| {
        world.git(&["merge", "--quiet", "--squash", "work"]);
        world.work("Land it");
    });
    // A stacked branch: the lower commits are still in it.
    world.tracker_as("Dev", "start 0thr");
    world.replace("src/theme.rs", "    2\n", "    4\n");
    world.commit("More\n\nTask: TASK-0THR");
    world.does("Dev", "advance 0thr", "Deliver\n\nTask: TASK-0THR");
    world.does("Bob", "approve 0thr --as reviewer", "Approve the second");
    world.does("Sec", "approve 0thr --as auditor", "Approve the second as well");
    world.git(&["merge", "--quiet", "--no-verify", "-m", "Update", "main"]);
    let errors: Vec<String> = found(&world).into_iter().filter(|own| own.starts_with('!')).collect();
    assert_eq!(errors, [""; 0], "{ID}");
}

#[test]
fn pages_and_lists_of_sprints_are_of_those_that_are_closed() {
    let list = ".tracker/sprints/SPRINT_HISTORY.md";
    let world = World::honest();
    on_main(&world, |world| {
        world.write(list, "# Sprints\n\n- SPRINT-1: 50 %\n");
        world.commit_as("Lead", "A sprint");
    });
    world.git(&["merge", "--quiet", "--no-verify", "-m", "Update", "main"]);
    world.append(list, "- SPRINT-2: 60 %\n");
    world.commit("Another");
    assert!(!has(&world, "closed-sprints", ""), "{:#?}", found(&world));
    world.replace(list, "50 %", "100 %");
    world.write(".tracker/sprints/NOPE/report.html", "<script>alert(1)</script>\n");
    world.commit("Better");
    assert!(has(&world, "closed-sprints", "no longer has lines"), "{:#?}", found(&world));
    assert!(has(&world, "closed-sprints", "is a page of NOPE"), "{:#?}", found(&world));
}

#[test]
fn what_a_close_writes_into_other_files_passes_as_it_is_computed() {
    let (status, list) = ("src/STATUS.md", "src/SPRINTS.md");
    let world = World::honest();
    on_main(&world, |world| {
        world.append(
            ".tracker/config.toml",
            "[sprints]\nsteps = [\"history\", \"documents\"]\nhistory = \"src/SPRINTS.md\"\ndocuments = [\"src/STATUS.md\"]\n",
        );
        world.write(status, "# Status\n\nby hand\n");
        for line in [
            "sprint new SPRINT-1",
            "set 0thr sprint=SPRINT-1",
            "sprint start SPRINT-1",
            "sprint new SPRINT-2",
        ] {
            world.tracker_as("Lead", line);
        }
        world.commit_as("Lead", "Start a sprint");
    });
    world.git(&["merge", "--quiet", "--no-verify", "-m", "Update", "main"]);
    world.tracker_as("Dev", "sprint close SPRINT-1 --carry-over SPRINT-2");
    assert!(
        world.sandbox.read(status).contains("by hand")
            && world.sandbox.read(status).contains("Last sprint: SPRINT-1")
    );
    assert!(world.sandbox.read(list).contains("[SPRINT-1]"));
    let errors: Vec<String> = found(&world).into_iter().filter(|own| own.starts_with('!')).collect();
    assert_eq!(errors, [""; 0]);
    for (path, from, to) in [
        (status, "by hand", "by Mallory"),
        (status, "0 of 1 delivered", "1 of 1 delivered"),
        (list, "0 of 1 delivered", "1 of 1 delivered"),
        (list, "# Sprints", "# Sprints, all done"),
    ] {
        world.replace(path, from, to);
        world.commit("Tidy");
        let message = format!("{path} changed without a task");
        assert!(has(&world, "!covered-files", &message), "{from}: {:#?}", found(&world));
        world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
}

#[test]
fn what_a_sprint_has_begun_with_stays() {
    type Change = fn(&World);
    let sprint = ".tracker/sprints/SPRINT-1/sprint.yaml";
    let attacks: [(&str, Change, &str); 4] = [
        (
            "a commitment made smaller",
            |world| world.replace(".tracker/sprints/SPRINT-1/sprint.yaml", "estimate: 6h", "estimate: 1h"),
            "sprint.yaml says otherwise what it committed to",
        ),
        (
            "a change of scope left out",
            |world| drop(world.git(&["rm", "-r", "--quiet", ".tracker/sprints/SPRINT-1/scope"])),
            "yaml says otherwise what it committed to",
        ),
        (
            "the sprint deleted",
            |world| drop(world.git(&["rm", "-r", "--quiet", ".tracker/sprints/SPRINT-1"])),
            "SPRINT-1 has begun on the base, and has not at the head",
        ),
        ("an estimate", |world| drop(world.tracker_as("Lead", "set 0thr estimate=2h")), ""),
    ];
    let world = World::honest();
    on_main(&world, |world| {
        world.tracker_as("Lead", "sprint new SPRINT-1");
        world.tracker_as("Lead", "set 0thr sprint=SPRINT-1 estimate=6h");
        world.tracker_as("Lead", "sprint start SPRINT-1");
        world.tracker_as("Lead", "set 0thr estimate=4h");
        world.commit_as("Lead", "Start a sprint");
    });
    world.git(&["merge", "--quiet", "--no-verify", "-m", "Update", "main"]);
    assert!(world.sandbox.read(sprint).contains("estimate: 6h"));
    for (name, attack, expected) in attacks {
        attack(&world);
        world.commit("Tidy");
        let is_told =
            found(&world).iter().any(|own| own.contains("closed-sprints") && own.contains(expected));
        assert_eq!(is_told, !expected.is_empty(), "{name}: {:#?}", found(&world));
        world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
}
