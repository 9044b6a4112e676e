//! `hooks install`, `uninstall`, `status`: our part in git's hooks, beside whatever is there, and the merge driver.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::env::Env;
use crate::model::Problem;
use crate::ops::{Error, Result, Session};
use crate::process::Program;
use crate::store::{Hook, HookChange, HookFiles, HookState, Workspace};

/// The hooks of a repository.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HookReport {
    /// Where git takes them from.
    pub folder: String,
    /// Whether that folder is there.
    pub has_folder: bool,
    /// Each hook.
    pub hooks: Vec<HookView>,
    /// Whether git joins records with the tracker.
    pub merge_driver: bool,
    /// Whether git runs all of them, and the merge driver where people commit.
    pub is_complete: bool,
}

/// One hook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HookView {
    /// Its name.
    pub name: String,
    /// Its state, or what was done to it.
    pub state: &'static str,
}

const DRIVER: &str = "merge.tracker.driver";
/// How git runs the merge driver.
pub(in crate::ops) const MERGE_DRIVER: &str = "tracker merge-driver %O %A %B %L %P %S %X %Y";

/// Puts our part into the hooks, and registers the merge driver.
pub fn hooks_install(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    if workspace.repo_paths().work_dir.is_some() {
        workspace.require_tracker(env)?;
    }
    if workspace.repo_paths().work_dir.is_none() {
        let what = format!("nobody commits in `{}`: it is a bare repository", workspace.work_dir().display());
        return Err(Error::usage_with(what, "to judge what is pushed to it: tracker hooks install --server"));
    }
    let hooks = each(&Hook::CLIENT, |hook| Ok(change_word(files.install(hook)?)))?;
    let set = [("merge.tracker.name", "joins records field by field"), (DRIVER, MERGE_DRIVER)];
    for (key, value) in set {
        configure(&workspace, &["config", "--local", key, value])?;
    }
    Ok(HookReport {
        has_folder: Path::new(&folder).is_dir(),
        folder,
        hooks,
        merge_driver: true,
        is_complete: true,
    })
}

/// Puts the gate before pushes into a repository that people push to, bare or not.
pub fn hooks_install_server(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    if workspace.repo_paths().work_dir.is_some() {
        workspace.require_tracker(env)?;
    }
    let hooks = each(&Hook::SERVER, |hook| Ok(change_word(files.install(hook)?)))?;
    let merge_driver = has_driver(&workspace)?;
    Ok(HookReport { has_folder: Path::new(&folder).is_dir(), folder, hooks, merge_driver, is_complete: true })
}

/// Takes our part out of the hooks again, byte for byte, and the merge driver with it.
pub fn hooks_uninstall(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    let hooks = each(own(&workspace, &files)?, |hook| Ok(change_word(files.uninstall(hook)?)))?;
    if workspace.repository()?.config_text(DRIVER).is_some() {
        configure(&workspace, &["config", "--local", "--remove-section", "merge.tracker"])?;
    }
    Ok(HookReport {
        has_folder: Path::new(&folder).is_dir(),
        folder,
        hooks,
        merge_driver: false,
        is_complete: false,
    })
}

/// Returns the state of the hooks.
pub fn hooks_status(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    let own = own(&workspace, &files)?;
    let hooks = each(own, |hook| Ok(state_word(files.state(hook)?)))?;
    let merge_driver = has_driver(&workspace)?;
    let mut states = own.iter().map(|hook| files.state(*hook));
    let runs_all = states.all(|state| state.is_ok_and(HookState::runs));
    let is_complete = runs_all && (merge_driver || workspace.repo_paths().work_dir.is_none());
    Ok(HookReport { has_folder: Path::new(&folder).is_dir(), folder, hooks, merge_driver, is_complete })
}

/// Warns of the hooks that this clone lacks, for commands after which people commit. What cannot be looked at is for
/// `doctor` to report.
pub fn hooks_warning(session: &Session<'_>) -> Vec<Problem> {
    if !session.snapshot().is_work_tree() {
        return Vec::new();
    }
    gone_hooks(session.workspace()).ok().flatten().into_iter().collect()
}

