//! `doctor`: finds what is wrong with the files of a tracker, and mends what can be mended without guessing.

mod examine;
mod format;
mod mend;

pub use format::FormatUpgrade;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result, Session};
use crate::events::LongStep;
use crate::model::{Problem, Severity};

/// What the doctor found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// How many files were looked at.
    pub files: usize,
    /// What is wrong and was not mended, sorted by file and line.
    pub findings: Vec<Finding>,
    /// What was mended, or would be.
    pub mended: Vec<String>,
    /// Whether nothing was mended because the caller asked so.
    pub dry_run: bool,
    /// What brought the tracker to the current format, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<FormatUpgrade>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// Path below the top of the working tree.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<usize>,
    /// What kind of thing, such as `dangling-reference`.
    pub rule: &'static str,
    /// Whether a command cannot use the document because of it.
    pub is_error: bool,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whether `--fix` mends it.
    pub fixable: bool,
}

impl Finding {
    fn new(rule: &'static str, problem: Problem) -> Self {
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

/// Something that can be mended without guessing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mend {
    /// The id in the document becomes the one that the file's name says.
    SetId { path: String, id: String },
    /// A file whose name is no id gets the name of the id in it.
    Rename { from: String, to: String },
    /// What a write that was killed left behind goes.
    RemoveLeftover { path: String },
    /// A file of the tracker's own that is missing is written.
    Restore { path: &'static str, text: String },
}

/// Brings a tracker of an older format over; see [`FormatUpgrade`].
pub fn upgrade_format(session: &Session<'_>) -> Result<Diagnosis> {
    let upgrade = format::upgrade(session)?;
    Ok(Diagnosis {
        files: upgrade.written.files.len(),
        findings: Vec::new(),
        mended: Vec::new(),
        dry_run: session.is_dry(),
        upgrade: Some(upgrade),
    })
}

/// Examines all files; with `fix` mends what can be mended, and examines again.
pub fn doctor(session: &Session<'_>, fix: bool) -> Result<Diagnosis> {
    if !fix {
        let (files, findings, _) = examine::examine(session)?;
        return Ok(Diagnosis { files, findings, mended: Vec::new(), dry_run: false, upgrade: None });
    }
    let locked = session.lock("doctor")?;
    let (files, findings, mends) = examine::examine(session)?;
    if session.is_dry() {
        let mended = mends.iter().map(Mend::said).collect();
        return Ok(Diagnosis { files, findings, mended, dry_run: true, upgrade: None });
    }
    if mends.is_empty() {
        return Ok(Diagnosis { files, findings, mended: Vec::new(), dry_run: false, upgrade: None });
    }
    let mut mended = Vec::new();
    let mut refused = Vec::new();
    let step = session.begin(LongStep::FixRecords, Some(mends.len()));
    for mend in &mends {
        step.advance(1);
        match mend::apply(session, &locked, mend) {
            Ok(()) => mended.push(mend.said()),
            // A document that cannot be edited keeps no other from being mended.
            Err(Error::Broken(problems)) => {
                refused.extend(problems.into_iter().map(|problem| Finding::new("not-mended", problem)));
            }
            Err(error) => return Err(error),
        }
    }
    let (files, mut findings, _) = examine::examine(session)?;
    findings.extend(refused);
    findings.sort();
    Ok(Diagnosis { files, findings, mended, dry_run: false, upgrade: None })
}
