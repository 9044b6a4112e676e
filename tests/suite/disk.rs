//! Disks that are full or read-only, and things that are not what they should be where something is to be written:
//! a clear error with the path, the old bytes intact, nothing left over.
//!
//! The disks are made in a mount namespace of the test's own, which ends with it; where the system allows none the
//! test says so and passes.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use crate::support::{Output, Sandbox};
use tracker::ops::Session;
use tracker::store::{self, Change, Workspace};

const TASK: &str = "---\nid: TASK-1\ntitle: One\n---\n\n- [ ] a box\n";
const FILE: &str = ".tracker/tasks/TASK-1.md";
/// Every way to write, one to a line.
const WRITES: &str =
    "set 1 priority=high\ntick 1 1\nnote 1 text\nnew two\nstart 1\nblock 1 why\ncancel 1 why";

fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(FILE, TASK);
    sandbox
}

/// Runs a script that may mount what it likes; none where that is not possible.
fn with_mounts(sandbox: &Sandbox, script: &str) -> Option<Output> {
    let unshare = |script: &str| {
        let words = ["--map-root-user", "--mount", "sh", "-euc", script];
        sandbox.program_with("unshare", "", &words, |_| {})
    };
    let probe = unshare("mkdir -p .git/probe && mount -t tmpfs none .git/probe");
    if probe.status != 0 {
        eprintln!("SKIPPED: this system lets no test mount a disk of its own: {}", probe.stderr.trim());
        return None;
    }
    let output = unshare(script);
    assert_eq!(output.status, 0, "{output}");
    Some(output)
}

/// Runs each of the writes and prints its exit code.
fn each_write() -> String {
    let line = |words: &str| format!("code=0; tracker {words} >/dev/null || code=$?; echo exit $code\n");
    WRITES.lines().map(line).collect()
}

fn every_write_failed(output: &Output, message: &str, path: &str) {
    let count = WRITES.lines().count();
    assert_eq!(output.stdout.matches("exit 2\n").count(), count, "{output}");
    assert_eq!(output.stderr.matches(message).count(), count, "{output}");
    assert_eq!(output.stderr.lines().filter(|line| line.contains(path)).count(), count, "{output}");
}

#[test]
fn a_full_disk_keeps_the_old_bytes() {
    let sandbox = prepared();
    let script = format!(
        "cp -r .tracker .git/copy
        mount -t tmpfs -o size=64k none .tracker
        cp -r .git/copy/. .tracker
        head -c 200000 /dev/zero > .tracker/fill 2>/dev/null || true
        {}
        cmp {FILE} .git/copy/tasks/TASK-1.md
        ls -A .tracker/tasks
        tracker list >/dev/null
        tracker show 1 >/dev/null
        rm .tracker/fill
        tracker set 1 priority=high",
        each_write()
    );
    let Some(output) = with_mounts(&sandbox, &script) else { return };
    every_write_failed(&output, "No space left on device", ".tracker/");
    assert!(output.stdout.contains("exit 2\nTASK-1.md\nTASK-1  priority = high"), "left over: {output}");
}

#[test]
fn a_full_disk_below_git_stops_writers_only() {
    let sandbox = prepared();
    let script = format!(
        "mkdir -p .git/tracker
        mount -t tmpfs -o nr_inodes=1 none .git/tracker
        {}
        tracker list >/dev/null
        tracker show 1 >/dev/null",
        each_write()
    );
    let Some(output) = with_mounts(&sandbox, &script) else { return };
    every_write_failed(&output, "No space left on device", ".git/tracker/lock");
    assert_eq!(sandbox.read(FILE), TASK);
}

#[test]
fn a_read_only_disk_is_read() {
    for (folder, path) in [(".tracker", ".tracker/"), (".git", ".git/tracker")] {
        let sandbox = prepared();
        let script = format!(
            "mount --bind {folder} {folder}
            mount -o remount,bind,ro {folder}
            {}
            tracker list
            tracker show 1 >/dev/null
            tracker doctor >/dev/null",
            each_write()
        );
        let Some(output) = with_mounts(&sandbox, &script) else { return };
        every_write_failed(&output, "Read-only file system", path);
        assert!(output.stdout.contains("TASK-1"), "{output}");
        assert_eq!(sandbox.read(FILE), TASK);
    }
}

