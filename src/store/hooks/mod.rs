//! Hooks of git: our block in each, beside whatever else is there.
//!
//! [`script`](self) is pure, text to text; [`HookFiles`] puts the texts on disk. A hook that is a shell script gets
//! our block after its first comments, so that ours runs also where theirs ends in `exec` or `exit`. Anything
//! else (a program, a link, another language, a file that git does not run) is moved aside unchanged, and a
//! script of ours runs it. Uninstalling restores every byte and the mode.
//!
//! It never runs a hook, and does not know what ours do.

mod block;
mod files;
mod script;

pub use block::Hook;
pub use files::{HookChange, HookFiles, HookState};
