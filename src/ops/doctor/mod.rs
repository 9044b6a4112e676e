//! `doctor`: checks the files of a tracker for problems, and repairs what can be repaired without guessing.

mod examine;
mod format;

pub(crate) use format::FormatUpgrade;

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

pub(super) use self::examine::stage_by_hand;
use self::examine::{Examined, examine};
use crate::doc::{Document, Edit, Value};
use crate::events::LongStep;
use crate::model::{Problem, RecordPath, Severity, TaskId};
use crate::ops::hooks::{gone_hooks, not_done_lately};
use crate::ops::session::refuse_other_formats;
use crate::ops::{Error, RemoteProbe, Result, Session, probe_remote};
use crate::store::{Change, Locked};

/// What the doctor found.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// How many files were looked at.
    pub files: usize,
    /// What is wrong and was not repaired, sorted by file and line.
    pub findings: Vec<DoctorFinding>,
    /// What was repaired, or would be.
    pub fixed: Vec<String>,
    /// Whether nothing was repaired because the caller asked so.
    pub dry_run: bool,
    /// What brought the tracker to the current format, where that was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<FormatUpgrade>,
    /// What the remote of claims allows, where that was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteProbe>,
}

/// One thing that is wrong with the files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DoctorFinding {
    /// Path below the top of the working tree.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<usize>,
    /// What kind of thing.
    pub rule: DoctorRule,
    /// Whether a command cannot use the document because of it.
    pub is_error: bool,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whether `--fix` repairs it.
    pub fixable: bool,
}

/// A kind of thing that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DoctorRule {
    /// A document that cannot be read.
    BrokenDocument,
    /// The configuration cannot be read, or has odd values.
    Configuration,
    /// A merge was not finished.
    ConflictMarkers,
    /// Tasks that wait for each other.
    Cycle,
    /// A reference to a task that is not there.
    DanglingReference,
    /// Two tasks of one id.
    DuplicateId,
    /// A link, a pipe, a folder in the place of a file.
    FileKind,
    /// A name that is no text.
    FileName,
    /// What git leaves out of commits, or commits otherwise than it is.
    GitSettings,
    /// Hooks that the clone lacks.
    Hooks,
    /// A task that was imported twice.
    ImportedTwice,
    /// What a write that was killed left behind.
    Leftover,
    /// A record in a folder where none is read.
    Misplaced,
    /// What a commit requested and no hook has done.
    NotDone,
    /// A repair that failed.
    NotFixed,
    /// A value that is kept and not understood.
    OddValue,
    /// A file that `init` writes is missing.
    OwnFiles,
    /// A plan lists tasks that are not there, twice, or in another plan too.
    Plan,
    /// A move that the history of its task has twice.
    RepeatedMove,
    /// Names that are one on some file systems.
    SameButForCase,
    /// A task's file and the scope of its sprint disagree.
    SprintScope,
    /// A stage that the history of its task does not lead to.
    StageByHand,
    /// A text of a role that the configuration does not know.
    UnknownRole,
    /// A stage that no pipeline has.
    UnknownStage,
    /// A name that is no record's, or of another record than the one that the file contains.
    WrongFileName,
}

impl DoctorRule {
    /// Returns its name, as people and JSON see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BrokenDocument => "broken-document",
            Self::Configuration => "configuration",
            Self::ConflictMarkers => "conflict-markers",
            Self::Cycle => "cycle",
            Self::DanglingReference => "dangling-reference",
            Self::DuplicateId => "duplicate-id",
            Self::FileKind => "file-kind",
            Self::FileName => "file-name",
            Self::GitSettings => "git-settings",
            Self::Hooks => "hooks",
            Self::ImportedTwice => "imported-twice",
            Self::Leftover => "leftover",
            Self::Misplaced => "misplaced",
            Self::NotDone => "not-done",
            Self::NotFixed => "not-fixed",
            Self::OddValue => "odd-value",
            Self::OwnFiles => "own-files",
            Self::Plan => "plan",
            Self::RepeatedMove => "repeated-move",
            Self::SameButForCase => "same-but-for-case",
            Self::SprintScope => "sprint-scope",
            Self::StageByHand => "stage-by-hand",
            Self::UnknownRole => "unknown-role",
            Self::UnknownStage => "unknown-stage",
            Self::WrongFileName => "wrong-file-name",
        }
    }
}

impl fmt::Display for DoctorRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl DoctorFinding {
    fn new(rule: DoctorRule, problem: Problem) -> Self {
        let key = problem.key.map_or_else(String::new, |key| format!("{key}: "));
        Self {
            file: problem.file,
            line: problem.line,
            rule,
            is_error: problem.severity == Severity::Error,
            message: format!("{key}{}", problem.message),
            hint: problem.hint,
            fixable: false,
        }
    }
}

