//! What coding agents read of the tracker: a marked block in the files that they read, and `prime`.

use super::{Error, Result};
use crate::doc::put_block;
use crate::store::{Change, Snapshot, Workspace};

/// The files that agents read, and whether they are made where they are missing.
const FILES: [(&str, bool); 2] = [("AGENTS.md", true), ("CLAUDE.md", false)];
const MARKS: [&str; 2] = ["<!-- tracker:begin -->", "<!-- tracker:end -->"];
const TEXT: &str = include_str!("../../templates/init/agents.md");

/// Returns the changes that bring the block in the agents' files up to date. What is around it stays, byte for byte.
/// A file that is a link, as from one of them to the other, is left alone.
pub(super) fn agents_files(workspace: &Workspace, snapshot: &Snapshot) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
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
                let after = with_block(&before);
                changes.push(Change::replace(path, &before, after));
            }
            None if is_made => changes.push(Change::create(path, with_block(""))),
            None => {}
        }
    }
    Ok(changes)
}

/// Puts the block where it was, or after the text.
fn with_block(text: &str) -> String {
    put_block(text, MARKS, &format!("{}\n", TEXT.trim()))
}

#[cfg(test)]
mod tests {
    use super::{TEXT, with_block};

    #[test]
    fn the_block_is_put_once_and_the_rest_stays() {
        let block = format!("<!-- tracker:begin -->\n{}\n<!-- tracker:end -->\n", TEXT.trim());
        let once = with_block("# Ours\n\nText.\n");
        assert_eq!(once, format!("# Ours\n\nText.\n\n{block}"));
        assert_eq!(with_block(&once), once);
        let old = once.replace("tracker prime", "another text") + "\nAfter.\n";
        assert_eq!(with_block(&old), once + "\nAfter.\n");
        assert_eq!(with_block(""), block);
    }
}
