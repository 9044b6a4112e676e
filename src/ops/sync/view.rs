//! `sync status` and `sync log`: what is linked, what waits for a person, what was lost.

use schemars::JsonSchema;
use serde::Serialize;

use super::here::{LoggedLoss, local_folder, read_json, read_links, read_log};
use super::run::{LAST, LastSync, find_remote};
use crate::model::{Problem, SyncField, SyncKind, SyncLink, SyncOrphan, SyncPolicy, SyncRemote, SyncValue};
use crate::ops::{Result, Session};

/// The state of synchronisation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncStatus {
    /// Each other tracker.
    pub remotes: Vec<RemoteStatus>,
}

/// The state of synchronisation with one other tracker.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RemoteStatus {
    /// Its name.
    pub name: String,
    /// Which value stays where both sides have changed one field.
    pub policy: SyncPolicy,
    /// How many tasks are linked.
    pub linked: usize,
    /// How many changes were being written there when the last run ended.
    pub unfinished: usize,
    /// How many values were lost.
    pub lost: usize,
    /// Whether items can be created there, as far as it is known.
    pub can_create: bool,
    /// The last run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastSync>,
    /// The links, sorted by task.
    pub links: Vec<LinkView>,
    /// What waits for a person.
    pub waiting: Vec<SyncWaiting>,
}

/// A task and its item.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinkView {
    /// The task.
    pub task: String,
    /// The item.
    pub item: String,
    /// Fields whose value there cannot be taken over here.
    pub declined: Vec<SyncField>,
}

/// What a person has to decide on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncWaiting {
    /// The task.
    pub task: String,
    /// The item.
    pub item: String,
    /// The field that both sides have changed; none where one of the two is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<SyncField>,
    /// The value here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<SyncValue>,
    /// The value there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub there: Option<SyncValue>,
    /// Which of the two is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orphan: Option<SyncOrphan>,
}

/// Shows the state of synchronisation with one other tracker, or all.
pub fn sync_status(session: &Session<'_>, remote: Option<&str>) -> Result<(SyncStatus, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let names: Vec<&str> = match remote {
        Some(name) => vec![find_remote(&config, Some(name))?.0],
        None => config.sync.keys().map(String::as_str).collect(),
    };
    let mut remotes = Vec::new();
    for name in names {
        let (links, found) = read_links(session.snapshot(), name)?;
        problems.extend(found);
        let folder = local_folder(session, name);
        let journal: Option<Vec<serde_json::Value>> = read_json(&folder.join("journal.json"))?;
        let ended = [Some(SyncOrphan::Unlinked), Some(SyncOrphan::DeletedBoth)];
        let is_linked = |link: &&SyncLink| !ended.contains(&link.orphan);
        let last = last_sync(session, name);
        let links: Vec<SyncLink> = links.into_iter().map(|(_, link)| link).collect();
        remotes.push(RemoteStatus {
            name: name.to_owned(),
            policy: config.sync.get(name).map(|remote| remote.policy).unwrap_or_default(),
            linked: links.iter().filter(is_linked).count(),
            unfinished: journal.map_or(0, |journal| journal.len()),
            lost: read_log(session, name).len(),
            can_create: can_create(config.sync.get(name), last.as_ref()).unwrap_or(true),
            last,
            waiting: links.iter().flat_map(waiting).collect(),
            links: links.iter().filter(is_linked).map(LinkView::of).collect(),
        });
    }
    Ok((SyncStatus { remotes }, problems))
}

/// Returns the last run with another tracker on this machine; none where none was.
pub fn last_sync(session: &Session<'_>, remote: &str) -> Option<LastSync> {
    read_json(&local_folder(session, remote).join(LAST)).unwrap_or_default()
}

/// Whether items can be created with another tracker, as far as it is known.
pub(super) fn can_create(remote: Option<&SyncRemote>, last: Option<&LastSync>) -> Option<bool> {
    match remote.and_then(|remote| remote.kind) {
        Some(SyncKind::Postgres) => Some(false),
        Some(SyncKind::Github) => Some(true),
        _ => last.and_then(|last| last.can_create),
    }
}

impl LinkView {
    fn of(link: &SyncLink) -> Self {
        let declined = link.declined.keys().copied().collect();
        Self { task: link.task.clone(), item: link.id.clone(), declined }
    }
}

fn waiting(link: &SyncLink) -> Vec<SyncWaiting> {
    let of = |field, here, there, orphan| SyncWaiting {
        task: link.task.clone(),
        item: link.id.clone(),
        field,
        here,
        there,
        orphan,
    };
    if link.decisions() == 0 {
        return Vec::new();
    }
    let gone = link.orphan.map(|orphan| of(None, None, None, Some(orphan)));
    let conflicts = link.conflicts.iter().map(|(field, conflict)| {
        of(Some(*field), Some(conflict.here.clone()), Some(conflict.there.clone()), None)
    });
    gone.into_iter().chain(conflicts).collect()
}

/// Values that were lost.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncLog {
    /// The other tracker.
    pub remote: String,
    /// The values, the oldest first.
    pub lost: Vec<LoggedLoss>,
}

/// Shows the values that were lost against those of another tracker, of one task or all.
pub fn sync_log(session: &Session<'_>, remote: Option<&str>, task: Option<&str>) -> Result<SyncLog> {
    let (config, _) = session.config_or_default();
    let (name, _) = find_remote(&config, remote)?;
    let task = task.map(|id| session.resolve(id)).transpose()?;
    let mut lost = read_log(session, name);
    lost.retain(|own| task.as_ref().is_none_or(|task| own.loss.task == task.as_str()));
    Ok(SyncLog { remote: name.to_owned(), lost })
}
