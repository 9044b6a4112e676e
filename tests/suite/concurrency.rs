//! Many processes at once: every edit is there, no file is torn, nobody fails because another was at it.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use fs4::FileExt;
use serde_json::Value;

use crate::support::Sandbox;
use crate::watchdog::{Watched, pid_of, watch};

/// Number of kinds of edits of a process.
const KINDS: usize = 5;

/// A tracker that all processes write to, and the edits that each of them makes.
struct Crowd {
    sandbox: Sandbox,
    processes: usize,
    edits: usize,
}

impl Crowd {
    fn new(processes: usize, edits: usize) -> Self {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
        let boxes: String = (1..=processes * edits).map(|n| format!("- [ ] box {n}.\n")).collect();
        let task =
            |id: &str| format!("---\nid: {id}\ntitle: Crowded # kept\n---\n\n## Deliverables\n\n{boxes}");
        sandbox.write(".tracker/tasks/TASK-ALL.md", task("TASK-ALL"));
        for process in 0..processes {
            let id = format!("TASK-{process}");
            sandbox.write(format!(".tracker/tasks/{id}.md"), task(&id));
        }
        Self { sandbox, processes, edits }
    }

    /// One edit, in words: to the task of all or to a task of the process's own.
    fn words(process: usize, edit: usize, number: usize) -> Vec<String> {
        let own = format!("TASK-{process}");
        let id = if edit.is_multiple_of(2) { "TASK-ALL" } else { own.as_str() };
        let words = match edit % KINDS {
            0 => ["set".to_owned(), id.to_owned(), format!("tags+=t{number}")],
            1 => ["tick".to_owned(), id.to_owned(), number.to_string()],
            2 => ["note".to_owned(), id.to_owned(), format!("note {number}.")],
            3 => ["new".to_owned(), format!("new {number}."), "--quiet".to_owned()],
            _ => ["set".to_owned(), id.to_owned(), format!("files+=f{number}")],
        };
        words.to_vec()
    }

    fn command(&self, words: &[String]) -> Command {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.sandbox.tracker_command(&words);
        // The world's own clock and chance: that many write in one second is part of the hostile.
        command.env_remove("TRACKER_NOW").env_remove("TRACKER_SEED");
        command
    }

    fn answer(&self, words: &[&str]) -> Value {
        let answer = self.sandbox.tracker(words);
        assert_eq!(answer.status, 0, "{answer}");
        serde_json::from_str(&answer.stdout).unwrap()
    }
}

/// Lets `processes` processes make `edits` edits each while two others read, and looks for every one of them.
pub(crate) fn crowd(processes: usize, edits: usize) {
    let crowd = Crowd::new(processes, edits);
    let number = |process: usize, edit: usize| process * edits + edit + 1;
    let is_over = AtomicBool::new(false);
    let reads = ["list --all --format json", "show TASK-ALL --format json"].map(|words| {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        // More than are ever needed; each can run once.
        (0..processes * edits * 4).map(|_| crowd.command(&words)).collect::<Vec<_>>()
    });
    let mut writes: Vec<Vec<Command>> = Vec::new();
    for process in 0..processes {
        let words = (0..edits).map(|edit| Crowd::words(process, edit, number(process, edit)));
        writes.push(words.map(|words| crowd.command(&words)).collect());
    }
    std::thread::scope(|scope| {
        let readers = reads.map(|commands| scope.spawn(|| read(commands, processes, &is_over)));
        let run = |commands: Vec<Command>| {
            move || {
                commands.into_iter().for_each(|mut it| {
                    watch(&mut it).decent().exits(0);
                });
            }
        };
        let writers: Vec<_> = writes.into_iter().map(|commands| scope.spawn(run(commands))).collect();
        let ended: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        let read = readers.map(|reader| reader.join().unwrap());
        assert!(ended.iter().all(Result::is_ok), "a writer failed");
        assert!(read.iter().all(|count| *count > 0), "nobody read meanwhile");
    });
    check(&crowd, number);
}

