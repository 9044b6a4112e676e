//! The record that links a task to an item of another tracker: one YAML mapping, which synchronising writes as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::Document;
use super::merge::RecordVersions;
use super::printable::printable;
use super::source::{self, Kind};
use crate::model::{Problem, SyncField, SyncLink, SyncOrphan, TaskId};

/// Reads a link.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_sync_link(task: &TaskId, bytes: &[u8]) -> Result<SyncLink, Vec<Problem>> {
    // There is one for each task that is linked: the text is parsed once, and again only where something is wrong.
    let text = source::check(bytes, Kind::Yaml)?.text;
    let read: Result<SyncLink, _> = serde_yaml::from_str(&text);
    let link = read.map_err(|error| {
        if let Err(problems) = Document::yaml(bytes) {
            return problems;
        }
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Problem::error(message).at_line(line).with_hint("restore the file with git")]
    })?;
    if link.task == task.as_str() {
        return Ok(link);
    }
    let message = format!("`{}` is not the task that the file's name says", printable(&link.task));
    let line = Document::yaml(bytes)?.line_of("task").unwrap_or(1);
    Err(vec![Problem::error(message).on_key("task").at_line(line)])
}

/// Writes a link.
#[must_use]
pub fn create_sync_link(link: &SyncLink) -> String {
    serde_yaml::to_string(link).expect("plain data with text keys is always YAML")
}

/// Merges three versions of a link, field by field; none where one side cannot be read, or both name another item. What both
/// have changed in its own way is left out, and the next run reads it anew: the version, what was agreed on, what was
/// declined. Only that a pair is no longer synchronised is a person's decision, and is kept.
#[must_use]
pub fn merge_sync_links(task: &TaskId, versions: RecordVersions<'_>) -> Option<String> {
    let read = |bytes: &[u8]| read_sync_link(task, bytes).ok();
    let (ours, theirs) = (read(versions.ours)?, read(versions.theirs)?);
    let base = versions.base.filter(|bytes| !bytes.is_empty()).and_then(read);
    let base = base.unwrap_or_else(|| SyncLink::new(task.as_str(), ""));
    let id = match merged(&base.id, &ours.id, &theirs.id) {
        Some(id) => id.clone(),
        None if ours.id.is_empty() => theirs.id.clone(),
        None if theirs.id.is_empty() => ours.id.clone(),
        None => return None,
    };
    let is_unlinked = [&ours, &theirs].iter().any(|side| side.orphan == Some(SyncOrphan::Unlinked));
    let orphan = merged(&base.orphan, &ours.orphan, &theirs.orphan).copied();
    let link = SyncLink {
        task: ours.task,
        id,
        version: merged(&base.version, &ours.version, &theirs.version).cloned().flatten(),
        orphan: orphan.unwrap_or(is_unlinked.then_some(SyncOrphan::Unlinked)),
        declined: merged_fields(&base.declined, &ours.declined, &theirs.declined),
        conflicts: merged_fields(&base.conflicts, &ours.conflicts, &theirs.conflicts),
        agreed: merged_fields(&base.agreed, &ours.agreed, &theirs.agreed),
    };
    Some(create_sync_link(&link))
}

/// Returns what one side alone has changed, or both alike.
fn merged<'v, V: PartialEq>(base: &V, ours: &'v V, theirs: &'v V) -> Option<&'v V> {
    if ours == theirs || theirs == base {
        return Some(ours);
    }
    (ours == base).then_some(theirs)
}

