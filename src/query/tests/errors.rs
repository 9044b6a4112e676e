//! Messages for a query that cannot be read.

use super::{context, error};
use crate::model::Field;
use crate::query::{Query, Sort, parse_fields};

fn message_for(text: &str) -> String {
    let error = error(text);
    let hint = error.hint().map_or(String::new(), |hint| format!(" | {hint}"));
    format!("{}: {error}{hint}", error.column())
}

#[test]
fn unknown_words_come_with_a_suggestion() {
    for (text, message) in [
        ("staeg:qa", "1: unknown field `staeg` | did you mean `stage`?"),
        ("dark LABEL:ui", "6: unknown field `LABEL` | did you mean `tag`?"),
        ("https://x.org", "1: unknown field `https` | to search for the text itself, put it in quotes"),
        ("hsa:tag", "1: unknown field `hsa` | did you mean `has`?"),
        ("größe:3", "1: unknown field `größe` | to search for the text itself, put it in quotes"),
        ("has:tgas", "5: unknown field `tgas` | did you mean `tags`?"),
        (
            "priority:hihg",
            "10: invalid priority `hihg` (expected critical, high, medium or low) | did you mean `high`?",
        ),
        ("priority>=urgent", "11: invalid priority `urgent` (expected critical, high, medium or low)"),
        (
            "stage:dev,aq",
            "11: unknown stage `aq` (expected none, dev, qa, sec, docs or complete) | did you mean `qa`?",
        ),
        ("stage:ship", "7: unknown stage `ship` (expected none, dev, qa, sec, docs or complete)"),
        ("stage>=d*", "8: unknown stage `d*` (expected none, dev, qa, sec, docs or complete)"),
        (
            "status:open",
            "8: invalid status `open` (expected not_started, in_progress, blocked, completed or cancelled) | did you mean `is:open`?",
        ),
        (
            "status:complted",
            "8: invalid status `complted` (expected not_started, in_progress, blocked, completed or cancelled) | did you mean `completed`?",
        ),
        (
            "status:x*",
            "8: invalid status `x*` (expected not_started, in_progress, blocked, completed or cancelled)",
        ),
        (
            "badge:approved",
            "7: invalid badge `approved` (expected pending, in_progress, awaiting_qa, issues_found, ready_to_finalise, done or qa_approved) | did you mean `qa_approved`?",
        ),
        (
            "is:completed",
            "4: invalid state `completed` (expected open, closed, blocked, ready, overdue or mine) | did you mean `status:completed`?",
        ),
        (
            "is:opne",
            "4: invalid state `opne` (expected open, closed, blocked, ready, overdue or mine) | did you mean `open`?",
        ),
    ] {
        assert_eq!(message_for(text), message, "{text}");
    }
}

#[test]
fn what_is_missing_or_misplaced_is_named() {
    for (text, message) in [
        ("stage:", "7: expected a value after `stage:`"),
        ("stage: qa", "7: expected a value after `stage:`"),
        ("assignee:\"\"", "10: expected a value after `assignee:`, or `no:assignee`"),
        ("stage:dev,,qa", "11: expected a value after `stage:`"),
        ("priority >= high", "10: no space belongs around `>=` | write `field>=value`"),
        (": x", "1: no space belongs around `:` | write `field:value`"),
        ("a or", "5: expected a term, such as `stage:qa` or a word"),
        ("or a", "1: expected a term, such as `stage:qa` or a word"),
        ("a and or b", "7: expected a term, such as `stage:qa` or a word"),
        ("not", "4: expected a term, such as `stage:qa` or a word"),
        ("()", "2: expected a term, such as `stage:qa` or a word"),
        ("a - b", "4: expected a term directly after the sign"),
        ("-", "2: expected a term directly after the sign"),
        ("\"\"", "1: expected a text to search for"),
        (
            "(a",
            "1: this parenthesis is not closed | to search for the sign itself, put a backslash before it",
        ),
        (
            "a) b",
            "2: this parenthesis closes nothing | to search for the sign itself, put a backslash before it",
        ),
        ("render(x)", "7: expected a space, or quotes around the text"),
        (
            "tag:\"a b",
            "5: this quote is not closed | to search for the sign itself, put a backslash before it",
        ),
        ("ab\\", "3: nothing follows the backslash"),
        (
            "größer tag:'a",
            "12: this quote is not closed | to search for the sign itself, put a backslash before it",
        ),
    ] {
        assert_eq!(message_for(text), message, "{text}");
    }
}

