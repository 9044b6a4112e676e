//! Merge commits of the range: what the field merge of their parents gives, against what they hold.

use std::cell::Cell;
use std::collections::BTreeMap;

use similar::{ChangeTag, TextDiff};

use super::changes::RangeCommit;
use super::types::MergedRecord;
use super::{RangeReader, Result};
use crate::doc::{Marks, RecordVersions, merge_record};
use crate::git::{CommitId, CommitInfo, FileChange, FileState};
use crate::model::{RecordPath, TRACKER_FOLDER, TaskId, is_daily_record, is_in_tracker};

/// Maximum number of differing lines shown.
const SHOWN: usize = 4;
/// Maximum number of lines of each side compared, from the first that differs: whoever pushes chooses the texts, and two long
/// ones that have little in common take minutes.
const COMPARED: usize = 200;
/// A merge with more records that both sides changed is looked at no further.
const MOST_RECORDS: usize = 20_000;

/// Lines times lines of records that are merged for a judgement: texts that are made to be hard take that many steps.
const MOST_WORK: u64 = 4_000_000_000;

/// What merges of records may still take.
pub(super) struct RecordWork(Cell<u64>);

/// What two sides of a record make of each other.
pub(super) enum FieldMerge {
    Clean(String),
    /// With the text, in which both sides of it are.
    Conflict(String),
    TooMuchWork,
}

impl Default for RecordWork {
    fn default() -> Self {
        Self(Cell::new(MOST_WORK))
    }
}

impl RecordWork {
    /// Takes what it is to merge two sides of a record, where that much is left.
    fn take(&self, base: Option<&[u8]>, sides: [&[u8]; 2]) -> bool {
        let lines = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let [one, other] = sides.map(lines);
        let base = base.map_or(1, lines);
        let work = base.saturating_mul(one + other).saturating_add(one.saturating_mul(other));
        let left = self.0.get().checked_sub(work);
        self.0.set(left.unwrap_or(self.0.get()));
        left.is_some()
    }
}

