//! `report`: a context of plain data, rendered by a template that a team may override.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::session::parse;
use super::{Error, Result, Session};
use crate::model::{Problem, Task};
use crate::policy::derive;
use crate::report::{Report, ReportInput};

/// A rendered report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RenderedReport {
    /// The document.
    pub text: String,
    /// The data it was rendered from, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<serde_json::Value>,
}

/// Renders a report of all tasks that can be read; the others are among the problems.
pub fn report(
    session: &Session<'_>,
    report: &Report,
    with_context: bool,
) -> Result<(RenderedReport, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (tasks, broken) = all_tasks(session)?;
    problems.extend(broken);
    let summaries: Vec<_> = tasks.iter().map(Task::summary).collect();
    let derived = derive(&summaries, &config);
    let statuses = derived.facts.iter().map(|facts| facts.status);
    let tasks: Vec<_> = tasks.iter().zip(statuses).collect();
    let context = report.context(&ReportInput {
        tasks: &tasks,
        title: config.reports.title.as_deref(),
        project: config.project.as_deref(),
        today: session.env().today(),
    });
    let own_template = session.snapshot().template(&report.template_name())?;
    let text = report.render(own_template.as_deref(), &context)?;
    let context = with_context.then(|| serde_json::to_value(&context));
    let context = context.transpose().expect("plain data with text keys is always JSON");
    Ok((RenderedReport { text, context }, problems))
}

/// Renders the cards of some tasks, as of a day.
pub(super) fn cards_of(
    session: &Session<'_>,
    config: &crate::model::Config,
    tasks: &[Task],
    today: chrono::NaiveDate,
) -> Result<String> {
    let report = Report::named("cards").expect("there is a report of cards");
    let summaries: Vec<_> = tasks.iter().map(Task::summary).collect();
    let derived = derive(&summaries, config);
    let tasks: Vec<_> = tasks.iter().zip(derived.facts.iter().map(|facts| facts.status)).collect();
    let (title, project) = (config.reports.title.as_deref(), config.project.as_deref());
    let context = report.context(&ReportInput { tasks: &tasks, title, project, today });
    let own_template = session.snapshot().template(&report.template_name())?;
    Ok(report.render(own_template.as_deref(), &context)?)
}

fn all_tasks(session: &Session<'_>) -> Result<(Vec<Task>, Vec<Problem>)> {
    let ids = session.snapshot().task_ids()?;
    let files: Vec<_> = ids.iter().map(|id| session.snapshot().task_file(id)).collect();
    let read: Vec<Result<Option<Task>>> =
        files.into_par_iter().map(|file| file?.map(|file| parse(&file)).transpose()).collect();
    let (mut tasks, mut problems) = (Vec::new(), Vec::new());
    for task in read {
        match task {
            Ok(task) => tasks.extend(task),
            Err(Error::Broken(found)) => problems.extend(found),
            Err(error) => problems.push(Problem::error(error.to_string())),
        }
    }
    Ok((tasks, problems))
}
