//! `tracker apply`

use clap::Args;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::WriteArgs;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::ops;

/// Apply a range of commits as the hooks would have
///
/// For commits made where no hook runs, such as merges on a server. Applying a range twice changes nothing more. The moves
/// are left in the working tree.
///
/// Example: tracker apply origin/main~3..origin/main
#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    /// Range of commits, such as origin/main~3..origin/main
    #[arg(value_name = "RANGE")]
    range: String,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Apply {
    type Response = ops::Applied;

    fn run(self, context: &Context) -> Reply<ops::Applied> {
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::apply(&session, &self.range)?))
    }
}

impl View for ops::Applied {
    fn show(&self, out: &mut Output) {
        self.written.show(out);
        for left in &self.left {
            out.line(format!("left: {}", clean(left)));
        }
        let moved = counted(self.written.tasks.len(), "task");
        out.line(out.dim(&format!("{}, {moved} changed", counted(self.commits, "commit"))));
    }
}
