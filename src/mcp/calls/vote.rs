//! `vote`: an agent's vote. One that would not count is refused with the reason, and leaves no record.

use super::lines::written;
use super::{Caller, World, given_or_active};
use crate::mcp::answer::Answer;
use crate::mcp::arguments::{VoteArguments, VoteKind};
use crate::ops::{self, BranchRequest, ErrorReport, VoteRequest};

pub(in crate::mcp) fn vote(
    world: &World,
    caller: &Caller,
    given: VoteArguments,
) -> Result<Answer, ErrorReport> {
    let session = world.write(caller)?;
    let VoteArguments { id, verdict, role, notes, findings, branch } = given;
    let query = given_or_active(&session, id.into_iter().collect())?.remove(0);
    let branch = branch.map(|name| BranchRequest { name, push: false });
    let request =
        VoteRequest { query, role, notes, findings, branch, only_if_counts: true, ..VoteRequest::default() };
    let done = match verdict {
        VoteKind::Approve => ops::approve(&session, &request)?,
        VoteKind::Reject => ops::reject(&session, &request)?,
        VoteKind::Withdraw => ops::withdraw(&session, &request)?,
    };
    let problems = ops::ignored_records(&session, &done)?;
    Ok(Answer::new(written(&done), ops::brief_written(&done)).with_problems(&problems))
}
