//! The tracker as pages: what ops answer, as HTML. `tracker serve` and `tracker site` show the same ones.
//!
//! A page has an [`Address`], calls the ops that the command line calls too, and lays their answers out by its template in
//! `templates/web`. It decides nothing and writes nothing. Everything can be read without scripts; where somebody may act,
//! it is by a form, which a script makes quicker.

mod address;
mod fleet;
mod frame;
mod graph;
mod history;
mod overview;
mod projects;
mod render;
mod reviews;
mod runs;
mod site;
mod sprints;
mod task;

pub(crate) use address::{Address, decoded, encoded, pairs};
pub(crate) use frame::{Frame, Live};
pub(crate) use projects::Project;
pub(crate) use render::{chart_style, escaped};
pub(crate) use site::{SiteRequest, WrittenSite, write_site};

use render::Rendered;

use serde::{Deserialize, Serialize};

use crate::env::Env;
use crate::ops::{self, ErrorKind, ErrorReport, Session};

/// The looks of all pages.
pub(crate) const STYLE: &str =
    concat!(include_str!("../../templates/reports/page.css"), include_str!("../../templates/web/web.css"));
/// What makes pages quicker, and live.
pub(crate) const SCRIPT: &str = include_str!("../../templates/web/web.js");

/// A page, or why there is none, as a page.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its status, as HTTP counts.
    pub status: u16,
    /// The document.
    pub html: String,
}

/// Makes the page of an address.
pub(crate) fn page(session: &Session<'_>, address: &Address, frame: &Frame) -> Page {
    let made = match address {
        Address::Overview(overview) => overview::overview(session, overview, frame),
        Address::Board { query } => overview::board(session, query, frame),
        Address::Task(id) => task::task(session, id, frame),
        Address::Inbox => reviews::inbox(session, frame),
        Address::Reviews => reviews::reviews(session, frame),
        Address::Review(head) => reviews::review(session, head, frame),
        Address::Sprints => sprints::sprints(session, frame),
        Address::Sprint(name) => sprints::sprint(session, name, frame),
        Address::Plans => runs::plans(session, frame),
        Address::Plan(id) => runs::plan(session, id, frame),
        Address::Runs => runs::runs(session, frame),
        Address::Run(id) => runs::run(session, id, frame),
        Address::Graph { query } => graph::graph(session, query, frame),
        Address::Fleet => fleet::fleet(session, frame),
    };
    finish(made, frame)
}

/// Returns a page that was made, or the one that says why there is none.
fn finish(made: Made, frame: &Frame) -> Page {
    made.map_or_else(|report| refusal(&report, frame), |html| Page { status: 200, html })
}

/// Makes the page that says why there is no other.
pub(crate) fn refusal(report: &ErrorReport, frame: &Frame) -> Page {
    let html = render::error(report, frame).unwrap_or_else(|_| report.message.replace(['<', '&'], " "));
    Page { status: status_of(report.kind), html }
}

/// Returns the status, as HTTP counts, of an error: of a page and of a call.
pub(crate) fn status_of(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::NotFound | ErrorKind::NoTracker => 404,
        ErrorKind::Usage
        | ErrorKind::Ambiguous
        | ErrorKind::Query
        | ErrorKind::BrokenDocument
        | ErrorKind::UnreadableInput
        | ErrorKind::TooLittleData => 422,
        // The rules say no, or the repository is not as it would have to be: somebody can change that.
        ErrorKind::Refused
        | ErrorKind::WrongState
        | ErrorKind::Changed
        | ErrorKind::AppendOnly
        | ErrorKind::Template
        | ErrorKind::NoWorkingTree
        | ErrorKind::BareRepository
        | ErrorKind::NotCheckedOut
        | ErrorKind::BrokenHook
        | ErrorKind::WrongKind
        | ErrorKind::Link => 409,
        ErrorKind::Locked => 423,
        ErrorKind::Remote | ErrorKind::Unknown => 502,
        ErrorKind::Git | ErrorKind::Io | ErrorKind::Environment => 503,
    }
}

/// What a server asks of the process that makes a page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PageRequest {
    /// The path.
    pub path: String,
    /// The query, without its mark.
    pub query: String,
    /// What the server adds.
    pub live: Live,
    /// The repositories that a page of all of them is of; empty for a page of the one around the current directory.
    #[serde(default)]
    pub projects: Vec<Project>,
}

impl PageRequest {
    /// Makes the page, of the tracker around the current directory.
    pub(crate) fn answer(self, env: &Env) -> Page {
        let query = pairs(&self.query);
        let at = query.iter().find(|(name, at)| name == "at" && !at.is_empty()).map(|(_, at)| at.clone());
        let mark = if self.query.is_empty() { "" } else { "?" };
        let here = format!("{}{}{mark}{}", self.live.base, self.path, self.query);
        let mut frame = Frame {
            project: "tracker".to_owned(),
            at: None,
            live: Some(self.live),
            here,
            up: "",
            revisions: Vec::new(),
        };
        if !self.projects.is_empty() {
            let made = projects::projects(env, &self.projects, &frame);
            return finish(made, &frame);
        }
        let session = match ops::open_to_read(env, at.as_deref()) {
            Ok(session) => session,
            Err(error) => return refusal(&error.into(), &frame),
        };
        // They are all that this costs, and only a page of the past pays it.
        let revisions = at.as_deref().map(|at| ops::record_commits(&session, at, history::COMMITS));
        frame.revisions = revisions.and_then(Result::ok).unwrap_or_default();
        frame.at = at;
        frame.project = project_of(&session);
        if let (Some(live), Ok(repository)) = (&mut frame.live, session.workspace().repository()) {
            live.person = repository.identity(env).map(|person| person.name).unwrap_or_default();
        }
        match Address::parse(&self.path, &query) {
            Some(address) => page(&session, &address, &frame),
            None => {
                let message = format!("there is no page `{}`", self.path);
                refusal(&ErrorReport::new(ErrorKind::NotFound, message), &frame)
            }
        }
    }
}

/// Returns the project's name: what the configuration says, else what its folder is called.
pub(crate) fn project_of(session: &Session<'_>) -> String {
    let (config, _) = session.config_or_default();
    let folder =
        || session.workspace().work_dir().file_name().map(|name| name.to_string_lossy().into_owned());
    config.project.or_else(folder).unwrap_or_else(|| "tracker".to_owned())
}

type Made = Result<Rendered, ErrorReport>;
