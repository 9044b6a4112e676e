//! Which lines are directives, and which problems are reported.

use proptest::prelude::*;

use super::{Action, Comments, DirectiveErrorKind, Directives, complete_ids, parse_message};
use crate::model::TaskId;

const HASH: Comments<'_> = Comments::Lines("#");

fn parse(message: &str) -> Directives {
    parse_message(message, HASH)
}

/// Shows directives as `line word task detail`.
fn shown(found: &Directives) -> Vec<String> {
    let show = |directive: &super::Directive| {
        let detail = match &directive.action {
            Action::Fail(why) | Action::Block(why) => format!(" {why}"),
            Action::Time(minutes) => format!(" {minutes}"),
            _ => String::new(),
        };
        format!("{} {} {}{}", directive.line, directive.action.word(), directive.task, detail)
    };
    found.directives.iter().map(show).collect()
}

fn errors_of(message: &str) -> Vec<DirectiveErrorKind> {
    parse(message).errors.into_iter().map(|error| error.kind).collect()
}

fn id(text: &str) -> TaskId {
    TaskId::parse(text).unwrap()
}

#[test]
fn every_directive() {
    let message = "Subject\n\nTask: A-1\nAdvance: A-2\nCloses: A-3\nFixes: A-4\nResolves: A-5\nCompletes: A-6\n\
                   Fail: A-7 the colours, all wrong\nBlock: A-8 no design\nBlock: A-9 no time\nUnblock: A-10\n\
                   Time: A-11 1h 30m\n";
    let found = parse(message);
    assert_eq!(
        shown(&found),
        [
            "3 Task A-1",
            "4 Advance A-2",
            "5 Advance A-3",
            "6 Advance A-4",
            "7 Advance A-5",
            "8 Advance A-6",
            "9 Fail A-7 the colours, all wrong",
            "10 Block A-8 no design",
            "11 Block A-9 no time",
            "12 Unblock A-10",
            "13 Time A-11 1h 30m",
        ]
    );
    assert_eq!(found.errors, []);
    let borrowed: Vec<bool> = found.directives.iter().map(|directive| directive.is_borrowed).collect();
    assert_eq!(borrowed.iter().filter(|is| **is).count(), 4);
}

#[test]
fn lines_that_direct() {
    for (line, expected) in [
        ("Advance: TASK-7Q2M", "3 Advance TASK-7Q2M"),
        ("advance: task-7q2m", "3 Advance TASK-7Q2M"),
        ("ADVANCE:\tTASK-7Q2M", "3 Advance TASK-7Q2M"),
        ("Advance:   TASK-7Q2M   ", "3 Advance TASK-7Q2M"),
        ("Advance: TASK-7Q2M\r", "3 Advance TASK-7Q2M"),
        ("Time: WH-011 45", "3 Time WH-011 45m"),
    ] {
        assert_eq!(shown(&parse(&format!("Subject\n\n{line}\n"))), [expected], "{line:?}");
    }
}

#[test]
fn lines_that_direct_nothing() {
    for line in [
        "does not fix TASK-7Q2M",
        "This fixes: TASK-7Q2M",
        "Fixes: #12",
        "Fixes: https://example.com/issues/TASK-1",
        "Fixes: the crash of TASK-7Q2M",
        "Fixes: TASK-7Q2M and more",
        "Fixes: 12, 13",
        "Fixes:",
        "    Advance: TASK-7Q2M",
        "> Advance: TASK-7Q2M",
        "# Advance: TASK-7Q2M",
        "Advance:TASK-7Q2M",
        "Time:12",
        "Signed-off-by: Ada <ada@example.com>",
    ] {
        let found = parse(&format!("Subject\n\n{line}\n"));
        assert_eq!((shown(&found), found.errors), (Vec::new(), Vec::new()), "{line}");
    }
}

#[test]
fn lines_that_were_meant_to_direct() {
    for (line, expected) in [
        ("closes 7Q2M", "line 3: closes: no colon follows; write `closes: 7Q2M`"),
        ("Fixes TASK-7Q2M", "line 3: Fixes: no colon follows; write `Fixes: TASK-7Q2M`"),
        ("Closes #SH4R", "line 3: Closes: no colon follows; write `Closes: #SH4R`"),
        ("Advance TASK-7Q2M, A-1", "line 3: Advance: no colon follows; write `Advance: TASK-7Q2M, A-1`"),
        ("Closes: #SH4R", "line 3: Closes: `#SH4R` is no task; the line directs nothing"),
        ("Advance:", "line 3: Advance: no id follows"),
        ("Task:", "line 3: Task: no id follows; the line directs nothing"),
    ] {
        let found = parse(&format!("Subject\n\n{line}\n"));
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        assert_eq!((shown(&found), errors), (Vec::new(), vec![expected.to_owned()]), "{line}");
        assert_eq!(found.errors[0].is_fatal(), line == "Advance:", "{line}");
    }
    for line in ["Fixes #12", "fixes the crash", "Fixes TASK-7Q2M and more", "Block TASK-7Q2M"] {
        assert_eq!(parse(&format!("Subject\n\n{line}\n")).errors, [], "{line}");
    }
}

