//! `tracker reference`

use std::fmt::Write as _;

use clap::{Args, CommandFactory};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::Page;
use super::Reply;
use crate::cli::Cli;

/// Prints the reference of all commands as Markdown, from the same definitions as `--help`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reference {}

/// The reference.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// Markdown.
    markdown: String,
}

impl Reference {
    pub(super) fn run(self, _door: &Door) -> Reply {
        let mut root = Cli::command();
        root.build();
        let mut markdown = format!("# tracker\n\n{}\n", long_about(&root));
        write_options(&root, true, &mut markdown);
        for command in root.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set()) {
            write_command(command, &mut markdown);
        }
        Ok(Answer::of(Output { markdown }))
    }
}

fn long_about(command: &clap::Command) -> String {
    command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default()
}

fn write_command(command: &clap::Command, out: &mut String) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('\n', "\n    ");
    let _ = writeln!(out, "\n## tracker {}\n\n    {usage}\n\n{}", command.get_name(), long_about(command));
    write_options(command, false, out);
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let usage = inner.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").replace('\n', "\n    ");
        let _ = writeln!(out, "\n### tracker {} {}\n\n    {usage}\n\n{}", command.get_name(), inner.get_name(), long_about(inner));
        write_options(inner, false, out);
    }
}

/// Writes arguments as a list; options that stand everywhere only once, on top.
fn write_options(command: &clap::Command, with_global: bool, out: &mut String) {
    let shown = |argument: &&clap::Arg| {
        !argument.is_hide_set()
            && (argument.is_global_set() == with_global)
            && !matches!(argument.get_id().as_str(), "help" | "version")
    };
    let mut lines = String::new();
    for argument in command.get_arguments().filter(shown) {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(lines, "- `{}`: {help}", argument.to_string().replace('`', ""));
    }
    if !lines.is_empty() {
        let _ = write!(out, "\n{lines}");
    }
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        page.raw(&self.markdown);
    }
}
