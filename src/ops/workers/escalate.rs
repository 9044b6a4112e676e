//! Writing escalations: what is left of a round, by tool, rule and reason, in the working tree of the worker. A record says
//! something else only where other files are concerned, and closes itself when nothing is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::{DateTime, Utc};

use super::desk::Desk;
use super::fixing::Why;
use crate::doc::{Document, create_escalation, decide_escalation, read_escalation, update_escalation};
use crate::model::{
    Escalation, EscalationReason, EscalationState, EscalationStep, FindingSeverity, RecordKind, RecordPath,
    ToolFinding, digest_of, path_of_place,
};
use crate::ops::{Error, Result};

/// Most places that a record names: the rest is counted.
const MOST_PLACES: usize = 100;

/// What is left of a round.
pub(super) struct Left<'l> {
    pub(super) worker: &'l str,
    pub(super) kind: &'l str,
    pub(super) commit: String,
    pub(super) now: DateTime<Utc>,
    pub(super) attempts: u32,
    /// The files that were looked at; none where all were.
    pub(super) looked: Option<&'l BTreeSet<String>>,
    /// All files that there are.
    pub(super) present: &'l BTreeSet<String>,
    pub(super) findings: Vec<(ToolFinding, Why)>,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Escalated {
    pub(super) paths: BTreeSet<String>,
    /// New ones, and those that say something else now.
    pub(super) escalated: Vec<String>,
    pub(super) closed: Vec<String>,
    /// All that are open now.
    pub(super) open: usize,
}

/// Returns the id of an escalation.
fn id_of(kind: &str, tool: &str, rule: &str, reason: &EscalationReason) -> String {
    let digest = digest_of([kind, tool, rule, reason.as_str()].join("\n").as_bytes());
    format!("ESC-{}", digest[..8].to_ascii_uppercase())
}

fn place(finding: &ToolFinding) -> String {
    match (finding.file.as_str(), finding.line) {
        ("", _) => finding.title.clone(),
        (file, Some(line)) => format!("{file}:{line}"),
        (file, None) => file.to_owned(),
    }
}

fn severity(rank: u8) -> String {
    let severity = match rank {
        5.. => FindingSeverity::Critical,
        4 => FindingSeverity::High,
        3 => FindingSeverity::Medium,
        2 => FindingSeverity::Low,
        _ => FindingSeverity::Info,
    };
    severity.to_string()
}

/// Writes what is left into the records of the working tree.
pub(super) fn escalate(desk: &Desk, left: &Left<'_>) -> Result<Escalated> {
    let mut found = groups(left);
    let mut done = Escalated::default();
    for (path, before) in records(desk)? {
        let known = read(&path, &before)?;
        if known.worker != left.kind {
            done.open += usize::from(known.state() != EscalationState::Resolved);
            continue;
        }
        let (after, is_open) = updated(&known, &before, found.remove(&known.id), left, &mut done)?;
        done.open += usize::from(is_open);
        if after != before {
            write(desk, &path, &after)?;
            done.paths.insert(path);
        }
    }
    for (id, new) in found {
        let path = RecordPath::escalation(&id).map(String::from).unwrap_or_default();
        write(desk, &path, &create_escalation(&new))?;
        done.paths.insert(path);
        done.escalated.push(id);
        done.open += 1;
    }
    Ok(done)
}

/// Returns the rules and files of the open escalations of a type.
pub(super) fn open_places(desk: &Desk, kind: &str) -> Result<BTreeSet<(String, String)>> {
    let mut places = BTreeSet::new();
    for (path, text) in records(desk)? {
        let own = read(&path, &text)?;
        if own.worker == kind && own.state() != EscalationState::Resolved {
            let paths = own.files.iter().map(|place| path_of_place(place).to_owned());
            places.extend(paths.map(|path| (own.rule.clone(), path)));
        }
    }
    Ok(places)
}

/// Returns what was found, as records.
fn groups(left: &Left<'_>) -> BTreeMap<String, Escalation> {
    let mut groups: BTreeMap<String, Escalation> = BTreeMap::new();
    let mut ranks: BTreeMap<String, u8> = BTreeMap::new();
    for (finding, (reason, details)) in &left.findings {
        let id = id_of(left.kind, &finding.tool, &finding.rule, reason);
        let rank = ranks.entry(id.clone()).or_default();
        *rank = (*rank).max(finding.rank);
        let group = groups.entry(id.clone()).or_insert_with(|| Escalation {
            id,
            worker: left.kind.to_owned(),
            tool: finding.tool.clone(),
            rule: finding.rule.clone(),
            reason: reason.clone(),
            severity: String::new(),
            title: finding.title.clone(),
            remaining: 0,
            attempts: left.attempts,
            files: Vec::new(),
            commit: left.commit.clone(),
            at: left.now,
            details: details.clone(),
            history: Vec::new(),
        });
        group.severity = severity(*rank);
        group.remaining += 1;
        if group.files.len() < MOST_PLACES {
            group.files.push(place(finding));
        }
    }
    groups
}

