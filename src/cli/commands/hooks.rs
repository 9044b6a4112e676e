//! `tracker hooks`

use clap::{Args, Subcommand};

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::ops;

/// Install or remove the git hooks
///
/// With the hooks, a commit moves the tasks that its message names.
///
/// Example: tracker hooks install
#[derive(Debug, Args)]
pub(in crate::cli) struct Hooks {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Install the hooks beside existing ones, and register the merge driver
    ///
    /// With --server, in a repository that people push to, it installs `tracker check` as pre-receive hook. Pushes to the
    /// default branch, and to the branches that `pre_receive` under `[hooks]` names, are checked against the policy of
    /// the default branch; pushes to other branches only for records that can be read. Without `tracker` on its PATH
    /// the server rejects every push.
    Install {
        /// Check pushes to this repository, which may be bare
        #[arg(long)]
        server: bool,
    },
    /// Remove the hooks, restoring what was there byte for byte
    Uninstall,
    /// Show which hooks are installed
    ///
    /// Exit code 1 means that git does not run all of them, 0 that it does.
    Status,
}

impl Command for Hooks {
    type Response = ops::HookReport;

    fn run(self, context: &Context) -> Reply<ops::HookReport> {
        let is_question = matches!(self.what, What::Status);
        let report = match self.what {
            What::Install { server: true } => ops::hooks_install_server(context.env())?,
            What::Install { server: false } => ops::hooks_install(context.env())?,
            What::Uninstall => ops::hooks_uninstall(context.env())?,
            What::Status => ops::hooks_status(context.env())?,
        };
        let is_no = is_question && !report.is_complete;
        Ok(Answer::of(report).no_if(is_no))
    }
}

impl View for ops::HookReport {
    fn show(&self, out: &mut Output) {
        let missing = if self.has_folder { "" } else { "  is not there" };
        out.line(format!("{}{missing}", clean(&self.folder)));
        let rows: Vec<Vec<Cell>> =
            self.hooks.iter().map(|hook| vec![Cell::new(&hook.name), Cell::new(hook.state)]).collect();
        out.columns(&rows, 1, 2);
        if self.hooks.iter().all(|hook| hook.name == "pre-receive") {
            return;
        }
        out.line(format!(
            "  merge driver  {}",
            if self.merge_driver { "registered" } else { "not registered" }
        ));
    }
}
