//! Which tasks a query finds.

use std::borrow::Cow;
use std::cell::Cell;

use super::{context, query, tasks};
use crate::model::Field;
use crate::query::{Query, Subject};

/// Returns the suffixes of the ids that match, in order.
fn found(text: &str) -> String {
    let query = query(text);
    let bodies = |id: &str| match id {
        "TASK-7Q2M" => Some(Cow::Borrowed("## Description\nThe Dashboard hurts at night.")),
        "TASK-3F8K" => Some(Cow::Borrowed("  \n")),
        _ => None,
    };
    let mut ids = Vec::new();
    for (summary, facts) in &tasks() {
        let body = || bodies(summary.id);
        if query.matches(&Subject::new(summary, facts).with_body(&body)) {
            ids.push(summary.id.split_once('-').unwrap().1);
        }
    }
    ids.join(" ")
}

const ALL: &str = "7Q2M 3F8K 010 161FA 0005 0006";

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(&found(text), expected, "{text}");
    }
}

#[test]
fn words_are_searched_in_title_id_and_tags() {
    check(&[
        ("", ALL),
        ("   ", ALL),
        ("DARK", "7Q2M"),
        ("dark dashboard", "7Q2M"),
        ("dashboard dark", "7Q2M"),
        ("\"dark mode\"", "7Q2M"),
        ("'mode dark'", ""),
        ("theme", "7Q2M"),
        ("7q2", "7Q2M"),
        ("STRASSE", "010"),
        ("GRÖSSER", "010"),
        ("straße,", "010"),
        ("it's", "0006"),
        ("\\(nearly\\)", "0006"),
        ("100%", "0006"),
        ("\"or\"", "3F8K 161FA 0005"),
        ("add*board", "7Q2M"),
        ("dark*mode", ""),
        ("*dark*mode*", "7Q2M"),
        ("\"add*board\"", ""),
        ("wh-*", "010"),
        ("@me", ""),
    ]);
}

#[test]
fn terms_are_joined() {
    check(&[
        ("type:bug or type:feature", "7Q2M 3F8K"),
        ("type:bug OR stage:qa ada", "3F8K"),
        ("(type:bug or stage:qa) theme", "7Q2M"),
        ("(type:bug or stage:qa)theme", "7Q2M"),
        ("type:feature and theme AND dark", "7Q2M"),
        ("type:feature and not theme", ""),
        ("-has:type", "010 161FA 0005 0006"),
        ("!has:type", "010 161FA 0005 0006"),
        ("NOT (has:type or no:created)", "010 161FA"),
        ("-(has:type or no:created)", "010 161FA"),
        ("not not type:bug", "3F8K"),
        ("--type:bug", "3F8K"),
        ("-not type:bug", "3F8K"),
        ("((type:bug))", "3F8K"),
    ]);
}

#[test]
fn names_are_whole_and_ignore_case() {
    check(&[
        ("type:BUG", "3F8K"),
        ("Type:bu", ""),
        ("type:bu*", "3F8K"),
        ("kind:bug,feature", "7Q2M 3F8K"),
        ("type!=bug", "7Q2M 010 161FA 0005 0006"),
        ("type!=bug,feature", "010 161FA 0005 0006"),
        ("-type:bug", "7Q2M 010 161FA 0005 0006"),
        ("tag:ui,auth", "7Q2M 3F8K"),
        ("tags:THEME", "7Q2M"),
        ("-tag:ui", "3F8K 010 161FA 0005 0006"),
        ("tag:\"two words\"", "3F8K"),
        ("tag:two\\ words", "3F8K"),
        ("tag:two\\ w*", "3F8K"),
        ("area:backend", ""),
        ("area:backend/*", "3F8K"),
        ("assignee:grace", "3F8K"),
        ("assignee:@me", "7Q2M 0006"),
        ("assignee:@me,grace", "7Q2M 3F8K 0006"),
        ("-assignee:@me", "3F8K 010 161FA 0005"),
        ("assignee:*", "7Q2M 3F8K 0006"),
    ]);
}

#[test]
fn ids_match_by_the_part_after_the_hyphen() {
    check(&[
        ("id:task-7q2m", "7Q2M"),
        ("id:7q2m", "7Q2M"),
        ("id:7q2", ""),
        ("id:010,wh-010,3f*", "3F8K 010"),
        ("dep:3f8k", "7Q2M"),
        ("depends-on:TASK-3F8K", "7Q2M"),
        ("has:deps", "7Q2M"),
        ("sprint:1", "7Q2M"),
        ("sprint:sprint-1", "7Q2M"),
    ]);
}

