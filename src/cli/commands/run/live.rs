//! A run while it is driven: on a terminal its graph by level, a timeline of its attempts and what a step prints, painted in
//! place; elsewhere a line for each event.

use std::cell::RefCell;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use owo_colors::Style;

use super::show::{glyph_of, plain_line, state_words, style_of};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, terminal_height, truncate};
use crate::engine::Logged;
use crate::model::StepState;
use crate::model::took;
use crate::ops::{self, StepLine, WatchedRun};

/// Lines of a terminal whose height is not known.
const HEIGHT: usize = 24;
/// Lines of output that are shown at least, where there are any.
const LOG: usize = 5;

/// Shows a run that is watched.
pub(super) struct Watcher<'c> {
    context: &'c Context,
    is_for_programs: bool,
    /// How many lines were painted last.
    painted: RefCell<usize>,
}

impl<'c> Watcher<'c> {
    pub(super) fn new(context: &'c Context, is_for_programs: bool) -> Self {
        Self { context, is_for_programs, painted: RefCell::new(0) }
    }

    pub(super) fn show(&self, run: &WatchedRun<'_>, events: &[Logged]) {
        if self.is_for_programs {
            for logged in events {
                let _ = crate::cli::write_stdout(format!("{}\n", logged.to_line()).as_bytes());
            }
            return;
        }
        if !self.context.is_attended() {
            return events.iter().for_each(|logged| self.context.say(&plain_line(logged)));
        }
        self.paint(run);
    }

    fn paint(&self, run: &WatchedRun<'_>) {
        let mut painted = self.painted.borrow_mut();
        let up = if *painted > 0 { format!("\u{1b}[{}A\u{1b}[J", *painted) } else { String::new() };
        let mut text = String::new();
        if run.is_driven() {
            let height = terminal_height().unwrap_or(HEIGHT).max(8) - 1;
            let mut out = self.context.error_output();
            let view = run.view();
            picture(&view, run.log(height), height, &mut out);
            text = out.into_text();
        }
        // The last picture is the answer itself.
        *painted = text.lines().count();
        crate::cli::write_stderr(&format!("{up}{text}"));
    }
}

/// Draws a run within a number of lines.
fn picture(run: &ops::RunView, log: Option<ops::RunLogs>, height: usize, out: &mut Output) {
    let now = run.created + TimeDelta::milliseconds(i64::try_from(run.millis).unwrap_or_default());
    let (state, style) = state_words(run);
    let done = run.steps.iter().filter(|step| !step.handler && step.state.is_end()).count();
    let count = run.steps.iter().filter(|step| !step.handler).count();
    let head = format!("  {done}/{count}  {}", took(run.millis));
    let (id, state) = (out.bold(&clean(&run.run)), out.paint(&state, style));
    out.line(format!("{id}  {}  {state}{}", clean(&run.workflow), out.dim(&head)));
    let attempts: Vec<&StepLine> = run.steps.iter().filter(|step| !step.attempts.is_empty()).collect();
    let log_lines: Vec<String> = log.as_ref().map(last_lines).unwrap_or_default();
    let is_log = usize::from(!log_lines.is_empty());
    // What is left of the height is shared: levels first, then the log, then the timeline.
    let left = height.saturating_sub(1);
    let levels = levels(run, left.saturating_sub(is_log * (LOG + 1) + 3).max(2), out);
    let left = left.saturating_sub(levels.len());
    levels.iter().for_each(|line| out.line(line));
    let rows = attempts.len().min(left.saturating_sub(is_log * (LOG + 1) + 1));
    if rows > 0 {
        timeline(run, &attempts, rows, now, out);
    }
    let left = left.saturating_sub(if rows > 0 { rows + 1 } else { 0 });
    if let Some(log) = log.filter(|_| is_log > 0 && left > 1) {
        let title = format!("{} attempt {}", log.step, log.attempt);
        out.line(out.dim(&rule(&clean(&title), out)));
        let from = log_lines.len().saturating_sub(left - 1);
        log_lines[from..].iter().for_each(|line| out.line(truncate(&clean(line), out.width()).as_ref()));
    }
}

/// Returns a line with a title in it.
fn rule(title: &str, out: &Output) -> String {
    let dash = out.glyph("─", "-");
    let rest = out.width().saturating_sub(title.chars().count() + 4);
    format!("{} {title} {}", dash.repeat(2), dash.repeat(rest))
}

