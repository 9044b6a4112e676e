//! `tracker init`

use clap::Args;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::{Page, clean};
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Initialised;

/// Makes a tracker: writes `.tracker/` with a commented configuration. What is there is left alone.
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// Name of the project, instead of the folder's
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// What ids begin with
    #[arg(long, value_name = "PREFIX", default_value = "TASK")]
    prefix: String,
    /// Number tasks in a row instead of giving them random ids
    #[arg(long)]
    sequential: bool,
    /// Show what would be written, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl Init {
    pub(super) fn run(self, door: &Door) -> Reply {
        let request = ops::InitRequest {
            project: self.project,
            prefix: Some(self.prefix),
            sequential: self.sequential,
            dry_run: self.dry_run,
        };
        Ok(Answer::of(ops::init(door.env(), &request)?))
    }
}

impl View for ops::Initialised {
    fn show(&self, page: &mut Page) {
        if page.is_quiet() {
            return;
        }
        let place = clean(&self.work_dir).into_owned();
        if self.files.is_empty() {
            page.line(format!("There is a tracker in {place} already; nothing was changed"));
            return;
        }
        let word = if self.dry_run { "Would make" } else { "Made" };
        page.line(format!("{word} a tracker in {place}"));
        for file in &self.files {
            page.line(format!("  {}", page.dim(file)));
        }
    }

    fn remark(&self, page: &mut Page) {
        if !self.dry_run && !self.files.is_empty() {
            page.line("Next: tracker new \"What is to be done\"");
        }
    }
}
