//! The stress tests of the suite at full size, with figures, or in small rounds for a number of seconds:
//!
//! ```text
//! cargo test --release --test stress -- all
//! cargo test --release --test stress -- crowd kills
//! cargo test --test stress -- kills 10
//! ```
//!
//! Names: `crowd` (16 processes, 200 edits each, readers meanwhile), `kills` (500 writers killed at random),
//! `documents` (every command on every hostile document), `junk` (50,000 files that are no tasks), `chain`
//! (10,000 tasks that wait for each other), `figures` (1,000 histories of sprints, computed twice), `starters` (1,000 races of
//! 16 for the next task), `claims` (10,000 races of 16 claimers in a clone), `clones` (1,000 races of 16 clones for a claim),
//! `claim-kills` (1,300 races in which claimers are killed at random), `voters` (200 votes on a branch at once), `runs` (2,000 engines of runs killed at random),
//! `conflicts` (1,000 pairs of branches against a real `git merge`),
//! `drivers` (400 drivers of task runs killed at random), `plans` (200 executions of plans killed at random),
//! `syncs` (100,000 histories of two trackers). Without a name it ends at once, so that `cargo test` stays quick. Fail points exist in debug builds only and are tried by the suite.

#![expect(clippy::disallowed_methods, reason = "tests start programs and wait for them")]
#![expect(clippy::unwrap_used, reason = "what fails here is a failing test")]
#![expect(dead_code, unused_imports, reason = "the suite's own tests are not run here")]

#[path = "../suite/claims/mod.rs"]
mod claims;
#[path = "../suite/concurrency.rs"]
mod concurrency;
#[path = "../suite/conflicts/mod.rs"]
mod conflicts;
#[path = "../suite/crash.rs"]
mod crash;
#[path = "../suite/figures/mod.rs"]
mod figures;
#[path = "../suite/hostile/mod.rs"]
mod hostile;
#[path = "../suite/plan_execution/mod.rs"]
mod plan_execution;
#[path = "../suite/races.rs"]
mod races;
#[path = "../suite/runs/mod.rs"]
mod runs;
#[path = "../suite/support.rs"]
mod support;
#[path = "../suite/sync/histories.rs"]
mod sync_histories;
#[path = "../suite/watchdog.rs"]
mod watchdog;

use std::time::{Duration, Instant};

/// One stress test.
struct Stress {
    name: &'static str,
    /// Runs it at full size and returns its figures.
    full: fn() -> String,
    /// Runs a small round of it.
    round: fn(seed: u64),
}

const STRESS_TESTS: [Stress; 16] = [
    Stress {
        name: "syncs",
        full: || {
            (0..100_000).for_each(sync_histories::play);
            "100000 histories of two trackers: both agree, no edit is lost, nothing is there twice".to_owned()
        },
        round: |seed| {
            let first = seed.wrapping_mul(100);
            (0..100).for_each(|at| sync_histories::play(first.wrapping_add(at)));
        },
    },
    Stress {
        name: "conflicts",
        full: || format!("{} pairs of branches as git merges them", conflicts::as_git_merges(1000, 1)),
        round: |seed| {
            conflicts::as_git_merges(55, seed);
        },
    },
    Stress {
        name: "crowd",
        full: || {
            concurrency::crowd(16, 200);
            "16 processes, 3200 edits, none lost".to_owned()
        },
        round: |_| concurrency::crowd(4, 10),
    },
    Stress {
        name: "kills",
        full: || {
            let (made, left) = crash::killed_at_random(500, 4711);
            format!("500 kills: {made} edits made, {} not, {left} leftovers, no file torn", 500 - made)
        },
        round: |seed| {
            crash::killed_at_random(20, seed);
        },
    },
    Stress {
        name: "documents",
        full: || {
            format!("{} documents, every command on each", hostile::documents::every_command_on_every(1))
        },
        round: |_| {
            hostile::documents::every_command_on_every(20);
        },
    },
    Stress {
        name: "junk",
        full: || {
            hostile::numbers::junk(50_000);
            "50,000 junk files, 5,000 folders".to_owned()
        },
        round: |_| hostile::numbers::junk(1_000),
    },
    Stress {
        name: "chain",
        full: || {
            hostile::numbers::chain(10_000);
            "a chain and a cycle of 10,000 tasks".to_owned()
        },
        round: |_| hostile::numbers::chain(500),
    },
    Stress {
        name: "starters",
        full: || {
            races::starters(1_000, 16);
            "1,000 races of 16 for the next task, one winner each".to_owned()
        },
        round: |_| races::starters(5, 16),
    },
    Stress {
        name: "claims",
        full: || {
            claims::racing::in_one_clone(10_000, 16);
            "10,000 races of 16 claimers in a clone, one winner each".to_owned()
        },
        round: |_| claims::racing::in_one_clone(5, 16),
    },
    Stress {
        name: "clones",
        full: || {
            claims::racing::over_clones(1_000, 16);
            "1,000 races of 16 clones for a claim, one winner each".to_owned()
        },
        round: |_| claims::racing::over_clones(3, 16),
    },
    Stress {
        name: "claim-kills",
        full: || {
            let killed = claims::crash::killed_at_random(1_000, false, 0);
            let over_clones = claims::crash::killed_at_random(300, true, 0);
            format!("{} claimers killed in races: no task had two", killed + over_clones)
        },
        round: |seed| {
            claims::crash::killed_at_random(4, seed % 2 == 0, seed);
        },
    },
    Stress {
        name: "voters",
        full: || format!("{} votes on a branch at once, none lost", races::voters(200)),
        round: |_| {
            races::voters(20);
        },
    },
    Stress {
        name: "figures",
        full: || {
            let compared = figures::compare(1_000, 1_000).expect("this test needs python3");
            format!("1,000 histories, {compared} figures, each computed twice")
        },
        round: |seed| {
            figures::compare(seed, 20);
        },
    },
    Stress {
        name: "runs",
        full: || {
            runs::crash::random_kills(2_000, 0);
            "2,000 engines killed: nothing repeated, nothing left running".to_owned()
        },
        round: |seed| runs::crash::random_kills(8, seed),
    },
    Stress {
        name: "drivers",
        full: || {
            runs::driving::random_kills(400, 0);
            "400 drivers of task runs killed: no task moved twice, nothing left running".to_owned()
        },
        round: |seed| runs::driving::random_kills(4, seed),
    },
    Stress {
        name: "plans",
        full: || {
            plan_execution::crash::random_kills(200, 0);
            "200 executions of plans killed: the same result, nothing done twice, nothing left".to_owned()
        },
        round: |seed| plan_execution::crash::random_kills(2, seed),
    },
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let time = words.iter().find_map(|word| word.parse().ok()).map(Duration::from_secs);
    let is_selected = |name: &str| words.iter().any(|word| word == name || word == "all");
    for stress in STRESS_TESTS.iter().filter(|stress| is_selected(stress.name)) {
        let begun = Instant::now();
        let figures = match time {
            None => (stress.full)(),
            Some(time) => rounds(stress, begun, time),
        };
        println!("{}: {figures}; {:.1} s", stress.name, begun.elapsed().as_secs_f64());
    }
}

fn rounds(stress: &Stress, begun: Instant, time: Duration) -> String {
    let first = fastrand::u64(..);
    for count in 1.. {
        (stress.round)(first.wrapping_add(count));
        if begun.elapsed() >= time {
            return format!("{count} small rounds from seed {first}");
        }
    }
    unreachable!("a round takes time")
}
