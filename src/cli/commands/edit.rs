//! `tracker edit`

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ops;
use crate::process::Program;

/// Edit a task in your editor
///
/// The text is checked when the editor ends. Text that is refused is kept: the next `tracker edit`
/// continues with it, unless the task has changed since; then the text is kept in a file of its own.
///
/// Example: tracker edit 7q2m
#[derive(Debug, Args)]
pub(in crate::cli) struct Edit {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Edit {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let prepared = ops::prepare_edit(&session, &self.id)?;
        if prepared.is_resumed && !context.is_quiet() {
            context.say(&format!("continuing with your unsaved text of {}", prepared.id));
        }
        if let Some(path) = prepared.moved_to.as_ref().filter(|_| !context.is_quiet()) {
            let path = path.display();
            context.say(&format!("{} has changed since; your unsaved text is in {path}", prepared.id));
        }
        let editor = session.workspace().repository()?.editor(context.env(), std::io::stdin().is_terminal());
        open_editor(&editor.ok_or_else(no_editor)?, &prepared.draft)?;
        Ok(Answer::of(ops::finish_edit(&session, &prepared)?))
    }
}

fn no_editor() -> Failure {
    let hint = "set one with `git config --global core.editor NAME`, or use `tracker set`, `tracker tick`, `tracker note`";
    Failure::usage_message("no editor is configured", hint)
}

/// Runs the editor as git does: through the shell, with the file as its argument.
pub(super) fn open_editor(editor: &str, draft: &Path) -> Result<(), Failure> {
    let failed = |why: String| {
        let hint = format!("your text is in {}", draft.display());
        Failure::usage_message(format!("the editor `{editor}` {why}; nothing was written"), hint)
    };
    // Ctrl-C in the editor is the editor's: it must not end this process with the text unread.
    let ignored = Arc::new(AtomicBool::new(false));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, ignored);
    let script = format!("{editor} \"$@\"");
    let shell = Program::shell(&script, "open the editor").args([editor.as_ref(), draft.as_os_str()]);
    let status = shell.run_in_terminal().map_err(|error| failed(format!("cannot be started: {error}")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("ended with {status}"))) }
}
