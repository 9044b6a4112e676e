//! `sync doctor`: why nothing arrives. Each question that such a case raises, answered.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::doctor_pulls::diagnose_pulls;
use super::github::open_github;
use super::here::{local_folder, read_json, read_links};
#[cfg(feature = "postgres")]
use super::reach::open_table;
use super::reach::reach;
use super::run::find_remote;
use crate::model::{SyncField, SyncKind, SyncOrphan, SyncRemote};
use crate::ops::select::read_query;
use crate::ops::{Error, Result, Session};
use crate::remote::GithubRemote;
#[cfg(feature = "postgres")]
use crate::remote::RowCount;
use crate::sync::Remote;

/// What was checked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncDiagnosis {
    /// The other tracker.
    pub remote: String,
    /// The checks, in order.
    pub checks: Vec<SyncCheck>,
}

/// One check.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncCheck {
    /// Whether it passes.
    pub passes: bool,
    /// What was found.
    pub found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl SyncDiagnosis {
    pub(super) fn add(&mut self, passes: bool, found: impl Into<String>, hint: Option<String>) {
        self.checks.push(SyncCheck { passes, found: found.into(), hint: hint.filter(|_| !passes) });
    }
}

/// Checks how another tracker is reached, what comes from it, and what waits.
pub fn diagnose_sync(
    session: &Session<'_>,
    remote: Option<&str>,
    env_file: Option<&Path>,
) -> Result<SyncDiagnosis> {
    let config = session.config()?;
    let (name, settings) = find_remote(&config, remote)?;
    let mut found = SyncDiagnosis { remote: name.to_owned(), checks: Vec::new() };
    let project = settings.project.as_ref().or(config.project.as_ref());
    if settings.kind == Some(SyncKind::Github) {
        let there = open_github(session, (name, settings))?;
        if !repository(&there, settings, &mut found) {
            return Ok(found);
        }
        diagnose_pulls(session, (name, settings), &there, &mut found)?;
    } else {
        let hint = format!("write project = \"NAME\" under [sync.{name}], spelled as it is there");
        let text = format!("project: {}", project.map_or("none", String::as_str));
        found.add(project.is_some(), text, Some(hint));
    }
    if let Some(filter) = &settings.filter {
        let read = read_query(session, &config, filter, None);
        let why = read.as_ref().map_or_else(|error| format!(": {error}"), |_| String::new());
        let hint = format!("filter under [sync.{name}] is a query: tracker help queries");
        found.add(read.is_ok(), format!("filter: {filter}{why}"), Some(hint));
    }
    let mut there = reach(session, &config, (name, settings), env_file)?;
    let by_hand = Some(match settings.kind {
        Some(SyncKind::Postgres) => place_hint(name),
        Some(SyncKind::Github) => "gh auth status shows its logins".to_owned(),
        _ => format!("look at the command under [sync.{name}]: tracker edit config"),
    });
    match there.capabilities() {
        Ok(can) => {
            let fields: Vec<&str> = can.fields.iter().map(|field| field.as_str()).collect();
            found.add(true, format!("connection: it answers, and has {}", fields.join(", ")), None);
            let is_writable = can.read_only.len() < can.fields.len();
            let hint = Some("all of its fields are read-only there: grant the user UPDATE, or look at what the program reports".to_owned());
            found.add(is_writable, "writable: fields can be changed there", hint);
            let created = if can.can_create() { "can" } else { "cannot" };
            found.add(true, format!("new items {created} be created there"), None);
        }
        Err(error) => {
            found.add(false, format!("connection: {error}"), by_hand);
            return Ok(found);
        }
    }
    items(&mut there, by_hand, &mut found);
    #[cfg(feature = "postgres")]
    if let (Some(SyncKind::Postgres), Some(project)) = (settings.kind, project) {
        table(session, (name, project, settings), env_file, &mut found)?;
    }
    links(session, name, &mut found)?;
    Ok(found)
}

/// Checks what comes from the other tracker.
fn items(there: &mut dyn Remote<Error>, by_hand: Option<String>, found: &mut SyncDiagnosis) {
    match there.pull() {
        Ok((items, problems)) => {
            found.add(true, format!("{} items in scope", items.len()), None);
            for problem in problems {
                found.add(false, problem, Some("it is passed over until it is repaired there".to_owned()));
            }
            let status =
                |word: &str| items.iter().filter(|item| word_of(item, SyncField::Status) == word).count();
            let mut words: Vec<String> = items
                .iter()
                .map(|item| word_of(item, SyncField::Status))
                .filter(|word| !word.is_empty())
                .collect();
            words.sort();
            words.dedup();
            let counts: Vec<String> = words.iter().map(|word| format!("{} {word}", status(word))).collect();
            if !counts.is_empty() {
                found.add(true, format!("status: {}; closed ones are not taken", counts.join(", ")), None);
            }
        }
        Err(error) => found.add(false, format!("pull: {error}"), by_hand),
    }
}

