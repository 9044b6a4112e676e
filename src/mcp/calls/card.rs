//! A task in full, as text: what the tracker says of it bare, what people wrote of it marked.

use std::fmt::Write as _;

use super::lines::{state, value};
use crate::mcp::advice::of_command;
use crate::mcp::text::{line, push_block, quoted};
use crate::model::Minutes;
use crate::ops::{DependencyView, Shown, SignoffsView, TaskView, VoteView};

/// Returns a task as text.
pub(in crate::mcp) fn card(shown: &Shown) -> String {
    let mut text = String::new();
    let Some(task) = &shown.task else {
        let _ = writeln!(text, "{} cannot be read as a task: {}", shown.id, line(&shown.path));
        push_block(shown.text.as_deref().unwrap_or_default(), |at| Some(at + 1), &mut text);
        return text;
    };
    push_head(shown, task, &mut text);
    if let Some(signoffs) = &shown.signoffs {
        push_signoffs(signoffs, &mut text);
    }
    for finding in &task.findings {
        let place = finding.place.as_ref().map_or_else(String::new, |place| format!(" at {}", value(place)));
        let (id, severity, state) = (&finding.id, value(&finding.severity), value(&finding.state));
        let _ = writeln!(
            text,
            "finding {id} {severity} {state}{place} by {} {}",
            value(&finding.by),
            quoted(&finding.title)
        );
        push_block(finding.detail.as_deref().unwrap_or_default(), |_| None, &mut text);
    }
    push_tasks("depends on", &task.dependencies, &mut text);
    push_tasks("part", &task.children, &mut text);
    for shared in &task.shared_files {
        let (file, other, title) = (value(&shared.file), &shared.task, quoted(&shared.title));
        let _ = writeln!(text, "{file} is also a file of {other} {title}");
    }
    push_body(task, &mut text);
    for note in &task.notes {
        let kind = note.kind.as_ref().map_or_else(String::new, |kind| format!(" ({})", value(kind)));
        let _ = writeln!(text, "note of {} {}{kind}:", value(&note.by), note.at.format("%Y-%m-%d %H:%MZ"));
        push_block(&note.text, |_| None, &mut text);
    }
    for step in &shown.next {
        let _ = writeln!(text, "next: {}", line(&of_command(step)));
    }
    text
}

fn push_head(shown: &Shown, task: &TaskView, text: &mut String) {
    let own = &task.line;
    let branch = shown.branch.as_ref().map_or_else(String::new, |branch| format!(" on {}", value(branch)));
    let _ = writeln!(text, "{}{branch} {}", own.id, quoted(&own.title));
    let named =
        |name: &str, field: &Option<String>| field.as_ref().map(|field| format!("{name} {}", value(field)));
    let minutes = |name: &str, field: Option<u32>| field.map(|field| format!("{name} {}", Minutes(field)));
    let tags = (!own.tags.is_empty())
        .then(|| format!("tags {}", own.tags.iter().map(|tag| value(tag)).collect::<Vec<_>>().join(" ")));
    let files = (!own.files.is_empty())
        .then(|| format!("files {}", own.files.iter().map(|file| value(file)).collect::<Vec<_>>().join(" ")));
    let facts = [
        Some(state(own)).filter(|state| state != "-"),
        named("type", &own.kind),
        named("priority", &own.priority),
        named("area", &own.area),
        named("assignee", &own.assignee),
        named("sprint", &own.sprint),
        named("parent", &own.parent),
        minutes("estimate", own.estimate_minutes),
        minutes("spent", own.spent_minutes),
        own.due.map(|day| format!("due {day}")),
        tags,
        files,
        named("blocked", &own.blocked),
        named("cancelled", &own.cancelled),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    if !facts.is_empty() {
        let _ = writeln!(text, "{}", facts.join("; "));
    }
    let stage = |step: &crate::ops::StepView| match step.state {
        "current" => format!("[{}]", value(&step.stage)),
        _ => value(&step.stage),
    };
    let since = own.since.map_or_else(String::new, |at| format!(", since {}", at.format("%Y-%m-%d %H:%MZ")));
    let _ = writeln!(text, "{}{since}", task.pipeline.iter().map(stage).collect::<Vec<_>>().join(" > "));
    for flight in &own.in_flight {
        let place = flight.branch.as_deref().or(flight.folder.as_deref()).unwrap_or("elsewhere");
        let (stage, by) = (value(flight.stage.as_str()), value(&flight.by));
        let _ = writeln!(text, "in flight: {stage} on {} by {by}", value(place));
    }
    for (key, given) in &task.unknown {
        let _ = writeln!(text, "{}: {}", value(key), quoted(given));
    }
}

fn push_signoffs(signoffs: &SignoffsView, text: &mut String) {
    for role in &signoffs.roles {
        let waiting = match role.waiting_for.as_slice() {
            _ if role.done => String::new(),
            [] => ", anyone may".to_owned(),
            people => {
                format!(", waits for {}", people.iter().map(|one| value(one)).collect::<Vec<_>>().join(" "))
            }
        };
        let _ = writeln!(text, "role {} {}/{}{waiting}", value(&role.role), role.approved, role.quorum);
        role.votes.iter().for_each(|vote| push_vote(vote, text));
    }
    signoffs.others.iter().filter(|vote| vote.earlier.is_none()).for_each(|vote| push_vote(vote, text));
    for missing in &signoffs.missing {
        let next =
            missing.next.as_ref().map_or_else(String::new, |next| format!(" -> {}", line(&of_command(next))));
        let _ = writeln!(text, "{}: {}{next}", missing.label, quoted(&missing.text));
    }
}

fn push_vote(vote: &VoteView, text: &mut String) {
    let agent = vote.agent.as_ref().map_or_else(String::new, |agent| format!(" by agent {}", value(agent)));
    let why =
        vote.why_not.as_ref().map_or_else(String::new, |why| format!(", does not count: {}", quoted(why)));
    let (verdict, role) = (value(&vote.verdict), value(&vote.role));
    let _ = writeln!(text, "  {verdict} as {role} of {}{agent}, {}{why}", value(&vote.by), vote.trust);
    push_block(vote.notes.as_deref().unwrap_or_default(), |_| None, text);
}

fn push_tasks(what: &str, tasks: &[DependencyView], text: &mut String) {
    for task in tasks {
        let state = if task.open { "open" } else { "done" };
        let title = task.title.as_ref().map_or_else(|| "that is not there".to_owned(), |title| quoted(title));
        let _ = writeln!(text, "{what} {} {state} {title}", value(&task.id));
    }
}

/// Adds the body. A line with a checkbox has the number by which it is ticked beside its mark.
fn push_body(task: &TaskView, text: &mut String) {
    let body = task.body.trim_matches('\n');
    if body.trim().is_empty() {
        return;
    }
    let mut boxes = task.checkboxes.iter().peekable();
    let number = |written: &str| boxes.next_if(|found| found.is_on(written)).map(|found| found.number);
    let numbers: Vec<Option<usize>> = body.lines().map(number).collect();
    text.push_str("body, numbered where there is a box:\n");
    push_block(body, |at| numbers.get(at).copied().flatten(), text);
}
