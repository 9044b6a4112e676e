//! Histories: the commits that touched a path, by a bounded walk, newest first; and where two parted.

use std::collections::{BinaryHeap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};

use crate::git::{CommitId, Error, Person, Repository};

/// A commit, without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// The id.
    pub id: CommitId,
    /// The parents, first the one it was made on.
    pub parents: Vec<CommitId>,
    /// Who wrote it, as the commit says; see [`super::People`] for who that is.
    pub author: Person,
    /// Who committed it: another than its author where somebody applied or rebased it.
    pub committer: Person,
    /// When it was written.
    pub author_time: DateTime<Utc>,
    /// When it was committed.
    pub committer_time: DateTime<Utc>,
    /// The message's first paragraph, on one line.
    pub subject: String,
    /// The whole message; bytes that are not UTF-8 are replaced.
    pub message: String,
}

/// How far a walk goes. It ends at whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimit {
    /// The most commits to return.
    pub found: usize,
    /// The most commits to look at.
    pub visited: usize,
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The commits, newest first.
    pub commits: Vec<CommitInfo>,
    /// Whether all of the history that this clone has was searched.
    pub is_complete: bool,
}

/// A commit that waits to be looked at. Sorted by time, the newest on top.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    time: i64,
    id: ObjectId,
    tree_id: ObjectId,
    parents: Vec<ObjectId>,
}

/// Mode and content of a file or folder in a tree.
type Entry = (u16, ObjectId);

impl Repository {
    /// Returns the commits, from `tip` back, that changed one of the paths: files, or folders with all in them.
    ///
    /// As `git log -- PATH` does, it leaves out a merge that took a path from one parent as it was, and follows
    /// that parent alone. No paths are all paths. Renames are not followed: records are never renamed.
    pub fn log_touching(&self, tip: CommitId, paths: &[&str], limit: LogLimit) -> Result<Log, Error> {
        let paths: Vec<Vec<&str>> =
            paths.iter().map(|path| path.split('/').filter(|part| !part.is_empty()).collect()).collect();
        let mut waiting = BinaryHeap::from([self.waiting(tip.raw())?]);
        let mut seen = HashSet::from([tip.raw()]);
        let mut commits = Vec::new();
        let mut visited = 0;
        while let Some(commit) = waiting.pop() {
            if commits.len() >= limit.found || visited >= limit.visited {
                return Ok(Log { commits, is_complete: false });
            }
            visited += 1;
            let mut parents = Vec::with_capacity(commit.parents.len());
            for parent in &commit.parents {
                parents.extend(self.waiting_if_here(*parent)?);
            }
            let unchanged_since = self.unchanged_parent(&commit, &parents, &paths)?;
            if let Some(at) = unchanged_since {
                parents = vec![parents.swap_remove(at)];
            } else if !parents.is_empty() || self.has_any(&commit, &paths)? {
                commits.push(self.commit_info(CommitId::new(commit.id))?);
            }
            waiting.extend(parents.into_iter().filter(|parent| seen.insert(parent.id)));
        }
        Ok(Log { commits, is_complete: true })
    }

    /// Returns the commits of `tip`'s history that are not in `base`'s, each after its parents.
    pub fn commits_between(&self, base: Option<CommitId>, tip: CommitId) -> Result<Vec<CommitInfo>, Error> {
        let failed = |error: gix::Error| self.unreadable(tip, "walk back from", &error);
        let walk = self.inner.rev_walk([tip.raw()]).with_hidden(base.map(CommitId::raw));
        let mut within = HashSet::new();
        for step in walk.all().map_err(failed)? {
            within.insert(CommitId::new(step.map_err(failed)?.id));
        }
        self.commits_within(within, tip)
    }

    /// Returns those commits of `tip`'s history that are among some, each after its parents. Where a commit is not among
    /// them, none that is before it is looked for.
    pub(crate) fn commits_within(
        &self,
        mut within: HashSet<CommitId>,
        tip: CommitId,
    ) -> Result<Vec<CommitInfo>, Error> {
        let (mut commits, mut waiting, mut entered) = (Vec::new(), vec![tip], HashMap::new());
        while let Some(id) = waiting.last().copied() {
            if !within.contains(&id) {
                waiting.pop();
            } else if let Some(commit) = entered.remove(&id) {
                waiting.pop();
                within.remove(&id);
                commits.push(commit);
            } else {
                let commit = self.commit_info(id)?;
                waiting.extend(commit.parents.iter().rev());
                entered.insert(id, commit);
            }
        }
        Ok(commits)
    }

    /// Returns what a commit says of itself.
    pub fn commit_info(&self, id: CommitId) -> Result<CommitInfo, Error> {
        let cannot = |error: gix::Error| self.unreadable(id, "read the commit", &error);
        let commit = self.inner.find_commit(id.raw()).map_err(cannot)?;
        let decoded = commit.decode().map_err(cannot)?;
        self.know_root(id.raw(), decoded.tree());
        let author = decoded.author().map_err(cannot)?;
        let committer = decoded.committer().map_err(cannot)?;
        let message = text_of(decoded.message, decoded.encoding);
        let subject = gix::objs::commit::MessageRef::from_bytes(message.as_bytes()).summary().to_string();
        Ok(CommitInfo {
            id,
            parents: decoded.parents().map(CommitId::new).collect(),
            author: Person { name: author.name.to_string(), email: author.email.to_string() },
            committer: Person { name: committer.name.to_string(), email: committer.email.to_string() },
            author_time: time_of(author.seconds()),
            committer_time: time_of(committer.seconds()),
            subject,
            message,
        })
    }

