//! The command line: arguments, output, errors, exit codes. It parses, calls one op, and shows the answer.
//!
//! stdout is the answer, stderr is everything else. Only `error` knows exit codes.

mod answer;
mod args;
mod commands;
mod completion;
mod context;
mod error;
mod fields;
mod foreign;
mod groups;
mod layout;
mod output;
mod progress;
mod selection;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::FromArgMatches;

use answer::AnyAnswer;
pub use args::command;
use args::{Format, Global};
use context::Context;
use error::Failure;
use output::{Output, OutputStyle};
use selection::{Selection, cut_lines};

use crate::env::Env;
use crate::ops;
use crate::report::review::{FORMATS, ReviewFormat};

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    error::report_panics();
    let env = match Env::from_process() {
        Ok(env) => env,
        Err(source) => {
            let mut out = Output::new(OutputStyle::plain(), false, chrono::DateTime::UNIX_EPOCH);
            let failure = Failure::no_current_folder(&source);
            failure.show(&mut out);
            write_stderr(&out.into_text());
            return ExitCode::from(failure.exit());
        }
    };
    if completion::completed(&env) {
        return ExitCode::SUCCESS;
    }
    if let Some(hook) = commands::called_by_git(&env.arguments()) {
        let context = Context::new(&Global::default(), env);
        return answer("hook", &context, commands::run_hook(hook, &context));
    }
    let arguments = args::spell_out(env.arguments());
    let error = match parse(&arguments) {
        Ok((global, matches)) => return run(&global, &matches, env),
        Err(error) => error,
    };
    let translated = if error.use_stderr() { foreign::translate(&arguments) } else { Ok(None) };
    match translated {
        Ok(None) => usage(&error, &arguments, &env),
        Ok(Some(ours)) => match parse(&ours) {
            Ok((global, matches)) => run(&global, &matches, env),
            Err(error) => usage(&error, &ours, &env),
        },
        Err(failure) => {
            let name = args::command_named(&arguments);
            let format = format_for_programs(&arguments).unwrap_or_default();
            let context = Context::new(&Global::default(), env);
            report(&failure, &name, format, context.error_output())
        }
    }
}

/// Reads a command line.
fn parse(arguments: &[OsString]) -> Result<(Global, clap::ArgMatches), clap::Error> {
    let of_one = args::command_of(arguments).and_then(|one| one.try_get_matches_from(arguments).ok());
    let matches = of_one.map_or_else(|| command().try_get_matches_from(arguments), Ok)?;
    Ok((Global::from_arg_matches(&matches)?, matches))
}