#[test]
fn sentences_are_searched_for_parts() {
    check(&[
        ("title:MODE", "7Q2M"),
        ("title:\"dark mode\"", "7Q2M"),
        ("title=imported", "161FA"),
        ("title:import", "161FA"),
        ("title=import", ""),
        ("title:s*", "3F8K 010"),
        ("title!=imported", "7Q2M 3F8K 010 0005 0006"),
        ("blocked:design", "3F8K"),
        ("cancelled:duplicate", "0005"),
        ("canceled:7q2m", "0005"),
        ("source:task_cards.md", "161FA"),
        ("body:NIGHT", "7Q2M"),
        ("text:\"at night\"", "7Q2M"),
        ("has:body", "7Q2M"),
        ("no:body", "3F8K 010 161FA 0005 0006"),
    ]);
}

#[test]
fn files_are_matched_like_lines_of_gitignore() {
    check(&[
        ("file:theme.rs", "7Q2M"),
        ("file:src", "7Q2M 010"),
        ("file:*.rs", "7Q2M 010"),
        ("file:*.RS", "7Q2M 010"),
        ("file:src/*.rs", "010"),
        ("file:src/**/*.rs", "7Q2M 010"),
        ("file:src/ui", "7Q2M"),
        ("file:src/ui/", "7Q2M"),
        ("file:./src/ui", "7Q2M"),
        ("file:ui/theme.rs", ""),
        ("file:**/ui/theme.rs", "7Q2M"),
        ("file:/main.rs", ""),
        ("file:/src", "7Q2M 010"),
        ("file:docs/**", "0005"),
        ("file:**/intro.*", "0005"),
        ("file:**", "7Q2M 010 0005"),
        ("file=src", ""),
        ("file=src/main.rs,README.md", "7Q2M 010"),
        ("file:intro.md,main.rs", "010 0005"),
    ]);
}

#[test]
fn known_words_and_their_order() {
    check(&[
        ("priority:high", "7Q2M"),
        ("priority>=high", "7Q2M 3F8K"),
        ("priority:>high", "3F8K"),
        ("priority<low", "161FA"),
        ("priority<=low", "010 161FA"),
        ("priority:medium", "0005 0006"),
        ("no:priority", "0005 0006"),
        ("priority>critical", ""),
        ("priority:urg*", "161FA"),
        ("priority:*", ALL),
        ("priority:*i*", "7Q2M 3F8K 0005 0006"),
        ("prio!=high", "3F8K 010 161FA 0005 0006"),
        ("stage:QA,dev", "7Q2M 3F8K"),
        ("stage>=qa", "7Q2M 161FA 0006"),
        ("stage<qa", "3F8K 010"),
        ("stage<none", ""),
        ("stage<=complete", "7Q2M 3F8K 010 161FA 0006"),
        ("stage:old*", "0005"),
        ("status:in-progress", "7Q2M 0006"),
        ("status:\"in progress\"", "7Q2M 0006"),
        ("status:*ed", "3F8K 010 161FA 0005"),
        // As other trackers call them.
        ("status:doing", &found("status:in_progress")),
        ("status:todo,pending,backlog", &found("status:not_started")),
        ("status:done", &found("status:completed")),
        ("status:qa_approved", &found("status:completed")),
        ("status:wontfix", &found("status:cancelled")),
        ("badge:awaiting_qa", "7Q2M"),
        ("qa:issues*,pending", "3F8K 010"),
        ("is:open", "7Q2M 3F8K 010 0006"),
        ("is:closed", "161FA 0005"),
        ("is:blocked", "3F8K"),
        ("is:Ready", "7Q2M 010 0006"),
        ("is:mine", "7Q2M 0006"),
        ("is:mine,closed", "7Q2M 161FA 0005 0006"),
        ("is!=open", "161FA 0005"),
    ]);
}

#[test]
fn lengths_are_compared() {
    check(&[
        ("estimate:45m", "7Q2M"),
        ("estimate>45", "3F8K"),
        ("estimate>=45m", "7Q2M 3F8K"),
        ("estimate<1h", "7Q2M 0006"),
        ("estimate<0", ""),
        ("estimate:0", "0006"),
        ("estimate:0,3h", "3F8K 0006"),
        ("-estimate>2h", "7Q2M 010 161FA 0005 0006"),
        ("spent:1.5h", "7Q2M"),
        ("spent:\"1h 30m\"", "7Q2M"),
        ("has:spent", "7Q2M"),
    ]);
}

