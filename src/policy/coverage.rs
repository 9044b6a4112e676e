//! What a vote covers: a digest over a task's content, and what has changed since.
//!
//! The digest covers content and nothing else: neither commits nor dates nor the order of files. So an approval
//! survives rebase, squash and cherry-pick, and is stale as soon as one covered file or the acceptance text
//! differs. It contains the task's id: a vote copied to another task fits nothing there.

use std::fmt;

use sha2::{Digest, Sha256};

use super::may_select;
use crate::model::{
    AcceptanceText, Coverage, CoverageFormat, CoveredChange, Role, TaskId, TreeEntry, Vote, is_daily_record,
    to_hex,
};

/// Says which encoding a digest is over; another encoding has another line.
const COVERAGE_FORMAT: &[u8] = b"tracker coverage 2\n";
const COVERAGE_FORMAT_1: &[u8] = b"tracker coverage 1\n";
const CRITERIA_FORMAT: &[u8] = b"tracker acceptance 1\n";

/// Returns the digest of an acceptance text, in hex.
#[must_use]
pub fn criteria_digest(text: &AcceptanceText) -> String {
    let mut encoder = Encoder::new(CRITERIA_FORMAT);
    encoder.field(text.criteria.as_bytes());
    encoder.field(text.deliverables.as_bytes());
    encoder.finish()
}

/// Returns the digest over what a vote says: its task, role, verdict, stage and round, the acceptance text, every file
/// with what it was changed from and to, and the votes that it replaces. A vote of format 1 has its task, acceptance
/// text and content.
#[must_use]
pub fn coverage_digest(vote: &Vote) -> String {
    match vote.covers.format {
        CoverageFormat::One => digest_of_format_1(&vote.task, &vote.covers),
        CoverageFormat::Two => digest(vote),
    }
}

/// Returns whether a vote is in itself sound: its digest is over what it says.
#[must_use]
pub fn is_sound(vote: &Vote) -> bool {
    let covers = &vote.covers;
    // A vote on no file does not tell by its list which digest it contains.
    let may_be_old = covers.files.is_empty() && vote.replaces.is_empty();
    covers.digest == coverage_digest(vote)
        || may_be_old && covers.digest == digest_of_format_1(&vote.task, covers)
}

/// Returns whether a role reviews a path, also where it is written otherwise than a checkout has it.
#[must_use]
pub fn is_covered(role: Role<'_>, path: &str) -> bool {
    let globs = &role.rules.paths;
    !is_daily_record(path) && (globs.is_empty() || may_select(globs, path))
}

fn digest(vote: &Vote) -> String {
    let mut encoder = Encoder::new(COVERAGE_FORMAT);
    for text in [vote.task.as_str(), &vote.role, vote.verdict.as_str(), vote.stage.as_str()] {
        encoder.field(text.as_bytes());
    }
    encoder.field(&vote.round.to_be_bytes());
    encoder.field(vote.covers.criteria.as_bytes());
    encoder.count(vote.covers.files.len());
    for file in sorted(&vote.covers) {
        encoder.field(file.path.as_bytes());
        encoder.count(file.from.len());
        for entry in file.from.iter().chain([&file.to]) {
            encoder.field(entry.to_string().as_bytes());
        }
    }
    encoder.count(vote.replaces.len());
    for name in &vote.replaces {
        encoder.field(name.as_bytes());
    }
    encoder.finish()
}

fn digest_of_format_1(task: &TaskId, covers: &Coverage) -> String {
    let mut encoder = Encoder::new(COVERAGE_FORMAT_1);
    encoder.field(task.as_str().as_bytes());
    encoder.field(covers.criteria.as_bytes());
    encoder.count(covers.files.len());
    let absent = (0, "0".repeat(40));
    for file in sorted(covers) {
        let (mode, blob) = match &file.to {
            TreeEntry::Absent => (&absent.0, &absent.1),
            TreeEntry::File { mode, blob } => (mode, blob),
        };
        encoder.field(file.path.as_bytes());
        encoder.field(&mode.to_be_bytes());
        encoder.field(blob.as_bytes());
    }
    encoder.finish()
}

fn sorted(covers: &Coverage) -> Vec<&CoveredChange> {
    let mut files: Vec<&CoveredChange> = covers.files.iter().collect();
    files.sort();
    files
}

/// Hashes fields, each after its length, so that no two lists of fields have one encoding.
struct Encoder(Sha256);

impl Encoder {
    fn new(format: &[u8]) -> Self {
        Self(Sha256::new_with_prefix(format))
    }

    fn field(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn count(&mut self, count: usize) {
        self.field(&(count as u64).to_be_bytes());
    }

    fn finish(self) -> String {
        to_hex(&self.0.finalize())
    }
}

/// One reason why a vote is stale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Staleness {
    /// The acceptance criteria or deliverables are worded otherwise.
    CriteriaChanged,
    /// A covered file has other content.
    FileChanged(String),
    /// A covered file has another mode.
    ModeChanged(String),
    /// A covered file was deleted.
    FileDeleted(String),
    /// The task changed another file.
    FileAdded(String),
}

impl Staleness {
    /// Says how what a vote lists of a path differs from what is there.
    #[must_use]
    pub fn of(path: &str, old: &TreeEntry, new: &TreeEntry) -> Self {
        let path = path.to_owned();
        match (old, new) {
            (_, TreeEntry::Absent) => Self::FileDeleted(path),
            (TreeEntry::File { blob: old, .. }, TreeEntry::File { blob: new, .. }) if old == new => {
                Self::ModeChanged(path)
            }
            _ => Self::FileChanged(path),
        }
    }

    /// Returns the file it is about.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::CriteriaChanged => None,
            Self::FileChanged(path)
            | Self::ModeChanged(path)
            | Self::FileDeleted(path)
            | Self::FileAdded(path) => Some(path),
        }
    }
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CriteriaChanged => f.write_str("the acceptance criteria or deliverables were reworded"),
            Self::FileChanged(path) => write!(f, "{path} changed"),
            Self::ModeChanged(path) => write!(f, "{path} changed its mode"),
            Self::FileDeleted(path) => write!(f, "{path} was deleted"),
            Self::FileAdded(path) => write!(f, "{path} came in addition"),
        }
    }
}
