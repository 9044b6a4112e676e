//! Tasks as resources: `tracker://task/ID`, and as of a commit or a branch `tracker://task/ID@REV`.

use rmcp::model::{ErrorData, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use super::answer::refusal;
use super::calls::card;
use super::text::{line, quoted};
use super::world::{Caller, World};
use crate::ops::{self, ErrorKind, ErrorReport, ListRequest};

const PREFIX: &str = "tracker://task/";
/// Most tasks that are listed: those in progress. Others have their names as well.
const LISTED: usize = 50;
const IN_PROGRESS: &str = "status:in_progress";

/// Lists the tasks in progress.
pub(super) fn list(world: &World, caller: &Caller) -> Result<Vec<Resource>, ErrorReport> {
    let session = world.read(caller, None)?;
    let request =
        ListRequest { query: IN_PROGRESS.to_owned(), limit: Some(LISTED), ..ListRequest::default() };
    let (listing, _) = ops::list(&session, &request)?;
    let resource = |task: &ops::TaskLine| {
        Resource::new(format!("{PREFIX}{}", task.id), task.id.clone())
            .with_title(line(&task.title))
            .with_mime_type("text/plain")
    };
    Ok(listing.tasks.iter().map(resource).collect())
}

/// Returns the form of their names.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |uri: &str, name: &str, about: &str| {
        ResourceTemplate::new(format!("{PREFIX}{uri}"), name)
            .with_description(about)
            .with_mime_type("text/plain")
    };
    vec![
        template("{id}", "task", "A task; a unique part of its id is enough"),
        template("{id}@{rev}", "task-at", "A task as of a commit or a branch"),
    ]
}

/// Reads a task.
pub(super) fn read(world: &World, caller: &Caller, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let task = uri.strip_prefix(PREFIX).filter(|task| !task.is_empty());
    let Some(task) = task else {
        let message = format!("unknown resource {} (expected {PREFIX}ID or {PREFIX}ID@REV)", quoted(uri));
        return Err(ErrorData::resource_not_found(message, Some(json!({ "uri": uri }))));
    };
    let (id, rev) = task.split_once('@').map_or((task, None), |(id, rev)| (id, Some(rev)));
    let (id, rev) = (decoded(id), rev.map(decoded));
    let show = || -> Result<String, ErrorReport> {
        let session = world.read(caller, rev.as_deref())?;
        Ok(card(&ops::show(&session, &id)?.0))
    };
    let text = show().map_err(|report| {
        let data = refusal(&report).structured_content;
        match report.kind {
            ErrorKind::NotFound | ErrorKind::Ambiguous | ErrorKind::NoTracker => {
                ErrorData::resource_not_found(report.message, data)
            }
            _ => ErrorData::invalid_params(report.message, data),
        }
    })?;
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri)]))
}

/// Returns a part of an address with its `%` escapes read.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns ids that begin like this, for clients that complete them.
pub(super) fn complete(world: &World, caller: &Caller, begun: &str) -> Result<Vec<String>, ErrorReport> {
    /// More are not of use, and the protocol allows no more.
    const MOST: usize = 100;
    let session = world.read(caller, None)?;
    let begun = begun.to_ascii_uppercase();
    let ids = session.snapshot().task_ids().map_err(ops::Error::from)?;
    let is_meant = |id: &String| {
        id.starts_with(&begun) || id.split_once('-').is_some_and(|(_, own)| own.starts_with(&begun))
    };
    Ok(ids.iter().map(ToString::to_string).filter(is_meant).take(MOST).collect())
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn percent_signs_are_read() {
        assert_eq!(decoded("fix%2Fcart%20%zz%"), "fix/cart %zz%");
    }
}
