//! A process that dies in the middle of a write leaves the old file or the new one, never another, and nothing
//! that is in the way of the next.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::support::Sandbox;
use crate::watchdog::{Watched, pid_of, watch};

const TASK: &str = "---\nid: TASK-1\ntitle: One # kept\nestimate: 1m\nsprint: SPRINT-1\n---\n\n- [ ] a box\n";
const FILE: &str = ".tracker/tasks/TASK-1.md";

fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(FILE, TASK);
    sandbox
}

fn run(sandbox: &Sandbox, words: &[&str]) -> Watched {
    let ran = watch(&mut sandbox.tracker_command(words));
    ran.decent();
    ran
}

/// Returns the names of all files below `.tracker` that a killed write left after.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let walk = walkdir::WalkDir::new(sandbox.path().join(".tracker"));
    let names = walk.into_iter().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".tmp")).collect()
}

/// Every command goes on as if nothing had been, and the doctor takes away what was left.
fn goes_on(sandbox: &Sandbox) {
    let left = leftovers(sandbox);
    for words in ["list", "show 1", "queue", "board", "deps", "log 1", "set 1 tags+=x", "note 1 x", "new x"] {
        let ran = run(sandbox, &words.split(' ').collect::<Vec<_>>());
        ran.exits(0);
        assert!(!ran.stderr.contains("error:") && !ran.stderr.contains("warning:"), "{ran}");
    }
    assert_eq!(leftovers(sandbox), left);
    let found = run(sandbox, &["doctor"]);
    assert_eq!(found.stdout.matches("was killed").count(), left.len(), "{found}");
    run(sandbox, &["doctor", "--fix"]).exits(0);
    assert_eq!(leftovers(sandbox), [""; 0]);
    let after = run(sandbox, &["doctor"]);
    after.exits(0);
    assert!(!after.stdout.contains("was killed"), "{after}");
}

#[test]
fn a_leftover_is_nobody_s_record_and_the_doctor_removes_it() {
    let sandbox = prepared();
    for name in [
        "tasks/.TASK-1.md.4711.tmp",
        "tasks/.TASK-2.md.1.tmp",
        "notes/TASK-1/.x.md.7.tmp",
        ".config.toml.3.tmp",
    ] {
        sandbox.write(format!(".tracker/{name}"), "---\nid: TASK-1\nti");
    }
    // Not ours, however much it looks like it.
    sandbox.write(".tracker/.mine.tmp", "kept");
    assert_eq!(leftovers(&sandbox).len(), 5);
    run(&sandbox, &["list"]).exits(0);
    assert_eq!(run(&sandbox, &["doctor"]).stdout.matches("was killed").count(), 4);
    run(&sandbox, &["doctor", "--fix", "--dry-run"]);
    assert_eq!(leftovers(&sandbox).len(), 5);
    run(&sandbox, &["doctor", "--fix"]).exits(0);
    assert_eq!(leftovers(&sandbox), [".mine.tmp"]);
}

/// The named points of a write. They exist in debug builds only.
#[cfg(debug_assertions)]
mod fail_points {
    use super::*;

    const BEFORE: [&str; 3] = ["write:created", "write:half", "write:synced"];
    const AFTER: &str = "write:renamed";

    fn die(sandbox: &Sandbox, point: &str, words: &[&str]) {
        let died = watch(sandbox.tracker_command(words).env("TRACKER_FAIL_POINT", point));
        assert_eq!(died.signal, Some(Signal::ABORT.as_raw()), "{point}: {died}");
    }

    #[test]
    fn an_edit_is_made_whole_or_not_at_all() {
        for (point, is_made) in BEFORE.map(|point| (point, false)).into_iter().chain([(AFTER, true)]) {
            let sandbox = prepared();
            die(&sandbox, point, &["set", "TASK-1", "estimate=7m"]);
            let expected = if is_made { TASK.replace("1m", "7m") } else { TASK.to_owned() };
            assert_eq!(sandbox.read(FILE), expected, "{point}");
            assert_eq!(leftovers(&sandbox).len(), usize::from(!is_made), "{point}");
            goes_on(&sandbox);
        }
    }

