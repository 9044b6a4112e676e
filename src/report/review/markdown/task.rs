//! The details of one task, folded.

use chrono::{DateTime, Utc};

use super::super::escape::{html, prose, text};
use super::parts::{NAME, TITLE, commit, counted, file, line, list, path, with_commands};
use super::table::mark;
use crate::model::Verdict;
use crate::review::{FindingReview, MoveReview, TaskReview, VoteReview, Web};

/// Returns the details of a task; no list has more than `most` rows.
pub(super) fn details(task: &TaskReview, web: Option<&Web>, most: usize) -> String {
    let errors = (task.errors > 0).then(|| counted(task.errors, "error"));
    let warnings = (task.warnings > 0).then(|| counted(task.warnings, "warning"));
    let against: Vec<String> = errors.into_iter().chain(warnings).collect();
    let against = if against.is_empty() { String::new() } else { format!(" — {}", against.join(", ")) };
    let name = format!("{} {}", html(&task.id, NAME), html(&task.title, TITLE));
    let mut out = format!("<details><summary>{} {name}{against}</summary>\n\n", mark(task));
    let mut section = |name: &str, list: String| {
        if !list.is_empty() {
            out.push_str(&format!("**{name}**\n\n{list}\n"));
        }
    };
    section("Missing", list(&task.missing, most, |missing| with_commands(&missing.to_string(), TITLE)));
    section("Moves", list(&task.moves, most, made));
    let votes =
        if task.required > 0 { format!("Votes {}/{}", task.approved, task.required) } else { "Votes".into() };
    section(&votes, list(&task.votes, most, vote));
    section("Boxes", boxes(task, most));
    section("Changed", changed(task, most));
    section("Findings", list(&task.findings, most, |found| finding(found, web)));
    section("Commits", list(&task.commits, most, |one| commit(one, web)));
    section("Files", list(&task.files, most, |one| file(one, web)));
    out.push_str("</details>\n\n");
    out
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn made(made: &MoveReview) -> String {
    let why = made.why.as_deref().map_or_else(String::new, |why| format!(": {}", text(why, TITLE)));
    let forced = if made.is_override { ", **override**" } else { "" };
    let (from, to) = (text(made.from.as_str(), NAME), text(made.to.as_str(), NAME));
    format!("{from} → {to} by {}, {}{forced}{why}", text(&made.by, NAME), time(made.at))
}

fn vote(vote: &VoteReview) -> String {
    let mark = match (&vote.verdict, vote.counts) {
        (Verdict::Rejected, true) => "✗",
        (_, true) => "✓",
        (_, false) => "!",
    };
    let void = match (vote.counts, vote.why_not.as_deref().or(vote.reason)) {
        (true, _) => String::new(),
        (false, None) => " — **does not count**".to_owned(),
        (false, Some(why)) => format!(" — **does not count**: {}", prose(why, TITLE)),
    };
    let notes =
        vote.notes.as_deref().map_or_else(String::new, |notes| format!(" — “{}”", text(notes, TITLE)));
    let fresh = if vote.is_new { "" } else { ", from before" };
    format!(
        "{mark} {}: {} by {} in {}, {}, {}{fresh}{void}{notes}",
        text(&vote.role, NAME),
        text(vote.verdict.as_str(), NAME),
        text(&vote.voter(), NAME),
        text(vote.stage.as_str(), NAME),
        time(vote.at),
        vote.trust.as_str(),
    )
}

fn boxes(task: &TaskReview, most: usize) -> String {
    let ticked = task.ticked.iter().map(|line| ("✓", line, ""));
    let opened = task.unticked.iter().map(|line| ("☐", line, " — opened again"));
    let dropped = task.dropped.iter().map(|line| ("☐", line, " — removed, never ticked"));
    let boxes: Vec<(&str, &String, &str)> = ticked.chain(opened).chain(dropped).collect();
    list(&boxes, most, |(mark, line, end)| format!("{mark} {}{end}", text(line, TITLE)))
}

fn changed(task: &TaskReview, most: usize) -> String {
    let value = |value: &Option<String>| match value {
        Some(value) => text(value, TITLE),
        None => "nothing".to_owned(),
    };
    let fields = task.fields.iter().map(|field| {
        format!("{}: {} → {}", text(&field.key, NAME), value(&field.before), value(&field.after))
    });
    let reworded = task.is_reworded.then(|| "the text".to_owned());
    let notes = (task.notes > 0).then(|| format!("{} written", counted(task.notes, "note")));
    let all: Vec<String> = fields.chain(reworded).chain(notes).collect();
    list(&all, most, Clone::clone)
}

fn finding(finding: &FindingReview, web: Option<&Web>) -> String {
    let (id, severity) = (text(&finding.id, NAME), text(finding.severity.as_str(), NAME));
    let place = finding.place.as_deref().map_or_else(String::new, |place| match place.rsplit_once(':') {
        Some((name, number)) if number.parse::<usize>().is_ok() => {
            format!(" ({})", line(name, number.parse().unwrap_or(1), web))
        }
        _ => format!(" ({})", path(place, web)),
    });
    let by = finding.by.as_deref().map_or_else(String::new, |by| format!(" by {}", text(by, NAME)));
    let change = finding.change.map_or_else(String::new, |change| format!(", {}{by}", change.as_str()));
    let blocks = if finding.blocks { ", **blocks**" } else { "" };
    format!(
        "{id} {severity}: {}{place} — {}{change}{blocks}",
        text(&finding.title, TITLE),
        text(finding.state.as_str(), NAME)
    )
}
