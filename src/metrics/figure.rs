//! The figures: what each one is called, what it counts, in which unit, and what it says.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::percentile::Percentiles;

/// What a number is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tasks.
    Tasks,
    /// Moves between stages.
    Moves,
    /// Findings.
    Findings,
    /// Votes.
    Votes,
    /// Calendar time, in seconds.
    Seconds,
    /// Working time, in minutes.
    Minutes,
    /// Parts of a thousand.
    Permille,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tasks => "tasks",
            Self::Moves => "moves",
            Self::Findings => "findings",
            Self::Votes => "votes",
            Self::Seconds => "calendar time, seconds",
            Self::Minutes => "working time, minutes",
            Self::Permille => "parts of a thousand",
        })
    }
}

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $label:literal, $unit:ident, $formula:literal, $inputs:literal;)*) => {
        /// What a figure is. The order is that of reports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FigureName {
            $($(#[$doc])* $name,)*
        }

        impl FigureName {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word used in files, JSON and queries.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What a person reads.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// What it is counted in.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }

            /// How it is computed.
            #[must_use]
            pub fn formula(self) -> &'static str {
                match self { $(Self::$name => $formula,)* }
            }

            /// What it is computed from.
            #[must_use]
            pub fn inputs(self) -> &'static str {
                match self { $(Self::$name => $inputs,)* }
            }
        }
    };
}

