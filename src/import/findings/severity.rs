//! How bad a finding is, in the words and numbers of tools.

use crate::model::FindingSeverity;

/// Returns the severity of a score from 0.0 to 10.0, in the bands that code hosts and CVSS share; none where the
/// text is no such score.
pub(super) fn of_score(score: f64) -> Option<FindingSeverity> {
    // By tenths, as scores are written: 8.95 is 9.0 to whoever reads it.
    let tenths = (score * 10.0).round();
    match tenths {
        90.0..=100.0 => Some(FindingSeverity::Critical),
        70.0..90.0 => Some(FindingSeverity::High),
        40.0..70.0 => Some(FindingSeverity::Medium),
        1.0..40.0 => Some(FindingSeverity::Low),
        0.0..1.0 => Some(FindingSeverity::Info),
        _ => None,
    }
}

/// Returns the severity of a SARIF level.
pub(super) fn of_level(level: &str) -> FindingSeverity {
    match level {
        "error" => FindingSeverity::High,
        "warning" => FindingSeverity::Medium,
        "note" => FindingSeverity::Low,
        "none" => FindingSeverity::Info,
        other => kept(other),
    }
}

/// Returns the severity of a scanner's own word. One that nobody knows is kept, and counts as critical.
pub(super) fn of_word(word: &str) -> FindingSeverity {
    match word.trim().to_ascii_lowercase().as_str() {
        "blocker" | "fatal" => FindingSeverity::Critical,
        "major" | "error" | "severe" => FindingSeverity::High,
        "moderate" | "warning" | "normal" => FindingSeverity::Medium,
        "minor" | "note" | "trivial" => FindingSeverity::Low,
        "informational" | "information" | "none" => FindingSeverity::Info,
        _ => kept(word),
    }
}

/// Keeps a word that nobody knows, as one line. What nobody has rated must not pass.
fn kept(word: &str) -> FindingSeverity {
    match super::found::name(word) {
        word if word.is_empty() => FindingSeverity::High,
        word => FindingSeverity::parse(&word),
    }
}

#[cfg(test)]
mod tests {
    use super::{of_level, of_score, of_word};

    #[test]
    fn scores_fall_into_bands() {
        let word = |score: f64| of_score(score).map_or_else(String::new, |found| found.to_string());
        for (score, wanted) in [
            (10.0, "critical"),
            (9.0, "critical"),
            (8.9, "high"),
            (7.0, "high"),
            (6.9, "medium"),
            (4.0, "medium"),
            (3.9, "low"),
            (0.1, "low"),
            (0.0, "info"),
            (-0.1, ""),
            (10.1, ""),
            (f64::NAN, ""),
            (f64::INFINITY, ""),
        ] {
            assert_eq!(word(score), wanted, "{score}");
        }
    }

    #[test]
    fn words_are_understood_or_kept() {
        assert_eq!(of_level("error").as_str(), "high");
        assert_eq!(of_level("fatal").rank(), 5, "an unknown level must not pass");
        assert_eq!(of_word(" Major ").as_str(), "high");
        assert_eq!((of_level("").as_str(), of_level("a\n").as_str()), ("high", "a"));
        assert_eq!(of_word("HIGH").as_str(), "high");
        assert_eq!((of_word("P0").as_str().to_owned(), of_word("P0").rank()), ("P0".to_owned(), 5));
    }
}