/// Reads until all is written: never a torn file, never a missing one.
fn read(commands: Vec<Command>, processes: usize, is_over: &AtomicBool) -> usize {
    let mut count = 0;
    for mut command in commands {
        let read = watch(&mut command);
        read.decent().exits(0);
        let answer: Value = serde_json::from_str(&read.stdout).unwrap();
        assert!(answer.get("problems").is_none(), "{read}");
        if let Some(tasks) = answer["result"]["tasks"].as_array() {
            assert!(tasks.len() > processes, "a task is missing: {read}");
        }
        count += 1;
        if is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    count
}

fn check(crowd: &Crowd, number: impl Fn(usize, usize) -> usize) {
    let listed = crowd.answer(&["list", "--all", "--format", "json"]);
    let titles: Vec<&str> = listed["result"]["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|task| task["title"].as_str())
        .collect();
    let ids = (0..crowd.processes).map(|process| format!("TASK-{process}")).chain(["TASK-ALL".to_owned()]);
    let shown: Vec<(String, Value)> = ids
        .map(|id| (id.clone(), crowd.answer(&["show", &id, "--format", "json"])["result"]["task"].take()))
        .collect();
    let task = |id: &str| &shown.iter().find(|(shown, _)| shown == id).unwrap().1;
    let (mut ticked, mut listed_items, mut notes, mut new) = (0, 0, 0, 0);
    for process in 0..crowd.processes {
        for edit in 0..crowd.edits {
            let n = number(process, edit);
            let words = Crowd::words(process, edit, n);
            let has = |list: &str, field: Option<&str>, expected: &str| {
                let items = crate::support::items(&task(&words[1])[list]);
                items.iter().any(|item| {
                    field.map_or(item, |field| &item[field]).as_str().map(str::trim) == Some(expected)
                })
            };
            let is_there = match edit % KINDS {
                0 => {
                    listed_items += 1;
                    has("tags", None, &format!("t{n}"))
                }
                1 => {
                    ticked += 1;
                    task(&words[1])["checkboxes"][n - 1]["done"] == Value::Bool(true)
                }
                2 => {
                    notes += 1;
                    has("notes", Some("text"), &format!("note {n}."))
                }
                3 => {
                    new += 1;
                    titles.contains(&words[1].as_str())
                }
                _ => {
                    listed_items += 1;
                    has("files", None, &format!("f{n}"))
                }
            };
            assert!(is_there, "lost: {words:?}");
        }
    }
    // And nothing else: no edit was made twice, no file is left over.
    let count =
        |list: &str| shown.iter().map(|(_, task)| crate::support::items(&task[list]).len()).sum::<usize>();
    let done = shown
        .iter()
        .flat_map(|(_, task)| crate::support::items(&task["checkboxes"]))
        .filter(|found| found["done"] == true);
    assert_eq!((done.count(), count("tags") + count("files"), count("notes")), (ticked, listed_items, notes));
    assert_eq!(titles.len(), crowd.processes + 1 + new);
    assert!(crowd.sandbox.read(".tracker/tasks/TASK-ALL.md").contains("title: Crowded # kept\n"));
    let doctor = crowd.sandbox.tracker(&["doctor"]);
    assert_eq!(doctor.status, 0, "{doctor}");
}

#[test]
fn every_edit_of_a_crowd_is_there() {
    crowd(8, 10);
}

fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(".tracker/tasks/TASK-1.md", "---\nid: TASK-1\ntitle: One\n---\n");
    sandbox
}

fn lock_file(sandbox: &Sandbox) -> File {
    let path = sandbox.path().join(".git/tracker/lock");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

fn set(sandbox: &Sandbox, timeout: &str) -> Watched {
    watch(&mut sandbox.tracker_command(&["set", "TASK-1", "priority=high", "--lock-timeout", timeout]))
}

#[test]
fn a_wait_that_ends_names_the_holder() {
    let sandbox = prepared();
    let file = lock_file(&sandbox);
    FileExt::lock(&file).unwrap();
    fs::write(sandbox.path().join(".git/tracker/lock"), "process 4711 (set \u{1b}[2J)\n").unwrap();
    let before = sandbox.read(".tracker/tasks/TASK-1.md");
    set(&sandbox, "0.05").decent().exits(3).complains_of("process 4711 (set \\u{1b}[2J)");
    // Nobody knows who it is: still an answer.
    fs::write(sandbox.path().join(".git/tracker/lock"), [0xff; 400]).unwrap();
    set(&sandbox, "0").decent().exits(3).complains_of("another process");
    assert_eq!(sandbox.read(".tracker/tasks/TASK-1.md"), before);
    // Readers do not ask.
    watch(&mut sandbox.tracker_command(&["list"])).decent().exits(0);
    watch(&mut sandbox.tracker_command(&["show", "1"])).decent().exits(0);
    drop(file);
    // A program that another test starts at this moment still has the file, until it is another program.
    set(&sandbox, "10").decent().exits(0);
}

#[test]
fn a_long_action_still_names_its_process() {
    let sandbox = prepared();
    let file = lock_file(&sandbox);
    let line = format!("process 4711 (set x{})\n", "ä".repeat(200));
    fs::write(sandbox.path().join(".git/tracker/lock"), line).unwrap();
    FileExt::lock(&file).unwrap();
    set(&sandbox, "0").decent().exits(3).complains_of("process 4711");
}

#[test]
fn the_lock_dies_with_a_killed_holder() {
    let sandbox = prepared();
    drop(lock_file(&sandbox));
    // flock(1) contains the lock until it is killed; it says so by making a file.
    let mut holder = Command::new("flock");
    holder.current_dir(sandbox.path()).args([".git/tracker/lock", "sh", "-c", "echo held; exec sleep 60"]);
    holder.stdout(Stdio::piped());
    let mut holder = holder.process_group(0).spawn().unwrap();
    holder.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
    set(&sandbox, "0").decent().exits(3);
    let mut waiting = sandbox.tracker_command(&["set", "TASK-1", "priority=low"]);
    let mut waiting = waiting.stdout(Stdio::null()).spawn().unwrap();
    rustix::process::kill_process_group(pid_of(&holder), rustix::process::Signal::KILL).unwrap();
    holder.wait().unwrap();
    assert!(waiting.wait().unwrap().success());
    assert!(sandbox.read(".tracker/tasks/TASK-1.md").contains("priority: low"));
}

#[test]
fn linked_worktrees_share_the_lock() {
    let sandbox = prepared();
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "--message", "tracker"]);
    sandbox.git(&["worktree", "add", "--quiet", "../linked"]);
    let file = lock_file(&sandbox);
    FileExt::lock(&file).unwrap();
    let mut command = sandbox.tracker_command(&["set", "TASK-1", "priority=high", "--lock-timeout", "0"]);
    watch(command.current_dir(sandbox.root().join("linked"))).decent().exits(3);
    drop(file);
    let mut command = sandbox.tracker_command(&["set", "TASK-1", "priority=high", "--lock-timeout", "0"]);
    watch(command.current_dir(sandbox.root().join("linked"))).decent().exits(0);
    assert!(!sandbox.read(".tracker/tasks/TASK-1.md").contains("priority"));
}

