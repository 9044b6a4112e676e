//! What the repositories with a long history have in common: names, contents, and how `git fast-import` reads them.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use tracker::doc::acceptance_text;
use tracker::model::{Coverage, CoveredChange, Person, Stage, TaskId, TreeEntry, Verdict, Vote};
use tracker::policy::{coverage_digest, criteria_digest};

use crate::Result;

/// How many files the commits change in turn.
pub(crate) const FILES: usize = 500;
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What every task has below its front matter.
pub(crate) const BODY: &str = "\n## Description\n\nThe part is required, and what it is for is given in a paragraph that somebody \
    took the time to write.\n\n## Deliverables\n\n- [x] The part\n\n## Acceptance criteria\n\n- [ ] It fits\n";

/// Returns the id of a task: distinct for each number below a million, and in no order.
pub(crate) fn task_id(number: usize) -> String {
    let mixed = number * 409_021 % LETTERS.len().pow(4);
    let letter = |place| char::from(LETTERS[mixed / LETTERS.len().pow(place) % LETTERS.len()]);
    format!("TASK-{}{}{}{}", letter(3), letter(2), letter(1), letter(0))
}

/// Returns the path of a source file below a folder.
pub(crate) fn source(folder: &str, number: usize) -> String {
    format!("{folder}/part{}/file{}.txt", number % FILES / 25, number % FILES % 25)
}

/// Returns what a source file has after a change; a change touches a few of its lines.
pub(crate) fn content(number: usize) -> String {
    (0..40).map(|line| format!("line {line} of version {}\n", number / (line + 1))).collect()
}

/// A move: when, by whom, from and to which stage.
pub(crate) type Step<'s> = (i64, &'s str, &'s str, &'s str);

/// Returns a task's record.
pub(crate) fn record(id: &str, number: usize, moves: &[Step<'_>]) -> String {
    let stage = moves.last().map_or("none", |step| step.3);
    let mut text = format!(
        "---\nid: {id}\ntitle: Make part {number} of the whole\npriority: high\nstage: {stage}\ncreated: 2023-11-01\n"
    );
    if !moves.is_empty() {
        text.push_str("history:\n");
    }
    for (at, by, from, to) in moves {
        let at = DateTime::from_timestamp(*at, 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ");
        text += &format!("  - {{at: {at}, by: {by}, from: {from}, to: {to}}}\n");
    }
    text + "---\n" + BODY
}

/// Returns the time of day, for what must be of the last weeks.
pub(crate) fn now_in_seconds() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

/// Begins a commit.
pub(crate) fn commit(
    out: &mut impl Write,
    branch: &str,
    name: &str,
    at: impl std::fmt::Display,
    message: &str,
) -> Result<()> {
    let email = name.to_lowercase();
    write!(out, "commit refs/heads/{branch}\ncommitter {name} <{email}@example.com> {at} +0000\n")?;
    Ok(write!(out, "data {}\n{message}\n", message.len())?)
}

/// Gives a file of the commit its content.
pub(crate) fn file(out: &mut impl Write, path: &str, text: &str) -> Result<()> {
    Ok(write!(out, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?)
}

/// A file, its text before, where it was there, and its text after.
pub(crate) type Changed = (String, Option<String>, String);

/// Returns an approval by Ada of a task in `qa` with this body, of changes of files.
pub(crate) fn vote(id: &str, at: i64, body: &str, files: &[Changed]) -> Result<Vote> {
    let task = TaskId::parse(id)?;
    let criteria = criteria_digest(&acceptance_text(body));
    let mut covered = Vec::new();
    for (path, before, after) in files {
        let from = before.as_deref().map_or(Ok(TreeEntry::Absent), entry)?;
        covered.push(CoveredChange { path: path.clone(), from: vec![from], to: entry(after)? });
    }
    let mut vote = Vote {
        covers: Coverage::of(&criteria, covered),
        replaces: Vec::new(),
        task,
        role: "reviewer".to_owned(),
        verdict: Verdict::Approved,
        by: Person { name: "Ada".to_owned(), email: "ada@example.com".to_owned() },
        agent: None,
        at: DateTime::from_timestamp(at, 0).ok_or("no time")?,
        stage: Stage::parse("qa").ok_or("no stage")?,
        round: 1,
        commit: "0".repeat(40),
        notes: None,
        findings: Vec::new(),
        signature: None,
        unknown: Vec::new(),
        warnings: Vec::new(),
    };
    vote.covers.digest = coverage_digest(&vote);
    Ok(vote)
}

fn entry(text: &str) -> Result<TreeEntry> {
    let blob = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, text.as_bytes())?;
    Ok(TreeEntry::File { mode: 0o100_644, blob: blob.to_string() })
}