#[test]
fn dates_are_points_on_the_users_calendar() {
    check(&[
        ("created:2026-11-01", "7Q2M"),
        ("created:2026-11", "7Q2M 161FA"),
        ("created:2026", "7Q2M 3F8K 161FA"),
        ("created>=2026-11-01", "7Q2M 161FA"),
        ("created>2026-11-01", "161FA"),
        ("created<2026", "010"),
        ("created<=2026-10", "3F8K 010"),
        ("created:2025,2026-11-01", "7Q2M 010"),
        ("created:today", "161FA"),
        ("created:-0d", "161FA"),
        ("created:yesterday", ""),
        ("created:-11d", "7Q2M"),
        ("created>=-2w", "7Q2M 3F8K 161FA"),
        // Half past ten in the evening, Greenwich, was today already where the user is.
        ("updated:today", "7Q2M 161FA"),
        ("updated:yesterday", ""),
        ("updated>=-7d", "7Q2M 3F8K 161FA"),
        ("updated<-6d", "3F8K"),
        ("updated>=-1h", "7Q2M 161FA"),
        ("since<-2h", "7Q2M 3F8K"),
        ("since>=-3h", "7Q2M"),
        ("since:2026-11-11T20:00:00Z", "7Q2M"),
        ("since:2026-11-11T22:00", "7Q2M"),
        ("since:2026-11-11t22:00:00", "7Q2M"),
        ("since:2026-11-11T23:00:00+03:00", "7Q2M"),
        ("since>2026-11-11T20:00:00Z", ""),
        ("-created<2026", "7Q2M 3F8K 161FA 0005 0006"),
    ]);
}

#[test]
fn a_body_is_read_once_and_only_where_it_decides() {
    let tasks = tasks();
    let (summary, facts) = &tasks[0];
    for (text, reads) in [
        ("dark", 0),
        ("body:x dark", 1),
        ("body:x or body:y or has:body", 1),
        ("body:x stage:dev", 0),
        ("-(body:x stage:dev)", 0),
        ("body:x or stage:qa", 0),
        ("(body:x or stage:dev) stage:dev", 0),
    ] {
        let asked = Cell::new(0);
        let body = || {
            asked.set(asked.get() + 1);
            Some(Cow::Borrowed("text"))
        };
        let _ = query(text).matches(&Subject::new(summary, facts).with_body(&body));
        assert_eq!(asked.get(), reads, "{text}");
    }
}

#[test]
fn queries_tell_what_they_ask_about() {
    assert!(query("is:closed").uses(Field::Status));
    assert!(query("-(no:assignee or x)").uses(Field::Assignee));
    assert!(query("x").uses(Field::Title));
    assert!(!query("x is:mine").uses(Field::Status));
    assert_eq!(query(" "), Query::default());
}

#[test]
fn me_needs_a_configured_name() {
    let nobody = crate::query::Context { me: &[], ..context() };
    for text in ["assignee:@me", "is:mine"] {
        let error = Query::parse(text, &nobody).unwrap_err();
        assert_eq!(error.to_string(), "git has no user name");
    }
}

#[test]
fn a_query_without_derived_fields_needs_no_facts() {
    for text in ["is:open", "-is:ready", "status:blocked", "a (b or qa:pending)", "x is:mine,closed"] {
        assert!(query(text).needs_facts(), "{text}");
    }
    for text in ["", "dark", "stage:qa priority>=high", "is:mine has:file no:body", "dep:1 created<2026"] {
        let query = query(text);
        assert!(!query.needs_facts(), "{text}");
        for (summary, facts) in &tasks() {
            let with_facts = query.matches(&Subject::new(summary, facts));
            assert_eq!(query.matches(&Subject::underived(summary)), with_facts, "{text}");
        }
    }
}

#[test]
fn due_days_lie_ahead_or_are_overdue() {
    check(&[
        ("due:yesterday", "7Q2M"),
        ("due<=+7d", "7Q2M 3F8K 161FA"),
        ("due>tomorrow due<+2w", "3F8K"),
        ("due:+7d", "3F8K"),
        ("has:due -is:closed", "7Q2M 3F8K"),
        ("is:overdue", "7Q2M"),
        ("-is:overdue has:due", "3F8K 161FA"),
    ]);
}
