//! Dates and times of a query, counted in seconds of the user's own clock.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::Context;

/// The hint where a day cannot be read.
pub(crate) const DAY_HINT: &str =
    "expected a date such as 2026-11-11, today, fri, eow, `next week`, 7d or -1d";

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// A stretch of time in seconds since 1970 on the user's clock; the end does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Span {
    /// Whether it is a single moment.
    pub(super) fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// Whether a moment lies in it.
    pub(super) fn contains(self, second: i64) -> bool {
        (self.from..self.to).contains(&second)
    }
}

/// A date or time as it is written, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// The canonical form.
    pub(super) text: String,
    pub(super) span: Span,
    /// Whether it begins and ends at midnight.
    pub(super) is_day: bool,
}

/// Returns the first second of a day that is counted from the common era.
pub(super) fn start_of_day(days_from_ce: i32) -> i64 {
    const DAYS_TO_1970: i64 = 719_163;
    (i64::from(days_from_ce) - DAYS_TO_1970) * DAY
}

/// Reads a day as a query does; of a week, a month or a year it is the last day. A length of time without a sign, which
/// could mean either in a query, is ahead: `7d`.
#[must_use]
pub fn read_day(text: &str, now: DateTime<FixedOffset>) -> Option<NaiveDate> {
    let context = Context { now, me: &[], stages: &[] };
    let ahead = || read_date(&format!("+{text}"), &context);
    let moment = read_date(text, &context).or_else(ahead).filter(|moment| moment.is_day)?;
    Some(DateTime::from_timestamp(moment.span.to - DAY, 0)?.date_naive())
}

/// Reads a moment as a query does; of a day, a month or a year it is the beginning.
#[must_use]
pub fn read_moment(text: &str, now: DateTime<FixedOffset>) -> Option<DateTime<Utc>> {
    let moment = read_date(text, &Context { now, me: &[], stages: &[] })?;
    DateTime::from_timestamp(moment.span.from - i64::from(now.offset().local_minus_utc()), 0)
}

/// Reads a date or time.
pub(super) fn read_date(text: &str, context: &Context<'_>) -> Option<Moment> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "today" => Some(days_from(0, context)),
        "yesterday" => Some(days_from(-1, context)),
        "tomorrow" => Some(days_from(1, context)),
        _ => from_now(&text, context)
            .or_else(|| weekday(&text, context))
            .or_else(|| named_days(&text, context))
            .or_else(|| calendar(&text))
            .or_else(|| time(&text, context)),
    }
}

/// Reads `fri`, `friday`: the next such day, today included.
fn weekday(text: &str, context: &Context<'_>) -> Option<Moment> {
    let day: Weekday = text.parse().ok()?;
    let ahead = (day.num_days_from_monday() + 7 - context.today().weekday().num_days_from_monday()) % 7;
    Some(Moment { text: text.to_owned(), ..days_from(ahead.into(), context) })
}

/// Reads `eow` and `eom`, the last day of this week and month, and `next
/// week`, `this month` and the like. A week begins on Monday.
fn named_days(text: &str, context: &Context<'_>) -> Option<Moment> {
    let from_monday = i64::from(context.today().weekday().num_days_from_monday());
    let monday = start(context.today()) - from_monday * DAY;
    let week = |weeks: i64| Span { from: monday + weeks * 7 * DAY, to: monday + (weeks + 1) * 7 * DAY };
    let month = |months: i32| {
        let first = |months: i32| {
            let (day, count) = (context.today().with_day(1)?, chrono::Months::new(months.unsigned_abs()));
            if months < 0 { day.checked_sub_months(count) } else { day.checked_add_months(count) }
        };
        Some(Span { from: start(first(months)?), to: start(first(months + 1)?) })
    };
    let last_day = |span: Span| Span { from: span.to - DAY, to: span.to };
    let text = text.replace([' ', '_'], "-");
    let span = match text.as_str() {
        "eow" => last_day(week(0)),
        "eom" => last_day(month(0)?),
        "last-week" => week(-1),
        "this-week" => week(0),
        "next-week" => week(1),
        "last-month" => month(-1)?,
        "this-month" => month(0)?,
        "next-month" => month(1)?,
        _ => return None,
    };
    Some(Moment { text, span, is_day: true })
}

fn start(day: NaiveDate) -> i64 {
    start_of_day(day.num_days_from_ce())
}

fn days_from(days: i64, context: &Context<'_>) -> Moment {
    let from = start(context.today()) + days * DAY;
    let text = match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        _ => format!("{days:+}d"),
    };
    Moment { text, span: Span { from, to: from + DAY }, is_day: true }
}