figures! {
    /// Committed tasks.
    Committed = "committed", "Committed", Tasks,
        "tasks of the scope when the sprint was started", "the frozen list of the sprint";
    /// Working time committed.
    CommittedTime = "committed_time", "Committed time", Minutes,
        "sum of the estimates of the committed tasks, as frozen", "the frozen list of the sprint";
    /// Tasks that came in.
    Added = "added", "Added", Tasks,
        "tasks that came into the scope after the start, each once", "the scope's changes";
    /// Tasks that went out.
    Removed = "removed", "Removed", Tasks,
        "tasks that went out of the scope after the start, each once", "the scope's changes";
    /// Tasks whose estimate was changed.
    ReEstimated = "re_estimated", "Re-estimated", Tasks,
        "tasks whose estimate was changed while they were in the scope, each once", "the scope's changes";
    /// Tasks in scope at the end.
    Scope = "scope", "Scope at the end", Tasks,
        "tasks in the scope at the end", "the frozen list and the scope's changes";
    /// Working time in scope at the end.
    ScopeTime = "scope_time", "Time in scope at the end", Minutes,
        "sum of the estimates of the tasks in the scope at the end, as the scope has them",
        "the frozen list and the scope's changes";
    /// Tasks finished.
    Delivered = "delivered", "Delivered", Tasks,
        "tasks in the scope at the end that are complete, were completed in the range and are not cancelled",
        "the scope, moves, `cancelled`";
    /// Working time delivered.
    DeliveredTime = "delivered_time", "Delivered time", Minutes,
        "sum of the estimates of the delivered tasks, as the scope has them", "the scope, moves, `cancelled`";
    /// Share delivered of the scope.
    Delivery = "delivery", "Delivery", Tasks,
        "delivered tasks, of the tasks in the scope at the end", "the scope, moves, `cancelled`";
    /// Share delivered of what was committed.
    CommitmentMet = "commitment_met", "Commitment met", Tasks,
        "delivered tasks that were committed, of the committed tasks", "the scope, moves, `cancelled`";
    /// Complete before the sprint began.
    DoneBefore = "done_before", "Complete before the start", Tasks,
        "tasks in the scope at the end that were completed before the range, or at an unknown time",
        "the scope, moves";
    /// Tasks that will not be done.
    Cancelled = "cancelled", "Cancelled", Tasks,
        "tasks in the scope at the end that are cancelled", "the scope, `cancelled`";
    /// Tasks left open.
    CarriedOver = "carried_over", "Carried over", Tasks,
        "tasks in the scope at the end that are neither complete nor cancelled", "the scope, moves, `cancelled`";
    /// Tasks that left `complete`.
    ReOpened = "re_opened", "Re-opened", Tasks,
        "tasks that a move in the range took out of `complete`, each once", "moves";
    /// Tasks in progress.
    Wip = "wip", "Work in progress", Tasks,
        "tasks in a stage between `none` and `complete` at the end of the range that are not cancelled",
        "moves, `cancelled`";
    /// Tasks finished, by day.
    Throughput = "throughput", "Throughput", Tasks,
        "tasks finished on each day of the range, by the last move to `complete`", "moves";
    /// How long finished tasks took.
    CycleTime = "cycle_time", "Cycle time", Seconds,
        "calendar time from the first move out of `none` to the last move to `complete`, of tasks finished in the range",
        "moves";
    /// The service level expectation.
    Sle = "sle", "Service level expectation", Seconds,
        "the cycle time that 85 % of the tasks finished in the range did not exceed", "moves";
    /// Age of what is in progress.
    Age = "age", "Work item age", Seconds,
        "calendar time from the first move out of `none` to the end of the range, of tasks in progress",
        "moves, `cancelled`";
    /// Time in each stage.
    StageTime = "stage_time", "Time in stage", Seconds,
        "calendar time spent in the stage, all visits together, of tasks finished in the range that were in it", "moves";
    /// Share of time in which tasks were worked on.
    FlowEfficiency = "flow_efficiency", "Flow efficiency", Permille,
        "time in stages that require no sign-off, of the cycle time, of tasks finished in the range",
        "moves, sign-offs that the stages require";
    /// Share that left a stage forward the first time.
    FirstPassYield = "first_pass_yield", "First-pass yield", Tasks,
        "tasks whose first move out of the stage was a plain advance, of those that first left it in the range",
        "moves";
    /// Moves backward.
    ReworkLoops = "rework_loops", "Rework loops", Moves,
        "moves to an earlier stage in the range", "moves";
    /// How long a role took to answer.
    SignoffLatency = "signoff_latency", "Sign-off latency", Seconds,
        "calendar time from entering a stage that requires the role to its first approval or rejection during that \
         stay, of votes in the range",
        "moves, votes, sign-offs that the stages require";
    /// Time spent on delivered tasks.
    SpentTime = "spent_time", "Time spent", Minutes,
        "sum of `spent` of the tasks finished in the range", "moves, `spent`";
    /// Time spent against estimate.
    EstimateRatio = "estimate_ratio", "Time spent against estimate", Permille,
        "time spent, of the estimate, of tasks finished in the range that have both", "moves, `spent`, estimates";
    /// Share of delivered tasks that passed documentation.
    Documented = "documented", "Documented", Tasks,
        "tasks finished in the range that last left the documentation stage by a plain advance, of those whose \
         pipeline has that stage",
        "moves, pipelines";
    /// Findings raised.
    FindingsRaised = "findings_raised", "Findings raised", Findings,
        "findings written down in the range, by severity", "findings";
    /// Findings open.
    FindingsOpen = "findings_open", "Findings open", Findings,
        "findings that are open or marked fixed at the end of the range, by severity", "findings";
    /// Finished tasks of each person; only where the configuration enables figures per person.
    FinishedBy = "finished_by", "Finished, by assignee", Tasks,
        "tasks finished in the range, by assignee", "moves, `assignee`";
    /// Votes of each person; only where the configuration enables figures per person.
    VotesBy = "votes_by", "Votes, by person", Votes,
        "approvals and rejections cast in the range, by person", "votes";
}

impl FigureName {
    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text)
    }
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for FigureName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FigureName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown figure `{text}`")))
    }
}

impl JsonSchema for FigureName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FigureName".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// What a figure says. Whole numbers only: what two machines compute is the same to the last digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Value {
    /// A count or a sum.
    Count(u64),
    /// A part of a whole.
    Share {
        /// How many.
        part: u64,
        /// Of how many.
        of: u64,
    },
    /// Percentiles.
    Percentiles(Percentiles),
    /// A duration and how likely it is.
    Expectation {
        /// A percentage of…
        percent: u32,
        /// …take no longer than this, in seconds.
        seconds: i64,
    },
    /// A count for each day, days with none included.
    Days(std::collections::BTreeMap<NaiveDate, u32>),
    /// There is nothing to compute it from.
    Nothing(()),
}

