//! The Model Context Protocol over HTTP, at `/mcp` of each repository: streamable HTTP as the protocol calls it, in both its
//! eras.
//!
//! A request is answered by a process of its own here as well, which is given the message and the headers that are of the
//! protocol. So there are no sessions: `mcp::http` says how the era that has them does without. Only programs are let in,
//! by the token of the start as a bearer: the cookie of a browser opens pages. A server that is read-only offers the tools
//! that read.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::access::{Entrance, Refused};
use super::answers::{Answers, Asker, Called};
use crate::mcp::{HttpAnswer, HttpRequest, is_of_protocol};

/// Where it is, below the path of a repository.
pub(super) const PATH: &str = "/mcp";

/// Refuses a request that is none of a program's.
pub(super) fn judge(is_post: bool, entrance: Entrance) -> Result<(), Refused> {
    match (entrance, is_post) {
        (Entrance::Bearer, true) => Ok(()),
        (Entrance::Bearer, false) => {
            Err(Refused(StatusCode::METHOD_NOT_ALLOWED, "there is no stream: messages are sent by POST"))
        }
        _ => Err(Refused(StatusCode::UNAUTHORIZED, "send the token as `Authorization: Bearer TOKEN`")),
    }
}

/// Answers a message.
pub(super) async fn answer(
    answers: &Answers,
    headers: &HeaderMap,
    body: Bytes,
    is_read_only: bool,
) -> Result<Response<Body>, Called> {
    let refused = |status, why: &str| Called::refused(status, why);
    let body = String::from_utf8(body.to_vec())
        .map_err(|_| refused(StatusCode::BAD_REQUEST, "the message is not UTF-8"))?;
    let own = headers.iter().filter(|(name, _)| is_of_protocol(name.as_str()));
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    // One that is no text is none, and what needs it is refused.
    let request = HttpRequest { headers: own.filter_map(text).collect(), body, is_read_only };
    let input = serde_json::to_vec(&request).unwrap_or_default();
    let words = vec!["mcp".to_owned(), "--http".to_owned()];
    let output = answers.run(Asker::Agent, words, input).await;
    let output = output.map_err(|why| refused(StatusCode::SERVICE_UNAVAILABLE, &why))?;
    let made: HttpAnswer = serde_json::from_slice(&output.stdout)
        .map_err(|_| refused(StatusCode::INTERNAL_SERVER_ERROR, output.stderr_text().trim()))?;
    let mut response = Response::new(Body::from(made.body));
    *response.status_mut() = StatusCode::from_u16(made.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in made.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
