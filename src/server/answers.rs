//! Answers: each is made by a process of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::api::{self, BadCall};
use crate::model::digest_of;
use crate::pages::{Live, PageRequest, Project, SCRIPT, STYLE, escaped};
use crate::process::{Output, Program};

/// Most processes at once for pages and calls, and for agents, of which many may wait for a run; other requests wait.
const AT_ONCE: usize = 8;
const AGENTS: usize = 16;
/// How many threads wait for processes.
pub(super) const THREADS: usize = AT_ONCE + AGENTS;
/// How long a process may take, and one of an agent.
const LIMIT: Duration = Duration::from_secs(30);
const LIMIT_OF_AGENTS: Duration = Duration::from_secs(60);
/// Where the calls of the API begin.
const API: &str = "/api/v1";

/// What every answer needs.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    program: Arc<PathBuf>,
    folder: Arc<PathBuf>,
    openapi: Arc<str>,
    turns: Turns,
}

/// Whose turn it is, of all repositories: agents that wait keep nobody from the pages.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    people: Arc<Semaphore>,
    agents: Arc<Semaphore>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { people: Arc::new(Semaphore::new(AT_ONCE)), agents: Arc::new(Semaphore::new(AGENTS)) }
    }
}

/// For whom a process is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Whoever sees a page, or calls the API.
    Person,
    /// Whoever calls by its own protocol.
    #[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "without the protocol there are none"))]
    Agent,
}

/// The answer of a call.
pub(super) enum Called {
    /// What the command has printed.
    Answered(Vec<u8>),
    /// The same, of what goes on, and the path at which it is followed.
    Accepted(Vec<u8>, String),
    /// Why there is no answer, and the command's own words.
    Refused(StatusCode, Value),
}

impl Called {
    /// Makes the path at which something is followed one below that of its repository.
    pub(super) fn below(self, base: &str) -> Self {
        match self {
            Self::Accepted(printed, place) => Self::Accepted(printed, format!("{base}{place}")),
            other => other,
        }
    }

    /// Refuses a call that no command was asked.
    pub(super) fn refused(status: StatusCode, message: &str) -> Self {
        Self::Refused(status, json!({"error": {"kind": "usage", "message": message, "hints": []}}))
    }
}

impl From<BadCall> for Called {
    fn from(BadCall(status, message): BadCall) -> Self {
        Self::refused(status, &message)
    }
}

/// Returns an error of a command in words: the message, the reasons and what helps.
pub(super) fn in_words(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let error = &answer["error"];
    let reasons = error["reasons"].as_array().into_iter().flatten();
    let reasons = reasons.filter_map(|reason| text(&reason["message"]));
    let hints = error["hints"].as_array().into_iter().flatten().filter_map(text);
    text(&error["message"]).into_iter().chain(reasons).chain(hints).collect::<Vec<_>>().join("\n")
}

impl Answers {
    pub(super) fn new(program: PathBuf, folder: PathBuf, openapi: Arc<str>, turns: Turns) -> Self {
        Self { program: Arc::new(program), folder: Arc::new(folder), openapi, turns }
    }

    /// Runs the program to its end.
    pub(super) async fn run(
        &self,
        asker: Asker,
        arguments: Vec<String>,
        input: Vec<u8>,
    ) -> Result<Output, String> {
        let (turns, limit) = match asker {
            Asker::Person => (&self.turns.people, LIMIT),
            Asker::Agent => (&self.turns.agents, LIMIT_OF_AGENTS),
        };
        let turn = Arc::clone(turns).acquire_owned().await.map_err(|error| error.to_string())?;
        let program = Program::new(self.program.as_path(), "answer a request")
            .args(arguments)
            .in_folder(&self.folder)
            .input(&input)
            .time_limit(limit);
        // Until it has ended, also where the client goes away.
        let ended =
            tokio::task::spawn_blocking(move || (program.output(), turn)).await.map(|(output, _)| output);
        ended.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }

