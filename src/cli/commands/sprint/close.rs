//! `tracker sprint close` and `verify`

use std::io::IsTerminal;

use clap::Args;
use owo_colors::Style;

use crate::cli::args::{Format, ReadArgs, WriteArgs};
use crate::cli::commands::edit::open_editor;
use crate::cli::commands::shared::{counted, short_id};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Cell, Output, clean};
use crate::ops;
use crate::store;

/// Maximum number of suggestions shown for one finding; all are in the JSON.
const MOST_SUGGESTIONS: usize = 3;
/// The local file that an editor is given.
const DRAFT: &str = "postmortem.md";

#[derive(Debug, Args)]
pub(super) struct Close {
    /// Sprint [default: the active one]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Sprint that open tasks go on in
    #[arg(long, value_name = "NEXT")]
    carry_over: Option<String>,
    /// Cancel an open task, with a reason; can be repeated
    #[arg(long, num_args = 2, value_names = ["ID", "REASON"])]
    drop: Vec<String>,
    /// Merge finished task branches first
    #[arg(long)]
    merge: bool,
    /// Attach a JUnit report; several are summed
    #[arg(long, value_name = "FILE")]
    junit: Vec<String>,
    /// Attach an lcov or Cobertura report; several are summed
    #[arg(long, value_name = "FILE")]
    coverage: Vec<String>,
    /// Take the parts of the postmortem from a Markdown file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
    /// Name of the tag [default: sprint/NAME]
    #[arg(long, value_name = "NAME")]
    tag: Option<String>,
    /// Message of the tag
    #[arg(long, value_name = "TEXT")]
    tag_message: Option<String>,
    /// Close in spite of what the audit finds under this rule; can be repeated, and is recorded
    #[arg(long, value_name = "RULE", value_parser = rule)]
    allow: Vec<ops::AuditRule>,
    /// Revert a close that was interrupted before its commit
    #[arg(long)]
    abort: bool,
    #[command(flatten)]
    write: WriteArgs,
}