/// Returns the text of a record with what was found now, and whether it is open.
fn updated(
    known: &Escalation,
    before: &str,
    new: Option<Escalation>,
    left: &Left<'_>,
    done: &mut Escalated,
) -> Result<(String, bool)> {
    let is_looked = |place: &String| {
        let path = path_of_place(place);
        left.looked.is_none_or(|looked| looked.contains(path)) || !left.present.contains(path)
    };
    let mut files: Vec<String> = known.files.iter().filter(|place| !is_looked(place)).cloned().collect();
    files.extend(new.iter().flat_map(|new| new.files.iter().cloned()));
    files.sort();
    files.dedup();
    let state = known.state();
    let step = |to, notes: &str, commit: Option<String>| {
        let by = format!("worker {}", left.worker);
        decide_escalation(&EscalationStep { at: left.now, by, to, notes: Some(notes.to_owned()), commit })
    };
    let mut edits = Vec::new();
    if files.is_empty() {
        if state == EscalationState::Resolved {
            return Ok((before.to_owned(), false));
        }
        edits.push(step(EscalationState::Resolved, "its findings are gone", Some(left.commit.clone())));
        done.closed.push(known.id.clone());
        return Ok((edited(known, before, &edits)?, false));
    }
    let remaining = files.len().max(new.as_ref().map_or(0, |new| new.remaining));
    // What a person has resolved stays so unless there is more of it.
    if state == EscalationState::Resolved && !known.is_closed_by_worker() && remaining <= known.remaining {
        return Ok((before.to_owned(), false));
    }
    let is_reopened = state == EscalationState::Resolved;
    if !is_reopened && same_paths(&files, &known.files) {
        return Ok((before.to_owned(), true));
    }
    let found =
        Escalation { files, remaining, commit: left.commit.clone(), ..new.unwrap_or_else(|| known.clone()) };
    edits.extend(update_escalation(&found));
    if is_reopened {
        edits.push(step(EscalationState::Open, "found again", None));
    }
    done.escalated.push(known.id.clone());
    Ok((edited(known, before, &edits)?, true))
}

/// Whether places are in the same files, as often: lines move with every edit.
fn same_paths(one: &[String], other: &[String]) -> bool {
    let paths = |places: &[String]| {
        let mut paths: Vec<String> = places.iter().map(|place| path_of_place(place).to_owned()).collect();
        paths.sort();
        paths
    };
    paths(one) == paths(other)
}

fn edited(known: &Escalation, before: &str, edits: &[crate::doc::Edit]) -> Result<String> {
    let path = RecordPath::escalation(&known.id).map(String::from).unwrap_or_default();
    let document = Document::yaml(before.as_bytes()).map_err(Error::Broken)?;
    document.edit(edits).map_err(|problem| Error::Broken(vec![problem.in_file(&path)]))
}

fn read(path: &str, text: &str) -> Result<Escalation> {
    let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml");
    let in_file = |problems: Vec<crate::model::Problem>| {
        Error::Broken(problems.into_iter().map(|problem| problem.in_file(path)).collect())
    };
    read_escalation(name, text.as_bytes()).map_err(in_file)
}

/// Returns the records of the working tree, with their paths, sorted.
fn records(desk: &Desk) -> Result<Vec<(String, String)>> {
    let below = RecordKind::Escalation.folder();
    let folder = desk.folder.join(below);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{below}/{name}");
        if RecordPath::parse(&path).is_some_and(|path| path.kind() == RecordKind::Escalation) {
            let bytes = crate::git::read_regular(&entry.path()).map_err(Error::io("read", &entry.path()))?;
            found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

fn write(desk: &Desk, path: &str, text: &str) -> Result<()> {
    let file = desk.folder.join(path);
    let folder = file.parent().unwrap_or(&desk.folder);
    // Nothing is written through a link that somebody has committed in its place.
    let links = [desk.folder.join(crate::model::TRACKER_FOLDER), folder.to_path_buf(), file.clone()];
    if links.iter().any(|path| path.is_symlink()) {
        return Err(Error::usage(format!("`{path}` is behind a link, which is not followed")));
    }
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    fs::write(&file, text).map_err(Error::io("write", &file))
}
