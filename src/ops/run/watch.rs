//! Following runs while they are driven: events as they are written, and what a step prints. The system says when there is
//! something new; only whether anybody drives the run at all is looked at now and then.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::found::{find_run, frozen, look_at, run_folder};
use super::view::{RunLogs, RunView, logs_of, view_of};
use super::why::{find_step, own_run_and_step};
use crate::engine::{AttemptFolder, Event, Follower, Logged, Moment, Run, is_driven};
use crate::git::open_regular;
use crate::model::{RunId, StepState};
use crate::ops::{Error, Result, Session};
use crate::store::FolderWatcher;

/// How often is looked whether somebody drives the run, and how time is shown to pass.
const TICK: Duration = Duration::from_millis(250);
/// The same where an engine has written that it ends.
const ENDING: Duration = Duration::from_millis(10);

/// A run that is watched, and the step whose output is shown.
pub struct Watched<'w> {
    session: &'w Session<'w>,
    run: &'w Run,
    folder: &'w Path,
    is_driven: bool,
    selected: Option<usize>,
}

impl Watched<'_> {
    /// Whether an engine drives the run now.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        self.is_driven
    }

    /// Returns the run as it is now.
    #[must_use]
    pub fn view(&self) -> RunView {
        let mut run = self.run.clone();
        run.find_blocked();
        view_of(self.session, &run, self.folder, self.is_driven)
    }

    /// Returns what the selected step has printed last: where none was selected, of the steps that run the one that began last,
    /// else the one that ended last.
    #[must_use]
    pub fn log(&self, lines: usize) -> Option<RunLogs> {
        let rank = |index: &usize| {
            let step = &self.run.steps[*index];
            (step.state == StepState::Running, step.attempts.last().map(|attempt| attempt.started))
        };
        let attempted = (0..self.run.steps.len()).filter(|index| !self.run.steps[*index].attempts.is_empty());
        let index = self.selected.or_else(|| attempted.max_by_key(rank))?;
        let number = self.run.steps[index].attempts.last()?.number;
        let name = self.run.workflow.steps[index].name.as_str();
        let left = AttemptFolder::of(self.folder, name, number);
        logs_of(&self.run.id, name, number, &left, lines).ok()
    }
}

/// A run of which the log is followed.
struct Followed<'s> {
    session: &'s Session<'s>,
    folder: PathBuf,
    follower: Follower,
    run: Run,
}

impl<'s> Followed<'s> {
    fn new(session: &'s Session<'s>, id: &RunId) -> Result<(Self, Vec<Logged>)> {
        let folder = run_folder(session, id);
        let mut follower = Follower::new(&folder);
        let events = follower.more()?;
        let now = Moment::now(session.env());
        let run = Run::replay(frozen(&folder)?, &events, now);
        let run =
            run.ok_or_else(|| Error::usage(format!("the log of {id} does not begin with its creation")))?;
        Ok((Self { session, folder, follower, run }, events))
    }

    fn more(&mut self) -> Result<Vec<Logged>> {
        let events = self.follower.more()?;
        let now = Moment::now(self.session.env());
        events.iter().for_each(|logged| self.run.apply(logged, now));
        Ok(events)
    }

    /// Whether an engine drives the run. Where events come, one does.
    fn is_driven(&self, events: &[Logged]) -> Result<bool> {
        let is_going_on = events.last().is_some_and(|last| !is_last(last));
        Ok(is_going_on || is_driven(&self.folder)?)
    }
}

fn is_last(logged: &Logged) -> bool {
    matches!(logged.event, Event::Stopped { .. } | Event::Finished { .. })
}

