//! A query: its terms, what it is read against and asked about, whether a task matches, and its canonical form.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::{self, Formatter, Write};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

use crate::model::{Badge, Facts, Field, FieldValue, Minutes, Priority, Status, Summary};
use crate::query::date::{Span, start_of_day};
use crate::query::parse::Word;
use crate::query::pattern::Pattern;
use crate::query::term::{Ask, Mark, Term, Test};

/// A query, read and resolved. The default one matches every task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) root: Expr,
}

/// Terms, joined. Made by [`Expr::all`], [`Expr::any`] and [`Expr::not`] only, so that one meaning has one form: no
/// group of one, no group directly in a group of its own kind, no negation of a negation, and what needs the
/// body last in its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Term(Term),
}

impl Expr {
    /// Joins parts that must all hold.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::All(inner) => inner,
            other => vec![other],
        });
        Self::group(flat.collect(), Self::All)
    }

    /// Joins parts of which one must hold.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::Any(inner) => inner,
            other => vec![other],
        });
        Self::group(flat.collect(), Self::Any)
    }

    /// Turns an expression around.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    fn group(mut parts: Vec<Self>, wrap: fn(Vec<Self>) -> Self) -> Self {
        parts.sort_by_cached_key(|part| part.uses(Field::Body));
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                wrap(parts)
            }
            None => wrap(parts),
        }
    }

    /// Whether a term asks about a field.
    fn uses(&self, field: Field) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.uses(field)),
            Self::Not(inner) => inner.uses(field),
            Self::Term(term) => term.uses(field),
        }
    }
}

impl Query {
    /// Whether it may be decided by what is derived of a task, its [`Facts`].
    #[must_use]
    pub fn needs_facts(&self) -> bool {
        self.uses(Field::Status) || self.uses(Field::Badge)
    }

    /// Whether it says which tasks are closed: by a stage, a status, a badge, or why a task was cancelled.
    #[must_use]
    pub fn is_about_closing(&self) -> bool {
        [Field::Stage, Field::Status, Field::Badge, Field::Cancelled]
            .into_iter()
            .any(|field| self.uses(field))
    }

    /// Whether a term asks about a field. `is:mine` asks about the assignee, every other `is:` about the
    /// status; a term without a field asks about id, title and tags.
    #[must_use]
    pub fn uses(&self, field: Field) -> bool {
        self.root.uses(field)
    }
}

impl Default for Query {
    fn default() -> Self {
        Self { root: Expr::all(Vec::new()) }
    }
}

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

impl Query {
    /// Whether a task matches.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let seen = Seen { subject, body: OnceCell::new() };
        seen.satisfies(&self.root)
    }
}

/// A task while it is looked at: its body is read once, however many terms ask.
struct Seen<'s, 'a> {
    subject: &'s Subject<'a>,
    body: OnceCell<Option<Cow<'a, str>>>,
}

impl Seen<'_, '_> {
    fn satisfies(&self, expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.satisfies(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.satisfies(part)),
            Expr::Not(inner) => !self.satisfies(inner),
            Expr::Term(term) => self.satisfies_test(&term.test),
        }
    }

    fn satisfies_test(&self, test: &Test) -> bool {
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

/// Whether one of a field's texts passes; a task without the field has none.
fn any_text(field: Field, task: &Summary<'_>, satisfies_test: impl Fn(&str) -> bool) -> bool {
    field.value(task).texts().any(satisfies_test)
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

impl fmt::Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_expr(&self.root, f)
    }
}

fn write_expr(expr: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    match expr {
        Expr::All(parts) => write_joined(parts, " ", |part| matches!(part, Expr::Any(_)), f),
        Expr::Any(parts) => write_joined(parts, " or ", |_| false, f),
        Expr::Not(inner) => {
            f.write_char('-')?;
            write_grouped(inner, matches!(**inner, Expr::All(_) | Expr::Any(_)), f)
        }
        Expr::Term(term) => write_term(term, f),
    }
}

fn write_joined(
    parts: &[Expr],
    between: &str,
    grouped: fn(&Expr) -> bool,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write_grouped(part, grouped(part), f)?;
    }
    Ok(())
}

fn write_grouped(expr: &Expr, grouped: bool, f: &mut Formatter<'_>) -> fmt::Result {
    if !grouped {
        return write_expr(expr, f);
    }
    f.write_char('(')?;
    write_expr(expr, f)?;
    f.write_char(')')
}

fn write_term(term: &Term, f: &mut Formatter<'_>) -> fmt::Result {
    if term.ask == Ask::Text {
        return term.words.iter().try_for_each(|word| write_word(word, true, f));
    }
    f.write_str(term.ask.name())?;
    f.write_str(term.op.sign())?;
    for (at, word) in term.words.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        write_word(word, false, f)?;
    }
    Ok(())
}

/// Writes a value as it is where that is safe, else in quotes, and with backslashes where it has stars, which
/// quotes would make literal. `alone`: no field is before it.
fn write_word(word: &Word, alone: bool, f: &mut Formatter<'_>) -> fmt::Result {
    let keyword = |text: &str| ["or", "and", "not"].iter().any(|keyword| text.eq_ignore_ascii_case(keyword));
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '#' | '@' | '+' | '%');
    let colon = |c: char| plain(c) || !alone && c == ':';
    let leading_minus = |text: &str| alone && text.starts_with('-');
    match word.pieces() {
        [text] if text.chars().all(colon) && !leading_minus(text) && !(alone && keyword(text)) => {
            f.write_str(text)
        }
        [text] => {
            f.write_char('"')?;
            for c in text.chars() {
                if matches!(c, '"' | '\\') {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
            f.write_char('"')
        }
        pieces => {
            for (at, piece) in pieces.iter().enumerate() {
                if at > 0 {
                    f.write_char('*')?;
                }
                for (byte, c) in piece.char_indices() {
                    let negates = at == 0 && byte == 0 && leading_minus(piece);
                    if !plain(c) || negates {
                        f.write_char('\\')?;
                    }
                    f.write_char(c)?;
                }
            }
            Ok(())
        }
    }
}
