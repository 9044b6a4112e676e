//! Writes: in their order, beside the view, with what came of them.

use super::super::answers::{Failed, Reason};
use super::super::dialog::Dialog;
use super::super::message::{Effect, Message};
use super::super::write::Write;
use super::{list, press, refused, screen, with_tasks, written};

fn advance(id: &str) -> Write {
    Write::Advance(id.to_owned())
}

#[test]
fn writes_are_made_one_after_the_other_while_the_view_goes_on() {
    let mut app = with_tasks(80, 6);
    assert_eq!(press(&mut app, "m"), [Effect::Write(advance("TASK-7Q2M"))]);
    assert_eq!(press(&mut app, "jm"), []);
    assert!(screen(&app).contains("… advance TASK-7Q2M, 1 more"), "{}", screen(&app));
    assert_eq!(
        written(&mut app, advance("TASK-7Q2M"), "TASK-7Q2M  qa → sec"),
        [Effect::Write(advance("TASK-K4ZD"))]
    );
    assert!(screen(&app).contains("TASK-7Q2M  qa → sec"));
    assert_eq!(written(&mut app, advance("TASK-K4ZD"), "TASK-K4ZD  dev → qa"), [Effect::Read(list(""))]);
}

#[test]
fn a_refusal_names_all_reasons_with_their_commands() {
    let mut app = with_tasks(80, 14);
    press(&mut app, "m");
    let reason = Reason {
        label: "missing".to_owned(),
        message: "approval of reviewer".to_owned(),
        suggestion: Some("tracker approve TASK-7Q2M --as reviewer".to_owned()),
    };
    let failed =
        Failed { message: "TASK-7Q2M cannot leave qa".to_owned(), hints: Vec::new(), reasons: vec![reason] };
    refused(&mut app, advance("TASK-7Q2M"), failed);
    insta::assert_snapshot!(screen(&app), @r"
     1 list  2 board  3 inbox  4 runs  5 plans  6 sprints  7 fleet
    ⧖ TASK-7Q2M high qa  1/2    Add dark mode to the dashboard         ada        3h
    ✗ TASK-K4ZD high dev 1/2    Session expires while typing           ada        3h

      ╭ advance TASK-7Q2M ───────────────────────────────────────────────────────╮
      │ TASK-7Q2M cannot leave qa                                                │
      │ missing: approval of reviewer                                            │
      │   tracker approve TASK-7Q2M --as reviewer                                │
      ╰──────────────────────────────────────────────────────────────────────────╯




    enter open  / filter  s start  m move  f fail  n note  e edit  ? help  q quit
    ");
    press(&mut app, "<esc>");
    assert_eq!(app.dialog, None);
}

#[test]
fn undo_says_what_it_takes_back_before_it_does() {
    let mut app = with_tasks(80, 10);
    assert_eq!(press(&mut app, "u"), [Effect::Write(Write::PreviewUndo)]);
    written(&mut app, Write::PreviewUndo, "tick TASK-7Q2M 2");
    assert!(
        matches!(&app.dialog, Some(Dialog::Confirm { question, .. }) if question.contains("tick TASK-7Q2M 2"))
    );
    assert_eq!(press(&mut app, "x"), []);
    assert_eq!(press(&mut app, "y"), [Effect::Write(Write::Undo)]);
    written(&mut app, Write::Undo, "tick TASK-7Q2M 2");
    assert!(screen(&app).contains("undid: tick TASK-7Q2M 2"));
    press(&mut app, "u");
    written(&mut app, Write::PreviewUndo, "x");
    assert_eq!(press(&mut app, "n"), []);
    assert_eq!(app.dialog, None);
}

#[test]
fn it_leaves_when_the_writes_are_done_and_at_once_when_asked_again() {
    let mut app = with_tasks(80, 6);
    assert_eq!(press(&mut app, "q"), [Effect::Quit(None)]);
    press(&mut app, "m");
    assert_eq!(press(&mut app, "q"), []);
    assert_eq!(written(&mut app, advance("TASK-7Q2M"), "x"), [Effect::Quit(None)]);
    let mut app = with_tasks(80, 6);
    press(&mut app, "m");
    assert_eq!(press(&mut app, "qq"), [Effect::Quit(None)]);
    assert_eq!(press(&mut app, "<ctrl-c>"), [Effect::Quit(None)]);
    assert_eq!(app.update(Message::Signal(15)), [Effect::Quit(Some(15))]);
}

#[test]
fn a_line_is_typed_for_notes_failures_and_new_tasks() {
    let mut app = with_tasks(80, 10);
    let note = Write::Note { id: "TASK-7Q2M".to_owned(), text: "q is no key here".to_owned() };
    assert_eq!(press(&mut app, "nq is no key here<enter>"), [Effect::Write(note.clone())]);
    written(&mut app, note, "noted");
    assert_eq!(press(&mut app, "f<enter>"), []);
    assert_eq!(app.dialog, None);
    let new = Write::New { title: "One more".to_owned() };
    assert_eq!(press(&mut app, "c One more <enter>"), [Effect::Write(new)]);
    assert_eq!(press(&mut app, "e"), [Effect::Edit("TASK-7Q2M".to_owned())]);
}

#[test]
fn a_command_is_run_once_and_its_output_is_a_page() {
    let mut app = with_tasks(80, 10);
    let words = vec!["log".to_owned(), "7q2m".to_owned()];
    let log = Write::Command(words);
    assert_eq!(press(&mut app, ":tracker log 7q2m<enter>"), [Effect::Write(log.clone())]);
    // It is in nobody's way.
    assert_eq!(press(&mut app, "m"), [Effect::Write(advance("TASK-7Q2M"))]);
    assert_eq!(written(&mut app, log, "\u{1b}[1mTASK-7Q2M\u{1b}[0m created\nmoved"), []);
    assert!(screen(&app).contains("TASK-7Q2M created"));
    assert_eq!(app.writes.len(), 1);
    // What changes does not run it again.
    assert_eq!(app.update(Message::Changed), []);
    press(&mut app, "<esc>");
    assert!(matches!(press(&mut app, ":inbox<enter>")[..], [Effect::Read(_)]));
    assert_eq!(press(&mut app, ":serve<enter>"), []);
    assert!(screen(&app).contains("a terminal of its own"));
    press(&mut app, ":note 'x<enter>");
    assert!(screen(&app).contains("a quote is not closed"));
}
