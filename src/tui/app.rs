//! The model: what is on the screen, and what becomes of it by each message. Pure: what it does comes back as effects.

use std::collections::VecDeque;

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;

use super::ansi;
use super::answers::Failed;
use super::board::BoardView;
use super::call::{Answer, Call};
use super::dialog::{Ask, Dialog, Outcome};
use super::keys;
use super::list::ListView;
use super::lists::Target;
use super::message::{Effect, Message, Now};
use super::page::PageView;
use super::requests::Requests;
use super::table::TableView;
use super::task::TaskView;
use super::theme::{Theme, Tone};
use super::view::{Action, DrawContext, View};
use super::write::{Done, Write, words_of};

/// Columns from which on a selected task is seen beside its list.
const WIDE: u16 = 140;

/// The views that are always there, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    List,
    Board,
    Inbox,
    Runs,
    Plans,
    Sprints,
    Fleet,
}

impl Tab {
    pub(super) const ALL: [Self; 7] =
        [Self::List, Self::Board, Self::Inbox, Self::Runs, Self::Plans, Self::Sprints, Self::Fleet];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Board => "board",
            Self::Inbox => "inbox",
            Self::Runs => "runs",
            Self::Plans => "plans",
            Self::Sprints => "sprints",
            Self::Fleet => "fleet",
        }
    }

    /// Reads a name as it is typed.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name().eq_ignore_ascii_case(name))
    }

    fn view(self, query: &str) -> Box<dyn View> {
        let table = |call, empty| Box::new(TableView::new(call, empty));
        match self {
            Self::List => Box::new(ListView::new(query)),
            Self::Board => Box::<BoardView>::default(),
            Self::Inbox => table(Call::Inbox, "nothing waits for you"),
            Self::Runs => table(Call::Runs, "no run yet; `tracker run start WORKFLOW` starts one"),
            Self::Plans => table(Call::Plans, "no plan; `tracker plan new TITLE` makes one"),
            Self::Sprints => table(Call::Sprints, "no sprint; `tracker sprint new NAME` makes one"),
            Self::Fleet => table(Call::Fleet, "no fleet is up; `tracker fleet up` starts one"),
        }
    }
}

/// One line to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// The state of the program.
#[derive(Debug)]
pub(super) struct App {
    pub(super) theme: Theme,
    pub(super) now: Now,
    pub(super) tab: usize,
    tabs: Vec<Box<dyn View>>,
    /// What was opened, above the tab.
    opened: Vec<Box<dyn View>>,
    /// The selected task, beside a list on a screen that has room for both.
    preview: Option<TaskView>,
    pub(super) dialog: Option<Dialog>,
    pub(super) notice: Option<Notice>,
    pub(super) requests: Requests,
    /// Writes in their order; the first one is under way.
    pub(super) writes: VecDeque<Write>,
    /// Whether it ends when they are done.
    leaves: bool,
    size: (u16, u16),
}

impl App {
    pub(super) fn new(theme: Theme, now: Now, query: &str, tab: Tab, size: (u16, u16)) -> Self {
        let tabs = Tab::ALL.map(|tab| tab.view(query)).into();
        let mut app = Self {
            theme,
            now,
            tab: tab as usize,
            tabs,
            opened: Vec::new(),
            preview: None,
            dialog: None,
            notice: None,
            requests: Requests::default(),
            writes: VecDeque::new(),
            leaves: false,
            size,
        };
        app.fit();
        app
    }

    /// Returns what is to be read first.
    pub(super) fn begin(&mut self) -> Vec<Effect> {
        self.read()
    }

    pub(super) fn look(&self) -> DrawContext {
        DrawContext { theme: self.theme, now: self.now }
    }

    /// Returns the view that is seen.
    pub(super) fn view(&self) -> &dyn View {
        self.opened.last().unwrap_or(&self.tabs[self.tab]).as_ref()
    }

    fn view_mut(&mut self) -> &mut dyn View {
        self.opened.last_mut().unwrap_or(&mut self.tabs[self.tab]).as_mut()
    }

    /// Returns the titles of what was opened, one above the other.
    pub(super) fn path(&self) -> Vec<String> {
        self.opened.iter().map(|view| view.title()).collect()
    }

