//! `init`: makes a tracker in a repository. Done twice it is done once.

use schemars::JsonSchema;
use serde::Serialize;

use super::ci::{self, Server};
use super::roles::starter;
use super::session::refuse_other_formats;
use super::{Error, Result};
use crate::doc::read_config;
use crate::env::Env;
use crate::model::{RecordKind, RecordPath, TRACKER_FOLDER, TaskId};
use crate::store::{Change, Workspace};

const PLAIN: &str = include_str!("../../templates/init/plain.toml");
const SOLO: &str = include_str!("../../templates/init/solo.toml");
const TEAM: &str = include_str!("../../templates/init/team.toml");
const REGULATED: &str = include_str!("../../templates/init/regulated.toml");
const ATTRIBUTES: &str = include_str!("../../templates/init/gitattributes");
const IGNORE: &str = include_str!("../../templates/init/gitignore");

/// A configuration that fits a way of working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The default pipeline, and nobody is asked for a sign-off.
    #[default]
    Plain,
    /// One stage and nobody to ask.
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
    /// The workflow to write as well.
    pub server: Option<Server>,
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
}

/// Returns the files that every tracker has, with their text, except the configuration.
pub(super) fn own_files() -> [(RecordPath, String); 2] {
    [
        (RecordPath::File(RecordKind::Attributes), ATTRIBUTES.to_owned()),
        (RecordPath::File(RecordKind::Ignore), IGNORE.to_owned()),
    ]
}

/// Writes what is missing of a tracker and leaves alone what is there.
pub fn init(env: &Env, request: &InitRequest) -> Result<Initialised> {
    let workspace = Workspace::discover(env)?;
    if !workspace.has_tracker()? {
        workspace.refuse_if_tracked(env, TRACKER_FOLDER)?;
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
        Some(server) => Some((server.path(), workflow_text(&workspace, server, there.as_deref())?)),
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
    if !request.dry_run {
        locked.apply(&changes)?;
    }
    Ok(Initialised {
        work_dir: workspace.work_dir().display().to_string(),
        dry_run: request.dry_run,
        files: changes.into_iter().map(|change| change.path).collect(),
    })
}

fn workflow_text(workspace: &Workspace, server: Server, config: Option<&[u8]>) -> Result<String> {
    let install = config.and_then(|config| read_config(config).ok()?.0.ci.install);
    Ok(ci::workflow(server, install.as_deref(), &ci::default_branch(workspace)?))
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
