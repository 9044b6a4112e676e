//! `tracker untick`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Unticks check boxes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Untick {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Numbers as `tracker show` prints them, ranges (2-4), a part of the text, or `all`
    #[arg(required = true, value_name = "BOX")]
    boxes: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Untick {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::tick(&session, &self.id, &self.boxes, false)?))
    }
}
