//! `plan approve`, `plan reject`, `plan reopen`: what people decide about a plan as it is now.

use super::found::{PlanAtHand, at_hand, check_plan, find_plan};
use super::write::PlanWritten;
use crate::doc::{Document, append_decision, digest_of_history, read_plan, signed_decision};
use crate::facts::PlanFile;
use crate::model::{Config, Person, PlanDecision, PlanDecisionKind, PlanState, Problem, Suggestion};
use crate::ops::fields::reason;
use crate::ops::signoffs::sign_where_required;
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, PlanFault, PlanReason, Reason, Refusal, approver_doubt};
use crate::store::Change;

/// What a person decides about a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanAction {
    /// It may be executed as it is now.
    Approve,
    /// It may not.
    Reject,
    /// An earlier decision no longer counts.
    Reopen,
}

impl PlanAction {
    fn verb(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Reopen => "reopen",
        }
    }

    fn kind(self) -> PlanDecisionKind {
        match self {
            Self::Approve => PlanDecisionKind::Approved,
            Self::Reject => PlanDecisionKind::Rejected,
            Self::Reopen => PlanDecisionKind::Reopened,
        }
    }

    /// Returns the states of a plan that this can be decided in.
    fn is_for(self, state: PlanState) -> bool {
        match self {
            Self::Approve => state == PlanState::Draft,
            Self::Reject => matches!(state, PlanState::Draft | PlanState::Approved),
            Self::Reopen => state != PlanState::Draft,
        }
    }
}

/// Writes down what a person decides about a plan; what is odd about it all the same is among the problems.
pub fn decide_plan(
    session: &Session<'_>,
    given: &str,
    action: PlanAction,
    why: Option<&str>,
) -> Result<(PlanWritten, Vec<Problem>)> {
    let why = why.map(reason).transpose()?.filter(|why| !why.is_empty());
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let by = repository.identity(session.env())?;
    let locked = session.lock(&format!("plan {} {given}", action.verb()))?;
    let file = find_plan(session, Some(given), true)?;
    let plan = at_hand(session, &config, file)?;
    if action == PlanAction::Reject && why.is_none() {
        let hint = Suggestion::tracker(["plan", "reject", plan.id().as_str(), "WHY"]);
        return Err(Error::usage_with("a rejection needs a reason", hint.to_string()));
    }
    let mut problems = Vec::new();
    let mut reasons: Vec<Reason> = Vec::new();
    if !action.is_for(plan.state()) {
        reasons.push(wrong_state(&plan, action).into());
    } else if action == PlanAction::Approve {
        reasons.extend(may_not(session, &config, &plan, &by)?.map(Reason::Plan));
        let (warnings, path) = (&plan.file.plan.warnings, &plan.file.path);
        problems.extend(warnings.iter().map(|own| own.clone().in_file(path)));
        for fault in check_plan(session, &config, &plan.file)? {
            match fault.is_error() {
                true => reasons.push(PlanReason::Fault { plan: plan.id().clone(), fault }.into()),
                false => problems.push(warning(&plan.file, &fault)),
            }
        }
    }
    if !reasons.is_empty() {
        let attempt = Attempt::ChangePlan { action: action.verb(), plan: plan.id().clone() };
        return Err(Error::Refused(Refusal::new(attempt, reasons)));
    }
    let mut decision = decision_of(session, &plan, action, by.to_string(), why);
    let text = signed_decision(plan.id(), &decision);
    let (signature, unsigned) = sign_where_required(session, &config, &text)?;
    decision.signature = signature;
    let mut summary = vec![summary_of(&plan, &decision)];
    summary.extend(unsigned);
    let PlanFile { path, text, plan: old } = &plan.file;
    let located = |problem: Problem| Error::Broken(vec![problem.in_file(path)]);
    let document = Document::markdown(text.as_bytes()).map_err(Error::Broken)?;
    let after = document.edit(&[append_decision(&decision)]).map_err(located)?;
    let change = Change::replace(path, text, after.clone());
    let read = read_plan(&old.id, after.as_bytes()).map_err(Error::Broken)?;
    let (id, title) = (old.id.to_string(), old.title.clone());
    let file = PlanFile { plan: read, text: after, path: path.clone() };
    let state = at_hand(session, &config, file)?.state();
    let written = session.write(&locked, &[change], Vec::new())?;
    Ok((PlanWritten { plan: id, title, state, summary, written }, problems))
}

fn summary_of(plan: &PlanAtHand, decision: &PlanDecision) -> String {
    let count = plan.file.plan.tasks().count();
    let tasks = crate::model::counted(count, "task");
    match decision.kind {
        PlanDecisionKind::Approved => format!("approved as it is now: {tasks}"),
        PlanDecisionKind::Reopened => "reopened: it is a draft again".to_owned(),
        _ => decision.kind.to_string(),
    }
}

/// Says what is odd about a plan that can be approved all the same.
pub(super) fn warning(file: &PlanFile, fault: &PlanFault) -> Problem {
    let problem = Problem::warning(fault.to_string()).in_file(&file.path);
    let problem = match fault.line() {
        Some(line) => problem.at_line(line),
        None => problem,
    };
    problem.with_hint(fault.fix(&file.plan.id).to_string())
}

/// Names the state of a plan that something cannot be decided in, and what would bring it forward.
fn wrong_state(plan: &PlanAtHand, action: PlanAction) -> PlanReason {
    let (id, state) = (plan.id(), plan.state());
    let command = |words: &[&str]| Some(Suggestion::tracker([&["plan"], words].concat()));
    let fix = match (action, state) {
        (PlanAction::Approve, PlanState::Approved | PlanState::InProgress) => command(&["show", id.as_str()]),
        (PlanAction::Reopen, _) => command(&["approve", id.as_str()]),
        (_, PlanState::Completed) => command(&["show", id.as_str()]),
        _ => command(&["reopen", id.as_str()]),
    };
    PlanReason::IsIn { plan: id.clone(), state, detail: plan.why(), fix }
}

/// Says why the user may not approve a plan; none where they may.
fn may_not(
    session: &Session<'_>,
    config: &Config,
    plan: &PlanAtHand,
    by: &Person,
) -> Result<Option<PlanReason>> {
    let repository = session.workspace().repository()?;
    let reader = session.facts(&repository, config)?;
    let canonical = reader.canonical(by);
    let is_author = reader.is_plan_author(&plan.file.plan, &plan.content, by, Some(by))?;
    let agent = session.agent();
    let doubt = approver_doubt(config, &[&canonical, by], agent.as_deref(), is_author);
    let members = config.plans.approvers.as_deref().map(|role| config.role(role).rules.members.clone());
    Ok(doubt.map(|doubt| PlanReason::MayNot { doubt, ask: members.unwrap_or_default() }))
}

/// Makes the entry of a decision, unsigned.
fn decision_of(
    session: &Session<'_>,
    plan: &PlanAtHand,
    action: PlanAction,
    by: String,
    why: Option<String>,
) -> PlanDecision {
    PlanDecision {
        at: session.env().now(),
        by,
        agent: session.agent(),
        kind: action.kind(),
        digest: (action != PlanAction::Reopen).then(|| plan.content.digest.clone()),
        after: digest_of_history(&plan.file.plan.history),
        is_in_place: true,
        why,
        signature: None,
    }
}
