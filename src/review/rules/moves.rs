//! `earned-moves`, `overrides`, `deliverables`, `open-findings` and the rules about votes that a move rests on: each
//! stage that the range led a task out of must have had what it asks for, as things are at the head.

use super::super::facts::RangeFacts;
use super::super::passes::{Judged, Pass, route};
use super::votes::votes_of;
use super::{About, Violations};
use crate::model::{GateRule, Move, RecordKind, Task, TaskId, Verdict};
use crate::policy::{
    JudgedVote, Missing, RoleStanding, VoteStatus, WhyNot, is_override, judge as judge_votes, overriding_move,
};

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for task in tasks {
        for pass in &task.passes {
            if !pass.is_forced {
                of_pass(task, pass, book);
            }
            for role in pass.signoffs.roles.iter().filter(|role| !role.has_signed_off()) {
                for vote in &role.votes {
                    blame(&task.facts.id, role, vote, book);
                }
            }
        }
        overrides(task, book);
        lifted_vetoes(facts, task, book);
    }
}

fn of_pass(task: &Judged<'_>, pass: &Pass<'_>, book: &mut Violations<'_>) {
    let id = &task.facts.id;
    for missing in &pass.gate.missing {
        let Some((rule, what)) = rule_of(missing, pass) else { continue };
        let suggestion = Some(fix_of(task, missing));
        let about = About { task: Some(id), file: Some(&task.facts.path), suggestion, ..About::default() };
        book.add(rule, format!("left {}, {what}", pass.stage), about);
    }
}

/// Tells of each override once, whatever it led past.
fn overrides(task: &Judged<'_>, book: &mut Violations<'_>) {
    let mut forced: Vec<(Option<&Move>, Vec<&str>, Vec<String>)> = Vec::new();
    for pass in task.passes.iter().filter(|pass| pass.is_forced) {
        let what = |missing: &Missing| rule_of(missing, pass);
        let whats: Vec<String> = pass.gate.missing.iter().filter_map(what).map(|(_, what)| what).collect();
        if whats.is_empty() {
            continue;
        }
        let at = forced.iter().position(|(step, ..)| *step == pass.step).unwrap_or_else(|| {
            forced.push((pass.step, Vec::new(), Vec::new()));
            forced.len() - 1
        });
        let (_, stages, all) = &mut forced[at];
        stages.push(pass.stage.as_str());
        let new: Vec<String> = whats.into_iter().filter(|what| !all.contains(what)).collect();
        all.extend(new);
    }
    for (step, stages, whats) in forced {
        let by = step.map_or_else(|| "by hand".to_owned(), how);
        let suggestion =
            Some(format!("tracker set-stage {} {}, and earn what is missing", task.facts.id, stages[0]));
        let about = About {
            task: Some(&task.facts.id),
            file: Some(&task.facts.path),
            suggestion,
            ..About::default()
        };
        let message = format!("left {} {by}, {}", stages.join(", "), whats.join(", "));
        book.add(GateRule::Overrides, message, about);
    }
}

/// An override that was taken back has lifted the rejections before it all the same.
fn lifted_vetoes(facts: &RangeFacts<'_>, task: &Judged<'_>, book: &mut Violations<'_>) {
    let own = task.facts;
    let Some(after) = own.after.as_ref().filter(|_| task.moves.iter().any(|(_, step)| is_override(step)))
    else {
        return;
    };
    let then = Task { kind: route(own).map(str::to_owned), ..after.clone() };
    let signoffs = judge_votes(&then, book.config, &own.votes, &own.content, facts.people);
    for judged in votes_of(&signoffs).filter(|vote| vote.weight == VoteStatus::None(WhyNot::Overridden)) {
        let vote = &judged.ballot.vote;
        let lifting = overriding_move(&then, book.config, &vote.stage, vote.round);
        let Some((_, step)) = task.moves.iter().find(|(at, _)| Some(*at) == lifting) else { continue };
        let is_told =
            |pass: &Pass<'_>| pass.is_forced && pass.stage == vote.stage && pass.step == Some(*step);
        if task.passes.iter().any(is_told) {
            continue;
        }
        let (name, role, id) = (&judged.person.name, &vote.role, &own.id);
        let message = format!("the rejection of {name} as {role} in {} is lifted {}", vote.stage, how(step));
        let suggestion = Some(format!("{name}: tracker approve {id} --as {role}, or reject again"));
        let file = path_of(judged);
        let about = About { task: Some(id), file: Some(&file), suggestion, ..About::default() };
        book.add(GateRule::Overrides, message, about);
    }
}

