//! `tracker merge-driver`

use std::path::PathBuf;

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::ops;

/// Merge three versions of a record, for git
///
/// The result replaces OURS. The exit code is 0 if nothing is left to resolve, 1 if the result has conflicts, and higher if
/// the merge could not be done and OURS is unchanged.
///
/// git runs it: git config merge.tracker.driver "tracker merge-driver %O %A %B %L %P"
#[derive(Debug, Args)]
#[command(hide = true)]
pub(in crate::cli) struct MergeDriver {
    /// Common ancestor, %O; empty if both sides added the file
    #[arg(value_name = "BASE")]
    base: PathBuf,
    /// Our version, %A; replaced by the result
    #[arg(value_name = "OURS")]
    ours: PathBuf,
    /// Their version, %B
    #[arg(value_name = "THEIRS")]
    theirs: PathBuf,
    /// Length of a conflict marker, %L
    #[arg(value_name = "SIZE")]
    marker_size: usize,
    /// The record's path, %P
    #[arg(value_name = "PATH", allow_hyphen_values = true)]
    path: String,
    /// Label of the ancestor in conflict markers, %S
    #[arg(value_name = "BASE_LABEL", allow_hyphen_values = true)]
    base_label: Option<String>,
    /// Label of our side, %X
    #[arg(value_name = "OUR_LABEL", allow_hyphen_values = true)]
    our_label: Option<String>,
    /// Label of their side, %Y
    #[arg(value_name = "THEIR_LABEL", allow_hyphen_values = true)]
    their_label: Option<String>,
}

impl Command for MergeDriver {
    type Response = ops::MergedRecord;

    fn run(self, context: &Context) -> Reply<ops::MergedRecord> {
        // A git that does not know a label leaves its placeholder.
        let labels = [self.base_label, self.our_label, self.their_label]
            .map(|label| label.filter(|label| !label.starts_with('%') && !label.trim().is_empty()));
        let request = ops::MergeRequest {
            base: self.base,
            ours: self.ours,
            theirs: self.theirs,
            marker_size: self.marker_size,
            path: self.path,
            labels,
        };
        let (merged, problems) = ops::merge_records(context.env(), &request)?;
        Ok(Answer::of(merged).with_problems(problems))
    }
}

impl View for ops::MergedRecord {
    /// git says itself which file it merges; conflicts are problems and go where those go.
    fn show(&self, _page: &mut Output) {}
}