    /// Returns where the view is: all but the first line and the last one, and what is beside it.
    pub(super) fn body(&self) -> Rect {
        let width = if self.has_preview() { self.size.0 * 11 / 20 } else { self.size.0 };
        Rect { x: 0, y: 1, width, height: self.size.1.saturating_sub(2) }
    }

    /// Returns the columns of the screen.
    pub(super) fn width(&self) -> u16 {
        self.size.0
    }

    /// Whether the selected task is seen beside the view.
    fn has_preview(&self) -> bool {
        let is_list = matches!(Tab::ALL[self.tab], Tab::List | Tab::Inbox);
        self.size.0 >= WIDE && self.opened.is_empty() && is_list
    }

    /// Returns what is beside the view, and where.
    pub(super) fn beside(&self) -> Option<(&dyn View, Rect)> {
        let body = self.body();
        let x = body.right() + 2;
        let area = Rect { x, width: self.size.0.saturating_sub(x), ..body };
        self.preview.as_ref().filter(|_| self.has_preview()).map(|view| (view as &dyn View, area))
    }

    fn fit(&mut self) {
        let (body, now) = (self.body(), self.now);
        self.view_mut().fit(body.width, body.height, now);
        let area = self.beside().map(|(_, area)| area);
        if let Some((preview, area)) = self.preview.as_mut().zip(area) {
            preview.fit(area.width, area.height, now);
        }
    }

    /// Shows another task beside the view where another is selected.
    fn follow_selection(&mut self) -> Option<Effect> {
        if !self.has_preview() {
            self.preview = None;
            return None;
        }
        let id = self.view().subject()?.id;
        let call = Call::Task(id.clone());
        if self.preview.as_ref().is_some_and(|preview| preview.call() == call) {
            return None;
        }
        self.preview = Some(TaskView::new(id, None));
        self.requests.ask(call).map(Effect::Read)
    }

