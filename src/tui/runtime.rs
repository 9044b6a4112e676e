//! What the model has done: commands in processes of their own, the watch on the files, the editor. It sleeps until a
//! message comes, takes all that have come, and draws once.

use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::answers::Failed;
use super::app::{App, Tab};
use super::call::Call;
use super::message::{Effect, Message};
use super::screen;
use super::terminal::{Keys, Screen, end_by, size_of_terminal, suspend, watch_signals};
use super::theme::{Theme, Tone};
use super::write::Write;
use crate::env::Env;
use crate::process::Program;
use crate::store::{Watcher, Workspace};

/// How long a read may take.
const READ_LIMIT: Duration = Duration::from_secs(120);
/// How long a write may take; a command that was typed may be a run of hours.
const WRITE_LIMIT: Duration = Duration::from_secs(24 * 3600);
/// Folders local to this clone that runs and the fleet write while they go on.
const LOCAL: [&str; 2] = ["runs", "fleet"];
/// Most messages that are taken before it is drawn.
const AT_ONCE: usize = 256;

/// How to begin.
#[derive(Debug, Clone)]
pub(crate) struct TuiRequest {
    /// The filter of the list.
    pub query: String,
    /// The view that is seen first, by its name; the list where it has none.
    pub view: Option<String>,
    /// Whether colours are used.
    pub colour: bool,
}

impl TuiRequest {
    /// Returns the names of the views.
    pub(crate) fn views() -> impl Iterator<Item = &'static str> {
        Tab::ALL.into_iter().map(Tab::name)
    }
}

/// Shows the tracker until the user leaves.
pub(crate) fn run(env: &Arc<Env>, workspace: &Workspace, request: &TuiRequest) -> io::Result<()> {
    let (send, receive) = channel();
    let commands = Commands {
        program: env.program()?,
        folder: workspace.work_dir().to_owned(),
        agent: env.agent(),
        send: send.clone(),
    };
    let watcher = Watcher::following(workspace, &LOCAL).map_err(io::Error::other)?;
    let watching = send.clone();
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || while watcher.wait(None) && watching.send(Message::Changed).is_ok() {})?;
    watch_signals(send.clone())?;
    let signal = {
        let mut screen = Screen::enter()?;
        let keys = Keys::read(send)?;
        let tab = request.view.as_deref().and_then(Tab::parse).unwrap_or(Tab::List);
        let theme = Theme { colour: request.colour };
        let app = App::new(theme, env.now(), &request.query, tab, size_of_terminal()?);
        Running { env, app, commands, keys, screen: &mut screen }.until_the_end(&receive)?
    };
    // The terminal is given back by now.
    signal.into_iter().for_each(end_by);
    Ok(())
}

struct Running<'r> {
    env: &'r Env,
    app: App,
    commands: Commands,
    keys: Keys,
    screen: &'r mut Screen,
}

impl Running<'_> {
    /// Takes messages until one ends it, and returns the signal that did, where one did.
    fn until_the_end(mut self, receive: &Receiver<Message>) -> io::Result<Option<i32>> {
        let mut effects = self.app.begin();
        loop {
            for effect in effects {
                if let Effect::Quit(signal) = effect {
                    return Ok(signal);
                }
                self.perform(effect, receive)?;
            }
            let app = &self.app;
            self.screen.draw(|area, buffer| screen::draw(app, area, buffer))?;
            let Ok(first) = receive.recv() else { return Ok(None) };
            self.app.now = self.env.now();
            effects = self.app.update(first);
            for message in receive.try_iter().take(AT_ONCE) {
                effects.extend(self.app.update(message));
            }
        }
    }

    fn perform(&mut self, effect: Effect, receive: &Receiver<Message>) -> io::Result<()> {
        match effect {
            Effect::Read(call) => self.commands.read(call),
            Effect::Write(write) => self.commands.write(write),
            Effect::Redraw => self.screen.redraw()?,
            Effect::Quit(_) => {}
            Effect::Edit(id) => {
                let program = self.commands.program(&["edit".to_owned(), id.clone()]);
                let screen = &mut *self.screen;
                let failed = self.keys.pause(|| screen.lend(|| edit(program)))?;
                // An interruption meanwhile was the editor's.
                self.forget_interruptions(receive);
                let _ = self.commands.send.send(Message::Edited { id, failed });
            }
            Effect::Suspend => {
                if !suspend(self.screen)? {
                    let text = "no shell would bring it back: not suspended".to_owned();
                    self.app.notice = Some(super::app::Notice { text, tone: Tone::Warning });
                }
            }
        }
        Ok(())
    }

    fn forget_interruptions(&mut self, receive: &Receiver<Message>) {
        let kept: Vec<Message> = receive
            .try_iter()
            .filter(|message| !matches!(message, Message::Signal(signal_hook::consts::SIGINT)))
            .collect();
        for message in kept {
            let _ = self.commands.send.send(message);
        }
    }
}

/// Runs the editor, and returns why its text was not taken. What it printed then stays until it was read.
fn edit(program: Program) -> Option<Failed> {
    match program.run_in_terminal() {
        Ok(status) if status.success() => None,
        Ok(status) => {
            let mut line = String::new();
            let asked = io::stderr().write_all(b"press Enter to go back ");
            let _ = asked.and_then(|()| io::stdin().lock().read_line(&mut line));
            Some(Failed::new(format!("the text was not taken: {status}")))
        }
        Err(error) => Some(Failed::new(error.to_string())),
    }
}

/// Starts commands of the program itself.
struct Commands {
    program: PathBuf,
    folder: PathBuf,
    agent: Option<String>,
    send: Sender<Message>,
}

impl Commands {
    fn program(&self, words: &[String]) -> Program {
        let agent = self.agent.iter().map(|name| format!("--agent={name}"));
        Program::new(&self.program, "run the tracker")
            .args(agent.chain(words.iter().cloned()))
            .in_folder(&self.folder)
    }

    fn read(&self, call: Call) {
        let mut program = self.program(&call.words()).time_limit(READ_LIMIT);
        if let Some(columns) = call.columns() {
            program = program.variable("COLUMNS", columns.to_string());
        }
        self.start(move || {
            let output = program.output().map_err(|error| Failed::new(error.to_string()));
            let answer = output.and_then(|output| call.read(&output));
            Message::Read { call, answer }
        });
    }

    fn write(&self, write: Write) {
        let program = self.program(&write.words()).time_limit(WRITE_LIMIT);
        self.start(move || {
            let output = program.output().map_err(|error| Failed::new(error.to_string()));
            let done = output.and_then(|output| write.read(&output));
            Message::Written { write, done }
        });
    }

    /// Runs something beside the view.
    fn start(&self, work: impl FnOnce() -> Message + Send + 'static) {
        let send = self.send.clone();
        // A system without room for a thread has none for the program either.
        let started = std::thread::Builder::new().name("command".to_owned()).spawn(move || {
            let _ = send.send(work());
        });
        drop(started);
    }
}
