//! Tallies that were counted before, with all that they depend on. Disposable: what cannot be read or does not fit is
//! counted again.
//!
//! A tally of a working tree counts for as long as the task's file and its folders of votes and findings have the
//! stats with which they were read, and everything that all tallies share is the same: the configuration, the mailmap,
//! whose keys sign, where the branch is that work is merged into, and where HEAD is. HEAD may move on over commits that
//! have nothing to do with a task: neither name it, nor change its records.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::TallyContext;
use super::commits::linked_ids;
use crate::git::{Bytes, CacheFile, CommitId, MailmapConfig, Repository, TARGET_REFS};
use crate::model::{RecordKind, RecordPath};
use crate::policy::Tally;
use crate::store::{FolderStamp, Stat};

/// Another number where tallies are counted or kept otherwise.
const CACHE: CacheFile = CacheFile::new(*b"trktal08", &[]);
/// Over more commits than this everything is counted again.
const MOST_COMMITS: usize = 200;
/// Files that change what git's configuration says, below the home folder and the common dir.
const USER_CONFIG: [&str; 2] = [".gitconfig", ".config/git/config"];
const OWN_CONFIG: [&str; 3] = ["config", "config.worktree", "shallow"];
/// Variables that change where git's configuration is.
const VARIABLES: [&str; 6] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_COUNT",
];

/// What a tally was counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    /// The task's file; none in a commit, whose files never change.
    pub(super) task: Option<Stat>,
    pub(super) votes: Option<FolderStamp>,
    pub(super) findings: Option<FolderStamp>,
    pub(super) receipts: Option<FolderStamp>,
    /// None where nothing is to be counted.
    pub(super) tally: Option<Tally>,
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    key: [u8; 32],
    tip: String,
    pub(super) tasks: BTreeMap<String, Counted>,
    /// Whether it differs from what the file contains.
    pub(super) is_changed: bool,
}

impl Remembered {
    /// Reads what is remembered and still counts at a tip; none where nothing may be remembered.
    pub(super) fn read(context: &TallyContext<'_>, tip: CommitId) -> Option<Self> {
        let key = key(context)?;
        let name = name(context);
        let mut nothing = Self { key, tip: tip.to_string(), is_changed: true, ..Self::default() };
        let bytes = std::fs::read(context.workspace.local_path(name)).unwrap_or_default();
        let Some(mut found) = Self::decode(&bytes).filter(|found| found.key == key) else {
            return Some(nothing);
        };
        if found.tip != nothing.tip {
            let before: Option<CommitId> = found.tip.parse().ok();
            let moved = context.snapshot.is_work_tree()
                && before.is_some_and(|before| found.advance(context, before, tip).is_some());
            if !moved {
                return Some(nothing);
            }
            nothing.tasks = found.tasks;
            return Some(nothing);
        }
        found.is_changed = false;
        Some(found)
    }

    /// Forgets the tasks that commits between two tips may have changed; none where that is not known.
    fn advance(&mut self, context: &TallyContext<'_>, before: CommitId, tip: CommitId) -> Option<()> {
        let repository = context.workspace.repository().ok()?;
        if repository.merge_base(before, tip).ok()? != Some(before) {
            return None;
        }
        let commits = repository.commits_between(Some(before), tip).ok()?;
        if commits.len() > MOST_COMMITS {
            return None;
        }
        for commit in &commits {
            for id in linked_ids(&commit.message) {
                self.tasks.remove(id.as_str());
            }
            for path in repository.files_changed(&[commit.id]).ok()? {
                if let Some(id) = RecordPath::parse(&path).as_ref().and_then(RecordPath::task) {
                    self.tasks.remove(id.as_str());
                }
            }
        }
        Some(())
    }

    /// Writes it, where that is possible and what the mailmap depends on is known by [`key`].
    pub(super) fn write(&self, context: &TallyContext<'_>, repository: &Repository) {
        let is_default = repository.mailmap_config() == MailmapConfig::default();
        if is_default && self.is_changed {
            let _ = context.workspace.write_local(name(context), &self.encode());
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.tasks.len() * 256);
        out.extend_from_slice(&self.key);
        put_text(&mut out, &self.tip);
        put_count(&mut out, self.tasks.len());
        for (id, counted) in &self.tasks {
            put_text(&mut out, id);
            put_option(&mut out, counted.task.as_ref(), |out, stat| out.extend(stat.to_bytes()));
            for stamp in [&counted.votes, &counted.findings, &counted.receipts] {
                put_option(&mut out, stamp.as_ref(), put_stamp);
            }
            put_option(&mut out, counted.tally.as_ref(), |out, tally| {
                let numbers = [tally.approved, tally.required, tally.rejected, tally.blocking_findings];
                let numbers = numbers.into_iter().chain([tally.evidence, tally.proven]);
                numbers.for_each(|number| out.extend(number.to_le_bytes()));
            });
        }
        CACHE.sealed(&out)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(CACHE.open(bytes)?);
        let mut found = Self { key: rest.array()?, tip: rest.text()?, ..Self::default() };
        for _ in 0..rest.u32()? {
            let id = rest.text()?;
            let task = rest.option(Bytes::stat)?;
            let [votes, findings] = [rest.option(Bytes::stamp)?, rest.option(Bytes::stamp)?];
            let receipts = rest.option(Bytes::stamp)?;
            let tally = rest.option(|rest| {
                let [approved, required] = [rest.u32()?, rest.u32()?];
                let [rejected, blocking_findings] = [rest.u32()?, rest.u32()?];
                let [evidence, proven] = [rest.u32()?, rest.u32()?];
                Some(Tally { approved, required, rejected, blocking_findings, evidence, proven })
            })?;
            found.tasks.insert(id, Counted { task, votes, findings, receipts, tally });
        }
        rest.0.is_empty().then_some(found)
    }
}

