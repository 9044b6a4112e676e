//! What commits changed, remembered. A commit's id says all that it is and all that is before it, so the answer never
//! becomes wrong; it only spares the trees. In `tracker/changes` of the common dir, which nobody who pushes can write.
//!
//! Disposable: what is torn, damaged or of another version is not there, and is read from the objects again. Not used in
//! a shallow clone, which does not know what was before its end. Commits that bring malformed trees are never remembered:
//! they are refused each time for what they are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gix::ObjectId;

use crate::git::{
    BlobId, Bytes, CacheFile, CommitId, FileChange, FileMode, FileState, Repository, replace_cache,
};

/// Another number where changes are found or kept otherwise.
const CACHE: CacheFile = CacheFile::new(*b"trkchg02", &[]);
/// Where it is kept, below the common dir.
const NAME: &str = "tracker/changes";
/// Of more than this, only what is new is kept.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// With fewer new commits than this the file is not written anew: reading them again is cheaper.
const WORTH_WRITING: usize = 16;

/// What is remembered of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// What it has otherwise than its parents.
    Changes = 0,
    /// The paths of which a merge has something else than what its parents merge to.
    OwnOfMerge = 1,
    /// What two texts merge to over a third, by a digest of the three.
    Merges = 2,
}

/// What is remembered, in the order of ids and kinds.
#[derive(Debug)]
pub(super) struct KnownChanges {
    hash: gix::hash::Kind,
    /// The content of the file: how many there are, then ids and kinds with where their texts begin, then the texts.
    content: Vec<u8>,
    count: usize,
    /// What was found since.
    fresh: BTreeMap<(ObjectId, Kind), Vec<u8>>,
    /// Whether merges were given up: then none that was made counts as less work the next time.
    has_given_up: bool,
}

/// Two texts that are merged over a third, that one first.
pub(crate) type MergedBlobs = [BlobId; 3];

impl KnownChanges {
    fn nothing(hash: gix::hash::Kind) -> Self {
        Self { hash, content: Vec::new(), count: 0, fresh: BTreeMap::new(), has_given_up: false }
    }

    fn open(content: Vec<u8>, hash: gix::hash::Kind) -> Option<Self> {
        let mut rest = Bytes(&content);
        let is_same_hash = usize::from(rest.u8()?) == hash.len_in_bytes();
        let count = rest.u32()? as usize;
        let found = Self { content, count, ..Self::nothing(hash) };
        let is_whole = found.content.len() >= found.texts_at();
        (is_same_hash && is_whole).then_some(found)
    }

    /// Bytes of one line of the index.
    fn stride(&self) -> usize {
        self.hash.len_in_bytes() + 1 + 4
    }

    fn texts_at(&self) -> usize {
        5 + self.count * self.stride()
    }

    /// Returns the key at a place of the index, and its text with all that follows.
    fn line(&self, at: usize) -> Option<(&[u8], &[u8])> {
        let start = 5 + at * self.stride();
        let line = self.content.get(start..start + self.stride())?;
        let (key, offset) = line.split_last_chunk()?;
        let text = self.content.get(self.texts_at() + u32::from_le_bytes(*offset) as usize..)?;
        Some((key, text))
    }

