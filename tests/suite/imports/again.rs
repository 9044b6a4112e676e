//! A file that is imported again: as it was, changed, and changed on both sides.

use crate::commands::{empty, typed};
use insta::assert_snapshot;

const PLAN: &str = "# Plan\n\n## 1. Base\n- [ ] 1.1 Schema (P1)\n  - File: db/schema.sql\n  - [ ] up\n- [ ] 1.2 Loader\n  \
                    - Depends on: 1.1\n";

#[test]
fn only_what_the_source_changed_is_updated() {
    let sandbox = empty();
    sandbox.write("plan.md", PLAN);
    assert_eq!(sandbox.tracker(&["import", "plan.md", "--quiet"]).status, 0);
    let ids: Vec<String> = sandbox.tracker(&["list", "--quiet"]).stdout.lines().map(str::to_owned).collect();
    let [first, second] = ids.as_slice() else { panic!("{ids:?}") };
    let before = sandbox.read(format!(".tracker/tasks/{first}.md"));
    let again = sandbox.tracker(&["import", "plan.md", "--format", "json"]);
    assert!(again.stdout.contains("\"2 unchanged\"") || again.stdout.contains("2 unchanged"), "{again}");
    assert_eq!(sandbox.read(format!(".tracker/tasks/{first}.md")), before);
    // Somebody works on the first, and gives the second another title.
    for args in [
        &["start", first][..],
        &["tick", first, "1"],
        &["set", first, "priority=low"],
        &["set", second, "title=Reader"],
    ] {
        let output = sandbox.tracker(args);
        assert_eq!(output.status, 0, "{output}");
    }
    let changed = PLAN
        .replace("db/schema.sql", "db/tables.sql")
        .replace("- [ ] up", "- [ ] up\n  - [ ] down")
        .replace("Loader", "Importer")
        .replace("- [ ] 1.1", "- [x] 1.1");
    sandbox.write("plan.md", &changed);
    let output = sandbox.tracker(&["import", "plan.md"]);
    let shown = output.to_string().replace(first, "FIRST").replace(second, "SECOND");
    assert_snapshot!(shown, @r"
    exit 0
    --- stdout
    updated  FIRST  in progress  Schema    follows its source: files, body
    differs  SECOND  not started  Importer  changed on both sides, left as it is: title
    breakdown: 2 tasks, 1 updated, 1 differs
    1 file written
    --- stderr
    warning: plan.md:4: done in their source, open here: FIRST
      hint: an import moves no task that is here: tracker done FIRST
    ");
    let task = sandbox.read(format!(".tracker/tasks/{first}.md"));
    assert!(task.contains("files: [db/tables.sql]") && task.contains("priority: low"), "{task}");
    assert!(task.contains("- [x] up\n- [ ] down\n") && task.contains("stage: dev"), "{task}");
    let task = sandbox.read(format!(".tracker/tasks/{second}.md"));
    assert!(task.contains("title: Reader"), "{task}");
    let forced = sandbox.tracker(&["import", "plan.md", "--update"]);
    assert_eq!(forced.status, 0, "{forced}");
    assert!(sandbox.read(format!(".tracker/tasks/{second}.md")).contains("title: Importer"));
    let last = sandbox.tracker(&["import", "plan.md"]);
    assert!(last.stdout.contains("2 unchanged\n0 files written"), "{last}");
}

#[test]
fn ids_of_our_form_stay_and_relations_are_found() {
    let sandbox = empty();
    sandbox.tracker(&["new", "Mine", "--id", "WH-2"]);
    sandbox.write(
        "todo.json",
        "[{\"id\":\"WH-1\",\"task\":\"A\",\"priority\":1,\"blocked_by\":[\"WH-2\"]},\n\
         {\"id\":\"WH-2\",\"task\":\"B\",\"blocked_by\":[\"WH-3\",\"WH-2\"]},\n\
         {\"id\":\"WH-3\",\"task\":\"C\",\"blocked_by\":[\"WH-1\"]}]\n",
    );
    assert_snapshot!(typed(&sandbox, "import todo.json --dry-run --quiet"), @r"
    $ tracker import todo.json --dry-run --quiet
    exit 0
    --- stdout
    WH-1
    TASK-XZRQ
    WH-3
    --- stderr
    warning: todo.json:2: WH-2 is taken
      hint: the task is imported under another id
    warning: todo.json:2: TASK-XZRQ cannot name itself
      hint: it is left out, and kept in the task's text
    warning: todo.json:3: `WH-1` would make a cycle: WH-1 → TASK-XZRQ → WH-3 → WH-1
      hint: it is left out, and kept in the task's text
    ");
    assert_eq!(sandbox.tracker(&["import", "todo.json"]).status, 0);
    let output = sandbox.tracker(&["doctor"]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn of_many_cycles_the_first_are_reported() {
    let sandbox = empty();
    let task = |id: usize| {
        let on: Vec<String> = (1..=30).filter(|on| *on != id).map(|on| on.to_string()).collect();
        format!("{{\"id\":{id},\"task\":\"t{id}\",\"blocked_by\":[{}]}}", on.join(","))
    };
    sandbox.write("todo.json", format!("[{}]", (1..=30).map(task).collect::<Vec<_>>().join(",\n")));
    // As text a command shows fewer warnings than there are.
    let output = sandbox.tracker(&["import", "todo.json", "--format", "json"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(output.to_string().matches("would make a cycle").count(), 50, "{output}");
    assert!(
        output.to_string().contains("385 more dependencies or parents are left out in the same way"),
        "{output}"
    );
    let output = sandbox.tracker(&["doctor"]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn what_two_people_imported_from_one_file_is_named() {
    let sandbox = empty();
    sandbox.git(&["init", "--quiet", "--initial-branch", "main"]);
    let commit = |message: &str| {
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--no-verify", "--message", message]);
    };
    sandbox.write("plan.md", PLAN);
    commit("plan");
    let import = |branch: &str| -> Vec<String> {
        sandbox.git(&["checkout", "--quiet", "-b", branch, "main"]);
        assert_eq!(sandbox.tracker(&["import", "plan.md", "--quiet"]).status, 0);
        let ids = sandbox.tracker(&["list", "--quiet"]).stdout.lines().map(str::to_owned).collect();
        commit(branch);
        ids
    };
    let (one, other) = (import("one"), import("other"));
    // The one that is begun goes on.
    assert_eq!(sandbox.tracker(&["start", &other[0]]).status, 0);
    commit("start");
    sandbox.git(&["merge", "--quiet", "--no-edit", "one"]);
    let twice = |kept: &str, twin: &str| format!("{twin}.md  {twin} `Schema` is {kept} once more");
    let doctor = sandbox.tracker(&["doctor"]);
    assert!(doctor.stdout.contains(&twice(&other[0], &one[0])), "{doctor}");
    let before: Vec<String> =
        one.iter().chain(&other).map(|id| sandbox.read(format!(".tracker/tasks/{id}.md"))).collect();
    let again = sandbox.tracker(&["import", "plan.md"]);
    assert!(again.stdout.contains("2 unchanged\n0 files written"), "{again}");
    assert!(again.stderr.contains(&format!("{} `Schema` is {} once more", one[0], other[0])), "{again}");
    let after: Vec<String> =
        one.iter().chain(&other).map(|id| sandbox.read(format!(".tracker/tasks/{id}.md"))).collect();
    assert_eq!(before, after);
    // What doctor says to do ends it.
    for line in sandbox.tracker(&["doctor"]).stdout.lines().filter_map(|line| line.split_once("then: ")) {
        let words = shell_words::split(line.1).unwrap();
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        assert_eq!(sandbox.tracker(&words).status, 0, "{words:?}");
    }
    assert!(!sandbox.tracker(&["doctor"]).stdout.contains("once more"));
    let last = sandbox.tracker(&["import", "plan.md"]);
    assert!(last.stdout.contains("2 unchanged\n0 files written") && last.stderr.is_empty(), "{last}");
}

#[test]
fn a_file_that_has_moved_brings_the_tasks_that_are_here() {
    let sandbox = empty();
    let list = |id: &str| sandbox.read(format!(".tracker/tasks/{id}.md"));
    let spec = "# Tasks: Albums\n\n## Phase 1: Setup\n\n- [ ] T001 Create structure\n- [ ] T002 [P] Configure linting\n";
    sandbox.write("specs/001-albums/tasks.md", spec);
    sandbox.write("specs/pw/tasks.md", "# Spec Tasks\n\n## Tasks\n\n- [ ] 1. Reset\n  - [ ] 1.1 Implement\n");
    for file in ["specs/001-albums/tasks.md", "specs/pw/tasks.md"] {
        assert_eq!(sandbox.tracker(&["import", file, "--quiet"]).status, 0);
    }
    let ids = sandbox.tracker(&["list", "--quiet"]).stdout;
    let rename = |from: &str, to: &str| {
        std::fs::rename(sandbox.path().join(from), sandbox.path().join(to)).unwrap();
    };
    rename("specs/001-albums", "specs/009-albums");
    rename("specs/pw/tasks.md", "specs/pw/breakdown.md");
    for (file, place) in
        [("specs/009-albums/tasks.md", "009-albums/T00"), ("specs/pw/breakdown.md", "breakdown/1")]
    {
        let moved = sandbox.tracker(&["import", file]);
        assert!(moved.status == 0 && moved.stdout.contains("2 updated"), "{moved}");
        assert_eq!(ids.lines().filter(|id| list(id).contains(place)).count(), 2, "{moved}");
        let again = sandbox.tracker(&["import", file]);
        assert!(again.stdout.contains("2 unchanged\n0 files written"), "{again}");
    }
    assert_eq!(sandbox.tracker(&["list", "--quiet"]).stdout, ids);
}
