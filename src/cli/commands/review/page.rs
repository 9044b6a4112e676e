//! A range by task, as a page for a person.

use owo_colors::Style;

use crate::cli::commands::shared::counted;
use crate::cli::commands::verdict::{show_range, show_verdict};
use crate::cli::output::{Cell, Output};
use crate::model::Verdict;
use crate::policy::Trust;
use crate::review::{
    CommitReview, FileChange, FileReview, FindingReview, MissingReview, MoveReview, Review, TaskReview,
    Unlinked, VoteReview,
};

/// Maximum number of rows of one list; the rest is counted.
const SHOWN_ROWS: usize = 12;
/// Maximum number of tasks.
const SHOWN_TASKS: usize = 40;
/// Maximum number of stages of a path.
const SHOWN_STAGES: usize = 8;
/// Columns of a list's name.
const LABEL: usize = 10;

const GOOD: Style = Style::new().green();
const BAD: Style = Style::new().red();
const WARN: Style = Style::new().yellow();
const DIM: Style = Style::new().dimmed();

/// Shows a review.
pub(super) fn show(review: &Review, is_full: bool, out: &mut Output) {
    show_range(review, out);
    let shown = if is_full { review.tasks.len() } else { SHOWN_TASKS.min(review.tasks.len()) };
    for task in in_order(&review.tasks).into_iter().take(shown) {
        out.gap();
        show_task(task, is_full, out);
    }
    if shown < review.tasks.len() {
        out.gap();
        let more = counted(review.tasks.len() - shown, "more task");
        out.line(out.dim(&format!("{} {more}: --full", out.glyph("…", "..."))));
    }
    show_unlinked(&review.unlinked, is_full, out);
    out.gap();
    show_verdict(&review.verdict, is_full, out);
}

/// Returns refused tasks first, then those with warnings, otherwise in their order.
fn in_order(tasks: &[TaskReview]) -> Vec<&TaskReview> {
    let mut ordered: Vec<&TaskReview> = tasks.iter().collect();
    ordered.sort_by_key(|task| (!task.is_refused(), task.warnings == 0));
    ordered
}

fn show_task(task: &TaskReview, is_full: bool, out: &mut Output) {
    let (mark, style) = match (task.is_refused(), task.warnings) {
        (true, _) => (out.glyph("✗", "error"), BAD),
        (false, 0) if task.missing.is_empty() => (out.glyph("✓", "ok"), GOOD),
        (false, 0) => (out.glyph("○", "open"), DIM),
        (false, _) => (out.glyph("!", "warn"), WARN),
    };
    let head = vec![
        Cell::styled(mark, style),
        Cell::styled(&task.id, Style::new().bold()),
        Cell::new(&task.title).wrap(),
        Cell::styled(path(task, out), Style::new().cyan()),
    ];
    out.columns(&[head], 2, 0);
    let list = |out: &mut Output, name: &str, rows: Vec<Vec<Cell>>, flexible: usize| {
        show_list(out, name, rows, flexible, is_full);
    };
    let rows = task.moves.iter().map(|made| move_row(made, out)).collect();
    list(out, "moves", rows, 3);
    if task.evidence > 0 {
        let count = format!("{}/{} verified", task.proven, task.evidence);
        list(out, "evidence", vec![vec![Cell::new(""), Cell::new(count)]], 1);
    }
    let rows = task.votes.iter().map(|vote| vote_row(vote, out)).collect();
    let name =
        if task.required > 0 { format!("votes {}/{}", task.approved, task.required) } else { "votes".into() };
    list(out, &name, rows, 5);
    list(out, "checkboxes", box_rows(task, out), 1);
    list(out, "changed", changed_rows(task, out), 1);
    let rows = task.findings.iter().map(|finding| finding_row(finding, out)).collect();
    list(out, "findings", rows, 3);
    list(out, "commits", task.commits.iter().map(commit_row).collect(), 1);
    list(out, "files", task.files.iter().map(|file| file_row(file, out)).collect(), 1);
    let missing = |missing: &MissingReview| {
        vec![Cell::styled(out.glyph("○", "-"), WARN), Cell::new(missing.to_string()).wrap()]
    };
    let rows = task.missing.iter().map(missing).collect();
    list(out, "missing", rows, 1);
}

