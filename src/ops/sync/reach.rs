//! How another tracker is reached: as the configuration says it, and a database where variables say it is.

#[cfg(feature = "postgres")]
use std::collections::BTreeMap;
use std::path::Path;

use super::github::open_github;
use super::own_program::refuse_other_program;
use crate::model::{Config, SyncKind, SyncRemote};
use crate::ops::{Error, Result, Session};
use crate::remote::{GithubRemote, ProgramRemote, StatusMap};
#[cfg(feature = "postgres")]
use crate::remote::{PostgresPlace, PostgresRemote, TableSettings, read_env_file};
use crate::sync::{Capabilities, Push, PushAnswer, Remote, RemoteItem};

/// Another tracker, open.
pub(super) enum Reached<'r> {
    /// It has more than issues.
    Github(Box<GithubRemote<'r>>),
    Other(Box<dyn Remote<Error> + 'r>),
}

impl<'r> Reached<'r> {
    fn items(&mut self) -> &mut (dyn Remote<Error> + 'r) {
        match self {
            Self::Github(there) => &mut **there,
            Self::Other(there) => &mut **there,
        }
    }
}

impl Remote<Error> for Reached<'_> {
    fn allow_writes(&mut self) {
        self.items().allow_writes();
    }

    fn capabilities(&mut self) -> Result<Capabilities> {
        self.items().capabilities()
    }

    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>)> {
        self.items().pull()
    }

    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>)> {
        self.items().state(ids)
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>> {
        self.items().push(changes)
    }
}

/// Returns another tracker as it is reached.
pub(super) fn reach<'r>(
    session: &'r Session<'_>,
    config: &Config,
    (name, remote): (&'r str, &'r SyncRemote),
    env_file: Option<&Path>,
) -> Result<Reached<'r>> {
    let project = remote.project.clone().or_else(|| config.project.clone()).unwrap_or_default();
    if remote.kind == Some(SyncKind::Postgres) {
        return database(session, (name, &project, remote), env_file).map(Reached::Other);
    }
    if remote.kind == Some(SyncKind::Github) {
        return Ok(Reached::Github(Box::new(open_github(session, (name, remote))?)));
    }
    match (remote.kind, &remote.command) {
        (Some(SyncKind::Program), Some(command)) => {
            refuse_other_program(session, command)?;
            let folder = session.workspace().work_dir();
            let program = ProgramRemote::new(name, command, &project, folder);
            Ok(Reached::Other(Box::new(StatusMap::new(program, &remote.status))))
        }
        _ => {
            let message = format!("[sync.{name}] does not say how the other tracker is reached");
            Err(Error::usage_with(
                message,
                "write kind = \"program\" and a command into .tracker/config.toml",
            ))
        }
    }
}

/// Returns a table of a database. Where it is, and as whom it is used, is for the user to say and not for the repository.
#[cfg(feature = "postgres")]
fn database<'r>(
    session: &Session<'_>,
    (name, project, remote): (&str, &str, &'r SyncRemote),
    env_file: Option<&Path>,
) -> Result<Box<dyn Remote<Error> + 'r>> {
    let table = open_table(session, (name, project, remote), env_file)?;
    Ok(Box::new(StatusMap::new(table, &remote.status)))
}

#[cfg(not(feature = "postgres"))]
fn database<'r>(
    _session: &Session<'_>,
    (name, ..): (&str, &str, &'r SyncRemote),
    _env_file: Option<&Path>,
) -> Result<Box<dyn Remote<Error> + 'r>> {
    let message =
        format!("[sync.{name}] is a database, and this program was built without the feature `postgres`");
    Err(Error::usage_with(message, "cargo install git-native-tracker --features postgres"))
}

#[cfg(feature = "postgres")]
pub(super) fn open_table(
    session: &Session<'_>,
    (name, project, remote): (&str, &str, &SyncRemote),
    env_file: Option<&Path>,
) -> Result<PostgresRemote> {
    let file = match env_file.map(|file| session.env().cwd().join(file)) {
        Some(path) => read_env_file(&std::fs::read_to_string(&path).map_err(Error::io("read", &path))?),
        None => BTreeMap::new(),
    };
    let variable = |name: &str| session.env().variable(name).or_else(|| file.get(name).cloned());
    let place = PostgresPlace::read(name, variable);
    let place = place.map_err(|why| Error::usage_with(why, "tracker help sync names the variables"))?;
    let ids: Vec<String> = session.snapshot().task_ids()?.iter().map(ToString::to_string).collect();
    Ok(PostgresRemote::new(TableSettings::new(name, project, remote), place, &ids))
}
