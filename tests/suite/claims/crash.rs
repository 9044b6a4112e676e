//! Claimers that are killed: what they have claimed is theirs until its lease ends, and nobody else's.

use std::process::Stdio;

use super::{answer, by, claim_refs, with_remote, world};
use crate::support::Sandbox;

fn killed_at(sandbox: &Sandbox, folder: &str, point: &str) {
    let killed = sandbox.tracker_with(folder, &["claim", "c4rt", "--lease", "9m"], |command| {
        command.env("TRACKER_AGENT", "a").env("TRACKER_HOST", "box").env("TRACKER_FAIL_POINT", point);
    });
    assert_eq!(killed.status, -1, "{killed}");
}

fn a_killed_claim_is_taken_up_by_its_own_worker_alone(folder: &str, remote: &str) {
    let sandbox = world(&[("TASK-C4RT", "a.rs")]);
    with_remote(&sandbox, &["a", "b"]);
    if remote.is_empty() {
        sandbox.git_in(folder, &["config", "tracker.claimsRemote", "."]);
    }
    killed_at(&sandbox, folder, "claim:requested");
    assert_eq!(claim_refs(&sandbox, remote), Vec::<String>::new());
    killed_at(&sandbox, folder, "claim:made");
    assert_eq!(claim_refs(&sandbox, remote), ["TASK-C4RT"]);
    assert_eq!(by(&sandbox, "b", folder, "claim c4rt").status, 1, "another worker of the same clone");
    let resumed = by(&sandbox, "a", folder, "claim c4rt --json");
    assert_eq!((resumed.status, &answer(&resumed)["resumed"]), (0, &true.into()), "{resumed}");
    assert_eq!(by(&sandbox, "a", folder, "claim c4rt").status, 1, "once");
    assert_eq!(by(&sandbox, "a", folder, "renew --lease 1m").status, 0);
    // Of one that nobody takes up nothing is left when its lease ends.
    assert_eq!(by(&sandbox, "b", folder, "claim c4rt").status, 0);
}

#[test]
fn a_killed_claim_in_a_clone_is_taken_up_by_its_own_worker_alone() {
    a_killed_claim_is_taken_up_by_its_own_worker_alone("", "");
}

#[test]
fn a_killed_claim_on_a_remote_is_taken_up_by_its_own_worker_alone() {
    a_killed_claim_is_taken_up_by_its_own_worker_alone("../a", "../remote");
}

#[test]
fn a_lock_that_was_left_does_not_keep_a_task() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    let lock = ".git/refs/tracker/claims/TASK-C4RT.lock";
    // Whoever was killed while he changed refs has left a note that says so.
    killed_at(&sandbox, "", "ref:noted");
    sandbox.write(lock, "");
    assert_eq!(by(&sandbox, "b", "", "claim c4rt").status, 0);
    assert_eq!(by(&sandbox, "b", "", "release").status, 0);
    // Without a note it is somebody else's for a while.
    sandbox.write(lock, "");
    let file = std::fs::File::options().write(true).open(sandbox.path().join(lock)).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
        .unwrap();
    assert_eq!(by(&sandbox, "a", "", "claim c4rt").status, 0);
}

/// Lets claimers race and kills some of them at random. At most one has the task; who was killed has it or not, and after
/// its lease the task is free. Returns how many were killed.
pub(crate) fn killed_at_random(races: usize, is_remote: bool, seed: u64) -> usize {
    let sandbox = world(&[("TASK-C4RT", "src/**")]);
    let names = ["a", "b", "c", "d"];
    if is_remote {
        with_remote(&sandbox, &names);
    } else {
        for name in names {
            sandbox.git(&["worktree", "add", "--quiet", "-b", name, &format!("../{name}")]);
        }
    }
    let place = if is_remote { "../remote" } else { "" };
    let (mut rng, mut killed) = (fastrand::Rng::with_seed(seed), 0);
    for race in 0..races {
        let now = format!("2027-01-{:02}T{:02}:00:00Z", 1 + race / 24 % 28, race % 24);
        let mut running: Vec<_> = (0..8)
            .map(|at| {
                let mut command = sandbox.tracker_command(&["claim", "c4rt", "--lease", "30m", "--json"]);
                command.current_dir(sandbox.root().join(names[at % names.len()]));
                command.env("TRACKER_NOW", &now).env_remove("TRACKER_SEED").env("TRACKER_HOST", "box");
                command.env("TRACKER_AGENT", format!("w{at}"));
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in &mut running {
            if rng.u8(..3) == 0 {
                std::thread::sleep(std::time::Duration::from_micros(
                    rng.u64(..if is_remote { 60_000 } else { 12_000 }),
                ));
                child.kill().unwrap();
                killed += 1;
            }
        }
        let ended: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let won = ended.iter().filter(|ended| ended.status.code() == Some(0)).count();
        assert!(won <= 1, "race {race}: {won} winners");
        let failed = ended.iter().find(|ended| !matches!(ended.status.code(), Some(0 | 1) | None));
        if let Some(each) = failed {
            let text = [&each.stdout[..], &each.stderr].concat();
            panic!("race {race}: {} {}", each.status, String::from_utf8_lossy(&text));
        }
        let claims = claim_refs(&sandbox, place);
        assert!(won == 0 || claims == ["TASK-C4RT"], "race {race}: {claims:?}");
    }
    killed
}

#[test]
fn claimers_killed_at_random_leave_one_winner_and_free_tasks() {
    assert!(killed_at_random(6, false, 1) > 3);
    assert!(killed_at_random(3, true, 2) > 0);
}
