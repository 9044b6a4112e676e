//! `tracker withdraw`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::{roles, tasks};
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Takes your own vote back.
#[derive(Debug, Args)]
pub(in crate::cli) struct Withdraw {
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

impl Withdraw {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        let request = ops::VoteRequest {
            wanted: self.id,
            role: self.role,
            notes: self.notes,
            findings: Vec::new(),
            sign: self.sign,
        };
        Ok(Answer::of(ops::withdraw(&session, &request)?))
    }
}
