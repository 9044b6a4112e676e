//! A task as lines: its state, its sign-offs, what is to be done, its text, and what has happened.

use chrono::{DateTime, Utc};

use super::answers::{Checkbox, Finding, Related, Shown, Signoffs, StepPlace, Task, Vote};
use super::text::{ago, moment, wrap};
use super::theme::{Tone, mark, tone_of_priority};

/// A line, and what Enter does on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DocumentLine {
    pub(super) parts: Vec<(String, Tone)>,
    pub(super) act: Option<Act>,
    /// Whether a section begins here.
    pub(super) is_heading: bool,
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// A checkbox: its number, and whether it is ticked.
    Check(usize, bool),
    /// Another task.
    Task(String),
}

struct Writing {
    lines: Vec<DocumentLine>,
    width: usize,
    now: DateTime<Utc>,
}

/// Writes a task in a width.
pub(super) fn lines_of(shown: &Shown, width: usize, now: DateTime<Utc>) -> Vec<DocumentLine> {
    let mut out = Writing { lines: Vec::new(), width: width.max(10), now };
    match &shown.task {
        Some(task) => {
            out.head(task);
            if let Some(branch) = &shown.branch {
                out.wrapped(&format!("Only on branch: {branch}"), Tone::Accent, 2);
            }
            if let Some(signoffs) = &shown.signoffs {
                out.signoffs(signoffs);
            }
            out.findings(&task.findings);
            out.related("Depends on", &task.dependencies);
            out.related("Parts", &task.children);
            out.body(task);
            out.notes(task);
            out.history(task);
        }
        None => {
            out.heading(&format!("{} cannot be read as a task", shown.id));
            for line in shown.text.as_deref().unwrap_or_default().lines() {
                out.wrapped(line, Tone::Plain, 2);
            }
        }
    }
    if !shown.next.is_empty() {
        out.heading("Next");
        for command in &shown.next {
            out.wrapped(command, Tone::Dim, 2);
        }
    }
    out.lines
}

