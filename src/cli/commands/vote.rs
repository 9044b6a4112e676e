//! `tracker approve`, `tracker reject`, `tracker withdraw`: one person's vote for a role.

use super::shared::show_checklist;
use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::completion::{roles, tasks};
use crate::cli::context::Context;
use crate::ops;
use clap::Args;

/// Approve a task as a role
///
/// The vote is a file of its own and covers the content as of HEAD. The last approval that the stage requires moves the
/// task on, if the stage advances by itself.
///
/// Example: tracker approve 7q2m --as code-reviewer -m "clean, follows conventions"
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Role to vote as [default: the only role that you can vote as]
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// Notes, in Markdown
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    /// Sign the vote with the SSH key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    branch: BranchArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Approve {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        show_checklist(context, &session, &self.id, self.role.as_deref());
        let request = ops::VoteRequest {
            query: self.id,
            role: self.role,
            notes: self.notes,
            findings: Vec::new(),
            sign: self.sign,
            branch: self.branch.choice(),
        };
        let written = ops::approve(&session, &request)?;
        cast(&session, written)
    }
}

/// Answers with a vote, and warns where no commit would have it.
fn cast(session: &ops::Session<'_>, written: ops::Written) -> Reply<ops::Written> {
    let problems = ops::ignored_records(session, &written)?;
    Ok(Answer::of(written).with_problems(problems))
}

/// Where a vote is cast.
#[derive(Debug, Args)]
struct BranchArgs {
    /// Vote on this branch without checking it out: as a commit on its tip
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Push that commit, and try again where somebody else has pushed meanwhile
    #[arg(long, requires = "branch")]
    push: bool,
}

impl BranchArgs {
    fn choice(self) -> Option<ops::BranchChoice> {
        Some(ops::BranchChoice { name: self.branch?, push: self.push })
    }
}

/// Reject a task as a role
///
/// A rejection is a veto until you vote again. The task goes to the stage that failures of its stage go to.
///
/// Example: tracker reject 7q2m --as code-reviewer --finding "high: token is logged @ src/auth.rs:41"
#[derive(Debug, Args)]
pub(in crate::cli) struct Reject {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Role to vote as [default: the only role that you can vote as]
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// Notes, in Markdown
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    /// Finding, as "SEVERITY: TITLE @ FILE:LINE"; can be repeated
    #[arg(long = "finding", value_name = "FINDING")]
    findings: Vec<String>,
    /// Sign the vote with the SSH key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    branch: BranchArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Reject {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        show_checklist(context, &session, &self.id, self.role.as_deref());
        let request = ops::VoteRequest {
            query: self.id,
            role: self.role,
            notes: self.notes,
            findings: self.findings,
            sign: self.sign,
            branch: self.branch.choice(),
        };
        let written = ops::reject(&session, &request)?;
        cast(&session, written)
    }
}

/// Withdraw your vote
///
/// Example: tracker withdraw 7q2m --as code-reviewer
#[derive(Debug, Args)]
pub(in crate::cli) struct Withdraw {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Role to vote as [default: the only role that you can vote as]
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// Notes, in Markdown
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    /// Sign the vote with the SSH key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    branch: BranchArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Withdraw {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let request = ops::VoteRequest {
            query: self.id,
            role: self.role,
            notes: self.notes,
            findings: Vec::new(),
            sign: self.sign,
            branch: self.branch.choice(),
        };
        let written = ops::withdraw(&session, &request)?;
        cast(&session, written)
    }
}
