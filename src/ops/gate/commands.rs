//! The project's own commands: run only where the caller said so on the command line.

use crate::model::{Config, Level};
use crate::ops::{Error, Result, Session};
use crate::process::Program;
use crate::review::CommandOutcome;

/// Runs the commands of the policy at the top of the working tree, one after the other.
pub(super) fn run(session: &Session<'_>, config: &Config) -> Result<Vec<CommandOutcome>> {
    let mut outcomes = Vec::new();
    for command in config.policy.gate.commands.iter().filter(|command| command.level != Level::Off) {
        let shell = Program::shell(&command.run, "run a command of the policy")
            .in_folder(session.workspace().work_dir())
            .in_its_own_repository();
        let done =
            shell.output().map_err(|error| Error::usage_with(error.to_string(), "install a POSIX shell"))?;
        let text = [done.stdout.as_slice(), done.stderr.as_slice()].concat();
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = if last.is_empty() { done.status.to_string() } else { last.trim().to_owned() };
        outcomes.push(CommandOutcome { name: command.name.clone(), is_yes: done.is_success(), said });
    }
    Ok(outcomes)
}
