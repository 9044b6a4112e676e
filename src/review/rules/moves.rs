//! `legal-moves`, `earned-moves`, `overrides`, `deliverables` and `open-findings`: every move is one that the pipeline
//! has, nothing is taken out of a history, and each stage that the range led a task out of had what it requires. What
//! votes are worth is stated by the objections.

use std::collections::{BTreeSet, HashMap};

use super::super::facts::{CommitFacts, Credited, RangeFacts, RangeTask, RecordStep};
use super::super::fields::ticks;
use super::super::stage_exits::{Judged, StageExit, kind_of, lost};
use super::brought::by_move;
use super::objections::{exceptions, is_revert, is_reverted, not_counted};
use super::votes::doubt_whose;
use super::{About, Violations};
use crate::doc::open_boxes;
use crate::model::{
    Advance, Config, GateRule, Level, Move, MoveKind, OpenBox, Stage, Suggestion, Task, TaskId, is_same_name,
};
use crate::policy::{Fix, Missing, Route, VoteStatus, WhyNot, is_override, overriding_move, role_for_people};

const LEGAL: GateRule = GateRule::LegalMoves;

/// The commits of the range, by their ids.
type Commits<'f> = HashMap<&'f str, &'f CommitFacts>;

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    let commits: Commits<'_> = facts.commits.iter().map(|commit| (commit.id.as_str(), commit)).collect();
    for step in &facts.steps {
        taken_out(facts, &commits, step, book);
        in_anothers_name(facts, &commits, step, book);
    }
    for task in tasks {
        legal(facts, task, book);
        for stage_exit in task.stage_exits.iter().filter(|stage_exit| !stage_exit.is_forced) {
            of_stage_exit(facts, task, stage_exit, book);
        }
        overrides(facts, task, book);
        whose_overrides(facts, task, book);
        lifted_vetoes(facts, task, book);
    }
    note_awaited(facts, tasks, book);
}

/// How many tasks are named that wait for approvals.
const NAMED: usize = 5;

/// Says which approvals the stages require in which tasks are: a yes does not mean that they were reviewed.
fn note_awaited(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    let mut awaited = Vec::new();
    for task in tasks {
        let (Some(current), Some(after)) = (&task.current, &task.facts.after) else { continue };
        let roles: Vec<&str> = current
            .roles
            .iter()
            .filter(|role| facts.people_approving(role) < role.quorum)
            .map(|role| role.role.as_str())
            .collect();
        if !roles.is_empty() {
            awaited.push(format!("{} in {} by {}", task.facts.id, after.stage, roles.join(", ")));
        } else if let Some((stage, roles)) = first_review(facts, task, book.config) {
            let before = format!("before {stage} by {}", roles.join(", "));
            awaited.push(format!("{} in {}, {before}", task.facts.id, after.stage));
        }
    }
    if awaited.is_empty() {
        return;
    }
    let more = awaited.len().saturating_sub(NAMED);
    awaited.truncate(NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    book.note(GateRule::EarnedMoves, format!("not approved yet: {}{more}", awaited.join("; ")));
}

/// Returns the first stage that is still before a task and in which somebody reviews what the range brings of it, and by
/// whom.
fn first_review<'c>(
    facts: &RangeFacts<'_>,
    task: &Judged<'_>,
    config: &'c Config,
) -> Option<(&'c Stage, Vec<&'c str>)> {
    let after = task.facts.after.as_ref().filter(|after| after.cancelled.is_none())?;
    let route = Route::of(config, kind_of(task.facts));
    let changed: BTreeSet<&String> =
        task.facts.commits.iter().flat_map(|at| &facts.commits[*at].paths).collect();
    let brought: Vec<&str> = facts
        .files
        .iter()
        .filter(|file| changed.contains(&file.path))
        .map(|file| file.path.as_str())
        .collect();
    route.stages().iter().skip(route.place(&after.stage)?).find_map(|stage| {
        let reviews = |role: &&String| brought.iter().any(|path| route.is_reviewed(role, path));
        let roles: Vec<&str> = route.roles_of(stage).iter().filter(reviews).map(String::as_str).collect();
        (!roles.is_empty()).then_some((stage, roles))
    })
}