    fn waiting(&self, id: ObjectId) -> Result<Waiting, Error> {
        let cannot = |error: gix::Error| self.unreadable(CommitId::new(id), "read the commit", &error);
        let commit = self.inner.find_commit(id).map_err(cannot)?;
        let time = commit.committer().map_err(cannot)?.seconds();
        let tree_id = commit.tree_id().map_err(cannot)?.detach();
        let parents = commit.parent_ids().map(gix::Id::detach).collect();
        Ok(Waiting { time, id, tree_id, parents })
    }

    /// A shallow clone ends where its parents are missing: that is an end, not an error.
    fn waiting_if_here(&self, id: ObjectId) -> Result<Option<Waiting>, Error> {
        if self.inner.has_object(id) { self.waiting(id).map(Some) } else { Ok(None) }
    }

    /// The first parent in which all paths are as they are in the commit.
    fn unchanged_parent(
        &self,
        commit: &Waiting,
        parents: &[Waiting],
        paths: &[Vec<&str>],
    ) -> Result<Option<usize>, Error> {
        for (at, parent) in parents.iter().enumerate() {
            let mut differs = paths.is_empty();
            for path in paths {
                differs = differs || self.differs(commit, parent.tree_id, path)?;
            }
            if !differs {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Goes down both trees at once and stops where they are the same.
    fn differs(&self, commit: &Waiting, other: ObjectId, path: &[&str]) -> Result<bool, Error> {
        let (mut one, mut other) = (Some((0, commit.tree_id)), Some((0, other)));
        for part in path {
            if one == other {
                return Ok(false);
            }
            one = self.child(commit, one, part)?;
            other = self.child(commit, other, part)?;
        }
        Ok(one != other)
    }

    fn has_any(&self, commit: &Waiting, paths: &[Vec<&str>]) -> Result<bool, Error> {
        for path in paths {
            let mut at = Some((0, commit.tree_id));
            for part in path {
                at = self.child(commit, at, part)?;
            }
            if at.is_some() {
                return Ok(true);
            }
        }
        Ok(paths.is_empty())
    }

    fn child(&self, commit: &Waiting, of: Option<Entry>, name: &str) -> Result<Option<Entry>, Error> {
        let Some((_, tree)) = of else { return Ok(None) };
        let cannot = |error: gix::Error| self.unreadable(CommitId::new(commit.id), "read the files", &error);
        let object = self.inner.find_object(tree).map_err(cannot)?;
        if object.kind != gix::object::Kind::Tree {
            return Ok(None);
        }
        let entry =
            object.into_tree().find_entry(name).map(|entry| (entry.mode().value(), entry.object_id()));
        Ok(entry)
    }
}

fn time_of(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

impl Repository {
    /// Returns the best commit that two have in common; none where their histories never met. Of several equally
    /// good ones, the first by id, so that the answer is always the same.
    ///
    /// # Errors
    /// [`Error::Shallow`] where the clone lacks history, for what is missing may be the answer.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>, Error> {
        Ok(self.merge_bases(one, other)?.first().copied())
    }

    /// Returns all the best commits that two have in common, by id. Several are left where each had merged an older
    /// state of the other.
    ///
    /// # Errors
    /// As of [`Repository::merge_base`].
    pub fn merge_bases(&self, one: CommitId, other: CommitId) -> Result<Vec<CommitId>, Error> {
        if one == other {
            return Ok(vec![one]);
        }
        let found = self.inner.merge_bases_many(one.raw(), &[other.raw()]);
        let found = found.map_err(|error| Error::other("find where the two histories parted", error))?;
        let mut found: Vec<CommitId> = found.into_iter().map(|id| CommitId::new(id.detach())).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Fails where the clone lacks older history: what is judged by history cannot be judged there.
    pub fn refuse_shallow(&self) -> Result<(), Error> {
        if self.is_shallow() { Err(Error::Shallow) } else { Ok(()) }
    }
}
/// Returns a message as text: in the encoding that its commit names, else as UTF-8; bytes that are no text are replaced.
/// An encoding in which ASCII is something else is not followed: a message links the same tasks however it is read.
pub(super) fn text_of(message: &BStr, encoding: Option<&BStr>) -> String {
    let named = encoding.and_then(|name| encoding_rs::Encoding::for_label(name));
    match named.filter(|encoding| encoding.is_ascii_compatible()) {
        Some(encoding) => encoding.decode_without_bom_handling(message).0.into_owned(),
        None => message.to_str_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn messages_are_read_in_the_encoding_that_the_commit_names() {
        let text = |message: &[u8], encoding: Option<&str>| text_of(message.into(), encoding.map(Into::into));
        assert_eq!(text(b"Gr\xfc\xdfe", Some("ISO-8859-1")), "Grüße");
        assert_eq!(text(b"\x82\xa0", Some("SHIFT_JIS")), "あ");
        assert_eq!(text("Grüße".as_bytes(), None), "Grüße");
        assert_eq!(text(b"Gr\xfc\xdfe", Some("no such")), "Gr\u{fffd}\u{fffd}e");
        assert_eq!(text(b"Task: A-1", Some("UTF-16LE")), "Task: A-1");
    }
}
