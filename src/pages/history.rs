//! Going through history: from a page as of a commit to the same page as of another.

use serde::Serialize;

use super::address::{joined, pairs};
use super::frame::Frame;
use crate::ops::RecordCommit;

/// Most commits to go to.
pub(super) const COMMITS: usize = 200;

/// What the form of a page has that goes to other commits.
#[derive(Debug, Serialize)]
pub(super) struct History {
    /// The page's path.
    path: String,
    /// What its query has besides.
    fields: Vec<(String, String)>,
    /// The newest first.
    commits: Vec<Selectable>,
    older: Option<String>,
    newer: Option<String>,
}

#[derive(Debug, Serialize)]
struct Selectable {
    commit: String,
    label: String,
    is_shown: bool,
}

impl History {
    /// Makes that of a page; none where there is nowhere to go.
    pub(super) fn of(frame: &Frame) -> Option<Self> {
        let (path, query) = frame.here.split_once('?').unwrap_or((&frame.here, ""));
        let fields: Vec<(String, String)> =
            pairs(query).into_iter().filter(|(name, _)| name != "at").collect();
        let address = |own: &RecordCommit| {
            let all = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            format!("{path}?{}", joined(all.chain([("at", own.commit.as_str())])))
        };
        let commits = &frame.revisions;
        let shown = commits.iter().position(|own| own.is_shown);
        let older = commits.get(shown.map_or(0, |at| at + 1)).map(address);
        let newer = shown.and_then(|at| at.checked_sub(1)).map(|at| address(&commits[at]));
        let selectable = |own: &RecordCommit| Selectable {
            commit: own.commit.clone(),
            label: format!("{} {}", own.at.format("%Y-%m-%d %H:%M"), own.subject),
            is_shown: own.is_shown,
        };
        let selectables = commits.iter().map(selectable).collect();
        let is_any = !commits.is_empty();
        is_any.then(|| Self { older, newer, commits: selectables, path: path.to_owned(), fields })
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, History, RecordCommit};

    #[test]
    fn neighbours_keep_the_rest_of_the_query() {
        let revision = |commit: &str, is_shown| RecordCommit {
            commit: commit.to_owned(),
            at: "2026-11-11T09:00:00Z".parse().unwrap(),
            subject: "x".to_owned(),
            is_shown,
        };
        let frame = |revisions| Frame {
            project: String::new(),
            at: Some("b".to_owned()),
            live: None,
            here: "/?q=a%26b&at=b".to_owned(),
            up: "",
            revisions,
        };
        let of = |revisions| {
            let history = History::of(&frame(revisions)).unwrap();
            (history.older, history.newer)
        };
        let link = |commit: &str| Some(format!("/?q=a%26b&at={commit}"));
        let [a, b, c] =
            [("a", false), ("b", true), ("c", false)].map(|(id, is_shown)| revision(id, is_shown));
        assert_eq!(of(vec![a.clone(), b.clone(), c.clone()]), (link("c"), link("a")));
        assert_eq!(of(vec![b]), (None, None));
        // One that is on no line that leads here: the newest is the next.
        assert_eq!(of(vec![a, c]), (link("a"), None));
        assert!(History::of(&frame(Vec::new())).is_none());
    }
}
