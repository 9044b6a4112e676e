//! `tracker approve`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::{roles, tasks};
use super::super::door::Door;
use super::Reply;
use super::shared::show_checklist;
use crate::ops;

pub(super) type Output = ops::Written;

/// Approves a task for a role: a file of its own, over the content as it is at HEAD. The last approval that the stage
/// asks for moves the task on, where the stage says so.
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// The role you vote for; where the stage asks only one, that one
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// What you have to say, in Markdown
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    /// Sign it with the ssh key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Approve {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        show_checklist(door, &session, &self.id, self.role.as_deref());
        let request = ops::VoteRequest {
            wanted: self.id,
            role: self.role,
            notes: self.notes,
            findings: Vec::new(),
            sign: self.sign,
        };
        Ok(Answer::of(ops::approve(&session, &request)?))
    }
}
