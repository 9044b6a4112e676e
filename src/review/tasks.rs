//! The range by task, and what belongs to none.

use std::collections::BTreeMap;

use super::facts::{CommitFacts, FileFacts, RangeFacts, RangeTask};
use super::passes::Judged;
use super::rules::{Cover, is_policy_file};
use super::{
    CommitReview, FileChange, FileReview, FindingChange, FindingReview, MoveReview, TaskReview, Unlinked,
    Verdict, VoteReview, fields,
};
use crate::model::{Config, Finding, FindingState, GateRule, is_daily_record};
use crate::policy::{JudgedVote, Missing, Signoffs, VoteStatus, blocking_findings, is_override};

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
        let tasks: Vec<(usize, &Judged<'_>)> = own.iter().map(|at| (*at, &judged[*at])).collect();
        let file = covered(path, files.get(path).copied(), &Cover::of(path, &tasks, config));
        for at in own {
            shown_files[at].push(file.clone());
        }
    }
    let show = |(task, files): (&Judged<'_>, Vec<FileReview>)| {
        let mut shown = of_task(task, config);
        shown.commits = task.facts.commits.iter().map(|at| commit(&facts.commits[*at])).collect();
        shown.files = files;
        let own = verdict.violations.iter().filter(|violation| violation.task.as_deref() == Some(&shown.id));
        let (errors, warnings): (Vec<_>, Vec<_>) = own.partition(|violation| violation.is_error());
        (shown.errors, shown.warnings) = (errors.len(), warnings.len());
        shown
    };
    judged.iter().zip(shown_files).map(show).collect()
}

fn of_task(task: &Judged<'_>, config: &Config) -> TaskReview {
    let facts = task.facts;
    let any = facts.after.as_ref().or(facts.before.as_ref());
    let mut shown = TaskReview {
        id: facts.id.to_string(),
        title: any.map(|task| task.title.clone()).unwrap_or_default(),
        is_new: facts.before.is_none() && !facts.is_deleted,
        is_deleted: facts.is_deleted,
        stage_before: facts.before.as_ref().map(|task| task.stage.to_string()),
        stage: any.map(|task| task.stage.to_string()).unwrap_or_default(),
        moves: task.moves.iter().map(|(_, step)| moved(step)).collect(),
        votes: votes(task),
        findings: findings(facts, config),
        notes: facts.notes,
        ..TaskReview::default()
    };
    if let Some(after) = &facts.after {
        let ticks = fields::ticks(facts.before.as_ref(), after);
        (shown.ticked, shown.unticked, shown.is_reworded) = (ticks.ticked, ticks.unticked, ticks.is_reworded);
        shown.fields = facts.before.as_ref().map(|before| fields::changed(before, after)).unwrap_or_default();
    }
    if let Some((signoffs, _)) = &task.current {
        let tally = signoffs.tally(&[]);
        (shown.approved, shown.required) = (tally.approved, tally.required);
    }
    shown.missing = missing(task);
    shown
}

/// Returns what is missing: in the stages that it left and should not have, then for leaving the one it is in.
fn missing(task: &Judged<'_>) -> Vec<String> {
    let left = task.passes.iter().map(|pass| &pass.gate);
    let gates = left.chain(task.current.as_ref().map(|(_, gate)| gate));
    let mut all: Vec<String> = Vec::new();
    for missing in gates.flat_map(|gate| &gate.missing) {
        let text = match missing {
            Missing::Signoff { .. } => missing.to_string(),
            _ => format!("{} {missing}", missing.label()),
        };
        if !all.contains(&text) {
            all.push(text);
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
fn votes(task: &Judged<'_>) -> Vec<VoteReview> {
    let mut shown: BTreeMap<&str, VoteReview> = BTreeMap::new();
    let standings = task.passes.iter().map(|pass| &pass.signoffs);
    let standings: Vec<&Signoffs<'_>> =
        standings.chain(task.current.iter().map(|(signoffs, _)| signoffs)).collect();
    let asked = standings.iter().flat_map(|signoffs| &signoffs.roles).flat_map(|role| &role.votes);
    for vote in asked {
        shown.insert(&vote.ballot.name, voted(vote, task.facts));
    }
    let last = task.passed.iter().chain(task.current.iter().map(|(signoffs, _)| signoffs)).next_back();
    let all = last
        .iter()
        .flat_map(|signoffs| signoffs.roles.iter().flat_map(|role| &role.votes).chain(&signoffs.others));
    for vote in all.filter(|vote| task.facts.new_votes.contains(&vote.ballot.name)) {
        shown.entry(&vote.ballot.name).or_insert_with(|| voted(vote, task.facts));
    }
    let mut votes: Vec<VoteReview> = shown.into_values().collect();
    votes.sort_by(|a, b| (a.at, &a.role, &a.by).cmp(&(b.at, &b.role, &b.by)));
    votes
}

fn voted(judged: &JudgedVote<'_>, facts: &RangeTask) -> VoteReview {
    let vote = &judged.ballot.vote;
    let why = judged.weight.why_not();
    VoteReview {
        role: vote.role.clone(),
        verdict: vote.verdict.clone(),
        by: judged.person.name.clone(),
        at: vote.at,
        stage: vote.stage.clone(),
        trust: judged.ballot.trust,
        counts: !matches!(judged.weight, VoteStatus::None(_)),
        reason: why.map(|why| why.word().to_owned()),
        why_not: why.map(ToString::to_string),
        notes: vote.notes.as_deref().and_then(|notes| notes.lines().next()).map(str::to_owned),
        is_new: facts.new_votes.contains(&judged.ballot.name),
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

fn covered(path: &str, facts: Option<&FileFacts>, cover: &Cover) -> FileReview {
    FileReview {
        covered_by: cover.by.clone(),
        is_uncovered: facts.is_some() && !cover.missing.is_empty(),
        ..file(path, facts)
    }
}

/// Shows a file; one that the head has as the base had is told as undone.
fn file(path: &str, facts: Option<&FileFacts>) -> FileReview {
    let change = facts.map_or(FileChange::Undone, |facts| match (&facts.before, &facts.after) {
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
