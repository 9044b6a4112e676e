//! `tracker import`

use clap::{Args, Subcommand};
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::args::WriteArgs;
use super::super::door::Door;
use super::super::page::{Cell, Page, clean};
use super::Reply;
use super::shared::{counted, show_diff};
use crate::ops;

pub(super) type Output = ops::CardsImport;

/// Reads tasks from another tracker's files.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A document of task cards (TASK_CARDS.md), in either dialect
    Cards(Cards),
}

/// Reads a document of task cards. Nothing is dropped: what is not understood stays in the task's body. Importing
/// again changes nothing; a task that was edited since is left alone unless --update says otherwise.
#[derive(Debug, Args)]
struct Cards {
    /// The document; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Make tasks that differ from their cards say the same again
    #[arg(long)]
    update: bool,
    /// Show where each piece of each card went
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Import {
    pub(super) fn run(self, door: &Door) -> Reply {
        let What::Cards(cards) = self.what;
        let bytes = door.read_input(&cards.file)?;
        let name = cards.file.rsplit('/').next().unwrap_or(&cards.file);
        let session = door.write(&cards.write)?;
        let (import, problems) = ops::import_cards(&session, &bytes, name, cards.update)?;
        let answer = match cards.verbose {
            true => Answer::of(Verbose(import)),
            false => Answer::of(import),
        };
        Ok(answer.with_problems(problems))
    }
}

impl View for ops::CardsImport {
    fn show(&self, page: &mut Page) {
        if page.is_quiet() {
            self.written.tasks.iter().for_each(|task| page.line(&task.id));
            return;
        }
        let row = |card: &ops::ImportedCard, page: &Page| {
            let (mark, style) = match card.action {
                "created" | "updated" => (page.pick("✓", card.action), Style::new().green()),
                "unchanged" => (page.pick("=", card.action), Style::new().dimmed()),
                _ => (page.pick("!", card.action), Style::new().yellow()),
            };
            let differs = if card.differs.is_empty() || card.action == "updated" {
                String::new()
            } else {
                format!("left alone, differs in {}", card.differs.join(", "))
            };
            vec![
                Cell::styled(mark, style),
                Cell::styled(&card.id, Style::new().bold()),
                Cell::new(card.status.replace('_', " ")),
                Cell::new(&card.title),
                Cell::new(differs),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.cards.iter().map(|card| row(card, page)).collect();
        page.columns(&rows, 3, 0);
        for diff in self.written.files.iter().filter_map(|file| file.diff.as_deref()) {
            show_diff(diff, page);
        }
        page.line(clean(&self.summary));
        let said = if self.written.dry_run { "would be written" } else { "written" };
        page.line(page.dim(&format!("{} {said}", counted(self.written.files.len(), "file"))));
    }
}

/// An import that also tells where each piece went.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Verbose(ops::CardsImport);

impl View for Verbose {
    fn show(&self, page: &mut Page) {
        for card in &self.0.cards {
            page.line(page.bold(&card.id));
            let row = |placed: &ops::PlacedView| {
                vec![Cell::new(&placed.lines), Cell::new(&placed.what), Cell::new(&placed.to)]
            };
            let rows: Vec<Vec<Cell>> = card.placed.iter().map(row).collect();
            page.columns(&rows, 2, 2);
        }
        page.gap();
        View::show(&self.0, page);
    }
}
