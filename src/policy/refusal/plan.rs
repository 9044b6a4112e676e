//! Reasons against what is attempted with a plan.

use std::fmt;

use super::Fix;
use crate::model::{PlanId, PlanState, Suggestion};
use crate::policy::{DecisionDoubt, PlanFault};

/// One reason against what is attempted with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanReason {
    /// It is in a state that this is not for.
    IsIn {
        /// The plan.
        plan: PlanId,
        /// The state.
        state: PlanState,
        /// What else is to say of it, such as who decided.
        detail: Option<String>,
        /// What brings it forward.
        fix: Option<Suggestion>,
    },
    /// Something is wrong with it.
    Fault {
        /// The plan.
        plan: PlanId,
        /// What.
        fault: PlanFault,
    },
    /// The user may not approve it.
    MayNot {
        /// Why.
        doubt: DecisionDoubt,
        /// Who may, as patterns of people.
        ask: Vec<String>,
    },
}

impl PlanReason {
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::IsIn { state, .. } => state.as_str(),
            Self::Fault { fault, .. } => fault.label(),
            Self::MayNot { .. } => "approver",
        }
    }

    pub(super) fn fix(&self) -> Option<Fix> {
        match self {
            Self::IsIn { fix, .. } => fix.clone().map(Fix::Run),
            Self::Fault { plan, fault } => Some(fault.fix(plan)),
            Self::MayNot { ask, .. } if ask.is_empty() => None,
            Self::MayNot { ask, .. } => Some(Fix::Advice(format!("ask {}", ask.join(" or ")))),
        }
    }
}

impl fmt::Display for PlanReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsIn { plan, state, detail, .. } => {
                match detail.as_deref() {
                    // `approved by Ada` says what the state does.
                    Some(detail) if detail.starts_with(state.as_str()) => write!(f, "{plan} is {detail}"),
                    Some(detail) => write!(f, "{plan} is {}: {detail}", state.words()),
                    None => write!(f, "{plan} is {}", state.words()),
                }
            }
            Self::Fault { plan, fault } => match fault.line() {
                Some(line) => write!(f, "{fault} ({plan}.md:{line})"),
                None => fault.fmt(f),
            },
            Self::MayNot { doubt, .. } => write!(f, "your approval would not count: {doubt}"),
        }
    }
}
