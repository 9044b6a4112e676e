//! `policy-owners`: what the gate judges by changes only with its owners' votes, by the rules of the base.

use super::super::facts::{FileFacts, RangeFacts, RangeTask};
use super::files::is_policy_file;
use super::{About, Violations};
use crate::model::{Config, GateRule, Level, Stage, Task, is_in_tracker};
use crate::policy::{JudgedVote, RoleStanding, VoteStatus, is_selected, judge as judge_votes};

const RULE: GateRule = GateRule::PolicyOwners;

/// Files that run the gate on the usual servers. Who may change them is the server's to say; that they changed is
/// said.
const RUNNERS: [&str; 4] = [".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".gitlab/**"];

pub(super) fn judge(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    if facts.is_own_policy {
        book.note(RULE, "the base has no policy; this range brings it, and is judged by its own");
        return;
    }
    let protect = book.config.policy.gate.protect.clone();
    let is_protected =
        |file: &FileFacts| is_policy_file(file) || !protect.is_empty() && is_selected(&protect, &file.path);
    for file in &facts.files {
        if is_protected(file) {
            of_policy(facts, file, book);
        } else if is_selected(&RUNNERS.map(str::to_owned), &file.path) {
            let about = About { file: Some(&file.path), ..About::default() };
            let message = "changes the workflow that may run this gate: look at it closely";
            book.add_at(Level::Warn, RULE, message, about);
        }
    }
}

fn of_policy(facts: &RangeFacts<'_>, file: &FileFacts, book: &mut Violations<'_>) {
    let path = file.path.as_str();
    let deed = match (&file.before, &file.after) {
        (None, _) => "is added",
        (_, None) => "is deleted",
        _ => "is changed",
    };
    let what = if is_elsewhere(path) { "another tracker in another place" } else { "part of the policy" };
    let Some(owners) = book.config.policy.gate.owners.clone() else {
        let suggestion = Some("name a role: [policy] owners = \"policy-owner\"".to_owned());
        let about = About { file: Some(path), suggestion, ..About::default() };
        book.add_at(
            Level::Warn,
            RULE,
            format!("{what} {deed}, and nobody is named who answers for it"),
            about,
        );
        return;
    };
    let linked: Vec<&RangeTask> = facts.tasks.iter().filter(|task| task.content_of(path).is_some()).collect();
    if linked.iter().any(|task| has_owners_vote(task, facts, book.config, &owners)) {
        return;
    }
    let task = linked.first().map(|task| &task.id);
    let (message, suggestion) = match task {
        Some(id) => (
            format!("{what} {deed} without the approval of {owners}"),
            format!("{owners}: tracker approve {id} --as {owners}"),
        ),
        None => (
            format!("{what} {deed} by commits of no task, so {owners} cannot approve it"),
            "link the commit to a task: Task: ID".to_owned(),
        ),
    };
    let about = About { task, file: Some(path), suggestion: Some(suggestion), ..About::default() };
    book.add(RULE, message, about);
}

fn is_elsewhere(path: &str) -> bool {
    !is_in_tracker(path) && path != ".mailmap"
}

/// Tells whether the owners have signed off what a task changed, in whichever stage they did so, and none of them has
/// rejected it since.
fn has_owners_vote(task: &RangeTask, facts: &RangeFacts<'_>, config: &Config, owners: &str) -> bool {
    let Some(after) = &task.after else { return false };
    let mut asked = config.clone();
    let mut stages: Vec<Stage> = task.votes.iter().map(|ballot| ballot.vote.stage.clone()).collect();
    stages.sort();
    stages.dedup();
    for stage in &stages {
        asked.stages.entry(stage.to_string()).or_default().signoffs = vec![owners.to_owned()];
    }
    let in_stage = |stage: Stage| {
        let then = Task { stage, ..after.clone() };
        judge_votes(&then, &asked, &task.votes, &task.content, facts.people)
    };
    let standing: Vec<RoleStanding<'_>> =
        stages.into_iter().flat_map(|stage| in_stage(stage).roles).collect();
    let of = |weight: VoteStatus| {
        standing.iter().flat_map(|role| &role.votes).filter(move |vote| vote.weight == weight)
    };
    let is_replaced = |no: &JudgedVote<'_>| {
        of(VoteStatus::Approval)
            .any(|yes| yes.person.is_same(&no.person) && yes.ballot.vote.at > no.ballot.vote.at)
    };
    let enough = |role: &RoleStanding<'_>| role.missing() == 0;
    standing.iter().any(enough) && of(VoteStatus::Rejection).all(is_replaced)
}