fn name(context: &TallyContext<'_>) -> &'static str {
    if context.snapshot.is_work_tree() { "tallies" } else { "tallies-at" }
}

/// Returns a digest over what all tallies depend on but for the tip; none where it is not known.
fn key(context: &TallyContext<'_>) -> Option<[u8; 32]> {
    let (env, snapshot, repo_paths) = (context.env, context.snapshot, context.workspace.repo_paths());
    let is_odd = ["refs/replace", "info/grafts"].iter().any(|name| repo_paths.common_dir.join(name).exists());
    // Settings in variables have no stat.
    if is_odd || ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"].iter().any(|name| env.variable(name).is_some())
    {
        return None;
    }
    let mut digest = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    add(&snapshot.read(RecordKind::Config.file()).ok()?.unwrap_or_default());
    add(&snapshot.read(RecordKind::AllowedSigners.file()).ok()?.unwrap_or_default());
    let mut files: Vec<PathBuf> = OWN_CONFIG.iter().map(|name| repo_paths.common_dir.join(name)).collect();
    files.extend([repo_paths.git_dir.join("config.worktree"), PathBuf::from("/etc/gitconfig")]);
    files.push(context.workspace.work_dir().join(".mailmap"));
    for name in VARIABLES {
        let value = env.variable_os(name).unwrap_or_default();
        add(value.as_encoded_bytes());
        let value = PathBuf::from(value);
        match name {
            "HOME" => files.extend(USER_CONFIG.iter().map(|name| value.join(name))),
            "XDG_CONFIG_HOME" => files.push(value.join("git/config")),
            _ => files.push(value),
        }
    }
    // Where the branch is that work is merged into, but for the one that is checked out: it moves with HEAD.
    let head = std::fs::read_to_string(repo_paths.git_dir.join("HEAD")).unwrap_or_default();
    let own = head.strip_prefix("ref: ").map(str::trim).unwrap_or_default();
    let bases = TARGET_REFS.iter().filter(|name| **name != own).chain([&"packed-refs"]);
    files.extend(bases.map(|name| repo_paths.common_dir.join(name)));
    for file in files {
        add(&Stat::of(&file).map(Stat::to_bytes).unwrap_or_default());
    }
    Some(digest.finalize().into())
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn put_option<T>(out: &mut Vec<u8>, value: Option<&T>, put: impl FnOnce(&mut Vec<u8>, &T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

fn put_stamp(out: &mut Vec<u8>, stamp: &FolderStamp) {
    out.extend(stamp.folder.to_bytes());
    put_count(out, stamp.files.len());
    for (name, stat) in &stamp.files {
        put_text(out, name);
        out.extend(stat.to_bytes());
    }
}

impl Bytes<'_> {
    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.u32()?).ok()?;
        String::from_utf8(self.take(length)?.to_owned()).ok()
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.array()? {
            [0] => Some(None),
            [1] => read(self).map(Some),
            _ => None,
        }
    }

    fn stat(&mut self) -> Option<Stat> {
        self.array().map(|bytes| Stat::from_bytes(&bytes))
    }

    fn stamp(&mut self) -> Option<FolderStamp> {
        let folder = self.stat()?;
        let count = self.u32()?;
        let file = |_| Some((self.text()?, self.stat()?));
        Some(FolderStamp { folder, files: (0..count).map(file).collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered() -> Remembered {
        let stat = Stat { modified: 1, changed: -2, size: 3, inode: 4 };
        let stamp = FolderStamp { folder: stat, files: vec![("ä.yaml".to_owned(), stat)] };
        let tally =
            Tally { approved: 1, required: 2, rejected: 3, blocking_findings: 4, evidence: 5, proven: 6 };
        let counted = Counted {
            task: Some(stat),
            votes: Some(stamp),
            findings: None,
            receipts: None,
            tally: Some(tally),
        };
        let tasks = BTreeMap::from([("TASK-1".to_owned(), counted)]);
        Remembered { key: [9; 32], tip: "abc".to_owned(), tasks, is_changed: false }
    }

    #[test]
    fn reads_what_it_wrote() {
        let written = remembered();
        let read = Remembered::decode(&written.encode()).unwrap();
        assert_eq!((read.key, &read.tip, &read.tasks), (written.key, &written.tip, &written.tasks));
    }

    #[test]
    fn throws_away_what_is_torn_or_changed() {
        let whole = remembered().encode();
        for length in 0..whole.len() {
            assert!(Remembered::decode(&whole[..length]).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(Remembered::decode(&changed).is_none(), "{at}");
        }
        assert!(Remembered::decode(&[whole.as_slice(), b"x"].concat()).is_none());
    }
}
