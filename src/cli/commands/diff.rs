//! `tracker diff`

use chrono::{DateTime, Utc};
use clap::Args;
use owo_colors::Style;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, truncate};
use crate::model::{FindingState, RecordKind, Stage, Verdict};
use crate::ops::{self, DiffTask, DiffView, FindingChange, NoteChange, VoteChange};
use crate::review::{FieldChange, FileChange, MoveReview};

/// A value longer than this is cut on a terminal.
const LONGEST_VALUE: usize = 60;

/// Show what changed between two commits, by task
///
/// Moves, checkboxes, fields, votes, findings, notes, and the keys of the configuration.
///
/// tracker diff              HEAD against the working tree
/// tracker diff main         main against the working tree
/// tracker diff main dev     main against dev; the same as main..dev
/// tracker diff main...dev   changes of dev since it left main
/// tracker diff main dev 7q2m   the same, for one task
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Diff {
    /// Two revisions, one, or a range; then task IDs
    #[arg(value_name = "REV|ID", add = tasks())]
    words: Vec<String>,
    /// Task IDs
    #[arg(value_name = "ID", last = true, add = tasks())]
    tasks: Vec<String>,
}

impl Command for Diff {
    type Response = ops::DiffView;

    fn run(self, context: &Context) -> Reply<ops::DiffView> {
        let session = context.range()?;
        let request = ops::DiffRequest { words: self.words, tasks: self.tasks };
        let (view, problems) = ops::diff(&session, &request)?;
        Ok(Answer::of(view).with_problems(problems))
    }
}

impl View for DiffView {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            for task in &self.tasks {
                out.line(clean(&task.id));
            }
            return;
        }
        let rows: Vec<(&DiffTask, Vec<Row>)> =
            self.tasks.iter().map(|task| (task, rows_of(task, out))).collect();
        let settings: Vec<Row> = self.config.iter().map(|change| field(change, out)).collect();
        let every = || rows.iter().flat_map(|(_, rows)| rows).chain(&settings);
        let width = every().map(|row| row.label.text().chars().count()).max().unwrap_or(0);
        for (task, rows) in &rows {
            out.gap();
            let what = match (task.is_new, task.is_deleted) {
                (true, _) => out.paint("  new", Style::new().green()),
                (_, true) => out.paint("  deleted", Style::new().red()),
                _ => String::new(),
            };
            out.line(format!("{}  {}{what}", out.bold(&clean(&task.id)), clean(&task.title)));
            show_rows(rows, width, out);
        }
        if !settings.is_empty() {
            out.gap();
            out.line(out.bold(RecordKind::Config.file()));
            show_rows(&settings, width, out);
        }
        if !self.files.is_empty() {
            out.gap();
            let cells = |file: &ops::DiffFile| {
                let mark = match file.change {
                    FileChange::Added => Cell::styled("+", Style::new().green()),
                    FileChange::Deleted => Cell::styled("-", Style::new().red()),
                    _ => Cell::styled("~", Style::new().yellow()),
                };
                vec![
                    mark,
                    Cell::new(&file.path).wrap(),
                    Cell::styled(file.change.as_str(), Style::new().dimmed()),
                ]
            };
            out.columns(&self.files.iter().map(cells).collect::<Vec<_>>(), 1, 0);
        }
    }

    fn status(&self, out: &mut Output) {
        let between = format!("{}..{}", clean(&self.from.name), clean(&self.to.name));
        if self.is_empty() {
            out.line(out.dim(&format!("{between}: nothing differs")));
            return;
        }
        let counts =
            [(self.tasks.len(), "task"), (self.config.len(), "setting"), (self.files.len(), "other file")];
        let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, one)| counted(*count, one));
        out.line(out.dim(&format!("{between}: {}", counts.collect::<Vec<_>>().join(", "))));
    }
}

/// One line below a task: a mark, what differs, how, who, when.
struct Row {
    mark: Cell,
    label: Cell,
    text: String,
    by: String,
    at: Option<DateTime<Utc>>,
}

fn show_rows(rows: &[Row], width: usize, out: &mut Output) {
    let cells = |row: &Row, out: &Output| {
        let label = format!("{:width$}", row.label.text());
        let at = row.at.map_or_else(String::new, |at| out.ago(at));
        vec![
            row.mark.clone(),
            Cell::new(label),
            Cell::new(&row.text).wrap(),
            Cell::styled(&row.by, Style::new().cyan()),
            Cell::styled(at, Style::new().dimmed()).right().minor(),
        ]
    };
    let rows: Vec<Vec<Cell>> = rows.iter().map(|row| cells(row, out)).collect();
    out.columns(&rows, 2, 2);
}

