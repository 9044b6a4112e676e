//! The text between our two lines, in each hook.
//!
//! The shell of a hook first looks at what it can find out without another process, so that the tracker is not started
//! where a commit needs nothing of it: that is most commits, and a program that starts costs more than the shell that
//! starts it. Only where the shell is sure; in doubt the tracker is started.

use std::fmt;

use crate::model::{RecordKind, TRACKER_FOLDER};
use crate::policy::DIRECTIVE_WORDS;
use crate::store::workspace::POLICY_READ;

/// The first line of our block.
pub(super) const BEGIN: &str = "# >>> tracker >>>\n";
/// The last line of our block, without the end of the line.
pub(super) const END: &str = "# <<< tracker <<<";
/// What is put after the name of a hook that is moved aside.
pub(super) const ASIDE: &str = ".tracker-original";

/// Words that many a subject begins with: only what may be an id after them needs the tracker.
const SUBJECTS: [&str; 9] =
    ["close", "closed", "fix", "fixed", "resolve", "resolved", "complete", "completed", "done"];

/// A shell reads a file byte by byte: a longer message, or one with comments below, is the tracker's.
const MOST_LINES: usize = 40;

/// A hook that the tracker has a part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// Before the message is edited.
    PrepareCommitMsg,
    /// After the message has been edited.
    CommitMsg,
    /// After the commit has been made.
    PostCommit,
    /// Before anything is pushed; what is pushed comes on standard input.
    PrePush,
    /// On a server, before anything that was pushed is taken; it comes on standard input.
    PreReceive,
}

impl Hook {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PrepareCommitMsg, Self::CommitMsg, Self::PostCommit, Self::PrePush, Self::PreReceive];
    /// Those of a repository that people commit in.
    pub const CLIENT: [Self; 4] = [Self::PrepareCommitMsg, Self::CommitMsg, Self::PostCommit, Self::PrePush];
    /// Those of a repository that people push to.
    pub const SERVER: [Self; 1] = [Self::PreReceive];

    /// Returns the name that git knows it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrepareCommitMsg => "prepare-commit-msg",
            Self::CommitMsg => "commit-msg",
            Self::PostCommit => "post-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// The message where the tracker is not installed. One hook of a commit speaks for all: the one in which
    /// something is missed, and which no option suppresses.
    fn missed(self) -> Option<&'static str> {
        match self {
            Self::PostCommit => Some("this commit moved no task"),
            Self::PrePush => Some("nothing was checked"),
            Self::PreReceive => Some("nothing is taken: ask those who run this server"),
            Self::PrepareCommitMsg | Self::CommitMsg => None,
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How our part got into the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There was no hook: the file is ours.
    Created,
    /// Into a script that was there.
    Embedded,
    /// What was there is kept beside ours, and run by it.
    Wrapper,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Created, Self::Embedded, Self::Wrapper];

    /// The second line of the block, by which the kind is known again.
    pub(super) fn line(self) -> &'static str {
        match self {
            Self::Created => "# Made by `tracker hooks install`. A hook of your own goes above this block.\n",
            Self::Embedded => {
                "# Put here by `tracker hooks install`; `tracker hooks uninstall` takes it out.\n"
            }
            Self::Wrapper => "# Made by `tracker hooks install`. The hook that was here is run below.\n",
        }
    }
}

/// Returns the whole block, without the end of its last line.
pub(super) fn block(hook: Hook, kind: Kind) -> String {
    let body = match kind {
        Kind::Created => alone(hook),
        Kind::Embedded => beside(hook),
        Kind::Wrapper => {
            format!("{}if [ -x \"$0{ASIDE}\" ]; then exec \"$0{ASIDE}\" \"$@\"; fi\n", beside(hook))
        }
    };
    format!("{BEGIN}{}{body}{END}", kind.line())
}

/// The shell becomes the tracker: one process less.
fn alone(hook: Hook) -> String {
    let missed = hook.missed().map(|missed| format!("{}\n{}", warning(missed), refusal(hook, "")));
    let (precheck, condition) = precheck(hook);
    format!(
        "{precheck}{condition}command -v tracker >/dev/null 2>&1 && exec tracker hook {hook} \"$@\"\n{}",
        missed.unwrap_or_else(|| ":\n".to_owned())
    )
}