/// Returns the stages that a task went through, or what else became of it.
fn path(task: &TaskReview, out: &Output) -> String {
    let arrow = out.glyph(" → ", " > ");
    let mut stages: Vec<&str> = task.moves.first().map(|first| first.from.as_str()).into_iter().collect();
    stages.extend(task.moves.iter().map(|made| made.to.as_str()));
    let way = match stages.len() {
        0 => task.status(),
        count if count > SHOWN_STAGES => {
            let last = stages[count - 1];
            format!("{}{arrow}{}{arrow}{last}", stages[..3].join(arrow), out.glyph("…", "..."))
        }
        _ => stages.join(arrow),
    };
    match (task.is_new && !stages.is_empty(), task.is_deleted) {
        (_, true) => "deleted".to_owned(),
        (true, _) => format!("new, {way}"),
        _ => way,
    }
}

/// Shows a list with its name in front of the first row.
fn show_list(out: &mut Output, name: &str, mut rows: Vec<Vec<Cell>>, flexible: usize, is_full: bool) {
    if rows.is_empty() {
        return;
    }
    let count = rows.len();
    let shown = if is_full || count <= SHOWN_ROWS + 1 { count } else { SHOWN_ROWS };
    rows.truncate(shown);
    for (at, row) in rows.iter_mut().enumerate() {
        let name = if at == 0 { name } else { "" };
        row.insert(0, Cell::styled(format!("{name:LABEL$}"), DIM));
    }
    out.columns(&rows, flexible + 1, 2);
    if shown < count {
        let more = format!("{} {} more: --full", out.glyph("…", "..."), count - shown);
        out.line(format!("{:1$}{2}", "", LABEL + 4, out.dim(&more)));
    }
}

fn move_row(made: &MoveReview, out: &Output) -> Vec<Cell> {
    // In the cell that is never left out: an override is what one must not miss.
    let (forced, style) = if made.is_override { ("override", WARN) } else { ("", Style::new()) };
    let step = format!("{} {} {}  {forced}", made.from, out.glyph("→", ">"), made.to);
    vec![
        Cell::styled(step.trim_end(), style),
        Cell::styled(&made.by, Style::new().cyan()),
        Cell::styled(out.ago(made.at), DIM).minor(),
        Cell::new(made.why.as_deref().unwrap_or_default()).wrap(),
    ]
}

fn vote_row(vote: &VoteReview, out: &Output) -> Vec<Cell> {
    let (mark, style) = match (&vote.verdict, vote.counts) {
        (Verdict::Rejected, true) => (out.glyph("✗", "no"), BAD),
        (_, true) => (out.glyph("✓", "ok"), GOOD),
        // It had its say where it was cast.
        (_, false) if vote.earlier.is_some() => (out.glyph("·", "earlier"), DIM),
        (_, false) => (out.glyph("!", "void"), WARN),
    };
    let verdict = match (&vote.verdict, &vote.earlier) {
        (Verdict::Approved, None) => String::new(),
        (verdict, None) => format!("{verdict}  "),
        (verdict, Some(earlier)) => format!("{verdict} {earlier}  "),
    };
    let why_not = vote.why_not.as_deref().or(vote.reason).filter(|_| vote.earlier.is_none());
    let why_not = why_not.unwrap_or_default();
    let notes = vote.notes.as_ref().map_or_else(String::new, |notes| format!("\"{notes}\""));
    let details =
        [why_not, &notes].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
    vec![
        Cell::styled(mark, style),
        Cell::new(&vote.role),
        Cell::styled(vote.voter(), Style::new().cyan()),
        Cell::styled(out.ago(vote.at), DIM).minor(),
        Cell::styled(vote.trust.as_str(), if vote.trust == Trust::Signed { GOOD } else { DIM }),
        Cell::new(format!("{verdict}{details}")).wrap(),
    ]
}

