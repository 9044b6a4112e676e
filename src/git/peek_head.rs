//! HEAD's commit at a peek_head, in a third of the time that opening the repository takes: no configuration is read, and
//! what is out of the ordinary gives no answer.

use std::cell::OnceCell;
use std::path::PathBuf;

use gix::ObjectId;
use gix::objs::{CommitRef, FindExt, Kind, TreeRefIter};
use gix::odb::loose;
use gix::odb::store::init::Slots;

use super::RepoPaths;
use super::refs::{read_ref, refuse_reftable};

/// With a fixed number of places for them, the packs are listed once instead of twice. More packs give no answer.
const MOST_PACKS: u16 = 64;

/// What a hook asks of the commit just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The whole message; bytes that are not UTF-8 are replaced.
    pub message: String,
    /// Whether the folder is another than in the first parent.
    pub has_changed: bool,
}

/// Looks at HEAD's commit and at what it did to a folder at the top of the repository. None where that takes more
/// than objects that are at hand: then ask the [`super::Repository`].
#[must_use]
pub fn peek_head(places: &RepoPaths, folder: &str) -> Option<Glance> {
    refuse_reftable(places).ok()?;
    if places.common_dir.join("refs/replace").exists() || places.common_dir.join("info/grafts").exists() {
        return None;
    }
    let head = head(places)?;
    let objects = Objects::at(places.common_dir.join("objects"), head.kind());
    let (message, tree, parent) = objects.commit(head)?;
    let now = objects.entry(tree, folder)?;
    let before = match parent {
        Some(parent) => objects.entry(objects.commit(parent)?.1, folder)?,
        None => None,
    };
    Some(Glance { message, has_changed: now != before })
}

fn head(places: &RepoPaths) -> Option<ObjectId> {
    let bytes = std::fs::read(places.git_dir.join("HEAD")).ok()?;
    match bytes.strip_prefix(b"ref:") {
        // The commit that was just made has moved its branch: that one is no packed ref.
        Some(name) => read_ref(&places.common_dir.join(std::str::from_utf8(name).ok()?.trim())).ok()?,
        None => ObjectId::from_hex(bytes.trim_ascii()).ok(),
    }
}

/// Objects by id. What was committed lately lies in files of its own: packs are not looked for before one is missing.
struct Objects {
    folder: PathBuf,
    loose: loose::Store,
    all: OnceCell<Option<gix::odb::Handle>>,
}

impl Objects {
    fn at(folder: PathBuf, hash: gix::hash::Kind) -> Self {
        Self { loose: loose::Store::at(folder.clone(), hash), folder, all: OnceCell::new() }
    }

    /// Returns an object's bytes, where it is of this kind.
    fn read(&self, id: ObjectId, kind: Kind) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let found = match self.loose.try_find(&id, &mut bytes).ok()? {
            Some(found) => found.kind,
            None => self.all()?.find(&id, &mut bytes).ok()?.kind,
        };
        (found == kind).then_some(bytes)
    }

    fn all(&self) -> Option<&gix::odb::Handle> {
        let hash = self.loose.object_hash();
        let open = || {
            let options =
                gix::odb::store::init::Options { slots: Slots::Given(MOST_PACKS), ..Default::default() };
            gix::odb::at_opts(self.folder.clone(), hash, None, options).ok()
        };
        self.all.get_or_init(open).as_ref()
    }

    /// Returns a commit's message, tree and first parent.
    fn commit(&self, id: ObjectId) -> Option<(String, ObjectId, Option<ObjectId>)> {
        let bytes = self.read(id, Kind::Commit)?;
        let commit = CommitRef::from_bytes(&bytes, id.kind()).ok()?;
        Some((commit.message.to_string(), commit.tree(), commit.parents().next()))
    }

    /// Returns what stands under a name in a tree; the outer none is no answer.
    fn entry(&self, tree: ObjectId, name: &str) -> Option<Option<ObjectId>> {
        let bytes = self.read(tree, Kind::Tree)?;
        for entry in TreeRefIter::from_bytes(&bytes, tree.kind()) {
            let entry = entry.ok()?;
            if entry.filename == name {
                return Some(Some(entry.oid.to_owned()));
            }
        }
        Some(None)
    }
}
