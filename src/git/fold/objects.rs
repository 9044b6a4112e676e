//! What the fold writes into the object database: the trees of all changed folders, and the commit that differs from
//! HEAD's in its tree alone. Both keep the bytes of what they do not change.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind, EntryMode, EntryRef, name_order};

use crate::git::fold::FoldRefusal;
use crate::git::{CommitId, Error, Repository, SignError};

/// A file's new content.
pub(super) struct NewFile<'a> {
    pub(super) path: &'a str,
    pub(super) id: ObjectId,
}

/// A folder's tree before and after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replaced {
    /// None where the folder is new.
    pub(super) old: Option<ObjectId>,
    pub(super) new: ObjectId,
    /// How many files there are more, however deep.
    pub(super) added: u32,
    /// Whether a folder below it is new.
    pub(super) has_new_folder: bool,
}

/// All folders on the way to the changed files, by path; the root is the empty path.
pub(super) struct Trees {
    folders: BTreeMap<String, Replaced>,
}

impl Trees {
    pub(super) fn root(&self) -> ObjectId {
        self.folders[""].new
    }

    pub(super) fn folder(&self, path: &str) -> Option<Replaced> {
        self.folders.get(path).copied()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.folders.keys().map(String::as_str)
    }
}

/// Writes the trees of a commit in which `files` have the given contents. Modes stay; a new file is plain.
pub(super) fn rewrite(
    repository: &Repository,
    commit: CommitId,
    files: &[NewFile<'_>],
) -> Result<Trees, FoldRefusal> {
    let root = repository.tree_id(commit, "")?.map(crate::git::TreeId::raw);
    let mut trees = Trees { folders: BTreeMap::new() };
    let files: Vec<(&str, &NewFile<'_>)> = files.iter().map(|file| (file.path, file)).collect();
    rewrite_folder(repository, root, "", &files, &mut trees)?;
    Ok(trees)
}

/// `files` come with their paths from this folder.
fn rewrite_folder(
    repository: &Repository,
    old: Option<ObjectId>,
    path: &str,
    files: &[(&str, &NewFile<'_>)],
    trees: &mut Trees,
) -> Result<Replaced, FoldRefusal> {
    let mut listing = Listing::read(repository, old)?;
    let mut replaced =
        Replaced { old, new: repository.inner.object_hash().null(), added: 0, has_new_folder: false };
    let mut below: BTreeMap<&str, Vec<(&str, &NewFile<'_>)>> = BTreeMap::new();
    for (rest, file) in files {
        if let Some((folder, rest)) = rest.split_once('/') {
            below.entry(folder).or_default().push((rest, file));
            continue;
        }
        match listing.find(rest)? {
            Some(found) if found.mode.is_blob() => listing.replace(found, file.id),
            Some(_) => return Err(FoldRefusal::NotAFile { path: file.path.to_owned() }),
            None => {
                listing.insert(rest, EntryKind::Blob, file.id)?;
                replaced.added += 1;
            }
        }
    }
    for (folder, files) in below {
        let child_path = if path.is_empty() { folder.to_owned() } else { format!("{path}/{folder}") };
        let found = listing.find(folder)?;
        if found.as_ref().is_some_and(|found| !found.mode.is_tree()) {
            return Err(FoldRefusal::NotAFile { path: child_path });
        }
        let old = found.as_ref().map(|found| found.id);
        let child = rewrite_folder(repository, old, &child_path, &files, trees)?;
        replaced.added += child.added;
        replaced.has_new_folder |= child.has_new_folder || child.old.is_none();
        match found {
            Some(found) => listing.replace(found, child.new),
            None => listing.insert(folder, EntryKind::Tree, child.new)?,
        }
    }
    replaced.new = repository.write_bytes(gix::objs::Kind::Tree, listing.as_bytes())?;
    trees.folders.insert(path.to_owned(), replaced);
    Ok(replaced)
}

/// Writes the commit that differs from `commit` in its tree alone. A signed one is signed again.
pub(super) fn with_tree(
    repository: &Repository,
    commit: CommitId,
    tree: ObjectId,
) -> Result<ObjectId, FoldRefusal> {
    let cannot = |error: gix::Error| Error::other("read the commit", error);
    let object = repository.inner.find_object(commit.raw()).map_err(cannot)?;
    let Parts { mut bytes, signature: before } = parts(&object.data, &tree.to_string())
        .ok_or_else(|| Error::other("read the commit", "it is damaged"))?;
    if !before.is_empty() {
        let signature = repository.sign_commit(&bytes).map_err(FoldRefusal::Unsigned)?;
        if ssh_key(&before) != ssh_key(signature.as_bytes()) {
            return Err(FoldRefusal::Unsigned(SignError::OtherKey));
        }
        insert_signature(&mut bytes, signature_header(tree), &signature);
    }
    Ok(repository.write_bytes(gix::objs::Kind::Commit, &bytes)?)
}

/// A commit's bytes with another tree and without its signature.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    bytes: Vec<u8>,
    /// The lines of the signature; empty where it has none.
    signature: Vec<u8>,
}

fn parts(commit: &[u8], tree: &str) -> Option<Parts> {
    let headers_end = commit.windows(2).position(|at| at == b"\n\n").map_or(commit.len(), |at| at + 1);
    let (headers, message) = commit.split_at(headers_end);
    let mut bytes = Vec::with_capacity(commit.len());
    let mut signature = Vec::new();
    let mut in_signature = false;
    for (at, line) in headers.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if at == 0 {
            line.strip_prefix(b"tree ")?;
            bytes.extend_from_slice(format!("tree {tree}\n").as_bytes());
            continue;
        }
        // A header goes on in the lines that begin with a space; a tag's own signature is in such lines.
        let goes_on = line.starts_with(b" ");
        in_signature = if goes_on { in_signature } else { is_signature(line) };
        let part = if in_signature { &mut signature } else { &mut bytes };
        part.extend_from_slice(line);
    }
    bytes.extend_from_slice(message);
    Some(Parts { bytes, signature })
}

/// Returns the public key that an ssh signature was made with, as it names it itself; none of another signature.
///
/// The format is that of OpenSSH's `PROTOCOL.sshsig`: a preamble, a version of four bytes, then the key behind its length.
fn ssh_key(signature: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(signature).ok()?;
    let (_, rest) = text.split_once("-----BEGIN SSH SIGNATURE-----")?;
    let (armour, _) = rest.split_once("-----END")?;
    let letters: String = armour.split_whitespace().collect();
    let bytes = data_encoding::BASE64.decode(letters.as_bytes()).ok()?;
    let rest = bytes.strip_prefix(b"SSHSIG")?.get(4..)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.get(..u32::from_be_bytes(*length) as usize).map(<[u8]>::to_vec)
}

fn is_signature(line: &[u8]) -> bool {
    line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 ")
}

pub(super) fn signature_header(id: ObjectId) -> &'static str {
    if id.as_slice().len() == 20 { "gpgsig" } else { "gpgsig-sha256" }
}

/// Puts the signature where git puts it: after all other headers.
pub(super) fn insert_signature(commit: &mut Vec<u8>, header: &str, signature: &str) {
    let end = commit.windows(2).position(|at| at == b"\n\n").map_or(commit.len(), |at| at + 1);
    let lines = signature.trim_end_matches('\n').replace('\n', "\n ");
    commit.splice(end..end, format!("{header} {lines}\n").into_bytes());
}

/// A tree's entries.
///
/// Entries are replaced and put in between in the bytes themselves, so that a folder of ten thousand files is not taken
/// apart for the one that differs, and whatever it contains besides stays as it is.
pub(super) struct Listing {
    bytes: Vec<u8>,
    hash: gix::hash::Kind,
}

/// What is under a name.
pub(super) struct Found {
    pub(super) mode: EntryMode,
    pub(super) id: ObjectId,
    /// Where the id is.
    span: Range<usize>,
}

impl Listing {
    /// Reads a tree; of none, no entries.
    pub(super) fn read(repository: &Repository, tree: Option<ObjectId>) -> Result<Self, Error> {
        let hash = repository.inner.object_hash();
        let Some(tree) = tree else { return Ok(Self { bytes: Vec::new(), hash }) };
        let mut tree =
            repository.inner.find_tree(tree).map_err(|error| Error::other("read a tree", error))?;
        Ok(Self { bytes: std::mem::take(&mut tree.data), hash })
    }

    /// Returns what is under a name.
    pub(super) fn find(&self, name: &str) -> Result<Option<Found>, Error> {
        let found = self.first(|entry| entry.filename == name)?;
        Ok(found.map(|(entry, span)| {
            let id = span.end - self.hash.len_in_bytes()..span.end;
            Found { mode: entry.mode, id: entry.oid.to_owned(), span: id }
        }))
    }

    /// Lets a name mean another object.
    pub(super) fn replace(&mut self, found: Found, id: ObjectId) {
        self.bytes[found.span].copy_from_slice(id.as_slice());
    }

    /// Puts a new name where git sorts it.
    pub(super) fn insert(&mut self, name: &str, kind: EntryKind, id: ObjectId) -> Result<(), Error> {
        let is_tree = kind == EntryKind::Tree;
        let follows = |entry: &EntryRef<'_>| {
            name_order(entry.filename, entry.mode.is_tree(), name.as_bytes(), is_tree) == Ordering::Greater
        };
        let at = self.first(follows)?.map_or(self.bytes.len(), |(_, span)| span.start);
        let entry = [kind.as_octal_str().as_bytes(), b" ", name.as_bytes(), b"\0", id.as_slice()].concat();
        self.bytes.splice(at..at, entry);
        Ok(())
    }

    /// Returns the tree as git stores it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the first entry of a kind, and where it is in the bytes.
    fn first(
        &self,
        is_replaced: impl Fn(&EntryRef<'_>) -> bool,
    ) -> Result<Option<(EntryRef<'_>, Range<usize>)>, Error> {
        let mut entries = TreeRefIter::from_bytes(&self.bytes, self.hash);
        let mut start = 0;
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|error| Error::other("read a tree", error))?;
            let end = entries.offset_to_next_entry(&self.bytes);
            if is_replaced(&entry) {
                return Ok(Some((entry, start..end)));
            }
            start = end;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &[u8] = b"tree 1111\nparent 2222\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\
        encoding ISO-8859-1\nmergetag object 33\n gpgsig inside\ngpgsig -----BEGIN\n \n abc\n -----END\n\
        odd header\n\nSubj\xe9ct\n\ngpgsig in the message\n";

    #[test]
    fn only_the_tree_and_the_signature_go() {
        let Parts { bytes, signature } = parts(COMMIT, "9999").unwrap();
        assert!(signature.starts_with(b"gpgsig -----BEGIN"));
        let expected: &[u8] = b"tree 9999\nparent 2222\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\
            encoding ISO-8859-1\nmergetag object 33\n gpgsig inside\nodd header\n\n\
            Subj\xe9ct\n\ngpgsig in the message\n";
        assert_eq!(bytes, expected);
        assert!(parts(expected, "9999").unwrap().signature.is_empty());
        assert_eq!(parts(b"object 12\n", "9"), None);
    }

    #[test]
    fn a_signature_follows_the_headers() {
        let mut bytes = b"tree 1\nauthor A\n\nSubject\n\nBody\n".to_vec();
        insert_signature(&mut bytes, "gpgsig", "-----BEGIN\n\nabc\n-----END\n");
        assert_eq!(bytes, b"tree 1\nauthor A\ngpgsig -----BEGIN\n \n abc\n -----END\n\nSubject\n\nBody\n");
    }

    fn id(digit: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[digit; 20])
    }

    fn entry(mode: &str, name: &str, digit: u8) -> Vec<u8> {
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", id(digit).as_slice()].concat()
    }

    fn listing(entries: &[Vec<u8>]) -> Listing {
        Listing { bytes: entries.concat(), hash: gix::hash::Kind::Sha1 }
    }

    #[test]
    fn replacing_an_entry_keeps_all_other_bytes() {
        // Written by an old program: a folder's mode with a zero before it, a file that its group may write.
        let (a, z) = (entry("040000", "a", 1), entry("100664", "z", 3));
        let mut tree = listing(&[a.clone(), entry("100755", "m", 2), z.clone()]);
        let found = tree.find("m").unwrap().unwrap();
        assert_eq!((found.mode.kind(), found.id), (EntryKind::BlobExecutable, id(2)));
        tree.replace(found, id(9));
        assert_eq!(tree.as_bytes(), [a, entry("100755", "m", 9), z].concat());
        assert!(tree.find("b").unwrap().is_none());
    }

    #[test]
    fn a_new_entry_is_sorted_as_git_does() {
        // A folder sorts as if its name ended in a slash.
        let (dash, folder, zero) =
            (entry("100644", "a-b", 1), entry("40000", "a", 2), entry("100644", "a0", 3));
        let mut tree = listing(&[]);
        for (name, kind, digit) in
            [("a0", EntryKind::Blob, 3), ("a-b", EntryKind::Blob, 1), ("a", EntryKind::Tree, 2)]
        {
            tree.insert(name, kind, id(digit)).unwrap();
        }
        assert_eq!(tree.as_bytes(), [dash, folder, zero].concat());
    }

    #[test]
    fn what_is_no_tree_is_an_error() {
        let tree = listing(&[entry("100644", "a", 1), b"100644 torn".to_vec()]);
        assert!(tree.find("a").unwrap().is_some());
        assert!(tree.find("b").is_err());
    }
}
