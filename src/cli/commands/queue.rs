//! `tracker queue`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::{ReadArgs, count};
use super::super::door::Door;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::Listing;

/// Shows what can be worked on now: neither closed nor blocked, every dependency done; by priority, then age.
#[derive(Debug, Args)]
pub(in crate::cli) struct Queue {
    /// A query that narrows it, as for `tracker list`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only this stage
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Only this person's tasks
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,
    /// Only this sprint
    #[arg(long, value_name = "SPRINT")]
    sprint: Option<String>,
    /// At most so many
    #[arg(short, long, value_name = "COUNT", value_parser = count)]
    limit: Option<usize>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Queue {
    pub(super) fn run(self, door: &Door) -> Reply {
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
        let session = door.read(&self.read)?;
        let request = ops::QueueRequest { query: terms.join(" "), limit: self.limit };
        let (listing, problems) = ops::queue(&session, &request)?;
        Ok(Answer::of(listing).with_problems(problems))
    }
}
