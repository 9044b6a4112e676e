//! What the language means, by examples and properties.

mod errors;
mod matching;
mod properties;
mod sorting;

use chrono::{DateTime, Datelike, NaiveDate};

use super::{Context, Error, Query};
use crate::model::{Badge, Facts, Status, Summary};

pub(super) const STAGES: [&str; 4] = ["dev", "qa", "sec", "docs"];
pub(super) const ME: [&str; 2] = ["Ada Lovelace", "ada@example.com"];

/// Thursday, 12 November 2026, one in the morning, two hours east of Greenwich: still Wednesday there.
pub(super) fn context() -> Context<'static> {
    let now = DateTime::parse_from_rfc3339("2026-11-12T01:00:00+02:00").unwrap();
    Context { now, me: &ME, stages: &STAGES }
}

pub(super) fn query(text: &str) -> Query {
    match Query::parse(text, &context()) {
        Ok(query) => query,
        Err(error) => panic!("{error}\n{}", error.caret().join("\n")),
    }
}

pub(super) fn error(text: &str) -> Error {
    Query::parse(text, &context()).expect_err(text)
}

pub(super) fn day(text: &str) -> Option<i32> {
    Some(text.parse::<NaiveDate>().unwrap().num_days_from_ce())
}

pub(super) fn second(text: &str) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(text).unwrap().timestamp())
}

pub(super) fn facts(status: Status, badge: Badge) -> Facts {
    Facts { status, badge, ready: matches!(status, Status::NotStarted | Status::InProgress) }
}

/// Six tasks that differ in what the tests require.
pub(super) fn tasks() -> Vec<(Summary<'static>, Facts)> {
    let task = Summary::bare;
    vec![
        (
            Summary {
                kind: Some("feature"),
                priority: Some("high"),
                stage: "qa",
                assignee: Some("ada@example.com"),
                area: Some("ui"),
                tags: vec!["ui", "Theme"].into(),
                sprint: Some("SPRINT-1"),
                due: day("2026-11-11"),
                depends_on: vec!["TASK-3F8K"].into(),
                files: vec!["src/ui/theme.rs", "README.md"].into(),
                estimate: Some(45),
                spent: Some(90),
                created: day("2026-11-01"),
                updated: second("2026-11-11T22:30:00Z"),
                since: second("2026-11-11T20:00:00Z"),
                ..task("TASK-7Q2M", "Add dark mode to the dashboard")
            },
            facts(Status::InProgress, Badge::AwaitingQa),
        ),
        (
            Summary {
                kind: Some("bug"),
                priority: Some("critical"),
                stage: "dev",
                assignee: Some("Grace"),
                area: Some("backend/auth"),
                tags: vec!["auth", "two words"].into(),
                blocked: Some("waiting for the design"),
                due: day("2026-11-19"),
                estimate: Some(180),
                created: day("2026-10-31"),
                updated: second("2026-11-05T12:00:00Z"),
                since: second("2026-10-31T12:00:00Z"),
                ..task("TASK-3F8K", "Session expires while typing")
            },
            facts(Status::Blocked, Badge::IssuesFound),
        ),
        (
            Summary {
                priority: Some("low"),
                created: day("2025-12-31"),
                files: vec!["src/main.rs"].into(),
                ..task("WH-010", "Straße, größer")
            },
            facts(Status::NotStarted, Badge::Pending),
        ),
        (
            Summary {
                priority: Some("urgent"),
                stage: "complete",
                source: Some("TASK_CARDS.md#TASK-161FA"),
                due: day("2026-11-01"),
                created: day("2026-11-12"),
                updated: second("2026-11-12T00:00:00Z"),
                ..task("TASK-161FA", "Imported")
            },
            facts(Status::Completed, Badge::QaApproved),
        ),
        (
            Summary {
                stage: "old-stage",
                cancelled: Some("duplicate of TASK-7Q2M"),
                files: vec!["docs/guide/intro.md"].into(),
                ..task("TASK-0005", "or")
            },
            facts(Status::Cancelled, Badge::InProgress),
        ),
        (
            Summary {
                stage: "sec",
                assignee: Some("ada lovelace"),
                estimate: Some(0),
                ..task("TASK-0006", "It's (nearly) done, 100%")
            },
            facts(Status::InProgress, Badge::InProgress),
        ),
    ]
}
