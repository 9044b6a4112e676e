//! What is shown above a view and takes all keys: questions, a line to type, a vote, the help, a message.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::answers::Failed;
use super::input::LineInput;
use super::text::{fit, truncate, wrap};
use super::theme::Tone;
use super::view::{DrawContext, Subject, Writer};
use super::write::{Verdict, Write};

/// Widest box, in columns.
const WIDEST: u16 = 76;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dialog {
    /// Text to read.
    Text { title: String, lines: Vec<(String, Tone)>, top: usize },
    /// A write that is made after a yes.
    Confirm { question: String, write: Write },
    /// A line to type.
    Prompt { ask: Ask, input: LineInput },
    /// A vote.
    Vote(VoteForm),
}

/// What a line is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    Fail(String),
    Note(String),
    New,
    Command,
}

/// A vote before it is cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VoteForm {
    pub(super) id: String,
    pub(super) verdict: Verdict,
    /// The roles to choose from; none where the command finds it.
    pub(super) roles: Vec<String>,
    pub(super) role: usize,
    pub(super) seen: Option<String>,
    pub(super) notes: LineInput,
    /// Whether a reason was missing.
    pub(super) lacks_reason: bool,
}

/// What comes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Closed,
    Write(Write),
    Command(String),
}

impl Dialog {
    /// Makes a text of why something was not done.
    pub(super) fn failure(title: &str, failed: &Failed) -> Self {
        let mut lines = vec![(failed.message.clone(), Tone::Bad)];
        for reason in &failed.reasons {
            lines.push((format!("{}: {}", reason.label, reason.message), Tone::Plain));
            lines.extend(reason.suggestion.iter().map(|command| (format!("  {command}"), Tone::Dim)));
        }
        lines.extend(failed.hints.iter().map(|hint| (format!("hint: {hint}"), Tone::Dim)));
        Self::Text { title: title.to_owned(), lines, top: 0 }
    }

    /// Takes a key.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Outcome {
        match self {
            Self::Text { top, lines, .. } => match key.code {
                KeyCode::Char('j') | KeyCode::Down => *top = (*top + 1).min(lines.len()),
                KeyCode::Char('k') | KeyCode::Up => *top = top.saturating_sub(1),
                KeyCode::PageDown | KeyCode::Char(' ') => *top = (*top + 10).min(lines.len()),
                KeyCode::PageUp => *top = top.saturating_sub(10),
                _ => return Outcome::Closed,
            },
            Self::Confirm { write, .. } => match key.code {
                KeyCode::Char('y' | 'Y') | KeyCode::Enter => return Outcome::Write(write.clone()),
                KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => return Outcome::Closed,
                _ => {}
            },
            Self::Prompt { ask, input } => match key.code {
                KeyCode::Esc => return Outcome::Closed,
                KeyCode::Enter => return ask.outcome(input.text().trim()),
                _ => drop(input.on_key(key)),
            },
            Self::Vote(form) => return form.on_key(key),
        }
        Outcome::Open
    }

    /// Takes text that was pasted.
    pub(super) fn paste(&mut self, text: &str) {
        match self {
            Self::Prompt { input, .. } => input.insert(text),
            Self::Vote(form) => form.notes.insert(text),
            Self::Text { .. } | Self::Confirm { .. } => {}
        }
    }

    /// Draws it in the middle of the screen, and returns where the cursor is.
    pub(super) fn draw(&self, screen: Rect, buffer: &mut Buffer, look: &DrawContext) -> Option<(u16, u16)> {
        let width = screen.width.saturating_sub(2).clamp(1, WIDEST);
        let room = usize::from(width.saturating_sub(4)).max(1);
        let lines = self.lines(room);
        let most = usize::from(screen.height.saturating_sub(2)).max(1);
        let top =
            if let Self::Text { top, .. } = self { (*top).min(lines.len().saturating_sub(most)) } else { 0 };
        let shown = &lines[top..lines.len().min(top + most)];
        let height = u16::try_from(shown.len()).unwrap_or(u16::MAX).saturating_add(2).min(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height - height) / 2,
            width,
            height,
        };
        draw_box(area, &self.title(), buffer);
        let inner = Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        };
        for (at, (text, tone)) in (0u16..).zip(shown) {
            Writer::new(buffer, inner, at, ratatui::style::Style::new()).put(text, look.theme.style(*tone));
        }
        let input = match self {
            Self::Prompt { input, .. } => input,
            Self::Vote(form) => &form.notes,
            Self::Text { .. } | Self::Confirm { .. } => return None,
        };
        let line = lines.iter().position(|(text, _)| text.starts_with(PROMPT))?;
        let (_, column) = input.shown(room.saturating_sub(PROMPT.len()));
        let column = u16::try_from(column + PROMPT.len()).unwrap_or(0);
        Some((inner.x + column, inner.y + u16::try_from(line).unwrap_or(0)))
    }

    fn title(&self) -> String {
        match self {
            Self::Text { title, .. } => title.clone(),
            Self::Confirm { .. } => "Confirm".to_owned(),
            Self::Prompt { ask, .. } => match ask {
                Ask::Fail(id) => format!("Send {id} back: why?"),
                Ask::Note(id) => format!("Note on {id}"),
                Ask::New => "New task: title".to_owned(),
                Ask::Command => "tracker …".to_owned(),
            },
            Self::Vote(form) => match form.verdict {
                Verdict::Approve => format!("Approve {}", form.id),
                Verdict::Reject => format!("Reject {}", form.id),
            },
        }
    }

    /// Returns its lines, broken to a width.
    fn lines(&self, room: usize) -> Vec<(String, Tone)> {
        let typed = |input: &LineInput| {
            let shown = input.shown(room.saturating_sub(PROMPT.len())).0;
            (format!("{PROMPT}{shown}"), Tone::Plain)
        };
        match self {
            Self::Text { lines, .. } => {
                let broken = |(text, tone): &(String, Tone)| {
                    let tone = *tone;
                    wrap(text, room).into_iter().map(move |line| (line, tone))
                };
                lines.iter().flat_map(broken).collect()
            }
            Self::Confirm { question, .. } => {
                let mut lines: Vec<_> =
                    wrap(question, room).into_iter().map(|line| (line, Tone::Plain)).collect();
                lines.push(("y yes   n no".to_owned(), Tone::Dim));
                lines
            }
            Self::Prompt { input, .. } => {
                vec![typed(input), ("enter does it   esc leaves it".to_owned(), Tone::Dim)]
            }
            Self::Vote(form) => form.lines(typed(&form.notes)),
        }
    }
}

