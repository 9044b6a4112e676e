//! What two branches make of each other, merged in memory as git merges them: by blobs and trees, each compared with where
//! the two parted once, and records by this program's own driver.
//!
//! Only paths that both sides changed are merged. Where a file may have been renamed, a path is a file on one side and a
//! folder on the other, attributes choose another driver, or the two have parted several times, git itself is to be asked.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::Result;
use crate::doc::{Identity, Marks, RecordVersions, merge_record};
use crate::git::{
    BlobId, CommitId, DiffWork, FileChange, FileMode, FileState, Hunks, Repository, merge_changes,
};
use crate::model::RecordPath;
use crate::store::LARGEST_FILE;

/// Larger texts are git's to merge.
const LARGEST_TEXT: u64 = 4 * 1024 * 1024;
/// Texts that are kept, by number.
const MOST_TEXTS: usize = 4096;

/// What two commits make of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairMerge {
    /// One has the other, or they have nothing in common.
    Nothing,
    /// They can be merged.
    Clean,
    /// These files cannot, by path.
    Conflict(Vec<String>),
    /// Only git itself can tell.
    AskGit,
}

/// The files that a commit has otherwise than another.
#[derive(Debug)]
pub struct Changed {
    /// By path.
    pub files: Vec<FileChange>,
    /// The folders that are gone with their files.
    emptied: BTreeSet<String>,
    has_added: bool,
    has_gone: bool,
}

impl Changed {
    fn of(repository: &Repository, tip: CommitId, files: Vec<FileChange>) -> Result<Self> {
        let gone = || files.iter().filter(|change| change.after.is_none());
        let mut emptied: BTreeSet<String> =
            gone().flat_map(|change| folders(&change.path)).map(str::to_owned).collect();
        let (has_gone, has_added) = (gone().next().is_some(), files.iter().any(|own| own.before.is_none()));
        let mut kept = Vec::new();
        for folder in emptied.iter().filter(|_| has_added) {
            if repository.tree_id(tip, folder)?.is_some() {
                kept.push(folder.clone());
            }
        }
        emptied.retain(|folder| !kept.contains(folder));
        Ok(Self { files, emptied, has_added, has_gone })
    }

    /// Whether a file may have another name than before.
    fn may_rename(&self) -> bool {
        self.has_added && self.has_gone
    }

    /// Returns what became of a path; none where nothing did.
    #[must_use]
    pub fn of_path(&self, path: &str) -> Option<&FileChange> {
        let at = self.files.binary_search_by(|change| change.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }

    /// Whether a file came into a folder out of which the other side took some: that folder may have another name there.
    fn adds_below(&self, other: &Self) -> bool {
        let mut added = self.files.iter().filter(|change| change.before.is_none());
        added.any(|change| folders(&change.path).any(|folder| other.emptied.contains(folder)))
    }

    /// Whether a path is a folder on one side and a file on the other.
    fn meets_folder(&self, other: &Self) -> bool {
        let is_file = |change: &&FileChange| change.after.is_some();
        self.files.iter().filter(is_file).any(|change| {
            let below = format!("{}/", change.path);
            let at = other.files.partition_point(|own| own.path < below);
            let mut rest = other.files[at..].iter().take_while(|own| own.path.starts_with(&below));
            rest.any(|own| own.after.is_some())
        })
    }
}

/// The folders above a path, but the top.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Merges pairs of commits in memory; what several pairs share is read once.
pub struct BranchPairs<'a> {
    repository: &'a Repository,
    changed: HashMap<(CommitId, CommitId), Rc<Changed>>,
    texts: HashMap<BlobId, Rc<Vec<u8>>>,
    hunks: HashMap<(BlobId, BlobId), Rc<Hunks>>,
    merged: HashMap<[BlobId; 3], bool>,
    attributes: HashMap<(CommitId, String), bool>,
    work: DiffWork,
    marks: Marks<'static>,
}

