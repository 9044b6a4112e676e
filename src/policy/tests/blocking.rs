//! Findings: their ids, and which are the same.

use crate::model::{Finding, FindingId, FindingSeverity, ToolSource};
use crate::policy::tests::example::{KEN, person, task_in};
use crate::policy::{finding_id, finding_identity};

fn finding(source: Option<ToolSource>) -> Finding {
    Finding {
        id: FindingId::parse("F1").unwrap(),
        task: task_in("qa").id,
        role: "tester".to_owned(),
        severity: FindingSeverity::High,
        title: "token logged".to_owned(),
        detail: None,
        file: Some("src/auth.rs".to_owned()),
        line: Some(41),
        recommendation: None,
        by: person(KEN),
        at: "2026-11-11T15:30:00Z".parse().unwrap(),
        source,
        resolutions: Vec::new(),
        unknown: Vec::new(),
        warnings: Vec::new(),
    }
}

fn tool(fingerprint: Option<&str>) -> Option<ToolSource> {
    let fingerprint = fingerprint.map(str::to_owned);
    Some(ToolSource { tool: "semgrep".to_owned(), rule: Some("logged".to_owned()), fingerprint })
}

#[test]
fn what_a_tool_finds_again_is_the_same() {
    let later = |mut finding: Finding| {
        finding.line = Some(57);
        finding.at = "2026-11-20T08:00:00Z".parse().unwrap();
        finding.by.email = "ci@example.com".to_owned();
        finding.severity = FindingSeverity::Low;
        finding
    };
    let marked = finding(tool(Some("12")));
    let mut reworded = later(marked.clone());
    reworded.title = "a token is logged".to_owned();
    let is_same = |a: &Finding, b: &Finding| finding_identity(a) == finding_identity(b);
    assert!(is_same(&marked, &reworded), "the fingerprint decides");
    let bare = finding(tool(None));
    assert!(is_same(&bare, &later(bare.clone())), "else rule, title and file do");
    assert!(!is_same(&marked, &finding(tool(Some("13")))));
    let by_hand = finding(None);
    assert!(!is_same(&by_hand, &later(by_hand.clone())), "a person means each of theirs");
}

#[test]
fn an_id_is_made_of_content_and_grows_where_it_is_taken() {
    let finding = finding(tool(Some("12")));
    let id = finding_id(&finding, |_| false);
    assert_eq!((id.as_str().len(), &finding_id(&finding, |_| false)), (5, &id));
    let longer = finding_id(&finding, |taken| *taken == id);
    assert!(longer.as_str().len() == 6 && longer.as_str().starts_with(id.as_str()));
    assert_eq!(finding_id(&finding, |_| true).as_str().len(), 27, "and ends somewhere");
}