/// Before what is typed.
const PROMPT: &str = "> ";

impl Ask {
    fn outcome(&self, text: &str) -> Outcome {
        if text.is_empty() {
            return Outcome::Closed;
        }
        let text = text.to_owned();
        match self {
            Self::Fail(id) => Outcome::Write(Write::Fail { id: id.clone(), why: text }),
            Self::Note(id) => Outcome::Write(Write::Note { id: id.clone(), text }),
            Self::New => Outcome::Write(Write::New { title: text }),
            Self::Command => Outcome::Command(text),
        }
    }
}

impl VoteForm {
    /// Begins with the role that the task was selected for, else with the first.
    pub(super) fn new(subject: Subject, verdict: Verdict) -> Self {
        let Subject { id, seen, roles, role } = subject;
        let role = role.and_then(|role| roles.iter().position(|own| *own == role)).unwrap_or(0);
        Self { id, verdict, roles, role, seen, notes: LineInput::default(), lacks_reason: false }
    }

    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        let count = self.roles.len().max(1);
        match key.code {
            KeyCode::Esc => return Outcome::Closed,
            KeyCode::Tab | KeyCode::Down => self.role = (self.role + 1) % count,
            KeyCode::BackTab | KeyCode::Up => self.role = (self.role + count - 1) % count,
            KeyCode::Enter => {
                let notes = self.notes.text().trim().to_owned();
                self.lacks_reason = self.verdict == Verdict::Reject && notes.is_empty();
                if !self.lacks_reason {
                    return Outcome::Write(Write::Vote {
                        id: self.id.clone(),
                        verdict: self.verdict,
                        role: self.roles.get(self.role).cloned(),
                        notes,
                        seen: self.seen.clone(),
                    });
                }
            }
            _ => drop(self.notes.on_key(key)),
        }
        Outcome::Open
    }

    fn lines(&self, typed: (String, Tone)) -> Vec<(String, Tone)> {
        let mut lines = Vec::new();
        for (at, role) in self.roles.iter().enumerate() {
            let (mark, tone) = if at == self.role { ("● as", Tone::Strong) } else { ("○ as", Tone::Dim) };
            lines.push((format!("{mark} {role}"), tone));
        }
        let about = match (self.verdict, self.lacks_reason) {
            (Verdict::Approve, _) => ("Notes, if any:", Tone::Plain),
            (Verdict::Reject, false) => ("Reason:", Tone::Plain),
            (Verdict::Reject, true) => ("Reason: a rejection says why", Tone::Bad),
        };
        lines.push((about.0.to_owned(), about.1));
        lines.push(typed);
        let keys = if self.roles.len() > 1 {
            "enter votes   tab next role   esc leaves it"
        } else {
            "enter votes   esc leaves it"
        };
        lines.push((keys.to_owned(), Tone::Dim));
        lines
    }
}

fn draw_box(area: Rect, title: &str, buffer: &mut Buffer) {
    let inside = usize::from(area.width.saturating_sub(2));
    let style = ratatui::style::Style::reset();
    let title = truncate(&format!(" {title} "), inside);
    let rule = "─".repeat(inside.saturating_sub(super::text::width(&title)));
    for line in 0..area.height {
        let row = match line {
            0 => format!("╭{title}{rule}╮"),
            line if line + 1 == area.height => format!("╰{}╯", "─".repeat(inside)),
            _ => format!("│{}│", fit("", inside)),
        };
        buffer.set_stringn(area.x, area.y + line, row, usize::from(area.width), style);
    }
}
