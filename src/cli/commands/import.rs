//! `tracker import`

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::{counted, show_diff};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::WriteArgs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::ops;

/// Import tasks from another tracker's files
///
/// Example: tracker import cards TASK_CARDS.md --dry-run
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Import task cards (TASK_CARDS.md)
    Cards(Cards),
}

/// Import task cards (TASK_CARDS.md)
///
/// Nothing is dropped: text that is not understood stays in the task's body. Importing the same document twice changes
/// nothing; a task that was edited since is left alone unless --update is given.
#[derive(Debug, Args)]
struct Cards {
    /// Document; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Update tasks that differ from their cards
    #[arg(long)]
    update: bool,
    /// Show where each part of each card went
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Import {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let What::Cards(cards) = self.what;
        let bytes = context.read_input(&cards.file)?;
        let name = cards.file.rsplit('/').next().unwrap_or(&cards.file);
        let session = context.write(&cards.write)?;
        let (import, problems) = ops::import_cards(&session, &bytes, name, cards.update)?;
        let response = Response { import, is_verbose: cards.verbose };
        Ok(Answer::of(response).with_problems(problems))
    }
}

/// What was imported.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Response {
    import: ops::CardsImport,
    #[serde(skip)]
    is_verbose: bool,
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        if self.is_verbose {
            show_pieces(&self.import, out);
        }
        show_cards(&self.import, out);
    }
}

/// Shows where each piece of each card went.
fn show_pieces(import: &ops::CardsImport, out: &mut Output) {
    for card in &import.cards {
        out.line(out.bold(&card.id));
        let row = |placed: &ops::PlacedView| {
            vec![Cell::new(&placed.lines), Cell::new(&placed.what), Cell::new(&placed.to).wrap()]
        };
        let rows: Vec<Vec<Cell>> = card.placed.iter().map(row).collect();
        out.columns(&rows, 2, 2);
    }
    out.gap();
}

fn show_cards(import: &ops::CardsImport, out: &mut Output) {
    if out.is_quiet() {
        import.written.tasks.iter().for_each(|task| out.line(&task.id));
        return;
    }
    let row = |card: &ops::ImportedCard, out: &Output| {
        let (mark, style) = match card.action {
            "created" | "updated" => (out.glyph("✓", card.action), Style::new().green()),
            "unchanged" => (out.glyph("=", card.action), Style::new().dimmed()),
            _ => (out.glyph("!", card.action), Style::new().yellow()),
        };
        let differs = if card.differs.is_empty() || card.action == "updated" {
            String::new()
        } else {
            format!("not updated, differs in {}", card.differs.join(", "))
        };
        vec![
            Cell::styled(mark, style),
            Cell::styled(&card.id, Style::new().bold()),
            Cell::new(card.status.replace('_', " ")),
            Cell::new(&card.title),
            Cell::new(differs).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = import.cards.iter().map(|card| row(card, out)).collect();
    out.columns(&rows, 3, 0);
    for diff in import.written.records.iter().filter_map(|file| file.diff.as_deref()) {
        show_diff(diff, out);
    }
    out.line(clean(&import.summary));
    let done = if import.written.dry_run { "would be written" } else { "written" };
    out.line(out.dim(&format!("{} {done}", counted(import.written.records.len(), "file"))));
}