/// Checks `gh`, its login and the repository. Returns whether it is reached.
fn repository(there: &GithubRemote<'_>, settings: &SyncRemote, found: &mut SyncDiagnosis) -> bool {
    let facts = match there.facts() {
        Ok(facts) => facts,
        Err(error) => {
            let hint = match &error {
                crate::remote::Error::Unready { hint, .. } => Some(hint.clone()),
                _ => Some("gh auth status shows its logins".to_owned()),
            };
            found.add(false, format!("gh: {error}"), hint);
            return false;
        }
    };
    found.add(true, format!("gh: {}", facts.version), None);
    found.add(true, format!("repository: {}", facts.place), None);
    let hint = Some("switch them on in the settings of the repository".to_owned());
    found.add(facts.has_issues, "it has issues", hint);
    let text = match settings.gate {
        true => "rights: the login may set labels, assignees, milestones and the status of the gate",
        false => "rights: the login may set labels, assignees and milestones",
    };
    let hint = "without the right to push GitHub leaves them out; --pull reads all the same";
    found.add(facts.can_push, text, Some(hint.to_owned()));
    true
}

/// Which variables say where a database is.
fn place_hint(name: &str) -> String {
    let prefix = name.to_ascii_uppercase().replace('-', "_");
    format!(
        "set {prefix}_DB_HOST, _PORT, _NAME, _USER and _PASSWORD, or PGHOST, PGPORT, …; see tracker help sync"
    )
}

/// Checks what keeps rows of a table from being taken: the name of the project, the flags, the status.
#[cfg(feature = "postgres")]
fn table(
    session: &Session<'_>,
    remote: (&str, &str, &SyncRemote),
    env_file: Option<&Path>,
    found: &mut SyncDiagnosis,
) -> Result<()> {
    let project = remote.1;
    let mut table = open_table(session, remote, env_file)?;
    let counts = table.counts()?;
    let sum = |filter: &dyn Fn(&RowCount) -> bool| -> i64 {
        counts.iter().filter(|row| filter(row)).map(|row| row.count).sum()
    };
    let all = sum(&|_| true);
    found.add(true, format!("table: {}", table.describe()), None);
    let others = if all == 0 { table.projects()? } else { Vec::new() };
    let hint = match others.is_empty() {
        true => "the table has no rows of any project".to_owned(),
        false => format!("there are rows of {}; the name is the same in every letter", others.join(", ")),
    };
    found.add(all > 0, format!("rows of `{project}`: {all}"), Some(hint));
    let is_synced = sum(&|row| row.is_synced);
    let text = format!("flags: {is_synced} rows are marked as synced, {} are not", all - is_synced);
    found.add(true, text, None);
    let words = counts.iter().filter(|row| !row.is_synced).map(|row| {
        let status = if row.status.is_empty() { "no status" } else { &row.status };
        format!("{} {status}", row.count)
    });
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        found.add(
            true,
            format!("not synced: {}; completed and cancelled ones are not taken", words.join(", ")),
            None,
        );
    }
    Ok(())
}

fn word_of(item: &crate::sync::RemoteItem, field: SyncField) -> String {
    item.fields.get(&field).map(ToString::to_string).unwrap_or_default()
}

fn links(session: &Session<'_>, name: &str, found: &mut SyncDiagnosis) -> Result<()> {
    let (links, problems) = read_links(session.snapshot(), name)?;
    found.add(true, format!("tracking {} tasks", links.len()), None);
    for problem in problems {
        found.add(false, problem.to_string(), Some("restore the file with git".to_owned()));
    }
    let is_waiting = |orphan| matches!(orphan, Some(SyncOrphan::DeletedHere | SyncOrphan::DeletedThere));
    let waiting =
        links.iter().filter(|(_, link)| !link.conflicts.is_empty() || is_waiting(link.orphan)).count();
    let hint = format!("tracker sync status {name} shows them, tracker sync resolve {name} TASK decides");
    found.add(waiting == 0, format!("{waiting} tasks wait for a person"), Some(hint));
    let journal: Option<Vec<serde_json::Value>> =
        read_json(&local_folder(session, name).join("journal.json"))?;
    let open = journal.map_or(0, |journal| journal.len());
    let hint = format!("the last run was interrupted; tracker sync {name} goes on with it");
    found.add(open == 0, format!("{open} unfinished changes"), Some(hint));
    Ok(())
}
