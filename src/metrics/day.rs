//! What a day is: midnight to midnight at one fixed offset from UTC.
//!
//! The offset is kept with the numbers, so that they are the same on another machine, in another season and after a
//! country has changed its rules. There is no daylight saving in it: every day has 24 hours.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};

/// Seconds of a day.
pub const DAY: i64 = 24 * 60 * 60;

/// Tells days apart. Everything that counts by days asks this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    offset: FixedOffset,
}

impl Calendar {
    /// Days that begin at midnight of an offset.
    #[must_use]
    pub fn at(offset: FixedOffset) -> Self {
        Self { offset }
    }

    /// Days of UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::at(FixedOffset::east_opt(0).expect("zero is an offset"))
    }

    /// Reads `+01:00`, as [`Calendar::offset_text`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let offset: FixedOffset = text.parse().ok()?;
        (Self::at(offset).offset_text() == text).then_some(Self::at(offset))
    }

    /// The offset.
    #[must_use]
    pub fn offset(self) -> FixedOffset {
        self.offset
    }

    /// The offset as `+01:00`.
    #[must_use]
    pub fn offset_text(self) -> String {
        self.offset.to_string()
    }

    /// Returns the day on which a moment lies. A midnight belongs to the day that it begins.
    #[must_use]
    pub fn day_of(self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.offset).date_naive()
    }

    /// Returns the first moment of a day; at the ends of what can be written, the last moment that can.
    #[must_use]
    pub fn start_of(self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_hms_opt(0, 0, 0).expect("every day has a midnight");
        let local = midnight.and_local_timezone(self.offset).single();
        local.map_or(DateTime::<Utc>::MAX_UTC, |local| local.with_timezone(&Utc))
    }

    /// Returns the first moment of the next day, which is no longer part of this one.
    #[must_use]
    pub fn end_of(self, day: NaiveDate) -> DateTime<Utc> {
        day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| self.start_of(next))
    }
}

/// Returns the days from one to another, both included; none where the last is before the first.
pub fn days(
    first: NaiveDate,
    last: NaiveDate,
) -> impl DoubleEndedIterator<Item = NaiveDate> + ExactSizeIterator {
    let count = (last - first).num_days().clamp(-1, i64::from(i32::MAX) - 1) + 1;
    let count = usize::try_from(count).unwrap_or(0);
    (0..count).map(move |at| first.checked_add_days(Days::new(at as u64)).unwrap_or(last))
}
