//! The paths of records: the one table of everything below `.tracker`, and the only place that spells it.
//!
//! Paths are relative to the top of the working tree, with `/`. One that the table does not have is no record, however
//! close it comes. Whether the entry at a path is a plain file is for its reader to look at.

mod kind;

use std::fmt;

use super::{IdError, RunId, SprintId, TaskId, is_role_name};
use kind::{Layout, Naming, Owner, TABLE};
pub use kind::{RecordFormat, RecordKind, TRACKER_FOLDER};

/// In a folder of records, which git would otherwise leave out.
const PLACEHOLDER: &str = ".gitkeep";

/// The name of a file or folder that contains records: one component of a path, not hidden, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName(Box<str>);

impl RecordName {
    /// Longest name accepted, in bytes: that of the usual file systems.
    const LONGEST: usize = 255;

    /// Reads a name; none where it is not that of a record.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | char::REPLACEMENT_CHARACTER);
        let is_name = !text.is_empty()
            && text.len() <= Self::LONGEST
            && !text.starts_with('.')
            && !text.contains(is_odd);
        is_name.then(|| Self(text.into()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The path of a record. Kinds whose paths differ in their row alone share a variant. A `name` is that of the file, with
/// its ending where the record is in the folder of an owner; what a record is called where the ending is left out means
/// the whole folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordPath {
    /// Of a kind that is a single file, such as `config.toml`.
    File(RecordKind),
    /// `tasks/ID.md`
    Task(TaskId),
    /// Of a kind with a file a record, such as `roles/ROLE.md`.
    Named {
        /// The kind.
        kind: RecordKind,
        /// The file's name, without its ending.
        name: RecordName,
    },
    /// In the folder of a task, such as `signoffs/ID/NAME`.
    OfTask {
        /// The kind.
        kind: RecordKind,
        /// The task that it is on.
        task: TaskId,
        /// The file's name.
        name: RecordName,
    },
    /// `sprints/SPRINT/sprint.yaml`
    Sprint(SprintId),
    /// In the folder of a sprint, such as `sprints/SPRINT/scope/NAME`.
    OfSprint {
        /// The kind.
        kind: RecordKind,
        /// The sprint.
        sprint: SprintId,
        /// The file's name.
        name: RecordName,
    },
    /// In the folder of another tracker, such as `sync/REMOTE/NAME`.
    OfRemote {
        /// The kind.
        kind: RecordKind,
        /// The other tracker.
        remote: RecordName,
        /// The file's name.
        name: RecordName,
    },
    /// `.gitkeep` in this folder, whose path is below the tracker's.
    Placeholder(Box<str>),
}

/// Why a path is no record's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotARecord {
    /// It does not lie below the tracker's folder.
    Outside,
    /// No kind has a file or folder of this name.
    Unknown,
    /// A hidden file, such as one that a write which was killed left behind.
    Hidden,
    /// A file of a kind lies elsewhere than its folder: a folder deeper, or not in that of an owner.
    Misplaced(RecordKind),
    /// Its name has none of the endings of its kind.
    WrongEnding(RecordKind),
    /// Its name, or that of the folder of its owner, is no id.
    NotAnId(RecordKind, IdError),
    /// Its name, or that of the folder of its owner, is none that a record can have.
    BadName(RecordKind),
}

impl RecordPath {
    /// Reads a path below the top of the working tree; none where it is no record's.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        Self::check(path).ok()
    }

    /// Reads a path below the top of the working tree, or says why it is no record's.
    pub fn check(path: &str) -> Result<Self, NotARecord> {
        let Some(below) = below(path) else { return Err(NotARecord::Outside) };
        if let Some(row) = TABLE.iter().find(|row| matches!(row.place, Layout::File(own) if own == path)) {
            return Self::of(row.kind, None, "").ok_or(NotARecord::Unknown);
        }
        let Some((folder, rest)) = below.split_once('/') else { return Err(NotARecord::Unknown) };
        let Some(kind) = RecordKind::of_folder(folder, rest) else { return Err(NotARecord::Unknown) };
        let (owner, name) = match rest.split_once('/') {
            Some((owner, name)) => (Some(owner), name),
            None => (None, rest),
        };
        let name = kind.inner_folder().map_or(name, |inner| &name[inner.len() + 1..]);
        if name == PLACEHOLDER && !kind.is_policy() && (owner.is_none() || kind.has_owners()) {
            let folder = &below[..below.len() - PLACEHOLDER.len() - 1];
            return Ok(Self::Placeholder(folder.into()));
        }
        if rest.split('/').any(|part| part.starts_with('.')) {
            return Err(NotARecord::Hidden);
        }
        let endings = kind.endings();
        let stem = endings.iter().find_map(|ending| name.strip_suffix(ending));
        let Some(stem) = stem.or_else(|| endings.is_empty().then_some(name)) else {
            return Err(NotARecord::WrongEnding(kind));
        };
        if name.contains('/') || owner.is_some() != kind.has_owners() {
            return Err(NotARecord::Misplaced(kind));
        }
        let id = if kind.is_of_task() { owner } else { matches!(kind, RecordKind::Task).then_some(stem) };
        if let Some(error) = id.and_then(|id| TaskId::check(id).err()) {
            return Err(NotARecord::NotAnId(kind, error));
        }
        let name = if kind.has_owners() { name } else { stem };
        Self::of(kind, owner, name).ok_or(NotARecord::BadName(kind))
    }

