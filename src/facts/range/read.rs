//! What the records of a range say. The same text is in many commits, on both sides and at their ends: each is read
//! once.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rayon::prelude::*;

use super::Result;
use super::changes::{Changes, is_file};
use crate::doc::{acceptance_text, read_task, read_vote, upgrade_task};
use crate::git::{self, BlobId, FileState, Repository};
use crate::model::{Move, Problem, RecordKind, RecordPath, Task, TaskId, Vote};
use crate::policy::{criteria_digest, is_override};
use crate::store::LARGEST_FILE;

/// With fewer texts than this, one thread is as fast as several.
const WORTH_A_THREAD: usize = 32;

/// A text of a task.
pub(super) struct TaskText {
    /// What it says, or all that is wrong with it.
    pub(super) task: std::result::Result<Task, Vec<Problem>>,
    /// What it says once it is brought to the format of the head, where the range brings another.
    upgraded: Option<Option<Task>>,
    /// The moves, in the format of the head.
    pub(super) moves: Rc<[Move]>,
    criteria: OnceCell<String>,
}

impl TaskText {
    /// Returns the task in the format of the head; none where the text cannot be read.
    pub(super) fn in_head_format(&self) -> Option<&Task> {
        self.upgraded.as_ref().map_or(self.task.as_ref().ok(), Option::as_ref)
    }

    /// Returns the overrides of its history as it is written.
    pub(super) fn overrides(&self) -> Vec<Move> {
        let moves = self.task.as_ref().map(|task| task.history.as_slice()).unwrap_or_default();
        moves.iter().filter(|step| is_override(step)).cloned().collect()
    }

    /// Returns the digest of the acceptance text.
    pub(super) fn criteria(&self) -> String {
        self.criteria.get_or_init(|| self.in_head_format().map(criteria_of).unwrap_or_default()).clone()
    }
}

/// A vote's text, read, and the task in whose folder it was.
type ReadVote = (TaskId, Option<Rc<Vote>>);

/// Returns the digest of a task's acceptance text.
pub(super) fn criteria_of(task: &Task) -> String {
    criteria_digest(&acceptance_text(&task.body))
}

/// A task's text, read: as it is, and in the format of the head where that is another.
type ReadTask = (std::result::Result<Task, Vec<Problem>>, Option<Option<Task>>);

/// The texts read so far.
pub(super) struct RecordTexts<'a> {
    repository: &'a Repository,
    /// Whether the range brings the tracker to another format: what was before is compared as it is in that format.
    brings_format: bool,
    tasks: RefCell<HashMap<BlobId, Rc<TaskText>>>,
    /// The votes, with the task in whose folder each was read. None where a text cannot be read.
    votes: RefCell<HashMap<BlobId, ReadVote>>,
}

impl<'a> RecordTexts<'a> {
    /// Reads the tasks and votes that the commits made or changed, the newest first: what is older is packed as a
    /// difference of what is newer.
    pub(super) fn of(repository: &'a Repository, changes: &Changes, brings_format: bool) -> Self {
        let (mut tasks, mut votes, mut known) = (Vec::new(), Vec::new(), HashSet::new());
        for (change, record) in changes.commits.iter().rev().flat_map(|commit| commit.records()) {
            let states = [change.after, change.before].into_iter().flatten().filter(is_file);
            let new = states.map(|state| state.blob_id).filter(|id| known.insert(*id));
            match record {
                RecordPath::Task(_) => tasks.extend(new),
                RecordPath::OfTask { kind: RecordKind::Vote, task, .. } => {
                    votes.extend(new.map(|id| (id, task)));
                }
                _ => {}
            }
        }
        let task = |view: &mut Repository, id: BlobId| {
            let bytes = view.read_blob(id, LARGEST_FILE).ok()?;
            Some((id, read(&bytes, brings_format)))
        };
        let vote = |view: &mut Repository, (id, task): (BlobId, &TaskId)| {
            let bytes = view.read_blob(id, LARGEST_FILE).ok()?;
            Some((id, (task.clone(), read_vote(task, &bytes).ok())))
        };
        let tasks: Vec<(BlobId, ReadTask)> = each(repository, tasks, task);
        let votes: Vec<(BlobId, (TaskId, Option<Vote>))> = each(repository, votes, vote);
        let tasks = tasks.into_iter().map(|(id, read)| (id, Rc::new(text_of(read))));
        let votes = votes.into_iter().map(|(id, (task, vote))| (id, (task, vote.map(Rc::new))));
        let (tasks, votes) = (RefCell::new(tasks.collect()), RefCell::new(votes.collect()));
        Self { repository, brings_format, tasks, votes }
    }

    /// Reads a task's text.
    pub(super) fn task(&self, id: BlobId) -> Result<Rc<TaskText>> {
        if let Some(known) = self.tasks.borrow().get(&id) {
            return Ok(Rc::clone(known));
        }
        let bytes = self.repository.read_blob(id, LARGEST_FILE)?;
        let text = Rc::new(text_of(read(&bytes, self.brings_format)));
        self.tasks.borrow_mut().insert(id, Rc::clone(&text));
        Ok(text)
    }

    /// Reads a vote's text that lies in a task's folder; none where it cannot be read.
    pub(super) fn vote(&self, folder: &TaskId, id: BlobId) -> Result<Option<Rc<Vote>>> {
        if let Some((_, vote)) = self.votes.borrow().get(&id).filter(|(task, _)| task == folder) {
            return Ok(vote.clone());
        }
        let vote = match self.repository.read_blob(id, LARGEST_FILE) {
            Ok(bytes) => read_vote(folder, &bytes).ok().map(Rc::new),
            Err(git::Error::TooLarge { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        self.votes.borrow_mut().insert(id, (folder.clone(), vote.clone()));
        Ok(vote)
    }

    /// Returns the moves of a task's text; none where there is no file.
    pub(super) fn moves(&self, state: Option<FileState>) -> Result<Rc<[Move]>> {
        let Some(state) = state.filter(is_file) else { return Ok(Rc::default()) };
        Ok(Rc::clone(&self.task(state.blob_id)?.moves))
    }
}

fn read(bytes: &[u8], brings_format: bool) -> ReadTask {
    // When it was created does not matter here.
    let created = Some(chrono::NaiveDate::default());
    let upgraded = || Some(read_task(upgrade_task(bytes, created).ok()?.as_bytes()).ok());
    (read_task(bytes), brings_format.then(upgraded).flatten())
}

fn text_of((task, upgraded): ReadTask) -> TaskText {
    let mut text = TaskText { task, upgraded, moves: Rc::default(), criteria: OnceCell::new() };
    text.moves = text.in_head_format().map(|task| task.history.as_slice().into()).unwrap_or_default();
    text
}

/// Reads each of some texts, in runs on as many threads as there are.
fn each<I: Send, T: Send>(
    repository: &Repository,
    ids: Vec<I>,
    read: impl Fn(&mut Repository, I) -> Option<T> + Sync + Send,
) -> Vec<T> {
    let shared = repository.shared();
    if ids.len() < WORTH_A_THREAD {
        let mut view = shared.open();
        return ids.into_iter().filter_map(|one| read(&mut view, one)).collect();
    }
    let run = ids.len().div_ceil(rayon::current_num_threads().max(1)).max(WORTH_A_THREAD / 2);
    ids.into_par_iter().with_min_len(run).map_init(|| shared.open(), read).flatten().collect()
}