    fn text(&self, id: ObjectId, kind: Kind) -> Option<&[u8]> {
        if let Some(text) = self.fresh.get(&(id, kind)) {
            return Some(text);
        }
        let sought = key_of(id, kind);
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let (key, text) = self.line(middle)?;
            match key.cmp(&sought) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(text),
            }
        }
        None
    }

    fn changes(&self, id: ObjectId) -> Option<Vec<FileChange>> {
        let mut rest = Bytes(self.text(id, Kind::Changes)?);
        let count = rest.u32()?;
        let mut changes = Vec::new();
        for _ in 0..count {
            let path = rest.path()?;
            let modes = rest.u8()?;
            let (before, after) = (rest.state(modes >> 4, self.hash)?, rest.state(modes & 0xf, self.hash)?);
            changes.push(FileChange { path, before, after });
        }
        Some(changes)
    }

    fn own_of_merge(&self, id: ObjectId) -> Option<Vec<String>> {
        let mut rest = Bytes(self.text(id, Kind::OwnOfMerge)?);
        let count = rest.u32()?;
        (0..count).map(|_| rest.path()).collect()
    }

    /// Returns the key of a merge, which has no object of its own: a digest of what is merged.
    fn merge_key(&self, blobs: MergedBlobs) -> Option<ObjectId> {
        let ids: Vec<u8> = blobs.iter().flat_map(|id| id.as_bytes()).copied().collect();
        gix::objs::compute_hash(self.hash, gix::objs::Kind::Blob, &ids).ok()
    }

    /// Returns what two texts merge to, or that they conflict.
    fn merge(&self, blobs: MergedBlobs) -> Option<Option<BlobId>> {
        let mut rest = Bytes(self.text(self.merge_key(blobs)?, Kind::Merges)?);
        match rest.u8()? {
            0 => Some(None),
            _ => rest.id(self.hash).map(|id| Some(BlobId::new(id))),
        }
    }

    fn add_merge(&mut self, blobs: MergedBlobs, merged: Option<BlobId>) -> Option<()> {
        let mut text = vec![u8::from(merged.is_some())];
        text.extend(merged.iter().flat_map(|id| id.as_bytes()));
        self.fresh.insert((self.merge_key(blobs)?, Kind::Merges), text);
        Some(())
    }

    fn add_changes(&mut self, id: ObjectId, changes: &[FileChange]) -> Option<()> {
        let mut text = u32::try_from(changes.len()).ok()?.to_le_bytes().to_vec();
        for change in changes {
            put_path(&mut text, &change.path)?;
            text.push(mode_number(change.before) << 4 | mode_number(change.after));
            for state in [change.before, change.after].into_iter().flatten() {
                text.extend_from_slice(state.blob_id.as_bytes());
            }
        }
        self.fresh.insert((id, Kind::Changes), text);
        Some(())
    }

    fn add_own_of_merge(&mut self, id: ObjectId, paths: &[String]) -> Option<()> {
        let mut text = u32::try_from(paths.len()).ok()?.to_le_bytes().to_vec();
        paths.iter().try_for_each(|path| put_path(&mut text, path))?;
        self.fresh.insert((id, Kind::OwnOfMerge), text);
        Some(())
    }

    /// Returns the whole file with what is new; none where that is more than is kept.
    fn encode(&self) -> Option<Vec<u8>> {
        let fresh: usize = self.fresh.values().map(|text| text.len() + self.stride()).sum();
        let old = if self.content.len() + fresh > MOST_BYTES { 0 } else { self.count };
        if fresh > MOST_BYTES {
            return None;
        }
        // A text goes on to where the next one begins: they are in the order of their keys.
        let lines: Vec<(&[u8], &[u8])> = (0..old).map(|at| self.line(at)).collect::<Option<_>>()?;
        let ends = lines.iter().skip(1).map(|(_, next)| next.len()).chain([0]);
        let known =
            lines.iter().zip(ends).map(|((key, text), end)| (key.to_vec(), &text[..text.len() - end]));
        let mut all: BTreeMap<Vec<u8>, &[u8]> = known.collect();
        all.extend(self.fresh.iter().map(|((id, kind), text)| (key_of(*id, *kind), text.as_slice())));
        let mut file = CACHE.begin();
        file.push(u8::try_from(self.hash.len_in_bytes()).ok()?);
        file.extend_from_slice(&u32::try_from(all.len()).ok()?.to_le_bytes());
        let mut offset = 0_u32;
        for (key, text) in &all {
            file.extend_from_slice(key);
            file.extend_from_slice(&offset.to_le_bytes());
            offset = offset.checked_add(u32::try_from(text.len()).ok()?)?;
        }
        all.values().for_each(|text| file.extend_from_slice(text));
        CACHE.seal(&mut file);
        Some(file)
    }
}

