//! Whose resolutions, overrides and notes are: of whoever signed them, else of the author of the commit that added them.

use super::changes::is_file;
use super::types::{Credit, Credited};
use super::{RangePolicy, RangeReader, Result};
use crate::doc::{read_finding, read_note, signed_move, signed_note, signed_resolution};
use crate::facts::authorship::{Authorship, AuthorshipReader};
use crate::git::{CommitInfo, FileChange, FileState};
use crate::model::{Finding, Move, RecordKind, RecordPath, TaskId};
use crate::policy::Trust;

impl RangeReader<'_> {
    /// Returns whose the resolutions, overrides and notes are that the commits added. What is staged is its author's to
    /// be.
    pub(super) fn credits(&self) -> Result<Vec<Credit>> {
        let mut credits = Vec::new();
        for commit in &self.changes.commits {
            for (change, record) in commit.records() {
                self.of_change(Some(&commit.info), (change, record), &mut credits)?;
            }
        }
        if self.ends.is_staged {
            for change in self.changes.net.values() {
                if let Some(record) = RecordPath::parse(&change.path) {
                    self.of_change(None, (change, &record), &mut credits)?;
                }
            }
        }
        Ok(credits)
    }

    /// Returns the credits of what the base's tip has got since the two parted: it was judged when it came there.
    pub(super) fn landed(&self, id: &TaskId, findings: &[Finding]) -> Result<Vec<Credit>> {
        let of_finding = |finding: &Finding| {
            let id = finding.id.clone();
            finding.resolutions.clone().into_iter().map(move |step| Credited::Resolution(id.clone(), step))
        };
        let overrides = self.text_at_tip(id)?.map(|text| text.overrides()).unwrap_or_default();
        let records = findings.iter().flat_map(of_finding);
        let records = records.chain(overrides.into_iter().map(Credited::Override));
        Ok(records.map(|record| Credit { task: id.clone(), record, trust: Trust::Signed }).collect())
    }

    fn of_change(
        &self,
        info: Option<&CommitInfo>,
        (change, record): (&FileChange, &RecordPath),
        credits: &mut Vec<Credit>,
    ) -> Result<()> {
        let mut add =
            |task: &TaskId, record: Credited, authorship: Authorship<'_>, text: &dyn Fn() -> String| {
                let trust = self.credited(info, &authorship, text);
                credits.push(Credit { task: task.clone(), record, trust });
            };
        match record {
            RecordPath::OfTask { kind: RecordKind::Finding, task, .. } => {
                let read = |state| -> Result<_> {
                    Ok(self.read(state)?.and_then(|bytes| read_finding(task, &bytes).ok()))
                };
                let Some(after) = read(change.after)? else { return Ok(()) };
                let known = read(change.before)?.map(|before| before.resolutions).unwrap_or_default();
                for step in after.resolutions.iter().filter(|step| !known.contains(step)) {
                    let by = step.by.to_string();
                    let authorship = Authorship { by: &by, signature: step.signature.as_deref() };
                    let record = Credited::Resolution(after.id.clone(), step.clone());
                    add(task, record, authorship, &|| signed_resolution(task, &after.id, step));
                }
            }
            RecordPath::Task(task) => {
                let overrides = |state: Option<FileState>| -> Result<Vec<Move>> {
                    let Some(state) = state.filter(is_file) else { return Ok(Vec::new()) };
                    Ok(self.texts.task(state.blob_id)?.overrides())
                };
                let after = overrides(change.after)?;
                let before = if after.is_empty() { Vec::new() } else { overrides(change.before)? };
                for step in after.iter().filter(|step| !before.contains(step)) {
                    let authorship = Authorship { by: &step.by, signature: step.signature.as_deref() };
                    add(task, Credited::Override(step.clone()), authorship, &|| signed_move(task, step));
                }
            }
            RecordPath::OfTask { kind: RecordKind::Note, task, .. } if change.before.is_none() => {
                let bytes = self.read(change.after)?;
                let Some(note) = bytes.and_then(|bytes| read_note(task, &bytes).ok()) else { return Ok(()) };
                let authorship = Authorship { by: &note.by, signature: note.signature.as_deref() };
                let record = Credited::Note { path: change.path.clone(), by: note.by.clone() };
                add(task, record, authorship, &|| signed_note(&note));
            }
            _ => {}
        }
        Ok(())
    }

    fn credited(
        &self,
        info: Option<&CommitInfo>,
        authorship: &Authorship<'_>,
        text: &dyn Fn() -> String,
    ) -> Trust {
        let Some(info) = info else { return Trust::Signed };
        let RangePolicy { people, signers, as_of, .. } = self.policy;
        let reader = AuthorshipReader { repository: self.repository, people, signers, as_of: *as_of };
        reader.trust(&info.author, authorship, text)
    }
}
