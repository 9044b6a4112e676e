//! `tracker tick`, `tracker untick`
//!
//! ```console
//! $ tracker tick 7q2 1
//! TASK-7Q2M  checked 1 table  One
//! $ tracker untick 7q2 1 --dry-run --quiet
//! TASK-7Q2M
//! ```

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::ops;
use clap::Args;

/// Check checkboxes of a task
///
/// Example: tracker tick 7q2m 1 3-4
#[derive(Debug, Args)]
pub(in crate::cli) struct Tick {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Checkboxes: numbers as in `tracker show`, ranges (2-4), a part of the text, or `all`
    #[arg(required = true, value_name = "CHECKBOX")]
    boxes: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Tick {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::tick(&session, &self.id, &self.boxes, true)?))
    }
}

/// Uncheck checkboxes of a task
///
/// Example: tracker untick 7q2m 3
#[derive(Debug, Args)]
pub(in crate::cli) struct Untick {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Checkboxes: numbers as in `tracker show`, ranges (2-4), a part of the text, or `all`
    #[arg(required = true, value_name = "CHECKBOX")]
    boxes: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Untick {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::tick(&session, &self.id, &self.boxes, false)?))
    }
}