fn taken_out(facts: &RangeFacts<'_>, commits: &Commits<'_>, step: &RecordStep, book: &mut Violations<'_>) {
    let RecordStep::History { commit, task, path, before, after } = step else { return };
    let own = facts.tasks.iter().find(|own| own.id == *task);
    let route = Route::of(book.config, own.and_then(kind_of));
    // Without a move back the task is further along, past a rejection in all but name: only its author may remove it.
    let author = commit.as_ref().and_then(|id| commits.get(id.as_str())).map(|own| &own.author.name);
    let is_own = |step: &Move| author.is_some_and(|author| is_same_name(author, &step.by));
    let is_lawful = |gone: &Move| {
        is_revert(facts, commit.as_deref())
            && before.starts_with(after)
            && (route.place_after(after.iter()) <= route.place_after(before.iter()) || is_own(gone))
    };
    let Some(gone) = lost(before, after).filter(|gone| !is_lawful(gone)) else { return };
    let message = format!("takes {} of {} out of the history", arrow(gone), gone.by);
    let (commit, fix) = (commit.as_deref(), Some(restore(path)));
    let about = About { task: Some(task), commit, file: Some(path), fix, ..About::default() };
    book.add(LEGAL, message, about);
}

/// What somebody decides has a name in the record that may be another's: to finalise a manual stage, to send a
/// task back, to open it again. Of a merge the moves are of both its sides, and every other move follows from what others
/// did.
fn in_anothers_name(
    facts: &RangeFacts<'_>,
    commits: &Commits<'_>,
    step: &RecordStep,
    book: &mut Violations<'_>,
) {
    let RecordStep::History { commit: Some(id), task, path, before, after } = step else { return };
    let Some(commit) = commits.get(id.as_str()).filter(|own| own.parents < 2) else { return };
    let is_own = |own: &Move| {
        let names = [Some(&own.by), own.agent.as_ref()];
        names.into_iter().flatten().any(|name| commit.is_by(name, facts.people))
    };
    let is_manual = |stage: &Stage| {
        book.config.stages.get(stage.as_str()).is_some_and(|rules| rules.advance == Advance::Manual)
    };
    let is_decided = |own: &Move| match own.kind {
        MoveKind::Fail | MoveKind::Reopen => true,
        MoveKind::Advance | MoveKind::Unknown(_) => is_manual(&own.from),
        MoveKind::Start | MoveKind::Override | MoveKind::Revert | MoveKind::Import => false,
    };
    let is_doubtful = |own: &&Move| is_decided(own) && !before.contains(own) && !is_own(own);
    let messages: Vec<String> = after
        .iter()
        .filter(is_doubtful)
        .map(|own| {
            let author = (facts.people)(&commit.author).name;
            format!("{} by {} comes in a commit of {author}", arrow(own), own.by)
        })
        .collect();
    for message in messages {
        let about = About { task: Some(task), commit: Some(id), file: Some(path), ..About::default() };
        book.add_at(Level::Warn, LEGAL, message, about);
    }
}

fn legal(facts: &RangeFacts<'_>, task: &Judged<'_>, book: &mut Violations<'_>) {
    let own = task.facts;
    let about = || About { task: Some(&own.id), file: Some(&own.path), ..About::default() };
    if own.is_deleted {
        if !is_reverted(facts, own) {
            let fix = Some(Fix::Run(Suggestion::tracker(["cancel", own.id.as_str()])));
            let message = "the record is deleted: a task that will not be done is cancelled";
            book.add(LEGAL, message, About { fix, ..about() });
        }
        return;
    }
    let Some(after) = &own.after else { return };
    let is_both = after.cancelled.is_some() && (own.is_cancelled_at_tip || after.stage.is_complete());
    if is_both && !task.moves.is_empty() {
        let fix = Some(Fix::Run(Suggestion::tracker(["reopen", own.id.as_str()])));
        book.add(LEGAL, "moves on, and is cancelled", About { fix, ..about() });
    }
    // Blocked in the meantime only is none of the range's business, unless nobody could unblock it any more.
    let was_blocked = own.before.as_ref().is_some_and(|before| before.blocked.is_some());
    if let Some(why) = after.blocked.as_ref().filter(|_| was_blocked || after.stage.is_complete())
        && !task.moves.is_empty()
    {
        let fix = Some(Fix::Run(Suggestion::tracker(["unblock", own.id.as_str()])));
        book.add_at(Level::Warn, LEGAL, format!("moves on, and is blocked: {why}"), About { fix, ..about() });
    }
    taken_back(task, after, book);
    for (at, step) in &task.moves {
        if let Some(wrong) = wrong_with(after, *at, step, kind_of(own), book.config) {
            let about = About { commit: by_move(facts, &own.id, step), ..about() };
            book.add(LEGAL, format!("{} by {}: {wrong}", arrow(step), step.by), about);
        }
    }
    note_other_route(own, after, book);
}

