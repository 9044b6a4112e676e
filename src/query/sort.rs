//! Names of fields as people list them, and the order of a list: `--sort priority,-created,id`.

use std::cmp::Ordering;
use std::fmt;

use crate::model::{
    Badge, Field, FieldKind, FieldValue, Priority, Stage, Status, compare_ids, fold, nearest,
};
use crate::query::error::{Error, ErrorKind, Fault};
use crate::query::{Context, Subject};

/// An order of tasks. The default is what to do first: the more urgent, then what is due earlier, then the older,
/// then by id.
///
/// Each field has one natural direction, and `-` before it turns it around: the most urgent first, stages as the
/// pipeline has them, status and badge as people read them, `ready` ones first, the earlier and the shorter
/// first, the rest by letters without their case. A task without a value comes last either way, except that one without a priority
/// counts as medium. What is equal in all fields is ordered by id, so an order is the same each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    keys: Vec<Key>,
    stages: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    field: Field,
    reversed: bool,
}

impl Sort {
    /// Reads fields with commas between them.
    pub fn parse(text: &str, context: &Context<'_>) -> Result<Self, Error> {
        let keys = names_in(text).map(|(start, name)| Key::parse(name, start)).collect::<Result<_, _>>();
        let keys = keys.map_err(|fault| fault.within(text))?;
        let stages = context.stages.iter().map(|stage| (*stage).to_owned()).collect();
        Ok(Self { keys, stages })
    }

    /// Returns the places of some tasks among them, in this order. What a key says of a task is read once, not for each
    /// comparison.
    #[must_use]
    pub fn order(&self, subjects: &[Subject<'_>]) -> Vec<usize> {
        let count = self.keys.len();
        let of_task = |subject| self.keys.iter().map(move |key| self.rank(*key, subject));
        let ranks: Vec<Rank<'_>> = subjects.iter().flat_map(of_task).collect();
        let of = |at: usize| &ranks[at * count..(at + 1) * count];
        let mut places: Vec<usize> = (0..subjects.len()).collect();
        places.sort_by(|&a, &b| {
            let by_id = || compare_ids(subjects[a].summary.id, subjects[b].summary.id);
            self.compare_ranks(of(a), of(b)).then_with(by_id)
        });
        places
    }

    fn compare_ranks(&self, a: &[Rank<'_>], b: &[Rank<'_>]) -> Ordering {
        let by_keys = self.keys.iter().zip(a.iter().zip(b)).map(|(key, (a, b))| key.compare(a, b));
        by_keys.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    fn rank<'a>(&self, key: Key, subject: &Subject<'a>) -> Rank<'a> {
        let (task, facts) = (subject.summary, subject.facts);
        match key.field.kind() {
            FieldKind::Id => Rank::Id(task.id),
            FieldKind::Priority => Rank::Place(Some(usize::from(u8::MAX - Priority::rank_of(task.priority)))),
            FieldKind::Status => Rank::Place(place(&Status::ALL, facts.status)),
            FieldKind::Badge => Rank::Place(place(&Badge::ALL, facts.badge)),
            FieldKind::Flag => Rank::Place(Some(usize::from(!facts.ready))),
            FieldKind::Stage => Rank::Place(self.place_of(task.stage)),
            _ => Rank::Value(Some(key.field.value(task)).filter(|value| !value.is_missing())),
        }
    }

    fn place_of(&self, stage: &str) -> Option<usize> {
        match stage {
            Stage::NONE => Some(0),
            Stage::COMPLETE => Some(usize::MAX),
            _ => self.stages.iter().position(|known| known == stage).map(|at| at + 1),
        }
    }
}