fn rule(text: &str) -> Result<ops::AuditRule, String> {
    let allowed = || ops::AuditRule::ALL.into_iter().filter(|rule| rule.can_be_allowed());
    allowed().find(|rule| rule.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = allowed().map(ops::AuditRule::as_str).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl Close {
    /// Closes the sprint; the answer is a no where the audit refuses.
    pub(super) fn run(self, context: &Context) -> Result<ops::ClosedSprint, Failure> {
        let mut session = context.write(&self.write)?;
        if self.abort {
            return Ok(ops::abort_close(&session)?);
        }
        let mut request = self.request(context)?;
        let asks = context.is_attended() && std::io::stdin().is_terminal() && !session.is_dry();
        if asks && let Some(template) = ops::postmortem_template(&session, &request)? {
            request.postmortem = Some(write_postmortem(context, &session, &template)?);
        }
        let closed = ops::close_sprint(&mut session, &request)?;
        if closed.closed {
            // The next sprint begins with an empty one.
            let _ = std::fs::remove_file(session.workspace().local_path(DRAFT));
        }
        Ok(closed)
    }

    fn request(self, context: &Context) -> Result<ops::CloseRequest, Failure> {
        let mut evidence = Vec::new();
        for (files, is_coverage) in [(&self.junit, false), (&self.coverage, true)] {
            for name in files {
                let bytes = context.read_input(name)?;
                evidence.push(ops::EvidenceFile { name: name.clone(), bytes, is_coverage });
            }
        }
        let postmortem = match &self.from {
            Some(file) => Some(text_of(file, context.read_input(file)?)?),
            None => None,
        };
        Ok(ops::CloseRequest {
            name: self.name,
            carry_over: self.carry_over,
            drop: self.drop.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            merge: self.merge,
            evidence,
            postmortem,
            tag: self.tag,
            tag_message: self.tag_message,
            allow: self.allow,
            texts: !matches!(context.format(), Format::Human),
        })
    }
}

fn text_of(file: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    let not_text = |_| Failure::usage_message(format!("`{file}` is not UTF-8 text"), "save it as UTF-8");
    String::from_utf8(bytes).map_err(not_text)
}

/// Gives the parts of the postmortem to the user's editor. What was written before and not taken is gone on with.
fn write_postmortem(
    context: &Context,
    session: &ops::Session<'_>,
    template: &str,
) -> Result<String, Failure> {
    let editor = session.workspace().repository()?.editor(context.env(), true);
    let Some(editor) = editor else { return Ok(String::new()) };
    let draft = session.workspace().local_path(DRAFT);
    if draft.symlink_metadata().is_err() {
        session.workspace().write_local(DRAFT, template.as_bytes())?;
    }
    open_editor(&editor, &draft)?;
    let bytes = crate::git::read_regular(&draft);
    let bytes = bytes.map_err(|source| store::Error::Io { action: "read", path: draft.clone(), source })?;
    text_of(DRAFT, bytes)
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Sprint [default: the one closed last]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<ops::VerifiedSprint, Failure> {
        let session = context.read(&self.read)?;
        Ok(ops::verify_sprint(&session, self.name.as_deref())?)
    }
}

/// Shows what came of a close.
pub(super) fn closed(answer: &ops::ClosedSprint, out: &mut Output) {
    if out.is_quiet() {
        out.line(answer.commit.as_deref().unwrap_or(&answer.sprint));
        return;
    }
    if answer.aborted {
        let sprint = out.bold(&answer.sprint);
        out.line(match answer.closed {
            true => format!(
                "The close of {sprint} is committed and stays; what was left of it, its tag, is left out"
            ),
            false => format!("Reverted the close of {sprint}"),
        });
        return;
    }
    if let Some(audit) = &answer.audit {
        show_audit(audit, out);
    }
    let is_refused = answer.audit.as_ref().is_some_and(|audit| !audit.passes());
    if is_refused {
        out.line("Nothing was changed.");
        return;
    }
    out.gap();
    let word = if answer.closed { "Closed" } else { "Would close" };
    let at = answer.numbers_of.as_deref().map_or("", short_id);
    let resumed = if answer.resumed { " (continued)" } else { "" };
    let summary = answer.summary.as_deref().unwrap_or_default();
    out.line(format!("{word} {} at {at}{resumed}  {}", out.bold(&answer.sprint), clean(summary)));
    let mut row = |name: &str, value: String| out.line(format!("  {name:<11} {value}"));
    if let Some(commit) = &answer.commit {
        row("commit", short_id(commit).to_owned());
    }
    if let Some(tag) = &answer.tag {
        row("tag", clean(tag).into_owned());
    }
    if !answer.merged.is_empty() {
        row("merged", clean(&answer.merged.join(", ")).into_owned());
    }
    let written = answer.parts_written;
    let open = answer.parts_open.len();
    if written + open > 0 {
        let names = if open > 0 { format!(" ({})", answer.parts_open.join(", ")) } else { String::new() };
        row("postmortem", format!("{} written, {open} not written{names}", counted(written, "part")));
    }
    let records = answer.written.iter().flat_map(|written| &written.records);
    let paths: Vec<String> = records.map(|record| clean(&record.path).into_owned()).collect();
    for (at, path) in paths.iter().enumerate() {
        row(if at == 0 { "files" } else { "" }, path.clone());
    }
    if answer.closed {
        row("verify", format!("tracker sprint verify {}", answer.sprint));
    } else if let Some(message) = &answer.message {
        row("message", clean(message.lines().next().unwrap_or_default()).into_owned());
    }
    if let (Some(numbers), false) = (&answer.numbers, answer.closed) {
        out.gap();
        super::show::show_numbers(numbers, out);
    }
}

fn show_audit(audit: &ops::Audit, out: &mut Output) {
    if let Some(last) = &audit.last_sprint {
        out.line(format!("{} of {} of {last} done", audit.actions_done, counted(audit.actions, "action")));
    }
    out.line("Audit");
    let mark = |out: &Output, rich: &'static str, plain: &'static str, style: Style| {
        let text = out.glyph(rich, plain).to_owned();
        Cell::styled(text, style)
    };
    let is_all = audit.complete == audit.tasks;
    let first =
        if is_all { mark(out, "✓", "ok", Style::new().green()) } else { mark(out, "·", "", Style::new()) };
    let complete = format!("{} of {} complete", audit.complete, counted(audit.tasks, "task"));
    let mut rows = vec![vec![first, Cell::new(complete), Cell::new("")]];
    for item in &audit.items {
        let cell = if item.refuses {
            mark(out, "✗", "error", Style::new().red())
        } else {
            mark(out, "!", "warn", Style::new().yellow())
        };
        let shown: Vec<&str> = item.suggestions.iter().take(MOST_SUGGESTIONS).map(String::as_str).collect();
        rows.push(vec![
            cell,
            Cell::new(&item.message).wrap(),
            Cell::styled(shown.join(", or "), Style::new().dimmed()).below(),
        ]);
    }
    out.columns(&rows, 1, 2);
}

/// Shows which figures match.
pub(super) fn verified(answer: &ops::VerifiedSprint, out: &mut Output) {
    let broken = answer.figures.iter().filter(|figure| !figure.matches);
    for figure in broken.filter_map(|figure| figure.difference.as_ref()) {
        let text = |value: &Option<serde_json::Value>| {
            let own = value.as_ref().map(|value| value.get("value").unwrap_or(value).to_string());
            own.unwrap_or_else(|| "nothing".to_owned())
        };
        let (frozen, now) = (text(&figure.frozen), text(&figure.now));
        let mark = out.paint(out.glyph("✗", "error"), Style::new().red());
        out.line(format!("{mark} {}  frozen {}, computed {}", figure.figure, clean(&frozen), clean(&now)));
    }
    for document in &answer.documents {
        let mark = out.paint(out.glyph("✗", "error"), Style::new().red());
        let what = match (document.is_gone, document.part) {
            (true, _) => "is gone",
            (false, ops::DocumentPart::Whole) => "was edited since the sprint was closed",
            (false, ops::DocumentPart::Facts) => "has other facts than when the sprint was closed",
            (false, ops::DocumentPart::Line) => "has another line of the sprint than when it was closed",
        };
        out.line(format!("{mark} {} {what}", clean(&document.path)));
    }
    for restore in &answer.restore {
        out.columns(&[vec![Cell::styled(restore, Style::new().dimmed())]], 1, 6);
    }
    for note in &answer.notes {
        let mark = out.paint(out.glyph("!", "warn"), Style::new().yellow());
        out.line(format!("{mark} {}", clean(note)));
    }
    let held = answer.figures.iter().filter(|figure| figure.matches).count();
    let mark = if answer.matches { out.glyph("✓ ", "") } else { "" };
    out.line(format!(
        "{mark}{held} of {} of {} match, computed from commit {}",
        counted(answer.figures.len(), "figure"),
        answer.sprint,
        &answer.commit[..answer.commit.len().min(12)]
    ));
}
