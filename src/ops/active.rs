//! The active task follows what is done to it.

use super::{Result, Session, Written};

/// Forgets the active task if it is among those that were just closed.
pub(super) fn forget_closed(session: &Session<'_>, written: &Written) -> Result<()> {
    let active = session.workspace().active_task();
    let is_closed = |id: &str| written.tasks.iter().any(|task| task.id == id);
    if !written.dry_run && active.is_some_and(|id| is_closed(id.as_str())) {
        session.workspace().set_active_task(None)?;
    }
    Ok(())
}