impl Repository {
    /// Returns what is remembered; none where nothing may be.
    fn known_changes(&self) -> Option<&RefCell<KnownChanges>> {
        let read = || {
            let hash = self.inner.object_hash();
            let content = CACHE.read(&self.repo_paths().common_dir.join(NAME));
            let known = content.and_then(|content| KnownChanges::open(content, hash));
            let known = known.unwrap_or_else(|| KnownChanges::nothing(hash));
            (!self.is_shallow()).then(|| RefCell::new(known))
        };
        self.known_changes.get_or_init(read).as_ref()
    }

    /// Returns what a commit is known to have changed.
    pub(super) fn remembered_changes(&self, commit: CommitId) -> Option<Vec<FileChange>> {
        self.known_changes()?.borrow().changes(commit.raw())
    }

    /// Takes over what a commit has changed.
    pub(super) fn know_changes(&self, commit: CommitId, changes: &[FileChange]) {
        if let Some(known) = self.known_changes() {
            known.borrow_mut().add_changes(commit.raw(), changes);
        }
    }

    /// Returns the paths that a merge is known to have otherwise than what its parents merge to.
    #[must_use]
    pub fn remembered_own_of_merge(&self, merge: CommitId) -> Option<Vec<String>> {
        self.known_changes()?.borrow().own_of_merge(merge.raw())
    }

    /// Takes over which paths a merge has otherwise than what its parents merge to.
    pub fn know_own_of_merge(&self, merge: CommitId, paths: &[String]) {
        if let Some(known) = self.known_changes() {
            known.borrow_mut().add_own_of_merge(merge.raw(), paths);
        }
    }

    /// Returns what two texts are known to merge to over a third, or that they conflict.
    pub fn remembered_merge(&self, blobs: MergedBlobs) -> Option<Option<BlobId>> {
        self.known_changes()?.borrow().merge(blobs)
    }

    /// Takes over what two texts merge to over a third.
    pub fn know_merge(&self, blobs: MergedBlobs, merged: Option<BlobId>) {
        if let Some(known) = self.known_changes().filter(|known| !known.borrow().has_given_up) {
            known.borrow_mut().add_merge(blobs, merged);
        }
    }

    /// Makes that nothing is remembered of the merges that were made: a merge was given up, and would be again by whoever
    /// has to make them all.
    pub fn give_up_merges(&self) {
        if let Some(known) = self.known_changes() {
            let mut known = known.borrow_mut();
            known.has_given_up = true;
            known.fresh.retain(|(_, kind), _| *kind != Kind::Merges);
        }
    }

    /// Writes what was found for whoever asks next, where that is possible: a read-only repository works as well, and
    /// slower.
    pub fn remember_changes(&self) {
        // What was not requested was not read either.
        let Some(Some(known)) = self.known_changes.get() else { return };
        let known = known.borrow();
        let file = self.repo_paths().common_dir.join(NAME);
        let is_worth =
            known.fresh.len() >= WORTH_WRITING || !known.fresh.is_empty() && known.count < WORTH_WRITING;
        if is_worth && let Some(bytes) = known.encode() {
            replace_cache(&file, &bytes);
        }
    }
}

fn key_of(id: ObjectId, kind: Kind) -> Vec<u8> {
    [id.as_slice(), &[kind as u8]].concat()
}

fn put_path(out: &mut Vec<u8>, path: &str) -> Option<()> {
    out.extend_from_slice(&u16::try_from(path.len()).ok()?.to_le_bytes());
    out.extend_from_slice(path.as_bytes());
    Some(())
}

const MODES: [FileMode; 4] = [FileMode::Plain, FileMode::Executable, FileMode::Link, FileMode::Submodule];

fn mode_number(state: Option<FileState>) -> u8 {
    let place = state.and_then(|state| MODES.iter().position(|mode| *mode == state.mode));
    place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0)
}

