//! This tracker as one of the two sides: its tasks and links, and beside them the journal and the log of lost values.
//!
//! ```text
//! <common git dir>/tracker/sync/NAME/
//!     lock            locked while it is synchronised
//!     journal.json    what is being written there
//!     log.jsonl       values that were replaced by those of the other side, a line each
//!     last.json       when it was last synchronised, and what came of it
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::values::TaskValues;
use crate::doc::{create_sync_link, create_task, read_sync_link};
use crate::facts::{TallyContext, tallies};
use crate::git::{open_to_append, read_regular};
use crate::model::{
    Config, IdScheme, Problem, RecordKind, RecordPath, SyncField, SyncLink, SyncRemote, SyncValue, Task,
    TaskId, digest_of, id_letter,
};
use crate::ops::ids::IdMaker;
use crate::ops::select::Selector;
use crate::ops::session::{parse, spliced};
use crate::ops::sprint::scope_changes;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session};
use crate::query::Query;
use crate::store::{self, Change, Snapshot};
use crate::sync::{Intent, Landing, Local, LocalTask, Lost, RemoteItem};

const JOURNAL: &str = "journal.json";
const LOG: &str = "log.jsonl";
/// The shortest id that is made of an item's.
const SHORTEST_ID: usize = 6;

/// Links by their task, and what is wrong with those that cannot be read.
type Links = (Vec<(TaskId, SyncLink)>, Vec<Problem>);

/// A value that was replaced, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedLoss {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub loss: Lost,
}

/// The folder of what is kept on this machine about another tracker.
pub(super) fn local_folder(session: &Session<'_>, remote: &str) -> PathBuf {
    session.workspace().repo_paths().shared_folder().join("sync").join(remote)
}

/// Reads a file of JSON; none where there is none.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match read_regular(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::io("read", path)(error.into()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Returns the values that were lost against those of another tracker, the oldest first.
pub(super) fn read_log(session: &Session<'_>, remote: &str) -> Vec<LoggedLoss> {
    losses_of(&read_regular(&local_folder(session, remote).join(LOG)).unwrap_or_default())
}

fn losses_of(log: &[u8]) -> Vec<LoggedLoss> {
    log.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Adds lost values, on disk when this returns. One that was the last to be lost of its field is there already.
pub(super) fn append_log(session: &Session<'_>, remote: &str, lost: &[Lost]) -> Result<()> {
    let path = local_folder(session, remote).join(LOG);
    let at = session.env().now();
    // What was cut off by a crash keeps the first line of these from being one.
    let before = read_regular(&path).unwrap_or_default();
    let is_cut = before.last().is_some_and(|last| *last != b'\n');
    let mut lines = if is_cut { "\n".to_owned() } else { String::new() };
    let known = losses_of(&before);
    let is_known = |loss: &&Lost| {
        let is_of_field = |own: &&LoggedLoss| own.loss.task == loss.task && own.loss.field == loss.field;
        known.iter().rev().find(is_of_field).is_some_and(|own| own.loss == **loss)
    };
    for loss in lost.iter().filter(|loss| !is_known(loss)) {
        let line = serde_json::to_string(&LoggedLoss { at, loss: loss.clone() });
        lines.push_str(&line.expect("plain data with text keys is always JSON"));
        lines.push('\n');
    }
    let written = open_to_append(&path)
        .and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()));
    written.map_err(Error::io("write", &path))
}

/// Returns the links with another tracker, and what is wrong with those that cannot be read.
pub(super) fn read_links(snapshot: &Snapshot, remote: &str) -> Result<Links> {
    let folder = format!("{}/{remote}", RecordKind::SyncLink.folder());
    let mut files = Vec::new();
    for entry in snapshot.list(&folder)? {
        let path = format!("{folder}/{}", entry.name);
        let Some(RecordPath::OfRemote { kind: RecordKind::SyncLink, .. }) = RecordPath::parse(&path) else {
            continue;
        };
        let Ok(task) = TaskId::parse(entry.name.trim_end_matches(".yaml")) else { continue };
        let bytes = snapshot.read(&path)?.unwrap_or_default();
        files.push((task, path, bytes));
    }
    let read = |(task, path, bytes): (TaskId, String, Vec<u8>)| match read_sync_link(&task, &bytes) {
        Ok(link) => Ok((task, link)),
        Err(found) => Err(found.into_iter().map(|problem| problem.in_file(&path)).collect::<Vec<_>>()),
    };
    let (mut links, mut problems) = (Vec::new(), Vec::new());
    for read in files.into_par_iter().map(read).collect::<Vec<_>>() {
        match read {
            Ok(link) => links.push(link),
            Err(found) => problems.extend(found),
        }
    }
    Ok((links, problems))
}

