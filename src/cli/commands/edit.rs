//! `tracker edit`

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::cli::error::Failure;
use crate::ops;
use crate::process::Program;

pub(super) type Output = ops::Written;

/// Opens a task in your editor, and checks it when you come back. What is refused is kept: the next
/// `tracker edit` goes on with it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Edit {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    write: WriteArgs,
}

impl Edit {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.write(&self.write)?;
        let prepared = ops::prepare_edit(&session, &self.id)?;
        if prepared.is_resumed && !door.is_quiet() {
            door.say(&format!("going on with your text of {} that was not written before", prepared.id));
        }
        let editor = session.workspace().repository()?.editor(door.env(), std::io::stdin().is_terminal());
        open(&editor.ok_or_else(no_editor)?, &prepared)?;
        Ok(Answer::of(ops::finish_edit(&session, &prepared)?))
    }
}

fn no_editor() -> Failure {
    let hint = "git config --global core.editor NAME; without one: tracker set, tracker tick, tracker note";
    Failure::usage_message("there is no editor to open", hint)
}

/// Runs the editor as git does: through the shell, with the file as its argument.
fn open(editor: &str, prepared: &ops::PreparedEdit) -> Result<(), Failure> {
    let failed = |why: String| {
        let hint = format!("what you wrote is in {}", prepared.draft.display());
        Failure::usage_message(format!("the editor `{editor}` {why}; nothing was changed"), hint)
    };
    // Ctrl-C in the editor is the editor's: it must not end this process with the text unread.
    let ignored = Arc::new(AtomicBool::new(false));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, ignored);
    let script = format!("{editor} \"$@\"");
    let shell = Program::shell(&script, "open the editor").args([editor.as_ref(), prepared.draft.as_os_str()]);
    let status = shell.run_in_terminal().map_err(|error| failed(format!("cannot be started: {error}")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("ended with {status}"))) }
}
