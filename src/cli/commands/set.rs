//! `tracker set`
//!
//! ```console
//! $ tracker set 7q2 priority=critical tags+=ui due=2026-12-01
//! TASK-7Q2M  One
//!   priority = critical
//!   tags + ui
//!   due = 2026-12-01
//! $ tracker set 7q2 depends_on+=c0l
//! error: TASK-7Q2M cannot depend on TASK-C0LR: that would be a cycle
//!   cycle  TASK-7Q2M → TASK-C0LR → TASK-7Q2M  tracker deps
//! ```

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::completion::assignments;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::fields::settable;
use crate::model::{Field, Suggestion};
use crate::ops;

/// Change fields of tasks
///
/// Only the bytes of those fields change. FIELD=VALUE sets, FIELD= removes, and for lists FIELD+=VALUE
/// adds and FIELD-=VALUE removes. Several values have commas between them, a value with spaces has quotes around it.
///
/// Example: tracker set 7q2m priority=high tags+=ui,theme estimate=45m
#[derive(Debug, Args)]
#[command(aliases = ["update", "modify"], after_long_help = settable())]
pub(in crate::cli) struct Set {
    /// Task IDs, then the fields; a unique part of an ID is enough
    #[arg(required = true, value_name = "ID… FIELD=VALUE", add = assignments())]
    words: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Set {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        if let Some(failure) = scattered(&self.words) {
            return Err(failure);
        }
        let (fields, ids): (Vec<_>, Vec<_>) = self.words.into_iter().partition(|word| word.contains('='));
        if fields.is_empty() || ids.is_empty() {
            let missing = if ids.is_empty() { "task" } else { "field" };
            let hint = "for example `tracker set 7q2 priority=high`";
            return Err(Failure::usage_message(format!("no {missing} given"), hint));
        }
        let parsed = fields.iter().map(|field| field.parse()).collect::<Result<Vec<ops::Assignment>, _>>();
        let assignments =
            parsed.map_err(|message| Failure::usage_message(message, "run `tracker set --help`"))?;
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::set(&session, &ids, &assignments)?))
    }
}

/// Refuses ids both before and after the first field: such a word is more likely a part of the field's value than another
/// task to change.
fn scattered(words: &[String]) -> Option<Failure> {
    let first = words.iter().position(|word| word.contains('=')).filter(|first| *first > 0)?;
    let at = (first..words.len()).find(|&at| !words[at].contains('='))?;
    let end = (at..words.len()).find(|&at| words[at].contains('=')).unwrap_or(words.len());
    let (assignment, rest) = (&words[at - 1], &words[at..end]);
    let field = assignment.parse().ok().and_then(|one: ops::Assignment| one.field());
    let separator = if field.is_some_and(Field::is_list) { "," } else { " " };
    let value = [std::slice::from_ref(assignment), rest].concat().join(separator);
    let as_value = [&words[..at - 1], &[value], &words[end..]].concat();
    let as_task = [&words[..first], rest, &words[first..at], &words[end..]].concat();
    let command = |words: &[String]| Suggestion::tracker(["set"]).and(words.iter().map(String::as_str));
    let message =
        format!("`{}` is after `{assignment}`: neither its value nor a task before the fields", words[at]);
    let hint = format!("to add it to the value: {}", command(&as_value));
    Some(
        Failure::usage_message(message, hint)
            .hint(format!("to change that task, too: {}", command(&as_task))),
    )
}