/// Returns the task of a link's file that cannot be read.
pub(super) fn task_of_broken(problem: &Problem) -> Option<String> {
    RecordPath::parse(&problem.file)?.linked_task().map(|task| task.to_string())
}

/// Returns the change of a link's file. One that cannot be read, such as in the middle of a merge, is never replaced.
pub(super) fn link_change(snapshot: &Snapshot, remote: &str, link: &SyncLink) -> Result<Option<Change>> {
    let Ok(task) = TaskId::parse(&link.task) else { return Ok(None) };
    let Some(path) = RecordPath::sync_link(remote, &task).map(String::from) else { return Ok(None) };
    let text = create_sync_link(link);
    Ok(Some(match snapshot.read(&path)? {
        Some(bytes) => {
            read_sync_link(&task, &bytes).map_err(|found| {
                Error::Broken(found.into_iter().map(|problem| problem.in_file(&path)).collect())
            })?;
            Change::replace(path, String::from_utf8_lossy(&bytes), text)
        }
        None => Change::create(path, text),
    }))
}

/// This tracker, as one of two sides.
pub(super) struct Here<'s, 'e> {
    session: &'s Session<'e>,
    config: &'s Config,
    remote: &'s str,
    values: TaskValues<'s, 'e>,
    filter: Option<Query>,
    filter_text: &'s str,
    folder: PathBuf,
    ids: Option<IdMaker<'s, 'e>>,
    /// The sources of tasks that are to be created, by the ids that these were given.
    given: HashMap<String, String>,
    /// Tasks by their items.
    linked: HashMap<String, String>,
    /// Tasks of which it cannot be read what they are linked to.
    unreadable: HashSet<String>,
    /// What each task depends on.
    dependencies: HashMap<String, Vec<String>>,
    /// Records that could not be read.
    pub(super) problems: Vec<Problem>,
}

