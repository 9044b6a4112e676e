//! The command line: arguments, output, errors, exit codes. It parses, calls one op, and shows the answer.
//!
//! stdout is the answer, stderr is everything else. Only [`error`] knows exit codes.

mod answer;
mod args;
pub mod commands;
mod complete;
mod door;
mod error;
mod page;
mod panic;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use answer::Answer;
pub use args::Cli;
use args::Format;
use door::Door;
use error::Failure;

use crate::env::Env;

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    panic::report_as_our_bug();
    let env = match Env::from_process() {
        Ok(env) => env,
        Err(source) => return report(&Failure::no_current_folder(&source), "tracker", Format::Human),
    };
    if complete::answered(&env) {
        return ExitCode::SUCCESS;
    }
    let arguments = args::spell_out_negations(env.arguments());
    match Cli::command().try_get_matches_from(&arguments).and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => run(cli, env),
        Err(error) => usage(&error, &arguments),
    }
}

fn run(cli: Cli, env: Env) -> ExitCode {
    let (format, name) = (cli.global.format, cli.command.name());
    let door = Door::new(&cli.global, env);
    match cli.command.run(&door) {
        Ok(answer) => deliver(&answer, &door, name),
        Err(failure) => report(&failure, name, format),
    }
}

/// Prints an answer: the answer itself to stdout, the problems met on the way to stderr.
fn deliver(answer: &Answer, door: &Door, name: &str) -> ExitCode {
    let mut out = Vec::new();
    match door.format() {
        Format::Json => answer.write_json(name, &mut out),
        Format::Human => {
            let mut page = door.page();
            answer.show(&mut page);
            out = page.into_text().into_bytes();
            let mut errors = door.error_page();
            error::show_problems(answer.problems(), &mut errors);
            write_stderr(&errors.into_text());
        }
    }
    write_stdout(&out);
    ExitCode::from(answer.exit())
}

fn report(failure: &Failure, name: &str, format: Format) -> ExitCode {
    match format {
        Format::Json => {
            let mut out = Vec::new();
            failure.write_json(name, &mut out);
            write_stdout(&out);
        }
        Format::Human => {
            let mut page = page::Page::for_stderr();
            failure.show(&mut page);
            write_stderr(&page.into_text());
        }
    }
    ExitCode::from(failure.exit())
}

/// Help and version are answers; anything else that clap says is a usage error, in JSON where JSON was asked for.
fn usage(error: &clap::Error, arguments: &[std::ffi::OsString]) -> ExitCode {
    if !error.use_stderr() {
        let text = error.render();
        let text = if std::io::stdout().is_terminal() { text.ansi().to_string() } else { text.to_string() };
        write_stdout(text.as_bytes());
        return ExitCode::SUCCESS;
    }
    let json = arguments.iter().any(|word| word == "--format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    if json {
        return report(&Failure::usage(error), "tracker", Format::Json);
    }
    let text = error.render();
    let rich = std::io::stderr().is_terminal();
    write_stderr(&if rich { text.ansi().to_string() } else { text.to_string() });
    ExitCode::from(error::USAGE)
}

/// A reader that has seen enough, such as `head`, is no error.
fn write_stdout(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

fn write_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
