//! Options that many commands understand.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, ValueEnum};

use super::page::Colour;

/// Options that stand before or after the command.
#[derive(Debug, Default, Args)]
pub(super) struct Global {
    /// Run as if started in this folder
    #[arg(short = 'C', long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(super) directory: Option<PathBuf>,
    /// How to answer: for people, or as one JSON document (see `tracker schema`); `review` and `check` know more
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

/// The form of the answer. What is hidden is for the commands that list every form themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    #[default]
    Human,
    Json,
    #[value(hide = true)]
    Markdown,
    #[value(hide = true)]
    Github,
    #[value(hide = true)]
    Sarif,
    #[value(hide = true)]
    Junit,
    #[value(hide = true)]
    Gitlab,
}

impl Format {
    /// Tells whether every command knows it.
    pub(super) fn is_common(self) -> bool {
        matches!(self, Self::Human | Self::Json)
    }

    /// Returns its name, as it is typed.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Returns `--format` for the commands that know every form. It takes the place of the one that all others have.
pub(super) fn every_format() -> Arg {
    let shown = |format: &Format| Some(format.to_possible_value()?.hide(false));
    let values = Format::value_variants().iter().filter_map(shown);
    let parser =
        PossibleValuesParser::new(values).map(|name| Format::from_str(&name, false).unwrap_or_default());
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(parser)
        .default_value("human")
        .help_heading("Everywhere")
        .help("How to answer: for people, as JSON, or for a pull request, an annotation, a dashboard")
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

/// A reason in one line, given as one word or several.
#[derive(Debug, Args)]
pub(super) struct ReasonArgs {
    /// Reason, in one line; put `--` before one that begins with a hyphen
    #[arg(required_unless_present = "literal", value_name = "REASON", allow_hyphen_values = true, value_parser = text_word)]
    reason: Option<String>,
    #[arg(hide = true, value_name = "REASON")]
    rest: Vec<String>,
    #[arg(hide = true, last = true, value_name = "REASON")]
    literal: Vec<String>,
}

impl ReasonArgs {
    pub(super) fn text(&self) -> String {
        let words: Vec<&str> =
            self.reason.iter().chain(&self.rest).chain(&self.literal).map(String::as_str).collect();
        words.join(" ")
    }
}

/// Reads the first word of a text, which may begin with a hyphen only as an item of a list does: `- one item`.
/// Anything else with a hyphen is an option that nobody knows.
pub(super) fn text_word(word: &str) -> Result<String, String> {
    let is_text = !word.starts_with('-') || word == "-" || word.starts_with("- ");
    is_text
        .then(|| word.to_owned())
        .ok_or_else(|| format!("unexpected argument; to pass it as text, use `-- {word}`"))
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
