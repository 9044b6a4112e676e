//! What was read of a repository, kept between runs. It can be deleted: then all is read again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::client::Pages;
use super::issue::Issue;
use crate::git::read_regular;
use crate::store;

/// Another one where the file has another form.
const FORMAT: u32 = 1;
/// All is listed again after this time, because what is deleted is in no list of changes.
const FULL_AFTER: TimeDelta = TimeDelta::hours(24);
/// What is listed again beside what is new: lists there are a little late.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);

/// What was read of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    format: u32,
    /// The repository.
    place: String,
    /// When all was listed last.
    full: Option<DateTime<Utc>>,
    /// The time of the last change that was seen.
    since: Option<DateTime<Utc>>,
    /// The query that was made last, and by what its answer is known again.
    query: String,
    etag: Option<String>,
    /// By number: those that are open, linked, or keep the id of a task.
    pub(super) issues: BTreeMap<u64, Issue>,
    /// The time of the last comment that was seen.
    #[serde(default)]
    pub(super) commented: Option<DateTime<Utc>>,
    /// The query for comments that was made last, and by what its answer is known again.
    #[serde(default)]
    pub(super) comments_path: String,
    #[serde(default)]
    pub(super) comments_etag: Option<String>,
    /// Issues of which all comments were read.
    #[serde(default)]
    pub(super) read_comments: BTreeSet<u64>,
}

/// What to request.
pub(super) struct Query {
    pub(super) text: String,
    pub(super) etag: Option<String>,
    is_full: bool,
}

impl Kept {
    pub(super) fn read(file: &Path, place: &str) -> Self {
        let bytes = read_regular(file).unwrap_or_default();
        let kept: Self = serde_json::from_slice(&bytes).unwrap_or_default();
        if kept.format == FORMAT && kept.place == place {
            return kept;
        }
        Self { format: FORMAT, place: place.to_owned(), ..Self::default() }
    }

    /// Where it cannot be written, the next run reads more.
    pub(super) fn write(&self, file: &Path) {
        let bytes = serde_json::to_vec(self).expect("plain data with text keys is always JSON");
        let _ = store::replace_unsynced(file, &bytes);
    }

    pub(super) fn query(&self, now: DateTime<Utc>) -> Query {
        let is_recent = |full: DateTime<Utc>| full <= now && now - full < FULL_AFTER;
        // By creation, an issue that changes meanwhile stays where it is in the list.
        let mut text = "state=all&sort=created&direction=asc&per_page=100".to_owned();
        let since = self.since.filter(|_| self.full.is_some_and(is_recent));
        if let Some(since) = since {
            let since = (since - OVERLAP).to_rfc3339_opts(SecondsFormat::Secs, true);
            text.push_str(&format!("&since={since}"));
        }
        let etag = self.etag.clone().filter(|_| since.is_some() && self.query == text);
        Query { text, etag, is_full: since.is_none() }
    }

    /// Takes what a query has found.
    pub(super) fn take(
        &mut self,
        query: &Query,
        pages: &Pages,
        issues: Vec<Issue>,
        now: DateTime<Utc>,
        is_kept: impl Fn(&Issue) -> bool,
    ) {
        let known = std::mem::take(&mut self.issues);
        if query.is_full {
            self.full = Some(now);
            self.since = None;
        } else {
            self.issues.clone_from(&known);
        }
        self.since = self.since.max(pages.seen_until());
        for issue in issues {
            // A list may be older than what was read or written meanwhile.
            let newer = known.get(&issue.number).filter(|own| own.updated > issue.updated);
            let issue = newer.cloned().unwrap_or(issue);
            if is_kept(&issue) {
                self.issues.insert(issue.number, issue);
            } else {
                self.issues.remove(&issue.number);
            }
        }
        (self.query, self.etag) = (query.text.clone(), pages.etag.clone());
    }
}
