//! The command line: arguments, output, errors, exit codes. It parses, calls one op, and shows the answer.
//!
//! stdout is the answer, stderr is everything else. Only `error` knows exit codes.

mod answer;
mod args;
pub mod commands;
mod complete;
mod door;
mod error;
mod json;
mod page;
mod panic;
mod parse;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use answer::Answer;
use args::Format;
use door::Door;
use error::Failure;
use page::{Look, Page};
pub use parse::Cli;

use crate::env::Env;
use crate::ops;

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    panic::report_as_our_bug();
    let env = match Env::from_process() {
        Ok(env) => env,
        Err(source) => {
            let mut page = Page::new(Look::plain(), false, chrono::DateTime::UNIX_EPOCH);
            let failure = Failure::no_current_folder(&source);
            failure.show(&mut page);
            write_stderr(&page.into_text());
            return ExitCode::from(failure.exit());
        }
    };
    if complete::answered(&env) {
        return ExitCode::SUCCESS;
    }
    if let Some(hook) = commands::called_by_git(&env.arguments()) {
        return run(Cli { global: args::Global::default(), command: hook }, env);
    }
    let arguments = parse::spell_out_negations(env.arguments());
    match Cli::command().try_get_matches_from(&arguments).and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => run(cli, env),
        Err(error) => usage(&error, &arguments, &env),
    }
}

fn run(cli: Cli, env: Env) -> ExitCode {
    let name = cli.command.name();
    let format = cli.global.format;
    if !format.is_common() && !parse::knows_every_format(&name) {
        let known = Failure::usage_message(
            format!("`{name}` has no answer as `{}`", format.name()),
            "--format human or --format json; the others are for tracker review and tracker check",
        );
        return report(&known, &name, format, Door::new(&cli.global, env).error_page());
    }
    let door = Door::new(&cli.global, env);
    match cli.command.run(&door) {
        Ok(mut answer) => {
            ops::explain_conflicts(door.env(), answer.problems_mut());
            deliver(&answer, &door, &name)
        }
        Err(mut failure) => {
            failure.explain(|problems| ops::explain_conflicts(door.env(), problems));
            report(&failure, &name, door.format(), door.error_page())
        }
    }
}

/// Prints an answer: the answer itself to stdout, then the problems met on the way and what else there is to say
/// to stderr, where they are the last that a person sees.
fn deliver(answer: &Answer, door: &Door, name: &str) -> ExitCode {
    let mut out = Vec::new();
    let mut beside = door.error_page();
    match door.format() {
        Format::Json => answer.write_json(name, &mut out),
        Format::Human => {
            let mut page = door.page();
            answer.show(&mut page);
            out = page.into_text().into_bytes();
            answer.remark(&mut beside);
        }
        format => {
            let text = answer.rendered(format).expect("a command that knows a form was asked for");
            out = text.into_bytes();
            answer.warn(&mut beside);
            if format == Format::Github {
                beside = beside.escape_workflow_commands();
            }
        }
    }
    match write_stdout(&out) {
        Ok(()) => {
            write_stderr(&beside.into_text());
            ExitCode::from(answer.exit())
        }
        Err(source) => {
            let failure = Failure::unwritable("standard output", &source);
            report(&failure, name, Format::Human, door.error_page())
        }
    }
}

fn report(failure: &Failure, name: &str, format: Format, mut page: Page) -> ExitCode {
    match format {
        Format::Json => {
            let mut out = Vec::new();
            failure.write_json(name, &mut out);
            // The exit code tells the same where nobody can be told.
            let _ = write_stdout(&out);
        }
        Format::Github => {
            let _ = write_stdout(failure.annotation(name).as_bytes());
            failure.show(&mut page);
            write_stderr(&page.escape_workflow_commands().into_text());
        }
        _ => {
            failure.show(&mut page);
            write_stderr(&page.into_text());
        }
    }
    ExitCode::from(failure.exit())
}

/// Help and version are answers; anything else that clap says is a usage error, in the form that was asked for where
/// it is one for programs.
fn usage(error: &clap::Error, arguments: &[OsString], env: &Env) -> ExitCode {
    if !error.use_stderr() {
        let text = error.render();
        let text = if std::io::stdout().is_terminal() { text.ansi().to_string() } else { text.to_string() };
        let _ = write_stdout(text.as_bytes());
        return ExitCode::SUCCESS;
    }
    if let Some(format) =
        [Format::Json, Format::Github].into_iter().find(|format| asks_for(arguments, *format))
    {
        let name = parse::command_named(arguments);
        let page = Page::new(Look::plain(), false, env.now());
        return report(&Failure::usage(error), &name, format, page);
    }
    let text = error.render();
    let rich = std::io::stderr().is_terminal();
    write_stderr(&if rich { text.ansi().to_string() } else { text.to_string() });
    ExitCode::from(error::USAGE)
}

fn asks_for(arguments: &[OsString], format: Format) -> bool {
    let name = format.name();
    let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let options = &arguments[..end];
    options.iter().any(|word| *word == *format!("--format={name}"))
        || options.windows(2).any(|pair| pair[0] == "--format" && *pair[1] == *name)
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
