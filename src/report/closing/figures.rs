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
        Unit::Permille => permille_text(value),
        Unit::Tasks | Unit::Moves | Unit::Findings | Unit::Votes => value.to_string(),
    };
    match value {
        Value::Count(count) => one(i64::try_from(*count).unwrap_or(i64::MAX)),
        Value::Share { part, of: 0 } => format!("{part} of 0"),
        Value::Share { part, of } => share_text(*part, *of),
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
            format!("{total} in {} day{}", days.len(), if days.len() == 1 { "" } else { "s" })
        }
        Value::Nothing(()) => "-".to_owned(),
    }
}

/// Returns a part of a whole and its percentage: `11 of 12 (92 %)`. Rounded, but only the whole is 100 % and only
/// nothing is 0 %.
#[must_use]
pub fn share_text(part: u64, of: u64) -> String {
    format!("{part} of {of} ({} %)", percent(part, of))
}

/// Returns a part of a whole in percent, rounded as [`share_text`] says; 0 of nothing.
#[must_use]
pub fn percent(part: u64, of: u64) -> u64 {
    let (least, most) = (u64::from(part > 0), if part < of { 99 } else { u64::MAX });
    ((part * 100 + of / 2).checked_div(of).unwrap_or(0)).max(least).min(most)
}

/// Returns thousandths as a percentage, rounded.
#[must_use]
pub fn permille_text(permille: i64) -> String {
    format!("{} %", (permille + 5) / 10)
}

/// Returns a length of calendar time, rounded: `3.2 days`, `5 h`, `12 min`.
#[must_use]
pub fn span(seconds: i64) -> String {
    let (minutes, hours) = ((seconds + 30) / 60, (seconds + HOUR / 2) / HOUR);
    match (minutes, hours) {
        (..60, _) => format!("{minutes} min"),
        (_, ..24) => format!("{hours} h"),
        _ => {
            let tenths = (seconds * 10 + DAY / 2) / DAY;
            format!("{}.{} days", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_and_only_the_whole_is_100() {
        let shown = |part, of| share_text(part, of);
        assert_eq!(shown(2, 3), "2 of 3 (67 %)");
        assert_eq!(shown(11, 12), "11 of 12 (92 %)");
        assert_eq!(shown(6, 7), "6 of 7 (86 %)");
        assert_eq!(shown(999, 1000), "999 of 1000 (99 %)");
        assert_eq!(shown(1, 1000), "1 of 1000 (1 %)");
        assert_eq!([shown(0, 5), shown(5, 5)], ["0 of 5 (0 %)", "5 of 5 (100 %)"]);
        assert_eq!([permille_text(1166), permille_text(664)], ["117 %", "66 %"]);
    }

    #[test]
    fn lengths_of_time_are_rounded_up_to_the_next_unit() {
        let minutes = [29, 59 * 60 + 29, 59 * 60 + 30, 17 * HOUR + 50 * 60, DAY - HOUR / 2, 50 * HOUR];
        assert_eq!(minutes.map(span), ["0 min", "59 min", "1 h", "18 h", "1.0 days", "2.1 days"]);
    }
}
