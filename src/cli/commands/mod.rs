//! The commands, one file each, or one for a few that are one idea: arguments, a call of one op, and how the answer
//! looks to a person. A new command is a file here, its `mod` line and its entry below, one function in `ops`, one file
//! of tests.

mod agent;
mod apply;
mod block;
mod board;
mod check;
mod claim;
mod completions;
mod conflicts;
mod cost;
mod demo;
mod deps;
mod diff;
mod director;
mod doctor;
mod edit;
mod escalations;
mod events;
mod explain;
mod export;
mod findings;
mod fleet;
mod forecast;
mod help;
mod hook;
mod hooks;
mod import;
mod init;
mod land;
mod list;
mod log;
mod man;
#[cfg(feature = "mcp")]
mod mcp;
mod merge;
mod merge_driver;
mod moves;
mod new;
mod note;
#[cfg(feature = "web")]
mod page;
mod plan;
mod queue;
mod reference;
mod report;
mod review;
mod role;
mod run;
mod schema;
#[cfg(feature = "web")]
mod serve;
mod set;
mod shared;
mod short;
mod show;
mod signoffs;
mod site;
mod sprint;
mod status;
mod sync;
mod tick;
#[cfg(feature = "tui")]
mod tui;
mod verdict;
mod verify;
mod vote;
mod worker;
mod workflow;

use std::ffi::OsString;

use clap::ArgMatches;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::cli::answer::{Answer, AnyAnswer, View, schema_of};
use crate::cli::context::Context;
use crate::cli::error::Failure;

/// All commands, in the order of the help.
const COMMANDS: &[Entry] = &[
    entry::<init::Init>("init"),
    entry::<init::Uninstall>("uninstall"),
    entry::<status::Status>("status"),
    entry::<status::Inbox>("inbox"),
    entry::<agent::Prime>("prime"),
    entry::<agent::Watch>("watch"),
    entry::<events::Events>("events"),
    entry::<new::New>("new"),
    entry::<list::List>("list"),
    entry::<show::Show>("show"),
    entry::<queue::Queue>("queue"),
    entry::<board::Board>("board"),
    entry::<forecast::Forecast>("forecast"),
    entry::<cost::Cost>("cost"),
    entry::<set::Set>("set"),
    entry::<edit::Edit>("edit"),
    entry::<moves::Start>("start"),
    entry::<claim::Claim>("claim"),
    entry::<claim::Renew>("renew"),
    entry::<claim::Release>("release"),
    entry::<claim::Claims>("claims"),
    entry::<land::Land>("land"),
    entry::<short::Stop>("stop"),
    entry::<short::Done>("done"),
    entry::<short::Assign>("assign"),
    entry::<short::Tag>("tag"),
    entry::<tick::Tick>("tick"),
    entry::<tick::Untick>("untick"),
    entry::<note::Note>("note"),
    entry::<block::Block>("block"),
    entry::<block::Unblock>("unblock"),
    entry::<block::Cancel>("cancel"),
    entry::<block::Reopen>("reopen"),
    entry::<short::Undo>("undo"),
    entry::<short::Remove>("rm"),
    entry::<moves::Advance>("advance"),
    entry::<moves::Fail>("fail"),
    entry::<verify::Verify>("verify"),
    entry::<vote::Approve>("approve"),
    entry::<vote::Reject>("reject"),
    entry::<vote::Withdraw>("withdraw"),
    entry::<signoffs::Signoffs>("signoffs"),
    entry::<findings::Findings>("findings"),
    entry::<role::Role>("role"),
    entry::<merge::Merge>("merge"),
    entry::<conflicts::Conflicts>("conflicts"),
    entry::<hooks::Hooks>("hooks"),
    entry::<apply::Apply>("apply"),
    entry::<hook::Hook>("hook"),
    entry::<moves::SetStage>("set-stage"),
    entry::<log::Log>("log"),
    entry::<diff::Diff>("diff"),
    entry::<deps::Deps>("deps"),
    entry::<review::Review>("review"),
    entry::<check::Check>("check"),
    entry::<explain::Explain>("explain"),
    entry::<doctor::Doctor>("doctor"),
    entry::<sprint::Sprint>("sprint"),
    entry::<plan::Plan>("plan"),
    entry::<run::Run>("run"),
    entry::<workflow::Workflow>("workflow"),
    entry::<worker::Worker>("worker"),
    entry::<fleet::Fleet>("fleet"),
    entry::<director::Director>("director"),
    entry::<escalations::Escalations>("escalations"),
    entry::<sync::Sync>("sync"),
    entry::<import::Import>("import"),
    entry::<export::Export>("export"),
    entry::<report::Report>("report"),
    entry::<site::Site>("site"),
    entry::<demo::Demo>("demo"),
    #[cfg(feature = "tui")]
    entry::<tui::Tui>("tui"),
    #[cfg(feature = "web")]
    entry::<serve::Serve>("serve"),
    #[cfg(feature = "web")]
    entry::<page::Page>("page"),
    #[cfg(feature = "mcp")]
    entry::<mcp::Mcp>("mcp"),
    entry::<schema::Schema>("schema"),
    entry::<completions::Completions>("completions"),
    entry::<man::Man>("man"),
    entry::<merge_driver::MergeDriver>("merge-driver"),
    entry::<reference::Reference>("reference"),
    entry::<help::Help>("help"),
];

