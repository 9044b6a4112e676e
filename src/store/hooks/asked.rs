//! What a hook's shell looks at by itself, so that the tracker is not started where nobody asks for it: at most
//! commits nobody does, and a program that starts costs more than the shell that would start it.
//!
//! Only what the shell can do without another process, and only where it is sure: in doubt the tracker is asked.

use super::block::Hook;
use crate::model::{RecordKind, TRACKER_FOLDER};
use crate::policy::DIRECTIVE_WORDS;
use crate::store::workspace::POLICY_READ;

/// A shell reads a file byte by byte: a longer message, or one with comments below, is the tracker's.
const MOST_LINES: usize = 40;

/// Returns what the shell does first, and the beginning of the condition under which the tracker is started.
pub(super) fn asked(hook: Hook) -> (String, &'static str) {
    let look = match hook {
        Hook::PrepareCommitMsg => before_the_message(),
        Hook::CommitMsg => at_the_message(),
        Hook::PostCommit | Hook::PrePush | Hook::PreReceive => return (String::new(), ""),
    };
    (look, "[ $tracker_asks = yes ] && ")
}

/// A link comes from the active task or from a branch whose name has two words. The message lies in the git dir, as
/// both of these do.
fn before_the_message() -> String {
    "tracker_asks=no tracker_head=\n\
     { read -r tracker_head <\"${1%/*}/HEAD\"; } 2>/dev/null || :\n\
     case $tracker_head in 'ref: refs/heads/'*[-_./]* | '') tracker_asks=yes ;; esac\n\
     if [ -e \"${1%/*}/tracker/active\" ]; then tracker_asks=yes; fi\n\
     case ${2-} in merge | squash | commit) tracker_asks=no ;; esac\n"
        .to_owned()
}

/// A message asks for something in a line that begins with one of our words; a link to a task that is there is granted.
/// A configuration that has changed since it was last read is asked about as well: records must not be committed under
/// one that cannot be read.
fn at_the_message() -> String {
    let words: Vec<String> = DIRECTIVE_WORDS.into_iter().map(in_either_case).collect();
    let (some, others) = words.split_at(words.len() / 2);
    let (config, tasks) = (RecordKind::Config.file(), RecordKind::Task.folder());
    format!(
        "tracker_asks=no tracker_lines=0\n\
         if [ -d {TRACKER_FOLDER} ]; then [ \"${{1%/*}}/tracker/{POLICY_READ}\" -nt {config} ] && \
         [ -e {config} ] || tracker_asks=yes; fi\nif [ -r \"$1\" ]; then\n  \
         while IFS= read -r tracker_line || [ -n \"$tracker_line\" ]; do\n    \
         tracker_lines=$((tracker_lines + 1))\n    \
         case $tracker_lines:$tracker_line in {MOST_LINES}:* | *:'#'*) tracker_asks=yes; break ;; esac\n    \
         case $tracker_line in\n    'Task: '*[!A-Z0-9-]*) tracker_asks=yes; break ;;\n    \
         'Task: '*) [ -f \"{tasks}/${{tracker_line#Task: }}.md\" ] || {{ tracker_asks=yes; break; }} ;;\n    \
         {} | \\\n    {}) tracker_asks=yes; break ;;\n    esac\n  \
         done <\"$1\"\nelse\n  tracker_asks=yes\nfi\n",
        some.join(" | "),
        others.join(" | "),
    )
}

/// `task` → `[Tt][Aa][Ss][Kk]:*`
fn in_either_case(word: &str) -> String {
    let letter = |c: char| format!("[{}{c}]", c.to_ascii_uppercase());
    word.chars().map(letter).collect::<String>() + ":*"
}