/// Shows a run until nothing drives it: `show` is given what has happened since the last time, and now and then nothing.
pub fn watch_run(
    session: &Session<'_>,
    given: Option<&str>,
    step: Option<&str>,
    mut show: impl FnMut(&Watched<'_>, &[Logged]),
) -> Result<RunView> {
    let id = find_run(session, given)?;
    // Before the first look: what is written meanwhile is not missed.
    let watcher = FolderWatcher::new(&run_folder(session, &id));
    let (mut followed, mut events) = Followed::new(session, &id)?;
    let selected = step.map(|step| find_step(&followed.run, step)).transpose()?;
    let mut is_ending = false;
    // What is there already does not say that somebody drives it.
    let mut is_driven = is_driven(&followed.folder)?;
    loop {
        let Followed { run, folder, .. } = &followed;
        show(&Watched { session, run, folder, is_driven, selected }, &events);
        if !is_driven {
            let found = look_at(session, &id)?;
            return Ok(view_of(session, &found.run, &found.folder, found.is_driven));
        }
        is_ending |= events.iter().any(is_last);
        watcher.wait(if is_ending { ENDING } else { TICK });
        events = followed.more()?;
        is_driven = followed.is_driven(&events)?;
        if !is_driven {
            events.extend(followed.more()?);
        }
    }
}

/// What a step has printed since the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// Whether it is of its standard error.
    pub is_stderr: bool,
    /// Whole lines, and at the end of an attempt what is left; what is not UTF-8 is replaced.
    pub text: String,
}

/// A stream of an attempt, of which whole lines are read once.
struct Stream {
    path: PathBuf,
    is_stderr: bool,
    read: u64,
}

impl Stream {
    /// Most bytes that are read at once.
    const MOST: u64 = 1024 * 1024;

    /// Returns what has come: up to the last end of a line, or all where nothing follows.
    fn more(&mut self, is_over: bool) -> String {
        let mut bytes = Vec::new();
        let read = open_regular(File::options().read(true), &self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.read))?;
            file.take(Self::MOST).read_to_end(&mut bytes)
        });
        if read.is_err() {
            return String::new();
        }
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let is_long = bytes.len() as u64 == Self::MOST;
        let taken = if is_over || is_long && whole == 0 { bytes.len() } else { whole };
        self.read += taken as u64;
        String::from_utf8_lossy(&bytes[..taken]).into_owned()
    }
}

/// Hands on what a step prints until it has ended, attempt after attempt, or nothing drives the run.
pub fn follow_logs(
    session: &Session<'_>,
    words: &[String],
    mut show: impl FnMut(&Printed),
) -> Result<StepState> {
    let (id, step) = own_run_and_step(session, words)?;
    let step = step.ok_or_else(|| {
        Error::usage_with(
            "which step is to be followed?",
            format!("write it: tracker run logs {id} STEP --follow"),
        )
    })?;
    let watcher = FolderWatcher::new(&run_folder(session, &id));
    let (mut followed, mut events) = Followed::new(session, &id)?;
    let index = find_step(&followed.run, &step)?;
    let (mut attempt, mut streams): (u32, Vec<Stream>) = (0, Vec::new());
    let mut is_driven = is_driven(&followed.folder)?;
    loop {
        let last = followed.run.steps[index].attempts.last();
        let (number, has_ended) = last.map_or((0, false), |last| (last.number, last.end.is_some()));
        if number != attempt {
            drain(&mut streams, attempt, true, &mut show);
            let left = AttemptFolder::of(&followed.folder, &step, number);
            let of = |is_stderr| Stream { path: left.stream(is_stderr), is_stderr, read: 0 };
            (attempt, streams) = (number, vec![of(false), of(true)]);
        }
        let is_over = followed.run.steps[index].state.is_end() || !is_driven;
        drain(&mut streams, attempt, has_ended || is_over, &mut show);
        if is_over {
            return Ok(followed.run.steps[index].state);
        }
        watcher.wait(if events.iter().any(is_last) { ENDING } else { TICK });
        events = followed.more()?;
        is_driven = followed.is_driven(&events)?;
        if !is_driven {
            followed.more()?;
        }
    }
}

fn drain(streams: &mut [Stream], attempt: u32, is_over: bool, show: &mut impl FnMut(&Printed)) {
    for stream in streams {
        loop {
            let text = stream.more(is_over);
            if text.is_empty() {
                break;
            }
            show(&Printed { attempt, is_stderr: stream.is_stderr, text });
        }
    }
}