#[test]
fn a_folder_in_place_of_the_lock_is_named() {
    let sandbox = prepared();
    let lock = sandbox.path().join(".git/tracker/lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    set(&sandbox, "1").decent().exits(2).complains_of(".git/tracker/lock");
    watch(&mut sandbox.tracker_command(&["list"])).decent().exits(0);
}

#[test]
fn notes_of_one_moment_are_kept_apart() {
    let sandbox = prepared();
    for text in ["first", "second", "third"] {
        let mut command = sandbox.tracker_command(&["note", "TASK-1", text]);
        command.env("TRACKER_NOW", "2026-11-11T09:00:00Z").env("TRACKER_SEED", "7");
        watch(&mut command).decent().exits(0);
    }
    assert_eq!(fs::read_dir(sandbox.path().join(".tracker/notes/TASK-1")).unwrap().count(), 3);
}

#[test]
fn a_reader_sees_all_of_a_batch_or_nothing() {
    const TASKS: usize = 120;
    let sandbox = prepared();
    let before = sandbox.tracker(&["list"]).stdout.lines().count();
    let batch: String = (0..TASKS).map(|n| format!("- {{title: t{n}}}\n")).collect();
    sandbox.write(".git/batch", batch);
    let mut writer = sandbox.tracker_command(&["new", "--batch", ".git/batch", "--quiet"]);
    let mut writer = writer.stdout(Stdio::null()).spawn().unwrap();
    let mut seen = Vec::new();
    while writer.try_wait().unwrap().is_none() {
        let listed = sandbox.tracker(&["list"]);
        assert_eq!(listed.status, 0, "{listed}");
        seen.push(listed.stdout.lines().count() - before);
    }
    seen.push(sandbox.tracker(&["list"]).stdout.lines().count() - before);
    assert!(seen.iter().all(|count| [0, TASKS].contains(count)), "{seen:?}");
    assert_eq!(seen.last(), Some(&TASKS));
}
