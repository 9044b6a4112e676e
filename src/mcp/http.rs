//! One request of the protocol over HTTP: what `tracker serve` starts a process for.
//!
//! No session is kept, for no process stays: the era of 2026-07-28 has none, and that before it allows a server without
//! them. There a client says who it is only once, in `initialize`, and moves and votes name it. So the session's id that it
//! is given, and sends from then on, is nothing but that name: no request depends on an earlier one, a start of the server
//! breaks none, and nobody is let in by it. What it says is believed as what any client says of itself is.
//!
//! Answers are JSON. There is no stream: what a server could send by itself is not offered.

use std::io;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use data_encoding::HEXLOWER;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::{Deserialize, Serialize};

use super::LAST_CALLS;
use super::handler::{Client, Server};
use super::transport::read_message;
use super::world::{LONGEST_NAME, World};
use crate::env::Env;

const SESSION: &str = "mcp-session-id";
/// Most bytes of an answer, which has a budget of its own far below.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A request, as the server hands it on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HttpRequest {
    /// Headers by name, in lower case.
    pub headers: Vec<(String, String)>,
    /// The message.
    pub body: String,
    /// Whether nothing may be written.
    pub is_read_only: bool,
}

/// What it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HttpAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Whether a header is of the protocol: only these are handed on.
pub(crate) fn is_of_protocol(name: &str) -> bool {
    matches!(name, "accept" | "content-type") || name.starts_with("mcp-")
}

/// Answers a request.
pub(crate) fn answer(env: Arc<Env>, request: HttpRequest) -> io::Result<HttpAnswer> {
    let message = match read_message(request.body.as_bytes()) {
        Ok(Some(message)) => message,
        Ok(None) if request.body.trim().is_empty() => {
            return refusal(ErrorData::new(ErrorCode::PARSE_ERROR, "there is no message", None), None);
        }
        // A notification that nobody knows.
        Ok(None) => return Ok(HttpAnswer { status: 202, headers: Vec::new(), body: String::new() }),
        Err(refused) => return refusal(refused.0, refused.1),
    };
    let begins = name_of(&message);
    let client = begins.clone().or_else(|| named(&request.headers));
    let world = Arc::new(World::new(env, request.is_read_only));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut answer = runtime.block_on(handled(world, Client::OfSession(client), request))?;
    if let Some(name) = begins.filter(|name| answer.status == 200 && !name.is_empty()) {
        answer.headers.push((SESSION.to_owned(), HEXLOWER.encode(name.as_bytes())));
    }
    runtime.shutdown_timeout(LAST_CALLS);
    Ok(answer)
}

fn refusal(error: ErrorData, id: Option<RequestId>) -> io::Result<HttpAnswer> {
    let body = serde_json::to_string(&ServerJsonRpcMessage::error(error, id))?;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Ok(HttpAnswer { status: 400, headers, body })
}

/// Returns who begins a session with this message.
fn name_of(message: &ClientJsonRpcMessage) -> Option<String> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    let ClientRequest::InitializeRequest(initialize) = &request.request else { return None };
    // It comes back in the head of every request: no longer than it is recorded.
    Some(initialize.params.client_info.name.chars().take(LONGEST_NAME).collect())
}

/// Returns who has begun the session of a request.
fn named(headers: &[(String, String)]) -> Option<String> {
    let (_, id) = headers.iter().find(|(name, _)| name == SESSION)?;
    String::from_utf8(HEXLOWER.decode(id.as_bytes()).ok()?).ok()
}

async fn handled(world: Arc<World>, client: Client, request: HttpRequest) -> io::Result<HttpAnswer> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        // The server that was asked has judged both.
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(request.body.len());
    let server = move || Ok(Server::new(Arc::clone(&world), client.clone()));
    let service = StreamableHttpService::new(server, Arc::new(NeverSessionManager::default()), config);
    let mut asked =
        Request::post("http://localhost/").body(Body::from(request.body)).map_err(io::Error::other)?;
    *asked.headers_mut() = headers_of(&request.headers);
    let (head, body) = service.handle(asked).await.into_parts();
    let body = to_bytes(Body::new(body), LARGEST_ANSWER).await.map_err(io::Error::other)?;
    let body = String::from_utf8(body.to_vec()).map_err(io::Error::other)?;
    let is_json = head.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    let body = if is_json { crate::ops::harmless_json(&body).into_owned() } else { body };
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = head.headers.iter().filter_map(text).collect();
    Ok(HttpAnswer { status: head.status.as_u16(), headers, body })
}

fn headers_of(given: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    }
    headers
}
