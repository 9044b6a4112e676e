//! HEAD's commit at a glance, in a third of the time that opening the repository takes: no configuration is read, and
//! what is out of the ordinary gives no answer.

use gix::ObjectId;
use gix::objs::FindExt;
use gix::odb::store::init::Slots;

use super::Places;
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
pub fn glance(places: &Places, folder: &str) -> Option<Glance> {
    refuse_reftable(places).ok()?;
    if places.common_dir.join("refs/replace").exists() || places.common_dir.join("info/grafts").exists() {
        return None;
    }
    let head = head(places)?;
    let options = gix::odb::store::init::Options { slots: Slots::Given(MOST_PACKS), ..Default::default() };
    let folder_of_objects = places.common_dir.join("objects");
    let objects = gix::odb::at_opts(folder_of_objects, head.kind(), None, options).ok()?;
    let mut bytes = Vec::new();
    let commit = objects.find_commit(&head, &mut bytes).ok()?;
    let message = commit.message.to_string();
    let (tree, parent) = (commit.tree(), commit.parents().next());
    let now = entry(&objects, tree, folder)?;
    let before = match parent {
        Some(parent) => {
            let mut bytes = Vec::new();
            let tree = objects.find_commit(&parent, &mut bytes).ok()?.tree();
            entry(&objects, tree, folder)?
        }
        None => None,
    };
    Some(Glance { message, has_changed: now != before })
}

fn head(places: &Places) -> Option<ObjectId> {
    let bytes = std::fs::read(places.git_dir.join("HEAD")).ok()?;
    match bytes.strip_prefix(b"ref:") {
        // The commit that was just made has moved its branch: that one is no packed ref.
        Some(name) => read_ref(&places.common_dir.join(std::str::from_utf8(name).ok()?.trim())).ok()?,
        None => ObjectId::from_hex(bytes.trim_ascii()).ok(),
    }
}

/// What stands under a name in a tree; the outer none is no answer.
fn entry(objects: &gix::odb::Handle, tree: ObjectId, name: &str) -> Option<Option<ObjectId>> {
    let mut bytes = Vec::new();
    for entry in objects.find_tree_iter(&tree, &mut bytes).ok()? {
        let entry = entry.ok()?;
        if entry.filename == name {
            return Some(Some(entry.oid.to_owned()));
        }
    }
    Some(None)
}
