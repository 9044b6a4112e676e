//! The report of a sprint: its context, and the files that it is written as.
//!
//! The numbers are those that are handed in, frozen or of now; charts are drawn from items and scope. The same input gives
//! the same bytes: no clock is read and no version is named.

use serde::Serialize;

use crate::metrics::{Figure, FigureName, Item, Numbers, Scope, Score, Scores, Value, Window};
use crate::model::{Minutes, ScoreRubric, Sprint, SprintState};
use crate::report::charts::{self, Chart, SprintCharts};
use crate::report::closing::permille_text;
use crate::report::closing::{span, value_text};
use crate::report::{Context, Error, OwnTemplates, Report, ReportFormat, ReportKind};

/// What the report of a sprint is made of.
#[derive(Debug, Clone)]
pub struct SprintReport<'a> {
    /// The project's name.
    pub project: Option<&'a str>,
    /// The sprint.
    pub sprint: &'a Sprint,
    /// Its numbers: the frozen ones once it is closed.
    pub numbers: &'a Numbers,
    /// Its scope.
    pub scope: &'a Scope,
    /// The tasks that were ever in its scope.
    pub items: &'a [Item],
    /// The range of the numbers.
    pub window: &'a Window,
    /// The commit that the numbers are of, of a closed sprint.
    pub commit: Option<&'a str>,
    /// A line for each kind of evidence that was attached.
    pub evidence: Vec<String>,
    /// Tasks that go on in another sprint: id and sprint.
    pub carried: Vec<(String, String)>,
    /// Branches that were merged for the close.
    pub merged: &'a [String],
    /// How it is scored; none where it is not.
    pub rubric: Option<&'a ScoreRubric>,
}

/// The data of the templates `sprint.md.j2` and `sprint.html.j2`.
#[derive(Debug, Clone, Serialize)]
pub struct SprintContext {
    /// The project's name.
    pub project: Option<String>,
    /// The sprint's name.
    pub id: String,
    /// Its title, or its name.
    pub title: String,
    /// What it is for.
    pub goal: Option<String>,
    /// `planned`, `active` or `closed`.
    pub state: &'static str,
    /// The first day of the numbers, such as `2026-11-02`.
    pub from: String,
    /// The last.
    pub to: String,
    /// What a day is.
    pub offset: String,
    /// The commit that the numbers are of, once it is closed.
    pub commit: Option<String>,
    /// The version of the formulas.
    pub formulas: u32,
    /// Sentences that say what became of it.
    pub summary: Vec<String>,
    /// Its scores, where the configuration has a rubric.
    pub scores: Option<ScoresView>,
    /// The figures, grouped.
    pub groups: Vec<FigureGroup>,
    /// The tasks that were in its scope at the end.
    pub tasks: Vec<TaskRow>,
    /// A line for each kind of evidence.
    pub evidence: Vec<String>,
    /// Tasks that go on in another sprint.
    pub carried: Vec<(String, String)>,
    /// Branches that were merged for the close.
    pub merged: Vec<String>,
    /// The charts.
    pub charts: Vec<ChartView>,
}

/// Scores as people read them.
#[derive(Debug, Clone, Serialize)]
pub struct ScoresView {
    /// Each score: what it is about, its value, its weight and how it is computed.
    pub rows: Vec<ScoreRow>,
    /// All together, such as `81.6 %`.
    pub total: String,
    /// `A` to `D`, `F`, or `-` where nothing is known.
    pub grade: String,
    /// Whether the quality is all that keeps the total from being higher.
    pub is_capped: bool,
}

/// A score as people read it.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreRow {
    /// What it is about.
    pub name: &'static str,
    /// Its value, such as `95.0 %`; `-` where nothing is known of it.
    pub value: String,
    /// How much it counts.
    pub weight: u32,
    /// How it is computed.
    pub formula: &'static str,
}

impl ScoresView {
    /// Says scores in words.
    #[must_use]
    pub fn of(scores: &Scores) -> Self {
        let text = |value: Option<u32>| {
            value.map_or_else(|| "-".to_owned(), |value| permille_text(i64::from(value)))
        };
        let row = |score: &Score| ScoreRow {
            name: score.name,
            value: text(score.value),
            weight: score.weight,
            formula: score.formula,
        };
        Self {
            rows: scores.scores.iter().map(row).collect(),
            total: text(scores.total),
            grade: scores.grade.map_or_else(|| "-".to_owned(), |grade| grade.to_string()),
            is_capped: scores.is_capped,
        }
    }
}

