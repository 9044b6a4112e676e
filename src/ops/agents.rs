//! What coding agents have of the tracker: a marked block in the files that they read, the commands that they run at events
//! of their own, and the server that they call.

use super::ci::default_branch;
use super::gate::short;
use super::{Error, Result};
use crate::doc::{ServerList, put_block, put_commands, take_commands};
use crate::model::Problem;
use crate::store::{Change, Snapshot, Workspace};

/// The settings in which an agent finds what to run at its events.
const SETTINGS: &str = ".claude/settings.json";
/// When a session begins, and when it goes on after it was compacted: what an agent has to know.
const SESSION_START: &str = "SessionStart";
/// When an agent calls its task done: what `check` says against it. Exit code 2 means that the agent has to go on.
const TASK_COMPLETED: &str = "TaskCompleted";
const PRIME: &str = "tracker prime";

/// The settings in which the usual clients find the servers that they start.
const CLIENTS: [(&str, ServerList); 4] = [
    (".mcp.json", ServerList::Json { table: "mcpServers", is_typed: false }),
    (".cursor/mcp.json", ServerList::Json { table: "mcpServers", is_typed: false }),
    (".vscode/mcp.json", ServerList::Json { table: "servers", is_typed: true }),
    (".codex/config.toml", ServerList::Toml { table: "mcp_servers" }),
];

/// The files that agents read, and whether they are made where they are missing.
const FILES: [(&str, bool); 2] = [("AGENTS.md", true), ("CLAUDE.md", false)];
const MARKS: [&str; 2] = ["<!-- tracker:begin -->", "<!-- tracker:end -->"];
const TEXT: &str = include_str!("../../templates/init/agents.md");

/// Returns the changes that bring the block in the agents' files up to date. What is around it stays, byte for byte.
/// A file that is a link, as from one of them to the other, is left alone.
pub(super) fn agents_files(workspace: &Workspace, snapshot: &Snapshot) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let base = base_or_current(workspace)?;
    for (path, is_made) in FILES {
        let found = workspace.work_dir().join(path).symlink_metadata();
        if found.is_ok_and(|found| found.is_symlink()) {
            continue;
        }
        let before = snapshot.read(path)?.map(|bytes| {
            let hint = "the block is put into files that are UTF-8";
            String::from_utf8(bytes).map_err(|_| Error::usage_with(format!("{path} is no text"), hint))
        });
        match before.transpose()? {
            Some(before) => {
                let after = with_block(&before, &base);
                changes.push(Change::replace(path, &before, after));
            }
            None if is_made => changes.push(Change::create(path, with_block("", &base))),
            None => {}
        }
    }
    changes.extend(settings(workspace, snapshot)?);
    Ok(changes)
}

/// Returns the change that adds the tracker's commands to the settings of an agent.
fn settings(workspace: &Workspace, snapshot: &Snapshot) -> Result<Option<Change>> {
    let check = check_command(workspace)?;
    let Some(before) = text_of(workspace, snapshot, SETTINGS)? else { return Ok(None) };
    let commands = [(SESSION_START, PRIME), (TASK_COMPLETED, check.as_str())];
    let after = put_commands(&before, &commands).map_err(|error| {
        let hint =
            format!("add `{PRIME}` to its `{SESSION_START}` by hand, or correct it and run init again");
        Error::usage_with(format!("{SETTINGS} cannot be edited: {error}"), hint)
    })?;
    Ok(Some(match before.is_empty() {
        true => Change::create(SETTINGS, after),
        false => Change::replace(SETTINGS, before, after),
    }))
}

/// Returns the changes that add the server to the settings of MCP clients. Those that cannot be edited are left alone, with
/// a warning that says what to add.
pub(super) fn client_files(
    workspace: &Workspace,
    snapshot: &Snapshot,
) -> Result<(Vec<Change>, Vec<Problem>)> {
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    for (path, list) in CLIENTS.into_iter().filter(|_| cfg!(feature = "mcp")) {
        let before = match text_of(workspace, snapshot, path) {
            Ok(Some(before)) => before,
            Ok(None) => continue,
            Err(Error::Usage { message, .. }) => {
                problems.push(Problem::warning(message));
                continue;
            }
            Err(error) => return Err(error),
        };
        match list.with_server(&before) {
            Ok(after) if before.is_empty() => changes.push(Change::create(path, after)),
            Ok(after) => changes.push(Change::replace(path, before, after)),
            Err(error) => {
                let hint =
                    format!("add by hand: {}", list.entry().replace('\n', "; ").trim_end_matches("; "));
                problems.push(
                    Problem::warning(format!("cannot be edited: {error}")).in_file(path).with_hint(hint),
                );
            }
        }
    }
    Ok((changes, problems))
}