/// Warns of what was agreed on of a task and is otherwise without being done: that it waits for another, and its first day.
fn taken_back(task: &Judged<'_>, after: &Task, book: &mut Violations<'_>) {
    let own = task.facts;
    let about = |fix| About { task: Some(&own.id), file: Some(&own.path), fix, ..About::default() };
    for other in own.waited_for.iter().filter(|_| !task.moves.is_empty()) {
        let message = format!("moves on, and does not depend any more on {other}, which is open");
        let words = ["set", own.id.as_str(), &format!("depends_on+={other}")];
        let about = about(Some(Fix::Run(Suggestion::tracker(words))));
        book.add_at(Level::Warn, GateRule::EarnedMoves, message, about);
    }
    let Some(created) = own.before.as_ref().and_then(|before| before.created) else { return };
    if after.created != Some(created) {
        let now = after.created.map_or_else(|| "missing".to_owned(), |day| day.to_string());
        let message = format!("`created` was {created} and is {now}: it never changes");
        let fix = Some(Fix::Advice(format!("restore the line: created: {created}")));
        book.add_at(Level::Warn, LEGAL, message, about(fix));
    }
}

/// Says where lines of a history come back from.
pub(super) fn restore(path: &str) -> Fix {
    Fix::Advice(format!("restore the lines under `history:` in {path}: moves are only ever added"))
}

/// A task that had begun is judged by the route it began on.
fn note_other_route(facts: &RangeTask, after: &Task, book: &mut Violations<'_>) {
    let own = book.config.stages_of(after.kind.as_deref());
    let judged_by = book.config.stages_of(kind_of(facts));
    if own != judged_by {
        let name = |kind: Option<&str>| kind.unwrap_or("none").to_owned();
        let message = format!(
            "its type is now {}; it is judged by the stages of {}, with which it began",
            name(after.kind.as_deref()),
            name(kind_of(facts))
        );
        let about = About { task: Some(&facts.id), file: Some(&facts.path), ..About::default() };
        book.add_at(Level::Warn, LEGAL, message, about);
    }
}

/// Says what is wrong with a move, if anything is.
fn wrong_with(task: &Task, at: usize, step: &Move, kind: Option<&str>, config: &Config) -> Option<String> {
    let before = at.checked_sub(1).and_then(|at| task.history.get(at));
    let previous = before.map_or_else(crate::model::Stage::none, |before| before.to.clone());
    if task.repeats_move(at) {
        return Some("it is there twice".to_owned());
    }
    // Two branches that made the same move leave it there twice, each as it made it.
    let is_twice = before.is_some_and(|before| before.from == step.from && before.to == step.to);
    if is_twice {
        return None;
    }
    if step.from != previous {
        return Some(format!("the task was in {previous}"));
    }
    let route = Route::of(config, kind);
    let Some(to) = route.place(&step.to) else {
        return Some(format!("{} is no stage of its pipeline", step.to));
    };
    // What is imported has a history elsewhere, which its first move sums up.
    if is_override(step) || step.kind == MoveKind::Import && at == 0 {
        return None;
    }
    let is_next = route.place(&step.from).is_some_and(|from| from + 1 == to);
    let is_back = config.on_fail_of(kind, &step.from).as_ref() == Some(&step.to);
    let is_reopened = step.from.is_complete() && to <= 1;
    let is_legal = is_next || is_back || is_reopened;
    (!is_legal).then(|| "its pipeline has no such move, and it is no override".to_owned())
}

fn arrow(step: &Move) -> String {
    format!("{} → {}", step.from, step.to)
}

fn of_stage_exit(
    facts: &RangeFacts<'_>,
    task: &Judged<'_>,
    stage_exit: &StageExit<'_>,
    book: &mut Violations<'_>,
) {
    let (id, record) = (&task.facts.id, task.facts.path.as_str());
    let commit = stage_exit.step.and_then(|step| by_move(facts, id, step));
    let about = |fix| About { task: Some(id), commit, file: Some(record), fix, ..About::default() };
    for missing in &stage_exit.missing {
        let Some((rule, what)) = rule_of(missing) else { continue };
        let about = about(Some(fix_of(task.facts, missing)));
        let after = task.facts.after.as_ref().filter(|_| is_found_later(task, stage_exit, missing));
        let message = match after {
            Some(after) => format!("in {}, {what}", after.stage),
            None => format!("left {}, {what}", stage_exit.stage),
        };
        book.add(rule, message, about);
    }
    dropped_boxes(task, stage_exit, book);
    let Some(step) = stage_exit.step else { return };
    let agent = step.agent.as_deref();
    if let Some(role) = role_for_people(book.config, stage_exit.stage.as_str(), &step.by, agent) {
        let message = format!(
            "left {} by {}, and what {role} signs off is moved on by people only",
            stage_exit.stage,
            agent.unwrap_or(&step.by)
        );
        book.add(GateRule::EarnedMoves, message, about(None));
    }
}

