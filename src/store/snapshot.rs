//! The records at one moment: the working tree's, or a commit's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::resolve::Purpose;
use super::source::Source;
use super::tasks::Tasks;
use super::transaction::Writes;
use super::{Entry, EntryKind, Error, KeptTasks, Result, Stamps, resolve, unexpected};
use crate::doc;
use crate::git::{CommitId, FileMode, TreeFile};
use crate::model::{
    Config, Finding, Note, Problem, RecordKind, RecordPath, RoleGuide, ScopeRecord, Severity, Sprint,
    SprintId, TRACKER_FOLDER, Task, TaskId, Vote, compare_ids, is_in_tracker,
};

/// A task's file, read.
#[derive(Debug, Clone)]
pub struct TaskFile {
    /// The id that the file's name says.
    pub id: TaskId,
    /// Path below the top of the working tree.
    pub path: String,
    /// The bytes as they are.
    pub bytes: Vec<u8>,
}

impl TaskFile {
    /// Reads the task; every problem names the file.
    pub fn parse(&self) -> Result<Task> {
        let named = |problems: Vec<Problem>| {
            Error::Broken(problems.into_iter().map(|problem| problem.in_file(&self.path)).collect())
        };
        doc::read_task_of(&self.id, &self.bytes).map_err(named)
    }
}

/// A sprint's own file, read, and the changes of its scope since its start, oldest first.
#[derive(Debug, Clone)]
pub struct SprintFile {
    /// What the file says.
    pub sprint: Sprint,
    /// The text as it is.
    pub text: String,
    /// The changes.
    pub scope: Vec<ScopeRecord>,
}

/// Records with the names of their files, and the problems of those that cannot be read.
pub type Records<T> = (Vec<(String, T)>, Vec<Problem>);

/// The files of a folder of records as they were read, and what is no record there. Apart from [`Snapshot`], so that
/// many can be parsed on several threads.
#[derive(Debug)]
pub struct RecordBytes(Vec<RecordEntry>);

#[derive(Debug)]
enum RecordEntry {
    File { name: String, path: String, bytes: std::result::Result<Vec<u8>, Vec<Problem>> },
    Unexpected(Vec<Problem>),
}

impl RecordBytes {
    /// Parses the records; what cannot be read, and what is no record, is among the problems.
    pub fn read<T>(&self, read: impl Fn(&[u8]) -> std::result::Result<T, Vec<Problem>>) -> Records<T> {
        let (mut records, mut problems) = (Vec::new(), Vec::new());
        for entry in &self.0 {
            match entry {
                RecordEntry::File { name, path, bytes } => {
                    match bytes.as_ref().map_or_else(|found| Err(found.clone()), |bytes| read(bytes)) {
                        Ok(record) => records.push((name.clone(), record)),
                        Err(found) => problems.extend(found.into_iter().map(|problem| problem.in_file(path))),
                    }
                }
                RecordEntry::Unexpected(found) => problems.extend(found.iter().cloned()),
            }
        }
        (records, problems)
    }
}

/// A view of all records at one moment.
#[derive(Debug)]
pub struct Snapshot {
    source: Source,
    index: Option<(PathBuf, i64)>,
    /// The writes that must not come between what is read of a working tree.
    writes: Option<Writes>,
    /// Where the tasks of a working tree are kept for the next look.
    kept: Option<Arc<KeptTasks>>,
    /// The tasks of a commit, read once: they never change.
    of_commit: OnceLock<Arc<Tasks>>,
}

impl Snapshot {
    /// How many folders deep [`Snapshot::walk`] goes, the tracker's own included.
    pub const DEEPEST: usize = 24;

    pub(super) fn new(source: Source, index: Option<(PathBuf, i64)>) -> Self {
        Self { source, index, writes: None, kept: None, of_commit: OnceLock::new() }
    }

    /// Makes it read all tasks between two writes, and not in the middle of one.
    pub(super) fn between(mut self, writes: Writes) -> Self {
        self.writes = Some(writes);
        self
    }

