//! What is no import: links, pipes, files of no format or of several, and broken ones. Nothing is written then.

use crate::commands::{empty, typed};
use insta::assert_snapshot;

#[test]
fn what_cannot_be_read_whole_is_not_imported() {
    let sandbox = empty();
    sandbox.write("broken.json", "[{\"number\": 1, \"title\": \"A\"},\n{\"number\": 2]\n");
    sandbox.write("half.json", "[{\"number\": 1, \"title\": \"A\"},\n{\"number\": 2}]\n");
    sandbox.write("notes.md", "# Notes\n\nNo tasks.\n");
    sandbox.write("specs/a/tasks.md", "- [ ] T001 A\n");
    sandbox.write("specs/b/todo.txt", "(A) B\n");
    sandbox.write("empty/readme", "\n");
    assert_snapshot!(typed(&sandbox, "
        import broken.json
        import half.json
        import notes.md
        import notes.md --from kiro
        import specs
        import specs --from spec-kit --quiet --dry-run
        import empty
        import nowhere.md
        list
    "), @r"
    $ tracker import broken.json
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: broken.json:2: expected `,` or `}` at line 2 column 13

    $ tracker import half.json
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: half.json:2: the issue has no `number` or no `title`
      hint: ask for them: gh issue list --json number,title,body,state,labels,assignees,url

    $ tracker import notes.md
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: notes.md: unknown format
      hint: name it with --from, one of checklist, cards, backlog, spec-kit, kiro, openspec, breakdown, taskwarrior, github, todo-json, beads, task-master, todo-txt

    $ tracker import notes.md --from kiro
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: notes.md: no task found that kiro would have
      hint: expected Kiro: tasks.md of a spec
    warning: notes.md:3: text outside of any task is not imported: line 3
      hint: it stays where it is; add it to a task by hand if it is needed

    $ tracker import specs
    exit 2
    --- stderr
    error: `specs` has files of several formats: spec-kit (1), todo-txt (1)
      hint: choose one with --from, or name a file

    $ tracker import specs --from spec-kit --quiet --dry-run
    exit 0
    --- stdout
    TASK-E8CN

    $ tracker import empty
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: no file found that tasks could be imported from
      hint: name the file, and its format with --from

    $ tracker import nowhere.md
    exit 2
    --- stderr
    error: cannot read `[ROOT]/repo/nowhere.md`: No such file or directory (os error 2)

    $ tracker list
    exit 0
    --- stderr
    0 tasks
    ");
}

#[test]
fn what_is_written_half_in_a_folder_stops_the_import() {
    let sandbox = empty();
    let whole = "---\nid: TASK-6\ntitle: A\nstatus: To Do\ndependencies: []\n---\n";
    sandbox.write("backlog/tasks/task-6 - A.md", whole);
    sandbox.write("backlog/tasks/task-7 - B.md", "---\nid: TASK-7\ntitle: B\nstatus: To Do\n---\n");
    sandbox.write("backlog/tasks/task-8 - C.md", "---\nid: TASK-8\ntitle: c: d: e\nstatus: To Do\n---\n");
    sandbox.write("backlog/tasks/task-9 - D.md", "---\nid: TASK-9\nti");
    sandbox.write("backlog/tasks/readme.md", "How to write tasks\n");
    sandbox.write("plans/tasks/10 - E.md", "");
    sandbox.write("plans/tasks/6 - A.md", whole);
    sandbox.write("n/a/.taskmaster/tasks.json", "{\"master\":{\"tasks\":[{\"id\":1,\"title\":\"A\"}]}}");
    sandbox.write("n/b/.taskmaster/tasks.json", "{\"master\":{\"tasks\":[{\"id\":1,\n\"ti");
    sandbox.write(".kiro/specs/a/tasks.md", "- [ ] 1. A\n  - _Requirements: 1.1_\n");
    sandbox.write(".kiro/specs/b/tasks.md", "- [ ] B\n");
    assert_snapshot!(typed(&sandbox, "
        import backlog
        import plans
        import n
        import .kiro --quiet --dry-run
    "), @r"
    $ tracker import backlog
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: backlog/tasks/task-8 - C.md:3: title: mapping values are not allowed in this context
      hint: a text that contains `: ` needs quotes
    error: backlog/tasks/task-9 - D.md:1: the front matter is not closed by a second `---` line
      hint: write `---` on a line of its own below the last key
    warning: backlog/tasks/readme.md: no task found in it
      hint: it is not imported

    $ tracker import plans
    exit 0
    --- stdout
    created  TASK-6  not started  A
    backlog: 1 task, 1 created
    1 file written
    --- stderr
    warning: plans/tasks/10 - E.md: no task found in it
      hint: it is not imported

    $ tracker import n
    exit 1
    --- stdout
    nothing imported
    0 files written
    --- stderr
    error: n/b/.taskmaster/tasks.json:2: EOF while parsing a string at line 2 column 3

    $ tracker import .kiro --quiet --dry-run
    exit 0
    --- stdout
    TASK-KSYZ
    TASK-MSJ8
    ");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_refused() {
    let sandbox = empty();
    sandbox.write("real/tasks.md", "- [ ] A\n");
    std::os::unix::fs::symlink("tasks.md", sandbox.path().join("real/link.md")).unwrap();
    std::os::unix::fs::symlink("real", sandbox.path().join("folder")).unwrap();
    std::os::unix::fs::symlink("../tasks.md", sandbox.path().join("real/todo.txt")).unwrap();
    let made =
        std::process::Command::new("mkfifo").arg(sandbox.path().join("real/todo.json")).status().unwrap();
    assert!(made.success());
    assert_snapshot!(typed(&sandbox, "
        import real/link.md
        import folder
        import real/todo.json
        import real --quiet
    "), @r"
    $ tracker import real/link.md
    exit 2
    --- stderr
    error: `real/link.md` is a link
      hint: pass what it contains: tracker import - < real/link.md

    $ tracker import folder
    exit 2
    --- stderr
    error: `folder` is a link
      hint: pass what it contains: tracker import - < folder

    $ tracker import real/todo.json
    exit 2
    --- stderr
    error: `real/todo.json` is no plain file
      hint: pass what it contains: tracker import - < real/todo.json

    $ tracker import real --quiet
    exit 0
    --- stdout
    TASK-MSJ8
    --- stderr
    warning: real/todo.json: a link, or no plain file
      hint: it is not imported
    warning: real/todo.txt: a link, or no plain file
      hint: it is not imported
    ");
}
