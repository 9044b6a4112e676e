//! `tracker approve`, `tracker reject`, `tracker withdraw`: one person's vote for a role.

use super::shared::{given_or_active, show_checklist, take_text};
use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::completion::{roles, tasks};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ops::{self, BranchRequest, Session, VoteRequest, Written};
use clap::Args;

// What every vote has. No doc comment: it would become the text of the help.
#[derive(Debug, Args)]
struct VoteArgs {
    /// Task ID; a unique part is enough [default: the active task]
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Role to vote as [default: the only role that you can vote as]
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// Notes, in Markdown
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    /// Sign the vote with the SSH key that git is configured with
    #[arg(long)]
    sign: bool,
    /// Vote on this branch without checking it out: as a commit on its tip
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Push that commit, and try again where somebody else has pushed meanwhile
    #[arg(long, requires = "branch")]
    push: bool,
    /// Vote only on what you saw: as COMMIT-DIGEST, as `tracker serve` shows it
    #[arg(long, value_name = "SEEN", hide = true)]
    seen: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl VoteArgs {
    /// Makes it a vote on a task: the one that was given, else the active one.
    fn request(
        self,
        session: &Session<'_>,
        command: &str,
        findings: Vec<String>,
    ) -> Result<VoteRequest, Failure> {
        let Self { id, role, notes, sign, branch, push, seen, .. } = self;
        let branch = branch.map(|name| BranchRequest { name, push });
        let query = given_or_active(session, command, id)?;
        Ok(VoteRequest { query, role, notes, findings, sign, branch, seen, only_if_counts: false })
    }
}

/// Answers with a vote, and warns where no commit would have it. One that does not count is a no.
fn answer(session: &Session<'_>, written: Written) -> Reply<Written> {
    let problems = ops::ignored_records(session, &written)?;
    let counts = written.counts();
    Ok(Answer::of(written).with_problems(problems).no_if(!counts))
}

/// Approve a task as a role
///
/// The vote is a file of its own and covers the content as of HEAD. The last approval that the stage requires moves the
/// task on, if the stage advances by itself. A vote that does not count exits 1, and says what would.
///
/// Example: tracker approve 7q2m --as code-reviewer -m "clean, follows conventions"
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    #[command(flatten)]
    vote: VoteArgs,
}

impl Command for Approve {
    type Response = Written;

    fn run(self, context: &Context) -> Reply<Written> {
        let session = context.write(&self.vote.write)?;
        let request = self.vote.request(&session, "approve", Vec::new())?;
        show_checklist(context, &session, &request.query, request.role.as_deref());
        let written = ops::approve(&session, &request)?;
        answer(&session, written)
    }
}

/// Reject a task as a role
///
/// A rejection is a veto until you vote again. The task goes to the stage that failures of its stage go to.
///
/// Example: tracker reject 7q2m the contrast is 3.9
///
/// Example: tracker reject 7q2m --as code-reviewer --finding "high: token is logged @ src/auth.rs:41"
#[derive(Debug, Args)]
#[command(override_usage = "tracker reject [OPTIONS] [ID] [REASON]...")]
pub(in crate::cli) struct Reject {
    /// Finding, as "SEVERITY: TITLE @ FILE:LINE"; can be repeated
    #[arg(long = "finding", value_name = "FINDING")]
    findings: Vec<String>,
    #[command(flatten)]
    vote: VoteArgs,
    /// Reason; the same as --notes
    #[arg(value_name = "REASON", conflicts_with = "notes")]
    reason: Vec<String>,
}

impl Command for Reject {
    type Response = Written;

    fn run(self, context: &Context) -> Reply<Written> {
        let session = context.write(&self.vote.write)?;
        let mut vote = self.vote;
        let first = take_text(&session, &mut vote.id);
        let words: Vec<String> = first.into_iter().chain(self.reason).collect();
        vote.notes = vote.notes.or_else(|| (!words.is_empty()).then(|| words.join(" ")));
        let request = vote.request(&session, "reject", self.findings)?;
        show_checklist(context, &session, &request.query, request.role.as_deref());
        let written = ops::reject(&session, &request)?;
        answer(&session, written)
    }
}

/// Withdraw your vote
///
/// Example: tracker withdraw 7q2m --as code-reviewer
#[derive(Debug, Args)]
pub(in crate::cli) struct Withdraw {
    #[command(flatten)]
    vote: VoteArgs,
}

impl Command for Withdraw {
    type Response = Written;

    fn run(self, context: &Context) -> Reply<Written> {
        let session = context.write(&self.vote.write)?;
        let written = ops::withdraw(&session, &self.vote.request(&session, "withdraw", Vec::new())?)?;
        answer(&session, written)
    }
}
