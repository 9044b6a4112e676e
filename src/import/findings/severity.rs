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

/// What a text in the place of a score says: a number, a word, or a number with words around it (`7.0 (High)`). Of
/// several the worst counts.
pub(super) fn of_score_text(text: &str) -> Rating {
    let text = text.trim();
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let number = text[..end].parse().ok().map(Rating::of_score);
    let words = text.split(|c: char| !c.is_alphabetic()).filter_map(known_word).map(Rating::Is);
    number.into_iter().chain(words).max_by_key(Rating::rank).unwrap_or_else(|| Rating::Is(of_word(text)))
}

/// What is given for how bad a finding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rating {
    Is(FindingSeverity),
    /// It is at least that bad: the value rates nothing, or nothing that is known.
    AtLeast(FindingSeverity, String),
}

impl Rating {
    /// Reads a score. Zero and less is what many write who have not rated; more than ten is no score.
    pub(super) fn of_score(score: f64) -> Self {
        match of_score(score) {
            Some(severity) if severity != FindingSeverity::Info => Self::Is(severity),
            _ if score <= 0.1 => Self::AtLeast(FindingSeverity::Info, score.to_string()),
            _ => Self::AtLeast(FindingSeverity::Critical, score.to_string()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Is(severity) | Self::AtLeast(severity, _) => severity.rank(),
        }
    }
}

/// Returns the severity of a word that is one of those of findings, in any case.
pub(super) fn known_word(word: &str) -> Option<FindingSeverity> {
    Some(FindingSeverity::parse(word.trim()))
        .filter(|severity| !matches!(severity, FindingSeverity::Unknown(_)))
}

/// Returns the worse of two.
pub(super) fn worse(a: FindingSeverity, b: FindingSeverity) -> FindingSeverity {
    if b.rank() > a.rank() { b } else { a }
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
    use super::{Rating, of_level, of_score, of_score_text, of_word};
    use crate::model::FindingSeverity;

    #[test]
    fn scores_fall_into_bands() {
        let word = |score: f64| of_score(score).map_or_else(String::new, |found| found.to_string());
        for (score, expected) in [
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
            assert_eq!(word(score), expected, "{score}");
        }
    }

    #[test]
    fn a_text_for_a_score_is_read_as_the_worse() {
        let is = |severity| Rating::Is(severity);
        for (text, expected) in [
            ("9.1", is(FindingSeverity::Critical)),
            (" HIGH ", is(FindingSeverity::High)),
            ("Critical", is(FindingSeverity::Critical)),
            ("7.0 (High)", is(FindingSeverity::High)),
            ("4.0 / critical", is(FindingSeverity::Critical)),
            ("7,5", is(FindingSeverity::High)),
            ("moderate", is(FindingSeverity::Medium)),
            ("urgent", is(FindingSeverity::Unknown("urgent".to_owned()))),
            ("", is(FindingSeverity::High)),
            ("0.0", Rating::AtLeast(FindingSeverity::Info, "0".to_owned())),
            ("-1", Rating::AtLeast(FindingSeverity::Info, "-1".to_owned())),
            ("11", Rating::AtLeast(FindingSeverity::Critical, "11".to_owned())),
        ] {
            assert_eq!(of_score_text(text), expected, "{text}");
        }
        assert_eq!(Rating::of_score(f64::NAN).rank(), 5);
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
