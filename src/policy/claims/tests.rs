//! Claims against a model of a server that only compares and swaps.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    "2026-11-11T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn task(id: &str) -> TaskId {
    TaskId::parse(id).unwrap()
}

fn claimed(id: &str, files: &[&str]) -> ClaimedTask {
    ClaimedTask { task: task(id), files: files.iter().map(|file| (*file).to_owned()).collect() }
}

fn claimer(nonce: &str, tasks: &[ClaimedTask]) -> Claimer {
    Claimer {
        tasks: tasks.to_vec(),
        worker: nonce.to_owned(),
        person: "Ada".to_owned(),
        nonce: nonce.to_owned(),
        lease: TimeDelta::seconds(100),
        branch: None,
    }
}

/// The refs of a server, which changes them by compare-and-swap, all of a transaction or none.
#[derive(Clone, Default)]
struct Server {
    claims: BTreeMap<TaskId, ClaimRef>,
    files: Option<String>,
    objects: usize,
}

impl Server {
    fn claims(&self) -> Vec<ClaimRef> {
        self.claims.values().cloned().collect()
    }

    /// `files` is what the ref of all claims with target files led to when the plan was made.
    fn apply(&mut self, plan: &ClaimPlan, files: Option<&String>) -> bool {
        let current = |task: &TaskId| self.claims.get(task).map(|claim| claim.object.clone());
        let as_expected = plan.changes.iter().all(|change| current(&change.task) == change.expected);
        if !as_expected || plan.locks_files && self.files.as_ref() != files {
            return false;
        }
        self.objects += 1;
        if plan.locks_files {
            self.files = Some(format!("files-{}", self.objects));
        }
        for change in &plan.changes {
            match &change.new {
                Some(claim) => {
                    let object = format!("{}-{}", change.task, self.objects);
                    let claim = ClaimRef { task: change.task.clone(), object, claim: Ok(claim.clone()) };
                    self.claims.insert(change.task.clone(), claim);
                }
                None => drop(self.claims.remove(&change.task)),
            }
        }
        true
    }

    fn claim(&mut self, claimer: &Claimer, now: i64, host: &str) -> Result<bool, Vec<Obstacle>> {
        let plan = plan_claim(claimer, &self.claims(), Observer { now: at(now), host })?;
        let files = self.files.clone();
        Ok(self.apply(&plan, files.as_ref()))
    }
}

#[test]
fn a_claim_excludes_until_its_lease_ends_and_on_other_machines_a_little_longer() {
    let mut server = Server::default();
    let (first, second) = (claimer("1", &[claimed("T-1", &[])]), claimer("2", &[claimed("T-1", &[])]));
    assert_eq!(server.claim(&first, 0, "box"), Ok(true));
    let refused = server.claim(&second, 99, "box").unwrap_err();
    assert!(refused.len() == 1 && refused[0].file.is_none() && refused[0].held.is_of("1"), "{refused:?}");
    assert!(server.clone().claim(&second, 159, "other").is_err());
    assert_eq!(server.clone().claim(&second, 160, "other"), Ok(true));
    assert_eq!(server.claim(&second, 100, "box"), Ok(true));
    assert_eq!(server.claims[&task("T-1")].claim.as_ref().unwrap().attempt, 2);
}

#[test]
fn no_lease_is_longer_than_the_longest() {
    let mut server = Server::default();
    let long = Claimer { lease: TimeDelta::days(10_000), ..claimer("1", &[claimed("T-1", &[])]) };
    assert_eq!(server.claim(&long, 0, "box"), Ok(true));
    let later = 7 * 24 * 3600;
    assert!(server.claim(&claimer("2", &[claimed("T-1", &[])]), later - 1, "box").is_err());
    assert_eq!(server.claim(&claimer("2", &[claimed("T-1", &[])]), later, "box"), Ok(true));
}

#[test]
fn a_target_file_is_claimed_with_its_task() {
    let mut server = Server::default();
    assert_eq!(server.claim(&claimer("1", &[claimed("T-1", &["src/ui/**"])]), 0, "box"), Ok(true));
    for (files, is_free) in [
        (&["src/ui/theme.rs"][..], false),
        (&["docs/a.md", "src"], false),
        (&["src/uix/theme.rs"], true),
        (&["src/u?/theme.rs"], false),
        (&[], true),
    ] {
        let made = server.clone().claim(&claimer("2", &[claimed("T-2", files)]), 1, "box");
        assert_eq!(made.is_ok(), is_free, "{files:?}");
        if let Err(obstacles) = made {
            assert_eq!(obstacles[0].held.task, task("T-1"));
            assert!(files.contains(&obstacles[0].file.as_deref().unwrap()));
        }
    }
    // All or nothing.
    let both = claimer("2", &[claimed("T-3", &["docs/a.md"]), claimed("T-2", &["src/ui/a.rs"])]);
    assert_eq!(server.claim(&both, 1, "box").unwrap_err()[0].task, task("T-2"));
    assert_eq!(server.claims.len(), 1);
    // After the lease it makes room, as a whole.
    assert_eq!(server.claim(&both, 100, "box"), Ok(true));
    assert_eq!(server.claims.keys().map(TaskId::as_str).collect::<Vec<_>>(), ["T-2", "T-3"]);
}

#[test]
fn an_earlier_claim_of_the_same_worker_is_in_the_way_too() {
    let mut server = Server::default();
    assert_eq!(server.claim(&claimer("1", &[claimed("T-1", &["a"])]), 0, "box"), Ok(true));
    let same = Claimer { worker: "1".to_owned(), ..claimer("2", &[claimed("T-2", &["a"])]) };
    assert!(server.claim(&same, 1, "box").is_err());
}

