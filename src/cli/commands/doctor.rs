//! `tracker doctor`

use clap::Args;
use owo_colors::Style;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::ops;

/// Check tracker files for problems; --fix repairs them
///
/// Broken documents, wrong file names, missing and circular references, duplicate ids, conflict markers, names that differ
/// only by case, links. --fix repairs what can be repaired without guessing. The exit code is 1 if an error is left.
///
/// Example: tracker doctor --fix
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// Repair what can be repaired without guessing
    #[arg(long, conflicts_with = "at")]
    fix: bool,
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
        let diagnosis = ops::doctor(&session, self.fix)?;
        let is_ill = diagnosis.findings.iter().any(|finding| finding.is_error);
        Ok(Answer::of(diagnosis).no_if(is_ill))
    }
}

impl View for ops::Diagnosis {
    fn show(&self, out: &mut Output) {
        for mended in &self.mended {
            let word = if self.dry_run { "would mend" } else { "mended" };
            out.line(format!("{}  {}", out.paint(word, Style::new().green()), clean(mended)));
        }
        for finding in &self.findings {
            let (rich, plain, style) = match finding.is_error {
                true => ("✗", "error", Style::new().red()),
                false => ("!", "warning", Style::new().yellow()),
            };
            let mark = out.paint(out.pick(rich, plain), style);
            let place = finding.line.map_or_else(String::new, |line| format!(":{line}"));
            let file = clean(&finding.file).into_owned();
            out.line(format!("{mark} {file}{place}  {}  {}", clean(&finding.message), out.dim(finding.rule)));
            if let Some(hint) = finding.hint.as_deref().filter(|_| !out.is_quiet()) {
                out.line(format!("    {}", out.dim(&clean(hint))));
            }
        }
    }

    fn status(&self, out: &mut Output) {
        let errors = self.findings.iter().filter(|finding| finding.is_error).count();
        let warnings = self.findings.len() - errors;
        let files = counted(self.files, "file");
        let said = if self.findings.is_empty() {
            format!("{files}, nothing wrong")
        } else {
            format!("{files}, {}, {}", counted(errors, "error"), counted(warnings, "warning"))
        };
        out.line(out.dim(&said));
    }
}
