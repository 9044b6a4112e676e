//! `site`: the pages of a tracker as files, for a host that serves files and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::address::{Address, Overview};
use super::overview::{CARDS, part_of};
use super::{Frame, Page, SCRIPT, STYLE, finish, page};
use crate::model::{Badge, Problem};
use crate::ops::{self, ErrorKind, ErrorReport, OverviewRequest, RunsRequest, Session, TaskLine};
use crate::store::replace_unsynced;

/// Which site.
#[derive(Debug, Clone)]
pub(crate) struct SiteRequest {
    /// The folder that it is written to. It may be there: what is in it and is no page of the site stays.
    pub folder: PathBuf,
    /// The revision that it is of; none for the working tree.
    pub at: Option<String>,
}

/// A site that was written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct WrittenSite {
    /// Its folder.
    pub folder: String,
    /// How many pages it has.
    pub pages: usize,
    /// How many tasks have one.
    pub tasks: usize,
    /// Bytes of the largest page.
    pub largest: usize,
    /// Pages that could not be made, each with the reason. Their place says so.
    pub failed: Vec<String>,
}

/// A task as the search finds it.
#[derive(Debug, Serialize)]
struct Found<'t>(&'t str, &'t str, &'t str, &'t str);

/// Writes the site. `open` opens the tracker anew for a thread.
pub(crate) fn write_site<'e>(
    session: &Session<'e>,
    request: &SiteRequest,
    project: &str,
    open: &(dyn Fn() -> Result<Session<'e>, ErrorReport> + Sync),
) -> Result<WrittenSite, ErrorReport> {
    let (all, problems) = ops::overview(session, &OverviewRequest::default())?;
    let addresses = addresses(session, &all.tasks)?;
    let assets = request.folder.join("assets");
    for name in ["assets", "overview", "tasks", "sprints", "plans", "runs"] {
        let folder = request.folder.join(name);
        for folder in [&request.folder, &folder] {
            refuse_link(folder)?;
        }
        fs::create_dir_all(&folder).map_err(|error| cannot(&folder, &error))?;
    }
    let found: Vec<Found<'_>> = all.tasks.iter().map(in_search).collect();
    let found = serde_json::to_string(&found).map_err(|error| {
        ErrorReport::new(
            ErrorKind::Environment,
            format!("the index of the search cannot be written: {error}"),
        )
    })?;
    write(&assets.join("tracker.css"), STYLE.as_bytes())?;
    write(&assets.join("tracker.js"), SCRIPT.as_bytes())?;
    write(&assets.join("search.json"), found.as_bytes())?;
    let (all, problems) = (&all, problems.as_slice());
    // One session a thread: what it has read once it need not read for the next page.
    let made: Vec<Result<(usize, Option<String>), ErrorReport>> = addresses
        .par_chunks(addresses.len().div_ceil(rayon::current_num_threads() * 4).max(1))
        .flat_map_iter(|chunk| {
            let opened = open();
            chunk.iter().map(move |address| match &opened {
                Ok(session) => one_page(session, address, request, project, (all, problems)),
                Err(report) => Err(report.clone()),
            })
        })
        .collect();
    let made: Vec<(usize, Option<String>)> = made.into_iter().collect::<Result<_, _>>()?;
    Ok(WrittenSite {
        folder: request.folder.display().to_string(),
        pages: made.len(),
        tasks: all.tasks.len(),
        largest: made.iter().map(|(bytes, _)| *bytes).max().unwrap_or_default(),
        failed: made.into_iter().filter_map(|(_, failed)| failed).collect(),
    })
}

fn in_search(task: &TaskLine) -> Found<'_> {
    Found(&task.id, &task.title, task.badge.label(), task.assignee.as_deref().unwrap_or_default())
}

/// Returns the addresses of all pages of a site.
fn addresses(session: &Session<'_>, tasks: &[TaskLine]) -> Result<Vec<Address>, ErrorReport> {
    let mut addresses = vec![
        Address::Board { query: String::new() },
        Address::Reviews,
        Address::Sprints,
        Address::Plans,
        Address::Runs,
        Address::Graph { query: String::new() },
        Address::Fleet,
    ];
    let badges = Badge::ALL.into_iter().map(Some);
    for badge in std::iter::once(None).chain(badges) {
        let count = tasks.iter().filter(|task| badge.is_none_or(|badge| task.badge == badge)).count();
        let part = |part| Address::Overview(Overview { badge, query: String::new(), part });
        addresses.extend((0..count.div_ceil(CARDS).max(1)).map(part));
    }
    addresses.extend(tasks.iter().map(|task| Address::Task(task.id.clone())));
    addresses
        .extend(ops::list_sprints(session)?.sprints.into_iter().map(|sprint| Address::Sprint(sprint.id)));
    let (plans, _) = ops::list_plans(session, &[])?;
    addresses.extend(plans.plans.into_iter().map(|plan| Address::Plan(plan.id)));
    let (runs, _) = ops::list_runs(session, &RunsRequest::default())?;
    addresses.extend(runs.runs.iter().map(|run| Address::Run(run.id().to_owned())));
    Ok(addresses)
}

/// Makes one page and writes it. One that cannot be made says why in its place.
fn one_page(
    session: &Session<'_>,
    address: &Address,
    request: &SiteRequest,
    project: &str,
    (all, problems): (&ops::Overview, &[Problem]),
) -> Result<(usize, Option<String>), ErrorReport> {
    let file = address.file();
    let up = if file.contains('/') { "../" } else { "" };
    let frame = Frame {
        project: project.to_owned(),
        at: request.at.clone(),
        live: None,
        here: String::new(),
        up,
        revisions: Vec::new(),
    };
    let Page { status, html } = match address {
        // Of the many parts of an overview, none reads all tasks again.
        Address::Overview(shown) => finish(part_of(all, problems, shown, &frame), &frame),
        _ => page(session, address, &frame),
    };
    write(&request.folder.join(&file), html.as_bytes())?;
    Ok((html.len(), (status != 200).then_some(file)))
}

/// Replaces a page as a whole. A link in its place is replaced, never followed: the folder can be one of a repository.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ErrorReport> {
    replace_unsynced(path, bytes).map_err(|error| ops::Error::from(error).into())
}

fn refuse_link(folder: &Path) -> Result<(), ErrorReport> {
    if !folder.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
        return Ok(());
    }
    let message =
        format!("`{}` is a link: a site is written to no other place than it names", folder.display());
    Err(ErrorReport::new(ErrorKind::Link, message)
        .hint("remove the link, or name the folder that it points to"))
}

fn cannot(path: &Path, error: &std::io::Error) -> ErrorReport {
    ErrorReport::new(ErrorKind::Io, format!("`{}` cannot be written: {error}", path.display()))
}
