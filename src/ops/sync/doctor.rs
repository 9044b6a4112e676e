//! `sync doctor`: why nothing arrives. Each question that such a case raises, answered.

use schemars::JsonSchema;
use serde::Serialize;

use super::here::{local_folder, read_json, read_links};
use super::run::{find_remote, reach};
use crate::model::{SyncField, SyncOrphan};
use crate::ops::select::read_query;
use crate::ops::{Result, Session};

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
    fn add(&mut self, passes: bool, found: impl Into<String>, hint: Option<String>) {
        self.checks.push(SyncCheck { passes, found: found.into(), hint: hint.filter(|_| !passes) });
    }
}

/// Checks how another tracker is reached, what comes from it, and what waits.
pub fn diagnose_sync(session: &Session<'_>, remote: Option<&str>) -> Result<SyncDiagnosis> {
    let config = session.config()?;
    let (name, settings) = find_remote(&config, remote)?;
    let mut found = SyncDiagnosis { remote: name.to_owned(), checks: Vec::new() };
    let project = settings.project.as_ref().or(config.project.as_ref());
    let hint = format!("write project = \"NAME\" under [sync.{name}], spelled as it is there");
    if let Some(filter) = &settings.filter {
        let read = read_query(session, &config, filter, None);
        let text = read.as_ref().map_or_else(|error| format!(": {error}"), |_| String::new());
        let hint = format!("filter under [sync.{name}] is a query: tracker help queries");
        found.add(read.is_ok(), format!("filter: {filter}{text}"), Some(hint));
    }
    found.add(project.is_some(), format!("project: {}", project.map_or("none", String::as_str)), Some(hint));
    let mut there = reach(session, &config, name, settings)?;
    let by_hand = Some(format!("look at the command under [sync.{name}]: tracker edit config"));
    match there.capabilities() {
        Ok(can) => {
            let fields: Vec<&str> = can.fields.iter().map(|field| field.as_str()).collect();
            found.add(true, format!("connection: it answers, and has {}", fields.join(", ")), None);
            let is_writable = can.read_only.len() < can.fields.len();
            let hint = Some("the program reports all of its fields as read-only".to_owned());
            found.add(is_writable, "writable: fields can be changed there", hint);
            let created = if can.creates && can.keys { "can" } else { "cannot" };
            found.add(true, format!("new items {created} be created there"), None);
        }
        Err(error) => {
            found.add(false, format!("connection: {error}"), by_hand);
            return Ok(found);
        }
    }
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
    links(session, name, &mut found)?;
    Ok(found)
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
