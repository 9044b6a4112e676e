//! `tracker import`

use clap::builder::{PossibleValue, PossibleValuesParser};
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
use crate::import::tasks::{FORMATS, ImportFormat};
use crate::ops;

/// Import tasks from another tracker's files
///
/// The format is detected and shown: task cards, breakdowns in Markdown (Agent OS, Spec Kit, OpenSpec, Kiro, or numbered
/// checkboxes of your own), Backlog.md, todo.json, Task Master, Beads, GitHub issues, Taskwarrior, todo.txt, and the
/// checklist of `tracker export`. Tasks are matched by their `source`: importing a file again writes nothing, and importing
/// a changed one updates what its source has changed, unless it was changed here, too. Progress is never overwritten. What
/// no field has is kept in the task's text. All tasks are imported, or none.
///
/// Example: tracker import specs/001-albums/tasks.md --dry-run
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct Import {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    file: ImportArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Import task cards (TASK_CARDS.md)
    Cards(Cards),
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// File or folder; `-` reads standard input
    #[arg(value_name = "FILE", required = true)]
    file: Option<String>,
    /// Format, where it is not detected
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(FORMATS.iter().map(|row| {
        PossibleValue::new(row.name).help(row.about)
    })))]
    from: Option<String>,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct HowArgs {
    /// Update tasks also where they were changed here
    #[arg(long)]
    update: bool,
    /// Show where each task, or each part of a card, comes from
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    write: WriteArgs,
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
    #[command(flatten)]
    how: HowArgs,
}

impl Command for Import {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            Some(What::Cards(cards)) => {
                let bytes = context.read_input(&cards.file)?;
                import_cards(context, &bytes, &cards.file, &cards.how)
            }
            None => import_any(context, &self.file),
        }
    }
}

fn import_cards(context: &Context, bytes: &[u8], path: &str, how: &HowArgs) -> Reply<Response> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let session = context.write(&how.write)?;
    let (import, problems) = ops::import_cards(&session, bytes, name, how.update)?;
    let response = Response { import: Imported::Cards(import), is_verbose: how.verbose };
    Ok(Answer::of(response).with_problems(problems))
}

fn import_any(context: &Context, args: &ImportArgs) -> Reply<Response> {
    let path = args.file.as_deref().unwrap_or("-");
    let format = args.from.as_deref().and_then(ImportFormat::named);
    let session = context.write(&args.how.write)?;
    let files = match path {
        "-" => ops::standard_input(&context.read_input(path)?)?,
        path => ops::import_files(&session, path, format)?,
    };
    if let [file] = files.files.as_slice()
        && format.or(file.format) == Some(ImportFormat::Cards)
    {
        return import_cards(context, file.text().as_bytes(), &file.path, &args.how);
    }
    let (import, problems) = ops::import_tasks(&session, &files, format, args.how.update)?;
    let response = Response { import: Imported::Tasks(import), is_verbose: args.how.verbose };
    Ok(Answer::of(response).with_problems(problems))
}

/// What was imported.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Response {
    import: Imported,
    #[serde(skip)]
    is_verbose: bool,
}

/// What was imported: task cards, or tasks of any other format.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Imported {
    Cards(ops::CardsImport),
    Tasks(ops::TasksImport),
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match &self.import {
            Imported::Cards(import) => {
                if self.is_verbose {
                    show_pieces(import, out);
                }
                show_cards(import, out);
            }
            Imported::Tasks(import) => show_tasks(import, self.is_verbose, out),
        }
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
        let differs = if card.differs.is_empty() || card.action == "updated" {
            String::new()
        } else {
            format!("not updated, differs in {}", card.differs.join(", "))
        };
        vec![
            mark_of(card.action, out),
            Cell::styled(&card.id, Style::new().bold()),
            Cell::new(card.status.replace('_', " ")),
            Cell::new(&card.title),
            Cell::new(differs).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = import.cards.iter().map(|card| row(card, out)).collect();
    out.columns(&rows, 3, 0);
    show_end(&import.summary, &import.written, out);
}

fn mark_of(action: &'static str, out: &Output) -> Cell {
    let (mark, style) = match action {
        "created" | "updated" => (out.glyph("✓", action), Style::new().green()),
        "unchanged" => (out.glyph("=", action), Style::new().dimmed()),
        _ => (out.glyph("!", action), Style::new().yellow()),
    };
    Cell::styled(mark, style)
}

fn show_end(summary: &str, written: &ops::Written, out: &mut Output) {
    for diff in written.records.iter().filter_map(|file| file.diff.as_deref()) {
        show_diff(diff, out);
    }
    out.line(clean(summary));
    let done = if written.dry_run { "would be written" } else { "written" };
    out.line(out.dim(&format!("{} {done}", counted(written.records.len(), "file"))));
}

fn show_tasks(import: &ops::TasksImport, is_verbose: bool, out: &mut Output) {
    if out.is_quiet() {
        import.written.tasks.iter().for_each(|task| out.line(&task.id));
        return;
    }
    let row = |task: &ops::ImportedLine, out: &Output| {
        let mut notes = Vec::new();
        if !task.fields.is_empty() {
            notes.push(format!("follows its source: {}", task.fields.join(", ")));
        }
        if !task.differs.is_empty() {
            notes.push(format!("changed on both sides, left as it is: {}", task.differs.join(", ")));
        }
        if is_verbose {
            notes.push(format!("{}:{}  {}", task.file, task.line, task.source));
        }
        vec![
            mark_of(task.action, out),
            Cell::styled(&task.id, Style::new().bold()),
            Cell::new(task.status.replace('_', " ")),
            Cell::new(&task.title),
            Cell::new(notes.join("; ")).below(),
        ]
    };
    let is_shown = |task: &&ops::ImportedLine| is_verbose || task.action != "unchanged";
    let rows: Vec<Vec<Cell>> = import.tasks.iter().filter(is_shown).map(|task| row(task, out)).collect();
    out.columns(&rows, 3, 0);
    show_end(&import.summary, &import.written, out);
}
