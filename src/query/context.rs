//! What a query needs to know beside its text, and what it is asked about.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate};

use crate::model::{Badge, Facts, Field, FieldValue, Status, Summary};

/// What a query is read against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The current time with the offset of the user's clock, which decides when a day begins.
    pub now: DateTime<FixedOffset>,
    /// The names the user goes by in `assignee`: name, e-mail address, nickname. Empty: nobody knows.
    pub me: &'a [&'a str],
    /// The stages between `none` and `complete`, in order.
    pub stages: &'a [&'a str],
}

impl Context<'_> {
    /// Returns today's date where the user is.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }
}

/// A task as a query sees it.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What its file says.
    pub summary: &'a Summary<'a>,
    /// What is derived of it.
    pub facts: &'a Facts,
    /// Reads the body: asked at most once per match, and only where a `body` term decides. None where there is
    /// no body to be had.
    pub body: &'a dyn Fn() -> Option<Cow<'a, str>>,
}

impl<'a> Subject<'a> {
    /// Makes a subject without a body.
    #[must_use]
    pub fn new(summary: &'a Summary<'a>, facts: &'a Facts) -> Self {
        Self { summary, facts, body: &|| None }
    }

    /// Makes a subject of which nothing is derived yet, for a query that does not ask
    /// ([`Query::needs_facts`](super::Query::needs_facts)).
    #[must_use]
    pub fn underived(summary: &'a Summary<'a>) -> Self {
        const NOTHING: Facts = Facts { status: Status::NotStarted, badge: Badge::Pending, ready: false };
        Self::new(summary, &NOTHING)
    }

    /// Returns the value of a field, derived ones and the body included.
    #[must_use]
    pub fn value(&self, field: Field) -> FieldValue<'a> {
        match field {
            Field::Status => FieldValue::text(Some(self.facts.status.as_str())),
            Field::Badge => FieldValue::text(Some(self.facts.badge.as_str())),
            Field::Ready => FieldValue::Flag(self.facts.ready),
            Field::Body => (self.body)().map_or(FieldValue::Missing, FieldValue::Text),
            field => field.value(self.summary),
        }
    }

    /// Adds how to read the body.
    #[must_use]
    pub fn with_body(self, body: &'a dyn Fn() -> Option<Cow<'a, str>>) -> Self {
        Self { body, ..self }
    }
}

impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("summary", self.summary)
            .field("facts", self.facts)
            .finish_non_exhaustive()
    }
}
