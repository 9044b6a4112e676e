//! Votes and findings that were changed or deleted, and votes that the range brings and that do not count.

use super::super::facts::{CommitFacts, Credited, RangeFacts, RangeTask, RecordStep};
use super::super::stage_exits::{Judged, Vote};
use super::objections::{is_revert, not_counted};
use super::{About, Violations};
use crate::model::{
    Finding, FindingState, GateRule, Level, Person, RecordKind, Resolution, SelfApproval, Signatures,
    Suggestion, Verdict, is_daily_record,
};
use crate::policy::history::PersonKey;
use crate::policy::{Fix, Trust, VoteStatus, WhyNot, blocking_findings, is_member};

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for step in &facts.steps {
        of_step(facts, step, book);
    }
    for (at, status) in &facts.landing.judgement.votes {
        if let Some(vote) = facts.vote(*at, status).filter(|vote| vote.is_new) {
            of_new_vote(facts, vote, book);
        }
    }
    for task in tasks {
        resolutions(facts, task.facts, book);
        notes(task.facts, book);
    }
}

fn of_step(facts: &RangeFacts<'_>, step: &RecordStep, book: &mut Violations<'_>) {
    match step {
        RecordStep::Vote { commit, task, path, is_deleted, verdict } => {
            let is_lawful =
                *is_deleted && *verdict == Some(Verdict::Approved) && is_revert(facts, commit.as_deref());
            if is_lawful {
                return;
            }
            let about =
                About { task: Some(task), commit: commit.as_deref(), file: Some(path), ..About::default() };
            rewritten(&about, *is_deleted, book);
        }
        RecordStep::Finding { commit, task, path, action } => {
            let id = path.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")).unwrap_or(path);
            let resolve = Suggestion::tracker(["findings", "resolve", task.as_str(), id]);
            let fix = Some(Fix::Advice(format!("restore the file; {resolve}, or waive")));
            let commit = commit.as_deref();
            let about = About { task: Some(task), commit, file: Some(path), fix, ..About::default() };
            book.add(GateRule::OpenFindings, action.to_string(), about);
        }
        RecordStep::Receipt { commit, task, path, is_deleted } => {
            let commit = commit.as_deref();
            let action = if *is_deleted { "deletes a receipt" } else { "changes a receipt" };
            let fix = Some(Fix::Advice("restore the file; who runs it again adds another".to_owned()));
            let about = About { task: Some(task), commit, file: Some(path), fix, ..About::default() };
            if !(*is_deleted && is_revert(facts, commit)) {
                book.add(GateRule::NoRewrittenVotes, action, about);
            }
        }
        RecordStep::Note { .. } => of_note(facts, step, book),
        RecordStep::History { .. } => {}
    }
}

/// A note is its author's to change; reports show it in that name.
fn of_note(facts: &RangeFacts<'_>, step: &RecordStep, book: &mut Violations<'_>) {
    let RecordStep::Note { commit, task, path, is_deleted, by } = step else { return };
    let commit = commit.as_deref();
    let made = facts.commits.iter().find(|own| Some(own.id.as_str()) == commit);
    let is_own = by.as_ref().zip(made).is_some_and(|(by, made)| made.is_by(by, facts.people));
    if is_own || *is_deleted && is_revert(facts, commit) {
        return;
    }
    let action = if *is_deleted { "deletes" } else { "changes" };
    let message = format!("{action} a note of {}", by.as_deref().unwrap_or("somebody else"));
    let fix = Some(Fix::Advice("restore the file; an answer is a note of its own: tracker note".to_owned()));
    let about = About { task: Some(task), commit, file: Some(path), fix, ..About::default() };
    book.add_at(Level::Warn, GateRule::NoRewrittenVotes, message, about);
}

/// Says that a vote's file is gone or changed.
pub(super) fn rewritten(about: &About<'_>, is_deleted: bool, book: &mut Violations<'_>) {
    let action = if is_deleted { "deletes a vote" } else { "changes a vote that was cast" };
    let fix = Some(Fix::Advice("restore the file; who changed their mind votes again".to_owned()));
    book.add(GateRule::NoRewrittenVotes, action, about.with(fix));
}

