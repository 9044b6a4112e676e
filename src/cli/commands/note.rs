//! `tracker note`
//!
//! ```console
//! $ tracker note 7q2 the customer prefers two colours
//! TASK-7Q2M  noted: the customer prefers two colours  One
//! ```

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::shared::{given_or_active, take_text};
use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::{WriteArgs, text_word};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::model::{NoteKind, Suggestion};
use crate::ops;

/// Add a note to a task
///
/// Each note is a file of its own, so that notes of two people never conflict. `tracker report handoff` collects the
/// notes that have a kind: decisions, what was tried and ruled out, and causes of problems.
///
/// Example: tracker note 7q2m "Contrast is 4.6 now"
///
/// Example: tracker note 7q2m --kind tried "A cache per request: slower than none"
#[derive(Debug, Args)]
#[command(visible_alias = "comment", override_usage = "tracker note [OPTIONS] [ID] <TEXT>...")]
pub(in crate::cli) struct Note {
    /// Task ID; a unique part is enough [default: the active task]
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Text, in Markdown; `-` reads standard input. Put `--` before text that begins with a hyphen
    #[arg(value_name = "TEXT", allow_hyphen_values = true, value_parser = text_word)]
    text: Option<String>,
    #[arg(hide = true, value_name = "TEXT")]
    rest: Vec<String>,
    #[arg(hide = true, last = true, value_name = "TEXT")]
    literal: Vec<String>,
    /// What the note tells
    #[arg(long, value_name = "KIND", value_parser = kind_parser())]
    kind: Option<NoteKind>,
    /// The same text, as an option
    #[arg(long, short, value_name = "TEXT", conflicts_with_all = ["text", "rest", "literal"])]
    message: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Reads the kind of a note.
fn kind_parser() -> impl TypedValueParser<Value = NoteKind> {
    let words = [
        ("decision", "What was decided, and why"),
        ("tried", "What was tried and ruled out"),
        ("cause", "Why something went wrong"),
    ];
    let values = words.map(|(word, about)| PossibleValue::new(word).help(about));
    PossibleValuesParser::new(values).map(|name| NoteKind::parse(&name))
}

impl Command for Note {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let session = context.write(&self.write)?;
        let mut id = self.id;
        let mut words: Vec<String> = take_text(&session, &mut id).into_iter().collect();
        let id = given_or_active(&session, "note", id)?;
        words.extend(self.text.into_iter().chain(self.rest).chain(self.literal).chain(self.message));
        if words.is_empty() {
            let hint = Suggestion::tracker(["note", id.as_str(), "TEXT"]);
            return Err(Failure::usage_message("no text given", hint.to_string()));
        }
        let text = match words.as_slice() {
            [word] if word == "-" => String::from_utf8_lossy(&context.read_input("-")?).into_owned(),
            words => words.join(" "),
        };
        Ok(Answer::of(ops::note(&session, &id, &text, self.kind)?))
    }
}
