//! `tracker hooks`

use clap::{Args, Subcommand};

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::{Cell, Page, clean};
use super::Reply;
use crate::ops;

pub(super) type Output = ops::HookReport;

/// The git hooks that move tasks in the commits that earn it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Hooks {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Put the tracker's part into the hooks, beside whatever is there, and register the merge driver
    Install,
    /// Take it out again, byte for byte
    Uninstall,
    /// Tell how the hooks stand
    Status,
}

impl Hooks {
    pub(super) fn run(self, door: &Door) -> Reply {
        let report = match self.what {
            What::Install => ops::hooks_install(door.env())?,
            What::Uninstall => ops::hooks_uninstall(door.env())?,
            What::Status => ops::hooks_status(door.env())?,
        };
        Ok(Answer::of(report))
    }
}

impl View for ops::HookReport {
    fn show(&self, page: &mut Page) {
        page.line(clean(&self.folder));
        let rows: Vec<Vec<Cell>> =
            self.hooks.iter().map(|hook| vec![Cell::new(&hook.name), Cell::new(hook.state)]).collect();
        page.columns(&rows, 1, 2);
        page.line(format!("  merge driver  {}", if self.merge_driver { "registered" } else { "not registered" }));
    }
}
