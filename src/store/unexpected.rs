//! Files and folders below the tracker's that are no records: `list`, `doctor`, `check` and `check --base` all ask
//! here, so that they agree.

use super::{EntryKind, Result, Snapshot};
use crate::model::{NotARecord, Problem, RecordKind, RecordPath, Suggestion, TRACKER_FOLDER, is_in_tracker};

/// Returns what is wrong with an entry; none where it is a record, a folder of records, a hidden file, or something
/// that comes close to no record.
#[must_use]
pub fn unexpected(path: &str, kind: EntryKind) -> Option<Problem> {
    if !is_in_tracker(path) {
        return None;
    }
    let reason = match RecordPath::check(path) {
        // Whatever it is: no command reads a hidden file, and none follows a link in its place.
        Err(NotARecord::Hidden) => return None,
        Err(reason) => Some(reason),
        Ok(_) => None,
    };
    let problem = match kind {
        EntryKind::Link => Problem::error("is a symbolic link; links are not followed")
            .with_hint("replace it by a regular file, or remove it"),
        EntryKind::Other => {
            Problem::error("is not a regular file").with_hint("replace it by a regular file, or remove it")
        }
        EntryKind::Folder => folder(path)?,
        EntryKind::Executable => match reason {
            Some(NotARecord::Unknown | NotARecord::Outside) => return None,
            _ => Problem::error("is executable; a record is a plain file")
                .with_hint(Suggestion::git(["update-index", "--chmod=-x", path]).to_string()),
        },
        EntryKind::File => file(reason?)?,
    };
    Some(problem.in_file(path))
}

fn file(reason: NotARecord) -> Option<Problem> {
    Some(match reason {
        NotARecord::Outside | NotARecord::Unknown | NotARecord::Hidden => return None,
        NotARecord::Misplaced(kind) if kind.has_owners() => {
            let folder = kind.folder();
            Problem::error(format!("no {kind} is read from here, only from files in {folder}/ID"))
                .with_hint("move it, or remove it")
        }
        NotARecord::Misplaced(kind) => {
            Problem::error(format!("lies in a folder where a {kind}'s file should be"))
                .with_hint(format!("move it to {}, or remove it", kind.folder()))
        }
        NotARecord::WrongEnding(kind) => {
            let ending = kind.endings().join("` or `");
            Problem::warning(format!("is not a {kind}: the name does not end in `{ending}`"))
        }
        NotARecord::NotAnId(kind, error) if kind.has_owners() => {
            Problem::error(format!("the folder's name is no task id: {error}"))
        }
        NotARecord::NotAnId(_, error) => Problem::error(format!("the file's name is no task id: {error}")),
        NotARecord::BadName(kind) => Problem::error(format!("no {kind} can have this name")),
    })
}

/// Folders in the place of files. One that lies where an owner's should be is judged by the files in it.
fn folder(path: &str) -> Option<Problem> {
    let kind = RecordKind::all().find(|kind| {
        let inside = path.strip_prefix(kind.folder()).is_some_and(|rest| rest.starts_with('/'));
        inside && kind.folder() != TRACKER_FOLDER
    })?;
    let depth = path[kind.folder().len() + 1..].split('/').count();
    let is_of_owner = kind.has_owners() && depth == 1;
    (!is_of_owner).then(|| {
        Problem::error(format!("is a folder where a {kind}'s file should be"))
            .with_hint("move it, or remove it")
    })
}

impl Snapshot {
    /// Returns what is wrong with everything below a folder that is no record, sorted. A folder that should not be
    /// there is named only where no file in it is.
    pub fn unexpected(&self, folder: &str) -> Result<Vec<Problem>> {
        Ok(unexpected_among(&self.walk_below(folder)?))
    }
}

/// Returns what is wrong with those of the entries that are no records. They are sorted by path.
#[must_use]
pub fn unexpected_among(entries: &[(String, EntryKind)]) -> Vec<Problem> {
    let mut found = Vec::new();
    for (at, (path, kind)) in entries.iter().enumerate() {
        let is_inside = |(other, kind): &(String, EntryKind)| {
            *kind != EntryKind::Folder
                && other.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        // Between a folder and what is in it come only names that begin like it.
        let mut following =
            entries[at + 1..].iter().take_while(|(other, _)| other.starts_with(path.as_str()));
        if *kind == EntryKind::Folder && following.any(is_inside) {
            continue;
        }
        found.extend(unexpected(path, *kind));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_no_record() {
        let message = |path: &str, kind| unexpected(path, kind).map(|problem| problem.message);
        for path in [".tracker/tasks/TASK-1.md", ".tracker/README.md", ".tracker/tasks/.x.md", "src/a.rs"] {
            assert_eq!(message(path, EntryKind::File), None, "{path}");
        }
        for path in [".tracker/tasks", ".tracker/findings", ".tracker/findings/TASK-1", ".tracker/x"] {
            assert_eq!(message(path, EntryKind::Folder), None, "{path}");
        }
        let error = |path: &str, kind, part: &str| {
            let message = message(path, kind).unwrap_or_default();
            assert!(message.contains(part), "{path}: {message}");
        };
        error(".tracker/tasks/done/TASK-1.md", EntryKind::File, "lies in a folder where a task's");
        error(".tracker/findings/TASK-1/old/F1.yaml", EntryKind::File, "no finding is read from here");
        error(".tracker/findings/F1.yaml", EntryKind::File, "no finding is read from here");
        error(".tracker/notes/task-1/a.md", EntryKind::File, "the folder's name is no task id");
        error(".tracker/tasks/notes.txt", EntryKind::File, "does not end in `.md`");
        error(".tracker/roles/a.b.md", EntryKind::File, "no role can have this name");
        error(".tracker/tasks/TASK-1.md", EntryKind::Executable, "is executable");
        error(".tracker/tasks/TASK-1.md", EntryKind::Link, "symbolic link");
        error(".tracker/tasks/TASK-1.md", EntryKind::Other, "not a regular file");
        error(".tracker/tasks/TASK-1.md", EntryKind::Folder, "is a folder where a task's file");
        error(".tracker/findings/TASK-1/old", EntryKind::Folder, "is a folder where a finding's file");
    }

    #[test]
    fn names_a_folder_only_where_no_file_in_it_is_named() {
        let entry = |path: &str, kind| (path.to_owned(), kind);
        let entries = [
            entry(".tracker/tasks/done", EntryKind::Folder),
            entry(".tracker/tasks/done-1", EntryKind::Folder),
            entry(".tracker/tasks/done/TASK-1.md", EntryKind::File),
        ];
        let files: Vec<String> = unexpected_among(&entries).into_iter().map(|problem| problem.file).collect();
        assert_eq!(files, [".tracker/tasks/done-1", ".tracker/tasks/done/TASK-1.md"]);
    }
}
