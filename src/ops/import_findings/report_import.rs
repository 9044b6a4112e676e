//! One report on its way into one task: the records it becomes, and what is stated of them.

use std::collections::HashMap;

use crate::doc::{Document, Edit, Value, resolve_finding, signed_resolution};
use crate::import::findings::{FindingStatus, Found, Matched, ToolReport, gone};
use crate::model::{
    Config, Finding, FindingId, FindingSeverity, FindingState, Person, Problem, RecordKind, Resolution,
    Suggestion, Task, ToolSource,
};
use crate::ops::signoffs::{creation_of, sign_where_required};
use crate::ops::{Error, Result, Session, Written};
use crate::store::{Change, TaskFile};

use super::{FindingsImport, ImportVote};

/// Who says that a report cannot be read.
const OURSELVES: &str = "tracker";
const UNREADABLE: &str = "unreadable-report";

/// What is the same for all of a report.
pub(super) struct ReportImport<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) config: &'a Config,
    pub(super) file: &'a TaskFile,
    pub(super) task: &'a Task,
    pub(super) role: String,
    pub(super) by: Person,
    pub(super) name: &'a str,
    pub(super) given: &'a str,
}

impl ReportImport<'_> {
    /// Makes the record of what a tool found; its id comes later.
    fn finding_of(&self, found: &Found) -> Finding {
        let source = ToolSource {
            tool: found.tool.clone(),
            rule: found.rule.clone(),
            fingerprint: found.fingerprint.clone(),
        };
        Finding {
            severity: found.severity.clone(),
            detail: found.detail.clone(),
            file: found.file.clone(),
            line: found.line,
            recommendation: found.recommendation.clone(),
            ..self.bare(&found.title, source)
        }
    }

    /// Makes the record of a report that cannot be read: identified by the report's name, whatever is wrong with it.
    fn unreadable(&self, problem: &Problem) -> Finding {
        let source = ToolSource {
            tool: OURSELVES.to_owned(),
            rule: Some(UNREADABLE.to_owned()),
            fingerprint: Some(self.name.to_owned()),
        };
        Finding {
            detail: Some(problem.clone().in_file(self.name).to_string()),
            recommendation: problem.hint.clone(),
            ..self.bare(&format!("the report {} could not be read", self.name), source)
        }
    }

    /// Returns what a report contains, as records.
    pub(super) fn reported(&self, report: &std::result::Result<ToolReport, Problem>) -> Vec<Finding> {
        match report {
            Ok(report) => report.found.iter().map(|found| self.finding_of(found)).collect(),
            Err(problem) => vec![self.unreadable(problem)],
        }
    }

    /// Returns what the report no longer contains, and the findings that reported it as unreadable.
    pub(super) fn gone<'k>(
        &self,
        report: &ToolReport,
        all: &[Matched],
        known: &'k [Finding],
    ) -> (Vec<&'k Finding>, Vec<&'k Finding>) {
        let fixed = self.unreadable_before(known);
        let mut gone = gone(report, &self.role, all, known);
        gone.retain(|gone| fixed.iter().all(|fixed| fixed.id != gone.id));
        (gone, fixed)
    }

    /// Returns what became of the report, as far as the report alone tells.
    pub(super) fn outcome(
        &self,
        report: &std::result::Result<ToolReport, Problem>,
        all: &[Matched],
        written: Written,
    ) -> FindingsImport {
        let read = report.as_ref().ok();
        FindingsImport {
            task: self.task.id.to_string(),
            title: self.task.title.clone(),
            role: self.role.clone(),
            report: self.name.to_owned(),
            format: read.map(|report| report.format),
            tools: read.map(|report| report.tools.clone()).unwrap_or_default(),
            findings: Vec::new(),
            left_out: read.map_or(0, |report| report.left_out),
            gone: Vec::new(),
            resolved: false,
            fails: read.is_none() || all.iter().any(|matched| self.fails(matched)),
            vote: ImportVote::None,
            next: Vec::new(),
            written,
        }
    }

    fn bare(&self, title: &str, source: ToolSource) -> Finding {
        Finding {
            id: FindingId::parse("F0").expect("a literal id is valid"),
            task: self.task.id.clone(),
            role: self.role.clone(),
            severity: FindingSeverity::High,
            title: title.to_owned(),
            detail: None,
            file: None,
            line: None,
            recommendation: None,
            by: self.by.clone(),
            at: self.session.env().now(),
            source: Some(source),
            resolutions: Vec::new(),
            unknown: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Returns the findings that say that a report of this name could not be read: now it can.
    fn unreadable_before<'k>(&self, known: &'k [Finding]) -> Vec<&'k Finding> {
        let is_ours = |finding: &&Finding| {
            let source = finding.source.as_ref();
            finding.state().is_open()
                && finding.role == self.role
                && source.is_some_and(|source| {
                    source.tool == OURSELVES
                        && source.rule.as_deref() == Some(UNREADABLE)
                        && source.fingerprint.as_deref() == Some(self.name)
                })
        };
        known.iter().filter(is_ours).collect()
    }

    /// Whether a finding rejects: it is open, and high or critical.
    pub(super) fn rejects(matched: &Matched) -> bool {
        matched.status.is_open() && matched.finding.severity.rank() >= FindingSeverity::High.rank()
    }

    /// Whether a finding fails the stage: it rejects, or keeps the task in its stage.
    fn fails(&self, matched: &Matched) -> bool {
        let blocks = self.config.policy.blocking_severity.blocks(matched.finding.severity.rank());
        Self::rejects(matched) || matched.status.is_open() && blocks
    }

    /// Returns the changes that write findings down: new ones as files, what became of others as lines in theirs.
    pub(super) fn record(
        &self,
        all: &[Matched],
        resolved: &[&Finding],
        records: &[(String, Finding)],
    ) -> Result<Vec<Change>> {
        let names: HashMap<&FindingId, &str> =
            records.iter().map(|(name, finding)| (&finding.id, name.as_str())).collect();
        let mut changes = Vec::new();
        for Matched { finding, status, is_worse, moved_from } in all {
            let mut edits = Vec::new();
            match status {
                FindingStatus::New => changes.push(creation_of(finding)),
                FindingStatus::Reopened => {
                    edits.push(self.resolution(finding, FindingState::Open, "found again in")?);
                }
                FindingStatus::Known | FindingStatus::Waived => {}
            }
            if *is_worse {
                let value = Value::Text(finding.severity.to_string());
                edits.push(Edit::Set { key: "severity".to_owned(), value });
            }
            if let (Some(_), Some(line)) = (moved_from, finding.line) {
                edits.push(Edit::Set { key: "line".to_owned(), value: Value::Integer(i64::from(line)) });
            }
            if !edits.is_empty() {
                changes.push(self.edited(names[&finding.id], &edits)?);
            }
        }
        for finding in resolved {
            let edit = self.resolution(finding, FindingState::Resolved, "no longer found in")?;
            changes.push(self.edited(names[&finding.id], &[edit])?);
        }
        Ok(changes)
    }

    fn resolution(&self, finding: &Finding, to: FindingState, why: &str) -> Result<Edit> {
        // The latest counts: a clock that runs ahead elsewhere must not outweigh what is stated now.
        let last = finding.resolution().map_or(finding.at, |resolution| resolution.at);
        let at = self.session.env().now().max(last);
        let why = Some(format!("{why} {}", self.name));
        let mut resolution = Resolution { at, by: self.by.clone(), to, why, signature: None };
        let text = signed_resolution(&self.task.id, &finding.id, &resolution);
        resolution.signature = sign_where_required(self.session, self.config, &text)?.0;
        Ok(resolve_finding(&resolution))
    }

    fn edited(&self, name: &str, edits: &[Edit]) -> Result<Change> {
        let path = format!("{}/{name}", RecordKind::Finding.folder_of(&self.task.id));
        let bytes = self.session.snapshot().read(&path)?.unwrap_or_default();
        let document = Document::yaml(&bytes).map_err(Error::Broken)?;
        let after = document.edit(edits).map_err(|problem| Error::Broken(vec![problem.in_file(&path)]))?;
        Ok(Change::replace(&path, document.text(), after))
    }

    /// Says what became of the findings.
    pub(super) fn messages(
        &self,
        all: &[Matched],
        gone: &[&Finding],
        fixed: &[&Finding],
        is_settling: bool,
    ) -> Vec<String> {
        let count = |status: FindingStatus| all.iter().filter(|matched| matched.status == status).count();
        let parts =
            [FindingStatus::New, FindingStatus::Known, FindingStatus::Reopened, FindingStatus::Waived];
        let parts = parts.into_iter().map(|status| (count(status), status.as_str()));
        let parts: Vec<String> =
            parts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let mut messages = vec![match parts.as_slice() {
            [] => "no findings".to_owned(),
            parts => format!("findings: {}", parts.join(", ")),
        }];
        if !gone.is_empty() {
            let word = if is_settling { "resolved" } else { "left open" };
            messages.push(format!("{} no longer found, {word}", gone.len()));
        }
        for Matched { finding, status, moved_from, .. } in all {
            if let (FindingStatus::Waived, Some(line), Some(place)) = (status, moved_from, finding.place()) {
                messages.push(format!(
                    "{} stays waived: it was on line {line}, and is found at {place} now",
                    finding.id
                ));
            }
        }
        if !fixed.is_empty() {
            messages.push(format!("{} can be read again", self.name));
        }
        messages
    }

    /// Returns what brings the task forward.
    pub(super) fn next(&self, fails: bool, gone: &[&Finding], is_settling: bool) -> Vec<Suggestion> {
        let (id, role) = (self.task.id.as_str(), self.role.as_str());
        let mut next = Vec::new();
        if !gone.is_empty() && !is_settling {
            let words = ["findings", "import", self.given, "--task", id, "--as", role, "--resolve-gone"];
            next.push(Suggestion::tracker(words));
        }
        if fails {
            next.push(Suggestion::tracker(["findings", id]));
        } else if self.is_required() {
            next.push(Suggestion::tracker(["approve", id, "--as", role]));
        }
        next
    }
}
