//! `init`: makes a tracker in a repository, with its hooks. Done twice it is done once. `uninstall`: takes out of a clone
//! what is not the team's.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::agents::{WithoutOurs, agents_files, client_files, settings_without};
use super::ci::{self, Server};
use super::hooks::{hooks_install, hooks_status, hooks_uninstall};
use super::roles::starter;
use super::session::refuse_other_formats;
use super::{Error, Result};
use crate::doc::read_config;
use crate::env::Env;
use crate::model::{Problem, RecordKind, RecordPath, Suggestion, TRACKER_FOLDER, TaskId};
use crate::store::{Change, Hook, Workspace};

const PLAIN: &str = include_str!("../../templates/init/plain.toml");
const SOLO: &str = include_str!("../../templates/init/solo.toml");
const TEAM: &str = include_str!("../../templates/init/team.toml");
const REGULATED: &str = include_str!("../../templates/init/regulated.toml");
const ATTRIBUTES: &str = include_str!("../../templates/init/gitattributes");
const IGNORE: &str = include_str!("../../templates/init/gitignore");

/// A configuration that fits a way of working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Four stages, and no sign-off is required.
    Plain,
    /// One stage and nobody to ask.
    #[default]
    Solo,
    /// Reviewed and tested, by others than who wrote it.
    Team,
    /// Signed with keys, and never for oneself.
    Regulated,
}

/// How the tracker shall be.
#[derive(Debug, Clone, Default)]
pub struct InitRequest {
    /// Name of the project; the folder's name where it is left out.
    pub project: Option<String>,
    /// What ids begin with.
    pub prefix: Option<String>,
    /// Numbers in a row instead of random ids.
    pub sequential: bool,
    /// Which configuration to begin with.
    pub profile: Profile,
    /// Whether to install the hooks.
    pub hooks: bool,
    /// Whether to write instructions for coding agents.
    pub agents: bool,
    /// Whether to set up a tracker even if another branch has one.
    pub force: bool,
    /// The workflow to write as well.
    pub server: Option<Server>,
    /// The branch that it is for; by default, the one that work is merged into.
    pub default_branch: Option<String>,
    /// Only tell what would be written.
    pub dry_run: bool,
}

/// What `init` did.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Initialised {
    /// Top of the working tree.
    pub work_dir: String,
    /// Whether nothing was written because the caller asked so.
    pub dry_run: bool,
    /// Files that were written, below the top of the working tree; none where all were there.
    pub files: Vec<String>,
    /// Hooks that were installed or brought up to date, by name.
    pub hooks: Vec<String>,
    /// What to do next.
    pub next: Vec<Suggestion>,
}

/// Returns the files that every tracker has, with their text, except the configuration.
pub(super) fn own_files() -> [(RecordPath, String); 2] {
    [
        (RecordPath::File(RecordKind::Attributes), ATTRIBUTES.to_owned()),
        (RecordPath::File(RecordKind::Ignore), IGNORE.to_owned()),
    ]
}

/// Writes what is missing of a tracker and leaves alone what is there.
///
/// The hooks come last: where git takes them from elsewhere, the tracker is there, and a problem says what to do.
pub fn init(env: &Env, request: &InitRequest) -> Result<(Initialised, Vec<Problem>)> {
    let workspace = Workspace::discover(env)?;
    if !workspace.has_tracker()? {
        workspace.refuse_if_tracked(env, TRACKER_FOLDER)?;
        refuse_second(&workspace, request)?;
    }
    let config = config_text(&workspace, request)?;
    let mut files = vec![
        (RecordKind::Config.file(), config.as_str()),
        (RecordKind::Attributes.file(), ATTRIBUTES),
        (RecordKind::Ignore.file(), IGNORE),
    ];
    let locked = workspace.lock("init")?;
    let snapshot = workspace.snapshot();
    if workspace.has_tracker()? {
        refuse_other_formats(&snapshot)?;
        snapshot.config()?;
    }
    let mut changes = Vec::new();
    let there = snapshot.read(RecordKind::Config.file())?;
    let workflow = match request.server {
        Some(server) => {
            let branch = request.default_branch.as_deref();
            Some((server.path(), workflow_text(&workspace, (server, branch), there.as_deref())?))
        }
        None => None,
    };
    files.extend(workflow.as_ref().map(|(path, text)| (*path, text.as_str())));
    let texts = role_texts(request.profile, there.as_deref().unwrap_or(config.as_bytes()));
    files.extend(texts.iter().map(|(path, text)| (path.as_str(), *text)));
    for (path, text) in files {
        if snapshot.read(path)?.is_none() {
            workspace.refuse_if_tracked(env, path)?;
            changes.push(Change::create(path, text));
        }
    }
    let mut problems = Vec::new();
    if request.agents {
        changes.extend(agents_files(&workspace, &snapshot)?);
        let (clients, found) = client_files(&workspace, &snapshot)?;
        changes.extend(clients);
        problems.extend(found);
    }
    changes.retain(|change| !change.is_empty());
    if !request.dry_run {
        locked.apply(&changes)?;
    }
    drop(locked);
    let (hooks, found) = install_hooks(env, request)?;
    problems.extend(found);
    let files: Vec<String> = changes.into_iter().map(|change| change.path).collect();
    let next = next_commands(&workspace, &files, there.is_none());
    let work_dir = workspace.work_dir().display().to_string();
    Ok((Initialised { work_dir, dry_run: request.dry_run, files, hooks, next }, problems))
}

