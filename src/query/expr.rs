//! A parsed query: terms, joined.

use super::term::Term;
use crate::model::Field;

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
        parts.sort_by_cached_key(|part| part.asks(Field::Body));
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                wrap(parts)
            }
            None => wrap(parts),
        }
    }

    /// Tells whether a term asks about a field.
    fn asks(&self, field: Field) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.asks(field)),
            Self::Not(inner) => inner.asks(field),
            Self::Term(term) => term.asks(field),
        }
    }
}

impl Query {
    /// Returns a query that matches what both match.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { root: Expr::all(vec![self.root, other.root]) }
    }

    /// Tells whether it says nothing, and so matches every task.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.root, Expr::All(parts) if parts.is_empty())
    }

    /// Tells whether a body may be read to decide it.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.asks_about(Field::Body)
    }

    /// Tells whether it may be decided by what is derived of a task, its [`Facts`](crate::model::Facts).
    #[must_use]
    pub fn needs_facts(&self) -> bool {
        self.asks_about(Field::Status) || self.asks_about(Field::Badge)
    }

    /// Tells whether a term asks about a field. `is:mine` asks about the assignee, every other `is:` about the
    /// status; a term without a field asks about id, title and tags.
    #[must_use]
    pub fn asks_about(&self, field: Field) -> bool {
        self.root.asks(field)
    }
}

impl Default for Query {
    fn default() -> Self {
        Self { root: Expr::all(Vec::new()) }
    }
}