/// A command: what is typed. The first paragraph of its documentation is the summary that lists of commands show, the
/// rest is what `--help` says beyond it.
trait Command: clap::Args {
    /// What `--format json` prints as `result`.
    type Response: View + Serialize + JsonSchema + 'static;

    fn run(self, context: &Context) -> Reply<Self::Response>;
}

/// What a command returns: an answer, or why there is none.
type Reply<T> = Result<Answer<T>, Failure>;

/// A command of the table, with its types forgotten.
struct Entry {
    name: &'static str,
    define: fn(clap::Command) -> clap::Command,
    run: fn(&ArgMatches, &Context) -> Result<AnyAnswer, Failure>,
    schema: fn() -> Schema,
}

const fn entry<C: Command>(name: &'static str) -> Entry {
    Entry { name, define: C::augment_args, run: run::<C>, schema: schema_of::<C::Response> }
}

fn run<C: Command>(matches: &ArgMatches, context: &Context) -> Result<AnyAnswer, Failure> {
    let command = C::from_arg_matches(matches).map_err(|error| Failure::usage(&error))?;
    Ok(Box::new(command.run(context)?))
}

/// Adds all commands to the root.
pub(super) fn add_to(root: clap::Command) -> clap::Command {
    root.subcommands(COMMANDS.iter().map(|entry| (entry.define)(clap::Command::new(entry.name))))
}

/// Defines one command; none where none has this name.
pub(super) fn defined(name: &std::ffi::OsStr) -> Option<clap::Command> {
    let entry = COMMANDS.iter().find(|entry| name == entry.name)?;
    Some((entry.define)(clap::Command::new(entry.name)))
}

/// Runs a command by its name.
pub(super) fn run_named(name: &str, matches: &ArgMatches, context: &Context) -> Result<AnyAnswer, Failure> {
    let entry = COMMANDS.iter().find(|entry| entry.name == name);
    (entry.expect("the parser knows the commands of the table alone").run)(matches, context)
}

/// Whether a command reads `--fields` itself: as the fields of tasks, with the text below their front matter.
pub(super) fn selects_fields(name: &str) -> bool {
    name == "list"
}

/// Returns the JSON Schema of a command's answer.
pub(super) fn schema(name: &str) -> serde_json::Value {
    let entry = COMMANDS.iter().find(|entry| entry.name == name);
    (entry.expect("the parser knows the commands of the table alone").schema)().to_value()
}

/// What `tracker` alone runs.
pub(super) const STATUS: &str = "status";

/// Shows where the user is.
pub(super) fn run_status(context: &Context) -> Result<AnyAnswer, Failure> {
    Ok(Box::new(status::Status::default().run(context)?))
}

/// Reads the command line of a hook that git has called, without the parser that knows all commands: that one takes
/// longer than most hooks. Anything else is for the parser.
pub(super) fn called_by_git(arguments: &[OsString]) -> Option<hook::Hook> {
    let [_, command, words @ ..] = arguments else { return None };
    (command == "hook").then(|| hook::Hook::from_words(words))?
}

/// Runs a hook that git has called.
pub(super) fn run_hook(hook: hook::Hook, context: &Context) -> Result<AnyAnswer, Failure> {
    Ok(Box::new(hook.run(context)?))
}

/// Returns the JSON Schema of every command's answer, by the command's name.
fn schemas() -> impl Iterator<Item = (&'static str, Schema)> {
    COMMANDS.iter().map(|entry| (entry.name, (entry.schema)()))
}