/// Whether the working tree has no tracker yet.
#[must_use]
pub fn is_new(env: &Env) -> bool {
    Workspace::discover(env).and_then(|workspace| workspace.has_tracker()).is_ok_and(|has| !has)
}

/// Returns the branch that work is merged into, as far as git tells.
pub fn default_branch_of(env: &Env) -> Result<String> {
    ci::default_branch(&Workspace::discover(env)?)
}

/// Two trackers that began apart cannot be merged: each has a configuration of its own.
fn refuse_second(workspace: &Workspace, request: &InitRequest) -> Result<()> {
    let Some(branch) = workspace.branch_with_tracker()?.filter(|_| !request.force) else { return Ok(()) };
    let merge = Suggestion::git(["merge", branch.as_str()]);
    let message = format!("`{branch}` has a tracker, and a second one would conflict with it");
    let hint =
        format!("run `{merge}`, or change to a branch that has it; `--force` sets up another all the same");
    Err(Error::usage_with(message, hint))
}

/// Installs the hooks, and returns those that were changed.
fn install_hooks(env: &Env, request: &InitRequest) -> Result<(Vec<String>, Vec<Problem>)> {
    if !request.hooks {
        return Ok((Vec::new(), Vec::new()));
    }
    if request.dry_run {
        let names = Hook::CLIENT.iter().map(|hook| hook.name().to_owned());
        return Ok((names.collect(), Vec::new()));
    }
    match hooks_install(env) {
        Ok(report) => {
            let changed = report.hooks.into_iter().filter(|hook| hook.state != "unchanged");
            Ok((changed.map(|hook| hook.name).collect(), Vec::new()))
        }
        Err(Error::Usage { message, hint }) => {
            let problem = Problem::warning(format!("the hooks are not installed: {message}"));
            Ok((Vec::new(), vec![Problem { hint, ..problem }]))
        }
        Err(error) => Err(error),
    }
}

/// Returns what to do after the set-up.
fn next_commands(workspace: &Workspace, files: &[String], is_new: bool) -> Vec<Suggestion> {
    let mut next = Vec::new();
    if !files.is_empty() {
        let mut tops: Vec<&str> = files.iter().map(|file| top_of(file)).collect();
        tops.sort_unstable();
        tops.dedup();
        next.push(Suggestion::git(["add"].into_iter().chain(tops)));
        next.push(Suggestion::git(["commit", "-m", "Set up the tracker"]));
    }
    if is_new {
        next.push(Suggestion::tracker(["new", "Title of a task"]));
    } else if workspace.snapshot().task_ids().is_ok_and(|ids| !ids.is_empty()) {
        next.push(Suggestion::tracker(["status"]));
    }
    next
}

/// A file of the tracker goes along with its folder.
fn top_of(file: &str) -> &str {
    file.split_once('/').map_or(file, |(top, _)| if top == TRACKER_FOLDER { top } else { file })
}

/// What `uninstall` removed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Uninstalled {
    /// Whether nothing was removed because the caller asked so.
    pub dry_run: bool,
    /// Hooks from which the tracker's part was taken out, by name.
    pub hooks: Vec<String>,
    /// Whether git's merge driver was registered.
    pub merge_driver: bool,
    /// Settings of coding agents from which the tracker's commands, or its server, were taken out.
    pub settings: Vec<String>,
    /// Local folders that were removed: caches, the active task, unsaved edits.
    pub folders: Vec<String>,
    /// The folder of the records, which stays; none where there is none.
    pub records: Option<String>,
}