    #[test]
    fn a_new_file_is_there_whole_or_not_at_all() {
        for words in [&["new", "two", "--id", "TASK-2"][..], &["note", "TASK-1", "a note"]] {
            for point in BEFORE {
                let sandbox = prepared();
                die(&sandbox, point, words);
                let list = run(&sandbox, &["list"]).stdout;
                assert_eq!(list.lines().count(), 1, "{point}: {list}");
                assert!(!run(&sandbox, &["show", "1"]).stdout.contains("a note"));
            }
            let sandbox = prepared();
            die(&sandbox, AFTER, words);
            let seen = run(&sandbox, &["list"]).stdout + &run(&sandbox, &["show", "1"]).stdout;
            assert!(seen.contains("two") || seen.contains("a note"), "{seen}");
            goes_on(&sandbox);
        }
    }

    #[test]
    fn the_doctor_may_die_at_its_work() {
        for point in BEFORE.into_iter().chain([AFTER]) {
            let sandbox = prepared();
            sandbox.write(".tracker/tasks/TASK-2.md", "---\nid: TASK-9\ntitle: x\n---\n");
            fs::remove_file(sandbox.path().join(".tracker/.gitignore")).unwrap();
            die(&sandbox, point, &["doctor", "--fix"]);
            run(&sandbox, &["doctor", "--fix"]).exits(0);
            assert!(sandbox.read(".tracker/tasks/TASK-2.md").contains("id: TASK-2"));
            goes_on(&sandbox);
        }
    }

    #[test]
    fn a_beginning_that_was_cut_short_can_be_made_again() {
        for nth in 1..=3 {
            for point in BEFORE.into_iter().chain([AFTER]) {
                let sandbox = Sandbox::new();
                die(&sandbox, &format!("{point}@{nth}"), &["init", "--profile", "plain", "--no-hooks"]);
                run(&sandbox, &["init", "--profile", "plain", "--no-hooks"]).exits(0);
                sandbox.write(FILE, TASK);
                goes_on(&sandbox);
            }
        }
    }

    const BATCH: &str = "- {title: a, ref: a, depends_on: ['@b', '@c']}\n- {title: b, ref: b, depends_on: ['@c', '1']}\n\
                         - {title: c, ref: c, depends_on: ['@d']}\n- {title: d, ref: d}\n";

    /// The points of a write of four files: its journal, the files beside their places, then all of them renamed.
    fn points_of_a_batch() -> impl Iterator<Item = (String, bool)> {
        let staged = BEFORE.into_iter().flat_map(|point| (1..=5).map(move |nth| format!("{point}@{nth}")));
        let renamed = (1..=4).map(|nth| format!("{AFTER}@{nth}"));
        let before = staged.chain(["transaction:begun".to_owned()]).chain(renamed);
        before.map(|point| (point, false)).chain([("transaction:ended".to_owned(), true)])
    }

    #[test]
    fn a_batch_that_was_cut_short_has_not_been_and_can_be_given_again() {
        for (point, is_made) in points_of_a_batch() {
            let sandbox = prepared();
            sandbox.write(".git/batch", BATCH);
            let words = ["new", "--batch", ".git/batch"];
            die(&sandbox, &point, &words);
            let listed = run(&sandbox, &["list"]);
            let made = if is_made { 4 } else { 0 };
            assert_eq!(listed.stdout.lines().count(), made + 1, "{point}: {listed}");
            // The journal's own temporary file aside, which lies in the git dir.
            assert_eq!(leftovers(&sandbox), [""; 0], "{point}: a reader has removed what was staged");
            run(&sandbox, &words).exits(0);
            let listed = run(&sandbox, &["list"]);
            assert_eq!(listed.stdout.lines().count(), made + 5, "{point}: {listed}");
            assert_eq!(leftovers(&sandbox), [""; 0], "{point}");
            goes_on(&sandbox);
        }
    }

