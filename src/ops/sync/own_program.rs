//! Programs that speak for another tracker and are files of the repository: they are started as the target branch has them,
//! as its configuration is the one that counts.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::git::read_regular;
use crate::model::Suggestion;
use crate::ops::{Error, Result, Session};

/// Endings of programs that others start.
const SCRIPTS: [&str; 11] = ["py", "sh", "bash", "js", "mjs", "ts", "rb", "pl", "php", "lua", "r"];

/// Fails where a command names a program in the working tree that a commit has and that is another one on the target branch.
/// On that branch itself everybody starts what he has; what such a program loads is not looked at.
pub(super) fn refuse_other_program(session: &Session<'_>, command: &str) -> Result<()> {
    let workspace = session.workspace();
    let repository = workspace.repository()?;
    let Some(target) = repository.target_branch()? else { return Ok(()) };
    if repository.branch()?.as_deref() == Some(target.branch()) {
        return Ok(());
    }
    let Ok(top) = workspace.work_dir().canonicalize() else { return Ok(()) };
    let head = repository.head()?.commit;
    let ends = |c: char| c.is_whitespace() || "'\"`=;|&<>()".contains(c);
    for word in command.split(ends).filter(|word| !word.is_empty()) {
        let Ok(file) = top.join(word).canonicalize() else { continue };
        let Some(path) = file.strip_prefix(&top).ok().and_then(Path::to_str) else { continue };
        let Some(bytes) = program(&file) else { continue };
        let there = repository.tree_file(target.tip, path)?;
        let here = head.map(|head| repository.tree_file(head, path)).transpose()?.flatten();
        if there.as_ref().is_some_and(|own| repository.is_blob(&bytes, own.blob_id)) {
            continue;
        }
        if there.is_some() || here.is_some() {
            let look = Suggestion::git(["diff", target.branch(), "--", path]);
            let message = format!("`{path}` is not as {} has it, and was not started", target.branch());
            let hint = format!(
                "look at it: {look}; it is started where it is merged, or from outside of the repository"
            );
            return Err(Error::usage_with(message, hint));
        }
    }
    Ok(())
}

/// Reads a file that is a program, by its mode, its first line or its name.
fn program(file: &Path) -> Option<Vec<u8>> {
    let found = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let bytes = read_regular(file).ok()?;
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_program = found.permissions().mode() & 0o111 != 0
        || bytes.starts_with(b"#!")
        || SCRIPTS.contains(&ending.to_ascii_lowercase().as_str());
    is_program.then_some(bytes)
}
