//! What issues become, and back.

use serde_json::{Value, json};

use super::issue::{Entry, GithubSettings, Issue};
use crate::model::{SyncField, SyncValue, SyncValues};

fn read(value: &Value) -> Issue {
    match Entry::read(value, |url| url == "r") {
        Ok(Entry::Issue(issue)) => *issue,
        _ => panic!("{value}"),
    }
}

fn settings() -> GithubSettings {
    let pairs = |list: &[(&str, &str)]| {
        list.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    GithubSettings {
        people: pairs(&[("ada-l", "Ada Lovelace")]),
        status: pairs(&[("blocked", "stuck"), ("completed", "open")]),
    }
}

fn agreed(values: &[(SyncField, &str)]) -> (String, SyncValues) {
    let values = values.iter().map(|(field, text)| (*field, SyncValue::text(*text)));
    ("TASK-AAAA".to_owned(), values.collect())
}

fn text(issue: &Issue, link: Option<&(String, SyncValues)>, field: SyncField) -> String {
    settings().item(issue, link).fields[&field].to_string()
}

#[test]
fn an_issue_becomes_the_values_of_a_task() {
    let issue = read(&json!({
        "number": 7, "title": "Dark mode", "state": "open", "author_association": "MEMBER", "repository_url": "r",
        "body": "As wished.\r\n\r\n<!-- tracker:TASK-7Q2M -->\r\n", "updated_at": "2026-11-11T10:00:00Z",
        "labels": [{"name": "ui"}, "plain", {"name": "stuck"}, {"name": null}],
        "assignees": [{"login": "Ada-L"}, {"login": "octocat"}], "milestone": {"title": "Version 1.0"},
    }));
    let item = settings().item(&issue, None);
    assert_eq!((item.id.as_str(), item.key.as_deref()), ("7", Some("TASK-7Q2M")));
    let values: Vec<String> = item.fields.iter().map(|(field, value)| format!("{field}={value}")).collect();
    let expected = [
        "title=Dark mode",
        "status=blocked",
        "assignee=Ada Lovelace",
        "labels=plain, ui",
        "sprint=Version-1.0",
        "body=As wished.\n",
    ];
    assert_eq!(values, expected);
}

#[test]
fn what_is_no_issue_is_none() {
    let entry = |value: Value| match Entry::read(&value, |url| url == "r") {
        Ok(Entry::Issue(_)) => "issue".to_owned(),
        Ok(Entry::PullRequest) => "pull request".to_owned(),
        Ok(Entry::Elsewhere) => "elsewhere".to_owned(),
        Err(why) => why,
    };
    assert_eq!(entry(json!({"number": 1, "title": "a", "pull_request": {"url": "x"}})), "pull request");
    assert_eq!(entry(json!({"number": 1, "title": "a", "repository_url": "other"})), "elsewhere");
    assert_eq!(entry(json!({"number": 1, "title": null})), "`1`: its title is not a text");
    assert_eq!(entry(json!({"title": "a"})), "an issue has no number");
    assert_eq!(
        entry(json!({"number": 1, "title": "a", "body": null, "labels": 3, "assignees": null})),
        "issue"
    );
}

#[test]
fn only_who_may_write_makes_an_issue_that_belongs_to_a_task() {
    let key = |association: &str, kind: &str| {
        read(&json!({
            "number": 1, "title": "a", "body": "<!-- tracker:TASK-7Q2M -->", "author_association": association,
            "user": {"type": kind},
        }))
        .key
    };
    assert_eq!(key("COLLABORATOR", "User").as_deref(), Some("TASK-7Q2M"));
    assert_eq!(key("NONE", "Bot").as_deref(), Some("TASK-7Q2M"));
    for association in ["NONE", "CONTRIBUTOR", "FIRST_TIMER", ""] {
        assert_eq!(key(association, "User"), None, "{association}");
    }
}

#[test]
fn a_value_that_is_less_there_is_the_one_that_was_agreed_on() {
    let mut issue = Issue { number: 1, title: "a".to_owned(), is_open: true, ..Issue::default() };
    let status = |issue: &Issue, word: &str| {
        text(issue, Some(&agreed(&[(SyncField::Status, word)])), SyncField::Status)
    };
    for word in ["pending", "in_progress", "completed"] {
        assert_eq!(status(&issue, word), word, "all three are open there");
    }
    assert_eq!(status(&issue, "blocked"), "pending", "its label is gone");
    assert_eq!(status(&issue, "cancelled"), "pending");
    issue.is_open = false;
    assert_eq!(status(&issue, "qa_approved"), "qa_approved");
    assert_eq!(status(&issue, "in_progress"), "qa_approved");
    issue.is_not_planned = true;
    assert_eq!(status(&issue, "in_progress"), "cancelled");

    let assignee = |issue: &Issue, name: &str| {
        text(issue, Some(&agreed(&[(SyncField::Assignee, name)])), SyncField::Assignee)
    };
    assert_eq!(assignee(&issue, "Grace Hopper"), "Grace Hopper", "she has no login");
    assert_eq!(assignee(&issue, "Ada Lovelace"), "", "she was taken off");
    issue.assignees = ["octocat", "ada-l"].map(str::to_owned).to_vec();
    assert_eq!(assignee(&issue, "Ada Lovelace"), "Ada Lovelace");
    assert_eq!(assignee(&issue, "Grace Hopper"), "octocat");
}

#[test]
fn a_request_has_what_changes_and_no_more() {
    let issue = Issue {
        number: 1,
        title: "a".to_owned(),
        body: "text\n".to_owned(),
        is_open: true,
        labels: ["ui", "stuck"].map(str::to_owned).into(),
        assignees: ["octocat", "hubot"].map(str::to_owned).to_vec(),
        key: Some("TASK-AAAA".to_owned()),
        ..Issue::default()
    };
    let request = |values: &[(SyncField, SyncValue)]| {
        Value::Object(settings().request(&issue, &values.iter().cloned().collect(), None, 5)).to_string()
    };
    let text = |field, text: &str| (field, SyncValue::text(text));
    assert_eq!(request(&[text(SyncField::Title, "a"), text(SyncField::Status, "blocked")]), "{}");
    assert_eq!(request(&[text(SyncField::Status, "in_progress")]), r#"{"labels":["ui"]}"#);
    assert_eq!(
        request(&[text(SyncField::Status, "qa_approved")]),
        r#"{"labels":["ui"],"state":"closed","state_reason":"completed"}"#
    );
    assert_eq!(
        request(&[text(SyncField::Body, "\nnew\n")]),
        r#"{"body":"new\n\n<!-- tracker:TASK-AAAA -->"}"#
    );
    assert_eq!(
        request(&[(SyncField::Labels, SyncValue::Labels(["x".to_owned()].into()))]),
        r#"{"labels":["stuck","x"]}"#,
        "the label of its status stays"
    );
    assert_eq!(request(&[text(SyncField::Assignee, "Ada Lovelace")]), r#"{"assignees":["ada-l","hubot"]}"#);
    assert_eq!(request(&[text(SyncField::Assignee, "Grace Hopper")]), "{}");
    assert_eq!(request(&[text(SyncField::Assignee, "")]), r#"{"assignees":["hubot"]}"#);
    assert_eq!(request(&[text(SyncField::Sprint, "2026.48")]), r#"{"milestone":5}"#);
}

#[test]
fn what_github_leaves_out_without_a_word_is_seen() {
    let body = json!({"labels": ["UI"], "assignees": ["ada-l"], "milestone": 4});
    let asked = body.as_object().unwrap();
    assert_eq!(Issue::default().left_out(asked), ["labels", "assignee", "sprint"]);
    let done = Issue {
        labels: ["ui".to_owned()].into(),
        assignees: vec!["Ada-L".to_owned()],
        milestone: Some("x".to_owned()),
        ..Issue::default()
    };
    assert!(done.left_out(asked).is_empty());
}