impl<'s, 'e> Here<'s, 'e> {
    pub(super) fn new(
        session: &'s Session<'e>,
        config: &'s Config,
        (remote, settings): (&'s str, &'s SyncRemote),
        filter: Option<(Query, &'s str)>,
    ) -> Self {
        let (filter, filter_text) = filter.map_or((None, ""), |(query, text)| (Some(query), text));
        Self {
            session,
            config,
            remote,
            values: TaskValues::new(session, config, (remote, settings.kind)),
            filter,
            filter_text,
            folder: local_folder(session, remote),
            ids: None,
            given: HashMap::new(),
            linked: HashMap::new(),
            unreadable: HashSet::new(),
            dependencies: HashMap::new(),
            problems: Vec::new(),
        }
    }

    /// Returns the records as they are now.
    fn snapshot(&self) -> Snapshot {
        self.session.workspace().again(self.session.env()).snapshot()
    }

    fn source_of(&self, id: &str) -> String {
        format!("{}:{id}", self.remote)
    }

    /// Explains why a task is created there, or why not.
    fn selected(&self, task: &Task) -> std::result::Result<String, String> {
        let Some(query) = &self.filter else {
            return Err("it did not come from there, and no filter selects it".to_owned());
        };
        let summary = task.summary();
        let selector = Selector { session: self.session, config: self.config, query };
        match selector.matches(&summary, None) {
            true => Ok(format!("matches `{}`", self.filter_text)),
            false => Err(format!("does not match `{}`", self.filter_text)),
        }
    }

    /// Makes the changes of one landing; why none can be made otherwise.
    fn changes(&self, snapshot: &Snapshot, landing: &Landing) -> Result<(Vec<Change>, Option<WrittenTask>)> {
        let mut link = landing.link.clone();
        let id = TaskId::parse(&landing.task).map_err(|error| Error::usage(error.to_string()))?;
        let file = snapshot.task_file(&id)?;
        let (mut changes, mut written) = (Vec::new(), None);
        match file {
            None if landing.is_new => {
                let mut task = Task::new(id.clone(), "");
                task.created = Some(self.session.env().today());
                task.source = Some(self.source_of(&link.id));
                self.values.fill(&mut task, &landing.here)?;
                written = Some(WrittenTask::created(&task, Vec::new()));
                changes.push(Change::create(RecordPath::task_file(&id), create_task(&task)));
            }
            Some(_) if landing.is_new => return Err(Error::usage(format!("{id} is there already"))),
            Some(file) if !landing.here.is_empty() => {
                let task = parse(&file)?;
                let now = self.values.of(&task, 0);
                let (mut edits, mut fields) = (Vec::new(), Vec::new());
                for (field, value) in &landing.here {
                    if now.get(field) == landing.seen.get(field) {
                        edits.extend(self.values.edits(&task, *field, value)?);
                        fields.push(field.as_str());
                    } else if now.get(field) != Some(value) {
                        let seen = landing.seen.get(field).cloned();
                        link.agreed.insert(*field, seen.unwrap_or_else(|| field.empty()));
                    }
                }
                let summary = format!("{} from {}", fields.join(", "), self.remote);
                written = Some(WrittenTask::changed(&task, vec![summary], !edits.is_empty()));
                changes.push(spliced(&file, &edits)?);
            }
            _ => {}
        }
        changes.extend(link_change(snapshot, self.remote, &link)?);
        Ok((changes, written))
    }
}

impl Here<'_, '_> {
    /// Returns the tasks of items. An item that has none here is left out, and a cycle is refused.
    fn accept_dependencies(
        &mut self,
        task: Option<&LocalTask>,
        items: &BTreeSet<String>,
    ) -> std::result::Result<BTreeSet<String>, String> {
        let on: BTreeSet<String> = items.iter().filter_map(|item| self.linked.get(item)).cloned().collect();
        let Some(own) = task.map(|task| task.id.as_str()) else { return Ok(on) };
        if on.contains(own) {
            return Err(format!("{own} cannot depend on itself"));
        }
        let known = self.dependencies.get(own).cloned().unwrap_or_default();
        let new: Vec<&String> = on.iter().filter(|on| !known.contains(on)).collect();
        if let Some(on) = new.iter().find(|on| self.depends(on, own)) {
            return Err(format!("{own} cannot depend on {on}, which depends on it"));
        }
        self.dependencies.entry(own.to_owned()).or_default().extend(new.into_iter().cloned());
        Ok(on)
    }