/// Warns of boxes that the stage requires, which the range removes unticked or puts where the stage requires none: what was
/// agreed on is not there any more, and whoever reviews decides whether that is right.
fn dropped_boxes(task: &Judged<'_>, stage_exit: &StageExit<'_>, book: &mut Violations<'_>) {
    let (Some(before), Some(after)) = (&task.facts.before, &task.facts.after) else { return };
    let requirements = &book.config.rules_of(stage_exit.stage.as_str()).requires;
    let is_required = |open: &OpenBox| requirements.iter().any(|own| open.is_required_by(*own));
    let dropped = ticks(Some(before), after).dropped;
    let (was_open, is_open) = (open_boxes(&before.body), &task.facts.open_boxes);
    let elsewhere = |all: &[OpenBox], text: &str| {
        all.iter().filter(|open| open.text == text && !is_required(open)).count()
    };
    let is_moved = |text: &str| elsewhere(is_open, text) > elsewhere(&was_open, text);
    let required = was_open.iter().filter(|open| is_required(open));
    let required = required.filter(|open| dropped.contains(&open.text) || is_moved(&open.text));
    let required: Vec<String> = required.map(|open| format!("`{}`", open.text)).collect();
    if required.is_empty() {
        return;
    }
    let message = format!(
        "left {}, which requires {} ticked: removed instead",
        stage_exit.stage,
        required.join(" and ")
    );
    let about = About { task: Some(&task.facts.id), file: Some(&task.facts.path), ..About::default() };
    book.add_at(Level::Warn, GateRule::Deliverables, message, about);
}

/// Whether a finding was reported after the task had left a stage, as the file dates it: nothing was wrong with the move.
fn is_found_later(task: &Judged<'_>, stage_exit: &StageExit<'_>, missing: &Missing) -> bool {
    let (Missing::Finding { id, .. }, Some(step)) = (missing, stage_exit.step) else { return false };
    task.facts.findings.iter().any(|finding| finding.id == *id && finding.at > step.at)
}

/// One move that was forced: past which stages, and what was missing there.
struct Forced<'f> {
    step: Option<&'f Move>,
    stages: Vec<&'f str>,
    missing: Vec<String>,
}

/// Describes each override once, whatever it led past.
fn overrides(facts: &RangeFacts<'_>, task: &Judged<'_>, book: &mut Violations<'_>) {
    let mut forced: Vec<Forced<'_>> = Vec::new();
    for stage_exit in task.stage_exits.iter().filter(|stage_exit| stage_exit.is_forced) {
        let mut found: Vec<String> = Vec::new();
        let leaving = |step: &Move| {
            task.leavings.iter().find(|leaving| leaving.stage == stage_exit.stage && leaving.step == *step)
        };
        for role in stage_exit
            .step
            .filter(|step| is_override(step))
            .and_then(leaving)
            .iter()
            .flat_map(|own| &own.roles)
        {
            let missing = facts.missing_of(role, book.config);
            for (at, status) in role.votes.iter().filter(|_| !missing.is_empty()) {
                let Some(vote) = facts.vote(*at, status) else { continue };
                not_counted(facts, &task.facts.id, vote, Level::Error, book);
            }
            for missing in facts.lifted_by_overrides(role).into_iter().chain(missing) {
                found.push(match missing {
                    Missing::Signoff { .. } => format!("without the {missing}{}", exceptions(facts, role)),
                    _ => format!("although it is rejected {missing}"),
                });
            }
        }
        found.extend(stage_exit.missing.iter().filter_map(rule_of).map(|(_, what)| what));
        if found.is_empty() {
            continue;
        }
        let at = forced.iter().position(|own| own.step == stage_exit.step).unwrap_or_else(|| {
            forced.push(Forced { step: stage_exit.step, stages: Vec::new(), missing: Vec::new() });
            forced.len() - 1
        });
        let own = &mut forced[at];
        own.stages.push(stage_exit.stage.as_str());
        found.retain(|what| !own.missing.contains(what));
        own.missing.extend(found);
    }
    for Forced { step, stages, missing } in forced {
        let by = step.map_or_else(|| "by hand".to_owned(), how);
        let back = Suggestion::tracker(["set-stage", task.facts.id.as_str(), stages[0]]);
        let fix = Some(Fix::Advice(format!("{back}, and earn what is missing")));
        let (id, file) = (&task.facts.id, task.facts.path.as_str());
        let commit = step.and_then(|step| by_move(facts, id, step));
        let about = About { task: Some(id), commit, file: Some(file), fix, ..About::default() };
        let message = format!("left {} {by}, {}", stages.join(", "), missing.join(", "));
        book.add(GateRule::Overrides, message, about);
    }
}

