//! The plan of a close, noted down before anything is written, and its execution in steps that can each be stopped: the
//! files as one write, one commit through the usual hooks, one tag.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::branches::{git, run_git};
use crate::env::fail_point;
use crate::model::{SprintId, Suggestion};
use crate::ops::{Error, Result, Session, Written};
use crate::process::Program;
use crate::store::{self, Change};

/// The local file in which a plan is noted down.
const JOURNAL: &str = "closing.json";

/// Maximum number of attempts to commit while another git has its lock, and the pause between two.
const MOST_ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// A file that a close writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClosingFile {
    pub(super) path: String,
    pub(super) before: Option<String>,
    pub(super) after: String,
}

impl ClosingFile {
    fn change(&self) -> Change {
        Change { path: self.path.clone(), before: self.before.clone(), after: self.after.clone() }
    }
}

/// Everything that a close writes, and what it tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Closing {
    pub(super) sprint: String,
    pub(super) summary: String,
    pub(super) numbers_of: String,
    pub(super) merged: Vec<String>,
    pub(super) parts_written: usize,
    pub(super) parts_open: Vec<String>,
    /// The message of the commit.
    pub(super) message: String,
    pub(super) tag: Option<String>,
    pub(super) tag_message: String,
    pub(super) files: Vec<ClosingFile>,
}

impl Closing {
    /// Reads the plan of a close that has stopped; none where there is none.
    pub(super) fn read(session: &Session<'_>) -> Result<Option<Self>> {
        let path = Self::path(session);
        match crate::git::read_regular(&path) {
            // One that was not written whole was not begun: it is moved into its place in one step.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn path(session: &Session<'_>) -> PathBuf {
        session.workspace().local_path(JOURNAL)
    }

    /// Notes the plan down: from now on the close is gone on with.
    pub(super) fn note_down(&self, session: &Session<'_>) -> Result<()> {
        fail_point("close:planned");
        let bytes = serde_json::to_vec(self).expect("plain data with text keys is always JSON");
        session.workspace().write_local(JOURNAL, &bytes)?;
        fail_point("close:noted");
        Ok(())
    }

    /// Takes back what the plan has written, as far as nobody has edited it since, and forgets the plan. What is
    /// committed stays; returns whether it is.
    pub(super) fn abort(&self, session: &Session<'_>) -> Result<bool> {
        if self.is_committed(session)? {
            self.forget(session)?;
            return Ok(true);
        }
        let locked = session.lock(&format!("sprint close {} --abort", self.sprint))?;
        let mut changes = Vec::new();
        for file in &self.files {
            let is_ours = session.snapshot().read(&file.path)?.as_deref() == Some(file.after.as_bytes());
            match &file.before {
                Some(before) if is_ours => {
                    changes.push(Change::replace(&file.path, &file.after, before));
                }
                None if is_ours => locked.remove_leftover(&file.path)?,
                _ => {}
            }
        }
        locked.apply(&changes)?;
        // What was staged for the commit is new to HEAD or changed against it.
        let paths = self.files.iter().map(|file| file.path.as_str());
        let reset: Vec<&str> = ["reset", "--quiet", "--"].into_iter().chain(paths).collect();
        git(session, &reset, "unstage the files of the close")?;
        self.forget(session)?;
        Ok(false)
    }

    /// Does what of the plan is not done yet, and returns the commit that closes the sprint.
    pub(super) fn carry_out(&self, session: &Session<'_>) -> Result<String> {
        if !self.is_committed(session)? {
            self.write(session)?;
            fail_point("close:written");
            self.commit(session)?;
        }
        fail_point("close:committed");
        let commit = git(session, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], "read HEAD")?;
        let commit = commit.trim().to_owned();
        self.put_tag(session, &commit)?;
        fail_point("close:tagged");
        self.forget(session)?;
        Ok(commit)
    }

    fn forget(&self, session: &Session<'_>) -> Result<()> {
        Ok(store::remove_if_there(&Self::path(session))?)
    }

