//! Numbers of flow and of sprints, forecasts, and what a day is. Pure: plain data in, whole numbers out.
//!
//! The terms are those of the Kanban Guide. Each figure is defined once, in the table of [`FigureName`]: its formula,
//! its unit and what it is computed from. [`of`] computes them all; [`Numbers`] can be frozen, read back and compared
//! figure by figure.
//!
//! # Rules that hold for all figures
//!
//! - A **range** has its first and its last moment in it. Nothing later than the last is looked at.
//! - The **order of moves** is that of the file. A move that claims to be earlier than the one above it counts as made
//!   at the same time. Where a task is follows from the moves alone; what a move says of where it came from does not
//!   count after the first.
//! - A task is **started** by its first move out of `none`, and **finished** by its last move to `complete`, if it is
//!   still there at the end of the range. What happens in between, re-opening included, is part of its cycle time.
//!   A cancelled task is neither in progress nor finished; its file does not say since when it is cancelled.
//! - A move of kind `import` says where a task was and not when it came there: a task that one started has no known
//!   start, and is among `missing` where its start is needed; one that an import completed counts as done before.
//! - A **day** is midnight to midnight at one fixed offset: [`Calendar`].
//! - **Percentiles** are by nearest rank; there are no means.
//! - Working time (estimates, time spent; minutes) and counts of tasks are different figures. A task without an
//!   estimate is among `missing`, never counted as nothing in silence.
//! - Numbers of a sprint are of the tasks in its scope, as its own data has it: the frozen list and the changes since.
//!   Figures of flow and quality look at the tasks in the scope at the end.
//!
//! # Formula versions
//!
//! [`FORMULAS`] is raised when any formula changes, and frozen numbers say which version made them.

mod compute;
mod day;
mod figure;
pub mod forecast;
mod input;
mod life;
mod percentile;
mod scope;
mod score;
pub mod series;
#[cfg(test)]
mod tests;

pub use day::{Calendar, DAY, days};
pub use figure::{Difference, Figure, FigureName, Numbers, NumbersError, Unit, Value};
pub use input::{
    Commitment, Item, ItemFinding, ItemStage, ItemVote, Scope, ScopeChange, ScopeChangeKind, Window,
};
pub use percentile::{Percentiles, nearest_rank};
pub use scope::ScopeState;
pub use score::{Score, ScoreName, Scores};

/// The version of the formulas.
pub const FORMULAS: u32 = 1;

/// Computes all figures of a range. With a scope they are those of a sprint; without one, of all items, and there are
/// none that only a sprint has. Figures per person are left out unless `people` enables them.
#[must_use]
pub fn of(items: &[Item], scope: Option<&Scope>, window: &Window, people: bool) -> Numbers {
    Numbers {
        formulas: FORMULAS,
        from: window.from,
        to: window.to,
        offset: window.calendar.offset_text(),
        figures: compute::Computation::new(items, scope, window).figures(people),
    }
}