fn how(step: &Move) -> String {
    let deed = if is_override(step) { "an override" } else { "a jump" };
    format!("by {deed} of {}", step.by)
}

/// Says what makes up for an approval that is missing in a stage that was left: the stage must be entered again.
fn fix_of(task: &Judged<'_>, missing: &Missing) -> String {
    let id = &task.facts.id;
    let (Missing::Signoff { role, .. }, Some(after)) = (missing, &task.facts.after) else {
        return missing.fix(id).to_string();
    };
    let back = if after.stage.is_complete() {
        format!("tracker reopen {id}")
    } else {
        format!("tracker fail {id} WHY")
    };
    format!("{back}, and when it is there again: tracker approve {id} --as {role}")
}

/// Returns the rule that a missing thing breaks, and what is to be said of it.
fn rule_of(missing: &Missing, pass: &Pass<'_>) -> Option<(GateRule, String)> {
    Some(match missing {
        Missing::Signoff { role, .. } => {
            let standing = pass.signoffs.roles.iter().find(|standing| standing.role == *role);
            let votes = standing.map(|standing| standing.votes.as_slice()).unwrap_or_default();
            let idle: Vec<String> = votes.iter().filter_map(excuse).collect();
            let idle = if idle.is_empty() { String::new() } else { format!(": {}", idle.join("; ")) };
            (GateRule::EarnedMoves, format!("without the {missing}{idle}"))
        }
        Missing::Rejected { .. } => (GateRule::EarnedMoves, format!("although it is rejected {missing}")),
        Missing::WaitsFor { task: other, .. } => (GateRule::EarnedMoves, format!("and it waits for {other}")),
        Missing::Unchecked { .. } => (GateRule::Deliverables, format!("with {missing} unchecked")),
        Missing::Finding { .. } => (GateRule::OpenFindings, format!("with {missing} open")),
        // None of these is asked of a stage that was left: what blocks or closes a task now came later.
        Missing::Cancelled
        | Missing::Completed
        | Missing::UnknownStage { .. }
        | Missing::Blocked(_)
        | Missing::Outdated => return None,
    })
}

/// Says why an approval does not count.
fn excuse(vote: &JudgedVote<'_>) -> Option<String> {
    let why = vote.weight.why_not()?;
    let is_approval = vote.ballot.vote.verdict == Verdict::Approved;
    (is_approval && *why != WhyNot::Superseded).then(|| match why {
        WhyNot::Stale(_) => format!("that of {} is {why}", vote.person.name),
        _ => format!("that of {} does not count: {why}", vote.person.name),
    })
}

/// Names the rule by which a vote that a move needed does not count.
fn blame(id: &TaskId, role: &RoleStanding<'_>, vote: &JudgedVote<'_>, book: &mut Violations<'_>) {
    let Some(why) = vote.weight.why_not() else { return };
    let Some(rule) = rule_against(why) else { return };
    let file = path_of(vote);
    let about = About { task: Some(id), file: Some(&file), ..About::default() };
    book.add(rule, format!("the vote of {} as {} does not count: {why}", vote.person.name, role.role), about);
}

/// Returns the rule that speaks against a vote.
pub(super) fn rule_against(why: &WhyNot) -> Option<GateRule> {
    match why {
        WhyNot::OwnWork => Some(GateRule::SelfApproval),
        WhyNot::Outsider | WhyNot::UndefinedRole(_) | WhyNot::Agent => Some(GateRule::RoleMembers),
        WhyNot::Unsigned | WhyNot::BadSignature => Some(GateRule::SignedVotes),
        WhyNot::Altered
        | WhyNot::Copied(_)
        | WhyNot::Unsound
        | WhyNot::Future
        | WhyNot::UnbegunRound { .. } => Some(GateRule::NoRewrittenVotes),
        _ => None,
    }
}

/// Returns the path of a vote's file.
pub(super) fn path_of(vote: &JudgedVote<'_>) -> String {
    format!("{}/{}", RecordKind::Vote.folder_of(&vote.ballot.folder), vote.ballot.name)
}
