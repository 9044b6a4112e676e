//! What `tracker::git` says of real repositories, made by the real git.

mod ids;
mod links;
mod log;
mod merges;
mod places;
mod repository;
mod sequencer;
mod sign;
mod world;

use tracker::git::{self, RepoPaths, Repository};

use crate::support::Sandbox;

/// The places of a folder given from the repository's top.
fn repo_paths(sandbox: &Sandbox, folder: &str) -> RepoPaths {
    git::discover(&sandbox.env(folder)).unwrap()
}

fn open(sandbox: &Sandbox) -> Repository {
    Repository::open(&repo_paths(sandbox, "")).unwrap()
}