#[test]
fn a_file_that_cannot_be_replaced_keeps_its_bytes() {
    let sandbox = prepared();
    let script = format!(
        "mount --bind {FILE} {FILE}
        code=0; tracker set 1 priority=high || code=$?; echo exit $code
        ls -A .tracker/tasks"
    );
    let Some(output) = with_mounts(&sandbox, &script) else { return };
    assert_eq!(output.stdout, "exit 2\nTASK-1.md\n", "{output}");
    assert!(output.stderr.contains("TASK-1.md"), "{output}");
    assert_eq!(sandbox.read(FILE), TASK);
}

#[test]
fn a_file_that_grows_over_the_limit_is_not_half_written() {
    let sandbox = prepared();
    let long = TASK.to_owned() + &"x".repeat(100_000);
    sandbox.write(FILE, &long);
    // With the signal ignored the write fails; without, the process dies of it.
    for trap in ["trap '' XFSZ; ", ""] {
        let script = format!("{trap}ulimit -f 16; exec tracker set 1 priority=high");
        let output = sandbox.program_with("sh", "", &["-c", &script], |_| {});
        assert_eq!(output.status, if trap.is_empty() { -1 } else { 2 }, "{output}");
        assert!(trap.is_empty() || output.stderr.contains("TASK-1.md"), "{output}");
        assert_eq!(sandbox.read(FILE), long);
    }
    assert_eq!(sandbox.tracker(&["doctor", "--fix"]).status, 0);
    assert_eq!(fs::read_dir(sandbox.path().join(".tracker/tasks")).unwrap().count(), 1);
}

#[test]
fn a_read_only_file_is_not_written() {
    let sandbox = prepared();
    let path = sandbox.path().join(FILE);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    let output = sandbox.tracker(&["set", "1", "priority=high"]);
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains("TASK-1.md`: permission denied"), "{output}");
    assert_eq!(sandbox.read(FILE), TASK);
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o444);
}

/// Permissions do not hold root, so root lets somebody else try.
#[test]
fn a_read_only_folder_is_read() {
    const NOBODY: u32 = 65_534;
    let sandbox = prepared();
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        fs::set_permissions(sandbox.root(), PermissionsExt::from_mode(0o755)).unwrap();
        for entry in walkdir::WalkDir::new(sandbox.root()) {
            chown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let run = |words: &[&str]| {
        let nobody = NOBODY.to_string();
        let prefix = ["--reuid", &nobody, "--regid", &nobody, "--clear-groups", "tracker"];
        let words: Vec<&str> =
            if is_root { prefix.iter().chain(words).copied().collect() } else { words.to_vec() };
        sandbox.program_with(if is_root { "setpriv" } else { "tracker" }, "", &words, |_| {})
    };
    if run(&["list"]).status != 0 {
        eprintln!("SKIPPED: nobody else can run the program here: {}", run(&["list"]).stderr.trim());
        return;
    }
    let mode = |folder: &str, mode| {
        fs::set_permissions(sandbox.path().join(folder), PermissionsExt::from_mode(mode)).unwrap();
    };
    mode(".tracker/tasks", 0o555);
    let output = run(&["set", "1", "priority=high"]);
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains("TASK-1.md`: Permission denied"), "{output}");
    assert_eq!(run(&["list"]).status, 0);
    // A folder that cannot even be looked into, and a file that cannot be read.
    mode(".tracker/tasks", 0o000);
    let output = run(&["list"]);
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains(".tracker/tasks`: Permission denied"), "{output}");
    mode(".tracker/tasks", 0o755);
    mode(FILE, 0o000);
    let output = run(&["list"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stderr.contains(FILE), "{output}");
    mode(FILE, 0o644);
    // Without the lock no write begins.
    mode(".git/tracker", 0o555);
    fs::remove_file(sandbox.path().join(".git/tracker/lock")).unwrap();
    let output = run(&["set", "1", "priority=high"]);
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains(".git/tracker/lock`: Permission denied"), "{output}");
    assert_eq!(run(&["show", "1"]).status, 0);
    mode(".git/tracker", 0o755);
    assert_eq!(sandbox.read(FILE), TASK);
}