/// One number, and what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it is.
    pub figure: FigureName,
    /// The stage, role, severity or person that it is of, where there is one of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What it says.
    pub value: Value,
    /// Ids of the tasks that it was computed from and that count in it; of a share those of the part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<String>,
    /// Ids of the tasks that would count if they had what it needs, such as an estimate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl Figure {
    /// Returns `stage_time[qa]`, which tells figures of one set apart.
    #[must_use]
    pub fn path(&self) -> String {
        self.of.as_ref().map_or_else(|| self.figure.to_string(), |of| format!("{}[{of}]", self.figure))
    }
}

/// All figures of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The version of the formulas, see [`super::FORMULAS`].
    pub formulas: u32,
    /// The range: from this moment…
    pub from: DateTime<Utc>,
    /// …to this one, both included, as of which everything is looked at.
    pub to: DateTime<Utc>,
    /// What a day is: its offset from UTC, such as `+01:00`.
    pub offset: String,
    /// The figures, in the order of [`FigureName`], then of stages in the pipeline's order and all else by name.
    pub figures: Vec<Figure>,
}

/// A figure that differs between two sets of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Which, as [`Figure::path`] says it; `formulas`, `from`, `to` and `offset` are compared, too.
    pub figure: String,
    /// What the frozen one says, as JSON; none where it has no such figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<serde_json::Value>,
    /// What is computed now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<serde_json::Value>,
}

/// Why frozen numbers cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumbersError {
    /// A newer program wrote them.
    #[error("formulas of version {0} are newer than this program (it knows {known})", known = super::FORMULAS)]
    Newer(u64),
    /// They are not numbers.
    #[error("cannot read the numbers: {0}")]
    Malformed(String),
}

impl Numbers {
    /// Reads numbers as they are serialised.
    ///
    /// # Errors
    /// Where they are newer than this program, or malformed.
    pub fn read(value: &serde_json::Value) -> Result<Self, NumbersError> {
        if let Some(version) = value.get("formulas").and_then(serde_json::Value::as_u64)
            && version > u64::from(super::FORMULAS)
        {
            return Err(NumbersError::Newer(version));
        }
        Self::deserialize(value).map_err(|error| NumbersError::Malformed(error.to_string()))
    }

    /// Returns the figure of this name that is of nothing in particular.
    #[must_use]
    pub fn figure(&self, name: FigureName) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.figure == name && figure.of.is_none())
    }

    /// Returns the figures of this name, one of each stage, role, severity or person.
    pub fn each(&self, name: FigureName) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(move |figure| figure.figure == name)
    }

    /// Returns the count that a figure says; none where it says something else or nothing.
    #[must_use]
    pub fn count(&self, name: FigureName) -> Option<u64> {
        match self.figure(name)?.value {
            Value::Count(count) => Some(count),
            _ => None,
        }
    }

    /// Compares figure by figure with numbers that were frozen: in the order of these, then what only the frozen
    /// ones have.
    #[must_use]
    pub fn differences(&self, frozen: &Self) -> Vec<Difference> {
        let head = |numbers: &Self| {
            let text = |value: &dyn fmt::Display| serde_json::Value::from(value.to_string());
            let ends = (numbers.from.to_rfc3339(), numbers.to.to_rfc3339());
            let (from, to) = (text(&ends.0), text(&ends.1));
            [
                ("formulas", numbers.formulas.into()),
                ("from", from),
                ("to", to),
                ("offset", text(&numbers.offset)),
            ]
        };
        let data = |figure: &Figure| serde_json::to_value(figure).expect("figures are plain data");
        let rows = |numbers: &Self| -> Vec<(String, serde_json::Value)> {
            let heads = head(numbers).into_iter().map(|(name, value)| (name.to_owned(), value));
            heads.chain(numbers.figures.iter().map(|figure| (figure.path(), data(figure)))).collect()
        };
        let (now, then) = (rows(self), rows(frozen));
        let find = |rows: &[(String, serde_json::Value)], name: &str| {
            rows.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        let mut differences = Vec::new();
        for (figure, value) in &now {
            let before = find(&then, figure);
            if before.as_ref() != Some(value) {
                differences.push(Difference {
                    figure: figure.clone(),
                    frozen: before,
                    now: Some(value.clone()),
                });
            }
        }
        for (figure, value) in then.iter().filter(|(figure, _)| find(&now, figure).is_none()) {
            differences.push(Difference { figure: figure.clone(), frozen: Some(value.clone()), now: None });
        }
        differences
    }
}
