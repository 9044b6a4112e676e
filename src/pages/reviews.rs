//! What waits for somebody: the inbox, sign-offs of the team, branches, and what a branch would bring.

use serde::Serialize;

use super::Made;
use super::frame::Frame;
use super::overview::in_words;
use super::render::render;
use crate::ops::{self, ErrorReport, GateRequest, InboxItem, InboxKind, PendingSignoff, Session};
use crate::review::Review;

#[derive(Debug, Serialize)]
struct InboxPage {
    items: Vec<Item>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Item {
    label: &'static str,
    /// Which page `task` is of.
    page: &'static str,
    command: String,
    #[serde(flatten)]
    item: InboxItem,
}

pub(super) fn inbox(session: &Session<'_>, frame: &Frame) -> Made {
    let (inbox, problems) = ops::inbox(session).map_err(ErrorReport::from)?;
    let item = |item: InboxItem| {
        let page = match item.kind {
            InboxKind::Plan => "plan",
            InboxKind::Question => "run",
            _ => "task",
        };
        Item { label: item.kind.label(), page, command: item.command.to_string(), item }
    };
    let items = inbox.items.into_iter().map(item).collect();
    render("inbox.html", ("Inbox", "inbox"), frame, &InboxPage { items, problems: in_words(&problems) })
}

#[derive(Debug, Serialize)]
struct ReviewsPage {
    pending: Vec<PendingSignoff>,
    branches: Vec<String>,
    base: Option<String>,
    problems: Vec<String>,
}

pub(super) fn reviews(session: &Session<'_>, frame: &Frame) -> Made {
    let (pending, problems) = ops::pending_signoffs(session, "").map_err(ErrorReport::from)?;
    // As of a revision there are no branches.
    let branches = match frame.at {
        Some(_) => Vec::new(),
        None => ops::branches_to_review(session).map_err(ErrorReport::from)?,
    };
    let base = ops::usual_base_of(session);
    let pending = pending.pending;
    let view = ReviewsPage { pending, branches, base, problems: in_words(&problems) };
    render("reviews.html", ("Reviews", "reviews"), frame, &view)
}

#[derive(Debug, Serialize)]
struct ReviewPage {
    #[serde(flatten)]
    review: Review,
    is_yes: bool,
    problems: Vec<String>,
}

pub(super) fn review(session: &Session<'_>, head: &str, frame: &Frame) -> Made {
    let request = GateRequest { head: Some(head.to_owned()), counts_lines: true, ..GateRequest::default() };
    let (review, problems) = ops::review(session, &request).map_err(ErrorReport::from)?;
    let is_yes = review.verdict.is_yes();
    let view = ReviewPage { review, is_yes, problems: in_words(&problems) };
    render("review.html", (&format!("Review of {head}"), "reviews"), frame, &view)
}
