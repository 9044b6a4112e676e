//! The command line as a whole: what clap reads, and what is said differently before it does.

use std::ffi::OsString;

use clap::{Args, Parser};

use super::args::Global;
use super::commands::Command;
use crate::query::Field;

/// Tasks, sign-offs and reports as files in your git repository.
///
/// Tasks live in `.tracker/` beside the code. A part of an id is enough wherever one is asked for, in either case:
/// `tracker show 7q2` shows TASK-7Q2M.
#[derive(Debug, Parser)]
#[command(
    name = "tracker",
    version,
    propagate_version = true,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Respells the negated terms of a query, such as `-assignee:ada`, as `!assignee:ada`, which means the same. The parser
/// of arguments would take them for options, or, told not to, every option after the first term for a term. Nothing
/// but the terms of the commands that take a query is touched, and nothing after `--`.
pub(super) fn spell_out_negations(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = command_index(&arguments) else { return arguments };
    if !["list", "ls", "queue", "board"].iter().any(|name| arguments[at] == *name) {
        return arguments;
    }
    let negation = |word: &OsString| {
        let term = word.to_str()?.strip_prefix('-')?;
        let end = term.find([':', '=', '!', '<', '>'])?;
        let is_term = matches!(&term[..end], "is" | "has" | "no") || Field::parse(&term[..end]).is_some();
        is_term.then(|| OsString::from(format!("!{term}")))
    };
    for word in arguments[at + 1..].iter_mut().take_while(|word| *word != "--") {
        if let Some(respelled) = negation(word) {
            *word = respelled;
        }
    }
    arguments
}

/// Returns where the command's name stands among the arguments: the first word that is neither an option that stands
/// everywhere nor the value of one.
fn command_index(arguments: &[OsString]) -> Option<usize> {
    let options = Global::augment_args(clap::Command::new("tracker"))
        .allow_external_subcommands(true)
        .ignore_errors(true);
    let matches = options.try_get_matches_from(arguments).ok()?;
    let (_, command) = matches.subcommand()?;
    let words = command.get_many::<OsString>("").map_or(0, |words| words.len());
    arguments.len().checked_sub(words + 1)
}

/// Tells whether a command lists every form of answers as its own.
pub(super) fn knows_every_format(command: &str) -> bool {
    use clap::CommandFactory;
    let root = Cli::command();
    let found = root.find_subcommand(command);
    found.is_some_and(|command| command.get_arguments().any(|argument| argument.get_id() == "format"))
}

/// Returns the command that these arguments name, for errors that come before they are understood.
pub(super) fn command_named(arguments: &[OsString]) -> String {
    use clap::CommandFactory;
    let root = Cli::command();
    let named = command_index(arguments).and_then(|at| root.find_subcommand(&arguments[at]));
    named.map_or_else(|| "tracker".to_owned(), |command| command.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_term_of_a_query_is_respelled() {
        let respelled = |words: &[&str]| -> Vec<String> {
            let words = words.iter().map(OsString::from).collect();
            spell_out_negations(words).into_iter().filter_map(|word| word.into_string().ok()).collect()
        };
        assert_eq!(
            respelled(&["tracker", "ls", "-assignee:ada", "-a", "--limit=3"])[2..],
            ["!assignee:ada", "-a", "--limit=3"]
        );
        assert_eq!(respelled(&["tracker", "-C", "a", "--format=json", "queue", "-is:x"])[5], "!is:x");
        for words in [
            &["tracker", "note", "7q", "-assignee:ada"][..],
            &["tracker", "note", "7q", "list", "-assignee:ada"],
            &["tracker", "-C", "list", "note", "-assignee:ada"],
            &["tracker", "list", "--", "-assignee:ada"],
        ] {
            assert_eq!(respelled(words).last().unwrap(), "-assignee:ada", "{words:?}");
        }
    }
}
