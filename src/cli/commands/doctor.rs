//! `tracker doctor`

use clap::Args;
use owo_colors::Style;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{Format, ReadArgs, WriteArgs, format_parser};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Output, clean};
use crate::ops;

/// Check tracker files for problems; --fix repairs them
///
/// Broken documents, wrong file names, missing and circular references, duplicate ids, conflict markers, names that differ
/// only by case, links. --fix repairs what can be repaired without guessing. The exit code is 1 if an error is left.
///
/// With --remote it tries instead what the shared remote allows that `tracker claim` and `tracker land` need, and removes
/// what it has created there.
///
/// Example: tracker doctor --fix
///
/// Example: tracker doctor --remote
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// Repair what can be repaired without guessing
    #[arg(long, conflicts_with = "at")]
    fix: bool,
    /// With --fix: bring a tracker of an older format over, in a commit of its own
    #[arg(long)]
    upgrade: bool,
    /// Try what a remote allows, by default the one of claims
    #[arg(long, value_name = "NAME", num_args = 0..=1, conflicts_with_all = ["at", "fix", "upgrade"])]
    remote: Option<Option<String>>,
    // Without a value it was the name of `--upgrade`.
    /// Output format
    #[arg(long, value_parser = format_parser(), num_args = 0..=1, default_value = "human", default_missing_value = "upgrade", help_heading = "Everywhere")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Doctor {
    type Response = ops::Diagnosis;

    fn run(self, context: &Context) -> Reply<ops::Diagnosis> {
        let session = match self.read.at {
            Some(_) => context.read(&self.read)?,
            None => context.write(&self.write)?,
        };
        if self.upgrade || matches!(self.format, Format::Upgrade) {
            if !self.fix {
                let message = "`--upgrade` changes files, which needs `--fix`";
                return Err(Failure::usage_message(message, "tracker doctor --fix --upgrade"));
            }
            return Ok(Answer::of(ops::upgrade_format(&session)?));
        }
        if let Some(remote) = &self.remote {
            let diagnosis = ops::examine_remote(&session, remote.as_deref())?;
            let is_ill = diagnosis.remote.as_ref().is_some_and(|probe| !probe.is_fine());
            return Ok(Answer::of(diagnosis).no_if(is_ill));
        }
        let mut diagnosis = ops::doctor(&session, self.fix)?;
        if self.read.at.is_none() {
            diagnosis.findings.extend(ops::examine_clone(&session)?);
        }
        let is_ill = diagnosis.findings.iter().any(|finding| finding.is_error);
        Ok(Answer::of(diagnosis).no_if(is_ill))
    }
}

impl View for ops::Diagnosis {
    fn show(&self, out: &mut Output) {
        if let Some(upgrade) = &self.upgrade {
            upgrade.written.show(out);
            return;
        }
        if let Some(probe) = &self.remote {
            show_probe(probe, out);
            return;
        }
        for fixed in &self.fixed {
            let word = if self.dry_run { "would fix" } else { "fixed" };
            out.line(format!("{}  {}", out.paint(word, Style::new().green()), clean(fixed)));
        }
        for finding in &self.findings {
            let (rich, plain, style) = match finding.is_error {
                true => ("✗", "error", Style::new().red()),
                false => ("!", "warning", Style::new().yellow()),
            };
            let mark = out.paint(out.glyph(rich, plain), style);
            let place = finding.line.map_or_else(String::new, |line| format!(":{line}"));
            let file = clean(&finding.file).into_owned();
            out.line(format!(
                "{mark} {file}{place}  {}  {}",
                clean(&finding.message),
                out.dim(finding.rule.as_str())
            ));
            if let Some(hint) = finding.hint.as_deref().filter(|_| !out.is_quiet()) {
                out.line(format!("    {}", out.dim(&clean(hint))));
            }
        }
    }

    fn status(&self, out: &mut Output) {
        if let Some(upgrade) = &self.upgrade {
            upgrade.written.status(out);
            let to = upgrade.to;
            let done = match &upgrade.commit {
                Some(commit) => {
                    format!("the tracker has format {to} now: commit {}", &commit[..commit.len().min(10)])
                }
                None if upgrade.from == to => format!("the tracker has format {to} already"),
                None => return,
            };
            out.line(out.dim(&done));
            return;
        }
        if let Some(probe) = &self.remote {
            let message = match &probe.remote {
                None => "no remote: claims are those of this clone".to_owned(),
                Some(remote) if probe.is_fine() => format!("{} allows all that claims need", clean(remote)),
                Some(remote) => format!("{} does not allow all that claims need", clean(remote)),
            };
            out.line(out.dim(&message));
            return;
        }
        let errors = self.findings.iter().filter(|finding| finding.is_error).count();
        let warnings = self.findings.len() - errors;
        let files = counted(self.files, "file");
        let message = if self.findings.is_empty() {
            format!("{files}, nothing wrong")
        } else {
            format!("{files}, {}, {}", counted(errors, "error"), counted(warnings, "warning"))
        };
        out.line(out.dim(&message));
    }
}

fn show_probe(probe: &ops::RemoteProbe, out: &mut Output) {
    for check in &probe.checks {
        let (rich, plain, style) = match check.problem {
            Some(_) => ("✗", "error", Style::new().red()),
            None => ("✓", "ok", Style::new().green()),
        };
        let mark = out.paint(out.glyph(rich, plain), style);
        let problem =
            check.problem.as_ref().map_or_else(String::new, |problem| format!(": {}", clean(problem)));
        out.line(format!("{mark} {}{problem}", check.name));
        if let Some(hint) = &check.hint {
            out.line(format!("    {}", out.dim(&clean(hint))));
        }
    }
}
