//! The screen as a whole: the first line, the view, the last line, and what is above them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::app::{App, Tab};
use super::text::width;
use super::theme::Tone;
use super::view::Writer;

/// Draws everything into a buffer, and returns where the cursor of the terminal is.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let look = app.look();
    draw_tabs(app, area, buffer);
    let body = app.body().intersection(area);
    app.view().draw(body, buffer, &look);
    if let Some((view, area)) = app.beside() {
        for y in body.top()..body.bottom() {
            Writer::new(buffer, Rect { x: body.right(), y, width: 1, height: 1 }, 0, Style::new())
                .put("│", look.theme.style(Tone::Dim));
        }
        view.draw(area.intersection(buffer.area), buffer, &look);
    }
    draw_last_line(app, area, buffer);
    match &app.dialog {
        Some(dialog) => dialog.draw(area, buffer, &look),
        None => app.view().caret().map(|(x, y)| (body.x + x, body.y + y)),
    }
}

/// Returns the labels of the tabs; where there is little room, only the current one has its name.
fn labels(app: &App, columns: u16) -> Vec<String> {
    let all: Vec<String> =
        Tab::ALL.iter().enumerate().map(|(at, tab)| format!(" {} {} ", at + 1, tab.name())).collect();
    let taken: usize = all.iter().map(|label| width(label)).sum();
    let path = app.path().iter().map(|title| width(title) + 3).sum::<usize>();
    if taken + path.max(12) <= usize::from(columns) {
        return all;
    }
    let short = |(at, label): (usize, String)| if at == app.tab { label } else { format!(" {} ", at + 1) };
    all.into_iter().enumerate().map(short).collect()
}

/// Returns the tab in a column of the first line.
pub(super) fn tab_at(app: &App, column: u16) -> Option<usize> {
    let mut end = 0;
    labels(app, app.width()).iter().position(|label| {
        end += width(label);
        usize::from(column) < end
    })
}

fn draw_tabs(app: &App, area: Rect, buffer: &mut Buffer) {
    let style = |tone| app.theme.style(tone);
    let mut line = Writer::new(buffer, area, 0, Style::new());
    for (at, label) in labels(app, area.width).iter().enumerate() {
        let look = if at == app.tab { app.theme.selected() } else { style(Tone::Dim) };
        line.put(label, look);
    }
    let path = app.path();
    if path.is_empty() {
        line.at_end(&app.view().title(), style(Tone::Dim));
    } else {
        line.put(&format!(" › {}", path.join(" › ")), style(Tone::Strong));
    }
}

fn draw_last_line(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(last) = area.height.checked_sub(1).filter(|last| *last > 0) else { return };
    let style = |tone| app.theme.style(tone);
    let mut line = Writer::new(buffer, area, last, Style::new());
    if let Some(write) = app.writes.front() {
        let more = match app.writes.len() {
            1 => String::new(),
            count => format!(", {} more", count - 1),
        };
        line.put(&format!("… {}{more}   ", write.label()), style(Tone::Info));
    }
    if let Some(notice) = &app.notice {
        line.put(&notice.text, style(notice.tone));
        return;
    }
    let rows = app.view().keys().iter().chain(if app.view().subject().is_some() {
        super::keys::ANY_TASK.iter()
    } else {
        [].iter()
    });
    // Help and quit are always seen.
    let end = "? help  q quit";
    for row in rows.filter(|row| row.is_usual) {
        let word = row.what.split([' ', ',']).next().unwrap_or_default();
        if line.room() < width(row.keys) + width(word) + width(end) + 4 {
            break;
        }
        line.put(row.keys, style(Tone::Strong)).put(&format!(" {word}  "), style(Tone::Dim));
    }
    line.put(end, style(Tone::Dim));
}
