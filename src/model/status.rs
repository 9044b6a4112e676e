//! What is derived of a task and never stored: its status, its badge, and whether it can begin.

use std::fmt;

/// The state of a task, in one word. Derived, in this order: the first that is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Somebody decided that it will not be done.
    Cancelled,
    /// Its stage is `complete`.
    Completed,
    /// Blocked by hand, or by a dependency that is open.
    Blocked,
    /// Its stage is one of the pipeline's own.
    InProgress,
    /// Its stage is `none`.
    NotStarted,
}

impl Status {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 5] =
        [Self::NotStarted, Self::InProgress, Self::Blocked, Self::Completed, Self::Cancelled];

    /// Returns the word used in queries and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Blocked => "blocked",
            Self::InProgress => "in_progress",
            Self::NotStarted => "not_started",
        }
    }

    /// Reads the word; `-` and `_` are the same.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase().replace('-', "_");
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Reads a word that other trackers have for a status; `-`, `_` and a space are the same.
    #[must_use]
    pub fn of_other_trackers(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
            "todo" | "to_do" | "pending" | "new" | "backlog" => Self::NotStarted,
            "doing" | "started" | "active" | "wip" => Self::InProgress,
            "done" | "complete" | "closed" | "finished" | "resolved" | "qa_approved" => Self::Completed,
            "canceled" | "wontfix" => Self::Cancelled,
            _ => return None,
        })
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The state of a task's sign-offs: the same seven everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Badge {
    /// Not begun.
    Pending,
    /// Being worked on, in a stage that asks nobody.
    InProgress,
    /// In a stage that requires sign-offs, and some are missing.
    AwaitingQa,
    /// A reviewer rejected it, or a blocking finding is open.
    IssuesFound,
    /// All that the stage requires is there; somebody must finalise it.
    ReadyToFinalise,
    /// Complete, and not by approvals alone: no stage requested any, or one that does was left without them.
    Done,
    /// Through all stages, each that requires approvals left with them.
    QaApproved,
}

impl Badge {
    /// All seven, in the order of a task's life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::InProgress,
        Self::AwaitingQa,
        Self::IssuesFound,
        Self::ReadyToFinalise,
        Self::Done,
        Self::QaApproved,
    ];

    /// Whether only a task that somebody is asked to review can have it.
    #[must_use]
    pub fn is_of_signoffs(self) -> bool {
        matches!(self, Self::AwaitingQa | Self::ReadyToFinalise | Self::QaApproved)
    }

    /// Returns the word used in queries and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::AwaitingQa => "awaiting_qa",
            Self::IssuesFound => "issues_found",
            Self::ReadyToFinalise => "ready_to_finalise",
            Self::Done => "done",
            Self::QaApproved => "qa_approved",
        }
    }

    /// Returns the words a person reads.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in progress",
            Self::AwaitingQa => "awaiting QA",
            Self::IssuesFound => "issues found",
            Self::ReadyToFinalise => "ready to finalise",
            Self::Done => "done",
            Self::QaApproved => "QA approved",
        }
    }

    /// Returns the mark shown beside the words.
    #[must_use]
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Pending => "○",
            Self::InProgress => "●",
            Self::AwaitingQa => "⧖",
            Self::IssuesFound => "✗",
            Self::ReadyToFinalise => "◎",
            Self::Done => "◉",
            Self::QaApproved => "✓",
        }
    }

    /// Reads the word; `-` and `_` are the same.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase().replace('-', "_");
        Self::ALL.into_iter().find(|badge| badge.as_str() == text)
    }
}

impl fmt::Display for Badge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// What is derived of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Where it is.
    pub status: Status,
    /// The state of its sign-offs.
    pub badge: Badge,
    /// Whether it can begin now: neither begun nor closed nor blocked.
    pub ready: bool,
}