#[test]
fn what_is_in_the_way_of_a_write_is_named() {
    const OUTSIDE: &str = "../../../outside";
    type Plant = fn(&std::path::Path);
    let link: Plant = |path| symlink(OUTSIDE.to_owned() + "/kept.md", path).unwrap();
    let dangling: Plant = |path| symlink(OUTSIDE.to_owned() + "/new.md", path).unwrap();
    let folder: Plant = |path| fs::create_dir(path).unwrap();
    let file: Plant = |path| fs::write(path, "kept").unwrap();
    let cases: [(&str, Plant, &str); 13] = [
        (FILE, link, "set 1 priority=high"),
        (FILE, dangling, "set 1 priority=high"),
        (FILE, folder, "set 1 priority=high"),
        (".tracker/tasks", link, "new two"),
        (".tracker/tasks", dangling, "new two"),
        (".tracker/tasks", file, "new two"),
        (".tracker/notes", link, "note 1 text"),
        (".tracker/notes", dangling, "note 1 text"),
        (".tracker/notes", file, "note 1 text"),
        (".tracker/notes/TASK-1", link, "note 1 text"),
        (".tracker/notes/TASK-1", file, "note 1 text"),
        (".tracker/.gitignore", folder, "doctor --fix"),
        (".tracker", file, "new two"),
    ];
    for (path, plant, words) in cases {
        let sandbox = prepared();
        let outside = sandbox.root().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept.md"), TASK).unwrap();
        let place = sandbox.path().join(path);
        if place.is_dir() {
            fs::remove_dir_all(&place).unwrap();
        } else {
            let _ = fs::remove_file(&place);
        }
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        plant(&place);
        let before = place.symlink_metadata().unwrap();
        let output = sandbox.tracker(&words.split(' ').collect::<Vec<_>>());
        if words.starts_with("doctor") {
            assert!((0..=2).contains(&output.status), "{path}, {words}: {output}");
        } else {
            assert_eq!(output.status, 2, "{path}, {words}: {output}");
            assert!(output.stderr.contains(path), "{path}, {words}: {output}");
        }
        assert_eq!(place.symlink_metadata().unwrap().ino(), before.ino(), "{path}: replaced");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "{path}, {words}: written outside");
        assert_eq!(fs::read_to_string(outside.join("kept.md")).unwrap(), TASK);
    }
}

#[test]
fn what_an_editor_saved_meanwhile_is_not_overwritten() {
    use tracker::store::{Change, Error, Workspace};
    let sandbox = prepared();
    let env = sandbox.env("");
    let workspace = Workspace::open(&env).unwrap();
    let locked = workspace.lock("set").unwrap();
    let change = Change::replace(FILE, TASK, TASK.replace("One", "Ours"));
    sandbox.write(FILE, TASK.replace("One", "Theirs"));
    let refused = locked.apply(&[change]).unwrap_err();
    assert!(matches!(refused, Error::Changed { .. }), "{refused}");
    assert!(sandbox.read(FILE).contains("title: Theirs"));
}

#[test]
fn votes_and_notes_are_never_edited() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let env = sandbox.env("");
    let workspace = Workspace::open(&env).unwrap();
    let locked = workspace.lock("test").unwrap();
    for path in [".tracker/notes/TASK-1/a.md", ".tracker/signoffs/TASK-1/a.yaml"] {
        locked.apply(&[Change::create(path, "one\n")]).unwrap();
        let other = Change::create(".tracker/findings/TASK-1/F1.yaml", "other\n");
        let error = locked.apply(&[other, Change::replace(path, "one\n", "two\n")]).unwrap_err();
        assert!(matches!(error, store::Error::AppendOnly { .. }), "{error}");
        assert!(locked.apply(&[Change::create(path, "two\n")]).is_err());
        assert_eq!(sandbox.read(path), "one\n");
        assert!(!sandbox.path().join(".tracker/findings").exists(), "all or nothing");
    }
}

#[test]
fn a_session_that_lives_on_sees_what_others_wrote() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let env = sandbox.env("");
    let workspace = Workspace::open(&env).unwrap();
    let snapshot = workspace.snapshot();
    let mut session = Session::new(&env, workspace, snapshot);
    assert_eq!(session.workspace().repository().unwrap().head().unwrap().commit, None);
    assert_eq!(sandbox.tracker(&["new", "One", "--id", "TASK-AAAA"]).status, 0);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "One"]);
    sandbox.git(&["gc", "--quiet"]);
    session.refresh().unwrap();
    assert_eq!(session.snapshot().task_ids().unwrap().len(), 1);
    let repository = session.workspace().repository().unwrap();
    let head = repository.head().unwrap().commit;
    assert_eq!(session.workspace().snapshot_of_commit(head).unwrap().task_ids().unwrap().len(), 1);
}
