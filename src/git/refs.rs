//! Refs and revisions: which commits the branches end in, read as files without opening the repository, and what git's
//! revision syntax says.
//!
//! The files are loose refs and `packed-refs`. Repositories with a reftable are refused.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::revision::spec::parse::Error as SpecError;

use crate::git::error::one_line;
use crate::git::paths::is_worth_telling;
use crate::git::{BlobId, CommitId, Error, RepoPaths, Repository};

/// What a name has to begin with to be a branch, here or on a remote.
const BRANCHES: [&str; 2] = ["refs/heads", "refs/remotes"];

/// As many digits are rather the beginning of an id than a word.
const SHORT_ID: usize = 7;

impl RepoPaths {
    /// Returns the current branch's name without `refs/heads/`, from HEAD's file alone; none where HEAD is
    /// detached. The branch may have no commits yet.
    pub fn branch(&self) -> Result<Option<String>, Error> {
        refuse_reftable(self)?;
        let path = self.git_dir.join("HEAD");
        let bytes = fs::read(&path).map_err(|source| Error::Io { action: "read", path, source })?;
        let target = bytes.strip_prefix(b"ref:").map(<[u8]>::trim_ascii);
        let name = target.and_then(|target| target.strip_prefix(b"refs/heads/"));
        Ok(name.map(|name| String::from_utf8_lossy(name).into_owned()))
    }
}

impl RepoPaths {
    /// Returns the commit that HEAD is at, from the files of refs alone; none where they do not tell.
    #[must_use]
    pub fn head_commit(&self) -> Option<CommitId> {
        refuse_reftable(self).ok()?;
        let bytes = fs::read(self.git_dir.join("HEAD")).ok()?;
        let Some(target) = bytes.strip_prefix(b"ref:").map(<[u8]>::trim_ascii) else {
            return ObjectId::from_hex(bytes.trim_ascii()).ok().map(CommitId::new);
        };
        let target = target.to_str().ok().filter(|target| target.starts_with("refs/heads/"))?;
        match read_ref(&self.common_dir.join(target)) {
            Ok(id) => id.map(CommitId::new),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.packed_commit(target),
            Err(_) => None,
        }
    }

    fn packed_commit(&self, name: &str) -> Option<CommitId> {
        let bytes = fs::read(self.common_dir.join("packed-refs")).ok()?;
        let mut refs = bytes.lines().filter_map(|line| line.split_once_str(" "));
        let (id, _) = refs.find(|(_, found)| *found == name.as_bytes())?;
        ObjectId::from_hex(id).ok().map(CommitId::new)
    }
}

/// A branch, here or on a remote, and the commit that it ends in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchTip {
    /// The whole name of the ref.
    pub name: String,
    /// Where it ends.
    pub commit: CommitId,
}

/// Returns the commits that local and remote-tracking branches end in, and those that detached working trees are
/// at: sorted, each once.
///
/// Symbolic refs are left out: what they point to is a branch of its own. So is what does not parse: a
/// damaged ref is for git to report.
pub(super) fn tips(repo_paths: &RepoPaths) -> Result<Vec<ObjectId>, Error> {
    let mut tips: Vec<ObjectId> = branches(repo_paths)?.into_iter().map(|(_, tip)| tip).collect();
    tips.extend(heads(repo_paths).iter().filter_map(|file| read_ref(file).ok().flatten()));
    tips.sort_unstable();
    tips.dedup();
    Ok(tips)
}

/// Returns the local and remote-tracking branches by their whole names.
fn branches(repo_paths: &RepoPaths) -> Result<Vec<(Vec<u8>, ObjectId)>, Error> {
    refs_in(repo_paths, &BRANCHES)
}