    /// Whether HEAD has the sprint as this close leaves it.
    fn is_committed(&self, session: &Session<'_>) -> Result<bool> {
        let own = SprintId::parse(&self.sprint).map_err(|error| Error::usage(error.to_string()))?;
        let path = super::plan::path_of(&own);
        let Some(file) = self.files.iter().find(|file| file.path == path) else { return Ok(false) };
        let spec = format!("HEAD:{path}");
        // Before there is such a file in HEAD this fails.
        Ok(git(session, &["cat-file", "blob", &spec], "read the sprint").is_ok_and(|text| text == file.after))
    }

    /// Writes all files as one; those that are there already are passed over.
    fn write(&self, session: &Session<'_>) -> Result<()> {
        let locked = session.lock(&format!("sprint close {}", self.sprint))?;
        let mut changes = Vec::new();
        for file in &self.files {
            let now = session.snapshot().read(&file.path)?;
            if now.as_deref() == Some(file.after.as_bytes()) {
                continue;
            }
            changes.push(file.change());
        }
        match locked.apply(&changes) {
            Err(error @ (store::Error::Changed { .. } | store::Error::Exists { .. })) => {
                let abort = Suggestion::tracker(["sprint", "close", &self.sprint, "--abort"]);
                let hint = format!("the close was planned before that; `{abort}`, then close it again");
                Err(Error::usage_with(error.to_string(), hint))
            }
            written => Ok(written?),
        }
    }

    /// Commits the files, and nothing else that is staged, through the hooks.
    fn commit(&self, session: &Session<'_>) -> Result<()> {
        const ACTION: &str = "commit the close";
        let paths: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let add: Vec<&str> = ["add", "--force", "--"].into_iter().chain(paths.iter().copied()).collect();
        let mut arguments = vec!["commit", "--quiet", "--file=-", "--only", "--"];
        arguments.extend(&paths);
        let attempt = || {
            git(session, &add, "stage the files of the close")?;
            let commit = Program::new("git", ACTION).args(&arguments).input(self.message.as_bytes());
            run_git(session, commit, ACTION)
        };
        let mut committed = attempt();
        for _ in 0..MOST_ATTEMPTS {
            // The git of a close that was stopped may be at work still, or may have come to its end meanwhile.
            let is_locked = committed.as_ref().is_err_and(|error| error.to_string().contains(".lock"));
            if !is_locked || self.is_committed(session)? {
                break;
            }
            session.env().sleep(PAUSE);
            committed = attempt();
        }
        match committed {
            Ok(_) => Ok(()),
            Err(_) if self.is_committed(session)? => Ok(()),
            Err(Error::Usage { message, .. }) => {
                let go_on = Suggestion::tracker(["sprint", "close", &self.sprint]);
                Err(Error::usage_with(message, format!("the files are written; `{go_on}` goes on from here")))
            }
            Err(error) => Err(error),
        }
    }

    /// Puts the tag on the commit, unless it is there.
    fn put_tag(&self, session: &Session<'_>, commit: &str) -> Result<()> {
        let Some(tag) = &self.tag else { return Ok(()) };
        let reference = format!("refs/tags/{tag}^{{commit}}");
        if let Ok(there) = git(session, &["rev-parse", "--verify", "--quiet", &reference], "read the tag") {
            if there.trim() == commit {
                return Ok(());
            }
            let message =
                format!("the tag {tag} is on another commit, {}", &there.trim()[..there.trim().len().min(7)]);
            let go_on = Suggestion::tracker(["sprint", "close", &self.sprint]);
            let delete = Suggestion::git(["tag", "--delete", tag]);
            return Err(Error::usage_with(message, format!("`{delete}`, then `{go_on}`")));
        }
        // A message makes the tag an annotated one, and git signs it where the user's settings say so.
        git(session, &["tag", "-m", &self.tag_message, tag, commit], "tag the commit")?;
        Ok(())
    }

    /// Returns what is written, or would be.
    pub(super) fn written(&self, is_dry: bool) -> Written {
        let changes: Vec<Change> = self.files.iter().map(ClosingFile::change).collect();
        Written::new(is_dry, &changes, Vec::new())
    }
}
