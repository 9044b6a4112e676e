//! `tracker reject`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::{roles, tasks};
use super::super::door::Door;
use super::Reply;
use super::shared::show_checklist;
use crate::ops;

pub(super) type Output = ops::Written;

/// Rejects a task for a role: a veto until you vote again. The task goes where failures of its stage go.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reject {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// The role you vote for; where the stage asks only one, that one
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// What you have to say, in Markdown
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    /// Something you hold against it, as "SEVERITY: TITLE @ FILE:LINE"; may be given again
    #[arg(long = "finding", value_name = "FINDING")]
    findings: Vec<String>,
    /// Sign it with the ssh key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Reject {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        show_checklist(door, &session, &self.id, self.role.as_deref());
        let request = ops::VoteRequest {
            wanted: self.id,
            role: self.role,
            notes: self.notes,
            findings: self.findings,
            sign: self.sign,
        };
        Ok(Answer::of(ops::reject(&session, &request)?))
    }
}
