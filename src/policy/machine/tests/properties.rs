//! Properties that hold for any input.

use crate::policy::TaskEvidence;
use proptest::prelude::*;

use super::world::{now, world};
use crate::model::{Person, Verdict};
use crate::policy::judge;
use crate::policy::machine::{Case, MovePlan, advance, auto_advance, fail, set_stage, start};
use crate::policy::tests::example::{ADA, KEN, in_order, seal, stage, vote_record};

/// What a person or a hook may request.
#[derive(Debug, Clone)]
enum Ask {
    Start,
    Advance,
    Auto,
    Fail,
    Set(&'static str),
    Vote(i64, &'static str, &'static str, Verdict, u32),
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let stages = prop::sample::select(vec!["none", "dev", "qa", "sec", "docs", "complete"]);
    let verdicts = prop::sample::select(vec![Verdict::Approved, Verdict::Rejected, Verdict::Withdrawn]);
    let vote = (
        prop::sample::select(vec![ADA, KEN]),
        prop::sample::select(vec!["reviewer", "tester"]),
        verdicts,
        1..4_u32,
    );
    let ask = prop_oneof![
        Just(Ask::Start),
        Just(Ask::Advance),
        Just(Ask::Auto),
        Just(Ask::Fail),
        stages.prop_map(Ask::Set),
        vote.prop_map(|(who, role, verdict, round)| Ask::Vote(0, who, role, verdict, round)),
    ];
    proptest::collection::vec(ask, 0..24).prop_map(|mut asks| {
        for (ask, time) in asks.iter_mut().zip(1..) {
            if let Ask::Vote(minute, ..) = ask {
                *minute = time;
            }
        }
        asks
    })
}

fn plan_of(case: &Case<'_>, ask: &Ask) -> Option<MovePlan> {
    match ask {
        Ask::Start => start(case).ok()?.plan(),
        Ask::Advance => advance(case, None).ok(),
        Ask::Auto => auto_advance(case),
        Ask::Fail => fail(case, "x").ok(),
        Ask::Set(to) => set_stage(case, to, None).ok()?.plan(),
        Ask::Vote(..) => None,
    }
}

proptest! {
    /// Whatever is requested in whatever order: the history is a path, and no input moves a task twice.
    #[test]
    fn no_move_is_made_twice(asks in asks()) {
        let mut world = world("dev");
        world.task.stage = stage("none");
        world.task.history.clear();
        for ask in &asks {
            if let Ask::Vote(minute, who, role, verdict, round) = ask {
                let mut record = vote_record(*minute, who, role, verdict.clone());
                record.vote.round = *round;
                seal(&mut record);
                world.records.push(record);
                continue;
            }
            let records = in_order(&world.records);
            let signoffs = judge(&world.task, &world.config, &records, "c", Person::clone);
            let case = |task| Case {
                task,
                config: &world.config,
                signoffs: &signoffs,
                findings: &[],
                unreadable: &[],
                open_boxes: &[],
                waits_for: &[],
                evidence: TaskEvidence::NONE,
                actor: "ada",
                agent: None,
                now: now(),
            };
            let before = world.task.clone();
            let Some(plan) = plan_of(&case(&before), ask) else { continue };
            let mut after = before.clone();
            plan.apply(&mut after);
            prop_assert_ne!(plan.from(), plan.to());
            prop_assert_eq!(plan.from(), &before.stage);
            let again = plan_of(&case(&after), ask);
            prop_assert!(again.is_none(), "{:?} twice: {:?}", ask, again);
            world.task = after;
        }
        for pair in world.task.history.windows(2) {
            prop_assert_eq!(&pair[0].to, &pair[1].from);
        }
    }

    /// A task that leaves `qa` other than by an override or a failure has both sign-offs and no veto.
    #[test]
    fn no_move_passes_an_unmet_gate(asks in asks()) {
        let mut world = world("qa");
        for ask in &asks {
            if let Ask::Vote(minute, who, role, verdict, round) = ask {
                let mut record = vote_record(*minute, who, role, verdict.clone());
                record.vote.round = *round;
                seal(&mut record);
                world.records.push(record);
            }
        }
        let records = in_order(&world.records);
        let signoffs = judge(&world.task, &world.config, &records, "c", Person::clone);
        let moves = world.advance().is_ok();
        prop_assert_eq!(moves, signoffs.are_complete());
        prop_assert_eq!(moves, world.auto().is_some());
        let tally = signoffs.tally([]);
        prop_assert_eq!(moves, tally.missing() == 0 && tally.issues() == 0);
    }
}
