//! Comments on issues, as they are read once.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::GithubRemote;
use super::client::moment;
use crate::remote::Error;

/// A comment on the issue of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Its number, which no other has there.
    pub(crate) id: u64,
    /// The task.
    pub(crate) task: String,
    /// The login of its author.
    pub(crate) login: String,
    pub(crate) at: DateTime<Utc>,
    /// Its page.
    pub(crate) address: String,
    /// Markdown, as it is there.
    pub(crate) text: String,
}

const ACTION: &str = "list comments";

impl GithubRemote<'_> {
    /// Returns comments that are new since the last time: those of issues that are linked, and all of one that was not.
    /// They are new until [`Self::save`] is called.
    pub(crate) fn comments(&mut self) -> Result<Vec<Comment>, Error> {
        self.find_links();
        let mut values = Vec::new();
        let is_first = self.kept.commented.is_none();
        let since = self.kept.commented.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let since = since.map(|at| format!("&since={at}")).unwrap_or_default();
        let path = self.client.place.api(&format!("/issues/comments?per_page=100{since}"));
        let etag = self.kept.comments_etag.clone().filter(|_| self.kept.comments_path == path);
        if let Some(pages) = self.client.pages(ACTION, &path, etag.as_deref())? {
            self.kept.commented = self.kept.commented.max(pages.seen_until()).or(pages.date);
            (self.kept.comments_path, self.kept.comments_etag) = (path, pages.etag);
            values.extend(pages.items);
        }
        for number in self.linked.keys().copied().collect::<Vec<_>>() {
            if self.kept.read_comments.insert(number) && !is_first {
                let path = self.client.place.api(&format!("/issues/{number}/comments?per_page=100"));
                let pages = self.client.pages_if_there(ACTION, &path)?;
                values.extend(pages.into_iter().flat_map(|pages| pages.items));
            }
        }
        let mut comments: Vec<Comment> = values.iter().filter_map(|value| self.comment(value)).collect();
        comments.sort_by_key(|comment| comment.id);
        comments.dedup_by_key(|comment| comment.id);
        Ok(comments)
    }

    fn comment(&self, value: &Value) -> Option<Comment> {
        let issue = self.client.place.path_of(value["issue_url"].as_str()?)?;
        let number = issue.rsplit('/').next()?.parse().ok()?;
        let (task, _) = self.linked.get(&number)?;
        Some(Comment {
            id: value["id"].as_u64()?,
            task: task.clone(),
            login: value["user"]["login"].as_str().unwrap_or("ghost").to_owned(),
            at: moment(&value["created_at"])?,
            address: value["html_url"].as_str().unwrap_or_default().to_owned(),
            text: value["body"].as_str()?.to_owned(),
        })
    }
}
