//! The process of a fleet that starts what `[[on]]` is for. It is there only where something is.

use std::path::PathBuf;

use super::fleet::{FleetNews, Supervised, start_tracker};
use crate::ops::event_log::TRIGGER_VARIABLE;
use crate::ops::{Error, Result, Session};
use crate::process::kill_marked;

/// What it is called where workers have names: no worker is called so.
const NAME: &str = "[[on]]";

/// The process, where there are triggers.
pub(super) struct TriggerProcess {
    folder: PathBuf,
    own: Option<Supervised>,
}

impl TriggerProcess {
    pub(super) fn new(session: &Session<'_>, has_triggers: bool) -> Self {
        let folder = session.workspace().local_path("events");
        Self { folder, own: has_triggers.then(Supervised::default) }
    }

    /// Starts it where it does not run.
    pub(super) fn look(
        &mut self,
        session: &Session<'_>,
        observe: &mut impl FnMut(&FleetNews<'_>),
    ) -> Result<()> {
        let Some(own) = &mut self.own else { return Ok(()) };
        let now = session.env().monotonic();
        if let Some(again) = own.has_ended(&self.folder, now)? {
            observe(&FleetNews::Ended { worker: NAME, again });
        }
        if own.is_due(now) {
            std::fs::create_dir_all(&self.folder).map_err(Error::io("create", &self.folder))?;
            let process = start_tracker(session, &["watch", "--exec"], &self.folder.join("triggers.log"))?;
            observe(&FleetNews::Started { worker: NAME, pid: process.pid().unwrap_or_default() });
            own.has_begun(process, now);
        }
        Ok(())
    }

    /// Ends it, and what it has started.
    pub(super) fn end(&mut self) -> Result<()> {
        let Some(own) = &mut self.own else { return Ok(()) };
        own.end(&self.folder)?;
        kill_marked(TRIGGER_VARIABLE, &self.folder.to_string_lossy());
        Ok(())
    }
}
