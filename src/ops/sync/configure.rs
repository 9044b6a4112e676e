//! `sync add` and `sync remove`: the table of another tracker in the configuration.

use schemars::JsonSchema;
use serde::Serialize;

use crate::doc::{add_sync_table, read_config, remove_sync_table};
use crate::model::{RecordKind, SyncRemote, is_worker_name};
use crate::ops::select::read_query;
use crate::ops::{Error, Result, Session, Written};
use crate::store::Change;

/// What follows `tracker sync` and is no remote.
const SUBCOMMANDS: [&str; 9] =
    ["status", "log", "resolve", "add", "remove", "doctor", "install", "test", "help"];

/// What became of the configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncAdded {
    /// The other tracker.
    pub remote: String,
    /// What was written.
    pub written: Written,
}

/// Adds another tracker.
pub fn add_remote(session: &Session<'_>, name: &str, remote: &SyncRemote) -> Result<SyncAdded> {
    if !is_worker_name(name) {
        let message = format!("`{}` cannot name another tracker", name.escape_debug());
        return Err(Error::usage_with(message, "lowercase letters, digits and `-`, beginning with a letter"));
    }
    if SUBCOMMANDS.contains(&name) {
        let message = format!("`{name}` cannot name another tracker: `tracker sync {name}` is a command");
        return Err(Error::usage_with(message, "take another name"));
    }
    if let Some(filter) = &remote.filter {
        read_query(session, &session.config()?, filter, None)?;
    }
    change(session, name, |text| {
        let is_known = read_config(text.as_bytes()).is_ok_and(|(config, _)| config.sync.contains_key(name));
        if is_known {
            let hint = format!("tracker sync remove {name} removes it; tracker edit config changes it");
            return Err(Error::usage_with(format!("`{name}` is there already"), hint));
        }
        Ok(add_sync_table(text, name, remote))
    })
}

/// Removes another tracker. The links stay: they say what is what there.
pub fn remove_remote(session: &Session<'_>, name: &str) -> Result<SyncAdded> {
    change(session, name, |text| {
        remove_sync_table(text, name).ok_or_else(|| {
            let hint = "tracker sync status lists the remotes; tracker edit config changes them by hand";
            Error::not_found(format!("unknown remote `{name}`"), hint)
        })
    })
}

fn change(session: &Session<'_>, name: &str, edit: impl FnOnce(&str) -> Result<String>) -> Result<SyncAdded> {
    let locked = session.lock(&format!("sync add {name}"))?;
    let path = RecordKind::Config.file();
    let bytes = session.snapshot().read(path)?.unwrap_or_default();
    let before = String::from_utf8_lossy(&bytes).into_owned();
    let after = edit(&before)?;
    let (config, _) = read_config(after.as_bytes())
        .map_err(|problems| Error::Broken(problems.into_iter().map(|each| each.in_file(path)).collect()))?;
    let key = format!("sync.{name}");
    let is_own = |key_of: &str| key_of == key || key_of.starts_with(&format!("{key}."));
    let wrong: Vec<_> =
        config.errors.into_iter().filter(|each| each.key.as_deref().is_some_and(is_own)).collect();
    if !wrong.is_empty() {
        return Err(Error::Broken(wrong));
    }
    let written = session.finish(&locked, &[Change::replace(path, before, after)], Vec::new())?;
    Ok(SyncAdded { remote: name.to_owned(), written })
}
