//! Orders of tasks, and their values.

use std::borrow::Cow;

use super::{context, tasks};
use crate::model::{BoxCount, Field, Summary, first_to_do};
use crate::query::{Sort, Subject};

fn sorted(text: &str) -> String {
    let sort = Sort::parse(text, &context()).unwrap();
    let tasks = tasks();
    let subjects: Vec<Subject<'_>> = tasks.iter().map(|(task, facts)| Subject::new(task, facts)).collect();
    let order = sort.order(&subjects);
    let ids: Vec<&str> = order.iter().map(|at| tasks[*at].0.id.split_once('-').unwrap().1).collect();
    ids.join(" ")
}

#[test]
fn each_field_has_its_order_and_what_is_missing_comes_last() {
    for (text, expected) in [
        ("id", "0005 0006 161FA 3F8K 7Q2M 010"),
        ("-id", "010 7Q2M 3F8K 161FA 0006 0005"),
        ("priority", "3F8K 7Q2M 0005 0006 010 161FA"),
        ("-priority", "161FA 010 0005 0006 7Q2M 3F8K"),
        ("stage", "010 3F8K 7Q2M 0006 161FA 0005"),
        ("-stage", "161FA 0006 7Q2M 3F8K 010 0005"),
        ("created", "010 3F8K 7Q2M 161FA 0005 0006"),
        ("-created", "161FA 7Q2M 3F8K 010 0005 0006"),
        ("estimate", "0006 7Q2M 3F8K 0005 161FA 010"),
        ("-estimate,-id", "3F8K 7Q2M 0006 010 161FA 0005"),
        ("title", "7Q2M 161FA 0006 0005 3F8K 010"),
        ("assignee", "0006 7Q2M 3F8K 0005 161FA 010"),
        ("status", "010 0006 7Q2M 3F8K 161FA 0005"),
        ("ready,-updated", "7Q2M 0006 010 161FA 3F8K 0005"),
        ("due", "161FA 7Q2M 3F8K 0005 0006 010"),
        ("tag", "3F8K 7Q2M 0005 0006 161FA 010"),
    ] {
        assert_eq!(sorted(text), expected, "{text}");
    }
}

#[test]
fn the_default_is_what_to_do_first() {
    let tasks = tasks();
    let default = Sort::default();
    assert_eq!(default.to_string(), "priority,due,created,id");
    for a in &tasks {
        for b in &tasks {
            let order = default.order(&[Subject::new(&a.0, &a.1), Subject::new(&b.0, &b.1)]);
            assert_eq!(order == [0, 1], first_to_do(&a.0, &b.0).is_le(), "{} {}", a.0.id, b.0.id);
        }
    }
    let parsed = Sort::parse("Priority, -Created,+id", &context()).unwrap();
    assert_eq!(parsed.to_string(), "priority,-created,id");
}

#[test]
fn values_are_written_for_tables_and_for_json() {
    let tasks = tasks();
    let boxes = BoxCount { done: 2, total: 3 };
    let (first, facts) = (Summary { boxes, ..tasks[0].0.clone() }, tasks[0].1);
    for (field, text, json) in [
        ("id", "TASK-7Q2M", r#""TASK-7Q2M""#),
        ("badge", "awaiting_qa", r#""awaiting_qa""#),
        ("ready", "yes", "true"),
        ("tags", "ui, Theme", r#"["ui","Theme"]"#),
        ("spent", "1h 30m", "90"),
        ("created", "2026-11-01", r#""2026-11-01""#),
        ("updated", "2026-11-11T22:30:00Z", r#""2026-11-11T22:30:00Z""#),
        ("boxes", "2/3", r#"{"done":2,"total":3}"#),
        ("deliverables", "", "null"),
        ("blocked", "", "null"),
        ("body", "the body", r#""the body""#),
    ] {
        let body = || Some(Cow::Borrowed("the body"));
        let subject = Subject::new(&first, &facts).with_body(&body);
        let value = subject.value(Field::parse(field).unwrap());
        assert_eq!(value.to_string(), text, "{field}");
        assert_eq!(serde_json::to_string(&value).unwrap(), json, "{field}");
    }
}

#[test]
fn every_field_is_found_by_its_names() {
    for field in Field::shown() {
        assert_eq!(Field::parse(field.name()), Some(field));
        assert_eq!(Field::parse(&field.key().to_uppercase()), Some(field));
    }
}
