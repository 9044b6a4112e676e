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

    /// Compares two tasks.
    #[must_use]
    pub fn compare(&self, a: &Subject<'_>, b: &Subject<'_>) -> Ordering {
        let by_keys = self.keys.iter().map(|key| self.compare_by(*key, a, b));
        let first = by_keys.into_iter().find(|order| order.is_ne());
        first.unwrap_or_else(|| compare_ids(a.summary.id, b.summary.id))
    }

    fn compare_by(&self, key: Key, a: &Subject<'_>, b: &Subject<'_>) -> Ordering {
        let (one, other) = (a.summary, b.summary);
        let order = match key.field.kind() {
            FieldKind::Id => compare_ids(one.id, other.id),
            FieldKind::Priority => Priority::most_urgent_first(one.priority, other.priority),
            FieldKind::Status => {
                place(&Status::ALL, a.facts.status).cmp(&place(&Status::ALL, b.facts.status))
            }
            FieldKind::Badge => place(&Badge::ALL, a.facts.badge).cmp(&place(&Badge::ALL, b.facts.badge)),
            FieldKind::Flag => b.facts.ready.cmp(&a.facts.ready),
            FieldKind::Stage => {
                return missing_last(self.place_of(one.stage), self.place_of(other.stage), key, Ord::cmp);
            }
            kind => {
                let (a, b) = (key.field.value(one), key.field.value(other));
                let both = ((!a.is_missing()).then_some(a), (!b.is_missing()).then_some(b));
                return missing_last(both.0, both.1, key, |a, b| compare_values(kind, a, b));
            }
        };
        if key.reversed { order.reverse() } else { order }
    }

    fn place_of(&self, stage: &str) -> Option<usize> {
        match stage {
            Stage::NONE => Some(0),
            Stage::COMPLETE => Some(usize::MAX),
            _ => self.stages.iter().position(|known| known == stage).map(|at| at + 1),
        }
    }
}

impl Key {
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

fn missing_last<T>(a: Option<T>, b: Option<T>, key: Key, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if key.reversed => compare(&b, &a),
        (Some(a), Some(b)) => compare(&a, &b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn compare_values(kind: FieldKind, a: &FieldValue<'_>, b: &FieldValue<'_>) -> Ordering {
    use FieldValue::{Checkboxes, Day, List, Minutes, Moment, Text};
    match (a, b) {
        (Text(a), Text(b)) if matches!(kind, FieldKind::Sprint | FieldKind::Task) => compare_ids(a, b),
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
