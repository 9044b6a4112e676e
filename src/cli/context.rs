//! What a command is given: the environment, the global options, the session, the output.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answer::Shape;
use super::args::{Format, Global, ReadArgs, WriteArgs};
use super::error::Failure;
use super::output::{Output, OutputStyle};
use super::progress;
use super::selection::Selection;
use crate::env::Env;
use crate::events::EventSink;
use crate::git::open_regular;
use crate::ops::{self, Session};
use crate::store::Workspace;

/// Most bytes that are read of a file named on the command line.
const LARGEST_INPUT: usize = 32 * 1024 * 1024;

/// One call of the program.
pub(super) struct Context {
    env: Arc<Env>,
    events: EventSink,
    format: Format,
    shape: Shape,
    quiet: bool,
    style: OutputStyle,
    error_style: OutputStyle,
}

impl Context {
    pub(super) fn new(global: &Global, env: Env) -> Self {
        let env = match &global.directory {
            Some(folder) => env.moved_to(folder),
            None => env,
        };
        let env = match &global.agent {
            Some(name) => env.with_agent(name),
            None => env,
        };
        let (style, error_style) = match global.plain {
            true => (OutputStyle::plain(), OutputStyle::plain()),
            false => (OutputStyle::of_stdout(global.color, &env), OutputStyle::of_stderr(global.color, &env)),
        };
        let format = match global.format() {
            // What `tracker doctor --format` is to do, not how it is to answer.
            Format::Upgrade => Format::Human,
            format => format,
        };
        let (env, quiet) = (Arc::new(env), global.quiet);
        let shape = Shape { is_brief: global.is_brief(), selection: None, max_bytes: global.max_bytes };
        let context = Self { env, events: EventSink::default(), format, shape, quiet, style, error_style };
        // Somebody must look on, for the line goes away again.
        let is_shown = context.is_attended() && std::io::stderr().is_terminal();
        let on_stderr = || EventSink::new(progress::on_stderr(Arc::clone(&context.env)));
        let events = is_shown.then(on_stderr).unwrap_or_default();
        Self { events, ..context }
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    /// The same, as run in another directory.
    pub(super) fn moved_to(&self, folder: &Path) -> Self {
        let env = Arc::new(self.env.seen_from(folder));
        let (events, shape) = (self.events.clone(), self.shape.clone());
        let (format, quiet, style, error_style) = (self.format, self.quiet, self.style, self.error_style);
        Self { env, events, format, shape, quiet, style, error_style }
    }

    /// The same, for what has threads of its own.
    #[cfg(any(feature = "mcp", feature = "tui", feature = "web"))]
    pub(super) fn shared_env(&self) -> &Arc<Env> {
        &self.env
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// How much of the answer is printed.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn with_selection(mut self, selection: Option<Selection>) -> Self {
        self.shape.selection = selection;
        self
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn output(&self) -> Output {
        Output::new(self.style, self.quiet, self.env.now())
    }

    pub(super) fn error_output(&self) -> Output {
        Output::new(self.error_style, self.quiet, self.env.now())
    }

    /// Whether the working tree has a tracker, or what of it cannot be read is to be reported.
    pub(super) fn has_tracker(&self) -> bool {
        use crate::store::Error;
        let found = Workspace::open(&self.env);
        !matches!(found, Err(Error::NoTracker { .. } | Error::Bare { .. } | Error::Git(_)))
    }

    /// Opens the tracker for a command that reads.
    pub(super) fn read(&self, args: &ReadArgs) -> Result<Session<'_>, Failure> {
        // A commit may have a tracker where the working tree has none, and where there is no working tree.
        let workspace = match args.at {
            Some(_) => Workspace::anywhere(&self.env)?,
            None => ops::open(&self.env)?,
        };
        self.report_recovered(&workspace);
        let snapshot = workspace.snapshot_of(args.at.as_deref())?;
        Ok(Session::new(&self.env, workspace, snapshot).with_events(self.events()))
    }

    /// Opens the repository for a command that says itself which commits it reads: there may be no tracker in the
    /// working tree, and no working tree either.
    pub(super) fn range(&self) -> Result<Session<'_>, Failure> {
        let workspace = Workspace::anywhere(&self.env)?;
        let snapshot = workspace.snapshot();
        Ok(Session::new(&self.env, workspace, snapshot).with_events(self.events()))
    }

