//! A report against the findings that are there: what is new, what is known, what has come back, what is gone.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::ToolReport;
use super::found::{fingerprint_without, numbered, without_number};
use crate::model::{Finding, FindingId, FindingState};
use crate::policy::{finding_id, finding_identity};

/// Most pairs of one kind in one part of a file that are compared; beyond, no waiver is carried to another line.
const LARGEST_TABLE: usize = 4_000_000;

/// What a finding of a report is to the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// It was not there.
    New,
    /// It is there and open.
    Known,
    /// It was resolved, and is found again.
    Reopened,
    /// Somebody answers for it.
    Waived,
}

impl FindingStatus {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Reopened => "reopened",
            Self::Waived => "waived",
        }
    }

    /// Whether something is to be done about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::Waived
    }
}

/// A finding of a report, as the task has it or is to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The finding. One that was there is as it was, but for its line and a severity that has become worse.
    pub finding: Finding,
    /// What it is to the task.
    pub status: FindingStatus,
    /// Whether its severity is worse than the one written down.
    pub is_worse: bool,
    /// The line that is written down, where it is found on another one now.
    pub moved_from: Option<u32>,
}

/// Matches the findings of a report, all of one role, against those that the task has. New ones get their ids.
///
/// Findings of one kind (the same tool, rule, fingerprint or title, and file) are distinguished by their lines: the same
/// line first, then the nearest, in the order of lines, for whatever shifts lines keeps their order; and on one line by
/// their words. Where that does not tell, the open record is the one that was found again, and a waiver is carried to
/// nothing.
#[must_use]
pub fn matched(reported: Vec<Finding>, known: &[Finding]) -> Vec<Matched> {
    let mut kinds: HashMap<Vec<String>, (Vec<&Finding>, Vec<usize>)> = HashMap::new();
    for finding in known {
        kinds.entry(kind_of(finding)).or_default().0.push(finding);
    }
    for (at, finding) in reported.iter().enumerate() {
        kinds.entry(kind_of(finding)).or_default().1.push(at);
    }
    let mut found_again: Vec<Option<&Finding>> = vec![None; reported.len()];
    for (records, mut places) in kinds.into_values().filter(|(records, _)| !records.is_empty()) {
        places.sort_by_key(|&at| (reported[at].line, words_of(&reported[at]), at));
        let found: Vec<&Finding> = places.iter().map(|&at| &reported[at]).collect();
        for (record, place) in pairs(&records, &found) {
            found_again[places[place]] = Some(record);
        }
    }
    let mut ids: HashSet<FindingId> = known.iter().map(|known| known.id.clone()).collect();
    let mut identities: HashSet<Vec<String>> = known.iter().map(finding_identity).collect();
    reported
        .into_iter()
        .zip(found_again)
        .map(|(finding, record)| match record {
            Some(record) => again(finding, record),
            None => {
                let mut finding = numbered_apart(finding, &identities);
                finding.id = finding_id(&finding, |id| ids.contains(id));
                ids.insert(finding.id.clone());
                identities.insert(finding_identity(&finding));
                Matched { finding, status: FindingStatus::New, is_worse: false, moved_from: None }
            }
        })
        .collect()
}

fn again(found: Finding, record: &Finding) -> Matched {
    let status = match record.state() {
        FindingState::Waived => FindingStatus::Waived,
        FindingState::Fixed | FindingState::Resolved => FindingStatus::Reopened,
        FindingState::Open | FindingState::Unknown(_) => FindingStatus::Known,
    };
    let is_worse = status.is_open() && found.severity.rank() > record.severity.rank();
    let severity = if is_worse { found.severity } else { record.severity.clone() };
    let moved_from = record.line.filter(|_| found.line.is_some() && found.line != record.line);
    let line = found.line.or(record.line);
    Matched { finding: Finding { severity, line, ..record.clone() }, status, is_worse, moved_from }
}

/// What findings have in common that only their places tell apart: their identity without the number that tells which
/// of several in one file they are.
fn kind_of(finding: &Finding) -> Vec<String> {
    let mut kind = finding_identity(finding);
    let Some(source) = &finding.source else { return kind };
    let fingerprint = match &source.fingerprint {
        Some(print) => without_number(print).to_owned(),
        None => {
            fingerprint_without(&source.tool, source.rule.as_deref(), &finding.title, finding.file.as_deref())
        }
    };
    kind.truncate(2);
    kind.extend([source.tool.clone(), source.rule.clone().unwrap_or_default(), fingerprint]);
    kind.push(finding.file.clone().unwrap_or_default());
    kind
}

