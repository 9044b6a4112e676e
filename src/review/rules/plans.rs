//! `approved-plans`: what the range decides about plans, and what it takes out of their histories.

use super::super::facts::{PlanDoubt, PlanDoubtKind, RangeFacts};
use super::{About, Violations};
use crate::model::{GateRule, Person, PlanDecision, PlanDecisionKind, Suggestion};
use crate::policy::Fix;

pub(super) fn judge(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    for doubt in &facts.plan_doubts {
        of_doubt(doubt, book);
    }
}

fn of_doubt(doubt: &PlanDoubt, book: &mut Violations<'_>) {
    let PlanDoubt { plan, path, line, kind } = doubt;
    let run = |words: [&str; 3]| Some(Fix::Run(Suggestion::tracker(words)));
    let restore = || Some(Fix::Advice(format!("restore it: git checkout BASE -- {path}")));
    let (message, fix) = match kind {
        PlanDoubtKind::Decision(decision, why) => {
            let fix = match decision.kind {
                PlanDecisionKind::Approved => run(["plan", "approve", plan.as_str()]),
                _ => Some(Fix::Advice("whoever decides says so in a commit of their own".to_owned())),
            };
            (format!("{} does not count: {why}", named(decision)), fix)
        }
        PlanDoubtKind::OtherContent(decision) => {
            let message = format!("{} is of other content than its commit has", named(decision));
            (message, run(["plan", "approve", plan.as_str()]))
        }
        PlanDoubtKind::TakenOut(decision) => {
            (format!("takes {} out of the history", named(decision)), restore())
        }
        PlanDoubtKind::Deleted => {
            let message = "the record is deleted: a plan that will not be done is rejected";
            (message.to_owned(), restore())
        }
    };
    let about = About { file: Some(path), line: *line, fix, ..About::default() };
    book.add(GateRule::ApprovedPlans, format!("{plan}: {message}"), about);
}

fn named(decision: &PlanDecision) -> String {
    let by = Person::parse(&decision.by).map_or_else(|| decision.by.clone(), |person| person.name);
    let noun = match decision.kind {
        PlanDecisionKind::Approved => "the approval",
        PlanDecisionKind::Rejected => "the rejection",
        PlanDecisionKind::Reopened => "the reopening",
        PlanDecisionKind::Unknown(_) => "a decision",
    };
    format!("{noun} of {by}")
}
