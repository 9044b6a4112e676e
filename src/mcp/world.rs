//! What all calls share: the world, and who acts in it.

use std::sync::Arc;

use crate::env::Env;
use crate::ops::{self, ErrorKind, ErrorReport, Session};
use crate::store::KeptTasks;

/// The world, seen by every call anew.
pub(super) struct World {
    env: Arc<Env>,
    tasks: Arc<KeptTasks>,
    is_read_only: bool,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The agent that acts for the user.
    pub(super) agent: String,
}

/// The name of an agent whose client says none.
const NAMELESS: &str = "mcp";
/// Longest name of an agent, in characters.
pub(super) const LONGEST_NAME: usize = 60;

impl World {
    pub(super) fn new(env: Arc<Env>, is_read_only: bool) -> Self {
        Self { env, tasks: Arc::default(), is_read_only }
    }

    /// Whether no call may write.
    pub(super) fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Returns who calls: whoever calls through this door is an agent, whatever it says. The user's own name for it goes
    /// before the client's.
    pub(super) fn caller(&self, client: Option<&str>) -> Caller {
        let given = client.map(|name| name.split(char::is_control).collect::<Vec<_>>().join(" "));
        let short = |name: String| name.trim().chars().take(LONGEST_NAME).collect::<String>();
        let client = given.map(short).filter(|name| !name.is_empty());
        let agent = self.env.agent().or(client).unwrap_or_else(|| NAMELESS.to_owned());
        Caller { agent }
    }

    /// Opens the tracker for a call that reads.
    pub(super) fn read(&self, caller: &Caller, at: Option<&str>) -> Result<Session<'_>, ErrorReport> {
        Ok(ops::open_to_read(&self.env, at)?.keeping(&self.tasks).for_agent(&caller.agent))
    }

    /// Opens the tracker for a call that writes.
    pub(super) fn write(&self, caller: &Caller) -> Result<Session<'_>, ErrorReport> {
        if self.is_read_only {
            return Err(ErrorReport::new(ErrorKind::Refused, "this server is read-only"));
        }
        Ok(ops::open_to_write(&self.env)?.keeping(&self.tasks).for_agent(&caller.agent))
    }
}