    /// Reads the path of a tracker that need not be that of the top of the working tree, such as
    /// `app/.tracker/tasks/TASK-7Q2M.md`.
    #[must_use]
    pub fn parse_anywhere(path: &str) -> Option<Self> {
        let at = path.rfind(".tracker/").filter(|at| *at == 0 || path.as_bytes()[at - 1] == b'/')?;
        Self::parse(&path[at..])
    }

    /// Returns the path of a record of this kind that belongs to a task; none where the kind has no such records, or
    /// where no record of it can have this name.
    #[must_use]
    pub fn of_task(kind: RecordKind, task: &TaskId, name: &str) -> Option<Self> {
        let is_whole = kind.is_of_task() && kind.endings().iter().any(|ending| name.ends_with(ending));
        if is_whole { Self::of(kind, Some(task.as_str()), name) } else { None }
    }

    /// Returns the path of a change of a sprint's scope, or of a document of it; none where the kind has no such files,
    /// or where none can have this name.
    #[must_use]
    pub fn of_sprint(kind: RecordKind, sprint: &SprintId, name: &str) -> Option<Self> {
        let is_kind = matches!(kind, RecordKind::ScopeChange | RecordKind::SprintDocument);
        let is_whole = is_kind && kind.endings().iter().any(|ending| name.ends_with(ending));
        if is_whole { Self::of(kind, Some(sprint.as_str()), name) } else { None }
    }

    /// Returns the sprint whose record it is.
    #[must_use]
    pub fn sprint(&self) -> Option<&SprintId> {
        match self {
            Self::Sprint(sprint) | Self::OfSprint { sprint, .. } => Some(sprint),
            _ => None,
        }
    }

    /// Returns the path of a task's file.
    #[must_use]
    pub fn task_file(id: &TaskId) -> String {
        Self::Task(id.clone()).to_string()
    }

    /// Returns the path of the record of a run.
    #[must_use]
    pub fn run(id: &RunId) -> Option<Self> {
        Self::of(RecordKind::Run, None, id.as_str())
    }

    /// Returns the path of what links a task to another tracker; none where one cannot have this name.
    #[must_use]
    pub fn sync_link(remote: &str, task: &TaskId) -> Option<Self> {
        let ending = RecordKind::SyncLink.endings().first().copied().unwrap_or_default();
        Self::of(RecordKind::SyncLink, Some(remote), &format!("{task}{ending}"))
    }

    /// Returns the path of an escalation; none where one cannot have this id.
    #[must_use]
    pub fn escalation(id: &str) -> Option<Self> {
        Self::of(RecordKind::Escalation, None, id)
    }

    /// Returns the path of a workflow; none where a workflow cannot have this name.
    #[must_use]
    pub fn workflow(name: &str) -> Option<Self> {
        Self::of(RecordKind::Workflow, None, name)
    }

    /// Returns the path of a role's file; none where a role cannot have this name.
    #[must_use]
    pub fn role(name: &str) -> Option<Self> {
        Self::of(RecordKind::Role, None, name)
    }

    /// Returns the path of a team's own template; none where a file cannot have this name.
    #[must_use]
    pub fn template(name: &str) -> Option<Self> {
        Self::of(RecordKind::Template, None, name)
    }

    /// Returns the task whose link to an item of another tracker this is; none where it is another record.
    #[must_use]
    pub fn linked_task(&self) -> Option<TaskId> {
        let Self::OfRemote { kind: RecordKind::SyncLink, name, .. } = self else { return None };
        let ending = RecordKind::SyncLink.endings().first().copied().unwrap_or_default();
        TaskId::parse(name.as_str().strip_suffix(ending)?).ok()
    }