/// Gives a new finding another number where one that is there has its own.
fn numbered_apart(mut finding: Finding, identities: &HashSet<Vec<String>>) -> Finding {
    let kind = kind_of(&finding);
    let mut number = 2;
    while finding.source.is_some() && identities.contains(&finding_identity(&finding)) {
        if let Some(source) = &mut finding.source {
            source.fingerprint = kind.get(4).map(|print| numbered(print, number));
        }
        number += 1;
    }
    finding
}

/// All that a finding says.
fn words_of(finding: &Finding) -> &str {
    finding.detail.as_deref().unwrap_or(&finding.title)
}

/// Pairs records with the findings of their kind, sorted by line, that a report has, as indexes of these.
fn pairs<'k>(records: &[&'k Finding], found: &[&Finding]) -> Vec<(&'k Finding, usize)> {
    let lines: Vec<Option<u32>> = found.iter().map(|found| found.line).collect();
    let (mut pairs, mut left) = on_their_lines(records, found, &lines);
    let mut free = vec![true; lines.len()];
    pairs.iter().for_each(|(_, at)| free[*at] = false);
    left.sort_by_key(|record| (record.line, words_of(record), is_waived(record), &record.id));
    // What stayed where it was parts the file: nothing has moved past it.
    let walls: Vec<Option<u32>> = pairs.iter().map(|(record, _)| record.line).collect();
    let part = |line: Option<u32>| walls.partition_point(|wall| *wall < line);
    let mut parts: BTreeMap<usize, (Vec<&Finding>, Vec<usize>)> = BTreeMap::new();
    for record in left {
        parts.entry(part(record.line)).or_default().0.push(record);
    }
    for at in (0..lines.len()).filter(|&at| free[at]) {
        parts.entry(part(lines[at])).or_default().1.push(at);
    }
    let (mut rest, mut unmatched) = (Vec::new(), Vec::new());
    for (records, positions) in parts.into_values() {
        let near = nearest(&records, &positions, &lines);
        let ids: HashSet<&FindingId> = near.iter().map(|(record, _)| &record.id).collect();
        let used: HashSet<usize> = near.iter().map(|(_, at)| *at).collect();
        rest.extend(records.into_iter().filter(|record| !ids.contains(&record.id)));
        unmatched.extend(positions.into_iter().filter(|at| !used.contains(at)));
        pairs.extend(near);
    }
    // An open record stays open wherever its finding has gone; a waiver does not follow it there.
    let open = rest.into_iter().filter(|record| !is_waived(record));
    pairs.extend(open.zip(unmatched));
    pairs
}

