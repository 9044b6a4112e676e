//! The page of several repositories that are served together: how far each is, and what goes on and waits there.

use std::path::PathBuf;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::render::render;
use super::{Made, project_of};
use crate::env::Env;
use crate::ops::{self, ErrorReport, RunsRequest};
use crate::policy::Metrics;

/// A repository that is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Project {
    /// What it is called among the others.
    pub(crate) name: String,
    /// What the paths of its pages and calls begin with; empty where it is the only one.
    pub(crate) prefix: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Serialize)]
struct ProjectsPage {
    projects: Vec<Card>,
}

#[derive(Debug, Default, Serialize)]
struct Card {
    /// Encoded: nothing in it is left to escape.
    prefix: String,
    title: String,
    folder: String,
    tasks: usize,
    done: usize,
    signoffs: u64,
    runs: usize,
    escalations: usize,
    /// Why nothing is known of it.
    error: Option<String>,
}

pub(super) fn projects(env: &Env, projects: &[Project], frame: &Frame) -> Made {
    let view = ProjectsPage { projects: projects.par_iter().map(|own| card(env, own)).collect() };
    render("projects.html", ("Projects", "projects"), frame, &view)
}

/// Looks at a repository. One that cannot be read is a card with the error.
fn card(env: &Env, own: &Project) -> Card {
    let place = Card {
        prefix: own.prefix.clone(),
        title: own.name.clone(),
        folder: own.folder.display().to_string(),
        ..Card::default()
    };
    match known(&env.seen_from(&own.folder)) {
        Ok((project, metrics, runs, escalations)) => Card {
            title: if project == own.name { project } else { format!("{project} ({})", own.name) },
            tasks: metrics.total,
            done: metrics.done + metrics.qa_approved,
            signoffs: metrics.pending_signoffs,
            runs,
            escalations,
            ..place
        },
        Err(report) => Card { error: Some(report.message), ..place },
    }
}

fn known(env: &Env) -> Result<(String, Metrics, usize, usize), ErrorReport> {
    let session = ops::open_to_read(env, None)?;
    let counted = ops::OverviewRequest { limit: Some(0), ..ops::OverviewRequest::default() };
    let metrics = ops::overview(&session, &counted)?.0.metrics;
    let running = RunsRequest { states: vec!["running".to_owned()], ..RunsRequest::default() };
    let (runs, _) = ops::list_runs(&session, &running)?;
    let (escalations, _) = ops::escalations(&session, false)?;
    Ok((project_of(&session), metrics, runs.runs.len(), escalations.escalations.len()))
}
