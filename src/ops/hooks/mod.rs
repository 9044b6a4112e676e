//! What the git hooks do: link a commit to its task, stop a commit that asks for what cannot be, and fold the moves
//! that a commit has earned into it. On a server, what a push is judged by.
//!
//! Hooks are convenience. Whatever they miss, `apply` does later.

mod apply;
mod install;
mod judge;
mod message;
mod plan;
mod post_commit;
mod push;
mod readable;
mod receive;

pub use apply::{Applied, apply};
pub use install::{HookReport, HookView, hooks_install, hooks_install_server, hooks_status, hooks_uninstall};
pub use judge::BranchReport;
pub use message::{check_message, prepare_message};
pub use post_commit::{PostCommit, post_commit};
pub use push::check_push;
pub use receive::{PushReport, judge_receive};
