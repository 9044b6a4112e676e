//! Many claimers at one moment: exactly one has each task.

use std::collections::BTreeSet;

use super::{add_task, answer, claim_refs, commit_all, with_remote, world};
use crate::races::at_once;
use crate::support::{Output, Sandbox};

/// Returns the one answer of a race that won. All others have lost to it, and say so.
fn winner(answers: &[Output], race: usize) -> usize {
    let won: Vec<usize> = (0..answers.len()).filter(|at| answers[*at].status == 0).collect();
    assert_eq!(won.len(), 1, "race {race}: {}", answers.iter().map(ToString::to_string).collect::<String>());
    let nonce = answer(&answers[won[0]])["nonce"].clone();
    for lost in answers.iter().filter(|answer| answer.status != 0) {
        assert_eq!(lost.status, 1, "race {race}: {lost}");
        assert_eq!(answer(lost)["lost_to"][0]["held"]["nonce"], nonce, "race {race}: {lost}");
    }
    won[0]
}

fn race_world(races: usize) -> Sandbox {
    let sandbox = world(&[]);
    for race in 0..races {
        // Every other race is for a file that two tasks have.
        add_task(&sandbox, &format!("TASK-{race:05}"), if race % 2 == 0 { "" } else { "src/**" });
    }
    add_task(&sandbox, "TASK-0THER", "src/a.rs");
    commit_all(&sandbox, "Races");
    sandbox
}

/// Lets claimers race for a task each time, in a clone and two working trees of it.
pub(crate) fn in_one_clone(races: usize, claimers: usize) {
    let sandbox = race_world(races);
    for name in ["a", "b"] {
        sandbox.git(&["worktree", "add", "--quiet", "-b", name, &format!("../{name}")]);
    }
    let folders = ["", "../a", "../b"];
    for race in 0..races {
        let id = format!("TASK-{race:05}");
        let answers = at_once(&sandbox, &folders, claimers, &["claim", &id, "--json"]);
        let won = winner(&answers, race);
        assert_eq!(claim_refs(&sandbox, ""), [id.as_str()]);
        let nonce = answer(&answers[won])["nonce"].clone();
        let args = ["release", &id, "--nonce", nonce.as_str().unwrap(), "-q"];
        assert_eq!(at_once(&sandbox, &folders, 1, &args)[0].status, 0);
    }
}

/// Lets claimers race for a task each time, each in a clone of one bare repository.
pub(crate) fn over_clones(races: usize, claimers: usize) {
    let sandbox = race_world(races);
    let names: Vec<String> = (0..claimers).map(|at| format!("c{at}")).collect();
    with_remote(&sandbox, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let folders: Vec<String> = names.iter().map(|name| format!("../{name}")).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    for race in 0..races {
        let id = format!("TASK-{race:05}");
        let answers = at_once(&sandbox, &folders, claimers, &["claim", &id, "--json"]);
        let won = winner(&answers, race);
        assert_eq!(claim_refs(&sandbox, "../remote"), [id.as_str()]);
        let nonce = answer(&answers[won])["nonce"].clone();
        let args = ["release", &id, "--nonce", nonce.as_str().unwrap(), "-q"];
        assert_eq!(at_once(&sandbox, &folders[..1], 1, &args)[0].status, 0);
    }
}

#[test]
fn one_of_many_in_a_clone_has_the_task() {
    in_one_clone(50, 16);
}

#[test]
fn one_of_many_clones_has_the_task() {
    over_clones(10, 16);
}

#[test]
fn two_tasks_of_one_file_are_not_claimed_by_two_clones() {
    let sandbox = race_world(2);
    with_remote(&sandbox, &["a", "b"]);
    for race in 0..4 {
        let claimed: Vec<Output> = std::thread::scope(|scope| {
            let claim = |folder: &'static str, id: &'static str| {
                let sandbox = &sandbox;
                scope.spawn(move || at_once(sandbox, &[folder], 1, &["claim", id, "--json"]).remove(0))
            };
            let running = [claim("../a", "TASK-00001"), claim("../b", "TASK-0THER")];
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let won = winner(&claimed, race);
        assert_eq!(at_once(&sandbox, &[["../a", "../b"][won]], 1, &["release", "-q"]).len(), 1);
        let nonce = answer(&claimed[won])["nonce"].clone();
        let id = ["TASK-00001", "TASK-0THER"][won];
        let args = ["release", id, "--nonce", nonce.as_str().unwrap()];
        at_once(&sandbox, &["../a"], 1, &args);
        assert_eq!(claim_refs(&sandbox, "../remote"), Vec::<String>::new());
    }
}

#[test]
fn the_next_task_is_another_one_for_each() {
    let sandbox = world(&[("TASK-0NE1", ""), ("TASK-TW02", ""), ("TASK-THR3", "")]);
    with_remote(&sandbox, &["a", "b"]);
    let answers = at_once(&sandbox, &["../a", "../b"], 5, &["claim", "--next", "--json"]);
    let (won, lost): (Vec<&Output>, Vec<&Output>) = answers.iter().partition(|answer| answer.status == 0);
    let tasks: BTreeSet<String> =
        won.iter().map(|won| answer(won)["claims"][0]["task"].to_string()).collect();
    assert_eq!((won.len(), tasks.len()), (3, 3), "{tasks:?}");
    for refused in lost {
        assert!(refused.status == 1 && refused.stdout.contains("no task can be claimed"), "{refused}");
    }
}