/// Pairs records with what is found on their lines, and returns those whose lines have nothing. Of several on one line
/// the same words tell which is which. What they do not tell is an open record before a waived one, and a waiver that
/// was given to other words covers none of them.
fn on_their_lines<'k>(
    records: &[&'k Finding],
    found: &[&Finding],
    lines: &[Option<u32>],
) -> (Vec<(&'k Finding, usize)>, Vec<&'k Finding>) {
    let mut records: Vec<&Finding> = records.to_vec();
    records.sort_by_key(|record| (record.line, is_waived(record), &record.id));
    let mut pairs: Vec<(&Finding, usize)> = Vec::new();
    let mut by_words: HashMap<(Option<u32>, &str), Vec<usize>> = HashMap::new();
    for (at, found) in found.iter().enumerate().rev() {
        by_words.entry((found.line, words_of(found))).or_default().push(at);
    }
    let mut counts: HashMap<Option<u32>, usize> = HashMap::new();
    records.iter().for_each(|record| *counts.entry(record.line).or_default() += 1);
    records.retain(|record| {
        let same = by_words.get_mut(&(record.line, words_of(record))).and_then(Vec::pop);
        pairs.extend(same.map(|at| (*record, at)));
        same.is_none()
    });
    let taken: HashSet<usize> = pairs.iter().map(|(_, at)| *at).collect();
    let mut next: HashMap<Option<u32>, Vec<usize>> = HashMap::new();
    for at in (0..found.len()).rev() {
        let places = next.entry(lines[at]).or_default();
        *counts.entry(lines[at]).or_default() += 1;
        if !taken.contains(&at) {
            places.push(at);
        }
    }
    records.retain(|record| {
        // One record and one finding on a line: its tool may word it anew.
        let is_alone = counts.get(&record.line).is_none_or(|count| *count <= 2);
        let Some(places) = next.get_mut(&record.line) else { return true };
        if is_waived(record) && !is_alone {
            return false;
        }
        let same = places.pop();
        pairs.extend(same.map(|at| (*record, at)));
        same.is_none()
    });
    (pairs, records)
}

/// Pairs as many as there are of both, in their order, so that they are as near as can be. Of equally near records an
/// open one is taken, and of two places that are as near to one waived record neither.
fn nearest<'k>(
    records: &[&'k Finding],
    positions: &[usize],
    lines: &[Option<u32>],
) -> Vec<(&'k Finding, usize)> {
    let distance = |record: &Finding, place: usize| match (record.line, lines[place]) {
        (Some(a), Some(b)) => u64::from(a.abs_diff(b)),
        (None, None) => 0,
        _ => u64::from(u32::MAX),
    };
    let cost = |record: &Finding, place: usize| 2 * distance(record, place) + u64::from(is_waived(record));
    let (rows, columns) = (records.len(), positions.len());
    if rows == 0 || columns == 0 || rows * columns > LARGEST_TABLE {
        return Vec::new();
    }
    let (few, many) = (rows.min(columns), rows.max(columns));
    let at = |one: usize, other: usize| if rows <= columns { (one, other) } else { (other, one) };
    // best[i][j]: the least cost of pairing the first i of the fewer with some of the first j of the many.
    let mut best = vec![vec![u64::MAX; many + 1]; few + 1];
    best[0].fill(0);
    for i in 1..=few {
        for j in i..=many {
            let (row, column) = at(i - 1, j - 1);
            let paired = best[i - 1][j - 1].saturating_add(cost(records[row], positions[column]));
            best[i][j] = best[i][j - 1].min(paired);
        }
    }
    let (mut i, mut j, mut found) = (few, many, Vec::new());
    while i > 0 {
        if best[i][j] != best[i][j - 1] {
            let (row, column) = at(i - 1, j - 1);
            found.push((records[row], positions[column]));
            i -= 1;
        }
        j -= 1;
    }
    let used: HashSet<usize> = found.iter().map(|(_, place)| *place).collect();
    found.retain(|(record, place)| {
        let is_tied =
            |other: &&usize| !used.contains(other) && distance(record, **other) <= distance(record, *place);
        !is_waived(record) || !positions.iter().any(|other| is_tied(&other))
    });
    found
}

fn is_waived(finding: &Finding) -> bool {
    *finding.state() == FindingState::Waived
}

/// Returns the open findings of the report's tools and this role that the report would name, and does not.
#[must_use]
pub fn gone<'k>(
    report: &ToolReport,
    role: &str,
    matched: &[Matched],
    known: &'k [Finding],
) -> Vec<&'k Finding> {
    let here: HashSet<&FindingId> = matched.iter().map(|matched| &matched.finding.id).collect();
    let is_gone = |finding: &&Finding| {
        let Some(source) = &finding.source else { return false };
        let print = source.fingerprint.as_deref().unwrap_or_default();
        finding.state().is_open()
            && finding.role == role
            && report.tools.contains(&source.tool)
            && source.rule.as_deref().is_none_or(|rule| report.looked_for(&source.tool, rule))
            && report.passed.as_ref().is_none_or(|passed| passed.contains(print))
            && !here.contains(&finding.id)
    };
    known.iter().filter(is_gone).collect()
}

#[cfg(test)]
mod tests {
    use super::{FindingStatus, Matched, gone, matched};
    use crate::import::findings::{ReportFormat, ToolReport};
    use crate::model::{
        Finding, FindingId, FindingSeverity, FindingState, Person, Resolution, TaskId, ToolSource,
    };

