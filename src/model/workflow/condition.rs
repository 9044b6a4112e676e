//! Conditions of steps: `step.test == failed and param.deploy`.

use std::collections::BTreeSet;

use super::Reference;

/// The condition of a step, and how the document writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// The text.
    pub text: String,
    /// What it means.
    pub condition: Condition,
}

/// When a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Both are true.
    And(Box<Condition>, Box<Condition>),
    /// One is true.
    Or(Box<Condition>, Box<Condition>),
    /// It is false.
    Not(Box<Condition>),
    /// Both are the same text.
    Equal(Operand, Operand),
    /// They are not the same text.
    Different(Operand, Operand),
    /// The value is `true`.
    True(Reference),
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A text as it is written.
    Text(String),
    /// A value of the run.
    Value(Reference),
}

impl Condition {
    /// Whether it is true of these values. One that there is not is empty.
    #[must_use]
    pub fn is_true(&self, value: &dyn Fn(&Reference) -> Option<String>) -> bool {
        let text = |operand: &Operand| match operand {
            Operand::Text(text) => text.clone(),
            Operand::Value(reference) => value(reference).unwrap_or_default(),
        };
        match self {
            Self::And(one, other) => one.is_true(value) && other.is_true(value),
            Self::Or(one, other) => one.is_true(value) || other.is_true(value),
            Self::Not(inner) => !inner.is_true(value),
            Self::Equal(one, other) => text(one) == text(other),
            Self::Different(one, other) => text(one) != text(other),
            Self::True(reference) => value(reference).as_deref() == Some("true"),
        }
    }

    /// Returns what it refers to.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::And(one, other) | Self::Or(one, other) => {
                one.collect(found);
                other.collect(found);
            }
            Self::Not(inner) => inner.collect(found),
            Self::Equal(one, other) | Self::Different(one, other) => {
                let operands = [one, other].into_iter();
                found.extend(operands.filter_map(|operand| match operand {
                    Operand::Value(reference) => Some(reference),
                    Operand::Text(_) => None,
                }));
            }
            Self::True(reference) => found.push(reference),
        }
    }

    /// Returns the steps whose state it looks at: these may have ended in whatever way.
    #[must_use]
    pub fn states(&self) -> BTreeSet<usize> {
        let state =
            |reference: &&Reference| if let Reference::State(step) = reference { Some(*step) } else { None };
        self.references().iter().filter_map(state).collect()
    }
}
