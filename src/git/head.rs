//! Where HEAD is and how it came there: its commit, in a third of the time that opening the repository takes; the last
//! line of its reflog; the operation that is under way. All from files of the git dir, which in a linked working tree is
//! a folder of its own.

use std::cell::OnceCell;
use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::{CommitRef, FindExt, Kind, TreeRefIter};
use gix::odb::loose;
use gix::odb::store::init::Slots;

use crate::git::refs::{read_ref, refuse_reftable};
use crate::git::{CommitId, RepoPaths};

/// With a fixed number of places for them, the packs are listed once instead of twice. More packs give no answer.
const MOST_PACKS: u16 = 64;

/// What a hook asks of the commit just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadPeek {
    /// The whole message; bytes that are not UTF-8 are replaced.
    pub message: String,
    /// Whether the folder is another than in the first parent.
    pub has_changed: bool,
    /// When the first parent was committed, in seconds since 1970.
    pub parent_time: Option<i64>,
}

/// Looks at HEAD's commit and at what it did to a folder at the top of the repository. None where that takes more
/// than objects that are at hand: then ask the [`super::Repository`].
#[must_use]
pub fn peek_head(repo_paths: &RepoPaths, folder: &str) -> Option<HeadPeek> {
    refuse_reftable(repo_paths).ok()?;
    if repo_paths.common_dir.join("refs/replace").exists()
        || repo_paths.common_dir.join("info/grafts").exists()
    {
        return None;
    }
    let head = head(repo_paths)?;
    let objects = Objects::at(repo_paths.common_dir.join("objects"), head.kind());
    let commit = objects.commit(head)?;
    let now = objects.entry(commit.tree, folder)?;
    let parent = match commit.parent {
        Some(parent) => Some(objects.commit(parent)?),
        None => None,
    };
    let before = match &parent {
        Some(parent) => objects.entry(parent.tree, folder)?,
        None => None,
    };
    let parent_time = parent.and_then(|parent| parent.time);
    Some(HeadPeek { message: commit.message, has_changed: now != before, parent_time })
}

fn head(repo_paths: &RepoPaths) -> Option<ObjectId> {
    let bytes = std::fs::read(repo_paths.git_dir.join("HEAD")).ok()?;
    match bytes.strip_prefix(b"ref:") {
        // The commit that was just made has moved its branch: that one is no packed ref.
        Some(name) => read_ref(&repo_paths.common_dir.join(std::str::from_utf8(name).ok()?.trim())).ok()?,
        None => ObjectId::from_hex(bytes.trim_ascii()).ok(),
    }
}

/// What is looked at of a commit.
struct PeekedCommit {
    message: String,
    tree: ObjectId,
    /// The first one.
    parent: Option<ObjectId>,
    /// When it was committed, in seconds since 1970.
    time: Option<i64>,
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

    fn commit(&self, id: ObjectId) -> Option<PeekedCommit> {
        let bytes = self.read(id, Kind::Commit)?;
        let commit = CommitRef::from_bytes(&bytes, id.kind()).ok()?;
        Some(PeekedCommit {
            message: super::log::text_of(commit.message, commit.encoding),
            tree: commit.tree(),
            parent: commit.parents().next(),
            time: commit.committer().ok().and_then(|committer| Some(committer.time().ok()?.seconds)),
        })
    }