    fn finding(print: &str) -> Finding {
        Finding {
            id: FindingId::parse("F0").unwrap(),
            task: TaskId::parse("TASK-7Q2M").unwrap(),
            role: "auditor".to_owned(),
            severity: FindingSeverity::Medium,
            title: print.to_owned(),
            detail: None,
            file: Some("a.rs".to_owned()),
            line: Some(1),
            recommendation: None,
            by: Person { name: "CI".to_owned(), email: "ci@example.com".to_owned() },
            at: "2026-11-11T10:00:00Z".parse().unwrap(),
            source: Some(ToolSource {
                tool: "probe".to_owned(),
                rule: None,
                fingerprint: Some(print.to_owned()),
            }),
            resolutions: Vec::new(),
            unknown: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn in_state(mut finding: Finding, to: FindingState) -> Finding {
        let (at, by) = (finding.at, finding.by.clone());
        finding.resolutions.push(Resolution { at, by, to, why: None, signature: None });
        finding
    }

    fn written(prints: &[&str]) -> Vec<Finding> {
        let all = matched(prints.iter().map(|print| finding(print)).collect(), &[]);
        all.into_iter().map(|matched| matched.finding).collect()
    }

    #[test]
    fn known_findings_are_matched_and_resolved_ones_reopen() {
        let mut known = written(&["a", "b", "c"]);
        known[1] = in_state(known[1].clone(), FindingState::Resolved);
        known[2] = in_state(known[2].clone(), FindingState::Waived);
        let again = ["a", "b", "c", "d"].map(|print| Finding {
            line: Some(9),
            severity: FindingSeverity::High,
            ..finding(print)
        });
        let all = matched(again.to_vec(), &known);
        let shown: Vec<_> = all.iter().map(|one| (one.status, one.is_worse, one.finding.line)).collect();
        let expected = [
            (FindingStatus::Known, true, Some(9)),
            (FindingStatus::Reopened, true, Some(9)),
            (FindingStatus::Waived, false, Some(9)),
            (FindingStatus::New, false, Some(9)),
        ];
        assert_eq!(shown, expected);
        assert_eq!((&all[0].finding.id, all[2].finding.severity.as_str()), (&known[0].id, "medium"));
    }

    /// Findings of one kind: line and state of each record, and the lines of a report; the lines at which what is
    /// found, as `open`, `waived` or `new`.
    fn of_one_kind(known: &[(u32, FindingState)], lines: &[u32]) -> String {
        let at = |line: &u32| Finding { line: Some(*line), ..finding("same") };
        let first: Vec<u32> = known.iter().map(|(line, _)| *line).collect();
        let mut report = numbered_report(first.iter().map(at).collect());
        let known: Vec<Finding> = matched(std::mem::take(&mut report), &[])
            .into_iter()
            .zip(known)
            .map(|(matched, (_, state))| in_state(matched.finding, state.clone()))
            .collect();
        let all = matched(numbered_report(lines.iter().map(at).collect()), &known);
        let mut ids: Vec<_> =
            known.iter().chain(all.iter().map(|one| &one.finding)).map(|one| &one.id).collect();
        ids.sort();
        ids.dedup();
        let new = all.iter().filter(|one| one.status == FindingStatus::New).count();
        assert_eq!(ids.len(), known.len() + new, "new ones have ids of their own");
        let shown = |one: &Matched| format!("{}@{}", one.status.as_str(), one.finding.line.unwrap());
        all.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// Numbers what has one fingerprint, as reading a report does.
    fn numbered_report(mut all: Vec<Finding>) -> Vec<Finding> {
        for (at, finding) in all.iter_mut().enumerate().skip(1) {
            finding.source.as_mut().unwrap().fingerprint = Some(format!("same#{}", at + 1));
        }
        all
    }

    #[test]
    fn a_waiver_stays_with_its_finding() {
        use FindingState::{Open, Resolved, Waived};
        for (known, lines, expected) in [
            // One of two alike is gone: the other one is where it was.
            (vec![(10, Waived), (50, Open)], vec![50], "known@50"),
            (vec![(10, Open), (50, Waived)], vec![50], "waived@50"),
            (vec![(3, Waived), (9, Open), (20, Open)], vec![10], "known@10"),
            (vec![(3, Waived), (9, Open), (20, Open)], vec![3, 9, 20], "waived@3 known@9 known@20"),
            // Lines move, and keep their order.
            (vec![(10, Waived)], vec![3], "waived@3"),
            (vec![(10, Waived), (50, Open)], vec![110, 150], "waived@110 known@150"),
            (vec![(10, Open), (50, Waived)], vec![11, 51], "known@11 waived@51"),
            (vec![(10, Waived), (50, Open)], vec![12], "waived@12"),
            // It cannot be determined: the open one stays open.
            (vec![(10, Waived), (50, Open)], vec![30], "known@30"),
            (vec![(10, Waived), (50, Resolved)], vec![30], "reopened@30"),
            (vec![(10, Waived), (10, Open)], vec![10], "known@10"),
            (vec![(10, Waived)], vec![8, 12], "new@8 new@12"),
            (vec![(10, Waived)], vec![9, 12], "waived@9 new@12"),
            // Nothing moves past what stayed where it was.
            (vec![(10, Waived), (50, Open)], vec![50, 90], "known@50 new@90"),
            (vec![(10, Open), (50, Waived)], vec![50, 90], "waived@50 known@90"),
        ] {
            assert_eq!(of_one_kind(&known, &lines), expected, "{known:?} {lines:?}");
        }
    }

    #[test]
    fn on_one_line_words_tell_which_finding_is_waived() {
        let of = |packages: &[&str]| {
            let all = packages
                .iter()
                .map(|package| Finding { detail: Some(format!("package {package}")), ..finding("same") });
            numbered_report(all.collect())
        };
        let known = |packages: &[&str], waived: &str| -> Vec<Finding> {
            let all = matched(of(packages), &[]).into_iter().map(|one| one.finding);
            let is_waived = |one: &Finding| one.detail.as_deref() == Some(&format!("package {waived}"));
            all.map(|one| if is_waived(&one) { in_state(one, FindingState::Waived) } else { one }).collect()
        };
        for (before, waived, now, expected) in [
            (&["a", "b"][..], "a", &["a", "b"][..], "waived known"),
            (&["a", "b"], "a", &["b", "a"], "known waived"),
            (&["a", "b"], "b", &["a", "b"], "known waived"),
            (&["a", "b"], "a", &["b"], "known"),
            (&["a", "b"], "a", &["a"], "waived"),
            (&["a", "b"], "a", &["b", "c"], "known new"),
            (&["a", "b"], "a", &["c"], "known"),
            (&["a"], "a", &["b"], "waived"),
            (&["a"], "a", &["b", "c"], "new new"),
            (&["a"], "a", &["b", "a"], "new waived"),
        ] {
            let all = matched(of(now), &known(before, waived));
            let shown: Vec<&str> = all.iter().map(|one| one.status.as_str()).collect();
            assert_eq!(shown.join(" "), expected, "{before:?} {waived} {now:?}");
        }
    }

    #[test]
    fn only_what_the_report_would_name_is_gone() {
        let mut known = written(&["a", "b", "c", "d"]);
        known[1].role = "tester".to_owned();
        known[2] = in_state(known[2].clone(), FindingState::Resolved);
        known[3].source.as_mut().unwrap().tool = "other".to_owned();
        let mut report = ToolReport::of(ReportFormat::Junit);
        report.tools.push("probe".to_owned());
        let titles = |report: &ToolReport, known: &[Finding]| {
            gone(report, "auditor", &[], known).iter().map(|gone| gone.title.clone()).collect::<Vec<_>>()
        };
        assert_eq!(titles(&report, &known), ["a"]);
        report.passed = Some(["z".to_owned()].into());
        assert!(titles(&report, &known).is_empty(), "a test that was not run has not passed");
        report.passed = Some(["a".to_owned()].into());
        assert_eq!(titles(&report, &known), ["a"]);
        report.passed = None;
        known[0].source.as_mut().unwrap().rule = Some("R1/2".to_owned());
        for (tool, rule, is_gone) in
            [("probe", "R1", false), ("probe", "R1/2", false), ("probe", "R", true), ("other", "R1", true)]
        {
            report.turned_off = [(tool.to_owned(), rule.to_owned())].into();
            assert_eq!(!titles(&report, &known).is_empty(), is_gone, "{tool} {rule}");
        }
    }
}