#[test]
fn values_that_do_not_fit_are_explained() {
    for (text, message) in [
        ("assignee>ada", "1: `assignee` has no order | write `assignee:value`"),
        ("is<open", "1: `is` has no order | write `is:value`"),
        ("priority>=high,low", "11: `>=` takes one value"),
        ("ready:yes", "1: `ready` cannot be queried | write `is:ready`"),
        ("boxes:1", "1: `boxes` cannot be queried | write `has:boxes` or `no:boxes`"),
        ("no:stage", "4: every task has a stage"),
        ("estimate:soon", "10: invalid duration `soon` | expected a duration such as `45m`, `1h30m` or `2d`"),
        (
            "created:2026-02-30",
            "9: invalid date `2026-02-30` | expected a date such as `2026-11-01`, `2026-11`, `today`, `fri`, `next-week` or \
             `-7d` for seven days ago",
        ),
        (
            "updated<7d",
            "9: `7d` could mean before or after | `updated>=-7d` is since then, `updated<-7d` is before that",
        ),
        (
            "since:-4h",
            "7: `-4h` is a moment: nothing happened exactly then | `since>=-4h` is since then, `since<-4h` is \
             before that",
        ),
        (
            "created>-4h",
            "9: `created` is a day, and `-4h` a time of day | use a day, such as `today` or `-1d`",
        ),
    ] {
        assert_eq!(message_for(text), message, "{text}");
    }
}

#[test]
fn carets_mark_the_fault() {
    for (text, below) in [
        ("tag:ui staeg:qa", "       ^^^^^"),
        ("stage:dev,aq x", "          ^^"),
        ("stage:", "      ^"),
        ("a or ) b", "     ^"),
        ("größer tag:'a", "           ^"),
        ("漢字 tgg:x", "     ^^^"),
    ] {
        assert_eq!(error(text).caret(), [text.to_owned(), below.to_owned()], "{text}");
    }
}

#[test]
fn errors_escape_control_characters() {
    let error = error("x\u{1b}[2J\n\u{202e} tgg:x");
    let [line, below] = error.caret();
    assert!(!line.contains(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
    assert!(below.chars().all(|c| c == ' ' || c == '^'));
    let error = super::error("stage:\u{1b}[2J\u{202e}");
    assert!(!error.to_string().contains(char::is_control));
}

#[test]
fn a_long_query_is_shown_in_part() {
    let text = format!("{} tgg:x {}", "word ".repeat(100), "word ".repeat(100));
    let error = error(&text);
    let [line, below] = error.caret();
    assert!(line.chars().count() < 110, "{line}");
    assert!(line.starts_with('…') && line.ends_with('…'), "{line}");
    let at = below.find('^').unwrap();
    assert_eq!(line.chars().skip(at).take(3).collect::<String>(), "tgg");
}

#[test]
fn depth_is_limited_and_length_is_not() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    let context = context();
    assert!(Query::parse(&nested(64), &context).is_ok());
    assert_eq!(error(&nested(65)).to_string(), "more than 64 parentheses inside each other");
    assert_eq!(error(&"(".repeat(100_000)).column(), 65);
    assert!(Query::parse(&format!("{}a", "-".repeat(100_001)), &context).is_ok());
    assert!(Query::parse(&"not ".repeat(10_000), &context).is_err());
    assert!(Query::parse(&"a or b ".repeat(10_000), &context).is_ok());
}

#[test]
fn orders_and_lists_of_fields_tell_what_is_wrong_too() {
    let sort = |text: &str| Sort::parse(text, &context()).unwrap_err();
    assert_eq!(sort("priority, -craeted").hint().unwrap(), "did you mean `created`?");
    assert_eq!(sort("priority, -craeted").caret()[1], "           ^^^^^^^");
    assert_eq!(sort("id,").to_string(), "expected the name of a field");
    assert_eq!(sort("").column(), 1);
    assert_eq!(sort("-body").to_string(), "`body` cannot be sorted by");
    let fields = |text: &str| parse_fields(text);
    assert_eq!(fields("id, Tags,depends-on").unwrap(), [Field::Id, Field::Tags, Field::DependsOn]);
    assert_eq!(fields("id,titel").unwrap_err().caret(), ["id,titel".to_owned(), "   ^^^^^".to_owned()]);
}
