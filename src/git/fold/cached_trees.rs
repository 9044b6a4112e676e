//! The index's cache of trees, from which git makes the next commit's tree without looking at the files.
//!
//! A cached tree describes the *index*. So it becomes HEAD's new tree only where it was HEAD's old one; where
//! the index holds anything else, it is invalid now and git computes it anew.

use gix::index::extension::Tree;

use super::trees::Trees;

/// Lets the cached trees of all changed folders follow.
pub(super) fn carry(root: &mut Tree, trees: &Trees) {
    for path in trees.paths() {
        let Some(replaced) = trees.folder(path) else { continue };
        let Some(node) = node(root, path) else { continue };
        let was_as_in_head = node.num_entries.is_some() && Some(node.id) == replaced.old;
        if was_as_in_head && !replaced.has_new_folder {
            node.id = replaced.new;
            node.num_entries = node.num_entries.map(|count| count + replaced.added);
        } else {
            node.num_entries = None;
        }
    }
}

fn node<'a>(root: &'a mut Tree, path: &str) -> Option<&'a mut Tree> {
    let mut node = root;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        node = node.children.iter_mut().find(|child| child.name.as_slice() == name.as_bytes())?;
    }
    Some(node)
}