/// Returns the refs in some folders by their whole names.
fn refs_in(repo_paths: &RepoPaths, folders: &[&str]) -> Result<Vec<(Vec<u8>, ObjectId)>, Error> {
    refuse_reftable(repo_paths)?;
    let mut unpacked = UnpackedRefs::default();
    for folder in folders {
        unpacked.read_below(&repo_paths.common_dir.join(folder), folder.as_bytes())?;
    }
    // After the loose ones: git packs a ref before it deletes the loose file.
    let packed = packed_tips(&repo_paths.common_dir.join("packed-refs"), &unpacked.names, folders)?;
    let mut tips = unpacked.tips;
    tips.extend(packed);
    Ok(tips)
}

/// A ref that leads to an object which is no part of the history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// The whole name of the ref.
    pub name: String,
    /// The object.
    pub object: BlobId,
}

impl RepoPaths {
    /// Returns the local and remote-tracking branches, from the files of refs alone; local ones first, by name. A branch
    /// whose name is no text is left out.
    pub fn branch_tips(&self) -> Result<Vec<BranchTip>, Error> {
        let tip = |(name, id): (Vec<u8>, ObjectId)| {
            Some(BranchTip { name: String::from_utf8(name).ok()?, commit: CommitId::new(id) })
        };
        let mut tips: Vec<BranchTip> = branches(self)?.into_iter().filter_map(tip).collect();
        tips.sort_unstable();
        Ok(tips)
    }

    /// Returns the refs in a folder, such as `refs/tracker`, from the files of refs alone, by name. One whose name is no
    /// text is left out.
    pub fn object_refs(&self, folder: &str) -> Result<Vec<ObjectRef>, Error> {
        let named = |(name, id): (Vec<u8>, ObjectId)| {
            Some(ObjectRef { name: String::from_utf8(name).ok()?, object: BlobId::new(id) })
        };
        let mut found: Vec<ObjectRef> = refs_in(self, &[folder])?.into_iter().filter_map(named).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Whether a branch was begun where another one ends, as its reflog has it; false where that is not known.
    #[must_use]
    pub fn begins_at(&self, branch: &str, other: &str) -> bool {
        let log =
            fs::read_to_string(self.common_dir.join("logs/refs/heads").join(branch)).unwrap_or_default();
        let begun = log.lines().next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let tips = self.branch_tips().unwrap_or_default();
        tips.iter()
            .any(|tip| tip.name.strip_prefix("refs/heads/") == Some(other) && tip.commit.to_string() == begun)
    }

    /// Returns what a symbolic ref below the common dir names, such as `refs/remotes/origin/HEAD`; none where it is none.
    #[must_use]
    pub fn symbolic_ref(&self, name: &str) -> Option<String> {
        let bytes = fs::read(self.common_dir.join(name)).ok()?;
        let target = bytes.strip_prefix(b"ref:")?.trim_ascii();
        String::from_utf8(target.to_vec()).ok()
    }
}

/// Fails where refs are not files.
pub(super) fn refuse_reftable(repo_paths: &RepoPaths) -> Result<(), Error> {
    if repo_paths.common_dir.join("reftable").is_dir() {
        return Err(Error::Reftable { git_dir: repo_paths.git_dir.clone() });
    }
    Ok(())
}

/// The refs that have a file each.
#[derive(Default)]
struct UnpackedRefs {
    /// All names seen, whatever the file says: a loose ref hides the packed one of its name.
    names: HashSet<Vec<u8>>,
    tips: Vec<(Vec<u8>, ObjectId)>,
}

impl UnpackedRefs {
    fn read_below(&mut self, folder: &Path, name: &[u8]) -> Result<(), Error> {
        let failed = |source| Error::Io { action: "list the refs in", path: folder.to_owned(), source };
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(source) if is_worth_telling(&source) => return Err(failed(source)),
            Err(_) => return Ok(()),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let file_name = entry.file_name();
            let Ok(file_name) = gix::path::os_str_into_bstr(&file_name) else { continue };
            let child = [name, b"/", file_name].concat();
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.read_below(&path, &child)?;
            } else if !child.ends_with(b".lock") {
                match read_ref(&path) {
                    Ok(tip) => {
                        self.tips.extend(tip.map(|tip| (child.clone(), tip)));
                        self.names.insert(child);
                    }
                    // Deleted or packed since it was listed.
                    Err(source) if !is_worth_telling(&source) => {}
                    Err(source) => return Err(Error::Io { action: "read the ref", path, source }),
                }
            }
        }
        Ok(())
    }
}

