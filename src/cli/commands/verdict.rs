//! What `check` and `review` show alike: the range, the violations, and the forms for other programs.

use std::io::Write as _;

use owo_colors::Style;

use super::shared::counted;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::model::{Level, Problem};
use crate::policy::Fix;
use crate::report::review::markdown;
use crate::review::{RangeReview, Review, Verdict, Violation};

/// Maximum number of violations of one rule; the rest is counted.
const SHOWN_VIOLATIONS: usize = 20;

/// Returns the style of a level.
pub(super) fn level_style(level: Level) -> Style {
    match level {
        Level::Error => Style::new().red(),
        Level::Warn => Style::new().yellow(),
        Level::Off => Style::new().dimmed(),
    }
}

/// Returns the range as it would be typed.
pub(super) fn range_name(range: &RangeReview) -> String {
    let base = range.base.as_ref().map_or_else(String::new, |base| format!("{base}.."));
    format!("{base}{}", range.head)
}

/// Shows what was looked at, and by whose rules, and whether a yes is one that approvals are missing from.
pub(super) fn show_range(review: &Review, out: &mut Output) {
    let (range, tasks) = (&review.range, review.tasks.len());
    let mut facts = vec![Cell::styled(range_name(range), Style::new().bold())];
    if range.base.is_some() || range.commits > 0 {
        facts.push(Cell::new(counted(range.commits, "commit")));
        facts.push(Cell::new(counted(tasks, "task")));
    }
    if range.files > 0 {
        let (files, minus) = (counted(range.files, "file"), out.glyph("−", "-"));
        facts.push(Cell::new(match (range.added, range.removed) {
            (Some(added), Some(removed)) if added + removed > 0 => {
                format!("{files} +{added} {minus}{removed}")
            }
            _ => files,
        }));
    }
    facts.push(Cell::styled(format!("policy from {}", range.policy), Style::new().dimmed()));
    if review.verdict.awaits_approvals() {
        facts.push(Cell::styled("approvals missing", Style::new().yellow()));
    }
    out.flow(&facts, 0);
}

/// Shows every violation with its suggestion, then how many rules hold.
pub(super) fn show_verdict(verdict: &Verdict, is_full: bool, out: &mut Output) {
    let names = verdict.violations.iter().map(|violation| violation.rule.as_str().len());
    let shown = verdict.rules.iter().filter(|rule| rule.status.is_some() && rule.level != Level::Off);
    let width = names.chain(shown.map(|rule| rule.rule.as_str().len())).max().unwrap_or(0);
    for violations in verdict.violations.chunk_by(|one, other| one.rule == other.rule) {
        let shown = if is_full { violations.len() } else { SHOWN_VIOLATIONS.min(violations.len()) };
        violations[..shown].iter().for_each(|violation| show_violation(violation, width, out));
        if shown < violations.len() {
            let more = violations.len() - shown;
            let text = format!("{} {more} more of {}: --full", out.glyph("…", "..."), violations[0].rule);
            out.line(out.dim(&text));
        }
    }
    if out.is_quiet() {
        return;
    }
    show_rest(verdict, width, out);
}

fn show_violation(violation: &Violation, width: usize, out: &mut Output) {
    let (rich, plain, style) = match violation.is_error() {
        true => ("✗", "error", Style::new().red()),
        false => ("!", "warn ", Style::new().yellow()),
    };
    let mark = out.glyph(rich, plain);
    let head = Cell::styled(format!("{mark} {:width$}", violation.rule), style);
    let indent = mark.chars().count() + 1 + width + 2;
    out.hanging(&head, indent, &Cell::new(shown(violation)));
    if let Some(suggestion) = violation.suggestion.as_ref().filter(|_| !out.is_quiet()) {
        let text = Cell::styled(suggestion.to_string(), Style::new().dimmed());
        match suggestion {
            Fix::Advice(_) => out.hanging(&Cell::new(""), indent, &text),
            // Never broken into lines: a shell would run the first by itself.
            Fix::Run(_) | Fix::RunAs { .. } => out.columns(&[vec![text]], 1, indent),
        }
    }
}

/// Returns what is wrong, and where.
fn shown(violation: &Violation) -> String {
    let place = violation.place().map(|(file, line)| match line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    });
    let parts: Vec<String> = place.into_iter().chain(violation.short_commit().map(str::to_owned)).collect();
    let place = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{}{place}", violation.summary())
}

/// Shows what there is to say of rules without violations.
fn show_rest(verdict: &Verdict, width: usize, out: &mut Output) {
    let is_clean = |rule: &&crate::review::RuleOutcome| rule.errors + rule.warnings == 0;
    let (off, on): (Vec<_>, Vec<_>) =
        verdict.rules.iter().filter(is_clean).partition(|rule| rule.level == Level::Off);
    for rule in on.iter().filter(|rule| rule.status.is_some()) {
        let mark = out.glyph("·", "note ");
        let head = Cell::styled(format!("{mark} {:width$}", rule.rule), Style::new().dimmed());
        let indent = mark.chars().count() + 1 + width + 2;
        out.hanging(&head, indent, &Cell::new(rule.status.as_deref().unwrap_or_default()));
    }
    let silent = on.iter().filter(|rule| rule.status.is_none()).count();
    if silent > 0 {
        let mark = out.paint(out.glyph("✓", "ok   "), Style::new().green());
        let other = if verdict.violations.is_empty() { "" } else { "other " };
        out.line(format!("{mark} {}", counted(silent, &format!("{other}rule"))));
    }
    if !off.is_empty() {
        let names: Vec<&str> = off.iter().map(|rule| rule.rule.as_str()).collect();
        let mark = out.glyph("·", "off  ");
        let text = format!("off: {}", names.join(" "));
        let text = if out.is_rich() { text } else { names.join(" ") };
        out.hanging(
            &Cell::styled(mark, Style::new().dimmed()),
            mark.chars().count() + 1,
            &Cell::styled(text, Style::new().dimmed()),
        );
    }
}

/// Shows the verdict in one line.
pub(super) fn show_verdict_status(verdict: &Verdict, out: &mut Output) {
    let counts = format!("{}, {}", counted(verdict.errors, "error"), counted(verdict.warnings, "warning"));
    let first = verdict.violations.first().map(|violation| violation.rule);
    match first {
        None if verdict.awaits_approvals() => out.line(out.dim("all checks passed, approvals missing")),
        None => out.line(out.dim("all checks passed")),
        Some(rule) => out.line(out.dim(&format!("{counts}      tracker explain {rule}"))),
    }
}

/// Adds the review to the summary of a GitHub Actions step, if annotations are requested. A failure is a warning.
pub(super) fn write_step_summary(review: &Review, context: &Context) -> Vec<Problem> {
    let Some(file) = context.env().variable("GITHUB_STEP_SUMMARY").filter(|_| is_for_runner(context)) else {
        return Vec::new();
    };
    let opened = std::fs::File::options().append(true).create(true).open(context.path(&file));
    let out = format!("{}\n", markdown(review));
    match opened.and_then(|mut summary| summary.write_all(out.as_bytes())) {
        Ok(()) => Vec::new(),
        Err(error) => {
            let message = format!("cannot write the summary of the step: {error}");
            vec![Problem::warning(message).in_file(&file)]
        }
    }
}

fn is_for_runner(context: &Context) -> bool {
    context.format().of_review().is_some_and(|format| format.failure.is_some())
}
