//! The task somebody works on in this working tree: local, never committed.

use super::{Error, Result, Workspace};
use crate::git::read_regular;
use crate::model::TaskId;

const NAME: &str = "active";

impl Workspace {
    /// Returns the active task, if one is set.
    #[must_use]
    pub fn active_task(&self) -> Option<TaskId> {
        let text = String::from_utf8(read_regular(&self.local_path(NAME)).ok()?).ok()?;
        TaskId::parse(text.trim()).ok()
    }

    /// Makes a task the active one, or none.
    pub fn set_active_task(&self, id: Option<&TaskId>) -> Result<()> {
        let path = self.local_path(NAME);
        match id {
            Some(id) => self.write_local(NAME, format!("{id}\n").as_bytes()),
            None => match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::io("remove", path)(error))
                }
                _ => Ok(()),
            },
        }
    }
}