/// Reads one ref's file: none where it is symbolic or damaged.
pub(super) fn read_ref(path: &Path) -> std::io::Result<Option<ObjectId>> {
    // Longer than any id: what does not fit is no id either.
    let mut buffer = [0; 80];
    // One read: a ref's file is shorter than any system splits.
    let length = fs::File::open(path)?.read(&mut buffer)?;
    Ok(ObjectId::from_hex(buffer[..length].trim_ascii()).ok())
}

fn packed_tips(
    path: &Path,
    unpacked: &HashSet<Vec<u8>>,
    folders: &[&str],
) -> Result<Vec<(Vec<u8>, ObjectId)>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) if is_worth_telling(&source) => {
            return Err(Error::Io { action: "read", path: path.to_owned(), source });
        }
        Err(_) => return Ok(Vec::new()),
    };
    let mut tips = Vec::new();
    // Most repositories have no ref in the rarer folders.
    if !folders.iter().any(|folder| bytes.contains_str(folder)) {
        return Ok(tips);
    }
    for line in bytes.lines() {
        let Some((id, name)) = line.split_once_str(" ") else { continue };
        let is_inside = folders
            .iter()
            .any(|folder| name.strip_prefix(folder.as_bytes()).is_some_and(|rest| rest.starts_with(b"/")));
        if is_inside && !unpacked.contains(name) {
            tips.extend(ObjectId::from_hex(id).map(|id| (name.to_vec(), id)));
        }
    }
    Ok(tips)
}

/// The HEAD files of all working trees. Only those of detached ones hold an id.
fn heads(repo_paths: &RepoPaths) -> Vec<PathBuf> {
    let mut heads = vec![repo_paths.common_dir.join("HEAD")];
    if let Ok(folders) = fs::read_dir(repo_paths.common_dir.join("worktrees")) {
        heads.extend(folders.flatten().map(|folder| folder.path().join("HEAD")));
    }
    heads
}

impl Repository {
    /// Returns the commit that a revision names: a branch, tag, id or part of one, `HEAD~2`, `main@{1}`, `:/text`.
    ///
    /// An annotated tag counts as the commit it is of. A range names no single commit and is an error.
    pub fn resolve(&self, revision: &str) -> Result<CommitId, Error> {
        let spec =
            self.inner.rev_parse(BStr::new(revision)).map_err(|error| self.unresolved(revision, &error))?;
        let Some(id) = spec.single() else {
            let reason = Some("a range names no single commit; give one".to_owned());
            return Err(Error::UnknownRevision { revision: revision.to_owned(), reason, shallow: false });
        };
        let object = id
            .object()
            .map_err(|_| Error::MissingObject { id: id.to_string(), shallow: self.is_shallow() })?;
        let kind = object.kind;
        match object.peel_to_kind(gix::object::Kind::Commit) {
            Ok(commit) => Ok(CommitId::new(commit.id)),
            Err(_) if kind == gix::object::Kind::Tag => Err(Error::NotACommit {
                revision: revision.to_owned(),
                kind: "tag of something else".to_owned(),
            }),
            Err(_) => Err(Error::NotACommit { revision: revision.to_owned(), kind: kind.to_string() }),
        }
    }

