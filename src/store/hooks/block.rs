//! What stands between our two lines.

use std::fmt;

use super::asked::asked;

/// The first line of our block.
pub(super) const BEGIN: &str = "# >>> tracker >>>\n";
/// The last line of our block, without the end of the line.
pub(super) const END: &str = "# <<< tracker <<<";
/// What is put behind the name of a hook that is moved aside.
pub(super) const ASIDE: &str = ".tracker-original";

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

    /// What is said where the tracker is not there. One hook of a commit speaks for all: the one in which
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
    /// What was there stands beside, and is run by ours.
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
    let missed = hook.missed().map(|missed| format!("{}\n{}", complaint(missed), refusal(hook, "")));
    let (look, condition) = asked(hook);
    format!(
        "{look}{condition}command -v tracker >/dev/null 2>&1 && exec tracker hook {hook} \"$@\"\n{}",
        missed.unwrap_or_else(|| ":\n".to_owned())
    )
}

fn beside(hook: Hook) -> String {
    let (look, condition) = asked(hook);
    let run = match hook {
        // git does not ask how it ended, and what follows must run.
        Hook::PostCommit => format!("  tracker hook {hook} \"$@\" || :\n"),
        Hook::PrePush | Hook::PreReceive => with_input(hook),
        Hook::PrepareCommitMsg | Hook::CommitMsg => format!("  tracker hook {hook} \"$@\" || exit $?\n"),
    };
    let missed = hook
        .missed()
        .map(|missed| format!("else\n  {}\n{}", complaint(missed), refusal(hook, "  ")))
        .unwrap_or_default();
    format!("{look}if {condition}command -v tracker >/dev/null 2>&1; then\n{run}{missed}fi\n")
}

fn complaint(missed: &str) -> String {
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