    /// Makes it keep all tasks for the next look, or find them there.
    pub(super) fn keeping(mut self, kept: Option<Arc<KeptTasks>>) -> Self {
        self.kept = kept;
        self
    }

    /// Returns the commit that the records are read from; none for the working tree.
    #[must_use]
    pub fn commit_id(&self) -> Option<CommitId> {
        match &self.source {
            Source::Commit(commit) => Some(commit.id),
            Source::WorkTree(_) | Source::Staged { .. } => None,
        }
    }

    /// Whether these are the records of a commit as well, as far as that is known without reading them.
    pub fn is_of(&self, commit_id: CommitId) -> Result<bool> {
        match &self.source {
            Source::Commit(commit) => Ok(commit.id == commit_id),
            Source::Staged { repository, staged } => match staged.tree_id(TRACKER_FOLDER) {
                Some(tree_id) => Ok(repository.tree_id(commit_id, TRACKER_FOLDER)? == Some(tree_id)),
                None => Ok(false),
            },
            Source::WorkTree(_) => Ok(false),
        }
    }

    /// Returns the paths of records that are staged otherwise than in a commit, where nothing else is; none where anything
    /// else is staged, or no record.
    pub fn staged_records_alone(&self, commit_id: CommitId) -> Result<Option<BTreeSet<String>>> {
        let Source::Staged { repository, staged } = &self.source else { return Ok(None) };
        if self.is_of(commit_id)? {
            return Ok(None);
        }
        let changes = repository.staged_changes(Some(commit_id), staged)?;
        let changed: BTreeSet<String> = changes.into_iter().map(|change| change.path).collect();
        Ok(Some(changed).filter(|paths| !paths.is_empty() && paths.iter().all(|path| is_in_tracker(path))))
    }

    /// Returns the files that are staged below a folder; none where the records are not those of the index.
    #[must_use]
    pub fn staged_files(&self, folder: &str) -> Vec<TreeFile> {
        match &self.source {
            Source::Staged { staged, .. } => staged.files(folder),
            Source::Commit(_) | Source::WorkTree(_) => Vec::new(),
        }
    }

    /// Reads the configuration. A missing file gives the default one; warnings come with it.
    pub fn config(&self) -> Result<(Config, Vec<Problem>)> {
        let located = |problems: Vec<Problem>| -> Vec<Problem> {
            problems.into_iter().map(|problem| problem.in_file(RecordKind::Config.file())).collect()
        };
        match self.source.read(RecordKind::Config.file())? {
            None => Ok((Config::default(), Vec::new())),
            Some(bytes) => match doc::read_config(&bytes) {
                Ok((mut config, mut warnings)) => {
                    if doc::names_keys(&config) {
                        let signers = self.read(RecordKind::AllowedSigners.file())?.unwrap_or_default();
                        let signers = String::from_utf8_lossy(&signers);
                        warnings.extend(doc::resolve_member_keys(&mut config, &signers));
                    }
                    Ok((config, located(warnings)))
                }
                Err(problems) => Err(Error::Broken(located(problems))),
            },
        }
    }

    /// Reads the configuration for a command that only reads: where it is broken the default one is used, and
    /// what is wrong comes with it as errors.
    #[must_use]
    pub fn config_or_default(&self) -> (Config, Vec<Problem>) {
        match self.config() {
            Ok(read) => read,
            Err(Error::Broken(problems)) => (Config::default(), problems),
            Err(error) => {
                let problem = Problem::error(error.to_string()).in_file(RecordKind::Config.file());
                (Config::default(), vec![problem])
            }
        }
    }

