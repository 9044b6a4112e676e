//! `tracker new`

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::fields::FieldArgs;
use crate::ops;

/// Create one or more tasks
///
/// With --batch it creates many at once: all of them, or none. A batch is YAML or JSON: a list of tasks with the fields
/// that the options here set, or one JSON object per line. A task with `ref: a` can be named by another task of the batch
/// as `depends_on: ["@a"]`.
///
/// Example: tracker new "Add dark mode" --type feature --priority high --tag ui --deliverable "a toggle"
#[derive(Debug, Args)]
#[command(visible_alias = "add", alias = "create")]
pub(in crate::cli) struct New {
    /// Title, in one line; quotes are needed for what your shell would interpret
    #[arg(required_unless_present = "batch", conflicts_with = "batch", value_name = "TITLE")]
    title: Vec<String>,
    #[command(flatten)]
    fields: FieldArgs,
    /// Description, in Markdown
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// Deliverable, as a checkbox; can be repeated
    #[arg(long = "deliverable", value_name = "TEXT", allow_hyphen_values = true)]
    deliverables: Vec<String>,
    /// Acceptance criterion, as a checkbox; can be repeated
    #[arg(long = "criterion", value_name = "TEXT", allow_hyphen_values = true)]
    criteria: Vec<String>,
    /// Also write the empty sections of a task card, to be filled in
    #[arg(long, conflicts_with = "batch")]
    template: bool,
    /// Task ID [default: a new random one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Create the tasks of a YAML or JSON file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    batch: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for New {
    type Response = ops::Written;

    fn run(self, context: &Context) -> Reply<ops::Written> {
        let drafts = match &self.batch {
            Some(file) => {
                let problems = |found: Vec<crate::model::Problem>| {
                    Failure::from(ops::Error::Broken(found.into_iter().map(|p| p.in_file(file)).collect()))
                };
                ops::read_batch(&context.read_input(file)?).map_err(problems)?
            }
            None => vec![self.draft()],
        };
        let session = context.write(&self.write)?;
        Ok(Answer::of(ops::new(&session, &drafts)?))
    }
}

impl New {
    fn draft(&self) -> ops::Draft {
        ops::Draft {
            reference: None,
            id: self.id.clone(),
            title: self.title.join(" "),
            fields: self.fields.0.clone(),
            description: self.description.clone(),
            deliverables: self.deliverables.clone(),
            criteria: self.criteria.clone(),
            has_all_sections: self.template,
        }
    }
}
