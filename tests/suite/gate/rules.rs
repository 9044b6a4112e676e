//! Rules that are agreed upon: each where it is broken and where it is enforced.

use super::{ID, World, messages};
use crate::support::Output;
use tracker::report::review::FORMATS;

/// Writes more policy on main, and has it in the pull request as well.
fn agreed(more: &str) -> World {
    let world = World::honest();
    world.git(&["checkout", "--quiet", "main"]);
    world.append(".tracker/config.toml", more);
    world.commit_as("Lead", "Agree");
    world.git(&["checkout", "--quiet", "work"]);
    world
}

fn found(world: &World, rule: &str) -> Vec<String> {
    let all = messages(&world.review().verdict.violations);
    all.into_iter().filter(|messages| messages.contains(&format!("{rule}: "))).collect()
}

fn check(world: &World, more: &[&str]) -> Output {
    let words = [&["check", "--base", "main", "--head", "work"], more].concat();
    world.sandbox.tracker(&words)
}

#[test]
fn nobody_has_more_in_progress_than_is_agreed() {
    let world = agreed("wip_limit = 1\n");
    assert!(found(&world, "wip-limit").is_empty());
    world.write(".tracker/tasks/TASK-M0RE.md", "---\nid: TASK-M0RE\ntitle: More\nstage: none\n---\n");
    for id in ["0thr", "m0re"] {
        world.tracker_as("Dev", &format!("start {id}"));
    }
    world.commit("Two at once");
    let says = "wip-limit: Dev has 2 tasks in progress, 1 are agreed: TASK-0THR, TASK-M0RE";
    assert_eq!(found(&world, "wip-limit"), [says]);
}

#[test]
fn what_main_has_begun_since_counts_as_in_progress() {
    let world = agreed("wip_limit = 1\n");
    world.tracker_as("Dev", "start 0thr");
    world.commit("One");
    assert!(found(&world, "wip-limit").is_empty());
    world.git(&["checkout", "--quiet", "main"]);
    let begun = "  - {at: 2026-11-11T10:00:00Z, by: Dev, from: none, to: dev, kind: start}\n";
    let task = format!("---\nid: TASK-M0RE\ntitle: More\nstage: dev\nassignee: Dev\nhistory:\n{begun}---\n");
    world.write(".tracker/tasks/TASK-M0RE.md", &task);
    world.commit_as("Lead", "Another");
    world.git(&["checkout", "--quiet", "work"]);
    let says = "wip-limit: Dev has 2 tasks in progress, 1 are agreed: TASK-0THR, TASK-M0RE";
    assert_eq!(found(&world, "wip-limit"), [says]);
}

#[test]
fn what_changes_the_code_changes_its_tests() {
    let standard = "[[policy.standard]]\nwhen = [\"src/**\"]\nthen = [\"tests/**\"]\nlevel = \"error\"\n\
        message = \"test it\"\n";
    let world = agreed(standard);
    let says = "!standards: test it: src/theme.rs changed, and nothing in tests/**";
    assert_eq!(found(&world, "standards"), [says]);
    world.write("tests/theme.rs", "x\n");
    world.work("Test it");
    assert!(found(&world, "standards").is_empty());
    assert!(found(&agreed(&standard.replace("\"error\"", "\"off\"")), "standards").is_empty());
}

#[test]
fn a_task_changes_the_files_that_it_declares() {
    let world = agreed("declared-files = \"error\"\n");
    assert!(found(&world, "declared-files").is_empty());
    world.write("docs/theme.md", "How to.\n");
    world.work("Document it");
    let says = "!declared-files: changes docs/theme.md, which is none of its target files";
    assert_eq!(found(&world, "declared-files"), [says]);
}

#[test]
fn a_suggested_command_quotes_the_name_of_a_file() {
    let world = agreed("declared-files = \"error\"\n");
    world.write("docs/a$(touch pwned);`id`.rs", "x\n");
    world.work("Add it");
    let all = world.review().verdict.violations;
    let own = all.iter().find(|violation| violation.message.contains("none of its target files")).unwrap();
    let command = own.suggestion.as_ref().unwrap().to_string();
    let words = shell_words::split(&command).unwrap();
    assert_eq!(words, ["tracker", "set", ID, "files+=docs/a$(touch pwned);`id`.rs"], "{command}");
    assert!(command.contains("files+='docs/a$(touch pwned);`id`.rs'"), "{command}");
}

#[test]
fn commands_run_only_where_the_caller_allows_it() {
    let command = "[[policy.command]]\nname = \"lint\"\nrun = \"touch ran; echo too long; exit 3\"\n";
    let world = agreed(command);
    let output = check(&world, &["--full"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(!world.sandbox.path().join("ran").exists(), "{output}");
    let output = check(&world, &["--allow-commands"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stdout.contains("lint failed: too long"), "{output}");
    assert!(world.sandbox.path().join("ran").exists());
    // What the pull request itself names is never run.
    world.append(".tracker/config.toml", "[[policy.command]]\nname = \"evil\"\nrun = \"touch evil\"\n");
    world.work("Another command");
    check(&world, &["--allow-commands"]);
    assert!(!world.sandbox.path().join("evil").exists());
}

#[test]
fn the_exit_code_is_the_answer() {
    let world = World::honest();
    let output = check(&world, &[]);
    assert_eq!((output.status, output.stdout.contains(" rules")), (0, true), "{output}");
    world.replace("src/theme.rs", "    3\n", "    4\n");
    world.work("One more thing");
    for format in ["human", "json"].into_iter().chain(FORMATS.iter().map(|format| format.name)) {
        let output = check(&world, &["--format", format]);
        assert_eq!(output.status, 1, "{output}");
        assert!(output.stdout.contains(ID) && output.stdout.contains("covered-files"), "{output}");
    }
    let nowhere = world.sandbox.tracker(&["check", "--base", "nowhere"]);
    assert_eq!(nowhere.status, 2, "{nowhere}");
}
