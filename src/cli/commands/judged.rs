//! What `check` and `review` show alike: the range, what stands against it, and the forms for other programs.

use std::io::Write as _;

use owo_colors::Style;

use super::super::args::Format;
use super::super::door::Door;
use super::super::page::{Cell, Page, clean};
use super::shared::counted;
use crate::model::{Level, Problem};
use crate::report::review as forms;
use crate::review::{RangeReview, Review, Verdict, Violation};

/// So many violations of one rule are shown before the rest is only counted.
const SHOWN_BREACHES: usize = 20;

/// Returns the style of a level.
pub(super) fn level_style(level: &str) -> Style {
    match level {
        "error" => Style::new().red(),
        "warn" => Style::new().yellow(),
        _ => Style::new().dimmed(),
    }
}

/// Returns the range as it would be typed.
pub(super) fn range_name(range: &RangeReview) -> String {
    let base = range.base.as_ref().map_or_else(String::new, |base| format!("{base}.."));
    format!("{base}{}", range.head)
}

/// Shows what was looked at, and by whose rules.
pub(super) fn show_range(range: &RangeReview, tasks: usize, page: &mut Page) {
    let mut facts = vec![Cell::styled(range_name(range), Style::new().bold())];
    if range.base.is_some() || range.commits > 0 {
        facts.push(Cell::new(counted(range.commits, "commit")));
        facts.push(Cell::new(counted(tasks, "task")));
    }
    if range.files > 0 {
        let minus = page.pick("−", "-");
        let lines = format!("{} +{} {minus}{}", counted(range.files, "file"), range.added, range.removed);
        facts.push(Cell::new(if range.added + range.removed > 0 {
            lines
        } else {
            counted(range.files, "file")
        }));
    }
    facts.push(Cell::styled(format!("policy from {}", range.policy), Style::new().dimmed()));
    page.flow(&facts, 0);
}

/// Shows every violation with what mends it, then how many rules hold.
pub(super) fn show_verdict(verdict: &Verdict, is_full: bool, page: &mut Page) {
    let names = verdict.violations.iter().map(|violation| clean(&violation.rule).chars().count());
    let said = verdict.rules.iter().filter(|rule| rule.remark.is_some() && rule.level != Level::Off.as_str());
    let width = names.chain(said.map(|rule| rule.rule.len())).max().unwrap_or(0);
    for violations in verdict.violations.chunk_by(|one, other| one.rule == other.rule) {
        let shown = if is_full { violations.len() } else { SHOWN_BREACHES.min(violations.len()) };
        violations[..shown].iter().for_each(|violation| show_breach(violation, width, page));
        if shown < violations.len() {
            let more = violations.len() - shown;
            let text =
                format!("{} {more} more of {}: --full", page.pick("…", "..."), clean(&violations[0].rule));
            page.line(page.dim(&text));
        }
    }
    if page.is_quiet() {
        return;
    }
    show_rest(verdict, width, page);
}

fn show_breach(violation: &Violation, width: usize, page: &mut Page) {
    let (rich, plain, style) = match violation.is_error() {
        true => ("✗", "error", Style::new().red()),
        false => ("!", "warn ", Style::new().yellow()),
    };
    let mark = page.pick(rich, plain);
    let head = Cell::styled(format!("{mark} {:width$}", violation.rule), style);
    let indent = mark.chars().count() + 1 + width + 2;
    page.hanging(&head, indent, &Cell::new(said(violation)));
    if let Some(mend) = violation.mend.as_deref().filter(|_| !page.is_quiet()) {
        page.hanging(&Cell::new(""), indent, &Cell::styled(mend, Style::new().dimmed()));
    }
}

/// Returns what is wrong, and where.
fn said(violation: &Violation) -> String {
    let place = violation.place().map_or_else(String::new, |(file, line)| match line {
        Some(line) => format!(" ({file}:{line})"),
        None => format!(" ({file})"),
    });
    format!("{}{place}", violation.said())
}

/// Shows what there is to say of rules that nothing stands against.
fn show_rest(verdict: &Verdict, width: usize, page: &mut Page) {
    let holds = |rule: &&crate::review::RuleOutcome| rule.errors + rule.warnings == 0;
    let (off, on): (Vec<_>, Vec<_>) =
        verdict.rules.iter().filter(holds).partition(|rule| rule.level == Level::Off.as_str());
    for rule in on.iter().filter(|rule| rule.remark.is_some()) {
        let mark = page.pick("·", "note ");
        let head = Cell::styled(format!("{mark} {:width$}", rule.rule), Style::new().dimmed());
        let indent = mark.chars().count() + 1 + width + 2;
        page.hanging(&head, indent, &Cell::new(rule.remark.as_deref().unwrap_or_default()));
    }
    let silent = on.iter().filter(|rule| rule.remark.is_none()).count();
    if silent > 0 {
        let mark = page.paint(page.pick("✓", "ok   "), Style::new().green());
        let other = if verdict.violations.is_empty() { "" } else { "other " };
        page.line(format!("{mark} {}", counted(silent, &format!("{other}rule"))));
    }
    if !off.is_empty() {
        let names: Vec<&str> = off.iter().map(|rule| rule.rule.as_str()).collect();
        let mark = page.pick("·", "off  ");
        let text = format!("off: {}", names.join(" "));
        let text = if page.is_rich() { text } else { names.join(" ") };
        page.hanging(
            &Cell::styled(mark, Style::new().dimmed()),
            mark.chars().count() + 1,
            &Cell::styled(text, Style::new().dimmed()),
        );
    }
}

/// Says in one line what the gate says.
pub(super) fn remark_verdict(verdict: &Verdict, page: &mut Page) {
    let counts = format!("{}, {}", counted(verdict.errors, "error"), counted(verdict.warnings, "warning"));
    let first = verdict.violations.first().map(|violation| clean(&violation.rule).into_owned());
    match first {
        None => page.line(page.dim("nothing stands against it")),
        Some(rule) => page.line(page.dim(&format!("{counts}      tracker explain {rule}"))),
    }
}

/// Returns a review in the form that another program reads.
pub(super) fn rendered(review: &Review, format: Format) -> Option<String> {
    match format {
        Format::Human | Format::Json => None,
        Format::Markdown => Some(forms::markdown(review)),
        Format::Github => Some(forms::github(review)),
        Format::Sarif => Some(forms::sarif(review)),
        Format::Junit => Some(forms::junit(review)),
        Format::Gitlab => Some(forms::gitlab(review)),
    }
}

/// Adds the page to the summary of a step that GitHub runs, where it asks for annotations and there is one. That
/// it cannot be written is worth a warning and no more.
pub(super) fn write_step_summary(review: &Review, door: &Door) -> Vec<Problem> {
    let Some(file) = door.env().variable("GITHUB_STEP_SUMMARY").filter(|_| door.format() == Format::Github)
    else {
        return Vec::new();
    };
    let opened = std::fs::File::options().append(true).create(true).open(door.path(&file));
    let page = format!("{}\n", forms::markdown(review));
    match opened.and_then(|mut summary| summary.write_all(page.as_bytes())) {
        Ok(()) => Vec::new(),
        Err(error) => {
            let message = format!("the summary of the step could not be written: {error}");
            vec![Problem::warning(message).in_file(&file)]
        }
    }
}
