//! One term of a query: as it is written, and as the test it comes down to.

use std::ops::Range;

use super::Context;
use super::date::Span;
use super::error::{ErrorKind, Fault};
use super::names::unknown_field;
use super::path::PathPattern;
use super::pattern::Pattern;
use super::resolve::resolve;
use super::scan::{Op, Placed, Word};
use crate::model::Field;

/// One term. What is written decides what it tests, so equal terms mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) ask: Ask,
    pub(super) op: Op,
    /// The values in their canonical form.
    pub(super) words: Vec<Word>,
    pub(super) test: Test,
}

/// What a term asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Title, id and tags.
    Text,
    /// One field.
    Field(Field),
    /// `is:`
    Is,
    /// `has:`
    Has,
    /// `no:`
    No,
}

/// What is done with each task. Of several patterns, spans or fields one is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Text(Pattern),
    Words(Field, Vec<Pattern>),
    /// Whole ids, or what follows their hyphen.
    Ids(Field, Vec<Pattern>),
    Paths(Vec<PathPattern>),
    /// Bits of ranks, and what words outside the known ones must look like.
    Priority(u8, Vec<Pattern>),
    /// Bits of [`crate::model::Status`].
    Status(u8),
    /// Bits of [`crate::model::Badge`].
    Badge(u8),
    /// Minutes, both ends included.
    Lengths(Field, Vec<(u32, u32)>),
    /// Spans of the user's clock, and its offset in seconds.
    Times(Field, Vec<Span>, i32),
    Marks(Vec<Mark>),
    Has(Vec<Field>),
    Lacks(Vec<Field>),
}

/// What `is:` knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Open,
    Closed,
    Blocked,
    Ready,
    /// Open, and due before this day, which is counted from the common era.
    Overdue(i32),
    /// Assigned to one of these.
    Mine(Vec<Pattern>),
}

impl Ask {
    /// The words before `:` that are no field.
    const OTHERS: [(&'static str, Self); 3] = [("is", Self::Is), ("has", Self::Has), ("no", Self::No)];

    /// Reads what stands before an operator.
    pub(super) fn known(name: &str, span: Range<usize>) -> Result<Self, Fault> {
        if let Some((_, ask)) = Self::OTHERS.iter().find(|(other, _)| name.eq_ignore_ascii_case(other)) {
            return Ok(*ask);
        }
        match Field::parse(name) {
            Some(field) if field.is_queryable() => Ok(Self::Field(field)),
            Some(field) => Err(Fault::new(span, ErrorKind::NoQuestion { field: field.name() })),
            None => Err(Fault::new(span, unknown_field(name, &Self::OTHERS.map(|(other, _)| other)))),
        }
    }

    /// Returns what stands before the operator.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Field(field) => field.name(),
            Self::Is => "is",
            Self::Has => "has",
            Self::No => "no",
        }
    }
}

impl Term {
    /// Makes a term of a word without a field.
    pub(super) fn text(placed: Placed) -> Result<Self, Fault> {
        if placed.word.is_empty() {
            return Err(Fault::new(
                placed.span,
                ErrorKind::Expected { what: "a text to search for".to_owned() },
            ));
        }
        let test = Test::Text(Pattern::part(&placed.word));
        Ok(Self { ask: Ask::Text, op: Op::Has, words: vec![placed.word], test })
    }

    /// Makes a term of a field, an operator and values; `span` is where the field stands.
    pub(super) fn new(
        ask: Ask,
        op: Op,
        span: Range<usize>,
        words: Vec<Placed>,
        context: &Context<'_>,
    ) -> Result<Self, Fault> {
        let name = ask.name();
        if let Some(empty) = words.iter().find(|placed| placed.word.is_empty()) {
            let missing = match ask {
                Ask::Field(field) if field.can_be_missing() => format!(", or `no:{name}`"),
                _ => String::new(),
            };
            let what = format!("a value behind `{name}{}`{missing}", op.sign());
            return Err(Fault::new(empty.span.clone(), ErrorKind::Expected { what }));
        }
        if op.compares() {
            if !matches!(ask, Ask::Field(field) if field.has_order()) {
                return Err(Fault::new(span, ErrorKind::NoOrder { field: name }));
            }
            if let [first, .., last] = words.as_slice() {
                let kind = ErrorKind::OneValue { operator: op.sign() };
                return Err(Fault::new(first.span.start..last.span.end, kind));
            }
        }
        let exact = matches!(op, Op::Is | Op::IsNot)
            && matches!(ask, Ask::Field(field) if field.is_prose() || field == Field::Files);
        let op = match op {
            _ if exact => Op::Is,
            op if op.compares() => op,
            _ => Op::Has,
        };
        let (words, test) = resolve(ask, op, words, context)?;
        Ok(Self { ask, op, words, test })
    }

    /// Tells whether it asks about a field.
    pub(super) fn asks(&self, field: Field) -> bool {
        match &self.test {
            Test::Text(_) => matches!(field, Field::Id | Field::Title | Field::Tags),
            Test::Marks(marks) => marks.iter().any(|mark| match mark {
                Mark::Mine(_) => field == Field::Assignee,
                Mark::Overdue(_) => field == Field::Due,
                _ => field == Field::Status,
            }),
            Test::Has(fields) | Test::Lacks(fields) => fields.contains(&field),
            _ => self.ask == Ask::Field(field),
        }
    }
}
