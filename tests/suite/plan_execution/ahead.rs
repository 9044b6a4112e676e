//! What is known before tasks begin: their order, what is in their way, and where the plan goes on.

use super::{CONFIG, Planned, nothing_is_left, script, states, status, tracker, world};

const TWO: [Planned<'_>; 2] = [("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")];
const DO: &str = "#!/bin/sh\necho x >$TRACKER_TASK\necho $TRACKER_TASK >>\"$HOME/order\"\n";

#[test]
fn a_task_comes_after_its_parts() {
    // T-4 is a part of T-1 that says itself that it comes after.
    let sandbox = world(
        CONFIG,
        DO,
        &[
            ("T-1", "Database", "", "db/**"),
            ("T-2", "Table", "", "db/table"),
            ("T-3", "Index", "T-2", "db/index"),
            ("T-4", "Notes", "T-1", "db/notes"),
        ],
    );
    for part in ["T-2", "T-3", "T-4"] {
        let path = format!(".tracker/tasks/{part}.md");
        let text = sandbox.read(&path).replace("created:", "parent: T-1\ncreated:");
        sandbox.write(&path, text);
    }
    super::approve(&sandbox, "PLAN-1");
    sandbox.git(&["commit", "-qam", "parts"]);
    script(
        &sandbox,
        "do",
        "#!/bin/sh\nmkdir -p db\ntest $TRACKER_TASK = T-1 || echo x >$TRACKER_FILES\necho $TRACKER_TASK >>\"$HOME/order\"\n",
    );
    sandbox.git(&["commit", "-qam", "do"]);
    let ahead = tracker(&sandbox, "plan execute PLAN-1 --dry-run");
    assert!(ahead.stdout.contains("order      T-2 · T-3 · T-1 · T-4\n"), "{ahead}");
    let ran = tracker(&sandbox, "plan execute PLAN-1 --jobs 4");
    assert_eq!(ran.status, 0, "{ran}");
    let order = std::fs::read_to_string(sandbox.root().join("home/order")).unwrap();
    assert_eq!(order, "T-2\nT-3\nT-1\nT-4\n");
}

#[test]
fn tasks_without_target_files_are_named_before_they_begin() {
    let tasks =
        [("T-1", "Add the table", "", "T-1"), ("T-2", "Read it", "T-1", ""), ("T-3", "Print it", "", "")];
    let sandbox = world(CONFIG, DO, &tasks);
    let expected = "no files   no target files, so nothing limits what changes: T-2, T-3\n";
    let ahead = tracker(&sandbox, "plan execute PLAN-1 --dry-run");
    assert!(ahead.stdout.contains(expected), "{ahead}");
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert!(ran.stderr.contains(expected), "{ran}");
    let sandbox = world(CONFIG, DO, &tasks[..1]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert!(!ran.to_string().contains("no files"), "{ran}");
}

#[test]
fn a_branch_that_was_there_before_is_brought_up_to_date_or_named() {
    let sandbox = world(CONFIG, DO, &TWO);
    sandbox.git(&["branch", "plan-tasks/PLAN-1/T-2"]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
    // One that has something of its own is somebody's.
    let sandbox = world(CONFIG, DO, &TWO);
    let make = "git switch -qc plan-tasks/PLAN-1/T-2 && echo mine >mine && git add mine && git commit -qm mine && git switch -q main";
    assert_eq!(sandbox.program_with("sh", "", &["-c", make], |_| {}).status, 0);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 1, "{ran}");
    let execution = status(&sandbox, "PLAN-1");
    assert_eq!(states(&execution), ["T-1 completed", "T-2 waiting"]);
    let message = execution["tasks"][1]["message"].as_str().unwrap();
    assert!(message.starts_with("its branch `plan-tasks/PLAN-1/T-2` was there before it began"), "{message}");
    assert!(message.ends_with(" by Ada Lovelace"), "{message}");
    let command = execution["tasks"][1]["command"].as_str().unwrap();
    let moved = sandbox.program_with("sh", "", &["-c", command], |_| {});
    assert_eq!(moved.status, 0, "{command}: {moved}");
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    assert_eq!(sandbox.git(&["show", "plan-tasks/PLAN-1/T-2-before:mine"]), "mine");
}

#[test]
fn a_plan_is_not_executed_in_a_shallow_clone() {
    let sandbox = world(CONFIG, DO, &TWO);
    sandbox.write(".git/shallow", sandbox.git(&["rev-parse", "HEAD"]) + "\n");
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("git fetch --unshallow"), "{ran}");
    assert_eq!(sandbox.git(&["branch", "--list", "plan/*"]), "");
}

#[test]
fn who_works_on_a_task_already_is_named_before_it_begins() {
    let sandbox = world(CONFIG, DO, &[TWO[0], ("T-2", "Read it", "", ""), ("T-3", "Print it", "", "")]);
    let as_bob = |words: &str| {
        let ran = sandbox.program_with("sh", "", &["-c", words], |command| {
            for name in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] {
                command.env(name, "Bob");
            }
        });
        assert_eq!(ran.status, 0, "{ran}");
    };
    as_bob("tracker start T-1 -q && git commit -qam started");
    as_bob(
        "git switch -qc fix/read && tracker start T-2 -q && git commit -qam started && git switch -q main",
    );
    let expected =
        ["in flight  T-1 is in dev already, by Bob", "in flight  T-2 is in dev on fix/read, by Bob"];
    let ahead = tracker(&sandbox, "plan execute PLAN-1 --dry-run");
    let shown = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("in flight")).map(str::to_owned).collect()
    };
    assert_eq!(shown(&ahead.stdout), expected, "{ahead}");
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(shown(&ran.stderr), expected, "{ran}");
    let again = tracker(&sandbox, "plan execute PLAN-1");
    assert!(shown(&again.stderr).is_empty(), "{again}");
}

#[test]
fn a_plan_that_goes_on_shows_where_it_has_begun() {
    let sandbox = world(CONFIG, DO, &TWO);
    let base = sandbox.git(&["rev-parse", "--short=7", "HEAD"]);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    let tip = sandbox.git(&["rev-parse", "--short=7", "plan/PLAN-1"]);
    sandbox.commit_file("later", "later\n", "later");
    let branch = format!("branch     plan/PLAN-1, from {base}, goes on at {tip}\n");
    for words in ["plan execute PLAN-1", "plan execute PLAN-1 --dry-run"] {
        let again = tracker(&sandbox, words).to_string();
        assert!(again.contains(&branch), "{words}: {again}");
        assert!(!again.contains("no effect"), "{words}: {again}");
    }
    let again = tracker(&sandbox, "plan execute PLAN-1 --base HEAD");
    let no_effect = format!("base       HEAD has no effect: plan/PLAN-1 began at {base}\n");
    assert!(again.stderr.contains(&branch) && again.stderr.contains(&no_effect), "{again}");
}