fn box_rows(task: &TaskReview, out: &Output) -> Vec<Vec<Cell>> {
    let ticked =
        task.ticked.iter().map(|text| vec![Cell::styled(out.glyph("✓", "[x]"), GOOD), Cell::new(text)]);
    let open = |text: &String, what: &str| {
        vec![Cell::styled(out.glyph("☐", "[ ]"), WARN), Cell::new(format!("{text}  ({what})"))]
    };
    let opened = task.unticked.iter().map(|text| open(text, "unchecked again"));
    let dropped = task.dropped.iter().map(|text| open(text, "removed, never checked"));
    ticked.chain(opened).chain(dropped).collect()
}

fn changed_rows(task: &TaskReview, out: &Output) -> Vec<Vec<Cell>> {
    let arrow = out.glyph("→", ">");
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let fields = task.fields.iter().map(|field| {
        let change = format!("{} {arrow} {}", value(&field.before), value(&field.after));
        vec![Cell::new(&field.key), Cell::new(change)]
    });
    let text = task.is_reworded.then(|| vec![Cell::new("text"), Cell::new("reworded")]);
    let notes =
        (task.notes > 0).then(|| vec![Cell::new("notes"), Cell::new(format!("{} added", task.notes))]);
    fields.chain(text).chain(notes).collect()
}

fn finding_row(finding: &FindingReview, out: &Output) -> Vec<Cell> {
    let (mark, style) = match (finding.state.is_open(), finding.blocks) {
        (true, true) => (out.glyph("✗", "no"), BAD),
        (true, false) => (out.glyph("!", "open"), WARN),
        _ => (out.glyph("✓", "ok"), GOOD),
    };
    let by = finding.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let change =
        finding.change.map_or_else(|| finding.state.to_string(), |change| format!("{}{by}", change.as_str()));
    vec![
        Cell::styled(mark, style),
        Cell::new(&finding.id),
        Cell::new(finding.severity.as_str()),
        Cell::new(&finding.title).wrap(),
        Cell::styled(finding.place.as_deref().unwrap_or_default(), DIM).below(),
        Cell::styled(change, DIM),
    ]
}

fn commit_row(commit: &CommitReview) -> Vec<Cell> {
    let short: String = commit.id.chars().take(7).collect();
    vec![
        Cell::styled(short, Style::new().yellow()),
        Cell::new(&commit.subject),
        Cell::styled(&commit.author, Style::new().cyan()).minor(),
    ]
}

fn file_row(file: &FileReview, out: &Output) -> Vec<Cell> {
    let (mark, style) = match (file.is_uncovered, file.covered_by.is_empty()) {
        (true, _) => (out.glyph("!", "!"), WARN),
        (false, false) => (out.glyph("✓", "ok"), GOOD),
        (false, true) => (out.glyph("·", "-"), DIM),
    };
    let lines = match (file.added, file.removed) {
        (Some(added), Some(removed)) => format!("+{added} {}{removed}", out.glyph("−", "-")),
        _ => String::new(),
    };
    let change = if file.change == FileChange::Changed { "" } else { file.change.as_str() };
    let seen = match (file.is_uncovered, file.covered_by.join(", ")) {
        (true, roles) if roles.is_empty() => "not covered".to_owned(),
        (true, roles) => format!("not covered by all: {roles}"),
        (false, roles) => roles,
    };
    vec![
        Cell::styled(mark, style),
        Cell::new(&file.path).wrap(),
        Cell::styled(lines, DIM).right().minor(),
        Cell::styled(change, DIM),
        Cell::styled(seen, if file.is_uncovered { WARN } else { DIM }),
    ]
}

fn show_unlinked(unlinked: &Unlinked, is_full: bool, out: &mut Output) {
    if !unlinked.commits.is_empty() || !unlinked.files.is_empty() {
        out.gap();
        out.line(out.bold("Not linked to a task"));
        show_list(out, "commits", unlinked.commits.iter().map(commit_row).collect(), 1, is_full);
        show_list(out, "files", unlinked.files.iter().map(|file| file_row(file, out)).collect(), 1, is_full);
    }
    if !unlinked.policy.is_empty() {
        out.gap();
        out.line(out.bold("Policy files"));
        show_list(out, "files", unlinked.policy.iter().map(|file| file_row(file, out)).collect(), 1, is_full);
    }
}
