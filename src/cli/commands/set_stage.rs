//! `tracker set-stage`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Moves a task to any stage of its pipeline. The history says that it was an override.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetStage {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// The stage: `none`, one of the pipeline, or `complete`
    #[arg(value_name = "STAGE")]
    stage: String,
    /// Why, for the history
    #[arg(long, short = 'm', value_name = "WHY")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl SetStage {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::set_stage(&session, &[self.id], &self.stage, self.why.as_deref())?))
    }
}