    /// Reads all tasks; what is broken is among the problems of [`Tasks::read`], the rest is there.
    pub fn tasks(&self) -> Result<Arc<Tasks>> {
        if let Some(tasks) = self.of_commit.get() {
            return Ok(Arc::clone(tasks));
        }
        let tasks = match (&self.source, &self.index) {
            (Source::WorkTree(top), Some((index, started))) => {
                let whole = || Tasks::from_work_tree(top, index, *started);
                let read = || match &self.kept {
                    Some(kept) => kept.tasks(top, whole),
                    None => whole().map(Arc::new),
                };
                return self.writes.as_ref().map_or_else(read, |writes| writes.read_between(read));
            }
            (source @ Source::Commit(commit), Some((index, _))) => {
                match commit.tree(RecordKind::Task.folder())? {
                    Some(tree) => Tasks::from_commit(source, index, &tree.to_string()),
                    None => Tasks::from_source(source),
                }
            }
            (source, _) => Tasks::from_source(source),
        };
        let tasks = Arc::new(tasks?);
        match &self.source {
            Source::Commit(_) => Ok(Arc::clone(self.of_commit.get_or_init(|| tasks))),
            Source::WorkTree(_) | Source::Staged { .. } => Ok(tasks),
        }
    }

    /// Opens a folder of folders of records, to compare those with their stamps; none where it is not there, and where
    /// the records are not those of the working tree.
    pub fn stamps(&self, folder: &str) -> Result<Option<Stamps>> {
        match &self.source {
            Source::WorkTree(top) => Stamps::open(top, folder),
            Source::Commit(_) | Source::Staged { .. } => Ok(None),
        }
    }

    /// Whether the records are those of the working tree.
    #[must_use]
    pub fn is_work_tree(&self) -> bool {
        matches!(self.source, Source::WorkTree(_))
    }

    /// Reads one task's file; none if there is no such task.
    pub fn task_file(&self, id: &TaskId) -> Result<Option<TaskFile>> {
        let path = String::from(RecordPath::Task(id.clone()));
        let bytes = self.source.read(&path)?;
        Ok(bytes.map(|bytes| TaskFile { id: id.clone(), path, bytes }))
    }

    /// Reads one task; none where there is none or its file cannot be read.
    pub fn readable_task(&self, id: &TaskId) -> Result<Option<Task>> {
        Ok(self.task_file(id)?.and_then(|file| file.parse().ok()))
    }

    /// Returns where the text of a file of a commit or the index is; none if it is not there, and of a working tree.
    pub fn tree_file(&self, path: &str) -> Result<Option<TreeFile>> {
        self.source.tree_file(path)
    }

    /// Returns the records right in a folder of a commit or the index, sorted; none of a working tree.
    pub fn record_files(&self, folder: &str) -> Result<Vec<TreeFile>> {
        let mut files = self.source.tree_files(folder)?;
        files.retain(|file| file.mode == FileMode::Plain && RecordPath::parse(&file.path).is_some());
        Ok(files)
    }

    /// Finds the task that a part of an id means and reads its file.
    pub fn find(&self, query: &str) -> Result<TaskFile> {
        self.find_for(query, Purpose::Read)
    }

    /// Finds the task that a part of an id means, for a purpose, and reads its file.
    pub fn find_for(&self, query: &str, purpose: Purpose) -> Result<TaskFile> {
        let id = self.resolve(query, purpose)?;
        self.task_file(&id)?.ok_or(Error::NotFound { query: query.to_owned(), nearest: None })
    }

    /// Finds the id that an unambiguous part of it means, in either case. A write needs more of it than reading does.
    pub fn resolve(&self, query: &str, purpose: Purpose) -> Result<TaskId> {
        let exists = |id: &TaskId| self.task_exists(id);
        if let Some(id) = resolve::whole_id(query).filter(exists) {
            return Ok(id);
        }
        let prefix =
            self.config().map_or_else(|_| Config::default().id_prefix, |(config, _)| config.id_prefix);
        if let Some(id) = resolve::whole_id(&format!("{prefix}-{query}")).filter(exists) {
            return Ok(id);
        }
        resolve::part_of_id(query, &self.task_ids()?, purpose)
    }

