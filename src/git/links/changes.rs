//! What commits changed, and who made them.

use std::collections::{BTreeSet, HashMap};

use gix::ObjectId;
use gix::diff::tree::Recorder;
use gix::diff::tree::recorder::Change;
use gix::objs::TreeRefIter;

use crate::git::{CommitId, Error, Person, Repository};

impl Repository {
    /// Returns the files that the commits changed, against their parents: sorted, each once, however deep.
    ///
    /// A merge changed what it has otherwise than all of its parents; what it only took over was changed by
    /// others. A renamed file counts under both names. Bytes of a path that are not UTF-8 are replaced.
    pub fn files_changed(&self, commits: &[CommitId]) -> Result<Vec<String>, Error> {
        let mut trees = HashMap::new();
        let mut changed = BTreeSet::new();
        for commit in commits {
            changed.extend(self.changed_by(*commit, &mut trees)?);
        }
        Ok(changed.into_iter().collect())
    }

    /// Returns who wrote the commits, and whom they name in `Co-authored-by:`: sorted, each once, as the commits
    /// say. See [`crate::git::People`] for who that is.
    pub fn authors(&self, commits: &[CommitId]) -> Result<Vec<Person>, Error> {
        let mut people = BTreeSet::new();
        for commit in commits {
            let found = self.commit_info(*commit)?;
            people.extend(co_authors(&found.message));
            people.insert(found.author);
        }
        Ok(people.into_iter().collect())
    }

    fn changed_by(
        &self,
        commit: CommitId,
        trees: &mut HashMap<ObjectId, ObjectId>,
    ) -> Result<BTreeSet<String>, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the commit", &error);
        let found = self.inner.find_commit(commit.raw()).map_err(cannot)?;
        let tree = found.tree_id().map_err(cannot)?.detach();
        trees.insert(commit.raw(), tree);
        let parents: Vec<ObjectId> = found.parent_ids().map(gix::Id::detach).collect();
        let mut against_all: Option<BTreeSet<String>> = None;
        for parent in parents {
            let parent_tree = match trees.get(&parent) {
                Some(tree) => *tree,
                // The end of a shallow clone: what was there before is not known.
                None if !self.inner.has_object(parent) => continue,
                None => {
                    let found = self.inner.find_commit(parent).map_err(cannot)?;
                    let tree = found.tree_id().map_err(cannot)?.detach();
                    trees.insert(parent, tree);
                    tree
                }
            };
            let changed = self.files_between(commit, Some(parent_tree), tree)?;
            against_all = Some(match against_all {
                Some(before) => before.intersection(&changed).cloned().collect(),
                None => changed,
            });
        }
        match against_all {
            Some(changed) => Ok(changed),
            None => self.files_between(commit, None, tree),
        }
    }

    fn files_between(
        &self,
        commit: CommitId,
        old: Option<ObjectId>,
        new: ObjectId,
    ) -> Result<BTreeSet<String>, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the files", &error);
        if old == Some(new) {
            return Ok(BTreeSet::new());
        }
        let old = old.map(|old| self.inner.find_tree(old)).transpose().map_err(cannot)?;
        let new = self.inner.find_tree(new).map_err(cannot)?;
        let kind = self.inner.object_hash();
        let mut recorder = Recorder::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(old.as_ref().map_or(&[], |old| &*old.data), kind),
            TreeRefIter::from_bytes(&new.data, kind),
            gix::diff::tree::State::default(),
            &self.inner.objects,
            &mut recorder,
        )
        .map_err(|error| Error::other("compare the files", error))?;
        let files = recorder.records.into_iter().filter_map(|change| {
            let (is_file, path) = match change {
                Change::Addition { entry_mode, path, .. } | Change::Deletion { entry_mode, path, .. } => {
                    (!entry_mode.is_tree(), path)
                }
                Change::Modification { previous_entry_mode, entry_mode, path, .. } => {
                    (!entry_mode.is_tree() || !previous_entry_mode.is_tree(), path)
                }
            };
            is_file.then(|| path.to_string())
        });
        Ok(files.collect())
    }
}

/// The people in a message's lines `Co-authored-by: Name <address>`, wherever they stand: GitHub is as generous.
fn co_authors(message: &str) -> impl Iterator<Item = Person> + '_ {
    message.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        if !key.trim_end().eq_ignore_ascii_case("co-authored-by") {
            return None;
        }
        let (name, rest) = value.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        let (name, email) = (name.trim().to_owned(), email.trim().to_owned());
        (!email.is_empty()).then_some(Person { name, email })
    })
}

#[cfg(test)]
mod tests {
    use super::co_authors;

    #[test]
    fn co_authors_are_read_in_any_case() {
        let message = "Subject\n\nCo-authored-by: Ada <ada@x>\nco-Authored-By:Eve E. < eve@x > \n\
            Co-authored-by: nobody\nNot-Co-authored-by: No <no@x>\n";
        let found: Vec<String> = co_authors(message).map(|person| person.to_string()).collect();
        assert_eq!(found, ["Ada <ada@x>", "Eve E. <eve@x>"]);
    }
}
