//! The whole page, within its limit.

use super::super::escape::{code, prose, text};
use super::parts::{
    FOLDED, TITLE, command, commit, counted, file, fitted, grouped, length, line, list, path, short_commit,
    with_commands,
};
use super::table::{self, in_order};
use super::task::details;
use crate::model::Level;
use crate::review::{RangeReview, Review, Unlinked, Verdict, Violation, Web};

/// The first line, by which a workflow finds the comment to update.
pub(crate) const MARKER: &str = "<!-- tracker-review -->\n";
/// Longest page; GitHub takes 65,536.
pub(super) const LIMIT: usize = 59_000;
/// What violations may take of it.
const VIOLATIONS: usize = 12_000;
/// What belongs to no task may take of it.
const UNLINKED: usize = 8_000;
/// Kept for what says that something is left out.
const RESERVE: usize = 1_200;
/// Number of tasks whose details do not fit that are tried before the others are not.
const TRIED: usize = 8;
/// Rows of a list in the details of a task, at first, and where that is too much.
const ROWS: [usize; 2] = [40, 6];

/// Returns the review as a comment for a pull request.
#[must_use]
pub fn markdown(review: &Review) -> String {
    let web = review.range.web.as_ref();
    let whole = command(&review.range);
    let mut page = head(review);
    let violations = violations(&review.verdict, web, &whole);
    let unlinked = unlinked(&review.unlinked, web);
    let tasks = in_order(&review.tasks);
    let room = LIMIT.saturating_sub(length(&page) + length(&violations) + length(&unlinked) + RESERVE);
    let room = room.saturating_sub(table::HEAD.len());
    let (rows, rows_left_out) = fitted(&tasks, room, |task| table::row(task, web));
    if !tasks.is_empty() {
        page.push_str(&format!("\n{}{rows}", table::HEAD));
        if rows_left_out > 0 {
            page.push_str(&format!("\n… and {}: {whole}\n", counted(rows_left_out, "more task")));
        }
    }
    page.push_str(&violations);
    let mut room = room.saturating_sub(length(&rows));
    let mut left_out = 0;
    page.push('\n');
    for task in tasks {
        let mut versions = ROWS.into_iter().filter(|_| left_out < TRIED).map(|most| details(task, web, most));
        match versions.find(|details| length(details) <= room) {
            Some(details) => {
                room -= length(&details);
                page.push_str(&details);
            }
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        page.push_str(&format!("The details of {} are left out: {whole}\n\n", counted(left_out, "task")));
    }
    page.push_str(&unlinked);
    if page.contains(FOLDED) {
        page.push_str(&format!("Long lists are folded: {whole}\n"));
    }
    format!("{}\n", page.trim_end())
}

fn head(review: &Review) -> String {
    let Verdict { errors, warnings, .. } = review.verdict;
    let counts = match (errors, warnings) {
        (0, 0) => String::new(),
        (errors, 0) => format!(": {}", counted(errors, "error")),
        (0, warnings) => format!(", with {}", counted(warnings, "warning")),
        (errors, warnings) => format!(": {}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let answer = match review.verdict.is_yes() {
        true if review.verdict.awaits_approvals() => "✓ All checks passed, approvals missing",
        true => "✓ All checks passed",
        false => "✗ Checks failed",
    };
    format!("{MARKER}### {answer}{counts}\n\n{}\n", facts(&review.range, review.tasks.len()))
}

/// Returns the same comment where nothing could be judged.
pub(crate) fn markdown_failure(reason: &str) -> String {
    format!("{MARKER}### ✗ Nothing could be checked\n\n{}\n", prose(reason, 2 * TITLE))
}

fn facts(range: &RangeReview, tasks: usize) -> String {
    let base = range.base.as_ref().map_or_else(String::new, |base| format!("{base}.."));
    let mut facts = vec![code(&format!("{base}{}", range.head), TITLE)];
    facts.push(counted(range.commits, "commit"));
    facts.push(counted(tasks, "task"));
    if range.files > 0 {
        let lines = match (range.added, range.removed) {
            (Some(added), Some(removed)) if added + removed > 0 => format!(" +{added} −{removed}"),
            _ => String::new(),
        };
        facts.push(format!("{}{lines}", counted(range.files, "file")));
    }
    facts.push(format!("policy from {}", text(&range.policy, TITLE)));
    facts.join(" · ")
}

/// Returns the violations of the range, and what else there is to say of rules.
fn violations(verdict: &Verdict, web: Option<&Web>, whole: &str) -> String {
    let (errors, warnings): (Vec<&Violation>, Vec<&Violation>) =
        verdict.violations.iter().partition(|violation| violation.is_error());
    let found = errors.into_iter().chain(warnings);
    let (mut rows, left_out) = fitted(found, VIOLATIONS, |found| violation(found, web));
    if left_out > 0 {
        rows.push_str(&format!("- … and {} more: {whole}\n", grouped(left_out)));
    }
    let remarks = verdict.rules.iter().filter(|rule| rule.level != Level::Off).filter_map(|rule| {
        let status = prose(rule.status.as_deref()?, TITLE);
        Some(format!("- · **{}** {status}\n", rule.rule))
    });
    rows.extend(remarks);
    match (rows.is_empty(), verdict.violations.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("\n{rows}"),
        (false, false) => format!("\n**Violations**\n\n{rows}"),
    }
}

fn violation(violation: &Violation, web: Option<&Web>) -> String {
    let mark = if violation.is_error() { "✗" } else { "!" };
    let place = violation.place().map(|(file, number)| match number {
        Some(number) => line(file, number, web),
        None => path(file, web),
    });
    let commit = violation.commit.as_deref().zip(violation.short_commit());
    let commit = commit.map(|(id, short)| short_commit(id, short, web));
    let parts: Vec<String> = place.into_iter().chain(commit).collect();
    let place = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    let suggestion = violation.suggestion.as_ref().map_or_else(String::new, |suggestion| {
        format!(" — {}", with_commands(&suggestion.to_string(), TITLE))
    });
    let message = prose(&violation.summary(), 2 * TITLE);
    format!("- {mark} **{}** {message}{place}{suggestion}\n", violation.rule)
}

/// Returns what belongs to no task, and what the gate itself judges by.
fn unlinked(unlinked: &Unlinked, web: Option<&Web>) -> String {
    let version = |most: usize| {
        let mut out = String::new();
        let mut section = |name: &str, list: String| {
            if !list.is_empty() {
                out.push_str(&format!("**{name}**\n\n{list}\n"));
            }
        };
        section("Commits that belong to no task", list(&unlinked.commits, most, |one| commit(one, web)));
        section("Files that belong to no task", list(&unlinked.files, most, |one| file(one, web)));
        section("Policy files", list(&unlinked.policy, most, |one| file(one, web)));
        out
    };
    let versions = [20, 6, 2, 1].map(version);
    versions.into_iter().find(|unlinked| length(unlinked) <= UNLINKED).unwrap_or_default()
}