    /// Returns what is under a name in a tree; the outer none is no answer.
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

/// Something of several steps that git is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `git rebase`, whichever way it works.
    Rebase,
    /// `git am`.
    ApplyMailbox,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git merge`.
    Merge,
    /// `git bisect`.
    Bisect,
}

impl Operation {
    /// Returns what the files in a git directory say that was begun. A bisect comes last: others happen within it.
    #[must_use]
    pub fn begun_in(git_dir: &Path) -> Option<Self> {
        let checks: [(&str, Self); 7] = [
            ("rebase-merge", Self::Rebase),
            ("rebase-apply/applying", Self::ApplyMailbox),
            ("rebase-apply", Self::Rebase),
            ("CHERRY_PICK_HEAD", Self::CherryPick),
            ("REVERT_HEAD", Self::Revert),
            ("MERGE_HEAD", Self::Merge),
            ("BISECT_LOG", Self::Bisect),
        ];
        let found = checks.into_iter().find(|(name, _)| git_dir.join(name).exists());
        found.map(|(_, operation)| operation)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rebase => "rebase",
            Self::ApplyMailbox => "am",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Merge => "merge",
            Self::Bisect => "bisect",
        })
    }
}

/// What HEAD's last move was, as the reflog says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMove {
    /// Where HEAD was; none where there was no commit yet.
    pub from: Option<CommitId>,
    /// Where it went.
    pub to: CommitId,
    /// What moved it.
    pub action: HeadAction,
    /// The line without its action: for a commit, the subject.
    pub text: String,
}

/// What moves HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadAction {
    /// `git commit`.
    Commit,
    /// `git commit` on a branch without commits.
    InitialCommit,
    /// `git commit --amend`.
    Amend,
    /// `git commit` that ends a merge.
    MergeCommit,
    /// `git commit` that ends a cherry-pick, or a revert.
    CherryPickCommit,
    /// Anything else, in git's words, such as `rebase (pick)`, `cherry-pick` or `checkout`.
    Other(String),
}

impl HeadAction {
    /// Whether the user has just made a commit of their own, or made it again.
    #[must_use]
    pub fn is_own_commit(&self) -> bool {
        matches!(self, Self::Commit | Self::InitialCommit | Self::Amend)
    }

    /// Whether git has reverted a commit.
    #[must_use]
    pub fn is_revert(&self) -> bool {
        matches!(self, Self::Other(text) if text == "revert")
    }

    fn from_reflog(text: &str) -> Self {
        match text {
            "commit" => Self::Commit,
            "commit (initial)" => Self::InitialCommit,
            "commit (amend)" => Self::Amend,
            "commit (merge)" => Self::MergeCommit,
            "commit (cherry-pick)" => Self::CherryPickCommit,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// How much of the reflog's end is read, in bytes. A longer last line is cut, which only its text suffers from.
const REFLOG_END: u64 = 16 * 1024;

impl RepoPaths {
    /// Returns what git is in the middle of, if anything.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        match Operation::begun_in(&self.git_dir) {
            found @ (None | Some(Operation::Bisect | Operation::Merge)) => self.sequence().or(found),
            found => found,
        }
    }

    /// Returns the branches, by their whole names, that a rebase which is going on will move when it ends. HEAD is detached
    /// until then.
    #[must_use]
    pub fn rebased_branches(&self) -> Vec<String> {
        let read = |name: &str| fs::read_to_string(self.git_dir.join(name)).unwrap_or_default();
        // `update-refs` has the commits of each ref in the lines below it.
        let files =
            ["rebase-merge/head-name", "rebase-apply/head-name", "rebase-merge/update-refs"].map(read);
        let names = files.iter().flat_map(|text| text.lines()).map(str::trim);
        names.filter(|name| name.starts_with("refs/heads/")).map(str::to_owned).collect()
    }

    /// Between two commits of a row there is nothing but the list of those to come.
    fn sequence(&self) -> Option<Operation> {
        let todo = fs::read_to_string(self.git_dir.join("sequencer/todo")).ok()?;
        let first = todo.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
        match first.split_whitespace().next() {
            Some("revert") => Some(Operation::Revert),
            _ => Some(Operation::CherryPick),
        }
    }

    /// Returns HEAD's last move; none where there is no reflog.
    #[must_use]
    pub fn last_head_move(&self) -> Option<HeadMove> {
        head_move(&last_line(&self.git_dir.join("logs/HEAD"))?)
    }
}

fn last_line(path: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(REFLOG_END))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let end = end.trim_ascii_end();
    let start = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Some(end[start..].to_owned())
}

/// `<from> <to> name <address> seconds zone\taction: text`
fn head_move(line: &[u8]) -> Option<HeadMove> {
    let line = String::from_utf8_lossy(line);
    let (ids, message) = line.split_once('\t').unwrap_or((&line, ""));
    let mut ids = ids.split(' ');
    let from = CommitId::parse(ids.next()?).ok()?;
    let to = CommitId::parse(ids.next()?).ok()?;
    let (action, text) = message.split_once(": ").unwrap_or((message, ""));
    let is_null = from.as_bytes().iter().all(|byte| *byte == 0);
    Some(HeadMove {
        from: (!is_null).then_some(from),
        to,
        action: HeadAction::from_reflog(action.trim_end_matches(':')),
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_the_reflog() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let message = |action: &str| {
            let line = format!("{one} {two} Ada <a@x> 1 +0000\t{action}");
            head_move(line.as_bytes()).unwrap()
        };
        let found = message("commit (amend): Add: a thing");
        assert_eq!(found.action, HeadAction::Amend);
        assert_eq!(found.text, "Add: a thing");
        assert_eq!(found.from.unwrap().to_string(), one);
        assert_eq!(found.to.to_string(), two);
        assert!(
            message("commit: x").action.is_own_commit()
                && message("commit (initial): x").action.is_own_commit()
        );
        for other in ["rebase (fixup): x", "cherry-pick: x", "commit (merge): x", "checkout: moving", ""] {
            assert!(!message(other).action.is_own_commit(), "{other}");
        }
        assert_eq!(head_move(b"nonsense"), None);
    }
}
