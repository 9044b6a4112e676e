//! `hooks install`, `uninstall`, `status`: our part in git's hooks, beside whatever is there, and the merge driver.

use schemars::JsonSchema;
use serde::Serialize;

use crate::env::Env;
use crate::ops::{Error, Result};
use crate::process::Program;
use crate::store::{Hook, HookChange, HookFiles, HookState, Workspace};

/// The hooks of a repository.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HookReport {
    /// Where git takes them from.
    pub folder: String,
    /// Each hook.
    pub hooks: Vec<HookView>,
    /// Whether git joins records with the tracker.
    pub merge_driver: bool,
}

/// One hook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HookView {
    /// Its name.
    pub name: String,
    /// How it stands, or what was done to it.
    pub state: &'static str,
}

const DRIVER: &str = "merge.tracker.driver";
const COMMAND: &str = "tracker merge-driver %O %A %B %L %P %S %X %Y";

/// Puts our part into the hooks, and registers the merge driver.
pub fn hooks_install(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    if workspace.places().work_dir.is_none() {
        let what = format!("nobody commits in `{}`: it is a bare repository", workspace.work_dir().display());
        return Err(Error::usage_with(what, "to judge what is pushed to it: tracker hooks install --server"));
    }
    let hooks = each(&Hook::CLIENT, |hook| Ok(change_word(files.install(hook)?)))?;
    let set = [("merge.tracker.name", "joins records field by field"), (DRIVER, COMMAND)];
    for (key, value) in set {
        configure(&workspace, &["config", "--local", key, value])?;
    }
    Ok(HookReport { folder, hooks, merge_driver: true })
}

/// Puts the gate before pushes into a repository that people push to, bare or not.
pub fn hooks_install_server(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    let hooks = each(&Hook::SERVER, |hook| Ok(change_word(files.install(hook)?)))?;
    let merge_driver = has_driver(&workspace)?;
    Ok(HookReport { folder, hooks, merge_driver })
}

/// Takes our part out of the hooks again, byte for byte, and the merge driver with it.
pub fn hooks_uninstall(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    let hooks = each(own(&workspace, &files)?, |hook| Ok(change_word(files.uninstall(hook)?)))?;
    if workspace.repository()?.config_text(DRIVER).is_some() {
        configure(&workspace, &["config", "--local", "--remove-section", "merge.tracker"])?;
    }
    Ok(HookReport { folder, hooks, merge_driver: false })
}

/// Returns the state of the hooks.
pub fn hooks_status(env: &Env) -> Result<HookReport> {
    let (workspace, files, folder) = open(env)?;
    let hooks = each(own(&workspace, &files)?, |hook| Ok(state_word(files.state(hook)?)))?;
    let merge_driver = has_driver(&workspace)?;
    Ok(HookReport { folder, hooks, merge_driver })
}

fn has_driver(workspace: &Workspace) -> Result<bool> {
    Ok(workspace.repository()?.config_text(DRIVER).is_some())
}

/// Returns the hooks that concern a repository: those of a server where nobody commits, or where ours is there.
fn own(workspace: &Workspace, files: &HookFiles) -> Result<&'static [Hook]> {
    let is_ours = |state: HookState| !matches!(state, HookState::Absent | HookState::Foreign);
    Ok(match workspace.places().work_dir {
        None => &Hook::SERVER,
        Some(_) if is_ours(files.state(Hook::PreReceive)?) => &Hook::ALL,
        Some(_) => &Hook::CLIENT,
    })
}

fn open(env: &Env) -> Result<(Workspace, HookFiles, String)> {
    let workspace = Workspace::anywhere(env)?;
    if workspace.places().work_dir.is_some() {
        workspace.require_tracker(env)?;
    }
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
    }
}
