//! Refs read as files, without opening the repository: which commits the branches end in.
//!
//! Knows loose refs and `packed-refs`. Repositories with a reftable are refused.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::places::is_worth_telling;
use super::{CommitId, Error, RepoPaths};

/// What a name has to begin with to be a branch, here or on a remote.
const BRANCHES: [&str; 2] = ["refs/heads", "refs/remotes"];

impl RepoPaths {
    /// Returns the current branch's name without `refs/heads/`, from HEAD's file alone; none where HEAD is
    /// detached. The branch may have no commits yet.
    pub fn branch(&self) -> Result<Option<String>, Error> {
        refuse_reftable(self)?;
        let path = self.git_dir.join("HEAD");
        let bytes = fs::read(&path).map_err(|source| Error::Io { deed: "read", path, source })?;
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

/// Returns the commits that local and remote-tracking branches end in, and those that detached working trees are
/// at: sorted, each once.
///
/// Symbolic refs are left out: what they point to is a branch of its own. So is what does not parse: a
/// damaged ref is for git to report.
pub(super) fn tips(places: &RepoPaths) -> Result<Vec<ObjectId>, Error> {
    refuse_reftable(places)?;
    let mut loose = Loose::default();
    for branches in BRANCHES {
        loose.read_below(&places.common_dir.join(branches), branches.as_bytes())?;
    }
    // After the loose ones: git packs a ref before it deletes the loose file.
    let packed = packed_tips(&places.common_dir.join("packed-refs"), &loose.names)?;
    let mut tips = loose.tips;
    tips.extend(packed);
    tips.extend(heads(places).iter().filter_map(|file| read_ref(file).ok().flatten()));
    tips.sort_unstable();
    tips.dedup();
    Ok(tips)
}

/// Fails where refs are not files.
pub(super) fn refuse_reftable(places: &RepoPaths) -> Result<(), Error> {
    if places.common_dir.join("reftable").is_dir() {
        return Err(Error::Reftable { git_dir: places.git_dir.clone() });
    }
    Ok(())
}

/// The refs that have a file each.
#[derive(Default)]
struct Loose {
    /// All names seen, whatever the file says: a loose ref hides the packed one of its name.
    names: HashSet<Vec<u8>>,
    tips: Vec<ObjectId>,
}

impl Loose {
    fn read_below(&mut self, folder: &Path, name: &[u8]) -> Result<(), Error> {
        let failed = |source| Error::Io { deed: "list the refs in", path: folder.to_owned(), source };
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
                        self.tips.extend(tip);
                        self.names.insert(child);
                    }
                    // Deleted or packed since it was listed.
                    Err(source) if !is_worth_telling(&source) => {}
                    Err(source) => return Err(Error::Io { deed: "read the ref", path, source }),
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

fn packed_tips(path: &Path, loose: &HashSet<Vec<u8>>) -> Result<Vec<ObjectId>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) if is_worth_telling(&source) => {
            return Err(Error::Io { deed: "read", path: path.to_owned(), source });
        }
        Err(_) => return Ok(Vec::new()),
    };
    let mut tips = Vec::new();
    for line in bytes.lines() {
        let Some((id, name)) = line.split_once_str(" ") else { continue };
        let is_branch = BRANCHES.iter().any(|branches| {
            name.strip_prefix(branches.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
        });
        if is_branch && !loose.contains(name) {
            tips.extend(ObjectId::from_hex(id));
        }
    }
    Ok(tips)
}

/// The HEAD files of all working trees. Only those of detached ones hold an id.
fn heads(places: &RepoPaths) -> Vec<PathBuf> {
    let mut heads = vec![places.common_dir.join("HEAD")];
    if let Ok(folders) = fs::read_dir(places.common_dir.join("worktrees")) {
        heads.extend(folders.flatten().map(|folder| folder.path().join("HEAD")));
    }
    heads
}