/// Reads `-7d`, `+2w`, `-4h`.
fn from_now(text: &str, context: &Context<'_>) -> Option<Moment> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (number, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
    if !number.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number: u32 = number.parse().ok()?;
    let signed = |number: u32| sign * i64::from(number);
    match unit {
        "d" => Some(days_from(signed(number), context)),
        "w" => Some(days_from(signed(number.checked_mul(7)?), context)),
        "h" => {
            let at = local_seconds(context.now.timestamp(), context) + signed(number) * 60 * 60;
            let sign = if sign < 0 { '-' } else { '+' };
            Some(Moment { text: format!("{sign}{number}h"), span: Span { from: at, to: at }, is_day: false })
        }
        _ => None,
    }
}

/// Reads `2026`, `2026-11`, `2026-11-01`.
fn calendar(text: &str) -> Option<Moment> {
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|c| c.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())?
    };
    let mut parts = text.split('-');
    let year = i32::try_from(number(parts.next()?, 4)?).ok()?;
    let month = parts.next().map(|part| number(part, 2));
    let day = parts.next().map(|part| number(part, 2));
    let (from, to) = match (month, day, parts.next()) {
        (None, _, _) => (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year + 1, 1, 1)?),
        (Some(month), None, _) => {
            let from = NaiveDate::from_ymd_opt(year, month?, 1)?;
            (from, from.checked_add_months(chrono::Months::new(1))?)
        }
        (Some(month), Some(day), None) => {
            let from = NaiveDate::from_ymd_opt(year, month?, day?)?;
            (from, from.succ_opt()?)
        }
        _ => return None,
    };
    Some(Moment { text: text.to_owned(), span: Span { from: start(from), to: start(to) }, is_day: true })
}

/// Reads `2026-11-01T15:30`, with seconds or without, with an offset or without.
fn time(text: &str, context: &Context<'_>) -> Option<Moment> {
    let text = text.to_ascii_uppercase();
    let (from, length) = if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
        (local_seconds(time.timestamp(), context), 1)
    } else if let Ok(time) = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S") {
        (time.and_utc().timestamp(), 1)
    } else {
        (NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M").ok()?.and_utc().timestamp(), 60)
    };
    Some(Moment { text, span: Span { from, to: from + length }, is_day: false })
}

fn local_seconds(timestamp: i64, context: &Context<'_>) -> i64 {
    timestamp + i64::from(context.now.offset().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{read_date, read_day};
    use crate::query::Context;

    #[test]
    fn the_ends_of_the_calendar_are_dates_or_none() {
        let now = DateTime::parse_from_rfc3339("2026-11-12T01:00:00+02:00").unwrap();
        let context = Context { now, me: &[], stages: &[] };
        for text in
            ["0000", "9999", "9999-12", "9999-12-31", "-4294967295d", "-4294967295h", "0000-01-01T00:00"]
        {
            let date = read_date(text, &context).expect(text);
            assert_eq!(read_date(&date.text, &context), Some(date), "{text}");
        }
        for text in [
            "",
            "-",
            "-d",
            "-7",
            "-é",
            "é",
            "-4294967296d",
            "-4294967295w",
            "2026-13",
            "2026-00",
            "2026-1-1",
            "2026-11-31",
            "2026-11-01-01",
            "20261101",
            "10000-01-01",
            "2026-11-01T25:00",
            "+2026",
            "-3m",
            "T",
        ] {
            assert_eq!(read_date(text, &context), None, "{text}");
        }
    }

    #[test]
    fn days_have_names() {
        // A Thursday.
        let now = DateTime::parse_from_rfc3339("2026-11-12T01:00:00+02:00").unwrap();
        let context = Context { now, me: &[], stages: &[] };
        let day = |text: &str| read_day(text, now).map(|day| day.to_string()).unwrap_or_default();
        for (text, expected) in [
            ("today", "2026-11-12"),
            ("fri", "2026-11-13"),
            ("Friday", "2026-11-13"),
            ("thu", "2026-11-12"),
            ("wed", "2026-11-18"),
            ("eow", "2026-11-15"),
            ("next week", "2026-11-22"),
            ("last-week", "2026-11-08"),
            ("eom", "2026-11-30"),
            ("next month", "2026-12-31"),
            ("last month", "2026-10-31"),
            ("7d", "2026-11-19"),
            ("2w", "2026-11-26"),
            ("-1d", "2026-11-11"),
            ("+7d", "2026-11-19"),
            ("4h", ""),
            ("someday", ""),
        ] {
            assert_eq!(day(text), expected, "{text}");
            if let Some(date) = read_date(text, &context) {
                assert_eq!(read_date(&date.text, &context), Some(date), "{text}");
            }
        }
        assert_eq!(read_date("7d", &context), None, "ahead or ago");
    }
}
