//! `review` and `check`: gathers the facts of a range, and has them judged.

use super::{Result, Session};
use crate::model::Problem;
use crate::review::Review;

/// Which range is looked at, and how closely.
#[derive(Debug, Clone, Default)]
pub struct GateRequest {
    /// The branch or commit that the range is to be merged into, whose rules judge; where left out, the branch that
    /// the remote calls its default.
    pub base: Option<String>,
    /// The commit that is to be merged; the current one where left out.
    pub head: Option<String>,
    /// Looks at what is staged, on top of the head.
    pub is_staged: bool,
    /// Counts lines.
    pub counts_lines: bool,
    /// Runs the commands of `[[policy.command]]`.
    pub runs_commands: bool,
}

/// Looks at a range: every task that it touches, and every rule of the gate.
pub fn review(_session: &Session<'_>, _request: &GateRequest) -> Result<(Review, Vec<Problem>)> {
    Err(super::Error::usage("no range can be looked at"))
}
