//! Votes and findings that were changed or deleted, and votes that the range brings and that do not count.

use super::super::facts::{RangeFacts, RangeTask, RecordStep};
use super::super::passes::Judged;
use super::moves::{path_of, rule_against};
use super::{About, Violations};
use crate::model::{
    Finding, FindingState, GateRule, Level, RecordKind, Resolution, SelfApproval, Signatures,
};
use crate::policy::{JudgedVote, Signoffs, Trust, VoteStatus, blocking_findings, is_member};

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for step in &facts.steps {
        of_step(step, book);
    }
    for task in tasks {
        idle_votes(task, book);
        resolutions(facts, task.facts, book);
    }
}

fn of_step(step: &RecordStep, book: &mut Violations<'_>) {
    match step {
        RecordStep::Vote { commit, task, path, is_deleted } => {
            let deed = if *is_deleted { "deletes a vote" } else { "changes a vote that was cast" };
            let suggestion = Some("restore the file; who changed their mind votes again".to_owned());
            let about = About {
                task: Some(task),
                commit: commit.as_deref(),
                file: Some(path),
                line: None,
                suggestion,
            };
            book.add(GateRule::NoRewrittenVotes, deed, about);
        }
        RecordStep::Finding { commit, task, path, action } => {
            let id = path.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")).unwrap_or(path);
            let suggestion = Some(format!("restore the file; tracker findings settle {task} {id}, or waive"));
            let about = About {
                task: Some(task),
                commit: commit.as_deref(),
                file: Some(path),
                line: None,
                suggestion,
            };
            book.add(GateRule::OpenFindings, action.clone(), about);
        }
        RecordStep::History { .. } => {}
    }
}

/// Votes that the range brings and that count for nothing are worth a warning, where no move rests on them.
fn idle_votes(task: &Judged<'_>, book: &mut Violations<'_>) {
    let standing = task.passes.iter().map(|pass| &pass.signoffs);
    let all: Vec<&Signoffs<'_>> =
        standing.chain(task.current.as_ref().map(|(signoffs, _)| signoffs)).collect();
    for vote in all.iter().flat_map(|signoffs| votes_of(signoffs)) {
        let is_new = task.facts.new_votes.contains(&vote.ballot.name);
        let file = path_of(vote);
        let about = || About { task: Some(&task.facts.id), file: Some(&file), ..About::default() };
        let (name, role) = (&vote.person.name, &vote.ballot.vote.role);
        if let Some(why) = vote.weight.why_not().filter(|_| is_new)
            && let Some(rule) = rule_against(why)
        {
            let message = format!("the vote of {name} as {role} does not count: {why}");
            book.add_at(Level::Warn, rule, message, about());
        }
        if vote.weight == VoteStatus::Approval && is_new {
            doubt(vote, about(), book);
        }
    }
}

/// Says how little is known of whose an approval is that counts.
fn doubt(vote: &JudgedVote<'_>, about: About<'_>, book: &mut Violations<'_>) {
    let (name, role) = (&vote.person.name, &vote.ballot.vote.role);
    let wants = book.config.policy.signatures == Signatures::Warn;
    let message = match vote.ballot.trust {
        Trust::Signed => return,
        Trust::Unverified => format!(
            "nothing but its file says that the approval as {role} is by {name}: the commit is by another"
        ),
        Trust::Attributed if wants => format!("the approval of {name} as {role} is not signed"),
        Trust::Attributed => return,
    };
    book.add_at(Level::Warn, GateRule::SignedVotes, message, about);
}

/// Returns all votes of a task's sign-offs.
pub(super) fn votes_of<'s, 'v>(signoffs: &'s Signoffs<'v>) -> impl Iterator<Item = &'s JudgedVote<'v>> {
    signoffs.roles.iter().flat_map(|role| &role.votes).chain(&signoffs.others)
}

/// Who settles or waives a finding that blocks must be one whose role found it, and, where nobody may approve their
/// own work, not its author.
fn resolutions(range: &RangeFacts<'_>, facts: &RangeTask, book: &mut Violations<'_>) {
    for finding in &facts.findings {
        let before = facts.findings_before.iter().find(|old| old.id == finding.id);
        let known = before.map_or(0, |old| old.resolutions.len());
        let Some(new) =
            finding.resolutions.get(known..).and_then(|new| new.iter().rfind(|step| closes(step)))
        else {
            continue;
        };
        if finding.state().is_open() || !blocks(finding, book) {
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
    if !facts.attributed.contains(&(finding.id.clone(), step.clone())) {
        return Some("and the commit that says so is by another".to_owned());
    }
    let mut authors = facts.content.commits.iter().flat_map(|commit| &commit.authors);
    let is_own = authors.any(|author| (range.people)(author).is_same(&person));
    let forbids = book.config.policy.self_approval == SelfApproval::Forbid;
    (forbids && is_own).then(|| "who wrote what it is about".to_owned())
}