fn beside(hook: Hook) -> String {
    let (precheck, condition) = precheck(hook);
    let run = match hook {
        // git does not ask how it ended, and what follows must run.
        Hook::PostCommit => format!("  tracker hook {hook} \"$@\" || :\n"),
        Hook::PrePush | Hook::PreReceive => with_input(hook),
        Hook::PrepareCommitMsg | Hook::CommitMsg => format!("  tracker hook {hook} \"$@\" || exit $?\n"),
    };
    let missed = hook
        .missed()
        .map(|missed| format!("else\n  {}\n{}", warning(missed), refusal(hook, "  ")))
        .unwrap_or_default();
    format!("{precheck}if {condition}command -v tracker >/dev/null 2>&1; then\n{run}{missed}fi\n")
}

fn warning(missed: &str) -> String {
    format!("echo 'tracker: not on PATH, so {missed}' >&2")
}

/// A gate that is not there must not be an open one.
fn refusal(hook: Hook, indent: &str) -> String {
    if hook == Hook::PreReceive { format!("{indent}exit 1\n") } else { String::new() }
}

/// Both hooks read what is pushed: it is kept, and given to what follows as its standard input.
fn with_input(hook: Hook) -> String {
    format!(
        "  tracker_refs=\n  while IFS= read -r tracker_ref; do\n    \
     tracker_refs=\"$tracker_refs${{tracker_refs:+\n}}$tracker_ref\"\n  done\n  \
     if [ -n \"$tracker_refs\" ]; then\n    \
     printf '%s\\n' \"$tracker_refs\" | tracker hook {hook} \"$@\" || exit $?\n    exec <<TRACKER_REFS\n\
     $tracker_refs\nTRACKER_REFS\n  else\n    \
     tracker hook {hook} \"$@\" </dev/null || exit $?\n    exec </dev/null\n  fi\n"
    )
}

/// Returns what the shell does first, and the beginning of the condition under which the tracker is started.
fn precheck(hook: Hook) -> (String, &'static str) {
    let precheck = match hook {
        Hook::PrepareCommitMsg => before_the_message(),
        Hook::CommitMsg => at_the_message(),
        Hook::PostCommit | Hook::PrePush | Hook::PreReceive => return (String::new(), ""),
    };
    (precheck, "[ $tracker_asks = yes ] && ")
}

/// A link comes from the active task or from a branch whose name has two words. The message lies in the git dir, as
/// both of these do. A merge that git could make by itself has its message in the file of merges; one that was resolved has
/// it where every commit has.
fn before_the_message() -> String {
    "tracker_asks=no tracker_head=\n\
     { read -r tracker_head <\"${1%/*}/HEAD\"; } 2>/dev/null || :\n\
     case $tracker_head in 'ref: refs/heads/'*[-_./]* | '') tracker_asks=yes ;; esac\n\
     if [ -e \"${1%/*}/tracker/active\" ]; then tracker_asks=yes; fi\n\
     case ${2-}:$1 in commit:* | merge:*/MERGE_MSG) tracker_asks=no ;; squash:*) tracker_asks=yes ;; esac\n\
     if [ -e \"${1%/*}/SQUASH_MSG\" ]; then tracker_asks=yes; fi\n"
        .to_owned()
}

/// A message has a directive in a line that begins with one of our words; a link to a task that is there needs nothing.
/// A configuration that has changed since it was last read needs the tracker as well: records must not be committed under
/// one that cannot be read. So does a merge: a conflict of records must not be committed with its marks.
fn at_the_message() -> String {
    let words: Vec<String> = DIRECTIVE_WORDS.into_iter().map(in_either_case).collect();
    let (some, others) = words.split_at(words.len() / 2);
    let (config, tasks) = (RecordKind::Config.file(), RecordKind::Task.folder());
    format!(
        "tracker_asks=no tracker_lines=0\n\
         if [ -e \"${{1%/*}}/MERGE_HEAD\" ]; then tracker_asks=yes; fi\n\
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

/// `task` → `[Tt][Aa][Ss][Kk][:\ ]*`; a line that lacks its colon is looked at, too.
fn in_either_case(word: &str) -> String {
    let letter = |c: char| format!("[{}{c}]", c.to_ascii_uppercase());
    let rest = if SUBJECTS.contains(&word) { "[:\\ ]*[-0-9]*" } else { "[:\\ ]*" };
    word.chars().map(letter).collect::<String>() + rest
}