/// An override is whoever's it names: of another's making it is none.
fn whose_overrides(facts: &RangeFacts<'_>, task: &Judged<'_>, book: &mut Violations<'_>) {
    let own = task.facts;
    for (_, step) in task.moves.iter().filter(|(_, step)| is_override(step)) {
        let trust = own.trust_of(&Credited::Override((*step).clone()));
        let Some(doubt) = doubt_whose(trust, book) else { continue };
        let (commit, file) = (by_move(facts, &own.id, step), Some(own.path.as_str()));
        let about = About { task: Some(&own.id), commit, file, ..About::default() };
        book.add(LEGAL, format!("{} is an override by {}, {doubt}", arrow(step), step.by), about);
    }
}

/// An override that was taken back has lifted the rejections before it all the same.
fn lifted_vetoes(facts: &RangeFacts<'_>, task: &Judged<'_>, book: &mut Violations<'_>) {
    let own = task.facts;
    let Some(after) = own.after.as_ref().filter(|_| task.moves.iter().any(|(_, step)| is_override(step)))
    else {
        return;
    };
    let route = Route::of(book.config, kind_of(own));
    for (at, status) in &facts.landing.judgement.votes {
        let cast = &facts.landing.cast[*at];
        if cast.task != own.id || *status != VoteStatus::None(WhyNot::Overridden) {
            continue;
        }
        let lifting = overriding_move(route, &after.history, &cast.stage, cast.round);
        let Some((_, step)) = task.moves.iter().find(|(at, _)| Some(*at) == lifting) else { continue };
        let is_reported = |stage_exit: &StageExit<'_>| {
            stage_exit.is_forced && stage_exit.stage == cast.stage && stage_exit.step == Some(*step)
        };
        if task.stage_exits.iter().any(is_reported) {
            continue;
        }
        let (name, role, id) =
            ((facts.people)(&facts.landing.votes[*at].vote.by).name, &cast.role, own.id.as_str());
        let message = format!("the rejection of {name} as {role} in {} is lifted {}", cast.stage, how(step));
        let command = Suggestion::tracker(["approve", id, "--as", role]);
        let fix = Some(Fix::RunAs { person: name, command });
        let (commit, file) = (by_move(facts, &own.id, step), Some(cast.path.as_str()));
        let about = About { task: Some(&own.id), commit, file, fix, ..About::default() };
        book.add(GateRule::Overrides, message, about);
    }
}

fn how(step: &Move) -> String {
    let action = if is_override(step) { "an override" } else { "a jump" };
    format!("by {action} of {}", step.by)
}

/// Says what makes up for an approval that is missing in a stage that was left: the stage must be entered again.
pub(super) fn fix_of(task: &RangeTask, missing: &Missing) -> Fix {
    let id = &task.id;
    let (Missing::Signoff { role, .. }, Some(after)) = (missing, &task.after) else { return missing.fix(id) };
    let back = back(id, after.stage.is_complete(), "WHY");
    let again = Suggestion::tracker(["approve", id.as_str(), "--as", role]);
    Fix::Advice(format!("{back}, and when it is there again: {again}"))
}

/// The command that sends a task back to where it can be reviewed again.
pub(super) fn back(id: &TaskId, is_complete: bool, why: &str) -> Suggestion {
    match is_complete {
        true => Suggestion::tracker(["reopen", id.as_str()]),
        false => Suggestion::tracker(["fail", id.as_str(), why]),
    }
}

/// Returns the rule that a missing thing breaks, and the message.
fn rule_of(missing: &Missing) -> Option<(GateRule, String)> {
    Some(match missing {
        Missing::WaitsFor { task: other, .. } => (GateRule::EarnedMoves, format!("and it waits for {other}")),
        Missing::Unchecked { .. } => (GateRule::Deliverables, format!("with {missing} unchecked")),
        Missing::Evidence { .. } => (GateRule::EarnedMoves, format!("without evidence {missing}")),
        Missing::Finding { .. } => (GateRule::OpenFindings, format!("with {missing} open")),
        // Votes are looked at elsewhere, and the others are not asked of a stage that was left: what blocks or closes a
        // task now came later.
        Missing::Signoff { .. }
        | Missing::Rejected { .. }
        | Missing::Cancelled
        | Missing::Completed
        | Missing::UnknownStage { .. }
        | Missing::Blocked(_)
        | Missing::Unreadable(_)
        | Missing::Outdated => return None,
    })
}
