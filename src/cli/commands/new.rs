//! `tracker new`

use clap::Args;

use super::super::answer::Answer;
use super::super::args::WriteArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::Reply;
use crate::ops;
use crate::cli::error::Failure;

pub(super) type Output = ops::Written;

/// Writes down a task, or with --batch many in one go: all of them or none.
///
/// A batch is YAML or JSON: a list of tasks with the same fields as here, or one JSON object per line. A task with
/// `ref: a` can be named by another of the batch as `depends_on: ["@a"]`.
#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// What is to be done, in one line
    #[arg(required_unless_present = "batch", conflicts_with = "batch", value_name = "TITLE")]
    title: Option<String>,
    /// The type, which chooses the pipeline: feature, bug, docs, …
    #[arg(short, long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// critical, high, medium or low
    #[arg(short, long, value_name = "PRIORITY")]
    priority: Option<String>,
    /// Who works on it
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,
    /// The part of the product
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// A label; may be given again
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,
    /// The sprint it is planned for
    #[arg(long, value_name = "SPRINT")]
    sprint: Option<String>,
    /// A task that must be done first; may be given again
    #[arg(long = "depends-on", visible_alias = "dep", value_name = "ID", value_delimiter = ',', add = tasks())]
    depends_on: Vec<String>,
    /// A file it is about; may be given again
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// How long it should take: 45m, 2h, 3d
    #[arg(long, value_name = "TIME")]
    estimate: Option<String>,
    /// The description, in Markdown
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A deliverable, as a check box; may be given again
    #[arg(long = "deliverable", value_name = "TEXT", allow_hyphen_values = true)]
    deliverables: Vec<String>,
    /// An acceptance criterion, as a check box; may be given again
    #[arg(long = "criterion", value_name = "TEXT", allow_hyphen_values = true)]
    criteria: Vec<String>,
    /// An id of your own instead of a new one
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Read many tasks from a file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    batch: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl New {
    pub(super) fn run(self, door: &Door) -> Reply {
        let drafts = match &self.batch {
            Some(file) => {
                let problems = |found: Vec<crate::model::Problem>| {
                    Failure::from(ops::Error::Broken(found.into_iter().map(|p| p.in_file(file)).collect()))
                };
                ops::read_batch(&door.read_input(file)?).map_err(problems)?
            }
            None => vec![self.draft()],
        };
        let session = door.write(&self.write)?;
        Ok(Answer::of(ops::new(&session, &drafts)?))
    }

    fn draft(&self) -> ops::Draft {
        ops::Draft {
            reference: None,
            id: self.id.clone(),
            title: self.title.clone().unwrap_or_default(),
            kind: self.kind.clone(),
            priority: self.priority.clone(),
            assignee: self.assignee.clone(),
            area: self.area.clone(),
            tags: self.tags.clone(),
            sprint: self.sprint.clone(),
            depends_on: self.depends_on.clone(),
            files: self.files.clone(),
            estimate: self.estimate.clone(),
            description: self.description.clone(),
            deliverables: self.deliverables.clone(),
            criteria: self.criteria.clone(),
        }
    }
}
