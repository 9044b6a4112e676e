//! `tracker apply`

use clap::Args;

use super::super::answer::{Answer, View};
use super::super::args::WriteArgs;
use super::super::door::Door;
use super::super::page::{Page, clean};
use super::Reply;
use super::shared::counted;
use crate::ops;

pub(super) type Output = ops::Applied;

/// Does what the hooks would have done for the commits of a range: for merges made on a server. Done twice it is done
/// once. The moves are left in the working tree.
#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    /// The commits, such as origin/main~3..origin/main
    #[arg(value_name = "RANGE")]
    range: String,
    #[command(flatten)]
    write: WriteArgs,
}

impl Apply {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::apply(&session, &self.range)?))
    }
}

impl View for ops::Applied {
    fn show(&self, page: &mut Page) {
        self.written.show(page);
        for left in &self.left {
            page.line(format!("left: {}", clean(left)));
        }
        let moved = counted(self.written.tasks.len(), "task");
        page.line(page.dim(&format!("{}, {moved} changed", counted(self.commits, "commit"))));
    }
}
