//! The tracker around the current directory, as every door opens it.

use super::{Error, Result, Session};
use crate::env::Env;
use crate::store::{self, Workspace};

/// Opens the tracker of the working tree. Where there is none it is looked for on branches, which takes a moment.
pub fn open(env: &Env) -> Result<Workspace> {
    let workspace = Workspace::open(env).map_err(|error| match error {
        store::Error::NoTracker { work_dir, .. } => {
            let elsewhere = Workspace::anywhere(env).and_then(|here| here.branch_with_tracker());
            Error::Store(store::Error::NoTracker { work_dir, branch: elsewhere.ok().flatten() })
        }
        error => error.into(),
    })?;
    workspace.refuse_if_tasks_are_gone(env)?;
    Ok(workspace)
}

/// Opens the tracker to read it, as it is now or as of a revision: a commit may have one where the working tree has none.
pub fn open_to_read<'e>(env: &'e Env, at: Option<&str>) -> Result<Session<'e>> {
    let workspace = match at {
        Some(_) => Workspace::anywhere(env)?,
        None => open(env)?,
    };
    let snapshot = workspace.snapshot_of(at)?;
    Ok(Session::new(env, workspace, snapshot))
}

/// Opens the tracker to write to it.
pub fn open_to_write(env: &Env) -> Result<Session<'_>> {
    let workspace = open(env)?;
    let snapshot = workspace.snapshot();
    Ok(Session::new(env, workspace, snapshot).to_write(false))
}