fn run(global: &Global, matches: &clap::ArgMatches, env: Env) -> ExitCode {
    let format = global.format();
    let context = Context::new(global, env);
    let Some((name, matches)) = matches.subcommand() else { return without_command(&context) };
    if !args::has_format(name, format) {
        let others: Vec<String> = args::commands_with(format).map(|name| format!("tracker {name}")).collect();
        let others = match others.as_slice() {
            [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
            few => few.concat(),
        };
        let failure = Failure::usage_message(
            format!("`tracker {name}` has no format `{}`", format.name()),
            format!("use --format human or --format json; {} is for {}", format.name(), others),
        );
        return report(&failure, name, format, context.error_output());
    }
    // Before anything is written: a field that there is not is an error of usage.
    let selection = global.fields.as_deref().filter(|_| !commands::selects_fields(name));
    match selection.map(|names| Selection::read(names, &commands::schema(name))).transpose() {
        Ok(selection) => {
            let context = context.with_selection(selection);
            answer(name, &context, commands::run_named(name, matches, &context))
        }
        Err(failure) => report(&failure, name, format, context.error_output()),
    }
}

/// Answers `tracker` alone: where the user is, in a repository with a tracker; elsewhere the help.
fn without_command(context: &Context) -> ExitCode {
    if context.has_tracker() {
        return answer(commands::STATUS, context, commands::run_status(context));
    }
    let mut out = context.output();
    out.raw(&command().render_help().to_string());
    match write_stdout(out.into_text().as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(source) => {
            let failure = Failure::unwritable("standard output", &source);
            report(&failure, "tracker", Format::Human, context.error_output())
        }
    }
}

/// Delivers what a command has answered, or why it has not.
fn answer(name: &str, context: &Context, reply: Result<AnyAnswer, Failure>) -> ExitCode {
    match reply {
        Ok(mut answer) => {
            ops::explain_conflicts(context.env(), answer.problems_mut());
            deliver(&answer, context, name)
        }
        Err(mut failure) => {
            failure.explain(|problems| ops::explain_conflicts(context.env(), problems));
            report(&failure, name, context.format(), context.error_output())
        }
    }
}

/// Prints an answer: the answer itself to stdout, then the problems met on the way and what else there is to say
/// to stderr, where they are the last that a person sees.
fn deliver(answer: &AnyAnswer, context: &Context, name: &str) -> ExitCode {
    let mut out = context.output();
    let mut json = Vec::new();
    let mut status = context.error_output();
    let format = context.format();
    match format {
        Format::Json => answer.write_json(name, context.shape(), &mut json),
        Format::Human | Format::Html | Format::Upgrade => {
            match &context.shape().selection {
                Some(selection) => answer.show_selected(selection, &mut out),
                None => answer.show(&mut out),
            }
            answer.status(&mut status);
        }
        Format::Review(_) | Format::List(_) | Format::Graph(_) => {
            out.raw(&answer.rendered(format).expect("a command with this format was checked for"));
            answer.warn(&mut status);
            if format.of_review().is_some_and(|format| format.failure.is_some()) {
                status = status.escape_workflow_commands();
            }
        }
    }
    let text = || match context.shape().max_bytes {
        Some(most) => cut_lines(&out.into_text(), most).into_bytes(),
        None => out.into_text().into_bytes(),
    };
    let answered = if json.is_empty() { text() } else { json };
    match write_stdout(&answered) {
        Ok(()) => {
            write_stderr(&status.into_text());
            ExitCode::from(answer.exit())
        }
        Err(source) => {
            let failure = Failure::unwritable("standard output", &source);
            report(&failure, name, Format::Human, context.error_output())
        }
    }
}

fn report(failure: &Failure, name: &str, format: Format, mut out: Output) -> ExitCode {
    match format {
        Format::Json => {
            let mut out = Vec::new();
            failure.write_json(name, &mut out);
            // The exit code is all that is left where stderr cannot be written.
            let _ = write_stdout(&out);
        }
        Format::Review(ReviewFormat { failure: Some(render), .. }) => {
            let _ = write_stdout(failure.for_runner(name, *render).as_bytes());
            failure.show(&mut out);
            write_stderr(&out.escape_workflow_commands().into_text());
        }
        _ => {
            failure.show(&mut out);
            write_stderr(&out.into_text());
        }
    }
    ExitCode::from(failure.exit())
}

/// Help and version are answers; anything else that clap says is a usage error, in the form that was requested where
/// it is one for programs.
fn usage(error: &clap::Error, arguments: &[OsString], env: &Env) -> ExitCode {
    if !error.use_stderr() {
        let text = error.render();
        let text = if std::io::stdout().is_terminal() { text.ansi().to_string() } else { text.to_string() };
        let _ = write_stdout(text.as_bytes());
        return ExitCode::SUCCESS;
    }
    if let Some(format) = format_for_programs(arguments) {
        let name = args::command_named(arguments);
        let out = Output::new(OutputStyle::plain(), false, env.now());
        return report(&Failure::usage(error), &name, format, out);
    }
    let text = error.render();
    let rich = std::io::stderr().is_terminal();
    write_stderr(&if rich { text.ansi().to_string() } else { text.to_string() });
    ExitCode::from(error::USAGE)
}

/// Returns the form for programs that a command line requests, which need not be understood as a whole.
fn format_for_programs(arguments: &[OsString]) -> Option<Format> {
    let for_runners = FORMATS.iter().filter(|format| format.failure.is_some()).map(Format::Review);
    let mut for_programs = [Format::Json].into_iter().chain(for_runners);
    for_programs.find(|format| selects_format(arguments, *format))
}

fn selects_format(arguments: &[OsString], format: Format) -> bool {
    let name = format.name();
    let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let options = &arguments[..end];
    matches!(format, Format::Json) && options.iter().any(|word| word == "--json")
        || options.iter().any(|word| *word == *format!("--format={name}"))
        || options.windows(2).any(|pair| pair[0] == "--format" && pair[1] == name)
}

/// Writes to stdout. A reader that has seen enough, such as `head`, is no error; a full disk is.
fn write_stdout(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn write_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
