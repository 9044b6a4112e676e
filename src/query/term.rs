//! One term of a query: as it is written, and as the test it comes down to, with names as bits, durations as minutes and
//! dates as seconds.

use std::ops::Range;

use chrono::Datelike;

use crate::model::{Badge, Field, FieldKind, Minutes, Priority, Stage, Status, nearest};
use crate::query::Context;
use crate::query::date::{Moment, Span, read_date};
use crate::query::error::{ErrorKind, Fault};
use crate::query::parse::{Op, Placed, Word};
use crate::query::pattern::{PathPattern, Pattern};
use crate::query::sort::unknown_field;

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

    /// Reads what is before an operator.
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

    /// Returns what is before the operator.
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

    /// Makes a term of a field, an operator and values; `span` is where the field is.
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
            let what = format!("a value after `{name}{}`{missing}", op.sign());
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

    /// Whether it asks about a field.
    pub(super) fn uses(&self, field: Field) -> bool {
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

/// The words of `is:`.
const MARKS: [&str; 6] = ["open", "closed", "blocked", "ready", "overdue", "mine"];

type Resolved = Result<(Vec<Word>, Test), Fault>;

/// Returns the values in canonical form, and the test.
pub(super) fn resolve(ask: Ask, op: Op, words: Vec<Placed>, context: &Context<'_>) -> Resolved {
    let field = match ask {
        Ask::Field(field) => field,
        Ask::Is => return marks(words, context),
        Ask::Has => return fields(words, Test::Has),
        Ask::No => return fields(words, Test::Lacks),
        Ask::Text => Field::Title,
    };
    match field.kind() {
        FieldKind::Id | FieldKind::Task | FieldKind::Tasks | FieldKind::Sprint | FieldKind::Run => {
            Ok(plain(words, Pattern::whole, |patterns| Test::Ids(field, patterns)))
        }
        FieldKind::Paths if op == Op::Is => Ok(plain(words, PathPattern::whole, Test::Paths)),
        FieldKind::Paths => Ok(plain(words, PathPattern::lenient, Test::Paths)),
        FieldKind::Priority => priority(op, words),
        FieldKind::Stage => stage(op, words, context),
        FieldKind::Status => {
            let known = Status::ALL.map(Status::as_str);
            let words = words.into_iter().map(as_own_status).collect();
            let (bits, words) = bits("status", words, &known)?;
            Ok((words, Test::Status(selected(bits, &Status::ALL.map(|status| status as u8)))))
        }
        FieldKind::Badge => {
            let known = Badge::ALL.map(Badge::as_str);
            let (bits, words) = bits("badge", words, &known)?;
            Ok((words, Test::Badge(selected(bits, &Badge::ALL.map(|badge| badge as u8)))))
        }
        FieldKind::Duration => lengths(field, op, words),
        FieldKind::Date | FieldKind::Moment => times(field, op, words, context),
        FieldKind::Person => person(field, words, context),
        _ if field.is_prose() && op == Op::Has => {
            Ok(plain(words, Pattern::part, |patterns| Test::Words(field, patterns)))
        }
        _ => Ok(plain(words, Pattern::whole, |patterns| Test::Words(field, patterns))),
    }
}

/// Returns a status by our own word, where another tracker has one for it.
fn as_own_status(placed: Placed) -> Placed {
    match Status::of_other_trackers(&placed.word.text()) {
        Some(status) if !placed.word.is_glob() => Placed { word: Word::literal(status.as_str()), ..placed },
        _ => placed,
    }
}

fn plain<P>(
    words: Vec<Placed>,
    read: fn(&Word) -> P,
    wrap: impl FnOnce(Vec<P>) -> Test,
) -> (Vec<Word>, Test) {
    let patterns = words.iter().map(|placed| read(&placed.word)).collect();
    (words.into_iter().map(|placed| placed.word).collect(), wrap(patterns))
}

fn person(field: Field, words: Vec<Placed>, context: &Context<'_>) -> Resolved {
    let mut patterns = Vec::new();
    for placed in &words {
        if placed.word.text() == "@me" {
            patterns.extend(myself(placed, context)?);
        } else {
            patterns.push(Pattern::whole(&placed.word));
        }
    }
    let words = words.into_iter().map(|placed| placed.word).collect();
    Ok((words, Test::Words(field, patterns)))
}

fn myself(placed: &Placed, context: &Context<'_>) -> Result<Vec<Pattern>, Fault> {
    if context.me.is_empty() {
        return Err(Fault::new(placed.span.clone(), ErrorKind::Nobody));
    }
    Ok(context.me.iter().map(|name| Pattern::whole(&Word::literal(*name))).collect())
}

fn marks(words: Vec<Placed>, context: &Context<'_>) -> Resolved {
    let (mut marks, mut canonical) = (Vec::new(), Vec::new());
    for placed in words {
        let text = placed.word.text().to_lowercase();
        marks.push(match text.as_str() {
            "open" => Mark::Open,
            "closed" => Mark::Closed,
            "blocked" => Mark::Blocked,
            "ready" => Mark::Ready,
            "overdue" => Mark::Overdue(context.today().num_days_from_ce()),
            "mine" => Mark::Mine(myself(&placed, context)?),
            _ => {
                let elsewhere = Status::parse(&text)
                    .map(|status| format!("status:{}", status.as_str()))
                    .or_else(|| Badge::parse(&text).map(|badge| format!("badge:{}", badge.as_str())));
                return Err(unknown("state", &placed, elsewhere, &MARKS));
            }
        });
        canonical.push(Word::literal(text));
    }
    Ok((canonical, Test::Marks(marks)))
}

fn fields(words: Vec<Placed>, wrap: fn(Vec<Field>) -> Test) -> Resolved {
    let mut fields = Vec::new();
    for placed in words {
        let text = placed.word.text();
        let field =
            Field::parse(&text).ok_or_else(|| Fault::new(placed.span.clone(), unknown_field(&text, &[])))?;
        if !field.can_be_missing() {
            return Err(Fault::new(placed.span, ErrorKind::AlwaysThere { field: field.name() }));
        }
        fields.push(field);
    }
    let canonical = fields.iter().map(|field| Word::literal(field.name())).collect();
    Ok((canonical, wrap(fields)))
}

fn priority(op: Op, words: Vec<Placed>) -> Resolved {
    let known = Priority::KNOWN;
    let globs: Vec<Word> =
        words.iter().map(|placed| &placed.word).filter(|word| word.is_glob()).cloned().collect();
    let mut ranks = 0;
    let mut canonical = Vec::new();
    for placed in words {
        if placed.word.is_glob() && !op.compares() {
            let pattern = Pattern::whole(&placed.word);
            let matching = known.iter().filter(|name| pattern.matches(name));
            ranks |= matching.fold(0, |ranks, name| ranks | 1 << Priority::parse(name).rank());
            canonical.push(placed.word);
            continue;
        }
        let rank = Priority::parse(&placed.word.text()).rank();
        let Some(name) = known.iter().find(|name| rank > 0 && Priority::parse(name).rank() == rank) else {
            return Err(unknown("priority", &placed, None, &known));
        };
        ranks |= (0..=4).filter(|other| satisfies(op, other, &rank)).fold(0, |ranks, rank| ranks | 1 << rank);
        canonical.push(Word::literal(*name));
    }
    let others = if op.compares() { Vec::new() } else { globs.iter().map(Pattern::whole).collect() };
    Ok((canonical, Test::Priority(ranks, others)))
}

fn stage(op: Op, words: Vec<Placed>, context: &Context<'_>) -> Resolved {
    let ends = [Stage::NONE, Stage::COMPLETE];
    let between = context.stages.iter().copied().filter(|name| !ends.contains(name));
    let order: Vec<&str> =
        std::iter::once(Stage::NONE).chain(between).chain(std::iter::once(Stage::COMPLETE)).collect();
    let (mut patterns, mut canonical) = (Vec::new(), Vec::new());
    for placed in words {
        // A glob may be after a stage that the pipeline no longer has.
        if placed.word.is_glob() && !op.compares() {
            patterns.push(Pattern::whole(&placed.word));
            canonical.push(placed.word);
            continue;
        }
        let text = placed.word.text();
        let Some(at) = order.iter().position(|name| name.eq_ignore_ascii_case(&text)) else {
            return Err(unknown("stage", &placed, None, &order));
        };
        let matching = order.iter().enumerate().filter(|(other, _)| satisfies(op, other, &at));
        patterns.extend(matching.map(|(_, name)| Pattern::whole(&Word::literal(*name))));
        canonical.push(Word::literal(order[at]));
    }
    Ok((canonical, Test::Words(Field::Stage, patterns)))
}

/// Returns which of the known words are meant, as bits in their order.
fn bits(field: &'static str, words: Vec<Placed>, known: &[&str]) -> Result<(u8, Vec<Word>), Fault> {
    let mut bits = 0;
    let mut canonical = Vec::new();
    for placed in words {
        let spelled = placed.word.text().to_lowercase().replace(['-', ' '], "_");
        let pattern = Pattern::whole(&placed.word);
        let glob = placed.word.is_glob();
        let matching =
            known.iter().enumerate().filter(|(_, name)| **name == spelled || glob && pattern.matches(name));
        let found = matching.fold(0, |bits, (at, _)| bits | 1 << at);
        if found == 0 {
            let elsewhere = MARKS.contains(&spelled.as_str()).then(|| format!("is:{spelled}"));
            return Err(unknown(field, &placed, elsewhere, known));
        }
        bits |= found;
        canonical.push(if glob { placed.word } else { Word::literal(spelled) });
    }
    Ok((bits, canonical))
}

/// Translates bits of a list into bits of the values in it.
fn selected(bits: u8, values: &[u8]) -> u8 {
    let selected = values.iter().enumerate().filter(|(at, _)| bits & 1 << at != 0);
    selected.fold(0, |bits, (_, value)| bits | 1 << value)
}

fn lengths(field: Field, op: Op, words: Vec<Placed>) -> Resolved {
    let (mut ranges, mut canonical) = (Vec::new(), Vec::new());
    for placed in words {
        let text = placed.word.text();
        let Some(Minutes(minutes)) = Minutes::parse(&text) else {
            return Err(Fault::new(placed.span, ErrorKind::NotALength { word: text }));
        };
        // An empty range where nothing can be less or more.
        ranges.push(match op {
            Op::Less => minutes.checked_sub(1).map_or((1, 0), |most| (0, most)),
            Op::AtMost => (0, minutes),
            Op::More => minutes.checked_add(1).map_or((1, 0), |least| (least, u32::MAX)),
            Op::AtLeast => (minutes, u32::MAX),
            Op::Has | Op::Is | Op::IsNot => (minutes, minutes),
        });
        let text = if minutes == 0 { "0".to_owned() } else { Minutes(minutes).to_string().replace(' ', "") };
        canonical.push(Word::literal(text));
    }
    Ok((canonical, Test::Lengths(field, ranges)))
}

fn times(field: Field, op: Op, words: Vec<Placed>, context: &Context<'_>) -> Resolved {
    let (mut spans, mut canonical) = (Vec::new(), Vec::new());
    for placed in words {
        let word = placed.word.text();
        let fault = |kind| Fault::new(placed.span.clone(), kind);
        let name = field.name();
        let moment = match read_date(&word, context) {
            Some(date) => date,
            None if read_date(&format!("-{word}"), context).is_some() => {
                return Err(fault(ErrorKind::Age { field: name, word }));
            }
            None => return Err(fault(ErrorKind::NotADate { word })),
        };
        let Moment { text, span, is_day } = moment;
        if field.kind() == FieldKind::Date && !is_day {
            return Err(fault(ErrorKind::DayOnly { field: name, word }));
        }
        if span.is_empty() && !op.compares() {
            return Err(fault(ErrorKind::Moment { field: name, word }));
        }
        spans.push(match op {
            Op::Less => Span { from: i64::MIN, to: span.from },
            Op::AtMost => Span { from: i64::MIN, to: span.to },
            Op::More => Span { from: span.to, to: i64::MAX },
            Op::AtLeast => Span { from: span.from, to: i64::MAX },
            Op::Has | Op::Is | Op::IsNot => span,
        });
        canonical.push(Word::literal(text));
    }
    Ok((canonical, Test::Times(field, spans, context.now.offset().local_minus_utc())))
}

/// Whether `other` is to `value` as the operator says.
fn satisfies<T: Ord>(op: Op, other: &T, value: &T) -> bool {
    match op {
        Op::Less => other < value,
        Op::AtMost => other <= value,
        Op::More => other > value,
        Op::AtLeast => other >= value,
        Op::Has | Op::Is | Op::IsNot => other == value,
    }
}

fn unknown(field: &'static str, placed: &Placed, elsewhere: Option<String>, known: &[&str]) -> Fault {
    let word = placed.word.text();
    let suggestion = elsewhere.or_else(|| nearest(&word, known.iter().copied()).map(str::to_owned));
    let known = known.iter().map(|name| (*name).to_owned()).collect();
    Fault::new(placed.span.clone(), ErrorKind::UnknownValue { field, word, suggestion, known })
}
