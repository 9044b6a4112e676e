//! The range by task, and what belongs to none.

use std::collections::BTreeMap;

use super::facts::{CommitFacts, FileFacts, RangeFacts, RangeTask};
use super::rules::is_policy_file;
use super::stage_exits::{Judged, Vote};
use super::{
    CommitReview, FileChange, FileReview, FindingChange, FindingReview, MissingReview, MoveReview,
    TaskReview, Unlinked, Verdict, VoteReview, fields,
};
use crate::model::{Config, Finding, FindingState, GateRule, is_daily_record};
use crate::policy::landing::JudgedRole;
use crate::policy::{
    Missing, TaskEvidence, VoteStatus, WhyNot, blocking_findings, count_evidence, is_override,
};

/// Returns, for every path that linked commits of the range changed, the tasks' places among the facts.
pub(super) fn owners_of_files<'f>(facts: &'f RangeFacts<'_>) -> BTreeMap<&'f str, Vec<usize>> {
    let mut owners: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, task) in facts.tasks.iter().enumerate() {
        for path in task.commits.iter().flat_map(|commit| &facts.commits[*commit].paths) {
            let own = owners.entry(path).or_default();
            if own.last() != Some(&at) {
                own.push(at);
            }
        }
    }
    owners
}

/// Shows all tasks.
pub(super) fn of_range(
    facts: &RangeFacts<'_>,
    config: &Config,
    judged: &[Judged<'_>],
    verdict: &Verdict,
) -> Vec<TaskReview> {
    let files: BTreeMap<&str, &FileFacts> =
        facts.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut shown_files: Vec<Vec<FileReview>> = vec![Vec::new(); judged.len()];
    for (path, own) in owners_of_files(facts).into_iter().filter(|(path, _)| !is_daily_record(path)) {
        let file = covered(path, files.get(path).copied(), facts);
        for at in own {
            shown_files[at].push(file.clone());
        }
    }
    let show = |(task, files): (&Judged<'_>, Vec<FileReview>)| {
        let mut shown = of_task(task, facts, config);
        shown.commits = task.facts.commits.iter().map(|at| commit(&facts.commits[*at])).collect();
        shown.files = files;
        let own = verdict.violations.iter().filter(|violation| violation.task.as_deref() == Some(&shown.id));
        let (errors, warnings): (Vec<_>, Vec<_>) = own.partition(|violation| violation.is_error());
        (shown.errors, shown.warnings) = (errors.len(), warnings.len());
        shown
    };
    judged.iter().zip(shown_files).map(show).collect()
}

fn of_task(task: &Judged<'_>, range: &RangeFacts<'_>, config: &Config) -> TaskReview {
    let facts = task.facts;
    let any = facts.after.as_ref().or(facts.before.as_ref());
    let mut shown = TaskReview {
        id: facts.id.to_string(),
        title: any.map(|task| task.title.clone()).unwrap_or_default(),
        is_new: facts.before.is_none() && !facts.is_deleted,
        is_deleted: facts.is_deleted,
        stage_before: facts.before.as_ref().map(|task| task.stage.clone()),
        stage: any.map(|task| task.stage.clone()),
        moves: task.moves.iter().map(|(_, step)| moved(step)).collect(),
        votes: votes(task, range),
        findings: findings(facts, config),
        notes: facts.notes,
        ..TaskReview::default()
    };
    if let Some(after) = &facts.after {
        let ticks = fields::ticks(facts.before.as_ref(), after);
        (shown.ticked, shown.unticked) = (ticks.ticked, ticks.unticked);
        (shown.dropped, shown.is_reworded) = (ticks.dropped, ticks.is_reworded);
        shown.fields = facts.before.as_ref().map(|before| fields::changed(before, after)).unwrap_or_default();
    }
    for role in task.current.iter().flat_map(|current| current.roles) {
        shown.approved += range.people_approving(role).min(role.quorum);
        shown.required += role.quorum;
    }
    if let (Some(after), Some(_)) = (&facts.after, &task.current) {
        let (receipts, named) = (&facts.receipts, &facts.verified_by);
        let evidence = TaskEvidence { receipts, named, rerun: &range.rerun };
        (shown.proven, shown.evidence) = count_evidence(&facts.id, &after.stage, config, evidence);
    }
    shown.missing = missing(task, range, config);
    shown
}

/// Returns what is missing: in the stages that it left and should not have, then for leaving the one it is in.
fn missing(task: &Judged<'_>, range: &RangeFacts<'_>, config: &Config) -> Vec<MissingReview> {
    let of = |roles: &[JudgedRole]| -> Vec<Missing> {
        roles.iter().flat_map(|role| range.missing_of(role, config)).collect()
    };
    let mut found: Vec<Missing> = Vec::new();
    for stage_exit in &task.stage_exits {
        let leavings = task.leavings.iter().filter(|leaving| leaving.stage == stage_exit.stage);
        found.extend(leavings.flat_map(|leaving| of(&leaving.roles)));
        found.extend(stage_exit.missing.iter().cloned());
    }
    if let Some(current) = &task.current {
        found.extend(of(current.roles));
        found.extend(current.missing.iter().cloned());
    }
    let mut all: Vec<MissingReview> = Vec::new();
    for missing in found {
        let shown = MissingReview(missing);
        if !all.contains(&shown) {
            all.push(shown);
        }
    }
    all
}

fn moved(step: &crate::model::Move) -> MoveReview {
    MoveReview {
        from: step.from.clone(),
        to: step.to.clone(),
        by: step.by.clone(),
        at: step.at,
        why: if is_override(step) { step.why.clone() } else { step.reason() },
        is_override: is_override(step),
    }
}

/// Returns the votes that the range brings, and those that its moves or the task's stage rest on, by time. A vote is
/// shown as it was judged where it was asked.
fn votes(task: &Judged<'_>, range: &RangeFacts<'_>) -> Vec<VoteReview> {
    let mut shown: BTreeMap<usize, VoteReview> = BTreeMap::new();
    let left = task.leavings.iter().flat_map(|leaving| &leaving.roles);
    let current = task.current.iter().flat_map(|current| current.roles);
    for (at, status) in left.chain(current).flat_map(|role| &role.votes) {
        // What was cast for another stage is shown as it was judged there.
        let is_elsewhere = matches!(status, VoteStatus::None(WhyNot::OtherStage(_) | WhyNot::Late));
        let vote = range.vote(*at, status).filter(|_| !(is_elsewhere && shown.contains_key(at)));
        shown.extend(vote.map(|vote| (*at, voted(vote, range))));
    }
    for (at, status) in &range.landing.judgement.votes {
        let is_own = range.landing.cast.get(*at).is_some_and(|cast| cast.task == task.facts.id);
        let Some(vote) = range.vote(*at, status).filter(|vote| is_own && vote.is_new) else { continue };
        shown.entry(*at).or_insert_with(|| voted(vote, range));
    }
    let mut votes: Vec<VoteReview> = shown.into_values().collect();
    votes.sort_by(|a, b| (a.at, &a.role, &a.by).cmp(&(b.at, &b.role, &b.by)));
    votes
}

fn voted(judged: Vote<'_>, range: &RangeFacts<'_>) -> VoteReview {
    let vote = &judged.record.vote;
    let why = judged.status.why_not();
    VoteReview {
        role: vote.role.clone(),
        verdict: vote.verdict.clone(),
        by: (range.people)(&vote.by).name,
        agent: vote.agent.clone(),
        at: vote.at,
        stage: vote.stage.clone(),
        trust: judged.record.trust,
        counts: why.is_none(),
        reason: why.map(WhyNot::word),
        why_not: why.map(ToString::to_string),
        earlier: why.and_then(WhyNot::earlier),
        notes: vote.notes.as_deref().and_then(|notes| notes.lines().next()).map(str::to_owned),
        is_new: judged.is_new,
    }
}

fn findings(facts: &RangeTask, config: &Config) -> Vec<FindingReview> {
    let mut shown = Vec::new();
    for finding in &facts.findings {
        let before = facts.findings_before.iter().find(|old| old.id == finding.id);
        let is_changed = before.is_none_or(|old| old.state() != finding.state());
        let change = is_changed.then(|| match (finding.state(), before) {
            (FindingState::Open, None) => FindingChange::Opened,
            (FindingState::Open, Some(_)) => FindingChange::Reopened,
            (FindingState::Fixed, _) => FindingChange::Fixed,
            (FindingState::Resolved, _) => FindingChange::Resolved,
            (FindingState::Waived, _) => FindingChange::Waived,
            (FindingState::Unknown(_), _) => FindingChange::Changed,
        });
        if change.is_none() && !finding.state().is_open() {
            continue;
        }
        let by =
            if is_changed { finding.resolution().map_or(&finding.by, |step| &step.by) } else { &finding.by };
        shown.push(FindingReview {
            by: change.is_some().then(|| by.name.clone()),
            blocks: !blocking_findings(config, std::slice::from_ref(finding)).is_empty(),
            ..found(finding, change)
        });
    }
    let gone = facts.findings_before.iter().filter(|old| !facts.findings.iter().any(|own| own.id == old.id));
    shown.extend(gone.map(|finding| found(finding, Some(FindingChange::Deleted))));
    shown
}

fn found(finding: &Finding, change: Option<FindingChange>) -> FindingReview {
    FindingReview {
        id: finding.id.to_string(),
        severity: finding.severity.clone(),
        title: finding.title.clone(),
        place: finding.place(),
        change,
        by: None,
        state: finding.state().clone(),
        blocks: false,
    }
}

fn commit(commit: &CommitFacts) -> CommitReview {
    CommitReview {
        id: commit.id.clone(),
        subject: commit.subject.clone(),
        author: commit.author.name.clone(),
    }
}

fn covered(path: &str, facts: Option<&FileFacts>, range: &RangeFacts<'_>) -> FileReview {
    let coverage = range.landing.judgement.files.get(path);
    FileReview {
        covered_by: coverage.map(|coverage| coverage.covered_by.clone()).unwrap_or_default(),
        is_uncovered: facts.is_some() && coverage.is_some_and(|coverage| !coverage.missing.is_empty()),
        ..file(path, facts)
    }
}

/// Shows a file; one that the head has as the base had is shown as restored.
fn file(path: &str, facts: Option<&FileFacts>) -> FileReview {
    let change = facts.map_or(FileChange::Restored, |facts| match (&facts.before, &facts.after) {
        (None, _) => FileChange::Added,
        (_, None) => FileChange::Deleted,
        (Some(before), Some(after)) if before.blob == after.blob => FileChange::Mode,
        _ => FileChange::Changed,
    });
    let lines = facts.and_then(|facts| facts.lines);
    FileReview {
        path: path.to_owned(),
        change,
        added: lines.map(|(added, _)| added),
        removed: lines.map(|(_, removed)| removed),
        covered_by: Vec::new(),
        is_uncovered: false,
    }
}

/// Shows what belongs to no task.
pub(super) fn unlinked(facts: &RangeFacts<'_>, verdict: &Verdict) -> Unlinked {
    let owners = owners_of_files(facts);
    let does_work = |commit: &&CommitFacts| commit.paths.iter().any(|path| !is_daily_record(path));
    let is_unlinked = |commit: &&CommitFacts| commit.links.iter().all(|id| commit.unknown.contains(id));
    let unseen = |path: &str| {
        let mut own = verdict.violations.iter().filter(|violation| violation.file.as_deref() == Some(path));
        own.any(|violation| violation.rule == GateRule::CoveredFiles.into())
    };
    let show = |facts: &FileFacts| FileReview {
        is_uncovered: unseen(&facts.path),
        ..file(&facts.path, Some(facts))
    };
    let (policy, others): (Vec<&FileFacts>, Vec<&FileFacts>) =
        facts.files.iter().filter(|file| !file.is_daily_record()).partition(|file| is_policy_file(file));
    let unowned = others.into_iter().filter(|file| !owners.contains_key(file.path.as_str()));
    Unlinked {
        commits: facts.commits.iter().filter(does_work).filter(is_unlinked).map(commit).collect(),
        files: unowned.map(show).collect(),
        policy: policy.into_iter().map(show).collect(),
    }
}
