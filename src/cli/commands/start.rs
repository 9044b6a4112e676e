//! `tracker start`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Takes a task: you become its assignee, it moves into its first stage, and it is your active task.
///
/// Refused where the task is closed, blocked, waits for others or is somebody else's.
#[derive(Debug, Args)]
pub(in crate::cli) struct Start {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Who works on it, instead of you
    #[arg(long, value_name = "WHO")]
    assignee: Option<String>,
    /// Start although it is blocked or somebody else's
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Start {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::start(
            &session,
            &ops::StartRequest { wanted: self.id, assignee: self.assignee, force: self.force },
        )?))
    }
}
