//! The list of closed sprints: a line each. Two branches that have closed a sprint each are joined without a conflict.

use std::collections::BTreeSet;

use super::RecordVersions;

/// Joins two lists to which each side has added lines, and nothing else, each of another sprint: they come behind what both
/// have, in the order of their days. None where a side has done something else.
pub(super) fn merge_sprint_list(versions: RecordVersions<'_>) -> Option<String> {
    let lines = |bytes| Some(std::str::from_utf8(bytes).ok()?.lines().collect::<Vec<&str>>());
    let (ours, theirs) = (lines(versions.ours)?, lines(versions.theirs)?);
    let base = lines(versions.base.unwrap_or_default())?;
    let shared = ours.iter().zip(&theirs).take_while(|(own, other)| own == other).count();
    let (own, other) = (&ours[shared..], &theirs[shared..]);
    if own.is_empty() || other.is_empty() || !ours[..shared].starts_with(&base) {
        return None;
    }
    let mut added = [own, other].concat();
    let sprints: BTreeSet<&str> = added.iter().map(|line| sprint_of(line)).collect::<Option<_>>()?;
    if sprints.len() < added.len() {
        return None;
    }
    added.sort_unstable();
    Some(ours[..shared].iter().chain(&added).map(|line| format!("{line}\n")).collect())
}

/// Returns the sprint that a line is of.
fn sprint_of(line: &str) -> Option<&str> {
    let (_, rest) = line.strip_prefix("- ")?.split_once('[')?;
    Some(rest.split_once("](")?.0)
}

#[cfg(test)]
mod tests {
    use super::merge_sprint_list;
    use crate::doc::RecordVersions;

    #[test]
    fn two_branches_that_closed_a_sprint_each_are_joined() {
        let line =
            |day: &str, id: &str| format!("- 2026-11-{day} [{id}]({id}/report.md): 1 of 1 delivered\n");
        let list = |lines: &[&str]| format!("# Sprints\n\n{}", lines.concat());
        let lines =
            [line("10", "S1"), line("20", "S2"), line("15", "S3"), line("11", "S1"), line("21", "S2")];
        let [a, b, c, a_edited, b_edited] = lines.each_ref().map(String::as_str);
        let merge = |base: &str, ours: &str, theirs: &str| {
            let base = Some(base.as_bytes());
            merge_sprint_list(RecordVersions { base, ours: ours.as_bytes(), theirs: theirs.as_bytes() })
        };
        let (base, ours) = (list(&[a]), list(&[a, b]));
        let theirs = list(&[a, c]);
        let both = list(&[a, c, b]);
        assert_eq!(merge(&base, &ours, &theirs), Some(both.clone()));
        assert_eq!(merge(&base, &theirs, &ours), Some(both));
        assert_eq!(merge("", &list(&[b]), &list(&[c])), Some(list(&[c, b])));
        let edited = list(&[a_edited, c]);
        for (ours, theirs) in [
            (&ours, &edited),
            (&ours, &base),
            (&ours, &list(&[a, b_edited])),
            (&ours, &list(&[a, "By hand.\n"])),
        ] {
            assert_eq!(merge(&base, ours, theirs), None, "{theirs}");
        }
    }
}
