//! `tracker reopen`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Opens closed tasks again: what was cancelled goes on where it stood, what was complete in its first stage.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reopen {
    /// The tasks, each by a part of its id
    #[arg(required = true, value_name = "ID", add = tasks())]
    ids: Vec<String>,
    /// Why, for the history
    #[arg(long, short = 'm', value_name = "WHY")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Reopen {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::reopen(&session, &self.ids, self.why.as_deref())?))
    }
}