impl<'a> BranchPairs<'a> {
    /// Merges pairs of commits of a repository, `count` of them.
    #[must_use]
    pub fn new(repository: &'a Repository, count: usize) -> Self {
        Self {
            repository,
            changed: HashMap::new(),
            texts: HashMap::new(),
            hunks: HashMap::new(),
            merged: HashMap::new(),
            attributes: HashMap::new(),
            work: DiffWork::share(count.max(64)),
            marks: Marks { base: "base", ours: "ours", theirs: "theirs", size: 7 },
        }
    }

    /// Returns what a commit has otherwise than one before it.
    pub fn changed(&mut self, base: CommitId, tip: CommitId) -> Result<Rc<Changed>> {
        if let Some(known) = self.changed.get(&(base, tip)) {
            return Ok(Rc::clone(known));
        }
        let mut files = self.repository.changes_between(Some(base), tip)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let found = Rc::new(Changed::of(self.repository, tip, files)?);
        self.changed.insert((base, tip), Rc::clone(&found));
        Ok(found)
    }

    /// Merges two commits that parted at others.
    pub fn merge(&mut self, bases: &[CommitId], one: CommitId, other: CommitId) -> Result<PairMerge> {
        let base = match bases {
            [base] if *base == one || *base == other => return Ok(PairMerge::Nothing),
            [base] => *base,
            _ => return Ok(PairMerge::AskGit),
        };
        let (ours, theirs) = (self.changed(base, one)?, self.changed(base, other)?);
        let (small, large) = match ours.files.len() <= theirs.files.len() {
            true => (&ours, &theirs),
            false => (&theirs, &ours),
        };
        let pairs = || small.files.iter().filter_map(|own| Some((own, large.of_path(&own.path)?)));
        let may_rename = ours.may_rename() || theirs.may_rename();
        let is_moved = |(own, theirs): (&FileChange, &FileChange)| {
            own.before.is_none() || own.after.is_none() || theirs.after.is_none()
        };
        if may_rename && pairs().any(is_moved)
            || ours.may_rename() && theirs.adds_below(&ours)
            || theirs.may_rename() && ours.adds_below(&theirs)
            || ours.meets_folder(&theirs)
            || theirs.meets_folder(&ours)
        {
            return Ok(PairMerge::AskGit);
        }
        let mut conflicts = Vec::new();
        for (own, theirs) in pairs().filter(|(own, theirs)| own.after != theirs.after) {
            match self.file([base, one, other], own, theirs)? {
                Some(true) => {}
                Some(false) => conflicts.push(own.path.clone()),
                None => return Ok(PairMerge::AskGit),
            }
        }
        conflicts.sort();
        Ok(if conflicts.is_empty() { PairMerge::Clean } else { PairMerge::Conflict(conflicts) })
    }

    /// Whether the two sides of a file can be joined; none where that is for git to say.
    fn file(
        &mut self,
        commits: [CommitId; 3],
        own: &FileChange,
        theirs: &FileChange,
    ) -> Result<Option<bool>> {
        let record = RecordPath::parse_anywhere(&own.path);
        // Before anything that is known of the same texts: elsewhere another driver may join them.
        if record.is_none() && own.after.is_some() && theirs.after.is_some() {
            for commit in commits {
                if self.chooses_driver(commit, &own.path)? {
                    return Ok(None);
                }
            }
        }
        let (Some(before), Some(first), Some(second)) = (own.before, own.after, theirs.after) else {
            let is_new_record = own.before.is_none() && record.is_some();
            // One side changed what the other deleted, or both added it.
            return Ok((!is_new_record).then_some(false));
        };
        let is_file = |state: &FileState| matches!(state.mode, FileMode::Plain | FileMode::Executable);
        if ![before, first, second].iter().all(is_file) {
            return Ok(None);
        }
        let blobs = [before.blob_id, first.blob_id, second.blob_id];
        if blobs[1] == blobs[2] || blobs[0] == blobs[1] || blobs[0] == blobs[2] {
            return Ok(Some(true));
        }
        if let Some(known) = self.merged.get(&blobs) {
            return Ok(Some(*known));
        }
        let Some(texts) = self.texts(blobs)? else { return Ok(None) };
        let is_clean = match record {
            Some(record) => Some(self.is_clean_record(&record, &texts)),
            None => self.is_clean_text(blobs, &texts),
        };
        if let Some(is_clean) = is_clean {
            self.merged.insert(blobs, is_clean);
        }
        Ok(is_clean)
    }