/// Figures that belong together.
#[derive(Debug, Clone, Serialize)]
pub struct FigureGroup {
    /// What they are about.
    pub name: &'static str,
    /// The figures.
    pub figures: Vec<FigureView>,
}

/// A figure as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureView {
    /// Its name in files, such as `stage_time[qa]`.
    pub path: String,
    /// What it is.
    pub label: String,
    /// What it says, such as `11 of 12 (91 %)`.
    pub value: String,
    /// How it is computed.
    pub formula: &'static str,
    /// What it is computed from.
    pub inputs: &'static str,
    /// The tasks that it was computed from.
    pub tasks: Vec<String>,
    /// Tasks that lack what it needs, such as an estimate.
    pub missing: Vec<String>,
}

/// A task of the sprint.
#[derive(Debug, Clone, Serialize)]
pub struct TaskRow {
    /// The id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What became of it: `delivered`, `carried over`, `cancelled` and the like.
    pub outcome: &'static str,
    /// Whether it was committed, or came in later.
    pub committed: bool,
    /// Its estimate, as the scope has it.
    pub estimate: Option<String>,
    /// How long it took.
    pub cycle_time: Option<String>,
}

/// A chart as a template places it.
#[derive(Debug, Clone, Serialize)]
pub struct ChartView {
    /// Its file's name without the ending.
    pub name: &'static str,
    /// What it is.
    pub title: String,
    /// What it shows, in words.
    pub description: String,
    /// The picture, ready to be put into a page: its texts are escaped.
    pub svg: String,
}

/// Returns the files of a sprint's report: name and content, in the order of their names.
///
/// # Errors
/// Whatever is wrong with a team's own template.
pub fn documents(report: &SprintReport<'_>, own: &OwnTemplates) -> Result<Vec<(String, String)>, Error> {
    let data = SprintContext::of(report);
    let mut files: Vec<(String, String)> =
        data.charts.iter().map(|chart| (format!("{}.svg", chart.name), chart.svg.clone())).collect();
    let (context, row) = (Context::of(&data), Report::of(ReportKind::Sprint));
    for (format, file) in [(ReportFormat::Markdown, "report.md"), (ReportFormat::Html, "report.html")] {
        files.push((file.to_owned(), row.render(format, own, &context)?));
    }
    files.sort();
    Ok(files)
}

/// Returns the names of the documents that [`documents`] renders.
#[must_use]
pub fn document_names(report: &SprintReport<'_>) -> Vec<String> {
    let charts = drawn(report).into_iter().map(|chart| format!("{}.svg", chart.name));
    charts.chain(["report.md".to_owned(), "report.html".to_owned()]).collect()
}

/// Returns the charts of a sprint of which there is anything to show.
#[must_use]
pub(crate) fn drawn(report: &SprintReport<'_>) -> Vec<Chart> {
    charts::all(&SprintCharts {
        items: report.items,
        scope: report.scope,
        window: report.window,
        numbers: report.numbers,
    })
}

impl SprintContext {
    /// Builds the data.
    #[must_use]
    pub fn of(report: &SprintReport<'_>) -> Self {
        let (sprint, numbers, calendar) = (report.sprint, report.numbers, report.window.calendar);
        let view = |chart: Chart| ChartView {
            svg: chart.svg(),
            name: chart.name,
            title: chart.title,
            description: chart.description,
        };
        Self {
            project: report.project.map(str::to_owned),
            id: sprint.id.to_string(),
            title: sprint.name().to_owned(),
            goal: sprint.goal.clone(),
            state: if report.commit.is_some() { SprintState::Closed } else { sprint.state() }.as_str(),
            from: calendar.day_of(numbers.from).to_string(),
            to: calendar.day_of(numbers.to).to_string(),
            offset: numbers.offset.clone(),
            commit: report.commit.map(str::to_owned),
            formulas: numbers.formulas,
            summary: summary(numbers),
            scores: report.rubric.map(|rubric| ScoresView::of(&Scores::of(numbers, rubric))),
            groups: groups(numbers),
            tasks: task_rows(report),
            evidence: report.evidence.clone(),
            carried: report.carried.clone(),
            merged: report.merged.to_vec(),
            charts: drawn(report).into_iter().map(view).collect(),
        }
    }
}

