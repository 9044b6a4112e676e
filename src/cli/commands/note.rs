//! `tracker note`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
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
    /// The text; `-` reads standard input
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Note {
    pub(super) fn run(self, door: &Door) -> Reply {
        let text = match self.text.as_slice() {
            [word] if word == "-" => String::from_utf8_lossy(&door.read_input("-")?).into_owned(),
            words => words.join(" "),
        };
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::note(&session, &self.id, &text)?))
    }
}