/// Votes that the range brings and that count for nothing are worth a warning, where no move rests on them; so is what
/// is doubtful about one that counts.
fn of_new_vote(facts: &RangeFacts<'_>, vote: Vote<'_>, book: &mut Violations<'_>) {
    let cast = &facts.landing.cast[vote.at];
    let worth = worth_of(facts, vote);
    // What may have been meant as a rejection stops what it was cast on until its author says what it is.
    let is_unclear = matches!(worth, VoteStatus::None(WhyNot::UnknownVerdict(_)));
    let most = if is_unclear { Level::Error } else { Level::Warn };
    not_counted(facts, &cast.task, Vote { status: worth, ..vote }, most, book);
    if *worth != VoteStatus::Approval {
        return;
    }
    let about = || About { task: Some(&cast.task), file: Some(&cast.path), ..About::default() };
    let (name, role) = ((facts.people)(&vote.record.vote.by).name, &vote.record.vote.role);
    if vote.record.trust == Trust::Attributed && book.config.policy.signatures == Signatures::Warn {
        let message = format!("the approval of {name} as {role} is not signed");
        book.add_at(Level::Warn, GateRule::SignedVotes, message, about());
    }
    let task = facts.tasks.iter().find(|task| task.id == cast.task);
    let commits = task.into_iter().flat_map(|task| &task.commits).map(|at| &facts.commits[*at]);
    if let Some(commit) = commits.into_iter().find(|commit| is_committed_by(facts, commit, &cast.voter)) {
        let message = format!(
            "{name} approves as {role} what {name} committed, though not as its author: {} \"{}\"",
            commit.short(),
            commit.subject
        );
        book.add_at(Level::Warn, GateRule::SelfApproval, message, about());
    }
}

/// Returns what a vote was worth in the stage that its task left, else for its own stage.
fn worth_of<'f>(facts: &'f RangeFacts<'_>, vote: Vote<'f>) -> &'f VoteStatus {
    let left = facts.landing.judgement.leavings.iter().flat_map(|leaving| &leaving.roles);
    let mut required = left.flat_map(|role| &role.votes).filter(|(at, _)| *at == vote.at);
    let is_required = |status: &&VoteStatus| {
        !matches!(status, VoteStatus::None(WhyNot::OtherStage(_) | WhyNot::Late | WhyNot::OtherRound { .. }))
    };
    required.find_map(|(_, status)| Some(status).filter(is_required)).unwrap_or(vote.status)
}

/// Whether somebody committed, as another's, work on more than records.
fn is_committed_by(facts: &RangeFacts<'_>, commit: &CommitFacts, person: &PersonKey) -> bool {
    let key = |person: &Person| PersonKey::of(&(facts.people)(person));
    commit.committer != commit.author
        && key(&commit.committer) == *person
        && key(&commit.author) != *person
        && commit.paths.iter().any(|path| !is_daily_record(path))
}

/// Returns the rule that speaks against a vote.
pub(super) fn rule_against(why: &WhyNot) -> Option<GateRule> {
    match why {
        WhyNot::OwnWork => Some(GateRule::SelfApproval),
        WhyNot::Outsider | WhyNot::UndefinedRole(_) | WhyNot::Agent => Some(GateRule::RoleMembers),
        WhyNot::Unsigned | WhyNot::BadSignature | WhyNot::Unattributed => Some(GateRule::SignedVotes),
        WhyNot::Altered
        | WhyNot::Duplicate
        | WhyNot::Copied(_)
        | WhyNot::Unsound
        | WhyNot::NotShown
        | WhyNot::Future
        | WhyNot::UnbegunRound { .. } => Some(GateRule::NoRewrittenVotes),
        WhyNot::UnknownVerdict(_) => Some(GateRule::BrokenDocuments),
        _ => None,
    }
}