impl Writing {
    fn push(&mut self, parts: Vec<(String, Tone)>) -> &mut DocumentLine {
        self.lines.push(DocumentLine { parts, ..DocumentLine::default() });
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.push(Vec::new());
        }
        self.push(vec![(text.to_owned(), Tone::Strong)]).is_heading = true;
    }

    /// Writes a text with an indent, over several lines where it is long.
    fn wrapped(&mut self, text: &str, tone: Tone, indent: usize) {
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.push(vec![(" ".repeat(indent), tone), (line, tone)]);
        }
    }

    /// Writes a line whose last part goes on below itself where it is long.
    fn hanging(&mut self, head: Vec<(String, Tone)>, text: &str, tone: Tone, act: Option<&Act>) {
        let indent: usize = head.iter().map(|(part, _)| super::text::width(part)).sum();
        let indent = indent.min(self.width / 2);
        let mut head = Some(head);
        for line in wrap(text, self.width.saturating_sub(indent)) {
            let mut parts = head.take().unwrap_or_else(|| vec![(" ".repeat(indent), Tone::Plain)]);
            parts.push((line, tone));
            self.push(parts).act = act.cloned();
        }
    }

    fn head(&mut self, task: &Task) {
        let row = &task.row;
        let (glyph, tone) = mark(row.status, row.badge);
        self.hanging(vec![(format!("{}  ", row.id), Tone::Accent)], &row.title, Tone::Strong, None);
        let state = match row.status {
            crate::model::Status::Cancelled | crate::model::Status::Blocked => row.status.as_str(),
            _ => row.badge.label(),
        };
        self.push(vec![("  ".to_owned(), Tone::Plain), (format!("{glyph} {state}"), tone)]);
        let priority = row.priority.as_deref();
        let mut facts = vec![("  ".to_owned(), Tone::Plain)];
        let mut fact = |text: Option<&str>, tone| {
            if let Some(text) = text {
                facts.push((format!("{text}   "), tone));
            }
        };
        fact(row.kind.as_deref(), Tone::Plain);
        fact(priority, tone_of_priority(priority));
        fact(row.area.as_deref(), Tone::Plain);
        fact(Some(row.assignee.as_deref().unwrap_or("unassigned")), Tone::Person);
        fact(row.sprint.as_deref(), Tone::Plain);
        fact(row.due.map(|day| format!("due {day}")).as_deref(), Tone::Warning);
        let tags = row.tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" ");
        fact(Some(tags.as_str()).filter(|tags| !tags.is_empty()), Tone::Dim);
        self.flow(facts);
        self.pipeline(task);
        for (label, why) in [("Blocked", &row.blocked), ("Cancelled", &row.cancelled)] {
            if let Some(why) = why {
                self.wrapped(&format!("{label}: {why}"), Tone::Bad, 2);
            }
        }
    }

    /// Writes parts beside each other, and below where there is no room.
    fn flow(&mut self, parts: Vec<(String, Tone)>) {
        let (mut line, mut taken) = (Vec::new(), 0);
        for part in parts {
            let columns = super::text::width(part.0.trim_end());
            if taken + columns > self.width && taken > 2 {
                self.push(std::mem::replace(&mut line, vec![("  ".to_owned(), Tone::Plain)]));
                taken = 2;
            }
            taken += super::text::width(&part.0);
            line.push(part);
        }
        self.push(line);
    }

    fn pipeline(&mut self, task: &Task) {
        let mut parts = vec![("  ".to_owned(), Tone::Plain)];
        for (at, step) in task.pipeline.iter().enumerate() {
            let gap = if at + 1 < task.pipeline.len() { " ─ " } else { "   " };
            parts.push(match step.state {
                StepPlace::Passed => (format!("{} ✓{gap}", step.stage), Tone::Plain),
                StepPlace::Current => (format!("[{}]{gap}", step.stage), Tone::Strong),
                StepPlace::Ahead => (format!("{}{gap}", step.stage), Tone::Dim),
            });
        }
        if let Some(since) = task.row.since {
            parts.push((format!("since {}", ago(since, self.now)), Tone::Dim));
        }
        self.flow(parts);
    }

    fn signoffs(&mut self, signoffs: &Signoffs) {
        let done = signoffs.roles.iter().filter(|role| role.done).count();
        self.heading(&format!("Sign-offs for {}  {done}/{}", signoffs.stage, signoffs.roles.len()));
        for role in &signoffs.roles {
            if role.votes.is_empty() || !role.done {
                let who = match role.waiting_for.as_slice() {
                    [] => "waits for anyone".to_owned(),
                    names => format!("waits for {}", names.join(", ")),
                };
                let quorum = match role.quorum {
                    0 | 1 => String::new(),
                    quorum => format!(", {} of {quorum}", role.approved),
                };
                let head =
                    vec![("  ⧖ ".to_owned(), Tone::Warning), (format!("{}  ", role.role), Tone::Strong)];
                self.hanging(head, &format!("{who}{quorum}"), Tone::Dim, None);
            }
            role.votes.iter().for_each(|vote| self.vote(vote));
        }
        signoffs.others.iter().for_each(|vote| self.vote(vote));
        for missing in signoffs.missing.iter().filter(|missing| missing.label != "missing") {
            let head = vec![(format!("  {}  ", missing.label), Tone::Warning)];
            self.hanging(head, &missing.text, Tone::Plain, None);
        }
    }

    fn vote(&mut self, vote: &Vote) {
        let (glyph, tone) = match (vote.counts, vote.verdict.as_str()) {
            (false, _) => ("!", Tone::Warning),
            (true, "approved") => ("✓", Tone::Good),
            (true, "rejected") => ("✗", Tone::Bad),
            (true, _) => ("·", Tone::Plain),
        };
        let head = vec![
            (format!("  {glyph} "), tone),
            (format!("{}  ", vote.role), Tone::Strong),
            (format!("{}  ", vote.by), Tone::Person),
        ];
        let mut text = format!("{} {}, {}", vote.verdict, ago(vote.at, self.now), vote.trust);
        if let Some(why) = vote.why_not.as_ref().filter(|_| !vote.counts) {
            text.push_str(&format!("; does not count: {why}"));
        }
        self.hanging(head, &text, Tone::Dim, None);
        if let Some(notes) = &vote.notes {
            self.wrapped(notes.trim_end(), Tone::Plain, 6);
        }
    }

    fn findings(&mut self, findings: &[Finding]) {
        if findings.is_empty() {
            return;
        }
        self.heading("Findings");
        for finding in findings {
            let tone = if finding.blocks { Tone::Bad } else { Tone::Warning };
            let head =
                vec![(format!("  {} ", finding.id), Tone::Strong), (format!("{} ", finding.severity), tone)];
            let place = finding.place.as_ref().map_or_else(String::new, |place| format!("  {place}"));
            let text = format!("{}{place}  {}, by {}", finding.title, finding.state, finding.by);
            self.hanging(head, &text, Tone::Plain, None);
        }
    }

    fn related(&mut self, heading: &str, tasks: &[Related]) {
        if tasks.is_empty() {
            return;
        }
        let done = tasks.iter().filter(|task| !task.open).count();
        self.heading(&format!("{heading}  {done}/{}", tasks.len()));
        for task in tasks {
            let (glyph, tone) = if task.open { ("○", Tone::Warning) } else { ("✓", Tone::Good) };
            let head = vec![(format!("  {glyph} "), tone), (format!("{}  ", task.id), Tone::Strong)];
            let title = task.title.as_deref().unwrap_or("unknown task, or it cannot be read");
            self.hanging(head, title, Tone::Plain, Some(&Act::Task(task.id.clone())));
        }
    }

    fn body(&mut self, task: &Task) {
        let body = task.body.trim();
        if body.is_empty() {
            return;
        }
        self.push(Vec::new());
        let mut boxes = task.checkboxes.iter().peekable();
        for line in body.lines() {
            match boxes.next_if(|found| found.is_on(line)) {
                Some(found) => self.checkbox(found, line.len() - line.trim_start().len()),
                None if line.starts_with('#') => {
                    self.push(vec![(line.trim_start_matches('#').trim().to_owned(), Tone::Strong)])
                        .is_heading = true;
                }
                None => self.wrapped(line, Tone::Plain, 2),
            }
        }
    }

    fn checkbox(&mut self, found: &Checkbox, indent: usize) {
        let (glyph, tone) = if found.done { ("✓", Tone::Good) } else { ("☐", Tone::Plain) };
        let head = vec![
            (" ".repeat(indent.min(8) + 2), Tone::Plain),
            (format!("{glyph} "), tone),
            (format!("{} ", found.number), Tone::Dim),
        ];
        self.hanging(head, &found.text, Tone::Plain, Some(&Act::Check(found.number, found.done)));
    }

    fn notes(&mut self, task: &Task) {
        if task.notes.is_empty() {
            return;
        }
        self.heading("Notes");
        for note in &task.notes {
            let when = ago(note.at, self.now);
            self.push(vec![(format!("  {} ", note.by), Tone::Person), (when, Tone::Dim)]);
            self.wrapped(note.text.trim_end(), Tone::Plain, 4);
        }
    }

    fn history(&mut self, task: &Task) {
        if task.history.is_empty() {
            return;
        }
        self.heading("History");
        for step in task.history.iter().rev() {
            let head = vec![
                (format!("  {}  ", moment(step.at)), Tone::Dim),
                (format!("{} → {}  ", step.from, step.to), Tone::Plain),
                (format!("{}  ", step.by), Tone::Person),
            ];
            self.hanging(head, step.why.as_deref().unwrap_or_default(), Tone::Dim, None);
        }
    }
}