impl Bytes<'_> {
    fn path(&mut self) -> Option<String> {
        let length = self.u16()?;
        String::from_utf8(self.take(usize::from(length))?.to_vec()).ok()
    }

    /// Reads one side of a change, given the number of its mode.
    fn state(&mut self, mode: u8, hash: gix::hash::Kind) -> Option<Option<FileState>> {
        let Some(mode) = mode.checked_sub(1) else { return Some(None) };
        let mode = *MODES.get(usize::from(mode))?;
        Some(Some(FileState { mode, blob_id: BlobId::new(self.id(hash)?) }))
    }

    fn id(&mut self, hash: gix::hash::Kind) -> Option<ObjectId> {
        ObjectId::try_from(self.take(hash.len_in_bytes())?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::try_from([number; 20].as_slice()).unwrap()
    }

    fn state(mode: FileMode, number: u8) -> Option<FileState> {
        Some(FileState { mode, blob_id: BlobId::new(id(number)) })
    }

    fn change(path: &str, before: Option<FileState>, after: Option<FileState>) -> FileChange {
        FileChange { path: path.to_owned(), before, after }
    }

    fn reopened(known: &KnownChanges) -> KnownChanges {
        let file = known.encode().unwrap();
        KnownChanges::open(CACHE.open(&file).unwrap().to_vec(), gix::hash::Kind::Sha1).unwrap()
    }

    #[test]
    fn what_was_remembered_is_read_again_also_beside_what_is_new() {
        let changes = vec![
            change("a", None, state(FileMode::Plain, 1)),
            change("ä/b", state(FileMode::Link, 2), state(FileMode::Executable, 3)),
            change("c", state(FileMode::Submodule, 4), None),
        ];
        let mut known = KnownChanges::nothing(gix::hash::Kind::Sha1);
        known.add_changes(id(9), &changes).unwrap();
        known.add_changes(id(7), &[]).unwrap();
        known.add_own_of_merge(id(9), &["a".to_owned()]).unwrap();
        let blobs = |numbers: [u8; 3]| numbers.map(|number| BlobId::new(id(number)));
        known.add_merge(blobs([1, 2, 3]), Some(BlobId::new(id(4)))).unwrap();
        let mut known = reopened(&known);
        known.add_changes(id(8), &changes[..1]).unwrap();
        known.add_merge(blobs([1, 2, 5]), None).unwrap();
        for known in [&reopened(&known), &known] {
            assert_eq!(known.changes(id(9)).as_ref(), Some(&changes));
            assert_eq!(known.changes(id(8)).as_deref(), Some(&changes[..1]));
            assert_eq!(known.changes(id(7)), Some(Vec::new()));
            assert_eq!(known.own_of_merge(id(9)), Some(vec!["a".to_owned()]));
            assert_eq!((known.changes(id(6)), known.own_of_merge(id(7))), (None, None));
            assert_eq!(known.merge(blobs([1, 2, 3])), Some(Some(BlobId::new(id(4)))));
            assert_eq!(known.merge(blobs([1, 2, 5])), Some(None));
            assert_eq!(known.merge(blobs([1, 3, 2])), None);
        }
    }

    #[test]
    fn what_is_cut_off_is_not_there() {
        let mut known = KnownChanges::nothing(gix::hash::Kind::Sha1);
        known.add_changes(id(1), &[change("a", None, state(FileMode::Plain, 1))]).unwrap();
        let file = known.encode().unwrap();
        let content = CACHE.open(&file).unwrap();
        for length in 0..content.len() {
            let cut = KnownChanges::open(content[..length].to_vec(), gix::hash::Kind::Sha1);
            assert_eq!(cut.and_then(|cut| cut.changes(id(1))), None, "{length}");
        }
        assert!(KnownChanges::open(content.to_vec(), gix::hash::Kind::Sha256).is_none());
    }
}
