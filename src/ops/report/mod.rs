//! `report`: a context of plain data, rendered by a template that a team may override.

mod cards;
mod work;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::sprint::{changelog_context, history_context, plan_context, postmortem_context, sprint_context};
use super::{Error, Result, Session, board};
use crate::git::Repository;
use crate::model::Problem;
use crate::query;
use crate::report::{Context, OwnTemplates, Report, ReportFormat, ReportKind, ReportScope};

pub(super) use cards::cards_of;

/// What to report.
#[derive(Debug, Clone, Default)]
pub struct ReportRequest {
    /// The sprint that it is of.
    pub sprint: Option<String>,
    /// Since when: a day, a time, `7d`, or a revision.
    pub since: Option<String>,
    /// The form; none where only the data is requested.
    pub format: Option<ReportFormat>,
}

/// A report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RenderedReport {
    /// Which.
    pub report: &'static str,
    /// The document, where it was requested.
    #[serde(skip)]
    pub text: String,
    /// The data that its template gets.
    pub data: serde_json::Value,
}

/// Days that a report looks back where nobody says.
const USUAL_DAYS: &str = "-7d";

/// Renders a report; what cannot be read is among the problems.
pub fn report(
    session: &Session<'_>,
    report: &Report,
    request: &ReportRequest,
) -> Result<(RenderedReport, Vec<Problem>)> {
    refuse_other_scope(report, request)?;
    let mut problems = Vec::new();
    let context = gather(session, report.kind, request, &mut problems)?;
    let text = match request.format {
        Some(format) => report.render(format, &own_templates(session, report)?, &context)?,
        None => String::new(),
    };
    let data = serde_json::to_value(&context).expect("plain data with text keys is always JSON");
    Ok((RenderedReport { report: report.name, text, data }, problems))
}

/// Reads a team's own templates of a report.
pub(super) fn own_templates(session: &Session<'_>, report: &Report) -> Result<OwnTemplates> {
    let [markdown, html] = report.template_names();
    let own = |name: &str| session.snapshot().template(name);
    Ok(OwnTemplates { markdown: own(&markdown)?, html: own(&html)? })
}

fn refuse_other_scope(report: &Report, request: &ReportRequest) -> Result<()> {
    let takes_sprint = matches!(report.scope, ReportScope::Sprint | ReportScope::MaybeSprint);
    if let Some(sprint) = request.sprint.as_ref().filter(|_| !takes_sprint) {
        let message = format!("report `{}` is of no single sprint: `{}`", report.name, sprint.escape_debug());
        return Err(Error::usage_with(
            message,
            "cards, board, sprint, plan, postmortem and changelog take a sprint",
        ));
    }
    if request.since.is_some() && report.scope != ReportScope::Since {
        let message = format!("report `{}` takes no --since", report.name);
        return Err(Error::usage_with(message, "activity and handoff do"));
    }
    Ok(())
}

fn gather(
    session: &Session<'_>,
    kind: ReportKind,
    request: &ReportRequest,
    problems: &mut Vec<Problem>,
) -> Result<Context> {
    let sprint = request.sprint.as_deref();
    Ok(match kind {
        ReportKind::Cards => cards::context(session, sprint, problems)?,
        ReportKind::Board => board_context(session, sprint, problems)?,
        ReportKind::Sprint => Context::of(&sprint_context(session, sprint, problems)?),
        ReportKind::Plan => Context::of(&plan_context(session, sprint, problems)?),
        ReportKind::History => Context::of(&history_context(session, problems)?),
        ReportKind::Activity => Context::of(&work::activity(session, since(session, request)?, problems)?),
        ReportKind::Handoff => Context::of(&work::handoff(session, since(session, request)?, problems)?),
        ReportKind::Postmortem => Context::of(&postmortem_context(session, sprint, problems)?),
        ReportKind::Changelog => Context::of(&changelog_context(session, sprint, problems)?),
    })
}

/// The data of the template `board`.
#[derive(Debug, Serialize)]
struct BoardContext {
    /// The project's name.
    project: Option<String>,
    /// The sprint that it is of.
    sprint: Option<String>,
    /// The day.
    today: String,
    #[serde(flatten)]
    board: board::Board,
}

fn board_context(
    session: &Session<'_>,
    sprint: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<Context> {
    let (config, _) = session.config_or_default();
    let sprint = sprint.map(|name| super::sprint::sprint_named(session, name)).transpose()?;
    let query = sprint.as_ref().map_or_else(String::new, |id| format!("sprint:\"{id}\""));
    let (board, found) = board::board(session, &query)?;
    problems.extend(found);
    Ok(Context::of(&BoardContext {
        project: config.project,
        sprint: sprint.map(|id| id.to_string()),
        today: session.env().today().to_string(),
        board,
    }))
}

/// Reads since when: a day or time as queries have them, how long ago, or the time of a commit.
fn since(session: &Session<'_>, request: &ReportRequest) -> Result<DateTime<Utc>> {
    let now = session.env().local_now();
    let text = request.since.as_deref().unwrap_or(USUAL_DAYS);
    let ago = format!("-{text}");
    if let Some(moment) = query::read_moment(text, now).or_else(|| query::read_moment(&ago, now)) {
        return Ok(moment);
    }
    let commit_time = |repository: &Repository| {
        let commit = repository.resolve(text)?;
        repository.commit_info(commit).map(|commit| commit.committer_time)
    };
    commit_time(session.workspace().repository()?.as_ref()).map_err(|_| {
        Error::usage_with(
            format!("invalid time `{}`", text.escape_debug()),
            "expected a day such as 2026-11-11, a time ago such as 7d or 4h, or a revision",
        )
    })
}