/// Who resolves or waives a finding that blocks must be one whose role found it, and, where nobody may approve their
/// own work, not its author. What an author fixed is resolved by an approval of that role that came later.
fn resolutions(range: &RangeFacts<'_>, facts: &RangeTask, book: &mut Violations<'_>) {
    for finding in &facts.findings {
        let before = facts.findings_before.iter().find(|old| old.id == finding.id);
        // What decides is looked at: it need not be what was added last.
        let is_known = |step: &Resolution| before.is_some_and(|old| old.resolutions.contains(step));
        let Some(new) = finding.resolution().filter(|step| closes(step) && !is_known(step)) else { continue };
        if !blocks(finding, book) {
            continue;
        }
        if new.to == FindingState::Fixed && is_approved_since(range, facts, finding, new) {
            continue;
        }
        let Some(doubt) = doubt_about(range, facts, finding, new, book) else { continue };
        let file = format!("{}/{}.yaml", RecordKind::Finding.folder_of(&facts.id), finding.id);
        let message =
            format!("{} {} was {} by {}, {doubt}", finding.severity, finding.id, new.to, new.by.name);
        let about = About { task: Some(&facts.id), file: Some(&file), ..About::default() };
        book.add(GateRule::OpenFindings, message, about);
    }
}

fn closes(step: &Resolution) -> bool {
    matches!(step.to, FindingState::Fixed | FindingState::Resolved | FindingState::Waived)
}

fn blocks(finding: &Finding, book: &Violations<'_>) -> bool {
    let open = Finding { resolutions: Vec::new(), ..finding.clone() };
    !blocking_findings(book.config, std::slice::from_ref(&open)).is_empty()
}

/// Whether an approval that counts, for the role that raised a finding, came after it was fixed.
fn is_approved_since(
    range: &RangeFacts<'_>,
    facts: &RangeTask,
    finding: &Finding,
    step: &Resolution,
) -> bool {
    let judgement = &range.landing.judgement;
    let left = judgement.leavings.iter().filter(|leaving| leaving.task == facts.id);
    let roles = left.flat_map(|leaving| &leaving.roles);
    let roles = roles.chain(judgement.current.get(&facts.id).into_iter().flatten());
    let mut approvals = roles.filter(|role| role.role == finding.role).flat_map(|role| role.approvals());
    approvals.any(|at| range.landing.votes[at].vote.at >= step.at)
}

/// Says why a record is not taken for that of whom it names.
pub(super) fn doubt_whose(trust: Trust, book: &Violations<'_>) -> Option<&'static str> {
    match trust {
        Trust::Signed => None,
        Trust::Attributed if book.config.policy.signatures != Signatures::Require => None,
        Trust::Attributed => Some("which is not signed, and the policy wants that"),
        Trust::Unverified => Some("and the commit that says so is by another"),
    }
}

/// A note decides nothing: one in another's name is worth a warning, more where all must be signed.
fn notes(task: &RangeTask, book: &mut Violations<'_>) {
    let is_strict = book.config.policy.signatures == Signatures::Require;
    let most = if is_strict { Level::Error } else { Level::Warn };
    for credit in &task.credits {
        let Credited::Note { path, by } = &credit.record else { continue };
        let Some(doubt) = doubt_whose(credit.trust, book) else { continue };
        let about = About { task: Some(&task.id), file: Some(path), ..About::default() };
        book.add_at(most, GateRule::SignedVotes, format!("a note is by {by}, {doubt}"), about);
    }
}

fn doubt_about(
    range: &RangeFacts<'_>,
    facts: &RangeTask,
    finding: &Finding,
    step: &Resolution,
    book: &Violations<'_>,
) -> Option<String> {
    let person = (range.people)(&step.by);
    let role = book.config.role(&finding.role);
    if role.is_defined && !is_member(book.config, role, &[&person, &step.by]) {
        return Some(format!("who is no member of {}", finding.role));
    }
    let trust = facts.trust_of(&Credited::Resolution(finding.id.clone(), step.clone()));
    if let Some(doubt) = doubt_whose(trust, book) {
        return Some(doubt.to_owned());
    }
    let writers = range.landing.writers.get(&facts.id);
    let is_own = writers.is_some_and(|writers| writers.contains(&PersonKey::of(&person)));
    let forbids = book.config.policy.self_approval == SelfApproval::Forbid;
    (forbids && is_own).then(|| "who wrote what it is about".to_owned())
}
