//! The command line as a whole: what clap reads, and what is said differently before it does.

use std::ffi::OsString;

use clap::Parser;

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

/// Turns query terms such as `-assignee:ada` into `!assignee:ada`, which means the same and is not taken for an
/// option. Only for the commands that take a query.
pub(super) fn spell_out_negations(arguments: Vec<OsString>) -> Vec<OsString> {
    let takes_query =
        arguments.iter().any(|word| ["list", "ls", "queue", "board"].iter().any(|name| word == name));
    if !takes_query {
        return arguments;
    }
    let negation = |word: &OsString| {
        let term = word.to_str()?.strip_prefix('-')?;
        let end = term.find([':', '=', '!', '<', '>'])?;
        let is_term = matches!(&term[..end], "is" | "has" | "no") || Field::parse(&term[..end]).is_some();
        is_term.then(|| OsString::from(format!("!{term}")))
    };
    arguments.into_iter().map(|word| negation(&word).unwrap_or(word)).collect()
}

/// Sets a text such as `- one item` apart from the options: a list in Markdown begins with a hyphen and a space,
/// as no option does. Only for the commands that take a text.
pub(super) fn set_texts_apart(arguments: Vec<OsString>) -> Vec<OsString> {
    let is_text = |word: &OsString| word.to_string_lossy().starts_with("- ");
    if !arguments.iter().any(is_text) || arguments.iter().any(|word| word == "--") {
        return arguments;
    }
    if !matches!(command_named(&arguments).as_str(), "note" | "block" | "cancel") {
        return arguments;
    }
    let (texts, mut rest): (Vec<_>, Vec<_>) = arguments.into_iter().partition(is_text);
    rest.push("--".into());
    rest.extend(texts);
    rest
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
    let named = arguments.iter().skip(1).find_map(|word| root.find_subcommand(word));
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
        assert_eq!(respelled(&["tracker", "note", "7q", "-assignee:ada"])[3], "-assignee:ada");
    }
}