    /// Returns the commit that a range is to be merged into: a branch (a remote-tracking one before a local one of the
    /// same name), a commit by its id, a whole ref name as it is, or one of these with a suffix such as `~2`.
    ///
    /// git's own rule lets a tag go before a branch of its name. Whoever may push a tag would choose the policy that
    /// way: a name that a tag has as well is ambiguous, and a tag alone is refused.
    pub fn resolve_base(&self, revision: &str) -> Result<CommitId, Error> {
        let (name, suffix) = split_suffix(revision);
        let unknown = || Error::UnknownRevision {
            revision: revision.to_owned(),
            reason: None,
            shallow: self.is_shallow(),
        };
        if name.starts_with("refs/") {
            return match self.ref_commit(name)? {
                Some(commit) if suffix.is_empty() => Ok(commit),
                Some(_) => self.resolve(revision),
                None => Err(unknown()),
            };
        }
        if matches!(name, "HEAD" | "@") || name.is_empty() && suffix.starts_with('@') {
            return self.resolve(revision);
        }
        let is_id = |name: &str| name.len() >= 4 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
        if let Ok(id) = CommitId::parse(name) {
            // A branch may be called like the id of a commit that is not here.
            return self
                .resolve(name)
                .ok()
                .filter(|found| *found == id)
                .map_or_else(|| Err(unknown()), |_| self.resolve(revision));
        }
        let mut refs = Vec::new();
        for folder in ["refs/remotes/", "refs/heads/", "refs/tags/"] {
            let whole = format!("{folder}{name}");
            refs.extend(self.has_ref(&whole)?.then_some(whole));
        }
        let is_tag = refs.last().is_some_and(|last| last.starts_with("refs/tags/"));
        match refs.first() {
            Some(_) if is_tag && (refs.len() > 1 || is_id(name)) => {
                Err(Error::AmbiguousRef { revision: revision.to_owned(), refs })
            }
            // Whoever may push a branch would choose what the first digits of an id mean.
            Some(_) if name.len() >= SHORT_ID && is_id(name) && self.begins_commit(name) => {
                refs.push(format!("a commit {name}…"));
                Err(Error::AmbiguousRef { revision: revision.to_owned(), refs })
            }
            Some(_) if is_tag => Err(Error::TagAsBase { revision: revision.to_owned() }),
            Some(branch) => self.resolve(&format!("{branch}{suffix}")),
            None if is_id(name) || is_own_ref(name) => self.resolve(revision),
            // The name of a remote alone: its default branch, as git has it.
            None => match format!("refs/remotes/{name}/HEAD") {
                whole if self.has_ref(&whole)? => self.resolve(&format!("{whole}{suffix}")),
                _ => Err(unknown()),
            },
        }
    }

    /// Returns the commit that is to be merged: any revision, except a name that both a branch and a tag have.
    pub fn resolve_head(&self, revision: &str) -> Result<CommitId, Error> {
        let (name, _) = split_suffix(revision);
        let branches = ["refs/heads/", "refs/remotes/"].map(|folder| format!("{folder}{name}"));
        let tag = format!("refs/tags/{name}");
        if name != "HEAD" && self.has_ref(&tag)? {
            for branch in branches {
                if self.has_ref(&branch)? {
                    return Err(Error::AmbiguousRef {
                        revision: revision.to_owned(),
                        refs: vec![branch, tag],
                    });
                }
            }
        }
        self.resolve(revision)
    }

    /// Whether a branch can be called that: git makes no branch `HEAD`, and none that reads as an option.
    #[must_use]
    pub fn is_branch_name(name: &str) -> bool {
        let whole = format!("refs/heads/{name}");
        name != "HEAD"
            && !name.starts_with('-')
            && <&gix::refs::FullNameRef>::try_from(whole.as_str()).is_ok()
    }

    /// Whether the id of a commit begins with these digits, or of several.
    fn begins_commit(&self, digits: &str) -> bool {
        let Ok(prefix) = gix::hash::Prefix::from_hex(digits) else { return false };
        match self.inner.objects.lookup_prefix(prefix, None) {
            Ok(Some(Ok(id))) => self.inner.find_header(id).is_ok_and(|header| header.kind().is_commit()),
            Ok(Some(Err(()))) => true,
            Ok(None) | Err(_) => false,
        }
    }

