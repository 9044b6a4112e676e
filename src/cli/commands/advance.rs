//! `tracker advance`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Moves tasks on to their next stages, where all that their stages ask for is there. A refusal names everything
/// that is missing, with the command that mends it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Advance {
    /// The tasks, each by a part of its id
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    /// Why, for the history
    #[arg(long, short = 'm', value_name = "WHY")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Advance {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::advance(&session, &self.ids, self.why.as_deref())?))
    }
}