/// Says which hooks a clone lacks: all of them, as a new one does, or some.
pub(in crate::ops) fn gone_hooks(workspace: &Workspace) -> Result<Option<Problem>> {
    let repository = workspace.repository()?;
    let has_driver = has_driver(workspace)?;
    let folder = match repository.hooks_folder() {
        Ok(folder) => folder,
        Err(refusal) if has_driver => {
            return Ok(Some(Problem::warning(refusal.to_string()).with_hint(refusal.hint())));
        }
        Err(_) => return Ok(None),
    };
    let files = HookFiles::new(folder.clone());
    let mut gone = Vec::new();
    for hook in Hook::CLIENT {
        if !files.state(hook)?.runs() {
            gone.push(hook.name());
        }
    }
    if gone.is_empty() {
        return Ok(None);
    }
    let is_new = gone.len() == Hook::CLIENT.len() && !has_driver;
    // Who makes a repository decides on its hooks; a clone of it comes without them.
    if is_new && repository.remote_url(None)?.is_none() {
        return Ok(None);
    }
    let message = match folder.is_dir() {
        _ if is_new => "this clone has no hooks of the tracker: its commits move no task".to_owned(),
        true => format!("git runs {} without the tracker", gone.join(", ")),
        false => "git takes hooks from a folder that is not there".to_owned(),
    };
    let problem = Problem::warning(message).in_file(folder.display().to_string());
    Ok(Some(problem.with_hint("tracker hooks install")))
}

fn has_driver(workspace: &Workspace) -> Result<bool> {
    Ok(workspace.repository()?.config_text(DRIVER).is_some())
}

/// Returns the hooks that concern a repository: those of a server where nobody commits, or where ours is there.
fn own(workspace: &Workspace, files: &HookFiles) -> Result<&'static [Hook]> {
    let is_ours = |state: HookState| !matches!(state, HookState::Absent | HookState::Foreign);
    Ok(match workspace.repo_paths().work_dir {
        None => &Hook::SERVER,
        Some(_) if is_ours(files.state(Hook::PreReceive)?) => &Hook::ALL,
        Some(_) => &Hook::CLIENT,
    })
}

fn open(env: &Env) -> Result<(Workspace, HookFiles, String)> {
    let workspace = Workspace::anywhere(env)?;
    let folder = workspace.repository()?.hooks_folder().map_err(|refusal| {
        let hint = refusal.hint();
        Error::usage_with(refusal.to_string(), hint)
    })?;
    let shown = folder.display().to_string();
    Ok((workspace, HookFiles::new(folder), shown))
}

fn each(hooks: &[Hook], work: impl Fn(Hook) -> Result<&'static str>) -> Result<Vec<HookView>> {
    hooks.iter().map(|&hook| Ok(HookView { name: hook.name().to_owned(), state: work(hook)? })).collect()
}

/// Changes git's configuration as git does it: under its lock, with its comments kept.
fn configure(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let git = Program::new("git", "configure git").args(arguments).in_folder(workspace.work_dir());
    match git.output() {
        Ok(done) if done.is_success() => Ok(()),
        Ok(done) => {
            let message = format!("git {} failed: {}", arguments.join(" "), done.stderr_text().trim());
            Err(Error::usage(message))
        }
        Err(error) => Err(Error::usage_with(error.to_string(), "install git")),
    }
}

fn change_word(change: HookChange) -> &'static str {
    match change {
        HookChange::Unchanged => "unchanged",
        HookChange::Created => "created",
        HookChange::Embedded => "added to the hook that was there",
        HookChange::MovedAside => "runs the hook that was there",
        HookChange::Updated => "updated",
        HookChange::Removed => "removed",
        HookChange::Restored => "restored",
    }
}

fn state_word(state: HookState) -> &'static str {
    match state {
        HookState::Absent => "absent",
        HookState::Foreign => "without the tracker",
        HookState::Installed => "installed",
        HookState::Outdated => "outdated: tracker hooks install",
        HookState::NotExecutable => "not executable: tracker hooks install",
        HookState::NotLedTo => "installed, and husky is not: npm install",
    }
}
