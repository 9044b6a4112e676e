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
use crate::ops;

/// Change fields of tasks
///
/// Only the bytes of those fields change. FIELD=VALUE sets, FIELD= removes, and for lists FIELD+=VALUE
/// adds and FIELD-=VALUE removes.
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
        let (fields, ids): (Vec<_>, Vec<_>) = self.words.iter().cloned().partition(|word| word.contains('='));
        if fields.is_empty() || ids.is_empty() {
            let missing = if ids.is_empty() { "task" } else { "field" };
            let hint = "for example `tracker set 7q2 priority=high`";
            return Err(Failure::usage_message(format!("no {missing} given"), hint));
        }
        let parsed = fields.iter().map(|field| field.parse()).collect::<Result<Vec<ops::Assignment>, _>>();
        let assignments =
            parsed.map_err(|message| Failure::usage_message(message, "run `tracker set --help`"))?;
        let session = context.write(&self.write)?;
        if let Some(id) = ids.iter().find(|id| session.snapshot().resolve(id).is_err())
            && let Some(list) = self.list_before(id)
        {
            let hint = format!("several values are separated by commas: `{list},{id}`");
            return Err(Failure::usage_message(format!("`{id}` is no task"), hint));
        }
        Ok(Answer::of(ops::set(&session, &ids, &assignments)?))
    }
}

impl Set {
    /// Returns the field before a word, where the word may be another of its values: `tags=ui theme`.
    fn list_before(&self, word: &str) -> Option<&str> {
        let at = self.words.iter().position(|own| own == word)?;
        self.words[..at].iter().rfind(|own| own.contains('=')).map(String::as_str)
    }
}