    fn has_ref(&self, whole: &str) -> Result<bool, Error> {
        Ok(self.whole_ref(whole)?.is_some())
    }

    /// Finds the ref of exactly this name. gix looks in other folders as well where there is none.
    pub(super) fn whole_ref(&self, whole: &str) -> Result<Option<gix::Reference<'_>>, Error> {
        let Ok(name) = <&gix::refs::FullNameRef>::try_from(whole) else { return Ok(None) };
        let found = match self.inner.try_find_reference(name) {
            // No file can have so long a name, so no ref has it.
            Err(error) if is_no_file_name(&error) => return Ok(None),
            found => found.map_err(|error| Error::other("read a ref", error))?,
        };
        Ok(found.filter(|found| found.name() == name))
    }

    /// Returns the commit that a ref with this whole name leads to; none where there is no such ref, or it leads to a
    /// branch without commits.
    pub fn ref_commit(&self, name: &str) -> Result<Option<CommitId>, Error> {
        let cannot = |error: gix::Error| Error::other("read a ref", error);
        let Some(mut found) = self.whole_ref(name)? else { return Ok(None) };
        if found
            .target()
            .try_name()
            .is_some_and(|to| self.inner.try_find_reference(to).ok().flatten().is_none())
        {
            return Ok(None);
        }
        Ok(Some(CommitId::new(found.peel_to_commit().map_err(cannot)?.id)))
    }

    /// Returns the ref that a symbolic ref means; none where it is no symbolic one.
    pub fn symbolic_target(&self, name: &str) -> Result<Option<String>, Error> {
        let found = self.inner.try_find_reference(name).map_err(|error| Error::other("read a ref", error))?;
        Ok(found.and_then(|found| found.target().try_name().map(|to| to.as_bstr().to_string())))
    }

    fn unresolved(&self, revision: &str, error: &gix::Error) -> Error {
        let revision = revision.to_owned();
        match error.downcast_any_ref::<SpecError>() {
            Some(
                SpecError::AmbiguousPrefix { candidates, .. }
                | SpecError::AmbiguousRefAndObject { candidates, .. },
            ) => {
                let name = |(prefix, info): &(gix::hash::Prefix, _)| one_line(&format!("{prefix} {info}"));
                Error::AmbiguousRevision {
                    revision,
                    candidates: candidates.iter().take(5).map(name).collect(),
                }
            }
            Some(SpecError::MissingReference { .. }) => {
                Error::UnknownRevision { revision, reason: None, shallow: self.is_shallow() }
            }
            _ => {
                let reason =
                    error.iter_errors().last().map(|cause| uncapitalised(&one_line(&cause.to_string())));
                Error::UnknownRevision { revision, reason, shallow: self.is_shallow() }
            }
        }
    }
}

/// Splits a revision where git's suffixes begin: `main~2`, `main^`, `main@{1}`, `@{upstream}`, `:/text`.
fn split_suffix(revision: &str) -> (&str, &str) {
    let at = revision.find(['~', '^', ':']).unwrap_or(revision.len());
    let at = revision.find("@{").map_or(at, |brace| brace.min(at));
    revision.split_at(at)
}

/// Whether a name is one of those that git itself writes beside `HEAD`, such as `FETCH_HEAD`.
fn is_own_ref(name: &str) -> bool {
    name.ends_with("_HEAD") && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Whether no file can have a name because of its length.
fn is_no_file_name(error: &gix::Error) -> bool {
    let source = error.downcast_any_ref::<std::io::Error>();
    source.is_some_and(|source| source.kind() == std::io::ErrorKind::InvalidFilename)
}

/// Our messages are fragments; gix's are sentences.
fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
