//! Figures as people read them.

use crate::metrics::{FigureName, Unit, Value};
use crate::model::Minutes;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// Returns a figure's value as people read it.
#[must_use]
pub fn value_text(value: &Value, name: FigureName) -> String {
    let one = |value: i64| match name.unit() {
        Unit::Seconds => span(value),
        Unit::Minutes => Minutes(u32::try_from(value).unwrap_or(u32::MAX)).to_string(),
        Unit::Permille => format!("{}.{} %", value / 10, value % 10),
        Unit::Tasks | Unit::Moves | Unit::Findings | Unit::Votes => value.to_string(),
    };
    match value {
        Value::Count(count) => one(i64::try_from(*count).unwrap_or(i64::MAX)),
        Value::Share { part, of: 0 } => format!("{part} of 0"),
        Value::Share { part, of } => format!("{part} of {of} ({} %)", part * 100 / of),
        Value::Percentiles(found) => format!(
            "50 % {}, 70 % {}, 85 % {}, 95 % {} ({} measured)",
            one(found.p50),
            one(found.p70),
            one(found.p85),
            one(found.p95),
            found.n
        ),
        Value::Expectation { percent, seconds } => format!("{percent} % within {}", span(*seconds)),
        Value::Days(days) => {
            let total: u32 = days.values().sum();
            format!("{total} in {} days", days.len())
        }
        Value::Nothing(()) => "-".to_owned(),
    }
}

/// Returns a length of calendar time: `3.2 days`, `5 h`, `12 min`.
#[must_use]
pub fn span(seconds: i64) -> String {
    match seconds {
        ..HOUR => format!("{} min", seconds / 60),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        _ => {
            let tenths = (seconds * 10 + DAY / 2) / DAY;
            format!("{}.{} days", tenths / 10, tenths % 10)
        }
    }
}
