//! `tracker serve`: the pages and the API over HTTP, on this machine.
//!
//! A door that keeps nothing: each request that passes the guard is answered by a process of its own, the same program, as a
//! shell would call it. So a page shows what the files say then, a call of the API prints what the command line prints, and a
//! request that fails, hangs or eats the memory ends alone. What the server itself knows is who may ask and, by one watch
//! on the files, that something has changed: every open page hears of it by its stream. Agents call the same by their own
//! protocol, each message a request.

mod access;
#[cfg(feature = "mcp")]
mod agents;
mod answers;
mod api;
mod connections;
mod events;
mod projects;
mod routes;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use access::Access;
pub(crate) use routes::{Argument, ROUTES, Route};

use answers::{Answers, Turns};
use events::Changes;
use projects::{AllServed, Served, projects_of};

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
    served: AllServed,
    watched: Vec<Watched>,
}

/// A repository that is watched.
struct Watched {
    watcher: Watcher,
    /// Where runs and workers write while they go on.
    logs: [PathBuf; 2],
    changes: Changes,
}

impl Server {
    /// Listens. From now on nothing that changes is missed.
    pub(crate) fn listen(
        env: &Arc<Env>,
        workspaces: &[Workspace],
        request: ServeRequest,
    ) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(SocketAddr::new(request.address, request.port))?;
        listener.set_nonblocking(true)?;
        let own = listener.local_addr()?;
        let access = Access::new(
            own,
            &request.hosts,
            request.read_only,
            [env.secret()?, env.secret()?, env.secret()?],
        );
        let (mut all, mut watched) = (Vec::new(), Vec::new());
        let projects = projects_of(workspaces.iter().map(Workspace::work_dir));
        let (openapi, turns): (Arc<str>, Turns) = (request.openapi.into(), Turns::new());
        for (project, workspace) in projects.into_iter().zip(workspaces) {
            let logs = ops::log_folders(workspace);
            let watcher = Watcher::with_local(workspace, &logs).map_err(io::Error::other)?;
            logs.iter().for_each(|folder| watcher.watch_local_folders(folder));
            let changes = Changes::new(&access);
            let answers =
                Answers::new(env.program()?, project.folder.clone(), Arc::clone(&openapi), turns.clone());
            all.push(Served { project, answers, changes: changes.clone() });
            watched.push(Watched { watcher, logs, changes });
        }
        let served = AllServed::new(all, Changes::new(&access));
        Ok(Self { listener, access, served, watched })
    }

    /// Returns the address for the browser, with the token that lets it in.
    pub(crate) fn address(&self) -> String {
        self.access.address()
    }

    /// Returns the token that programs send.
    pub(crate) fn token(&self) -> &str {
        self.access.token()
    }

    /// Returns the addresses at which agents call the repositories.
    #[cfg(feature = "mcp")]
    pub(crate) fn agents(&self) -> Vec<String> {
        let address =
            |own: &Served| format!("{}{}{}", self.access.origin(), own.project.prefix, agents::PATH);
        self.served.all().iter().map(address).collect()
    }

    /// Without the protocol there are none.
    #[cfg(not(feature = "mcp"))]
    pub(crate) fn agents(&self) -> Vec<String> {
        Vec::new()
    }

    /// Serves until the process ends.
    pub(crate) fn serve(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(answers::THREADS)
            .build()?;
        for watched in self.watched {
            let any = self.served.changes.clone();
            let thread = std::thread::Builder::new().name("watch".to_owned());
            thread.spawn(move || watched.notify_for_ever(&any))?;
        }
        runtime.block_on(connections::accept(self.listener, self.access, self.served))
    }
}

impl Watched {
    /// Notifies its own pages and those of all repositories whenever something changes.
    fn notify_for_ever(&self, any: &Changes) {
        while let Some(wrote) = self.watcher.wait_for(None) {
            if wrote == Wrote::Local {
                // A run or a worker may be new: its folder is watched from now on.
                self.logs.iter().for_each(|folder| self.watcher.watch_local_folders(folder));
            }
            self.changes.notify();
            any.notify();
        }
    }
}