    fn of(kind: RecordKind, owner: Option<&str>, name: &str) -> Option<Self> {
        let row = kind.row();
        let own = || RecordName::parse(name);
        Some(match (row.place, row.owner) {
            (Layout::Elsewhere, _) => return None,
            (Layout::File(_), _) => Self::File(kind),
            (Layout::Folder(_), _) if kind == RecordKind::Task => Self::Task(TaskId::parse(name).ok()?),
            (Layout::Folder(_), _) => {
                let is_name = match row.naming {
                    Naming::Any => true,
                    Naming::Id => TaskId::check(name).is_ok(),
                    Naming::Role => is_role_name(name),
                };
                Self::Named { kind, name: own().filter(|_| is_name)? }
            }
            (Layout::FileOfOwner(..), _) => Self::Sprint(SprintId::parse(owner?).ok()?),
            (_, Some(Owner::Task)) => Self::OfTask { kind, task: TaskId::parse(owner?).ok()?, name: own()? },
            (_, Some(Owner::Sprint)) => {
                Self::OfSprint { kind, sprint: SprintId::parse(owner?).ok()?, name: own()? }
            }
            (_, Some(Owner::Remote) | None) => {
                Self::OfRemote { kind, remote: RecordName::parse(owner?)?, name: own()? }
            }
        })
    }

    /// Returns what kind of record it is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::File(kind)
            | Self::Named { kind, .. }
            | Self::OfTask { kind, .. }
            | Self::OfSprint { kind, .. }
            | Self::OfRemote { kind, .. } => *kind,
            Self::Task(_) => RecordKind::Task,
            Self::Sprint(_) => RecordKind::Sprint,
            Self::Placeholder(_) => RecordKind::Placeholder,
        }
    }

    /// Returns the task whose record it is: itself, or what belongs to it.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Task(task) | Self::OfTask { task, .. } => Some(task),
            _ => None,
        }
    }

    /// Returns the owner of its folder, and its own name.
    fn parts(&self) -> (Option<&str>, &str) {
        match self {
            Self::File(_) => (None, ""),
            Self::Task(id) => (None, id.as_str()),
            Self::Named { name, .. } => (None, name.as_str()),
            Self::OfTask { task, name, .. } => (Some(task.as_str()), name.as_str()),
            Self::OfRemote { remote, name, .. } => (Some(remote.as_str()), name.as_str()),
            Self::Sprint(sprint) => (Some(sprint.as_str()), ""),
            Self::OfSprint { sprint, name, .. } => (Some(sprint.as_str()), name.as_str()),
            Self::Placeholder(folder) => (Some(folder), PLACEHOLDER),
        }
    }

    /// Returns the name of its file, with the ending.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.to_string().rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Returns how it is written down.
    #[must_use]
    pub fn format(&self) -> RecordFormat {
        match self {
            Self::OfSprint { kind: RecordKind::SprintDocument, name, .. }
                if name.as_str().ends_with(".md") =>
            {
                RecordFormat::Markdown
            }
            _ => self.kind().row().format,
        }
    }

    /// Returns the key that repeats the id which the path names, and the id.
    #[must_use]
    pub fn identity(&self) -> Option<(&'static str, &str)> {
        let (owner, name) = self.parts();
        self.kind().row().owner_key.map(|key| (key, owner.unwrap_or(name)))
    }

    /// Whether it is one of the records that are written every day, and not of the policy.
    #[must_use]
    pub fn is_daily(&self) -> bool {
        !self.kind().is_policy()
    }
}

impl fmt::Display for RecordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.kind().row();
        match (row.place, self.parts()) {
            (Layout::File(path), _) => f.write_str(path),
            (Layout::Elsewhere, (folder, name)) => {
                write!(f, "{TRACKER_FOLDER}/{}/{name}", folder.unwrap_or_default())
            }
            (Layout::FolderOfOwner(folder), (owner, name)) => {
                write!(f, "{folder}/{}/{name}", owner.unwrap_or_default())
            }
            (Layout::FileOfOwner(folder, file), (owner, _)) => {
                write!(f, "{folder}/{}/{file}", owner.unwrap_or_default())
            }
            (Layout::FolderInOwner(folder, inner), (owner, name)) => {
                write!(f, "{folder}/{}/{inner}/{name}", owner.unwrap_or_default())
            }
            (Layout::Folder(folder), (_, name)) => {
                write!(f, "{folder}/{name}{}", row.endings.first().copied().unwrap_or_default())
            }
        }
    }
}

impl From<RecordPath> for String {
    fn from(path: RecordPath) -> Self {
        path.to_string()
    }
}

/// Returns what follows the tracker's folder in a path; none where the path lies elsewhere.
fn below(path: &str) -> Option<&str> {
    path.strip_prefix(".tracker/")
}

/// Whether a path lies below the tracker's folder, record or not.
#[must_use]
pub fn is_in_tracker(path: &str) -> bool {
    below(path).is_some()
}

/// Whether a path is that of a record which is written every day: neither policy nor code.
#[must_use]
pub fn is_daily_record(path: &str) -> bool {
    RecordPath::parse(path).is_some_and(|path| path.is_daily())
}

#[cfg(test)]
mod tests;
