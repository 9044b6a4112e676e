//! `tracker block`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::{ReasonArgs, WriteArgs};
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Says that a task cannot go on, and why. Open dependencies block by themselves.
#[derive(Debug, Args)]
pub(in crate::cli) struct Block {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    reason: ReasonArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Block {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::block(&session, &[self.id], &self.reason.text())?))
    }
}
