//! The commands, one file each: arguments, a call of one op, and how the answer looks to a person.

use std::ffi::OsString;

use clap::Subcommand;
use schemars::Schema;

use super::answer::{Answer, schema_of};
use super::door::Door;
use super::error::Failure;

mod judged;
mod shared;

/// What a command returns: an answer, or why there is none.
type Reply = Result<Answer, Failure>;

/// Reads the command line of a hook that git has called, without the parser that knows all commands: that one takes
/// longer than most hooks. Anything else is for the parser.
pub(super) fn called_by_git(arguments: &[OsString]) -> Option<Command> {
    let [_, command, words @ ..] = arguments else { return None };
    (command == "hook").then(|| hook::Hook::from_words(words).map(Command::Hook))?
}

/// Makes the list of commands: the enum that clap reads, the names, the calls and the schemas. A new command is one
/// line here, one file beside this one, one function in `ops`.
macro_rules! commands {
    ($(#[doc = $about:literal] $(#[$attribute:meta])* $module:ident::$variant:ident),* $(,)?) => {
        $(mod $module;)*

        /// All commands.
        #[derive(Debug, Subcommand)]
        #[expect(clippy::large_enum_variant, reason = "one lives, once per process")]
        pub(super) enum Command {
            $(
                // Not as a doc comment: that would hide the long help of the command's own struct.
                #[command(about = $about.trim_start())]
                $(#[$attribute])*
                $variant($module::$variant)
            ),*
        }

        impl Command {
            /// Returns the command's name, as it is typed.
            pub(super) fn name(&self) -> String {
                let module = match self { $(Self::$variant(_) => stringify!($module)),* };
                module.replace('_', "-")
            }

            /// Runs the command.
            pub(super) fn run(self, door: &Door) -> Reply {
                match self { $(Self::$variant(arguments) => arguments.run(door)),* }
            }
        }

        /// Returns the JSON Schema of every command's answer, by the command's name.
        fn schemas() -> Vec<(String, Schema)> {
            vec![$((stringify!($module).replace('_', "-"), schema_of::<$module::Output>())),*]
        }
    };
}

commands! {
    /// Make a tracker in this repository
    init::Init,
    /// Write down a task, or many
    new::New,
    /// List tasks that match a query
    #[command(visible_alias = "ls")]
    list::List,
    /// Show one task in full
    show::Show,
    /// Show what can be worked on now, first things first
    queue::Queue,
    /// Show the tasks as columns by stage
    board::Board,
    /// Change fields of tasks
    set::Set,
    /// Change a task in your editor
    edit::Edit,
    /// Take a task and begin
    start::Start,
    /// Tick check boxes of a task
    tick::Tick,
    /// Untick check boxes of a task
    untick::Untick,
    /// Write a note on a task
    note::Note,
    /// Say that a task cannot go on
    block::Block,
    /// Take back a block
    unblock::Unblock,
    /// Say that a task will not be done
    cancel::Cancel,
    /// Open closed tasks again
    reopen::Reopen,
    /// Move tasks on to their next stages
    advance::Advance,
    /// Send a task back
    fail::Fail,
    /// Approve a task for a role
    approve::Approve,
    /// Reject a task for a role
    reject::Reject,
    /// Take your vote back
    withdraw::Withdraw,
    /// Tell who is asked for a sign-off, and which votes count
    signoffs::Signoffs,
    /// List, import, settle and waive what is held against tasks
    findings::Findings,
    /// Show who may sign off what, and what a role is told
    #[command(visible_alias = "roles")]
    role::Role,
    /// Install the git hooks, or take them out
    hooks::Hooks,
    /// Do what the hooks would have done for a range of commits
    apply::Apply,
    /// Do the work of one git hook
    #[command(hide = true)]
    hook::Hook,
    /// Move a task to a stage, whatever its state
    set_stage::SetStage,
    /// Tell a task's story in time order
    log::Log,
    /// Show what differs between two commits, task by task
    diff::Diff,
    /// Show which task waits for which
    deps::Deps,
    /// Show a range of commits by task: moves, votes, files, and what is missing
    review::Review,
    /// Judge a range of commits by the policy of the branch it is for
    check::Check,
    /// Tell what a rule of the gate holds, and why
    explain::Explain,
    /// Find, and with --fix mend, what is wrong with the files
    doctor::Doctor,
    /// Read tasks from another tracker's files
    import::Import,
    /// Render a report
    report::Report,
    /// Play real work through a throw-away repository
    demo::Demo,
    /// Print the JSON Schema of what --format json prints
    schema::Schema,
    /// Print the completion script of a shell
    completions::Completions,
    /// Write the man pages
    man::Man,
    /// Join three versions of a record, as git asks a merge driver to
    #[command(hide = true)]
    merge_driver::MergeDriver,
    /// Print the reference of all commands as Markdown
    reference::Reference,
}
