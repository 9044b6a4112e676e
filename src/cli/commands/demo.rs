//! `tracker demo`

use clap::Args;
use owo_colors::Style;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Output, clean, clean_lines};
use crate::ops;

/// Run a demo in a temporary repository
///
/// It plays the story of a small sprint with the real git and this program, and shows what they print.
///
/// Example: tracker demo
#[derive(Debug, Args)]
pub(in crate::cli) struct Demo {
    /// Directory to create the repository in [default: the system's temporary one]
    #[arg(long, value_name = "DIR")]
    into: Option<String>,
}

impl Command for Demo {
    type Response = ops::Demo;

    fn run(self, context: &Context) -> Reply<ops::Demo> {
        let program =
            context.env().program().map_err(|source| Failure::unreadable_input("tracker", &source))?;
        let parent = self.into.as_deref().map(|folder| context.path(folder));
        Ok(Answer::of(ops::demo(context.env(), &program, parent.as_deref(), &context.events())?))
    }
}

impl View for ops::Demo {
    fn show(&self, out: &mut Output) {
        let mut day = None;
        for step in &self.steps {
            if day.replace((step.day, &step.who)) != Some((step.day, &step.who)) {
                out.gap();
                out.line(out.bold(&format!("Day {}, {}", step.day, clean(&step.who))));
            }
            if !step.why.is_empty() {
                out.gap();
                out.line(out.paint(&format!("# {}", step.why), Style::new().green()));
            }
            out.line(out.bold(&format!("$ {}", clean(&step.command))));
            if !step.output.trim().is_empty() {
                out.line(clean_lines(&step.output));
            }
        }
        out.gap();
        out.line(format!("The repository is {}", clean(&self.folder)));
        out.line("Next: cd there, and try tracker list, tracker show d4rk, git log --patch, or open\n      .tracker/sprints/SPRINT-1/report.html");
    }
}