    fn is_clean_record(&self, record: &RecordPath, texts: &[Rc<Vec<u8>>; 3]) -> bool {
        let identity = record.identity().map(|(key, id)| Identity { key, id });
        let [base, ours, theirs] = texts;
        let versions = RecordVersions { base: Some(base.as_slice()), ours, theirs };
        let merged = merge_record(Some(record), versions, identity, &self.marks);
        merged.is_ok_and(|merged| merged.conflicts.is_empty())
    }

    fn is_clean_text(&mut self, blobs: [BlobId; 3], texts: &[Rc<Vec<u8>>; 3]) -> Option<bool> {
        let [base, ours, theirs] = texts;
        let first = self.hunks_of((blobs[0], base), (blobs[1], ours))?;
        let second = self.hunks_of((blobs[0], base), (blobs[2], theirs))?;
        Some(merge_changes(base, [ours, theirs], [&first, &second]).is_some())
    }

    fn hunks_of(&mut self, base: (BlobId, &[u8]), side: (BlobId, &[u8])) -> Option<Rc<Hunks>> {
        if let Some(known) = self.hunks.get(&(base.0, side.0)) {
            return Some(Rc::clone(known));
        }
        let found = Rc::new(Hunks::of(base.1, side.1, &mut self.work).ok()?);
        self.hunks.insert((base.0, side.0), Rc::clone(&found));
        Some(found)
    }

    /// Reads three texts; none where one is too large.
    fn texts(&mut self, blobs: [BlobId; 3]) -> Result<Option<[Rc<Vec<u8>>; 3]>> {
        if self.texts.len() > MOST_TEXTS {
            self.texts.clear();
        }
        let mut read = Vec::with_capacity(3);
        for blob in blobs {
            let text = match self.texts.get(&blob) {
                Some(known) => Rc::clone(known),
                None => match self.repository.read_blob(blob, LARGEST_TEXT.min(LARGEST_FILE)) {
                    Ok(text) => Rc::new(text),
                    Err(crate::git::Error::TooLarge { .. }) => return Ok(None),
                    Err(error) => return Err(error.into()),
                },
            };
            self.texts.insert(blob, Rc::clone(&text));
            read.push(text);
        }
        Ok(<[Rc<Vec<u8>>; 3]>::try_from(read).ok())
    }

    /// Whether attributes above a path may choose how it is merged.
    fn chooses_driver(&mut self, commit: CommitId, path: &str) -> Result<bool> {
        let all: Vec<String> = std::iter::once("").chain(folders(path)).map(str::to_owned).collect();
        for folder in all {
            let key = (commit, folder);
            let chooses = match self.attributes.get(&key) {
                Some(known) => *known,
                None => {
                    let name = match key.1.as_str() {
                        "" => ".gitattributes".to_owned(),
                        folder => format!("{folder}/.gitattributes"),
                    };
                    let chooses = match self.repository.tree_file(commit, &name)? {
                        Some(file) => self
                            .repository
                            .read_blob(file.blob_id, LARGEST_TEXT)
                            .map_or(true, |text| speaks_of_merges(&text)),
                        None => false,
                    };
                    self.attributes.insert(key, chooses);
                    chooses
                }
            };
            if chooses {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether lines of attributes may choose how files are merged.
fn speaks_of_merges(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    has(b"merge") || has(b"binary") || has(b"diff") || has(b"[attr]")
}