#[test]
fn parts_of_ids_are_completed() {
    let resolve = |part: &str| (part.eq_ignore_ascii_case("sh4r")).then(|| id("TASK-SH4R"));
    let completed = |line: &str| {
        let text = complete_ids(&format!("Subject\n\n{line}\r\n# {line}\n"), HASH, &resolve)?;
        Some(text.strip_prefix("Subject\n\n")?.strip_suffix(&format!("\r\n# {line}\n"))?.to_owned())
    };
    for (line, expected) in [
        ("Task: sh4r", Some("Task: TASK-SH4R")),
        ("Closes: #SH4R", Some("Closes: TASK-SH4R")),
        ("Advance: A-1, sh4r", Some("Advance: A-1, TASK-SH4R")),
        ("Time: sh4r 1h 30m", Some("Time: TASK-SH4R 1h 30m")),
        ("Fail: sh4r the colours, all", Some("Fail: TASK-SH4R the colours, all")),
        ("Task: TASK-SH4R", None),
        ("Task: sh4r and more", None),
        ("Task: other", None),
        ("> Task: sh4r", None),
        ("Fixes: sh4r, #12", None),
    ] {
        assert_eq!(completed(line).as_deref(), expected, "{line}");
    }
}

#[test]
fn several_ids_and_repeats() {
    assert_eq!(
        shown(&parse("s\n\nAdvance: A-1, A-2 ,A-1,a-3\n")),
        ["3 Advance A-1", "3 Advance A-2", "3 Advance A-3"]
    );
    assert_eq!(shown(&parse("s\n\nFixes: A-1, #12\nAdvance: A-1\n")), ["3 Advance A-1"]);
    assert_eq!(shown(&parse("s\n\nFail: A-1, A-2 why\n")), ["3 Fail A-1 why", "3 Fail A-2 why"]);
    let twice = shown(&parse("s\n\nTime: A-1 1h\nTime: A-1 1h\n"));
    assert_eq!(twice.len(), 2, "times add up");
}

#[test]
fn an_id_in_the_subject_links_and_no_more() {
    for (subject, ids) in [
        ("TASK-7Q2M: remember the theme", &["TASK-7Q2M"][..]),
        ("Task: refactor A-1", &["A-1"]),
        ("Advance: the state of A-1", &["A-1"]),
        ("Fix (A-1, A-2), then A-1.", &["A-1", "A-2"]),
        ("fixup! A-1 x", &["A-1"]),
        ("no a-1, no XA-1-B, no src/A-1/x, no A-1.rs", &[]),
    ] {
        let found = parse(subject);
        assert_eq!(found.subject, ids.iter().map(|text| id(text)).collect::<Vec<_>>(), "{subject}");
        assert_eq!((found.directives, found.errors), (Vec::new(), Vec::new()), "{subject}");
    }
    assert_eq!(shown(&parse("Advance: TASK-7Q2M")), ["1 Advance TASK-7Q2M"], "alone in its line");
    for mark in ["fixup!", "squash!", "amend!"] {
        let message = format!("{mark} Do it\n\nAdvance: A-1\nTime: A-1 1h\nTask: A-2\n");
        assert_eq!(shown(&parse(&message)), ["3 Task A-1", "5 Task A-2"], "requested already");
    }
    let found = parse("# comment\n\n\nA-1 subject\nAdvance: A-2\n");
    assert_eq!(found.tasks(), [&id("A-2"), &id("A-1")]);
}