    /// Makes a page: its status and its document.
    pub(super) async fn page(
        &self,
        path: &str,
        query: &str,
        live: Live,
        projects: Vec<Project>,
    ) -> (StatusCode, String) {
        let request = PageRequest { path: path.to_owned(), query: query.to_owned(), live, projects };
        let input = serde_json::to_vec(&request).unwrap_or_default();
        let made = self.run(Asker::Person, vec!["page".to_owned()], input).await;
        let failed =
            |why: &str| (StatusCode::INTERNAL_SERVER_ERROR, plain_page("This page cannot be made", why));
        match made {
            Ok(output) => {
                let text = output.stdout_text();
                let page =
                    text.split_once('\n').and_then(|(status, html)| Some((status.parse().ok()?, html)));
                match page {
                    Some((status, html)) => (
                        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                        html.to_owned(),
                    ),
                    None => failed(&output.stderr_text()),
                }
            }
            Err(why) => failed(&why),
        }
    }

    /// Answers a call of the API.
    pub(super) async fn call(&self, is_post: bool, path: &str, fields: api::Fields) -> Called {
        let path = path.strip_prefix(API).unwrap_or(path);
        if path == "/openapi.json" && !is_post {
            return Called::Answered(self.openapi.as_bytes().to_vec());
        }
        let found = api::find(is_post, path)
            .and_then(|(route, values)| Ok((route.follow, api::command(route, &values, &fields)?)));
        let (follow, command) = match found {
            Ok(found) => found,
            Err(bad) => return bad.into(),
        };
        let output = match self.run(Asker::Person, command, Vec::new()).await {
            Ok(output) => output,
            Err(why) => return Called::refused(StatusCode::SERVICE_UNAVAILABLE, &why),
        };
        // An answer is passed on as it was printed; only a no is read.
        if output.is_success() && serde_json::from_slice::<IgnoredAny>(&output.stdout).is_ok() {
            return match (follow, path.rsplit_once('/')) {
                (Some(follow), Some((parent, _))) => {
                    Called::Accepted(output.stdout, format!("{API}{parent}/{follow}"))
                }
                _ => Called::Answered(output.stdout),
            };
        }
        match serde_json::from_slice::<Value>(&output.stdout) {
            Ok(answer) => match api::status_of(output.status.code(), &answer) {
                StatusCode::OK => Called::Answered(output.stdout),
                status => Called::Refused(status, answer),
            },
            Err(_) => Called::refused(StatusCode::INTERNAL_SERVER_ERROR, output.stderr_text().trim()),
        }
    }
}

/// Whether a path is of the API.
pub(super) fn is_call(path: &str) -> bool {
    path.strip_prefix(API).is_some_and(|rest| rest.starts_with('/'))
}

/// Makes a page of two sentences, for where nothing else can be made.
pub(super) fn plain_page(title: &str, text: &str) -> String {
    let (title, text) = (escaped(title), escaped(text));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1><p style=\"white-space:pre-line\">{text}</p></main></body></html>\n"
    )
}

/// Returns a file that comes with the program.
pub(super) fn asset(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        "/assets/tracker.css" => Some(("text/css; charset=utf-8", STYLE)),
        "/assets/tracker.js" => Some(("text/javascript; charset=utf-8", SCRIPT)),
        _ => None,
    }
}

/// Makes a response that a client need not fetch again while it stays the same.
pub(super) fn response(
    status: StatusCode,
    kind: &'static str,
    body: Vec<u8>,
    known: Option<&HeaderValue>,
) -> Response<Body> {
    let tag = format!("\"{}\"", &digest_of(&body)[..24]);
    let tag = HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
    let is_known = status == StatusCode::OK && known == Some(&tag);
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(body) });
    *response.status_mut() = if is_known { StatusCode::NOT_MODIFIED } else { status };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if status == StatusCode::OK {
        headers.insert(header::ETAG, tag);
    }
    response
}