fn merged_fields<V: PartialEq + Clone>(
    base: &BTreeMap<SyncField, V>,
    ours: &BTreeMap<SyncField, V>,
    theirs: &BTreeMap<SyncField, V>,
) -> BTreeMap<SyncField, V> {
    let fields: BTreeSet<SyncField> = ours.keys().chain(theirs.keys()).copied().collect();
    let value = |field: SyncField| {
        let all = [base, ours, theirs].map(|side| side.get(&field));
        let kept = merged(&all[0], &all[1], &all[2]).copied().flatten()?;
        Some((field, kept.clone()))
    };
    fields.into_iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::{create_sync_link, merge_sync_links, read_sync_link};
    use crate::doc::RecordVersions;
    use crate::model::{SyncConflict, SyncField, SyncLink, SyncOrphan, SyncValue, TaskId};

    fn link(change: impl FnOnce(&mut SyncLink)) -> SyncLink {
        let mut link = SyncLink { version: Some("1".to_owned()), ..SyncLink::new("TASK-7Q2M", "4") };
        link.agreed.insert(SyncField::Title, SyncValue::text("a"));
        link.agreed.insert(SyncField::Area, SyncValue::text("b"));
        change(&mut link);
        link
    }

    /// Merges both ways, over a base or none.
    fn merged(base: Option<&SyncLink>, ours: &SyncLink, theirs: &SyncLink) -> Option<SyncLink> {
        let task = TaskId::parse("TASK-7Q2M").unwrap();
        let base = base.map(create_sync_link);
        let merge = |ours: &SyncLink, theirs: &SyncLink| {
            let (ours, theirs) = (create_sync_link(ours), create_sync_link(theirs));
            let base = base.as_ref().map(String::as_bytes);
            let versions = RecordVersions { base, ours: ours.as_bytes(), theirs: theirs.as_bytes() };
            let text = merge_sync_links(&task, versions)?;
            Some(read_sync_link(&task, text.as_bytes()).unwrap())
        };
        let found = merge(ours, theirs);
        assert_eq!(merge(theirs, ours), found, "the sides are equal");
        found
    }

    #[test]
    fn links_that_differ_in_their_versions_alone_are_merged_without_one() {
        let (two, three) = (link(|own| own.version = Some("2".to_owned())), link(|own| own.version = None));
        let unversioned = link(|own| own.version = None);
        assert_eq!(merged(None, &link(|_| ()), &two), Some(unversioned.clone()));
        assert_eq!(merged(Some(&link(|_| ())), &two, &three), Some(unversioned));
        assert_eq!(merged(Some(&link(|_| ())), &two, &link(|_| ())), Some(two));
    }

    #[test]
    fn links_are_merged_field_by_field() {
        let title = |text: &str| {
            let text = SyncValue::text(text);
            link(|own| drop(own.agreed.insert(SyncField::Title, text)))
        };
        let area = link(|own| drop(own.agreed.insert(SyncField::Area, SyncValue::text("c"))));
        let both = merged(Some(&link(|_| ())), &title("t"), &area).unwrap();
        assert_eq!(
            both.agreed,
            title("t").agreed.into_iter().take(1).chain(area.agreed.into_iter().skip(1)).collect()
        );
        // What each has changed in its own way is agreed on no longer.
        let neither = merged(Some(&link(|_| ())), &title("t"), &title("u")).unwrap();
        assert_eq!(neither.agreed.keys().collect::<Vec<_>>(), [&SyncField::Area]);
        // A conflict that one side has resolved is one no longer.
        let conflict = SyncConflict { here: SyncValue::text("x"), there: SyncValue::text("y") };
        let open = link(|own| drop(own.conflicts.insert(SyncField::Title, conflict)));
        assert_eq!(merged(Some(&open), &open, &title("y")), Some(title("y")));
    }

    #[test]
    fn only_two_items_of_one_task_are_a_conflict() {
        let of = |id: &str, orphan| link(|own| (own.id, own.orphan) = (id.to_owned(), orphan));
        assert_eq!(merged(Some(&of("4", None)), &of("5", None), &of("6", None)), None);
        assert_eq!(merged(Some(&of("4", None)), &of("", None), &of("6", None)), Some(of("6", None)));
        let (gone, unlinked) = (Some(SyncOrphan::DeletedThere), Some(SyncOrphan::Unlinked));
        assert_eq!(merged(Some(&of("4", None)), &of("4", gone), &of("4", unlinked)), Some(of("4", unlinked)));
        let both = Some(SyncOrphan::DeletedBoth);
        assert_eq!(merged(Some(&of("4", None)), &of("4", gone), &of("4", both)), Some(of("4", None)));
    }

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let task = TaskId::parse("TASK-7Q2M").unwrap();
        let mut link = SyncLink::new("TASK-7Q2M", "1.10");
        link.agreed.insert(SyncField::Title, SyncValue::text("yes: no # \u{7f}"));
        link.agreed.insert(SyncField::Due, SyncValue::text("2026-12-01"));
        link.agreed.insert(SyncField::Body, SyncValue::text("a\n\n- [ ] b\n"));
        let labels = ["1", "x"].map(str::to_owned).into();
        link.agreed.insert(SyncField::Labels, SyncValue::Labels(labels));
        let conflict = SyncConflict { here: SyncValue::text("~"), there: SyncValue::text("null") };
        link.conflicts.insert(SyncField::Area, conflict);
        let text = create_sync_link(&link);
        assert_eq!(read_sync_link(&task, text.as_bytes()).unwrap(), link, "{text}");
        let other = TaskId::parse("TASK-3F8K").unwrap();
        let problems = read_sync_link(&other, text.as_bytes()).unwrap_err();
        assert_eq!(problems[0].message, "`TASK-7Q2M` is not the task that the file's name says");
        let twice = "task: TASK-7Q2M\nid: '1'\nagreed:\n  title: a\n  due: 2026-12-01\n  title: b\n";
        let problems = read_sync_link(&task, twice.as_bytes()).unwrap_err();
        assert_eq!(
            (problems[0].line, problems[0].message.contains("title")),
            (Some(6), true),
            "{problems:?}"
        );
    }
}
