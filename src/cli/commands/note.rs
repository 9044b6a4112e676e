//! `tracker note`
//!
//! ```console
//! $ tracker note 7q2 the customer prefers two colours
//! TASK-7Q2M  noted: the customer prefers two colours  One
//! ```

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::{WriteArgs, text_word};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::ops;

/// Add a note to a task
///
/// Each note is a file of its own, so that notes of two people never conflict.
///
/// Example: tracker note 7q2m "Contrast is 4.6 now"
#[derive(Debug, Args)]
#[command(override_usage = "tracker note [OPTIONS] <ID> <TEXT>...")]
pub(in crate::cli) struct Note {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Text, in Markdown; `-` reads standard input. Put `--` before text that begins with a hyphen
    #[arg(required_unless_present = "literal", value_name = "TEXT", allow_hyphen_values = true, value_parser = text_word)]
    text: Option<String>,
    #[arg(hide = true, value_name = "TEXT")]
    rest: Vec<String>,
    #[arg(hide = true, last = true, value_name = "TEXT")]
    literal: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Note {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let words: Vec<String> = self.text.into_iter().chain(self.rest).chain(self.literal).collect();
        let text = match words.as_slice() {
            [word] if word == "-" => String::from_utf8_lossy(&context.read_input("-")?).into_owned(),
            words => words.join(" "),
        };
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::note(&session, &self.id, &text)?))
    }
}
