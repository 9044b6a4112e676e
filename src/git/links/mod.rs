//! Which commits link which tasks and change which records, remembered: a second look reads only the commits that are new.
//!
//! What a message links is said by the caller's own pure function. What it said is kept in `tracker/links` of the
//! common dir, with who is whose parent, so that the answer is exact for any tip on any branch without opening a
//! commit twice. The file is disposable: torn, of another grammar, or made before the history was deepened, it is
//! made again.

mod cache;
mod touched;
mod walk;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;

use chrono::{DateTime, Utc};

use self::cache::Remembered;
use super::{CommitId, Error, Repository};

/// Where the answers are kept, below the common dir.
const CACHE: &str = "tracker/links";

/// With fewer new commits than this the file is not written anew: reading them again is cheaper.
const WORTH_WRITING: usize = 32;

/// How messages are read.
pub struct LinkParser<'a> {
    /// Another version reads messages otherwise: what was remembered under one does not count for another.
    pub version: &'a str,
    /// Returns the ids that a message links. It is called once a commit.
    pub ids_in: &'a dyn Fn(&str) -> Vec<String>,
    /// Folders of which it is remembered which commits changed what in them; one by another version too.
    pub folders: &'a [&'a str],
}

/// A commit that links something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedCommit {
    /// The commit.
    pub id: CommitId,
    /// When it was committed.
    pub time: DateTime<Utc>,
    /// What it links.
    pub ids: Vec<String>,
}

/// The commits of a history that link something.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// The commits, newest first; a commit never behind its parent where their times are the same.
    pub commits: Vec<LinkedCommit>,
    /// Whether all of the history that this clone has was looked at.
    pub is_complete: bool,
    /// Which of the commits link what.
    places: OnceCell<HashMap<String, Vec<usize>>>,
}

impl PartialEq for Links {
    fn eq(&self, other: &Self) -> bool {
        self.commits == other.commits && self.is_complete == other.is_complete
    }
}

impl Eq for Links {}

impl Links {
    pub(super) fn new(commits: Vec<LinkedCommit>, is_complete: bool) -> Self {
        Self { commits, is_complete, places: OnceCell::new() }
    }

    /// Returns the places of the commits that link something, ascending.
    fn places(&self, id: &str) -> &[usize] {
        let index = || {
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, commit) in self.commits.iter().enumerate() {
                for id in &commit.ids {
                    let own = places.entry(id.clone()).or_default();
                    if own.last() != Some(&at) {
                        own.push(at);
                    }
                }
            }
            places
        };
        self.places.get_or_init(index).get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the commits that link one task, newest first.
    #[must_use]
    pub fn of(&self, id: &str) -> Vec<CommitId> {
        self.places(id).iter().map(|&at| self.commits[at].id).collect()
    }

    /// Returns the commits that changed something below `FOLDER/NAME`, of a folder that the grammar names: newest
    /// first. Where a commit changed very many names, it is among those of every name.
    #[must_use]
    pub fn touching(&self, folder: &str, name: &str) -> Vec<CommitId> {
        let (one, any) = (self.places(&mark(folder, name)), self.places(&mark(folder, "")));
        let mut both = [one, any].concat();
        both.sort_unstable();
        both.dedup();
        both.into_iter().map(|at| self.commits[at].id).collect()
    }
}

/// What is remembered of a commit that changed a name in a folder, among what it links: no id begins with a slash.
fn mark(folder: &str, name: &str) -> String {
    format!("/{folder}/{name}")
}

impl Repository {
    /// Returns the commits reachable from `tip` that link anything.
    ///
    /// At most `limit` commits that nobody has looked at before are read, the newest first; the history behind
    /// them is left out for as long as no higher limit is asked for.
    pub fn links(&self, tip: CommitId, grammar: &LinkParser<'_>, limit: usize) -> Result<Links, Error> {
        let file = self.places().common_dir.join(CACHE);
        let stamp = self.stamp(grammar);
        let mut remembered = Remembered::read(&file, stamp, limit, self.inner.object_hash());
        let added = self.scan(&mut remembered, tip, grammar, limit)?;
        if added >= WORTH_WRITING || (added > 0 && !file.exists()) {
            remembered.write(&file, stamp, limit);
        }
        Ok(remembered.links_from(tip))
    }

    /// What the answers hang on besides the commits.
    fn stamp(&self, grammar: &LinkParser<'_>) -> u32 {
        let shallow = fs::read(self.places().common_dir.join("shallow")).unwrap_or_default();
        crc32fast::hash(&[grammar.version.as_bytes(), b"\0", &*shallow].concat())
    }
}
