//! What is drawn, at which size, and what a click and a filter do.

use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::style::Color;
use serde_json::json;

use super::super::answers::Failed;
use super::super::app::{App, Tab};
use super::super::call::Call;
use super::super::message::{Effect, Message};
use super::super::theme::Theme;
use super::super::write::Write;
use super::{answer, app_of, buffer_of, list, listing, press, screen, task, with_tasks};
use crate::model::is_obeyed;

#[test]
fn the_list_fits_its_columns_to_the_screen() {
    insta::assert_snapshot!(screen(&with_tasks(80, 5)), @r"
     1 list  2 board  3 inbox  4 runs  5 plans  6 sprints  7 fleet
    ⧖ TASK-7Q2M high qa  1/2    Add dark mode to the dashboard         ada        3h
    ✗ TASK-K4ZD high dev 1/2    Session expires while typing           ada        3h

    enter open  / filter  s start  m move  f fail  n note  e edit  ? help  q quit
    ");
    insta::assert_snapshot!(screen(&with_tasks(60, 5)), @r"
     1 list  2  3  4  5  6  7          1/2, 3 closed (is:closed)
    ⧖ TASK-7Q2M qa  Add dark mode to the dashboard            3h
    ✗ TASK-K4ZD dev Session expires while typing              3h

    enter open  / filter  s start  m move  ? help  q quit
    ");
}

#[test]
fn the_filter_is_read_with_each_key_and_only_the_latest_counts() {
    let mut app = with_tasks(80, 6);
    assert_eq!(press(&mut app, "/q"), [Effect::Read(list("q"))]);
    // One is under way: the others wait, and only the last of them is read.
    assert_eq!(press(&mut app, "aé"), []);
    let stale = listing(&[task("TASK-0000", "Stale", "dev", "pending")]);
    assert_eq!(answer(&mut app, list("q"), &stale), [Effect::Read(list("qaé"))]);
    assert!(!screen(&app).contains("Stale"));
    let latest = listing(&[task("TASK-7Q2M", "Add dark mode", "qa", "awaiting_qa")]);
    assert_eq!(answer(&mut app, list("qaé"), &latest), []);
    insta::assert_snapshot!(screen(&app), @r"
     1 list  2 board  3 inbox  4 runs  5 plans  6 sprints  7 fleet
    / qaé
    ⧖ TASK-7Q2M high qa 1/2    Add dark mode                           ada        3h


    enter open  / filter  s start  m move  f fail  n note  e edit  ? help  q quit
    ");
}

#[test]
fn a_filter_that_cannot_be_read_leaves_what_is_seen() {
    let mut app = with_tasks(80, 6);
    press(&mut app, "/x:");
    let failed = || Err(Failed::new("expected a value after `x:`"));
    app.update(Message::Read { call: list("x"), answer: failed() });
    app.update(Message::Read { call: list("x:"), answer: failed() });
    let seen = screen(&app);
    assert!(seen.contains("expected a value") && seen.contains("Session expires"), "{seen}");
    // Escape takes back what was typed.
    assert_eq!(press(&mut app, "<esc>"), [Effect::Read(list(""))]);
    assert!(!screen(&app).contains("expected a value"));
    // Where nothing was read before, nothing is waited for.
    let now = "2026-11-11T12:00:00Z".parse().unwrap();
    let mut app = App::new(Theme { colour: false }, now, "x:", Tab::List, (80, 6));
    app.update(Message::Read { call: list("x:"), answer: failed() });
    let seen = screen(&app);
    assert!(seen.contains("expected a value") && !seen.contains("reading"), "{seen}");
}

#[test]
fn another_filter_selects_its_first_task_unless_the_selected_one_is_there() {
    let mut app = with_tasks(80, 6);
    press(&mut app, "j/t");
    let found = ["TASK-AAAA", "TASK-7Q2M"].map(|id| task(id, "t", "dev", "pending"));
    answer(&mut app, list("t"), &listing(&found));
    assert_eq!(app.view().subject().unwrap().id, "TASK-AAAA");
    press(&mut app, "<enter>j/i");
    answer(&mut app, list("ti"), &listing(&found));
    assert_eq!(app.view().subject().unwrap().id, "TASK-7Q2M");
}

#[test]
fn runs_of_plans_and_workers_open_what_is_known_of_them() {
    let opened = |keys: &str, call: Call, result: serde_json::Value| {
        let mut app = app_of(80, 6);
        press(&mut app, keys);
        answer(&mut app, call, &result);
        match &press(&mut app, "<enter>")[..] {
            [Effect::Read(Call::Page(page))] => page.words.join(" "),
            other => panic!("{other:?}"),
        }
    };
    let run = json!({"kind": "workflow", "run": "RUN-1", "workflow": "PLAN-9HJ1", "state": "success",
                     "created": "2026-11-11T10:00:00Z", "done": 1, "steps": 1});
    assert_eq!(opened("4", Call::Runs, json!({"runs": [run]})), "plan status PLAN-9HJ1");
    let worker = json!({"worker": "style", "state": "offline"});
    assert_eq!(opened("7", Call::Fleet, json!({"workers": [worker]})), "worker show style");
}

#[test]
fn the_selection_stays_on_its_task_while_others_come() {
    let mut app = with_tasks(80, 6);
    press(&mut app, "j");
    assert_eq!(app.update(Message::Changed), [Effect::Read(list(""))]);
    let tasks = [
        task("TASK-NEW1", "One more", "none", "pending"),
        task("TASK-7Q2M", "Add dark mode", "qa", "awaiting_qa"),
        task("TASK-K4ZD", "Session expires", "dev", "issues_found"),
    ];
    answer(&mut app, list(""), &listing(&tasks));
    assert_eq!(app.view().subject().unwrap().id, "TASK-K4ZD");
}

#[test]
fn nothing_of_a_record_reaches_the_terminal_as_a_command_and_no_colour_means_none() {
    let mut app = app_of(80, 6);
    let hostile = "a\u{1b}[2J\u{1b}]0;x\u{7}b\u{202e}c\nd\u{9b}31me";
    let mut row = task("TASK-EV1L", hostile, hostile, "pending");
    row["assignee"] = hostile.into();
    answer(&mut app, list(""), &listing(&[row.clone()]));
    let clean = |app: &App| {
        let buffer = buffer_of(app);
        assert!(buffer.content.iter().all(|cell| !cell.symbol().chars().any(is_obeyed)), "{}", screen(app));
        assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    };
    assert!(screen(&app).contains("a[2J]0;xbc d31me"), "{}", screen(&app));
    clean(&app);
    press(&mut app, "<enter>");
    row["body"] = hostile.into();
    row["notes"] = json!([{"at": "2026-11-11T09:00:00Z", "by": hostile, "text": hostile}]);
    answer(
        &mut app,
        Call::Task("TASK-EV1L".to_owned()),
        &json!({"id": "TASK-EV1L", "task": row, "next": [hostile]}),
    );
    assert!(screen(&app).contains("a[2J]0;xbc"));
    clean(&app);
    app.update(Message::Read { call: Call::Task("TASK-EV1L".to_owned()), answer: Err(Failed::new(hostile)) });
    clean(&app);
}

#[test]
fn any_size_can_be_drawn() {
    for (width, height) in [(1, 1), (3, 2), (20, 5), (60, 15), (80, 24), (200, 50)] {
        for key in ["", "2", "3", "4", "<enter>", "?", ":", "c", "/"] {
            let mut app = with_tasks(width, height);
            press(&mut app, key);
            screen(&app);
        }
        let mut app = with_tasks(80, 24);
        app.update(Message::Resized(width, height));
        assert_eq!(app.width(), width);
        screen(&app);
    }
}

#[test]
fn the_board_scrolls_to_where_there_is_no_room() {
    let mut app = app_of(60, 8);
    let board = Call::Board { query: String::new() };
    assert_eq!(press(&mut app, "2"), [Effect::Read(board.clone())]);
    let column = |stage: &str, ids: &[&str]| {
        let tasks: Vec<_> = ids.iter().map(|id| task(id, "Some title", stage, "in_progress")).collect();
        json!({"stage": stage, "tasks": tasks})
    };
    let columns = [
        column("none", &[]),
        column("dev", &["T-1", "T-2", "T-3"]),
        column("qa", &["T-4"]),
        column("complete", &["T-5"]),
    ];
    answer(&mut app, board, &json!({"query": "", "columns": columns}));
    insta::assert_snapshot!(screen(&app), @r"
     1  2 board  3  4  5  6  7                   stages 1–2 of 4
    none 0                        dev 3
                                  ● T-1 ada
                                    Some title
                                  ● T-2 ada
                                    Some title

    enter open  / filter  s start  m move  ? help  q quit
    ");
    press(&mut app, "jjll");
    insta::assert_snapshot!(screen(&app), @r"
     1  2 board  3  4  5  6  7                   stages 3–4 of 4
    qa 1                          complete 1
    ● T-4 ada                     ● T-5 ada
      Some title                    Some title



    enter open  / filter  s start  m move  ? help  q quit
    ");
    let opened = press(&mut app, "<enter>");
    assert_eq!(opened, [Effect::Read(Call::Task("T-5".to_owned()))]);
}

#[test]
fn the_inbox_opens_what_waits() {
    let mut app = app_of(80, 6);
    assert_eq!(press(&mut app, "3"), [Effect::Read(Call::Inbox)]);
    let items = json!([
        {"kind": "review", "task": "TASK-K4ZD", "title": "Session expires", "about": "as auditor",
         "role": "auditor", "since": "2026-11-11T10:00:00Z", "command": "tracker approve TASK-K4ZD"},
        {"kind": "plan", "task": "PLAN-1", "title": "Harden the login", "since": null, "command": "x"},
    ]);
    answer(&mut app, Call::Inbox, &json!({"items": items}));
    insta::assert_snapshot!(screen(&app), @r"
     1 list  2 board  3 inbox  4 runs  5 plans  6 sprints  7 fleet               1/2
    review TASK-K4ZD Session expires                                  as auditor 2h
    plan   PLAN-1    Harden the login


    enter open  / filter  s start  m move  f fail  n note  e edit  ? help  q quit
    ");
    assert_eq!(press(&mut app, "<enter>"), [Effect::Read(Call::Task("TASK-K4ZD".to_owned()))]);
    press(&mut app, "<esc>j");
    let effects = press(&mut app, "<enter>");
    assert!(
        matches!(&effects[..], [Effect::Read(Call::Page(page))] if page.words == ["plan", "show", "PLAN-1"])
    );
}

#[test]
fn a_wide_screen_shows_the_selected_task_beside_its_list() {
    let mut app = app_of(150, 7);
    let tasks = [task("T-1", "One", "dev", "in_progress"), task("T-2", "Two", "dev", "in_progress")];
    let call = |id: &str| Call::Task(id.to_owned());
    assert_eq!(answer(&mut app, list(""), &listing(&tasks)), [Effect::Read(call("T-1"))]);
    // The selection moves on while the first one is read.
    assert_eq!(press(&mut app, "j"), []);
    assert_eq!(
        answer(&mut app, call("T-1"), &json!({"id": "T-1", "task": tasks[0]})),
        [Effect::Read(call("T-2"))]
    );
    answer(&mut app, call("T-2"), &json!({"id": "T-2", "task": tasks[1]}));
    insta::assert_snapshot!(screen(&app), @r"
     1 list  2 board  3 inbox  4 runs  5 plans  6 sprints  7 fleet                                                               2/2, 3 closed (is:closed)
    ● T-1 high dev 1/2    One                                            ada        3h│ T-2  Two
    ● T-2 high dev 1/2    Two                                            ada        3h│   ● in progress
                                                                                      │   high   ada
                                                                                      │   since 3h
                                                                                      │
    enter open  / filter  s start  m move  f fail  n note  e edit  ? help  q quit
    ");
    assert_eq!(app.update(Message::Changed), [Effect::Read(list("")), Effect::Read(call("T-2"))]);
    app.update(Message::Resized(100, 7));
    assert!(!screen(&app).contains('│'));
}

#[test]
fn a_plan_is_decided_by_a_command_that_is_seen_first() {
    let mut app = app_of(80, 8);
    press(&mut app, "5");
    let plans = json!({"plans": [{"id": "PLAN-1", "title": "Login", "state": "draft", "changed": false, "tasks": {"done": 1, "total": 42}}]});
    answer(&mut app, Call::Plans, &plans);
    assert!(screen(&app).contains("PLAN-1 draft 1 of 42 Login"), "{}", screen(&app));
    press(&mut app, "<enter>r");
    assert!(screen(&app).contains("> plan reject PLAN-1"), "{}", screen(&app));
    let reject = ["plan", "reject", "PLAN-1", "too large"].map(str::to_owned).to_vec();
    assert_eq!(press(&mut app, "'too large'<enter>"), [Effect::Write(Write::Command(reject))]);
}

#[test]
fn a_log_is_followed_in_its_colours() {
    let mut app = app_of(60, 6);
    press(&mut app, "4");
    let created = "2026-11-11T11:00:00Z";
    let runs = json!({"runs": [{"kind": "workflow", "run": "RUN-1", "workflow": "checks", "state": "running",
        "hold": null, "created": created, "done": 1, "steps": 3, "here": true, "place": null}], "left_out": 0});
    answer(&mut app, Call::Runs, &runs);
    assert!(screen(&app).contains("RUN-1 running 1/3 checks"), "{}", screen(&app));
    press(&mut app, "l");
    let log = app.view().call();
    let words = "--format json run logs RUN-1 --lines 5000";
    assert_eq!(log.words().join(" "), words);
    let printed = |count: usize| {
        let lines: String = (1..=count).map(|at| format!("\u{1b}[32mline {at}\u{1b}[0m\n")).collect();
        json!({"run": "RUN-1", "step": "build", "attempt": 1, "stdout": lines, "stderr": "", "truncated": false})
    };
    answer(&mut app, log.clone(), &printed(9));
    assert!(screen(&app).contains("line 9") && !screen(&app).contains("line 5"), "{}", screen(&app));
    assert_eq!(buffer_of(&app)[(0, 1)].fg, Color::Indexed(2));
    // Who reads further up is not taken to the end.
    press(&mut app, "g");
    answer(&mut app, log.clone(), &printed(20));
    assert!(screen(&app).contains("line 1"));
    press(&mut app, "G");
    answer(&mut app, log, &printed(30));
    assert!(screen(&app).contains("line 30"));
}

#[test]
fn a_click_selects_and_another_opens() {
    let mut app = with_tasks(80, 6);
    let click = |app: &mut App, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        app.update(Message::Input(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })))
    };
    assert_eq!(click(&mut app, 10, 2), []);
    assert_eq!(app.view().subject().unwrap().id, "TASK-K4ZD");
    assert_eq!(click(&mut app, 10, 4), []);
    assert_eq!(click(&mut app, 10, 2), [Effect::Read(Call::Task("TASK-K4ZD".to_owned()))]);
    // On the first line are the tabs.
    assert_eq!(click(&mut app, 20, 0), [Effect::Read(Call::Inbox)]);
}

#[test]
fn a_list_reads_on_before_its_end_is_reached() {
    let mut app = app_of(80, 12);
    let tasks: Vec<_> =
        (0..500).map(|at| task(&format!("T-{at}"), "Some title", "dev", "in_progress")).collect();
    let mut first = listing(&tasks);
    first["matched"] = 10_000.into();
    answer(&mut app, list(""), &first);
    assert_eq!(press(&mut app, "j"), []);
    press(&mut app, &"j".repeat(470));
    let more = Call::List { query: String::new(), limit: 2000 };
    assert_eq!(press(&mut app, &"j".repeat(20)), [Effect::Read(more.clone())]);
    answer(&mut app, more, &first);
    let all = Call::List { query: String::new(), limit: 10_000 };
    assert_eq!(press(&mut app, "G"), [Effect::Read(all.clone())]);
    first["tasks"].as_array_mut().unwrap().push(task("T-LAST", "The last", "dev", "in_progress"));
    answer(&mut app, all, &first);
    assert_eq!(app.view().subject().unwrap().id, "T-LAST");
}

#[test]
fn help_names_the_keys_of_what_is_seen() {
    let mut app = with_tasks(80, 24);
    press(&mut app, "?");
    insta::assert_snapshot!(screen(&app), @r"
     1╭ Keys ────────────────────────────────────────────────────────────────────╮
    ⧖ │ Here                                                                     │3h
    ✗ │ enter          open                                                      │3h
      │ /              filter                                                    │
      │ h l, ← →       other column of the board                                 │
      │ esc            drop the filter                                           │
      │ The selected task                                                        │
      │ s              start                                                     │
      │ m              move on to the next stage                                 │
      │ f              fail, with a reason                                       │
      │ n              note                                                      │
      │ e              edit in your editor                                       │
      │ a r            approve, reject; a list opens the task first              │
      │ Everywhere                                                               │
      │ j k, ↓ ↑       down, up; also wheel and click                            │
      │ g G            first, last                                               │
      │ ctrl-d ctrl-u  half a page down, up                                      │
      │ 1 … 7, tab     views                                                     │
      │ esc, backspace back                                                      │
      │ c              create a task                                             │
      │ u              undo the last write                                       │
      │ :              any command, as in `:log 7q2m`, or a view                 │
      │ R              read again                                                │
    en╰──────────────────────────────────────────────────────────────────────────╯
    ");
    press(&mut app, "<esc>");
    assert!(!screen(&app).contains("Everywhere"));
}

#[test]
fn meanings_have_colours_where_there_may_be_some() {
    let now = "2026-11-11T12:00:00Z".parse().unwrap();
    let mut app = App::new(Theme { colour: true }, now, "", Tab::List, (80, 6));
    app.begin();
    let rows = [task("T-1", "a", "dev", "pending"), task("T-2", "b", "qa", "issues_found")];
    answer(&mut app, list(""), &listing(&rows));
    assert_eq!(buffer_of(&app)[(0, 2)].fg, Color::Red);
}
