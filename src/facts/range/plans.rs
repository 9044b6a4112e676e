//! What a range does to plans: decisions that it adds, and those that it takes out.

use std::rc::Rc;

use super::{RangeReader, Result};
use crate::doc::read_plan;
use crate::facts::FactsReader;
use crate::facts::plan::{plan_content, plan_path};
use crate::git::{CommitId, FileChange};
use crate::model::{Person, Plan, PlanDecision, PlanDecisionKind, PlanId, RecordKind, RecordPath};
use crate::policy::DecisionDoubt;
use crate::store::{Snapshot, Workspace};

/// What speaks against a plan's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDoubt {
    /// The plan.
    pub plan: PlanId,
    /// Its file.
    pub path: String,
    /// The line of the decision.
    pub line: Option<usize>,
    /// What it is.
    pub kind: PlanDoubtKind,
}

/// What speaks against a plan's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanDoubtKind {
    /// The range adds this decision, and it does not count.
    Decision(PlanDecision, DecisionDoubt),
    /// The range adds this approval, and no commit that does has the content that it names.
    OtherContent(PlanDecision),
    /// The range takes this decision out.
    TakenOut(PlanDecision),
    /// The range deletes the file, with what was decided.
    Deleted,
}

impl RangeReader<'_> {
    /// Returns what speaks against the plans that the range changed, sorted by path. What is staged is taken for `me`'s.
    pub fn plan_doubts(&self, workspace: &Workspace, me: Option<&Person>) -> Result<Vec<PlanDoubt>> {
        let mut doubts = Vec::new();
        for change in self.changes.net.values() {
            let Some(RecordPath::Named { kind: RecordKind::Plan, name }) = RecordPath::parse(&change.path)
            else {
                continue;
            };
            let Ok(id) = PlanId::parse(name.as_str()) else { continue };
            doubts.extend(self.doubts_of_plan(workspace, me, &id, change)?);
        }
        Ok(doubts)
    }

    fn doubts_of_plan(
        &self,
        workspace: &Workspace,
        me: Option<&Person>,
        id: &PlanId,
        change: &FileChange,
    ) -> Result<Vec<PlanDoubt>> {
        let (before, tip) = (plan_of(&self.before, id)?, plan_of(self.tip(), id)?);
        let doubt = |line, kind| PlanDoubt { plan: id.clone(), path: change.path.clone(), line, kind };
        let old = before.as_ref().map(|plan| plan.history.as_slice()).unwrap_or_default();
        let Some(plan) = plan_of(&self.head, id)? else {
            // One that cannot be read is reported as that.
            let is_gone = change.after.is_none() && !old.is_empty();
            return Ok(is_gone.then(|| doubt(None, PlanDoubtKind::Deleted)).into_iter().collect());
        };
        let taken = old.iter().filter(|decision| !plan.history.contains(decision));
        let mut doubts: Vec<PlanDoubt> =
            taken.map(|decision| doubt(None, PlanDoubtKind::TakenOut(decision.clone()))).collect();
        let is_known = |decision: &&PlanDecision| {
            let at_tip = tip.as_ref().is_some_and(|tip| tip.history.contains(decision));
            old.contains(decision) || at_tip
        };
        let head = Some(self.ends.head_commit);
        let (config, now) = (&self.policy.config, self.policy.as_of);
        let reader = FactsReader::new(self.repository, &self.head, head, config, now);
        let reader =
            reader.known_as(Rc::clone(&self.policy.people)).signed_by(Some(self.policy.signers.clone()));
        let mut new = plan.history.iter().enumerate().filter(|(_, decision)| !is_known(decision)).peekable();
        if new.peek().is_none() {
            return Ok(doubts);
        }
        let content = plan_content(&self.head, &plan)?;
        for (at, decision) in new {
            let line = plan.history_lines.get(at).copied();
            if let Some(why) = reader.decision_doubt(&plan, &content, decision, me)? {
                doubts.push(doubt(line, PlanDoubtKind::Decision(decision.clone(), why)));
            } else if at + 1 == plan.history.len()
                && decision.kind == PlanDecisionKind::Approved
                && !self.is_of_its_content(workspace, &reader, &plan, decision)?
            {
                doubts.push(doubt(line, PlanDoubtKind::OtherContent(decision.clone())));
            }
        }
        Ok(doubts)
    }

    /// Whether a commit that added an approval, or what is staged where none did, has the content that it names.
    fn is_of_its_content(
        &self,
        workspace: &Workspace,
        reader: &FactsReader<'_>,
        plan: &Plan,
        decision: &PlanDecision,
    ) -> Result<bool> {
        let is_named = |snapshot: &Snapshot, plan: &Plan| -> Result<bool> {
            Ok(decision.digest.as_ref() == Some(&plan_content(snapshot, plan)?.digest))
        };
        let commits: Vec<CommitId> = reader.commits_of_decision(&plan.id, decision)?;
        for commit in &commits {
            let snapshot = workspace.snapshot_of_commit(Some(*commit))?;
            if let Some(plan) = plan_of(&snapshot, &plan.id)?
                && is_named(&snapshot, &plan)?
            {
                return Ok(true);
            }
        }
        Ok(commits.is_empty() && self.ends.is_staged && is_named(&self.head, plan)?)
    }
}

fn plan_of(snapshot: &Snapshot, id: &PlanId) -> Result<Option<Plan>> {
    Ok(snapshot.read(&plan_path(id))?.and_then(|bytes| read_plan(id, &bytes).ok()))
}