/// Returns a file of settings; empty where there is none, and nothing where it is a link.
fn text_of(workspace: &Workspace, snapshot: &Snapshot, path: &str) -> Result<Option<String>> {
    if workspace.work_dir().join(path).symlink_metadata().is_ok_and(|found| found.is_symlink()) {
        return Ok(None);
    }
    let bytes = snapshot.read(path)?.unwrap_or_default();
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| Error::usage_with(format!("{path} is no text"), "it has to be UTF-8"))
}

/// Returns what work is checked against: the target branch as the remote has it, or here where there is no remote; none
/// where no branch is known to be it.
pub(super) fn base(workspace: &Workspace) -> Result<Option<String>> {
    Ok(workspace.repository()?.target_branch()?.map(|target| short(&target.name).to_owned()))
}

/// Returns the same where the tracker is set up, which is done on that branch.
fn base_or_current(workspace: &Workspace) -> Result<String> {
    base(workspace)?.map_or_else(|| default_branch(workspace), Ok)
}

/// Returns the command that checks what is to be merged, with the exit code 2 for a no: where nothing can be checked, or
/// the tracker is not there, an agent is not kept from its end.
fn check_command(workspace: &Workspace) -> Result<String> {
    let base = base_or_current(workspace)?.replace('\'', "'\\''");
    Ok(format!("tracker check --base '{base}' --staged >&2; test $? -ne 1 || exit 2"))
}

/// Settings without what is the tracker's.
pub(super) struct WithoutOurs {
    pub(super) path: &'static str,
    pub(super) before: String,
    /// None where nothing else is left.
    pub(super) after: Option<String>,
}

/// Returns the settings from which the tracker's commands and its server are to be taken. Settings that cannot be read have
/// none of them.
pub(super) fn settings_without(workspace: &Workspace, snapshot: &Snapshot) -> Result<Vec<WithoutOurs>> {
    let mut all = Vec::new();
    let mut add = |path: &'static str, without: &dyn Fn(&str) -> Option<Option<String>>| -> Result<()> {
        let Ok(Some(before)) = text_of(workspace, snapshot, path) else { return Ok(()) };
        if let Some(after) =
            without(&before).filter(|after| !before.is_empty() && after.as_ref() != Some(&before))
        {
            all.push(WithoutOurs { path, before, after });
        }
        Ok(())
    };
    let commands = [(SESSION_START, PRIME), (TASK_COMPLETED, "tracker check")];
    add(SETTINGS, &|before| take_commands(before, &commands).ok())?;
    for (path, list) in CLIENTS {
        add(path, &|before| list.without_server(before).ok())?;
    }
    Ok(all)
}

/// Puts the block where it was, or after the text.
fn with_block(text: &str, base: &str) -> String {
    put_block(text, MARKS, &format!("{}\n", TEXT.trim().replace("{base}", base)))
}

#[cfg(test)]
mod tests {
    use super::{TEXT, with_block};

    #[test]
    fn the_block_is_put_once_and_the_rest_stays() {
        let block = format!(
            "<!-- tracker:begin -->\n{}\n<!-- tracker:end -->\n",
            TEXT.trim().replace("{base}", "main")
        );
        let with_block = |text: &str| with_block(text, "main");
        let once = with_block("# Ours\n\nText.\n");
        assert_eq!(once, format!("# Ours\n\nText.\n\n{block}"));
        assert_eq!(with_block(&once), once);
        let old = once.replace("tracker prime", "another text") + "\nAfter.\n";
        assert_eq!(with_block(&old), once + "\nAfter.\n");
        assert_eq!(with_block(""), block);
    }
}
