//! What the git hooks do: link a commit to its task, reject a commit whose directives cannot be followed, and fold the
//! moves that a commit has earned into it. On a server, judge what is pushed.
//!
//! Hooks are convenience. Whatever they miss, `apply` does later.

mod apply;
mod install;
mod link;
mod message;
mod not_done;
mod plan;
mod post_commit;
mod pushes;
mod times;

pub use apply::{Applied, apply};
pub(crate) use install::{
    HookReport, hooks_install, hooks_install_server, hooks_status, hooks_uninstall, hooks_warning,
};
pub(in crate::ops) use install::{MERGE_DRIVER, gone_hooks};
pub(crate) use link::prepare_message;
pub(crate) use message::check_message;
pub(in crate::ops) use not_done::{not_done, not_done_lately};
pub(crate) use post_commit::post_commit;
pub(crate) use pushes::{BranchReport, PushCheck, PushReport, check_push, judge_receive};
