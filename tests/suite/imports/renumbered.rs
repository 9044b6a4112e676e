//! Tasks whose names in their source mean others than before: numbers that have moved, and the same ids in two places.

use crate::commands::{empty, typed};
use crate::support::Sandbox;
use insta::assert_snapshot;

/// Imports a file, and returns the ids of the tasks in their order.
fn imported(sandbox: &Sandbox, file: &str) -> Vec<String> {
    let output = sandbox.tracker(&["import", file, "--quiet"]);
    assert_eq!(output.status, 0, "{output}");
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_task_that_is_written_above_others_takes_no_progress_from_them() {
    let sandbox = empty();
    sandbox.write("plan.md", "- [ ] 1. Schema\n- [ ] 2. Loader\n- [ ] 3. Pages\n");
    let ids = imported(&sandbox, "plan.md");
    assert_eq!(sandbox.tracker(&["done", &ids[1]]).status, 0);
    sandbox.write("plan.md", "- [ ] 1. Licence\n- [ ] 2. Schema\n- [ ] 3. Loader\n");
    let again = sandbox.tracker(&["import", "plan.md"]);
    let mut shown = again.to_string();
    for (id, name) in ids.iter().zip(["SCHEMA", "LOADER", "PAGES"]) {
        shown = shown.replace(id, name);
    }
    assert_snapshot!(shown, @r"
    exit 0
    --- stdout
    created  TASK-FQ7T  not started  Licence
    updated  SCHEMA  not started  Schema   follows its source: source
    updated  LOADER  completed    Loader   follows its source: source
    breakdown: 3 tasks, 1 created, 2 updated
    4 files written
    --- stderr
    warning: PAGES `Pages` is no longer in its source
      hint: its number is another task's now; it stays, and no import knows it any more
    ");
    let loader = sandbox.read(format!(".tracker/tasks/{}.md", ids[1]));
    assert!(loader.contains("title: Loader") && loader.contains("stage: complete"), "{loader}");
    assert!(loader.contains("source: breakdown:plan/3"), "{loader}");
    let last = sandbox.tracker(&["import", "plan.md"]);
    assert!(last.stdout.contains("3 unchanged\n0 files written"), "{last}");
}

#[test]
fn another_task_under_a_number_with_progress_is_a_doubt_for_a_person() {
    let sandbox = empty();
    sandbox.write("plan.md", "- [ ] 1. Schema\n- [ ] 2. Loader of files\n");
    let ids = imported(&sandbox, "plan.md");
    for id in &ids {
        assert_eq!(sandbox.tracker(&["start", id]).status, 0);
    }
    sandbox.write("plan.md", "- [ ] 1. Payment of taxes\n- [ ] 2. A loader of files\n");
    let again = sandbox.tracker(&["import", "plan.md"]);
    let shown = again.to_string().replace(&ids[0], "FIRST").replace(&ids[1], "SECOND");
    assert_snapshot!(shown, @r"
    exit 0
    --- stdout
    differs  FIRST  in progress  Payment of taxes   changed on both sides, left as it is: title
    updated  SECOND  in progress  A loader of files  follows its source: title
    breakdown: 2 tasks, 1 updated, 1 differs
    1 file written
    --- stderr
    warning: plan.md:1: FIRST is `Schema` here, and what has its number is `Payment of taxes` now
      hint: it has progress, so it is left as it is: give another task another number, or say --update
    ");
    assert!(sandbox.read(format!(".tracker/tasks/{}.md", ids[0])).contains("title: Schema"));
    assert_eq!(sandbox.tracker(&["import", "plan.md", "--update"]).status, 0);
    assert!(sandbox.read(format!(".tracker/tasks/{}.md", ids[0])).contains("title: Payment of taxes"));
}

#[test]
fn a_number_that_is_another_tasks_now_is_no_longer_the_old_ones_source() {
    let sandbox = empty();
    sandbox.write("plan.md", "- [ ] 1. Schema\n- [ ] 2. Loader\n");
    let ids = imported(&sandbox, "plan.md");
    assert_eq!(sandbox.tracker(&["start", &ids[0]]).status, 0);
    sandbox.write("plan.md", "- [ ] 1. Loader\n");
    let again = sandbox.tracker(&["import", "plan.md"]);
    let shown = again.to_string().replace(&ids[0], "SCHEMA").replace(&ids[1], "LOADER");
    assert_snapshot!(shown, @r"
    exit 0
    --- stdout
    updated  LOADER  not started  Loader  follows its source: source
    breakdown: 1 task, 1 updated
    2 files written
    --- stderr
    warning: SCHEMA `Schema` is no longer in its source
      hint: its number is another task's now; it stays, and no import knows it any more
    ");
    assert!(!sandbox.read(format!(".tracker/tasks/{}.md", ids[0])).contains("source:"));
    assert!(sandbox.read(format!(".tracker/tasks/{}.md", ids[1])).contains("source: breakdown:plan/1"));
}

fn backlog(title: &str, status: &str) -> String {
    format!(
        "---\nid: TASK-1\ntitle: {title}\nstatus: {status}\nassignee: []\n---\n\n## Description\n\nWords.\n"
    )
}

#[test]
fn the_same_ids_in_two_places_are_not_the_same_tasks() {
    let sandbox = empty();
    sandbox.write("web/backlog/tasks/task-1 - a.md", backlog("Pages", "To Do"));
    sandbox.write("api/backlog/tasks/task-1 - b.md", backlog("Routes", "To Do"));
    assert_snapshot!(typed(&sandbox, "
        import web/backlog --quiet
        import api/backlog
        list
    "), @r"
    $ tracker import web/backlog --quiet
    exit 0
    --- stdout
    TASK-1

    $ tracker import api/backlog
    exit 1
    --- stdout
    backlog: nothing imported
    0 files written
    --- stderr
    error: api/backlog/tasks/task-1 - b.md:1: `TASK-1` was imported from web/backlog, which is still there
      hint: the names are the same, the tasks may be others; --update says that they moved here

    $ tracker list
    exit 0
    --- stdout
    TASK-1  -  none  pending  Pages  today
    --- stderr
    1 task
    ");
    // The folder is moved: its tasks are those that they were.
    std::fs::create_dir_all(sandbox.path().join("apps")).unwrap();
    std::fs::rename(sandbox.path().join("web"), sandbox.path().join("apps/web")).unwrap();
    let moved = sandbox.tracker(&["import", "apps/web/backlog"]);
    assert!(moved.status == 0 && moved.stdout.contains("1 unchanged"), "{moved}");
    let forced = sandbox.tracker(&["import", "api/backlog", "--update"]);
    assert!(forced.status == 0 && forced.stdout.contains("1 updated"), "{forced}");
}

#[test]
fn what_happens_in_the_source_is_reported_and_not_done() {
    let sandbox = empty();
    let file = "backlog/tasks/task-1 - a.md";
    sandbox.write(file, backlog("Pages", "Done"));
    sandbox.write("backlog/tasks/task-2 - b.md", backlog("Routes", "To Do").replace("TASK-1", "TASK-2"));
    assert_eq!(sandbox.tracker(&["import", "backlog"]).status, 0);
    sandbox.write(file, backlog("Pages", "In Progress"));
    std::fs::remove_file(sandbox.path().join("backlog/tasks/task-2 - b.md")).unwrap();
    assert_snapshot!(typed(&sandbox, "
        import backlog
        import backlog
    "), @r"
    $ tracker import backlog
    exit 0
    --- stdout
    backlog: 1 task, 1 unchanged
    1 file written
    --- stderr
    warning: backlog/tasks/task-1 - a.md:1: reopened in their source, closed here: TASK-1
      hint: an import moves no task that is here: tracker reopen TASK-1
    warning: no longer in their source, open here: TASK-2
      hint: an import moves no task that is here: tracker cancel TASK-2 WHY

    $ tracker import backlog
    exit 0
    --- stdout
    backlog: 1 task, 1 unchanged
    0 files written
    --- stderr
    warning: no longer in their source, open here: TASK-2
      hint: an import moves no task that is here: tracker cancel TASK-2 WHY
    ");
    assert!(sandbox.read(".tracker/tasks/TASK-1.md").contains("stage: complete"));
}

#[test]
fn a_forced_update_keeps_what_only_people_here_have_written() {
    let sandbox = empty();
    sandbox.write("plan.md", "- [ ] 1. Schema\n  - [ ] up\n  - [ ] down\n");
    let ids = imported(&sandbox, "plan.md");
    let path = format!(".tracker/tasks/{}.md", ids[0]);
    for args in [&["set", &ids[0], "priority=low"][..], &["tick", &ids[0], "1"], &["tick", &ids[0], "2"]] {
        assert_eq!(sandbox.tracker(args).status, 0);
    }
    let text = sandbox.read(&path);
    sandbox.write(&path, format!("{text}\n## Testing\n\nBy hand.\n"));
    sandbox.write("plan.md", "- [ ] 1. Schema\n  - [ ] up\n  - [ ] sideways\n");
    let output = sandbox.tracker(&["import", "plan.md", "--update"]);
    let shown = output.to_string().replace(&ids[0], "FIRST");
    assert_snapshot!(shown, @r"
    exit 0
    --- stdout
    updated  FIRST  not started  Schema  follows its source: body
    breakdown: 1 task, 1 updated
    1 file written
    --- stderr
    warning: plan.md:1: FIRST: `down` is ticked here and no longer in the source
      hint: its box is gone from the task; git has the old text
    ");
    let text = sandbox.read(&path);
    assert!(text.contains("priority: low") && text.contains("- [x] up\n- [ ] sideways\n"), "{text}");
    assert!(text.contains("## Testing\n\nBy hand.\n") && !text.contains("[ ] down"), "{text}");
}
