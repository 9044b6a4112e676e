//! How synchronisation looks to a person.

use owo_colors::Style;

use crate::cli::commands::shared::{counted, show_diff};
use crate::cli::output::{Cell, Output, clean};
use crate::model::{SyncField, SyncOrphan, SyncSide, SyncValue};
use crate::ops::{
    ConformanceView, RemoteStatus, SyncDiagnosis, SyncLine, SyncLog, SyncRun, SyncStatus, SyncWaiting,
    Written,
};
use crate::sync::StepKind;

/// A longer value is cut where it is shown in one line.
const LONGEST: usize = 60;

pub(super) fn run(run: &SyncRun, out: &mut Output) {
    let is_shown = |step: &&SyncLine| step.kind != StepKind::Link;
    let rows: Vec<Vec<Cell>> = run.steps.iter().filter(is_shown).map(|step| row(run, step)).collect();
    out.columns(&rows, 3, 0);
    run.votes.iter().for_each(|vote| out.line(clean(&format!("vote  {vote}"))));
    run.evidence.iter().for_each(|own| out.line(clean(&format!("evidence  {own}"))));
    for own in &run.gate {
        let what = if own.is_new_status { "gate" } else { "report" };
        let text = format!("{what}  pull request {}: {}, {}", own.pull_request, own.state, own.description);
        out.line(clean(&text));
    }
    if run.dry_run {
        for own in &run.skipped {
            out.line(out.dim(&clean(&format!("skipped  {}: {}", own.what, own.why))));
        }
    }
    for step in run.steps.iter().filter(|step| !step.conflicts.is_empty()) {
        let fields = names(&step.conflicts);
        let text = format!("conflict  {}: both sides have changed {fields}", step.task);
        out.line(clean(&text));
    }
}

fn row(run: &SyncRun, step: &SyncLine) -> Vec<Cell> {
    let (action, style) = match step.kind {
        StepKind::CreateHere => ("new here", Style::new().green()),
        StepKind::CreateThere => ("new there", Style::new().green()),
        StepKind::Update => ("changed", Style::new().yellow()),
        StepKind::Orphan => ("gone", Style::new().red()),
        StepKind::Link => ("linked", Style::new().dimmed()),
    };
    let mut what: Vec<String> = Vec::new();
    if step.kind == StepKind::Update {
        what.extend((!step.here.is_empty()).then(|| format!("{} from {}", names(&step.here), run.remote)));
        what.extend((!step.there.is_empty()).then(|| format!("{} to {}", names(&step.there), run.remote)));
        what.extend((!step.lost.is_empty()).then(|| format!("{} in the log", names(&step.lost))));
    }
    if what.is_empty() {
        what.push(step.why.clone());
    }
    vec![
        Cell::styled(action, style),
        Cell::styled(&step.task, Style::new().bold()),
        Cell::new(if step.item.is_empty() { "-" } else { &step.item }),
        Cell::new(&step.title).wrap(),
        Cell::new(what.join("; ")).below(),
    ]
}

fn names(fields: &[SyncField]) -> String {
    fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ")
}