/// What a key says of a task.
enum Rank<'t> {
    Id(&'t str),
    Place(Option<usize>),
    Value(Option<FieldValue<'t>>),
}

impl Key {
    fn compare(self, a: &Rank<'_>, b: &Rank<'_>) -> Ordering {
        match (a, b) {
            (Rank::Id(a), Rank::Id(b)) if self.reversed => compare_ids(b, a),
            (Rank::Id(a), Rank::Id(b)) => compare_ids(a, b),
            (Rank::Place(a), Rank::Place(b)) => missing_last(a.as_ref(), b.as_ref(), self, Ord::cmp),
            (Rank::Value(a), Rank::Value(b)) => {
                let kind = self.field.kind();
                missing_last(a.as_ref(), b.as_ref(), self, |a, b| compare_values(kind, a, b))
            }
            // One key says the same kind of thing of all tasks.
            _ => Ordering::Equal,
        }
    }

    fn parse(name: &str, start: usize) -> Result<Self, Fault> {
        let (reversed, plain) = match name.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, name.strip_prefix('+').unwrap_or(name)),
        };
        let start = start + name.len() - plain.len();
        let field = known_field(plain, start)?;
        if !field.is_sortable() {
            return Err(Fault::new(start..start + plain.len(), ErrorKind::NoSort { field: field.name() }));
        }
        Ok(Self { field, reversed })
    }
}

impl Default for Sort {
    fn default() -> Self {
        let keys = [Field::Priority, Field::Due, Field::Created, Field::Id];
        let keys = keys.map(|field| Key { field, reversed: false }).to_vec();
        Self { keys, stages: Vec::new() }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, key) in self.keys.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let sign = if key.reversed { "-" } else { "" };
            write!(f, "{comma}{sign}{}", key.field.name())?;
        }
        Ok(())
    }
}

fn place<T: PartialEq + Copy>(all: &[T], value: T) -> Option<usize> {
    all.iter().position(|other| *other == value)
}

fn missing_last<T>(a: Option<&T>, b: Option<&T>, key: Key, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if key.reversed => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn compare_values(kind: FieldKind, a: &FieldValue<'_>, b: &FieldValue<'_>) -> Ordering {
    use FieldValue::{Checkboxes, Day, List, Minutes, Moment, Text};
    match (a, b) {
        (Text(a), Text(b)) if matches!(kind, FieldKind::Sprint | FieldKind::Run | FieldKind::Task) => {
            compare_ids(a, b)
        }
        (Text(a), Text(b)) => compare_texts(a, b),
        (List(a), List(b)) => {
            let pairs = a.iter().zip(b.iter()).map(|(a, b)| compare_texts(a, b));
            pairs.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Minutes(a), Minutes(b)) => a.cmp(b),
        (Day(a), Day(b)) => a.cmp(b),
        (Moment(a), Moment(b)) => a.cmp(b),
        // The share that is ticked, without dividing.
        (Checkboxes(a), Checkboxes(b)) => {
            let share = |done: u32, total: u32| u64::from(done) * u64::from(total);
            share(a.done, b.total).cmp(&share(b.done, a.total))
        }
        _ => Ordering::Equal,
    }
}

fn compare_texts(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        let lower = |text| str::bytes(text).map(|c| c.to_ascii_lowercase());
        return lower(a).cmp(lower(b));
    }
    fold(a).cmp(&fold(b))
}

/// Reads names of fields with commas between them, as `--fields` takes them.
pub fn parse_fields(text: &str) -> Result<Vec<Field>, Error> {
    let fields = names_in(text).map(|(start, name)| known_field(name, start)).collect::<Result<_, _>>();
    fields.map_err(|fault| fault.within(text))
}

/// Reads a name that begins at this byte, or tells what might have been meant.
pub(super) fn known_field(name: &str, start: usize) -> Result<Field, Fault> {
    let span = start..start + name.len();
    if name.is_empty() {
        return Err(Fault::new(span, ErrorKind::ExpectedField));
    }
    Field::parse(name).ok_or_else(|| match unknown_field(name, &[]) {
        ErrorKind::UnknownField { word, suggestion: None } => {
            Fault::new(span, ErrorKind::NoSuchField { word })
        }
        kind => Fault::new(span, kind),
    })
}

/// Returns the error for a word that is no field; `others` are words that were possible as well.
pub(super) fn unknown_field(word: &str, others: &[&'static str]) -> ErrorKind {
    let near = || nearest(&word.to_ascii_lowercase(), Field::names().chain(others.iter().copied()));
    ErrorKind::UnknownField { word: word.to_owned(), suggestion: Field::elsewhere(word).or_else(near) }
}

/// Yields the names of a list with the byte each begins at, without the spaces around them.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split(',').map(move |part| {
        let begins = start + (part.len() - part.trim_start().len());
        start += part.len() + 1;
        (begins, part.trim())
    })
}
