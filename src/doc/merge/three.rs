//! Three versions of one thing, and the rule that decides between them.

/// A thing as it was, and as each side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Three<T> {
    pub(super) base: T,
    pub(super) ours: T,
    pub(super) theirs: T,
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Theirs,
}

/// Both sides, for loops.
pub(super) const SIDES: [Side; 2] = [Side::Ours, Side::Theirs];

impl<T> Three<T> {
    /// Makes one of each.
    pub(super) fn new(base: T, ours: T, theirs: T) -> Self {
        Self { base, ours, theirs }
    }

    /// Applies a function to each version.
    pub(super) fn map<U>(self, mut f: impl FnMut(T) -> U) -> Three<U> {
        Three { base: f(self.base), ours: f(self.ours), theirs: f(self.theirs) }
    }

    /// Borrows each version.
    pub(super) fn as_ref(&self) -> Three<&T> {
        Three { base: &self.base, ours: &self.ours, theirs: &self.theirs }
    }

    /// Returns one side's version.
    pub(super) fn of(&self, side: Side) -> &T {
        match side {
            Side::Ours => &self.ours,
            Side::Theirs => &self.theirs,
        }
    }
}

impl<T> Three<Option<T>> {
    /// Returns all versions, if all are there.
    pub(super) fn transpose(self) -> Option<Three<T>> {
        Some(Three { base: self.base?, ours: self.ours?, theirs: self.theirs? })
    }
}

impl<T: PartialEq> Three<T> {
    /// Returns the version that holds: the changed one where one side changed it, the common one where both are
    /// alike; none where both changed it and differ.
    pub(super) fn decide(&self) -> Option<&T> {
        if self.ours == self.theirs || self.theirs == self.base {
            Some(&self.ours)
        } else if self.ours == self.base {
            Some(&self.theirs)
        } else {
            None
        }
    }
}

impl<T: PartialEq + Ord> Three<T> {
    /// As [`Three::decide`]; where both changed it the greater one, whichever side has it.
    pub(super) fn decide_or_greater(&self) -> &T {
        self.decide().unwrap_or_else(|| (&self.ours).max(&self.theirs))
    }
}