fn last_lines(log: &ops::RunLogs) -> Vec<String> {
    let text = if log.stderr.trim().is_empty() { &log.stdout } else { &log.stderr };
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// Returns the steps level by level, in at most `most` lines: where there are more, those that run or have failed come
/// first, and the rest is counted.
fn levels(run: &ops::RunView, most: usize, out: &Output) -> Vec<String> {
    let mut by_level: BTreeMap<usize, Vec<&StepLine>> = BTreeMap::new();
    let is_shown = |step: &&StepLine| !(step.handler && step.state == StepState::Skipped);
    for step in run.steps.iter().filter(is_shown) {
        by_level.entry(step.level).or_default().push(step);
    }
    let mut lines = Vec::new();
    // A level of which everything has ended gives way to those where something happens.
    let surplus = by_level.len().saturating_sub(most);
    let ended: Vec<usize> = by_level
        .iter()
        .filter(|(_, steps)| steps.iter().all(|step| step.state.is_end() && step.state != StepState::Failed))
        .map(|(level, _)| *level)
        .take(surplus)
        .collect();
    ended.iter().for_each(|level| drop(by_level.remove(level)));
    if !ended.is_empty() {
        lines.push(out.dim(&format!("   {} levels have ended", ended.len())));
    }
    for (level, steps) in by_level {
        if lines.len() >= most {
            break;
        }
        lines.push(level_line(level, steps, out));
    }
    lines
}

fn level_line(level: usize, mut steps: Vec<&StepLine>, out: &Output) -> String {
    let urgency = |step: &&StepLine| match step.state {
        StepState::Running => 0,
        StepState::Failed => 1,
        StepState::Retry => 2,
        StepState::Pending => 3,
        _ => 4,
    };
    let width = out.width().saturating_sub(4);
    let label = |step: &StepLine| {
        let glyph = glyph_of(step.state, out);
        let name = clean(&step.step).into_owned();
        match (step.state, glyph.is_empty()) {
            (StepState::Running, _) => {
                format!("{glyph}{name} {}", step.millis.map(took).unwrap_or_default())
            }
            (_, false) => format!("{glyph}{name}"),
            (_, true) => format!("{name}={}", step.state.as_str()),
        }
    };
    let all: usize = steps.iter().map(|step| label(step).chars().count() + 2).sum();
    if all > width {
        steps.sort_by_key(urgency);
    }
    let mut line = format!("{level:>2} ");
    let mut used = 0;
    for (index, step) in steps.iter().enumerate() {
        let text = label(step);
        let rest = steps.len() - index;
        let more = format!(" +{rest}");
        let room = width.saturating_sub(if rest > 1 { more.len() } else { 0 });
        if used + text.chars().count() + 1 > room {
            line.push_str(&out.dim(&more));
            break;
        }
        used += text.chars().count() + 2;
        line.push_str(&format!(" {} ", out.paint(&text, style_of(step.state))));
    }
    line
}

/// Draws when each attempt ran: of the steps that began last.
fn timeline(run: &ops::RunView, attempts: &[&StepLine], rows: usize, now: DateTime<Utc>, out: &mut Output) {
    let mut shown: Vec<&StepLine> = attempts.to_vec();
    shown.sort_by_key(|step| step.attempts.last().map(|attempt| attempt.started));
    let shown = &shown[shown.len() - rows..];
    let name_width = shown.iter().map(|step| step.step.chars().count()).max().unwrap_or_default().min(24);
    let width = out.width().saturating_sub(name_width + 12).max(10);
    let begin = shown.iter().filter_map(|step| Some(step.attempts.first()?.started)).min().unwrap_or(now);
    let millis = |at: DateTime<Utc>| (at - begin).num_milliseconds().max(0).unsigned_abs() as usize;
    let ended = |attempt: &ops::AttemptView| {
        attempt.millis.map_or_else(|| millis(now), |took| millis(attempt.started) + took as usize)
    };
    let span = shown.iter().flat_map(|step| &step.attempts).map(ended).max().unwrap_or_default().max(1);
    let from = millis_text(begin, run.created);
    let axis = format!("{:name_width$} {from}", "");
    let to =
        took((span as u64).saturating_add((begin - run.created).num_milliseconds().max(0).unsigned_abs()));
    let gap = (name_width + 1 + width).saturating_sub(axis.chars().count() + to.len());
    out.line(out.dim(&format!("{axis}{}{to}", " ".repeat(gap))));
    let (full, running) = (out.glyph("█", "#"), out.glyph("▒", "="));
    for step in shown {
        let mut cells = vec![0_u8; width];
        let last = step.attempts.len();
        for (index, attempt) in step.attempts.iter().enumerate() {
            let from = millis(attempt.started) * width / span;
            let to = (ended(attempt) * width).div_ceil(span).clamp(from + 1, width.max(from + 1));
            let kind = if attempt.millis.is_none() {
                1
            } else if index + 1 < last {
                3
            } else {
                2
            };
            cells.iter_mut().take(to).skip(from.min(width - 1)).for_each(|cell| *cell = kind);
        }
        let mut bar = String::new();
        for run_of in cells.chunk_by(|one, other| one == other) {
            let (glyph, style) = match run_of[0] {
                0 => (" ", Style::new()),
                1 => (running, Style::new().blue()),
                2 => (full, style_of(step.state)),
                _ => (full, Style::new().yellow()),
            };
            bar.push_str(&out.paint(&glyph.repeat(run_of.len()), style));
        }
        let name = clean(&step.step);
        let name = format!("{:name_width$}", truncate(&name, name_width));
        let took = step.millis.map(took).unwrap_or_default();
        out.line(format!("{} {bar} {}", name, out.dim(&took)));
    }
}

fn millis_text(at: DateTime<Utc>, begin: DateTime<Utc>) -> String {
    took((at - begin).num_milliseconds().max(0).unsigned_abs())
}

/// Says what a step prints, as it does.
pub(super) struct LogPrinter<'c> {
    context: &'c Context,
    last: Option<(u32, bool)>,
}

impl<'c> LogPrinter<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context, last: None }
    }

    pub(super) fn print(&mut self, printed: &ops::Printed) {
        let mut out = self.context.output();
        let this = (printed.attempt, printed.is_stderr);
        let is_new_attempt = self.last.is_some_and(|(attempt, _)| attempt != printed.attempt);
        if self.last != Some(this) && (is_new_attempt || self.last.is_some() || printed.is_stderr) {
            let name = if printed.is_stderr { "stderr" } else { "stdout" };
            out.line(out.dim(&format!("==> {name} of attempt {} <==", printed.attempt)));
        }
        self.last = Some(this);
        for line in printed.text.lines() {
            out.line(crate::cli::output::clean_lines(line));
        }
        // Nobody may read any more.
        let _ = crate::cli::write_stdout(out.into_text().as_bytes());
    }
}