    /// Opens the tracker for a command that writes.
    pub(super) fn write(&self, args: &WriteArgs) -> Result<Session<'_>, Failure> {
        let workspace = ops::open(&self.env)?.with_lock_timeout(Some(args.lock_timeout));
        self.report_recovered(&workspace);
        let snapshot = workspace.snapshot();
        Ok(Session::new(&self.env, workspace, snapshot).to_write(args.dry_run).with_events(self.events()))
    }

    /// Opens the working tree for runs. They need no tracker where a workflow is the path of a file, and where there are runs
    /// already: then there are only their logs, and no record is written.
    pub(super) fn runs(&self, workflow: Option<&str>) -> Result<Session<'_>, Failure> {
        use crate::store::Error;
        if let Err(Error::NoTracker { .. }) = Workspace::open(&self.env)
            && let Ok(workspace) = Workspace::discover(&self.env)
            && (workflow.is_some_and(|name| name.contains(['/', '.']))
                || workspace.local_path("runs").is_dir())
        {
            let snapshot = workspace.snapshot();
            return Ok(Session::new(&self.env, workspace, snapshot)
                .to_write(false)
                .with_events(self.events()));
        }
        self.write(&WriteArgs::default())
    }

    /// Opens the tracker for a command that reads a workflow: of the path of a file also where there is no tracker.
    pub(super) fn workflow(&self, args: &ReadArgs, name: Option<&String>) -> Result<Session<'_>, Failure> {
        match args.at {
            Some(_) => self.read(args),
            None => self.runs(name.map(String::as_str)),
        }
    }

    fn report_recovered(&self, workspace: &Workspace) {
        match workspace.recovered() {
            0 => {}
            files => self.say(&format!("undid a write of {files} files that was interrupted")),
        }
    }

    /// Returns who is notified of long operations.
    pub(super) fn events(&self) -> EventSink {
        self.events.clone()
    }

    /// Whether somebody looks on: stderr is a terminal, and they have asked neither for quiet nor for JSON.
    pub(super) fn is_attended(&self) -> bool {
        self.format.is_human() && !self.quiet && self.error_output().is_rich()
    }

    /// Says something to the person at once, beside the answer.
    pub(super) fn say(&self, text: &str) {
        if self.format.is_human() {
            let mut out = self.error_output();
            out.line(super::output::clean(text));
            super::write_stderr(&out.into_text());
        }
    }

    /// Whether questions can be asked: somebody looks on, and can type.
    pub(super) fn can_ask(&self) -> bool {
        self.is_attended() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question and returns the line that was typed; an empty one at the end of the input.
    pub(super) fn ask(&self, question: &str) -> Result<String, Failure> {
        super::write_stderr(question);
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match read {
            Ok(0) => self.say(""),
            Ok(_) => {}
            Err(source) => return Err(Failure::unreadable_input("standard input", &source)),
        }
        Ok(line.trim().to_owned())
    }

    /// Asks a question that is answered by yes or no.
    pub(super) fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure> {
        let choice = if default { "[Y/n]" } else { "[y/N]" };
        loop {
            let answer = self.ask(&format!("{question} {choice} "))?;
            match answer.to_ascii_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                other => self.say(&format!("expected y or n, got `{other}`")),
            }
        }
    }

    /// Returns a path given on the command line, as seen from the current directory.
    pub(super) fn path(&self, given: &str) -> PathBuf {
        self.env.cwd().join(given)
    }

    /// Reads a file named on the command line; `-` is standard input.
    pub(super) fn read_input(&self, given: &str) -> Result<Vec<u8>, Failure> {
        use std::io::{Error, ErrorKind};
        let too_large = || Error::new(ErrorKind::FileTooLarge, format!("more than {LARGEST_INPUT} bytes"));
        let bytes = self.read_up_to(given, LARGEST_INPUT)?;
        let name = if given == "-" { "standard input" } else { given };
        bytes.ok_or_else(|| Failure::unreadable_input(name, &too_large()))
    }

    /// Reads a file named on the command line, or standard input; none where it has more bytes than `most`.
    pub(super) fn read_up_to(&self, given: &str, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        use std::io::Read;
        let read = |input: &mut dyn Read| {
            let mut bytes = Vec::new();
            let length = input.take(most as u64 + 1).read_to_end(&mut bytes)?;
            Ok((length <= most).then_some(bytes))
        };
        if given == "-" {
            return read(&mut std::io::stdin().lock())
                .map_err(|source| Failure::unreadable_input("standard input", &source));
        }
        open_input(&self.path(given)).and_then(|mut file| read(&mut file)).map_err(|source| {
            match source.kind() {
                ErrorKind::InvalidInput => {
                    Failure::unreadable_input(given, &source).hint("pass `-` to read standard input")
                }
                _ => Failure::unreadable_input(given, &source),
            }
        })
    }
}

/// Opens a file that is named on the command line. A named pipe is refused, for nobody may ever write to it; what a shell
/// has opened already, as `<(…)` does, has a name below `/dev/fd` or `/proc` and is read like standard input.
fn open_input(path: &Path) -> std::io::Result<File> {
    if ["/dev/fd", "/dev/stdin", "/proc"].iter().any(|folder| path.starts_with(folder)) {
        return File::open(path);
    }
    open_regular(OpenOptions::new().read(true), path)
}
