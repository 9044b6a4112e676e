//! Connections and requests: read within limits, judged, answered.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use data_encoding::BASE64;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::{self, AbortHandle};

use super::access::{Access, Entrance, FORM_HEADER, Refused};
#[cfg(feature = "mcp")]
use super::agents;
use super::answers::{self, Called};
use super::api::{BadCall, Fields, TOKEN_FIELD};
use super::projects::{AllServed, Served};
use crate::pages::{Live, Project, chart_style, pairs};
use crate::report::graph::graph_style;

/// Most connections at once.
const CONNECTIONS: usize = 1200;
/// Most connections at once of which nobody has been let in yet: of more, the oldest is closed. So whoever opens many and
/// sends nothing keeps nobody out.
const STRANGERS: usize = 100;
/// Most bytes of a body.
const LARGEST_BODY: usize = 1024 * 1024;
/// How long a client may take to send a request's head, and its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every request needs.
struct Context {
    access: Access,
    served: AllServed,
    policy: HeaderValue,
}

/// The connections of which nobody has been let in yet, oldest first.
#[derive(Clone, Default)]
struct Strangers(Arc<Mutex<VecDeque<AbortHandle>>>);

impl Strangers {
    /// Adds a connection; closes the oldest where there are too many.
    fn add(&self, connection: AbortHandle) {
        let mut strangers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|connection| !connection.is_finished());
        if strangers.len() >= STRANGERS
            && let Some(oldest) = strangers.pop_front()
        {
            oldest.abort();
        }
        strangers.push_back(connection);
    }

    /// Keeps a connection of somebody who has been let in.
    fn let_in(&self, connection: task::Id) {
        let mut strangers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|stranger| stranger.id() != connection);
    }
}

/// Accepts connections for ever.
pub(super) async fn accept(
    listener: std::net::TcpListener,
    access: Access,
    served: AllServed,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let context = Arc::new(Context { access, served, policy: content_policy() });
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let strangers = Strangers::default();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of files, or a client that is gone already: the next may be served.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // An answer is written as a whole: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let (context, known) = (Arc::clone(&context), strangers.clone());
        let connection = tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let (context, known) = (Arc::clone(&context), known.clone());
                async move {
                    let entrance = context.judge(&request);
                    if entrance.is_ok() {
                        known.let_in(task::id());
                    }
                    Ok::<_, Infallible>(context.respond(request.map(Body::new), entrance).await)
                }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // A client that breaks the protocol, or goes away, is one client less.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
        strangers.add(connection.abort_handle());
    }
}

