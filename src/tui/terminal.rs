//! The terminal: taken and given back, on whatever way the program ends; its keys, its size, and the signals.

use std::fs::File;
use std::io::{self, BufWriter, PipeReader, PipeWriter, Read as _, Stdout, Write as _};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, poll, read,
};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::crossterm::{cursor, execute};
use ratatui::layout::Rect;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use super::message::Message;

/// The terminal, as long as it is taken.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it is reported.
    pub(super) fn enter() -> io::Result<Self> {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            report(panic);
        }));
        take()?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())));
        terminal.map(|terminal| Self { terminal }).inspect_err(|_| restore())
    }

    /// Draws: only the cells that changed are written.
    pub(super) fn draw(
        &mut self,
        draw: impl FnOnce(Rect, &mut Buffer) -> Option<(u16, u16)>,
    ) -> io::Result<()> {
        self.terminal.draw(|frame| {
            let area = frame.area();
            if let Some((x, y)) = draw(area, frame.buffer_mut()) {
                frame.set_cursor_position((x.min(area.right().saturating_sub(1)), y));
            }
        })?;
        Ok(())
    }

    /// Makes the next draw one of all cells.
    pub(super) fn redraw(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Gives the terminal away for a while.
    pub(super) fn lend<T>(&mut self, meanwhile: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        let result = meanwhile();
        take()?;
        self.terminal.clear()?;
        Ok(result)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    let taken =
        execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide);
    taken.inspect_err(|_| restore())
}

/// Gives the terminal back as it was. What cannot be restored is left: there is nobody to say it to.
pub(super) fn restore() {
    let mut stdout = io::stdout();
    let _ = execute!(stdout, DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
    let _ = stdout.flush();
    let _ = disable_raw_mode();
}

/// Stops the program and what it was started by, as Ctrl-Z does, until somebody lets it go on; returns whether it did. A
/// program that no shell watches is not stopped: nobody would let it go on.
pub(super) fn suspend(screen: &mut Screen) -> io::Result<bool> {
    let is_watched = getsid(None).is_ok_and(|session| session != getpgrp());
    if !is_watched {
        return Ok(false);
    }
    screen.lend(|| kill_current_process_group(Signal::STOP))??;
    Ok(true)
}

/// What reads the keys.
pub(super) struct Keys {
    control: PipeWriter,
    paused: Receiver<()>,
}

impl Keys {
    /// Begins to read: a thread sleeps until there is a key.
    pub(super) fn read(send: Sender<Message>) -> io::Result<Self> {
        let (reader, control) = io::pipe()?;
        let (pausing, paused) = channel();
        let stdin = File::from(rustix::io::dup(io::stdin())?);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
            if read_keys(&stdin, reader, &send, &pausing).is_none() {
                // The terminal is gone.
                let _ = send.send(Message::Signal(SIGHUP));
            }
        })?;
        Ok(Self { control, paused })
    }

    /// Leaves the keys to somebody else for a while.
    pub(super) fn pause<T>(&mut self, meanwhile: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.control.write_all(b"p")?;
        let _ = self.paused.recv();
        let result = meanwhile();
        self.control.write_all(b"r")?;
        result
    }
}

/// Reads keys until the other side is gone; none where the terminal is.
fn read_keys(
    stdin: &File,
    mut control: PipeReader,
    send: &Sender<Message>,
    pausing: &Sender<()>,
) -> Option<()> {
    loop {
        let mut waited = [PollFd::new(stdin, PollFlags::IN), PollFd::new(&control, PollFlags::IN)];
        match rustix::event::poll(&mut waited, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => return None,
        }
        let [keys, other] = [waited[0].revents(), waited[1].revents()];
        if !other.is_empty() {
            let mut byte = [0];
            // A pause lasts until the next byte.
            if control.read(&mut byte).ok()? == 0 {
                return Some(());
            }
            pausing.send(()).ok();
            if control.read(&mut byte).ok()? == 0 {
                return Some(());
            }
            continue;
        }
        if !keys.contains(PollFlags::IN) && !keys.is_empty() {
            return None;
        }
        while poll(Duration::ZERO).ok()? {
            if send.send(Message::Input(read().ok()?)).is_err() {
                return Some(());
            }
        }
        if keys.intersects(PollFlags::HUP | PollFlags::ERR) {
            return None;
        }
    }
}

/// Makes messages of signals: those that end programs, a new size of the terminal, and a suspension from outside.
pub(super) fn watch_signals(send: Sender<Message>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let message = match signal {
                SIGTSTP => Message::Suspended,
                SIGWINCH => match size() {
                    Ok((columns, lines)) => Message::Resized(columns, lines),
                    Err(_) => continue,
                },
                signal => Message::Signal(signal),
            };
            if send.send(message).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// Ends the program as a signal would have, had nobody caught it.
pub(super) fn end_by(signal: i32) {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Returns the columns and lines of the terminal.
pub(super) fn size_of_terminal() -> io::Result<(u16, u16)> {
    size()
}
