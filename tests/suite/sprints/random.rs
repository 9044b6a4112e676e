//! Random histories of sprints: after the close no figure moves, whatever is done to tasks; and a close that is killed at
//! any moment is continued to the same end.

use std::fmt::Write as _;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::{Signal, kill_process};

use super::{commit, run};
use crate::support::Sandbox;
use crate::watchdog::pid_of;

const STAGES: [&str; 5] = ["dev", "qa", "sec", "docs", "complete"];

/// Returns a moment between the 1st and the 14th of November.
fn moment(minutes: u32) -> String {
    format!("2026-11-{:02}T{:02}:{:02}:00Z", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60)
}

/// One task with a random walk through the stages, some of it after the close.
fn task(rng: &mut Rng, id: &str, estimate: u32, is_member: bool) -> String {
    let mut text = format!("---\nid: {id}\ntitle: Task {id}, \"quoted\" / odd\n");
    let kind = ["feature", "bug", "docs"][rng.usize(..3)];
    let sprint = if is_member { "sprint: SPRINT-1\n" } else { "" };
    let _ = write!(text, "type: {kind}\n{sprint}");
    if estimate > 0 {
        let _ = writeln!(text, "estimate: {estimate}m");
    }
    text.push_str("created: 2026-11-01\n");
    let (mut stage, mut at, mut moves) = ("none", rng.u32(..12_000), String::new());
    for _ in 0..rng.usize(..8) {
        let to = STAGES[rng.usize(..5)];
        if to == stage {
            continue;
        }
        let _ = write!(moves, "  - {{at: {}, by: Ada, from: {stage}, to: {to}", moment(at));
        moves.push_str(["}\n", ", kind: fail}\n", ", kind: override}\n", "}\n"][rng.usize(..4)]);
        (stage, at) = (to, (at + rng.u32(1..3000)).min(20_000));
    }
    let _ = writeln!(text, "stage: {stage}");
    if rng.u8(..6) == 0 && stage != "complete" {
        text.push_str("cancelled: no\n");
    }
    if rng.bool() {
        let _ = writeln!(text, "spent: {}m", rng.u32(1..600));
    }
    if !moves.is_empty() {
        let _ = write!(text, "history:\n{moves}");
    }
    text + "---\n"
}

/// A sprint with a random scope and random tasks, started on the 2nd and not closed.
fn grown(seed: u64) -> Sandbox {
    let (mut rng, sandbox) = (Rng::with_seed(seed), Sandbox::new());
    run(&sandbox, "init --profile solo --no-hooks");
    let (mut committed, mut changes) = (String::new(), String::new());
    for number in 0..rng.usize(..14) {
        let id = format!("TASK-{number:04}");
        let (first, last) = (rng.u32(1..900), rng.u32(1..900));
        let (starts_in, ends_in) = (rng.bool(), rng.u8(..4) > 0);
        if starts_in {
            let _ = writeln!(committed, "  - {{task: {id}, estimate: {first}m}}");
        }
        let estimate = match (starts_in, ends_in) {
            (true, true) => {
                let _ = writeln!(changes, "  - {{task: {id}, change: estimated, estimate: {last}m}}");
                last
            }
            (true, false) => {
                let _ = writeln!(changes, "  - {{task: {id}, change: removed}}");
                first
            }
            (false, true) => {
                let _ = writeln!(changes, "  - {{task: {id}, change: added, estimate: {last}m}}");
                last
            }
            (false, false) => 0,
        };
        sandbox.write(format!(".tracker/tasks/{id}.md"), task(&mut rng, &id, estimate, ends_in));
    }
    let mut text = "id: SPRINT-1\nstarts: 2026-11-02\nends: 2026-11-13\nhistory:\n  - {at: 2026-11-02T08:00:00Z, by: Ada, \
                    action: started}\n"
        .to_owned();
    if !committed.is_empty() {
        let _ = write!(text, "committed:\n{committed}");
    }
    sandbox.write(".tracker/sprints/SPRINT-1/sprint.yaml", text);
    if !changes.is_empty() {
        let record = format!("sprint: SPRINT-1\nat: 2026-11-05T12:00:00Z\nby: Ada\nchanges:\n{changes}");
        sandbox.write(".tracker/sprints/SPRINT-1/scope/20261105T120000Z-0001-00000.yaml", record);
    }
    sandbox.write(".tracker/sprints/SPRINT-2/sprint.yaml", "id: SPRINT-2\n");
    commit(&sandbox, "Grow");
    sandbox
}

