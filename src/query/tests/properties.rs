//! What is true of every query.

use proptest::prelude::*;

use super::{context, tasks};
use crate::model::{Facts, Field, Summary};
use crate::query::{Context, Query, Sort, Subject, parse_fields};

/// Texts that are mostly queries: fields, operators, values, signs and odd characters in any order.
fn soup() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => prop::sample::select(vec![
            "stage:", "priority>=", "tag:", "title:", "title=", "file:", "file=", "created>=", "updated<",
            "estimate>", "is:", "has:", "no:", "id:", "body:", "qa:", "-", "not ", " or ", " and ", "(", ")", ",",
            " ", " ", " ", "\"", "'", "\\", "*", "!=", "=", "<", ":", "@me", "**/", "!",
        ]).prop_map(str::to_owned),
        6 => prop::sample::select(vec![
            "qa", "dev", "high", "ui", "open", "ready", "2026-11-01", "-7d", "today", "45m", "1h30m", "src/ui",
            "Dark", "größer", "İß", "or", "completed", "-2h", "0", "3F8K", "assignee", "a b", "\u{1b}", "\n", "漢",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

/// Queries that can be read.
fn readable() -> impl Strategy<Value = String> {
    let value = r#"[a-zß*\\"' ,()=:.!é-]{1,8}"#.prop_map(|text: String| {
        text.chars().flat_map(|c| if c == '*' { vec![c] } else { vec!['\\', c] }).collect::<String>()
    });
    let field =
        prop::sample::select(vec!["tag", "title", "id", "file", "assignee", "blocked", "body", "area"]);
    let op = prop::sample::select(vec![":", "=", "!="]);
    let term = prop_oneof![
        value.clone(),
        (field, op, prop::collection::vec(value, 1..3))
            .prop_map(|(field, op, values)| format!("{field}{op}{}", values.join(","))),
        prop::sample::select(vec![
            "stage:qa,dev",
            "stage>=qa",
            "stage:q*",
            "priority>=high",
            "priority:low,*h",
            "status:blocked",
            "qa:*qa*",
            "is:open,mine",
            "has:tag,estimate",
            "no:assignee",
            "estimate>2h",
            "estimate:0,90",
            "created>=2026-11",
            "updated<-7d",
            "updated:today,2025",
            "since>-4h",
            "since:2026-11-11T20:00:00z",
            "assignee:@me",
            "file:src/**/x*.rs",
            "has:body",
        ])
        .prop_map(str::to_owned),
    ];
    term.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|terms| format!("({})", terms.join(" "))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|terms| format!("({})", terms.join(" or "))),
            inner.clone().prop_map(|term| format!("-{term}")),
            inner.prop_map(|term| format!("not {term}")),
        ]
    })
}

fn matching(query: &Query) -> Vec<bool> {
    tasks().iter().map(|(summary, facts)| query.matches(&Subject::new(summary, facts))).collect()
}