/// Summarises a run in one line.
pub(super) fn line(run: &SyncRun) -> String {
    let count = |kinds: &[StepKind]| run.steps.iter().filter(|step| kinds.contains(&step.kind)).count();
    let part = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let noun = |count: usize, what: &str| (count > 0).then(|| counted(count, what));
    let parts = [
        part(count(&[StepKind::CreateHere]), "new here"),
        part(count(&[StepKind::CreateThere]), "new there"),
        part(count(&[StepKind::Update]), "changed"),
        part(count(&[StepKind::Orphan]), "gone"),
        noun(run.notes, "new note"),
        noun(run.votes.len(), "new vote"),
        noun(run.evidence.len(), "new receipt"),
        noun(run.gate.len(), "pull request").map(|count| format!("{count} judged")),
        part(run.waiting, "to decide on"),
        part(run.problems, "with problems"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let what = if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") };
    let would = if run.dry_run || run.needs_yes { "would change: " } else { "" };
    format!("{}: {would}{what}", run.remote)
}

pub(super) fn summary(run: &SyncRun, out: &mut Output) {
    let skipped = match run.skipped.as_slice() {
        [] => String::new(),
        [one] if !run.dry_run => clean(&format!(", 1 skipped ({}: {})", one.what, one.why)).into_owned(),
        some if run.dry_run => format!(", {} skipped", some.len()),
        some => format!(", {} skipped (--dry-run names them)", some.len()),
    };
    out.line(out.dim(&format!("{}{skipped}", line(run))));
    if run.waiting > 0 {
        out.line(out.dim(&format!("tracker sync status {} shows what to decide", run.remote)));
    }
}

pub(super) fn status(status: &SyncStatus, out: &mut Output) {
    if status.remotes.is_empty() {
        out.line("no remotes; add one: tracker sync add NAME --command 'python3 tools/sync.py'");
    }
    for (at, remote) in status.remotes.iter().enumerate() {
        if at > 0 {
            out.gap();
        }
        show_remote(remote, out);
    }
}

fn show_remote(remote: &RemoteStatus, out: &mut Output) {
    let last = match &remote.last {
        Some(last) => format!("last run {}, {}", out.ago(last.at), counted(last.changes, "change")),
        None => "never run on this machine".to_owned(),
    };
    let tracking = format!("tracking {}", counted(remote.linked, "task"));
    out.line(format!("{}  {}", out.bold(&clean(&remote.name)), clean(&format!("{tracking} · {last}"))));
    let problems = remote.last.iter().flat_map(|last| &last.problems);
    problems.for_each(|problem| out.line(clean(&format!("  ! {problem}"))));
    if remote.unfinished > 0 {
        let text = format!(
            "  ! {} unfinished; the next run goes on with them",
            counted(remote.unfinished, "change")
        );
        out.line(text);
    }
    for own in &remote.waiting {
        waiting(remote, own, out);
    }
    let rows: Vec<Vec<Cell>> = remote
        .links
        .iter()
        .map(|link| {
            let fields = names(&link.declined);
            let declined = if fields.is_empty() { fields } else { format!("{fields} not taken over") };
            vec![Cell::new(&link.task), Cell::new(&link.item).wrap(), Cell::new(declined)]
        })
        .collect();
    out.columns(&rows, 1, 2);
    if remote.lost > 0 {
        let text =
            format!("  {} in the log: tracker sync log {}", counted(remote.lost, "value"), remote.name);
        out.line(out.dim(&clean(&text)));
    }
}

fn waiting(remote: &RemoteStatus, own: &SyncWaiting, out: &mut Output) {
    let resolve = format!("tracker sync resolve {} {}", remote.name, own.task);
    match (own.field, own.orphan) {
        (Some(field), _) => {
            let value = |value: &Option<SyncValue>| value.as_ref().map(short).unwrap_or_default();
            out.line(clean(&format!("  ✗ {} {field}", own.task)));
            out.line(clean(&format!("      here   {}", value(&own.here))));
            out.line(clean(&format!("      there  {}", value(&own.there))));
            out.line(out.dim(&clean(&format!("      {resolve} {field} --ours, or --theirs"))));
        }
        (None, orphan) => {
            let (gone, ours, theirs) = match orphan {
                Some(SyncOrphan::DeletedHere) => ("here", "leaves the item alone", "creates the task again"),
                _ if !remote.can_create => ("there", "keeps the task here alone", "cancels the task"),
                _ => ("there", "creates the item again", "cancels the task"),
            };
            out.line(clean(&format!("  ✗ {} {}: gone {gone}", own.task, own.item)));
            out.line(out.dim(&clean(&format!("      {resolve} --ours {ours}, --theirs {theirs}"))));
        }
    }
}

fn short(value: &SyncValue) -> String {
    let text = value.to_string();
    let first = text.lines().next().unwrap_or_default();
    let cut: String = first.chars().take(LONGEST).collect();
    if cut.len() < text.trim_end().len() { format!("{cut}…") } else { cut }
}

pub(super) fn log(log: &SyncLog, out: &mut Output) {
    let rows: Vec<Vec<Cell>> = log
        .lost
        .iter()
        .map(|own| {
            let side = if own.loss.side == SyncSide::Here { "here" } else { "there" };
            vec![
                Cell::new(out.time(own.at)),
                Cell::styled(&own.loss.task, Style::new().bold()),
                Cell::new(own.loss.field.as_str()),
                Cell::new(side),
                Cell::new(format!("{} -> {}", short(&own.loss.lost), short(&own.loss.kept))).wrap(),
            ]
        })
        .collect();
    out.columns(&rows, 4, 0);
}

pub(super) fn written(written: &Written, out: &mut Output) {
    for record in &written.records {
        out.line(clean(&record.path));
        if let Some(diff) = record.diff.as_deref() {
            show_diff(diff, out);
        }
    }
}

pub(super) fn diagnosis(found: &SyncDiagnosis, out: &mut Output) {
    for check in &found.checks {
        let mark = if check.passes { "✓" } else { "✗" };
        out.line(clean(&format!("{mark} {}", check.found)));
        if let Some(hint) = &check.hint {
            out.line(out.dim(&clean(&format!("    {hint}"))));
        }
    }
}

pub(super) fn tested(tested: &ConformanceView, out: &mut Output) {
    for own in &tested.failed {
        let problem = own.problem.as_deref().unwrap_or_default();
        out.line(clean(&format!("✗ {}: {problem}", own.case)));
    }
}
