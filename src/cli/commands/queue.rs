//! `tracker queue`
//!
//! ```console
//! $ tracker queue
//! TASK-7Q2M  high  none  0/2  One  today
//! 1 task
//! ```

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::Answer;
use crate::cli::args::{ReadArgs, count};
use crate::cli::context::Context;
use crate::ops;

/// List the tasks that are ready to start
///
/// Tasks that are neither closed nor blocked and whose dependencies are complete; by priority, then age.
///
/// Example: tracker queue tag:ui --limit 5
#[derive(Debug, Args)]
#[command(visible_aliases = ["next", "ready"])]
pub(in crate::cli) struct Queue {
    /// Query, as for `tracker list`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only tasks in this stage
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Only tasks assigned to this person
    #[arg(short, long, value_name = "NAME")]
    assignee: Option<String>,
    /// Only tasks of this sprint
    #[arg(long, value_name = "SPRINT")]
    sprint: Option<String>,
    /// Maximum number of tasks
    #[arg(short, long, value_name = "COUNT", value_parser = count)]
    limit: Option<usize>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Queue {
    type Response = ops::Listing;

    fn run(self, context: &Context) -> Reply<ops::Listing> {
        let mut terms = self.query;
        let options = [("stage", self.stage), ("assignee", self.assignee), ("sprint", self.sprint)];
        let options = options.into_iter().filter_map(|(field, value)| Some((field, value?)));
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let options: Vec<String> = options
            .map(|(field, value)| match value.as_str() {
                "@me" => format!("{field}:@me"),
                value => format!("{field}:\"{}\"", quoted(value)),
            })
            .collect();
        if !terms.is_empty() && !options.is_empty() {
            terms = vec![format!("({})", terms.join(" "))];
        }
        terms.extend(options);
        let session = context.read(&self.read)?;
        let request = ops::QueueRequest { query: terms.join(" "), limit: self.limit };
        let (listing, problems) = ops::queue(&session, &request)?;
        Ok(Answer::of(listing).with_problems(problems))
    }
}
