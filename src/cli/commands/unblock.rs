//! `tracker unblock`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Takes back a block by hand. What still waits for other tasks stays blocked by them.
#[derive(Debug, Args)]
pub(in crate::cli) struct Unblock {
    /// The tasks, each by a part of its id
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Unblock {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::unblock(&session, &self.ids)?))
    }
}
