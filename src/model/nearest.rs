//! Which of some known words a mistyped one was meant to be.

/// Longest word worth comparing, in characters: the comparison is quadratic.
const LONGEST: usize = 40;

/// Returns the known word that is nearest to a mistyped one, if one is near: one it begins or ends, or one that a few
/// typing errors turn into it.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let allowed = (word.len() / 3).max(1);
    let rate = |candidate: &'a str| {
        let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).take(LONGEST).collect();
        let begins = word.len() >= 2 && letters.starts_with(&word);
        let ends = word.len() >= 4 && letters.ends_with(&word);
        let distance = if begins || ends { 1 } else { distance(&word, &letters) };
        // A word of which nothing is left is no correction.
        (distance <= allowed && distance < letters.len()).then_some((distance, candidate))
    };
    known.into_iter().filter_map(rate).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Counts the letters to insert, drop, replace or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for row in 1..=a.len() {
        let mut current = vec![row];
        for column in 1..=b.len() {
            let replaced = above[column - 1] + usize::from(a[row - 1] != b[column - 1]);
            let mut best = replaced.min(above[column] + 1).min(current[column - 1] + 1);
            if row > 1 && column > 1 && a[row - 1] == b[column - 2] && a[row - 2] == b[column - 1] {
                best = best.min(before[column - 2] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let known = ["stage", "status", "since", "title", "priority"];
        for (word, meant) in [
            ("staeg", Some("stage")),
            ("Stag", Some("stage")),
            ("pri", Some("priority")),
            ("tittle", Some("title")),
            ("iority", Some("priority")),
            ("prioirty", Some("priority")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"s".repeat(100_000), known), None);
    }
}