/// Reads both without and with stages, so that an odd context is tried too.
fn read(text: &str) -> Result<Query, crate::query::Error> {
    let bare = Context { me: &[], stages: &[], ..context() };
    let _ = Query::parse(text, &bare);
    Query::parse(text, &context())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![soup(), any::<String>()]) {
        match read(&text) {
            Ok(query) => { matching(&query); }
            Err(error) => {
                let [line, below] = error.caret();
                prop_assert!(below.contains('^') && !line.contains(char::is_control));
                prop_assert!(text.is_char_boundary(error.span.start) && text.is_char_boundary(error.span.end));
                prop_assert!(error.column() <= text.chars().count() + 1);
                let _ = error.hint();
            }
        }
        let _ = Sort::parse(&text, &context()).map_err(|error| error.caret());
        let _ = parse_fields(&text).map_err(|error| error.caret());
    }

    #[test]
    fn the_canonical_form_is_the_same_query(text in prop_oneof![soup(), readable()]) {
        if let Ok(query) = read(&text) {
            let canonical = query.to_string();
            let again = read(&canonical);
            prop_assert_eq!(again.as_ref(), Ok(&query), "{}", canonical);
            prop_assert_eq!(again.map(|query| query.to_string()), Ok(canonical));
        }
    }

    #[test]
    fn readable_queries_are_read(text in readable()) {
        prop_assert!(read(&text).is_ok(), "{}: {:?}", text, read(&text));
    }

    #[test]
    fn joining_and_turning_around_mean_what_they_say(a in readable(), b in readable()) {
        let all = |text: &str| matching(&read(text).unwrap());
        let (one, other) = (all(&a), all(&b));
        let zip = |join: fn(bool, bool) -> bool| -> Vec<bool> {
            one.iter().zip(&other).map(|(a, b)| join(*a, *b)).collect()
        };
        prop_assert_eq!(all(&format!("({a}) ({b})")), zip(|a, b| a && b));
        prop_assert_eq!(all(&format!("({a}) or ({b})")), zip(|a, b| a || b));
        prop_assert_eq!(all(&format!("-({a})")), one.iter().map(|a| !a).collect::<Vec<_>>());
    }

    #[test]
    fn stars_mean_what_a_slow_and_obvious_search_finds(pattern in "[ab*]{1,7}", text in "[abAé]{0,9}") {
        let task = Summary::bare("X-1", &text);
        let (_, facts) = tasks()[0].clone();
        let query = read(&format!("title={pattern}")).unwrap();
        let pattern: Vec<char> = pattern.chars().collect();
        let lower: Vec<char> = text.to_lowercase().chars().collect();
        prop_assert_eq!(query.matches(&Subject::new(&task, &facts)), slow(&pattern, &lower));
    }

    #[test]
    fn paths_too(pattern in "[ab](/?([ab]|\\*\\*/|\\*)){0,4}", path in "[ab]{1,2}(/[ab]{1,2}){0,3}") {
        let task = Summary { files: vec![path.as_str()].into(), ..Summary::bare("X-1", "t") };
        let (_, facts) = tasks()[0].clone();
        let query = read(&format!("file={pattern}")).unwrap();
        let names: Vec<&str> = pattern.split('/').filter(|name| !name.is_empty()).collect();
        let parts: Vec<&str> = path.split('/').collect();
        prop_assert_eq!(query.matches(&Subject::new(&task, &facts)), slow_path(&names, &parts));
    }

    #[test]
    fn every_order_is_total(keys in prop::collection::vec((prop::sample::select(Field::shown().collect::<Vec<_>>()), any::<bool>()), 1..4)) {
        let keys = keys.into_iter().filter(|(field, _)| *field != Field::Body);
        let text: Vec<_> = keys.map(|(field, back)| format!("{}{}", if back { "-" } else { "" }, field.name())).collect();
        prop_assume!(!text.is_empty());
        let sort = Sort::parse(&text.join(","), &context()).unwrap();
        prop_assert_eq!(sort.to_string(), text.join(","));
        let tasks = tasks();
        let ids = |tasks: &[(Summary<'static>, Facts)]| -> Vec<String> {
            let subjects: Vec<Subject<'_>> = tasks.iter().map(|(task, facts)| Subject::new(task, facts)).collect();
            sort.order(&subjects).into_iter().map(|at| tasks[at].0.id.to_owned()).collect()
        };
        let whole = ids(&tasks);
        for (a, b) in (0..36).map(|n| (n / 6, n % 6)) {
            let mut swapped = tasks.clone();
            swapped.swap(a, b);
            prop_assert_eq!(&ids(&swapped), &whole);
            let place = |at: usize| whole.iter().position(|id| *id == tasks[at].0.id);
            prop_assert_eq!(ids(&[tasks[a].clone(), tasks[b].clone()])[0] == tasks[a].0.id, place(a) <= place(b));
        }
    }
}

fn slow(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', others @ ..], _) => {
            slow(others, text) || text.split_first().is_some_and(|(_, rest)| slow(pattern, rest))
        }
        ([a, others @ ..], [b, rest @ ..]) => a == b && slow(others, rest),
        _ => false,
    }
}

fn slow_path(names: &[&str], parts: &[&str]) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    match (names, parts) {
        ([], []) => true,
        (["**", others @ ..], _) => {
            slow_path(others, parts) || parts.split_first().is_some_and(|(_, rest)| slow_path(names, rest))
        }
        ([name, others @ ..], [part, rest @ ..]) => {
            slow(&chars(name), &chars(part)) && slow_path(others, rest)
        }
        _ => false,
    }
}
