//! `tracker fail`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::{ReasonArgs, WriteArgs};
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Sends a task back to where failures of its stage go. Approvals of this round no longer count.
#[derive(Debug, Args)]
pub(in crate::cli) struct Fail {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    reason: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Fail {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::fail(&session, &self.id, &self.reason.text())?))
    }
}
