//! Tests of the model and of what it draws, without a terminal.

mod screens;
mod tasks;
mod writes;

use std::os::unix::process::ExitStatusExt as _;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use serde_json::{Value, json};

use super::answers::Failed;
use super::app::{App, Tab};
use super::call::Call;
use super::message::{Effect, Message};
use super::screen::draw;
use super::theme::Theme;
use super::write::{Done, Write};
use crate::process::Output;

/// A view of a size, at a time, as it begins.
fn app_of(width: u16, height: u16) -> App {
    let now = "2026-11-11T12:00:00Z".parse().unwrap();
    let mut app = App::new(Theme { colour: false }, now, "", Tab::List, (width, height));
    assert_eq!(app.begin(), [Effect::Read(list(""))]);
    app
}

fn list(query: &str) -> Call {
    Call::List { query: query.to_owned(), limit: 500 }
}

/// Answers a call with what its command would print.
fn answer(app: &mut App, call: Call, result: &Value) -> Vec<Effect> {
    let stdout = json!({"version": 1, "exit": 0, "result": result, "problems": []}).to_string();
    let answer = call.read(&printed(stdout));
    app.update(Message::Read { call, answer })
}

fn printed(stdout: String) -> Output {
    Output { status: std::process::ExitStatus::from_raw(0), stdout: stdout.into_bytes(), stderr: Vec::new() }
}

fn task(id: &str, title: &str, stage: &str, badge: &str) -> Value {
    json!({
        "id": id, "title": title, "priority": "high", "stage": stage, "status": "in_progress",
        "badge": badge, "ready": false, "assignee": "ada", "since": "2026-11-11T09:00:00Z",
        "boxes": {"done": 1, "total": 2}, "signoffs": {"done": 1, "total": 2},
    })
}

fn listing(tasks: &[Value]) -> Value {
    json!({"query": "", "tasks": tasks, "matched": tasks.len(), "hidden": 3})
}

/// A list of two tasks.
fn with_tasks(width: u16, height: u16) -> App {
    let mut app = app_of(width, height);
    let tasks = [
        task("TASK-7Q2M", "Add dark mode to the dashboard", "qa", "awaiting_qa"),
        task("TASK-K4ZD", "Session expires while typing", "dev", "issues_found"),
    ];
    answer(&mut app, list(""), &listing(&tasks));
    app
}

/// Presses keys: a character each, and names such as `<enter>`.
fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (key, after) = match named {
            Some(("enter", after)) => (KeyEvent::from(KeyCode::Enter), after),
            Some(("esc", after)) => (KeyEvent::from(KeyCode::Esc), after),
            Some(("tab", after)) => (KeyEvent::from(KeyCode::Tab), after),
            Some(("ctrl-c", after)) => (KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL), after),
            _ => (KeyEvent::from(KeyCode::Char(first)), &rest[first.len_utf8()..]),
        };
        effects.extend(app.update(Message::Input(Event::Key(key))));
        rest = after;
    }
    effects
}

fn buffer_of(app: &App) -> Buffer {
    let area = Rect { x: 0, y: 0, width: app.width(), height: app.body().height + 2 };
    let mut buffer = Buffer::empty(area);
    draw(app, area, &mut buffer);
    buffer
}

/// Returns the screen as text; what is selected is between arrows.
fn screen(app: &App) -> String {
    let buffer = buffer_of(app);
    let line = |y: u16| {
        let cells: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        cells.trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
}

fn written(app: &mut App, write: Write, summary: &str) -> Vec<Effect> {
    app.update(Message::Written { write, done: Ok(Done { summary: summary.to_owned(), is_no: false }) })
}

fn refused(app: &mut App, write: Write, failed: Failed) -> Vec<Effect> {
    app.update(Message::Written { write, done: Err(failed) })
}
