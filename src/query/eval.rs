//! Whether a task matches.

use std::borrow::Cow;
use std::cell::OnceCell;

use chrono::Datelike;

use super::date::{Span, start_of_day};
use super::expr::Expr;
use super::pattern::Pattern;
use super::term::{Mark, Test};
use super::{Query, Subject};
use crate::model::{Field, FieldValue, Minutes, Priority, Status, Summary};

impl Query {
    /// Tells whether a task matches.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let seen = Seen { subject, body: OnceCell::new() };
        seen.holds(&self.root)
    }
}

/// A task while it is looked at: its body is read once, however many terms ask.
struct Seen<'s, 'a> {
    subject: &'s Subject<'a>,
    body: OnceCell<Option<Cow<'a, str>>>,
}

impl Seen<'_, '_> {
    fn holds(&self, expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expr::Not(inner) => !self.holds(inner),
            Expr::Term(term) => self.passes(&term.test),
        }
    }

    fn passes(&self, test: &Test) -> bool {
        let (task, facts) = (self.subject.summary, self.subject.facts);
        match test {
            Test::Text(pattern) => {
                pattern.matches(task.title)
                    || pattern.matches(task.id)
                    || task.tags.iter().any(|tag| pattern.matches(tag))
            }
            Test::Words(Field::Body, patterns) => self.body().is_some_and(|body| any(patterns, body)),
            Test::Words(field, patterns) => any_text(*field, task, |text| any(patterns, text)),
            Test::Ids(field, patterns) => any_text(*field, task, |id| {
                any(patterns, id) || id.split_once('-').is_some_and(|(_, rest)| any(patterns, rest))
            }),
            Test::Paths(patterns) => {
                task.files.iter().any(|file| patterns.iter().any(|pattern| pattern.matches(file)))
            }
            Test::Priority(ranks, others) => match Priority::rank_of(task.priority) {
                0 => ranks & 1 != 0 || task.priority.is_some_and(|text| any(others, text)),
                rank => ranks & 1 << rank != 0,
            },
            Test::Status(bits) => bits & 1 << facts.status as u8 != 0,
            Test::Badge(bits) => bits & 1 << facts.badge as u8 != 0,
            Test::Lengths(field, ranges) => {
                let FieldValue::Minutes(Minutes(minutes)) = field.value(task) else { return false };
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&minutes))
            }
            Test::Times(field, spans, offset) => in_time(*field, task, spans, *offset),
            Test::Marks(marks) => marks.iter().any(|mark| self.is(mark)),
            Test::Has(fields) => fields.iter().any(|field| self.has(*field)),
            Test::Lacks(fields) => fields.iter().any(|field| !self.has(*field)),
        }
    }

    fn is(&self, mark: &Mark) -> bool {
        let facts = self.subject.facts;
        match mark {
            Mark::Open => !facts.status.is_closed(),
            Mark::Closed => facts.status.is_closed(),
            Mark::Blocked => facts.status == Status::Blocked,
            Mark::Ready => facts.ready,
            Mark::Overdue(today) => {
                let task = self.subject.summary;
                task.due.is_some_and(|due| due < *today) && !task.is_closed()
            }
            Mark::Mine(names) => self.subject.summary.assignee.is_some_and(|assignee| any(names, assignee)),
        }
    }

    fn has(&self, field: Field) -> bool {
        match field {
            Field::Body => self.body().is_some_and(|body| !body.trim().is_empty()),
            _ => !self.subject.value(field).is_missing(),
        }
    }

    fn body(&self) -> Option<&str> {
        self.body.get_or_init(|| (self.subject.body)()).as_deref()
    }
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// Tells whether one of a field's texts passes; a task without the field has none.
fn any_text(field: Field, task: &Summary<'_>, passes: impl Fn(&str) -> bool) -> bool {
    field.value(task).texts().any(passes)
}

fn in_time(field: Field, task: &Summary<'_>, spans: &[Span], offset: i32) -> bool {
    let local = |second: i64| second.saturating_add(i64::from(offset));
    let second = match field.value(task) {
        FieldValue::Day(day) => start_of_day(day.num_days_from_ce()),
        // A task that never moved changed on its day of creation, which is a day of the user's already.
        FieldValue::Moment(time) => {
            let second = time.timestamp();
            let is_creation = field == Field::Updated && task.created.map(start_of_day) == Some(second);
            if is_creation { second } else { local(second) }
        }
        _ => return false,
    };
    spans.iter().any(|span| span.contains(second))
}