/// Says the main figures in sentences.
fn summary(numbers: &Numbers) -> Vec<String> {
    let mut sentences = Vec::new();
    let text = |name| numbers.figure(name).map(|figure| value_text(&figure.value, name));
    if let Some(delivery) = text(FigureName::Delivery) {
        sentences.push(format!("Delivered {delivery} of the tasks in scope at the end."));
    }
    let count = |name| numbers.count(name).unwrap_or(0);
    sentences.push(format!(
        "{} committed, {} added, {} removed, {} re-estimated, {} re-opened, {} cancelled, {} carried over.",
        count(FigureName::Committed),
        count(FigureName::Added),
        count(FigureName::Removed),
        count(FigureName::ReEstimated),
        count(FigureName::ReOpened),
        count(FigureName::Cancelled),
        count(FigureName::CarriedOver)
    ));
    if let Some(Value::Expectation { percent, seconds }) =
        numbers.figure(FigureName::Sle).map(|sle| &sle.value)
    {
        sentences.push(format!("{percent} % of the finished tasks took no longer than {}.", span(*seconds)));
    }
    for name in [FigureName::CommittedTime, FigureName::ScopeTime] {
        let missing = numbers.figure(name).map_or(0, |figure| figure.missing.len());
        if missing > 0 {
            let label = name.label();
            sentences.push(format!("{label} leaves out {} without an estimate.", tasks(missing)));
        }
    }
    sentences
}

fn tasks(count: usize) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

/// The figures in the groups in which people look for them.
pub fn groups(numbers: &Numbers) -> Vec<FigureGroup> {
    let of = |name: &'static str, last: FigureName, first: FigureName| {
        let figures = numbers.figures.iter().filter(|figure| (first..=last).contains(&figure.figure));
        FigureGroup { name, figures: figures.map(FigureView::of).collect() }
    };
    let all = [
        of("Scope and delivery", FigureName::ReOpened, FigureName::Committed),
        of("Flow", FigureName::FlowEfficiency, FigureName::Wip),
        of("Quality", FigureName::FindingsOpen, FigureName::FirstPassYield),
        of("People", FigureName::VotesBy, FigureName::FinishedBy),
    ];
    all.into_iter().filter(|group| !group.figures.is_empty()).collect()
}

impl FigureView {
    /// Says a figure in words.
    #[must_use]
    pub fn of(figure: &Figure) -> Self {
        let label = figure.figure.label();
        Self {
            path: figure.path(),
            label: figure.of.as_ref().map_or_else(|| label.to_owned(), |of| format!("{label}: {of}")),
            value: value_text(&figure.value, figure.figure),
            formula: figure.figure.formula(),
            inputs: figure.figure.inputs(),
            tasks: figure.tasks.clone(),
            missing: figure.missing.clone(),
        }
    }
}

fn task_rows(report: &SprintReport<'_>) -> Vec<TaskRow> {
    let state = report.scope.at(report.window.to);
    let committed = report.scope.commitment();
    let times = crate::metrics::series::finished(report.items, report.window);
    let is_in = |name, id: &str| {
        report.numbers.figure(name).is_some_and(|figure: &Figure| figure.tasks.iter().any(|task| task == id))
    };
    let row = |(id, estimate): (&&crate::model::TaskId, &Option<Minutes>)| {
        let item = report.items.iter().find(|item| item.id == **id);
        let outcomes = [
            (FigureName::Delivered, "delivered"),
            (FigureName::Cancelled, "cancelled"),
            (FigureName::DoneBefore, "complete before"),
            (FigureName::CarriedOver, "open"),
        ];
        let is_carried = report.carried.iter().any(|(task, _)| task == id.as_str());
        let outcome = outcomes.into_iter().find(|(name, _)| is_in(*name, id.as_str()));
        TaskRow {
            id: id.to_string(),
            title: item.map_or_else(String::new, |item| item.title.clone()),
            outcome: match outcome {
                Some((FigureName::CarriedOver, _)) if is_carried => "carried over",
                Some((_, word)) => word,
                None => "file is gone",
            },
            committed: committed.contains_key(*id),
            estimate: estimate.map(|minutes| minutes.to_string()),
            cycle_time: times
                .iter()
                .find(|found| found.id == id.as_str())
                .map(|found| span(found.cycle_time)),
        }
    };
    state.members.iter().map(row).collect()
}

#[cfg(test)]
mod tests;
