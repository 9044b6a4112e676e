//! `tracker doctor`

use clap::Args;
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::args::{ReadArgs, WriteArgs};
use super::super::door::Door;
use super::super::page::{Page, clean};
use super::Reply;
use super::shared::counted;
use crate::ops;

pub(super) type Output = ops::Diagnosis;

/// Finds what is wrong with the files: broken documents, wrong file names, dangling and circular references,
/// duplicate ids, conflict markers, names that differ only by case, links. With --fix, mends what can be mended
/// without guessing. Exit code 1 where an error is left.
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// Mend what can be mended
    #[arg(long, conflicts_with = "at")]
    fix: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Doctor {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = match self.read.at {
            Some(_) => door.read(&self.read)?,
            None => door.write(&self.write)?,
        };
        let diagnosis = ops::doctor(&session, self.fix)?;
        let is_ill = diagnosis.findings.iter().any(|finding| finding.is_error);
        Ok(Answer::of(diagnosis).no_if(is_ill))
    }
}

impl View for ops::Diagnosis {
    fn show(&self, page: &mut Page) {
        for mended in &self.mended {
            let word = if self.dry_run { "would mend" } else { "mended" };
            page.line(format!("{}  {}", page.paint(word, Style::new().green()), clean(mended)));
        }
        for finding in &self.findings {
            let (rich, plain, style) = match finding.is_error {
                true => ("✗", "error", Style::new().red()),
                false => ("!", "warning", Style::new().yellow()),
            };
            let mark = page.paint(page.pick(rich, plain), style);
            let place = finding.line.map_or_else(String::new, |line| format!(":{line}"));
            let file = clean(&finding.file).into_owned();
            page.line(format!("{mark} {file}{place}  {}  {}", clean(&finding.message), page.dim(finding.rule)));
            if let Some(hint) = finding.hint.as_deref().filter(|_| !page.is_quiet()) {
                page.line(format!("    {}", page.dim(&clean(hint))));
            }
        }
    }

    fn remark(&self, page: &mut Page) {
        let errors = self.findings.iter().filter(|finding| finding.is_error).count();
        let warnings = self.findings.len() - errors;
        let files = counted(self.files, "file");
        let said = if self.findings.is_empty() {
            format!("{files}, nothing wrong")
        } else {
            format!("{files}, {}, {}", counted(errors, "error"), counted(warnings, "warning"))
        };
        page.line(page.dim(&said));
    }
}