/// Changes a random task as an editor would, or deletes it.
fn disturb(rng: &mut Rng, sandbox: &Sandbox) {
    let folder = sandbox.path().join(".tracker/tasks");
    // git takes away a folder from which the last file is gone.
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    if paths.is_empty() {
        return;
    }
    let path = &paths[rng.usize(..paths.len())];
    let text = std::fs::read_to_string(path).unwrap();
    let changed = match rng.u8(..8) {
        0 => return std::fs::remove_file(path).unwrap(),
        1 => text.replace("created:", "depends_on: [TASK-0001]\ncreated:"),
        2 => text.replace("type: ", "type: x"),
        3 => text.replace("Task", "Other task"),
        4 => text.replace("sprint: SPRINT-1\n", ""),
        5 => text.replace("estimate: ", "estimate: 9"),
        6 => text.replace("stage: complete", "stage: dev").replace("to: complete", "to: dev"),
        _ => text.replace("spent: ", "spent: 9"),
    };
    std::fs::write(path, changed).unwrap();
}

fn figures_never_move(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let (sandbox, mut rng) = (grown(seed), Rng::with_seed(!seed));
        let closed = sandbox.tracker(&["sprint", "close", "SPRINT-1", "--carry-over", "SPRINT-2"]);
        assert_eq!(closed.status, 0, "{seed}: {closed}");
        let frozen = sandbox.read(".tracker/sprints/SPRINT-1/sprint.yaml");
        for step in 0..15 {
            disturb(&mut rng, &sandbox);
            if step % 3 == 0 {
                sandbox.git(&["add", "--all"]);
                sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Disturb"]);
            }
            let verified = sandbox.tracker(&["sprint", "verify", "SPRINT-1"]);
            assert_eq!(verified.status, 0, "{seed}, {step}: {verified}");
        }
        assert_eq!(sandbox.read(".tracker/sprints/SPRINT-1/sprint.yaml"), frozen, "{seed}");
    }
}

#[test]
fn no_figure_moves_after_the_close() {
    figures_never_move(0..6);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite -- after_the_close_of_a_thousand --ignored"]
fn no_figure_moves_after_the_close_of_a_thousand_histories() {
    figures_never_move(0..1000);
}

/// Kills a close after each of these times, then closes again.
fn killed_closes_are_continued(delays: impl Iterator<Item = u64>) {
    let base = super::close::started();
    let count = base.git(&["rev-list", "--count", "HEAD"]).parse::<usize>().unwrap();
    for delay in delays {
        let sandbox = base.copied();
        let mut command =
            sandbox.tracker_command(&["sprint", "close", "SPRINT-1", "--carry-over", "SPRINT-2"]);
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let _ = kill_process(pid_of(&child), Signal::KILL);
        child.wait().unwrap();
        // One that had come to its end is not closed twice.
        let again = sandbox.tracker(&["sprint", "close", "SPRINT-1", "--carry-over", "SPRINT-2"]);
        assert!(again.status == 0 || again.stderr.contains("SPRINT-1 is closed"), "{delay}: {again}");
        assert_eq!(
            sandbox.git(&["rev-list", "--count", "HEAD"]).parse::<usize>().unwrap(),
            count + 1,
            "{delay}"
        );
        assert_eq!(sandbox.git(&["tag"]), "sprint/SPRINT-1", "{delay}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{delay}");
        assert_eq!(sandbox.tracker(&["sprint", "verify"]).status, 0, "{delay}");
    }
}

#[test]
fn a_close_that_is_killed_at_any_moment_is_continued() {
    killed_closes_are_continued([5, 25, 60, 110, 170, 250].into_iter());
}

#[test]
#[ignore = "takes minutes: cargo test --test suite -- killed_at_every_moment --ignored"]
fn a_close_that_is_killed_at_every_moment_is_continued() {
    killed_closes_are_continued((0..400).map(|at| at * 2));
}
