//! What a card says of sign-offs and findings. It is computed and never stored: a reader of the document leaves it out.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::Badge;

/// Columns of a bar.
const BAR: u32 = 12;

/// Sign-offs and open findings of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardReview {
    /// The badge's word, such as `awaiting_qa`.
    pub badge: &'static str,
    /// The badge as a card is written, such as `⧖ awaiting QA`.
    pub badge_shown: String,
    /// Sign-offs that the stage has.
    pub approved: u32,
    /// Sign-offs that it requires; 0 where it requires none.
    pub required: u32,
    /// The same as a bar; empty where it requires none.
    pub bar: String,
    /// How much of the evidence is there that is asked for, such as `3/4 verified`; empty where none is.
    pub evidence: String,
    /// Each vote, and each role that is waited for.
    pub signoffs: Vec<CardSignoff>,
    /// Findings that somebody has to do something about, the worst first.
    pub findings: Vec<CardFinding>,
}

/// A vote, or a role that has not signed off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardSignoff {
    /// The role.
    pub role: String,
    /// `approved`, `rejected` or `withdrawn`; none where it is waited for.
    pub verdict: Option<String>,
    /// Whose vote it is.
    pub by: Option<String>,
    /// When it was cast.
    pub at: Option<DateTime<Utc>>,
    /// Who could sign off; empty for anyone.
    pub waiting_for: Vec<String>,
    /// Why the vote does not count.
    pub why_not: Option<String>,
}

impl CardSignoff {
    /// A role of which nothing else is known yet.
    #[must_use]
    pub fn of(role: String) -> Self {
        Self { role, verdict: None, by: None, at: None, waiting_for: Vec::new(), why_not: None }
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardFinding {
    /// Its id within the task.
    pub id: String,
    /// How bad it is.
    pub severity: String,
    /// What was found.
    pub title: String,
    /// `file:line`, as far as they are known.
    pub place: Option<String>,
    /// The role that found it.
    pub role: String,
}

impl CardReview {
    /// Puts together what is known.
    #[must_use]
    pub fn new(
        badge: Badge,
        (approved, required): (u32, u32),
        signoffs: Vec<CardSignoff>,
        findings: Vec<CardFinding>,
    ) -> Self {
        let words = badge.as_str().replace('_', " ").replace("qa", "QA");
        let filled = (approved.min(required) * BAR).checked_div(required).unwrap_or(0);
        let bar = |filled: u32| {
            let of = |letter: &str, count: u32| letter.repeat(usize::try_from(count).unwrap_or(0));
            format!("{}{}", of("█", filled), of("░", BAR - filled))
        };
        Self {
            badge: badge.as_str(),
            badge_shown: format!("{} {words}", badge.glyph()),
            approved,
            required,
            bar: if required == 0 { String::new() } else { bar(filled) },
            evidence: String::new(),
            signoffs,
            findings,
        }
    }
}