/// Something that can be repaired without guessing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fix {
    /// The id in the document becomes the one that the file's name says.
    SetId { path: String, id: TaskId },
    /// A task whose file's name is no id gets the name of the id in it.
    Rename { from: String, to: RecordPath },
    /// A record in a folder where none is read goes where it is read.
    Move { from: String, to: RecordPath },
    /// What a write that was killed left behind goes.
    RemoveLeftover { path: String },
    /// A file that `init` writes is written: as git has it, else as `init` does.
    Restore { path: RecordPath, text: String },
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetId { path, id } => write!(f, "{path}: the id is now {id}, as the file's name says"),
            Self::Rename { from, to } => write!(f, "{from}: renamed to {to}, as its id says"),
            Self::Move { from, to } => write!(f, "{from}: moved to {to}"),
            Self::RemoveLeftover { path } => write!(f, "{path}: removed what a killed write left behind"),
            Self::Restore { path, .. } => write!(f, "{path}: written again"),
        }
    }
}

impl Fix {
    fn apply(&self, session: &Session<'_>, locked: &Locked<'_>) -> Result<()> {
        match self {
            Self::SetId { path, id } => {
                let bytes = session.snapshot().read(path)?.unwrap_or_default();
                let document = Document::markdown(&bytes).map_err(Error::Broken)?;
                let edit = Edit::Set { key: "id".to_owned(), value: Value::Text(id.to_string()) };
                let after =
                    document.edit(&[edit]).map_err(|problem| Error::Broken(vec![problem.in_file(path)]))?;
                Ok(locked.apply(&[Change::replace(path, document.text(), after)])?)
            }
            Self::Rename { from, to } | Self::Move { from, to } => Ok(locked.rename(from, &to.to_string())?),
            Self::RemoveLeftover { path } => Ok(locked.remove_leftover(path)?),
            Self::Restore { path, text } => Ok(locked.apply(&[Change::create(path.clone(), text)])?),
        }
    }
}

/// Brings a tracker of an older format over; see [`FormatUpgrade`].
pub fn upgrade_format(session: &Session<'_>) -> Result<Diagnosis> {
    let upgrade = format::upgrade(session)?;
    Ok(Diagnosis {
        files: upgrade.written.records.len(),
        dry_run: session.is_dry(),
        upgrade: Some(upgrade),
        ..Diagnosis::default()
    })
}

/// Tries on a remote what claims need. Nothing else is examined.
pub fn examine_remote(session: &Session<'_>, remote: Option<&str>) -> Result<Diagnosis> {
    Ok(Diagnosis { remote: Some(probe_remote(session, remote)?), ..Diagnosis::default() })
}

/// Examines the clone: whether its hooks are there, and what commits requested and no hook has done.
pub fn examine_clone(session: &Session<'_>) -> Result<Vec<DoctorFinding>> {
    let hooks = gone_hooks(session.workspace())?.into_iter();
    let hooks = hooks.map(|problem| DoctorFinding::new(DoctorRule::Hooks, problem));
    let not_done = not_done_lately(session)?.into_iter();
    Ok(hooks.chain(not_done.map(|problem| DoctorFinding::new(DoctorRule::NotDone, problem))).collect())
}

/// Examines all files; with `fix` repairs what can be repaired, and examines again.
pub fn doctor(session: &Session<'_>, fix: bool) -> Result<Diagnosis> {
    let diagnosis = |(files, findings, _): Examined, fixed: Vec<String>| Diagnosis {
        files,
        findings,
        fixed,
        dry_run: fix && session.is_dry(),
        ..Diagnosis::default()
    };
    if !fix {
        return Ok(diagnosis(examine(session)?, Vec::new()));
    }
    let locked = session.lock_any_format("doctor")?;
    refuse_other_formats(&session.workspace().snapshot())?;
    let found = examine(session)?;
    let fixes = found.2.clone();
    if session.is_dry() || fixes.is_empty() {
        let planned = fixes.iter().map(ToString::to_string).collect();
        return Ok(diagnosis(found, planned));
    }
    let (mut fixed, mut failed) = (Vec::new(), Vec::new());
    let step = session.begin(LongStep::FixRecords, Some(fixes.len()));
    for fix in &fixes {
        step.advance(1);
        match fix.apply(session, &locked) {
            Ok(()) => fixed.push(fix.to_string()),
            // A document that cannot be edited keeps no other from being repaired.
            Err(Error::Broken(problems)) => {
                let finding = |problem| DoctorFinding::new(DoctorRule::NotFixed, problem);
                failed.extend(problems.into_iter().map(finding));
            }
            Err(error) => return Err(error),
        }
    }
    let mut left = diagnosis(examine(session)?, fixed);
    left.findings.extend(failed);
    left.findings.sort();
    Ok(left)
}
