//! `tracker set`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;
use crate::cli::error::Failure;

pub(super) type Output = ops::Written;

/// Changes fields of tasks: only the bytes of those fields, whatever else stands in the file.
///
/// FIELD=VALUE sets, FIELD= removes, and for lists (tags, files, depends_on) FIELD+=VALUE adds and FIELD-=VALUE
/// takes out: tracker set 7q2 priority=high tags+=ui,theme estimate=45m
#[derive(Debug, Args)]
pub(in crate::cli) struct Set {
    /// The tasks, each by a part of its id, then the fields
    #[arg(required = true, value_name = "ID… FIELD=VALUE", add = tasks())]
    words: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Set {
    pub(super) fn run(self, door: &Door) -> Reply {
        let (fields, ids): (Vec<_>, Vec<_>) = self.words.into_iter().partition(|word| word.contains('='));
        if fields.is_empty() || ids.is_empty() {
            let missing = if ids.is_empty() { "which task to set" } else { "which field to set" };
            let hint = "tracker set ID FIELD=VALUE, such as tracker set 7q2 priority=high";
            return Err(Failure::usage_message(format!("say {missing}"), hint));
        }
        let parsed = fields.iter().map(|field| field.parse()).collect::<Result<Vec<ops::Assignment>, _>>();
        let assignments = parsed.map_err(|message| Failure::usage_message(message, "tracker set --help"))?;
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::set(&session, &ids, &assignments)?))
    }
}
