//! `tracker reference`

use std::fmt::Write as _;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::command;
use crate::cli::context::Context;
use crate::cli::output::Output;

/// Print the reference of all commands as Markdown
///
/// From the same definitions as `--help`.
///
/// Example: tracker reference > REFERENCE.md
#[derive(Debug, Args)]
pub(in crate::cli) struct Reference {}

/// The reference.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// Markdown.
    markdown: String,
}

impl Command for Reference {
    type Response = Response;

    fn run(self, _door: &Context) -> Reply<Response> {
        let mut root = command();
        root.build();
        let mut markdown = format!("# tracker\n\n{}\n", long_about(&root));
        write_options(&root, true, &mut markdown);
        for command in
            root.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set())
        {
            write_command(command, &mut markdown);
        }
        Ok(Answer::of(Response { markdown }))
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
        let _ = writeln!(
            out,
            "\n### tracker {} {}\n\n    {usage}\n\n{}",
            command.get_name(),
            inner.get_name(),
            long_about(inner)
        );
        write_options(inner, false, out);
    }
}

/// Writes arguments as a list; options that are everywhere only once, on top.
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

impl View for Response {
    fn show(&self, out: &mut Output) {
        out.raw(&self.markdown);
    }
}
