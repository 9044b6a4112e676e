//! The project's own commands: run only where the caller said so on the command line.

use std::process::{Command, Stdio};

use crate::model::{Config, Level};
use crate::ops::{Error, Result, Session};
use crate::review::CommandOutcome;

/// What git tells its children of the repository they are called for.
const LOCAL: [&str; 5] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"];

/// Runs the commands of the policy at the top of the working tree, one after the other.
pub(super) fn run(session: &Session<'_>, config: &Config) -> Result<Vec<CommandOutcome>> {
    let mut outcomes = Vec::new();
    for command in config.policy.gate.commands.iter().filter(|command| command.level != Level::Off) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &command.run]).current_dir(session.workspace().work_dir()).stdin(Stdio::null());
        for name in LOCAL {
            shell.env_remove(name);
        }
        let done = shell.output().map_err(|source| {
            Error::usage_with(format!("cannot run `sh`: {source}"), "install a POSIX shell")
        })?;
        let text = [done.stdout.as_slice(), done.stderr.as_slice()].concat();
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = if last.is_empty() { done.status.to_string() } else { last.trim().to_owned() };
        outcomes.push(CommandOutcome { name: command.name.clone(), is_yes: done.status.success(), said });
    }
    Ok(outcomes)
}
