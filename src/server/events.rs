//! What pages hear: that something has changed since they were made. A stream that was broken and comes again says the last
//! number it knows; any other than the present one means that it missed something.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::Response;
use tokio::sync::watch;

use super::access::Access;

/// How often an idle stream says that it is alive: less often than anything on the way gives up.
const ALIVE: Duration = Duration::from_secs(25);
/// How long changes are gathered before pages hear of them: a commit writes many files.
const GATHERED: Duration = Duration::from_millis(15);

/// What has changed, as a number that grows.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    latest: watch::Sender<u64>,
    /// Distinguishes this start from another: numbers of another mean nothing here.
    start: String,
}

impl Changes {
    pub(super) fn new(access: &Access) -> Self {
        let start = access.start();
        Self { latest: watch::Sender::new(0), start }
    }

    /// Notifies all streams that something has changed.
    pub(super) fn notify(&self) {
        self.latest.send_modify(|latest| *latest += 1);
    }

    /// Returns the number of the latest change.
    pub(super) fn latest(&self) -> String {
        self.numbered(*self.latest.borrow())
    }

    fn numbered(&self, number: u64) -> String {
        format!("{}-{number}", self.start)
    }

    fn line(&self, number: u64, event: &str) -> Bytes {
        Bytes::from(format!("id: {}\nevent: {event}\ndata: {number}\n\n", self.numbered(number)))
    }

    /// Returns the stream of a page, which knows this number already, where it says so.
    pub(super) fn stream(&self, known: Option<&str>) -> Response {
        let mut seen = self.latest.subscribe();
        let now = *seen.borrow_and_update();
        let is_gap = known.is_some_and(|known| known != self.numbered(now));
        let first = self.line(now, if is_gap { "change" } else { "hello" });
        let (send, receive) = tokio::sync::mpsc::channel::<Result<Bytes, Infallible>>(2);
        let changes = self.clone();
        tokio::spawn(async move {
            if send.send(Ok(first)).await.is_err() {
                return;
            }
            loop {
                let next = tokio::select! {
                    changed = seen.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        tokio::time::sleep(GATHERED).await;
                        let number = *seen.borrow_and_update();
                        changes.line(number, "change")
                    }
                    () = tokio::time::sleep(ALIVE) => Bytes::from_static(b": alive\n\n"),
                    () = send.closed() => return,
                };
                if send.send(Ok(next)).await.is_err() {
                    return;
                }
            }
        });
        let mut response = Response::new(Body::new(Stream(receive)));
        let kind = header::HeaderValue::from_static("text/event-stream");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// A body that is what a channel brings.
struct Stream(tokio::sync::mpsc::Receiver<Result<Bytes, Infallible>>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|next| next.map(|bytes| bytes.map(hyper::body::Frame::data)))
    }
}
