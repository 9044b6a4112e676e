//! Documents of task cards: read, rendered, and read again.

mod import;
mod lines;
mod plan;
mod properties;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use tracker::import::cards::{self, CardsDocument};
use tracker::model::{Stage, Status, Task};
use tracker::policy;
use tracker::report::cards::{CardInput, CardsContext};
use tracker::report::{CardsInput, Context, OwnTemplates, Report, ReportFormat};

/// Returns the documents of `fixtures/imports/cards`, in order.
fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/imports/cards");
    let paths = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    paths.sort();
    paths
}

fn fixture(name: &str) -> CardsDocument {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/imports/cards").join(name);
    cards::read(&fs::read(path).unwrap(), name)
}

fn tasks(document: &CardsDocument) -> Vec<Task> {
    let dev = Stage::parse("dev").unwrap();
    document.cards.iter().map(|card| card.to_task(&dev)).collect()
}

/// Returns the tasks without what tells one document from another, by id.
fn comparable(mut tasks: Vec<Task>) -> Vec<Task> {
    for task in &mut tasks {
        task.source = None;
    }
    tasks.sort_by(|a, b| a.id.cmp(&b.id));
    tasks
}

fn statuses(tasks: &[Task]) -> Vec<Status> {
    let summaries: Vec<_> = tasks.iter().map(Task::summary).collect();
    let derived = policy::derive(&summaries, &tracker::model::Config::default());
    derived.facts.iter().map(|facts| facts.status).collect()
}

fn context(tasks: &[Task]) -> Context {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 11).unwrap();
    let input = |(task, status)| CardInput { task, status, review: None };
    let tasks: Vec<_> = tasks.iter().zip(statuses(tasks)).map(input).collect();
    Context::of(&CardsContext::of(&CardsInput {
        tasks: &tasks,
        title: None,
        project: Some("Lantern"),
        today,
    }))
}

fn render(tasks: &[Task]) -> String {
    render_by(None, &context(tasks))
}

/// Renders cards by a template of one's own, or by the built-in one.
fn render_by(own: Option<&str>, context: &Context) -> String {
    let own = OwnTemplates { markdown: own.map(str::to_owned), html: None };
    Report::named("cards").unwrap().render(ReportFormat::Markdown, &own, context).unwrap()
}
