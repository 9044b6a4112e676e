//! What of a task's branch the gate would refuse, before the branch is merged into the plan's: the same rules, read from
//! the plan's branch, over the commits that the merge would bring. And what an executor does in the name of a person,
//! which no gate can distinguish from what the person does, but who knows that an executor was at work can.

use super::drive::Driver;
use super::examine::Examined;
use super::worktree::short;
use crate::doc::{read_finding, read_vote};
use crate::engine::Execution;
use crate::git::{CommitId, FileChange, FileState};
use crate::model::{Finding, FindingState, GateRule, RecordKind, RecordPath, Suggestion};
use crate::ops::gate::{GateRequest, RunAgain, review};
use crate::ops::{Error, Result, Session};
use crate::review::{RuleName, Violation};
use crate::store::LARGEST_FILE;

/// Rules about the whole of what is merged in the end, such as tests beside code, or about all that is in progress: one
/// task of several cannot keep them.
const OF_THE_WHOLE: [GateRule; 3] = [GateRule::Standards, GateRule::WipLimit, GateRule::Commands];
/// Rules for what is merged, which votes that are still to come can keep.
const OF_THE_MERGE: [GateRule; 3] = [GateRule::MergeStage, GateRule::PolicyOwners, GateRule::CoveredFiles];

/// What the gate refuses of some commits.
#[derive(Debug, Clone, Default)]
pub(super) struct Refused(Vec<Violation>);

/// The commits that were judged last for a task: what is merged as it was examined is judged once.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) base: CommitId,
    pub(super) head: CommitId,
    pub(super) refused: Refused,
}

/// Judges the commits that merging `head` into `base` would bring.
pub(super) fn refused(session: &Session<'_>, base: CommitId, head: CommitId) -> Result<Refused> {
    let (base, head) = (Some(base.to_string()), Some(head.to_string()));
    let (review, _) =
        review(session, &GateRequest { base, head, evidence: RunAgain::Later, ..GateRequest::default() })?;
    let is_of = |violation: &Violation, rules: &[GateRule]| matches!(violation.rule, RuleName::Gate(rule) if rules.contains(&rule));
    let errors = review.verdict.violations.into_iter().filter(Violation::is_error);
    Ok(Refused(errors.filter(|violation| !is_of(violation, &OF_THE_WHOLE)).collect()))
}

impl Refused {
    /// Returns what an attempt answers for, whatever is still to come before the merge.
    pub(super) fn of_attempt(&self) -> Self {
        let is_later =
            |own: &&Violation| matches!(own.rule, RuleName::Gate(rule) if OF_THE_MERGE.contains(&rule));
        Self(self.0.iter().filter(|own| !is_later(own)).cloned().collect())
    }

    pub(super) fn breaks(&self, rule: GateRule) -> bool {
        self.0.iter().any(|own| own.rule == RuleName::Gate(rule))
    }

    /// Says it in one line; none where nothing is refused.
    pub(super) fn message(&self) -> Option<String> {
        let first = self.0.first()?;
        let more = match self.0.len() {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        Some(format!("the gate refuses it: {}: {}{more}", first.rule, first.summary()))
    }
}

impl Driver<'_, '_> {
    /// Refuses to go on from what others have made of the plan's branch, and the gate would not let through.
    pub(super) fn judge_tip(&mut self) -> Result<()> {
        let tip = self.tip()?;
        let is_own = self.run.tip.as_deref().is_some_and(|own| own == tip.to_string());
        let parted = self.repository.merge_base(self.head.0, tip)?.filter(|_| !is_own);
        if let Some(parted) = parted.filter(|parted| *parted != tip)
            && let Some(message) = refused(self.session, parted, tip)?.of_attempt().message()
        {
            let (branch, at) = (short(&self.run.branch), tip.short());
            let check = Suggestion::tracker(["check", "--base", &parted.to_string(), "--head", branch]);
            return Err(Error::usage_with(
                format!("`{branch}` is at {at}, and {message}"),
                check.to_string(),
            ));
        }
        self.known_tip = tip;
        Ok(())
    }

    /// Returns where the plan's branch ends. While the plan is executed nobody else moves it: an executor that does would
    /// merge what nobody has examined.
    pub(super) fn unmoved_tip(&self) -> Result<CommitId> {
        let (tip, known) = (self.tip()?, self.known_tip);
        if tip == known {
            return Ok(tip);
        }
        let (branch, known) = (short(&self.run.branch), known.short());
        let back = Suggestion::git(["branch", "-f", branch, &known]);
        let on = Suggestion::tracker(["plan", "execute", self.plan.id.as_str()]);
        let message =
            format!("`{branch}` was moved from {known} to {} while the plan is executed", tip.short());
        Err(Error::usage_with(message, format!("take that back: {back}; or go on with it: {on}")))
    }
}

impl Examined<'_, '_> {
    /// Says what an executor has done in the name of a person: voted without naming itself, or closed a finding that only
    /// people close.
    pub(super) fn in_a_persons_name(
        &self,
        execution: &Execution,
        base: CommitId,
        taken: CommitId,
    ) -> Result<Option<String>> {
        for change in self.repository.changes_between(Some(base), taken)? {
            let why = match RecordPath::parse(&change.path) {
                Some(RecordPath::OfTask { kind: RecordKind::Vote, .. }) => self.vote_of_nobody(&change)?,
                Some(RecordPath::OfTask { kind: RecordKind::Finding, .. }) => {
                    self.closed_for_people(&change)?
                }
                _ => None,
            };
            if let Some(why) = why {
                return Ok(Some(format!("{why}; {} is no person", execution.executor)));
            }
        }
        Ok(None)
    }

    fn vote_of_nobody(&self, change: &FileChange) -> Result<Option<String>> {
        let (None, Some(after)) = (change.before, change.after) else { return Ok(None) };
        let bytes = self.repository.read_blob(after.blob_id, LARGEST_FILE)?;
        // One that cannot be read is for the gate.
        let Ok(vote) = read_vote(self.task, &bytes) else { return Ok(None) };
        let text = || format!("{} as {} in the name of {} alone", vote.verdict, vote.role, vote.by.name);
        Ok(vote.agent.is_none().then(text))
    }

    fn closed_for_people(&self, change: &FileChange) -> Result<Option<String>> {
        let read = |side: Option<FileState>| -> Result<Option<Finding>> {
            let Some(side) = side else { return Ok(None) };
            Ok(read_finding(self.task, &self.repository.read_blob(side.blob_id, LARGEST_FILE)?).ok())
        };
        let (before, Some(after)) = (read(change.before)?, read(change.after)?) else { return Ok(None) };
        let known = before.map_or(0, |before| before.resolutions.len());
        let (config, _) = self.there.config_or_default();
        let is_closing = |to: &FindingState| matches!(to, FindingState::Resolved | FindingState::Waived);
        let closed = after.resolutions.iter().skip(known).find(|own| is_closing(&own.to));
        let closed = closed.filter(|_| config.role(&after.role).rules.people_only);
        Ok(closed.map(|own| {
            format!("set finding {} of {} to {} in the name of {}", after.id, after.role, own.to, own.by.name)
        }))
    }
}