#[test]
fn what_git_removes_directs_nothing() {
    let scissors = "# ------------------------ >8 ------------------------";
    let message = format!("s\n\nTask: A-1\n#Task: A-2\n{scissors}\nTask: A-3\n");
    assert_eq!(shown(&parse(&message)), ["3 Task A-1"]);
    assert_eq!(shown(&parse(&message.replace('\n', "\r\n"))), ["3 Task A-1"]);
    assert_eq!(shown(&parse_message(&message, Comments::None)), ["3 Task A-1", "6 Task A-3"]);
    let other = message.replace('#', "//");
    assert_eq!(shown(&parse_message(&other, Comments::Lines("//"))), ["3 Task A-1"]);
    assert_eq!(shown(&parse("s\n\n; Task: A-2\n---\nTask: A-1\n")), ["5 Task A-1"], "`---` hides nothing");
    let quoted = "s\n\nTask: A-1 ------------------------ >8 ------------------------\n";
    assert_eq!(shown(&parse(quoted)), Vec::<String>::new());
}

#[test]
fn impossible_directives_are_reported() {
    let text = |text: &str| text.to_owned();
    for (line, kind) in [
        ("Advance: 7Q2M", DirectiveErrorKind::NotAnId(text("7Q2M"))),
        ("Task: TASK_7Q2M", DirectiveErrorKind::NotAnId(text("TASK_7Q2M"))),
        ("Advance: A-1 now", DirectiveErrorKind::Trailing(text("now"))),
        ("Advance: A-1 A-2", DirectiveErrorKind::Trailing(text("A-2"))),
        ("Fail: A-1", DirectiveErrorKind::NoReason),
        ("Block: A-1", DirectiveErrorKind::NoReason),
        ("Time: A-1 soon", DirectiveErrorKind::NotATime(text("soon"))),
        ("Time: A-1", DirectiveErrorKind::NotATime(text(""))),
        ("Time: A-1, A-2 1h", DirectiveErrorKind::SharedTime),
        ("Task: rename the theme", DirectiveErrorKind::Prose),
        ("Fail: the build breaks", DirectiveErrorKind::Prose),
    ] {
        let found = parse(&format!("s\n\n{line}\n"));
        let is_fatal = found.errors.iter().any(|error| error.is_fatal());
        assert_eq!(is_fatal, kind != DirectiveErrorKind::Prose, "{line}");
        let shown: Vec<_> = found.errors.into_iter().map(|c| (c.line, c.kind)).collect();
        assert_eq!(shown, [(3, kind)], "{line}");
    }
}

#[test]
fn contradictions_are_reported() {
    for (lines, disagree) in [
        ("Advance: A-1\nFail: A-1 x", true),
        ("Fail: A-1 x\nCloses: A-1", true),
        ("Block: A-1 x\nUnblock: A-1", true),
        ("Advance: A-1\nBlock: A-1 x", true),
        ("Fail: A-1 x\nFail: A-1 y", true),
        ("Advance: A-1\nFail: A-2 x", false),
        ("Task: A-1\nFail: A-1 x", false),
        ("Unblock: A-1\nAdvance: A-1", false),
        ("Fail: A-1 x\nBlock: A-1 y", false),
        ("Advance: A-1\nAdvance: A-1", false),
    ] {
        let found = errors_of(&format!("s\n\n{lines}\n"));
        assert_eq!(found.len(), usize::from(disagree), "{lines}: {found:?}");
    }
    let found = parse("s\n\nAdvance: A-1\nFail: A-1 x\n");
    assert_eq!(found.errors[0].to_string(), "line 4: Fail: Fail of A-1 contradicts Advance on line 3");
}

proptest! {
    #[test]
    fn never_panics(message in ".{0,300}", mark in "[#;/ é]{0,3}") {
        for comments in [Comments::None, Comments::Lines(&mark)] {
            let found = parse_message(&message, comments);
            for error in &found.errors {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }

    #[test]
    fn lines_of_directives_never_panic(lines in proptest::collection::vec(
        "(Task|advance|FAIL|Time|Block|Fixes)?:?[ \t]{0,2}[A-Z]{0,2}-?[0-9a-z]{0,3}[, \r]{0,2}[A-Z0-9é-]{0,4}", 0..8)) {
        let found = parse(&lines.join("\n"));
        let all = lines.len();
        prop_assert!(found.directives.iter().all(|directive| (1..=all).contains(&directive.line)));
        let sorted = found.errors.windows(2).all(|pair| pair[0].line <= pair[1].line);
        prop_assert!(sorted);
    }

    #[test]
    fn prose_without_colons_directs_nothing(message in "[a-zA-Z0-9 \n-]{0,200}") {
        prop_assert_eq!(parse(&message).directives, Vec::new());
    }

    #[test]
    fn line_endings_do_not_matter(lines in proptest::collection::vec("[A-Za-z:, 0-9-]{0,30}", 0..6)) {
        let message = lines.join("\n");
        prop_assert_eq!(parse(&message), parse(&message.replace('\n', "\r\n")));
    }
}
