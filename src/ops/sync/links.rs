//! Which items of other trackers tasks are linked to.

use std::collections::HashSet;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doc::read_sync_link;
use crate::model::{RecordKind, RecordPath, SyncField, SyncOrphan, TaskId};
use crate::ops::{Session, TaskLine};
use crate::store::Snapshot;

/// An item of another tracker that a task is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncedView {
    /// The other tracker.
    pub remote: String,
    /// The item's id there.
    pub item: String,
    /// Fields that both sides have changed and that a person has to decide on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<SyncField>,
    /// Which of the two is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphan: Option<SyncOrphan>,
}

/// Adds to lines which items their tasks are linked to. What cannot be read is left out: `sync status` reports it.
pub(in crate::ops) fn add_links(session: &Session<'_>, lines: &mut [TaskLine]) {
    let (snapshot, folder) = (session.snapshot(), RecordKind::SyncLink.folder());
    for remote in snapshot.list(folder).unwrap_or_default() {
        let files = snapshot.list(&format!("{folder}/{}", remote.name)).unwrap_or_default();
        let linked: HashSet<&str> = files.iter().map(|file| file.name.trim_end_matches(".yaml")).collect();
        let linked = lines.iter_mut().filter(|line| linked.contains(line.id.as_str()));
        let files: Vec<(&mut TaskLine, LinkFile)> = linked
            .filter_map(|line| LinkFile::read(snapshot, &remote.name, &line.id).map(|file| (line, file)))
            .collect();
        let found: Vec<Option<SyncedView>> =
            files.par_iter().map(|(_, file)| file.view(&remote.name)).collect();
        files.into_iter().zip(found).for_each(|((line, _), found)| line.synced.extend(found));
    }
}

/// The file of a link.
struct LinkFile {
    task: TaskId,
    bytes: Vec<u8>,
}

impl LinkFile {
    fn read(snapshot: &Snapshot, remote: &str, task: &str) -> Option<Self> {
        let task = TaskId::parse(task).ok()?;
        let path = String::from(RecordPath::sync_link(remote, &task)?);
        let bytes = snapshot.read(&path).ok()??;
        Some(Self { task, bytes })
    }

    fn view(&self, remote: &str) -> Option<SyncedView> {
        let link = read_sync_link(&self.task, &self.bytes).ok()?;
        let is_linked = !link.id.is_empty() && link.orphan != Some(SyncOrphan::Unlinked);
        is_linked.then(|| SyncedView {
            remote: remote.to_owned(),
            item: link.id,
            conflicts: link.conflicts.into_keys().collect(),
            orphan: link.orphan,
        })
    }
}
