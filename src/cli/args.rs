//! Options that many commands understand.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::page::Colour;

/// Options that stand before or after the command.
#[derive(Debug, Default, Args)]
pub(super) struct Global {
    /// Run as if started in this folder
    #[arg(short = 'C', long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(super) directory: Option<PathBuf>,
    /// How to answer: for people, or as one JSON document (see `tracker schema`)
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    pub(super) format: Format,
    /// Say only what was asked for: ids for writes, no hints
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(super) quiet: bool,
    /// When to use colour; NO_COLOR is obeyed
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Everywhere"
    )]
    pub(super) color: Colour,
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    #[default]
    Human,
    Json,
}

/// Options of commands that write.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct WriteArgs {
    /// Show what would change, and change nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Wait at most so long for another writer
    #[arg(long, value_name = "SECONDS", default_value = "10", hide_default_value = true, value_parser = seconds)]
    pub(super) lock_timeout: Duration,
}

/// Options of commands that read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReadArgs {
    /// Answer from this commit instead of the working tree
    #[arg(long, value_name = "REV")]
    pub(super) at: Option<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "give a number of seconds, such as 10 or 0.5".to_owned())
}

/// Reads how many are wanted at most.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give a number, such as 10".to_owned())
}