    #[test]
    fn what_somebody_edited_after_a_kill_stays() {
        let sandbox = prepared();
        sandbox.write(".git/batch", BATCH);
        die(&sandbox, "write:renamed@3", &["new", "--batch", ".git/batch"]);
        let tasks = || {
            let entries = fs::read_dir(sandbox.path().join(".tracker/tasks")).unwrap();
            entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|end| end == "md"))
        };
        let new = tasks().find(|path| !path.ends_with("TASK-1.md")).unwrap();
        fs::write(&new, fs::read_to_string(&new).unwrap() + "\nMine.\n").unwrap();
        let listed = run(&sandbox, &["list"]);
        assert_eq!(listed.stdout.lines().count(), 2, "{listed}");
        assert!(listed.stderr.contains("undid a write of 4 files"), "{listed}");
        assert!(fs::read_to_string(&new).unwrap().ends_with("Mine.\n"));
    }

    #[test]
    fn several_edits_are_rolled_back_together() {
        for point in ["transaction:begun", "write:renamed@1", "write:renamed@2"] {
            let sandbox = prepared();
            let other = TASK.replace("TASK-1", "TASK-2");
            sandbox.write(".tracker/tasks/TASK-2.md", &other);
            die(&sandbox, point, &["set", "TASK-1", "TASK-2", "estimate=7m"]);
            run(&sandbox, &["queue"]).exits(0);
            assert_eq!(
                [sandbox.read(FILE), sandbox.read(".tracker/tasks/TASK-2.md")],
                [TASK, &other],
                "{point}"
            );
        }
    }

    #[test]
    fn a_task_that_was_begun_is_begun_once() {
        for point in BEFORE.into_iter().chain([AFTER]) {
            let sandbox = prepared();
            die(&sandbox, point, &["start", "TASK-1"]);
            run(&sandbox, &["start", "TASK-1"]).exits(0);
            assert_eq!(sandbox.read(FILE).matches("to: dev").count(), 1, "{}", sandbox.read(FILE));
        }
    }
}

/// Kills a writer several times, each at a random moment. Returns how many edits were made, and how many writes
/// left something after.
pub(crate) fn killed_at_random(kills: usize, seed: u64) -> (usize, usize) {
    let sandbox = prepared();
    let body = "x".repeat(200_000);
    sandbox.write(FILE, format!("{TASK}{body}\n"));
    let mut random = fastrand::Rng::with_seed(seed);
    let took = time_of_one(&sandbox);
    let mut old = sandbox.read(FILE);
    let (mut made, mut left) = (0, 0);
    for n in 1..=kills {
        let sprint = format!("SPRINT-{}", n + 1);
        let word = format!("sprint={sprint}");
        let mut writer = quiet(sandbox.tracker_command(&["set", "TASK-1", &word])).spawn().unwrap();
        std::thread::sleep(took.mul_f64(0.4 + random.f64()));
        let _ = kill_process(pid_of(&writer), Signal::KILL);
        writer.wait().unwrap();
        let now = sandbox.read(FILE);
        let line = old.lines().find(|line| line.starts_with("sprint:")).unwrap();
        let new = old.replacen(line, &format!("sprint: {sprint}"), 1);
        assert!(now == old || now == new, "kill {n} left neither the old file nor the new one");
        made += usize::from(now == new);
        if leftovers(&sandbox).len() > left {
            left = leftovers(&sandbox).len();
            run(&sandbox, &["show", "TASK-1"]).exits(0);
        }
        old = now;
    }
    goes_on(&sandbox);
    (made, left)
}

fn quiet(mut command: Command) -> Command {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How long one edit takes on this machine now: the stretch of time that kills are spread over.
fn time_of_one(sandbox: &Sandbox) -> Duration {
    let times = (0..3).map(|_| {
        #[expect(clippy::disallowed_methods, reason = "a real delay is measured")]
        let begun = std::time::Instant::now();
        assert!(
            quiet(sandbox.tracker_command(&["set", "TASK-1", "sprint=SPRINT-1"])).status().unwrap().success()
        );
        begun.elapsed()
    });
    times.max().unwrap()
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    killed_at_random(25, 7);
}
