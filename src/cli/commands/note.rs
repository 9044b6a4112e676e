//! `tracker note`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::{WriteArgs, text_word};
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Written;

/// Writes a note on a task: a file of its own, so that notes of two people never collide.
#[derive(Debug, Args)]
pub(in crate::cli) struct Note {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// The text; `-` reads standard input. Put `--` before a text that begins with a hyphen
    #[arg(required_unless_present = "literal", value_name = "TEXT", allow_hyphen_values = true, value_parser = text_word)]
    text: Option<String>,
    #[arg(hide = true, value_name = "TEXT")]
    rest: Vec<String>,
    #[arg(hide = true, last = true, value_name = "TEXT")]
    literal: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Note {
    pub(super) fn run(self, door: &Door) -> Reply {
        let words: Vec<String> = self.text.into_iter().chain(self.rest).chain(self.literal).collect();
        let text = match words.as_slice() {
            [word] if word == "-" => String::from_utf8_lossy(&door.read_input("-")?).into_owned(),
            words => words.join(" "),
        };
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::note(&session, &self.id, &text)?))
    }
}
