//! `tracker serve`: the pages and the API over HTTP, on this machine.
//!
//! A door that keeps nothing: each request that passes the guard is answered by a process of its own, the same program, as a
//! shell would call it. So a page shows what the files say then, a call of the API prints what the command line prints, and a
//! request that fails, hangs or eats the memory ends alone. What the server itself knows is who may ask and, by one watch
//! on the files, that something has changed: every open page hears of it by its stream.

mod access;
mod answers;
mod api;
mod connections;
mod events;
mod routes;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use access::Access;
pub(crate) use routes::{Argument, ROUTES, Route};

use answers::Answers;
use events::Changes;

use crate::env::Env;
use crate::ops;
use crate::store::{Watcher, Workspace, Wrote};

/// Where and how to serve.
#[derive(Debug, Clone)]
pub(crate) struct ServeRequest {
    /// The address to listen on.
    pub address: IpAddr,
    /// The port; 0 for one that is free.
    pub port: u16,
    /// Whether nobody may write.
    pub read_only: bool,
    /// Names besides its addresses that the server is reached by.
    pub hosts: Vec<String>,
    /// The document that describes the API.
    pub openapi: String,
}

/// A server that listens, and has not answered yet.
pub(crate) struct Server {
    listener: std::net::TcpListener,
    access: Access,
    answers: Answers,
    watcher: Watcher,
    /// Where runs and workers write while they go on.
    logs: [PathBuf; 2],
}

impl Server {
    /// Listens. From now on nothing that changes is missed.
    pub(crate) fn listen(env: &Arc<Env>, workspace: &Workspace, request: ServeRequest) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(SocketAddr::new(request.address, request.port))?;
        listener.set_nonblocking(true)?;
        let own = listener.local_addr()?;
        let access = Access::new(
            own,
            &request.hosts,
            request.read_only,
            [env.secret()?, env.secret()?, env.secret()?],
        );
        let logs = ops::log_folders(workspace);
        let watcher = Watcher::with_local(workspace, &logs).map_err(io::Error::other)?;
        logs.iter().for_each(|folder| watcher.watch_local_folders(folder));
        let answers = Answers::new(env.program()?, workspace.work_dir().to_owned(), request.openapi);
        Ok(Self { listener, access, answers, watcher, logs })
    }

    /// Returns the address for the browser, with the token that lets it in.
    pub(crate) fn address(&self) -> String {
        self.access.address()
    }

    /// Serves until the process ends.
    pub(crate) fn serve(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(answers::AT_ONCE)
            .build()?;
        let changes = Changes::new(&self.access);
        let watched = changes.clone();
        let (watcher, logs) = (self.watcher, self.logs);
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            while let Some(wrote) = watcher.wait_for(None) {
                if wrote == Wrote::Local {
                    // A run or a worker may be new: its folder is watched from now on.
                    logs.iter().for_each(|folder| watcher.watch_local_folders(folder));
                }
                watched.tell();
            }
        })?;
        runtime.block_on(connections::accept(self.listener, self.access, self.answers, changes))
    }
}
