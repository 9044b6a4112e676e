//! A report against the findings that are there: what is new, what is known, what has come back, what is gone.

use std::collections::{HashMap, HashSet};

use super::ToolReport;
use crate::model::{Finding, FindingId, FindingState};
use crate::policy::{finding_id, finding_identity};

/// What a finding of a report is to the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was not there.
    New,
    /// It is there and open.
    Known,
    /// It was settled, and is found again.
    Reopened,
    /// Somebody answers for it.
    Waived,
}

impl Standing {
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

    /// Tells whether something is to be done about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::Waived
    }
}

/// A finding of a report, as the task has it or is to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The finding. One that was there is as it was, but for a severity that has become worse.
    pub finding: Finding,
    /// What it is to the task.
    pub standing: Standing,
    /// Whether its severity is worse than the one written down.
    pub is_worse: bool,
}

/// Matches the findings of a report, all of one role, against those that the task has. New ones get their ids.
#[must_use]
pub fn matched(reported: Vec<Finding>, known: &[Finding]) -> Vec<Matched> {
    let by_identity: HashMap<_, _> = known.iter().map(|known| (finding_identity(known), known)).collect();
    let mut taken: HashSet<FindingId> = known.iter().map(|known| known.id.clone()).collect();
    let mut all = Vec::with_capacity(reported.len());
    for mut finding in reported {
        let matched = match by_identity.get(&finding_identity(&finding)) {
            None => {
                finding.id = finding_id(&finding, |id| taken.contains(id));
                taken.insert(finding.id.clone());
                Matched { finding, standing: Standing::New, is_worse: false }
            }
            Some(known) => {
                let standing = match known.state() {
                    FindingState::Waived => Standing::Waived,
                    FindingState::Fixed | FindingState::Resolved => Standing::Reopened,
                    FindingState::Open | FindingState::Unknown(_) => Standing::Known,
                };
                let is_worse = standing.is_open() && finding.severity.rank() > known.severity.rank();
                let severity = if is_worse { finding.severity } else { known.severity.clone() };
                Matched { finding: Finding { severity, ..(*known).clone() }, standing, is_worse }
            }
        };
        all.push(matched);
    }
    all
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
    use super::{Standing, gone, matched};
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
        finding.resolutions.push(Resolution { at, by, to, why: None });
        finding
    }

    fn written(prints: &[&str]) -> Vec<Finding> {
        let all = matched(prints.iter().map(|print| finding(print)).collect(), &[]);
        all.into_iter().map(|matched| matched.finding).collect()
    }

    #[test]
    fn what_is_there_is_known_and_what_was_settled_comes_back() {
        let mut known = written(&["a", "b", "c"]);
        known[1] = in_state(known[1].clone(), FindingState::Resolved);
        known[2] = in_state(known[2].clone(), FindingState::Waived);
        let again = ["a", "b", "c", "d"].map(|print| Finding {
            line: Some(9),
            severity: FindingSeverity::High,
            ..finding(print)
        });
        let all = matched(again.to_vec(), &known);
        let shown: Vec<_> = all.iter().map(|one| (one.standing, one.is_worse, one.finding.line)).collect();
        let wanted = [
            (Standing::Known, true, Some(1)),
            (Standing::Reopened, true, Some(1)),
            (Standing::Waived, false, Some(1)),
            (Standing::New, false, Some(9)),
        ];
        assert_eq!(shown, wanted);
        assert_eq!((&all[0].finding.id, all[2].finding.severity.as_str()), (&known[0].id, "medium"));
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
