//! `tracker merge-driver`

use std::path::PathBuf;

use clap::Args;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::Page;
use super::Reply;
use crate::ops;

pub(super) type Output = ops::MergedRecord;

/// Joins three versions of a record and leaves the result in ours: exit code 0 where nothing is left to settle, 1
/// where conflicts are marked in it, more where it could not be done and ours is as it was.
///
/// git runs it: git config merge.tracker.driver "tracker merge-driver %O %A %B %L %P"
#[derive(Debug, Args)]
pub(in crate::cli) struct MergeDriver {
    /// What both sides began with, %O; empty where both added the file
    #[arg(value_name = "BASE")]
    base: PathBuf,
    /// Our version, %A; it takes the result
    #[arg(value_name = "OURS")]
    ours: PathBuf,
    /// Their version, %B
    #[arg(value_name = "THEIRS")]
    theirs: PathBuf,
    /// How many characters a conflict marker has, %L
    #[arg(value_name = "SIZE")]
    marker_size: usize,
    /// The record's path, %P
    #[arg(value_name = "PATH", allow_hyphen_values = true)]
    path: String,
    /// What the markers call the ancestor, %S
    #[arg(value_name = "BASE_LABEL", allow_hyphen_values = true)]
    base_label: Option<String>,
    /// What the markers call our side, %X
    #[arg(value_name = "OUR_LABEL", allow_hyphen_values = true)]
    our_label: Option<String>,
    /// What the markers call their side, %Y
    #[arg(value_name = "THEIR_LABEL", allow_hyphen_values = true)]
    their_label: Option<String>,
}

impl MergeDriver {
    pub(super) fn run(self, door: &Door) -> Reply {
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
        let (merged, problems) = ops::merge_records(door.env(), &request)?;
        Ok(Answer::of(merged).with_problems(problems))
    }
}

impl View for ops::MergedRecord {
    /// git says itself which file it merges; conflicts are problems and go where those go.
    fn show(&self, _page: &mut Page) {}
}
