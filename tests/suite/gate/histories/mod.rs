//! Histories, each with what the gate must say: chains of approved changes, moves, reverts, squashes and merges.

mod cases;
mod costs;
mod plays;
mod random;
mod real;
mod repository;
mod world;

use std::collections::BTreeSet;

use tracker::policy::landing::{Objection, Ruling};

use cases::{CASES, Right};
use world::World;

/// What an objection is about.
fn kind(objection: &Objection) -> &'static str {
    match objection.ruling {
        Ruling::VoteRemoved
        | Ruling::VoteRewritten
        | Ruling::HistoryShortened
        | Ruling::WrongStage { .. } => "record",
        Ruling::Squash { .. } => "squash",
        Ruling::Veto { .. } => "veto",
        Ruling::Unearned { .. } => "unearned",
        Ruling::Conflict | Ruling::SeveralBases => "conflict",
        Ruling::Unlinked => "unlinked",
        Ruling::Uncovered { .. } => "uncovered",
        Ruling::Incomplete { .. } => "incomplete",
        Ruling::TooManyCombinations => "given up",
        Ruling::TooMuchWork => "not merged",
    }
}

#[test]
fn histories_are_judged_right() {
    let mut wrong = Vec::new();
    for case in CASES {
        let world = (case.play)();
        let objections = world.judge(world::MAIN);
        let kinds: BTreeSet<&str> = objections.iter().map(kind).collect();
        let is_right = match case.right {
            Right::Passes => kinds.is_empty(),
            Right::Stops(any) => any.iter().any(|kind| kinds.contains(kind)),
            Right::StopsOnly(kind) => kinds.len() == 1 && kinds.contains(kind),
        };
        if !is_right {
            wrong.push(format!("{}: {}\n{objections:#?}", case.name, case.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_history_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
}

#[test]
fn what_nobody_approved_is_named_among_many_that_were() {
    let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
    for (is_approved, is_edited) in [(true, false), (false, false), (true, true)] {
        let mut world = plays::begun(&names);
        for (at, name) in names.into_iter().enumerate() {
            world.edit("Dev", name, "f", 3 * at + 2, name);
            if name == "E" && !is_approved {
                world.advance(name, "review");
                world.advance(name, "docs");
            } else {
                world.review(name, plays::VOTES);
            }
        }
        if is_edited {
            world.edit("Dev", "E", "f", 14, "more of E");
        }
        let objections = world.judge(world::MAIN);
        let of_file = objections.iter().filter(|own| own.path.as_deref() == Some("f"));
        let rulings: BTreeSet<String> = of_file.map(|own| format!("{:?}", own.ruling)).collect();
        let unapproved = vec![world::task("E")];
        let expected = Ruling::Uncovered { unapproved, is_off_route: false };
        let is_right = is_approved && !is_edited;
        let expected = (!is_right).then(|| format!("{expected:?}"));
        assert_eq!(rulings, expected.into_iter().collect(), "{is_approved} {is_edited}");
    }
}

/// How many random histories a property is tried on.
const TRIED: u64 = 40;

fn kinds(world: &World) -> BTreeSet<&'static str> {
    world.judge(world::MAIN).iter().map(kind).collect()
}

/// Returns the random histories that pass.
fn passing() -> impl Iterator<Item = (u64, World)> {
    let all = (0..TRIED).map(|seed| (seed, random::play(seed)));
    all.filter(|(_, world)| kinds(world).is_empty())
}

#[test]
fn random_histories_pass_and_fail() {
    let passing = passing().count();
    let all = usize::try_from(TRIED).unwrap();
    assert!((all / 4..3 * all / 4).contains(&passing), "{passing} of {TRIED} pass");
}

#[test]
fn what_passes_does_not_with_a_file_for_no_task() {
    for (seed, mut world) in passing() {
        world.put("src/more", "more\n");
        world.commit("Mal", &[]);
        assert_eq!(kinds(&world), BTreeSet::from(["unlinked"]), "seed {seed}");
    }
}

#[test]
fn what_passes_does_not_with_an_edit_after_the_votes() {
    for (seed, mut world) in passing() {
        let closed: Vec<String> = world
            .task_ids()
            .iter()
            .filter(|id| {
                let stage = |tree| world.record(tree, id).map(|record| record.stage.clone());
                stage(&world.tree).is_some_and(|stage| stage.is_complete())
                    && stage(world.tip_of(world::MAIN)).is_some_and(|stage| !stage.is_complete())
            })
            .map(|id| id.suffix().to_owned())
            .collect();
        for name in closed {
            world.put("src/more", &format!("more of {name}\n"));
            world.commit("Mal", &[&name]);
            assert!(kinds(&world).contains("uncovered"), "seed {seed}: {name}");
        }
    }
}

#[test]
fn what_passes_still_does_once_the_base_is_merged() {
    for (seed, mut world) in passing() {
        world.merge(world::MAIN, &[], |_| {});
        assert_eq!(kinds(&world), BTreeSet::new(), "seed {seed}");
    }
}

#[test]
fn what_has_landed_has_nothing_to_be_judged() {
    for (seed, mut world) in passing() {
        let own = world.branch.clone();
        world.on(world::MAIN);
        world.merge(&own, &[], |_| {});
        assert_eq!(kinds(&world), BTreeSet::new(), "seed {seed}: the base against itself");
        world.on(&own);
        assert_eq!(kinds(&world), BTreeSet::new(), "seed {seed}");
    }
}

#[test]
fn a_rejection_stops_every_task_that_moves() {
    for (seed, mut world) in passing() {
        let moved: Vec<String> = world
            .task_ids()
            .iter()
            .filter(|id| {
                let history = |tree| world.record(tree, id).map(|record| record.history.clone());
                let (old, new) = (history(world.tip_of(world::MAIN)), history(&world.tree));
                let added = new.iter().flatten().filter(|step| !old.iter().flatten().any(|old| old == *step));
                added.clone().any(|step| step.from.as_str() == "review" && step.to.as_str() == "docs")
                    && !new
                        .iter()
                        .flatten()
                        .any(|step| step.to.as_str() == "dev" && step.from.as_str() != "none")
            })
            .map(|id| id.suffix().to_owned())
            .collect();
        for name in moved {
            world.cast(&name, "qa", "Mal", tracker::model::Verdict::Rejected, false, "Eve");
            assert!(kinds(&world).contains("veto"), "seed {seed}: {name}");
        }
    }
}