    fn task_exists(&self, id: &TaskId) -> bool {
        // What cannot be looked at is there: reading it says what is wrong.
        self.source.has(&String::from(RecordPath::Task(id.clone()))).unwrap_or(true)
    }

    /// Returns the ids of all task files, sorted, whether the files can be read or not.
    pub fn task_ids(&self) -> Result<Vec<TaskId>> {
        let folder = RecordKind::Task.folder();
        let entries = self.source.list(folder)?;
        let path = |entry: &Entry| RecordPath::parse(&format!("{folder}/{}", entry.name));
        Ok(entries.iter().filter_map(|entry| path(entry)?.task().cloned()).collect())
    }

    /// Reads a task's notes, oldest first, and the problems of those that cannot be read.
    pub fn notes(&self, id: &TaskId) -> Result<(Vec<Note>, Vec<Problem>)> {
        let (notes, problems) =
            self.records(&RecordKind::Note.folder_of(id), |bytes| doc::read_note(id, bytes))?;
        let mut notes: Vec<Note> = notes.into_iter().map(|(_, note)| note).collect();
        notes.sort_by_key(|note| note.at);
        Ok((notes, problems))
    }

    /// Reads a task's votes with the names of their files, and the problems of those that cannot be read.
    pub fn votes(&self, id: &TaskId) -> Result<Records<Vote>> {
        self.records(&RecordKind::Vote.folder_of(id), |bytes| doc::read_vote(id, bytes))
    }

    /// Reads a task's findings with the names of their files, and the problems of those that cannot be read.
    pub fn findings(&self, id: &TaskId) -> Result<Records<Finding>> {
        self.records(&RecordKind::Finding.folder_of(id), |bytes| doc::read_finding(id, bytes))
    }

    /// Returns the names of all sprints, sorted as people count. A folder without a sprint's own file is none.
    pub fn sprint_ids(&self) -> Result<Vec<SprintId>> {
        let mut ids = Vec::new();
        for entry in self.source.list(RecordKind::Sprint.folder())? {
            let id = SprintId::parse(&entry.name).ok().filter(|_| entry.kind == EntryKind::Folder);
            let Some(id) = id else { continue };
            if self.source.has(&RecordPath::Sprint(id.clone()).to_string())? {
                ids.push(id);
            }
        }
        ids.sort_by(|a, b| compare_ids(a.as_str(), b.as_str()));
        Ok(ids)
    }

    /// Reads a sprint and the changes of its scope; none where there is no such sprint. What is broken is an error: a
    /// scope of which a part is missing is another scope.
    pub fn sprint(&self, id: &SprintId) -> Result<Option<SprintFile>> {
        let path = RecordPath::Sprint(id.clone()).to_string();
        let Some(bytes) = self.source.read(&path)? else { return Ok(None) };
        let located = |problems: Vec<Problem>| {
            Error::Broken(problems.into_iter().map(|problem| problem.in_file(&path)).collect())
        };
        let sprint = doc::read_sprint(id, &bytes).map_err(located)?;
        let folder = RecordKind::scope_folder(id);
        let (records, problems) = self.records(&folder, |bytes| doc::read_scope_change(id, bytes))?;
        let errors: Vec<Problem> =
            problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
        if !errors.is_empty() {
            return Err(Error::Broken(errors));
        }
        // Those of one moment stay in the order of their names.
        let mut scope: Vec<ScopeRecord> = records.into_iter().map(|(_, record)| record).collect();
        scope.sort_by_key(|record| record.at);
        Ok(Some(SprintFile { sprint, text: String::from_utf8_lossy(&bytes).into_owned(), scope }))
    }

    /// Reads the records of a folder, sorted by name. What is no record there is among the problems.
    pub fn records<T>(
        &self,
        folder: &str,
        read: impl Fn(&[u8]) -> std::result::Result<T, Vec<Problem>>,
    ) -> Result<Records<T>> {
        Ok(self.record_bytes(folder)?.read(read))
    }

