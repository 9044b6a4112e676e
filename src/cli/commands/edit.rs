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
/// continues with it, unless the task has changed since; then the text is kept in a file of its own. So it
/// is where the editor fails, as by `:cq`, and with `--fresh`.
///
/// Example: tracker edit 7q2m
#[derive(Debug, Args)]
pub(in crate::cli) struct Edit {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Begin with the task as it is, not with text of yours that was refused
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Edit {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let prepared = ops::prepare_edit(&session, &self.id, self.fresh)?;
        if prepared.is_resumed && !context.is_quiet() {
            context.say(&format!("continuing with your unsaved text of {}", prepared.id));
        }
        if let Some(path) = prepared.moved_to.as_ref().filter(|_| !context.is_quiet()) {
            let path = path.display();
            let why = if self.fresh { "" } else { " has changed since" };
            context.say(&format!("{}{why}; your unsaved text is in {path}", prepared.id));
        }
        let editor = session.workspace().repository()?.editor(context.env(), std::io::stdin().is_terminal());
        let editor = editor.ok_or_else(no_editor)?;
        if let Err(why) = run_editor(&editor, &prepared.draft) {
            return Err(editor_failed(&editor, &why, ops::give_up_edit(&session, &prepared)?.as_deref()));
        }
        Ok(Answer::of(ops::finish_edit(&session, &prepared)?))
    }
}

fn no_editor() -> Failure {
    let hint = "set one with `git config --global core.editor NAME`, or use `tracker set`, `tracker tick`, `tracker note`";
    Failure::usage_message("no editor is configured", hint)
}

/// Opens an editor; the error names the draft, which stays.
pub(super) fn open_editor(editor: &str, draft: &Path) -> Result<(), Failure> {
    run_editor(editor, draft).map_err(|why| editor_failed(editor, &why, Some(draft)))
}

fn editor_failed(editor: &str, why: &str, text: Option<&Path>) -> Failure {
    let hint = match text {
        Some(path) => format!("your text is in {}", path.display()),
        None => "the text was as before".to_owned(),
    };
    Failure::usage_message(format!("the editor `{editor}` {why}; nothing was written"), hint)
}

/// Runs the editor as git does: through the shell, with the file as its argument. The error is how it ended.
fn run_editor(editor: &str, draft: &Path) -> Result<(), String> {
    // Ctrl-C in the editor is the editor's: it must not end this process with the text unread.
    let ignored = Arc::new(AtomicBool::new(false));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, ignored);
    let script = format!("{editor} \"$@\"");
    let shell = Program::shell(&script, "open the editor").args([editor.as_ref(), draft.as_os_str()]);
    let status = shell.run_in_terminal().map_err(|error| format!("cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("ended with {status}")) }
}
