//! Lengths of time: of work, in whole minutes, and on a clock.

use std::fmt;
use std::time::Duration;

/// A length of working time in minutes: estimates and time spent. A day is eight hours, a week five days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Minutes(pub u32);

const UNITS: [(&[&str], u32); 4] = [
    (&["w", "week", "weeks"], 5 * 8 * 60),
    (&["d", "day", "days"], 8 * 60),
    (&["h", "hr", "hrs", "hour", "hours"], 60),
    (&["m", "min", "mins", "minute", "minutes"], 1),
];

impl Minutes {
    /// Reads `45m`, `1h 30m`, `1.5h`, `2 hours`, `3d`; a bare number is minutes. Returns none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        if let Ok(minutes) = rest.parse() {
            return Some(Self(minutes));
        }
        let mut total = None;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|&at| at > 0)?;
            let number: f64 = rest[..digits].parse().ok()?;
            rest = rest[digits..].trim_start();
            let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let unit = rest[..letters].to_ascii_lowercase();
            let (_, factor) = UNITS.iter().find(|(names, _)| names.contains(&unit.as_str()))?;
            total = Some(total.unwrap_or(0.0) + number * f64::from(*factor));
            rest = rest[letters..].trim_start_matches([',', ' ', '\t']);
        }
        let rounded = total?.round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked against the range"
        )]
        (rounded <= f64::from(u32::MAX)).then_some(Self(rounded as u32))
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.0 / 60, self.0 % 60);
        let text = match (hours, minutes) {
            (0, minutes) => format!("{minutes}m"),
            (hours, 0) => format!("{hours}h"),
            (hours, minutes) => format!("{hours}h {minutes}m"),
        };
        f.pad(&text)
    }
}

/// Units of time on a clock, longest first, in milliseconds.
const SPANS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a time on a clock: `500ms`, `30s`, `1m 30s`, `2h`; a bare number is seconds. Returns none for anything else.
#[must_use]
pub fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, millis) = SPANS.iter().find(|(unit, _)| *unit == &rest[..letters])?;
        #[expect(clippy::cast_precision_loss, reason = "units are small numbers")]
        let millis = *millis as f64;
        total += number * millis / 1000.0;
        rest = rest[letters..].trim_start();
    }
    (!text.trim().is_empty()).then(|| Duration::try_from_secs_f64(total).ok())?
}

/// Reads how old something is: days of 24 hours and weeks, as in `3d` and `2w`, or a time on a clock.
#[must_use]
pub fn parse_age(text: &str) -> Option<Duration> {
    const HOURS: [(char, u64); 2] = [('d', 24), ('w', 7 * 24)];
    let in_hours = |(unit, hours): (char, u64)| {
        let count: u64 = text.trim().strip_suffix(unit)?.trim_end().parse().ok()?;
        count.checked_mul(hours * 3600).map(Duration::from_secs)
    };
    HOURS.into_iter().find_map(in_hours).or_else(|| parse_span(text))
}

/// Returns a time on a clock as [`parse_span`] reads it, to the millisecond.
#[must_use]
pub fn span_text(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    for (unit, millis) in SPANS {
        if rest >= millis {
            parts.push(format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// Writes how long something took as people read it: tenths of a second below a minute, seconds below an hour.
#[must_use]
pub fn took(millis: u64) -> String {
    match millis {
        0..=59_999 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => span_text(Duration::from_millis(millis / 1000 * 1000)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Minutes, parse_age, parse_span, span_text};

    #[test]
    fn an_age_can_be_in_days() {
        let hours = |text| parse_age(text).map(|age| age.as_secs() / 3600);
        assert_eq!(["3d", " 2 w", "72h", "90m"].map(hours), [Some(72), Some(336), Some(72), Some(1)]);
        assert_eq!(["d", "-1d", "1.5d", "3 years", "99999999999999999999d"].map(hours), [None; 5]);
    }

    #[test]
    fn reads_times_on_a_clock() {
        let cases = [
            ("30s", 30_000),
            ("1m 30s", 90_000),
            ("500ms", 500),
            ("2h", 7_200_000),
            ("1.5", 1500),
            ("0.5m", 30_000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_span(text), Some(Duration::from_millis(millis)), "{text}");
            let written = span_text(Duration::from_millis(millis));
            assert_eq!(parse_span(&written), Some(Duration::from_millis(millis)), "{written}");
        }
        for text in ["", "soon", "-1s", "5 years", "s", "1e400", "3d"] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn reads_what_people_write() {
        let cases = [
            ("45m", 45),
            ("1h 30m", 90),
            ("1.5h", 90),
            ("30 minutes", 30),
            ("1 hour", 60),
            ("2d", 960),
            ("90", 90),
            ("0m", 0),
        ];
        for (text, minutes) in cases {
            assert_eq!(Minutes::parse(text), Some(Minutes(minutes)), "{text}");
        }
        for text in ["", "soon", "h", "5x", "1e9h", "99999999999w", "-5m"] {
            assert_eq!(Minutes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_it_writes_it_reads() {
        for minutes in [0, 1, 59, 60, 61, 480, 100_000, u32::MAX] {
            assert_eq!(Minutes::parse(&Minutes(minutes).to_string()), Some(Minutes(minutes)));
        }
    }
}
