//! `tracker doctor`

use std::fs;

use super::{changed, commit, empty, json, records, typed, world};
use insta::assert_snapshot;

#[test]
fn a_healthy_tracker_has_no_problems() {
    assert_snapshot!(typed(&world(), "
        doctor
        doctor --fix
        doctor --quiet
    "), @r"
    $ tracker doctor
    exit 0
    --- stderr
    7 files, nothing wrong

    $ tracker doctor --fix
    exit 0
    --- stderr
    7 files, nothing wrong

    $ tracker doctor --quiet
    exit 0
    ");
}

#[test]
fn fix_repairs_what_is_unambiguous() {
    let sandbox = world();
    let tasks = |name: &str| format!(".tracker/tasks/{name}");
    sandbox.write(tasks("TASK-C0PY.md"), "---\nid: TASK-S3SS # kept\ntitle: A copy\n---\n");
    sandbox.write(tasks("TASK-N01D.md"), "---\ntitle: Without an id\n---\n");
    sandbox.write(tasks("dark mode.md"), "---\nid: TASK-MV3D\ntitle: Under another name\n---\n");
    sandbox.write(tasks(".TASK-D4RK.md.4711.tmp"), "half a ta");
    fs::remove_file(sandbox.path().join(".tracker/.gitattributes")).unwrap();
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["doctor"]), @r"
    exit 1
    --- stdout
    warning .tracker/.gitattributes  is missing  own-files
        tracker doctor --fix
    warning .tracker/tasks/.TASK-D4RK.md.4711.tmp  was left behind by a write that was killed  leftover
        tracker doctor --fix
    error .tracker/tasks/TASK-C0PY.md:2  id: the id TASK-S3SS is also that of .tracker/tasks/TASK-S3SS.md  duplicate-id
    error .tracker/tasks/TASK-C0PY.md:2  the file is called TASK-C0PY.md, and the id in it is TASK-S3SS  wrong-file-name
        tracker doctor --fix
    error .tracker/tasks/TASK-N01D.md:1  id: the task has no id  broken-document
        tracker doctor --fix
    error .tracker/tasks/dark mode.md:2  the file is called dark mode.md, and the id in it is TASK-MV3D  wrong-file-name
        tracker doctor --fix
    --- stderr
    10 files, 4 errors, 2 warnings
    ");
    assert_snapshot!(sandbox.tracker(&["doctor", "--fix", "--dry-run"]), @r"
    exit 1
    --- stdout
    would fix  .tracker/.gitattributes: written again
    would fix  .tracker/tasks/.TASK-D4RK.md.4711.tmp: removed what a killed write left behind
    would fix  .tracker/tasks/TASK-C0PY.md: the id is now TASK-C0PY, as the file's name says
    would fix  .tracker/tasks/TASK-N01D.md: the id is now TASK-N01D, as the file's name says
    would fix  .tracker/tasks/dark mode.md: renamed to .tracker/tasks/TASK-MV3D.md, as its id says
    warning .tracker/.gitattributes  is missing  own-files
        tracker doctor --fix
    warning .tracker/tasks/.TASK-D4RK.md.4711.tmp  was left behind by a write that was killed  leftover
        tracker doctor --fix
    error .tracker/tasks/TASK-C0PY.md:2  id: the id TASK-S3SS is also that of .tracker/tasks/TASK-S3SS.md  duplicate-id
    error .tracker/tasks/TASK-C0PY.md:2  the file is called TASK-C0PY.md, and the id in it is TASK-S3SS  wrong-file-name
        tracker doctor --fix
    error .tracker/tasks/TASK-N01D.md:1  id: the task has no id  broken-document
        tracker doctor --fix
    error .tracker/tasks/dark mode.md:2  the file is called dark mode.md, and the id in it is TASK-MV3D  wrong-file-name
        tracker doctor --fix
    --- stderr
    10 files, 4 errors, 2 warnings
    ");
    assert_eq!(records(&sandbox), before);
    assert_snapshot!(sandbox.tracker(&["doctor", "--fix"]), @r"
    exit 0
    --- stdout
    fixed  .tracker/.gitattributes: written again
    fixed  .tracker/tasks/.TASK-D4RK.md.4711.tmp: removed what a killed write left behind
    fixed  .tracker/tasks/TASK-C0PY.md: the id is now TASK-C0PY, as the file's name says
    fixed  .tracker/tasks/TASK-N01D.md: the id is now TASK-N01D, as the file's name says
    fixed  .tracker/tasks/dark mode.md: renamed to .tracker/tasks/TASK-MV3D.md, as its id says
    --- stderr
    10 files, nothing wrong
    ");
    assert_eq!(sandbox.read(tasks("TASK-C0PY.md")), "---\nid: TASK-C0PY # kept\ntitle: A copy\n---\n");
    assert_eq!(sandbox.read(tasks("TASK-N01D.md")), "---\nid: TASK-N01D\ntitle: Without an id\n---\n");
    assert_snapshot!(sandbox.tracker(&["doctor", "--fix"]), @r"
    exit 0
    --- stderr
    10 files, nothing wrong
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn lists_what_only_a_person_can_fix() {
    let sandbox = world();
    let tasks = |name: &str| format!(".tracker/tasks/{name}");
    sandbox.write(tasks("TASK-BR0K.md"), "---\nid: TASK-BR0K\ntitle: [oops\n---\n");
    sandbox.write(
        tasks("TASK-M3RG.md"),
        "---\nid: TASK-M3RG\n<<<<<<< ours\ntitle: a\n=======\ntitle: b\n>>>>>>> theirs\n---\n",
    );
    sandbox.write(
        tasks("TASK-DANG.md"),
        "---\nid: TASK-DANG\ntitle: t\ndepends_on: [TASK-G0NE]\nstage: limbo\n---\n",
    );
    sandbox.write(tasks("A-1.md"), "---\nid: A-1\ntitle: t\ndepends_on: [A-2]\n---\n");
    sandbox.write(tasks("A-2.md"), "---\nid: A-2\ntitle: t\ndepends_on: [A-1]\n---\n");
    sandbox.write(tasks("task-d4rk.md"), "---\nid: TASK-D4RK\ntitle: the same but for case\n---\n");
    sandbox.write(".tracker/notes/TASK-G0NE/20261111T090000Z-00000.md", "no front matter\n");
    fs::create_dir(sandbox.path().join(tasks("TASK-F0LD.md"))).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path().join(tasks("TASK-L1NK.md"))).unwrap();
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["doctor", "--fix"]), @r"
    exit 1
    --- stdout
    warning .tracker/notes/TASK-G0NE  contains notes of TASK-G0NE, which is no task here  dangling-reference
    error .tracker/notes/TASK-G0NE/20261111T090000Z-00000.md:1  the file does not begin with a `---` line  broken-document
        the file begins with YAML between two `---` lines
    error .tracker/tasks/A-1.md  depends_on: tasks wait for each other: A-1 → A-2 → A-1  cycle
        tracker set A-1 depends_on-=A-2
    error .tracker/tasks/TASK-BR0K.md:3  title: did not find expected ',' or ']'  broken-document
        a bracket is not closed, or a text in it needs quotes
    error .tracker/tasks/TASK-DANG.md  depends_on: `TASK-G0NE` is no task here  dangling-reference
        tracker set TASK-DANG depends_on-=TASK-G0NE
    warning .tracker/tasks/TASK-DANG.md  stage: set by hand: it is limbo, and the history ends in none  stage-by-hand
        tracker set-stage TASK-DANG limbo makes a move of it, which a gate can judge
    warning .tracker/tasks/TASK-DANG.md  stage: no pipeline has a stage `limbo`  unknown-stage
        tracker set-stage TASK-DANG STAGE
    error .tracker/tasks/TASK-F0LD.md  is a folder where a task's file should be  file-kind
        move it, or remove it
    error .tracker/tasks/TASK-L1NK.md  is a symbolic link; links are not followed  file-kind
        replace it by a regular file, or remove it
    error .tracker/tasks/TASK-M3RG.md:3  the file contains a merge conflict  conflict-markers
        resolve the merge by hand, then `tracker doctor`
    error .tracker/tasks/task-d4rk.md  differs from .tracker/tasks/TASK-D4RK.md only by case  same-but-for-case
        rename one of them: on some systems they are the same file
    error .tracker/tasks/task-d4rk.md:2  id: the id TASK-D4RK is also that of .tracker/tasks/TASK-D4RK.md  duplicate-id
    error .tracker/tasks/task-d4rk.md:2  the file is called task-d4rk.md, and the id in it is TASK-D4RK  wrong-file-name
        .tracker/tasks/TASK-D4RK.md is there too: join the two by hand
    --- stderr
    15 files, 10 errors, 3 warnings
    ");
    assert_eq!(records(&sandbox), before);
    let answer = json(&sandbox.tracker(&["doctor", "--format", "json"]));
    assert_eq!(answer["result"]["fixed"], serde_json::json!([]));
}

#[test]
fn a_broken_configuration_is_found_and_the_tasks_are_shown() {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", "format = 2\n[pipeline]\nstages = 3\n");
    assert_snapshot!(typed(&sandbox, "
        doctor
        list
    "), @r"
    $ tracker doctor
    exit 1
    --- stdout
    error .tracker/config.toml:3  pipeline.stages: expected a list of texts, found integer  configuration
    --- stderr
    7 files, 1 error, 0 warnings

    $ tracker list
    exit 1
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing                     1d
    TASK-D4RK  high      dev   1/2      Add dark mode to the dashboard  Ada Lovelace     2d
    TASK-EXP0  low       none  blocked  Describe the export                           today
    --- stderr
    error: .tracker/config.toml:3: pipeline.stages: expected a list of texts, found integer
    3 tasks; 1 closed hidden, see `tracker list --all`
    ");
}

#[test]
fn after_a_merge_of_two_sides_the_conflict_is_loud_everywhere() {
    let sandbox = world();
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    sandbox.tracker(&["set", "d4r", "priority=low"]);
    commit(&sandbox, "Low");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.tracker(&["set", "d4r", "priority=critical"]);
    commit(&sandbox, "Critical");
    sandbox.program_with("git", "", &["merge", "--quiet", "side"], |_| {});
    assert_snapshot!(typed(&sandbox, "
        list
        set d4r priority=high
        doctor
    "), @r"
    $ tracker list
    exit 1
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing     1d
    TASK-EXP0  low       none  blocked  Describe the export           today
    --- stderr
    error: .tracker/tasks/TASK-D4RK.md:5: the file contains a merge conflict
      hint: edit .tracker/tasks/TASK-D4RK.md until no marker is left; then: tracker doctor; git add .tracker/tasks/TASK-D4RK.md; git merge --continue
    2 tasks; 1 closed hidden, see `tracker list --all`

    $ tracker set d4r priority=high
    exit 1
    --- stderr
    error: .tracker/tasks/TASK-D4RK.md:5: the file contains a merge conflict
      hint: edit .tracker/tasks/TASK-D4RK.md until no marker is left; then: tracker doctor; git add .tracker/tasks/TASK-D4RK.md; git merge --continue

    $ tracker doctor
    exit 1
    --- stdout
    error .tracker/tasks/TASK-D4RK.md:5  the file contains a merge conflict  conflict-markers
        resolve the merge by hand, then `tracker doctor`
    --- stderr
    7 files, 1 error, 0 warnings
    ");
}

#[test]
fn an_empty_tracker_is_healthy() {
    assert_eq!(empty().tracker(&["doctor"]).status, 0);
}

#[test]
fn every_reader_names_a_record_in_a_folder_of_its_own() {
    let sandbox = world();
    let from = ".tracker/tasks/TASK-D4RK.md";
    let to = ".tracker/tasks/done/TASK-D4RK.md";
    sandbox.write(".tracker/tasks/done/notes.txt", "kept\n");
    sandbox.git(&["mv", from, to]);
    sandbox.write(".tracker/findings/TASK-S3SS/old/F1.yaml", "severity: [\n");
    for command in [&["list"][..], &["doctor"], &["check"]] {
        let output = sandbox.tracker(command);
        assert_eq!(output.status, 1, "{command:?} {output}");
        assert!(output.to_string().contains(to), "{command:?} {output}");
    }
    assert_snapshot!(sandbox.tracker(&["doctor"]), @r"
    exit 1
    --- stdout
    error .tracker/findings/TASK-S3SS/old/F1.yaml  no finding is read from here, only from files in .tracker/findings/ID  misplaced
        repair it, and move it to .tracker/findings/TASK-S3SS/F1.yaml
    error .tracker/tasks/done/TASK-D4RK.md  lies in a folder where a task's file should be  misplaced
        tracker doctor --fix
    warning .tracker/tasks/done/notes.txt  is not a task: the name does not end in `.md`  wrong-file-name
    --- stderr
    9 files, 2 errors, 1 warning
    ");
    commit(&sandbox, "Tidy up");
    let output = sandbox.tracker(&["check", "--base", "HEAD~"]).to_string();
    assert!(
        output.contains("lies in a folder where a task's file should be") && output.contains(to),
        "{output}"
    );
    assert!(output.contains("no finding is read from here"), "{output}");
    assert_snapshot!(sandbox.tracker(&["doctor", "--fix"]), @r"
    exit 1
    --- stdout
    fixed  .tracker/tasks/done/TASK-D4RK.md: moved to .tracker/tasks/TASK-D4RK.md
    error .tracker/findings/TASK-S3SS/old/F1.yaml  no finding is read from here, only from files in .tracker/findings/ID  misplaced
        repair it, and move it to .tracker/findings/TASK-S3SS/F1.yaml
    warning .tracker/tasks/done/notes.txt  is not a task: the name does not end in `.md`  wrong-file-name
    --- stderr
    9 files, 1 error, 1 warning
    ");
    assert!(sandbox.path().join(from).is_file() && !sandbox.path().join(to).exists());
    assert!(!sandbox.tracker(&["list"]).to_string().contains(to));
}

#[test]
fn records_are_plain_files_in_a_commit() {
    let sandbox = world();
    let path = ".tracker/tasks/TASK-D4RK.md";
    sandbox.git(&["update-index", "--chmod=+x", path]);
    sandbox.git(&["commit", "--quiet", "--message", "Executable"]);
    for command in [&["list", "--at", "HEAD"][..], &["doctor", "--at", "HEAD"], &["check", "--base", "HEAD~"]]
    {
        let output = sandbox.tracker(command);
        assert_eq!(output.status, 1, "{command:?} {output}");
        assert!(
            output.to_string().contains("is executable; a record is a plain file"),
            "{command:?} {output}"
        );
    }
    assert!(!sandbox.tracker(&["list", "--all", "--at", "HEAD"]).stdout.contains("TASK-D4RK"));
}

#[test]
fn a_missing_configuration_is_restored_from_git() {
    let sandbox = world();
    let config = ".tracker/config.toml";
    let ours = format!("{}# ours\n", sandbox.read(config));
    sandbox.write(config, &ours);
    commit(&sandbox, "Our configuration");
    fs::remove_file(sandbox.path().join(config)).unwrap();
    assert_snapshot!(sandbox.tracker(&["doctor"]), @r"
    exit 1
    --- stdout
    error .tracker/config.toml  is missing, and git has it  own-files
        tracker doctor --fix
    --- stderr
    6 files, 1 error, 0 warnings
    ");
    assert_eq!(sandbox.tracker(&["doctor", "--fix"]).status, 0);
    assert_eq!(sandbox.read(config), ours);
}

#[test]
fn a_move_that_is_there_twice_is_named() {
    let sandbox = world();
    let path = ".tracker/tasks/TASK-D4RK.md";
    let text = sandbox.read(path);
    let line = text.lines().find(|line| line.contains("from: none, to: dev")).unwrap();
    sandbox.write(path, text.replace(line, &format!("{line}\n{line}")));
    let found = sandbox.tracker(&["doctor"]);
    let says = "history: none → dev by Ada Lovelace is there twice";
    assert!(found.status == 1 && found.stdout.contains(says), "{found}");
    // The same move at another time is that of another branch.
    let other = line.replace("09:00:00Z", "09:00:01Z");
    sandbox.write(path, text.replace(line, &format!("{line}\n{other}")));
    assert_eq!(sandbox.tracker(&["doctor"]).status, 0);
}
