//! The issues of a repository as another tracker: which repository is meant, and what is read beside the tasks.

use super::here::{local_folder, read_links};
use crate::model::SyncRemote;
use crate::ops::{Error, Result, Session};
use crate::remote::{GithubPlace, GithubRemote, GithubSettings};

/// What was read of a repository, in the folder of the remote.
const ISSUES: &str = "issues.json";

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
