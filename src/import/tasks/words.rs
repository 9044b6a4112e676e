//! What other trackers' words mean here: priorities, statuses, times, lengths of work.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::doc::cards::{status, value};
use crate::model::{Minutes, Status};

use super::Progress;

/// Returns our priority for another tracker's: a word, a letter or a number of which 0 is the most urgent.
pub(super) fn priority(text: &str) -> Option<&'static str> {
    let text = text.trim().trim_matches(['`', '*', '[', ']', '(', ')', '.', '!']).to_ascii_lowercase();
    let word = text.strip_prefix("priority").map_or(text.as_str(), |rest| rest.trim_matches([':', ' ', '-']));
    Some(match word {
        "p0" | "0" | "critical" | "urgent" | "highest" | "blocker" | "asap" => "critical",
        "p1" | "1" | "high" | "h" | "major" | "important" => "high",
        "p2" | "2" | "medium" | "med" | "m" | "normal" | "moderate" => "medium",
        "p3" | "p4" | "p5" | "3" | "4" | "5" | "low" | "l" | "lowest" | "minor" | "trivial" => "low",
        _ => return None,
    })
}

/// Returns what a word tells of a task's progress; none for a word that is not known.
pub(super) fn progress(word: &str) -> Option<Progress> {
    let plain = word.trim().to_lowercase().replace(['_', '-'], " ");
    Some(match plain.as_str() {
        "" | "waiting" | "recurring" | "ready" => Progress::Open,
        "deferred" | "on hold" | "hold" | "paused" => Progress::Blocked(plain),
        "review" | "in review" | "hooked" | "pinned" | "testing" | "validating" => Progress::Begun,
        "deleted" | "obsolete" | "not planned" | "duplicate" | "archived" => Progress::Cancelled(plain),
        _ => match status::read(word)?.status {
            Status::NotStarted => Progress::Open,
            Status::InProgress => Progress::Begun,
            Status::Completed => Progress::Done(None),
            Status::Blocked => Progress::Blocked("blocked in its source".to_owned()),
            Status::Cancelled => Progress::Cancelled("cancelled in its source".to_owned()),
        },
    })
}

/// Reads a time of RFC 3339, of Taskwarrior, or a day.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().trim_matches(['\'', '"']);
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let forms =
        ["%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let found = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    found.or_else(|| day(text)?.and_hms_opt(0, 0, 0)).map(|time| time.and_utc())
}

/// Reads a day, also the beginning of a time.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim().trim_matches(['\'', '"']);
    let compact = || NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok().map(|time| time.date());
    value::read_day(text).map(|day| day.day).or_else(compact)
}

/// Reads a length of work: `4h`, `~2 days`, `1-2 hours` (the longer), `3-5d`, `30 min`. A bare number is none: nobody
/// knows of what.
pub(super) fn estimate(text: &str) -> Option<Minutes> {
    let text = text.trim().trim_matches(['`', '*', '[', ']', '(', ')']).trim_start_matches(['~', '≈']).trim();
    let text = text.trim_end_matches('.');
    let text = ["est ", "est. ", "about ", "approx. ", "approximately "]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .unwrap_or(text);
    if text.bytes().all(|c| c.is_ascii_digit() || c == b'.') {
        return None;
    }
    let is_range = |c: char| matches!(c, '-' | '–');
    match text.split_once(is_range) {
        Some((least, most)) if least.trim().parse::<f64>().is_ok() => Minutes::parse(most.trim()),
        Some((least, most)) if Minutes::parse(least.trim()).is_some() => Minutes::parse(most.trim()),
        Some(_) => None,
        None => Minutes::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Progress, day, estimate, priority, progress, time};

    #[test]
    fn reads_words_of_many_trackers() {
        for (text, expected) in [
            ("P0", "critical"),
            ("(P1)", "high"),
            ("Priority: P2", "medium"),
            ("H", "high"),
            ("4", "low"),
            ("Urgent", "critical"),
        ] {
            assert_eq!(priority(text), Some(expected), "{text}");
        }
        assert_eq!(priority("soon"), None);
        assert_eq!(progress("in-progress"), Some(Progress::Begun));
        assert_eq!(progress("To Do"), Some(Progress::Open));
        assert_eq!(progress("done"), Some(Progress::Done(None)));
        assert_eq!(progress("deferred"), Some(Progress::Blocked("deferred".to_owned())));
        assert_eq!(progress("somewhere"), None);
    }

    #[test]
    fn reads_times_and_lengths() {
        assert_eq!(time("20261127T152651Z").unwrap().to_rfc3339(), "2026-11-27T15:26:51+00:00");
        assert_eq!(time("'2026-11-27 15:26'").unwrap().to_rfc3339(), "2026-11-27T15:26:00+00:00");
        assert_eq!(day("20261224T000000Z").unwrap().to_string(), "2026-12-24");
        assert_eq!(day("2026-12-24T10:00:00+02:00").unwrap().to_string(), "2026-12-24");
        let minutes = |text: &str| estimate(text).map(|minutes| minutes.0);
        assert_eq!(minutes("~2h"), Some(120));
        assert_eq!(minutes("`3-5 days`"), Some(5 * 480));
        assert_eq!(minutes("1h-90m"), Some(90));
        assert_eq!(minutes("3"), None);
        assert_eq!(minutes("M"), None);
    }
}