/// Returns what a browser may do with a page: load what is the server's own, and the styles that charts and graphs bring along.
fn content_policy() -> HeaderValue {
    use sha2::{Digest, Sha256};
    let hash = |style: &str| BASE64.encode(&Sha256::digest(style.as_bytes()));
    let (chart, graph) = (hash(chart_style()), hash(&graph_style()));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{chart}' 'sha256-{graph}'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

impl Context {
    fn judge(&self, request: &Request<hyper::body::Incoming>) -> Result<Entrance, Refused> {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        match self.is_of_agents(uri.path()) {
            true => self.access.let_in(method, uri, headers),
            false => self.access.judge(method, uri, headers),
        }
    }

    async fn respond(&self, request: Request<Body>, entrance: Result<Entrance, Refused>) -> Response<Body> {
        let method = request.method().clone();
        let mut response = match entrance {
            Ok(entrance) => self.answer(request, entrance).await,
            Err(Refused(status, why)) if self.is_call(request.uri().path()) => {
                in_json(Called::refused(status, why), None)
            }
            Err(Refused(status, why)) => {
                let page = answers::plain_page(status.canonical_reason().unwrap_or("Refused"), why);
                answers::response(status, "text/html; charset=utf-8", page.into_bytes(), None)
            }
        };
        let status = response.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-cache, private"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = match method {
                Method::GET | Method::HEAD => "POST",
                Method::POST => "GET, HEAD",
                _ => "GET, HEAD, POST",
            };
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }

    async fn answer(&self, request: Request<Body>, entrance: Entrance) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        let known = parts.headers.get(header::IF_NONE_MATCH);
        if entrance == Entrance::Address {
            return self.let_in(path, query);
        }
        if let Some((kind, text)) = answers::asset(path) {
            return answers::response(StatusCode::OK, kind, text.into(), known);
        }
        let is_post = parts.method == Method::POST;
        let Some((served, path)) = self.served.find(path) else {
            return self.of_all(is_post, &parts).await;
        };
        if path == "/events" {
            return served.changes.stream(last_event(&parts).as_deref());
        }
        #[cfg(feature = "mcp")]
        if path == agents::PATH {
            let called = self.of_agents(served, &parts, body, entrance).await;
            return called.unwrap_or_else(|refused| in_json(refused, None));
        }
        if !is_post && !answers::is_call(path) {
            let live = self.live(served);
            let (status, html) = served.answers.page(path, query, live, Vec::new()).await;
            return answers::response(status, "text/html; charset=utf-8", html.into_bytes(), known);
        }
        let text = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let is_form = text(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let fields = match is_post {
            true => read_body(body, is_form).await,
            false => Ok(Fields::of_pairs(pairs(query))),
        };
        let mut fields = match fields {
            Ok(fields) => fields,
            Err(bad) => return in_json(bad.into(), None),
        };
        let given = fields.take(TOKEN_FIELD);
        let given = given.as_deref().or_else(|| parts.headers.get(FORM_HEADER)?.to_str().ok());
        if is_post && entrance == Entrance::Cookie && !self.access.is_own_form(given) {
            let why = "this form is of an earlier start: load the page again";
            return in_json(Called::refused(StatusCode::FORBIDDEN, why), None);
        }
        let back = fields.take_back();
        let base = served.project.prefix.as_str();
        let called = served.answers.call(is_post, path, fields).await.below(base);
        let wants_page = is_form && text(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        match wants_page {
            true => back_to_page(&called, back.as_deref(), base),
            false => in_json(called, known),
        }
    }

    fn live(&self, served: &Served) -> Live {
        Live {
            base: served.project.prefix.clone(),
            form_token: self.access.form_token().map(str::to_owned),
            // Before the page is made: of what changes meanwhile the page hears.
            known: served.changes.latest(),
            ..Live::default()
        }
    }

    /// Answers what is of all repositories: their page, their stream, their list.
    async fn of_all(&self, is_post: bool, parts: &Parts) -> Response<Body> {
        let known = parts.headers.get(header::IF_NONE_MATCH);
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        match (path, self.served.all()) {
            ("/events", _) => self.served.changes.stream(last_event(parts).as_deref()),
            ("/", [first, ..]) if !is_post => {
                let live = Live { known: self.served.changes.latest(), ..Live::default() };
                let (status, html) = first.answers.page(path, query, live, self.served.projects()).await;
                answers::response(status, "text/html; charset=utf-8", html.into_bytes(), known)
            }
            ("/api/v1/projects", all) if !is_post => {
                let project = |own: &Served| {
                    let Project { name, prefix, .. } = &own.project;
                    json!({"name": name, "pages": format!("{prefix}/"), "calls": format!("{prefix}/api/v1")})
                };
                let projects: Vec<Value> = all.iter().map(project).collect();
                let answer = json!({"result": {"projects": projects}}).to_string();
                in_json(Called::Answered(answer.into_bytes()), known)
            }
            _ if is_post || answers::is_call(path) => {
                let why = "several repositories are served: GET /api/v1/projects names the paths of each";
                in_json(Called::refused(StatusCode::NOT_FOUND, why), None)
            }
            _ => {
                let page = answers::plain_page("Not there", "No project that is served has this path.");
                let status = StatusCode::NOT_FOUND;
                answers::response(status, "text/html; charset=utf-8", page.into_bytes(), None)
            }
        }
    }

    /// Answers a message of an agent.
    #[cfg(feature = "mcp")]
    async fn of_agents(
        &self,
        served: &Served,
        parts: &Parts,
        body: Body,
        entrance: Entrance,
    ) -> Result<Response<Body>, Called> {
        agents::judge(parts.method == Method::POST, entrance)
            .map_err(|Refused(status, why)| Called::refused(status, why))?;
        let message = read_bytes(body).await?;
        agents::answer(&served.answers, &parts.headers, message, self.access.is_read_only()).await
    }

    /// Whether a path is that at which agents call one of the repositories.
    #[cfg(feature = "mcp")]
    fn is_of_agents(&self, path: &str) -> bool {
        self.served.find(path).map(|(_, path)| path) == Some(agents::PATH)
    }

    /// Without the protocol none is.
    #[cfg(not(feature = "mcp"))]
    fn is_of_agents(&self, _path: &str) -> bool {
        false
    }

    /// Whether programs call a path, of whichever repository: they are answered in JSON.
    fn is_call(&self, path: &str) -> bool {
        self.is_of_agents(path) || answers::is_call(self.served.find(path).map_or(path, |(_, rest)| rest))
    }

    /// Gives a browser its cookie, and an address without the token.
    fn let_in(&self, path: &str, query: &str) -> Response<Body> {
        let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("token=")).collect();
        let mark = if rest.is_empty() { "" } else { "?" };
        let path = if path.starts_with("//") { "/" } else { path };
        let mut response = see_other(&format!("{path}{mark}{}", rest.join("&")));
        if let Ok(cookie) = HeaderValue::from_str(&self.access.cookie()) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Returns the last change that a page knows which opens its stream, or opens it again.
fn last_event(parts: &Parts) -> Option<String> {
    let again = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let known = || pairs(parts.uri.query().unwrap_or_default()).into_iter().find(|(name, _)| name == "known");
    again.map(str::to_owned).or_else(|| known().map(|(_, value)| value))
}

fn bad(status: StatusCode, message: &str) -> BadCall {
    BadCall(status, message.to_owned())
}

async fn read_bytes(body: Body) -> Result<axum::body::Bytes, BadCall> {
    let read = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, LARGEST_BODY));
    let read = read.await.map_err(|_| bad(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"))?;
    let too_large = "the body is larger than 1 MiB, or broken off";
    read.map_err(|_| bad(StatusCode::PAYLOAD_TOO_LARGE, too_large))
}

async fn read_body(body: Body, is_form: bool) -> Result<Fields, BadCall> {
    let bytes = read_bytes(body).await?;
    if is_form && bytes.trim_ascii_start().starts_with(b"{") {
        let message = "JSON was sent as a form: add the header `Content-Type: application/json`";
        return Err(bad(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    if is_form {
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| bad(StatusCode::UNPROCESSABLE_ENTITY, "the form is not UTF-8"))?;
        return Ok(Fields::of_pairs(pairs(text)));
    }
    Fields::of_json(&bytes)
}

fn in_json(called: Called, known: Option<&HeaderValue>) -> Response<Body> {
    match called {
        Called::Answered(printed) => answers::response(StatusCode::OK, "application/json", printed, known),
        Called::Accepted(printed, place) => {
            let mut response = answers::response(StatusCode::ACCEPTED, "application/json", printed, known);
            // What was sent as a path is one, and can be sent again.
            if let Ok(place) = HeaderValue::from_str(&place) {
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
        Called::Refused(status, mut answer) => {
            // A problem document, as RFC 9457 has it, around the command's own words.
            let detail = answers::in_words(&answer);
            if let Some(object) = answer.as_object_mut() {
                let title = status.canonical_reason().unwrap_or("Error");
                object.insert("title".to_owned(), title.into());
                object.insert("status".to_owned(), status.as_u16().into());
                object.insert("detail".to_owned(), detail.into());
            }
            answers::response(status, "application/problem+json", answer.to_string().into_bytes(), known)
        }
    }
}

/// Sends a browser without scripts back to the page whose form it sent; where it was refused, says why.
fn back_to_page(called: &Called, back: Option<&str>, base: &str) -> Response<Body> {
    // What browsers read as the address of another server: two slashes, of either kind or with a tab between them.
    let is_other = |c: char| c == '\\' || c.is_control();
    let is_own = |back: &&str| back.starts_with('/') && !back.starts_with("//") && !back.contains(is_other);
    match called {
        Called::Answered(_) | Called::Accepted(..) => {
            see_other(back.filter(is_own).unwrap_or(&format!("{base}/")))
        }
        Called::Refused(status, answer) => {
            let page = answers::plain_page("Not done", &answers::in_words(answer));
            answers::response(*status, "text/html; charset=utf-8", page.into_bytes(), None)
        }
    }
}

fn see_other(place: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_str(place).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, place);
    response
}