    /// Whether a task depends on another, directly or not.
    fn depends(&self, task: &str, on: &str) -> bool {
        let (mut open, mut seen) = (vec![task], HashSet::new());
        while let Some(task) = open.pop() {
            if task == on {
                return true;
            }
            if seen.insert(task) {
                open.extend(self.dependencies.get(task).into_iter().flatten().map(String::as_str));
            }
        }
        false
    }
}

impl Local<Error> for Here<'_, '_> {
    fn tasks(&mut self) -> Result<Vec<LocalTask>> {
        let snapshot = self.snapshot();
        let (links, problems) = read_links(&snapshot, self.remote)?;
        self.unreadable = problems.iter().filter_map(task_of_broken).collect();
        self.problems = problems;
        let mut links: HashMap<String, SyncLink> =
            links.into_iter().map(|(task, link)| (task.to_string(), link)).collect();
        let tasks = snapshot.tasks()?;
        let context = TallyContext {
            env: self.session.env(),
            workspace: self.session.workspace(),
            snapshot: &snapshot,
            config: self.config,
        };
        let tallies = tallies(&context, &tasks, &mut self.problems)?;
        (self.linked, self.dependencies) = (HashMap::new(), HashMap::new());
        self.given.clear();
        let mut all = Vec::new();
        let mut ids = snapshot.task_ids()?;
        ids.retain(|id| !self.unreadable.contains(id.as_str()));
        let files: Vec<_> = ids.iter().map(|id| snapshot.task_file(id)).collect();
        let read = files.into_par_iter().map(|file| file?.map(|file| parse(&file)).transpose());
        for (id, task) in ids.iter().zip(read.collect::<Vec<Result<Option<Task>>>>()) {
            // A task that cannot be read is not one that is gone.
            let link = links.remove(id.as_str());
            let task = match task {
                Ok(Some(task)) => task,
                Ok(None) => continue,
                Err(Error::Broken(problems)) => {
                    self.problems.extend(problems);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let modified = tasks.stat(id.as_str()).map(|stat| DateTime::from_timestamp_nanos(stat.modified));
            if let Some(link) = link.as_ref().filter(|link| !link.id.is_empty()) {
                self.linked.insert(link.id.clone(), id.to_string());
            }
            let on = task.depends_on.iter().map(ToString::to_string).collect();
            self.dependencies.insert(id.to_string(), on);
            let approved = tallies.get(id.as_str()).map_or(0, |tally| tally.approved);
            all.push(LocalTask {
                id: id.to_string(),
                values: Some(self.values.of(&task, approved)),
                updated: modified,
                link,
                selected: self.selected(&task),
            });
        }
        let gone = |(id, link)| LocalTask {
            id,
            values: None,
            updated: None,
            link: Some(link),
            selected: Err("it is gone".to_owned()),
        };
        all.extend(links.into_iter().map(gone));
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }

    fn accept(
        &mut self,
        task: Option<&LocalTask>,
        field: SyncField,
        value: &SyncValue,
    ) -> std::result::Result<SyncValue, String> {
        match (field, value) {
            (SyncField::Dependencies, SyncValue::Labels(items)) => {
                self.accept_dependencies(task, items).map(SyncValue::Labels)
            }
            _ => self.values.accept(task.and_then(|task| task.values.as_ref()), field, value),
        }
    }

    fn why_unknown(&self, item: &RemoteItem) -> Option<String> {
        let is_its = |key: &String| self.unreadable.contains(key);
        let is_unknown = item.key.as_ref().map_or(!self.unreadable.is_empty(), is_its);
        is_unknown.then(|| "it may be that of a link that cannot be read".to_owned())
    }

    /// A random id would be another one in another clone.
    fn new_id(&mut self, item: &RemoteItem) -> Result<String> {
        if self.config.id_scheme == IdScheme::Sequential {
            let ids = match self.ids.take() {
                Some(ids) => ids,
                None => IdMaker::new(self.session, self.config)?,
            };
            return Ok(self.ids.insert(ids).fresh()?.to_string());
        }
        let source = self.source_of(&item.id);
        let digest = digest_of(source.as_bytes());
        let number = u128::from_str_radix(&digest[..32], 16).unwrap_or_default();
        let letter = |at: u32| id_letter((number >> (5 * at)) as u32);
        let snapshot = self.snapshot();
        let mut length = SHORTEST_ID;
        loop {
            let suffix: String = (0..).take(length).map(letter).collect();
            let id = TaskId::parse(&format!("{}-{suffix}", self.config.id_prefix))
                .expect("the prefix was checked when the configuration was read");
            let is_other = match (self.given.get(id.as_str()), snapshot.task_file(&id)?) {
                (Some(given), _) => *given != source,
                (None, Some(file)) => parse(&file).is_ok_and(|task| task.source.as_ref() != Some(&source)),
                (None, None) => false,
            };
            if !is_other || length >= 24 {
                self.given.insert(id.to_string(), source);
                return Ok(id.to_string());
            }
            length += 1;
        }
    }

    fn write(&mut self, landings: &[Landing]) -> Result<Vec<std::result::Result<(), String>>> {
        let locked = self.session.lock(&format!("sync {}", self.remote))?;
        let snapshot = self.snapshot();
        let (mut changes, mut tasks, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        for landing in landings {
            // What one item may not change keeps no other from being written.
            let own = self.changes(&snapshot, landing).and_then(|own| {
                scope_changes(self.session, &own.0, None)?;
                Ok(own)
            });
            match own {
                Ok((own, task)) => {
                    changes.extend(own.into_iter().filter(|change| !change.is_empty()));
                    tasks.extend(task);
                    answers.push(Ok(()));
                }
                Err(Error::Store(error)) => return Err(Error::Store(error)),
                Err(error) => answers.push(Err(error.to_string())),
            }
        }
        if !changes.is_empty() {
            self.session.finish(&locked, &changes, tasks)?;
        }
        Ok(answers)
    }

    fn journal(&mut self) -> Result<Vec<Intent>> {
        Ok(read_json(&self.folder.join(JOURNAL))?.unwrap_or_default())
    }

    fn set_journal(&mut self, intents: &[Intent]) -> Result<()> {
        let bytes = serde_json::to_vec(intents).expect("plain data with text keys is always JSON");
        crate::env::fail_point("sync:journal");
        Ok(store::write_file(&self.folder.join(JOURNAL), &bytes)?)
    }

    fn log(&mut self, lost: &[Lost]) -> Result<()> {
        append_log(self.session, self.remote, lost)
    }
}
