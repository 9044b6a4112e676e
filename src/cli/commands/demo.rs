//! `tracker demo`

use clap::Args;
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::{Page, clean, clean_lines};
use super::Reply;
use crate::cli::error::Failure;
use crate::ops;

pub(super) type Output = ops::Demo;

/// Plays real work through a throw-away repository with the real programs, and shows what it does.
#[derive(Debug, Args)]
pub(in crate::cli) struct Demo {
    /// Make the repository below this folder instead of the system's temporary one
    #[arg(long, value_name = "DIR")]
    into: Option<String>,
}

impl Demo {
    pub(super) fn run(self, door: &Door) -> Reply {
        let program = door.env().program().map_err(|source| Failure::unreadable_input("tracker", &source))?;
        let parent = self.into.as_deref().map(|folder| door.path(folder));
        Ok(Answer::of(ops::demo(door.env(), &program, parent.as_deref())?))
    }
}

impl View for ops::Demo {
    fn show(&self, page: &mut Page) {
        for step in &self.steps {
            if !step.why.is_empty() {
                page.gap();
                page.line(page.paint(&format!("# {}", step.why), Style::new().green()));
            }
            page.line(page.bold(&format!("$ {}", clean(&step.command))));
            if !step.output.trim().is_empty() {
                page.line(clean_lines(&step.output));
            }
        }
        page.gap();
        page.line(format!("The repository lies in {}", clean(&self.folder)));
        page.line("Look around: cd there, and try tracker list, tracker show d4rk, git log --patch");
    }
}