#[test]
fn what_cannot_be_read_is_valid() {
    let unreadable = ClaimRef { task: task("T-1"), object: "o".to_owned(), claim: Err("why".to_owned()) };
    let observer = Observer { now: at(1_000_000_000), host: "box" };
    let obstacles = |files: &[&str], id: &str| {
        plan_claim(&claimer("1", &[claimed(id, files)]), std::slice::from_ref(&unreadable), observer)
    };
    assert!(
        obstacles(&[], "T-1").is_err() && obstacles(&["a"], "T-2").is_err() && obstacles(&[], "T-2").is_ok()
    );
    let own = own_claim(&task("T-1"), &["1".to_owned()], std::slice::from_ref(&unreadable), at(0));
    assert_eq!(own, Err(ClaimLoss::Unreadable("why".to_owned())));
}

#[test]
fn who_has_lost_a_claim_is_shown_why() {
    let mut server = Server::default();
    let own = ["1".to_owned()];
    let seen = |server: &Server, now| {
        own_claim(&task("T-1"), &own, &server.claims(), at(now)).map(|(_, claim)| claim.until)
    };
    assert_eq!(seen(&server, 0), Err(ClaimLoss::Gone));
    server.claim(&claimer("1", &[claimed("T-1", &[])]), 0, "box").unwrap();
    assert_eq!(seen(&server, 99), Ok(at(100)));
    assert!(matches!(seen(&server, 100), Err(ClaimLoss::Expired(_))));
    server.claim(&claimer("2", &[claimed("T-1", &[])]), 100, "box").unwrap();
    assert!(matches!(seen(&server, 100), Err(ClaimLoss::Taken(claim)) if claim.nonce == "2"));
    let claims = server.claims();
    let claim = claims[0].claim.as_ref().unwrap();
    assert_eq!(renewed(claim, at(150), None).until, at(250));
    assert_eq!(renewed(claim, at(150), Some(TimeDelta::seconds(5))).until, at(155));
}

/// A worker that looks at the server, later decides, and later still has its changes applied: much may happen in between.
#[derive(Clone)]
struct Racer {
    claimer: Claimer,
    host: &'static str,
    /// By how many seconds its clock is fast.
    fast: i64,
    seen: Option<(Vec<ClaimRef>, Option<String>)>,
    plan: Option<(ClaimPlan, Option<String>)>,
}

impl Racer {
    fn step(&mut self, server: &mut Server, now: i64) {
        let observer = Observer { now: at(now + self.fast), host: self.host };
        if let Some((plan, files)) = self.plan.take() {
            server.apply(&plan, files.as_ref());
        } else if let Some((claims, files)) = self.seen.take() {
            let own = own_claim(
                &self.claimer.tasks[0].task,
                std::slice::from_ref(&self.claimer.nonce),
                &claims,
                observer.now,
            );
            self.plan = match own {
                Ok((held, claim)) => {
                    let new = Some(renewed(claim, observer.now, None));
                    let change =
                        ClaimChange { task: held.task.clone(), expected: Some(held.object.clone()), new };
                    Some((ClaimPlan { changes: vec![change], locks_files: false }, files))
                }
                Err(_) => plan_claim(&self.claimer, &claims, observer).ok().map(|plan| (plan, files)),
            };
        } else {
            self.seen = Some((server.claims(), server.files.clone()));
        }
    }
}

/// Claims that exclude each other are never valid at once by the clocks of their workers, whatever the order in which they
/// look, decide and write, and however their clocks differ within what is allowed.
#[test]
fn never_are_two_valid_that_exclude_each_other() {
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut held_at_once, mut takeovers) = (0, 0);
    for _ in 0..600 {
        let files: [&[&str]; 5] = [&[], &["a"], &["a/b.rs", "c"], &["*.rs"], &["c"]];
        let mut racers: Vec<Racer> = (0..4)
            .map(|at| {
                let mut tasks = vec![claimed(["T-1", "T-2", "T-3"][rng.usize(..3)], files[rng.usize(..5)])];
                if rng.bool() && tasks[0].task != task("T-4") {
                    tasks.push(claimed("T-4", files[rng.usize(..5)]));
                }
                let lease = TimeDelta::seconds(rng.i64(5..60));
                let claimer = Claimer { lease, ..claimer(&at.to_string(), &tasks) };
                // Clocks of two machines differ by a minute at most; all workers of one have one.
                let (host, fast) = [("box", -30), ("other", 29)][rng.usize(..2)];
                Racer { claimer, host, fast, seen: None, plan: None }
            })
            .collect();
        let (mut server, mut now) = (Server::default(), 0);
        for _ in 0..60 {
            now += rng.i64(0..6);
            let racer = rng.usize(..racers.len());
            racers[racer].step(&mut server, now);
            let valid: Vec<Claim> = server
                .claims
                .values()
                .filter_map(|claim| claim.claim.clone().ok())
                .filter(|claim| {
                    let fast = racers.iter().find(|racer| racer.claimer.nonce == claim.nonce).unwrap().fast;
                    !claim.has_ended(at(now + fast))
                })
                .collect();
            takeovers += valid.iter().filter(|claim| claim.attempt > 1).count();
            for (index, one) in valid.iter().enumerate() {
                for other in valid[index + 1..].iter().filter(|other| other.nonce != one.nonce) {
                    held_at_once += 1;
                    assert_ne!(one.task, other.task);
                    assert_eq!(first_overlap(&one.files, &other.files), None, "{one:?} {other:?}");
                }
            }
        }
    }
    assert!(held_at_once > 400 && takeovers > 400, "{held_at_once} {takeovers}");
}