fn rows_of(task: &DiffTask, out: &Output) -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(task.moves.iter().map(|step| moved(step, "moved", out)));
    rows.extend(task.taken_back.iter().map(|step| moved(step, "taken back", out)));
    if let Some(stage) = stage_by_hand(task) {
        rows.push(stage);
    }
    let plain = |mark: Cell, label: &str, text: &str| Row {
        mark,
        label: Cell::new(label),
        text: text.to_owned(),
        by: String::new(),
        at: None,
    };
    let green = || Cell::styled(out.glyph("✓", "+"), Style::new().green());
    let red = || Cell::styled(out.glyph("☐", "-"), Style::new().yellow());
    rows.extend(task.ticked.iter().map(|text| plain(green(), "ticked", text)));
    rows.extend(task.unticked.iter().map(|text| plain(red(), "unticked", text)));
    rows.extend(task.dropped.iter().map(|text| plain(red(), "removed", text)));
    rows.extend(task.fields.iter().map(|change| field(change, out)));
    if task.is_reworded {
        rows.push(plain(changed_mark(), "text", "reworded"));
    }
    rows.extend(task.votes.iter().map(|vote| voted(vote, out)));
    rows.extend(task.findings.iter().map(|finding| found(finding, out)));
    rows.extend(task.notes.iter().map(|note| Row {
        mark: match note.change {
            NoteChange::Written => new_mark(),
            NoteChange::Changed => changed_mark(),
            NoteChange::Gone => gone_mark(),
        },
        label: Cell::new(match note.change {
            NoteChange::Written => "note",
            NoteChange::Changed => "note changed",
            NoteChange::Gone => "note gone",
        }),
        text: format!("“{}”", note.text),
        by: note.by.clone(),
        at: Some(note.at),
    }));
    rows.extend(task.warnings.iter().map(|warning| plain(changed_mark(), "file", warning.0)));
    rows
}

/// A stage that is another without a move that says so.
fn stage_by_hand(task: &DiffTask) -> Option<Row> {
    let stage = task.stage.as_ref()?;
    if task.is_deleted || stage.after.is_none() || !(task.moves.is_empty() && task.taken_back.is_empty()) {
        return None;
    }
    let text = match &stage.before {
        Some(before) => format!("{before} → {}", stage.after.as_ref()?),
        None if stage.after.as_ref().is_some_and(Stage::is_none) => return None,
        None => stage.after.as_ref()?.to_string(),
    };
    Some(Row { mark: changed_mark(), label: Cell::new("stage"), text, by: String::new(), at: None })
}

fn moved(step: &MoveReview, label: &str, out: &Output) -> Row {
    let forced = if step.is_override { "  override" } else { "" };
    let why = step.why.as_deref().map_or_else(String::new, |why| format!("  {why}"));
    Row {
        mark: Cell::styled(out.glyph("→", ">"), Style::new().blue()),
        label: Cell::new(label),
        text: format!("{} → {}{forced}{why}", step.from, step.to),
        by: step.by.clone(),
        at: Some(step.at),
    }
}

fn field(change: &FieldChange, out: &Output) -> Row {
    let shown = |value: &str| {
        let line = value.lines().collect::<Vec<_>>().join(" ");
        if out.truncates() { truncate(&clean(&line), LONGEST_VALUE).into_owned() } else { line }
    };
    let (mark, text) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (changed_mark(), format!("{} → {}", shown(before), shown(after))),
        (None, Some(after)) => (new_mark(), shown(after)),
        (Some(before), None) => (gone_mark(), format!("{} → nothing", shown(before))),
        (None, None) => (changed_mark(), String::new()),
    };
    Row { mark, label: Cell::new(&change.key), text, by: String::new(), at: None }
}

fn voted(vote: &ops::DiffVote, out: &Output) -> Row {
    let is_rewritten = matches!(vote.change, VoteChange::Gone | VoteChange::Changed);
    let mark = match &vote.verdict {
        _ if is_rewritten => Cell::styled("!", Style::new().red()),
        Verdict::Approved => Cell::styled(out.glyph("✓", "+"), Style::new().green()),
        Verdict::Rejected => Cell::styled(out.glyph("✗", "x"), Style::new().red()),
        _ => Cell::styled("-", Style::new().dimmed()),
    };
    let before = vote.verdict_before.as_ref().map_or_else(String::new, |before| format!("{before} → "));
    let notes = vote.notes.as_deref().map_or_else(String::new, |notes| format!("  “{notes}”"));
    let label = match vote.change {
        VoteChange::Cast | VoteChange::Withdrawn => vote.verdict.as_str(),
        VoteChange::Changed => "vote changed",
        VoteChange::Gone => "vote gone",
    };
    let verdict = if is_rewritten { vote.verdict.as_str() } else { "" };
    let text = format!("{} {before}{verdict}{notes}", vote.role).replace("  “", " “");
    Row { mark, label: Cell::new(label), text, by: vote.by.clone(), at: Some(vote.at) }
}

fn found(finding: &ops::DiffFinding, out: &Output) -> Row {
    let closed = || Cell::styled(out.glyph("✓", "+"), Style::new().green());
    let (mark, change) = match &finding.change {
        FindingChange::Opened => (Cell::styled(out.glyph("⚑", "!"), Style::new().red()), "opened"),
        FindingChange::Reopened => (Cell::styled(out.glyph("⚑", "!"), Style::new().red()), "reopened"),
        FindingChange::Became(state @ (FindingState::Resolved | FindingState::Waived)) => {
            (closed(), state.as_str())
        }
        FindingChange::Became(state) => (changed_mark(), state.as_str()),
        FindingChange::Changed => (changed_mark(), "changed"),
        FindingChange::Gone => (gone_mark(), "gone"),
    };
    let place = finding.place.as_deref().map_or_else(String::new, |place| format!("  {place}"));
    let why = finding.why.as_deref().map_or_else(String::new, |why| format!("  “{why}”"));
    Row {
        mark,
        label: Cell::new(format!("finding {change}")),
        text: format!("{} {}: {}{place}{why}", finding.id, finding.severity, finding.title),
        by: finding.by.clone(),
        at: Some(finding.at),
    }
}

fn changed_mark() -> Cell {
    Cell::styled("~", Style::new().yellow())
}

fn new_mark() -> Cell {
    Cell::styled("+", Style::new().green())
}

fn gone_mark() -> Cell {
    Cell::styled("-", Style::new().red())
}
