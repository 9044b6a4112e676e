//! `tracker mcp`: the verbs as tools of the Model Context Protocol, on standard input and output, and a request at a time
//! for `tracker serve`.
//!
//! A door like the command line: it reads arguments, calls one op and tells the answer, as compact text and as data. It owns
//! the forms of both, their budgets, and what of an answer is marked as the words of others. It decides nothing: a rule
//! that only this door has does not exist. Every call looks at the records as they are then.
//!
//! It serves both eras of the protocol: the one that begins with `initialize`, and the one without sessions, in which each
//! request says who asks.

mod advice;
mod answer;
mod arguments;
mod calls;
mod handler;
#[cfg(feature = "web")]
mod http;
mod prompts;
mod resources;
mod tasks;
mod text;
mod tools;
mod transport;
mod world;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rmcp::ServiceExt;

#[cfg(feature = "web")]
pub(crate) use http::{HttpAnswer, HttpRequest, answer, is_of_protocol};

use crate::env::Env;
use handler::{Client, Server};
use transport::Stdio;
use world::World;

/// How long the calls that still run at the end of the input may go on.
const LAST_CALLS: Duration = Duration::from_secs(2);
/// Most calls at once; others wait.
const AT_ONCE: usize = 4;

/// Serves until the end of standard input.
pub(crate) fn serve(env: Arc<Env>) -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().max_blocking_threads(AT_ONCE).build()?;
    let server = Server::new(Arc::new(World::new(env, false)), Client::OfConnection);
    runtime.block_on(async {
        // A client that goes away before it has begun is none.
        if let Ok(service) = server.serve(Stdio::open()?).await {
            let _ = service.waiting().await;
        }
        io::Result::Ok(())
    })?;
    runtime.shutdown_timeout(LAST_CALLS);
    Ok(())
}