/// Takes the tracker out of this clone: hooks, merge driver, local files of all working trees. The records stay.
pub fn uninstall(env: &Env, dry_run: bool) -> Result<Uninstalled> {
    let workspace = Workspace::anywhere(env)?;
    let settings = take_settings(&workspace, dry_run)?;
    let before = hooks_status(env)?;
    let is_ours = |state: &str| !matches!(state, "absent" | "without the tracker");
    let hooks: Vec<String> =
        before.hooks.iter().filter(|hook| is_ours(hook.state)).map(|hook| hook.name.clone()).collect();
    let paths = workspace.repo_paths();
    let mut folders = vec![paths.common_dir.clone(), paths.git_dir.clone()];
    folders.extend(paths.other_desks().into_iter().map(|(_, git_dir)| git_dir));
    let mut folders: Vec<PathBuf> =
        folders.into_iter().map(|folder| folder.join("tracker")).filter(|folder| folder.is_dir()).collect();
    folders.sort();
    folders.dedup();
    if !dry_run {
        hooks_uninstall(env)?;
        for folder in &folders {
            std::fs::remove_dir_all(folder).map_err(Error::io("remove", folder))?;
        }
    }
    let records = workspace.work_dir().join(TRACKER_FOLDER);
    Ok(Uninstalled {
        dry_run,
        hooks,
        merge_driver: before.merge_driver,
        settings,
        folders: folders.iter().map(|folder| folder.display().to_string()).collect(),
        records: records.is_dir().then(|| records.display().to_string()),
    })
}

/// Takes what is the tracker's out of the settings of agents, and returns the paths of these.
fn take_settings(workspace: &Workspace, dry_run: bool) -> Result<Vec<String>> {
    let mut taken = Vec::new();
    for WithoutOurs { path, before, after } in settings_without(workspace, &workspace.snapshot())? {
        match after.filter(|_| !dry_run) {
            Some(after) => workspace.lock("uninstall")?.apply(&[Change::replace(path, before, after)])?,
            None if dry_run => {}
            None => {
                let path = workspace.work_dir().join(path);
                std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        taken.push(path.to_owned());
    }
    Ok(taken)
}

fn workflow_text(
    workspace: &Workspace,
    (server, branch): (Server, Option<&str>),
    config: Option<&[u8]>,
) -> Result<String> {
    let install = config.and_then(|config| read_config(config).ok()?.0.ci.install);
    let branch = branch.map_or_else(|| ci::default_branch(workspace), |branch| Ok(branch.to_owned()))?;
    Ok(ci::workflow(server, install.as_deref(), &branch))
}

/// Returns the instructions for roles, to begin with: those that the configuration names and for which there is a text.
fn role_texts(profile: Profile, config: &[u8]) -> Vec<(String, &'static str)> {
    let (Profile::Team | Profile::Regulated, Ok((config, _))) = (profile, read_config(config)) else {
        return Vec::new();
    };
    let names = config.role_names().into_iter();
    names.filter_map(|name| Some((RecordPath::role(name)?.to_string(), starter(name)?))).collect()
}

fn config_text(workspace: &Workspace, request: &InitRequest) -> Result<String> {
    let prefix = request.prefix.as_deref().unwrap_or("TASK").to_ascii_uppercase();
    if prefix.len() > 32 || TaskId::parse(&format!("{prefix}-0")).is_err() {
        let hint = "at most 32 letters and digits, beginning with a letter, such as TASK or WEB";
        return Err(Error::usage_with(format!("`{prefix}` cannot begin an id"), hint));
    }
    let folder = workspace.work_dir().file_name().map(|name| name.to_string_lossy().into_owned());
    let project = request.project.clone().or(folder).unwrap_or_default();
    let scheme = if request.sequential { "sequential" } else { "random" };
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let template = match request.profile {
        Profile::Plain => PLAIN,
        Profile::Solo => SOLO,
        Profile::Team => TEAM,
        Profile::Regulated => REGULATED,
    };
    Ok(template
        .replace("{project}", &quoted(&project))
        .replace("{prefix}", &quoted(&prefix))
        .replace("{scheme}", &quoted(scheme)))
}