    /// Reads the files of a folder of records, sorted by name.
    pub fn record_bytes(&self, folder: &str) -> Result<RecordBytes> {
        let mut entries = Vec::new();
        for Entry { name, kind } in self.source.list(folder)? {
            let path = format!("{folder}/{name}");
            entries.push(match kind {
                EntryKind::File if RecordPath::parse(&path).is_some() => {
                    let bytes =
                        self.source.read(&path).map_err(|error| vec![Problem::error(error.to_string())]);
                    RecordEntry::File { name, path, bytes: bytes.map(Option::unwrap_or_default) }
                }
                EntryKind::Folder => RecordEntry::Unexpected(self.unexpected(&path)?),
                kind => RecordEntry::Unexpected(unexpected(&path, kind).into_iter().collect()),
            });
        }
        Ok(RecordBytes(entries))
    }

    /// Returns the paths of the roles' files, by the names of the roles.
    pub fn role_files(&self) -> Result<BTreeMap<String, String>> {
        let folder = RecordKind::Role.folder();
        let entries = self.source.list(folder)?.into_iter().filter(|entry| entry.kind == EntryKind::File);
        let paths = entries.map(|entry| format!("{folder}/{}", entry.name));
        Ok(paths.filter_map(|path| Some((role_of(&path)?, path))).collect())
    }

    /// Reads the instructions for all roles, sorted by name, and the problems of the files that cannot be read.
    pub fn roles(&self) -> Result<(Vec<RoleGuide>, Vec<Problem>)> {
        let (mut guides, mut problems) = (Vec::new(), Vec::new());
        for name in self.role_files()?.keys() {
            match self.role(name)? {
                Some(Ok(guide)) => guides.push(guide),
                Some(Err(found)) => problems.extend(found),
                None => {}
            }
        }
        Ok((guides, problems))
    }

    /// Reads the instructions for a role, or what is wrong with its file; none where it has none.
    pub fn role(&self, name: &str) -> Result<Option<std::result::Result<RoleGuide, Vec<Problem>>>> {
        // A name that is a path would lead elsewhere.
        let Some(path) = RecordPath::role(name).map(String::from) else { return Ok(None) };
        let located = |problems: Vec<Problem>| -> Vec<Problem> {
            problems.into_iter().map(|problem| problem.in_file(&path)).collect()
        };
        Ok(match self.source.read(&path) {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(doc::read_role(name, &bytes).map_err(located)),
            Err(error) => Some(Err(located(vec![Problem::error(error.to_string())]))),
        })
    }

    /// Reads a team's own template; none if it has not overridden this one.
    pub fn template(&self, name: &str) -> Result<Option<String>> {
        let Some(path) = RecordPath::template(name).map(String::from) else { return Ok(None) };
        let Some(bytes) = self.source.read(&path)? else { return Ok(None) };
        let not_text = || vec![Problem::error("is not UTF-8 text").in_file(&path)];
        String::from_utf8(bytes).map(Some).map_err(|_| Error::Broken(not_text()))
    }

    /// Lists a folder below the top of the working tree, sorted; one that is not there is empty.
    pub fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        self.source.list(folder)
    }

    /// Reads any file, also one beside the records; none if it is not there.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.source.read(path)
    }

    /// Returns the paths of all files below `.tracker` with their kinds, sorted. A folder at the depth of
    /// [`Snapshot::DEEPEST`] is among them, and nothing in it.
    pub fn walk(&self) -> Result<Vec<(String, EntryKind)>> {
        self.source.walk(TRACKER_FOLDER)
    }

    pub(super) fn walk_below(&self, folder: &str) -> Result<Vec<(String, EntryKind)>> {
        self.source.walk(folder)
    }
}

fn role_of(path: &str) -> Option<String> {
    match RecordPath::parse(path)? {
        RecordPath::Named { kind: RecordKind::Role, name } => Some(name.to_string()),
        _ => None,
    }
}
