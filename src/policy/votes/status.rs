//! What a vote is worth.

use std::fmt;

use crate::model::{Stage, TaskId};
use crate::policy::Staleness;

/// What a vote is worth.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum VoteStatus {
    /// An approval that counts.
    Approval,
    /// A rejection that counts.
    Rejection,
    /// It does not count.
    None(WhyNot),
}

impl VoteStatus {
    /// Returns why the vote does not count.
    #[must_use]
    pub fn why_not(&self) -> Option<&WhyNot> {
        match self {
            Self::None(why) => Some(why),
            Self::Approval | Self::Rejection => None,
        }
    }
}

/// Why a vote does not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WhyNot {
    /// It was cast on another task.
    Copied(TaskId),
    /// It says neither yes nor no.
    UnknownVerdict(String),
    /// No table of the configuration defines its role.
    UndefinedRole(String),
    /// It is dated ahead of the clock.
    Future,
    /// It names a round of its stage that has not begun.
    UnbegunRound {
        /// The round that it names.
        cast: u32,
        /// The round that is the latest.
        now: u32,
    },
    /// Its author is no member of the role.
    Outsider,
    /// Its author is an agent, and the role is for people.
    Agent,
    /// Its file was changed after it was cast.
    Altered,
    /// It is an earlier vote's text under another name.
    Duplicate,
    /// Its signature does not fit it.
    BadSignature,
    /// It has no signature, and the policy wants one.
    Unsigned,
    /// It has no signature, and another than its author committed it.
    Unattributed,
    /// It lists what the commit that it looked at does not show.
    NotShown,
    /// It was cast after the task had moved on.
    Late,
    /// Its digest is not that of its own list of files.
    Unsound,
    /// The same person voted again.
    Superseded,
    /// It takes an earlier vote back, and says nothing else.
    Withdrawn,
    /// It was cast in another stage.
    OtherStage(Stage),
    /// The stage does not require this role.
    NotRequired,
    /// It was cast in another round.
    OtherRound {
        /// The round in which it was cast.
        cast: u32,
        /// The round the task is in.
        now: u32,
    },
    /// An override led the task past it.
    Overridden,
    /// What it covers has changed.
    Stale(Vec<Staleness>),
    /// Its author wrote what it covers.
    OwnWork,
}

impl WhyNot {
    /// Returns one word for it, for queries and JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Copied(_) => "copied",
            Self::UnknownVerdict(_) => "unknown_verdict",
            Self::UndefinedRole(_) => "undefined_role",
            Self::Future => "future",
            Self::UnbegunRound { .. } => "unbegun_round",
            Self::Outsider => "outsider",
            Self::Agent => "agent",
            Self::Altered => "altered",
            Self::Duplicate => "duplicate",
            Self::BadSignature => "bad_signature",
            Self::Unsigned => "unsigned",
            Self::Unattributed => "unattributed",
            Self::NotShown => "not_shown",
            Self::Late => "late",
            Self::Unsound => "unsound",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::OtherStage(_) => "other_stage",
            Self::NotRequired => "not_asked",
            Self::OtherRound { .. } => "other_round",
            Self::Overridden => "overridden",
            Self::Stale(_) => "stale",
            Self::OwnWork => "own_work",
        }
    }

    /// Returns where it had its say, of a vote that was cast in another stage or an earlier round and is not asked here.
    #[must_use]
    pub fn earlier(&self) -> Option<String> {
        match self {
            Self::OtherStage(stage) => Some(format!("in {stage}")),
            Self::OtherRound { cast, now } if cast < now => Some(format!("in round {cast}")),
            _ => None,
        }
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copied(task) => write!(f, "it was cast on {task}"),
            Self::UnknownVerdict(text) => write!(f, "`{}` is no verdict", text.escape_debug()),
            Self::UndefinedRole(role) => write!(f, "role `{}` is not defined", role.escape_debug()),
            Self::Future => f.write_str("it is dated in the future"),
            Self::UnbegunRound { cast, now } => {
                write!(f, "it names round {cast}, and round {now} is the latest that has begun")
            }
            Self::Outsider => f.write_str("its author is no member of the role"),
            Self::Agent => f.write_str("only people sign off for this role"),
            Self::Altered => f.write_str("its file was changed after it was cast"),
            Self::Duplicate => f.write_str("it is a copy of an earlier vote"),
            Self::BadSignature => f.write_str("no key in .tracker/allowed_signers fits its signature"),
            Self::Unsigned => f.write_str("it is not signed, and the policy wants that"),
            Self::Unattributed => f.write_str("another than its author committed it, and it is not signed"),
            Self::NotShown => f.write_str("it lists what the commit that it looked at does not show"),
            Self::Late => f.write_str("it was cast after the task had moved on"),
            Self::Unsound => f.write_str("its digest does not fit its own list of files"),
            Self::Superseded => f.write_str("the same person voted again"),
            Self::Withdrawn => f.write_str("withdrawn"),
            Self::OtherStage(stage) => write!(f, "it was cast in {stage}"),
            Self::NotRequired => f.write_str("the stage does not require this role"),
            Self::OtherRound { cast, now } => write!(f, "it was cast in round {cast}, this is round {now}"),
            Self::Overridden => f.write_str("an override led the task past it"),
            Self::Stale(reasons) => {
                f.write_str("stale: ")?;
                for (index, reason) in reasons.iter().enumerate() {
                    write!(f, "{}{reason}", if index > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
            Self::OwnWork => f.write_str("its author wrote what it covers"),
        }
    }
}
