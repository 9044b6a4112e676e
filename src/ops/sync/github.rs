//! The issues of a repository as another tracker: which repository is meant, and what is read beside the tasks.

use super::github_checks::import_checks;
use super::github_gate::{GateLine, send_gate};
use super::github_notes::import_comments;
use super::github_reviews::import_reviews;
use super::here::{local_folder, read_links};
use crate::model::{Problem, SyncRemote};
use crate::ops::{Error, Result, Session};
use crate::remote::{GithubPlace, GithubRemote, GithubSettings};
use crate::sync::SyncDirection;

/// What was read of a repository, in the folder of the remote.
const ISSUES: &str = "issues.json";

/// What is synchronised beside issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    /// Comments become notes.
    notes: bool,
    /// Reviews become votes.
    reviews: bool,
    /// Checks become evidence.
    checks: bool,
    /// The status of the gate goes back.
    gate: bool,
}

impl Parts {
    /// Returns what the configuration has on in that direction. A dry run only judges.
    pub(super) fn of(remote: &SyncRemote, direction: SyncDirection, is_dry: bool) -> Self {
        let reads = direction != SyncDirection::Push && !is_dry;
        Self {
            notes: reads,
            reviews: reads && remote.reviews,
            checks: reads && !remote.checks.is_empty(),
            gate: direction != SyncDirection::Pull && remote.gate,
        }
    }
}

/// What came of that.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// How many comments became notes.
    pub(super) notes: usize,
    /// Votes that were cast, each as one line.
    pub(super) votes: Vec<String>,
    /// Receipts of checks, each as one line.
    pub(super) evidence: Vec<String>,
    pub(super) gate: Vec<GateLine>,
    pub(super) problems: Vec<Problem>,
}

/// Synchronises what a repository has beside issues.
pub(super) fn sync_beside(
    session: &Session<'_>,
    (name, remote): (&str, &SyncRemote),
    there: &mut GithubRemote<'_>,
    parts: Parts,
) -> Result<Beside> {
    let mut found = Beside::default();
    if parts.notes {
        found.notes = import_comments(session, name, there)?;
    }
    if !parts.reviews && !parts.checks && !parts.gate {
        return Ok(found);
    }
    let mut pulls = there.pull_requests()?;
    if parts.reviews {
        let read = import_reviews(session, (name, remote), there, &pulls)?;
        found.problems.extend(read.problems);
        found.votes = read.votes;
    }
    if parts.checks {
        let read = import_checks(session, (name, remote), there, &pulls)?;
        found.problems.extend(read.problems);
        found.evidence = read.evidence;
    }
    if parts.gate {
        // What was pushed is the last commit of its branch now.
        if !found.votes.is_empty() || !found.evidence.is_empty() {
            pulls = there.pull_requests()?;
        }
        let sent = send_gate(session, there, &pulls)?;
        found.problems.extend(sent.problems);
        found.gate = sent.lines;
    }
    Ok(found)
}

/// Returns the issues of the repository that the configuration names, otherwise of the one that was cloned.
pub(super) fn open_github<'r>(
    session: &'r Session<'_>,
    (name, remote): (&'r str, &SyncRemote),
) -> Result<GithubRemote<'r>> {
    let place = place_of(session, name, remote)?;
    let file = local_folder(session, name).join(ISSUES);
    let links = move || {
        let snapshot = session.workspace().again(session.env()).snapshot();
        let found = read_links(&snapshot, name).map(|(links, _)| links).unwrap_or_default();
        found.into_iter().map(|(_, link)| link).collect()
    };
    Ok(GithubRemote::new(session.env(), (name, place), settings_of(remote), file, Box::new(links)))
}

/// Returns how issues are read and written.
pub(super) fn settings_of(remote: &SyncRemote) -> GithubSettings {
    // A person of the configuration is a name or `Name <address>`; tasks have the name.
    let name = |text: &String| match crate::model::Person::parse(text) {
        Some(person) => person.name,
        None => text.clone(),
    };
    let people = remote.people.iter().map(|(login, person)| (login.clone(), name(person)));
    GithubSettings { people: people.collect(), status: remote.status.clone() }
}

fn place_of(session: &Session<'_>, name: &str, remote: &SyncRemote) -> Result<GithubPlace> {
    if let Some(text) = &remote.repo {
        return GithubPlace::read(text).ok_or_else(|| {
            let message = format!("[sync.{name}] repo = {text:?} is no repository");
            Error::usage_with(message, "expected OWNER/NAME or HOST/OWNER/NAME")
        });
    }
    let url = session.workspace().repository()?.remote_url(None)?;
    url.as_deref().and_then(GithubPlace::of_remote).ok_or_else(|| {
        let message = format!("[sync.{name}] does not say which repository, and no git remote does");
        Error::usage_with(
            message,
            format!("write repo = \"OWNER/NAME\" under [sync.{name}]: tracker edit config"),
        )
    })
}