    /// Takes a message.
    pub(super) fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = match message {
            Message::Input(Event::Key(key)) if key.kind != KeyEventKind::Release => self.on_key(key),
            Message::Input(Event::Paste(text)) => self.on_paste(&text),
            Message::Input(Event::Mouse(mouse)) => self.on_mouse(mouse),
            Message::Input(Event::Resize(width, height)) | Message::Resized(width, height) => {
                self.size = (width, height);
                self.fit();
                // A page is printed for a width.
                if matches!(self.view().call(), Call::Page(_)) { self.read() } else { Vec::new() }
            }
            Message::Input(_) => Vec::new(),
            Message::Changed => self.read(),
            Message::Read { call, answer } => self.on_read(&call, answer),
            Message::Written { write, done } => self.on_written(&write, done),
            Message::Edited { id, failed } => {
                match failed {
                    Some(failed) => self.dialog = Some(Dialog::failure(&format!("edit {id}"), &failed)),
                    None => self.notify(format!("{id}  the editor has ended"), Tone::Good),
                }
                self.read()
            }
            Message::Suspended => vec![Effect::Suspend],
            Message::Signal(signal) => vec![Effect::Quit(Some(signal))],
        };
        effects.extend(self.follow_selection());
        self.fit();
        effects
    }

    /// Reads what is seen.
    fn read(&mut self) -> Vec<Effect> {
        // A page may be fixed: what it shows was printed once.
        let call = self.view().call();
        if matches!(&call, Call::Page(page) if page.width == 0) {
            return Vec::new();
        }
        let beside = self.beside().map(|(view, _)| view.call());
        let calls = [call].into_iter().chain(beside);
        calls.filter_map(|call| self.requests.ask(call)).map(Effect::Read).collect()
    }

    fn on_read(&mut self, call: &Call, answer: Result<Answer, Failed>) -> Vec<Effect> {
        let next = self.requests.ended(call.slot());
        let preview = self.preview.as_mut().filter(|preview| preview.call() == *call);
        if let (Some(preview), Ok(answer)) = (preview, &answer) {
            preview.take(answer.clone());
        }
        if self.view().call() == *call {
            match answer {
                Ok(answer) => self.view_mut().take(answer),
                Err(failed) => {
                    if !self.view_mut().refuse(&failed) {
                        self.notify(failed.message, Tone::Bad);
                    }
                }
            }
        }
        next.map(Effect::Read).into_iter().collect()
    }

    fn notify(&mut self, text: impl Into<String>, tone: Tone) {
        self.notice = Some(Notice { text: text.into(), tone });
    }

    fn write(&mut self, write: Write) -> Vec<Effect> {
        self.writes.push_back(write.clone());
        if self.writes.len() == 1 { vec![Effect::Write(write)] } else { Vec::new() }
    }

    fn on_written(&mut self, write: &Write, done: Result<Done, Failed>) -> Vec<Effect> {
        if !matches!(write, Write::Command(_)) {
            self.writes.pop_front();
        }
        match (write, done) {
            (Write::PreviewUndo, Ok(done)) => {
                let question = format!("Undo: {}?", done.summary);
                self.dialog = Some(Dialog::Confirm { question, write: Write::Undo });
            }
            (Write::Undo, Ok(done)) => self.notify(format!("undid: {}", done.summary), Tone::Good),
            (Write::Command(words), Ok(done)) => {
                let page = PageView::fixed(words.clone(), ansi::lines(&done.summary));
                self.opened.push(Box::new(page));
            }
            (_, Ok(done)) => {
                let tone = if done.is_no { Tone::Warning } else { Tone::Good };
                self.notify(done.summary, tone);
            }
            (write, Err(failed)) => self.dialog = Some(Dialog::failure(&write.label(), &failed)),
        }
        match self.writes.front() {
            Some(_) if matches!(write, Write::Command(_)) => Vec::new(),
            Some(next) => vec![Effect::Write(next.clone())],
            None if self.leaves => vec![Effect::Quit(None)],
            None => self.read(),
        }
    }

    fn on_paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(dialog) = &mut self.dialog {
            dialog.paste(text);
            return Vec::new();
        }
        let action = self.view_mut().paste(text);
        self.act(action)
    }

    fn on_mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let body = self.body();
        match mouse.kind {
            _ if self.dialog.is_some() => Vec::new(),
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let lines = if mouse.kind == MouseEventKind::ScrollDown { 3 } else { -3 };
                self.view_mut().scroll(lines);
                Vec::new()
            }
            MouseEventKind::Down(MouseButton::Left) if mouse.row == 0 => {
                match super::screen::tab_at(self, mouse.column) {
                    Some(tab) => self.go(tab),
                    None => Vec::new(),
                }
            }
            MouseEventKind::Down(MouseButton::Left)
                if mouse.row < body.bottom() && mouse.column < body.right() =>
            {
                let action = self.view_mut().click(mouse.column, mouse.row - body.y);
                self.act(action)
            }
            _ => Vec::new(),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => return vec![Effect::Quit(None)],
            KeyCode::Char('z') if is_control => return vec![Effect::Suspend],
            KeyCode::Char('l') if is_control => return vec![Effect::Redraw],
            _ => {}
        }
        if let Some(dialog) = &mut self.dialog {
            let outcome = dialog.on_key(key);
            return self.end_dialog(outcome);
        }
        self.notice = None;
        match self.view_mut().on_key(key) {
            Action::Ignored if !is_control => self.on_common_key(key),
            action => self.act(action),
        }
    }

    fn end_dialog(&mut self, outcome: Outcome) -> Vec<Effect> {
        if outcome != Outcome::Open {
            self.dialog = None;
        }
        match outcome {
            Outcome::Open | Outcome::Closed => Vec::new(),
            Outcome::Write(write) => self.write(write),
            Outcome::Command(line) => self.command(&line),
        }
    }

    /// Does what was typed after the colon.
    fn command(&mut self, line: &str) -> Vec<Effect> {
        let words = words_of(line).unwrap_or_default();
        let words =
            if words.first().is_some_and(|word| word == "tracker") { words[1..].to_vec() } else { words };
        match words.as_slice() {
            [] => {
                self.notify(format!("a quote is not closed in `{line}`"), Tone::Bad);
                Vec::new()
            }
            [name] if matches!(name.as_str(), "q" | "quit") => self.quit(),
            [name] if Tab::parse(name).is_some() => {
                let tab = Tab::parse(name).map_or(self.tab, |tab| tab as usize);
                self.go(tab)
            }
            [name, ..] if name == "edit" && words.len() == 2 => vec![Effect::Edit(words[1].clone())],
            [name, ..] if ["tui", "mcp", "serve"].contains(&name.as_str()) => {
                self.notify(format!("`tracker {name}` needs a terminal of its own"), Tone::Bad);
                Vec::new()
            }
            // In no order with the others: it may take long.
            _ => {
                self.notify(format!("… tracker {line}"), Tone::Info);
                vec![Effect::Write(Write::Command(words))]
            }
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Ignored | Action::Taken => Vec::new(),
            Action::Read => self.read(),
            Action::Open(target) => self.open(target),
            Action::Write(write) => self.write(write),
            Action::Type(command) => {
                let input = super::input::LineInput::new(&command);
                self.act(Action::Ask(Dialog::Prompt { ask: Ask::Command, input }))
            }
            Action::Ask(dialog) => {
                self.dialog = Some(dialog);
                Vec::new()
            }
        }
    }

    fn open(&mut self, target: Target) -> Vec<Effect> {
        let page = |words| PageView::new(words, self.size.0, self.theme.colour);
        let view: Box<dyn View> = match target {
            Target::Task(id) => Box::new(TaskView::new(id, None)),
            Target::Review { task, role } => Box::new(TaskView::new(task, Some(role))),
            Target::Page(words) => Box::new(page(words)),
            Target::Run(run) => Box::new(page(["run", "status", &run].map(str::to_owned).to_vec())),
        };
        self.opened.push(view);
        self.read()
    }

    fn go(&mut self, tab: usize) -> Vec<Effect> {
        self.opened.clear();
        self.tab = tab % self.tabs.len();
        self.fit();
        self.read()
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.opened.pop().is_none() {
            return Vec::new();
        }
        self.fit();
        self.read()
    }

    fn quit(&mut self) -> Vec<Effect> {
        if self.writes.is_empty() || self.leaves {
            return vec![Effect::Quit(None)];
        }
        self.leaves = true;
        self.notify("leaves when the writes are done; q again leaves at once", Tone::Warning);
        Vec::new()
    }

    /// Takes a key that the view has no use for.
    fn on_common_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let count = self.tabs.len();
        match key.code {
            KeyCode::Char('q') => self.quit(),
            KeyCode::Esc | KeyCode::Backspace => self.back(),
            KeyCode::Tab => self.go(self.tab + 1),
            KeyCode::BackTab => self.go(self.tab + count - 1),
            KeyCode::Char(digit @ '1'..='9') => match digit.to_digit(10).map(|digit| digit as usize - 1) {
                Some(tab) if tab < count => self.go(tab),
                _ => Vec::new(),
            },
            KeyCode::Char('?') => self.act(Action::Ask(self.help())),
            KeyCode::Char(':') => self.prompt(Ask::Command),
            KeyCode::Char('c') => self.prompt(Ask::New),
            KeyCode::Char('u') => self.write(Write::PreviewUndo),
            KeyCode::Char('R') => self.read(),
            _ => self.on_task_key(key),
        }
    }

    fn prompt(&mut self, ask: Ask) -> Vec<Effect> {
        self.act(Action::Ask(Dialog::Prompt { ask, input: super::input::LineInput::default() }))
    }

    /// Takes a key that is for the task that is selected.
    fn on_task_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(subject) = self.view().subject() else { return Vec::new() };
        let id = subject.id;
        match key.code {
            KeyCode::Char('s') => self.write(Write::Start(id)),
            KeyCode::Char('m') => self.write(Write::Advance(id)),
            KeyCode::Char('f') => self.prompt(Ask::Fail(id)),
            KeyCode::Char('n') => self.prompt(Ask::Note(id)),
            KeyCode::Char('e') => vec![Effect::Edit(id)],
            KeyCode::Char('a' | 'r') => {
                self.notify("read it first, then vote", Tone::Info);
                self.open(match subject.role {
                    Some(role) => Target::Review { task: id, role },
                    None => Target::Task(id),
                })
            }
            _ => Vec::new(),
        }
    }

    /// Returns the keys of what is seen.
    fn help(&self) -> Dialog {
        let mut lines = Vec::new();
        let mut add = |name: &str, rows: &[keys::KeyRow]| {
            lines.push((name.to_owned(), Tone::Strong));
            lines.extend(rows.iter().map(|row| (format!("{:14} {}", row.keys, row.what), Tone::Plain)));
        };
        add("Here", self.view().keys());
        if self.view().subject().is_some() {
            add("The selected task", &keys::ANY_TASK);
        }
        add("Everywhere", &keys::EVERYWHERE);
        Dialog::Text { title: "Keys".to_owned(), lines, top: 0 }
    }
}