impl RangeReader<'_> {
    /// Returns the records of merge commits that are not what their parents give.
    pub fn merged(&self) -> Result<Vec<MergedRecord>> {
        let mut found = Vec::new();
        for RangeCommit { info, changes, .. } in &self.changes.commits {
            match info.parents.as_slice() {
                [] | [_] => {}
                [ours, theirs] => self.join(info, *ours, *theirs, &mut found)?,
                _ => self.beyond_all(info, changes, &mut found)?,
            }
        }
        Ok(found)
    }

    /// Of an octopus, what it has otherwise than all of its parents.
    fn beyond_all(
        &self,
        info: &CommitInfo,
        changes: &[FileChange],
        found: &mut Vec<MergedRecord>,
    ) -> Result<()> {
        for change in changes {
            if is_in_tracker(&change.path) {
                let before = self.text(change.before)?;
                let after = self.text(change.after)?;
                found.extend(difference(info.id, &change.path, &before, &after, false));
            }
        }
        Ok(())
    }

    fn join(
        &self,
        info: &CommitInfo,
        ours: CommitId,
        theirs: CommitId,
        found: &mut Vec<MergedRecord>,
    ) -> Result<()> {
        let repository = self.repository;
        let between = by_path(repository.changes_below(TRACKER_FOLDER, Some(ours), theirs)?);
        let from_ours = by_path(repository.changes_below(TRACKER_FOLDER, Some(ours), info.id)?);
        if between.is_empty() && from_ours.is_empty() {
            return Ok(());
        }
        let base = self.history.base_of(ours, theirs)?;
        let from_base = by_path(repository.changes_below(TRACKER_FOLDER, base, ours)?);
        let mut paths: Vec<&String> = between.keys().chain(from_ours.keys()).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths.into_iter().take(MOST_RECORDS) {
            if !is_in_tracker(path) {
                continue;
            }
            let ours_state = between.get(path).or(from_ours.get(path)).and_then(|change| change.before);
            let theirs_state = between.get(path).map_or(ours_state, |change| change.after);
            let base_state = from_base.get(path).map_or(ours_state, |change| change.before);
            let result = from_ours.get(path).map_or(ours_state, |change| change.after);
            let blob = |state: Option<FileState>| state.map(|state| state.blob_id);
            let plain = if blob(ours_state) == blob(base_state) {
                Some(theirs_state)
            } else if blob(theirs_state) == blob(base_state) || blob(theirs_state) == blob(ours_state) {
                Some(ours_state)
            } else {
                None
            };
            let (expected, had_conflict) = match plain {
                Some(state) if blob(state) == blob(result) => continue,
                Some(state) => (self.text(state)?, false),
                None => match self.field_merge(path, [base_state, ours_state, theirs_state])? {
                    FieldMerge::Clean(text) => (text, false),
                    FieldMerge::Conflict(text) => (text, true),
                    // Whatever is there is reported.
                    FieldMerge::TooMuchWork => (String::new(), false),
                },
            };
            let actual = self.text(result)?;
            found.extend(difference(info.id, path, &expected, &actual, had_conflict));
        }
        Ok(())
    }

    /// Returns the records that the base's tip and the head have both changed and that do not merge field by field.
    pub(super) fn record_conflicts(&self) -> Result<Vec<(String, Option<TaskId>)>> {
        let merge_base = self.merge_base();
        let Some((_, tip)) = self.ends.base.as_ref().filter(|(_, tip)| Some(*tip) != merge_base) else {
            return Ok(Vec::new());
        };
        let mut conflicts = Vec::new();
        for theirs in self.repository.changes_below(TRACKER_FOLDER, merge_base, *tip)? {
            let Some(own) = self.changes.net.get(&theirs.path) else { continue };
            let is_one_sided = own.after == theirs.after || own.before == theirs.after;
            if is_one_sided || !is_daily_record(&theirs.path) {
                continue;
            }
            let merged = self.field_merge(&own.path, [own.before, theirs.after, own.after])?;
            if !matches!(merged, FieldMerge::Clean(_)) {
                let task = RecordPath::parse(&own.path).and_then(|record| record.task().cloned());
                conflicts.push((own.path.clone(), task));
            }
        }
        Ok(conflicts)
    }

    fn field_merge(&self, path: &str, states: [Option<FileState>; 3]) -> Result<FieldMerge> {
        let [base, ours, theirs] = states;
        let (Some(own), Some(other)) = (self.read(ours)?, self.read(theirs)?) else {
            // Deleted on one side and changed on the other: a person has to resolve that.
            return Ok(FieldMerge::Conflict(self.text(ours.or(theirs))?));
        };
        Ok(self.fields_merged(path, self.read(base)?.as_deref(), &own, &other))
    }

    /// Merges two sides of a record field by field.
    pub(super) fn fields_merged(
        &self,
        path: &str,
        base: Option<&[u8]>,
        ours: &[u8],
        theirs: &[u8],
    ) -> FieldMerge {
        if !self.record_work.take(base, [ours, theirs]) {
            return FieldMerge::TooMuchWork;
        }
        let marks = Marks { base: "base", ours: "ours", theirs: "theirs", size: 7 };
        let versions = RecordVersions { base, ours, theirs };
        match merge_record(RecordPath::parse(path).as_ref(), versions, None, &marks) {
            Ok(merged) if merged.conflicts.is_empty() => FieldMerge::Clean(merged.text),
            Ok(merged) => FieldMerge::Conflict(merged.text),
            Err(_) => FieldMerge::Conflict(String::from_utf8_lossy(ours).into_owned()),
        }
    }

    fn text(&self, state: Option<FileState>) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.read(state)?.unwrap_or_default()).into_owned())
    }
}

fn by_path(changes: Vec<FileChange>) -> BTreeMap<String, FileChange> {
    changes.into_iter().map(|change| (change.path.clone(), change)).collect()
}

fn difference(
    commit: CommitId,
    path: &str,
    expected: &str,
    actual: &str,
    had_conflict: bool,
) -> Option<MergedRecord> {
    if expected == actual {
        return None;
    }
    let (expected, actual) = first_difference(expected, actual);
    let diff = TextDiff::from_lines(&expected, &actual);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        let text = change.value().trim();
        let is_mark = text.starts_with("<<<<<<<")
            || text.starts_with("=======")
            || text.starts_with(">>>>>>>")
            || text.starts_with("|||||||");
        (!is_mark && !text.is_empty()).then(|| format!("{sign}{text}"))
    });
    let difference = lines.take(SHOWN).collect();
    let task = RecordPath::parse(path).and_then(|record| record.task().cloned());
    Some(MergedRecord { commit: commit.to_string(), path: path.to_owned(), task, had_conflict, difference })
}

/// Returns two texts from the first line that differs, as far as they are compared.
fn first_difference(one: &str, other: &str) -> (String, String) {
    let same = one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count();
    let rest = |text: &str| -> String { text.split_inclusive('\n').skip(same).take(COMPARED).collect() };
    (rest(one), rest(other))
}
