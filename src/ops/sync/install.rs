//! `sync install`: what makes a synchronisation run by itself, printed and not installed.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::run::find_remote;
use crate::ops::{Error, Result, Session};

/// A unit and its timer.
const SYSTEMD: &str = include_str!("../../../templates/sync/systemd.txt");

/// What runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallFor {
    /// A line of a crontab.
    Cron,
    /// A unit and its timer.
    Systemd,
    /// A task of Windows.
    Schtasks,
}

/// What to install.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncInstall {
    /// What runs it.
    pub kind: InstallFor,
    /// The text.
    pub text: String,
    /// What to do with it.
    pub hint: String,
}

/// Returns what to install, for every five minutes.
pub fn install_sync(
    session: &Session<'_>,
    remote: Option<&str>,
    kind: InstallFor,
    env_file: Option<&Path>,
) -> Result<SyncInstall> {
    let (config, _) = session.config_or_default();
    let (name, _) = find_remote(&config, remote)?;
    let folder = session.workspace().work_dir().display().to_string();
    let program = session.env().program().map_err(|error| Error::usage(error.to_string()))?;
    let program = program.display().to_string();
    let env_file = env_file.map(|file| session.env().cwd().join(file).display().to_string());
    let env_file = env_file.unwrap_or_default();
    if [&folder, &program, &env_file].iter().any(|path| path.contains(['\'', '"', '\n', '%'])) {
        let message =
            "the path of the repository, of the program or of the file of variables has quotes or `%` in it";
        return Err(Error::usage_with(message, format!("write it by hand: tracker -C DIR sync {name}")));
    }
    let variables = if env_file.is_empty() { env_file } else { format!(" --env-file '{env_file}'") };
    let command = format!("'{program}' -C '{folder}' sync {name}{variables}");
    let (text, hint) = match kind {
        InstallFor::Cron => (
            format!("*/5 * * * * {command} >> '{folder}/.git/tracker-sync-{name}.log' 2>&1\n"),
            "add the line with: crontab -e".to_owned(),
        ),
        InstallFor::Systemd => (
            SYSTEMD
                .replace("{name}", name)
                .replace("{program}", &program)
                .replace("{folder}", &folder)
                .replace("{variables}", &variables),
            format!("save both files, then: systemctl --user enable --now tracker-sync-{name}.timer"),
        ),
        InstallFor::Schtasks => (
            format!(
                "schtasks /Create /SC MINUTE /MO 5 /TN \"tracker sync {name}\" /TR \"'{program}' -C '{folder}' sync {name}{variables}\"\n"
            ),
            "run the line in a command prompt".to_owned(),
        ),
    };
    Ok(SyncInstall { kind, text, hint })
}
